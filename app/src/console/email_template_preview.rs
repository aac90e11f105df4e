//! A mail as it would leave: HTML in a frame that may run nothing and load nothing from elsewhere, and the text beside it.
//! The frame takes the page's own policy along, so pages with a preview allow styles at elements (`http/headers.rs`).

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use sereno_types::{
    Code, EmailLook, EmailPreview, EmailSource, EmailTemplateDetail, FieldError, PreviewEmailTemplate, Problem,
};

use super::email_template_editor::NAMES;
use super::email_templates::PATH;
use crate::{
    console::{address::said, roles::chosen},
    text,
    ui::{
        alert::{Alert, Tone},
        badge::Badge,
        field::{Choice, SearchField},
        get_form::GetForm,
        icon::Icon,
    },
};

#[server(name = PreviewTemplate, prefix = "/console/fn", endpoint = "preview_email_template")]
pub(crate) async fn preview_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] unsaved: Option<EmailSource>,
    #[server(default)] of: Option<String>,
    #[server(default)] wishes: Wishes,
) -> Result<EmailPreview, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = wishes.command(unsaved, of);
    sereno_core::templates::preview::preview(&member.sereno, &member.staff, (&name, &language), command)
        .await
        .map_err(gate::refuse)
        .map_err(at_parts)
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
    /// What an address or a form says. What it says wrong is as if it were not there.
    #[must_use]
    pub fn read(says: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            user: says("user"),
            look: match says("look").as_deref() {
                Some("light") => Some(EmailLook::Light),
                Some("dark") => Some(EmailLook::Dark),
                _ => None,
            },
            narrow: says("narrow").map(|narrow| narrow == "true"),
        }
    }

    /// What the address of a page says.
    #[must_use]
    pub fn of_address(asked: &ParamsMap) -> Self {
        Self::read(|name| said(asked, name))
    }

    /// What the core is asked.
    #[must_use]
    pub fn command(&self, source: Option<EmailSource>, of: Option<String>) -> PreviewEmailTemplate {
        PreviewEmailTemplate {
            source,
            of,
            user: self.user.clone(),
            look: self.look,
        }
    }

    /// The look, as it stands in an address.
    #[must_use]
    pub const fn look_name(&self) -> Option<&'static str> {
        match self.look {
            Some(EmailLook::Light) => Some("light"),
            Some(EmailLook::Dark) => Some("dark"),
            None => None,
        }
    }
}

/// Faults of a text that came with the request stand at its fields, which have the names of the parts.
#[must_use]
pub fn at_parts(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        if let Some(part) = error.field.strip_prefix("source.") {
            error.field = part.to_owned();
        }
    }
    problem
}

/// Which text a preview is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Previewed {
    /// What is typed and not saved.
    Typed,
    /// The draft, and where what is in use can be looked at meanwhile.
    Draft(Option<String>),
    /// A version that is in use.
    Live(i64),
    /// A version that is not.
    Version(i64),
    /// What is shipped.
    Shipped,
    /// Nothing is written yet.
    Nothing,
}

impl Previewed {
    /// What a template's page shows before anybody types.
    #[must_use]
    pub fn of(template: &EmailTemplateDetail) -> Self {
        let live = template.live.as_ref().map(|live| live.row.version);
        if template.draft.is_some() {
            let path = format!("{PATH}/{}/{}/versions", template.name, template.language);
            return Self::Draft(live.map(|live| format!("{path}/{live}")));
        }
        match (live, &template.shipped) {
            (Some(live), _) => Self::Live(live),
            (None, Some(_)) => Self::Shipped,
            (None, None) => Self::Nothing,
        }
    }

    fn badge(self) -> Option<AnyView> {
        let (tone, icon, text) = match self {
            Self::Typed => (Tone::Warn, Icon::TriangleAlert, "As typed, not saved".to_owned()),
            Self::Draft(live) => {
                let live = live.map(|live| {
                    view! {
                        <a class="link" href=live>
                            "See what is in use"
                        </a>
                    }
                });
                return Some(
                    view! {
                        <Badge tone=Tone::Info icon=Icon::Clock text="Draft" />
                        {live}
                    }
                    .into_any(),
                );
            }
            Self::Live(version) => (Tone::Good, Icon::CircleCheck, format!("Version {version}, in use")),
            Self::Version(version) => (Tone::Plain, Icon::Clock, format!("Version {version}")),
            Self::Shipped => (Tone::Plain, Icon::Mail, "As shipped".to_owned()),
            Self::Nothing => return None,
        };
        Some(view! { <Badge tone icon text /> }.into_any())
    }
}

/// What is wrong with one part of what was asked, in words that name it.
fn sentence(error: &FieldError) -> String {
    if (error.field.as_str(), error.code) == ("user", Code::InvalidChoice) {
        return "There is no such user.".to_owned();
    }
    let said = text::of_field(text::use_locale(), error);
    let name = NAMES.iter().find(|(field, _)| *field == error.field);
    name.map_or_else(|| said.clone(), |(_, name)| format!("{name}: {said}"))
}

/// The mail, and switches for it that are a plain GET form.
#[component]
pub(super) fn PreviewSection(
    /// The address of the page.
    path: String,
    /// How it is wanted.
    wishes: Signal<Wishes>,
    /// The mail, or why there is none.
    answer: Signal<Result<EmailPreview, Problem>>,
    /// Which text it is of.
    shown: Signal<Previewed>,
) -> impl IntoView {
    let mail = move || match answer.get() {
        Ok(mail) => view! { <Mail mail narrow=wishes.with(|wishes| wishes.narrow.unwrap_or_default()) /> }.into_any(),
        Err(problem) => {
            let mut said: Vec<String> = problem.errors.iter().map(sentence).collect();
            if said.is_empty() {
                said.push(text::of_problem(text::use_locale(), &problem));
            }
            let lines = said.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
            view! { <Alert tone=Tone::Bad>{lines}</Alert> }.into_any()
        }
    };
    view! {
        <section
            class="card grid grid-cols-1 gap-4 p-5 xl:sticky xl:top-4 xl:max-h-[calc(100dvh-2rem)] xl:overflow-y-auto"
            aria-label="Preview"
        >
            <div class="flex flex-wrap items-center gap-3">
                <h2 class="text-base font-semibold">"Preview"</h2>
                {move || shown.get().badge()}
            </div>
            <GetForm action={path} {..} class="flex flex-wrap items-end gap-3">
                <Switches wishes />
                <button type="submit" class="button">
                    "Show"
                </button>
            </GetForm>
            <div class="grid grid-cols-1 gap-4" data-preview>
                {mail}
            </div>
        </section>
    }
}

/// The fields of the switches; they follow the address.
#[component]
fn Switches(wishes: Signal<Wishes>) -> impl IntoView {
    move || {
        let wishes = wishes.get();
        let looks = vec![
            ("", "As the reader's program chooses"),
            ("light", "Light"),
            ("dark", "Dark"),
        ];
        let widths = vec![("", "Wide"), ("true", "Narrow, as on a phone")];
        let look = wishes.look_name().unwrap_or_default();
        view! {
            <SearchField name="user" label="For" placeholder="Samples, or a user" value=wishes.user />
            <Choice name="look" label="Look" options=looks value=look />
            <Choice name="narrow" label="Width" options=widths value=chosen(wishes.narrow.filter(|narrow| *narrow)) />
        }
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
            <p class="wrap-anywhere">
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
        <pre class="shell wrap-anywhere whitespace-pre-wrap" tabindex="0" aria-label="The mail's text">
            <code>{mail.text}</code>
        </pre>
    }
}
