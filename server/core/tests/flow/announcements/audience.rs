//! Whom an announcement reaches.

use sereno_core::announcements;
use sereno_core::context::Staff;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_types::{
    AnnouncementAction, AnnouncementAudience, AnnouncementDetail, Code, Id, ScheduleAnnouncement, UserState,
};

use super::{finish, letter, list, now, start, to, written};

fn everybody() -> AnnouncementAudience {
    AnnouncementAudience::default()
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
