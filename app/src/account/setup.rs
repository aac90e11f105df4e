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
        loaded::{Refusal, loaded_or},
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

#[server(name = LookAtLink, prefix = "/account/fn", endpoint = "set_up_link")]
pub(crate) async fn look_at_link(#[server(default)] token: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    sereno_core::account::setup::look_at_link(&visitor.sereno, &visitor.meta, &token.into())
        .await
        .map_err(gate::refuse)
}

/// `/setup`, with `token` from the link. Nobody fills in a form whose link does not work.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let attempt = Attempt::of(action);
    let token = StoredValue::new(query("token"));
    let link = Resource::new(
        || (),
        move |()| async move {
            match token.get_value() {
                Some(token) => look_at_link(token).await,
                None => Ok(()),
            }
        },
    );
    let form = move |()| view! { <SetUpForm action attempt token=token.get_value() /> };
    view! { <Plain>{loaded_or(link, form, spent)}</Plain> }
}

#[component]
fn SetUpForm(action: ServerAction<SetUp>, attempt: Attempt, token: Option<String>) -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <Heading title=texts.setup_title attempt />
        <p>{texts.setup_lead}</p>
        <Form action attempt>
            {move || attempt.problem().and_then(|problem| advice(problem.code))}
            <Token token />
            <Field name="email" label=texts.email kind="email" autocomplete="username" inputmode="email" />
            <Field
                name="password"
                label=texts.password
                kind="password"
                autocomplete="new-password"
                hint=text::password_hint()
            />
            <Submit label=texts.setup />
        </Form>
    }
}

/// What the link brought, or what is to be typed. Inside the form, where fields find the attempt.
#[component]
fn Token(token: Option<String>) -> impl IntoView {
    let texts = text::use_texts();
    match token {
        Some(token) => view! { <Hidden name="token" value=token /> }.into_any(),
        None => view! { <Field name="token" label=texts.setup_token hint=texts.setup_token_hint /> }.into_any(),
    }
}

/// The page of a link that does not work.
fn spent(problem: Problem) -> AnyView {
    let Some(advice) = advice(problem.code) else {
        return view! { <Refusal problem /> }.into_any();
    };
    view! {
        <Heading title=text::use_texts().setup_spent_title />
        <p>{text::of_problem(text::use_locale(), &problem)}</p>
        {advice}
    }
    .into_any()
}

/// The way on when the link does not work.
fn advice(code: Code) -> Option<AnyView> {
    let texts = text::use_texts();
    let sign_in = view! {
        <a class="link justify-self-start" href="/account/sign-in">
            {texts.sign_in_link}
        </a>
    };
    match code {
        Code::SetupLinkInvalid => Some(
            view! {
                <p>{texts.setup_new_link}</p>
                {sign_in}
            }
            .into_any(),
        ),
        Code::SetupDone => Some(sign_in.into_any()),
        _ => None,
    }
}
