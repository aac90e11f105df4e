//! Roles, permissions, projects and what applications declare, as staff manages them: nobody gives what they do not hold.

#![expect(clippy::unwrap_used, reason = "checks outside of the test functions")]

use std::time::Duration;

use sereno_core::access::check::decide;
use sereno_core::context::{RequestMeta, Staff};
use sereno_core::oauth::admin as admin_of_applications;
use sereno_core::rights::Who;
use sereno_core::roles::{assignments, catalogue, members, permissions, projects, roles, why};
use sereno_core::testing::{Client, TestSereno, called, claims_of, refused, refused_fields, register};
use sereno_core::{Result, Sereno};
use sereno_types::{
    AssignRole, Assigned, AssignmentQuery, Catalogue, ClientCredentials, Code, CreatePermission, CreateProject,
    CreateRole, DeclaredPermission, DeclaredRole, EffectiveQuery, Id, MemberQuery, PermissionQuery, ProjectQuery,
    PutMember, Reason, RoleDetail, RoleQuery, Timestamp, UpdatePermission, UpdateProject, UpdateRole, UsageFilter,
};
use uuid::Uuid;

/// A member of staff at work.
struct Desk<'a> {
    sereno: &'a Sereno,
    meta: RequestMeta,
    staff: Staff,
}

impl<'a> Desk<'a> {
    async fn of(test: &'a TestSereno, who: Option<&str>) -> Self {
        let staff = match who {
            Some(who) => test.staff(&test.actor(who).await).await,
            None => test.system().await,
        };
        Self {
            sereno: &test.sereno,
            meta: test.meta(),
            staff,
        }
    }

    async fn permission(&self, codename: &str) -> Result<Id> {
        let command = CreatePermission {
            codename: codename.to_owned(),
            ..CreatePermission::default()
        };
        let made = permissions::create(self.sereno, &self.meta, &self.staff, command).await;
        made.map(|row| row.id)
    }

    async fn role(&self, codename: &str, permissions: &[&str], includes: &[&Id]) -> Result<RoleDetail> {
        let command = CreateRole {
            codename: codename.to_owned(),
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            includes: includes.iter().map(|id| (*id).clone()).collect(),
            ..CreateRole::default()
        };
        roles::create(self.sereno, &self.meta, &self.staff, command).await
    }

    async fn change(&self, role: &Id, command: UpdateRole) -> Result<RoleDetail> {
        roles::update(self.sereno, &self.meta, &self.staff, role, command).await
    }

    async fn project(&self, slug: &str, owner: Option<&str>) -> Result<()> {
        let command = CreateProject {
            slug: slug.to_owned(),
            owner: owner.map(str::to_owned),
            ..CreateProject::default()
        };
        projects::create(self.sereno, &self.meta, &self.staff, command)
            .await
            .map(|_| ())
    }

    async fn give(&self, role: &Id, users: &[&str], project: Option<&str>) -> Result<Assigned> {
        self.give_until(role, users, project, None).await
    }

    async fn give_until(
        &self,
        role: &Id,
        users: &[&str],
        project: Option<&str>,
        end: Option<Timestamp>,
    ) -> Result<Assigned> {
        let command = AssignRole {
            role: role.clone(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            project: project.map(str::to_owned),
            expires_at: end,
        };
        assignments::assign(self.sereno, &self.meta, &self.staff, command).await
    }

    async fn member(&self, project: &str, user: &str, command: PutMember) -> Result<()> {
        members::put(
            self.sereno,
            &self.meta,
            &self.staff,
            members::Seat { project, user },
            command,
        )
        .await
        .map(|_| ())
    }

    async fn may(&self, user: Uuid, permission: &str, project: Option<&str>) -> bool {
        decide(self.sereno, Who::Id(user), permission, project)
            .await
            .unwrap()
            .allowed
    }
}

async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut done = Vec::new();
    let mut all: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

fn includes(ids: &[&Id]) -> UpdateRole {
    UpdateRole {
        includes: Some(ids.iter().map(|id| (*id).clone()).collect()),
        ..UpdateRole::default()
    }
}

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

/// Rita may manage roles and projects, and holds `a.see` besides; `a.do` is not hers.
async fn rita(test: &TestSereno) -> (Id, Id) {
    let desk = Desk::of(test, None).await;
    desk.permission("a.see").await.unwrap();
    desk.permission("a.do").await.unwrap();
    let own = [
        "a.see",
        "roles.view",
        "roles.manage",
        "projects.view",
        "projects.manage",
    ];
    let clerk = desk.role("clerk", &own, &[]).await.unwrap().row.role.id;
    let strong = desk.role("strong", &["a.do"], &[]).await.unwrap().row.role.id;
    test.user("rita").await;
    desk.give(&clerk, &["rita"], None).await.unwrap();
    (clerk, strong)
}

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
    let shadow = roles::ensure_in_project(&test.sereno, &desk.meta, &desk.staff, "mine", "administrator").await;
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
            roles::ensure_permission(desk.sereno, &desk.meta, &desk.staff, role, &codename).await
        }
    };
    let granted = futures_of((0..20).map(grant)).await;
    assert!(granted.iter().all(Result::is_ok), "{granted:?}");
    let role = roles::detail(&test.sereno, &desk.staff, &role).await.unwrap();
    assert_eq!(role.grants.len(), 20);
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
async fn a_role_is_given_to_many_until_a_moment_and_taken_back() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.permission("a.see").await.unwrap();
    let role = desk.role("see", &["a.see"], &[]).await.unwrap().row.role.id;
    let (ana, bea) = (test.user("ana").await, test.user("bea").await);
    let (by_id, by_address) = (ana.to_string(), "bea@example.org");
    let soon = test.sereno.now().plus(Duration::from_mins(1)).timestamp();
    let given = desk
        .give_until(&role, &[&by_id, by_address, "ana"], None, Some(soon))
        .await
        .unwrap();
    assert_eq!((given.assigned, given.kept), (2, 0));
    assert!(desk.may(ana, "a.see", None).await && desk.may(bea, "a.see", None).await);
    test.advance(Duration::from_secs(61));
    let decision = decide(&test.sereno, Who::Id(ana), "a.see", None).await.unwrap();
    assert_eq!((decision.allowed, decision.reason), (false, Reason::Expired));
    // given again it holds for ever, and there is still one row
    let given = desk.give(&role, &["ana"], None).await.unwrap();
    assert_eq!((given.assigned, given.kept), (0, 1));
    assert!(desk.may(ana, "a.see", None).await);
    let query = AssignmentQuery {
        user: Some("ana".to_owned()),
        ..AssignmentQuery::default()
    };
    let held = assignments::list(&test.sereno, &desk.staff, query).await.unwrap();
    assert_eq!(
        (held.total, held.items[0].expires_at.clone(), held.items[0].is_expired),
        (1, None, false)
    );
    assignments::revoke(&test.sereno, &desk.meta, &desk.staff, &held.items[0].id)
        .await
        .unwrap();
    assert!(!desk.may(ana, "a.see", None).await);
    let again = assignments::revoke(&test.sereno, &desk.meta, &desk.staff, &held.items[0].id).await;
    assert_eq!(refused(again), Code::NotFound);

    // one that there is not: none gets it
    let faults = refused_fields(desk.give(&role, &["ana", "nobody"], None).await);
    assert_eq!(faults, [("users.1".to_owned(), Code::InvalidChoice)]);
    assert!(!desk.may(ana, "a.see", None).await);
    let past = test.sereno.now().timestamp();
    let faults = refused_fields(desk.give_until(&role, &["ana"], None, Some(past)).await);
    assert_eq!(faults, [("expires_at".to_owned(), Code::InvalidChoice)]);
}

#[tokio::test]
async fn a_thousand_users_at_once() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.permission("a.see").await.unwrap();
    let role = desk.role("see", &["a.see"], &[]).await.unwrap().row.role.id;
    desk.project("acme", None).await.unwrap();
    let ana = test.user("ana").await;
    // rows like hers
    let columns = "username, username_canonical, first_name, last_name, password_hash, state, origin, is_superuser, \
        credential_epoch, avatar, locale, attributes, created_at, updated_at, last_login_at, delete_at, closed_from, \
        access_epoch";
    let copied = columns.replace("username, username_canonical", "NULL, NULL");
    let mut ids = Vec::new();
    for number in 0..999_u128 {
        let id = Uuid::from_u128(number + 1);
        let literal = if test.sereno.db.is_sqlite() {
            format!("X'{}'", id.simple())
        } else {
            format!("'{id}'")
        };
        let row = format!(
            "INSERT INTO \"user\" (id, number, {columns}) SELECT {literal}, {}, {copied} FROM \"user\" WHERE username = 'ana'",
            5_000 + number
        );
        test.execute(&row).await;
        ids.push(id.to_string());
    }
    ids.push(ana.to_string());
    let users: Vec<&str> = ids.iter().map(String::as_str).collect();
    let given = desk.give(&role, &users, Some("acme")).await.unwrap();
    assert_eq!((given.assigned, given.kept), (1_000, 0));
    let first = MemberQuery {
        limit: Some(200),
        ..MemberQuery::default()
    };
    let page = members::list(&test.sereno, &desk.staff, "acme", first).await.unwrap();
    assert_eq!((page.total, page.items.len()), (1_000, 200));
    assert_eq!(page.items[0].roles.len(), 1);
    assert!(desk.may(Uuid::from_u128(500), "a.see", Some("acme")).await);
    let mut more = users.clone();
    more.push("ana");
    assert_eq!(
        refused_fields(desk.give(&role, &more, None).await),
        [("users".to_owned(), Code::TooLong)]
    );
}

#[tokio::test]
async fn members_come_change_and_go() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.permission("a.see").await.unwrap();
    let role = desk.role("see", &["a.see"], &[]).await.unwrap().row.role.id;
    let ana = test.user("ana").await;
    desk.project("acme", None).await.unwrap();
    desk.member("acme", "ana", PutMember::default()).await.unwrap();
    assert!(!desk.may(ana, "a.see", Some("acme")).await);
    let with_role = PutMember {
        role: Some(role.0.clone()),
        ..PutMember::default()
    };
    desk.member("acme", "ana", with_role).await.unwrap();
    assert!(desk.may(ana, "a.see", Some("acme")).await && !desk.may(ana, "a.see", None).await);
    // what is not said stays
    let off = PutMember {
        is_enabled: Some(false),
        ..PutMember::default()
    };
    desk.member("acme", "ana", off).await.unwrap();
    let page = members::list(&test.sereno, &desk.staff, "acme", MemberQuery::default())
        .await
        .unwrap();
    assert_eq!(
        page.items[0].role.as_ref().map(|role| role.codename.as_str()),
        Some("see")
    );
    assert!(!page.items[0].is_enabled && !desk.may(ana, "a.see", Some("acme")).await);
    desk.give(&role, &["ana"], Some("acme")).await.unwrap();
    let anas = members::Seat {
        project: "acme",
        user: "ana",
    };
    let removed = members::remove(&test.sereno, &desk.meta, &desk.staff, anas).await;
    removed.unwrap();
    assert_eq!(test.count("role_assignment").await, 0);
    let again = members::remove(&test.sereno, &desk.meta, &desk.staff, anas).await;
    assert_eq!(refused(again), Code::NotFound);
    let search = ProjectQuery {
        q: Some("ACM".to_owned()),
        user: Some("ana".to_owned()),
        ..ProjectQuery::default()
    };
    assert_eq!(
        projects::list(&test.sereno, &desk.staff, search).await.unwrap().total,
        0
    );
    projects::delete(&test.sereno, &desk.meta, &desk.staff, "acme")
        .await
        .unwrap();
    let gone = projects::detail(&test.sereno, &desk.staff, "acme").await;
    assert_eq!(refused(gone), Code::NotFound);
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

#[tokio::test]
async fn a_role_that_staff_widened_is_not_handed_on_by_its_application() {
    let test = TestSereno::new().await;
    let keys = declaring(&test, "shop").await;
    let desk = Desk::of(&test, None).await;
    catalogue::declare(&test.sereno, &desk.meta, &keys, shop())
        .await
        .unwrap();
    let clerk = roles::named(&test.sereno, &desk.staff, "shop-clerk", None)
        .await
        .unwrap();
    let viewer = roles::named(&test.sereno, &desk.staff, "viewer", None).await.unwrap();
    let wider = UpdateRole {
        permissions: Some(vec!["shop.see".to_owned(), "users.manage".to_owned()]),
        includes: Some(vec![viewer.clone()]),
        ..UpdateRole::default()
    };
    desk.change(&clerk, wider).await.unwrap();
    // what staff added stays, and is no difference
    let again = catalogue::declare(&test.sereno, &desk.meta, &keys, shop())
        .await
        .unwrap();
    assert_eq!(again, sereno_types::CatalogueChange::default());
    let mut more = shop();
    more.roles.push(DeclaredRole {
        codename: "shop-basic".to_owned(),
        includes: vec!["shop-clerk".to_owned()],
        ..DeclaredRole::default()
    });
    let faults = refused_fields(catalogue::declare(&test.sereno, &desk.meta, &keys, more).await);
    assert_eq!(faults, [("roles.shop-basic.includes".to_owned(), Code::InvalidChoice)]);
    let mut other = shop();
    other.roles[0].description = "Told anew".to_owned();
    assert!(
        catalogue::declare(&test.sereno, &desk.meta, &keys, other)
            .await
            .unwrap()
            .applied
    );
    let clerk = roles::detail(&test.sereno, &desk.staff, &clerk).await.unwrap();
    assert!(clerk.grants.contains(&"users.manage".to_owned()) && clerk.includes.len() == 1);
}

fn shop() -> Catalogue {
    let permission = |codename: &str| DeclaredPermission {
        codename: codename.to_owned(),
        description: format!("To {codename}"),
    };
    let role = |codename: &str, permissions: &[&str], includes: &[&str]| DeclaredRole {
        codename: codename.to_owned(),
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        includes: includes.iter().map(|name| (*name).to_owned()).collect(),
        ..DeclaredRole::default()
    };
    Catalogue {
        permissions: vec![permission("shop.see"), permission("Shop.sell")],
        roles: vec![
            role("shop-clerk", &["shop.see"], &[]),
            role("shop-boss", &["shop.sell"], &["shop-clerk"]),
        ],
        ..Catalogue::default()
    }
}

/// An application that may declare.
async fn declaring(test: &TestSereno, name: &str) -> ClientCredentials {
    let mut command = called(name);
    command.scopes = vec!["access:declare".to_owned()];
    command.kind = sereno_types::ApplicationKind::Confidential;
    let created = register(test, command).await.unwrap();
    ClientCredentials {
        client_id: Some(name.to_owned()),
        client_secret: created.secret.map(|secret| secret.client_secret.into()),
    }
}

#[tokio::test]
async fn an_application_declares_what_it_knows_as_often_as_it_likes() {
    let test = TestSereno::new().await;
    let keys = declaring(&test, "shop").await;
    let desk = Desk::of(&test, None).await;
    let declare = |catalogue: Catalogue| catalogue::declare(&test.sereno, &desk.meta, &keys, catalogue);
    let mut dry = shop();
    dry.dry_run = true;
    let change = declare(dry).await.unwrap();
    assert_eq!(
        (change.permissions.added.len(), change.roles.added.len(), change.applied),
        (2, 2, false)
    );
    assert_eq!(test.count("permission WHERE origin = 'shop'").await, 0);
    assert!(declare(shop()).await.unwrap().applied);
    let again = declare(shop()).await.unwrap();
    assert_eq!(again, sereno_types::CatalogueChange::default());
    assert_eq!(test.count("event WHERE name = 'catalogue_declared'").await, 1);
    let ana = test.user("ana").await;
    let query = RoleQuery {
        q: Some("shop-boss".to_owned()),
        ..RoleQuery::default()
    };
    let boss = roles::list(&test.sereno, &desk.staff, query)
        .await
        .unwrap()
        .items
        .remove(0);
    desk.give(&boss.role.id, &["ana"], None).await.unwrap();
    assert!(desk.may(ana, "shop.see", None).await);

    // less is declared: it stays until pruned
    let mut less = shop();
    less.permissions.remove(0);
    less.roles.remove(0);
    less.roles[0].includes.clear();
    let change = declare(less).await.unwrap();
    assert_eq!(
        (change.permissions.obsolete.as_slice(), change.roles.obsolete.as_slice()),
        (["shop.see".to_owned()].as_slice(), ["shop-clerk".to_owned()].as_slice())
    );
    assert_eq!(test.count("permission WHERE origin = 'shop'").await, 2);
    assert!(!desk.may(ana, "shop.see", None).await && desk.may(ana, "shop.sell", None).await);
    let mut less = shop();
    less.permissions.remove(0);
    less.roles.remove(0);
    less.roles[0].includes.clear();
    less.prune = true;
    assert!(declare(less).await.unwrap().applied);
    assert_eq!(test.count("permission WHERE origin = 'shop'").await, 1);
    assert_eq!(test.count("role WHERE origin = 'shop'").await, 1);
}

#[tokio::test]
async fn an_application_declares_nothing_of_anothers() {
    let test = TestSereno::new().await;
    let (keys, other) = (declaring(&test, "shop").await, declaring(&test, "store").await);
    let meta = test.meta();
    catalogue::declare(&test.sereno, &meta, &keys, shop()).await.unwrap();
    let faults = refused_fields(catalogue::declare(&test.sereno, &meta, &other, shop()).await);
    assert_eq!(faults.len(), 5, "{faults:?}");
    assert!(faults.contains(&("permissions.shop.see".to_owned(), Code::CodenameUnique)));
    let with = |permission: &str, included: &str| {
        let mut catalogue = Catalogue::default();
        catalogue.roles.push(DeclaredRole {
            codename: "store-boss".to_owned(),
            permissions: vec![permission.to_owned()]
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect(),
            includes: vec![included.to_owned()]
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect(),
            ..DeclaredRole::default()
        });
        catalogue
    };
    for (catalogue, field, code) in [
        (with("users.manage", ""), "permissions", Code::InvalidChoice),
        (with("shop.see", ""), "permissions", Code::InvalidChoice),
        (with("", "administrator"), "includes", Code::InvalidChoice),
        (with("", "store-boss"), "includes", Code::RoleCycle),
    ] {
        let faults = refused_fields(catalogue::declare(&test.sereno, &meta, &other, catalogue).await);
        assert_eq!(faults, [(format!("roles.store-boss.{field}"), code)]);
    }
    // without the scope
    let mut command = called("plain");
    command.kind = sereno_types::ApplicationKind::Confidential;
    let created = register(&test, command).await.unwrap();
    let plain = ClientCredentials {
        client_id: Some("plain".to_owned()),
        client_secret: created.secret.map(|secret| secret.client_secret.into()),
    };
    let declared = catalogue::declare(&test.sereno, &meta, &plain, shop()).await;
    assert_eq!(refused(declared), Code::UnauthorizedClient);
}

#[tokio::test]
async fn staff_sees_what_somebody_may_and_why() {
    let test = TestSereno::new().await;
    let desk = Desk::of(&test, None).await;
    desk.permission("a.see").await.unwrap();
    desk.permission("b.see").await.unwrap();
    let role = desk.role("see", &["a.see", "b.see"], &[]).await.unwrap().row.role.id;
    let ana = test.user("ana").await;
    desk.give(&role, &["ana"], None).await.unwrap();
    let id = Id(ana.to_string());
    let one = EffectiveQuery {
        limit: Some(1),
        ..EffectiveQuery::default()
    };
    let first = why::effective(&test.sereno, &desk.staff, &id, one).await.unwrap();
    assert_eq!(
        (
            first.total,
            first.items[0].codename.as_str(),
            first.items[0].decision.reason
        ),
        (2, "a.see", Reason::Role)
    );
    let then = EffectiveQuery {
        limit: Some(1),
        cursor: first.next_cursor,
        ..EffectiveQuery::default()
    };
    let second = why::effective(&test.sereno, &desk.staff, &id, then).await.unwrap();
    assert_eq!(
        (second.items[0].codename.as_str(), second.next_cursor.is_none()),
        ("b.see", true)
    );
    let back = EffectiveQuery {
        limit: Some(1),
        cursor: second.prev_cursor,
        ..EffectiveQuery::default()
    };
    let back = why::effective(&test.sereno, &desk.staff, &id, back).await.unwrap();
    assert_eq!(back.items[0].codename, "a.see");
    let answer = why::explore(&test.sereno, &desk.staff, "ana", "b.see", None)
        .await
        .unwrap();
    assert!(answer.allowed);
    let answer = why::explore(&test.sereno, &desk.staff, "nobody", "b.see", None)
        .await
        .unwrap();
    assert_eq!(answer.reason, Reason::UserUnknown);
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

#[tokio::test]
async fn tokens_say_what_is_held_and_refer_to_it_when_it_grows_too_large() {
    let test = TestSereno::with(|config| config.token.access_claim_max = 200).await;
    let desk = Desk::of(&test, None).await;
    desk.permission("a.see").await.unwrap();
    desk.permission("a.do").await.unwrap();
    let see = desk.role("see", &["a.see"], &[]).await.unwrap().row.role.id;
    let both = desk.role("both", &["a.do"], &[&see]).await.unwrap().row.role.id;
    test.user("ana").await;
    desk.project("acme", None).await.unwrap();
    desk.project("closed", Some("ana")).await.unwrap();
    let off = UpdateProject {
        is_enabled: Some(false),
        ..UpdateProject::default()
    };
    projects::update(&test.sereno, &desk.meta, &desk.staff, "closed", off)
        .await
        .unwrap();
    desk.give(&see, &["ana"], None).await.unwrap();
    desk.give(&both, &["ana"], Some("acme")).await.unwrap();
    let claims = serde_json::json!({"claims": [
        {"name": "roles", "source": "roles"},
        {"name": "access.permissions", "source": "permissions"},
        {"name": "projects", "source": "project_permissions"},
    ]});
    let client = Client::with(&test, "shop", claims).await;
    let said = claims_of(&client.pair(&test).await.0);
    assert_eq!(said["roles"], serde_json::json!(["see"]));
    assert_eq!(said["access"]["permissions"], serde_json::json!(["a.see"]));
    assert_eq!(said["projects"], serde_json::json!({"acme": ["a.do", "a.see"]}));
    assert!(said.get("_claim_names").is_none());

    for index in 0..20 {
        desk.permission(&format!("many.things.to.do.{index}")).await.unwrap();
    }
    let many: Vec<String> = (0..20).map(|index| format!("many.things.to.do.{index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let much = desk.role("much", &many, &[]).await.unwrap().row.role.id;
    desk.give(&much, &["ana"], None).await.unwrap();
    let said = claims_of(&client.pair(&test).await.0);
    assert_eq!(said["roles"], serde_json::json!(["much", "see"]));
    assert!(said.get("access").is_none());
    assert_eq!(said["_claim_names"]["access.permissions"], "sereno");
    let place = said["_claim_sources"]["sereno"]["endpoint"].as_str().unwrap();
    assert!(place.ends_with("/api/v1/me/permissions"), "{place}");
    let actor = test.actor("ana").await;
    let first = EffectiveQuery {
        q: Some("THINGS".to_owned()),
        ..EffectiveQuery::default()
    };
    assert_eq!(why::mine(&test.sereno, &actor, first).await.unwrap().total, 20);
    let nowhere = EffectiveQuery {
        project: Some("nowhere".to_owned()),
        ..EffectiveQuery::default()
    };
    assert_eq!(why::mine(&test.sereno, &actor, nowhere).await.unwrap().total, 0);
}
