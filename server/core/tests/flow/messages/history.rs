//! The history of mails: what it shows, and what it never shows.

use std::time::Duration;

use sereno_core::port::mail::MailError;
use sereno_core::templates::{draft, publish};
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_core::{jobs, messages};
use sereno_types::{
    AddSuppression, Code, Id, MessageQuery, MessageReason, MessageState, PublishEmailTemplate, ResendMessage,
    SaveEmailDraft, SendMessage, SuppressionQuery, TimelineQuery,
};

use super::{letter, newest, register, send};

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
