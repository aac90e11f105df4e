//! Sign in by the link of a mail. Opening it changes nothing, for mail scanners open links too; the button does.

use leptos::prelude::*;
use sereno_types::{Code, Problem};

use crate::{
    account::query,
    text,
    ui::{
        field::Hidden,
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "sign_in_with_link")]
pub(crate) async fn sign_in_with_link(#[server(default)] token: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let verify = sereno_types::VerifyLoginCode {
        token: Some(token.into()),
        ..Default::default()
    };
    let session = sereno_core::login::by_code_with_session(&visitor.sereno, &visitor.meta, verify)
        .await
        .map_err(gate::refuse)?;
    gate::begin_session(session).await?;
    gate::go_to("/account");
    Ok(())
}

/// `/account/sign-in/link`, with `token` from the link.
#[component]
pub fn SignInLinkPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<SignInWithLink>::new();
    let attempt = Attempt::of(action);
    let Some(token) = query("token") else {
        return view! {
            <Heading title=texts.sign_in_title />
            <p>{text::sentence(text::use_locale(), Code::LoginCodeInvalid, text::Figures::default())}</p>
            <Again />
        }
        .into_any();
    };
    view! {
        <Heading title=texts.sign_in_title attempt />
        <p>{texts.link_lead}</p>
        <Form action attempt>
            <Hidden name="token" value=token />
            <Submit label=texts.sign_in />
        </Form>
        {move || attempt.problem().map(|_| view! { <Again /> })}
    }
    .into_any()
}

/// The way on when the link does not work.
#[component]
fn Again() -> impl IntoView {
    view! {
        <a class="link justify-self-start" href="/account/sign-in/code">
            {text::use_texts().code_again}
        </a>
    }
}
