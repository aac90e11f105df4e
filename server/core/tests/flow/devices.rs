//! Devices: remembered at sign-in, listed, changed, removed with all that hangs on them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::{device_uuid, devices, sessions};
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought};
use sereno_core::testing::{PASSWORD, Pair, TestSereno, refused, refused_fields};
use sereno_core::{Result, session, token};
use sereno_types::{
    Code, CreateApplication, Delivery, DeviceHint, DeviceQuery, DeviceRow, Grant, Id, Logout, PageQuery, RenameDevice,
    UpdateDevice,
};

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";
const LAPTOP: &str = "0d9a1f7a-8a5e-4d52-8a38-2f6f0f3f9a11";

/// What a client says of its phone.
fn phone() -> DeviceHint {
    DeviceHint {
        uuid: Some(PHONE.to_owned()),
        name: Some("Ana's phone".to_owned()),
        device_type: Some("phone".to_owned()),
        os: Some("Android".to_owned()),
        os_version: Some("16".to_owned()),
        app_version: Some("1.2.3".to_owned()),
        device_id: Some("imei-1".to_owned()),
        device_token: Some("apns-token-of-the-phone".into()),
        firebase_token: Some("fcm:token-of-the-phone".into()),
    }
}

fn named(uuid: &str) -> DeviceHint {
    DeviceHint {
        uuid: Some(uuid.to_owned()),
        ..DeviceHint::default()
    }
}

/// A sign-in with a device.
struct On {
    pair: Pair,
    actor: Actor,
    device: Option<(Id, String)>,
}

impl On {
    fn id(&self) -> Id {
        self.device.clone().unwrap().0
    }
}

async fn try_on(test: &TestSereno, who: &str, device: DeviceHint) -> Result<On> {
    let mut command = test.credentials(who, PASSWORD);
    command.device = Some(device);
    let logged_in = login::for_application(&test.sereno, &test.meta(), command).await?;
    let Brought::Tokens(issued) = logged_in.brought else {
        panic!("a session")
    };
    let pair = Pair::of(issued);
    let actor = token::authenticate(&test.sereno, &pair.access_token).await?;
    let device = logged_in
        .device
        .map(|row| (Id(row.id.to_string()), row.uuid.to_string()));
    Ok(On { pair, actor, device })
}

async fn on(test: &TestSereno, who: &str, device: DeviceHint) -> On {
    try_on(test, who, device).await.unwrap()
}

async fn mine(test: &TestSereno, actor: &Actor) -> Vec<DeviceRow> {
    let page = devices::mine(&test.sereno, actor, PageQuery::default()).await;
    page.unwrap().items
}

/// Whether neither token of the pair works any more.
async fn is_over(test: &TestSereno, pair: &Pair) -> bool {
    let access = token::authenticate(&test.sereno, &pair.access_token).await.is_err();
    let refresh = test.refresh(&pair.refresh_token).await.is_err();
    assert_eq!(access, refresh);
    access
}

#[tokio::test]
async fn a_uuid_that_comes_back_is_the_same_device() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let first = on(&test, "ana", phone()).await;
    assert_eq!(first.device.as_ref().unwrap().1, PHONE);
    test.advance(Duration::from_secs(90));
    let upgraded = DeviceHint {
        uuid: Some(PHONE.to_uppercase()),
        os_version: Some("17".to_owned()),
        name: Some("  ".to_owned()),
        ..DeviceHint::default()
    };
    let again = on(&test, "ana", upgraded).await;
    assert_eq!(again.id(), first.id());
    let rows = mine(&test, &again.actor).await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(row.os_version.as_deref(), Some("17"));
    assert_eq!(row.name.as_deref(), Some("Ana's phone"), "what is not said stays");
    assert_eq!(row.device_id.as_deref(), Some("imei-1"));
    assert_eq!(row.device_token.as_deref(), Some("…hone"), "a push token is not shown");
    assert_eq!(row.firebase_token.as_deref(), Some("…hone"));
    assert_eq!(row.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(row.created_at.0, "2026-01-01T00:00:00Z");
    assert_eq!(row.last_seen_at.0, "2026-01-01T00:01:30Z");
    assert!(row.is_current && row.user.is_none());
    assert_eq!(test.events.count(EventKind::DeviceAdded), 1);
    // both sign-ins hang on it
    let listed = sessions::mine(&test.sereno, &again.actor, PageQuery::default())
        .await
        .unwrap();
    for row in &listed.items {
        assert_eq!(row.device_name.as_deref(), Some("Ana's phone"));
        let device = row.device.as_ref().unwrap();
        assert_eq!((&device.id, device.os.as_deref()), (&first.id(), Some("Android")));
    }
    assert_eq!(listed.total, 2);
}

#[tokio::test]
async fn a_strangers_uuid_is_left_alone() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    let anas = on(&test, "ana", phone()).await;
    let before = test.dump("device").await;
    let beas = on(&test, "bea", named(PHONE)).await;
    assert_ne!(beas.id(), anas.id(), "one installation used by two is two devices");
    let after = test.dump("device").await;
    assert_eq!(after.len(), 2);
    assert!(after.contains(&before[0]), "Ana's row is as it was");
    // neither changed nor removed by the other
    let (sereno, meta) = (&test.sereno, test.meta());
    let rename = || UpdateDevice {
        name: Some(Some("Mine".to_owned())),
        ..UpdateDevice::default()
    };
    for id in [anas.id(), Id("x".to_owned())] {
        let renamed = devices::update_mine(sereno, &meta, &beas.actor, &id, rename()).await;
        assert_eq!(refused(renamed), Code::NotFound);
        let removed = devices::remove_mine(sereno, &meta, &beas.actor, &id).await;
        assert_eq!(refused(removed), Code::NotFound);
    }
    assert!(test.dump("device").await.contains(&before[0]));
    assert!(!is_over(&test, &anas.pair).await);
}

#[tokio::test]
async fn a_client_without_a_uuid_gets_one_and_is_known_by_its_push_token() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let said = DeviceHint {
        firebase_token: Some("fcm:token-of-the-phone".into()),
        ..DeviceHint::default()
    };
    let first = on(&test, "ana", said.clone()).await;
    let (id, uuid) = first.device.clone().unwrap();
    assert_eq!(on(&test, "ana", said).await.device.unwrap(), (id.clone(), uuid.clone()));
    assert_eq!(on(&test, "ana", named(&uuid)).await.id(), id);
    assert_eq!(test.count("device").await, 1);
    // nothing said, nothing made
    let nothing = on(&test, "ana", DeviceHint::default()).await;
    assert!(nothing.device.is_none());
    let empty = DeviceHint {
        name: Some(String::new()),
        uuid: Some(" ".to_owned()),
        device_token: Some("".into()),
        ..DeviceHint::default()
    };
    assert!(on(&test, "ana", empty).await.device.is_none());
    assert_eq!(test.count("device").await, 1);
}

#[tokio::test]
async fn a_push_token_moves_to_the_newest() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    let anas = on(&test, "ana", phone()).await;
    let beas = DeviceHint {
        firebase_token: phone().firebase_token,
        ..named(LAPTOP)
    };
    let beas = on(&test, "bea", beas).await;
    let row = mine(&test, &anas.actor).await.remove(0);
    assert_eq!((row.firebase_token, row.device_token.as_deref()), (None, Some("…hone")));
    assert!(mine(&test, &beas.actor).await[0].firebase_token.is_some());
    // and back by a change
    let command = UpdateDevice {
        firebase_token: Some(phone().firebase_token),
        ..UpdateDevice::default()
    };
    let row = devices::update_mine(&test.sereno, &test.meta(), &anas.actor, &anas.id(), command).await;
    assert!(row.unwrap().firebase_token.is_some());
    assert!(mine(&test, &beas.actor).await[0].firebase_token.is_none());
    assert!(!format!("{:?}", phone()).contains("token-of"), "not even for the log");
}

#[tokio::test]
async fn every_field_has_its_limit() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let long = |most: usize| Some("ä".repeat(most + 1));
    let push = |most: usize| Some("x".repeat(most + 1).as_str().into());
    let command = DeviceHint {
        uuid: Some("zzz".to_owned()),
        name: long(100),
        device_type: long(50),
        os: long(50),
        os_version: long(50),
        app_version: long(50),
        device_id: long(200),
        device_token: push(1_000),
        firebase_token: push(1_000),
    };
    let fields = [
        "name",
        "device_type",
        "os",
        "os_version",
        "app_version",
        "device_id",
        "device_token",
        "firebase_token",
    ];
    let mut expected: Vec<_> = fields
        .iter()
        .map(|field| (format!("device.{field}"), Code::TooLong))
        .collect();
    expected.push(("device.uuid".to_owned(), Code::InvalidType));
    assert_eq!(refused_fields(try_on(&test, "ana", command).await), expected);
    let spaced = DeviceHint {
        device_token: Some("a b".into()),
        firebase_token: Some("a\0".into()),
        ..DeviceHint::default()
    };
    assert_eq!(
        refused_fields(try_on(&test, "ana", spaced).await),
        [
            ("device.device_token".to_owned(), Code::InvalidCharacters),
            ("device.firebase_token".to_owned(), Code::InvalidCharacters)
        ]
    );
    assert_eq!(test.count("device").await, 0);
    let most = DeviceHint {
        name: Some(format!("Ana's\0 phone\r\n{}", "x".repeat(80))),
        device_id: Some("ä".repeat(200)),
        firebase_token: push(999),
        ..DeviceHint::default()
    };
    let ana = on(&test, "ana", most).await;
    let name = mine(&test, &ana.actor).await.remove(0).name.unwrap();
    assert!(name.starts_with("Ana's phonexx"), "{name}");
    let command = UpdateDevice {
        name: Some(long(100)),
        firebase_token: Some(push(1_000)),
        ..UpdateDevice::default()
    };
    let updated = devices::update_mine(&test.sereno, &test.meta(), &ana.actor, &ana.id(), command).await;
    assert_eq!(
        refused_fields(updated),
        [
            ("name".to_owned(), Code::TooLong),
            ("firebase_token".to_owned(), Code::TooLong)
        ]
    );
}

#[tokio::test]
async fn a_change_sets_what_it_says_and_takes_away_what_it_says_is_nothing() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let ana = on(&test, "ana", phone()).await;
    let update = async |command| {
        let done = devices::update_mine(&test.sereno, &test.meta(), &ana.actor, &ana.id(), command).await;
        done.unwrap()
    };
    let row = update(UpdateDevice {
        name: Some(Some("Pocket".to_owned())),
        os: Some(None),
        app_version: Some(Some(String::new())),
        device_token: Some(None),
        ..UpdateDevice::default()
    })
    .await;
    assert_eq!(row.name.as_deref(), Some("Pocket"));
    assert_eq!((row.os, row.app_version, row.device_token), (None, None, None));
    assert_eq!(row.os_version.as_deref(), Some("16"));
    assert!(row.firebase_token.is_some());
    assert_eq!(test.events.count(EventKind::DeviceRenamed), 1);
    update(UpdateDevice::default()).await;
    update(UpdateDevice {
        name: Some(Some("Pocket".to_owned())),
        ..UpdateDevice::default()
    })
    .await;
    assert_eq!(test.events.count(EventKind::DeviceRenamed), 1, "it has that name");
}

#[tokio::test]
async fn removing_a_device_ends_what_hangs_on_it_at_once() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    // a browser whose application's delivery is a session
    let command = CreateApplication {
        name: "Shop".to_owned(),
        client_id: Some("shop".to_owned()),
        grants: Some(vec![Grant::Password]),
        delivery: Delivery::Session,
        ..CreateApplication::default()
    };
    let staff = test.system().await;
    sereno_core::oauth::admin::create(&test.sereno, &test.meta(), &staff, command, None)
        .await
        .unwrap();
    let mut command = test.credentials("ana", PASSWORD);
    command.client_id = Some("shop".to_owned());
    command.device = Some(named(PHONE));
    let shop = login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    let Brought::Session(browser) = shop.brought else {
        panic!("tokens")
    };
    let (one, two) = (on(&test, "ana", phone()).await, on(&test, "ana", named(PHONE)).await);
    let laptop = on(&test, "ana", named(LAPTOP)).await;
    let none = test.log_in("ana").await;
    let remove = async || devices::remove_mine(&test.sereno, &test.meta(), &laptop.actor, &one.id()).await;
    remove().await.unwrap();
    assert!(is_over(&test, &one.pair).await && is_over(&test, &two.pair).await);
    let resolved = session::resolve(&test.sereno, &browser.secret).await.unwrap();
    assert_eq!(resolved, Actor::Anonymous);
    assert!(!is_over(&test, &laptop.pair).await && !is_over(&test, &none).await);
    let reasons = test
        .column("SELECT DISTINCT revoke_reason FROM token_family WHERE revoked_at IS NOT NULL")
        .await;
    assert_eq!(reasons, ["device_removed"]);
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 1);
    assert_eq!(refused(remove().await), Code::NotFound, "it is gone");
    // the same installation may sign in again, as a new device
    assert_ne!(on(&test, "ana", phone()).await.id(), one.id());
}

#[tokio::test]
async fn a_key_hangs_on_no_device_because_it_is_the_same_on_all() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let command = CreateApplication {
        name: "Script".to_owned(),
        client_id: Some("script".to_owned()),
        grants: Some(vec![Grant::Password]),
        delivery: Delivery::Key,
        ..CreateApplication::default()
    };
    let staff = test.system().await;
    sereno_core::oauth::admin::create(&test.sereno, &test.meta(), &staff, command, None)
        .await
        .unwrap();
    let mut command = test.credentials("ana", PASSWORD);
    command.client_id = Some("script".to_owned());
    command.device = Some(phone());
    let logged_in = login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    let (Brought::Tokens(issued), Some(device)) = (logged_in.brought, logged_in.device) else {
        panic!("no key, or no device")
    };
    let token::Tokens::Key(key) = issued.tokens else {
        panic!("a pair")
    };
    let actor = token::authenticate(&test.sereno, &key).await.unwrap();
    devices::remove_mine(&test.sereno, &test.meta(), &actor, &Id(device.id.to_string()))
        .await
        .unwrap();
    token::authenticate(&test.sereno, &key).await.unwrap();
}

#[tokio::test]
async fn signing_out_takes_the_users_own_device_along_and_no_other() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    let (one, two) = (on(&test, "ana", phone()).await, on(&test, "ana", phone()).await);
    let laptop = on(&test, "ana", named(LAPTOP)).await;
    let beas = on(&test, "bea", named(LAPTOP)).await;
    let send = async |actor: &Actor, token: Option<&str>, device: Id| {
        let command = Logout {
            refresh_token: token.map(Into::into),
            device_id: Some(device),
            ..Logout::default()
        };
        login::logout(&test.sereno, &test.meta(), actor, command).await
    };
    let anonymous = Actor::Anonymous;
    // a token that proves nobody, and one that proves somebody else
    send(&anonymous, Some("x"), one.id()).await.unwrap();
    send(&anonymous, Some(&beas.pair.refresh_token), one.id())
        .await
        .unwrap();
    assert!(is_over(&test, &beas.pair).await, "she is signed out all the same");
    for unknown in ["x", "", "00000000-0000-0000-0000-000000000000"] {
        let passing = test.log_in("ana").await;
        let unknown = Id(unknown.to_owned());
        send(&anonymous, Some(&passing.refresh_token), unknown).await.unwrap();
        assert!(is_over(&test, &passing).await);
    }
    assert_eq!(test.count("device").await, 3);
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 0);
    assert_eq!(
        refused(send(&anonymous, None, one.id()).await),
        Code::AuthenticationRequired
    );
    // a token that has ended proves nobody any more
    let ended = test.log_in("ana").await;
    send(&anonymous, Some(&ended.refresh_token), Id(String::new()))
        .await
        .unwrap();
    send(&anonymous, Some(&ended.refresh_token), one.id()).await.unwrap();
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 0);
    send(&anonymous, Some(&one.pair.refresh_token), one.id()).await.unwrap();
    assert!(is_over(&test, &one.pair).await && is_over(&test, &two.pair).await);
    // by what the caller is signed in by
    send(&laptop.actor, None, laptop.id()).await.unwrap();
    assert!(is_over(&test, &laptop.pair).await);
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 2);
    assert_eq!(test.count("device").await, 1);
}

/// Nor one that lay unused for too long, nor one that has given way to its successor: they end their own sign-in at most.
#[tokio::test]
async fn signing_out_by_a_token_that_is_no_longer_good_takes_no_device_along() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let sign_out = async |token: &str, device: Id| {
        let command = Logout {
            refresh_token: Some(token.into()),
            device_id: Some(device),
            ..Logout::default()
        };
        login::logout(&test.sereno, &test.meta(), &Actor::Anonymous, command).await
    };
    let old = on(&test, "ana", named(LAPTOP)).await;
    test.advance(Duration::from_hours(24 * 40));
    let now = on(&test, "ana", named(LAPTOP)).await;
    assert_eq!(old.id(), now.id());
    sign_out(&old.pair.refresh_token, old.id()).await.unwrap();
    assert!(!is_over(&test, &now.pair).await);

    let next = test.refresh(&now.pair.refresh_token).await.unwrap();
    test.advance(Duration::from_mins(1));
    let again = on(&test, "ana", named(LAPTOP)).await;
    sign_out(&now.pair.refresh_token, now.id()).await.unwrap();
    assert!(is_over(&test, &next).await && !is_over(&test, &again.pair).await);
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 0);
    sign_out(&again.pair.refresh_token, again.id()).await.unwrap();
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 1);
}

#[tokio::test]
async fn a_device_that_is_new_is_told_of() {
    let test = TestSereno::new().await;
    let ana = test.user("ana").await;
    on(&test, "ana", phone()).await;
    assert!(test.mails().await.is_empty(), "the very first sign-in is no news");
    on(&test, "ana", phone()).await;
    on(&test, "ana", DeviceHint::default()).await;
    assert!(test.mails().await.is_empty(), "nor is a device that is known");
    let laptop = DeviceHint {
        name: Some("<Laptop>".to_owned()),
        os: Some("Linux".to_owned()),
        ..named(LAPTOP)
    };
    on(&test, "ana", laptop).await;
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.recipient, "ana@example.org");
    assert!(mail.text.contains("<Laptop> (Linux), 192.0.2.1"), "{}", mail.text);
    assert!(!mail.html.contains("<Laptop>"), "{}", mail.html);
    assert!(mail.text.contains("2026-01-01 00:00:00 UTC") && mail.text.contains("/account/forgot-password"));
    // removing the device keeps no mail away, and many devices bring no flood
    test.advance(Duration::from_hours(2));
    let gone = on(
        &test,
        "ana",
        DeviceHint {
            name: Some("Gone".to_owned()),
            ..DeviceHint::default()
        },
    )
    .await;
    devices::remove_mine(&test.sereno, &test.meta(), &gone.actor, &gone.id())
        .await
        .unwrap();
    let mail = test.mails().await.remove(0);
    assert!(!mail.text.contains("Gone"), "{}", mail.text);
    for _ in 0..8 {
        on(
            &test,
            "ana",
            DeviceHint {
                name: Some("x".to_owned()),
                ..DeviceHint::default()
            },
        )
        .await;
    }
    assert_eq!(test.mails().await.len(), 4, "five in an hour");
    assert_eq!(
        test.count("email_message WHERE mail = 'new_device'").await,
        6,
        "of {ana}"
    );
    let quiet = TestSereno::with(|config| config.device.notice = false).await;
    quiet.user("ana").await;
    quiet.log_in("ana").await;
    on(&quiet, "ana", phone()).await;
    assert!(quiet.mails().await.is_empty());
}

#[tokio::test]
async fn last_seen_follows_refreshes_by_the_hour() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let ana = on(&test, "ana", phone()).await;
    let seen = async || test.column("SELECT last_seen_at FROM device").await.remove(0);
    let begun = seen().await;
    test.advance(Duration::from_mins(59));
    let pair = test.refresh(&ana.pair.refresh_token).await.unwrap();
    assert_eq!(seen().await, begun);
    test.advance(Duration::from_mins(61));
    let elsewhere = RequestMeta {
        address: Some(std::net::Ipv4Addr::new(198, 51, 100, 7).into()),
        ..test.meta()
    };
    let command = sereno_types::Refresh {
        refresh_token: pair.refresh_token.as_str().into(),
        ..sereno_types::Refresh::default()
    };
    let issued = token::refresh(&test.sereno, &elsewhere, command).await.unwrap();
    let later = seen().await;
    assert_ne!(later, begun);
    assert_eq!(test.column("SELECT address FROM device").await, ["198.51.100.7"]);
    test.advance(Duration::from_mins(30));
    test.statements.take();
    test.refresh(&Pair::of(issued).refresh_token).await.unwrap();
    assert_eq!(seen().await, later);
    let written = test.statements.take();
    assert!(
        !written.iter().any(|sql| sql.contains("UPDATE \"device\"")),
        "{written:?}"
    );
}

#[tokio::test]
async fn staff_searches_renames_and_removes() {
    let test = TestSereno::new().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let ana = test.user("ana").await;
    test.user("bea").await;
    let anas = on(&test, "ana", phone()).await;
    test.advance(Duration::from_secs(1));
    let beas = on(
        &test,
        "bea",
        DeviceHint {
            os: Some("Linux".to_owned()),
            ..named(LAPTOP)
        },
    )
    .await;
    let list = async |q: &str, user: &str| {
        let query = DeviceQuery {
            q: Some(q.to_owned()),
            user: Some(user.to_owned()),
            ..DeviceQuery::default()
        };
        let page = devices::list(sereno, &staff, query).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        page.items.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let (a, b) = (anas.id(), beas.id());
    assert_eq!(list("", "").await, [b.clone(), a.clone()], "last seen first");
    for (q, user, found) in [
        ("ANA'S ph", "", vec![&a]),
        ("linux", "", vec![&b]),
        ("bea@example", "", vec![&b]),
        ("%", "", vec![]),
        ("\0", "", vec![]),
        (PHONE, "", vec![&a]),
        (a.0.as_str(), "", vec![&a]),
        ("", "ana@example.org", vec![&a]),
        ("linux", "ana", vec![]),
        ("", "nobody", vec![]),
    ] {
        let found: Vec<Id> = found.into_iter().cloned().collect();
        assert_eq!(list(q, user).await, found, "{q:?} {user:?}");
    }
    let detail = devices::detail(sereno, &staff, &a, PageQuery::default()).await.unwrap();
    assert_eq!(detail.device.user.unwrap().id.0, ana.to_string());
    let hanging = detail.sessions.unwrap();
    assert_eq!((hanging.items.len(), hanging.total), (1, 1));
    assert_eq!(hanging.items[0].device.as_ref().unwrap().id, a);
    let rename = |name: &str| RenameDevice {
        name: Some(Some(name.to_owned())),
    };
    devices::rename(sereno, &meta, &staff, &a, rename("Lost phone"))
        .await
        .unwrap();
    assert_eq!(list("lost", "").await, vec![a.clone()]);
    assert_eq!(test.events.count(EventKind::DeviceRenamed), 1);
    devices::remove_theirs(sereno, &meta, &staff, &a).await.unwrap();
    assert!(is_over(&test, &anas.pair).await && !is_over(&test, &beas.pair).await);
    for outcome in [
        devices::remove_theirs(sereno, &meta, &staff, &a).await,
        devices::rename(sereno, &meta, &staff, &a, rename("x")).await,
        devices::detail(sereno, &staff, &a, PageQuery::default())
            .await
            .map(|_| ()),
    ] {
        assert_eq!(refused(outcome), Code::NotFound);
    }
}

#[tokio::test]
async fn staff_needs_the_permission_and_stays_below_superusers() {
    let test = TestSereno::new().await;
    let (sereno, meta) = (&test.sereno, test.meta());
    test.superuser("root").await;
    test.viewer("vera").await;
    let roots = on(&test, "root", phone()).await;
    let vera = on(&test, "vera", named(LAPTOP)).await;
    let staff = test.staff(&vera.actor).await;
    let page = devices::list(sereno, &staff, DeviceQuery::default()).await.unwrap();
    assert_eq!(page.total, 2);
    assert!(page.items[0].is_current || page.items[1].is_current);
    let id = roots.id();
    let removed = devices::remove_theirs(sereno, &meta, &staff, &id).await;
    assert_eq!(refused(removed), Code::PermissionDenied);
    test.execute("UPDATE role_assignment SET role_id = (SELECT id FROM role WHERE codename = 'support')")
        .await;
    test.execute("UPDATE \"user\" SET access_epoch = access_epoch + 1")
        .await;
    let staff = test.staff(&vera.actor).await;
    let removed = devices::remove_theirs(sereno, &meta, &staff, &id).await;
    assert_eq!(refused(removed), Code::PermissionDenied, "a superuser's");
    let renamed = devices::rename(sereno, &meta, &staff, &id, RenameDevice::default()).await;
    assert_eq!(refused(renamed), Code::PermissionDenied);
    devices::remove_theirs(sereno, &meta, &staff, &vera.id()).await.unwrap();
    assert!(!is_over(&test, &roots.pair).await);
}

/// Both of one user, with the same installation: one device. And a sign-in that races a removal leaves nothing open on a
/// device that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_and_removals_may_race() {
    let test = std::sync::Arc::new(TestSereno::new().await);
    test.user("ana").await;
    let owner = test.log_in("ana").await;
    let owner = token::authenticate(&test.sereno, &owner.access_token).await.unwrap();
    for _ in 0..5 {
        let sign_in = || {
            let test = std::sync::Arc::clone(&test);
            tokio::spawn(async move { on(&test, "ana", phone()).await.id() })
        };
        let (one, two) = (sign_in(), sign_in());
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_eq!(one, two);
        let again = sign_in();
        let removed = devices::remove_mine(&test.sereno, &test.meta(), &owner, &one).await;
        removed.unwrap();
        again.await.ok();
        let orphans = "token_family WHERE revoked_at IS NULL AND device_id IS NOT NULL \
                       AND device_id NOT IN (SELECT id FROM device)";
        assert_eq!(test.count(orphans).await, 0);
        test.execute("DELETE FROM device").await;
        test.execute("DELETE FROM token_family WHERE device_id IS NOT NULL")
            .await;
    }
}

#[tokio::test]
async fn a_further_device_takes_the_place_of_the_one_unused_for_longest() {
    let test = TestSereno::with(|config| config.device.per_user = 2).await;
    test.user("ana").await;
    test.user("bea").await;
    let first = on(&test, "ana", phone()).await;
    test.advance(Duration::from_secs(1));
    let second = on(&test, "ana", named(LAPTOP)).await;
    on(&test, "bea", named(PHONE)).await;
    test.advance(Duration::from_secs(1));
    // on both somebody is signed in
    let before = (test.dump("device").await, test.dump("token_family").await);
    let third = "0d9a1f7a-8a5e-4d52-8a38-2f6f0f3f9a12";
    let refusal = try_on(&test, "ana", named(third)).await.map(|_| ());
    assert_eq!(refused(refusal), Code::TooManyDevices);
    assert_eq!((test.dump("device").await, test.dump("token_family").await), before);
    // a known one comes back all the same, and so does who names none
    on(&test, "ana", named(LAPTOP)).await;
    test.log_in("ana").await;
    // the first is signed out of, and makes room
    let logout = Logout {
        refresh_token: Some(first.pair.refresh_token.as_str().into()),
        ..Logout::default()
    };
    login::logout(&test.sereno, &test.meta(), &Actor::Anonymous, logout)
        .await
        .unwrap();
    let new = on(&test, "ana", named(third)).await;
    let ids: Vec<Id> = mine(&test, &new.actor).await.into_iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&second.id()) && ids.contains(&new.id()));
    assert!(!is_over(&test, &second.pair).await, "nobody is signed out for it");
    assert_eq!(test.events.count(EventKind::DeviceRemoved), 1);
    assert_eq!(test.count("device").await, 3, "and Bea's is Bea's");
}

#[tokio::test]
async fn without_a_limit_there_are_as_many_as_come() {
    let test = TestSereno::with(|config| config.device.per_user = 0).await;
    test.user("ana").await;
    for at in 0..5 {
        on(&test, "ana", named(&format!("0d9a1f7a-8a5e-4d52-8a38-2f6f0f3f9a1{at}"))).await;
    }
    assert_eq!(test.count("device").await, 5);
}

/// For clients that are given a uuid before anybody is signed in.
#[tokio::test]
async fn a_uuid_says_for_which_account_it_was_drawn() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let sereno = &test.sereno;
    let drawn = device_uuid::draw(sereno, "ana@example.org", None).unwrap();
    assert_ne!(drawn, device_uuid::draw(sereno, "ana@example.org", None).unwrap());
    for (name, expected) in [("Ana@Example.org", true), ("bea@example.org", false), ("ghost", false)] {
        assert_eq!(
            device_uuid::is_of(sereno, name, drawn).await.unwrap(),
            expected,
            "{name}"
        );
    }
    // of a phone that Firebase delivers to always the same, and not for others
    let of = |name: &str| device_uuid::draw(sereno, name, Some("fcm:token")).unwrap();
    assert_eq!(of("ana@example.org"), of("ANA@example.org"));
    assert_ne!(of("ana@example.org"), of("ghost@example.org"));
    // and one that is there is known, whoever drew it
    let phone_id = PHONE.parse().unwrap();
    assert!(!device_uuid::is_of(sereno, "ana", phone_id).await.unwrap());
    let phone = on(&test, "ana", phone()).await;
    assert!(device_uuid::is_of(sereno, "ana", phone_id).await.unwrap());
    assert!(!device_uuid::is_of(sereno, "ghost", phone_id).await.unwrap());
    let found = devices::mine_called(sereno, &phone.actor, phone_id).await.unwrap();
    assert_eq!(found, Some(phone.id()));
    let other = LAPTOP.parse().unwrap();
    assert_eq!(devices::mine_called(sereno, &phone.actor, other).await.unwrap(), None);
}
