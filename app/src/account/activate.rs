//! Confirm an address: with the link of the mail, or with its code on another device. Opening the link changes nothing,
//! for mail scanners open links too; the button does.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    account::query,
    text,
    ui::{
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "activate")]
pub(crate) async fn activate(
    #[server(default)] token: Option<String>,
    #[server(default)] email: Option<String>,
    #[server(default)] code: Option<String>,
    #[server(default)] password: Option<String>,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let activate = sereno_types::Activate {
        token: token.map(Into::into),
        email,
        code: code.map(Into::into),
        password: password.map(Into::into),
    };
    sereno_core::account::activate::activate(&visitor.sereno, &visitor.meta, activate)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/sign-in?done=activated");
    Ok(())
}

/// `/account/activate`, with `token` from a link.
#[component]
pub fn ActivatePage() -> impl IntoView {
    let action = ServerAction::<Activate>::new();
    let attempt = Attempt::of(action);
    match query("token") {
        Some(token) => {
            let has_none = query("password").is_some_and(|password| password == "none");
            view! { <WithLink action attempt token has_none /> }.into_any()
        }
        None => view! { <WithCode action attempt /> }.into_any(),
    }
}

#[component]
fn WithLink(action: ServerAction<Activate>, attempt: Attempt, token: String, has_none: bool) -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <Heading title=texts.activate_title attempt />
        <p>{texts.activate_link}</p>
        <Form action attempt>
            <Hidden name="token" value=token />
            {has_none
                .then(|| {
                    view! {
                        <Field
                            name="password"
                            label=texts.new_password
                            kind="password"
                            autocomplete="new-password"
                            hint=text::password_hint()
                        />
                    }
                })}
            <Submit label=texts.activate />
        </Form>
        {move || attempt.problem().map(|_| view! { <Otherwise /> })}
    }
}

#[component]
fn WithCode(action: ServerAction<Activate>, attempt: Attempt) -> impl IntoView {
    let texts = text::use_texts();
    let sent = query("done").is_some_and(|done| done == "sent");
    let (title, lead) = if sent {
        (texts.sent_title, texts.sent)
    } else {
        (texts.activate_title, texts.activate_code)
    };
    view! {
        <Heading title=title attempt />
        <p>{lead}</p>
        <Form action attempt>
            <Field name="email" label=texts.email kind="email" autocomplete="email" inputmode="email" />
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
        <p class="text-soft">
            {texts.sent_where} " " <a class="link" href="/account/resend-activation">
                {texts.resend_link}
            </a> "."
        </p>
    }
}

/// What else there is when a link does not work.
#[component]
fn Otherwise() -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <p class="flex flex-wrap gap-x-4 gap-y-1">
            <a class="link" href="/account/resend-activation">
                {texts.resend}
            </a>
            <a class="link" rel="external" href="/account/activate">
                {texts.activate_with_code}
            </a>
        </p>
    }
}
