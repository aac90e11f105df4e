//! Sign in with a password.

use leptos::prelude::*;
use sereno_types::{Code, Problem, SocialButton};

use crate::{
    account::{
        address,
        providers::{ProvidersView, social_buttons},
        query,
    },
    text,
    ui::{
        alert::Done,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
    },
    visit,
};

#[server(prefix = "/account/fn", endpoint = "sign_in")]
pub(crate) async fn sign_in(
    #[server(default)] identifier: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let login = sereno_types::Login {
        identifier,
        password: password.into(),
        ..Default::default()
    };
    let session = sereno_core::login::with_session(&visitor.sereno, &visitor.meta, login)
        .await
        .map_err(gate::refuse)?;
    gate::begin_session(session).await?;
    gate::go_to(gate::local(&next));
    Ok(())
}

/// `/account/sign-in`, with `next` for where to go afterwards.
#[component]
pub fn SignInPage() -> impl IntoView {
    let buttons = Resource::new(|| (), |()| social_buttons());
    loaded(buttons, |buttons| view! { <SignInView buttons /> })
}

/// The form, beside the ways in through others.
#[component]
pub fn SignInView(
    /// Which others.
    buttons: Vec<SocialButton>,
) -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<SignIn>::new();
    let attempt = Attempt::of(action);
    let done = match query("done").as_deref() {
        Some("activated") => Some(texts.sign_in_activated),
        Some("reset") => Some(texts.sign_in_reset),
        Some("welcome") => Some(texts.sign_in_welcome),
        Some("welcome-mail") => Some(texts.sign_in_welcome_mail),
        _ => None,
    };
    view! {
        <Heading title=texts.sign_in_title attempt />
        {done.map(|done| view! { <Done>{done}</Done> })}
        <ProvidersView buttons next=query("next").unwrap_or_default() or=texts.social_or />
        <Form action attempt>
            {move || offer_activation(attempt)}
            <Hidden name="next" value=query("next").unwrap_or_default() />
            <Field name="identifier" label=texts.identifier autocomplete="username" />
            <Field name="password" label=texts.password kind="password" autocomplete="current-password" />
            <Submit label=texts.sign_in />
        </Form>
        {visit::about().login_codes.then(|| view! { <ByCode /> })}
        <a class="link justify-self-start" href="/account/forgot-password">
            {texts.forgot_link}
        </a>
        <p class="text-soft">
            {texts.no_account} " " <a class="link" href="/account/sign-up">
                {texts.sign_up_link}
            </a>
        </p>
    }
}

/// The way in without a password.
#[component]
fn ByCode() -> impl IntoView {
    let page = address("/account/sign-in/code", &[("next", &query("next").unwrap_or_default())]);
    view! {
        <a class="link justify-self-start" href=page>
            {text::use_texts().code_link}
        </a>
    }
}

/// Whoever has not confirmed the address gets the way to do so.
fn offer_activation(attempt: Attempt) -> Option<impl IntoView> {
    let texts = text::use_texts();
    let pending = attempt
        .problem()
        .is_some_and(|problem| problem.code == Code::ActivationRequired);
    pending.then(|| {
        view! {
            <p class="flex flex-wrap gap-x-4 gap-y-1">
                <a class="link" href="/account/activate">
                    {texts.activate_with_code}
                </a>
                <a class="link" href="/account/resend-activation">
                    {texts.resend}
                </a>
            </p>
        }
    })
}
