//! What became of notifications.

use std::time::Duration;

use sereno_core::event::EventKind;
use sereno_core::jobs;
use sereno_core::messages;
use sereno_core::port::mail::MailError;
use sereno_core::testing::{refused, refused_fields};
use sereno_types::{
    Code, Id, MessageReason, MessageState, PushAction, PushOutcome, PushQuery, PushReason, PushState, SendMessage,
    TimelineQuery,
};

use super::{PHONE, World, to_ana};

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
