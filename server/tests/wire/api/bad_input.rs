//! Broken requests at every door: a clear 4xx with a code, never a 5xx, nothing written.

use axum::body::Body;
use futures_util::StreamExt;
use serde_json::Value;
use sereno_server::api;

use crate::door::{Door, request};

/// Every door of the contract that changes something: method and path.
fn changing() -> Vec<(&'static str, String)> {
    const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
    let contract = serde_json::to_value(api::document()).unwrap();
    let mut doors = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        let path: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { NOBODY } else { part })
            .collect();
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            if item[method.to_lowercase()].is_object() {
                doors.push((method, path.join("/")));
            }
        }
    }
    doors
}

/// Those that are POSTs.
fn posts() -> Vec<String> {
    let posts = changing().into_iter().filter(|(method, _)| *method == "POST");
    posts.map(|(_, path)| path).collect()
}

/// Who may do everything gets no further with what cannot be read.
async fn no_door_lets_staff_in_with(bodies: &[(&str, &[u8])]) {
    let door = Door::new().await;
    let headers = door.superuser().await;
    let before = door.test.events.kinds();
    for (method, path) in changing() {
        for (kind, body) in bodies {
            let mut all = vec![("content-type", *kind)];
            all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
            let answer = door.send(request(method, &path, &all, Body::from(body.to_vec()))).await;
            let which = format!("{method} {path} {kind} {body:.40?}: {}", answer.status);
            assert!(answer.status.is_client_error(), "{which}");
            assert!(!answer.text.is_empty(), "{which}");
        }
    }
    assert_eq!(door.test.events.kinds(), before, "something was written");
}

/// Nor does who knocks without a sign-in.
async fn no_door_reads(bodies: &[(&str, &[u8])]) {
    let door = Door::new().await;
    for path in posts() {
        for (kind, body) in bodies {
            let sent = request("POST", &path, &[("content-type", *kind)], Body::from(body.to_vec()));
            let answer = door.send(sent).await;
            assert!(
                answer.status.is_client_error(),
                "{path} {kind} {body:.40?}: {}",
                answer.status
            );
            // OAuth's own endpoints say it in OAuth's words (RFC 6749 §5.2)
            let said = if path.starts_with("/oauth/") {
                answer.json()["error"].as_str().unwrap_or("").to_owned()
            } else {
                answer.code()
            };
            assert!(!said.is_empty(), "{path}: {}", answer.text);
        }
    }
    assert_eq!(door.test.events.kinds(), [], "something was written");
}

const JSON: &str = "application/json";

/// Not JSON at all, or not this door's.
const BROKEN: [(&str, &[u8]); 3] = [(JSON, b"{"), (JSON, b"null"), (JSON, b"[1]")];
const FOREIGN: [(&str, &[u8]); 4] = [
    (JSON, b"{\"surprise\":1}"),
    (JSON, b"{\"name\":\"\xff\"}"),
    (JSON, b"{\"name\":1,\"name\":2}"),
    ("text/plain", b"{}"),
];

#[tokio::test]
async fn no_door_lets_staff_in_with_broken_json() {
    no_door_lets_staff_in_with(&BROKEN).await;
}

#[tokio::test]
async fn no_door_lets_staff_in_with_what_is_not_its_own() {
    no_door_lets_staff_in_with(&FOREIGN).await;
}

#[tokio::test]
async fn no_door_lets_staff_in_with_what_is_too_deep() {
    let deep = format!("{{\"name\":{}", "[".repeat(30_000));
    no_door_lets_staff_in_with(&[(JSON, deep.as_bytes())]).await;
}

#[tokio::test]
async fn no_door_reads_broken_json() {
    no_door_reads(&[(JSON, b"")]).await;
    no_door_reads(&BROKEN).await;
}

#[tokio::test]
async fn no_door_reads_what_is_not_its_own() {
    no_door_reads(&FOREIGN).await;
}

#[tokio::test]
async fn no_door_reads_what_is_too_deep_or_too_long() {
    let deep = format!("{{\"email\":{}", "[".repeat(30_000));
    let long = format!("{{\"email\":\"{}\"}}", "a".repeat(60_000));
    no_door_reads(&[(JSON, deep.as_bytes()), (JSON, long.as_bytes())]).await;
}

#[tokio::test]
async fn large_bodies_are_cut_off_wherever_they_come_in() {
    let door = Door::new().await;
    let large = "a".repeat(10 * 1024 * 1024);
    for path in posts()
        .into_iter()
        .chain(["/account/fn/sign_in".to_owned(), "/nowhere".to_owned()])
    {
        let sent = request(
            "POST",
            &path,
            &[("content-type", "application/json")],
            Body::from(large.clone()),
        );
        let answer = door.send(sent).await;
        let said = if path.starts_with("/oauth/") {
            answer.json()["error"] == "invalid_request"
        } else {
            answer.code() == "body_too_large"
        };
        assert_eq!((answer.status.as_u16(), said), (413, true), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let door = Door::new().await;
    for (method, path, allowed) in [
        ("GET", "/api/v1/login", "POST"),
        ("DELETE", "/api/v1/me", "GET, PATCH, HEAD"),
        ("PUT", "/openapi.json", "GET, HEAD"),
    ] {
        let answer = door.send(request(method, path, &[], Body::empty())).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (405, "method_not_allowed"),
            "{method} {path}"
        );
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem_for_programs_and_a_page_for_people() {
    let door = Door::new().await;
    assert_eq!(
        door.get("/api/v1/nowhere", &[("accept", "text/html")]).await.code(),
        "not_found"
    );
    assert_eq!(door.get("/nowhere", &[]).await.code(), "not_found");
    let page = door.get("/nowhere", &[("accept", "text/html")]).await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
    let long = format!("/nowhere?{}", "a".repeat(9_000));
    assert_eq!(door.get(&long, &[]).await.code(), "uri_too_long");
}

#[tokio::test]
async fn a_nul_reaches_no_database() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let nul: Value = serde_json::json!({"identifier": "a\0b", "password": "x"});
    assert_eq!(
        door.post("/api/v1/login", &nul, &[]).await.faults()[0].1,
        "invalid_characters"
    );
    let answer = door.get("/api/v1/admin/users?q=%00", &[("cookie", &admin)]).await;
    assert_eq!(answer.status, 400);
    let answer = door
        .form(
            "/account/fn/sign_in",
            &[("identifier", "a\0"), ("password", "x")],
            "/account/sign-in",
            "",
        )
        .await;
    assert!(
        answer.status.is_redirection() || answer.status.is_client_error(),
        "{}",
        answer.status
    );
}

#[tokio::test]
async fn no_page_looks_for_a_nul() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    for list in [
        "users",
        "applications",
        "roles",
        "projects",
        "messages",
        "audit?kind=",
        "notifications",
        "push",
    ] {
        let path = match list.split_once('?') {
            Some((list, parameter)) => format!("/console/{list}?{parameter}%00"),
            None => format!("/console/{list}?q=%00"),
        };
        let page = door.page(&path, &admin).await;
        assert_eq!(page.status, 400, "{path}: {}", page.text);
    }
}

/// What no browser sends as a form is refused before anything looks into it.
#[tokio::test]
async fn no_form_is_read_that_is_none() {
    let door = Door::new().await;
    let ours = [("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")];
    let functions: Vec<&str> = server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == axum::http::Method::POST)
        .map(|(path, _)| path)
        .collect();
    assert!(functions.contains(&"/account/fn/sign_in"), "{functions:?}");
    for path in functions {
        for (kind, body, status, code) in [
            (
                "application/x-www-form-urlencoded",
                &b"identifier=\xff"[..],
                400,
                "malformed_body",
            ),
            ("application/x-www-form-urlencoded", b"\xc3\x28", 400, "malformed_body"),
            (
                "text/plain",
                b"identifier=ana&password=x",
                415,
                "unsupported_media_type",
            ),
            ("application/json", b"{}", 415, "unsupported_media_type"),
            (
                "multipart/form-data; boundary=a",
                b"--a--",
                415,
                "unsupported_media_type",
            ),
        ] {
            let mut headers = vec![("content-type", kind)];
            headers.extend(ours);
            let sent = request("POST", path, &headers, Body::from(body));
            let answer = door.send(sent).await;
            let problem: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            assert_eq!(
                (answer.status.as_u16(), problem["code"].as_str()),
                (status, Some(code)),
                "{path} {kind}: {}",
                answer.text
            );
        }
    }
    assert_eq!(door.test.events.kinds(), [], "something was written");
}

/// serde reads a struct from an array too; the contract does not.
#[tokio::test]
async fn an_array_is_no_object() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let body = serde_json::json!(["ana@example.org", crate::door::PASSWORD, null, null]);
    let answer = door.post("/api/v1/login", &body, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.faults()[0].1.as_str()),
        (422, "invalid_type")
    );
    let body = serde_json::json!({"identifier": "ana@example.org", "password": crate::door::PASSWORD, "device": ["x"]});
    let answer = door.post("/api/v1/login", &body, &[]).await;
    assert_eq!(answer.faults(), [("device".to_owned(), "invalid_type".to_owned())]);
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_told_from_one_of_the_wrong_shape() {
    let door = Door::new().await;
    let json = [("content-type", "application/json")];
    for body in ["{\"a\":", "{\"identifier\": \"a\", \"passw", "{\"device\": [1"] {
        let answer = door
            .send(request("POST", "/api/v1/login", &json, Body::from(body)))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "malformed_body"),
            "{body}"
        );
    }
    let twice = "{\"identifier\": \"a\", \"identifier\": \"b\", \"password\": \"x\"}";
    let answer = door
        .send(request("POST", "/api/v1/login", &json, Body::from(twice)))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.faults()[0].0.as_str()),
        (422, "identifier")
    );
}

#[tokio::test]
async fn what_is_too_long_says_how_long_it_may_be() {
    let door = Door::new().await;
    let email = format!("{}@example.org", "a".repeat(300));
    let body = serde_json::json!({"email": email, "username": "a".repeat(200), "password": crate::door::PASSWORD});
    let answer = door.post("/api/v1/registrations", &body, &[]).await;
    let of = |at: usize| {
        let fault = &answer.json()["errors"][at];
        (
            fault["field"].clone(),
            fault["code"].clone(),
            fault["params"]["max"].clone(),
        )
    };
    assert_eq!(of(0), ("email".into(), "too_long".into(), 254.into()));
    assert_eq!(of(1), ("username".into(), "too_long".into(), 150.into()));
    let answer = door
        .post(
            "/api/v1/registrations/resend",
            &serde_json::json!({"email": email}),
            &[],
        )
        .await;
    assert_eq!(answer.json()["errors"][0]["params"]["max"], 254);
}

#[tokio::test]
async fn what_is_no_text_in_an_address_is_refused_with_a_code() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let cookie = [("cookie", admin.as_str())];
    assert_eq!(door.get("/api/v1/admin/users/%FF", &cookie).await.code(), "not_found");
    assert_eq!(
        door.get("/api/v1/admin/users?q=%FF", &cookie).await.code(),
        "malformed_query"
    );
}

/// With the database away, forms and calls alike are told so, and nobody is told that something of ours broke.
#[tokio::test]
async fn without_a_database_every_door_says_unavailable() {
    let door = Door::with(|config| config.database.timeout = sereno_core::config::Seconds(1)).await;
    door.test.sereno.db.close().await;
    let fields = [("identifier", "ana"), ("password", "x")];
    let form = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    assert_eq!(form.status, 503);
    let blank = door.form("/account/fn/sign_in", &[], "/account/sign-in", "").await;
    assert_eq!(blank.status, 503, "the flash cannot be kept");
    let call = door
        .post(
            "/api/v1/login",
            &serde_json::json!({"identifier": "ana", "password": "x"}),
            &[],
        )
        .await;
    assert_eq!((call.status.as_u16(), call.header("retry-after")), (503, "1"));
    assert_eq!(door.get("/health/ready", &[]).await.status, 503);
    assert_eq!(door.get("/health/live", &[]).await.status, 200);
}

/// A body that never ends is given up, and nothing was done.
#[tokio::test]
async fn a_body_has_so_long_to_arrive() {
    let door = Door::with(|config| config.server.body_timeout = sereno_core::config::Seconds(1)).await;
    let json = [("content-type", "application/json")];
    let half =
        futures_util::stream::once(async { Ok::<_, std::io::Error>(axum::body::Bytes::from("{\"identifier\": ")) });
    let never = half.chain(futures_util::stream::pending());
    let answer = door
        .send(request("POST", "/api/v1/login", &json, Body::from_stream(never)))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (408, "request_timeout")
    );
    assert_eq!(door.test.events.kinds(), []);
}

/// A client that keeps many bodies half sent cannot fill the memory.
#[tokio::test]
async fn bodies_that_are_coming_in_share_their_room() {
    let door = Door::with(|config| {
        config.server.max_requests = 1;
        config.server.max_body = 10_240;
    })
    .await;
    let json = [("content-type", "application/json")];
    let half = || axum::body::Bytes::from("{\"identifier\": \"".to_owned() + &"a".repeat(9_800));
    let never = futures_util::stream::once(async move { Ok::<_, std::io::Error>(half()) })
        .chain(futures_util::stream::pending());
    let mut waiting = Box::pin(door.send(request("POST", "/api/v1/login", &json, Body::from_stream(never))));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    let other = door
        .send(request("POST", "/api/v1/login", &json, Body::from(half())))
        .await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (503, "overloaded"));
    let small = door
        .send(request("POST", "/api/v1/login", &json, Body::from("{\"identifier\": ")))
        .await;
    assert_eq!(small.code(), "malformed_body", "what everybody sends still comes in");
    drop(waiting);
    let other = door
        .send(request("POST", "/api/v1/login", &json, Body::from(half())))
        .await;
    assert_eq!(other.code(), "malformed_body", "the room is free again");
}
