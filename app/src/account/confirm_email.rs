//! Confirm the address that is to replace another. Opening the link changes nothing; the button does.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    account::query,
    text,
    ui::{
        alert::Done,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "confirm_email")]
pub(crate) async fn confirm_email(
    #[server(default)] token: Option<String>,
    #[server(default)] code: Option<String>,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let confirm = sereno_types::ConfirmEmail {
        token: token.map(Into::into),
        code: code.map(Into::into),
    };
    sereno_core::account::email::confirm(&visitor.sereno, &visitor.meta, &visitor.actor, confirm)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/confirm-email?done=confirmed");
    Ok(())
}

/// `/account/confirm-email`, with `token` from the link. Without one the code of the mail is typed, by whoever is signed in.
#[component]
pub fn ConfirmEmailPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ConfirmEmail>::new();
    let attempt = Attempt::of(action);
    if query("done").is_some_and(|done| done == "confirmed") {
        return view! {
            <Heading title=texts.email_title />
            <Done>{texts.email_changed}</Done>
            <Back />
        }
        .into_any();
    }
    let Some(token) = query("token") else {
        return view! {
            <Heading title=texts.confirm_title attempt />
            <p>{texts.activate_code}</p>
            <Form action attempt>
                <Field
                    name="code"
                    label=texts.code
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    hint=texts.code_hint
                    class="code"
                />
                <Submit label=texts.activate />
            </Form>
            <Back />
        }
        .into_any();
    };
    view! {
        <Heading title=texts.confirm_title attempt />
        <p>{texts.activate_link}</p>
        <Form action attempt>
            <Hidden name="token" value=token />
            <Submit label=texts.activate />
        </Form>
        {move || attempt.problem().map(|_| view! { <Back /> })}
    }
    .into_any()
}

#[component]
fn Back() -> impl IntoView {
    view! {
        <a class="link justify-self-start" href="/account">
            {text::use_texts().to_account}
        </a>
    }
}
