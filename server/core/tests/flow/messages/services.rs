//! Mails that other services send.

use std::time::Duration;

use sereno_core::messages;
use sereno_core::port::mail::MailError;
use sereno_core::testing::{TestSereno, refused_fields};
use sereno_types::{AddSuppression, Code, MailAttachment, MessageReason, SendMessage};

use super::{letter, send};

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
