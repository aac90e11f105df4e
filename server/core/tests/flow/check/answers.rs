//! Who asks about whom, and what the answer tells.

use sereno_core::access::check::{check, is_project};
use sereno_core::context::Actor;
use sereno_core::roles::{assignments, permissions, projects, roles};
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_types::{
    AssignRole, Check, Code, CreatePermission, CreateProject, CreateRole, Question, Reason, StepKind, UpdateRole,
};
use uuid::Uuid;

use super::{acme, ask};

#[tokio::test]
async fn the_answer_tells_the_way() {
    let (test, _, editor, _) = acme().await;
    let ana = test.actor("ana").await;
    let decision = ask(&test, &ana, "invoices.edit", Some("acme")).await;
    assert!(decision.allowed);
    assert_eq!(decision.reason, Reason::InheritedRole);
    let way: Vec<(StepKind, &str)> = decision
        .path
        .iter()
        .map(|step| (step.kind, step.name.as_str()))
        .collect();
    assert_eq!(
        way,
        [
            (StepKind::Project, "acme"),
            (StepKind::Role, "lead"),
            (StepKind::Role, "editor"),
            (StepKind::Permission, "invoices.edit"),
        ]
    );
    assert!(ask(&test, &ana, "role:LEAD", Some("acme")).await.allowed);
    assert_eq!(ask(&test, &ana, "invoices.edit", None).await.reason, Reason::NotGranted);
    // whether there is such a project does not show
    assert_eq!(
        ask(&test, &ana, "invoices.edit", Some("nowhere")).await.reason,
        Reason::NotAMember
    );
    let bea = test.user("bea").await;
    let bea_actor = test.actor("bea").await;
    assert_eq!(
        ask(&test, &bea_actor, "invoices.edit", Some("acme")).await,
        ask(&test, &bea_actor, "invoices.edit", Some("nowhere")).await
    );
    assert_eq!(
        ask(&test, &bea_actor, "no.such", Some("acme")).await.reason,
        Reason::PermissionUnknown
    );
    assert_eq!(
        ask(&test, &bea_actor, "no.such", Some("nowhere")).await.reason,
        Reason::PermissionUnknown
    );

    // switched off, it says so
    let command = UpdateRole {
        is_enabled: Some(false),
        ..UpdateRole::default()
    };
    roles::update(&test.sereno, &test.meta(), &test.system().await, &editor, command)
        .await
        .unwrap();
    let decision = ask(&test, &ana, "invoices.edit", Some("acme")).await;
    assert_eq!((decision.allowed, decision.reason), (false, Reason::RoleDisabled));
    let _ = bea;
}

#[tokio::test]
async fn users_ask_about_themselves_and_staff_about_everybody() {
    let (test, ana, ..) = acme().await;
    let bea = test.user("bea").await;
    let actor = test.actor("bea").await;
    let about = |user: String| Check {
        permission: Some("invoices.edit".to_owned()),
        user: Some(user),
        ..Check::default()
    };
    let asked = |actor: Actor, command: Check| {
        let test = &test;
        async move { check(&test.sereno, &test.meta(), &actor, None, command).await }
    };
    assert!(asked(actor, about(bea.to_string())).await.is_ok());
    // whether there is somebody does not show
    for other in [
        ana.to_string(),
        Uuid::nil().to_string(),
        "4711".to_owned(),
        "nobody".to_owned(),
    ] {
        assert_eq!(refused(asked(actor, about(other)).await), Code::PermissionDenied);
    }
    assert_eq!(
        refused(asked(Actor::Anonymous, about(ana.to_string())).await),
        Code::AuthenticationRequired
    );
    test.viewer("vera").await;
    let vera = test.actor("vera").await;
    assert!(asked(vera, about(ana.to_string())).await.is_ok());
    assert!(asked(vera, about(Uuid::nil().to_string())).await.is_ok());
}

#[tokio::test]
async fn a_change_on_one_node_decides_the_next_answer_of_the_other() {
    let (test, _, _, lead) = acme().await;
    let other = test.another().await;
    let (here, there) = (test.actor("ana").await, test.actor("ana").await);
    for round in 0..10 {
        let enabled = round % 2 == 1;
        let (changing, asking) = if round % 3 == 0 {
            (&test, &other)
        } else {
            (&other, &test)
        };
        let command = UpdateRole {
            is_enabled: Some(enabled),
            ..UpdateRole::default()
        };
        let staff = changing.system().await;
        roles::update(&changing.sereno, &changing.meta(), &staff, &lead, command)
            .await
            .unwrap();
        assert_eq!(
            ask(asking, &there, "invoices.edit", Some("acme")).await.allowed,
            enabled,
            "round {round}"
        );
        assert_eq!(
            ask(changing, &here, "invoices.edit", Some("acme")).await.allowed,
            enabled,
            "round {round}"
        );
    }
}

#[tokio::test]
async fn what_the_operator_settled_counts() {
    for (owner, global) in [
        (vec!["*"], true),
        (vec!["Invoices.Edit"], true),
        (vec![], true),
        (vec![], false),
    ] {
        let test = TestSereno::with(|config| {
            config.access.owner_permissions = owner.iter().map(|name| name.to_lowercase()).collect();
            config.access.global_roles_in_projects = global;
        })
        .await;
        let (staff, meta) = (test.system().await, test.meta());
        for codename in ["invoices.edit", "invoices.see"] {
            let command = CreatePermission {
                codename: codename.to_owned(),
                ..CreatePermission::default()
            };
            permissions::create(&test.sereno, &meta, &staff, command).await.unwrap();
        }
        let command = CreateRole {
            codename: "seer".to_owned(),
            permissions: vec!["invoices.see".to_owned()],
            ..CreateRole::default()
        };
        let of_seers = roles::create(&test.sereno, &meta, &staff, command)
            .await
            .unwrap()
            .row
            .role
            .id;
        test.user("ana").await;
        test.user("bea").await;
        let command = CreateProject {
            slug: "acme".to_owned(),
            owner: Some("ana".to_owned()),
            ..CreateProject::default()
        };
        projects::create(&test.sereno, &meta, &staff, command).await.unwrap();
        let command = AssignRole {
            role: of_seers,
            users: vec!["bea".to_owned()],
            project: None,
            expires_at: None,
        };
        assignments::assign(&test.sereno, &meta, &staff, command).await.unwrap();
        let (ana, bea) = (test.actor("ana").await, test.actor("bea").await);
        let edits = ask(&test, &ana, "invoices.edit", Some("acme")).await;
        assert_eq!(edits.allowed, !owner.is_empty(), "{owner:?}");
        let sees = ask(&test, &ana, "invoices.see", Some("acme")).await;
        assert_eq!(sees.allowed, owner == ["*"], "{owner:?}");
        let sees = ask(&test, &bea, "invoices.see", Some("acme")).await;
        assert_eq!(sees.allowed, global);
        // a project that there is not is no place where a right could hold
        assert!(!ask(&test, &bea, "invoices.see", Some("nowhere")).await.allowed);
        assert!(ask(&test, &bea, "invoices.see", None).await.allowed);
    }
}

#[tokio::test]
async fn a_thousand_questions_cost_a_handful_of_statements() {
    let (test, ana, ..) = acme().await;
    let root = test.superuser("root").await;
    let actor = test.actor("root").await;
    let number = |index: usize| {
        if index.is_multiple_of(2) {
            ana.to_string()
        } else {
            (index % 3 + 1).to_string()
        }
    };
    let questions: Vec<Question> = (0..1_000)
        .map(|index| Question {
            permission: ["invoices.edit", "role:lead", "no.such"][index % 3].to_owned(),
            user: Some(number(index)),
            project: [None, Some("acme".to_owned()), Some(format!("nowhere-{index}"))][index % 3].clone(),
        })
        .collect();
    let command = || Check {
        checks: Some(questions.clone()),
        ..Check::default()
    };
    test.statements.take();
    let first = check(&test.sereno, &test.meta(), &actor, None, command()).await;
    let said = test.statements.take();
    assert!(first.is_ok());
    assert!(said.len() < 25, "{said:#?}");
    let _ = root;
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused() {
    let (test, ..) = acme().await;
    let ana = test.actor("ana").await;
    let asked = |command: Check| {
        let (test, ana) = (&test, &ana);
        async move { refused_fields(check(&test.sereno, &test.meta(), ana, None, command).await) }
    };
    assert_eq!(asked(Check::default()).await, [("permission".to_owned(), Code::Blank)]);
    let both = Check {
        permission: Some("a".to_owned()),
        checks: Some(Vec::new()),
        ..Check::default()
    };
    assert_eq!(asked(both).await, [("checks".to_owned(), Code::InvalidChoice)]);
    let many = Check {
        checks: Some(vec![Question::default(); 1_001]),
        ..Check::default()
    };
    assert_eq!(asked(many).await, [("checks".to_owned(), Code::TooLong)]);
    let blank = Check {
        checks: Some(vec![
            Question {
                permission: "a".to_owned(),
                ..Question::default()
            },
            Question::default(),
        ]),
        ..Check::default()
    };
    assert_eq!(asked(blank).await, [("checks.1.permission".to_owned(), Code::Blank)]);
    let odd = ask(&test, &ana, "a\0b", Some("x\0y")).await;
    assert_eq!(odd.reason, Reason::PermissionUnknown);
}

#[tokio::test]
async fn projects_are_known_by_id_and_name() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    let command = CreateProject {
        slug: "acme".to_owned(),
        ..CreateProject::default()
    };
    let made = projects::create(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
    for (name, expected) in [
        ("acme", true),
        (made.row.id.0.as_str(), true),
        ("other", false),
        ("", false),
    ] {
        assert_eq!(is_project(&test.sereno, name).await.unwrap(), expected, "{name}");
    }
}
