//! Sign in by a mailed code: ask for it, then enter it in the same browser. Without what the address keeps of the request
//! the code is not heard.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    account::{address, query},
    text,
    ui::{
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
    visit,
};

#[server(prefix = "/account/fn", endpoint = "ask_code")]
pub(crate) async fn ask_code(
    #[server(default)] identifier: String,
    #[server(default)] next: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let asked = sereno_core::login::ask_code_in_browser(&visitor.sereno, &visitor.meta, identifier)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&address(CODE, &[("next", &next), ("request", &asked.device_id.0)]));
    Ok(())
}

#[server(prefix = "/account/fn", endpoint = "sign_in_with_code")]
pub(crate) async fn sign_in_with_code(
    #[server(default)] device_id: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let verify = sereno_types::VerifyLoginCode {
        device_id: Some(sereno_types::Id(device_id)),
        code: Some(code.into()),
        ..Default::default()
    };
    let session = sereno_core::login::by_code_with_session(&visitor.sereno, &visitor.meta, verify)
        .await
        .map_err(gate::refuse)?;
    gate::begin_session(session).await?;
    gate::go_to(gate::local(&next));
    Ok(())
}

/// Where codes are asked for and entered.
const CODE: &str = "/account/sign-in/code";

/// `/account/sign-in/code`, with `request` once a code was asked for, and `next` for where to go afterwards. What follows
/// the asking is the same for an unknown address.
#[component]
pub fn SignInCodePage() -> impl IntoView {
    match query("request") {
        Some(request) => view! { <Enter request /> }.into_any(),
        None => view! { <Ask /> }.into_any(),
    }
}

#[component]
fn Ask() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<AskCode>::new();
    let attempt = Attempt::of(action);
    view! {
        <Heading title=texts.code_title attempt />
        <p>{texts.code_lead}</p>
        <Form action attempt>
            <Hidden name="next" value=query("next").unwrap_or_default() />
            <Field name="identifier" label=texts.identifier autocomplete="username" />
            <Submit label=texts.code_send />
        </Form>
        <ByPassword />
    }
}

#[component]
fn Enter(request: String) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<SignInWithCode>::new();
    let attempt = Attempt::of(action);
    let again = address(CODE, &[("next", &query("next").unwrap_or_default())]);
    view! {
        <Heading title=texts.sent_title attempt />
        <p>{texts.code_sent}</p>
        <Form action attempt>
            <Hidden name="next" value=query("next").unwrap_or_default() />
            <Hidden name="device_id" value=request />
            <Field
                name="code"
                label=texts.code
                autocomplete="one-time-code"
                inputmode=if visit::about().numeric_codes { "numeric" } else { "text" }
                hint=texts.code_hint
                class="code"
            />
            <Submit label=texts.sign_in />
        </Form>
        <p class="text-soft">
            {texts.sent_where} " " <a class="link" rel="external" href=again>
                {texts.resend_link}
            </a> "."
        </p>
        <ByPassword />
    }
}

/// The other way in.
#[component]
fn ByPassword() -> impl IntoView {
    let page = address("/account/sign-in", &[("next", &query("next").unwrap_or_default())]);
    view! {
        <a class="link justify-self-start" href=page>
            {text::use_texts().code_password}
        </a>
    }
}
