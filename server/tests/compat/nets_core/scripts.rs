//! Scripts of other origins: those of applications may call, as at the native API; no cookie speaks for them.

use serde_json::json;
use sereno_core::testing::{called, register};
use sereno_types::CreateApplication;

use super::fixture::NetsCore;

const APP: &str = "https://app.example";

async fn with_an_origin() -> NetsCore {
    let facade = NetsCore::with(|_| ()).await;
    let command = CreateApplication {
        origins: vec![APP.to_owned()],
        ..called("spa")
    };
    register(&facade.place.test, command).await.unwrap();
    facade
}

#[tokio::test]
async fn scripts_of_an_applications_origin_may_call() {
    let facade = with_an_origin().await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let asks = |origin| [("origin", origin), ("access-control-request-method", "POST")];
    let answer = facade.place.send("OPTIONS", "/getProfile/", &asks(APP), "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), APP);
    let bearer = format!("Bearer {access}");
    let headers = [("origin", APP), ("authorization", bearer.as_str())];
    let answer = facade.place.send("GET", "/getProfile/", &headers, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), APP);

    let evil = "https://evil.example";
    let answer = facade.place.send("OPTIONS", "/getProfile/", &asks(evil), "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, ""));
}

#[tokio::test]
async fn no_cookie_speaks_for_a_script_of_another_origin() {
    let facade = with_an_origin().await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let cookie = format!("sessionid={access}");
    let headers = [("origin", APP), ("cookie", cookie.as_str())];
    let answer = facade.place.send("POST", "/getProfile/", &headers, "").await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn where_no_application_has_an_origin_nobody_is_told_of_origins() {
    let facade = NetsCore::with(|_| ()).await;
    let body = json!({"email": "otp@example.com", "device": {"name": "x"}});
    let answer = facade.json("/login/", &body, None).await;
    assert_eq!(answer.headers.get_all("vary").iter().count(), 1);
    let asks = [("origin", APP), ("access-control-request-method", "POST")];
    let answer = facade.place.send("OPTIONS", "/login/", &asks, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, ""));
}
