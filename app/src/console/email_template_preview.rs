//! A mail as it would leave: HTML in a frame that may run nothing and load nothing from elsewhere, and the text beside it.
//! The frame takes the page's own policy along, so pages with a preview allow styles at elements (`http/headers.rs`).

use leptos::prelude::*;
use leptos_router::components::Form as GetForm;
use sereno_types::{EmailLook, EmailPreview, EmailSource, PreviewEmailTemplate, Problem};

use crate::{
    console::roles::chosen,
    text,
    ui::{
        alert::{Alert, Tone},
        field::{Choice, SearchField},
    },
};

#[server(name = PreviewTemplate, prefix = "/console/fn", endpoint = "preview_email_template")]
pub(crate) async fn preview_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] unsaved: Option<EmailSource>,
    #[server(default)] wishes: Wishes,
) -> Result<EmailPreview, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = wishes.command(unsaved);
    sereno_core::templates::preview::preview(&member.sereno, &member.staff, (&name, &language), command)
        .await
        .map_err(gate::refuse)
}

/// How a preview is wanted; all of it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wishes {
    /// Whose name and address it says.
    #[serde(default)]
    pub user: Option<String>,
    /// Only one of the two looks.
    #[serde(default)]
    pub look: Option<EmailLook>,
    /// Whether the frame is as wide as a phone.
    #[serde(default)]
    pub narrow: Option<bool>,
}

impl Wishes {
    /// What the core is asked.
    #[must_use]
    pub fn command(&self, source: Option<EmailSource>) -> PreviewEmailTemplate {
        PreviewEmailTemplate {
            source,
            of: None,
            user: self.user.clone(),
            look: self.look,
        }
    }
}

/// The mail, and switches for it that are a plain GET form.
#[component]
pub(super) fn PreviewSection(
    /// The address of the page.
    path: String,
    /// How it is wanted.
    wishes: Wishes,
    /// The mail, or why there is none.
    answer: Signal<Result<EmailPreview, Problem>>,
) -> impl IntoView {
    let looks = vec![
        ("", "As the reader's program chooses"),
        ("light", "Light"),
        ("dark", "Dark"),
    ];
    let widths = vec![("", "Wide"), ("true", "Narrow, as on a phone")];
    let look = match wishes.look {
        Some(EmailLook::Light) => "light",
        Some(EmailLook::Dark) => "dark",
        None => "",
    };
    let narrow = wishes.narrow.unwrap_or_default();
    let shown = move || match answer.get() {
        Ok(mail) => view! { <Mail mail narrow /> }.into_any(),
        Err(problem) => {
            let locale = text::use_locale();
            let said = problem.errors.first().map_or_else(
                || text::of_problem(locale, &problem),
                |error| format!("{}: {}", error.field, text::of_field(locale, error)),
            );
            view! {
                <Alert tone=Tone::Bad>
                    <p>{said}</p>
                </Alert>
            }
            .into_any()
        }
    };
    view! {
        <section class="card grid grid-cols-1 gap-4 p-5" aria-label="Preview">
            <h2 class="text-base font-semibold">"Preview"</h2>
            <GetForm method="GET" action={path} {..} class="flex flex-wrap items-end gap-3">
                <SearchField name="user" label="For" placeholder="Samples, or a user" value=wishes.user />
                <Choice name="look" label="Look" options=looks value=look />
                <Choice name="narrow" label="Width" options=widths value=chosen(wishes.narrow.filter(|narrow| *narrow)) />
                <button type="submit" class="button">
                    "Show"
                </button>
            </GetForm>
            <div class="grid grid-cols-1 gap-4" data-preview>
                {shown}
            </div>
        </section>
    }
}

/// Subject, HTML in its frame, and text.
#[component]
pub(super) fn Mail(
    /// The mail.
    mail: EmailPreview,
    /// Whether the frame is as wide as a phone.
    narrow: bool,
) -> impl IntoView {
    let width = if narrow { "max-w-[375px]" } else { "" };
    let subject = (!mail.subject.is_empty()).then(|| {
        view! {
            <p>
                <span class="label">"Subject: "</span>
                <span data-subject>{mail.subject}</span>
            </p>
        }
    });
    view! {
        {subject}
        <iframe
            title="The mail's HTML"
            class=format!("h-96 w-full rounded-md border border-line bg-white {width}")
            sandbox=""
            srcdoc=mail.html
        ></iframe>
        <h3 class="label">"Text"</h3>
        <pre class="shell" tabindex="0" aria-label="The mail's text">
            <code>{mail.text}</code>
        </pre>
    }
}
