//! Which devices a notification goes to.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_core::account::sessions;
use sereno_core::entity::{session, token_family};
use sereno_core::jobs;
use sereno_core::messages;
use sereno_core::push::Message;
use sereno_core::testing::{refused, refused_fields};
use sereno_types::{Code, Id, PushReason, PushState, SendPush, UserState};

use super::{PHONE, TABLET, World, to_ana};

#[tokio::test]
async fn nothing_goes_to_who_may_not_sign_in_any_more() {
    let world = World::new().await;
    world.device("ana", PHONE, "Phone", "phone").await;
    let id = world.send(to_ana("Hello")).await.unwrap()[0].id.clone();
    let ana = world.test.holder_of("ana@example.org").await;
    world.test.put_into(ana, UserState::Locked).await;
    world.work().await;
    assert_eq!(world.one(&id).await.state, PushState::Skipped);
    assert!(world.fcm.taken().is_empty());
}

#[tokio::test]
async fn nothing_goes_to_a_device_that_nobody_is_signed_in_on_any_more() {
    let world = World::new().await;
    let (test, meta) = (&world.test, world.test.meta());
    let phone = world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    test.advance(Duration::from_secs(1));
    world.device("ana", TABLET, "Tablet", "token-of-the-tablet").await;
    let queued = world.send(to_ana("To both")).await.unwrap();
    assert_eq!(queued.len(), 2);
    // ana signs out of the phone while it waits: the device stays in the list, and is told nothing
    let family = token_family::Entity::find()
        .filter(token_family::Column::DeviceId.eq(phone.0.parse::<uuid::Uuid>().unwrap()))
        .one(test.sereno.db.read())
        .await
        .unwrap()
        .unwrap();
    let actor = test.actor("ana").await;
    sessions::end_mine(&test.sereno, &meta, &actor, &Id(family.id.to_string()))
        .await
        .unwrap();
    world.work().await;
    let told: Vec<_> = world.fcm.taken();
    assert_eq!(
        (told.len(), told[0]["token"].as_str()),
        (1, Some("token-of-the-tablet"))
    );
    let left = queued.iter().find(|row| row.device.id == phone).unwrap();
    assert_eq!(world.one(&left.id).await.reason, Some(PushReason::NoLongerWanted));
    // and the next one is not even queued for it
    let next = world.send(to_ana("To one")).await.unwrap();
    assert_eq!(
        next.iter().map(|row| row.device.name.as_deref()).collect::<Vec<_>>(),
        [Some("Tablet")]
    );
    let alone = SendPush {
        user: None,
        device: Some(phone.0.clone()),
        ..to_ana("x")
    };
    assert_eq!(
        refused_fields(world.send(alone).await),
        [("device".to_owned(), Code::NoPushToken)]
    );
    let staff = test.system().await;
    let again = messages::push::resend(&test.sereno, &meta, &staff, &left.id).await;
    assert_eq!(refused(again), Code::NoPushToken);
    let message = Message {
        title: "x".to_owned(),
        ..Message::default()
    };
    let tried = messages::push::try_now(&test.sereno, &staff, "ana", &message).await;
    assert_eq!(tried.unwrap().len(), 1);
    // whoever signs in again is told again
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    assert_eq!(world.send(to_ana("To both")).await.unwrap().len(), 2);
    // a new password ends every sign-in, and with them what is told
    test.execute("UPDATE \"user\" SET credential_epoch = credential_epoch + 1")
        .await;
    assert_eq!(
        refused_fields(world.send(to_ana("x")).await),
        [("user".to_owned(), Code::NoPushToken)]
    );
}

#[tokio::test]
async fn a_key_hangs_on_no_device_and_counts_for_those_that_never_had_anything_else() {
    let world = World::new().await;
    let test = &world.test;
    let phone = world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    test.execute("UPDATE token_family SET delivery = 'key', device_id = NULL")
        .await;
    assert_eq!(world.send(to_ana("Hello")).await.unwrap().len(), 1);
    test.execute("UPDATE token_family SET revoked_at = 1").await;
    let answer = world.send(to_ana("Hello")).await;
    assert_eq!(refused_fields(answer), [("user".to_owned(), Code::NoPushToken)]);
    // a device that somebody signed out of is no key's
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    assert_eq!(world.send(to_ana("Hello")).await.unwrap()[0].device.id, phone);
    test.execute("UPDATE token_family SET revoked_at = NULL WHERE delivery = 'key'")
        .await;
    test.execute("UPDATE token_family SET revoked_at = 1 WHERE delivery <> 'key'")
        .await;
    let answer = world.send(to_ana("Hello")).await;
    assert_eq!(refused_fields(answer), [("user".to_owned(), Code::NoPushToken)]);
}

#[tokio::test]
async fn a_device_that_was_left_long_ago_is_not_taken_for_one_of_a_key() {
    let world = World::new().await;
    let test = &world.test;
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    let swept = async || jobs::sweep(&test.sereno).await.unwrap();
    test.execute("UPDATE token_family SET revoked_at = 1, expires_at = 1")
        .await;
    test.execute("UPDATE session SET expires_at = 1").await;
    swept().await;
    assert_eq!(test.count("token_family").await, 0);
    assert_eq!(test.count("device WHERE firebase_token IS NOT NULL").await, 0);
    // one that somebody is signed in on again keeps what it brought
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    swept().await;
    assert_eq!(test.count("device WHERE firebase_token IS NOT NULL").await, 1);
}

#[tokio::test]
async fn a_session_on_a_device_counts_until_it_ends_or_idles() {
    let world = World::new().await;
    let test = &world.test;
    let phone = world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    test.execute("DELETE FROM token_family").await;
    assert!(world.send(to_ana("Hello")).await.is_err());
    test.sign_in("ana").await;
    let device: uuid::Uuid = phone.0.parse().unwrap();
    session::Entity::update_many()
        .col_expr(session::Column::DeviceId, sea_orm::sea_query::Expr::value(device))
        .exec(test.sereno.db.write())
        .await
        .unwrap();
    assert_eq!(world.send(to_ana("Hello")).await.unwrap().len(), 1);
    let idle = test.sereno.config.session.idle_lifetime.span();
    test.advance(idle + Duration::from_secs(1));
    assert!(world.send(to_ana("Hello")).await.is_err());
}
