//! Exchanging refresh tokens.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sereno_core::event::EventKind;
use sereno_core::testing::{Client, TestSereno, claims_of, refused};
use sereno_core::token;
use sereno_types::{Code, Id, Refresh, UserState, VerifyToken};

fn claims(access_token: &str) -> Value {
    let payload = access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn every_use_brings_a_successor() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let mut last = test.log_in("ana").await.refresh_token;
    assert!(last.starts_with("sr_"));
    for round in 2..6 {
        test.advance(Duration::from_mins(1));
        let next = test.refresh(&last).await.unwrap();
        assert_ne!(next.refresh_token, last);
        let actor = token::authenticate(&test.sereno, &next.access_token).await.unwrap();
        assert_eq!(actor.caller().unwrap().user_id, id);
        assert_eq!(test.count(&format!("token_family WHERE generation = {round}")).await, 1);
        last = next.refresh_token;
    }
    assert_eq!(test.events.count(EventKind::RefreshRotated), 4);
    assert_eq!(test.count("token_family").await, 1);
}

#[tokio::test]
async fn a_retry_within_the_window_gets_the_same_successor() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let first = test.log_in("ana").await;
    let next = test.refresh(&first.refresh_token).await.unwrap();
    test.advance(Duration::from_millis(9_999));
    let again = test.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, next.refresh_token);
    assert_eq!(claims(&again.access_token)["jti"], claims(&next.access_token)["jti"]);
    assert_ne!(claims(&first.access_token)["jti"], claims(&next.access_token)["jti"]);
    assert_eq!(test.events.count(EventKind::RefreshRotated), 1);
    test.refresh(&next.refresh_token).await.unwrap();
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 0);
}

#[tokio::test]
async fn a_replay_after_the_window_ends_the_family() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (first, bystander) = (test.log_in("ana").await, test.log_in("ana").await);
    let next = test.refresh(&first.refresh_token).await.unwrap();
    test.advance(Duration::from_secs(10));
    assert_eq!(
        refused(test.refresh(&first.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 1);
    assert_eq!(
        refused(test.refresh(&next.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(
        refused(token::authenticate(&test.sereno, &next.access_token).await),
        Code::InvalidToken
    );
    assert_eq!(
        test.column("SELECT revoke_reason FROM token_family WHERE revoked_at IS NOT NULL")
            .await,
        ["replayed"]
    );
    // once is enough, and nobody else is hurt
    assert_eq!(
        refused(test.refresh(&first.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 1);
    test.refresh(&bystander.refresh_token).await.unwrap();
}

#[tokio::test]
async fn an_older_token_is_a_replay_even_within_the_window() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let first = test.log_in("ana").await.refresh_token;
    let second = test.refresh(&first).await.unwrap().refresh_token;
    let third = test.refresh(&second).await.unwrap().refresh_token;
    assert_eq!(refused(test.refresh(&first).await), Code::RefreshTokenInvalid);
    assert_eq!(refused(test.refresh(&third).await), Code::RefreshTokenInvalid);
    let events = test.dump("event").await;
    let replays = events.iter().filter(|row| row.contains("refresh_replayed"));
    assert_eq!(replays.count(), 1);
}

#[tokio::test]
async fn without_a_window_every_second_use_is_a_replay() {
    let test = TestSereno::with(|config| config.token.retry_window.0 = 0).await;
    test.user("ana").await;
    let first = test.log_in("ana").await.refresh_token;
    test.refresh(&first).await.unwrap();
    assert_eq!(refused(test.refresh(&first).await), Code::RefreshTokenInvalid);
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 1);
}

#[tokio::test]
async fn families_end_when_unused_and_at_the_latest() {
    let test = TestSereno::with(|config| {
        config.token.refresh_idle_lifetime.0 = 100;
        config.token.refresh_lifetime.0 = 250;
    })
    .await;
    test.user("ana").await;
    let (idle, busy) = (
        test.log_in("ana").await.refresh_token,
        test.log_in("ana").await.refresh_token,
    );
    test.advance(Duration::from_secs(99));
    let busy = test.refresh(&busy).await.unwrap().refresh_token;
    test.advance(Duration::from_secs(1));
    assert_eq!(refused(test.refresh(&idle).await), Code::RefreshTokenInvalid);
    test.advance(Duration::from_secs(98));
    let busy = test.refresh(&busy).await.unwrap().refresh_token;
    test.advance(Duration::from_secs(51));
    test.refresh(&busy).await.unwrap();
    let last = test.refresh(&busy).await.unwrap().refresh_token;
    test.advance(Duration::from_secs(1));
    assert_eq!(
        refused(test.refresh(&last).await),
        Code::RefreshTokenInvalid,
        "the end, though just used"
    );
    let staff = test.system().await;
    let id = Id(test.holder_of("ana@example.org").await.to_string());
    let detail = sereno_core::account::admin::detail(&test.sereno, &staff, &id)
        .await
        .unwrap();
    assert_eq!(detail.open_grants, 0);
}

#[tokio::test]
async fn whoever_may_not_sign_in_may_not_refresh() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let answer = test.log_in("ana").await;
    for state in [
        UserState::Pending,
        UserState::Locked,
        UserState::Disabled,
        UserState::Deleting,
    ] {
        test.put_into(id, state).await;
        assert_eq!(
            refused(test.refresh(&answer.refresh_token).await),
            Code::RefreshTokenInvalid
        );
    }
    test.put_into(id, UserState::Active).await;
    test.execute("UPDATE \"user\" SET credential_epoch = 2").await;
    assert_eq!(
        refused(test.refresh(&answer.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    test.execute("UPDATE \"user\" SET credential_epoch = 1").await;
    test.refresh(&answer.refresh_token).await.unwrap();
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 0);
}

#[tokio::test]
async fn only_what_we_wrote_is_read() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let answer = test.log_in("ana").await;
    let genuine = answer.refresh_token;
    let bytes = URL_SAFE_NO_PAD.decode(&genuine[3..]).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = format!("sr_{}", URL_SAFE_NO_PAD.encode(changed));
        assert_eq!(
            refused(test.refresh(&changed).await),
            Code::RefreshTokenInvalid,
            "byte {at}"
        );
    }
    assert_eq!(refused(test.refresh("").await), Code::ValidationFailed);
    for text in [
        "sr_",
        "\0",
        &genuine[3..],
        &genuine[..60],
        &answer.access_token,
        &"x".repeat(1_000_000),
    ] {
        assert_eq!(refused(test.refresh(text).await), Code::RefreshTokenInvalid);
    }
    for client_id in ["nobody", "\0"] {
        let command = Refresh {
            refresh_token: genuine.as_str().into(),
            client_id: Some(client_id.to_owned()),
            client_secret: None,
        };
        let outcome = token::refresh(&test.sereno, &test.meta(), command).await;
        assert_eq!(refused(outcome), Code::InvalidClient);
    }
    test.refresh(&genuine).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let answer = test.log_in("ana").await;
    assert_eq!(
        refused(token::authenticate(&test.sereno, &answer.refresh_token).await),
        Code::InvalidToken
    );
    let verify = async |token: &str| {
        let command = VerifyToken { token: token.into() };
        token::verify(&test.sereno, &test.meta(), command).await.unwrap()
    };
    assert!(!verify(&answer.refresh_token).await.active);
    let good = verify(&answer.access_token).await;
    assert!(good.active && good.user_id == Some(Id(answer.user_id.to_string())));
    assert_eq!(good.expires_at.unwrap().0, "2026-01-01T00:05:00Z");
    test.advance(Duration::from_secs(306));
    let late = verify(&answer.access_token).await;
    assert_eq!((late.active, late.code), (false, Some(Code::TokenExpired)));
}

/// Two processes, 64 callers who hold the same token: all get the one successor, and nobody is taken for a thief.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_callers_of_two_processes_get_one_successor() {
    let here = std::sync::Arc::new(TestSereno::new().await);
    let there = std::sync::Arc::new(here.another().await);
    here.user("ana").await;
    let mut last = here.log_in("ana").await.refresh_token;
    for round in 1..=12_usize {
        let mut racing = tokio::task::JoinSet::new();
        for caller in 0..64 {
            let process = std::sync::Arc::clone(if caller % 2 == 0 { &here } else { &there });
            let token = last.clone();
            racing.spawn(async move { process.refresh(&token).await.unwrap().refresh_token });
        }
        let next = racing.join_all().await;
        assert!(next.iter().all(|token| *token == next[0] && *token != last));
        last.clone_from(&next[0]);
        let rotated = here.events.count(EventKind::RefreshRotated) + there.events.count(EventKind::RefreshRotated);
        assert_eq!(rotated, round, "one rotation for each token");
    }
    let written = here.count("event WHERE name = 'refresh_rotated'").await;
    assert_eq!(written, 12, "and one row for each");
    assert_eq!(here.count("event WHERE name = 'refresh_replayed'").await, 0);
}

/// The same of refresh tokens that are JWTs: what a retry writes anew is the same text.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_callers_get_one_successor_that_is_a_jwt() {
    let here = std::sync::Arc::new(TestSereno::with_ana().await);
    let there = std::sync::Arc::new(here.another().await);
    let client = Client::with(&here, "shop", json!({"refresh_format": "jwt"})).await;
    let (_, mut last) = client.pair(&here).await;
    let client = std::sync::Arc::new(client);
    for round in 1..=6_usize {
        let mut racing = tokio::task::JoinSet::new();
        for caller in 0..64 {
            let process = std::sync::Arc::clone(if caller % 2 == 0 { &here } else { &there });
            let (client, token) = (std::sync::Arc::clone(&client), last.clone());
            racing.spawn(async move { client.refresh(&process, &token).await.unwrap().1 });
        }
        let next = racing.join_all().await;
        assert!(next.iter().all(|token| *token == next[0] && *token != last));
        last.clone_from(&next[0]);
        let rotated = here.events.count(EventKind::RefreshRotated) + there.events.count(EventKind::RefreshRotated);
        assert_eq!(rotated, round, "one rotation for each token");
    }
    assert_eq!(here.count("event WHERE name = 'refresh_replayed'").await, 0);
    let written = here.count("issued_token WHERE token_use = 'refresh'").await;
    assert_eq!(written, 7, "one text for each generation");
}

/// ECDSA takes a fresh number for each signature: a retry is the same token in another text, and either is good.
#[tokio::test]
async fn a_retry_under_es256_is_the_same_token_in_another_text() {
    let test = TestSereno::with_ana().await;
    let client = Client::with(&test, "shop", json!({"algorithm": "ES256", "refresh_format": "jwt"})).await;
    let (_, first) = client.pair(&test).await;
    let (_, one) = client.refresh(&test, &first).await.unwrap();
    let (_, other) = client.refresh(&test, &first).await.unwrap();
    assert_ne!(one, other);
    assert_eq!(claims_of(&one), claims_of(&other));
    let (_, after_one) = client.refresh(&test, &one).await.unwrap();
    let (_, after_other) = client.refresh(&test, &other).await.unwrap();
    assert_eq!(claims_of(&after_one), claims_of(&after_other), "one successor of both");
    assert_eq!(test.events.count(EventKind::RefreshRotated), 2);
    client.refresh(&test, &after_other).await.unwrap();
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 0);
}
