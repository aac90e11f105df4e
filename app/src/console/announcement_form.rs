//! Writing an announcement: what it says, and whom it goes to. New ones and drafts have the same form.

use leptos::{html::Div, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};
use sereno_types::{AnnouncementDetail, AudienceKind, Problem, SaveAnnouncement, UserState};

use super::announcement::{Seen, announcement};
use super::announcements::PATH;
use crate::{
    console::{Breadcrumb, address::said as says, application_form::Fields, user::Section},
    ui::{
        field::{Area, Field, Hidden, Select, Tick},
        form::{Attempt, Form, Submit},
        heading::Heading,
        loaded::loaded,
        unsaved::Unsaved,
    },
};

/// Saves a draft; a new one where no id is said.
#[server(name = SaveAnnouncementForm, prefix = "/console/fn", endpoint = "save_announcement")]
pub(crate) async fn save_announcement(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    let command = read(&fields)?;
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (id, seen) = (text("id"), text("seen"));
    let lines = command.audience.addresses.clone();
    let saved = if id.is_empty() {
        sereno_core::announcements::create(&member.sereno, &member.meta, &member.staff, command).await
    } else {
        if !seen.is_empty() {
            member.meta.if_match = Some(format!("\"{seen}\""));
        }
        let id = sereno_types::Id(id);
        sereno_core::announcements::save(&member.sereno, &member.meta, &member.staff, &id, command).await
    };
    let saved = saved.map_err(|error| by_line(gate::refuse(error), &lines))?;
    gate::go_to(&format!("{PATH}/{}?done=saved", saved.announcement.id));
    Ok(())
}

/// What was typed.
#[cfg(any(feature = "ssr", test))]
fn read(fields: &Fields) -> Result<SaveAnnouncement, Problem> {
    use sereno_types::{AnnouncementAudience, Code, FieldError};
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let some = |name: &str| Some(text(name)).filter(|text| !text.trim().is_empty());
    let context = match some("context") {
        None => serde_json::Map::new(),
        Some(text) => serde_json::from_str(&text)
            .map_err(|_| Problem::fields(vec![FieldError::new("context", Code::InvalidType)]))?,
    };
    let audience = AnnouncementAudience {
        kind: AudienceKind::from_name(&text("kind")).unwrap_or_default(),
        q: some("audience.q"),
        state: UserState::from_name(&text("audience.state")),
        superuser: match text("audience.superuser").as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        role: some("audience.role"),
        project: some("audience.project"),
        language: some("audience.language"),
        confirmed: fields.contains_key("audience.confirmed"),
        addresses: text("audience.addresses").lines().map(str::to_owned).collect(),
    };
    Ok(SaveAnnouncement {
        name: text("name"),
        subject: text("subject"),
        html: text("html"),
        text: text("text"),
        template: some("template"),
        context,
        language: some("language"),
        project: some("project"),
        reply_to: some("reply_to"),
        audience,
    })
}

/// What is wrong with the audience is told at its fields, of a list line by line.
#[cfg(any(feature = "ssr", test))]
fn by_line(mut problem: Problem, lines: &[String]) -> Problem {
    for error in &mut problem.errors {
        if error.field == "audience.kind" {
            error.field = "kind".into();
        }
        let Some(at) = error.field.strip_prefix("audience.addresses.") else {
            continue;
        };
        let Ok(at) = at.parse::<usize>() else { continue };
        let line = lines.get(at).map(|line| line.trim()).unwrap_or_default();
        let told: String = line.chars().take(60).collect();
        let other = sereno_types::FieldError::new("audience.addresses", error.code);
        *error = other.with("reason", format!("line {}: {told}", at + 1));
    }
    problem
}

/// Whether only administrators are meant, or only others, as the field says it.
const fn administrators(only: bool) -> &'static str {
    if only { "yes" } else { "no" }
}

/// What the fields say of a draft.
#[must_use]
pub fn fields(written: &SaveAnnouncement) -> Vec<(String, String)> {
    let audience = &written.audience;
    let context = if written.context.is_empty() {
        String::new()
    } else {
        serde_json::to_string_pretty(&written.context).unwrap_or_default()
    };
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut fields = vec![
        ("name", written.name.clone()),
        ("subject", written.subject.clone()),
        ("template", some(&written.template)),
        ("language", some(&written.language)),
        ("project", some(&written.project)),
        ("reply_to", some(&written.reply_to)),
        ("kind", audience.kind.as_str().to_owned()),
        ("audience.q", some(&audience.q)),
        (
            "audience.state",
            audience.state.map_or("", UserState::as_str).to_owned(),
        ),
        (
            "audience.superuser",
            audience.superuser.map_or("", administrators).to_owned(),
        ),
        ("audience.role", some(&audience.role)),
        ("audience.project", some(&audience.project)),
        ("audience.language", some(&audience.language)),
        ("audience.addresses", audience.addresses.join("\n")),
        ("context", context),
        ("text", written.text.clone()),
        ("html", written.html.clone()),
    ];
    if audience.confirmed {
        fields.push(("audience.confirmed", "yes".to_owned()));
    }
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// `/console/announcements/new`.
#[component]
pub fn NewAnnouncementPage() -> impl IntoView {
    let asked = use_query_map();
    // a project's page leads here
    let written = SaveAnnouncement {
        project: asked.with_untracked(|asked| says(asked, "project")),
        ..SaveAnnouncement::default()
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "Announcements")] here="New" />
        <Writing title="Write an announcement" written id=String::new() seen=String::new() cancel=PATH.to_owned() />
    }
}

/// `/console/announcements/{id}/edit`.
#[component]
pub fn EditAnnouncementPage() -> impl IntoView {
    let params = use_params_map();
    let detail = Resource::new(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        announcement,
    );
    loaded(
        detail,
        |Seen { detail, seen }| view! { <EditAnnouncementView detail seen /> },
    )
}

/// The draft, once it is known.
#[component]
pub fn EditAnnouncementView(
    /// What is known.
    detail: AnnouncementDetail,
    /// Its version, so that nobody else's words are overwritten.
    seen: String,
) -> impl IntoView {
    let id = detail.announcement.id.0.clone();
    let cancel = format!("{PATH}/{id}");
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "Announcements")] here=detail.announcement.name />
        <Writing title="Change an announcement" written=detail.written id seen cancel />
    }
}

#[component]
fn Writing(title: &'static str, written: SaveAnnouncement, id: String, seen: String, cancel: String) -> impl IntoView {
    let action = ServerAction::<SaveAnnouncementForm>::new();
    let attempt = Attempt::of(action).starting_with(fields(&written));
    let (unsaved, form) = (Unsaved::begin(), NodeRef::<Div>::new());
    // typed before the page came to life
    Effect::new(move |_| unsaved.look(form, &TYPED));
    unsaved.guard(Signal::derive(move || {
        let is_saved = action.value().with(|answer| matches!(answer, Some(Ok(()))));
        action.pending().get() || is_saved
    }));
    view! {
        <Heading title attempt />
        <div node_ref=form on:input=move |_| unsaved.look(form, &TYPED)>
            <Form action attempt>
                <Hidden name="id" value=id />
                <Hidden name="seen" value=seen />
                <Words />
                <Recipients />
                <div class="flex flex-wrap items-center gap-4">
                    <Submit label="Save the draft" />
                    <a class="link" href=cancel>
                        "Cancel"
                    </a>
                </div>
            </Form>
        </div>
    }
}

/// The fields that somebody types in: whoever leaves with something typed is asked.
const TYPED: [&str; 12] = [
    "name",
    "subject",
    "project",
    "reply_to",
    "template",
    "context",
    "html",
    "text",
    "audience.q",
    "audience.role",
    "audience.project",
    "audience.addresses",
];

const LANGUAGES: [(&str, &str); 3] = [("en", "English"), ("de", "German"), ("es", "Spanish")];

#[component]
fn Words() -> impl IntoView {
    view! {
        <Section title="What it says">
            <Field name="name" label="Name" hint="What staff calls it. Recipients do not see it." />
            <Field name="subject" label="Subject" hint="Needed unless a template says it." optional=true />
            <Select
                name="language"
                label="Language"
                options=LANGUAGES.to_vec()
                hint="Of the frame, the footer and the template."
            />
            <Field
                name="project"
                label="Project"
                hint="Its name in addresses. Mails of a project leave as the project says."
                optional=true
            />
            <Field name="reply_to" label="Answers to" inputmode="email" optional=true />
            <Field
                name="template"
                label="Template"
                hint="A template of your own in the place of the texts below, such as custom.news."
                optional=true
            />
            <Area
                name="context"
                label="Values for the template"
                hint="A JSON object; only with a template. What is known of a recipient goes before it: name, first_name, last_name, username, email, language."
            />
            <Area
                name="html"
                label="HTML"
                rows=10
                hint="Without frame and footer. Placeholders such as {{ name }} are for templates."
            />
            <Area name="text" label="Text" rows=8 hint="Made from the HTML if it stays empty." />
        </Section>
    }
}

#[component]
fn Recipients() -> impl IntoView {
    let kinds = vec![
        (AudienceKind::Users.as_str(), "Users, chosen by the filters below"),
        (AudienceKind::Addresses.as_str(), "The list of addresses below"),
    ];
    let mut states = vec![("", "Active")];
    states.extend(
        UserState::ALL
            .iter()
            .filter(|state| !matches!(state, UserState::Active | UserState::Deleting))
            .map(|state| (state.as_str(), state.as_str())),
    );
    let superusers = vec![
        ("", "Like everybody"),
        (administrators(true), "Only administrators"),
        (administrators(false), "Everybody but administrators"),
    ];
    let mut languages = vec![("", "Any")];
    languages.extend(LANGUAGES);
    view! {
        <Section title="Whom it goes to">
            <Select
                name="kind"
                label="Recipients"
                options=kinds
                hint="A list and filters at once are refused, and so is what is left over of the other."
            />
            <Field
                name="audience.q"
                label="Search"
                hint="Only users of whom address, name or number hold this."
                optional=true
            />
            <Select name="audience.state" label="State" options=states />
            <Select name="audience.superuser" label="Administrators" options=superusers />
            <Field
                name="audience.role"
                label="Role"
                hint="Its codename or id: who holds it, or a role that includes it."
                optional=true
            />
            <Field name="audience.project" label="Members of" hint="A project's name in addresses." optional=true />
            <Select name="audience.language" label="Language they chose" options=languages />
            <Tick name="audience.confirmed" label="Confirmed addresses only" />
            <Area
                name="audience.addresses"
                label="List of addresses"
                rows=6
                hint="One a line, up to 5,000. Who stands there twice gets one mail."
            />
        </Section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fields_say_is_what_is_read() {
        let written = SaveAnnouncement {
            name: "Winter".to_owned(),
            subject: "News".to_owned(),
            html: "<p>x</p>".to_owned(),
            language: Some("de".to_owned()),
            audience: sereno_types::AnnouncementAudience {
                kind: AudienceKind::Addresses,
                state: Some(UserState::Locked),
                superuser: Some(true),
                role: Some("editor".to_owned()),
                q: Some("a".to_owned()),
                project: Some("shop".to_owned()),
                language: Some("es".to_owned()),
                confirmed: false,
                addresses: vec!["ana@example.org".to_owned(), "bea@example.org".to_owned()],
            },
            ..SaveAnnouncement::default()
        };
        let posted: Fields = fields(&written).into_iter().collect();
        assert_eq!(read(&posted).unwrap(), written);
    }

    #[test]
    fn a_wrong_line_is_told_by_its_number() {
        use sereno_types::{Code, FieldError};
        let problem = Problem::fields(vec![FieldError::new("audience.addresses.1", Code::InvalidEmail)]);
        let told = by_line(problem, &["ana@example.org".to_owned(), " nobody ".to_owned()]);
        assert_eq!(told.errors[0].field, "audience.addresses");
        assert_eq!(told.errors[0].params["reason"], "line 2: nobody");
        let mixed = Problem::fields(vec![FieldError::new("audience.kind", Code::InvalidChoice)]);
        assert_eq!(by_line(mixed, &[]).errors[0].field, "kind");
    }
}
