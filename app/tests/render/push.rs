//! The pages about notifications to devices.

use app::console::{push::PushView, pushes::PushesView};
use leptos::prelude::*;
use sereno_types::{
    Id, Page, Permission, PushAction, PushAttempt, PushDetail, PushDevice, PushOutcome, PushQuery, PushReason, PushRow,
    PushState, SessionUser, StaffProfile, Timestamp,
};

use crate::{holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn staff(permissions: &[Permission]) {
    provide_context(StaffProfile {
        is_superuser: false,
        has_fixed_codes: false,
        id: Id(ID.to_owned()),
        name: "admin".to_owned(),
        permissions: permissions.to_vec(),
    });
}

fn failed() -> PushRow {
    PushRow {
        id: Id(ID.to_owned()),
        batch: Id("batch".to_owned()),
        user: SessionUser {
            id: Id(ID.to_owned()),
            name: "Ana <x>".to_owned(),
        },
        device: PushDevice {
            id: Id("device".to_owned()),
            name: None,
        },
        title: "Hello <b>".to_owned(),
        state: PushState::Failed,
        reason: Some(PushReason::TokenUnregistered),
        attempts: 1,
        created_at: Timestamp("2026-11-20T08:00:00Z".to_owned()),
        sent_at: None,
    }
}

fn list(items: Vec<PushRow>, query: PushQuery, permissions: &'static [Permission]) -> String {
    let page = Page {
        total: items.len() as u64,
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    html(move || {
        staff(permissions);
        view! { <PushesView page query /> }
    })
}

#[test]
fn the_list_says_what_became_of_each() {
    let query = PushQuery {
        state: Some(PushState::Failed),
        limit: Some(1),
        ..PushQuery::default()
    };
    let page = list(vec![failed()], query, Permission::ALL);
    holds(
        &page,
        &[
            "1 notification matches",
            "Hello &lt;b&gt;",
            "Ana &lt;x&gt;",
            "Unnamed device",
            "No longer on the device",
            "href=\"/console/push?state=failed&amp;limit=1&amp;cursor=after\"",
            "Send notification",
        ],
    );
    let page = list(vec![failed()], PushQuery::default(), &[Permission::MessagesView]);
    holds(&page, &["1 notification"]);
    lacks(&page, &["Send notification", "href=\"/console/users/", "matches"]);
    holds(
        &list(Vec::new(), PushQuery::default(), Permission::ALL),
        &["No notification yet", "push.service_account_file"],
    );
}

#[test]
fn a_notification_is_told_attempt_by_attempt_and_offers_what_can_be_done() {
    let page = |actions: Vec<PushAction>, permissions: &'static [Permission]| {
        html(move || {
            staff(permissions);
            let attempt = PushAttempt {
                number: 1,
                begun_at: Timestamp("2026-11-20T08:00:00Z".to_owned()),
                ended_at: Timestamp("2026-11-20T08:00:01Z".to_owned()),
                outcome: PushOutcome::Refused,
                reason: Some(PushReason::TokenUnregistered),
                answer: Some("404 <UNREGISTERED>".to_owned()),
            };
            let detail = PushDetail {
                row: failed(),
                body: "How <i>".to_owned(),
                data: [("type".to_owned(), "x".to_owned())].into(),
                channel: None,
                answer: None,
                resent_of: Some(Id("earlier".to_owned())),
                tried: vec![attempt],
                actions: actions.clone(),
            };
            view! { <PushView detail /> }
        })
    };
    holds(
        &page(vec![PushAction::Retry, PushAction::Resend], Permission::ALL),
        &[
            "Try again",
            "Send anew",
            "How &lt;i&gt;",
            "404 &lt;UNREGISTERED&gt;",
            "/console/push?batch=batch",
            "/console/push/earlier",
            "/console/devices/device",
        ],
    );
    let waits = page(vec![PushAction::Cancel], Permission::ALL);
    holds(&waits, &["Cancel"]);
    lacks(&waits, &["Try again", "Send anew"]);
    lacks(
        &page(vec![PushAction::Retry, PushAction::Resend], &[Permission::MessagesView]),
        &["Try again", "Send anew", "/console/devices/device"],
    );
}
