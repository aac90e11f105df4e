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
async fn requests_in_the_contract_are_closed() {
    let door = Door::new().await;
    let contract = door.get("/openapi.json", &[]).await.json();
    for (path, item) in contract["paths"].as_object().unwrap() {
        let schema = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
        let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) else {
            continue;
        };
        assert_eq!(
            contract["components"]["schemas"][name]["additionalProperties"], false,
            "{path}: {name}"
        );
    }
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
