//! The list of all sign-ins, and the address where passwords are changed.

use axum::body::Body;
use axum::http::{HeaderValue, header};

use super::applications::form;
use crate::door::{Answer, Door, PASSWORD, request};

const PATH: &str = "/console/sessions";

async fn sign_in(door: &Door, identifier: &str) -> String {
    let fields = [("identifier", identifier), ("password", PASSWORD)];
    let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.cookies()
}

#[tokio::test]
async fn staff_finds_sign_ins_and_ends_one() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.user("bea@example.org", Some("bea")).await;
    let admin = door.administrator().await;
    let ana = sign_in(&door, "ana").await;
    let (_, bea) = (door.login("ana").await, sign_in(&door, "bea").await);
    let says = |page: &Answer, words: &str| assert!(page.text.contains(words), "no {words}: {}", page.text);
    let page = door.page(PATH, &admin).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for words in [
        "4 sign-ins",
        "You, right now",
        ">ana<",
        ">bea<",
        "href=\"/console/sessions\"",
    ] {
        says(&page, words);
    }
    says(
        &door.page("/console/sessions?user=ana%40example.org", &admin).await,
        "2 sign-ins match",
    );
    says(
        &door.page("/console/sessions?user=ana&kind=tokens", &admin).await,
        "1 sign-in matches",
    );
    says(
        &door.page("/console/sessions?client_id=sereno", &admin).await,
        "1 sign-in matches",
    );
    let none = door.page("/console/sessions?user=nobody", &admin).await;
    for words in [
        "0 sign-ins match",
        "Nothing matches",
        "curl",
        "/api/v1/admin/sessions?kind=tokens",
    ] {
        says(&none, words);
    }
    let first = door.page("/console/sessions?limit=3", &admin).await;
    says(&first, "/console/sessions?limit=3&amp;cursor=");

    // the list that was looked at is gone back to
    let list = "/console/sessions?user=ana&kind=browser";
    let page = door.page(list, &admin).await;
    let function = "/console/fn/end_session";
    let after = page
        .text
        .split(&format!("action=\"{function}\""))
        .nth(1)
        .expect("a form");
    let html = after.split("</form>").next().unwrap().replace("&amp;", "&");
    let fields = form(&html, &[]);
    let answer = door.form(function, &fields, list, &admin).await;
    assert_eq!(answer.header("location"), format!("{list}&done=one"), "{}", answer.text);
    let page = door.page(&format!("{list}&done=one"), &admin).await;
    says(&page, "The sign-in has ended.");
    says(&page, "0 sign-ins match");
    assert!(door.page("/account", &ana).await.status.is_redirection());
    assert_eq!(door.page("/account", &bea).await.status, 200);
    // one that has ended is not there, and the page says so once
    assert_eq!(
        door.form(function, &fields, PATH, &admin).await.header("location"),
        PATH
    );
    assert_eq!(door.page(PATH, &admin).await.text.matches("role=\"alert\"").count(), 1);
}

#[tokio::test]
async fn a_list_elsewhere_is_not_gone_to() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let admin = door.administrator().await;
    for list in ["https://evil.example/", "//evil.example", "/console/sessionsx?a", ""] {
        sign_in(&door, "ana").await;
        let page = door.page("/console/sessions?user=ana", &admin).await;
        let id = page.text.split("name=\"id\" value=\"").nth(1).unwrap();
        let fields = [("id", id.split('"').next().unwrap()), ("list", list)];
        let answer = door.form("/console/fn/end_session", &fields, PATH, &admin).await;
        assert_eq!(answer.header("location"), "/console/sessions?done=one", "{list}");
    }
}

#[tokio::test]
async fn who_may_not_sees_nothing_and_ends_nothing() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.test.viewer("vera").await;
    let (ana, vera) = (sign_in(&door, "ana").await, sign_in(&door, "vera").await);
    assert_eq!(door.page(PATH, &ana).await.status, 403);
    let page = door.page(PATH, &vera).await;
    assert_eq!(page.status, 200);
    assert!(
        !page.text.contains("end_session"),
        "who may look ends nothing: {}",
        page.text
    );
    let id = door.page("/account/sessions", &vera).await;
    assert_eq!(id.status, 200);
    for cookies in [&ana, &vera] {
        let answer = door
            .form("/console/fn/end_session", &[("id", "x")], PATH, cookies)
            .await;
        assert_eq!(answer.header("location"), PATH);
    }
    let page = door.page(PATH, &vera).await;
    assert!(page.text.contains("does not have the permission"), "{}", page.text);
    let nobody = door.page(PATH, "").await;
    assert_eq!(nobody.header("location"), "/account/sign-in?next=%2Fconsole%2Fsessions");
}

#[tokio::test]
async fn password_managers_find_where_a_password_is_changed() {
    let door = Door::new().await;
    let answer = door.get("/.well-known/change-password", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/account#change-password")
    );
    door.user("ana@example.org", Some("ana")).await;
    let cookies = sign_in(&door, "ana").await;
    let page = door.page("/account", &cookies).await;
    assert!(page.text.contains("id=\"change-password\""));
    // by this one they tell whether a server answers everything with 200
    let path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(door.get(path, &[]).await.status, 404);
}

/// Browsers let no other host of the domain set `__Host-sid`; what they take for another name must not be read as it.
#[tokio::test]
async fn a_session_goes_by_its_own_name_alone() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let ana = sign_in(&door, "ana").await;
    let secret = ana.strip_prefix("sid=").unwrap();
    let status = async |cookies: Vec<u8>| {
        let mut request = request("GET", "/account", &[("accept", "text/html")], Body::empty());
        let cookies = HeaderValue::from_bytes(&cookies).unwrap();
        request.headers_mut().insert(header::COOKIE, cookies);
        door.send(request).await.status.as_u16()
    };
    for name in ["sid", "n=José; sid", " sid"] {
        assert_eq!(status(format!("{name}={secret}").into_bytes()).await, 200, "{name}");
    }
    assert_eq!(status([b"n=Jos\xe9; ", ana.as_bytes()].concat()).await, 200);
    for name in ["%73id", "\u{2000}sid", "\u{a0}sid", "SID"] {
        assert_ne!(status(format!("{name}={secret}").into_bytes()).await, 200, "{name}");
    }
}
