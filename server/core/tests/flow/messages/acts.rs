//! Mails that are repeated, cancelled, released and corrected.

use std::time::Duration;

use sereno_core::account::admin::{self, CreateUser};
use sereno_core::event::EventKind;
use sereno_core::port::mail::MailError;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_core::{jobs, messages};
use sereno_types::{Code, MessageAction, MessageQuery, MessageReason, MessageState, ResendMessage};

use super::{letter, newest, register, send};

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
