//! Profiles, sign-ins and declared attributes, as a browser without JavaScript has them.

use serde_json::{Value, json};
use sereno_core::account::attributes;
use sereno_types::{AttributeKind, DeclareAttribute};

use super::applications::form;
use crate::door::{Answer, Door, PASSWORD};

async fn declare(door: &Door, name: &str, kind: AttributeKind, is_protected: bool) {
    let (sereno, staff) = (&door.test.sereno, door.test.system().await);
    let command = DeclareAttribute {
        kind,
        is_protected,
        ..DeclareAttribute::default()
    };
    attributes::declare(sereno, &door.test.meta(), &staff, name, command)
        .await
        .unwrap();
}

async fn sign_in(door: &Door, identifier: &str) -> String {
    let fields = [("identifier", identifier), ("password", PASSWORD)];
    let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.cookies()
}

/// The form of a page that posts to this function.
fn form_of<'a>(page: &'a Answer, function: &str) -> &'a str {
    let after = page.text.split(&format!("action=\"{function}\"")).nth(1);
    let after = after.unwrap_or_else(|| panic!("no form for {function}: {}", page.text));
    after.split("</form>").next().unwrap()
}

async fn me(door: &Door, identifier: &str) -> Value {
    door.login(identifier).await["user"].clone()
}

async fn id_of(door: &Door, identifier: &str) -> String {
    me(door, identifier).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_profile_is_changed_field_by_field() {
    let door = Door::with(|config| config.profile.protected = vec!["last_name".to_owned()]).await;
    door.user("ana@example.org", Some("ana")).await;
    for kind in AttributeKind::ALL {
        declare(&door, kind.as_str(), *kind, false).await;
    }
    declare(&door, "postcode", AttributeKind::String, false).await;
    declare(&door, "tier", AttributeKind::Integer, true).await;
    let cookies = sign_in(&door, "ana").await;
    let (path, function) = ("/account/profile", "/account/fn/update_profile");
    let page = door.page(path, &cookies).await;
    assert_eq!(page.status, 200);
    let html = form_of(&page, function);
    assert!(
        !html.contains("attributes.tier") && !html.contains("last_name"),
        "{html}"
    );
    let typed = form(
        html,
        &[
            ("first_name", "Ana"),
            ("locale", "de"),
            ("attributes.boolean", "yes"),
            ("attributes.list", "red\r\nblue"),
            ("attributes.date", "2026-11-20"),
            ("attributes.number", "1.5"),
            ("attributes.object", r#"{"size": 3}"#),
            ("attributes.postcode", "10115"),
            // what is protected is not read, whoever posts it
            ("attributes.tier", "9"),
            ("last_name", "Bee"),
            ("is_superuser", "yes"),
        ],
    );
    let answer = door.form(function, &typed, path, &cookies).await;
    assert_eq!(
        answer.header("location"),
        "/account/profile?done=saved",
        "{}",
        answer.text
    );
    let saved = door.page("/account/profile?done=saved", &cookies).await;
    assert!(saved.text.contains("Your profile is saved."));
    let seen = me(&door, "ana").await;
    assert_eq!((&seen["first_name"], &seen["last_name"]), (&json!("Ana"), &json!("")));
    let expected = json!({"boolean": true, "list": ["red", "blue"], "date": "2026-11-20", "number": 1.5,
        "object": {"size": 3}, "postcode": "10115"});
    assert_eq!(seen["attributes"], expected);

    // a form that was not touched changes nothing
    let html = form_of(&saved, function);
    assert_eq!(door.form(function, &form(html, &[]), path, &cookies).await.status, 303);
    assert_eq!(me(&door, "ana").await["attributes"], expected);

    // what is refused stands beside its field, and all that was typed is kept
    let typed = form(
        html,
        &[("attributes.integer", "many"), ("attributes.postcode", "20095")],
    );
    let unticked = |(name, _): &(&str, &str)| *name != "attributes.boolean";
    let typed: Vec<_> = typed.into_iter().filter(unticked).collect();
    let answer = door.form(function, &typed, path, &cookies).await;
    assert_eq!(answer.header("location"), path);
    let page = door.page(path, &cookies).await;
    for words in [
        "<title>Error: Your profile",
        "Please write a whole number",
        "href=\"#attributes.integer\"",
        "value=\"many\"",
        "value=\"20095\"",
    ] {
        assert!(page.text.contains(words), "no {words}: {}", page.text);
    }
    let kept = form(form_of(&page, function), &[]);
    assert!(kept.iter().all(unticked), "it was not ticked any more");
    assert_eq!(
        me(&door, "ana").await["attributes"],
        expected,
        "nothing of it was taken"
    );
    // the core refuses by field, too
    let typed = form(html, &[("username", "a@b"), ("attributes.date", "2026-02-30")]);
    assert_eq!(
        door.form(function, &typed, path, &cookies).await.header("location"),
        path
    );
    let page = door.page(path, &cookies).await;
    assert!(page.text.contains("href=\"#username\"") && page.text.contains("href=\"#attributes.date\""));
}

#[tokio::test]
async fn a_profile_of_which_nothing_may_be_changed_has_no_form() {
    let all = ["username", "first_name", "last_name", "locale", "attributes"];
    let door = Door::with(|config| config.profile.protected = all.map(str::to_owned).to_vec()).await;
    door.user("ana@example.org", Some("ana")).await;
    door.test.execute("UPDATE \"user\" SET locale = 'en'").await;
    let cookies = sign_in(&door, "ana").await;
    let page = door.page("/account/profile?ui_locales=de", &cookies).await.text;
    assert!(!page.contains("update_profile"), "{page}");
    let page = page.replace("<!>", "");
    assert!(page.contains("<dt>Benutzername</dt><dd>ana</dd>"), "{page}");
    assert!(page.contains("<dt>Sprache</dt><dd>English</dd>"), "{page}");
}

#[tokio::test]
async fn sign_ins_are_listed_and_ended() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.user("bea@example.org", Some("bea")).await;
    let here = sign_in(&door, "ana").await;
    let there = sign_in(&door, "ana").await;
    let strange = sign_in(&door, "bea").await;
    let path = "/account/sessions";
    let page = door.page(path, &here).await;
    let ends = |page: &Answer| page.text.matches("action=\"/account/fn/end_session\"").count();
    assert_eq!(ends(&page), 1, "{}", page.text);
    assert!(page.text.contains("This one"));
    let fields = form(form_of(&page, "/account/fn/end_session"), &[]);
    // nobody else's
    let answer = door.form("/account/fn/end_session", &fields, path, &strange).await;
    assert_eq!(answer.header("location"), path);
    let told = door.page(path, &strange).await;
    assert_eq!(
        told.text.matches("role=\"alert\"").count(),
        1,
        "told once: {}",
        told.text
    );
    assert_eq!(door.page("/account", &there).await.status, 200);

    let answer = door.form("/account/fn/end_session", &fields, path, &here).await;
    assert_eq!(answer.header("location"), "/account/sessions?done=one");
    assert!(door.page("/account", &there).await.status.is_redirection());
    let page = door.page("/account/sessions?done=one", &here).await;
    assert!(page.text.contains("The sign-in has ended."));
    assert!(!page.text.contains("End all others"), "there are no others");

    for _ in 0..3 {
        sign_in(&door, "ana").await;
    }
    let page = door.page("/account/sessions?limit=2", &here).await;
    assert!(
        page.text.contains("/account/sessions?limit=2&amp;cursor="),
        "{}",
        page.text
    );
    let function = "/account/fn/end_sessions";
    let answer = door.form(function, &[("which", "others")], path, &here).await;
    assert_eq!(answer.header("location"), "/account/sessions?done=others");
    assert_eq!(ends(&door.page(path, &here).await), 0);
    let answer = door.form(function, &[("which", "all")], path, &here).await;
    assert_eq!(answer.header("location"), "/account/signed-out");
    for answer in [door.page(path, &here).await, door.form(function, &[], path, "").await] {
        assert_eq!(answer.header("location"), "/account/sign-in?next=%2Faccount%2Fsessions");
    }
}

#[tokio::test]
async fn staff_changes_a_profile_reads_its_history_and_ends_sign_ins() {
    let door = Door::with(|config| config.profile.protected = vec!["first_name".to_owned()]).await;
    door.user("ana@example.org", Some("ana")).await;
    declare(&door, "tier", AttributeKind::Integer, true).await;
    let admin = door.administrator().await;
    let theirs = sign_in(&door, "ana").await;
    let id = id_of(&door, "ana").await;
    let path = format!("/console/users/{id}/profile");
    let page = door.page(&path, &admin).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let function = "/console/fn/update_user";
    let typed = form(
        form_of(&page, function),
        &[
            ("first_name", "Ana"),
            ("attributes.tier", "2"),
            ("other", r#"{"left": [1], "tier": 3}"#),
        ],
    );
    let answer = door.form(function, &typed, &path, &admin).await;
    assert_eq!(answer.header("location"), path, "refused: tier has a field of its own");
    let page = door.page(&path, &admin).await;
    let told = "tier is declared and has a field of its own";
    assert!(page.text.contains(told), "{}", page.text);
    let typed = form(form_of(&page, function), &[("other", r#"{"left": [1]}"#)]);
    let answer = door.form(function, &typed, &path, &admin).await;
    assert_eq!(
        answer.header("location"),
        format!("{path}?done=saved"),
        "{}",
        answer.text
    );
    // the same form once more was made from what is no more
    let late = door.form(function, &typed, &path, &admin).await;
    assert_eq!(late.header("location"), path);
    assert!(
        door.page(&path, &admin)
            .await
            .text
            .contains("Somebody else has changed this")
    );
    let seen = me(&door, "ana").await;
    assert_eq!(seen["first_name"], "Ana");
    assert_eq!(seen["attributes"], json!({"tier": 2, "left": [1]}));
    let overview = door.page(&format!("/console/users/{id}"), &admin).await;
    assert!(overview.text.contains(">left<"), "{}", overview.text);

    let changes = door.page(&format!("/console/users/{id}/changes?limit=2"), &admin).await;
    for words in ["3 changes", "admin@example.org", "rel=\"next\""] {
        assert!(changes.text.contains(words), "no {words}: {}", changes.text);
    }
    let only = format!("/console/users/{id}/changes?field=attributes.tier");
    assert!(door.page(&only, &admin).await.text.contains("1 change"));

    let sign_ins = format!("/console/users/{id}/sign-ins");
    let page = door.page(&sign_ins, &admin).await;
    assert!(page.text.contains("sign-ins work right now"), "{}", page.text);
    let function = "/console/fn/end_user_session";
    let fields = form(form_of(&page, function), &[]);
    let answer = door.form(function, &fields, &sign_ins, &admin).await;
    assert_eq!(answer.header("location"), format!("{sign_ins}?done=one"));
    let wrong = [("id", "x\r\ny"), ("session", "1")];
    let answer = door.form(function, &wrong, &sign_ins, &admin).await;
    assert_eq!(answer.header("location"), sign_ins);
    let page = door.page(&format!("{sign_ins}?confirm=all"), &admin).await;
    assert!(page.text.contains("End every sign-in of this user?") && page.text.contains("<dialog"));
    let answer = door
        .form("/console/fn/end_user_sessions", &[("id", &id)], &sign_ins, &admin)
        .await;
    assert_eq!(answer.header("location"), format!("{sign_ins}?done=all"));
    assert!(door.page("/account", &theirs).await.status.is_redirection());
}

#[tokio::test]
async fn attributes_are_declared_changed_and_withdrawn() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let (path, function) = ("/console/attributes", "/console/fn/declare_attribute");
    let page = door.page(path, &admin).await;
    assert!(page.text.contains("Nothing is declared"));
    let typed = form(
        form_of(&page, function),
        &[("name", "a b"), ("description", "the plan")],
    );
    let answer = door.form(function, &typed, path, &admin).await;
    assert_eq!(answer.header("location"), path);
    let page = door.page(path, &admin).await;
    assert!(
        page.text.contains("value=\"a b\"") && page.text.contains("value=\"the plan\""),
        "{}",
        page.text
    );
    let typed = form(
        form_of(&page, function),
        &[("name", "plan"), ("kind", "list"), ("protected", "yes")],
    );
    let answer = door.form(function, &typed, path, &admin).await;
    assert_eq!(answer.header("location"), "/console/attributes?done=declared");
    let searched = door.page("/console/attributes?q=THE%20PLAN", &admin).await.text;
    assert!(searched.contains("change=plan") && searched.contains("1 attribute"));
    let searched = door.page("/console/attributes?q=shoe", &admin).await.text;
    assert!(searched.contains("No attribute says that.") && !searched.contains("change=plan"));
    let page = door.page("/console/attributes?change=plan", &admin).await;
    let shown = form(form_of(&page, function), &[]);
    for field in [
        ("name", "plan"),
        ("kind", "list"),
        ("description", "the plan"),
        ("protected", "yes"),
    ] {
        assert!(shown.contains(&field), "{field:?} in {shown:?}");
    }
    let answer = door
        .form(function, &[("name", "plan"), ("kind", "shoe")], path, &admin)
        .await;
    assert_eq!(answer.header("location"), path);
    assert!(door.page(path, &admin).await.text.contains("href=\"#kind\""));
    let page = door.page("/console/attributes?confirm=plan", &admin).await;
    assert!(page.text.contains("Withdraw plan?"));
    let answer = door
        .form("/console/fn/withdraw_attribute", &[("name", "plan")], path, &admin)
        .await;
    assert_eq!(answer.header("location"), "/console/attributes?done=withdrawn");
    assert!(door.page(path, &admin).await.text.contains("Nothing is declared"));
}

/// Who may look sees no button, and is refused all the same; who is no staff is refused everything.
#[tokio::test]
async fn others_are_refused() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    declare(&door, "plan", AttributeKind::String, false).await;
    door.test.viewer("vera").await;
    let id = id_of(&door, "ana").await;
    let (ana, vera) = (sign_in(&door, "ana").await, sign_in(&door, "vera").await);
    let pages = ["/profile", "/sign-ins", "/changes"].map(|part| format!("/console/users/{id}{part}"));
    for path in pages.iter().map(String::as_str).chain(["/console/attributes"]) {
        assert_eq!(door.page(path, &ana).await.status, 403, "{path}");
        let page = door.page(path, &vera).await;
        assert_eq!(page.status, 200, "{path}");
        for button in [
            "End all sign-ins",
            ">Save<",
            ">Declare<",
            ">Withdraw<",
            "end_user_session",
        ] {
            assert!(!page.text.contains(button), "{button} on {path}");
        }
    }
    let ours = ("origin", "http://127.0.0.1:3000");
    let post = async |path: String, fields: &[(&str, &str)], origin: (&'static str, &'static str), cookies: &str| {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            origin,
            ("cookie", cookies),
        ];
        let answer = door
            .send(crate::door::request("POST", &path, &headers, body.into()))
            .await;
        (answer.status.as_u16(), answer.code())
    };
    for (function, fields) in [
        ("update_user", vec![("id", id.as_str()), ("first_name", "X")]),
        ("end_user_session", vec![("id", id.as_str()), ("session", id.as_str())]),
        ("end_user_sessions", vec![("id", id.as_str())]),
        ("declare_attribute", vec![("name", "x"), ("kind", "string")]),
        ("withdraw_attribute", vec![("name", "plan")]),
    ] {
        for cookies in [&ana, &vera] {
            let answer = post(format!("/console/fn/{function}"), &fields, ours, cookies).await;
            assert_eq!(answer, (403, "permission_denied".to_owned()), "{function}");
        }
    }
    // and nothing happens for another site
    let foreign = ("origin", "https://evil.example");
    for function in ["update_profile", "end_session", "end_sessions"] {
        let answer = post(format!("/account/fn/{function}"), &[("which", "all")], foreign, &ana).await;
        assert_eq!(answer, (403, "cross_site_request".to_owned()), "{function}");
    }
}
