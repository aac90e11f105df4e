//! Nobody gives, takes or changes what they do not hold.

use super::*;

#[tokio::test]
async fn nobody_gives_what_they_do_not_hold_by_whatever_way() {
    let test = TestSereno::new().await;
    let (clerk, strong) = rita(&test).await;
    let admin = Desk::of(&test, None).await;
    let desk = Desk::of(&test, Some("rita")).await;
    test.user("ana").await;
    // what is hers she gives
    let light = desk.role("light", &["a.see"], &[]).await.unwrap().row.role.id;
    desk.give(&light, &["ana"], None).await.unwrap();

    let own = |permissions: &[&str]| UpdateRole {
        permissions: Some(permissions.iter().map(|name| (*name).to_owned()).collect()),
        ..UpdateRole::default()
    };
    assert_eq!(
        refused(desk.give(&strong, &["rita"], None).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(
        refused(desk.role("mine", &["a.do"], &[]).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(
        refused(desk.role("mine", &[], &[&strong]).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(
        refused(desk.change(&clerk, own(&["a.do"])).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(
        refused(desk.change(&clerk, includes(&[&strong])).await),
        Code::ExceedsOwnPermissions
    );
    // nor takes it away, or switches it
    let off = UpdateRole {
        is_enabled: Some(false),
        ..UpdateRole::default()
    };
    assert_eq!(
        refused(desk.change(&strong, off.clone()).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(
        refused(desk.change(&strong, own(&[])).await),
        Code::ExceedsOwnPermissions
    );
    let gone = roles::delete(&test.sereno, &desk.meta, &desk.staff, &strong).await;
    assert_eq!(refused(gone), Code::ExceedsOwnPermissions);
    // a role that is switched off is measured by what it would grant
    admin.change(&strong, off).await.unwrap();
    assert_eq!(
        refused(desk.give(&strong, &["rita"], None).await),
        Code::ExceedsOwnPermissions
    );

    // by way of a project
    desk.project("mine", None).await.unwrap();
    assert_eq!(
        refused(desk.project("owned", Some("rita")).await),
        Code::ExceedsOwnPermissions
    );
    let owner = UpdateProject {
        owner: Some("rita".to_owned()),
        ..UpdateProject::default()
    };
    let taken_over = projects::update(&test.sereno, &desk.meta, &desk.staff, "mine", owner).await;
    assert_eq!(refused(taken_over), Code::ExceedsOwnPermissions);
    let superuser = PutMember {
        is_superuser: Some(true),
        ..PutMember::default()
    };
    assert_eq!(
        refused(desk.member("mine", "rita", superuser).await),
        Code::ExceedsOwnPermissions
    );
    let role = PutMember {
        role: Some(strong.0.clone()),
        ..PutMember::default()
    };
    assert_eq!(
        refused(desk.member("mine", "rita", role).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(
        refused(desk.give(&strong, &["rita"], Some("mine")).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(test.count("event WHERE name = 'escalation_refused'").await, 14);

    // who may do everything in a project may say so of others there, and nowhere else
    let everything = PutMember {
        is_superuser: Some(true),
        ..PutMember::default()
    };
    admin.member("mine", "rita", everything.clone()).await.unwrap();
    desk.member("mine", "ana", everything).await.unwrap();
    desk.give(&strong, &["ana"], Some("mine")).await.unwrap();
    assert_eq!(
        refused(desk.give(&strong, &["ana"], None).await),
        Code::ExceedsOwnPermissions
    );
}

#[tokio::test]
async fn nobody_becomes_somebody_by_a_name_a_permission_or_an_application() {
    let test = TestSereno::new().await;
    let (_, strong) = rita(&test).await;
    let admin = Desk::of(&test, None).await;
    let desk = Desk::of(&test, Some("rita")).await;
    let rita = test.actor("rita").await.caller().unwrap().user_id;
    // called like another one, or in a project like one that holds everywhere
    let named = CreateRole {
        codename: "zz".to_owned(),
        name: Some("Administrator".to_owned()),
        ..CreateRole::default()
    };
    let named = roles::create(&test.sereno, &desk.meta, &desk.staff, named)
        .await
        .unwrap()
        .row
        .role
        .id;
    assert_eq!(
        refused(desk.give(&named, &["rita"], None).await),
        Code::ExceedsOwnPermissions
    );
    admin.give(&named, &["rita"], None).await.unwrap();
    assert!(!desk.may(rita, "role:administrator", None).await && desk.may(rita, "role:zz", None).await);
    desk.project("mine", None).await.unwrap();
    let shadow = ensure::in_project(&test.sereno, &desk.meta, &desk.staff, "mine", "administrator").await;
    assert_eq!(refused_fields(shadow), [("codename".to_owned(), Code::CodenameUnique)]);
    // a permission that is not hers is not hers to take away
    let search = PermissionQuery {
        q: Some("a.do".to_owned()),
        ..PermissionQuery::default()
    };
    let of_strong = permissions::list(&test.sereno, &admin.staff, search)
        .await
        .unwrap()
        .items
        .remove(0);
    let gone = permissions::delete(&test.sereno, &desk.meta, &desk.staff, &of_strong.id).await;
    assert_eq!(refused(gone), Code::ExceedsOwnPermissions);
    // a role that others go by alone, taken by way of one that includes it or that grants something from now on
    let auditor = admin.role("auditor", &[], &[]).await.unwrap().row.role.id;
    assert_eq!(
        refused(desk.role("mine2", &["a.see"], &[&auditor]).await),
        Code::ExceedsOwnPermissions
    );
    let some = UpdateRole {
        permissions: Some(vec!["a.see".to_owned()]),
        ..UpdateRole::default()
    };
    assert_eq!(refused(desk.change(&auditor, some).await), Code::ExceedsOwnPermissions);
    let gone = roles::delete(&test.sereno, &desk.meta, &desk.staff, &auditor).await;
    assert_eq!(refused(gone), Code::ExceedsOwnPermissions);
    // what ends is not given for ever
    test.user("carl").await;
    let light = admin.role("light", &["a.do"], &[]).await.unwrap().row.role.id;
    let soon = test.sereno.now().plus(Duration::from_hours(1));
    admin
        .give_until(&light, &["rita"], None, Some(soon.timestamp()))
        .await
        .unwrap();
    for whom in ["rita", "carl"] {
        assert_eq!(
            refused(desk.give(&light, &[whom], None).await),
            Code::ExceedsOwnPermissions
        );
        let later = soon.plus(Duration::from_hours(1)).timestamp();
        assert_eq!(
            refused(desk.give_until(&light, &[whom], None, Some(later)).await),
            Code::ExceedsOwnPermissions
        );
    }
    let sooner = soon.minus(Duration::from_mins(1)).timestamp();
    desk.give_until(&light, &["carl"], None, Some(sooner)).await.unwrap();
    // nor by switching a membership
    admin.project("acme", None).await.unwrap();
    admin.give(&light, &["rita"], Some("acme")).await.unwrap();
    let off = PutMember {
        is_enabled: Some(false),
        ..PutMember::default()
    };
    let on = PutMember {
        is_enabled: Some(true),
        ..PutMember::default()
    };
    admin.member("acme", "rita", off.clone()).await.unwrap();
    assert_eq!(
        refused(desk.member("acme", "rita", on).await),
        Code::ExceedsOwnPermissions
    );
    test.superuser("root").await;
    assert_eq!(
        refused(desk.member("acme", "root", off).await),
        Code::ExceedsOwnPermissions
    );
    // nor by way of an application that may declare
    let bea = admin
        .role("keeper", &["applications.view", "applications.manage"], &[])
        .await
        .unwrap();
    test.user("bea").await;
    admin.give(&bea.row.role.id, &["bea"], None).await.unwrap();
    declaring(&test, "shop").await;
    let bea = Desk::of(&test, Some("bea")).await;
    let shop = sereno_core::access::application::find(&test.sereno, Some("shop"))
        .await
        .unwrap()
        .unwrap();
    let secret =
        admin_of_applications::create_secret(&test.sereno, &bea.meta, &bea.staff, &Id(shop.id.to_string())).await;
    assert_eq!(refused(secret), Code::ExceedsOwnPermissions);
    for scope in ["access:check", "access:declare"] {
        let mut command = called("mine");
        command.scopes = vec![scope.to_owned()];
        let made = admin_of_applications::create(&test.sereno, &bea.meta, &bea.staff, command, None).await;
        assert_eq!(refused(made), Code::ExceedsOwnPermissions, "{scope}");
    }
    let _ = strong;
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let test = TestSereno::new().await;
    let (clerk, _) = rita(&test).await;
    test.viewer("vera").await;
    let desk = Desk::of(&test, Some("vera")).await;
    desk.project("x", None).await.map_err(|error| error.code()).unwrap_err();
    for outcome in [
        desk.permission("b.see").await.map(|_| ()),
        desk.role("b", &[], &[]).await.map(|_| ()),
        desk.change(&clerk, UpdateRole::default()).await.map(|_| ()),
        desk.give(&clerk, &["vera"], None).await.map(|_| ()),
        desk.member("x", "vera", PutMember::default()).await,
        roles::delete(&test.sereno, &desk.meta, &desk.staff, &clerk).await,
    ] {
        assert_eq!(refused(outcome), Code::PermissionDenied);
    }
    assert!(
        roles::list(&test.sereno, &desk.staff, RoleQuery::default())
            .await
            .unwrap()
            .total
            >= 5
    );
}

#[tokio::test]
async fn superusers_alone_make_and_end_superusers_and_never_the_last() {
    use sereno_core::account::admin::set_superuser;
    let test = TestSereno::new().await;
    rita(&test).await;
    let desk = Desk::of(&test, None).await;
    let (root, ana) = (test.superuser("root").await, test.user("ana").await);
    let (root, ana) = (Id(root.to_string()), Id(ana.to_string()));
    test.with_role("ada", "administrator").await;
    let set = |who: &'static str, id: Id, is: bool| {
        let test = &test;
        async move {
            let desk = Desk::of(test, Some(who)).await;
            set_superuser(desk.sereno, &desk.meta, &desk.staff, &id, is).await
        }
    };
    assert_eq!(
        refused(set("ada", ana.clone(), true).await),
        Code::ExceedsOwnPermissions
    );
    assert_eq!(refused(set("rita", ana.clone(), true).await), Code::PermissionDenied);
    assert!(!desk.may(ana.0.parse().unwrap(), "no.such", None).await);
    assert!(set("root", ana.clone(), true).await.unwrap().is_superuser);
    assert!(desk.may(ana.0.parse().unwrap(), "no.such", None).await);
    assert_eq!(refused(set("root", root.clone(), false).await), Code::OwnAccount);
    assert!(!set("ana", root.clone(), false).await.unwrap().is_superuser);
    let last = set_superuser(desk.sereno, &desk.meta, &desk.staff, &ana, false).await;
    assert_eq!(refused(last), Code::LastAdministrator);
    let again = set_superuser(desk.sereno, &desk.meta, &desk.staff, &ana, true).await;
    assert_eq!(refused(again), Code::StateConflict);
}
