//! The pages about mails.

use app::console::{message::MessageView, messages::MessagesView, suppressions::SuppressionsView};
use leptos::prelude::*;
use sereno_types::{
    AttemptOutcome, Id, MessageAction, MessageAttempt, MessageDetail, MessagePreview, MessageQuery, MessageReason,
    MessageRow, MessageState, Page, Permission, SessionUser, StaffProfile, SuppressionCause, SuppressionQuery,
    SuppressionRow, Timestamp,
};

use crate::{between, holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

fn row() -> MessageRow {
    MessageRow {
        id: Id(ID.to_owned()),
        kind: "activation".to_owned(),
        recipient: "ana+<b>@example.org".to_owned(),
        user: Some(SessionUser {
            id: Id(ID.to_owned()),
            name: "ana".to_owned(),
        }),
        project: Some("shop".to_owned()),
        announcement: None,
        subject: Some("Your invoice <•••>".to_owned()),
        locale: "de".to_owned(),
        state: MessageState::Failed,
        reason: Some(MessageReason::TransportRefused),
        code: MessageReason::EmailNotSent,
        attempts: 3,
        created_at: at("2026-11-01T08:00:00Z"),
        sent_at: None,
    }
}

fn detail() -> MessageDetail {
    MessageDetail {
        message: row(),
        answer: Some("550 no".to_owned()),
        template_version: Some(7),
        resent_of: None,
        announcement: None,
        is_forced: false,
        tried: vec![MessageAttempt {
            number: 1,
            begun_at: at("2026-11-01T08:00:01Z"),
            ended_at: Some(at("2026-11-01T08:00:02Z")),
            transport: "mail.example.org:587".to_owned(),
            outcome: AttemptOutcome::Refused,
            answer: Some("550 <who> is that?".to_owned()),
        }],
        preview: Some(MessagePreview {
            subject: "Confirm your address".to_owned(),
            text: "Type ••••".to_owned(),
            html: "<p>Type ••••</p>".to_owned(),
            attachments: Vec::new(),
            is_sample: true,
        }),
        actions: vec![MessageAction::Retry, MessageAction::Resend],
    }
}

fn staff(permissions: Vec<Permission>) {
    provide_context(StaffProfile {
        is_superuser: false,
        has_fixed_codes: false,
        id: Id(ID.to_owned()),
        name: "admin".to_owned(),
        permissions,
    });
}

fn list(items: Vec<MessageRow>, query: MessageQuery, permissions: Vec<Permission>) -> String {
    let page = Page {
        total: items.len() as u64,
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    html(move || {
        staff(permissions);
        let (notice, confirm) = (Signal::stored(None), Signal::stored(String::new()));
        view! { <MessagesView page kinds=vec!["activation".to_owned()] query notice confirm /> }
    })
}

#[test]
fn the_list_shows_rows_and_keeps_the_query_in_every_link() {
    let query = MessageQuery {
        q: Some("ana & co".to_owned()),
        state: Some(MessageState::Failed),
        limit: Some(20),
        ..MessageQuery::default()
    };
    let shown = list(vec![row()], query, vec![Permission::MessagesView]);
    holds(
        &shown,
        &[
            "1 mail matches",
            "Activation",
            "Your invoice &lt;•••&gt;",
            "ana+&lt;b&gt;@example.org",
            &format!(r#"href="/console/messages/{ID}""#),
            "Failed",
            "transport_refused",
            r#"<input type="hidden" name="limit" value="20""#,
        ],
    );
    let next = between(&shown, r#"rel="next""#, ">");
    holds(next, &["q=ana%20%26%20co", "state=failed", "limit=20", "cursor=after"]);
    // who may only look is offered nothing to do
    lacks(&shown, &["Retry all", "Release all", "Write a mail"]);
    let manager = list(vec![row()], MessageQuery::default(), vec![Permission::MessagesManage]);
    holds(
        &manager,
        &[
            "Retry all that failed",
            "Release all that are held",
            "/console/messages/new",
        ],
    );
}

#[test]
fn an_empty_list_says_what_would_stand_there() {
    holds(
        &list(Vec::new(), MessageQuery::default(), Vec::new()),
        &["No mails yet"],
    );
    let query = MessageQuery {
        q: Some("x".to_owned()),
        ..MessageQuery::default()
    };
    holds(
        &list(Vec::new(), query, Vec::new()),
        &["No mail matches", "Show all mails"],
    );
}

fn page(detail: MessageDetail, permissions: Vec<Permission>, confirm: &'static str) -> String {
    html(move || {
        staff(permissions);
        let (notice, confirm) = (Signal::stored(None), Signal::stored(confirm.to_owned()));
        view! { <MessageView detail notice confirm /> }
    })
}

#[test]
fn a_mail_tells_its_story_and_offers_what_can_be_done() {
    let manager = || vec![Permission::MessagesView, Permission::MessagesManage];
    let shown = page(detail(), manager(), "");
    holds(
        &shown,
        &[
            "The mail server refused it for good.",
            "mail.example.org:587",
            "550 &lt;who&gt; is that?",
            "Refused",
            "links and codes are masked",
            &format!(r#"src="/console/messages/{ID}/preview""#),
            r#"sandbox="""#,
            "?confirm=retry",
            "?confirm=resend",
            "Activation to ana",
            "Puts this mail into the queue again",
            "Makes another mail like this one",
            "button button-primary",
        ],
    );
    lacks(&shown, &["?confirm=cancel", "?confirm=release", "<p>Type"]);
    // what is bound to its address offers no other
    let resend = page(detail(), manager(), "resend");
    holds(&resend, &["and nowhere else", r#"type="hidden" name="recipient""#]);
    let free = MessageDetail {
        actions: vec![MessageAction::Resend, MessageAction::Redirect],
        ..detail()
    };
    let free = page(free, manager(), "resend");
    holds(&free, &["Correct the address if it is wrong."]);
    holds(
        between(&free, r#"id="recipient""#, ">"),
        &[r#"value="ana+&lt;b&gt;@example.org""#],
    );
    lacks(
        &page(detail(), vec![Permission::MessagesView], "retry"),
        &["?confirm=", "<dialog"],
    );
    let gone = MessageDetail {
        preview: None,
        tried: Vec::new(),
        ..detail()
    };
    let shown = page(gone, manager(), "");
    holds(&shown, &["No mail server was asked so far."]);
    lacks(&shown, &["<iframe"]);
}

#[test]
fn the_addresses_say_why_they_are_there() {
    let entry = SuppressionRow {
        id: Id(ID.to_owned()),
        address: "ana@example.org".to_owned(),
        cause: SuppressionCause::HardBounce,
        note: None,
        created_by: None,
        created_at: at("2026-11-01T08:00:00Z"),
    };
    let shown = |permissions: Vec<Permission>, confirm: &'static str| {
        let page = Page {
            items: vec![entry.clone()],
            next_cursor: None,
            prev_cursor: None,
            total: 1,
        };
        html(move || {
            staff(permissions);
            let (notice, confirm) = (Signal::stored(None), Signal::stored(confirm.to_owned()));
            view! { <SuppressionsView page query=SuppressionQuery::default() notice confirm /> }
        })
    };
    holds(
        &shown(vec![Permission::MessagesManage], ID),
        &[
            "Bounced",
            "1 address",
            "Write to ana@example.org again?",
            "Put an address here",
        ],
    );
    lacks(
        &shown(vec![Permission::MessagesView], ID),
        &["Take off", "<dialog", "Put an address here"],
    );
}
