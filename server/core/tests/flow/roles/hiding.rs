//! What lists do not tell staff who may see a part only: a filter answers for what there is not as for what it has nothing to
//! say of, and an address finds only whom it is the name of.

use sereno_core::access::check::check;
use sereno_core::account::{devices, sessions};
use sereno_core::{announcements, messages};
use sereno_types::{
    AnnouncementAudience, AudienceKind, Check, DeviceHint, DeviceQuery, SaveAnnouncement, SendMessage, SessionQuery,
};

use super::*;

/// Staff with these permissions, by the name `part`.
async fn partial(test: &TestSereno, permissions: &[&str]) -> Staff {
    let desk = Desk::of(test, None).await;
    let role = desk.role("part", permissions, &[]).await.unwrap().row.role.id;
    test.user("part").await;
    desk.give(&role, &["part"], None).await.unwrap();
    test.staff(&test.actor("part").await).await
}

#[tokio::test]
async fn what_a_filter_names_and_is_not_there_finds_nothing() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    Desk::of(&test, None).await.project("acme", None).await.unwrap();
    let staff = partial(&test, &["roles.view", "projects.view"]).await;
    let sereno = &test.sereno;
    for (there, nowhere) in [("acme", "nowhere"), ("acme", "no\0where")] {
        let assigned = async |project: &str| {
            let query = AssignmentQuery {
                project: Some(project.to_owned()),
                ..AssignmentQuery::default()
            };
            assignments::list(sereno, &staff, query).await.unwrap()
        };
        assert_eq!(assigned(there).await, assigned(nowhere).await);
        let roles_of = async |project: &str| {
            let query = RoleQuery {
                project: Some(project.to_owned()),
                ..RoleQuery::default()
            };
            roles::list(sereno, &staff, query).await.unwrap()
        };
        let global = roles_of(there).await;
        assert_eq!(global, roles_of(nowhere).await);
        assert!(global.total > 0, "global roles hold there, too");
    }
    for nobody in ["bea", "bea@example.org", "4711", "018f0000-0000-7000-8000-000000000000"] {
        let by_user = AssignmentQuery {
            user: Some(nobody.to_owned()),
            ..AssignmentQuery::default()
        };
        assert_eq!(assignments::list(sereno, &staff, by_user).await.unwrap().total, 0);
        let of_user = ProjectQuery {
            user: Some(nobody.to_owned()),
            ..ProjectQuery::default()
        };
        assert_eq!(projects::list(sereno, &staff, of_user).await.unwrap().total, 0);
    }
    let by_role = AssignmentQuery {
        role: Some("no id".to_owned()),
        ..AssignmentQuery::default()
    };
    assert_eq!(assignments::list(sereno, &staff, by_role).await.unwrap().total, 0);
}

#[tokio::test]
async fn an_address_finds_nobody_for_who_may_not_see_users() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    let member = desk.role("member", &[], &[]).await.unwrap().row.role.id;
    desk.project("acme", Some("ana")).await.unwrap_err();
    test.user("ana").await;
    desk.project("acme", Some("ana")).await.unwrap();
    let mut command = test.credentials("ana", sereno_core::testing::PASSWORD);
    command.device = Some(DeviceHint {
        name: Some("Phone".to_owned()),
        ..DeviceHint::default()
    });
    sereno_core::login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    desk.give(&member, &["ana"], Some("acme")).await.unwrap();
    let blind = [
        "roles.view",
        "roles.manage",
        "projects.view",
        "projects.manage",
        "sessions.view",
        "devices.view",
    ];
    let part = partial(&test, &blind).await;
    let (sereno, whole) = (&test.sereno, test.system().await);
    // by the name everybody finds her, by the address who may see it; without a name the address is what she is called
    for (sees, asks, named, found) in [
        (&whole, "ana@example.org", true, true),
        (&part, "ana", true, true),
        (&part, "ana@example.org", true, false),
        (&part, "ana@example.org", false, true),
        (&part, "bea@example.org", false, false),
    ] {
        let username = if named { "'ana'" } else { "NULL" };
        test.execute(&format!(
            "UPDATE \"user\" SET username = {username}, username_canonical = {username} \
             WHERE id IN (SELECT user_id FROM user_email WHERE canonical = 'ana@example.org')"
        ))
        .await;
        let user = || Some(asks.to_owned());
        let sessions = SessionQuery {
            user: user(),
            ..SessionQuery::default()
        };
        let devices_of = DeviceQuery {
            user: user(),
            ..DeviceQuery::default()
        };
        let searched = DeviceQuery {
            q: user(),
            ..DeviceQuery::default()
        };
        let assigned = AssignmentQuery {
            user: user(),
            ..AssignmentQuery::default()
        };
        let owned = ProjectQuery {
            user: user(),
            ..ProjectQuery::default()
        };
        let members_found = MemberQuery {
            q: user(),
            ..MemberQuery::default()
        };
        let counts = [
            sessions::list(sereno, sees, sessions).await.unwrap().total,
            devices::list(sereno, sees, devices_of).await.unwrap().total,
            devices::list(sereno, sees, searched).await.unwrap().total,
            assignments::list(sereno, sees, assigned).await.unwrap().total,
            projects::list(sereno, sees, owned).await.unwrap().total,
            members::list(sereno, sees, "acme", members_found).await.unwrap().total,
        ];
        assert!(
            counts.iter().all(|count| (*count > 0) == found),
            "{asks}, {named}: {counts:?}"
        );
    }
    // nor does giving tell the two apart
    for address in ["ana@example.org", "nobody@example.org"] {
        test.execute(
            "UPDATE \"user\" SET username = 'ana', username_canonical = 'ana' \
             WHERE id IN (SELECT user_id FROM user_email WHERE canonical = 'ana@example.org')",
        )
        .await;
        let command = AssignRole {
            role: member.clone(),
            users: vec![address.to_owned()],
            project: None,
            expires_at: None,
        };
        let refused = assignments::assign(sereno, &test.meta(), &part, command).await;
        assert_eq!(refused_fields(refused), [("users.0".to_owned(), Code::InvalidChoice)]);
    }
}

#[tokio::test]
async fn a_project_is_not_looked_for_by_who_may_not_give_there() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.project("acme", None).await.unwrap();
    let member = desk.role("member", &[], &[]).await.unwrap().row.role.id;
    let part = partial(&test, &["roles.view", "roles.manage"]).await;
    for project in ["acme", "nowhere"] {
        let command = AssignRole {
            role: member.clone(),
            users: vec!["part".to_owned()],
            project: Some(project.to_owned()),
            expires_at: None,
        };
        let outcome = assignments::assign(&test.sereno, &test.meta(), &part, command).await;
        assert_eq!(refused(outcome), Code::PermissionDenied, "{project}");
    }
}

/// A right that holds everywhere holds in every project that there is: whoever may not see projects asks about none.
#[tokio::test]
async fn only_who_may_see_projects_asks_what_holds_there() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.project("acme", None).await.unwrap();
    let ana = Id(test.viewer("ana").await.to_string());
    let part = partial(&test, &["roles.view"]).await;
    let actor = test.actor("part").await;
    let (sereno, whole) = (&test.sereno, test.system().await);
    let effective = async |staff: &Staff, project: &str| {
        let query = EffectiveQuery {
            project: Some(project.to_owned()),
            ..EffectiveQuery::default()
        };
        why::effective(sereno, staff, &ana, query).await
    };
    for project in ["acme", "nowhere"] {
        assert_eq!(refused(effective(&part, project).await), Code::PermissionDenied);
        let explored = why::explore(sereno, &part, &ana.0, "users.view", Some(project)).await;
        assert_eq!(refused(explored), Code::PermissionDenied);
        let command = Check {
            permission: Some("users.view".to_owned()),
            user: Some(ana.0.clone()),
            project: Some(project.to_owned()),
            ..Check::default()
        };
        let asked = check(sereno, &test.meta(), &actor, None, command).await;
        assert_eq!(refused(asked), Code::PermissionDenied);
    }
    assert!(effective(&part, "").await.unwrap().total > 0, "everywhere they may");
    assert!(effective(&whole, "acme").await.unwrap().total > 0);
    assert_eq!(
        refused_fields(effective(&whole, "nowhere").await),
        [("project".to_owned(), Code::InvalidChoice)]
    );
}

/// Whoever writes mails learns from no answer which projects there are.
#[tokio::test]
async fn only_who_may_see_projects_writes_in_their_name() {
    let test = TestSereno::new().await;
    Desk::of(&test, None).await.project("acme", None).await.unwrap();
    let part = partial(&test, &["messages.view", "messages.manage"]).await;
    for project in ["acme", "nowhere"] {
        let mail = SendMessage {
            recipients: vec!["ana@example.org".to_owned()],
            subject: Some("Hello".to_owned()),
            text: Some("Hello".to_owned()),
            project: Some(project.to_owned()),
            ..SendMessage::default()
        };
        let sent = messages::send(&test.sereno, &test.meta(), &part, mail).await;
        assert_eq!(refused(sent), Code::PermissionDenied, "{project}");
        let draft = SaveAnnouncement {
            name: "News".to_owned(),
            project: Some(project.to_owned()),
            audience: AnnouncementAudience {
                kind: AudienceKind::Addresses,
                addresses: vec!["ana@example.org".to_owned()],
                ..AnnouncementAudience::default()
            },
            ..SaveAnnouncement::default()
        };
        let saved = announcements::create(&test.sereno, &test.meta(), &part, draft).await;
        assert_eq!(refused(saved), Code::PermissionDenied, "{project}");
    }
}
