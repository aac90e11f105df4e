//! The way of a browser to a provider and back, and the pages about it, without scripts.

use axum::body::Body;
use serde_json::json;
use sereno_core::testing::FakeProvider;
use sereno_types::SocialKind;

use super::applications::form;
use crate::door::{Answer, Door, request};

const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn door() -> (Door, FakeProvider) {
    let door = Door::with(|config| config.social.timeout.0 = 1).await;
    let provider = FakeProvider::start(&door.test).await;
    provider.set_up(&door.test, provider.settings(SocialKind::Oidc)).await;
    (door, provider)
}

/// Where the provider sends the browser back to.
fn back(provider: &FakeProvider, started: &Answer) -> String {
    let answer = provider.agree(started.header("location"));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &answer.code.unwrap())
        .append_pair("state", &answer.state)
        .append_pair("session_state", "whatever providers add")
        .finish();
    format!("/account/social/oidc/callback?{query}")
}

#[tokio::test]
async fn a_browser_signs_in_and_goes_where_it_wanted() {
    let (door, provider) = door().await;
    let page = door.page("/account/sign-in?next=/account/profile", "").await;
    assert!(page.text.contains("Sign in with OpenID Connect"), "{}", page.text);
    assert!(page.text.contains("/account/social/oidc/start?next="), "{}", page.text);
    let started = door.page("/account/social/oidc/start?next=/account/profile", "").await;
    assert_eq!(started.status, 303);
    assert!(
        started
            .header("location")
            .starts_with(&format!("{}/authorize?", provider.url))
    );
    let cookie = started.header("set-cookie").to_owned();
    for attribute in ["social=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let back = back(&provider, &started);
    // a scanner's HEAD uses nothing up
    let head = door
        .send(request("HEAD", &back, &[("cookie", &started.cookies())], Body::empty()))
        .await;
    assert_eq!(head.status, 405);
    let done = door.page(&back, &started.cookies()).await;
    assert_eq!(
        (done.status.as_u16(), done.header("location")),
        (303, "/account/profile"),
        "{}",
        done.text
    );
    let profile = door.page("/account/profile", &done.cookies()).await;
    assert_eq!(profile.status, 200);
    assert!(profile.text.contains("García"));
}

#[tokio::test]
async fn only_our_own_pages_are_gone_back_to() {
    let (door, provider) = door().await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let started = door.page(&format!("/account/social/oidc/start?next={next}"), "").await;
        let done = door.page(&back(&provider, &started), &started.cookies()).await;
        assert_eq!(done.header("location"), "/account");
    }
}

#[tokio::test]
async fn what_is_refused_is_told_by_the_sign_in_page() {
    let (door, provider) = door().await;
    let started = door.page("/account/social/oidc/start?next=/account/profile", "").await;
    let state = provider.agree(started.header("location")).state;
    let path = format!("/account/social/oidc/callback?error=access_denied&state={state}");
    let denied = door.page(&path, &started.cookies()).await;
    assert_eq!(
        (denied.status.as_u16(), denied.header("location")),
        (303, "/account/sign-in?next=%2Faccount%2Fprofile")
    );
    let page = door.page(denied.header("location"), &denied.cookies()).await;
    assert!(page.text.contains("it was refused at the provider"), "{}", page.text);
    // somebody else's browser
    let started = door.page("/account/social/oidc/start", "").await;
    let stranger = door.page(&back(&provider, &started), "").await;
    assert_eq!(stranger.header("location"), "/account/sign-in");
    let twice = door.page("/account/social/oidc/callback?state=a&state=b", "").await;
    assert_eq!(twice.status, 400);
    assert_eq!(door.page("/account/social/nobody/start", "").await.status, 404);
}

#[tokio::test]
async fn a_post_from_the_providers_site_is_taken_and_decides_nothing() {
    let (door, provider) = door().await;
    let started = door.page("/account/social/oidc/start", "").await;
    let answer = provider.agree(started.header("location"));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &answer.code.unwrap())
        .append_pair("state", &answer.state)
        .finish();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://appleid.apple.com"),
        ("sec-fetch-site", "cross-site"),
        ("accept", "text/html"),
    ];
    let path = "/account/social/oidc/callback";
    let posted = door
        .send(request("POST", path, &headers, Body::from(body.clone())))
        .await;
    let own = format!("{path}?state={}", answer.state);
    assert_eq!((posted.status.as_u16(), posted.header("location")), (303, own.as_str()));
    assert!(posted.header("set-cookie").is_empty());
    let again = door.send(request("POST", path, &headers, Body::from(body))).await;
    assert_eq!(again.status, 400);
    let done = door.page(&own, &started.cookies()).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/account"));
    assert!(done.cookies().contains("sid="));
}

#[tokio::test]
async fn connecting_begins_on_our_own_page() {
    let (door, provider) = door().await;
    door.user("bea@example.org", None).await;
    let fields = [
        ("identifier", "bea@example.org"),
        ("password", crate::door::PASSWORD),
        ("next", "/account/social/oidc/connect"),
    ];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    let page = door.page("/account/connections", &cookies).await;
    assert!(page.text.contains("/account/social/oidc/connect"), "{}", page.text);
    let path = "/account/social/oidc/connect";
    for site in ["cross-site", "same-site", "none"] {
        let headers = [
            ("cookie", cookies.as_str()),
            ("accept", "text/html"),
            ("sec-fetch-site", site),
        ];
        assert_eq!(door.get(path, &headers).await.status, 403, "{site}");
    }
    let bare = [("cookie", cookies.as_str()), ("accept", "text/html")];
    assert_eq!(door.get(path, &bare).await.status, 403);
    let from = |page: &'static str| {
        [
            ("cookie", cookies.as_str()),
            ("accept", "text/html"),
            SAME,
            ("referer", page),
        ]
    };
    // a page that goes on by itself to where its address says is not the page that offers it
    for page in [
        "http://127.0.0.1:3000/account/sign-in?next=/account/social/oidc/connect",
        "http://evil.example/account/connections",
        "nonsense",
    ] {
        assert_eq!(door.get(path, &from(page)).await.status, 403, "{page}");
    }
    let ours = from("http://127.0.0.1:3000/account/connections?done=disconnected");
    let started = door.get(path, &ours).await;
    assert_eq!(started.status, 303);
    let both = format!("{cookies}; {}", started.cookies());
    let done = door.page(&back(&provider, &started), &both).await;
    assert_eq!(done.header("location"), "/account/connections?done=connected");
    let page = door.page("/account/connections?done=connected", &cookies).await;
    assert!(page.text.contains("Disconnect"), "{}", page.text);
    let id = page
        .text
        .split("name=\"id\"")
        .nth(1)
        .and_then(|rest| rest.split("value=\"").nth(1));
    let id = id.and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let gone = door
        .form(
            "/account/fn/disconnect_identity",
            &[("id", &id)],
            "/account/connections",
            &cookies,
        )
        .await;
    assert_eq!(
        gone.header("location"),
        "/account/connections?done=disconnected",
        "{}",
        gone.text
    );
    // five minutes later a fresh sign-in is wanted
    door.test.advance(std::time::Duration::from_secs(301));
    let late = door.get(path, &ours).await;
    assert_eq!(late.header("location"), "/account/connections");
    let page = door.page("/account/connections", &cookies).await;
    assert!(page.text.contains("You signed in a while ago"), "{}", page.text);
}

#[tokio::test]
async fn staff_sets_up_a_provider_with_plain_forms() {
    let (door, provider) = door().await;
    let cookies = door.administrator().await;
    let new = door.page("/console/social-providers/new", &cookies).await;
    assert_eq!(new.status, 200);
    let fields = [
        ("kind", "oidc"),
        ("slug", "work"),
        ("name", "Work"),
        ("client_id", "sereno-client"),
        ("client_secret", "sereno-secret"),
        ("settings.issuer", provider.url.as_str()),
        ("sign_up", "on"),
        ("linking", "verified"),
    ];
    let made = door
        .form(
            "/console/fn/create_social_provider",
            &fields,
            "/console/social-providers/new",
            &cookies,
        )
        .await;
    let path = made.header("location").to_owned();
    assert!(path.ends_with("?done=created"), "{path}: {}", made.text);
    let page = door.page(&path, &cookies).await;
    assert!(page.text.contains("/account/social/work/callback"));
    assert!(!page.text.contains("sereno-secret"));
    let one = path.split('?').next().unwrap();
    let tested = door.page(&format!("{one}?test=yes"), &cookies).await;
    assert!(tested.text.contains("The provider works"), "{}", tested.text);
    let id = one.rsplit('/').next().unwrap();
    let on = door
        .form(
            "/console/fn/enable_social_provider",
            &[("id", id), ("on", "yes")],
            one,
            &cookies,
        )
        .await;
    assert!(on.header("location").ends_with("?done=enabled"));
    let list = door.page("/console/social-providers?q=work", &cookies).await;
    assert!(list.text.contains("1 provider"), "{}", list.text);
    let bad = [("id", id), ("name", ""), ("client_id", ""), ("settings.issuer", "x")];
    let refused = door
        .form("/console/fn/update_social_provider", &bad, one, &cookies)
        .await;
    assert_eq!(refused.header("location"), one);
    let page = door.page(one, &cookies).await;
    assert!(page.text.contains("aria-invalid=\"true\""), "{}", page.text);
    // a form that was made from what is no more
    let page = door.page(one, &cookies).await;
    let whole = page.text.split("/console/fn/update_social_provider").nth(1).unwrap();
    let whole = form(
        whole.split("</form>").next().unwrap(),
        &[("client_id", "other"), ("name", "Work")],
    );
    let saved = door
        .form("/console/fn/update_social_provider", &whole, one, &cookies)
        .await;
    assert!(saved.header("location").ends_with("?done=saved"), "{}", saved.text);
    let late = door
        .form("/console/fn/update_social_provider", &whole, one, &cookies)
        .await;
    assert_eq!(late.header("location"), one);
    let gone = door
        .form("/console/fn/delete_social_provider", &[("id", id)], one, &cookies)
        .await;
    assert_eq!(gone.header("location"), "/console/social-providers?done=deleted");
}

#[tokio::test]
async fn staff_sees_and_disconnects_what_a_user_has_connected() {
    let (door, provider) = door().await;
    let answer = door
        .post(
            "/api/v1/social/oidc",
            &json!({"id_token": provider.id_token(&json!({}))}),
            &[],
        )
        .await;
    let id = answer.json()["user"]["id"].as_str().unwrap().to_owned();
    let cookies = door.administrator().await;
    let path = format!("/console/users/{id}/identities");
    let page = door.page(&path, &cookies).await;
    assert!(page.text.contains("1 connection"), "{}", page.text);
    let identity = page
        .text
        .split("name=\"identity\"")
        .nth(1)
        .and_then(|rest| rest.split("value=\"").nth(1));
    let identity = identity.and_then(|rest| rest.split('"').next()).unwrap();
    let fields = [("id", id.as_str()), ("identity", identity)];
    let gone = door
        .form("/console/fn/disconnect_user_identity", &fields, &path, &cookies)
        .await;
    assert_eq!(gone.header("location"), format!("{path}?done=disconnected"));
    assert!(door.page(&path, &cookies).await.text.contains("0 connections"));
}
