//! Sending: at its moment, page by page, paused and ended.

use std::time::Duration;

use sereno_core::announcements::{self, SendAnnouncement};
use sereno_core::context::Job;
use sereno_core::event::EventKind;
use sereno_core::jobs;
use sereno_core::port::mail::MailError;
use sereno_core::testing::{TestSereno, refused};
use sereno_types::{
    AddSuppression, AnnouncementAudience, AnnouncementCounts, AudienceKind, Code, MessageQuery, MessageReason,
    ScheduleAnnouncement,
};

use super::{finish, list, now, start, to, written};

#[tokio::test]
async fn it_begins_at_its_moment() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    let id = made.announcement.id;
    let moment = ScheduleAnnouncement {
        send_at: Some("2026-01-01T02:00:00+01:00".to_owned()),
    };
    let waits = announcements::schedule(&test.sereno, &test.meta(), &staff, &id, moment)
        .await
        .unwrap();
    let at = waits.announcement.send_at.unwrap();
    assert_eq!(at.0, "2026-01-01T01:00:00Z");
    test.advance(Duration::from_mins(30));
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(test.mail.sent().is_empty());
    test.advance(Duration::from_mins(31));
    let done = finish(&test, &staff, &id).await;
    assert_eq!(done.announcement.counts.sent, 1);
    assert_eq!(test.events.count(EventKind::AnnouncementStarted), 1);
    assert_eq!(test.events.count(EventKind::AnnouncementSent), 1);
}

fn many(count: usize) -> AnnouncementAudience {
    let addresses: Vec<String> = (0..count).map(|at| format!("user{at:04}@example.org")).collect();
    AnnouncementAudience {
        kind: AudienceKind::Addresses,
        addresses,
        ..AnnouncementAudience::default()
    }
}

#[tokio::test]
async fn the_queue_holds_no_more_than_it_has_room_for_and_a_crash_loses_and_doubles_nothing() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, many(620)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    test.mail.refuse_with(Some(MailError::Later("away".to_owned())));
    // the worker dies with each of its jobs: nothing is settled
    let claimed = "UPDATE job SET state = 'running', attempts = attempts + 1, lease_until = run_at + 1 \
                   WHERE name = 'send_announcement' AND state = 'queued'";
    test.execute(claimed).await;
    test.advance(Duration::from_mins(5));
    jobs::run_due(&test.sereno).await.unwrap();
    let first = now(&test, &staff, &id).await.announcement;
    assert_eq!(test.count("email_message").await, 500);
    // who is not written yet waits, too
    assert_eq!(first.counts.queued, 620, "{first:?}");
    assert_eq!(first.recipients, Some(620));
    test.mail.refuse_with(None);
    test.advance(Duration::from_mins(5));
    let done = finish(&test, &staff, &id).await.announcement;
    assert_eq!(
        done.counts,
        AnnouncementCounts {
            sent: 620,
            ..AnnouncementCounts::default()
        }
    );
    let sent = to(&test);
    assert_eq!(sent.len(), 620);
    assert!(sent.windows(2).all(|pair| pair[0] != pair[1]));
    // the record tells of the whole, the history of each
    assert_eq!(test.count("event WHERE name = 'email_sent'").await, 0);
}

#[tokio::test]
async fn two_workers_at_one_page_write_it_once() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, many(3)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    let other = test.another().await;
    let job = || SendAnnouncement {
        announcement_id: id.0.parse().unwrap(),
        run: 1,
    };
    for _ in 0..4 {
        _ = tokio::join!(job().run(&test.sereno), job().run(&other.sereno));
    }
    finish(&test, &staff, &id).await;
    assert_eq!(test.count("email_message").await, 3);
    assert_eq!(test.count("job WHERE name = 'deliver_mail'").await, 3);
    assert_eq!(to(&test).len(), 3);
}

#[tokio::test]
async fn a_code_to_sign_in_does_not_wait_for_it() {
    let test = TestSereno::new().await;
    test.user("zoe").await;
    let (staff, made) = written(&test, many(30)).await;
    start(&test, &staff, &made.announcement.id).await;
    // everything is queued, nothing has left
    test.execute("UPDATE job SET priority = -1 WHERE name = 'send_announcement'")
        .await;
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(1))));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    test.advance(Duration::from_secs(2));
    let (_, mail) = test.ask_code("zoe@example.org").await;
    assert!(mail.is_some());
    let sent = test.mail.sent();
    assert_eq!(sent[0].recipient, "zoe@example.org");
    assert_eq!(sent.len(), 31);
}

#[tokio::test]
async fn it_stands_still_goes_on_and_is_ended() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, many(4)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(1))));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    let paused = announcements::pause(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(paused.announcement.counts.queued, 4);
    for _ in 0..10 {
        test.advance(Duration::from_secs(5));
        jobs::run_due(&test.sereno).await.unwrap();
    }
    assert!(test.mail.sent().is_empty());
    let outcome = announcements::pause(&test.sereno, &test.meta(), &staff, &id).await;
    assert_eq!(refused(outcome), Code::StateConflict);
    announcements::resume(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    test.advance(Duration::from_secs(11));
    let done = finish(&test, &staff, &id).await;
    assert_eq!(done.announcement.counts.sent, 4);

    let (staff, made) = written(&test, many(4)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(1))));
    jobs::run_due(&test.sereno).await.unwrap();
    let ended = announcements::cancel(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(ended.announcement.counts.cancelled, 4);
    test.mail.refuse_with(None);
    test.advance(Duration::from_mins(5));
    jobs::run_due(&test.sereno).await.unwrap();
    assert_eq!(test.mail.sent().len(), 4);
    // one by one they do not leave either
    let query = MessageQuery {
        announcement: Some(id.0.clone()),
        ..MessageQuery::default()
    };
    let mails = sereno_core::messages::list(&test.sereno, &staff, query).await.unwrap();
    assert_eq!(mails.total, 4);
    let outcome = sereno_core::messages::retry(&test.sereno, &test.meta(), &staff, &mails.items[0].id).await;
    assert_eq!(refused(outcome), Code::StateConflict);
}

#[tokio::test]
async fn what_fails_and_who_is_not_written_to_is_told_one_by_one() {
    let test = TestSereno::with(|config| config.mail.excluded = vec!["*.excluded.example".to_owned()]).await;
    let staff = test.system().await;
    let listed = AddSuppression {
        address: "never@example.org".to_owned(),
        note: None,
    };
    sereno_core::messages::suppress(&test.sereno, &test.meta(), &staff, listed)
        .await
        .unwrap();
    let audience = list(&["ana@example.org", "never@example.org", "x@mail.excluded.example"]);
    let (staff, made) = written(&test, audience).await;
    let id = made.announcement.id;
    test.mail.refuse_with(Some(MailError::Never("554 no".to_owned())));
    start(&test, &staff, &id).await;
    let done = finish(&test, &staff, &id).await.announcement;
    assert_eq!((done.counts.failed, done.counts.skipped), (1, 2));
    let query = |reason| MessageQuery {
        announcement: Some(id.0.clone()),
        reason: Some(reason),
        ..MessageQuery::default()
    };
    for (reason, address) in [
        (MessageReason::TransportRefused, "ana@example.org"),
        (MessageReason::AddressSuppressed, "never@example.org"),
        (MessageReason::EmailDomainExcluded, "x@mail.excluded.example"),
    ] {
        let found = sereno_core::messages::list(&test.sereno, &staff, query(reason))
            .await
            .unwrap();
        let addresses: Vec<_> = found.items.iter().map(|row| row.recipient.as_str()).collect();
        assert_eq!(addresses, [address]);
    }
    // and repaired like any other mail
    test.mail.refuse_with(None);
    let found = sereno_core::messages::list(&test.sereno, &staff, query(MessageReason::TransportRefused))
        .await
        .unwrap();
    sereno_core::messages::retry(&test.sereno, &test.meta(), &staff, &found.items[0].id)
        .await
        .unwrap();
    assert_eq!(test.mails().await.len(), 1);
    let detail = sereno_core::messages::detail(&test.sereno, &staff, &found.items[0].id)
        .await
        .unwrap();
    assert_eq!(detail.announcement, Some(id));
    let preview = detail.preview.unwrap();
    assert!(preview.text.contains("Dear reader") && preview.text.contains("token=\u{2022}"));
}
