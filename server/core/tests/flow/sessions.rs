//! The list of sign-ins, and ending them.

#![expect(clippy::unwrap_used, reason = "checks outside of the test functions")]

use std::time::Duration;

use serde_json::json;
use sereno_core::account::sessions;
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::testing::{Client, Pair, TestSereno, called, refused};
use sereno_core::token::Tokens;
use sereno_core::{session, token};
use sereno_types::{
    Code, CreateApplication, Delivery, EndSessions, EndWhich, Id, Page, PageQuery, SessionKind, SessionQuery,
    SessionRow,
};

async fn caller(test: &TestSereno, pair: &Pair) -> Actor {
    token::authenticate(&test.sereno, &pair.access_token).await.unwrap()
}

async fn mine(test: &TestSereno, actor: &Actor) -> Page<SessionRow> {
    sessions::mine(&test.sereno, actor, PageQuery::default()).await.unwrap()
}

#[tokio::test]
async fn browsers_and_tokens_stand_in_one_list_newest_first() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    test.log_in("bea").await;
    let mut kinds = Vec::new();
    for round in 0..5 {
        test.advance(Duration::from_secs(1));
        if round % 2 == 0 {
            test.sign_in("ana").await;
            kinds.insert(0, SessionKind::Browser);
        } else {
            test.log_in("ana").await;
            kinds.insert(0, SessionKind::Tokens);
        }
    }
    test.advance(Duration::from_secs(1));
    let me = caller(&test, &test.log_in("ana").await).await;
    kinds.insert(0, SessionKind::Tokens);
    let all = mine(&test, &me).await;
    assert_eq!(all.total, 6);
    assert_eq!(all.items.iter().map(|row| row.kind).collect::<Vec<_>>(), kinds);
    let current: Vec<_> = all.items.iter().map(|row| row.is_current).collect();
    assert_eq!(current, [true, false, false, false, false, false]);
    assert!(all.items.iter().all(|row| row.user.is_none()));
    assert_eq!(all.items[0].application.as_deref(), Some("Sereno"));
    // page by page, there and back
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let query = PageQuery { limit: Some(4), cursor };
        let page = sessions::mine(&test.sereno, &me, query).await.unwrap();
        seen.extend(page.items.into_iter().map(|row| row.id));
        if page.next_cursor.is_none() {
            let query = PageQuery {
                limit: Some(4),
                cursor: page.prev_cursor,
            };
            let back = sessions::mine(&test.sereno, &me, query).await.unwrap();
            assert_eq!(back.items, all.items[..4]);
            break;
        }
        cursor = page.next_cursor;
    }
    assert_eq!(seen, all.items.into_iter().map(|row| row.id).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_is_ended_and_only_by_its_owner() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    let browser = test.sign_in("ana").await;
    let phone = test.log_in("ana").await;
    let (ana, bea) = (
        caller(&test, &test.log_in("ana").await).await,
        caller(&test, &test.log_in("bea").await).await,
    );
    let id = Id(browser.id.to_string());
    let end = async |actor: &Actor, id: &Id| sessions::end_mine(&test.sereno, &test.meta(), actor, id).await;
    assert_eq!(refused(end(&bea, &id).await), Code::NotFound);
    end(&ana, &id).await.unwrap();
    let resolved = session::resolve(&test.sereno, &browser.secret).await.unwrap();
    assert_eq!(resolved, Actor::Anonymous);
    assert_eq!(refused(end(&ana, &id).await), Code::NotFound, "it has ended");
    assert_eq!(refused(end(&ana, &Id("x".to_owned())).await), Code::NotFound);
    let tokens = mine(&test, &ana).await;
    let phones = tokens.items.iter().find(|row| !row.is_current).unwrap();
    end(&ana, &phones.id).await.unwrap();
    assert_eq!(
        refused(token::authenticate(&test.sereno, &phone.access_token).await),
        Code::InvalidToken
    );
    assert_eq!(
        refused(test.refresh(&phone.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(test.events.count(EventKind::SessionEnded), 2);
    assert_eq!(mine(&test, &ana).await.total, 1);
}

#[tokio::test]
async fn the_others_or_all_are_ended_at_once() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for _ in 0..3 {
        test.sign_in("ana").await;
        test.log_in("ana").await;
    }
    let mine_now = test.log_in("ana").await;
    let me = caller(&test, &mine_now).await;
    let end = async |which| {
        let command = EndSessions { which };
        let ended = sessions::end_several(&test.sereno, &test.meta(), &me, command).await;
        ended.unwrap().ended
    };
    assert_eq!(end(EndWhich::Others).await, 6);
    assert_eq!(mine(&test, &me).await.total, 1);
    test.refresh(&mine_now.refresh_token).await.unwrap();
    assert_eq!(end(EndWhich::All).await, 1);
    assert_eq!(mine(&test, &me).await.total, 0);
    assert_eq!(
        refused(token::authenticate(&test.sereno, &mine_now.access_token).await),
        Code::InvalidToken
    );
}

#[tokio::test]
async fn what_does_not_work_any_more_is_not_listed() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    test.sign_in("ana").await;
    test.log_in("ana").await;
    test.advance(Duration::from_hours(9));
    let me = caller(&test, &test.log_in("ana").await).await;
    let left = mine(&test, &me).await;
    assert_eq!(left.total, 2, "the browser's was idle for too long");
    test.execute(&format!(
        "UPDATE \"user\" SET credential_epoch = credential_epoch + 1 WHERE number = {}",
        test.row(id).await.number
    ))
    .await;
    assert_eq!(mine(&test, &me).await.total, 0, "of an earlier epoch");
}

#[tokio::test]
async fn staff_sees_whose_they_are_and_ends_them() {
    let test = TestSereno::new().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let ana = test.user("ana").await;
    test.user("bea").await;
    test.sign_in("ana").await;
    test.log_in("ana").await;
    test.log_in("bea").await;
    let list = async |query: SessionQuery| sessions::list(sereno, &staff, query).await.unwrap();
    assert_eq!(list(SessionQuery::default()).await.total, 3);
    for (query, total) in [
        (
            SessionQuery {
                user: Some("ANA@example.org".to_owned()),
                ..SessionQuery::default()
            },
            2,
        ),
        (
            SessionQuery {
                user: Some("nobody".to_owned()),
                ..SessionQuery::default()
            },
            0,
        ),
        (
            SessionQuery {
                kind: Some(SessionKind::Browser),
                ..SessionQuery::default()
            },
            1,
        ),
        (
            SessionQuery {
                client_id: Some("sereno".to_owned()),
                ..SessionQuery::default()
            },
            2,
        ),
        (
            SessionQuery {
                address: Some("192.0.2.250".to_owned()),
                ..SessionQuery::default()
            },
            0,
        ),
    ] {
        assert_eq!(list(query.clone()).await.total, total, "{query:?}");
    }
    let beas = list(SessionQuery {
        user: Some("bea".to_owned()),
        ..SessionQuery::default()
    })
    .await;
    assert_eq!(beas.items[0].user.as_ref().unwrap().name, "bea");
    sessions::end_theirs(sereno, &meta, &staff, &beas.items[0].id)
        .await
        .unwrap();
    let again = sessions::end_theirs(sereno, &meta, &staff, &beas.items[0].id).await;
    assert_eq!(refused(again), Code::NotFound);
    let ended = sessions::end_all_of(sereno, &meta, &staff, &Id(ana.to_string()))
        .await
        .unwrap();
    assert_eq!(ended.ended, 2);
    assert_eq!(list(SessionQuery::default()).await.total, 0);
}

/// Of keys, and of refresh tokens that stay, no new token tells that they are in use.
#[tokio::test]
async fn last_seen_follows_keys_and_refresh_tokens_that_stay() {
    let test = TestSereno::with_ana().await;
    let staff = test.system().await;
    let rotates = Client::of(&test, called("rotates")).await;
    let stays = Client::with(&test, "stays", json!({"rotation": "never"})).await;
    let on_extend = json!({"refresh_format": "jwt", "shared_jti": true, "rotation": "on_extend"});
    let on_extend = Client::with(&test, "on-extend", on_extend).await;
    let command = CreateApplication {
        delivery: Delivery::Key,
        ..called("key")
    };
    let keys = Client::of(&test, command).await;
    let Tokens::Key(key) = keys.log_in(&test).await.unwrap() else {
        panic!("a pair")
    };
    let seen = async |client_id: &str| {
        let query = SessionQuery {
            client_id: Some(client_id.to_owned()),
            ..SessionQuery::default()
        };
        let found = sessions::list(&test.sereno, &staff, query).await.unwrap();
        assert_eq!(found.items[0].created_at.0, "2026-01-01T00:00:00Z");
        found.items[0].last_seen_at.0.clone()
    };
    let (_, first) = rotates.pair(&test).await;
    let (_, second) = stays.pair(&test).await;
    let (_, third) = on_extend.pair(&test).await;
    test.advance(Duration::from_hours(1));
    for client_id in ["rotates", "stays", "on-extend", "key"] {
        assert_eq!(seen(client_id).await, "2026-01-01T00:00:00Z", "{client_id}");
    }
    rotates.refresh(&test, &first).await.unwrap();
    stays.refresh(&test, &second).await.unwrap();
    on_extend.refresh(&test, &third).await.unwrap();
    token::authenticate(&test.sereno, &key).await.unwrap();
    for client_id in ["rotates", "stays", "on-extend", "key"] {
        assert_eq!(seen(client_id).await, "2026-01-01T01:00:00Z", "{client_id}");
    }
    // a key's use is written once a minute
    test.advance(Duration::from_secs(59));
    test.statements.take();
    token::authenticate(&test.sereno, &key).await.unwrap();
    assert_eq!(test.statements.take(), Vec::<String>::new());
    test.advance(Duration::from_secs(1));
    token::authenticate(&test.sereno, &key).await.unwrap();
    assert_eq!(test.statements.take().len(), 1);
    assert_eq!(seen("key").await, "2026-01-01T01:01:00Z");
}

/// A refresh token that stays shows its end in its text, and lasts until then however often it is used.
#[tokio::test]
async fn a_refresh_token_that_stays_lasts_from_its_issue() {
    let test = TestSereno::with_ana().await;
    let profile = json!({"rotation": "never", "refresh_idle_lifetime": 600});
    let client = Client::with(&test, "shop", profile).await;
    let (_, refresh) = client.pair(&test).await;
    test.advance(Duration::from_secs(599));
    client.refresh(&test, &refresh).await.unwrap();
    test.advance(Duration::from_secs(1));
    assert_eq!(
        refused(client.refresh(&test, &refresh).await),
        Code::RefreshTokenInvalid
    );
}

#[tokio::test]
async fn whoever_is_called_like_anothers_number_is_not_taken_for_them() {
    let test = TestSereno::new().await;
    let ana = test.user("ana").await;
    let number = test.row(ana).await.number.to_string();
    test.user(&number).await;
    test.log_in("ana").await;
    test.log_in(&number).await;
    test.log_in(&number).await;
    let staff = test.system().await;
    for named in [ana.to_string(), format!("#{number}"), number] {
        let query = SessionQuery {
            user: Some(named),
            ..SessionQuery::default()
        };
        assert_eq!(sessions::list(&test.sereno, &staff, query).await.unwrap().total, 1);
    }
}
