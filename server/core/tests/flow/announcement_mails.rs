//! The mails of an announcement, one by one: which of them leave, after whom, what is told of them, and what stays when the
//! history forgets them.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::announcements;
use sereno_core::context::Staff;
use sereno_core::event::EventKind;
use sereno_core::messages;
use sereno_core::port::mail::MailError;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_core::{jobs, roles::projects};
use sereno_types::{
    AnnouncementAudience, AnnouncementCounts, AnnouncementDetail, AnnouncementState, AudienceKind, Code,
    CreateEmailTemplate, CreateProject, Id, MessageAction, MessageQuery, MessageReason, MessageRow, MessageState,
    PublishEmailTemplate, ResendMessage, SaveAnnouncement, SaveEmailDraft, ScheduleAnnouncement, SendMessage,
    TemplateVariable, Unsubscribe,
};

fn letter(addresses: &[&str]) -> SaveAnnouncement {
    SaveAnnouncement {
        name: "Winter".to_owned(),
        subject: "What is new".to_owned(),
        html: "<p>Dear reader</p>".to_owned(),
        audience: AnnouncementAudience {
            kind: AudienceKind::Addresses,
            addresses: addresses.iter().map(|&text| text.to_owned()).collect(),
            ..AnnouncementAudience::default()
        },
        ..SaveAnnouncement::default()
    }
}

async fn written(test: &TestSereno, command: SaveAnnouncement) -> (Staff, Id) {
    let staff = test.system().await;
    let made = announcements::create(&test.sereno, &test.meta(), &staff, command).await;
    (staff, made.unwrap().announcement.id)
}

async fn schedule(test: &TestSereno, staff: &Staff, id: &Id) -> sereno_core::Result<AnnouncementDetail> {
    announcements::schedule(&test.sereno, &test.meta(), staff, id, ScheduleAnnouncement::default()).await
}

async fn now(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    announcements::detail(&test.sereno, staff, id).await.unwrap()
}

/// Works the queue for so many seconds.
async fn work(test: &TestSereno, seconds: u64) {
    for _ in 0..seconds {
        jobs::run_due(&test.sereno).await.unwrap();
        test.advance(Duration::from_secs(1));
    }
}

/// Its own mails, newest first.
async fn mails(test: &TestSereno, staff: &Staff, id: &Id) -> Vec<MessageRow> {
    let query = MessageQuery {
        announcement: Some(id.0.clone()),
        ..MessageQuery::default()
    };
    messages::list(&test.sereno, staff, query).await.unwrap().items
}

#[tokio::test]
async fn of_one_that_was_ended_nothing_leaves_whatever_is_done_about_single_mails() {
    let test = TestSereno::new().await;
    let (staff, id) = written(&test, letter(&["ana@example.org", "bea@example.org"])).await;
    schedule(&test, &staff, &id).await.unwrap();
    test.mail.refuse_with(Some(MailError::Never("554 no".to_owned())));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_mins(1))));
    let failed = mails(&test, &staff, &id).await.swap_remove(0);
    let resend = async || {
        let command = ResendMessage::default();
        messages::resend(&test.sereno, &test.meta(), &staff, &failed.id, command).await
    };
    // while it leaves, one is repeated
    let again = resend().await.unwrap().id.unwrap();
    announcements::cancel(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    let repeated = messages::detail(&test.sereno, &staff, &again).await.unwrap();
    assert_eq!(repeated.message.state, MessageState::Cancelled);
    assert_eq!(refused(resend().await), Code::StateConflict);
    let retried = messages::retry(&test.sereno, &test.meta(), &staff, &failed.id).await;
    assert_eq!(refused(retried), Code::StateConflict);
    // and nothing is offered that would always fail
    for row in mails(&test, &staff, &id).await {
        let detail = messages::detail(&test.sereno, &staff, &row.id).await.unwrap();
        assert_eq!(detail.actions, [], "{row:?}");
    }
    test.mail.refuse_with(None);
    work(&test, 90).await;
    assert!(test.mail.sent().is_empty());
}

#[tokio::test]
async fn what_is_held_back_is_not_over() {
    let test = TestSereno::with(|config| config.mail.hold = true).await;
    let (staff, id) = written(&test, letter(&["ana@example.org", "bea@example.org"])).await;
    schedule(&test, &staff, &id).await.unwrap();
    work(&test, 5).await;
    let held = now(&test, &staff, &id).await;
    assert_eq!(held.announcement.state, AnnouncementState::Sending);
    assert_eq!((held.announcement.counts.held, held.announcement.counts.done()), (2, 0));
    // it can be made to stand still and go on
    announcements::pause(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    announcements::resume(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    let first = mails(&test, &staff, &id).await.swap_remove(0);
    messages::release(&test.sereno, &test.meta(), &staff, &first.id)
        .await
        .unwrap();
    work(&test, 20).await;
    assert_eq!(
        now(&test, &staff, &id).await.announcement.state,
        AnnouncementState::Sending
    );
    assert_eq!(test.mail.sent().len(), 1);
    messages::release_all(&test.sereno, &test.meta(), &staff, MessageQuery::default())
        .await
        .unwrap();
    work(&test, 20).await;
    let done = now(&test, &staff, &id).await.announcement;
    assert_eq!((done.state, done.counts.sent), (AnnouncementState::Sent, 2));
}

#[tokio::test]
async fn it_says_what_became_of_it_when_the_history_has_forgotten() {
    let test = TestSereno::with(|config| {
        config.mail.history_days = 1;
        config.mail.excluded = vec!["*.excluded.example".to_owned()];
    })
    .await;
    let ana = test.user("ana").await;
    let command = letter(&["ana@example.org", "bea@example.org", "cleo@x.excluded.example"]);
    let (staff, id) = written(&test, command).await;
    schedule(&test, &staff, &id).await.unwrap();
    work(&test, 5).await;
    let said = AnnouncementCounts {
        sent: 2,
        skipped: 1,
        ..AnnouncementCounts::default()
    };
    assert_eq!(now(&test, &staff, &id).await.announcement.counts, said);
    // whoever deletes the account takes the mails along
    let number = test.row(ana).await.number;
    test.execute(&format!(
        "UPDATE \"user\" SET state = 'deleting', delete_at = 1 WHERE number = {number}"
    ))
    .await;
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(
        test.count("email_message WHERE recipient = 'ana@example.org' AND mail = 'announcement'")
            .await,
        0
    );
    assert_eq!(now(&test, &staff, &id).await.announcement.counts, said);
    test.advance(Duration::from_hours(49));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("email_message WHERE mail = 'announcement'").await, 0);
    let shown = now(&test, &staff, &id).await.announcement;
    assert_eq!((shown.counts, shown.recipients), (said, Some(3)));
}

#[tokio::test]
async fn mails_that_are_released_tried_again_or_repeated_come_after_all_others_too() {
    let test = TestSereno::with(|config| config.mail.hold = true).await;
    let (staff, id) = written(&test, letter(&["ana@example.org", "bea@example.org"])).await;
    schedule(&test, &staff, &id).await.unwrap();
    work(&test, 3).await;
    test.execute("DELETE FROM job").await;
    let [bea, ana] = mails(&test, &staff, &id).await.try_into().unwrap();
    messages::release(&test.sereno, &test.meta(), &staff, &ana.id)
        .await
        .unwrap();
    messages::cancel(&test.sereno, &test.meta(), &staff, &bea.id)
        .await
        .unwrap();
    messages::retry(&test.sereno, &test.meta(), &staff, &bea.id)
        .await
        .unwrap();
    assert_eq!(test.count("job WHERE priority > 0").await, 2);
    messages::cancel(&test.sereno, &test.meta(), &staff, &bea.id)
        .await
        .unwrap();
    let forced = "UPDATE email_message SET is_forced = TRUE";
    test.execute(forced).await;
    messages::resend(&test.sereno, &test.meta(), &staff, &bea.id, ResendMessage::default())
        .await
        .unwrap();
    assert_eq!(
        (test.count("job").await, test.count("job WHERE priority > 0").await),
        (3, 3)
    );
}

/// A template of staff's own that needs `topic`.
async fn news(test: &TestSereno, words: &str) {
    let staff = test.system().await;
    let template = CreateEmailTemplate {
        slug: "news".to_owned(),
        title: "News".to_owned(),
        variables: [("first_name", "Sample"), ("topic", "Sample"), ("points", "[\"one\"]")]
            .map(|(name, sample)| TemplateVariable {
                name: name.to_owned(),
                description: String::new(),
                sample: sample.to_owned(),
            })
            .into(),
        ..CreateEmailTemplate::default()
    };
    sereno_core::templates::custom::create(&test.sereno, &test.meta(), &staff, template)
        .await
        .unwrap();
    publish(test, words).await;
}

async fn publish(test: &TestSereno, words: &str) {
    let staff = test.system().await;
    let draft = SaveEmailDraft {
        subject: "News".to_owned(),
        text: words.to_owned(),
        html: format!("<p>{words}</p>"),
        ..SaveEmailDraft::default()
    };
    let place = ("custom.news", "en");
    sereno_core::templates::draft::save(&test.sereno, &test.meta(), &staff, place, draft)
        .await
        .unwrap();
    let publish = PublishEmailTemplate::default();
    sereno_core::templates::publish::publish(&test.sereno, &test.meta(), &staff, place, publish)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_value_that_its_template_needs_is_missed_before_it_leaves() {
    let test = TestSereno::new().await;
    news(&test, "Dear {{ first_name }}: {{ topic }}").await;
    let mut command = SaveAnnouncement {
        html: String::new(),
        template: Some("custom.news".to_owned()),
        ..letter(&["ana@example.org"])
    };
    let (staff, id) = written(&test, command.clone()).await;
    let missing = [("context.topic".to_owned(), Code::Blank)];
    assert_eq!(refused_fields(schedule(&test, &staff, &id).await), missing);
    command.context.insert("topic".to_owned(), "snow".into());
    let (staff, id) = written(&test, command).await;
    schedule(&test, &staff, &id).await.unwrap();
    // what breaks afterwards is told where staff looks, and mended there
    publish(&test, "{% for point in points %}{{ point }}{% endfor %}.").await;
    work(&test, 3).await;
    let row = mails(&test, &staff, &id).await.swap_remove(0);
    assert_eq!(
        (row.state, row.reason),
        (MessageState::Failed, Some(MessageReason::TemplateSyntaxError))
    );
    let detail = messages::detail(&test.sereno, &staff, &row.id).await.unwrap();
    assert_eq!(detail.answer.as_deref(), Some("context.points: blank"));
    publish(&test, "Dear {{ first_name }}: {{ topic }}").await;
    messages::retry(&test.sereno, &test.meta(), &staff, &row.id)
        .await
        .unwrap();
    work(&test, 3).await;
    assert!(test.mail.sent()[0].text.contains(": snow"));
}

#[tokio::test]
async fn with_its_project_it_ends_and_nobody_else_sends_for_it() {
    let test = TestSereno::new().await;
    let system = test.system().await;
    let shop = CreateProject {
        slug: "shop".to_owned(),
        ..CreateProject::default()
    };
    projects::create(&test.sereno, &test.meta(), &system, shop)
        .await
        .unwrap();
    let of_shop = SaveAnnouncement {
        project: Some("shop".to_owned()),
        ..letter(&["ana@example.org", "bea@example.org"])
    };
    let (staff, id) = written(&test, of_shop.clone()).await;
    schedule(&test, &staff, &id).await.unwrap();
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(5))));
    work(&test, 2).await;
    let (_, later) = written(&test, of_shop.clone()).await;
    let tomorrow = ScheduleAnnouncement {
        send_at: Some("2026-01-02T00:00:00Z".to_owned()),
    };
    announcements::schedule(&test.sereno, &test.meta(), &staff, &later, tomorrow)
        .await
        .unwrap();
    let (_, draft) = written(&test, of_shop).await;
    let send = async || {
        let command = SendMessage {
            recipients: vec!["cleo@example.org".to_owned()],
            subject: Some("Invoice".to_owned()),
            text: Some("Dear Cleo".to_owned()),
            project: Some("shop".to_owned()),
            ..SendMessage::default()
        };
        let sent = messages::send(&test.sereno, &test.meta(), &staff, command)
            .await
            .unwrap();
        sent.results[0].id.clone().unwrap()
    };
    test.mail.refuse_with(Some(MailError::Never("554 no".to_owned())));
    let failed = send().await;
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    let waits = send().await;
    let going = send().await;
    // one is being handed over right now by a worker that dies of it
    let row = id_is(&test, &going);
    test.execute(&format!("UPDATE email_message SET status = 'sending' WHERE {row}"))
        .await;
    projects::delete(&test.sereno, &test.meta(), &staff, "shop")
        .await
        .unwrap();
    for one in [&id, &later] {
        let ended = now(&test, &staff, one).await.announcement;
        assert_eq!(ended.state, AnnouncementState::Cancelled);
    }
    assert_eq!(now(&test, &staff, &id).await.announcement.counts.cancelled, 2);
    assert_eq!(
        now(&test, &staff, &draft).await.announcement.state,
        AnnouncementState::Draft
    );
    assert_eq!(test.events.count(EventKind::AnnouncementCancelled), 2);
    test.advance(Duration::from_hours(30));
    work(&test, 5).await;
    assert!(test.mail.sent().is_empty());
    for (one, state) in [
        (&failed, MessageState::Failed),
        (&waits, MessageState::Cancelled),
        (&going, MessageState::Cancelled),
    ] {
        let detail = messages::detail(&test.sereno, &staff, one).await.unwrap();
        assert_eq!(
            (detail.message.state, detail.actions),
            (state, Vec::<MessageAction>::new())
        );
        let retried = messages::retry(&test.sereno, &test.meta(), &staff, one).await;
        assert_eq!(refused(retried), Code::StateConflict);
        let resent = messages::resend(&test.sereno, &test.meta(), &staff, one, ResendMessage::default()).await;
        assert_eq!(refused(resent), Code::StateConflict);
    }
}

/// The condition that means one row, on both databases.
fn id_is(test: &TestSereno, id: &Id) -> String {
    if test.database.is_sqlite() {
        format!("id = X'{}'", id.0.replace('-', ""))
    } else {
        format!("id = '{}'", id.0)
    }
}

#[tokio::test]
async fn links_that_we_wrote_are_heard_however_many_come_from_one_address() {
    let test = TestSereno::with(|config| config.limit.requests_per_address = 3).await;
    let (staff, id) = written(&test, letter(&["ana@example.org"])).await;
    schedule(&test, &staff, &id).await.unwrap();
    work(&test, 3).await;
    let link = test.mail.sent()[0].unsubscribe.clone().unwrap();
    let post = async |token: &str| {
        let command = Unsubscribe { token: token.into() };
        sereno_core::account::preferences::unsubscribe(&test.sereno, &test.meta(), command).await
    };
    let ours = link.split_once("token=").unwrap().1;
    for _ in 0..5 {
        post(ours).await.unwrap();
    }
    // what nobody wrote is counted
    for _ in 0..3 {
        assert_eq!(refused(post("x~~y").await), Code::UnsubscribeLinkInvalid);
    }
    assert_eq!(refused(post("x~~y").await), Code::TooManyRequests);
    post(ours).await.unwrap();
}

#[tokio::test]
async fn what_names_its_reader_is_repeated_to_that_reader_alone() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (staff, id) = written(&test, letter(&["ana@example.org", "bea@example.org"])).await;
    schedule(&test, &staff, &id).await.unwrap();
    work(&test, 3).await;
    let all = mails(&test, &staff, &id).await;
    let of = |address: &str| all.iter().find(|row| row.recipient == address).unwrap().id.clone();
    let resend = async |address: &str, to: &str| {
        let command = ResendMessage {
            recipient: Some(to.to_owned()),
        };
        messages::resend(&test.sereno, &test.meta(), &staff, &of(address), command).await
    };
    // its link would decide for ana, wherever it is read
    assert_eq!(
        refused(resend("ana@example.org", "eve@example.org").await),
        Code::RecipientBound
    );
    resend("ana@example.org", "Ana@Example.org").await.unwrap();
    // of nobody's account nothing is told
    resend("bea@example.org", "bea@example.com").await.unwrap();
}

#[tokio::test]
async fn a_no_goes_along_with_the_account_and_one_of_the_account_is_not_undone_by_a_link() {
    use sereno_core::account::preferences;
    let test = TestSereno::new().await;
    // by link, before there is an account
    let (staff, id) = written(&test, letter(&["ana@example.org"])).await;
    schedule(&test, &staff, &id).await.unwrap();
    work(&test, 3).await;
    let link = test.mail.sent()[0].unsubscribe.clone().unwrap();
    let command = || Unsubscribe {
        token: link.split_once("token=").unwrap().1.into(),
    };
    preferences::unsubscribe(&test.sereno, &test.meta(), command())
        .await
        .unwrap();
    test.user("ana").await;
    let ana = test.actor("ana@example.org").await;
    let wants = async || preferences::own(&test.sereno, &ana).await.unwrap().announcements;
    assert!(!wants().await);
    // and again in the account: a link does not undo that
    let no = sereno_types::Preferences { announcements: false };
    preferences::set(&test.sereno, &test.meta(), &ana, no).await.unwrap();
    let back = preferences::resubscribe(&test.sereno, &test.meta(), command()).await;
    assert_eq!(refused(back), Code::DeclinedInAccount);
    assert!(!wants().await);
    test.execute(
        "UPDATE user_email SET address = 'new@example.org', canonical = 'new@example.org' \
         WHERE canonical = 'ana@example.org'",
    )
    .await;
    assert!(!wants().await, "another address is the same person");
    let yes = sereno_types::Preferences { announcements: true };
    preferences::set(&test.sereno, &test.meta(), &ana, yes).await.unwrap();
    assert!(wants().await);
    preferences::unsubscribe(&test.sereno, &test.meta(), command())
        .await
        .unwrap();
    preferences::resubscribe(&test.sereno, &test.meta(), command())
        .await
        .unwrap();
    assert!(wants().await);
}
