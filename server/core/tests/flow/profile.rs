//! Changing a profile, the attributes that may stand in it, and what changed.

#![expect(clippy::unwrap_used, reason = "checks outside of the test functions")]

use std::sync::Arc;

use serde_json::{Value, json};
use sereno_core::account::{attributes, profile, register::register};
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::testing::{PASSWORD, TestSereno, refused, refused_fields};
use sereno_core::{Result, token};
use sereno_types::{AttributeKind, ChangeQuery, Code, DeclareAttribute, Id, Me, Register, UpdateProfile};

fn said(command: Value) -> UpdateProfile {
    serde_json::from_value(command).unwrap()
}

async fn signed_in(test: &TestSereno, name: &str) -> Actor {
    let pair = test.log_in(name).await;
    token::authenticate(&test.sereno, &pair.access_token).await.unwrap()
}

async fn update(test: &TestSereno, actor: &Actor, command: Value) -> Result<Me> {
    profile::update(&test.sereno, &test.meta(), actor, said(command)).await
}

async fn declare(test: &TestSereno, name: &str, command: DeclareAttribute) -> Result<sereno_types::Attribute> {
    let staff = test.system().await;
    attributes::declare(&test.sereno, &test.meta(), &staff, name, command).await
}

#[tokio::test]
async fn what_is_not_said_stays_and_null_takes_away() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    let changed = json!({"first_name": " Ana ", "last_name": "Bee", "locale": "de",
        "attributes": {"plan": "basic", "colour": "blue"}});
    let shown = update(&test, &me, changed).await.unwrap();
    assert_eq!(
        (shown.first_name.as_str(), shown.locale.as_deref()),
        ("Ana", Some("de"))
    );
    let shown = update(
        &test,
        &me,
        json!({"last_name": null, "attributes": {"colour": null, "size": 3}}),
    )
    .await
    .unwrap();
    assert_eq!((shown.first_name.as_str(), shown.last_name.as_str()), ("Ana", ""));
    assert_eq!(Value::Object(shown.attributes), json!({"plan": "basic", "size": 3}));
    let seen = profile::me(&test.sereno, &me).await.unwrap();
    assert_eq!(seen.first_name, "Ana", "nothing stale is remembered");
    update(&test, &me, json!({})).await.unwrap();
    assert_eq!(
        test.events.count(EventKind::ProfileChanged),
        2,
        "nothing changed the third time"
    );
}

#[tokio::test]
async fn every_change_stands_in_the_history() {
    let test = TestSereno::new().await;
    let id = Id(test.user("ana").await.to_string());
    let me = signed_in(&test, "ana").await;
    update(
        &test,
        &me,
        json!({"first_name": "Ana", "attributes": {"plan": "basic"}}),
    )
    .await
    .unwrap();
    test.advance(std::time::Duration::from_secs(1));
    update(&test, &me, json!({"attributes": {"plan": "gold"}}))
        .await
        .unwrap();
    let staff = test.system().await;
    profile::update_theirs(
        &test.sereno,
        &test.meta(),
        &staff,
        &id,
        said(json!({"first_name": "Anna"})),
    )
    .await
    .unwrap();
    let all = profile::changes(&test.sereno, &staff, &id, ChangeQuery::default())
        .await
        .unwrap();
    assert_eq!(all.total, 4);
    let query = ChangeQuery {
        field: Some("attributes.plan".to_owned()),
        ..ChangeQuery::default()
    };
    let plan = profile::changes(&test.sereno, &staff, &id, query).await.unwrap();
    let plan: Vec<_> = plan
        .items
        .iter()
        .map(|change| (&change.before, &change.after))
        .collect();
    assert_eq!(
        plan,
        [(&json!("basic"), &json!("gold")), (&json!(null), &json!("basic"))]
    );
    let kinds: Vec<_> = all.items.iter().map(|change| change.actor_kind.as_str()).collect();
    assert!(kinds.contains(&"system") && kinds.contains(&"user"));
    for change in &all.items {
        let name = (change.actor_kind == "user").then_some("ana");
        assert_eq!(change.actor_name.as_deref(), name, "{change:?}");
    }
    let nobody = Id("00000000-0000-7000-8000-000000000000".to_owned());
    let outcome = profile::changes(&test.sereno, &staff, &nobody, ChangeQuery::default()).await;
    assert_eq!(refused(outcome), Code::NotFound);
}

#[tokio::test]
async fn what_is_protected_or_wrong_is_refused_by_field() {
    let test = TestSereno::with(|config| {
        config.profile.protected = vec!["username".to_owned(), "locale".to_owned()];
    })
    .await;
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    for (command, field, code) in [
        (json!({"username": "other"}), "username", Code::ProtectedField),
        (json!({"locale": "de"}), "locale", Code::ProtectedField),
        (json!({"first_name": "x".repeat(151)}), "first_name", Code::TooLong),
        (json!({"last_name": "a\u{7}b"}), "last_name", Code::InvalidCharacters),
        (
            json!({"attributes": {"x": "y".repeat(9_000)}}),
            "attributes",
            Code::TooLong,
        ),
        (
            json!({"attributes": {"x": "\u{0}"}}),
            "attributes",
            Code::InvalidCharacters,
        ),
    ] {
        assert_eq!(
            refused_fields(update(&test, &me, command).await),
            [(field.to_owned(), code)]
        );
    }
    for unknown in [
        "password",
        "is_superuser",
        "is_staff",
        "email",
        "state",
        "permissions",
        "id",
    ] {
        let command = serde_json::from_value::<UpdateProfile>(json!({ unknown: true }));
        assert!(command.is_err(), "{unknown} has a field");
    }
    let open = TestSereno::new().await;
    open.user("ana").await;
    open.user("bea").await;
    let me = signed_in(&open, "ana").await;
    let taken = update(&open, &me, json!({"username": "BEA"})).await;
    assert_eq!(refused_fields(taken), [("username".to_owned(), Code::UsernameUnique)]);
    let wrong = update(&open, &me, json!({"username": "a@b", "locale": "d e"})).await;
    assert_eq!(
        refused_fields(wrong),
        [
            ("username".to_owned(), Code::UsernameInvalid),
            ("locale".to_owned(), Code::InvalidCharacters)
        ]
    );
    assert_eq!(open.count("user_change").await, 0);
    let renamed = update(&open, &me, json!({"username": "anna"})).await.unwrap();
    assert_eq!(renamed.username.as_deref(), Some("anna"));
    open.log_in("anna").await;
}

#[tokio::test]
async fn declared_attributes_are_held_to_their_type_wherever_they_come_in() {
    let test = TestSereno::with(|config| config.profile.undeclared_attributes = false).await;
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    let of = |kind, is_required, is_protected| DeclareAttribute {
        kind,
        description: "for the test".to_owned(),
        is_required,
        is_protected,
    };
    declare(&test, "born", of(AttributeKind::Date, true, false))
        .await
        .unwrap();
    declare(&test, "tier", of(AttributeKind::Integer, false, true))
        .await
        .unwrap();
    for (command, field, code) in [
        (
            json!({"attributes": {"born": "yesterday"}}),
            "attributes.born",
            Code::InvalidType,
        ),
        (json!({"attributes": {"born": null}}), "attributes.born", Code::Blank),
        (
            json!({"attributes": {"tier": 2}}),
            "attributes.tier",
            Code::ProtectedField,
        ),
        (
            json!({"attributes": {"other": 1}}),
            "attributes.other",
            Code::UnknownField,
        ),
    ] {
        assert_eq!(
            refused_fields(update(&test, &me, command).await),
            [(field.to_owned(), code)]
        );
    }
    update(&test, &me, json!({"attributes": {"born": "2001-02-03"}}))
        .await
        .unwrap();
    let staff = test.system().await;
    let id = Id(test.holder_of("ana@example.org").await.to_string());
    profile::update_theirs(
        &test.sereno,
        &test.meta(),
        &staff,
        &id,
        said(json!({"attributes": {"tier": 2}})),
    )
    .await
    .unwrap();
    // a sign-up must bring what is required
    let mut form = Register {
        email: "bea@example.org".to_owned(),
        password: PASSWORD.into(),
        ..Register::default()
    };
    let refusal = register(&test.sereno, &test.meta(), form.clone()).await;
    assert_eq!(refused_fields(refusal), [("attributes.born".to_owned(), Code::Blank)]);
    form.attributes.insert("born".to_owned(), json!("2002-02-02"));
    register(&test.sereno, &test.meta(), form).await.unwrap();
    // a withdrawn declaration counts at once, and takes no value away
    attributes::withdraw(&test.sereno, &test.meta(), &staff, "born")
        .await
        .unwrap();
    let refusal = update(&test, &me, json!({"attributes": {"born": "2001-02-04"}})).await;
    assert_eq!(
        refused_fields(refusal),
        [("attributes.born".to_owned(), Code::UnknownField)]
    );
    let seen = profile::me(&test.sereno, &me).await.unwrap();
    assert_eq!(seen.attributes["born"], "2001-02-03");
    let again = attributes::withdraw(&test.sereno, &test.meta(), &staff, "born").await;
    assert_eq!(refused(again), Code::NotFound);
    for name in ["", "a b", "a.b", &"x".repeat(101)] {
        let outcome = declare(&test, name, DeclareAttribute::default()).await;
        assert_eq!(refused(outcome), Code::ValidationFailed, "{name}");
    }
}

#[tokio::test]
async fn a_form_learns_what_may_stand_in_a_profile() {
    let test = TestSereno::with(|config| {
        config.profile.protected = vec!["username".to_owned()];
        config.registration.username_required = true;
    })
    .await;
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    let tier = DeclareAttribute {
        kind: AttributeKind::Integer,
        description: "what they pay for".to_owned(),
        is_required: true,
        is_protected: true,
    };
    declare(&test, "tier", tier).await.unwrap();
    declare(&test, "born", DeclareAttribute::default()).await.unwrap();
    let own = profile::fields(&test.sereno, &me).await.unwrap();
    let said: Vec<_> = own
        .iter()
        .map(|field| (field.field.as_str(), field.is_required, field.is_protected))
        .collect();
    assert_eq!(
        said,
        [
            ("username", true, true),
            ("first_name", false, false),
            ("last_name", false, false),
            ("locale", false, false),
            ("attributes.born", false, false),
            ("attributes.tier", true, true),
        ]
    );
    assert_eq!(own[5].kind, AttributeKind::Integer);
    let outcome = profile::fields(&test.sereno, &Actor::Anonymous).await;
    assert_eq!(refused(outcome), Code::AuthenticationRequired);
    let staff = test.system().await;
    let theirs = profile::fields_of_users(&test.sereno, &staff).await.unwrap();
    assert!(!theirs[0].is_protected, "the settings do not bind staff");
}

#[tokio::test]
async fn staff_takes_away_what_a_withdrawn_declaration_left_behind() {
    let test = TestSereno::with(|config| config.profile.undeclared_attributes = false).await;
    let id = Id(test.user("ana").await.to_string());
    let me = signed_in(&test, "ana").await;
    declare(&test, "plan", DeclareAttribute::default()).await.unwrap();
    update(&test, &me, json!({"attributes": {"plan": "gold"}}))
        .await
        .unwrap();
    let (staff, meta) = (test.system().await, test.meta());
    attributes::withdraw(&test.sereno, &meta, &staff, "plan").await.unwrap();
    let gone = json!({"attributes": {"plan": null}});
    let own = update(&test, &me, gone.clone()).await;
    assert_eq!(
        refused_fields(own),
        [("attributes.plan".to_owned(), Code::UnknownField)]
    );
    profile::update_theirs(&test.sereno, &meta, &staff, &id, said(gone))
        .await
        .unwrap();
    let seen = profile::me(&test.sereno, &me).await.unwrap();
    assert!(seen.attributes.is_empty());
}

/// Two changes at once keep both attributes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_lose_nothing() {
    let test = Arc::new(TestSereno::new().await);
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let test = Arc::clone(&test);
            tokio::spawn(async move { update(&test, &me, json!({"attributes": {format!("a{number}"): number}})).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let seen = profile::me(&test.sereno, &me).await.unwrap();
    assert_eq!(seen.attributes.len(), 12);
    assert_eq!(test.count("user_change").await, 12);
}
