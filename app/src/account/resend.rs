//! Ask for another activation mail.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    text,
    ui::{
        field::Field,
        form::{Attempt, Form, Submit},
        heading::Heading,
    },
};

#[server(prefix = "/account/fn", endpoint = "resend_activation")]
pub(crate) async fn resend_activation(#[server(default)] email: String) -> Result<(), Problem> {
    use crate::gate;
    let visitor = gate::visitor()?;
    let resend = sereno_types::ResendActivation { email };
    sereno_core::account::activate::resend(&visitor.sereno, &visitor.meta, resend)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/account/activate?done=sent");
    Ok(())
}

/// `/account/resend-activation`. What follows is the same for an unknown address.
#[component]
pub fn ResendPage() -> impl IntoView {
    let texts = text::use_texts();
    let action = ServerAction::<ResendActivation>::new();
    let attempt = Attempt::of(action);
    view! {
        <Heading title=texts.resend_title attempt />
        <p>{texts.resend_lead}</p>
        <Form action attempt>
            <Field name="email" label=texts.email kind="email" autocomplete="email" inputmode="email" />
            <Submit label=texts.resend />
        </Form>
    }
}
