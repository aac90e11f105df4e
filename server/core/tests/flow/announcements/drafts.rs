//! Drafts: written, changed, tried, and whole before they leave.

use std::time::Duration;

use sereno_core::announcements;
use sereno_core::context::RequestMeta;
use sereno_core::jobs;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_types::{
    AnnouncementAction, AnnouncementCounts, AnnouncementState, Code, CreateEmailTemplate, PreviewAnnouncement,
    PublishEmailTemplate, SaveAnnouncement, SaveEmailDraft, ScheduleAnnouncement, TemplateVariable,
};

use super::{finish, letter, list, now, start, written};

#[tokio::test]
async fn only_what_is_whole_leaves() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let bare = SaveAnnouncement {
        name: "Bare".to_owned(),
        audience: list(&["ana@example.org"]),
        ..SaveAnnouncement::default()
    };
    let schedule = async |command: SaveAnnouncement, send_at: Option<&str>| {
        let made = announcements::create(&test.sereno, &test.meta(), &staff, command)
            .await
            .unwrap();
        let command = ScheduleAnnouncement {
            send_at: send_at.map(str::to_owned),
        };
        let id = made.announcement.id;
        refused_fields(announcements::schedule(&test.sereno, &test.meta(), &staff, &id, command).await)
    };
    assert_eq!(
        schedule(bare, None).await,
        [
            ("html".to_owned(), Code::TemplateOrHtmlRequired),
            ("subject".to_owned(), Code::Blank)
        ]
    );
    assert_eq!(
        schedule(letter(list(&[])), None).await,
        [("audience".to_owned(), Code::EmptyEmail)]
    );
    let create = async |command: SaveAnnouncement| {
        refused_fields(announcements::create(&test.sereno, &test.meta(), &staff, command).await)
    };
    let templated = SaveAnnouncement {
        template: Some("custom.nothing".to_owned()),
        ..letter(list(&["ana@example.org"]))
    };
    assert_eq!(
        create(templated).await,
        [("template".to_owned(), Code::TemplateNotFound)]
    );
    // values that nothing uses, and placeholders that nothing fills
    let mut useless = letter(list(&["ana@example.org"]));
    useless.context.insert("topic".to_owned(), "snow".into());
    assert_eq!(create(useless).await, [("context".to_owned(), Code::InvalidChoice)]);
    for text in ["Dear {{ first_name }}", "{% if x %}"] {
        let literal = SaveAnnouncement {
            subject: text.to_owned(),
            html: format!("<p>{text}</p>"),
            ..letter(list(&["ana@example.org"]))
        };
        assert_eq!(
            schedule(literal, None).await,
            ["subject", "html"].map(|field| (field.to_owned(), Code::TemplateSyntaxError))
        );
    }
    // in the past is a slip, and would leave at once; a few minutes are the button's
    let past = test.sereno.now().minus(Duration::from_mins(6)).timestamp().0;
    for moment in ["tomorrow", "2099-01-01T00:00:00Z", &past] {
        assert_eq!(
            schedule(letter(list(&["ana@example.org"])), Some(moment)).await,
            [("send_at".to_owned(), Code::InvalidChoice)]
        );
    }
    let nameless = SaveAnnouncement {
        name: " ".to_owned(),
        subject: "a\r\nBcc: eve@example.org".to_owned(),
        language: Some("fr".to_owned()),
        reply_to: Some("nobody".to_owned()),
        project: Some("nothing".to_owned()),
        ..SaveAnnouncement::default()
    };
    let outcome = announcements::create(&test.sereno, &test.meta(), &staff, nameless).await;
    assert_eq!(
        refused_fields(outcome)
            .into_iter()
            .map(|(field, _)| field)
            .collect::<Vec<_>>(),
        ["name", "subject", "language", "reply_to", "project"]
    );
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(test.mail.sent().is_empty());
}

#[tokio::test]
async fn a_draft_is_changed_in_the_version_that_is_meant_and_not_once_it_has_a_moment() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    let id = made.announcement.id.clone();
    let version = announcements::version(&test.sereno, &made).unwrap();
    let with = |version: &str| RequestMeta {
        if_match: Some(format!("\"{version}\"")),
        ..test.meta()
    };
    let change = SaveAnnouncement {
        subject: "Another".to_owned(),
        ..letter(list(&["bea@example.org"]))
    };
    let saved = announcements::save(&test.sereno, &with(&version), &staff, &id, change.clone())
        .await
        .unwrap();
    assert_eq!(saved.written.audience.addresses, ["bea@example.org"]);
    let again = announcements::save(&test.sereno, &with(&version), &staff, &id, change.clone()).await;
    assert_eq!(refused(again), Code::PreconditionFailed);
    let moment = ScheduleAnnouncement {
        send_at: Some("2026-02-01T00:00:00Z".to_owned()),
    };
    let stale = announcements::schedule(&test.sereno, &with(&version), &staff, &id, moment.clone()).await;
    assert_eq!(refused(stale), Code::PreconditionFailed);
    let waits = announcements::schedule(&test.sereno, &test.meta(), &staff, &id, moment)
        .await
        .unwrap();
    assert_eq!(waits.announcement.state, AnnouncementState::Scheduled);
    assert_eq!(
        waits.actions,
        [
            AnnouncementAction::Test,
            AnnouncementAction::Unschedule,
            AnnouncementAction::Cancel
        ]
    );
    let outcome = announcements::save(&test.sereno, &test.meta(), &staff, &id, change).await;
    assert_eq!(refused(outcome), Code::StateConflict);
    let outcome = announcements::delete(&test.sereno, &test.meta(), &staff, &id).await;
    assert_eq!(refused(outcome), Code::StateConflict);
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(test.mail.sent().is_empty());
    let back = announcements::unschedule(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(
        (back.announcement.state, back.announcement.send_at),
        (AnnouncementState::Draft, None)
    );
    // the job of the moment that was taken back does nothing
    test.advance(Duration::from_hours(24 * 60));
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(test.mail.sent().is_empty());
    announcements::delete(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(
        test.count("announcement").await + test.count("announcement_address").await,
        0
    );
}

#[tokio::test]
async fn a_template_knows_its_reader() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.execute("UPDATE \"user\" SET first_name = '<b>Ana</b>' WHERE username_canonical = 'ana'")
        .await;
    let staff = test.system().await;
    let variable = |name: &str, sample: &str| TemplateVariable {
        name: name.to_owned(),
        description: String::new(),
        sample: sample.to_owned(),
    };
    let template = CreateEmailTemplate {
        slug: "news".to_owned(),
        title: "News".to_owned(),
        variables: vec![variable("first_name", "Sample"), variable("topic", "weather")],
        ..CreateEmailTemplate::default()
    };
    sereno_core::templates::custom::create(&test.sereno, &test.meta(), &staff, template)
        .await
        .unwrap();
    let draft = SaveEmailDraft {
        subject: "{{ topic }} for {{ first_name }}".to_owned(),
        text: "Dear {{ first_name }}".to_owned(),
        html: "<p>Dear {{ first_name }}</p>".to_owned(),
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
    let command = SaveAnnouncement {
        subject: String::new(),
        html: String::new(),
        template: Some("custom.news".to_owned()),
        context: serde_json::json!({"first_name": "reader", "topic": "snow"})
            .as_object()
            .unwrap()
            .clone(),
        ..letter(list(&["ana@example.org", "bea@example.org"]))
    };
    let made = announcements::create(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
    let id = made.announcement.id;
    let shown = announcements::preview(&test.sereno, &staff, &id, PreviewAnnouncement::default())
        .await
        .unwrap();
    assert_eq!(shown.subject, "snow for reader");
    start(&test, &staff, &id).await;
    finish(&test, &staff, &id).await;
    let mails = test.mail.sent();
    let to = |address: &str| mails.iter().find(|mail| mail.recipient == address).unwrap();
    assert_eq!(to("bea@example.org").subject, "snow for reader");
    let ana = to("ana@example.org");
    assert!(ana.html.contains("Dear &#60;b&#62;Ana") && !ana.html.contains("<b>Ana"));
}

#[tokio::test]
async fn staff_tries_it_at_their_own_address() {
    let test = TestSereno::new().await;
    test.superuser("root").await;
    let root = test.actor("root@example.org").await;
    let staff = test.staff(&root).await;
    let (system, made) = written(&test, list(&["ana@example.org"])).await;
    let id = made.announcement.id;
    let sent = announcements::test(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(sent.to, "root@example.org");
    let mail = test.mails().await.pop().unwrap();
    assert_eq!(mail.subject, "[Test] What is new");
    assert!(mail.unsubscribe.is_some());
    // it is none of the announcement's own
    assert_eq!(
        now(&test, &staff, &id).await.announcement.counts,
        AnnouncementCounts::default()
    );
    let nobody = announcements::test(&test.sereno, &test.meta(), &system, &id).await;
    assert_eq!(refused_fields(nobody), [("to".to_owned(), Code::Blank)]);
}
