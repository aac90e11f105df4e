//! Notifications to devices: fanned out, handed to a Firebase Cloud Messaging that answers as the real one does, written
//! down for each device, tried again, and never sent to a token that is dead.

#![expect(clippy::unwrap_used, reason = "checks outside of the test functions")]

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_core::account::{devices, sessions};
use sereno_core::boot;
use sereno_core::entity::{device, push_message, session, token_family};
use sereno_core::event::EventKind;
use sereno_core::jobs;
use sereno_core::login;
use sereno_core::messages;
use sereno_core::port::mail::MailError;
use sereno_core::push::Message;
use sereno_core::testing::{FakeFcm, PASSWORD, TestSereno, refused, refused_fields};
use sereno_types::{
    Code, DeviceHint, Id, MessageReason, MessageState, Page, PushAction, PushOutcome, PushQuery, PushReason, PushRow,
    PushState, SendMessage, SendPush, TimelineQuery, UpdateDevice, UserState,
};

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";
const TABLET: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e60";

struct World {
    test: TestSereno,
    fcm: FakeFcm,
}

impl World {
    async fn new() -> Self {
        let fcm = FakeFcm::start().await;
        let test = TestSereno::with(|config| {
            config.push.service_account_file = fcm.account_file.to_string_lossy().into_owned();
            config.push.url.clone_from(&fcm.url);
            config.worker.max_attempts = 3;
        })
        .await;
        test.user("ana").await;
        Self { test, fcm }
    }

    /// Signs in with a device that has this push token; gives the device.
    async fn device(&self, who: &str, uuid: &str, name: &str, token: &str) -> Id {
        let mut command = self.test.credentials(who, PASSWORD);
        command.device = Some(DeviceHint {
            uuid: Some(uuid.to_owned()),
            name: Some(name.to_owned()),
            firebase_token: Some(token.into()),
            ..DeviceHint::default()
        });
        login::for_application(&self.test.sereno, &self.test.meta(), command)
            .await
            .unwrap();
        let found = device::Entity::find()
            .filter(device::Column::Uuid.eq(uuid.parse::<uuid::Uuid>().unwrap()))
            .one(self.test.sereno.db.read())
            .await
            .unwrap();
        // the mail about a new device is not what is tested here
        jobs::run_due(&self.test.sereno).await.unwrap();
        Id(found.unwrap().id.to_string())
    }

    async fn send(&self, command: SendPush) -> sereno_core::Result<Vec<PushRow>> {
        let staff = self.test.system().await;
        let queued = messages::push::send(&self.test.sereno, &self.test.meta(), &staff, command).await?;
        Ok(queued.notifications)
    }

    async fn work(&self) {
        jobs::run_due(&self.test.sereno).await.unwrap();
    }

    async fn list(&self, query: PushQuery) -> Page<PushRow> {
        let staff = self.test.system().await;
        messages::push::list(&self.test.sereno, &staff, query).await.unwrap()
    }

    async fn one(&self, id: &Id) -> PushRow {
        let staff = self.test.system().await;
        messages::push::detail(&self.test.sereno, &staff, id).await.unwrap().row
    }

    async fn token_of(&self, device: &Id) -> Option<String> {
        let found = device::Entity::find_by_id(device.0.parse::<uuid::Uuid>().unwrap());
        let found = found.one(self.test.sereno.db.read()).await.unwrap().unwrap();
        found.firebase_token.map(|token| token.0)
    }
}

fn to_ana(title: &str) -> SendPush {
    SendPush {
        user: Some("ana".to_owned()),
        title: title.to_owned(),
        ..SendPush::default()
    }
}

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

#[tokio::test]
async fn every_attempt_stands_in_the_history() {
    let world = World::new().await;
    let (test, meta, staff) = (&world.test, world.test.meta(), world.test.system().await);
    world.device("ana", PHONE, "Phone", "phone").await;
    let id = world.send(to_ana("Hello")).await.unwrap()[0].id.clone();
    let seen = async || messages::push::detail(&test.sereno, &staff, &id).await.unwrap();
    assert_eq!(
        (seen().await.tried.len(), seen().await.actions),
        (0, vec![PushAction::Cancel])
    );
    for (status, code) in [(503, "UNAVAILABLE"), (403, "SENDER_ID_MISMATCH")] {
        world.fcm.refuse("phone", status, code);
        world.work().await;
        test.advance(Duration::from_mins(1));
    }
    assert_eq!(seen().await.actions, [PushAction::Retry, PushAction::Resend]);
    world.fcm.take("phone");
    messages::push::retry(&test.sereno, &meta, &staff, &id).await.unwrap();
    world.work().await;
    let detail = seen().await;
    let told: Vec<_> = detail
        .tried
        .iter()
        .map(|attempt| (attempt.number, attempt.outcome, attempt.reason))
        .collect();
    assert_eq!(
        told,
        [
            (1, PushOutcome::Later, Some(PushReason::TransportAway)),
            (2, PushOutcome::Refused, Some(PushReason::SenderMismatch)),
            (3, PushOutcome::Sent, None),
        ]
    );
    assert!(detail.tried[0].answer.as_deref().unwrap().contains("UNAVAILABLE"));
    assert!(detail.tried[0].begun_at < detail.tried[1].begun_at);
    assert_eq!(detail.tried[2].answer, detail.answer);
    assert_eq!(detail.actions, [PushAction::Resend]);
    // anew: another one, with a history of its own
    let again = messages::push::resend(&test.sereno, &meta, &staff, &id).await.unwrap();
    assert_eq!(again.resent_of.as_ref(), Some(&id));
    assert_eq!(
        (again.row.state, again.row.title.as_str()),
        (PushState::Queued, "Hello")
    );
    assert_ne!(again.row.batch, detail.row.batch);
    let twice = messages::push::resend(&test.sereno, &meta, &staff, &again.row.id).await;
    assert_eq!(refused(twice), Code::StateConflict);
    world.work().await;
    assert_eq!(world.fcm.taken().len(), 2);
    // attempts go with what they are of
    assert_eq!(test.count("push_attempt").await, 4);
    test.advance(Duration::from_hours(24 * (test.sereno.config.mail.history_days + 1)));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(
        (test.count("push_message").await, test.count("push_attempt").await),
        (0, 0)
    );
}

#[tokio::test]
async fn what_waits_can_be_taken_out_of_the_queue() {
    let world = World::new().await;
    let (test, meta, staff) = (&world.test, world.test.meta(), world.test.system().await);
    world.device("ana", PHONE, "Phone", "phone").await;
    let id = world.send(to_ana("Hello")).await.unwrap()[0].id.clone();
    let cancel = || messages::push::cancel(&test.sereno, &meta, &staff, &id);
    let detail = cancel().await.unwrap();
    assert_eq!(
        (detail.row.state, detail.row.reason),
        (PushState::Cancelled, Some(PushReason::CancelledByStaff))
    );
    assert_eq!(detail.actions, [PushAction::Retry, PushAction::Resend]);
    assert_eq!(refused(cancel().await), Code::StateConflict);
    assert_eq!(test.events.count(EventKind::PushCancelled), 1);
    world.work().await;
    assert!(world.fcm.taken().is_empty());
    // the timeline finds it and offers it again
    let query = TimelineQuery {
        state: Some(MessageState::Cancelled),
        ..TimelineQuery::default()
    };
    let found = messages::timeline(&test.sereno, &staff, query).await.unwrap();
    assert!(found.items.iter().any(|row| row.id == id && row.can_retry));
    messages::push::retry(&test.sereno, &meta, &staff, &id).await.unwrap();
    world.work().await;
    assert_eq!(world.one(&id).await.state, PushState::Sent);
    assert_eq!(refused(cancel().await), Code::StateConflict);
    let unknown = messages::push::cancel(&test.sereno, &meta, &staff, &Id("x".to_owned())).await;
    assert!(matches!(unknown, Err(sereno_core::Error::NotFound)));
}

#[tokio::test]
async fn what_was_taken_while_staff_cancelled_it_counts_as_sent() {
    let world = World::new().await;
    let (test, meta, staff) = (&world.test, world.test.meta(), world.test.system().await);
    world.device("ana", PHONE, "Phone", "phone").await;
    for (refusal, state, reason) in [
        (None, PushState::Sent, None),
        (
            Some((503, "UNAVAILABLE")),
            PushState::Cancelled,
            Some(PushReason::CancelledByStaff),
        ),
    ] {
        if let Some((status, code)) = refusal {
            world.fcm.refuse("phone", status, code);
        }
        let id = world.send(to_ana("Hello")).await.unwrap()[0].id.clone();
        let held = world.fcm.hold();
        tokio::join!(world.work(), async {
            held.asked().await;
            messages::push::cancel(&test.sereno, &meta, &staff, &id).await.unwrap();
            held.answer();
        });
        let detail = messages::push::detail(&test.sereno, &staff, &id).await.unwrap();
        assert_eq!((detail.row.state, detail.row.reason), (state, reason));
        assert_eq!((detail.tried.len(), detail.row.attempts), (1, 1));
    }
}

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

#[tokio::test]
async fn the_history_is_filtered_by_time() {
    let world = World::new().await;
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    world.send(to_ana("Hello")).await.unwrap();
    let between = async |since: Option<&str>, until: Option<&str>| {
        let query = PushQuery {
            since: since.map(str::to_owned),
            until: until.map(str::to_owned),
            ..PushQuery::default()
        };
        world.list(query).await.total
    };
    assert_eq!(between(Some("2026-01-01"), Some("2026-01-01")).await, 1);
    assert_eq!(between(Some("2026-01-02"), None).await, 0);
    assert_eq!(between(None, Some("2025-12-31")).await, 0);
    let staff = world.test.system().await;
    let wrong = PushQuery {
        until: Some("then".to_owned()),
        ..PushQuery::default()
    };
    let outcome = messages::push::list(&world.test.sereno, &staff, wrong).await;
    assert_eq!(refused_fields(outcome), [("until".to_owned(), Code::InvalidChoice)]);
}

#[tokio::test]
async fn the_timeline_is_filtered_as_both_histories_are_and_says_what_can_be_tried_again() {
    let world = World::new().await;
    let (test, staff) = (&world.test, world.test.system().await);
    world.device("ana", PHONE, "Phone", "token-of-the-phone").await;
    world.fcm.refuse("token-of-the-phone", 403, "SENDER_ID_MISMATCH");
    world.send(to_ana("Hello")).await.unwrap();
    let letter = |address: &str| SendMessage {
        recipients: vec![address.to_owned()],
        subject: Some("Hello".to_owned()),
        text: Some("Hello".to_owned()),
        ..SendMessage::default()
    };
    for address in ["bea@example.org", "cleo@example.org"] {
        messages::send(&test.sereno, &test.meta(), &staff, letter(address))
            .await
            .unwrap();
        world.work().await;
        test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    }
    test.execute("UPDATE email_message SET mail = 'test.activation' WHERE recipient = 'bea@example.org'")
        .await;
    let found = async |query: TimelineQuery| {
        let page = messages::timeline(&test.sereno, &staff, query).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        page.items
            .into_iter()
            .map(|row| (row.to.unwrap_or_default(), row.code, row.can_retry))
            .collect::<Vec<_>>()
    };
    let bea = ("bea@example.org".to_owned(), Some(MessageReason::EmailSent), false);
    let cleo = ("cleo@example.org".to_owned(), Some(MessageReason::EmailNotSent), true);
    let phone = ("Phone".to_owned(), None, true);
    let by_kind = |kind: &str| TimelineQuery {
        kind: Some(kind.to_owned()),
        ..TimelineQuery::default()
    };
    let by_reason = |reason: &str| TimelineQuery {
        reason: Some(reason.to_owned()),
        ..TimelineQuery::default()
    };
    for (query, expected) in [
        (by_kind("test"), vec![&bea]),
        (by_kind("custom"), vec![&cleo]),
        (by_kind("push"), vec![&phone]),
        (by_reason("transport_refused"), vec![&cleo]),
        (by_reason("email_not_sent"), vec![&cleo]),
        (by_reason("email_sent"), vec![&bea]),
        (by_reason("sender_mismatch"), vec![&phone]),
        (by_reason("token_unregistered"), Vec::new()),
    ] {
        let words = format!("{query:?}");
        assert_eq!(found(query).await.iter().collect::<Vec<_>>(), expected, "{words}");
    }
    let outcome = messages::timeline(&test.sereno, &staff, by_reason("shoe")).await;
    assert_eq!(refused_fields(outcome), [("reason".to_owned(), Code::InvalidChoice)]);
}
