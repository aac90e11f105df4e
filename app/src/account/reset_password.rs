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
    #[server(default)] token: Option<String>,
    #[server(default)] identifier: Option<String>,
    #[server(default)] code: Option<String>,
    #[server(default)] password: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let reset = sereno_types::ResetPassword {
        token: token.map(Into::into),
        identifier,
        code: code.map(Into::into),
        password: password.into(),
    };
    sereno_core::account::password::reset(&visitor.sereno, &visitor.meta, reset)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/sign-in?done=reset");
    Ok(())
}

/// `/account/reset-password`, with `token` from the link. Without one the code of the mail is typed.
#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ResetPassword>::new();
    let attempt = Attempt::of(action);
    let Some(token) = query("token") else {
        return view! { <WithCode action attempt /> }.into_any();
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

/// Whoever reads the mail elsewhere types its code.
#[component]
fn WithCode(action: ServerAction<ResetPassword>, attempt: Attempt) -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <Heading title=texts.reset_title attempt />
        <p>{texts.activate_code} " " {texts.reset_lead}</p>
        <Form action attempt>
            <Field name="identifier" label=texts.identifier autocomplete="username" />
            <Field
                name="code"
                label=texts.code
                autocomplete="one-time-code"
                inputmode="numeric"
                hint=texts.code_hint
                class="code"
            />
            <Field
                name="password"
                label=texts.new_password
                kind="password"
                autocomplete="new-password"
                hint=text::password_hint()
            />
            <Submit label=texts.reset />
        </Form>
        <Again />
    }
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
