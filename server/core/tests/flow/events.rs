//! The audit record as staff reads it, and the lineage of a replayed refresh token.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;
use sereno_core::account::admin;
use sereno_core::context::RequestMeta;
use sereno_core::testing::{Client, Pair, TestSereno, called, profile_of, refused, refused_fields};
use sereno_core::token;
use sereno_types::{Code, EventDetail, EventOutcome, EventQuery, EventRow, Id, Page, Refresh};

async fn list(test: &TestSereno, query: EventQuery) -> Page<EventRow> {
    admin::events(&test.sereno, &test.system().await, query).await.unwrap()
}

async fn only(test: &TestSereno, kind: &str) -> EventRow {
    let query = EventQuery {
        kind: Some(kind.to_owned()),
        ..EventQuery::default()
    };
    let mut found = list(test, query).await;
    assert_eq!(found.total, 1, "{kind}");
    found.items.remove(0)
}

async fn detail(test: &TestSereno, id: &Id) -> EventDetail {
    admin::event(&test.sereno, &test.system().await, id).await.unwrap()
}

/// A request of another client.
fn from(test: &TestSereno, address: &str, user_agent: &str) -> RequestMeta {
    RequestMeta {
        address: Some(address.parse::<IpAddr>().unwrap()),
        user_agent: Some(user_agent.to_owned()),
        ..test.meta()
    }
}

async fn refresh(test: &TestSereno, meta: &RequestMeta, refresh_token: &str) -> sereno_core::Result<Pair> {
    let command = Refresh {
        refresh_token: refresh_token.into(),
        ..Refresh::default()
    };
    token::refresh(&test.sereno, meta, command).await.map(Pair::of)
}

#[tokio::test]
async fn a_replay_shows_where_the_line_of_tokens_went() {
    let test = TestSereno::new().await;
    let ana = test.user("ana").await;
    let first = test.log_in("ana").await;
    test.advance(Duration::from_mins(1));
    let phone = from(&test, "192.0.2.7", "phone");
    let second = refresh(&test, &phone, &first.refresh_token).await.unwrap();
    test.advance(Duration::from_mins(1));
    let third = refresh(&test, &phone, &second.refresh_token).await.unwrap();
    test.advance(Duration::from_mins(1));
    let thief = from(&test, "198.51.100.9", "thief");
    assert_eq!(
        refused(refresh(&test, &thief, &second.refresh_token).await.map(|_| ())),
        Code::RefreshTokenInvalid,
        "older than the one used last"
    );
    let replay = only(&test, "refresh_replayed").await;
    assert_eq!(
        (replay.outcome, replay.code, replay.address.as_deref()),
        (
            EventOutcome::Failure,
            Some(Code::RefreshTokenInvalid),
            Some("198.51.100.9")
        )
    );
    assert_eq!(
        replay.user.as_ref().map(|user| user.id.0.clone()),
        Some(ana.to_string())
    );
    let shown = detail(&test, &replay.id).await;
    assert_eq!(shown.event, replay);
    let lineage = shown.lineage.unwrap();
    assert_eq!(Some(&lineage.id), replay.session_id.as_ref());
    assert_eq!((lineage.generation, lineage.left_out), (3, 0));
    assert_eq!(lineage.revoke_reason.as_deref(), Some("replayed"));
    assert_eq!(lineage.revoked_at.as_ref(), Some(&replay.at));
    let line: Vec<_> = lineage
        .tokens
        .iter()
        .map(|token| {
            let time = |at: &Option<sereno_types::Timestamp>| at.as_ref().map(|at| at.0[14..16].to_owned());
            (
                token.generation,
                time(&token.issued_at),
                token.address.clone(),
                token.user_agent.clone(),
                time(&token.used_at),
                token.replayed_from.clone(),
            )
        })
        .collect();
    let said = |said: &str| Some(said.to_owned());
    assert_eq!(
        line,
        [
            (1, said("00"), said("192.0.2.1"), said("test"), said("01"), None),
            (
                2,
                said("01"),
                said("192.0.2.7"),
                said("phone"),
                said("02"),
                said("198.51.100.9")
            ),
            (3, said("02"), said("192.0.2.7"), said("phone"), None, None),
        ]
    );
    assert_eq!(lineage.tokens[1].replayed_by.as_deref(), Some("thief"));
    // nothing of it can be presented
    let told = serde_json::to_string(&detail(&test, &replay.id).await).unwrap();
    for token in [&first, &second, &third] {
        assert!(!told.contains(&token.refresh_token) && !told.contains("sr_"));
    }
}

#[tokio::test]
async fn a_long_line_shows_its_ends_and_what_was_replayed() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let mut tokens = vec![test.log_in("ana").await.refresh_token];
    for _ in 0..99 {
        test.advance(Duration::from_mins(1));
        let next = test.refresh(tokens.last().unwrap()).await.unwrap();
        tokens.push(next.refresh_token);
    }
    assert_eq!(refused(test.refresh(&tokens[19]).await), Code::RefreshTokenInvalid);
    let replay = only(&test, "refresh_replayed").await;
    let lineage = detail(&test, &replay.id).await.lineage.unwrap();
    let shown: Vec<i64> = lineage.tokens.iter().map(|token| token.generation).collect();
    let expected: Vec<i64> = [1].into_iter().chain(19..=21).chain(51..=100).collect();
    assert_eq!(shown, expected);
    assert_eq!(lineage.left_out, 46);
    let replayed = &lineage.tokens[2];
    assert!(replayed.generation == 20 && replayed.replayed_at.is_some() && replayed.used_at.is_some());
    // every other event of the sign-in leads to the same line
    let rotated = EventQuery {
        kind: Some("refresh_rotated".to_owned()),
        session: replay.session_id.clone().map(|id| id.0),
        limit: Some(1),
        ..EventQuery::default()
    };
    let rotated = list(&test, rotated).await;
    assert_eq!(rotated.total, 99);
    assert_eq!(detail(&test, &rotated.items[0].id).await.lineage.unwrap(), lineage);
}

#[tokio::test]
async fn tokens_that_stay_have_no_line() {
    let test = TestSereno::with_ana().await;
    let client = Client::of(
        &test,
        sereno_types::CreateApplication {
            profile: profile_of(json!({"rotation": "never"})),
            ..called("shop")
        },
    )
    .await;
    let (_, refresh) = client.pair(&test).await;
    client.refresh(&test, &refresh).await.unwrap();
    let event = only(&test, "token_refreshed").await;
    assert_eq!(detail(&test, &event.id).await.lineage, None);
}

#[tokio::test]
async fn events_are_found_by_what_they_say() {
    let test = TestSereno::new().await;
    let (root, ana) = (test.superuser("root").await, test.user("ana").await);
    test.user("bea").await;
    let client = Client::of(&test, called("shop")).await;
    test.advance(Duration::from_secs(1));
    client.log_in(&test).await.unwrap();
    test.log_in("bea").await;
    test.advance(Duration::from_hours(36));
    let actor = test.sign_in("root").await.actor;
    let staff = test.staff(&actor).await;
    test.advance(Duration::from_secs(1));
    admin::lock(&test.sereno, &test.meta(), &staff, &Id(ana.to_string()))
        .await
        .unwrap();
    let found = async |query: EventQuery| {
        let page = list(&test, query).await;
        assert_eq!(page.total, page.items.len() as u64);
        page.items.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    let said = |said: &str| Some(said.to_owned());
    let by = |change: fn(&mut EventQuery, Option<String>), value: &str| {
        let mut query = EventQuery::default();
        change(&mut query, Some(value.to_owned()));
        query
    };
    let ended = found(by(|query, value| query.user = value, "ana")).await;
    assert_eq!(ended.first().map(String::as_str), Some("user_locked"));
    assert!(ended.contains(&"logged_in".to_owned()) && ended.contains(&"user_created".to_owned()));
    assert_eq!(
        found(by(|query, value| query.actor = value, "root")).await,
        ["user_locked", "logged_in"]
    );
    assert_eq!(
        found(by(|query, value| query.actor = value, &root.to_string())).await,
        ["user_locked", "logged_in"]
    );
    assert_eq!(
        found(by(|query, value| query.client_id = value, "shop")).await,
        ["logged_in", "application_created"]
    );
    // the test begins at midnight, and a day later it is noon
    assert_eq!(
        found(by(|query, value| query.since = value, "2026-01-02")).await,
        ["user_locked", "logged_in"]
    );
    let before = found(by(|query, value| query.until = value, "2026-01-01")).await;
    assert!(before.len() >= 6 && !before.contains(&"user_locked".to_owned()));
    assert_eq!(
        found(by(|query, value| query.until = value, "2026-01-01T00:00:00Z")).await,
        Vec::<String>::new()
    );
    assert_eq!(
        found(by(|query, value| query.q = value, "LOCKED")).await,
        ["user_locked"]
    );
    assert_eq!(
        found(by(|query, value| query.q = value, "192.0.2.1")).await.len(),
        found(EventQuery::default()).await.len()
    );
    assert_eq!(
        found(by(|query, value| query.q = value, "%")).await,
        Vec::<String>::new()
    );
    for (user, expected) in [("nobody", 0), ("\0", 0), ("00000000-0000-0000-0000-000000000000", 0)] {
        let query = EventQuery {
            user: said(user),
            ..EventQuery::default()
        };
        assert_eq!(list(&test, query).await.total, expected, "{user:?}");
    }
    let query = EventQuery {
        outcome: Some(EventOutcome::Failure),
        ..EventQuery::default()
    };
    assert_eq!(found(query).await, Vec::<String>::new());
    // who did it, by name
    let locked = only(&test, "user_locked").await;
    assert_eq!(locked.actor.map(|actor| actor.name).as_deref(), Some("root"));
    assert_eq!(locked.user.map(|user| user.name).as_deref(), Some("ana"));
}

#[tokio::test]
async fn pages_follow_each_other_and_wrong_questions_are_refused() {
    let test = TestSereno::new().await;
    for name in ["ana", "bea", "cleo"] {
        test.user(name).await;
    }
    let all = list(&test, EventQuery::default()).await;
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let query = EventQuery {
            limit: Some(2),
            cursor,
            ..EventQuery::default()
        };
        let page = list(&test, query).await;
        seen.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, all.items);
    let staff = test.system().await;
    let asked = async |query: EventQuery| refused_fields(admin::events(&test.sereno, &staff, query).await.map(|_| ()));
    let wrong = |change: fn(&mut EventQuery)| {
        let mut query = EventQuery::default();
        change(&mut query);
        query
    };
    for (query, field, code) in [
        (
            wrong(|query| query.kind = Some("shoe".to_owned())),
            "kind",
            Code::InvalidChoice,
        ),
        (
            wrong(|query| query.since = Some("soon".to_owned())),
            "since",
            Code::InvalidChoice,
        ),
        (
            wrong(|query| query.until = Some("2026-02-30".to_owned())),
            "until",
            Code::InvalidChoice,
        ),
        (wrong(|query| query.limit = Some(201)), "limit", Code::InvalidChoice),
        (
            wrong(|query| query.cursor = Some("x".to_owned())),
            "cursor",
            Code::InvalidChoice,
        ),
        (wrong(|query| query.q = Some("x".repeat(201))), "q", Code::TooLong),
    ] {
        assert_eq!(asked(query).await, [(field.to_owned(), code)]);
    }
}

#[tokio::test]
async fn only_who_may_see_events_sees_them() {
    let test = TestSereno::new().await;
    test.viewer("vera").await;
    let viewer = test.staff(&test.sign_in("vera").await.actor).await;
    let seen = admin::events(&test.sereno, &viewer, EventQuery::default())
        .await
        .unwrap();
    assert!(seen.total > 0 && admin::event(&test.sereno, &viewer, &seen.items[0].id).await.is_ok());
    let missing = admin::event(&test.sereno, &viewer, &Id("x".to_owned())).await;
    assert_eq!(refused(missing), Code::NotFound);
    test.execute(
        "DELETE FROM role_permission WHERE permission_id = (SELECT id FROM permission WHERE codename = 'events.view')",
    )
    .await;
    test.execute("UPDATE counter SET value = value + 1 WHERE name = 'access'")
        .await;
    let blind = test.staff(&test.sign_in("vera").await.actor).await;
    let outcome = admin::events(&test.sereno, &blind, EventQuery::default()).await;
    assert_eq!(refused(outcome), Code::PermissionDenied);
    assert_eq!(
        refused(admin::event(&test.sereno, &blind, &seen.items[0].id).await),
        Code::PermissionDenied
    );
    assert_eq!(refused(admin::event_kinds(&blind)), Code::PermissionDenied);
}
