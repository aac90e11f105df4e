//! Mails as staff sees and repairs them, and mails of other services.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::admin::{self, CreateUser};
use sereno_core::context::Staff;
use sereno_core::event::EventKind;
use sereno_core::port::mail::MailError;
use sereno_core::templates::{draft, publish};
use sereno_core::testing::{PASSWORD, TestSereno, refused, refused_fields};
use sereno_core::{jobs, messages};
use sereno_types::{
    AddSuppression, Code, Id, MailAttachment, MessageAction, MessageDetail, MessageQuery, MessageReason, MessageState,
    PublishEmailTemplate, Register, ResendMessage, SaveEmailDraft, SendMessage, SuppressionQuery, TimelineQuery,
};

async fn register(test: &TestSereno, name: &str) {
    let command = Register {
        email: format!("{name}@example.org"),
        password: PASSWORD.into(),
        ..Register::default()
    };
    sereno_core::account::register::register(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    test.advance(Duration::from_secs(1));
}

/// The newest mail.
async fn newest(test: &TestSereno, staff: &Staff) -> MessageDetail {
    let list = messages::list(&test.sereno, staff, MessageQuery::default())
        .await
        .unwrap();
    messages::detail(&test.sereno, staff, &list.items[0].id).await.unwrap()
}

fn letter(recipients: &[&str]) -> SendMessage {
    SendMessage {
        recipients: recipients.iter().map(|&text| text.to_owned()).collect(),
        subject: Some("Invoice".to_owned()),
        html: Some("<p>Dear <b>Ana</b></p>".to_owned()),
        ..SendMessage::default()
    }
}

async fn send(test: &TestSereno, command: SendMessage) -> sereno_core::Result<Vec<(bool, MessageReason)>> {
    let staff = test.system().await;
    let sent = messages::send(&test.sereno, &test.meta(), &staff, command).await?;
    Ok(sent
        .results
        .into_iter()
        .map(|result| (result.ok, result.code))
        .collect())
}

#[tokio::test]
async fn the_history_is_searched_and_filtered() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    register(&test, "ana").await;
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    register(&test, "bea").await;
    jobs::run_due(&test.sereno).await.unwrap();
    let found = async |query: MessageQuery| {
        let page = messages::list(&test.sereno, &staff, query).await.unwrap();
        page.items.into_iter().map(|row| row.recipient).collect::<Vec<_>>()
    };
    let all = MessageQuery::default;
    assert_eq!(found(all()).await, ["bea@example.org", "ana@example.org"]);
    let cases = [
        MessageQuery {
            q: Some("BEA@".to_owned()),
            ..all()
        },
        MessageQuery {
            user: Some("bea@example.org".to_owned()),
            ..all()
        },
        MessageQuery {
            state: Some(MessageState::Failed),
            ..all()
        },
        MessageQuery {
            reason: Some(MessageReason::TransportRefused),
            ..all()
        },
    ];
    for query in cases {
        assert_eq!(found(query.clone()).await, ["bea@example.org"], "{query:?}");
    }
    assert!(
        found(MessageQuery {
            kind: Some("password_reset".to_owned()),
            ..all()
        })
        .await
        .is_empty()
    );
    assert!(
        found(MessageQuery {
            until: Some("2025-12-31".to_owned()),
            ..all()
        })
        .await
        .is_empty()
    );
    assert_eq!(
        found(MessageQuery {
            since: Some("2026-01-01".to_owned()),
            ..all()
        })
        .await
        .len(),
        2
    );
    let first = messages::list(
        &test.sereno,
        &staff,
        MessageQuery {
            limit: Some(1),
            ..all()
        },
    )
    .await
    .unwrap();
    assert_eq!((first.items.len(), first.total), (1, 2));
    let second = MessageQuery {
        limit: Some(1),
        cursor: first.next_cursor,
        ..all()
    };
    assert_eq!(found(second).await, ["ana@example.org"]);
    let refused = messages::list(
        &test.sereno,
        &staff,
        MessageQuery {
            since: Some("then".to_owned()),
            ..all()
        },
    )
    .await;
    assert_eq!(refused_fields(refused), [("since".to_owned(), Code::InvalidChoice)]);
}

#[tokio::test]
async fn a_mail_tells_its_story_and_no_secret() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    register(&test, "ana").await;
    let mail = test.mails().await.remove(0);
    let detail = newest(&test, &staff).await;
    assert_eq!(
        (detail.message.state, detail.message.attempts, detail.tried.len()),
        (MessageState::Sent, 1, 1)
    );
    assert_eq!(detail.tried[0].answer.as_deref(), Some("250 kept in memory"));
    let preview = detail.preview.unwrap();
    assert!(preview.is_sample && preview.subject == mail.subject);
    let shown = format!("{}{}", preview.text, preview.html);
    assert!(shown.contains("••••") && !shown.contains("token=s"), "{shown}");
    let token = sereno_core::testing::token_of(&mail);
    assert!(!shown.contains(&token));
}

#[tokio::test]
async fn a_live_code_of_another_service_is_never_shown() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    for code in ["123456", "1234", "12 34 56", "A1B2-C3D4", "9"] {
        let command = SendMessage {
            recipients: vec!["ana@example.org".to_owned()],
            subject: Some("{{ code }}: your code".to_owned()),
            text: Some("PIN:{{ code }}! https://shop.example/in?otp={{ code }}".to_owned()),
            html: Some(
                "<p title=\"{{ code }}\">{% for c in code %}<b>{{ c }}</b>{% endfor %}</p><!-- {{ code }} -->"
                    .to_owned(),
            ),
            context: [("code".to_owned(), code.into())].into(),
            ..SendMessage::default()
        };
        send(&test, command).await.unwrap();
        let waiting = newest(&test, &staff).await;
        let preview = waiting.preview.unwrap();
        let page = messages::timeline(&test.sereno, &staff, TimelineQuery::default())
            .await
            .unwrap();
        let rows = format!("{:?} {:?}", waiting.message.subject, page.items[0].title);
        for shown in [&preview.subject, &preview.text, &preview.html, &rows] {
            assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
            assert!(!shown.contains(code), "{shown}");
        }
        assert!(preview.subject.ends_with(": your code"), "{}", preview.subject);
        // it left as it was written
        let mail = test.mails().await.remove(0);
        assert_eq!(mail.subject, format!("{code}: your code"));
        test.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_code_in_the_subject_of_staffs_own_words_is_never_shown() {
    let test = TestSereno::new().await;
    let (staff, meta) = (test.system().await, test.meta());
    test.user("ana").await;
    let mail = ("login_code", "en");
    let command = SaveEmailDraft {
        subject: "{{ code }} opens the door".to_owned(),
        text: "Type {{ code }} or open {{ link }}".to_owned(),
        html: "<p>{{ code }} <a href=\"{{ link }}\">Open</a></p>".to_owned(),
        note: None,
    };
    draft::save(&test.sereno, &meta, &staff, mail, command).await.unwrap();
    publish::publish(&test.sereno, &meta, &staff, mail, PublishEmailTemplate::default())
        .await
        .unwrap();
    let (_, sent) = test.ask_code("ana@example.org").await;
    let sent = sent.unwrap();
    let code = sent.subject.split(' ').next().unwrap();
    assert!(code.chars().any(|c| c.is_ascii_digit()), "{}", sent.subject);
    let told = newest(&test, &staff).await;
    assert_eq!((told.message.kind.as_str(), told.message.subject), ("login_code", None));
    let preview = told.preview.unwrap();
    assert!(preview.is_sample && preview.subject.ends_with(" opens the door"));
    for shown in [preview.subject, preview.text, preview.html] {
        assert!(!shown.contains(code) && shown.contains("••••"), "{shown}");
    }
}

#[tokio::test]
async fn what_is_done_to_many_is_done_to_what_the_list_shows() {
    let test = TestSereno::new().await;
    let (staff, meta) = (test.system().await, test.meta());
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    for name in ["ana", "bea", "cleo"] {
        send(&test, letter(&[&format!("{name}@example.org")])).await.unwrap();
        jobs::run_due(&test.sereno).await.unwrap();
        test.advance(Duration::from_secs(1));
    }
    test.mail.refuse_with(None);
    let of = |name: &str| MessageQuery {
        q: Some(name.to_owned()),
        // a page is no filter
        limit: Some(1),
        ..MessageQuery::default()
    };
    let count = async |query| {
        let counted = messages::count_stopped(&test.sereno, &staff, query, false).await;
        counted.unwrap().released
    };
    assert_eq!((count(of("bea")).await, count(of("example")).await), (1, 3));
    let elsewhere = MessageQuery {
        state: Some(MessageState::Sent),
        ..MessageQuery::default()
    };
    let none = messages::retry_failed(&test.sereno, &meta, &staff, elsewhere)
        .await
        .unwrap();
    assert_eq!(none.released, 0);
    let one = messages::retry_failed(&test.sereno, &meta, &staff, of("bea"))
        .await
        .unwrap();
    assert_eq!(one.released, 1);
    let left: Vec<_> = test.mails().await.into_iter().map(|mail| mail.recipient).collect();
    assert_eq!(left, ["bea@example.org"]);
    assert_eq!((count(of("bea")).await, count(of("example")).await), (0, 2));
    let wrong = MessageQuery {
        since: Some("then".to_owned()),
        ..MessageQuery::default()
    };
    let refusal = messages::retry_failed(&test.sereno, &meta, &staff, wrong).await;
    assert_eq!(refused_fields(refusal), [("since".to_owned(), Code::InvalidChoice)]);
}

#[tokio::test]
async fn a_row_tells_what_the_mail_is_recognised_by() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let command = SendMessage {
        subject: Some("Invoice 4711 of November".to_owned()),
        ..letter(&["ana@example.org"])
    };
    send(&test, command).await.unwrap();
    test.mails().await;
    // also when the mail has left and what it said is forgotten
    let told = newest(&test, &staff).await;
    assert!(told.preview.is_none());
    assert_eq!(told.message.subject.as_deref(), Some("Invoice •••• of November"));
    let kept = test.column("SELECT subject FROM email_message").await;
    assert!(!kept[0].contains("Invoice"), "{kept:?}");
    // another one like it says the same
    test.advance(Duration::from_secs(1));
    let held = SendMessage {
        subject: Some("Invoice 4712".to_owned()),
        ..letter(&["bea@example.org"])
    };
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    send(&test, held).await.unwrap();
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    let failed = newest(&test, &staff).await;
    test.advance(Duration::from_secs(1));
    let to = ResendMessage {
        recipient: Some("cleo@example.org".to_owned()),
    };
    messages::resend(&test.sereno, &test.meta(), &staff, &failed.message.id, to)
        .await
        .unwrap();
    let again = newest(&test, &staff).await;
    assert_eq!(again.message.recipient, "cleo@example.org");
    assert_eq!(again.message.subject.as_deref(), Some("Invoice ••••"));
    let page = messages::timeline(&test.sereno, &staff, TimelineQuery::default())
        .await
        .unwrap();
    assert_eq!(page.items[0].title.as_deref(), Some("Invoice ••••"));
}

#[tokio::test]
async fn a_failed_mail_is_put_into_the_queue_again() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    register(&test, "ana").await;
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    jobs::run_due(&test.sereno).await.unwrap();
    let failed = newest(&test, &staff).await;
    assert!(failed.actions.contains(&MessageAction::Retry) && !failed.actions.contains(&MessageAction::Cancel));
    test.mail.refuse_with(None);
    messages::retry(&test.sereno, &test.meta(), &staff, &failed.message.id)
        .await
        .unwrap();
    assert_eq!(
        refused(messages::retry(&test.sereno, &test.meta(), &staff, &failed.message.id).await),
        Code::StateConflict
    );
    assert_eq!(test.mails().await.len(), 1);
    let sent = newest(&test, &staff).await;
    assert_eq!((sent.message.state, sent.tried.len()), (MessageState::Sent, 2));
    let event = test
        .column("SELECT CAST(detail AS TEXT) FROM event WHERE name = 'email_retried'")
        .await
        .remove(0);
    assert!(
        event.contains("transport_refused") && event.contains("queued"),
        "{event}"
    );
}

#[tokio::test]
async fn a_cancelled_mail_does_not_leave_and_can_be_retried() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    register(&test, "ana").await;
    let queued = newest(&test, &staff).await;
    messages::cancel(&test.sereno, &test.meta(), &staff, &queued.message.id)
        .await
        .unwrap();
    assert!(test.mails().await.is_empty());
    let cancelled = newest(&test, &staff).await;
    assert_eq!(
        (cancelled.message.state, cancelled.message.reason),
        (MessageState::Cancelled, Some(MessageReason::CancelledByStaff))
    );
    assert_eq!(
        refused(messages::cancel(&test.sereno, &test.meta(), &staff, &queued.message.id).await),
        Code::StateConflict
    );
    messages::retry(&test.sereno, &test.meta(), &staff, &queued.message.id)
        .await
        .unwrap();
    assert_eq!(test.mails().await.len(), 1);
}

#[tokio::test]
async fn what_holds_a_secret_goes_to_its_own_address_alone() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    register(&test, "ana").await;
    jobs::run_due(&test.sereno).await.unwrap();
    let sent = newest(&test, &staff).await;
    assert_eq!(sent.actions, [MessageAction::Resend]);
    let to = |text: &str| ResendMessage {
        recipient: Some(text.to_owned()),
    };
    let resend = async |command| messages::resend(&test.sereno, &test.meta(), &staff, &sent.message.id, command).await;
    assert_eq!(refused(resend(to("eve@example.org")).await), Code::RecipientBound);
    assert_eq!(
        refused_fields(resend(to("eve")).await),
        [("recipient".to_owned(), Code::InvalidEmail)]
    );
    assert!(test.mails().await.is_empty());
    resend(ResendMessage::default()).await.unwrap();
    let again = test.mails().await;
    assert_eq!((again.len(), again[0].recipient.as_str()), (1, "ana@example.org"));
}

#[tokio::test]
async fn a_mail_without_a_secret_is_repeated_to_a_corrected_address() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    send(&test, letter(&["ana@exmaple.org"])).await.unwrap();
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    let failed = newest(&test, &staff).await;
    assert!(
        failed.actions.contains(&MessageAction::Redirect)
            && failed.preview.as_ref().is_some_and(|preview| !preview.is_sample)
    );
    let command = ResendMessage {
        recipient: Some("ana@example.org".to_owned()),
    };
    test.advance(Duration::from_secs(1));
    messages::resend(&test.sereno, &test.meta(), &staff, &failed.message.id, command)
        .await
        .unwrap();
    let mail = test.mails().await.remove(0);
    assert_eq!(
        (mail.recipient.as_str(), mail.subject.as_str()),
        ("ana@example.org", "Invoice")
    );
    let again = newest(&test, &staff).await;
    assert_eq!(again.resent_of, Some(failed.message.id));
    assert_eq!(test.events.count(EventKind::EmailResent), 1);
    assert_eq!(
        test.count("email_content").await,
        1,
        "the failed one may still be retried"
    );
}

#[tokio::test]
async fn held_mails_are_released_one_or_all() {
    let test = TestSereno::with(|config| config.mail.hold = true).await;
    let staff = test.system().await;
    for name in ["ana", "bea", "cleo"] {
        register(&test, name).await;
    }
    jobs::run_due(&test.sereno).await.unwrap();
    let held = newest(&test, &staff).await;
    assert_eq!(held.message.reason, Some(MessageReason::EmailDisabled));
    messages::release(&test.sereno, &test.meta(), &staff, &held.message.id)
        .await
        .unwrap();
    assert_eq!(test.mails().await.len(), 1);
    let released = messages::release_all(&test.sereno, &test.meta(), &staff, MessageQuery::default())
        .await
        .unwrap();
    assert_eq!(released.released, 2);
    assert_eq!(test.mails().await.len(), 2);
    let none = messages::release_all(&test.sereno, &test.meta(), &staff, MessageQuery::default())
        .await
        .unwrap();
    assert_eq!(none.released, 0);
}

#[tokio::test]
async fn another_service_sends_a_mail() {
    let test = TestSereno::new().await;
    let mut command = letter(&["ana@example.org", "nobody", "bea@example.org", "ANA@example.org"]);
    command.reply_to = Some("help@example.org".to_owned());
    command.attachments.push(MailAttachment {
        name: "Rechnung für Ana.pdf".to_owned(),
        content_type: None,
        content: "JVBERg==".to_owned(),
    });
    assert_eq!(
        send(&test, command).await.unwrap(),
        [
            (true, MessageReason::EmailInQueue),
            (false, MessageReason::InvalidEmail),
            (true, MessageReason::EmailInQueue),
            (false, MessageReason::DuplicateRecipient),
        ]
    );
    let stored = test.column("SELECT sealed FROM email_content").await;
    assert!(
        stored.len() == 1 && !stored[0].contains("Invoice"),
        "sealed, once for all"
    );
    let mails = test.mails().await;
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        assert_eq!(
            (mail.text.as_str(), mail.html.as_str()),
            ("Dear Ana\n", "<p>Dear <b>Ana</b></p>")
        );
        assert_eq!(mail.reply_to.as_deref(), Some("help@example.org"));
        let file = &mail.attachments[0];
        assert_eq!(
            (file.content_type.as_str(), file.bytes.as_slice()),
            ("application/pdf", &b"%PDF"[..])
        );
    }
    assert_eq!(
        test.count("email_content").await,
        0,
        "nothing of it is kept once it has left"
    );
    assert_eq!(test.count("email_message WHERE mail = 'custom'").await, 4);
}

#[tokio::test]
async fn what_is_wrong_with_a_mail_refuses_it_whole() {
    let test = TestSereno::new().await;
    let file = |name: &str, content: &str| MailAttachment {
        name: name.to_owned(),
        content_type: None,
        content: content.to_owned(),
    };
    let ana = || letter(&["ana@example.org"]);
    let cases: Vec<(SendMessage, &str, Code)> = vec![
        (letter(&[]), "recipients", Code::EmptyEmail),
        (letter(&["a@example.org"; 101]), "recipients", Code::TooLong),
        (
            SendMessage {
                queued: Some(false),
                ..letter(&["a@example.org"; 11])
            },
            "recipients",
            Code::TooLong,
        ),
        (
            SendMessage {
                html: Some(" ".to_owned()),
                ..ana()
            },
            "html",
            Code::TemplateOrHtmlRequired,
        ),
        (
            SendMessage {
                template: Some("welcome".to_owned()),
                html: None,
                ..ana()
            },
            "template",
            Code::TemplateNotFound,
        ),
        (
            SendMessage {
                template: Some("welcome".to_owned()),
                ..ana()
            },
            "html",
            Code::InvalidChoice,
        ),
        (
            SendMessage {
                context: std::iter::once(("name".to_owned(), "a".repeat(262_145).into())).collect(),
                ..ana()
            },
            "context",
            Code::TooLong,
        ),
        (
            SendMessage {
                html: Some("<p>{{ nobody }}</p>".to_owned()),
                context: std::iter::once(("name".to_owned(), "Ana".into())).collect(),
                ..ana()
            },
            "html",
            Code::TemplateSyntaxError,
        ),
        (
            SendMessage {
                text: Some("{{ name.__class__ }}".to_owned()),
                context: std::iter::once(("name".to_owned(), "Ana".into())).collect(),
                ..ana()
            },
            "text",
            Code::TemplateSyntaxError,
        ),
        (SendMessage { subject: None, ..ana() }, "subject", Code::Blank),
        (
            SendMessage {
                subject: Some("x\r\nBcc: eve@example.org".to_owned()),
                ..ana()
            },
            "subject",
            Code::InvalidCharacters,
        ),
        (
            SendMessage {
                subject: Some("x".repeat(256)),
                ..ana()
            },
            "subject",
            Code::TooLong,
        ),
        (
            SendMessage {
                html: Some("x".repeat(262_145)),
                ..ana()
            },
            "html",
            Code::TooLong,
        ),
        (
            SendMessage {
                reply_to: Some("x\r\n@example.org".to_owned()),
                ..ana()
            },
            "reply_to",
            Code::InvalidEmail,
        ),
        (
            SendMessage {
                locale: Some("xx".to_owned()),
                ..ana()
            },
            "locale",
            Code::InvalidChoice,
        ),
        (
            SendMessage {
                project: Some("nowhere".to_owned()),
                ..ana()
            },
            "project",
            Code::InvalidChoice,
        ),
        (
            SendMessage {
                attachments: vec![file("a.txt", "not base64!")],
                ..ana()
            },
            "attachments.0.content",
            Code::InvalidAttachment,
        ),
        (
            SendMessage {
                attachments: vec![file("a\r\nB: c", "")],
                ..ana()
            },
            "attachments.0.name",
            Code::InvalidAttachment,
        ),
        (
            SendMessage {
                attachments: vec![file("../a", "")],
                ..ana()
            },
            "attachments.0.name",
            Code::InvalidAttachment,
        ),
        (
            SendMessage {
                attachments: vec![file("a", ""); 21],
                ..ana()
            },
            "attachments",
            Code::InvalidAttachment,
        ),
        (
            SendMessage {
                attachments: vec![file("a", &"AAAA".repeat(2_000_000))],
                ..ana()
            },
            "attachments",
            Code::InvalidAttachment,
        ),
    ];
    for (command, field, code) in cases {
        let refused = refused_fields(send(&test, command).await);
        assert_eq!(refused, [(field.to_owned(), code)]);
    }
    assert_eq!(
        (test.count("email_message").await, test.count("email_content").await),
        (0, 0)
    );
}

#[tokio::test]
async fn texts_of_its_own_use_what_is_said_and_nothing_else() {
    let test = TestSereno::new().await;
    let command = SendMessage {
        subject: Some("For {{ name }}".to_owned()),
        html: Some("<p>Dear {{ name }}, of {{ brand }}</p>".to_owned()),
        text: Some("{% for line in lines %}{{ line }};{% endfor %}".to_owned()),
        context: [
            ("name".to_owned(), serde_json::json!("<Ana>\r\nBcc: all@example.org")),
            ("lines".to_owned(), serde_json::json!(["one", "two"])),
        ]
        .into(),
        ..letter(&["ana@example.org"])
    };
    assert_eq!(
        send(&test, command).await.unwrap(),
        [(true, MessageReason::EmailInQueue)]
    );
    // without values braces are braces
    let plain = SendMessage {
        html: None,
        text: Some("{{ name }} is what templates write".to_owned()),
        ..letter(&["bea@example.org"])
    };
    send(&test, plain).await.unwrap();
    let mails = test.mails().await;
    let to = |address: &str| mails.iter().find(|mail| mail.recipient == address).unwrap();
    let ana = to("ana@example.org");
    assert_eq!(ana.subject, "For <Ana> Bcc: all@example.org");
    assert!(
        ana.html.contains("Dear &#60;Ana&#62;") && ana.html.contains("of Sereno"),
        "{}",
        ana.html
    );
    assert_eq!(ana.text.trim(), "one;two;");
    assert!(to("bea@example.org").text.starts_with("{{ name }} is"));
}

#[tokio::test]
async fn a_caller_who_waits_hears_what_the_mail_server_said() {
    let test = TestSereno::new().await;
    let waiting = |recipients: &[&str]| SendMessage {
        queued: Some(false),
        ..letter(recipients)
    };
    assert_eq!(
        send(&test, waiting(&["ana@example.org", "bea@example.org"]))
            .await
            .unwrap(),
        [(true, MessageReason::EmailSent); 2]
    );
    assert_eq!(test.mail.sent().len(), 2);
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    let staff = test.system().await;
    let refused = messages::send(&test.sereno, &test.meta(), &staff, waiting(&["ana@example.org"]))
        .await
        .unwrap();
    assert_eq!(refused.results[0].code, MessageReason::EmailNotSent);
    assert_eq!(refused.results[0].answer.as_deref(), Some("550 no"));
    test.mail.refuse_with(Some(MailError::Later("451 later".to_owned())));
    assert_eq!(
        send(&test, waiting(&["cleo@example.org"])).await.unwrap(),
        [(true, MessageReason::EmailInQueue)]
    );
    test.mail.refuse_with(None);
    assert!(test.mails().await.is_empty(), "the job stands by");
    test.advance(Duration::from_mins(3));
    assert_eq!(test.mails().await.len(), 1, "and no mail twice");
}

#[tokio::test]
async fn force_goes_past_what_the_settings_exclude_and_not_past_the_list() {
    let test = TestSereno::with(|config| {
        config.mail.hold = true;
        config.mail.excluded = vec!["mailinator*".to_owned()];
    })
    .await;
    let staff = test.system().await;
    let list = AddSuppression {
        address: "never@example.org".to_owned(),
        note: Some("asked by letter".to_owned()),
    };
    messages::suppress(&test.sereno, &test.meta(), &staff, list)
        .await
        .unwrap();
    let to = ["x@mailinator.com", "ana@example.org", "Never@example.org"];
    assert_eq!(
        send(&test, letter(&to)).await.unwrap(),
        [
            (false, MessageReason::EmailDomainExcluded),
            (false, MessageReason::EmailDisabled),
            (false, MessageReason::AddressSuppressed),
        ]
    );
    assert!(test.mails().await.is_empty());
    let forced = SendMessage {
        force: true,
        ..letter(&to)
    };
    assert_eq!(
        send(&test, forced).await.unwrap(),
        [
            (true, MessageReason::EmailInQueue),
            (true, MessageReason::EmailInQueue),
            (false, MessageReason::AddressSuppressed),
        ]
    );
    assert_eq!(test.mails().await.len(), 2);
}

#[tokio::test]
async fn addresses_are_put_on_the_list_and_taken_from_it() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let add = async |address: &str| {
        let command = AddSuppression {
            address: address.to_owned(),
            note: None,
        };
        messages::suppress(&test.sereno, &test.meta(), &staff, command).await
    };
    let id = add("Ana@example.org").await.unwrap().id;
    assert_eq!(
        refused_fields(add("ana@EXAMPLE.org").await),
        [("address".to_owned(), Code::AddressListed)]
    );
    assert_eq!(
        refused_fields(add("ana").await),
        [("address".to_owned(), Code::InvalidEmail)]
    );
    let query = SuppressionQuery {
        q: Some("ANA@".to_owned()),
        ..SuppressionQuery::default()
    };
    let page = messages::suppressions(&test.sereno, &staff, query).await.unwrap();
    assert_eq!((page.total, page.items[0].address.as_str()), (1, "Ana@example.org"));
    messages::unsuppress(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(
        refused(messages::unsuppress(&test.sereno, &test.meta(), &staff, &id).await),
        Code::NotFound
    );
    assert_eq!(test.events.count(EventKind::AddressUnsuppressed), 1);
}

#[tokio::test]
async fn whoever_may_only_look_changes_nothing() {
    let test = TestSereno::new().await;
    test.superuser("root").await;
    register(&test, "ana").await;
    let id = newest(&test, &test.system().await).await.message.id;
    test.viewer("vera").await;
    let vera = test.actor("vera").await;
    let staff = test.staff(&vera).await;
    let (sereno, meta) = (&test.sereno, &test.meta());
    let denied = Code::PermissionDenied;
    // whoever sees everything sees this, and changes nothing
    messages::list(sereno, &staff, MessageQuery::default()).await.unwrap();
    messages::detail(sereno, &staff, &id).await.unwrap();
    assert_eq!(refused(messages::retry(sereno, meta, &staff, &id).await), denied);
    assert_eq!(
        refused(messages::retry_failed(sereno, meta, &staff, MessageQuery::default()).await),
        denied
    );
    assert_eq!(refused(messages::cancel(sereno, meta, &staff, &id).await), denied);
    assert_eq!(
        refused(messages::resend(sereno, meta, &staff, &id, ResendMessage::default()).await),
        denied
    );
    assert_eq!(refused(messages::release(sereno, meta, &staff, &id).await), denied);
    assert_eq!(
        refused(messages::release_all(sereno, meta, &staff, MessageQuery::default()).await),
        denied
    );
    assert_eq!(
        refused(messages::send(sereno, meta, &staff, letter(&["a@example.org"])).await),
        denied
    );
    messages::suppressions(sereno, &staff, SuppressionQuery::default())
        .await
        .unwrap();
    assert_eq!(
        refused(messages::suppress(sereno, meta, &staff, AddSuppression::default()).await),
        denied
    );
    assert_eq!(
        refused(messages::unsuppress(sereno, meta, &staff, &Id("x".to_owned())).await),
        denied
    );
}

#[tokio::test]
async fn the_mail_about_an_account_that_staff_made_goes_to_its_own_address_alone() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let command = CreateUser {
        email: "ana@example.org".to_owned(),
        inactive: true,
        ..CreateUser::default()
    };
    admin::create_user(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
    jobs::run_due(&test.sereno).await.unwrap();
    let mail = newest(&test, &staff).await;
    assert_eq!(mail.message.kind, "account_created");
    let to = |text: &str| ResendMessage {
        recipient: Some(text.to_owned()),
    };
    let resend = async |command| messages::resend(&test.sereno, &test.meta(), &staff, &mail.message.id, command).await;
    assert_eq!(refused(resend(to("bea@example.org")).await), Code::RecipientBound);
    resend(to("ana@example.org")).await.unwrap();
    let sent = test.mails().await;
    assert_eq!((sent.len(), sent[0].recipient.as_str()), (1, "ana@example.org"));
}
