//! From the queue to the service, and what comes back.

use std::time::Duration;

use sea_orm::EntityTrait;
use sereno_core::account::devices;
use sereno_core::entity::push_message;
use sereno_core::event::EventKind;
use sereno_core::messages;
use sereno_core::testing::refused;
use sereno_types::{Code, Id, PushQuery, PushReason, PushState, SendPush, UpdateDevice};

use super::{PHONE, TABLET, World, to_ana};

#[tokio::test]
async fn a_notification_reaches_every_device_of_a_user() {
    let world = World::new().await;
    let phone = world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    world.test.advance(Duration::from_secs(1));
    world.device("ana", TABLET, "Tablet", "token-of-the-tablet").await;
    let command = SendPush {
        body: "From Lisbon".to_owned(),
        data: [("type".to_owned(), "login".to_owned())].into(),
        channel: Some("security".to_owned()),
        ..to_ana("New login")
    };
    let queued = world.send(command).await.unwrap();
    let names: Vec<_> = queued.iter().filter_map(|row| row.device.name.as_deref()).collect();
    assert_eq!(names, ["Tablet", "Phone"]);
    assert!(
        queued
            .iter()
            .all(|row| row.state == PushState::Queued && row.batch == queued[0].batch)
    );
    assert_eq!(world.test.events.count(EventKind::PushQueued), 1);
    world.work().await;
    let taken = world.fcm.taken();
    let mut tokens: Vec<_> = taken.iter().map(|message| message["token"].as_str().unwrap()).collect();
    tokens.sort_unstable();
    assert_eq!(tokens, ["token-of-the-phone", "token-of-the-tablet"]);
    assert_eq!(taken[0]["notification"]["title"], "New login");
    assert_eq!(taken[0]["data"]["type"], "login");
    assert_eq!(taken[0]["android"]["notification"]["channel_id"], "security");
    let sent = world
        .list(PushQuery {
            state: Some(PushState::Sent),
            ..PushQuery::default()
        })
        .await;
    assert_eq!(sent.total, 2);
    assert!(
        sent.items
            .iter()
            .all(|row| row.attempts == 1 && row.sent_at.is_some() && row.reason.is_none())
    );
    // the access token was bought once, for both and for what follows
    world.test.advance(Duration::from_secs(1));
    let command = SendPush {
        user: None,
        device: Some(phone.0.clone()),
        ..to_ana("Once more")
    };
    let queued = world.send(command).await.unwrap();
    world.work().await;
    assert_eq!((queued.len(), world.fcm.taken().len(), world.fcm.sold()), (1, 3, 1));
    let of = |query: PushQuery| world.list(query);
    assert_eq!(
        of(PushQuery {
            device: Some(phone.0),
            ..PushQuery::default()
        })
        .await
        .total,
        2
    );
    assert_eq!(
        of(PushQuery {
            q: Some("lisbon".to_owned()),
            ..PushQuery::default()
        })
        .await
        .total,
        2
    );
    assert_eq!(
        of(PushQuery {
            user: Some("nobody".to_owned()),
            ..PushQuery::default()
        })
        .await
        .total,
        0
    );
    // a page at a time, newest first
    let first = of(PushQuery {
        limit: Some(1),
        ..PushQuery::default()
    })
    .await;
    assert_eq!((first.items[0].title.as_str(), first.total), ("Once more", 3));
    let next = of(PushQuery {
        limit: Some(1),
        cursor: first.next_cursor,
        ..PushQuery::default()
    })
    .await;
    assert_eq!(next.items[0].title, "New login");
    // nothing of a token is kept or told
    let rows = push_message::Entity::find()
        .all(world.test.sereno.db.read())
        .await
        .unwrap();
    assert!(!format!("{rows:?}").contains("token-of"), "{rows:?}");
}

#[tokio::test]
async fn a_dead_token_is_taken_away_from_its_device_and_no_other_is() {
    let world = World::new().await;
    let phone = world.device("ana", PHONE, "Phone", "dead").await;
    let tablet = world.device("ana", TABLET, "Tablet", "alive").await;
    world.fcm.refuse("dead", 404, "UNREGISTERED");
    let queued = world.send(to_ana("Hello")).await.unwrap();
    world.work().await;
    let of = |id: &Id| queued.iter().find(|row| row.device.id == *id).unwrap().id.clone();
    let failed = world.one(&of(&phone)).await;
    assert_eq!(
        (failed.state, failed.reason),
        (PushState::Failed, Some(PushReason::TokenUnregistered))
    );
    assert_eq!(world.one(&of(&tablet)).await.state, PushState::Sent);
    assert_eq!(
        (world.token_of(&phone).await, world.token_of(&tablet).await),
        (None, Some("alive".to_owned()))
    );
    assert_eq!(world.test.events.count(EventKind::PushTokenRetired), 1);
    assert_eq!(world.send(to_ana("Hello again")).await.unwrap().len(), 1);
    // another try finds no token any more
    let staff = world.test.system().await;
    messages::push::retry(&world.test.sereno, &world.test.meta(), &staff, &of(&phone))
        .await
        .unwrap();
    world.work().await;
    let skipped = world.one(&of(&phone)).await;
    assert_eq!(
        (skipped.state, skipped.reason),
        (PushState::Skipped, Some(PushReason::NoLongerWanted))
    );
}

#[tokio::test]
async fn a_new_token_is_not_taken_away_with_an_old_one() {
    let world = World::new().await;
    let phone = world.device("ana", PHONE, "Phone", "old").await;
    world.fcm.refuse("old", 503, "UNAVAILABLE");
    let queued = world.send(to_ana("Hello")).await.unwrap();
    world.work().await;
    assert_eq!(world.one(&queued[0].id).await.state, PushState::Queued);
    let actor = world.test.actor("ana").await;
    let change = UpdateDevice {
        firebase_token: Some(Some("new".into())),
        ..UpdateDevice::default()
    };
    devices::update_mine(&world.test.sereno, &world.test.meta(), &actor, &phone, change)
        .await
        .unwrap();
    world.test.advance(Duration::from_mins(1));
    world.work().await;
    assert_eq!(world.fcm.taken()[0]["token"], "new");
    assert_eq!(world.token_of(&phone).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn what_the_service_does_not_take_is_tried_again_and_given_up_at_last() {
    let world = World::new().await;
    world.device("ana", PHONE, "Phone", "busy").await;
    world.fcm.refuse("busy", 429, "QUOTA_EXCEEDED");
    let id = world.send(to_ana("Hello")).await.unwrap()[0].id.clone();
    for attempt in 1..=3 {
        world.work().await;
        let row = world.one(&id).await;
        assert_eq!(row.attempts, attempt);
        let waits = attempt < 3;
        assert_eq!(row.state, if waits { PushState::Queued } else { PushState::Failed });
        world.test.advance(Duration::from_hours(2));
    }
    assert_eq!(world.one(&id).await.reason, Some(PushReason::AttemptsExhausted));
    assert_eq!(world.test.events.count(EventKind::PushFailed), 1);
    let staff = world.test.system().await;
    let answer = messages::push::detail(&world.test.sereno, &staff, &id)
        .await
        .unwrap()
        .answer;
    assert!(
        answer
            .as_deref()
            .is_some_and(|answer| answer.contains("QUOTA_EXCEEDED")),
        "{answer:?}"
    );
    // staff tries again, once
    world.fcm.take("busy");
    let meta = world.test.meta();
    let again = || messages::push::retry(&world.test.sereno, &meta, &staff, &id);
    again().await.unwrap();
    assert_eq!(refused(again().await), Code::StateConflict);
    world.work().await;
    assert_eq!(
        (world.one(&id).await.state, world.one(&id).await.attempts),
        (PushState::Sent, 4)
    );
    assert_eq!(refused(again().await), Code::StateConflict);
}

#[tokio::test]
async fn a_refusal_for_good_is_final_and_costs_no_token() {
    let world = World::new().await;
    let phone = world.device("ana", PHONE, "Phone", "stranger").await;
    for (status, code, reason) in [
        (403, "SENDER_ID_MISMATCH", PushReason::SenderMismatch),
        (400, "INVALID_ARGUMENT", PushReason::TransportRefused),
    ] {
        world.fcm.refuse("stranger", status, code);
        let id = world.send(to_ana("Hello")).await.unwrap()[0].id.clone();
        world.work().await;
        let row = world.one(&id).await;
        assert_eq!(
            (row.state, row.reason, row.attempts),
            (PushState::Failed, Some(reason), 1)
        );
    }
    assert_eq!(world.token_of(&phone).await.as_deref(), Some("stranger"));
}

#[tokio::test]
async fn an_access_token_is_bought_anew_when_it_ends_or_is_taken_back() {
    let world = World::new().await;
    world.device("ana", PHONE, "Phone", "phone").await;
    let send = async || {
        world.send(to_ana("Hello")).await.unwrap();
        world.work().await;
    };
    send().await;
    world.test.advance(Duration::from_mins(50));
    send().await;
    assert_eq!(world.fcm.sold(), 1);
    world.test.advance(Duration::from_mins(10));
    send().await;
    assert_eq!((world.fcm.sold(), world.fcm.taken().len()), (2, 3));
    world.fcm.forget();
    send().await;
    assert_eq!(world.fcm.taken().len(), 3);
    world.test.advance(Duration::from_mins(1));
    world.work().await;
    assert_eq!(world.fcm.taken().len(), 4);
}
