//! Who holds what: assignments, members, and what comes of it.

use super::*;

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
