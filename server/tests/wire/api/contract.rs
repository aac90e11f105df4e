//! The contract itself.

use crate::door::Door;

#[tokio::test]
async fn it_is_served_at_both_addresses() {
    let door = Door::new().await;
    let one = door.get("/openapi.json", &[]).await;
    let other = door.get("/api/v1/openapi.json", &[]).await;
    assert_eq!(one.text, other.text);
    let contract = one.json();
    assert!(contract["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = contract["paths"].as_object().unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                operation["description"]
                    .as_str()
                    .is_some_and(|text| text.contains("Callers:")),
                "{method} {path}"
            );
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{method} {path}"
            );
        }
    }
    for reference in one
        .text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(
            contract["components"]["schemas"][reference].is_object(),
            "{reference} is missing"
        );
    }
}

#[tokio::test]
async fn it_says_where_it_holds_and_how_to_call_it() {
    let door = Door::with(|config| config.server.public_url = "https://id.example.org".to_owned()).await;
    let contract = door.get("/openapi.json", &[]).await.json();
    assert_eq!(
        contract["servers"],
        serde_json::json!([{"url": "https://id.example.org"}])
    );
    let said = contract["info"]["description"].as_str().unwrap();
    for words in [
        "/account/sign-in",
        "X-CSRF-Token",
        "GET /api/v1/me",
        "__Host-sid",
        "AccessClaims",
    ] {
        assert!(said.contains(words), "not a word of {words}: {said}");
    }
    for (path, takes) in [
        ("/api/v1/logout", true),
        ("/api/v1/admin/users/{id}/lock", true),
        ("/api/v1/login", false),
    ] {
        let named = contract["paths"][path]["post"]["parameters"].to_string();
        assert_eq!(named.contains("\"X-CSRF-Token\""), takes, "{path}: {named}");
    }
    let docs = door.get("/docs", &[]).await.text;
    assert!(
        docs.contains("<p>A session is a browser&#39;s"),
        "the page has it in paragraphs"
    );
}

#[tokio::test]
async fn a_tokens_claims_are_those_of_the_contract() {
    use base64::Engine;
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let payload = tokens["access_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap()
        .to_owned();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let contract = door.get("/openapi.json", &[]).await.json();
    let schema = &contract["components"]["schemas"]["AccessClaims"];
    let validator = jsonschema::draft202012::new(schema).unwrap();
    assert!(validator.is_valid(&payload), "{payload}");
    for claim in payload.as_object().unwrap().keys() {
        assert!(
            schema["properties"][claim]["description"].is_string(),
            "{claim} is not described"
        );
    }
}

#[tokio::test]
async fn requests_in_the_contract_are_closed() {
    let door = Door::new().await;
    let contract = door.get("/openapi.json", &[]).await.json();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for method in ["post", "put", "patch"] {
            let schema = &item[method]["requestBody"]["content"]["application/json"]["schema"];
            let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) else {
                continue;
            };
            assert_eq!(
                contract["components"]["schemas"][name]["additionalProperties"], false,
                "{method} {path}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn it_names_headers_where_they_are_sent() {
    let door = Door::new().await;
    let contract = door.get("/openapi.json", &[]).await.json();
    let answers = |path: &str, method: &str, status: &str| contract["paths"][path][method]["responses"][status].clone();
    for (path, method, status, header) in [
        ("/api/v1/login", "post", "200", "Set-Cookie"),
        ("/api/v1/login", "post", "200", "RateLimit"),
        ("/api/v1/login", "post", "429", "Retry-After"),
        ("/api/v1/login", "post", "429", "RateLimit-Policy"),
        ("/api/v1/token/refresh", "post", "503", "Retry-After"),
        ("/api/v1/me", "get", "401", "WWW-Authenticate"),
        ("/api/v1/me", "get", "200", "X-CSRF-Token"),
        ("/api/v1/me/export", "get", "200", "Content-Disposition"),
        ("/api/v1/admin/applications/{id}", "get", "200", "ETag"),
        ("/oauth/introspect", "post", "401", "WWW-Authenticate"),
    ] {
        let said = &answers(path, method, status)["headers"][header];
        assert!(said["description"].is_string(), "{method} {path} {status} {header}");
    }
    for (path, method, header) in [
        ("/api/v1/token/refresh", "post", "X-CSRF-Token"),
        ("/api/v1/token/rotate", "post", "X-CSRF-Token"),
        ("/api/v1/registrations", "post", "Idempotency-Key"),
        ("/api/v1/admin/applications/{id}", "patch", "If-Match"),
    ] {
        let named = contract["paths"][path][method]["parameters"].to_string();
        assert!(named.contains(&format!("\"{header}\"")), "{method} {path}: {named}");
    }
    for (method, path, status) in [
        ("get", "/api/v1/me", "414"),
        ("get", "/api/v1/me", "431"),
        ("post", "/api/v1/login", "413"),
        ("patch", "/api/v1/admin/users/{id}", "412"),
        ("post", "/api/v1/registrations", "409"),
    ] {
        assert!(answers(path, method, status).is_object(), "{method} {path} {status}");
    }
    assert!(contract["components"]["responses"]["MethodNotAllowed"]["headers"]["Allow"].is_object());
    // errors of OAuth's own endpoints, and a file, have shapes of their own
    for status in ["400", "401", "415", "429", "503"] {
        let content = &answers("/oauth/revoke", "post", status)["content"]["application/json"];
        assert_eq!(content["schema"]["$ref"], "#/components/schemas/OAuthError", "{status}");
    }
    assert_eq!(contract["components"]["schemas"]["OAuthError"]["required"][0], "error");
    let file = contract["components"]["schemas"]["Picture"].clone();
    assert_eq!(
        (&file["type"], &file["format"]),
        (&"string".into(), &"binary".into()),
        "{file}"
    );
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told() {
    let door = Door::new().await;
    let answer = door.delete("/api/v1/login", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (405, "method_not_allowed")
    );
    assert_eq!(answer.header("allow"), "POST");
    let long = format!("/api/v1/social?q={}", "x".repeat(9_000));
    let answer = door.get(&long, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (414, "uri_too_long"));
}

#[tokio::test]
async fn health_and_docs_answer() {
    let door = Door::new().await;
    assert_eq!(door.get("/health/live", &[]).await.text, "ok");
    assert_eq!(door.get("/health/ready", &[]).await.text, "ok");
    let docs = door.get("/docs", &[("accept", "text/html")]).await;
    assert_eq!(docs.status, 200);
    assert!(docs.header("content-security-policy").contains("default-src 'none'"));
}
