//! Users as staff sees and treats them.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;
use sereno_core::account::admin::{self, CreateUser};
use sereno_core::clock::Moment;
use sereno_core::context::{Actor, Staff};
use sereno_core::entity::{role, role_assignment, user, user_email};
use sereno_core::event::EventKind;
use sereno_core::testing::{PASSWORD, TestSereno, by_link, refused, refused_fields};
use sereno_core::{Error, Result, access, account, session, token};
use sereno_types::{Code, Id, Page, Permission, UserQuery, UserRow, UserSort, UserState};
use uuid::Uuid;

/// Rows past every rule: ties in every order's key, users without an address and users who never signed in.
async fn crowd(test: &TestSereno, size: i64) {
    let mut users = Vec::new();
    let mut emails = Vec::new();
    for number in 1..=size {
        let id = test.sereno.new_id().unwrap();
        users.push(user::ActiveModel {
            id: Set(id),
            number: Set(number),
            username: Set((number % 2 == 0).then(|| format!("User{number}"))),
            username_canonical: Set((number % 2 == 0).then(|| format!("user{number}"))),
            first_name: Set(if number % 5 == 0 {
                "Änne".to_owned()
            } else {
                String::new()
            }),
            last_name: Set(if number % 7 == 0 {
                "O_Neil 100%\\".to_owned()
            } else {
                String::new()
            }),
            password_hash: Set(None),
            state: Set(UserState::ALL[usize::try_from(number % 4).unwrap()].as_str().to_owned()),
            origin: Set("sign_up".to_owned()),
            is_superuser: Set(number % 10 == 0),
            access_epoch: Set(0),
            credential_epoch: Set(1),
            avatar: Set(None),
            locale: Set(None),
            attributes: Set(json!({})),
            created_at: Set(Moment(number / 4)),
            updated_at: Set(Moment(0)),
            last_login_at: Set((number % 3 != 0).then_some(Moment(number / 5 + 1))),
            delete_at: Set(None),
            closed_from: Set(None),
        });
        if number % 6 != 0 {
            emails.push(email(test, id, &format!("{}-{number}@example.org", number % 4), true));
        }
        if number % 8 == 0 {
            emails.push(email(test, id, &format!("second-{number}@example.net"), false));
        }
    }
    user::Entity::insert_many(users)
        .exec_without_returning(test.sereno.db.write())
        .await
        .unwrap();
    user_email::Entity::insert_many(emails)
        .exec_without_returning(test.sereno.db.write())
        .await
        .unwrap();
}

fn email(test: &TestSereno, user_id: Uuid, address: &str, is_primary: bool) -> user_email::ActiveModel {
    user_email::ActiveModel {
        id: Set(test.sereno.new_id().unwrap()),
        user_id: Set(user_id),
        address: Set(address.to_owned()),
        canonical: Set(address.to_owned()),
        is_primary: Set(is_primary),
        verified_at: Set(None),
        created_at: Set(Moment(0)),
    }
}

async fn list(test: &TestSereno, query: UserQuery) -> Result<Page<UserRow>> {
    admin::list(&test.sereno, &test.system().await, query).await
}

async fn found(test: &TestSereno, q: &str) -> Vec<i64> {
    let query = UserQuery {
        q: Some(q.to_owned()),
        sort: Some(UserSort::Oldest),
        limit: Some(200),
        ..UserQuery::default()
    };
    let page = list(test, query).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let mut numbers: Vec<_> = page.items.iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    numbers
}

/// Walks to the end and back again; gives the rows of the way there.
async fn walk(test: &TestSereno, query: &UserQuery, total: u64) -> Vec<UserRow> {
    let mut query = query.clone();
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let mut page = list(test, query.clone()).await.unwrap();
    assert!(page.prev_cursor.is_none(), "nothing stands before the first page");
    loop {
        assert_eq!(page.total, total);
        there.extend(page.items.clone());
        let Some(next) = page.next_cursor.take() else { break };
        query.cursor = Some(next);
        page = list(test, query.clone()).await.unwrap();
        assert!(!page.items.is_empty(), "no cursor leads to an empty page");
    }
    loop {
        let mut items = page.items;
        items.reverse();
        back.extend(items);
        let Some(prev) = page.prev_cursor else { break };
        query.cursor = Some(prev);
        page = list(test, query.clone()).await.unwrap();
        assert!(page.next_cursor.is_some());
    }
    back.reverse();
    assert_eq!(there, back, "{query:?}");
    there
}

#[tokio::test]
async fn every_order_visits_every_row_once_in_both_directions() {
    let test = TestSereno::new().await;
    crowd(&test, 53).await;
    for sort in UserSort::ALL {
        for limit in [1, 4, 7, 53, 54, 200] {
            let query = UserQuery {
                sort: Some(*sort),
                limit: Some(limit),
                ..UserQuery::default()
            };
            let rows = walk(&test, &query, 53).await;
            let ids: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
            assert_eq!((rows.len(), ids.len()), (53, 53), "{sort:?} by {limit}");
            let in_order = match sort {
                UserSort::Newest => rows.is_sorted_by(|a, b| a.created_at >= b.created_at),
                UserSort::Oldest => rows.is_sorted_by(|a, b| a.created_at <= b.created_at),
                UserSort::Email => rows.is_sorted_by(|a, b| a.email <= b.email),
                UserSort::EmailDescending => rows.is_sorted_by(|a, b| a.email >= b.email),
                UserSort::LastLogin => rows.is_sorted_by(|a, b| a.last_login_at >= b.last_login_at),
                UserSort::LastLoginAscending => rows.is_sorted_by(|a, b| a.last_login_at <= b.last_login_at),
            };
            assert!(in_order, "{sort:?}");
        }
    }
}

#[tokio::test]
async fn search_and_filters_page_too() {
    let test = TestSereno::new().await;
    crowd(&test, 53).await;
    for sort in UserSort::ALL {
        let query = UserQuery {
            q: Some("USER".to_owned()),
            state: Some(UserState::Active),
            superuser: Some(false),
            sort: Some(*sort),
            limit: Some(2),
            cursor: None,
        };
        assert!(
            walk(&test, &query, 0).await.is_empty(),
            "even numbers are never active here"
        );
        let query = UserQuery {
            state: Some(UserState::Pending),
            ..query
        };
        let numbers: BTreeSet<_> = walk(&test, &query, 11).await.iter().map(|row| row.number).collect();
        let expected = (1..=53).filter(|number| number % 4 == 0 && number % 10 != 0);
        assert_eq!(numbers, expected.collect());
    }
    let superusers = UserQuery {
        superuser: Some(true),
        ..UserQuery::default()
    };
    assert_eq!(walk(&test, &superusers, 5).await.len(), 5);
}

#[tokio::test]
async fn search_looks_where_it_should_and_takes_everything_literally() {
    let test = TestSereno::new().await;
    crowd(&test, 40).await;
    assert_eq!(found(&test, "3-7@EXAMPLE.org").await, [7]);
    assert_eq!(found(&test, "user1").await, [10, 12, 14, 16, 18]);
    assert_eq!(found(&test, "user10").await, [10]);
    assert_eq!(found(&test, "#17").await, [17]);
    assert_eq!(found(&test, "o_n").await, [7, 14, 21, 28, 35]);
    assert_eq!(found(&test, "100%\\").await, [7, 14, 21, 28, 35]);
    assert_eq!(found(&test, "  ").await.len(), 40);
    let query = UserQuery {
        limit: Some(1),
        ..UserQuery::default()
    };
    let someone = list(&test, query).await.unwrap().items.remove(0);
    assert_eq!(found(&test, &someone.id.0).await, [someone.number]);
    for nobody in [
        "u_er",
        "user%",
        "%",
        "\\",
        "_",
        "o\\_n",
        "' OR 1=1 --",
        "\0",
        "99999999999999999999",
    ] {
        let expected: &[i64] = match nobody {
            "%" | "\\" | "_" => &[7, 14, 21, 28, 35],
            _ => &[],
        };
        assert_eq!(found(&test, nobody).await, expected, "{nobody}");
    }
}

#[tokio::test]
async fn nonsense_in_a_query_is_refused_by_field() {
    let test = TestSereno::new().await;
    crowd(&test, 8).await;
    let cursor = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let genuine = list(
        &test,
        UserQuery {
            limit: Some(2),
            ..UserQuery::default()
        },
    )
    .await
    .unwrap();
    let genuine = genuine.next_cursor.unwrap();
    let id = Uuid::nil();
    let mut bad = vec![
        "x".to_owned(),
        "\0".to_owned(),
        genuine[1..].to_owned(),
        cursor(json!({})),
        cursor(json!({"sort": "-created_at", "key": "text", "id": id, "back": false})),
        cursor(json!({"sort": "-created_at", "key": 1.5, "id": id, "back": false})),
        cursor(json!({"sort": "created_at", "key": 1, "id": id, "back": false})),
        cursor(json!({"sort": "-created_at", "key": 1, "id": "x", "back": false})),
        cursor(json!({"sort": "-created_at", "key": 1, "id": id, "back": false, "more": 1})),
        "A".repeat(100_000),
    ];
    bad.push(format!("{genuine}="));
    for text in bad {
        let query = UserQuery {
            cursor: Some(text.clone()),
            ..UserQuery::default()
        };
        assert_eq!(
            refused_fields(list(&test, query).await),
            [("cursor".to_owned(), Code::InvalidChoice)],
            "{text}"
        );
    }
    let nul = UserQuery {
        sort: Some(UserSort::Email),
        cursor: Some(cursor(json!({"sort": "email", "key": "\0", "id": id, "back": false}))),
        ..UserQuery::default()
    };
    assert_eq!(
        refused_fields(list(&test, nul).await),
        [("cursor".to_owned(), Code::InvalidChoice)]
    );
    for limit in [0, 201, u64::MAX] {
        let query = UserQuery {
            limit: Some(limit),
            ..UserQuery::default()
        };
        assert_eq!(
            refused_fields(list(&test, query).await),
            [("limit".to_owned(), Code::InvalidChoice)]
        );
    }
    let long = UserQuery {
        q: Some("x".repeat(201)),
        ..UserQuery::default()
    };
    assert_eq!(
        refused_fields(list(&test, long).await),
        [("q".to_owned(), Code::TooLong)]
    );
    let blank = UserQuery {
        cursor: Some(String::new()),
        q: Some(" ".to_owned()),
        ..UserQuery::default()
    };
    assert_eq!(list(&test, blank).await.unwrap().items.len(), 8);
}

#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_rows() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let mut figures = Vec::new();
    for size in [1, 150] {
        test.execute("DELETE FROM \"user\"").await;
        crowd(&test, size).await;
        let query = UserQuery {
            limit: Some(200),
            q: Some("e".to_owned()),
            ..UserQuery::default()
        };
        test.statements.take();
        admin::list(&test.sereno, &staff, query).await.unwrap();
        let listing = test.statements.take().len();
        let row = admin::list(&test.sereno, &staff, UserQuery::default())
            .await
            .unwrap()
            .items
            .remove(0);
        test.statements.take();
        admin::detail(&test.sereno, &staff, &row.id).await.unwrap();
        let detail = test.statements.take().len();
        let overview = admin::overview(&test.sereno, &staff).await.unwrap();
        figures.push((listing, detail, test.statements.take().len()));
        assert_eq!(overview.users, u64::try_from(size).unwrap());
    }
    assert_eq!(figures, [(2, 5, 4), (2, 5, 4)]);
}

#[tokio::test]
async fn the_page_of_a_user_shows_what_is_open_and_what_happened() {
    let test = TestSereno::new().await;
    let id = Id(test.signed_up("ana").await.to_string());
    test.log_in("ana@example.org").await;
    let answer = test.log_in("ana@example.org").await;
    test.sign_in("ana@example.org").await;
    for _ in 0..25 {
        test.advance(Duration::from_secs(1));
        test.refresh(&answer.refresh_token).await.unwrap();
        let wrong = test.credentials("ana@example.org", "wrong");
        let _ = sereno_core::login::for_application(&test.sereno, &test.meta(), wrong).await;
        if test.events.count(EventKind::LoginFailed) == 9 {
            break;
        }
    }
    let staff = test.system().await;
    let ana = admin::detail(&test.sereno, &staff, &id).await.unwrap();
    assert_eq!(
        (ana.open_sessions, ana.open_grants, ana.state),
        (1, 2, UserState::Active)
    );
    assert_eq!(
        (ana.emails.len(), ana.emails[0].address.as_str()),
        (1, "ana@example.org")
    );
    assert!(ana.has_password && ana.emails[0].verified_at.is_some() && ana.emails[0].is_primary);
    assert!(ana.events.len() <= 20);
    assert!(ana.events.is_sorted_by(|a, b| a.at >= b.at));
    assert_eq!(
        (ana.events[0].name.as_str(), ana.events[0].code),
        ("login_failed", Some(Code::InvalidCredentials))
    );
    for nobody in ["x", "", "\0", &Uuid::nil().to_string()] {
        let outcome = admin::detail(&test.sereno, &staff, &Id(nobody.to_owned())).await;
        assert!(matches!(outcome, Err(Error::NotFound)));
    }
    test.advance(Duration::from_hours(8));
    assert_eq!(admin::detail(&test.sereno, &staff, &id).await.unwrap().open_sessions, 0);
}

#[tokio::test]
async fn a_lock_ends_everything_and_unlocking_brings_nothing_back() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let (answer, browser) = (test.log_in("ana").await, test.sign_in("ana").await);
    token::authenticate(&test.sereno, &answer.access_token).await.unwrap();
    let (staff, public) = (test.system().await, Id(id.to_string()));
    let locked = admin::lock(&test.sereno, &test.meta(), &staff, &public).await.unwrap();
    assert_eq!(
        (locked.state, locked.open_sessions, locked.open_grants),
        (UserState::Locked, 0, 0)
    );
    let is_out = async || {
        let bearer = token::authenticate(&test.sereno, &answer.access_token).await;
        assert_eq!(refused(bearer), Code::InvalidToken);
        assert_eq!(
            refused(test.refresh(&answer.refresh_token).await),
            Code::RefreshTokenInvalid
        );
        assert_eq!(
            session::resolve(&test.sereno, &browser.secret).await.unwrap(),
            Actor::Anonymous
        );
    };
    is_out().await;
    let again = admin::lock(&test.sereno, &test.meta(), &staff, &public).await;
    assert_eq!(refused(again), Code::StateConflict);
    let unlocked = admin::unlock(&test.sereno, &test.meta(), &staff, &public)
        .await
        .unwrap();
    assert_eq!(unlocked.state, UserState::Active);
    is_out().await;
    let again = admin::unlock(&test.sereno, &test.meta(), &staff, &public).await;
    assert_eq!(refused(again), Code::StateConflict);
    test.log_in("ana").await;
    assert_eq!(
        (
            test.events.count(EventKind::UserLocked),
            test.events.count(EventKind::UserUnlocked)
        ),
        (1, 1)
    );
    assert_eq!(test.column("SELECT end_reason FROM session").await, ["user_locked"]);
    test.put_into(id, UserState::Disabled).await;
    assert_eq!(
        refused(admin::lock(&test.sereno, &test.meta(), &staff, &public).await),
        Code::StateConflict
    );
    for state in [UserState::Disabled, UserState::Deleting] {
        test.put_into(id, state).await;
        assert_eq!(
            refused(admin::unlock(&test.sereno, &test.meta(), &staff, &public).await),
            Code::StateConflict
        );
    }
}

async fn staff_of(test: &TestSereno, name: &str) -> Result<Staff> {
    let actor = session::resolve(&test.sereno, &test.sign_in(name).await.secret)
        .await
        .unwrap();
    access::staff(&test.sereno, &actor).await
}

async fn assign(test: &TestSereno, user_id: Uuid, codename: &str) {
    let roles = role::Entity::find().all(test.sereno.db.read()).await.unwrap();
    let role = roles.into_iter().find(|role| role.codename == codename).unwrap();
    let row = role_assignment::ActiveModel {
        id: Set(test.sereno.new_id().unwrap()),
        user_id: Set(user_id),
        role_id: Set(role.id),
        project_id: Set(None),
        created_at: Set(test.sereno.now()),
        expires_at: Set(None),
        granted_by: Set(None),
    };
    role_assignment::Entity::insert(row)
        .exec_without_returning(test.sereno.db.write())
        .await
        .unwrap();
}

#[tokio::test]
async fn only_staff_comes_in_and_only_as_far_as_its_permissions() {
    let test = TestSereno::new().await;
    let (viewer, helper, root) = (
        test.user("viewer").await,
        test.user("helper").await,
        test.superuser("root").await,
    );
    let user = Id(test.user("user").await.to_string());
    assert_eq!(
        refused(access::staff(&test.sereno, &Actor::Anonymous).await),
        Code::AuthenticationRequired
    );
    assert_eq!(refused(staff_of(&test, "user").await), Code::PermissionDenied);
    assign(&test, viewer, "viewer").await;
    assign(&test, helper, "support").await;
    let viewer = staff_of(&test, "viewer").await.unwrap();
    let views: Vec<_> = Permission::ALL
        .iter()
        .filter(|permission| viewer.holds(**permission))
        .collect();
    assert!(
        views
            .iter()
            .all(|permission| permission.as_str().rsplit('.').next() == Some("view"))
            && views.len() == 11
    );
    admin::list(&test.sereno, &viewer, UserQuery::default()).await.unwrap();
    admin::detail(&test.sereno, &viewer, &user).await.unwrap();
    let meta = test.meta();
    assert_eq!(
        refused(admin::lock(&test.sereno, &meta, &viewer, &user).await),
        Code::PermissionDenied
    );
    assert_eq!(
        refused(admin::unlock(&test.sereno, &meta, &viewer, &user).await),
        Code::PermissionDenied
    );
    assert_eq!(
        refused(admin::send_activation(&test.sereno, &meta, &viewer, &user).await),
        Code::PermissionDenied
    );
    let made = admin::create_user(&test.sereno, &meta, &viewer, CreateUser::default()).await;
    assert_eq!(refused(made), Code::PermissionDenied);

    let helper = staff_of(&test, "helper").await.unwrap();
    admin::lock(&test.sereno, &meta, &helper, &user).await.unwrap();
    admin::unlock(&test.sereno, &meta, &helper, &user).await.unwrap();
    let root = Id(root.to_string());
    assert_eq!(
        refused(admin::lock(&test.sereno, &meta, &helper, &root).await),
        Code::PermissionDenied
    );
    let command = CreateUser {
        email: "second@example.org".to_owned(),
        is_superuser: true,
        ..CreateUser::default()
    };
    assert_eq!(
        refused(admin::create_user(&test.sereno, &meta, &helper, command).await),
        Code::PermissionDenied
    );
    let own = Id(helper.actor().caller().unwrap().user_id.to_string());
    assert_eq!(
        refused(admin::lock(&test.sereno, &meta, &helper, &own).await),
        Code::OwnAccount
    );
    assert_eq!(test.events.count(EventKind::UserLocked), 1);
    assert_eq!(
        test.count("event WHERE name = 'user_locked' AND actor_kind = 'user'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_role_in_a_project_opens_no_console() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    assign(&test, id, "administrator").await;
    staff_of(&test, "ana").await.unwrap();
    test.execute(&format!(
        "INSERT INTO project (id, slug, name, description, is_enabled, attributes, created_at, updated_at) \
         VALUES ({}, 'p', 'P', '', {}, '{{}}', 0, 0)",
        if test.database.is_sqlite() {
            "x'00000000000000000000000000000001'"
        } else {
            "'00000000-0000-0000-0000-000000000001'"
        },
        if test.database.is_sqlite() { "1" } else { "true" },
    ))
    .await;
    test.execute("UPDATE role_assignment SET project_id = (SELECT id FROM project)")
        .await;
    test.execute("UPDATE \"user\" SET access_epoch = access_epoch + 1")
        .await;
    assert_eq!(refused(staff_of(&test, "ana").await), Code::PermissionDenied);
}

#[tokio::test]
async fn a_proof_needs_an_open_sign_in() {
    let test = TestSereno::new().await;
    test.superuser("root").await;
    let answer = test.log_in("root").await;
    let bearer = token::authenticate(&test.sereno, &answer.access_token).await.unwrap();
    let browser = session::resolve(&test.sereno, &test.sign_in("root").await.secret)
        .await
        .unwrap();
    for actor in [bearer, browser] {
        access::staff(&test.sereno, &actor).await.unwrap();
        let logout = sereno_types::Logout::default();
        sereno_core::login::logout(&test.sereno, &test.meta(), &actor, logout)
            .await
            .unwrap();
        assert_eq!(
            refused(access::staff(&test.sereno, &actor).await),
            Code::AuthenticationRequired
        );
    }
    let again = token::authenticate(&test.sereno, &test.log_in("root").await.access_token)
        .await
        .unwrap();
    test.execute("UPDATE \"user\" SET credential_epoch = 2").await;
    assert_eq!(
        refused(access::staff(&test.sereno, &again).await),
        Code::AuthenticationRequired
    );
}

#[tokio::test]
async fn the_last_administrator_cannot_be_locked() {
    let test = TestSereno::new().await;
    let (root, second) = (
        Id(test.superuser("root").await.to_string()),
        test.superuser("second").await,
    );
    let (staff, meta) = (test.system().await, test.meta());
    admin::lock(&test.sereno, &meta, &staff, &Id(second.to_string()))
        .await
        .unwrap();
    assert_eq!(
        refused(admin::lock(&test.sereno, &meta, &staff, &root).await),
        Code::LastAdministrator
    );
    test.log_in("root").await;
}

/// Administrators who lock one another at once: one stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn administrators_who_lock_each_other_do_not_both_go() {
    let test = Arc::new(TestSereno::with(|config| config.limit.login_per_account_and_address = 0).await);
    let names = ["ana", "bea", "cleo"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(Id(test.superuser(name).await.to_string()));
    }
    for _ in 0..12 {
        let mut staff = Vec::new();
        for name in names {
            staff.push(staff_of(&test, name).await.unwrap());
        }
        let mut tasks = Vec::new();
        for (at, staff) in staff.into_iter().enumerate() {
            for other in [(at + 1) % 3, (at + 2) % 3] {
                let (test, staff, other) = (Arc::clone(&test), staff.clone(), ids[other].clone());
                tasks.push(tokio::spawn(async move {
                    admin::lock(&test.sereno, &test.meta(), &staff, &other).await
                }));
            }
        }
        let mut successes = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => successes += 1,
                Err(error) => assert!(matches!(error.code(), Code::LastAdministrator | Code::StateConflict)),
            }
        }
        assert_eq!((successes, test.count("\"user\" WHERE state = 'active'").await), (2, 1));
        let system = test.system().await;
        for id in &ids {
            let _ = admin::unlock(&test.sereno, &test.meta(), &system, id).await;
        }
    }
}

#[tokio::test]
async fn the_activation_mail_can_be_sent_again() {
    let test = TestSereno::new().await;
    test.sign_up("ana@example.org").await;
    let id = Id(test.holder_of("ana@example.org").await.to_string());
    let (staff, meta) = (test.system().await, test.meta());
    admin::send_activation(&test.sereno, &meta, &staff, &id).await.unwrap();
    let mail = test.mails().await.remove(0);
    account::activate::activate(&test.sereno, &meta, by_link(&mail))
        .await
        .unwrap();
    let again = admin::send_activation(&test.sereno, &meta, &staff, &id).await;
    assert_eq!(refused(again), Code::StateConflict);
}

#[tokio::test]
async fn users_are_made_with_what_was_brought_along() {
    let test = TestSereno::new().await;
    let (staff, meta) = (test.system().await, test.meta());
    let make = async |email: &str, number: Option<i64>, inactive: bool| {
        let command = CreateUser {
            email: email.to_owned(),
            username: None,
            password: Some(PASSWORD.into()),
            number,
            is_superuser: false,
            inactive,
        };
        admin::create_user(&test.sereno, &meta, &staff, command).await
    };
    make("one@example.org", None, false).await.unwrap();
    make("forty@example.org", Some(40), false).await.unwrap();
    make("ten@example.org", Some(10), false).await.unwrap();
    make("next@example.org", None, false).await.unwrap();
    assert_eq!(
        test.column("SELECT number FROM \"user\" ORDER BY number").await,
        ["1", "10", "40", "41"]
    );
    for (email, number, expected) in [
        ("a@example.org", Some(40), ("number", Code::StateConflict)),
        ("a@example.org", Some(0), ("number", Code::InvalidChoice)),
        ("a@example.org", Some(i64::MAX), ("number", Code::InvalidChoice)),
        ("ONE@example.org", None, ("email", Code::EmailUnique)),
        ("", None, ("email", Code::Blank)),
    ] {
        let found = refused_fields(make(email, number, false).await);
        assert_eq!(found, [(expected.0.to_owned(), expected.1)]);
    }
    make("waits@example.org", None, true).await.unwrap();
    let mail = test.mails().await.remove(0);
    account::activate::activate(&test.sereno, &meta, by_link(&mail))
        .await
        .unwrap();
    test.log_in("waits@example.org").await;
}
