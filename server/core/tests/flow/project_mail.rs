//! How the mails of a project leave: its own sender, its own mail server, and what is kept of its credentials.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sereno_core::context::RequestMeta;
use sereno_core::event::EventKind;
use sereno_core::messages;
use sereno_core::roles::{project_mail, projects};
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_types::{
    Code, CreateProject, MessageQuery, MessageReason, ProjectMail, SendMessage, SendResult, TestMail, UpdateProjectMail,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

async fn shop(test: &TestSereno) {
    let command = CreateProject {
        slug: "shop".to_owned(),
        ..CreateProject::default()
    };
    projects::create(&test.sereno, &test.meta(), &test.system().await, command)
        .await
        .unwrap();
}

async fn say(test: &TestSereno, command: UpdateProjectMail) -> sereno_core::Result<ProjectMail> {
    let staff = test.system().await;
    let (mail, _) = project_mail::update(&test.sereno, &test.meta(), &staff, "shop", command).await?;
    Ok(mail)
}

async fn send(test: &TestSereno, project: Option<&str>) {
    let command = SendMessage {
        recipients: vec!["ana@example.org".to_owned()],
        subject: Some("Invoice".to_owned()),
        text: Some("Dear Ana".to_owned()),
        project: project.map(str::to_owned),
        ..SendMessage::default()
    };
    messages::send(&test.sereno, &test.meta(), &test.system().await, command)
        .await
        .unwrap();
}

/// A mail server that takes everything, and keeps what it was told.
async fn server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let all = Arc::clone(&all);
            tokio::spawn(async move {
                let (reading, mut writing) = socket.into_split();
                let mut lines = BufReader::new(reading).lines();
                writing.write_all(b"220 here\r\n").await.unwrap();
                let mut is_data = false;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match (is_data, line.split(' ').next().unwrap_or("")) {
                        (true, ".") => {
                            is_data = false;
                            "250 taken"
                        }
                        (true, _) => "",
                        (false, "DATA") => {
                            is_data = true;
                            "354 go on"
                        }
                        (false, "EHLO") => "250-here\r\n250 AUTH PLAIN",
                        (false, "AUTH") => "235 in",
                        _ => "250 good",
                    };
                    all.lock().unwrap().push(line);
                    if !answer.is_empty() {
                        writing.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    (port, heard)
}

#[tokio::test]
async fn its_mails_say_who_sends_them_and_where_answers_go() {
    let test = TestSereno::new().await;
    shop(&test).await;
    let command = UpdateProjectMail {
        mail_from: Some("The Shop <shop@example.net>".to_owned()),
        reply_to: Some("help@example.net".to_owned()),
        ..UpdateProjectMail::default()
    };
    let now = say(&test, command).await.unwrap();
    send(&test, Some("shop")).await;
    send(&test, None).await;
    // the worker hands both over at once, in either order
    let mut mails = test.mails().await;
    mails.sort_by_key(|mail| mail.from.is_none());
    assert_eq!(mails[0].from, now.mail_from);
    assert_eq!(mails[0].from.as_deref(), Some("The Shop <shop@example.net>"));
    assert_eq!(mails[0].reply_to.as_deref(), Some("help@example.net"));
    assert_eq!((&mails[1].from, &mails[1].reply_to), (&None, &None));
    // the history knows whose they were
    let staff = test.system().await;
    let of = async |project: &str| {
        let query = MessageQuery {
            project: Some(project.to_owned()),
            ..MessageQuery::default()
        };
        let page = messages::list(&test.sereno, &staff, query).await.unwrap();
        page.items.into_iter().map(|row| row.project).collect::<Vec<_>>()
    };
    assert_eq!(of("shop").await, [Some("shop".to_owned())]);
    assert!(of("nothing").await.is_empty());
    let all = messages::list(&test.sereno, &staff, MessageQuery::default())
        .await
        .unwrap();
    assert_eq!(all.items.iter().filter(|row| row.project.is_none()).count(), 1);
    // what is empty is taken away, what is absent stays
    let command = UpdateProjectMail {
        mail_from: Some(String::new()),
        ..UpdateProjectMail::default()
    };
    let now = say(&test, command).await.unwrap();
    assert_eq!(
        (now.mail_from, now.reply_to.as_deref()),
        (None, Some("help@example.net"))
    );
    assert_eq!(test.events.count(EventKind::ProjectMailUpdated), 2);
}

#[tokio::test]
async fn they_leave_by_its_own_mail_server_whose_password_is_never_told() {
    let test = TestSereno::new().await;
    shop(&test).await;
    let (port, heard) = server().await;
    let command = |url: String| UpdateProjectMail {
        transport: Some(url.into()),
        ..UpdateProjectMail::default()
    };
    let url = format!("smtp://shop:wheel-barrow@127.0.0.1:{port}?tls=none");
    let now = say(&test, command(url)).await.unwrap();
    assert_eq!(now.transport, Some(format!("127.0.0.1:{port}")));
    send(&test, Some("shop")).await;
    send(&test, None).await;
    // its own takes one, all mails' the other
    assert_eq!(test.mails().await.len(), 1);
    {
        let heard = heard.lock().unwrap();
        assert!(heard.iter().any(|line| line.starts_with("AUTH PLAIN")), "{heard:?}");
        assert!(heard.contains(&"RCPT TO:<ana@example.org>".to_owned()), "{heard:?}");
    }
    let transports = test
        .column("SELECT transport FROM email_attempt ORDER BY transport")
        .await;
    assert_eq!(transports, [format!("127.0.0.1:{port}"), "memory".to_owned()]);
    for table in ["project_mail", "event", "job"] {
        let all = test.dump(table).await.concat();
        assert!(!all.contains("wheel-barrow"), "{table}");
    }
    // another one is used at once
    let (other, taken) = server().await;
    test.advance(Duration::from_secs(1));
    say(&test, command(format!("smtp://127.0.0.1:{other}?tls=none")))
        .await
        .unwrap();
    send(&test, Some("shop")).await;
    test.mails().await;
    assert!(taken.lock().unwrap().contains(&"DATA".to_owned()));
    // one that is away is asked again, and nobody in its place
    test.advance(Duration::from_secs(1));
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    say(&test, command(format!("smtp://127.0.0.1:{closed}?tls=none")))
        .await
        .unwrap();
    send(&test, Some("shop")).await;
    assert!(test.mails().await.is_empty());
    assert_eq!(test.count("email_message WHERE reason = 'transport_away'").await, 1);
    test.advance(Duration::from_mins(1));
    say(&test, command(String::new())).await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
}

#[tokio::test]
async fn a_change_of_another_version_is_refused() {
    let test = TestSereno::new().await;
    shop(&test).await;
    let staff = test.system().await;
    let seen = async || project_mail::detail(&test.sereno, &staff, "shop").await.unwrap().1;
    let change = async |version: &str, command| {
        let meta = RequestMeta {
            if_match: Some(format!("\"{version}\"")),
            ..test.meta()
        };
        project_mail::update(&test.sereno, &meta, &staff, "shop", command).await
    };
    let answers = |address: &str| UpdateProjectMail {
        reply_to: Some(address.to_owned()),
        ..UpdateProjectMail::default()
    };
    let first = seen().await;
    assert_eq!(first, seen().await);
    let (_, second) = change(&first, answers("shop@example.org")).await.unwrap();
    assert_eq!(second, seen().await);
    let late = change(&first, answers("late@example.org")).await;
    assert_eq!(refused(late), Code::PreconditionFailed);
    // host and port are what is told; a password alone is another version all the same
    let server = |password: &str| UpdateProjectMail {
        transport: Some(format!("smtp://ana:{password}@mail.example.org").into()),
        ..UpdateProjectMail::default()
    };
    let (mail, third) = change(&second, server("one")).await.unwrap();
    let (same, fourth) = change(&third, server("two")).await.unwrap();
    assert_eq!(mail, same);
    assert_ne!(third, fourth);
    let late = change(&third, server("three")).await;
    assert_eq!(refused(late), Code::PreconditionFailed);
    // what is taken away leaves what was there before
    let nothing = UpdateProjectMail {
        reply_to: Some(String::new()),
        transport: Some("".into()),
        ..UpdateProjectMail::default()
    };
    let (_, last) = project_mail::update(&test.sereno, &test.meta(), &staff, "shop", nothing)
        .await
        .unwrap();
    assert_eq!(last, first);
}

#[tokio::test]
async fn only_administrators_say_a_mail_server_and_only_one_that_makes_sense() {
    let test = TestSereno::new().await;
    shop(&test).await;
    test.with_role("sue", "administrator").await;
    let staff = test.staff(&test.actor("sue@example.org").await).await;
    let update =
        async |staff: &_, command| project_mail::update(&test.sereno, &test.meta(), staff, "shop", command).await;
    let server = |url: &str| UpdateProjectMail {
        transport: Some(url.into()),
        ..UpdateProjectMail::default()
    };
    let outcome = update(&staff, server("smtp://mail.example.org")).await;
    assert_eq!(refused(outcome), Code::PermissionDenied);
    let from = UpdateProjectMail {
        mail_from: Some("shop@example.net".to_owned()),
        ..UpdateProjectMail::default()
    };
    update(&staff, from).await.unwrap();
    for wrong in [
        "mail.example.org",
        "file:/etc",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org/x",
        "smtp://mail.example.org?tls=maybe",
    ] {
        let outcome = say(&test, server(wrong)).await;
        assert_eq!(
            refused_fields(outcome),
            [("transport".to_owned(), Code::InvalidUrl)],
            "{wrong}"
        );
    }
    for (from, code) in [
        ("nobody", Code::InvalidEmail),
        ("a@example.org\r\nBcc: eve@example.org", Code::InvalidCharacters),
    ] {
        let command = UpdateProjectMail {
            mail_from: Some(from.to_owned()),
            ..UpdateProjectMail::default()
        };
        assert_eq!(
            refused_fields(say(&test, command).await),
            [("mail_from".to_owned(), code)]
        );
    }
}

#[tokio::test]
async fn its_mail_server_is_tried_like_it_is_used() {
    let test = TestSereno::new().await;
    shop(&test).await;
    let (port, heard) = server().await;
    let transport = |port: u16| UpdateProjectMail {
        mail_from: Some("The Shop <shop@example.net>".to_owned()),
        transport: Some(format!("smtp://127.0.0.1:{port}?tls=none").into()),
        ..UpdateProjectMail::default()
    };
    say(&test, transport(port)).await.unwrap();
    let staff = test.system().await;
    let try_it = async |staff: &_, project: Option<&str>| -> sereno_core::Result<SendResult> {
        let command = TestMail {
            recipient: "ana@example.org".to_owned(),
        };
        messages::test(&test.sereno, &test.meta(), staff, project, command).await
    };
    let sent = try_it(&staff, Some("shop")).await.unwrap();
    assert_eq!(
        (sent.code, sent.answer.as_deref()),
        (MessageReason::EmailSent, Some("250 taken"))
    );
    assert!(
        heard
            .lock()
            .unwrap()
            .contains(&"MAIL FROM:<shop@example.net>".to_owned())
    );
    assert!(test.mail.sent().is_empty());
    try_it(&staff, None).await.unwrap();
    assert_eq!(test.mail.sent().len(), 1);
    // one that is away is told at once, and no other server takes its place
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    test.advance(Duration::from_secs(1));
    say(&test, transport(closed)).await.unwrap();
    let away = try_it(&staff, Some("shop")).await.unwrap();
    assert_ne!(away.code, MessageReason::EmailSent);
    assert!(away.answer.is_some());
    assert_eq!(test.mail.sent().len(), 1);
    assert!(matches!(
        try_it(&staff, Some("nothing")).await,
        Err(sereno_core::Error::NotFound)
    ));
    test.viewer("vic").await;
    let viewer = test.staff(&test.actor("vic@example.org").await).await;
    assert_eq!(refused(try_it(&viewer, Some("shop")).await), Code::PermissionDenied);
}
