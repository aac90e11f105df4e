//! Whatever refuses a person's request, the answer is a page: in their language, with the status a program would see.

use axum::body::Body;
use axum::http::header;
use http_body_util::BodyExt;
use sereno_server::http::meta;
use sereno_server::router::App;

use crate::door::{Answer, Door, PASSWORD, request};

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A page that stands by itself, and says this.
#[track_caller]
fn is_page(answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    for wanted in ["<!DOCTYPE html>", "sereno.css", "<h1", "href=\"/account\"", says] {
        assert!(answer.text.contains(wanted), "no {wanted} in {}", answer.text);
    }
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(answer.text.contains(nonce), "its script may not run: {policy}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn people_get_a_page_where_programs_get_a_problem() {
    let door = Door::new().await;
    let long = format!("/account/sign-in?next={}", "a".repeat(9_000));
    let large = "a".repeat(2 * 1024 * 1024);
    for (method, path, body, more, status, code, says) in [
        ("GET", "/nowhere", "", None, 404, "not_found", "There is nothing here"),
        (
            "GET",
            "/account/nowhere",
            "",
            None,
            404,
            "not_found",
            "There is nothing here",
        ),
        (
            "POST",
            "/account/fn/nothing",
            "a=b",
            None,
            404,
            "not_found",
            "There is nothing here",
        ),
        (
            "GET",
            "/account/fn/sign_in",
            "",
            None,
            405,
            "method_not_allowed",
            "cannot be used that way",
        ),
        (
            "POST",
            "/console",
            "",
            None,
            405,
            "method_not_allowed",
            "cannot be used that way",
        ),
        (
            "POST",
            "/account/fn/sign_in",
            &large,
            None,
            413,
            "body_too_large",
            "more than we accept",
        ),
        ("GET", &long, "", None, 414, "uri_too_long", "longer than we read"),
        (
            "POST",
            "/account/fn/sign_in",
            "identifier=a",
            Some(("sec-fetch-site", "cross-site")),
            403,
            "cross_site_request",
            "come from another site",
        ),
    ] {
        let mut headers = vec![BROWSER, FORM];
        headers.extend(more);
        let sent = request(method, path, &headers, Body::from(body.to_owned()));
        let page = door.send(sent).await;
        is_page(&page, status, says);
        assert!(page.text.len() < 8_000, "{path} is written out");
        headers[0] = ("accept", "application/json");
        let sent = request(method, path, &headers, Body::from(body.to_owned()));
        let problem = door.send(sent).await;
        assert_eq!(
            (problem.status.as_u16(), problem.code().as_str()),
            (status, code),
            "{path}"
        );
        assert_eq!(problem.header("content-type"), "application/problem+json");
        assert_eq!(problem.header("allow"), page.header("allow"), "{path}");
    }
    let api = door.get("/api/v1/login", &[BROWSER]).await;
    assert_eq!(api.code(), "method_not_allowed", "the native API speaks to programs");
}

#[tokio::test]
async fn it_is_in_the_visitors_language_and_leads_to_the_others() {
    let door = Door::new().await;
    let german = door.get("/nowhere?a=b", &[BROWSER, ("accept-language", "de")]).await;
    is_page(&german, 404, "<html lang=\"de\"");
    assert!(
        german.text.contains("/nowhere?a=b&amp;ui_locales=es"),
        "{}",
        german.text
    );
    let spanish = door.get("/nowhere?ui_locales=es", &[BROWSER]).await;
    is_page(&spanish, 404, "<html lang=\"es\"");
    assert_eq!(spanish.cookies(), "locale=es");
    let posted = request("POST", "/account/fn/nothing", &[BROWSER, FORM], Body::empty());
    let posted = door.send(posted).await;
    assert!(
        posted.text.contains("\"/account?ui_locales=de\""),
        "a post is no link: {}",
        posted.text
    );
}

#[tokio::test]
async fn it_needs_no_database() {
    let door = Door::with(|config| config.database.timeout = sereno_core::config::Seconds(1)).await;
    door.user("ana@example.org", None).await;
    let fields = [("identifier", "ana@example.org"), ("password", PASSWORD)];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    door.test.sereno.db.close().await;
    let says = "Something we depend on cannot be reached";
    is_page(&door.page("/account", &cookies).await, 503, says);
    is_page(&door.page("/nowhere", "").await, 404, "There is nothing here");
    let form = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    is_page(&form, 503, says);
    assert_eq!(form.header("retry-after"), "1");
    let id = form.header("x-request-id");
    assert!(form.text.contains(id), "{id} would find it in the log");
}

#[tokio::test]
async fn it_is_there_when_the_server_is_full() {
    let door = Door::with(|config| config.server.max_requests = 0).await;
    is_page(
        &door.page("/account/sign-in", "").await,
        503,
        "There is a lot to do right now",
    );
}

#[tokio::test]
async fn a_panic_is_a_page_too() {
    let door = Door::new().await;
    let app = App::new(door.test.sereno.clone(), std::sync::Arc::default());
    let asked = request("GET", "/account", &[BROWSER], Body::empty());
    let answer = meta::outermost(&app, asked, |_| async { panic!("of this test") }).await;
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        text.contains("That was our fault") && !text.contains("of this test"),
        "{text}"
    );
}

/// Some browsers and proxies leave the `Referer` out.
#[tokio::test]
async fn a_refused_form_goes_back_to_its_page_without_a_referer() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let id = "00000000-0000-7000-8000-000000000000";
    let user = format!("/console/users/{id}");
    for (function, field, page) in [
        ("/account/fn/set_up", "", "/setup"),
        ("/account/fn/sign_in", "", "/account/sign-in"),
        ("/account/fn/register", "", "/account/sign-up"),
        ("/account/fn/activate", "", "/account/activate"),
        ("/account/fn/resend_activation", "", "/account/resend-activation"),
        ("/console/fn/change_user_state", id, &user),
        ("/console/fn/send_activation", id, &user),
        ("/console/fn/change_user_state", "//evil.example", "/console/users"),
    ] {
        let headers = [BROWSER, FORM, ("cookie", &admin)];
        let body = format!("id={field}");
        let answer = door.send(request("POST", function, &headers, Body::from(body))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, page),
            "{function}"
        );
    }
}

/// Whoever adds a form says where it stands.
#[test]
fn every_function_that_changes_something_has_a_page() {
    // these only load, and are posted to by scripts alone
    let loads = [
        "set_up_link",
        "sign_up_fields",
        "deletion_terms",
        "me",
        "profile_form",
        "my_sessions",
        "my_devices",
        "staff_profile",
        "overview",
        "list_users",
        "user",
        "user_profile",
        "user_changes",
        "user_sessions",
        "list_sessions",
        "list_attributes",
        "list_events",
        "event_kinds",
        "event",
        "list_devices",
        "device",
        "list_applications",
        "application",
        "preview_claims",
        "list_signing_keys",
        "social_buttons",
        "my_identities",
        "user_identities",
        "list_roles",
        "role",
        "matrix",
        "list_assignments",
        "list_permissions",
        "list_asked_permissions",
        "user_permissions",
        "explore",
        "list_projects",
        "project",
        "list_members",
        "list_email_templates",
        "email_template",
        "email_versions",
        "compare_email_templates",
        "conflicting_email_template",
        "email_version",
        "preview_email_template",
        "list_social_providers",
        "social_provider",
        "list_messages",
        "message",
        "message_kinds",
        "count_messages",
        "list_suppressions",
        "list_pushes",
        "list_notifications",
        "project_mail",
        "list_announcements",
        "announcement",
        "announcement_preview",
        "unsubscribe_link",
        "push",
        // changes nothing, and is asked for by a link
        "test_social_provider",
    ];
    for (function, _) in server_fn::axum::server_fn_paths() {
        let name = function.rsplit('/').next().unwrap_or("");
        assert_eq!(app::page_of(function).is_none(), loads.contains(&name), "{function}");
    }
}

/// What is kept of a refused form takes a row and needs no account: an address gets so many, and then only the refusal.
#[tokio::test]
async fn nobody_fills_the_database_with_refused_forms() {
    let door = Door::with(|config| config.limit.requests_per_address = 3).await;
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
        ("origin", "http://127.0.0.1:3000"),
        ("sec-fetch-site", "same-origin"),
    ];
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let form = Body::from("identifier=&password=");
        let mut sent = request("POST", "/account/fn/sign_in", &headers, form);
        let peer = std::net::SocketAddr::from(([192, 0, 2, 9], 4_000));
        sent.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        statuses.push(door.send(sent).await.status.as_u16());
    }
    assert_eq!(statuses[..3], [303; 3]);
    assert!(
        statuses[3..].iter().all(|status| (400..500).contains(status)),
        "{statuses:?}"
    );
    assert_eq!(door.test.count("flow_state").await, 3);
}
