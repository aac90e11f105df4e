//! The pages about announcements and the timeline, and the way out of announcements.

use app::account::unsubscribe::UnsubscribeView;
use app::console::{
    announcement::AnnouncementView, announcement_form::EditAnnouncementView, announcements::AnnouncementsView,
    notifications::NotificationsView,
};
use app::text::Locale;
use leptos::prelude::*;
use sereno_types::{
    AnnouncementAction, AnnouncementAudience, AnnouncementCounts, AnnouncementDetail, AnnouncementQuery,
    AnnouncementRow, AnnouncementState, AudienceKind, Channel, Code, EmailPreview, FieldError, Id, MessageReason,
    MessageState, Page, Permission, Preferences, Problem, SaveAnnouncement, StaffProfile, TimelineQuery,
    TimelineReason, TimelineRow, Timestamp,
};

use crate::{between, holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn staff(permissions: Vec<Permission>) {
    provide_context(StaffProfile {
        is_superuser: false,
        has_fixed_codes: false,
        id: Id(ID.to_owned()),
        name: "admin".to_owned(),
        permissions,
    });
}

fn row(state: AnnouncementState) -> AnnouncementRow {
    AnnouncementRow {
        id: Id(ID.to_owned()),
        name: "Winter <b>".to_owned(),
        subject: "News".to_owned(),
        state,
        project: Some("shop".to_owned()),
        recipients: Some(1_000),
        counts: AnnouncementCounts {
            queued: 20,
            sent: 100,
            failed: 3,
            ..AnnouncementCounts::default()
        },
        created_by: None,
        created_at: Timestamp("2026-11-01T08:00:00Z".to_owned()),
        send_at: None,
        started_at: None,
        finished_at: None,
    }
}

fn detail(state: AnnouncementState, actions: Vec<AnnouncementAction>) -> AnnouncementDetail {
    AnnouncementDetail {
        announcement: row(state),
        written: SaveAnnouncement {
            name: "Winter <b>".to_owned(),
            html: "<p>Hello</p>".to_owned(),
            audience: AnnouncementAudience {
                kind: AudienceKind::Addresses,
                addresses: vec!["ana@example.org".to_owned(), "bea@example.org".to_owned()],
                ..AnnouncementAudience::default()
            },
            ..SaveAnnouncement::default()
        },
        reaches: (state == AnnouncementState::Draft).then_some(1_234),
        actions,
    }
}

fn list(items: Vec<AnnouncementRow>, query: AnnouncementQuery, permissions: Vec<Permission>) -> String {
    let page = Page {
        total: items.len() as u64,
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    html(move || {
        staff(permissions);
        view! { <AnnouncementsView page query deleted=Signal::stored(false) /> }
    })
}

#[test]
fn the_list_shows_progress_and_keeps_the_query_in_every_link() {
    let query = AnnouncementQuery {
        q: Some("win".to_owned()),
        state: Some(AnnouncementState::Sending),
        ..AnnouncementQuery::default()
    };
    let shown = list(
        vec![row(AnnouncementState::Sending)],
        query,
        vec![Permission::MessagesView],
    );
    holds(
        &shown,
        &["1 announcement matches", "Winter &lt;b&gt;", "103 of 1,000", "Sending"],
    );
    holds(
        between(&shown, r#"rel="next""#, ">"),
        &["q=win", "state=sending", "cursor=after"],
    );
    lacks(&shown, &["Write an announcement"]);
    let empty = list(
        Vec::new(),
        AnnouncementQuery::default(),
        vec![Permission::MessagesManage],
    );
    holds(&empty, &["No announcements yet", "/console/announcements/new"]);
    let query = AnnouncementQuery {
        q: Some("x".to_owned()),
        ..AnnouncementQuery::default()
    };
    holds(
        &list(Vec::new(), query, Vec::new()),
        &["No announcement matches", "Show all announcements"],
    );
}

fn page(
    detail: AnnouncementDetail,
    preview: Result<EmailPreview, Problem>,
    permissions: Vec<Permission>,
    confirm: &'static str,
) -> String {
    html(move || {
        staff(permissions);
        let (notice, confirm) = (Signal::stored(None), Signal::stored(confirm.to_owned()));
        let look = Signal::stored(Some("dark"));
        view! { <AnnouncementView detail seen="1.a".to_owned() preview notice confirm look /> }
    })
}

fn mail() -> EmailPreview {
    EmailPreview {
        subject: "News".to_owned(),
        text: "Hello".to_owned(),
        html: "<p>Hello</p>".to_owned(),
    }
}

#[test]
fn a_draft_says_whom_it_reaches_and_is_sent_after_a_question() {
    let draft = || {
        detail(
            AnnouncementState::Draft,
            vec![
                AnnouncementAction::Edit,
                AnnouncementAction::Schedule,
                AnnouncementAction::Delete,
            ],
        )
    };
    let shown = page(draft(), Ok(mail()), vec![Permission::MessagesManage], "schedule");
    holds(
        &shown,
        &[
            "At most 1,234 recipients right now",
            "It begins to leave at once, to at most 1,234 recipients.",
            r#"type="datetime-local""#,
            r#"name="now" value="yes""#,
            &format!(r#"href="/console/announcements/{ID}?look=light""#),
            r#"name="seen" value="1.a""#,
            "Send it to me first",
            &format!("/console/announcements/{ID}/edit"),
            r#"sandbox="""#,
            &format!(r#"src="/console/announcements/{ID}/preview?look=dark""#),
        ],
    );
    // a moment is said, or the question is asked
    assert_eq!(shown.matches(r#"name="now""#).count(), 1);
    let moment = between(&shown, r#"id="send_at""#, ">");
    holds(moment, &["required"]);
    let shown = page(draft(), Ok(mail()), vec![Permission::MessagesView], "");
    lacks(&shown, &["Send it to me first", "/edit", "Send now"]);
    let fault = Problem::fields(vec![FieldError::new("template", Code::TemplateNotFound)]);
    let shown = page(draft(), Err(fault), vec![Permission::MessagesManage], "");
    lacks(&shown, &["<iframe"]);
}

#[test]
fn what_is_leaving_shows_its_mails_by_state_and_can_be_stopped() {
    let sending = detail(
        AnnouncementState::Sending,
        vec![AnnouncementAction::Pause, AnnouncementAction::Cancel],
    );
    let shown = page(sending, Ok(mail()), vec![Permission::MessagesManage], "pause");
    holds(
        &shown,
        &[
            "103 of 1,000",
            &format!("/console/messages?announcement={ID}&amp;kind=announcement&amp;state=failed"),
            "Make it stand still?",
            r#"name="what" value="pause""#,
        ],
    );
    lacks(&shown, &["Delete the draft?", "Send it to me first", "Let it go on?"]);
}

#[test]
fn the_form_says_what_the_draft_says() {
    let shown = html(|| {
        staff(vec![Permission::MessagesManage]);
        let mut detail = detail(AnnouncementState::Draft, vec![AnnouncementAction::Edit]);
        detail.written.audience.superuser = Some(true);
        view! { <EditAnnouncementView detail seen="1.a".to_owned() /> }
    });
    holds(
        &shown,
        &[
            r#"action="/console/fn/save_announcement" method="post""#,
            r#"name="name" type="text" value="Winter &lt;b&gt;""#,
            "ana@example.org\nbea@example.org",
            r#"<option value="addresses" selected>"#,
            r#"name="audience.confirmed" type="checkbox" value="yes" checked"#,
            r#"<option value="yes" selected>"#,
            "Only administrators",
            r#"name="seen" value="1.a""#,
        ],
    );
}

#[test]
fn the_timeline_shows_mails_and_notifications_with_the_way_to_each() {
    let row = |channel, title: Option<&str>| TimelineRow {
        id: Id(ID.to_owned()),
        channel,
        kind: "activation".to_owned(),
        title: title.map(str::to_owned),
        to: Some("ana@example.org".to_owned()),
        user: None,
        state: MessageState::Failed,
        reason: Some(TimelineReason::Mail(MessageReason::TransportRefused)),
        code: Some(MessageReason::EmailNotSent),
        can_retry: channel == Channel::Email,
        attempts: 1,
        created_at: Timestamp("2026-11-01T08:00:00Z".to_owned()),
        sent_at: None,
    };
    let page = Page {
        total: 2,
        items: vec![row(Channel::Email, None), row(Channel::Push, Some("Hello <i>"))],
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    let query = TimelineQuery {
        channel: Some(Channel::Push),
        since: Some("2026-11-01".to_owned()),
        ..TimelineQuery::default()
    };
    let shown = html(move || {
        staff(vec![Permission::MessagesView, Permission::MessagesManage]);
        view! { <NotificationsView page query notice=Signal::stored(Some("It is in the queue again.")) /> }
    });
    holds(
        &shown,
        &[
            "2 messages match",
            &format!(r#"href="/console/messages/{ID}""#),
            &format!(r#"href="/console/push/{ID}""#),
            "Hello &lt;i&gt;",
            "transport_refused",
            "The mail server refused it for good.",
            r#"<option value="sender_mismatch">"#,
            "It is in the queue again.",
        ],
    );
    // of the two one can be tried again, and the list is come back to as it is
    assert_eq!(shown.matches(r#"action="/console/fn/retry_notification""#).count(), 1);
    holds(
        between(&shown, r#"action="/console/fn/retry_notification""#, "</form>"),
        &[r#"name="channel" value="email""#, "since=2026%2D11%2D01"],
    );
    holds(
        between(&shown, r#"rel="next""#, ">"),
        &["channel=push", "since=2026%2D11%2D01", "cursor=after"],
    );
}

#[test]
fn the_way_out_is_a_button_and_there_is_a_way_back() {
    let of = |announcements, came_back| {
        html(move || {
            provide_context(Locale::De);
            let wanted = Preferences { announcements };
            view! { <UnsubscribeView token="abc".to_owned() wanted came_back /> }
        })
    };
    let first = of(true, false);
    let form = between(&first, r#"action="/account/fn/unsubscribe" method="post""#, "</form>");
    holds(form, &[r#"name="token" value="abc""#, "Keine Neuigkeiten mehr"]);
    let after = of(false, false);
    holds(
        &after,
        &[
            "Sie erhalten keine Neuigkeiten mehr.",
            r#"action="/account/fn/resubscribe""#,
        ],
    );
    holds(&of(true, true), &["Sie erhalten wieder Neuigkeiten."]);
}
