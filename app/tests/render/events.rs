//! The pages about events.

use app::console::{event::EventView, events::EventsView};
use leptos::prelude::*;
use serde_json::json;
use sereno_types::{
    Code, EventApplication, EventDetail, EventOutcome, EventQuery, EventRow, Id, Lineage, LineageToken, Page,
    Permission, SessionUser, StaffProfile, Timestamp,
};

use crate::{holds, html, lacks};

const ID: &str = "0198c2d4-7b1e-7c3a-9f00-000000000007";

fn at(text: &str) -> Timestamp {
    Timestamp(text.to_owned())
}

fn staff(permissions: &[Permission]) {
    provide_context(StaffProfile {
        is_superuser: false,
        has_fixed_codes: false,
        id: Id(ID.to_owned()),
        name: "admin".to_owned(),
        permissions: permissions.to_vec(),
    });
}

fn replay() -> EventRow {
    EventRow {
        id: Id(ID.to_owned()),
        at: at("2026-11-20T08:00:00Z"),
        name: "refresh_replayed".to_owned(),
        outcome: EventOutcome::Failure,
        code: Some(Code::RefreshTokenInvalid),
        actor_kind: "anonymous".to_owned(),
        actor: None,
        user: Some(SessionUser {
            id: Id(ID.to_owned()),
            name: "Ana <x>".to_owned(),
        }),
        application: Some(EventApplication {
            id: Id(ID.to_owned()),
            name: None,
        }),
        session_id: Some(Id(ID.to_owned())),
        address: Some("198.51.100.9".to_owned()),
        user_agent: None,
        request_id: Some("req-1".to_owned()),
        detail: json!({"presented": 2}).as_object().cloned().unwrap_or_default(),
    }
}

fn list(items: Vec<EventRow>, query: EventQuery) -> String {
    let page = Page {
        total: items.len() as u64,
        items,
        next_cursor: Some("after".to_owned()),
        prev_cursor: None,
    };
    let kinds = vec!["logged_in".to_owned(), "refresh_replayed".to_owned()];
    html(move || {
        staff(Permission::ALL);
        view! { <EventsView page kinds query /> }
    })
}

#[test]
fn the_list_shows_rows_and_keeps_the_query_in_every_link() {
    let query = EventQuery {
        kind: Some("refresh_replayed".to_owned()),
        user: Some("ana & co".to_owned()),
        since: Some("2026-11-01".to_owned()),
        session: Some(ID.to_owned()),
        ..EventQuery::default()
    };
    let html = list(vec![replay()], query);
    holds(
        &html,
        &[
            "1 event matches",
            &format!(r#"href="/console/events/{ID}""#),
            "refresh_token_invalid",
            "Ana &lt;x&gt;",
            "Nobody who was signed in",
            r#"<option value="refresh_replayed" selected"#,
            r#"value="2026-11-01""#,
            &format!(r#"<input type="hidden" name="session" value="{ID}""#),
            "cursor=after",
        ],
    );
    holds(
        &list(Vec::new(), EventQuery::default()),
        &["Nothing has happened yet", "/api/v1/admin/events"],
    );
    let query = EventQuery {
        q: Some("x".to_owned()),
        ..EventQuery::default()
    };
    holds(&list(Vec::new(), query), &["Nothing matches", "Show all events"]);
}

#[test]
fn an_event_shows_its_detail_and_the_line_of_tokens() {
    let page = |lineage: Option<Lineage>, permissions: &'static [Permission]| {
        html(move || {
            staff(permissions);
            let detail = EventDetail {
                event: replay(),
                lineage,
            };
            view! { <EventView detail /> }
        })
    };
    let token = |generation| LineageToken {
        generation,
        issued_at: Some(at("2026-11-20T07:00:00Z")),
        address: Some("192.0.2.7".to_owned()),
        ..LineageToken::default()
    };
    let lineage = Lineage {
        id: Id(ID.to_owned()),
        generation: 9,
        revoked_at: Some(at("2026-11-20T08:00:00Z")),
        revoke_reason: Some("replayed".to_owned()),
        tokens: vec![
            token(1),
            LineageToken {
                replayed_at: Some(at("2026-11-20T08:00:00Z")),
                replayed_from: Some("198.51.100.9".to_owned()),
                ..token(2)
            },
            token(9),
        ],
        left_out: 6,
    };
    let whole = page(Some(lineage), Permission::ALL);
    holds(
        &whole,
        &[
            "presented",
            "Deleted: ",
            &format!("/console/users/{ID}"),
            &format!("/console/events?session={ID}"),
            "Replayed",
            "Latest",
            "6 more tokens are left out in between.",
            "192.0.2.7",
        ],
    );
    assert_eq!(whole.matches("Replayed").count(), 1);
    let bare = page(None, &[Permission::EventsView]);
    lacks(&bare, &["Lineage", "/console/users/", "/console/applications/"]);
}
