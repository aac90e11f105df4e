//! Keep an account that is about to be deleted. Opening the link changes nothing; the button does.

use leptos::prelude::*;
use sereno_types::{Code, Problem};

use crate::{
    account::query,
    text,
    ui::{
        alert::Done,
        field::Hidden,
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "cancel_deletion")]
pub(crate) async fn cancel_deletion(#[server(default)] token: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let cancel = sereno_types::CancelDeletion { token: token.into() };
    sereno_core::account::deletion::cancel(&visitor.sereno, &visitor.meta, cancel)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/keep?done=kept");
    Ok(())
}

/// `/account/keep`, with `token` from the link.
#[component]
pub fn KeepPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<CancelDeletion>::new();
    let attempt = Attempt::of(action);
    if query("done").is_some_and(|done| done == "kept") {
        return view! {
            <Heading title=texts.keep_title />
            <Done>{texts.kept}</Done>
            <a class="link justify-self-start" href="/account/sign-in">
                {texts.sign_in_link}
            </a>
        }
        .into_any();
    }
    let Some(token) = query("token") else {
        return view! {
            <Heading title=texts.keep_title />
            <p>{text::sentence(text::use_locale(), Code::DeletionLinkInvalid, text::Figures::default())}</p>
        }
        .into_any();
    };
    view! {
        <Heading title=texts.keep_title attempt />
        <p>{texts.keep_lead}</p>
        <Form action attempt>
            <Hidden name="token" value=token />
            <Submit label=texts.keep />
        </Form>
    }
    .into_any()
}
