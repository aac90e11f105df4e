//! What applications declare.

use super::*;

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
