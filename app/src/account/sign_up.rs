//! Create an account.

use leptos::prelude::*;
use sereno_types::{Problem, SocialButton};

use crate::{
    account::providers::{ProvidersView, social_buttons},
    text,
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
};

#[server(prefix = "/account/fn", endpoint = "register")]
pub(crate) async fn register(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] password: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let register = sereno_types::Register {
        email,
        password: password.into(),
        username: Some(username).filter(|name| !name.is_empty()),
        ..Default::default()
    };
    sereno_core::account::register::register(&visitor.sereno, &visitor.meta, register)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/activate?done=sent");
    Ok(())
}

/// `/account/sign-up`. What follows is the same for a new and for a taken address.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let buttons = Resource::new(|| (), |()| social_buttons());
    loaded(buttons, |buttons| view! { <SignUpView buttons /> })
}

/// The form, beside the ways in through others.
#[component]
pub fn SignUpView(
    /// Which others.
    buttons: Vec<SocialButton>,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<Register>::new();
    let attempt = Attempt::of(action);
    view! {
        <Heading title=texts.sign_up_title attempt />
        <ProvidersView buttons next=String::new() or=texts.social_or_sign_up />
        <Form action attempt>
            <Field name="email" label=texts.email kind="email" autocomplete="email" inputmode="email" />
            <Field
                name="username"
                label=texts.username
                autocomplete="username"
                hint=texts.username_hint
                optional=true
            />
            <Field
                name="password"
                label=texts.password
                kind="password"
                autocomplete="new-password"
                hint=text::password_hint()
            />
            <Submit label=texts.sign_up />
        </Form>
        <p class="text-soft">
            {texts.has_account} " " <a class="link" href="/account/sign-in">
                {texts.sign_in_link}
            </a>
        </p>
    }
}
