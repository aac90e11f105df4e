//! Applications and signing keys in the console, as a browser without JavaScript has them.

use serde_json::json;

use crate::door::{Answer, Door, PASSWORD};

const NEW: &str = "/console/applications/new";

/// What the form posts that was not touched, with some fields changed.
pub fn form<'a>(page: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    let attribute = |tag: &'a str, name: &str| {
        let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        tag[at..].split('"').next()
    };
    for part in page.split('<').skip(1) {
        let tag = part.split('>').next().unwrap_or("");
        let Some(name) = attribute(tag, "name") else { continue };
        if tag.starts_with("input") && attribute(tag, "type") == Some("checkbox") {
            if tag.contains(" checked") {
                fields.push((name, "yes"));
            }
        } else if tag.starts_with("input") {
            fields.push((name, attribute(tag, "value").unwrap_or("")));
        } else if tag.starts_with("textarea") {
            // no marks of hydration, which would be part of the text
            let text = &page[page.find(&format!("<{tag}>")).unwrap()..];
            let text = text.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
            assert!(!text.contains('<') && !text.contains('&'), "{name}: {text}");
            fields.push((name, text));
        } else if tag.starts_with("select") {
            let options = page[page.find(&format!("<{tag}")).unwrap()..]
                .split("</select>")
                .next()
                .unwrap();
            let mut all = options.split("<option").skip(1);
            let first = all.clone().next();
            // without a choice a browser posts the first
            let chosen = all.find(|option| option.contains(" selected")).or(first);
            fields.push((name, chosen.and_then(|option| attribute(option, "value")).unwrap_or("")));
        }
    }
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

/// The secret on a page that shows one.
fn secret_of(answer: &Answer) -> String {
    let at = answer
        .text
        .find("data-secret")
        .unwrap_or_else(|| panic!("no secret: {}", answer.text));
    let after = answer.text[at..].split("<code").nth(1).unwrap();
    after.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn log_in(door: &Door, secret: &str) -> u16 {
    let body =
        json!({"client_id": "shop", "client_secret": secret, "identifier": "admin@example.org", "password": PASSWORD});
    door.post("/api/v1/login", &body, &[]).await.status.as_u16()
}

async fn is_kept_nowhere(door: &Door, secret: &str) {
    for table in door.test.tables().await {
        let rows = door.test.dump(&table).await.join("\n");
        assert!(!rows.contains(secret), "{table} holds the secret");
    }
}

#[tokio::test]
async fn from_registering_to_deleting() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let page = door.page(NEW, &cookies).await;
    assert_eq!(page.status, 200);
    let fields = form(
        &page.text,
        &[
            ("name", "Shop"),
            ("client_id", "shop"),
            ("kind", "confidential"),
            ("origins", "https://shop.example.org\r\n"),
        ],
    );
    let answer = door
        .form("/console/fn/create_application", &fields, NEW, &cookies)
        .await;
    // the page itself, and no redirect after which the secret would have to lie somewhere
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("location"), "");
    assert!(answer.header("content-security-policy").contains("script-src"));
    assert!(answer.text.contains("Shop is registered"));
    let first = secret_of(&answer);
    assert!(first.starts_with("cs_") && first.len() == 46, "{first}");
    is_kept_nowhere(&door, &first).await;
    assert_eq!(log_in(&door, &first).await, 200);

    let at = answer.text.find("/console/applications/0").expect("the way on");
    let path = answer.text[at..].split('"').next().unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    let page = door.page(&path, &cookies).await;
    assert!(page.text.contains("https://shop.example.org") && !page.text.contains(&first));
    assert!(!door.page("/console/applications", &cookies).await.text.contains(&first));

    // another secret takes the first one's place
    door.test.advance(std::time::Duration::from_mins(1));
    let answer = door
        .form("/console/fn/create_client_secret", &[("id", &id)], &path, &cookies)
        .await;
    let second = secret_of(&answer);
    is_kept_nowhere(&door, &second).await;
    let again = door
        .form("/console/fn/create_client_secret", &[("id", &id)], &path, &cookies)
        .await;
    assert_eq!((again.status.as_u16(), again.header("location")), (303, path.as_str()));
    let page = door.page(&path, &cookies).await.text;
    let ids: Vec<&str> = page
        .split("?confirm=")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .filter(|id| *id != "delete")
        .collect();
    assert_eq!(ids.len(), 2, "newest first");
    let question = door.page(&format!("{path}?confirm={}", ids[1]), &cookies).await.text;
    assert!(question.contains("Delete this secret?"));
    let gone = door
        .form(
            "/console/fn/delete_client_secret",
            &[("id", &id), ("which", ids[1])],
            &path,
            &cookies,
        )
        .await;
    assert_eq!(gone.status, 303);
    assert_eq!((log_in(&door, &first).await, log_in(&door, &second).await), (401, 200));

    // settings: the form of the page as it is changes nothing but what was changed
    let page = door.page(&path, &cookies).await.text;
    let settings = page.split("/console/fn/update_application").nth(1).unwrap();
    let settings = settings.split("</form>").next().unwrap();
    let claims = r#"[{"name": "shop.number", "source": {"user": "number"}}]"#;
    let fields = form(
        settings,
        &[
            ("name", "The shop"),
            ("profile.claims", claims),
            ("profile.access_lifetime", "60"),
        ],
    );
    let saved = door
        .form("/console/fn/update_application", &fields, &path, &cookies)
        .await;
    assert_eq!(
        (saved.status.as_u16(), saved.header("location")),
        (303, format!("{path}?done=saved").as_str())
    );
    // the same form once more was made from what is no more
    let late = door
        .form("/console/fn/update_application", &fields, &path, &cookies)
        .await;
    assert_eq!(late.header("location"), path);
    let page = door.page(&path, &cookies).await.text;
    assert!(page.contains("Somebody else has changed this"), "{page}");
    let staff = door.test.system().await;
    let detail = sereno_core::oauth::admin::detail(&door.test.sereno, &staff, &sereno_types::Id(id.clone()))
        .await
        .unwrap();
    assert_eq!(detail.name, "The shop");
    assert_eq!(detail.profile.access_lifetime, Some(60));
    assert_eq!(detail.origins, ["https://shop.example.org"]);
    assert_eq!(detail.cookies, sereno_types::CookieSettings::default());
    assert_eq!(detail.grants.len(), 2);
    let preview = door
        .page(&format!("{path}?user=admin%40example.org"), &cookies)
        .await
        .text;
    assert!(
        preview.contains("&quot;number&quot;: 1") || preview.contains("\"number\": 1"),
        "{preview}"
    );
    assert!(
        door.page(&format!("{path}?user=nobody"), &cookies)
            .await
            .text
            .contains("There is no such user.")
    );

    // a profile that is not saved: shown as the answer to the post, and nothing has changed
    let page = door.page(&path, &cookies).await;
    assert!(page.text.contains("Preview with these settings"));
    let settings = [
        ("id", id.as_str()),
        ("name", "Another name"),
        ("delivery", "json"),
        ("allow.login", "yes"),
        ("profile.algorithm", "EdDSA"),
        ("profile.access_format", "jwt"),
        ("profile.refresh_format", "opaque"),
        ("profile.rotation", "always"),
        ("profile.subject", "number"),
        ("profile.issuer", "https://elsewhere.example.org"),
        ("profile.header_kid", "yes"),
        ("cookies.access", "a"),
        ("cookies.refresh", "r"),
        ("cookies.payload", "p"),
        ("cookies.csrf", "c"),
        ("cookies.path", "/"),
        ("cookies.refresh_path", "/"),
        ("cookies.same_site", "Lax"),
        ("try", "yes"),
    ];
    let tried = async |user: &'static str| {
        let mut fields = settings.to_vec();
        fields.push(("try_user", user));
        door.form("/console/fn/update_application", &fields, &path, &cookies)
            .await
    };
    let shown = tried("admin@example.org").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains("https://elsewhere.example.org") && shown.text.contains("Nothing is saved."));
    let refused = tried("nobody").await;
    assert_eq!(refused.header("location"), path);
    let page = door.page(&path, &cookies).await.text;
    assert!(
        page.contains("href=\"#try_user\"") && page.contains("value=\"nobody\""),
        "what was typed stays: {page}"
    );
    let page = door.page(&path, &cookies).await.text;
    assert!(
        !page.contains("Another name") && !page.contains("elsewhere"),
        "nothing was saved"
    );

    // switched off, and away
    let off = door
        .form("/console/fn/enable_application", &[("id", &id)], &path, &cookies)
        .await;
    assert_eq!(off.header("location"), format!("{path}?done=disabled"));
    assert_eq!(log_in(&door, &second).await, 401);
    assert!(
        door.page("/console/applications?enabled=false", &cookies)
            .await
            .text
            .contains("The shop")
    );
    door.form(
        "/console/fn/enable_application",
        &[("id", &id), ("on", "yes")],
        &path,
        &cookies,
    )
    .await;
    assert_eq!(log_in(&door, &second).await, 200);
    let question = door.page(&format!("{path}?confirm=delete"), &cookies).await.text;
    assert!(question.contains("Delete The shop?"));
    let gone = door
        .form("/console/fn/delete_application", &[("id", &id)], &path, &cookies)
        .await;
    assert_eq!(gone.header("location"), "/console/applications");
    assert_eq!(door.page(&path, &cookies).await.status, 404);
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_says_where() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let page = door.page(NEW, &cookies).await.text;
    let claims = format!("[{{\"name\": \"{}\", \"source\": \"roles\"}}]", "x".repeat(3_000));
    let fields = form(
        &page,
        &[
            ("name", ""),
            ("client_id", "my shop"),
            ("origins", "https://shop.example.org\r\nshop.example.org"),
            ("profile.audience", "kept"),
            ("profile.claims", &claims),
            ("cookies.domain", "kept.example"),
        ],
    );
    let fields: Vec<(&str, &str)> = fields
        .into_iter()
        .filter(|(name, _)| *name != "allow.refresh")
        .collect();
    let answer = door
        .form("/console/fn/create_application", &fields, NEW, &cookies)
        .await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, NEW));
    let page = door.page(NEW, &cookies).await.text;
    for id in ["name", "client_id", "origins", "profile.claims"] {
        assert!(page.contains(&format!("href=\"#{id}\"")), "{id} is not in the summary");
        assert!(page.contains(&format!("id=\"{id}-error\"")), "{id} does not say why");
    }
    assert!(page.contains("(entry 2)"), "which of the origins");
    let kept = form(&page, &[]);
    for (name, value) in [
        ("client_id", "my shop"),
        ("profile.audience", "kept"),
        ("cookies.domain", "kept.example"),
    ] {
        assert!(kept.contains(&(name, value)), "{name}: {kept:?}");
    }
    assert!(kept.contains(&("allow.login", "yes")) && !kept.contains(&("allow.refresh", "yes")));
    assert!(page.contains(&"x".repeat(3_000)));
    assert!(
        !door.page(NEW, &cookies).await.text.contains("my shop"),
        "the flash is for one page"
    );
}

#[tokio::test]
async fn the_ring_of_keys_turns() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let path = "/console/signing-keys";
    let made = door
        .form(
            "/console/fn/create_signing_key",
            &[("algorithm", "EdDSA")],
            path,
            &cookies,
        )
        .await;
    assert_eq!(made.header("location"), format!("{path}?done=made"));
    let page = door.page(path, &cookies).await.text;
    assert!(page.contains("Waiting") && page.contains("Active"));
    let waiting = page
        .split("?confirm=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let active = door
        .form("/console/fn/activate_signing_key", &[("id", &waiting)], path, &cookies)
        .await;
    assert_eq!(active.header("location"), format!("{path}?done=activated"));
    let page = door.page(path, &cookies).await.text;
    // the filter names every state too
    assert_eq!(page.matches("Retired").count(), 2);
    let retired = page
        .split("?confirm=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_ne!(retired, waiting, "the one that signs cannot be forgotten");
    let question = door.page(&format!("{path}?confirm={retired}"), &cookies).await.text;
    assert!(question.contains("Forget this key?"));
    let gone = door
        .form("/console/fn/delete_signing_key", &[("id", &retired)], path, &cookies)
        .await;
    assert_eq!(gone.header("location"), format!("{path}?done=forgotten"));
    assert_eq!(door.page(path, &cookies).await.text.matches("Retired").count(), 1);
    // a shared key is drawn, and shown once
    door.application(json!({"name": "Old", "client_id": "old", "kind": "confidential"}))
        .await;
    let made = door
        .form(
            "/console/fn/create_signing_key",
            &[("algorithm", "HS256"), ("client_id", "old")],
            path,
            &cookies,
        )
        .await;
    assert_eq!(made.status, 200, "{}", made.text);
    is_kept_nowhere(&door, &secret_of(&made)).await;
    let short = [
        ("algorithm", "HS256"),
        ("client_id", "old"),
        ("secret", "too short, and secret"),
    ];
    door.form("/console/fn/create_signing_key", &short, path, &cookies)
        .await;
    let page = door.page(path, &cookies).await.text;
    assert!(page.contains("id=\"secret-error\"") && !page.contains("too short, and secret"));
}

#[tokio::test]
async fn who_may_only_look_sees_no_way_to_change() {
    let door = Door::new().await;
    door.test.viewer("vera").await;
    let shop = door
        .application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential"}))
        .await;
    let id = shop.application.id.0;
    let fields = [("identifier", "vera"), ("password", PASSWORD)];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    let page = door
        .page(&format!("/console/applications/{id}?confirm=delete"), &cookies)
        .await;
    assert_eq!(page.status, 200);
    for change in [
        "enable_application",
        "delete_application",
        "_client_secret",
        "Save settings",
    ] {
        assert!(!page.text.contains(change), "{change}");
    }
    let keys = door.page("/console/signing-keys", &cookies).await.text;
    assert!(keys.contains("EdDSA") && !keys.contains("signing_key"));
    assert!(
        !door
            .page("/console/applications", &cookies)
            .await
            .text
            .contains("/console/applications/new")
    );
    for (function, fields) in [
        ("create_application", vec![("name", "x")]),
        ("update_application", vec![("id", id.as_str()), ("name", "x")]),
        ("enable_application", vec![("id", id.as_str())]),
        ("delete_application", vec![("id", id.as_str())]),
        ("create_client_secret", vec![("id", id.as_str())]),
        ("create_signing_key", vec![("algorithm", "EdDSA")]),
    ] {
        let answer = door
            .form(
                &format!("/console/fn/{function}"),
                &fields,
                "/console/applications",
                &cookies,
            )
            .await;
        assert_eq!(answer.status, 303, "{function}");
    }
    let page = door.page(&format!("/console/applications/{id}"), &cookies).await;
    assert!(page.text.contains("Enabled"), "nothing has changed");
    assert_eq!(door.test.count("application").await, 2);
}
