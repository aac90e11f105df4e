//! Writing a mail to a few addresses.

use leptos::prelude::*;
use sereno_types::Problem;

use crate::{
    console::{Breadcrumb, application_form::Fields},
    ui::{
        field::{Area, Field, Tick},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
    },
};

#[server(prefix = "/console/fn", endpoint = "send_message")]
pub(crate) async fn send_message(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let said = |name: &str| fields.get(name).cloned();
    let recipients = said("recipients").unwrap_or_default();
    let command = sereno_types::SendMessage {
        recipients: recipients
            .split(['\n', ',', ';'])
            .map(str::trim)
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
            .collect(),
        subject: said("subject"),
        text: said("text"),
        html: said("html"),
        reply_to: said("reply_to"),
        force: said("force").is_some(),
        ..sereno_types::SendMessage::default()
    };
    sereno_core::messages::send(&member.sereno, &member.meta, &member.staff, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/messages?kind=custom&done=sent");
    Ok(())
}

/// `/console/messages/new`.
#[component]
pub fn NewMessagePage() -> impl IntoView {
    let action = ServerAction::<SendMessage>::new();
    let attempt = Attempt::of(action);
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/messages", "Notifications")] here="New" />
        <Heading title="Write a mail" attempt />
        <Form action attempt>
            <div class="card grid grid-cols-1 gap-4 p-5">
                <Area
                    name="recipients"
                    label="To"
                    hint="One address a line. Each gets a mail of their own."
                />
                <Field name="subject" label="Subject" />
                <Field name="reply_to" label="Answers to" inputmode="email" optional=true />
                <Tick
                    name="force"
                    label="Send in any case"
                    hint="Also to excluded addresses, and while mails are held back. Never to addresses that are not written to."
                />
                <Area name="text" label="Text" rows=8 hint="Made from the HTML if it stays empty." />
                <Area name="html" label="HTML" rows=8 hint="May stay empty." />
            </div>
            <Submit label="Send" class="button button-primary justify-self-start" icon=Icon::Mail />
        </Form>
    }
}
