//! One announcement: how far it has come, what it looks like, whom it reaches, and what staff can do about it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use sereno_types::{
    AnnouncementAction, AnnouncementAudience, AnnouncementCounts, AnnouncementDetail, AnnouncementRow, AudienceKind,
    EmailPreview, Id, Permission, Problem,
};

use super::announcements::{AnnouncementBadge, PATH, progress};
use crate::{
    console::{Breadcrumb, address::address, email_template_preview::Wishes, may, overview::grouped, user::Section},
    text,
    ui::{
        alert::Done,
        confirm::Confirm,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        time::{At, Here},
    },
};

/// An announcement, and which version of it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What is known.
    pub detail: AnnouncementDetail,
    /// Its version.
    pub seen: String,
}

#[server(name = LoadAnnouncement, prefix = "/console/fn", endpoint = "announcement")]
pub(crate) async fn announcement(#[server(default)] id: String) -> Result<Seen, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let detail = sereno_core::announcements::detail(&member.sereno, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    let seen = sereno_core::announcements::version(&member.sereno, &detail).map_err(gate::refuse)?;
    Ok(Seen { detail, seen })
}

#[server(name = LoadAnnouncementPreview, prefix = "/console/fn", endpoint = "announcement_preview")]
pub(crate) async fn announcement_preview(#[server(default)] id: String) -> Result<EmailPreview, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::PreviewAnnouncement::default();
    sereno_core::announcements::preview(&member.sereno, &member.staff, &Id(id), command)
        .await
        .map_err(gate::refuse)
}

#[server(prefix = "/console/fn", endpoint = "test_announcement")]
pub(crate) async fn test_announcement(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    sereno_core::announcements::test(&member.sereno, &member.meta, &member.staff, &id)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, "tested"));
    Ok(())
}

/// Sends it: `now`, or at a moment that a browser's field for one writes, in UTC. A moment that was left out is not now: nobody
/// was asked.
#[server(prefix = "/console/fn", endpoint = "schedule_announcement")]
pub(crate) async fn schedule_announcement(
    #[server(default)] id: String,
    #[server(default)] seen: String,
    #[server(default)] send_at: String,
    #[server(default)] now: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (mut member, id) = (gate::staff().await?, Id(id));
    let send_at = moment(&send_at).filter(|_| now.is_empty());
    if now.is_empty() && send_at.is_none() {
        let missing = sereno_types::FieldError::new("send_at", sereno_types::Code::Blank);
        return Err(Problem::fields(vec![missing]));
    }
    member.meta.if_match = Some(format!("\"{seen}\"")).filter(|_| !seen.is_empty());
    let command = sereno_types::ScheduleAnnouncement { send_at };
    let what = if command.send_at.is_some() {
        "scheduled"
    } else {
        "started"
    };
    sereno_core::announcements::schedule(&member.sereno, &member.meta, &member.staff, &id, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&done(&id, what));
    Ok(())
}

/// `2026-11-21T10:00`, as browsers write it, is a moment in UTC.
#[cfg(any(feature = "ssr", test))]
fn moment(text: &str) -> Option<String> {
    let text = text.trim().replace(' ', "T");
    if text.is_empty() {
        return None;
    }
    let has_zone = text.ends_with(['Z', 'z']) || text.get(16..).is_some_and(|rest| rest.contains(['+', '-']));
    Some(match (has_zone, text.len()) {
        (false, 16) => format!("{text}:00Z"),
        (false, _) => format!("{text}Z"),
        (true, _) => text,
    })
}

/// Stops it, lets it go on, ends it, or takes its moment back.
#[server(prefix = "/console/fn", endpoint = "move_announcement")]
pub(crate) async fn move_announcement(
    #[server(default)] id: String,
    #[server(default)] what: String,
) -> Result<(), Problem> {
    use crate::gate;
    let (member, id) = (gate::staff().await?, Id(id));
    let (sereno, meta, staff) = (&member.sereno, &member.meta, &member.staff);
    let (moved, told) = match AnnouncementAction::from_name(&what) {
        Some(AnnouncementAction::Pause) => (
            sereno_core::announcements::pause(sereno, meta, staff, &id).await,
            "paused",
        ),
        Some(AnnouncementAction::Resume) => (
            sereno_core::announcements::resume(sereno, meta, staff, &id).await,
            "resumed",
        ),
        Some(AnnouncementAction::Cancel) => (
            sereno_core::announcements::cancel(sereno, meta, staff, &id).await,
            "cancelled",
        ),
        Some(AnnouncementAction::Unschedule) => (
            sereno_core::announcements::unschedule(sereno, meta, staff, &id).await,
            "unscheduled",
        ),
        _ => return Err(Problem::new(sereno_types::Code::StateConflict)),
    };
    moved.map_err(gate::refuse)?;
    gate::go_to(&done(&id, told));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_announcement")]
pub(crate) async fn delete_announcement(#[server(default)] id: String) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::announcements::delete(&member.sereno, &member.meta, &member.staff, &Id(id))
        .await
        .map_err(gate::refuse)?;
    gate::go_to("/console/announcements?done=deleted");
    Ok(())
}

/// The page of an announcement; the core has accepted the id before it stands in an address.
#[cfg(feature = "ssr")]
fn done(id: &Id, what: &str) -> String {
    format!("{PATH}/{id}?done={what}")
}

/// `/console/announcements/{id}`.
#[component]
pub fn AnnouncementPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let data = Resource::new(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        |id| async move {
            let seen = announcement(id.clone()).await?;
            // what cannot be shown can still be changed
            let preview = announcement_preview(id).await;
            Ok((seen, preview))
        },
    );
    let says = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let notice = Signal::derive(move || match says("done").as_str() {
        "saved" => Some("The draft is saved."),
        "tested" => Some("A mail to your own address is on its way."),
        "scheduled" => Some("It begins to leave at its moment."),
        "started" => Some("It begins to leave. Load the page again to see how far it has come."),
        "unscheduled" => Some("It is a draft again."),
        "paused" => Some("It stands still."),
        "resumed" => Some("It goes on."),
        "cancelled" => Some("It is ended. What had not left does not leave."),
        _ => None,
    });
    let confirm = Signal::derive(move || says("confirm"));
    let look = Signal::derive(move || query.with(Wishes::of_address).look_name());
    loaded(data, move |(Seen { detail, seen }, preview)| {
        view! { <AnnouncementView detail seen preview notice confirm look /> }
    })
}

/// The announcement, once it is known.
#[component]
pub fn AnnouncementView(
    /// What is known.
    detail: AnnouncementDetail,
    /// Its version.
    seen: String,
    /// What it looks like, or why it cannot be shown.
    preview: Result<EmailPreview, Problem>,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks to be confirmed: an action, or `delete`.
    confirm: Signal<String>,
    /// Which of the two looks is shown, if only one.
    look: Signal<Option<&'static str>>,
) -> impl IntoView {
    let row = detail.announcement.clone();
    let id = row.id.clone();
    let may_manage = may(Permission::MessagesManage);
    let moving = ServerAction::<MoveAnnouncement>::new();
    let moved = Attempt::of(moving);
    let can = |action: AnnouncementAction| may_manage && detail.actions.contains(&action);
    let sending = can(AnnouncementAction::Schedule)
        .then(|| view! { <Sending id=id.clone() seen=seen.clone() reaches=detail.reaches confirm /> });
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "Announcements")] here=row.name.clone() />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title=row.name.clone() attempt=moved />
                <p>
                    <AnnouncementBadge state=row.state />
                </p>
            </div>
            {may_manage.then(|| view! { <Actions id=id.clone() actions=detail.actions.clone() /> })}
        </div>
        {may_manage
            .then(|| view! { <Questions id=id.clone() actions=detail.actions.clone() moving moved confirm /> })}
        <Progress row=row.clone() />
        <Reach id=id.clone() audience=detail.written.audience.clone() reaches=detail.reaches />
        {sending}
        <Look id preview look />
    }
}

/// What can be done as it stands; what cannot be undone is asked about first, and the links work without scripts.
#[component]
fn Actions(id: Id, actions: Vec<AnnouncementAction>) -> impl IntoView {
    let has = |action: AnnouncementAction| actions.contains(&action);
    let asks = |action: AnnouncementAction, label: &'static str| {
        let href = format!("{PATH}/{id}?confirm={}", action.as_str());
        has(action).then(|| {
            view! {
                <a class="button" href=href data-noscroll>
                    {label}
                </a>
            }
        })
    };
    let edit = has(AnnouncementAction::Edit).then(|| {
        view! {
            <a class="button" href=format!("{PATH}/{id}/edit")>
                "Change"
            </a>
        }
    });
    view! {
        <div class="flex flex-wrap gap-3">
            {edit} {asks(AnnouncementAction::Delete, "Delete")} {asks(AnnouncementAction::Unschedule, "Take the moment back")}
            {asks(AnnouncementAction::Pause, "Pause")} {asks(AnnouncementAction::Resume, "Go on")}
            {asks(AnnouncementAction::Cancel, "End")}
        </div>
    }
}

/// Each with its words: what it is asked by, and what it does.
const MOVES: [(AnnouncementAction, &str, &str, &str); 4] = [
    (
        AnnouncementAction::Unschedule,
        "Take the moment back?",
        "It becomes a draft again and does not leave.",
        "Take it back",
    ),
    (
        AnnouncementAction::Pause,
        "Make it stand still?",
        "No further mail leaves until it is let go on.",
        "Pause",
    ),
    (
        AnnouncementAction::Resume,
        "Let it go on?",
        "It goes on where it stood still.",
        "Go on",
    ),
    (
        AnnouncementAction::Cancel,
        "End it?",
        "What has not left does not leave, and it cannot be taken up again.",
        "End the announcement",
    ),
];

#[component]
fn Questions(
    id: Id,
    actions: Vec<AnnouncementAction>,
    moving: ServerAction<MoveAnnouncement>,
    moved: Attempt,
    confirm: Signal<String>,
) -> impl IntoView {
    let asks = move |what: &'static str| Signal::derive(move || confirm.get() == what);
    let cancel = format!("{PATH}/{id}");
    let deleting = ServerAction::<DeleteAnnouncement>::new();
    let deleted = Attempt::of(deleting);
    let moves = MOVES
        .into_iter()
        .filter(|(action, ..)| actions.contains(action))
        .map(|(action, title, lead, label)| {
            let (id, cancel) = (id.0.clone(), cancel.clone());
            view! {
                <Confirm id=action.as_str() title open=asks(action.as_str()) cancel>
                    <p>{lead}</p>
                    <Form action=moving attempt=moved tells=false>
                        <Hidden name="id" value=id />
                        <Hidden name="what" value=action.as_str() />
                        <Submit label class="button button-primary justify-self-start" />
                    </Form>
                </Confirm>
            }
        })
        .collect_view();
    let delete = actions.contains(&AnnouncementAction::Delete).then(|| {
        view! {
            <Confirm id="delete" title="Delete the draft?" open=asks("delete") cancel=cancel.clone()>
                <p>"Nothing of it is kept."</p>
                <Form action=deleting attempt=deleted>
                    <Hidden name="id" value=id.0.clone() />
                    <Submit label="Delete" class="button button-danger justify-self-start" icon=Icon::Trash />
                </Form>
            </Confirm>
        }
    });
    view! {
        {moves}
        {delete}
    }
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="wrap-anywhere">{children()}</dd>
        </div>
    }
}

#[component]
fn Progress(row: AnnouncementRow) -> impl IntoView {
    let come = progress(&row).map(|come| view! { <Fact name="Come so far">{come}</Fact> });
    let moments = [
        ("Begins to leave", row.send_at),
        ("Began", row.started_at),
        ("Over", row.finished_at),
    ]
    .into_iter()
    .filter_map(|(name, at)| {
        let at = at?;
        Some(view! {
            <Fact name>
                <At at=at.clone() />
                " "
                <Here at />
            </Fact>
        })
    })
    .collect_view();
    let author = row
        .created_by
        .map(|user| view! { <Fact name="Written by">{user.name}</Fact> });
    let project = row
        .project
        .map(|project| view! { <Fact name="Project">{project}</Fact> });
    let counts = (row.recipients.is_some()).then(|| view! { <Counts id=row.id.clone() counts=row.counts /> });
    view! {
        <Section title="How far it has come">
            <dl class="facts">
                {come} {moments} {project} {author}
            </dl>
            {counts}
        </Section>
    }
}

/// How many mails stand where, each with the way to them.
#[component]
fn Counts(id: Id, counts: AnnouncementCounts) -> impl IntoView {
    // without those that only tried it
    let mails = format!("/console/messages?announcement={id}&kind=announcement");
    let rows = [
        ("queued", "Waiting", counts.queued),
        ("sent", "Sent", counts.sent),
        ("failed", "Failed", counts.failed),
        ("skipped", "Skipped", counts.skipped),
        ("held", "Held back", counts.held),
        ("cancelled", "Cancelled", counts.cancelled),
    ]
    .into_iter()
    .filter(|(_, _, count)| *count > 0)
    .map(|(state, name, count)| {
        view! {
            <li>
                <a class="link" href=format!("{mails}&state={state}")>
                    {format!("{name}: {}", grouped(count))}
                </a>
            </li>
        }
    })
    .collect_view();
    view! {
        <ul class="flex flex-wrap gap-4">{rows}</ul>
        <p>
            <a class="link" href=mails.clone()>
                "Its mails, one by one"
            </a>
        </p>
    }
}

#[component]
fn Reach(id: Id, audience: AnnouncementAudience, reaches: Option<u64>) -> impl IntoView {
    let many = reaches.map(|count| {
        let noun = if count == 1 { "recipient" } else { "recipients" };
        view! { <p class="font-semibold">{format!("At most {} {noun} right now", grouped(count))}</p> }
    });
    let who = match audience.kind {
        AudienceKind::Addresses => "A list of addresses.".to_owned(),
        AudienceKind::Users => filters(&audience),
    };
    view! {
        <Section title="Whom it goes to">
            {many} <p>{who}</p>
            <p class="text-soft" id=format!("reach-{id}")>
                "Who wants no announcements, and addresses that are excluded or not written to, are skipped when their turn comes."
            </p>
        </Section>
    }
}

/// What the filters say, in a sentence.
fn filters(audience: &AnnouncementAudience) -> String {
    let state = audience.state.map_or("active", sereno_types::UserState::as_str);
    let mut parts = vec![format!("Users that are {state}")];
    let mut add = |words: &str, said: &Option<String>| {
        if let Some(said) = said.as_deref().filter(|said| !said.is_empty()) {
            parts.push(format!("{words} {said}"));
        }
    };
    add("found by", &audience.q);
    add("with the role", &audience.role);
    add("in the project", &audience.project);
    add("who chose the language", &audience.language);
    match audience.superuser {
        Some(true) => parts.push("only administrators".to_owned()),
        Some(false) => parts.push("no administrators".to_owned()),
        None => {}
    }
    if audience.confirmed {
        parts.push("with a confirmed address".to_owned());
    }
    format!("{}.", parts.join(", "))
}

/// Trying it, and sending it.
#[component]
fn Sending(id: Id, seen: String, reaches: Option<u64>, confirm: Signal<String>) -> impl IntoView {
    let trying = ServerAction::<TestAnnouncement>::new();
    let tried = Attempt::of(trying);
    let action = ServerAction::<ScheduleAnnouncement>::new();
    let attempt = Attempt::of(action);
    let open = Signal::derive(move || confirm.get() == "schedule");
    let many = reaches.map_or_else(
        || "them".to_owned(),
        |count| format!("at most {} recipients", grouped(count)),
    );
    let Id(id) = id;
    let page = format!("{PATH}/{id}");
    let now = format!("{page}?confirm=schedule");
    let (tried_id, later_id, later_seen) = (id.clone(), id.clone(), seen.clone());
    view! {
        <Section title="Send it">
            <Form action=trying attempt=tried>
                <Hidden name="id" value=tried_id />
                <Submit label="Send it to me first" class="button justify-self-start" icon=Icon::Mail />
            </Form>
            <Form action attempt>
                <Hidden name="id" value=later_id />
                <Hidden name="seen" value=later_seen />
                <Field
                    name="send_at"
                    kind="datetime-local"
                    label="Moment (UTC)"
                    hint="When it begins to leave: at most 366 days ahead."
                />
                <Submit label="Schedule" class="button justify-self-start" icon=Icon::Clock />
            </Form>
            <p>
                <a
                    class="button button-primary"
                    href=now
                    data-noscroll
                >
                    "Send now"
                </a>
            </p>
        </Section>
        <Confirm id="schedule" title="Send it now?" open cancel=page>
            <p>{format!("It begins to leave at once, to {many}.")}</p>
            <Form action attempt tells=false>
                <Hidden name="id" value=id />
                <Hidden name="seen" value=seen />
                <Hidden name="now" value="yes" />
                <Submit label="Send now" class="button button-primary justify-self-start" icon=Icon::Mail />
            </Form>
        </Confirm>
    }
}

/// What it looks like. The HTML is a document of its own, in a frame that may do nothing.
#[component]
fn Look(id: Id, preview: Result<EmailPreview, Problem>, look: Signal<Option<&'static str>>) -> impl IntoView {
    let said = move |path: String| move || address(&path, vec![("look", look.get().map(str::to_owned))]);
    let shown = match preview {
        Err(problem) => {
            let locale = text::use_locale();
            let said = match problem.errors.first() {
                Some(error) => text::of_field(locale, error),
                None => text::of_problem(locale, &problem),
            };
            view! { <p>{said}</p> }.into_any()
        }
        Ok(mail) => {
            let frame = (!mail.html.is_empty()).then(|| {
                view! {
                    <Looks id=id.clone() look />
                    <iframe
                        class="h-96 w-full rounded-md border border-line bg-white"
                        title="The announcement as HTML"
                        sandbox=""
                        src=said(format!("{PATH}/{id}/preview"))
                    ></iframe>
                }
            });
            view! {
                <p class="font-semibold wrap-anywhere">{mail.subject}</p>
                {frame}
                <details>
                    <summary class="link">"As plain text"</summary>
                    <pre class="shell whitespace-pre-wrap" tabindex="0">
                        {mail.text}
                    </pre>
                </details>
            }
            .into_any()
        }
    };
    view! { <Section title="Looks">{shown}</Section> }
}

/// Links to the looks that readers' programs choose between.
#[component]
fn Looks(id: Id, look: Signal<Option<&'static str>>) -> impl IntoView {
    let links = [
        (None, "As the reader's program chooses"),
        (Some("light"), "Light"),
        (Some("dark"), "Dark"),
    ]
    .into_iter()
    .map(|(one, words)| {
        let href = address(&format!("{PATH}/{id}"), vec![("look", one.map(str::to_owned))]);
        view! {
            <a class="link" href=href data-noscroll aria-current=move || (look.get() == one).then_some("true")>
                {words}
            </a>
        }
    })
    .collect_view();
    view! { <p class="flex flex-wrap gap-4">{links}</p> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_writes_is_a_moment_in_utc() {
        for (text, means) in [
            ("", None),
            ("  ", None),
            ("2026-11-21T10:00", Some("2026-11-21T10:00:00Z")),
            ("2026-11-21 10:00", Some("2026-11-21T10:00:00Z")),
            ("2026-11-21T10:00:30", Some("2026-11-21T10:00:30Z")),
            ("2026-11-21T10:00:00Z", Some("2026-11-21T10:00:00Z")),
            ("2026-11-21T10:00:00+01:00", Some("2026-11-21T10:00:00+01:00")),
            ("tomorrow", Some("tomorrowZ")),
        ] {
            assert_eq!(moment(text).as_deref(), means, "{text}");
        }
    }

    #[test]
    fn filters_are_a_sentence() {
        let audience = AnnouncementAudience {
            role: Some("editor".to_owned()),
            superuser: Some(true),
            ..AnnouncementAudience::default()
        };
        assert_eq!(
            filters(&audience),
            "Users that are active, with the role editor, only administrators, with a confirmed address."
        );
        let others = AnnouncementAudience {
            superuser: Some(false),
            ..AnnouncementAudience::default()
        };
        assert!(filters(&others).contains("no administrators"));
    }
}
