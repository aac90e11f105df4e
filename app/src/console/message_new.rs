//! Writing a mail to a few addresses, in words of its own or by a template, with files.

use leptos::context::Provider;
use leptos::prelude::*;

use crate::{
    console::Breadcrumb,
    ui::{
        field::{Area, Field, FileField, Select, Tick},
        form::{Attempt, ErrorSummary, Submit},
        heading::Heading,
        icon::Icon,
    },
    visit,
};

/// Where the form posts. No server function: those take flat texts.
pub const UPLOAD: &str = "/console/messages/upload";
/// The name of the field that holds the files.
pub const FIELD: &str = "attachments";

const LANGUAGES: [(&str, &str); 4] = [("", "Your own"), ("en", "English"), ("de", "German"), ("es", "Spanish")];

/// `/console/messages/new`.
#[component]
pub fn NewMessagePage() -> impl IntoView {
    let attempt = Attempt::after(visit::flash_of(UPLOAD));
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), ("/console/messages", "Mails")] here="New" />
        <Heading title="Write a mail" attempt />
        <ErrorSummary attempt />
        <form action=UPLOAD method="post" enctype="multipart/form-data" class="grid gap-5" novalidate="">
            <Provider value=attempt>
                <div class="card grid grid-cols-1 gap-4 p-5">
                    <Area
                        name="recipients"
                        label="To"
                        hint="One address a line. Each gets a mail of their own."
                    />
                    <Field name="subject" label="Subject" hint="Needed unless a template says it." optional=true />
                    <Field name="reply_to" label="Answers to" inputmode="email" optional=true />
                    <Field
                        name="project"
                        label="Project"
                        hint="Its name in addresses. Mails of a project leave as the project says."
                        optional=true
                    />
                    <Select
                        name="locale"
                        label="Language"
                        options=LANGUAGES.to_vec()
                        hint="Of the template, and what the history tells."
                    />
                    <Field
                        name="template"
                        label="Template"
                        hint="A template of your own in the place of the texts below, such as custom.invoice."
                        optional=true
                    />
                    <Area
                        name="context"
                        label="Values"
                        hint="A JSON object: for the template, or for the texts below, which then may use {{ name }}."
                    />
                    <Tick
                        name="immediate"
                        label="Send at once"
                        hint="The page waits for what the mail server says; up to 10 addresses."
                    />
                    <Tick
                        name="force"
                        label="Send in any case"
                        hint="Also to excluded addresses, and while mails are held back. Never to addresses that are not written to."
                    />
                    <Area name="text" label="Text" rows=8 hint="Made from the HTML if it stays empty." />
                    <Area name="html" label="HTML" rows=8 hint="May stay empty." />
                    <FileField
                        name=FIELD
                        label="Files"
                        accept=""
                        hint="Up to twenty. What was chosen has to be chosen again when the form is refused."
                        multiple=true
                    />
                </div>
                <Submit label="Send" class="button button-primary justify-self-start" icon=Icon::Mail />
            </Provider>
        </form>
    }
}
