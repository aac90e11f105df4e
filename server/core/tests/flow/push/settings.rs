//! What is refused, and what the settings switch on.

use std::time::Duration;

use sea_orm::EntityTrait;
use sereno_core::boot;
use sereno_core::entity::push_message;
use sereno_core::event::EventKind;
use sereno_core::login;
use sereno_core::messages;
use sereno_core::push::Message;
use sereno_core::testing::{FakeFcm, PASSWORD, TestSereno, refused, refused_fields};
use sereno_types::{Code, DeviceHint, PushQuery, SendPush};

use super::{PHONE, TABLET, World, to_ana};

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    let phone = world.device("ana", PHONE, "Phone", "phone").await;
    world.test.user("bea").await;
    let refused_at = async |command: SendPush| {
        let answer = world.send(command).await;
        refused_fields(answer)
            .into_iter()
            .map(|(field, code)| (field.clone(), code))
            .collect::<Vec<_>>()
    };
    let of = |field: &str, code: Code| vec![(field.to_owned(), code)];
    let nobody = SendPush {
        user: None,
        ..to_ana("x")
    };
    assert_eq!(refused_at(nobody).await, of("user", Code::Blank));
    let both = SendPush {
        device: Some(phone.0.clone()),
        ..to_ana("x")
    };
    assert_eq!(refused_at(both).await, of("device", Code::InvalidChoice));
    assert_eq!(refused_at(to_ana(" ")).await, of("title", Code::Blank));
    assert_eq!(refused_at(to_ana(&"x".repeat(151))).await, of("title", Code::TooLong));
    for (user, code) in [("carla", Code::InvalidChoice), ("bea", Code::NoPushToken)] {
        let command = SendPush {
            user: Some(user.to_owned()),
            ..to_ana("x")
        };
        assert_eq!(refused_at(command).await, of("user", code));
    }
    let elsewhere = SendPush {
        user: None,
        device: Some("x".to_owned()),
        ..to_ana("x")
    };
    assert_eq!(refused_at(elsewhere).await, of("device", Code::InvalidChoice));
    for (name, value, code) in [
        ("from", "x".to_owned(), Code::InvalidChoice),
        ("google.c", "x".to_owned(), Code::InvalidChoice),
        ("a", "x".repeat(3_000), Code::TooLong),
        ("a", "\0".to_owned(), Code::InvalidCharacters),
    ] {
        let command = SendPush {
            data: [(name.to_owned(), value)].into(),
            ..to_ana("x")
        };
        assert_eq!(refused_at(command).await, of("data", code), "{name}");
    }
    // data alone are a notification that the application shows, or not
    let silent = SendPush {
        data: [("a".to_owned(), "b".to_owned())].into(),
        ..to_ana("")
    };
    world.send(silent).await.unwrap();
    assert_eq!(
        push_message::Entity::find()
            .all(world.test.sereno.db.read())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn without_a_service_nothing_is_queued() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let staff = test.system().await;
    let answer = messages::push::send(&test.sereno, &test.meta(), &staff, to_ana("Hello")).await;
    assert_eq!(refused(answer), Code::PushNotConfigured);
    let message = Message::default();
    let tried = messages::push::try_now(&test.sereno, &staff, "ana", &message).await;
    assert_eq!(refused(tried), Code::PushNotConfigured);
}

#[tokio::test]
async fn a_key_file_that_cannot_be_used_is_told_before_the_start() {
    let fcm = FakeFcm::start().await;
    let test = TestSereno::new().await;
    let good = std::fs::read_to_string(&fcm.account_file).unwrap();
    let file = fcm.account_file.with_file_name("broken.json");
    let without_key = good.replace("\\nMII", "\\nAAA");
    let elsewhere = good.replace("demo-project\"", "../x\"");
    for broken in ["", "{}", &without_key, &elsewhere] {
        std::fs::write(&file, broken).unwrap();
        let mut config = test.sereno.config.clone();
        config.push.service_account_file = file.to_string_lossy().into_owned();
        let faults = boot::check(&config).unwrap_err();
        assert!(faults.to_string().contains("push.service_account_file"), "{faults}");
        assert!(!faults.to_string().contains("BEGIN"), "{faults}");
    }
    let mut config = test.sereno.config.clone();
    config.push.service_account_file = fcm.account_file.to_string_lossy().into_owned();
    boot::check(&config).unwrap();
}

#[tokio::test]
async fn a_sign_in_is_told_on_every_device_where_the_settings_say_so() {
    let fcm = FakeFcm::start().await;
    let test = TestSereno::with(|config| {
        config.push.service_account_file = fcm.account_file.to_string_lossy().into_owned();
        config.push.url.clone_from(&fcm.url);
        config.device.push_notice = true;
    })
    .await;
    let id = test.user("ana").await;
    let world = World { test, fcm };
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    world.test.advance(Duration::from_secs(1));
    let tablet = world.device("ana", TABLET, "Tablet", "token-of-the-tablet").await;
    let taken = world.fcm.taken();
    let mut told: Vec<_> = taken[1..].iter().map(|push| push["token"].as_str().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, ["token-of-the-phone", "token-of-the-tablet"]);
    assert_eq!(taken[1]["notification"]["title"], "New sign-in");
    let said = taken[1]["notification"]["body"].as_str().unwrap();
    assert!(
        said.starts_with("Somebody signed in to your account on Tablet"),
        "{said}"
    );
    assert_eq!(taken[1]["data"]["type"], "login");
    assert_eq!(taken[1]["data"]["device_id"], tablet.0);
    assert_eq!(world.test.events.count(EventKind::PushQueued), 2);
    // who has no push token is not told, and not kept from signing in
    world.test.user("bob").await;
    world.test.log_in("bob").await;
    world.work().await;
    assert_eq!(world.fcm.taken().len(), 3);
    assert_eq!(world.list(PushQuery::default()).await.total, 3, "{id}");
}

#[tokio::test]
async fn without_a_push_service_no_sign_in_is_told() {
    let test = TestSereno::with(|config| config.device.push_notice = true).await;
    test.user("ana").await;
    let mut command = test.credentials("ana", PASSWORD);
    command.device = Some(DeviceHint {
        firebase_token: Some("token".into()),
        ..DeviceHint::default()
    });
    login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    let staff = test.system().await;
    let queued = messages::push::list(&test.sereno, &staff, PushQuery::default()).await;
    assert_eq!(queued.unwrap().total, 0);
}
