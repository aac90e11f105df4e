//! The first administrator, made through the link that Sereno prints when it starts for the first time.

use leptos::prelude::*;
use sereno_types::{Code, Problem};

use crate::{
    account::query,
    text,
    ui::{
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        layout::Plain,
    },
};

#[server(prefix = "/account/fn", endpoint = "set_up")]
pub(crate) async fn set_up(
    #[server(default)] token: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let set_up = sereno_types::SetUp {
        token: token.into(),
        email,
        password: password.into(),
    };
    let session = sereno_core::account::setup::first_administrator(&visitor.sereno, &visitor.meta, set_up)
        .await
        .map_err(gate::refuse)?;
    gate::begin_session(session).await?;
    gate::go_to("/console");
    Ok(())
}

/// `/setup`, with `token` from the link.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<SetUp>::new();
    let attempt = Attempt::of(action);
    let token = match query("token") {
        Some(token) => view! { <Hidden name="token" value=token /> }.into_any(),
        None => view! { <Field name="token" label=texts.setup_token hint=texts.setup_token_hint /> }.into_any(),
    };
    view! {
        <Plain>
            <Heading title=texts.setup_title attempt />
            <p>{texts.setup_lead}</p>
            <Form action attempt>
                {move || advice(attempt)}
                {token}
                <Field name="email" label=texts.email kind="email" autocomplete="username" inputmode="email" />
                <Field
                    name="password"
                    label=texts.password
                    kind="password"
                    autocomplete="new-password"
                    hint=texts.new_password_hint
                />
                <Submit label=texts.setup />
            </Form>
        </Plain>
    }
}

/// The way on when the link does not work.
fn advice(attempt: Attempt) -> Option<AnyView> {
    let texts = text::use_texts();
    match attempt.problem()?.code {
        Code::SetupLinkInvalid => Some(view! { <p>{texts.setup_new_link}</p> }.into_any()),
        Code::SetupDone => Some(
            view! {
                <a class="link" href="/account/sign-in">
                    {texts.sign_in_link}
                </a>
            }
            .into_any(),
        ),
        _ => None,
    }
}
