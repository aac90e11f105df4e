//! Signing out.

use serde_json::json;
use sereno_core::context::{Actor, Via};
use sereno_core::event::EventKind;
use sereno_core::testing::{Client, TestSereno, refused};
use sereno_core::{Result, login, session, token};
use sereno_types::{Code, Id, Logout};

async fn send(test: &TestSereno, actor: &Actor, refresh_token: Option<&str>) -> Result<()> {
    let command = Logout {
        refresh_token: refresh_token.map(Into::into),
        ..Default::default()
    };
    login::logout(&test.sereno, &test.meta(), actor, command).await
}

#[tokio::test]
async fn a_refresh_token_ends_its_own_family() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (mine, other) = (test.log_in("ana").await, test.log_in("ana").await);
    send(&test, &Actor::Anonymous, Some(&mine.refresh_token)).await.unwrap();
    assert_eq!(
        refused(test.refresh(&mine.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(
        refused(token::authenticate(&test.sereno, &mine.access_token).await),
        Code::InvalidToken
    );
    token::authenticate(&test.sereno, &other.access_token).await.unwrap();
    // a second time there is nothing left to end
    send(&test, &Actor::Anonymous, Some(&mine.refresh_token)).await.unwrap();
    assert_eq!(test.events.count(EventKind::LoggedOut), 1);
    let told = "event JOIN application ON application.id = event.application_id WHERE event.name = 'logged_out'";
    assert_eq!(test.count(told).await, 1, "and of which application");
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 0);
}

#[tokio::test]
async fn an_old_refresh_token_ends_its_family_too() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let first = test.log_in("ana").await.refresh_token;
    let second = test.refresh(&first).await.unwrap().refresh_token;
    send(&test, &Actor::Anonymous, Some(&first)).await.unwrap();
    assert_eq!(refused(test.refresh(&second).await), Code::RefreshTokenInvalid);
}

/// Whoever is signed in is out afterwards, whatever stale token their client kept.
#[tokio::test]
async fn a_token_that_is_not_ours_keeps_nobody_in() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let mine = test.log_in("ana").await;
    let actor = token::authenticate(&test.sereno, &mine.access_token).await.unwrap();
    send(&test, &actor, Some("sr_nonsense")).await.unwrap();
    let outcome = token::authenticate(&test.sereno, &mine.access_token).await;
    assert_eq!(refused(outcome), Code::InvalidToken);
    send(&test, &Actor::Anonymous, Some("sr_nonsense")).await.unwrap();
}

#[tokio::test]
async fn a_bearer_ends_what_they_came_by() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let (mine, other) = (test.log_in("ana").await, test.log_in("ana").await);
    let actor = token::authenticate(&test.sereno, &mine.access_token).await.unwrap();
    for nothing in [None, Some("")] {
        send(&test, &actor, nothing).await.unwrap();
    }
    assert_eq!(
        refused(token::authenticate(&test.sereno, &mine.access_token).await),
        Code::InvalidToken
    );
    test.refresh(&other.refresh_token).await.unwrap();
    let rows = test.dump("event").await;
    let out: Vec<_> = rows.iter().filter(|row| row.contains("logged_out")).collect();
    assert_eq!(out.len(), 1);
    let id = if test.database.is_sqlite() {
        id.simple().to_string()
    } else {
        id.to_string()
    };
    assert!(out[0].to_lowercase().contains(&id));
}

/// Else as many who sign out at once as there are connections would all wait for one more.
#[tokio::test]
async fn signing_out_holds_one_connection_and_asks_for_no_second() {
    let test = TestSereno::with(|config| config.database.max_connections = 1).await;
    test.user("ana").await;
    let client = Client::with(&test, "jwt", json!({"refresh_format": "jwt"})).await;
    let (_, token) = client.pair(&test).await;
    let command = Logout {
        refresh_token: Some(token.as_str().into()),
        device_id: Some(Id("00000000-0000-0000-0000-000000000000".to_owned())),
        ..Logout::default()
    };
    login::logout(&test.sereno, &test.meta(), &Actor::Anonymous, command)
        .await
        .unwrap();
    assert_eq!(refused(client.refresh(&test, &token).await), Code::RefreshTokenInvalid);
}

#[tokio::test]
async fn a_browser_ends_its_session() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (mine, other) = (test.sign_in("ana").await, test.sign_in("ana").await);
    let actor = session::resolve(&test.sereno, &mine.secret).await.unwrap();
    send(&test, &actor, None).await.unwrap();
    assert_eq!(
        session::resolve(&test.sereno, &mine.secret).await.unwrap(),
        Actor::Anonymous
    );
    let still = session::resolve(&test.sereno, &other.secret).await.unwrap();
    assert_eq!(still.caller().unwrap().via, Via::Session(other.id));
    assert_eq!(
        test.column("SELECT end_reason FROM session WHERE ended_at IS NOT NULL")
            .await,
        ["logout"]
    );
    assert_eq!(test.events.count(EventKind::LoggedOut), 1);
}

#[tokio::test]
async fn strangers_and_foreign_tokens_end_nothing() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let answer = test.log_in("ana").await;
    assert_eq!(
        refused(send(&test, &Actor::Anonymous, None).await),
        Code::AuthenticationRequired
    );
    let forged = answer.refresh_token.replace("sr_A", "sr_B");
    for text in ["x", "\0", &forged[..forged.len() - 1], &answer.access_token] {
        send(&test, &Actor::Anonymous, Some(text)).await.unwrap();
    }
    assert_eq!(test.events.count(EventKind::LoggedOut), 0);
    test.refresh(&answer.refresh_token).await.unwrap();
}
