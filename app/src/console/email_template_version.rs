//! One version of a template as it was published: who, when and why, what it says, and the mail that it makes.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{EmailPreview, EmailTemplateDetail, EmailVersion, Permission, Problem};

use super::email_template::email_template;
use super::email_template_compare::before;
use super::email_template_preview::{PreviewSection, Previewed, Wishes, preview_email_template};
use super::email_templates::{PATH, language_name};
use crate::{
    console::{Breadcrumb, holders::UserLink, may, user::Section},
    ui::{alert::Tone, badge::Badge, heading::Heading, icon::Icon, loaded::loaded, time::At},
};

#[server(name = LoadEmailVersion, prefix = "/console/fn", endpoint = "email_version")]
pub(crate) async fn email_version(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] version: String,
) -> Result<EmailVersion, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::templates::versions::detail(&member.sereno, &member.staff, (&name, &language), &version)
        .await
        .map_err(gate::refuse)
}

/// What there is to show.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VersionSeen {
    /// The template.
    pub template: EmailTemplateDetail,
    /// The version.
    pub version: EmailVersion,
    /// The mail that it makes, or why there is none.
    pub mail: Result<EmailPreview, Problem>,
    /// How it is wanted.
    pub wishes: Wishes,
}

/// `/console/email-templates/{name}/{language}/versions/{version}`.
#[component]
pub fn EmailVersionPage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let part = move |name: &str| params.with(|params| params.get(name).unwrap_or_default());
    let page = Resource::new(
        move || {
            let place = (part("name"), part("language"), part("version"));
            (place, asked.with(Wishes::of_address))
        },
        |((name, language, number), wishes)| async move {
            let version = email_version(name.clone(), language.clone(), number.clone()).await?;
            let (template, _) = email_template(name.clone(), language.clone()).await?;
            let mail = preview_email_template(name, language, None, Some(number), wishes.clone()).await;
            Ok(VersionSeen {
                template,
                version,
                mail,
                wishes,
            })
        },
    );
    loaded(page, |seen| view! { <VersionView seen /> })
}

/// The version, once known.
#[component]
pub fn VersionView(
    /// What there is to show.
    seen: VersionSeen,
) -> impl IntoView {
    let VersionSeen {
        template,
        version,
        mail,
        wishes,
    } = seen;
    let row = version.row;
    let number = row.version;
    let page = format!("{PATH}/{}/{}", template.name, template.language);
    let path = format!("{page}/versions/{number}");
    let title = format!(
        "{} in {}: version {number}",
        template.title,
        language_name(&template.language)
    );
    let live = row
        .is_live
        .then(|| view! { <Badge tone=Tone::Good icon=Icon::CircleCheck text="In use" /> });
    let earlier = before(&template, &number.to_string());
    let compare = (earlier != number.to_string()).then(|| {
        let href = format!("{page}/compare?from={earlier}&to={number}");
        view! {
            <a class="button" href=href>
                "What it changed"
            </a>
        }
    });
    let restore = (!row.is_live && may(Permission::EmailTemplatesManage)).then(|| {
        view! {
            <a class="button" href=format!("{page}?restore={number}")>
                "Go back to " {number}
            </a>
        }
    });
    let author = match row.author {
        Some(user) => view! { <UserLink user /> }.into_any(),
        None => view! { <span class="text-muted">"Nobody any more"</span> }.into_any(),
    };
    let note = (!row.note.is_empty()).then(|| view! { <p class="wrap-anywhere">{row.note}</p> });
    let shown = if row.is_live {
        Previewed::Live(number)
    } else {
        Previewed::Version(number)
    };
    let source = version.source;
    let subject = template
        .has_subject
        .then(|| view! { <Written name="Subject" text=source.subject /> });
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "E-mail templates")] here=title.clone() />
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title />
                <p class="flex flex-wrap items-center gap-2 text-soft">
                    {live} "Published " <At at=row.created_at /> " by " {author}
                </p>
                {note}
                <p>
                    <a class="link" href=page>
                        "Back to the template"
                    </a>
                </p>
            </div>
            <div class="flex flex-wrap gap-3">{compare} {restore}</div>
        </div>
        <div class="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
            <Section title="What it says">
                {subject} <Written name="HTML" text=source.html /> <Written name="Text" text=source.text />
            </Section>
            <PreviewSection
                path
                wishes=Signal::stored(wishes)
                answer=Signal::stored(mail)
                shown=Signal::stored(shown)
            />
        </div>
    }
}

/// One part as it is written.
#[component]
fn Written(name: &'static str, text: String) -> impl IntoView {
    view! {
        <div class="grid grid-cols-1 gap-1.5">
            <h3 class="label">{name}</h3>
            <pre class="shell wrap-anywhere whitespace-pre-wrap" tabindex="0" aria-label=name>
                <code>{text}</code>
            </pre>
        </div>
    }
}
