//! Ask for a link to set a new password.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    account::query,
    text,
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "forgot_password")]
pub(crate) async fn forgot_password(#[server(default)] identifier: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let forgot = sereno_types::ForgotPassword { identifier };
    sereno_core::account::password::forgot(&visitor.sereno, &visitor.meta, forgot)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/forgot-password?done=sent");
    Ok(())
}

/// `/account/forgot-password`. What follows is the same for an unknown address.
#[component]
pub fn ForgotPasswordPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ForgotPassword>::new();
    let attempt = Attempt::of(action);
    if query("done").is_some_and(|done| done == "sent") {
        return view! {
            <Heading title=texts.sent_title />
            <p>{texts.forgot_sent}</p>
            <p class="text-soft">
                {texts.sent_where} " " <a class="link" rel="external" href="/account/forgot-password">
                    {texts.resend_link}
                </a> "."
            </p>
            <a class="link justify-self-start" href="/account/sign-in">
                {texts.sign_in_link}
            </a>
        }
        .into_any();
    }
    view! {
        <Heading title=texts.forgot_title attempt />
        <p>{texts.forgot_lead}</p>
        <Form action attempt>
            <Field name="identifier" label=texts.identifier autocomplete="username" />
            <Submit label=texts.forgot />
        </Form>
        <a class="link justify-self-start" href="/account/sign-in">
            {texts.sign_in_link}
        </a>
    }
    .into_any()
}
