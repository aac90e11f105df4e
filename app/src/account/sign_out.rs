//! Sign out, from wherever there is a button for it, and the page that says good-bye.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    text,
    ui::{
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
    },
};

#[server(prefix = "/account/fn", endpoint = "sign_out")]
pub(crate) async fn sign_out() -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let logout = sereno_types::Logout::default();
    sereno_core::login::logout(&visitor.sereno, &visitor.meta, &visitor.actor, logout)
        .await
        .map_err(gate::refuse)?;
    gate::end_session().await?;
    gate::go_to("/account/signed-out");
    Ok(())
}

/// The button that signs out.
#[component]
pub fn SignOutButton(
    /// Its looks.
    #[prop(default = "button")]
    class: &'static str,
) -> impl IntoView {
    let action = ServerAction::<SignOut>::new();
    let attempt = Attempt::of(action);
    view! {
        <Form action attempt class="contents">
            <Submit label=text::use_texts().sign_out class=class icon=Icon::LogOut />
        </Form>
    }
}

/// `/account/signed-out`.
#[component]
pub fn SignedOutPage() -> impl IntoView {
    let texts = text::use_texts();
    view! {
        <Heading title=texts.signed_out_title />
        <p>{texts.signed_out}</p>
        <a class="button button-primary justify-self-start" href="/account/sign-in">
            {texts.sign_in_again}
        </a>
    }
}
