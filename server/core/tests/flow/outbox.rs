//! Mails on their way: who may be written to, what is held back, every attempt, and what survives workers that die and
//! mail servers that are away.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sereno_core::event::EventKind;
use sereno_core::jobs;
use sereno_core::port::mail::{MailError, MailTransport, OutgoingMail};
use sereno_core::testing::{PASSWORD, TestSereno, refused_fields};
use sereno_types::{Code, Register};
use tokio::sync::{Notify, watch};

async fn register(test: &TestSereno, email: &str) -> sereno_core::Result<()> {
    let command = Register {
        email: email.to_owned(),
        password: PASSWORD.into(),
        ..Register::default()
    };
    sereno_core::account::register::register(&test.sereno, &test.meta(), command).await
}

async fn history(test: &TestSereno) -> Vec<String> {
    test.column(
        "SELECT status || ' ' || coalesce(reason, '-') || ' ' || attempts FROM email_message ORDER BY created_at, id",
    )
    .await
}

async fn attempts(test: &TestSereno) -> Vec<String> {
    test.column("SELECT number || ' ' || outcome || ' ' || coalesce(answer, '-') FROM email_attempt ORDER BY number")
        .await
}

#[tokio::test]
async fn every_attempt_is_kept_with_its_answer() {
    let test = TestSereno::new().await;
    register(&test, "ana@example.org").await.unwrap();
    test.mail.refuse_with(Some(MailError::Later("451 not now".to_owned())));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(Some(MailError::Never("554 never".to_owned())));
    test.advance(Duration::from_mins(1));
    jobs::run_due(&test.sereno).await.unwrap();
    assert_eq!(attempts(&test).await, ["1 later 451 not now", "2 refused 554 never"]);
    assert_eq!(
        test.column("SELECT transport || ' ' || (ended_at - begun_at) FROM email_attempt")
            .await,
        ["memory 0", "memory 0"]
    );
    assert_eq!(history(&test).await, ["failed transport_refused 2"]);
}

#[tokio::test]
async fn a_mail_server_that_is_away_for_an_hour_loses_nothing() {
    let test = TestSereno::new().await;
    for number in 0..5 {
        register(&test, &format!("user{number}@example.org")).await.unwrap();
    }
    test.mail.refuse_with(Some(MailError::Later("away".to_owned())));
    for _ in 0..720 {
        jobs::run_due(&test.sereno).await.unwrap();
        test.advance(Duration::from_secs(5));
    }
    assert!(test.mail.sent().is_empty());
    test.mail.refuse_with(None);
    test.advance(Duration::from_hours(2));
    assert_eq!(test.mails().await.len(), 5);
    assert_eq!(test.count("email_message WHERE status = 'sent'").await, 5);
    assert_eq!(test.count("job WHERE state = 'dead'").await, 0);
}

/// Takes the mail, and never lets its worker hear of it.
struct Swallows(Notify);

#[async_trait::async_trait]
impl MailTransport for Swallows {
    fn name(&self) -> String {
        "swallows".to_owned()
    }

    async fn send(&self, _mail: &OutgoingMail) -> Result<String, MailError> {
        self.0.notify_one();
        std::future::pending().await
    }

    async fn check(&self) -> Result<(), MailError> {
        Ok(())
    }
}

/// A worker that dies while it hands a mail over.
async fn die(test: &TestSereno) {
    let swallows = Arc::new(Swallows(Notify::new()));
    let doomed = test.try_another(|_| (), Some(swallows.clone())).await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(doomed.sereno.clone(), stopped));
    swallows.0.notified().await;
    worker.abort();
    let _ = worker.await;
    test.advance(Duration::from_secs(121));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_over_that_was_cut_off_is_repeated_once_and_no_more() {
    let test = TestSereno::new().await;
    register(&test, "ana@example.org").await.unwrap();
    die(&test).await;
    assert_eq!(history(&test).await, ["sending - 1"]);
    die(&test).await;
    // the mail server may have taken it twice by now
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(test.mail.sent().is_empty());
    assert_eq!(history(&test).await, ["failed outcome_unknown 2"]);
    assert_eq!(attempts(&test).await, ["1 interrupted -", "2 interrupted -"]);
    assert_eq!(test.events.count(EventKind::EmailFailed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cut_off_once_arrives() {
    let test = TestSereno::new().await;
    register(&test, "ana@example.org").await.unwrap();
    die(&test).await;
    assert_eq!(test.mails().await.len(), 1);
    assert_eq!(attempts(&test).await, ["1 interrupted -", "2 sent 250 kept in memory"]);
}

/// Two jobs for one mail, as when staff puts it into the queue while the old job still waits: it leaves once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_jobs_for_one_mail_send_it_once() {
    let test = TestSereno::new().await;
    let other = test.another().await;
    for number in 0..10 {
        register(&test, &format!("user{number}@example.org")).await.unwrap();
    }
    // another id for each, which sorts behind the first
    let twice = if test.database.is_sqlite() {
        "INSERT INTO job SELECT randomblob(16), name, payload, state, attempts, run_at, lease_until, last_error, created_at, \
         finished_at, priority FROM job"
    } else {
        "INSERT INTO job SELECT gen_random_uuid(), name, payload, state, attempts, run_at, lease_until, last_error, \
         created_at, finished_at, priority FROM job"
    };
    test.execute(twice).await;
    let (one, two) = tokio::join!(jobs::run_due(&test.sereno), jobs::run_due(&other.sereno));
    assert!(one.unwrap() + two.unwrap() >= 20);
    test.advance(Duration::from_mins(5));
    jobs::run_due(&test.sereno).await.unwrap();
    let mut sent = BTreeMap::<String, usize>::new();
    for mail in test.mail.sent() {
        *sent.entry(mail.message_id).or_default() += 1;
    }
    assert_eq!(sent.len(), 10);
    assert!(sent.values().all(|count| *count == 1), "{sent:?}");
}

#[tokio::test]
async fn mails_are_held_back_and_nothing_else_is() {
    let test = TestSereno::with(|config| config.mail.hold = true).await;
    register(&test, "ana@example.org").await.unwrap();
    assert!(test.mails().await.is_empty());
    assert_eq!(history(&test).await, ["held email_disabled 0"]);
    assert_eq!(test.column("SELECT state FROM job").await, ["done"]);
}

#[tokio::test]
async fn excluded_addresses_get_no_mail_and_are_told_so_at_the_sign_up() {
    let settings = |refuse| {
        move |config: &mut sereno_core::config::Config| {
            config.mail.excluded = vec!["*.example.com".to_owned(), "Blocked@example.org".to_owned()];
            config.mail.exclude_disposable = true;
            config.registration.refuse_excluded = refuse;
        }
    };
    let test = TestSereno::with(settings(true)).await;
    for email in ["ana@mail.example.com", "blocked@EXAMPLE.org", "x@mailinator.com"] {
        let refused = refused_fields(register(&test, email).await);
        assert_eq!(refused, [("email".to_owned(), Code::EmailDomainExcluded)], "{email}");
    }
    register(&test, "ana@example.org").await.unwrap();
    assert_eq!(test.count("email_message").await, 1);

    let test = TestSereno::with(settings(false)).await;
    register(&test, "ana@mail.example.com").await.unwrap();
    assert!(test.mails().await.is_empty());
    assert_eq!(history(&test).await, ["skipped email_domain_excluded 0"]);
}

#[tokio::test]
async fn a_file_of_domains_counts_from_the_moment_it_is_replaced() {
    let test = TestSereno::new().await;
    let file = test.database.folder().join("domains.txt");
    std::fs::write(&file, "# none\n").unwrap();
    let name = file.to_string_lossy().into_owned();
    let with = |config: &mut sereno_core::config::Config| {
        config.mail.exclude_disposable = true;
        config.mail.disposable_domains_file = name;
    };
    let test = test.try_another(with, None).await.unwrap();
    register(&test, "ana@trash.example.net").await.unwrap();
    std::fs::write(&file, "trash.example.net\n").unwrap();
    let refused = refused_fields(register(&test, "bea@trash.example.net").await);
    assert_eq!(refused, [("email".to_owned(), Code::EmailDomainExcluded)]);
    std::fs::remove_file(&file).unwrap();
    let away = register(&test, "cleo@example.org").await.unwrap_err();
    assert_eq!(away.code(), Code::Unavailable);
}

#[tokio::test]
async fn an_address_that_bounced_is_not_written_to_until_its_owner_asks_again() {
    let test = TestSereno::new().await;
    register(&test, "Ana@example.org").await.unwrap();
    test.mail
        .refuse_with(Some(MailError::NoMailbox("550 5.1.1 no such user".to_owned())));
    jobs::run_due(&test.sereno).await.unwrap();
    assert_eq!(
        test.column("SELECT canonical || ' ' || cause || ' ' || note FROM email_suppression")
            .await,
        ["ana@example.org hard_bounce 550 5.1.1 no such user"]
    );
    assert_eq!(test.events.count(EventKind::AddressSuppressed), 1);
    test.mail.refuse_with(None);
    test.advance(Duration::from_hours(2));
    register(&test, "ana@example.org").await.unwrap();
    assert!(test.mails().await.is_empty());
    assert_eq!(
        history(&test).await,
        ["failed transport_refused 1", "skipped address_suppressed 0"]
    );
    test.advance(Duration::from_hours(24));
    register(&test, "ana@example.org").await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    assert_eq!(test.count("email_suppression").await, 0, "it does work again");
}

#[tokio::test]
async fn the_history_is_kept_for_its_own_days() {
    let test = TestSereno::with(|config| config.mail.history_days = 2).await;
    register(&test, "ana@example.org").await.unwrap();
    jobs::run_due(&test.sereno).await.unwrap();
    test.advance(Duration::from_hours(47));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(
        (test.count("email_message").await, test.count("email_attempt").await),
        (1, 1)
    );
    test.advance(Duration::from_hours(2));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(
        (test.count("email_message").await, test.count("email_attempt").await),
        (0, 0)
    );
}
