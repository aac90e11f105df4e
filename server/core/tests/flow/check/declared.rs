//! What applications ask for that nobody declared.

use std::time::Duration;

use sereno_core::access::check::{ASKED_MAX, check};
use sereno_core::context::Actor;
use sereno_core::jobs;
use sereno_core::roles::{catalogue, permissions};
use sereno_core::testing::{TestSereno, called, refused, refused_fields, register};
use sereno_types::{
    Catalogue, Check, Checked, ClientCredentials, Code, CreatePermission, DeclaredPermission, Question, Reason,
};

use super::acme;

#[tokio::test]
async fn applications_ask_with_their_scope_and_what_nobody_declared_is_counted_and_never_granted() {
    let (test, ana, ..) = acme().await;
    let mut keys = Vec::new();
    for (name, scopes) in [
        ("asks", vec!["access:check", "access:declare"]),
        ("only", vec!["access:check"]),
        ("none", vec![]),
    ] {
        let mut command = called(name);
        command.scopes = scopes.into_iter().map(str::to_owned).collect();
        command.kind = sereno_types::ApplicationKind::Confidential;
        let created = register(&test, command).await.unwrap();
        keys.push(ClientCredentials {
            client_id: Some(name.to_owned()),
            client_secret: created.secret.map(|secret| secret.client_secret.into()),
        });
    }
    let question = |permission: &str| Question {
        permission: permission.to_owned(),
        user: Some(ana.to_string()),
        project: Some("acme".to_owned()),
    };
    let asked = |keys: ClientCredentials, questions: Vec<Question>| {
        let test = &test;
        async move {
            let command = Check {
                checks: Some(questions),
                ..Check::default()
            };
            check(&test.sereno, &test.meta(), &Actor::Anonymous, Some(&keys), command).await
        }
    };
    for key in &keys[..2] {
        let questions = vec![
            question("invoices.edit"),
            question("Reports.See"),
            question("reports.see"),
        ];
        let Checked::Many(decisions) = asked(key.clone(), questions).await.unwrap() else {
            panic!("one answer to many questions")
        };
        let reasons: Vec<Reason> = decisions.results.iter().map(|decision| decision.reason).collect();
        assert_eq!(
            reasons,
            [
                Reason::InheritedRole,
                Reason::PermissionUnknown,
                Reason::PermissionUnknown
            ]
        );
    }
    assert_eq!(
        refused(asked(keys[2].clone(), vec![question("a")]).await),
        Code::UnauthorizedClient
    );
    let mut wrong = keys[0].clone();
    wrong.client_secret = Some("guessed".into());
    assert_eq!(refused(asked(wrong, vec![question("a")]).await), Code::InvalidClient);
    let listed = permissions::asked(&test.sereno, &test.system().await, sereno_types::PageQuery::default())
        .await
        .unwrap();
    let counted: Vec<(&str, &str, u64)> = listed
        .items
        .iter()
        .map(|row| (row.codename.as_str(), row.client_id.as_str(), row.asked))
        .collect();
    assert_eq!(counted, [("reports.see", "asks", 2)]);

    // declared at last, it is asked for no more
    let command = CreatePermission {
        codename: "reports.see".to_owned(),
        ..CreatePermission::default()
    };
    permissions::create(&test.sereno, &test.meta(), &test.system().await, command)
        .await
        .unwrap();
    let listed = permissions::asked(&test.sereno, &test.system().await, sereno_types::PageQuery::default())
        .await
        .unwrap();
    assert_eq!(listed.total, 0);
    let own = Check {
        permission: Some("a".to_owned()),
        ..Check::default()
    };
    let nobody = check(&test.sereno, &test.meta(), &Actor::Anonymous, Some(&keys[0]), own).await;
    assert_eq!(refused_fields(nobody), [("user".to_owned(), Code::Blank)]);
}

/// An application that may ask and declare.
async fn asking(test: &TestSereno, name: &str) -> ClientCredentials {
    let mut command = called(name);
    command.scopes = vec!["access:check".to_owned(), "access:declare".to_owned()];
    command.kind = sereno_types::ApplicationKind::Confidential;
    let created = register(test, command).await.unwrap();
    ClientCredentials {
        client_id: Some(name.to_owned()),
        client_secret: created.secret.map(|secret| secret.client_secret.into()),
    }
}

/// Asks about each of these, for a user that there is not.
async fn ask_about(test: &TestSereno, keys: &ClientCredentials, codenames: impl Iterator<Item = String>) {
    let question = |permission| Question {
        permission,
        user: Some("4711".to_owned()),
        project: None,
    };
    let command = Check {
        checks: Some(codenames.map(question).collect()),
        ..Check::default()
    };
    check(&test.sereno, &test.meta(), &Actor::Anonymous, Some(keys), command)
        .await
        .unwrap();
}

async fn asked_for(test: &TestSereno) -> Vec<(String, u64)> {
    let (mut all, mut query) = (Vec::new(), sereno_types::PageQuery::default());
    query.limit = Some(200);
    loop {
        let staff = test.system().await;
        let page = permissions::asked(&test.sereno, &staff, query.clone()).await.unwrap();
        all.extend(page.items.into_iter().map(|row| (row.codename, row.asked)));
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return all,
        }
    }
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_is_forgotten() {
    let test = TestSereno::with(|config| config.access.keep_asked_days = 10).await;
    let shop = asking(&test, "shop").await;
    let day = Duration::from_hours(24);
    ask_about(&test, &shop, ["old.one".to_owned(), "kept.one".to_owned()].into_iter()).await;
    test.advance(day * 6);
    ask_about(&test, &shop, ["kept.one".to_owned()].into_iter()).await;
    test.advance(day * 4);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(asked_for(&test).await.len(), 2, "not before its time");
    test.advance(Duration::from_secs(1));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(asked_for(&test).await, [("kept.one".to_owned(), 2)]);
}

#[tokio::test]
async fn an_application_is_remembered_for_so_many_codenames_and_no_more() {
    let test = TestSereno::new().await;
    let (shop, other) = (asking(&test, "shop").await, asking(&test, "other").await);
    let named = |range: std::ops::Range<usize>| range.map(|index| format!("shop.n{index:04}"));
    ask_about(&test, &shop, named(0..600)).await;
    ask_about(&test, &shop, named(500..1_400)).await;
    let all = asked_for(&test).await;
    assert_eq!(all.len(), ASKED_MAX);
    let twice = all.iter().filter(|(_, asked)| *asked == 2).count();
    assert_eq!(twice, 100, "what is remembered goes on being counted");
    ask_about(&test, &shop, named(0..1).chain(named(5_000..5_010))).await;
    let all = asked_for(&test).await;
    assert_eq!(all.len(), ASKED_MAX);
    assert!(all.contains(&("shop.n0000".to_owned(), 2)));
    // one application's flood keeps nobody else from being heard
    ask_about(&test, &other, named(5_000..5_010)).await;
    assert_eq!(asked_for(&test).await.len(), ASKED_MAX + 10);
}

/// Asking reserves no name and gives none another meaning: not those of the catalogue, not those that others declare.
#[tokio::test]
async fn asking_takes_no_name_from_anybody() {
    let test = TestSereno::new().await;
    let (squatter, shop) = (asking(&test, "squatter").await, asking(&test, "shop").await);
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let names = ["shop.sell", "staff.word", "users.view"].map(str::to_owned);
    ask_about(&test, &squatter, names.into_iter()).await;
    assert_eq!(asked_for(&test).await.len(), 2, "what Sereno declares is not asked for");
    let catalogue = |codename: &str| Catalogue {
        permissions: vec![DeclaredPermission {
            codename: codename.to_owned(),
            description: "To sell".to_owned(),
        }],
        ..Catalogue::default()
    };
    catalogue::declare(sereno, &meta, &shop, catalogue("shop.sell"))
        .await
        .unwrap();
    let command = CreatePermission {
        codename: "staff.word".to_owned(),
        ..CreatePermission::default()
    };
    permissions::create(sereno, &meta, &staff, command).await.unwrap();
    assert_eq!(asked_for(&test).await, []);
    for codename in ["shop.sell", "staff.word", "users.view"] {
        let refused = catalogue::declare(sereno, &meta, &squatter, catalogue(codename)).await;
        assert!(refused.is_err(), "{codename} belongs to another");
    }
    let listed = permissions::list(sereno, &staff, sereno_types::PermissionQuery::default())
        .await
        .unwrap();
    let origin = |codename: &str| {
        listed
            .items
            .iter()
            .find(|row| row.codename == codename)
            .map(|row| row.origin.as_str())
    };
    assert_eq!(
        ["shop.sell", "staff.word", "users.view"].map(origin),
        [Some("shop"), Some("staff"), Some("sereno")]
    );
}
