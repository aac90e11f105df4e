//! Announcements: whom they reach, how they leave in the background, what stops them, and who wants none.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::preferences;
use sereno_core::announcements::{self, SendAnnouncement};
use sereno_core::context::{Actor, Job, RequestMeta, Staff};
use sereno_core::event::EventKind;
use sereno_core::jobs;
use sereno_core::port::mail::MailError;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_types::{
    AddSuppression, AnnouncementAction, AnnouncementAudience, AnnouncementCounts, AnnouncementDetail,
    AnnouncementState, AudienceKind, Code, CreateEmailTemplate, Id, MessageQuery, MessageReason, Preferences,
    PreviewAnnouncement, PublishEmailTemplate, SaveAnnouncement, SaveEmailDraft, ScheduleAnnouncement,
    TemplateVariable, Unsubscribe, UserState,
};

fn letter(audience: AnnouncementAudience) -> SaveAnnouncement {
    SaveAnnouncement {
        name: "Winter".to_owned(),
        subject: "What is new".to_owned(),
        html: "<p>Dear <b>reader</b></p>".to_owned(),
        audience,
        ..SaveAnnouncement::default()
    }
}

fn list(addresses: &[&str]) -> AnnouncementAudience {
    AnnouncementAudience {
        kind: AudienceKind::Addresses,
        addresses: addresses.iter().map(|&text| text.to_owned()).collect(),
        ..AnnouncementAudience::default()
    }
}

fn everybody() -> AnnouncementAudience {
    AnnouncementAudience::default()
}

async fn written(test: &TestSereno, audience: AnnouncementAudience) -> (Staff, AnnouncementDetail) {
    let staff = test.system().await;
    let made = announcements::create(&test.sereno, &test.meta(), &staff, letter(audience)).await;
    (staff, made.unwrap())
}

async fn start(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    let now = ScheduleAnnouncement::default();
    announcements::schedule(&test.sereno, &test.meta(), staff, id, now)
        .await
        .unwrap()
}

async fn now(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    announcements::detail(&test.sereno, staff, id).await.unwrap()
}

/// Works the queue until nothing of the announcement is left, second by second.
async fn finish(test: &TestSereno, staff: &Staff, id: &Id) -> AnnouncementDetail {
    for _ in 0..60 {
        jobs::run_due(&test.sereno).await.unwrap();
        let detail = now(test, staff, id).await;
        if detail.announcement.state == AnnouncementState::Sent {
            return detail;
        }
        test.advance(Duration::from_secs(1));
    }
    now(test, staff, id).await
}

fn to(test: &TestSereno) -> Vec<String> {
    let mut all: Vec<String> = test.mail.sent().into_iter().map(|mail| mail.recipient).collect();
    all.sort();
    all
}

#[tokio::test]
async fn it_reaches_whom_the_filters_choose_and_says_how_many_first() {
    let test = TestSereno::new().await;
    for name in ["ana", "bea", "cleo", "dora"] {
        test.user(name).await;
    }
    test.viewer("eva").await;
    test.put_into(test.holder_of("bea@example.org").await, UserState::Locked)
        .await;
    test.execute("UPDATE user_email SET verified_at = NULL WHERE canonical = 'cleo@example.org'")
        .await;
    test.execute("UPDATE \"user\" SET locale = 'de-AT' WHERE username_canonical = 'dora'")
        .await;
    let reaches = async |audience: AnnouncementAudience| written(&test, audience).await.1.reaches;
    let all = reaches(everybody()).await.unwrap();
    let unconfirmed = AnnouncementAudience {
        confirmed: false,
        ..everybody()
    };
    assert_eq!(reaches(unconfirmed).await, Some(all + 1));
    let locked = AnnouncementAudience {
        state: Some(UserState::Locked),
        ..everybody()
    };
    assert_eq!(reaches(locked).await, Some(1));
    let searched = AnnouncementAudience {
        q: Some("ANA@".to_owned()),
        ..everybody()
    };
    assert_eq!(reaches(searched).await, Some(1));
    let german = AnnouncementAudience {
        language: Some("de".to_owned()),
        ..everybody()
    };
    assert_eq!(reaches(german).await, Some(1));
    let (staff, made) = written(
        &test,
        AnnouncementAudience {
            q: Some("example.org".to_owned()),
            ..everybody()
        },
    )
    .await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    let done = finish(&test, &staff, &id).await;
    assert_eq!(to(&test), ["ana@example.org", "dora@example.org", "eva@example.org"]);
    assert_eq!(done.announcement.recipients, Some(3));
    assert_eq!(done.announcement.counts.sent, 3);
    assert_eq!(done.reaches, None);
    assert!(done.announcement.finished_at.is_some());
    assert_eq!(done.actions, [AnnouncementAction::Test]);
}

#[tokio::test]
async fn a_role_means_its_holders_and_those_of_roles_that_include_it() {
    let test = TestSereno::new().await;
    let (ana, bea, cleo) = (test.user("ana").await, test.user("bea").await, test.user("cleo").await);
    test.user("dora").await;
    let staff = test.system().await;
    let role = async |codename: &str, includes: Vec<Id>| {
        let command = sereno_types::CreateRole {
            codename: codename.to_owned(),
            includes,
            ..sereno_types::CreateRole::default()
        };
        let made = sereno_core::roles::roles::create(&test.sereno, &test.meta(), &staff, command).await;
        made.unwrap().row.role.id
    };
    let reader = role("reader", Vec::new()).await;
    let editor = role("editor", vec![reader.clone()]).await;
    let chief = role("chief", vec![editor.clone()]).await;
    for (name, role, expires_at) in [
        (test.row(ana).await.number, &reader, None),
        (test.row(bea).await.number, &chief, None),
        (test.row(cleo).await.number, &reader, Some("2027-01-01T00:00:00Z")),
    ] {
        let command = sereno_types::AssignRole {
            users: vec![name.to_string()],
            role: role.clone(),
            project: None,
            expires_at: expires_at.map(|at: &str| sereno_types::Timestamp(at.to_owned())),
        };
        sereno_core::roles::assignments::assign(&test.sereno, &test.meta(), &staff, command)
            .await
            .unwrap();
    }
    let reaches = async |role: &str| {
        let audience = AnnouncementAudience {
            role: Some(role.to_owned()),
            ..everybody()
        };
        written(&test, audience).await.1.reaches
    };
    assert_eq!(reaches("reader").await, Some(3));
    assert_eq!(reaches(&editor.0).await, Some(1));
    test.execute("UPDATE role_assignment SET expires_at = 1 WHERE expires_at IS NOT NULL")
        .await;
    assert_eq!(reaches("reader").await, Some(2));
    // one that there is not is refused; one that is gone since reaches nobody, which is told when it is to leave
    let of = |role: &str| AnnouncementAudience {
        role: Some(role.to_owned()),
        ..everybody()
    };
    let outcome = announcements::create(&test.sereno, &test.meta(), &staff, letter(of("nothing"))).await;
    assert_eq!(
        refused_fields(outcome),
        [("audience.role".to_owned(), Code::InvalidChoice)]
    );
    let (staff, made) = written(&test, of("chief")).await;
    test.execute("UPDATE role SET codename = 'was_chief' WHERE codename = 'chief'")
        .await;
    let id = made.announcement.id;
    assert_eq!(now(&test, &staff, &id).await.reaches, None);
    let now = ScheduleAnnouncement::default();
    let outcome = announcements::schedule(&test.sereno, &test.meta(), &staff, &id, now).await;
    assert_eq!(
        refused_fields(outcome),
        [("audience.role".to_owned(), Code::InvalidChoice)]
    );
}

#[tokio::test]
async fn a_list_is_told_line_by_line_and_holds_each_address_once() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let wrong = list(&["ana@example.org", "nobody", "bea@example.org", "two@@example.org"]);
    let outcome = announcements::create(&test.sereno, &test.meta(), &staff, letter(wrong)).await;
    assert_eq!(
        refused_fields(outcome),
        [
            ("audience.addresses.1".to_owned(), Code::InvalidEmail),
            ("audience.addresses.3".to_owned(), Code::InvalidEmail),
        ]
    );
    assert_eq!(test.count("announcement").await, 0);
    let (staff, made) = written(
        &test,
        list(&["ana@example.org", " ", "Ana@EXAMPLE.org", "bea@example.org"]),
    )
    .await;
    assert_eq!(made.reaches, Some(2));
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    let done = finish(&test, &staff, &id).await;
    assert_eq!(to(&test), ["ana@example.org", "bea@example.org"]);
    // of the list nothing is kept but the history
    assert_eq!(test.count("announcement_address").await, 0);
    assert!(done.written.audience.addresses.is_empty());
}

#[tokio::test]
async fn a_list_and_filters_at_once_are_refused_and_never_guessed_at() {
    let test = TestSereno::new().await;
    test.user("bea").await;
    let staff = test.system().await;
    // a list whose kind was forgotten would write to everybody
    let forgotten = AnnouncementAudience {
        addresses: vec!["ana@example.org".to_owned()],
        ..everybody()
    };
    let filtered = |change: fn(&mut AnnouncementAudience)| {
        let mut audience = list(&["ana@example.org"]);
        change(&mut audience);
        audience
    };
    for audience in [
        forgotten,
        filtered(|audience| audience.role = Some("administrator".to_owned())),
        filtered(|audience| audience.q = Some("ana".to_owned())),
        filtered(|audience| audience.language = Some("de".to_owned())),
        filtered(|audience| audience.state = Some(UserState::Locked)),
        filtered(|audience| audience.superuser = Some(false)),
    ] {
        let outcome = announcements::create(&test.sereno, &test.meta(), &staff, letter(audience.clone())).await;
        let faults = refused_fields(outcome);
        let kind = ("audience.kind".to_owned(), Code::InvalidChoice);
        assert_eq!(faults, [kind], "{audience:?}");
    }
    assert_eq!(test.count("announcement").await, 0);
    // lines without a word are no list
    let blank = AnnouncementAudience {
        addresses: vec![" ".to_owned()],
        ..everybody()
    };
    assert_eq!(written(&test, blank).await.1.reaches, Some(1));
}

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
async fn it_begins_at_its_moment() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    let id = made.announcement.id;
    let moment = ScheduleAnnouncement {
        send_at: Some("2026-01-01T02:00:00+01:00".to_owned()),
    };
    let waits = announcements::schedule(&test.sereno, &test.meta(), &staff, &id, moment)
        .await
        .unwrap();
    let at = waits.announcement.send_at.unwrap();
    assert_eq!(at.0, "2026-01-01T01:00:00Z");
    test.advance(Duration::from_mins(30));
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(test.mail.sent().is_empty());
    test.advance(Duration::from_mins(31));
    let done = finish(&test, &staff, &id).await;
    assert_eq!(done.announcement.counts.sent, 1);
    assert_eq!(test.events.count(EventKind::AnnouncementStarted), 1);
    assert_eq!(test.events.count(EventKind::AnnouncementSent), 1);
}

fn many(count: usize) -> AnnouncementAudience {
    let addresses: Vec<String> = (0..count).map(|at| format!("user{at:04}@example.org")).collect();
    AnnouncementAudience {
        kind: AudienceKind::Addresses,
        addresses,
        ..AnnouncementAudience::default()
    }
}

#[tokio::test]
async fn the_queue_holds_no_more_than_it_has_room_for_and_a_crash_loses_and_doubles_nothing() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, many(620)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    test.mail.refuse_with(Some(MailError::Later("away".to_owned())));
    // the worker dies with each of its jobs: nothing is settled
    let claimed = "UPDATE job SET state = 'running', attempts = attempts + 1, lease_until = run_at + 1 \
                   WHERE name = 'send_announcement' AND state = 'queued'";
    test.execute(claimed).await;
    test.advance(Duration::from_mins(5));
    jobs::run_due(&test.sereno).await.unwrap();
    let first = now(&test, &staff, &id).await.announcement;
    assert_eq!(test.count("email_message").await, 500);
    // who is not written yet waits, too
    assert_eq!(first.counts.queued, 620, "{first:?}");
    assert_eq!(first.recipients, Some(620));
    test.mail.refuse_with(None);
    test.advance(Duration::from_mins(5));
    let done = finish(&test, &staff, &id).await.announcement;
    assert_eq!(
        done.counts,
        AnnouncementCounts {
            sent: 620,
            ..AnnouncementCounts::default()
        }
    );
    let sent = to(&test);
    assert_eq!(sent.len(), 620);
    assert!(sent.windows(2).all(|pair| pair[0] != pair[1]));
    // the record tells of the whole, the history of each
    assert_eq!(test.count("event WHERE name = 'email_sent'").await, 0);
}

#[tokio::test]
async fn two_workers_at_one_page_write_it_once() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, many(3)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    let other = test.another().await;
    let job = || SendAnnouncement {
        announcement_id: id.0.parse().unwrap(),
        run: 1,
    };
    for _ in 0..4 {
        _ = tokio::join!(job().run(&test.sereno), job().run(&other.sereno));
    }
    finish(&test, &staff, &id).await;
    assert_eq!(test.count("email_message").await, 3);
    assert_eq!(test.count("job WHERE name = 'deliver_mail'").await, 3);
    assert_eq!(to(&test).len(), 3);
}

#[tokio::test]
async fn a_code_to_sign_in_does_not_wait_for_it() {
    let test = TestSereno::new().await;
    test.user("zoe").await;
    let (staff, made) = written(&test, many(30)).await;
    start(&test, &staff, &made.announcement.id).await;
    // everything is queued, nothing has left
    test.execute("UPDATE job SET priority = -1 WHERE name = 'send_announcement'")
        .await;
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(1))));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    test.advance(Duration::from_secs(2));
    let (_, mail) = test.ask_code("zoe@example.org").await;
    assert!(mail.is_some());
    let sent = test.mail.sent();
    assert_eq!(sent[0].recipient, "zoe@example.org");
    assert_eq!(sent.len(), 31);
}

#[tokio::test]
async fn it_stands_still_goes_on_and_is_ended() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, many(4)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(1))));
    jobs::run_due(&test.sereno).await.unwrap();
    test.mail.refuse_with(None);
    let paused = announcements::pause(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(paused.announcement.counts.queued, 4);
    for _ in 0..10 {
        test.advance(Duration::from_secs(5));
        jobs::run_due(&test.sereno).await.unwrap();
    }
    assert!(test.mail.sent().is_empty());
    let outcome = announcements::pause(&test.sereno, &test.meta(), &staff, &id).await;
    assert_eq!(refused(outcome), Code::StateConflict);
    announcements::resume(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    test.advance(Duration::from_secs(11));
    let done = finish(&test, &staff, &id).await;
    assert_eq!(done.announcement.counts.sent, 4);

    let (staff, made) = written(&test, many(4)).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    test.mail.refuse_with(Some(MailError::Wait(Duration::from_secs(1))));
    jobs::run_due(&test.sereno).await.unwrap();
    let ended = announcements::cancel(&test.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(ended.announcement.counts.cancelled, 4);
    test.mail.refuse_with(None);
    test.advance(Duration::from_mins(5));
    jobs::run_due(&test.sereno).await.unwrap();
    assert_eq!(test.mail.sent().len(), 4);
    // one by one they do not leave either
    let query = MessageQuery {
        announcement: Some(id.0.clone()),
        ..MessageQuery::default()
    };
    let mails = sereno_core::messages::list(&test.sereno, &staff, query).await.unwrap();
    assert_eq!(mails.total, 4);
    let outcome = sereno_core::messages::retry(&test.sereno, &test.meta(), &staff, &mails.items[0].id).await;
    assert_eq!(refused(outcome), Code::StateConflict);
}

#[tokio::test]
async fn what_fails_and_who_is_not_written_to_is_told_one_by_one() {
    let test = TestSereno::with(|config| config.mail.excluded = vec!["*.excluded.example".to_owned()]).await;
    let staff = test.system().await;
    let listed = AddSuppression {
        address: "never@example.org".to_owned(),
        note: None,
    };
    sereno_core::messages::suppress(&test.sereno, &test.meta(), &staff, listed)
        .await
        .unwrap();
    let audience = list(&["ana@example.org", "never@example.org", "x@mail.excluded.example"]);
    let (staff, made) = written(&test, audience).await;
    let id = made.announcement.id;
    test.mail.refuse_with(Some(MailError::Never("554 no".to_owned())));
    start(&test, &staff, &id).await;
    let done = finish(&test, &staff, &id).await.announcement;
    assert_eq!((done.counts.failed, done.counts.skipped), (1, 2));
    let query = |reason| MessageQuery {
        announcement: Some(id.0.clone()),
        reason: Some(reason),
        ..MessageQuery::default()
    };
    for (reason, address) in [
        (MessageReason::TransportRefused, "ana@example.org"),
        (MessageReason::AddressSuppressed, "never@example.org"),
        (MessageReason::EmailDomainExcluded, "x@mail.excluded.example"),
    ] {
        let found = sereno_core::messages::list(&test.sereno, &staff, query(reason))
            .await
            .unwrap();
        let addresses: Vec<_> = found.items.iter().map(|row| row.recipient.as_str()).collect();
        assert_eq!(addresses, [address]);
    }
    // and repaired like any other mail
    test.mail.refuse_with(None);
    let found = sereno_core::messages::list(&test.sereno, &staff, query(MessageReason::TransportRefused))
        .await
        .unwrap();
    sereno_core::messages::retry(&test.sereno, &test.meta(), &staff, &found.items[0].id)
        .await
        .unwrap();
    assert_eq!(test.mails().await.len(), 1);
    let detail = sereno_core::messages::detail(&test.sereno, &staff, &found.items[0].id)
        .await
        .unwrap();
    assert_eq!(detail.announcement, Some(id));
    let preview = detail.preview.unwrap();
    assert!(preview.text.contains("Dear reader") && preview.text.contains("token=\u{2022}"));
}

fn way_out(text: &str) -> Unsubscribe {
    let at = text.find("token=").unwrap() + "token=".len();
    let token: String = text[at..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '~' | '_' | '-'))
        .collect();
    Unsubscribe { token: token.into() }
}

#[tokio::test]
async fn each_mail_says_the_way_out_and_who_takes_it_gets_no_more_until_they_come_back() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (staff, made) = written(&test, list(&["ana@example.org", "bea@example.org"])).await;
    let id = made.announcement.id;
    start(&test, &staff, &id).await;
    finish(&test, &staff, &id).await;
    let mails = test.mail.sent();
    let mail = mails.iter().find(|mail| mail.recipient == "ana@example.org").unwrap();
    let link = mail.unsubscribe.clone().unwrap();
    assert!(mail.text.contains(&link), "{}", mail.text);
    assert!(!link.contains("ana") && !link.contains('@'), "{link}");
    let command = way_out(&link);
    // looking changes nothing
    let token = command.token.expose().to_owned();
    assert!(preferences::of_link(&test.sereno, &token).await.unwrap().announcements);
    for _ in 0..2 {
        preferences::unsubscribe(&test.sereno, &test.meta(), command.clone())
            .await
            .unwrap();
    }
    assert_eq!(test.events.count(EventKind::AnnouncementsDeclined), 1);
    let ana = test.actor("ana@example.org").await;
    assert!(!preferences::own(&test.sereno, &ana).await.unwrap().announcements);
    // no address is kept for it
    assert!(!test.dump("announcement_optout").await.concat().contains("ana@"));
    let again = async || {
        let (staff, made) = written(&test, list(&["ana@example.org", "bea@example.org"])).await;
        start(&test, &staff, &made.announcement.id).await;
        let done = finish(&test, &staff, &made.announcement.id).await;
        (done.announcement.counts.sent, done.announcement.counts.skipped)
    };
    assert_eq!(again().await, (1, 1));
    assert_eq!(test.count("email_message WHERE reason = 'unsubscribed'").await, 1);
    // mails about the account are no matter of taste
    let (_, code) = test.ask_code("ana@example.org").await;
    assert!(code.is_some());
    preferences::resubscribe(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    assert_eq!(again().await, (2, 0));
    assert_eq!(test.events.count(EventKind::AnnouncementsAccepted), 1);
}

#[tokio::test]
async fn the_way_out_opens_nothing_for_whom_it_is_not() {
    let test = TestSereno::new().await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    start(&test, &staff, &made.announcement.id).await;
    finish(&test, &staff, &made.announcement.id).await;
    let good = way_out(&test.mail.sent()[0].unsubscribe.clone().unwrap());
    let good = good.token.expose().to_owned();
    let (head, mac) = good.rsplit_once('~').unwrap();
    for bad in [
        String::new(),
        "~~".to_owned(),
        format!("{head}~"),
        format!("x{good}"),
        format!("{head}0~{mac}"),
        format!("{good}A"),
    ] {
        let command = Unsubscribe {
            token: bad.as_str().into(),
        };
        let outcome = preferences::unsubscribe(&test.sereno, &test.meta(), command).await;
        assert_eq!(refused(outcome), Code::UnsubscribeLinkInvalid, "{bad}");
    }
    assert_eq!(test.count("announcement_optout").await, 0);
}

#[tokio::test]
async fn a_user_declines_in_the_account_whatever_the_address_is_later() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let ana = test.actor("ana@example.org").await;
    let no = Preferences { announcements: false };
    let now = preferences::set(&test.sereno, &test.meta(), &ana, no).await.unwrap();
    assert_eq!(now, no);
    test.execute(
        "UPDATE user_email SET address = 'new@example.org', canonical = 'new@example.org' \
         WHERE canonical = 'ana@example.org'",
    )
    .await;
    let (staff, made) = written(&test, list(&["new@example.org", "ana@example.org"])).await;
    start(&test, &staff, &made.announcement.id).await;
    let done = finish(&test, &staff, &made.announcement.id).await;
    assert_eq!(done.announcement.counts.skipped, 2);
    // and it outlives the account
    test.execute(&format!(
        "DELETE FROM \"user\" WHERE number = {}",
        test.row(id).await.number
    ))
    .await;
    let (staff, made) = written(&test, list(&["ana@example.org"])).await;
    start(&test, &staff, &made.announcement.id).await;
    let done = finish(&test, &staff, &made.announcement.id).await;
    assert_eq!(done.announcement.counts.skipped, 1);
    assert_eq!(
        refused(preferences::own(&test.sereno, &Actor::Anonymous).await),
        Code::AuthenticationRequired
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

#[tokio::test]
async fn choosing_accounts_takes_the_right_to_see_them() {
    let test = TestSereno::new().await;
    let vic = test.row(test.user("vic").await).await.number;
    let system = test.system().await;
    let role = sereno_types::CreateRole {
        codename: "writer".to_owned(),
        permissions: vec!["messages.view".to_owned(), "messages.manage".to_owned()],
        ..sereno_types::CreateRole::default()
    };
    let role = sereno_core::roles::roles::create(&test.sereno, &test.meta(), &system, role)
        .await
        .unwrap();
    let command = sereno_types::AssignRole {
        role: role.row.role.id,
        users: vec![vic.to_string()],
        project: None,
        expires_at: None,
    };
    sereno_core::roles::assignments::assign(&test.sereno, &test.meta(), &system, command)
        .await
        .unwrap();
    let writer = test.staff(&test.actor("vic@example.org").await).await;
    let outcome = announcements::create(&test.sereno, &test.meta(), &writer, letter(everybody())).await;
    assert_eq!(refused(outcome), Code::PermissionDenied);
    announcements::create(&test.sereno, &test.meta(), &writer, letter(list(&["ana@example.org"])))
        .await
        .unwrap();
    let (_, made) = written(&test, everybody()).await;
    let seen = now(&test, &writer, &made.announcement.id).await;
    assert_eq!(seen.reaches, None);
    let outcome = start_as(&test, &writer, &made.announcement.id).await;
    assert_eq!(refused(outcome), Code::PermissionDenied);
}

async fn start_as(test: &TestSereno, staff: &Staff, id: &Id) -> sereno_core::Result<AnnouncementDetail> {
    announcements::schedule(&test.sereno, &test.meta(), staff, id, ScheduleAnnouncement::default()).await
}
