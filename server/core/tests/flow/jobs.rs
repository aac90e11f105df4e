//! The queue: lease, back-off, giving up, and how mails come through it.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use sereno_core::account::activate::activate;
use sereno_core::event::EventKind;
use sereno_core::jobs;
use sereno_core::notify::transport::from_config;
use sereno_core::port::mail::{MailError, MailTransport, OutgoingMail};
use sereno_core::testing::{Client, PASSWORD, TestSereno, by_link, called};
use sereno_core::token::Tokens;
use sereno_types::{CreateApplication, Delivery, Register};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};

/// Signs up without working the queue: a mail to deliver.
async fn ask(test: &TestSereno, name: &str) {
    let command = Register {
        email: format!("{name}@example.org"),
        password: PASSWORD.into(),
        ..Register::default()
    };
    sereno_core::account::register::register(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
}

async fn history(test: &TestSereno) -> Vec<String> {
    test.column(
        "SELECT status || ' ' || coalesce(reason, '-') || ' ' || attempts FROM email_message ORDER BY created_at, id",
    )
    .await
}

async fn queue(test: &TestSereno) -> Vec<String> {
    test.column("SELECT state || ' ' || attempts FROM job ORDER BY created_at, id")
        .await
}

async fn waits(test: &TestSereno) -> i64 {
    let due = test.column("SELECT run_at FROM job WHERE state = 'queued'").await;
    (due[0].parse::<i64>().unwrap() - test.sereno.now().0) / 1_000_000
}

#[tokio::test]
async fn a_job_runs_once_and_is_done() {
    let test = TestSereno::new().await;
    ask(&test, "ana").await;
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (vec!["queued 0".to_owned()], vec!["queued - 0".to_owned()])
    );
    assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 1);
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (vec!["done 1".to_owned()], vec!["sent - 1".to_owned()])
    );
    assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 0);
    assert_eq!(test.mail.sent().len(), 1);
    assert_eq!(test.events.count(EventKind::EmailSent), 1);
    assert_eq!(
        test.column("SELECT transport_answer FROM email_message").await,
        ["250 kept in memory"]
    );
}

#[tokio::test]
async fn what_fails_for_now_comes_back_later_and_later_until_it_is_given_up() {
    let test = TestSereno::with(|config| config.worker.max_attempts = 4).await;
    ask(&test, "ana").await;
    test.mail
        .refuse_with(Some(MailError::Later("451 later\0\r\n".to_owned())));
    for (attempt, least) in [(1, 5), (2, 10), (3, 20)] {
        assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 1);
        assert_eq!(queue(&test).await, [format!("queued {attempt}")]);
        assert_eq!(history(&test).await, [format!("queued transport_away {attempt}")]);
        let said = test.column("SELECT transport_answer FROM email_message").await;
        assert!(said[0].starts_with("451 later"), "{said:?}");
        let logged = test.column("SELECT last_error FROM job").await;
        assert!(
            !logged[0].contains("451"),
            "the mail server's words may name the recipient: {logged:?}"
        );
        let wait = waits(&test).await;
        assert!(
            (least..=least + least / 4).contains(&wait),
            "{wait} after attempt {attempt}"
        );
        assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 0, "not before its time");
        test.advance(Duration::from_secs(u64::try_from(wait).unwrap() + 1));
    }
    assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 1);
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (
            vec!["dead 4".to_owned()],
            vec!["failed attempts_exhausted 4".to_owned()]
        )
    );
    test.advance(Duration::from_hours(24));
    assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 0);
    assert_eq!(
        (
            test.events.count(EventKind::EmailFailed),
            test.events.count(EventKind::EmailSent)
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn what_fails_for_now_can_succeed_later() {
    let test = TestSereno::new().await;
    ask(&test, "ana").await;
    test.mail.refuse_with(Some(MailError::Later("away".to_owned())));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    test.advance(Duration::from_secs(10));
    let mail = test.mails().await.remove(0);
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (vec!["done 2".to_owned()], vec!["sent - 2".to_owned()])
    );
    activate(&test.sereno, &test.meta(), by_link(&mail)).await.unwrap();
}

#[tokio::test]
async fn what_fails_for_good_is_not_tried_again() {
    let test = TestSereno::new().await;
    ask(&test, "ana").await;
    test.mail
        .refuse_with(Some(MailError::Never("550 no such user".to_owned())));
    jobs::run_due(&test.sereno).await.unwrap();
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (vec!["dead 1".to_owned()], vec!["failed transport_refused 1".to_owned()])
    );
    assert_eq!(
        test.column("SELECT transport_answer FROM email_message").await,
        ["550 no such user"]
    );
    assert_eq!(test.events.count(EventKind::EmailFailed), 1);
}

#[tokio::test]
async fn a_mail_nobody_waits_for_any_more_is_not_sent() {
    let test = TestSereno::new().await;
    let first = test.sign_up("ana@example.org").await;
    test.advance(Duration::from_secs(1));
    ask(&test, "ana").await;
    // the second mail was queued, but the account is active before it leaves
    activate(&test.sereno, &test.meta(), by_link(&first)).await.unwrap();
    assert!(test.mails().await.is_empty());
    assert_eq!(history(&test).await, ["sent - 1", "skipped no_longer_wanted 0"]);
}

#[tokio::test]
async fn unknown_and_unreadable_jobs_are_given_up() {
    let test = TestSereno::new().await;
    ask(&test, "ana").await;
    test.execute("UPDATE job SET name = 'no_such_job'").await;
    jobs::run_due(&test.sereno).await.unwrap();
    ask(&test, "bea").await;
    test.execute("UPDATE job SET payload = '{\"message_id\": 7}' WHERE state = 'queued'")
        .await;
    jobs::run_due(&test.sereno).await.unwrap();
    assert_eq!(queue(&test).await, ["dead 1", "dead 1"]);
}

#[tokio::test]
async fn backing_off_ends_at_an_hour() {
    let test = TestSereno::with(|config| config.worker.max_attempts = 100).await;
    ask(&test, "ana").await;
    test.mail.refuse_with(Some(MailError::Later("away".to_owned())));
    for _ in 0..30 {
        test.advance(Duration::from_hours(2));
        jobs::run_due(&test.sereno).await.unwrap();
    }
    assert!((3_600..=4_500).contains(&waits(&test).await));
}

/// Takes mails only when the test lets it.
struct Gate {
    arrived: Notify,
    open: Semaphore,
    sent: AtomicUsize,
}

impl Gate {
    fn closed() -> Arc<Self> {
        Arc::new(Self {
            arrived: Notify::new(),
            open: Semaphore::new(0),
            sent: AtomicUsize::new(0),
        })
    }
}

#[async_trait::async_trait]
impl MailTransport for Gate {
    fn name(&self) -> String {
        "gate".to_owned()
    }

    async fn send(&self, _mail: &OutgoingMail) -> Result<String, MailError> {
        self.arrived.notify_one();
        self.open
            .acquire()
            .await
            .map_err(|_| MailError::Later("shut".to_owned()))?
            .forget();
        self.sent.fetch_add(1, Ordering::SeqCst);
        Ok("250".to_owned())
    }

    async fn check(&self) -> Result<(), MailError> {
        Ok(())
    }
}

/// A worker that dies in the middle loses its job to another one, but not before its lease ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_hands_the_job_over_when_the_lease_ends() {
    let test = TestSereno::new().await;
    let gate = Gate::closed();
    let doomed = test.try_another(|_| (), Some(gate.clone())).await.unwrap();
    ask(&test, "ana").await;
    let (_stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(doomed.sereno.clone(), stopped));
    gate.arrived.notified().await;
    worker.abort();
    let _ = worker.await;
    assert_eq!(queue(&test).await, ["running 1"]);
    assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 0);
    test.advance(Duration::from_mins(2));
    assert_eq!(
        jobs::run_due(&test.sereno).await.unwrap(),
        0,
        "the lease's last moment is the worker's"
    );
    test.advance(Duration::from_micros(1));
    assert_eq!(test.mails().await.len(), 1);
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (vec!["done 2".to_owned()], vec!["sent - 2".to_owned()])
    );
}

/// A worker that comes back to life after its lease ended changes nothing about the job, whoever holds it by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_outlived_the_lease_writes_nothing() {
    let test = TestSereno::new().await;
    ask(&test, "ana").await;
    let (stop, stopped) = watch::channel(false);
    let (first, second) = (Gate::closed(), Gate::closed());
    let mut workers = Vec::new();
    for gate in [&first, &second] {
        let working = test.try_another(|_| (), Some(gate.clone())).await.unwrap();
        workers.push(tokio::spawn(jobs::work(working.sereno.clone(), stopped.clone())));
        gate.arrived.notified().await;
        test.advance(Duration::from_secs(121));
    }
    assert_eq!(queue(&test).await, ["running 2"]);
    stop.send(true).unwrap();
    first.open.add_permits(1);
    workers.remove(0).await.unwrap();
    assert_eq!(
        queue(&test).await,
        ["running 2"],
        "the first worker's outcome is not the job's"
    );
    second.open.add_permits(1);
    workers.remove(0).await.unwrap();
    assert_eq!(queue(&test).await, ["done 2"]);
}

#[tokio::test]
async fn a_job_that_takes_its_worker_down_each_time_is_given_up() {
    let test = TestSereno::with(|config| config.worker.max_attempts = 3).await;
    ask(&test, "ana").await;
    test.execute("UPDATE job SET state = 'running', attempts = 3, lease_until = 0")
        .await;
    assert_eq!(jobs::run_due(&test.sereno).await.unwrap(), 1);
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (
            vec!["dead 4".to_owned()],
            vec!["failed attempts_exhausted 0".to_owned()]
        )
    );
    assert!(test.mail.sent().is_empty());
}

/// Several workers in several processes: every job is done, and none twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_do_every_job_once() {
    let test = TestSereno::with(|config| config.worker.concurrency = 3).await;
    let others = [test.another().await, test.another().await];
    for number in 0..40 {
        ask(&test, &format!("user{number}")).await;
    }
    let (stop, stopped) = watch::channel(false);
    let workers: Vec<_> = [&test, &others[0], &others[1]]
        .iter()
        .map(|test| tokio::spawn(jobs::work(test.sereno.clone(), stopped.clone())))
        .collect();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while test.count("job WHERE state = 'done'").await < 40 {
        assert!(std::time::Instant::now() < deadline, "{:?}", queue(&test).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(true).unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(test.count("job WHERE attempts = 1").await, 40);
    let mut recipients: Vec<_> = test.mail.sent().into_iter().map(|mail| mail.recipient).collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!((recipients.len(), test.mail.sent().len()), (40, 40));
}

/// The worker is told at once of work queued in its own process, and finishes what it holds before it stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_finishes_what_it_holds() {
    let test = TestSereno::new().await;
    let gate = Gate::closed();
    let working = test.try_another(|_| (), Some(gate.clone())).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(working.sereno.clone(), stopped));
    ask(&working, "ana").await;
    gate.arrived.notified().await;
    stop.send(true).unwrap();
    gate.open.add_permits(1);
    worker.await.unwrap();
    assert_eq!(
        (queue(&test).await, gate.sent.load(Ordering::SeqCst)),
        (vec!["done 1".to_owned()], 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_stop_signal_is_gone_stops() {
    let test = TestSereno::new().await;
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(test.sereno.clone(), stopped));
    drop(stop);
    tokio::time::timeout(Duration::from_secs(5), worker)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn sweeping_takes_what_nobody_can_use_and_nothing_else() {
    let test = TestSereno::with(|config| {
        config.worker.keep_days = 1;
        config.mail.history_days = 1;
        config.keys.rotate_days = 0;
    })
    .await;
    test.signed_up("ana").await;
    test.log_in("ana@example.org").await;
    test.sign_in("ana@example.org").await;
    test.mail.refuse_with(Some(MailError::Never("no".to_owned())));
    ask(&test, "bea").await;
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    ask(&test, "cleo").await;
    let minutes = Duration::from_mins(5);
    sereno_core::session::create_flow_state(&test.sereno, serde_json::json!(1), minutes)
        .await
        .unwrap();
    let counts = async || {
        let mut counts = Vec::new();
        for table in [
            "session",
            "token_family",
            "one_time",
            "job",
            "email_message",
            "email_attempt",
            "flow_state",
            "limit_counter",
        ] {
            counts.push(test.count(table).await);
        }
        counts
    };
    let before = counts().await;
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(counts().await, before);
    test.advance(Duration::from_hours(25));
    jobs::sweep(&test.sereno).await.unwrap();
    // open sign-ins and what is queued stay
    assert_eq!(counts().await, [1, 1, 2, 1, 1, 0, 0, 0]);
    test.advance(Duration::from_hours(24 * 92));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(counts().await, [0, 0, 0, 1, 1, 0, 0, 0]);
    // whoever confirmed the address stays; what nobody confirmed is over
    assert_eq!(test.column("SELECT state FROM \"user\"").await, ["active"]);
    assert_eq!(test.count("sign_up").await, 0);
    assert_eq!(test.count("event WHERE name = 'user_expired'").await, 2);
    assert!(test.count("event").await > 4);
    test.advance(Duration::from_hours(24 * 401));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("event").await, 0);
    test.sign_up("late@example.org").await;
    test.advance(Duration::from_hours(24 * 29));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 2);
}

/// What has no end of its own is swept too, once it was ended.
#[tokio::test]
async fn ended_keys_and_endless_sign_ins_are_swept_in_their_time() {
    let test = TestSereno::with(|config| {
        config.worker.keep_days = 1;
        config.keys.rotate_days = 0;
    })
    .await;
    test.user("ana").await;
    let command = |client_id| CreateApplication {
        delivery: Delivery::Key,
        ..called(client_id)
    };
    let key = async |client: &Client| match client.log_in(&test).await.unwrap() {
        Tokens::Key(key) => key,
        Tokens::Pair { .. } => panic!("a pair"),
    };
    let (one, other) = (
        Client::of(&test, command("one")).await,
        Client::of(&test, command("other")).await,
    );
    let (revoked_key, open_key) = (key(&one).await, key(&other).await);
    let endless = json!({"rotation": "never", "refresh_lifetime": 0, "refresh_idle_lifetime": 0});
    let endless = Client::with(&test, "endless", endless).await;
    let ((_, revoked), (_, open)) = (endless.pair(&test).await, endless.pair(&test).await);
    // nobody refreshes it, and yet what was issued is good
    let unused = json!({"refresh_lifetime": 0, "refresh_idle_lifetime": 600, "access_lifetime": 8_640_000});
    let (unused, _) = Client::with(&test, "unused", unused).await.pair(&test).await;
    one.revoke(&test, &revoked_key).await;
    endless.revoke(&test, &revoked).await;
    test.advance(Duration::from_hours(24));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("token_family").await, 5);
    test.advance(Duration::from_secs(601));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("token_family").await, 3);
    let another = test.another().await;
    assert!(another.is_good(&open_key).await && another.is_good(&unused).await);
    assert!(!another.is_good(&revoked_key).await);
    endless.refresh(&test, &open).await.unwrap();
}

#[tokio::test]
async fn sweeping_keeps_for_ever_what_it_is_told_to() {
    let test = TestSereno::with(|config| {
        config.registration.pending_days = 0;
        config.worker.keep_events_days = 0;
        config.keys.rotate_days = 0;
    })
    .await;
    test.sign_up("ana@example.org").await;
    let events = test.count("event").await;
    test.advance(Duration::from_hours(24 * 4_000));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!((test.count("\"user\"").await, test.count("event").await), (1, events));
}

/// A mail server that answers `RCPT TO` with this line and says what it was told.
async fn mail_server(answer_to_recipient: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut told = String::new();
        let mut in_data = false;
        write.write_all(b"220 ready\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            told.push_str(&line);
            told.push('\n');
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let answer = match verb.as_str() {
                _ if in_data && line == "." => {
                    in_data = false;
                    "250 taken"
                }
                _ if in_data => continue,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "RCPT" => answer_to_recipient,
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || verb == "QUIT" {
                break;
            }
        }
        told
    });
    (url, server)
}

/// Delivers one mail through a real conversation; gives the history, the queue, and what the server was told.
async fn deliver(answer: &'static str) -> (Vec<String>, Vec<String>, String) {
    let (url, server) = mail_server(answer).await;
    let test = TestSereno::new().await;
    let mut config = test.sereno.config.clone();
    config.mail.url = url.into();
    config.mail.timeout.0 = 5;
    let sending = test
        .try_another(|_| (), Some(from_config(&config).unwrap()))
        .await
        .unwrap();
    ask(&sending, "ana").await;
    jobs::run_due(&sending.sereno).await.unwrap();
    let rows = (history(&test).await, queue(&test).await);
    drop(sending);
    let told = tokio::time::timeout(Duration::from_secs(5), server).await;
    (rows.0, rows.1, told.map(Result::unwrap).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_takes_the_mail() {
    let (history, queue, told) = Box::pin(deliver("250 ok")).await;
    assert_eq!(
        (history, queue),
        (vec!["sent - 1".to_owned()], vec!["done 1".to_owned()])
    );
    for part in [
        "RCPT TO:<ana@example.org>",
        "From: Sereno <sereno@localhost>",
        "multipart/alternative",
        "Message-ID: <",
        "/account/activate?token=3D",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mail_server_says_decides_what_follows() {
    for (answer, state, job) in [
        ("450 busy", "queued transport_away 1", "queued 1"),
        ("550 no such user", "failed transport_refused 1", "dead 1"),
        ("530 sign in first", "queued transport_away 1", "queued 1"),
        ("nonsense", "queued transport_away 1", "queued 1"),
    ] {
        let (history, queue, _) = Box::pin(deliver(answer)).await;
        assert_eq!(
            (history, queue),
            (vec![state.to_owned()], vec![job.to_owned()]),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let test = TestSereno::new().await;
    let mut config = test.sereno.config.clone();
    config.mail.url = format!("smtp://{closed}?tls=none").into();
    let transport = from_config(&config).unwrap();
    assert!(matches!(transport.check().await, Err(MailError::Later(_))));
    let sending = test.try_another(|_| (), Some(transport)).await.unwrap();
    ask(&sending, "ana").await;
    jobs::run_due(&sending.sereno).await.unwrap();
    assert_eq!(
        (queue(&test).await, history(&test).await),
        (vec!["queued 1".to_owned()], vec!["queued transport_away 1".to_owned()])
    );
}

#[tokio::test]
async fn mails_become_files_nobody_else_can_read() {
    let test = TestSereno::new().await;
    let transport = from_config(&test.sereno.config).unwrap();
    let filing = test.try_another(|_| (), Some(transport)).await.unwrap();
    ask(&filing, "ana").await;
    jobs::run_due(&filing.sereno).await.unwrap();
    let folder = test.database.folder().join("mail");
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let [file] = files.as_slice() else { panic!("one file") };
    let content = std::fs::read_to_string(file).unwrap();
    assert!(content.contains("To: ana@example.org") && file.extension().is_some_and(|kind| kind == "eml"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}
