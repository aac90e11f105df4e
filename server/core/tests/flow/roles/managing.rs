//! Roles, permissions and what they are made of.

use super::*;

#[tokio::test]
async fn a_role_is_made_changed_and_deleted_and_events_tell_before_and_after() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.permission("a.see").await.unwrap();
    desk.permission("a.do").await.unwrap();
    let see = desk.role("see", &["a.see"], &[]).await.unwrap();
    let both = desk.role("Both", &["A.Do"], &[&see.row.role.id]).await.unwrap();
    assert_eq!(both.row.role.codename, "both");
    assert_eq!(
        (both.grants.as_slice(), both.row.permissions),
        (["a.do".to_owned()].as_slice(), 2)
    );
    assert_eq!(both.effective, ["a.do", "a.see"]);
    let ana = test.user("ana").await;
    desk.give(&both.row.role.id, &["ana"], None).await.unwrap();
    assert!(desk.may(ana, "a.see", None).await && desk.may(ana, "role:see", None).await);

    let none = UpdateRole {
        permissions: Some(Vec::new()),
        name: Some("Only the other".to_owned()),
        ..UpdateRole::default()
    };
    let changed = desk.change(&both.row.role.id, none).await.unwrap();
    assert_eq!(changed.effective, ["a.see"]);
    assert!(!desk.may(ana, "a.do", None).await && desk.may(ana, "a.see", None).await);
    let told = test
        .column("SELECT CAST(detail AS TEXT) FROM event WHERE name = 'role_updated'")
        .await;
    assert_eq!(told.len(), 1);
    for words in ["\"before\"", "\"after\"", "a.do", "Only the other"] {
        assert!(told[0].contains(words), "{words}: {}", told[0]);
    }

    roles::delete(&test.sereno, &desk.meta, &desk.staff, &see.row.role.id)
        .await
        .unwrap();
    assert!(!desk.may(ana, "a.see", None).await);
    let left = roles::detail(&test.sereno, &desk.staff, &both.row.role.id)
        .await
        .unwrap();
    assert!(left.includes.is_empty() && left.effective.is_empty());
}

#[tokio::test]
async fn no_ring_and_nothing_over_a_projects_border() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    let one = desk.role("one", &[], &[]).await.unwrap().row.role.id;
    let two = desk.role("two", &[], &[&one]).await.unwrap().row.role.id;
    let three = desk.role("three", &[], &[&two]).await.unwrap().row.role.id;
    for (role, included) in [(&one, &three), (&one, &one), (&two, &three)] {
        let faults = refused_fields(desk.change(role, includes(&[included])).await);
        assert_eq!(faults, [("includes.0".to_owned(), Code::RoleCycle)]);
    }
    desk.project("x", None).await.unwrap();
    desk.project("y", None).await.unwrap();
    let of = |project: &str, included: &[&Id]| CreateRole {
        codename: "local".to_owned(),
        project: Some(project.to_owned()),
        includes: included.iter().map(|id| (*id).clone()).collect(),
        ..CreateRole::default()
    };
    let make = |command: CreateRole| roles::create(&test.sereno, &desk.meta, &desk.staff, command);
    let local = make(of("x", &[&three])).await.unwrap().row.role.id;
    assert_eq!(
        refused_fields(make(of("y", &[&local])).await),
        [("includes.0".to_owned(), Code::InvalidChoice)]
    );
    assert_eq!(
        refused_fields(desk.change(&one, includes(&[&local])).await),
        [("includes.0".to_owned(), Code::InvalidChoice)]
    );
    // the same codename in another scope is another role; in the same scope it is taken
    make(of("y", &[])).await.unwrap();
    assert_eq!(
        refused_fields(make(of("y", &[])).await),
        [("codename".to_owned(), Code::CodenameUnique)]
    );
    test.user("ana").await;
    for project in [None, Some("y")] {
        let faults = refused_fields(desk.give(&local, &["ana"], project).await);
        assert_eq!(faults, [("role".to_owned(), Code::InvalidChoice)]);
    }
}

#[tokio::test]
async fn ways_from_role_to_role_stay_short() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    let mut last = desk.role("way0", &[], &[]).await.unwrap().row.role.id;
    for step in 1..10 {
        last = desk
            .role(&format!("way{step}"), &[], &[&last])
            .await
            .unwrap()
            .row
            .role
            .id;
    }
    let faults = refused_fields(desk.role("way10", &[], &[&last]).await);
    assert_eq!(faults, [("includes".to_owned(), Code::TooLong)]);
    let keys = declaring(&test, "shop").await;
    let mut chain = Catalogue::default();
    for step in 0..11 {
        chain.roles.push(DeclaredRole {
            codename: format!("shop{step}"),
            includes: (step > 0).then(|| format!("shop{}", step - 1)).into_iter().collect(),
            ..DeclaredRole::default()
        });
    }
    let declared = catalogue::declare(&test.sereno, &desk.meta, &keys, chain).await;
    assert_eq!(refused_fields(declared)[0].1, Code::TooLong);
    assert_eq!(test.count("role WHERE origin = 'shop'").await, 0);
}

#[tokio::test]
async fn permissions_that_are_granted_at_once_are_all_granted() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    let role = desk.role("many", &[], &[]).await.unwrap().row.role.id;
    let grant = |index: usize| {
        let (desk, role) = (&desk, &role);
        async move {
            let codename = format!("race.p{index}");
            ensure::permission(desk.sereno, &desk.meta, &desk.staff, role, &codename).await
        }
    };
    let granted = futures_of((0..20).map(grant)).await;
    assert!(granted.iter().all(Result::is_ok), "{granted:?}");
    let role = roles::detail(&test.sereno, &desk.staff, &role).await.unwrap();
    assert_eq!(role.grants.len(), 20);
}

#[tokio::test]
async fn what_sereno_and_applications_declared_is_not_staffs_to_change() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    let search = PermissionQuery {
        q: Some("users.view".to_owned()),
        ..PermissionQuery::default()
    };
    let own = permissions::list(&test.sereno, &desk.staff, search)
        .await
        .unwrap()
        .items
        .remove(0);
    assert_eq!((own.origin.as_str(), own.roles), ("sereno", 3));
    assert_eq!(own.description, sereno_types::Permission::UsersView.doc());
    let told_anew = UpdatePermission {
        description: "mine".to_owned(),
    };
    let changed = permissions::update(&test.sereno, &desk.meta, &desk.staff, &own.id, told_anew).await;
    assert_eq!(refused(changed), Code::StateConflict);
    let deleted = permissions::delete(&test.sereno, &desk.meta, &desk.staff, &own.id).await;
    assert_eq!(refused(deleted), Code::StateConflict);
    let viewer = RoleQuery {
        q: Some("viewer".to_owned()),
        ..RoleQuery::default()
    };
    let viewer = roles::list(&test.sereno, &desk.staff, viewer)
        .await
        .unwrap()
        .items
        .remove(0);
    let deleted = roles::delete(&test.sereno, &desk.meta, &desk.staff, &viewer.role.id).await;
    assert_eq!(refused(deleted), Code::StateConflict);
    for (name, code) in [
        ("", Code::Blank),
        ("a b", Code::InvalidCharacters),
        ("role:x", Code::InvalidCharacters),
        ("users.view", Code::CodenameUnique),
    ] {
        assert_eq!(
            refused_fields(desk.permission(name).await),
            [("codename".to_owned(), code)],
            "{name}"
        );
    }
    desk.permission("lonely").await.unwrap();
    let never = PermissionQuery {
        usage: Some(UsageFilter::NeverGranted),
        ..PermissionQuery::default()
    };
    let never = permissions::list(&test.sereno, &desk.staff, never).await.unwrap();
    assert_eq!(
        never.items.iter().map(|row| row.codename.as_str()).collect::<Vec<_>>(),
        ["lonely"]
    );
}
