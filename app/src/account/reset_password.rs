//! Set a new password by the link of a mail. Opening the link changes nothing; the form does.

use leptos::prelude::*;
use sereno_types::{Code, Problem};

use crate::{
    account::query,
    text,
    ui::{
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "reset_password")]
pub(crate) async fn reset_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let reset = sereno_types::ResetPassword {
        token: token.into(),
        password: password.into(),
    };
    sereno_core::account::password::reset(&visitor.sereno, &visitor.meta, reset)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/sign-in?done=reset");
    Ok(())
}

/// `/account/reset-password`, with `token` from the link. Without one there is nothing to fill in.
#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ResetPassword>::new();
    let attempt = Attempt::of(action);
    let Some(token) = query("token") else {
        return view! {
            <Heading title=texts.reset_title />
            <p>{text::sentence(text::use_locale(), Code::ResetLinkInvalid, text::Figures::default())}</p>
            <Again />
        }
        .into_any();
    };
    view! {
        <Heading title=texts.reset_title attempt />
        <p>{texts.reset_lead}</p>
        <Form action attempt>
            <Hidden name="token" value=token />
            <Field
                name="password"
                label=texts.new_password
                kind="password"
                autocomplete="new-password"
                hint=text::password_hint()
            />
            <Submit label=texts.reset />
        </Form>
        {move || {
            let spent = attempt.problem().is_some_and(|problem| problem.code == Code::ResetLinkInvalid);
            spent.then(|| view! { <Again /> })
        }}
    }
    .into_any()
}

/// The way on when the link does not work.
#[component]
fn Again() -> impl IntoView {
    view! {
        <a class="link justify-self-start" href="/account/forgot-password">
            {text::use_texts().forgot_again}
        </a>
    }
}
