//! "May they?" over HTTP: users, staff, applications, reverse proxies; roles and projects as staff's programs manage them.

use axum::body::Body;
use base64::Engine;
use serde_json::{Value, json};

use crate::door::{Door, request};

fn borrowed<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn put(door: &Door, path: &str, body: &Value, headers: &[(&str, &str)]) -> crate::door::Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    door.send(request("PUT", path, &all, Body::from(body.to_string())))
        .await
}

/// Ana leads `acme`; the answer is what a superuser's program sends, and Ana's id and bearer.
async fn acme(door: &Door) -> (Vec<(&'static str, String)>, String, String) {
    let root = door.superuser().await;
    let staff = borrowed(&root);
    let ana = door.test.user("ana").await.to_string();
    let made = door
        .post(
            "/api/v1/admin/projects",
            &json!({"slug": "acme", "name": "ACME"}),
            &staff,
        )
        .await;
    assert_eq!(
        (made.status.as_u16(), made.json()["members"].as_u64()),
        (201, Some(0)),
        "{}",
        made.text
    );
    let role = door
        .send(request(
            "PUT",
            "/api/v1/admin/projects/acme/roles/Lead",
            &staff,
            Body::empty(),
        ))
        .await;
    let again = door
        .send(request(
            "PUT",
            "/api/v1/admin/projects/acme/roles/lead",
            &staff,
            Body::empty(),
        ))
        .await;
    assert_eq!(
        (role.status.as_u16(), role.json()["id"].clone()),
        (200, again.json()["id"].clone()),
        "{}",
        role.text
    );
    let id = role.json()["id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let path = format!("/api/v1/admin/roles/{id}/permissions/Invoices.approve");
        let granted = door.send(request("PUT", &path, &staff, Body::empty())).await;
        assert_eq!(
            granted.json()["effective"],
            json!(["invoices.approve"]),
            "{}",
            granted.text
        );
    }
    let given = door
        .post(
            "/api/v1/admin/role-assignments",
            &json!({"role": id, "users": ["ana"], "project": "acme"}),
            &staff,
        )
        .await;
    assert_eq!(given.json(), json!({"assigned": 1, "kept": 0}), "{}", given.text);
    let bearer = format!("Bearer {}", door.login("ana").await["access_token"].as_str().unwrap());
    (root, ana, bearer)
}

#[tokio::test]
async fn one_question_and_many() {
    let door = Door::new().await;
    let (_, ana, bearer) = acme(&door).await;
    let headers = [("authorization", bearer.as_str())];
    let one = door
        .post(
            "/api/v1/check",
            &json!({"permission": "invoices.approve", "project": "acme"}),
            &headers,
        )
        .await;
    assert_eq!(
        one.json(),
        json!({"allowed": true, "reason": "role", "path": [
            {"kind": "project", "name": "acme"},
            {"kind": "role", "name": "lead"},
            {"kind": "permission", "name": "invoices.approve"},
        ]}),
        "{}",
        one.text
    );
    let many = json!({"checks": [
        {"permission": "role:LEAD", "project": "acme", "user": ana},
        {"permission": "invoices.approve"},
        {"permission": "no.such"},
    ]});
    let many = door.post("/api/v1/check", &many, &headers).await;
    let allowed: Vec<Value> = many.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["allowed"].clone())
        .collect();
    assert_eq!(allowed, [json!(true), json!(false), json!(false)], "{}", many.text);
    // a thousand fit
    let question = json!({"permission": "invoices.approve", "project": "acme", "user": ana});
    let thousand = json!({"checks": vec![question; 1_000]});
    let answer = door.post("/api/v1/check", &thousand, &headers).await;
    assert_eq!(
        answer.json()["results"].as_array().map(Vec::len),
        Some(1_000),
        "{}",
        answer.status
    );

    for (body, headers, status, code) in [
        (json!({"permission": "a"}), vec![], 401, "authentication_required"),
        (
            json!({"permission": "a"}),
            vec![("authorization", "Bearer x")],
            401,
            "invalid_token",
        ),
        (
            json!({"permission": "a", "user": "4711"}),
            headers.to_vec(),
            403,
            "permission_denied",
        ),
        (json!({}), headers.to_vec(), 422, "validation_failed"),
        (
            json!({"permission": "a", "is_superuser": true}),
            headers.to_vec(),
            422,
            "validation_failed",
        ),
        (
            json!({"permission": "a", "client_id": "sereno"}),
            headers.to_vec(),
            401,
            "invalid_client",
        ),
    ] {
        let answer = door.post("/api/v1/check", &body, &headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{body}"
        );
    }
}

fn basic(name: &str, secret: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{secret}"));
    format!("Basic {pair}")
}

#[tokio::test]
async fn an_application_declares_and_asks() {
    let door = Door::new().await;
    let (root, ana, _) = acme(&door).await;
    let staff = borrowed(&root);
    let made = door
        .application(json!({"client_id": "shop", "name": "Shop", "kind": "confidential",
            "scopes": ["access:check", "access:declare"]}))
        .await;
    let secret = made.secret.unwrap().client_secret;
    let by_header = basic("shop", &secret);
    let catalogue = json!({
        "permissions": [{"codename": "shop.sell", "description": "Sell things"}],
        "roles": [{"codename": "seller", "permissions": ["shop.sell"]}],
    });
    let mut dry = catalogue.clone();
    dry["dry_run"] = json!(true);
    let told = put(&door, "/api/v1/catalogue", &dry, &[("authorization", &by_header)]).await;
    assert_eq!(
        told.json()["permissions"]["added"],
        json!(["shop.sell"]),
        "{}",
        told.text
    );
    assert_eq!(told.json()["applied"], json!(false));
    let mut in_body = catalogue.clone();
    (in_body["client_id"], in_body["client_secret"]) = (json!("shop"), json!(secret));
    let done = put(&door, "/api/v1/catalogue", &in_body, &[]).await;
    assert_eq!(done.json()["applied"], json!(true), "{}", done.text);

    let asked = door
        .post(
            "/api/v1/check",
            &json!({"permission": "shop.buy", "user": ana}),
            &[("authorization", &by_header)],
        )
        .await;
    assert_eq!(
        (asked.json()["reason"].clone(), asked.status.as_u16()),
        (json!("permission_unknown"), 200)
    );
    let listed = door.get("/api/v1/admin/asked-permissions", &staff).await;
    assert_eq!(
        listed.json()["items"][0]["codename"],
        json!("shop.buy"),
        "{}",
        listed.text
    );
    let roles = door
        .get("/api/v1/admin/roles?q=seller&origin=application", &staff)
        .await;
    assert_eq!(roles.json()["items"][0]["permissions"], json!(1), "{}", roles.text);
    // the way it would get itself more
    let mine = json!({"roles": [{"codename": "seller", "permissions": ["users.manage"]}]});
    let refused = put(&door, "/api/v1/catalogue", &mine, &[("authorization", &by_header)]).await;
    assert_eq!(
        refused.faults(),
        [("roles.seller.permissions".to_owned(), "invalid_choice".to_owned())]
    );

    for (authorization, status, code) in [
        (basic("shop", "wrong"), 401, "invalid_client"),
        ("Basic %%%".to_owned(), 401, "invalid_client"),
        (basic("sereno", ""), 401, "invalid_client"),
        (String::new(), 401, "invalid_client"),
    ] {
        let answer = put(
            &door,
            "/api/v1/catalogue",
            &catalogue,
            &[("authorization", &authorization)],
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{authorization}"
        );
    }
}

#[tokio::test]
async fn a_reverse_proxy_learns_who_may_pass() {
    let door = Door::new().await;
    let (_, ana, bearer) = acme(&door).await;
    let headers = [("authorization", bearer.as_str())];
    let passed = door
        .get(
            "/api/v1/forward-auth?permission=invoices.approve&project=acme",
            &headers,
        )
        .await;
    assert_eq!(passed.status, 200, "{}", passed.text);
    for (name, value) in [
        ("remote-user", ana.as_str()),
        ("remote-name", "ana"),
        ("remote-email", "ana@example.org"),
        ("remote-groups", "lead"),
    ] {
        assert_eq!(passed.header(name), value, "{name}");
    }
    assert_eq!(door.get("/api/v1/forward-auth", &headers).await.status, 200);
    assert_eq!(
        door.get("/api/v1/forward-auth?project=acme", &headers).await.status,
        200
    );
    for path in [
        "?permission=invoices.approve",
        "?permission=a&project=acme",
        "?project=nowhere",
    ] {
        let answer = door.get(&format!("/api/v1/forward-auth{path}"), &headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "permission_denied"),
            "{path}"
        );
        assert_eq!(answer.header("remote-user"), "");
    }
    assert_eq!(door.get("/api/v1/forward-auth", &[]).await.status, 401);
}

#[tokio::test]
async fn members_roles_and_assignments_over_the_api() {
    let door = Door::new().await;
    let (root, ana, bearer) = acme(&door).await;
    let staff = borrowed(&root);
    let members = door.get("/api/v1/admin/projects/acme/members?q=ANA", &staff).await;
    assert_eq!(
        members.json()["items"][0]["roles"][0]["codename"],
        json!("lead"),
        "{}",
        members.text
    );
    let off = put(
        &door,
        "/api/v1/admin/projects/acme/members/ana",
        &json!({"is_enabled": false}),
        &staff,
    )
    .await;
    assert_eq!(off.json()["is_enabled"], json!(false), "{}", off.text);
    let asked = door
        .post(
            "/api/v1/check",
            &json!({"permission": "role:lead", "project": "acme"}),
            &[("authorization", &bearer)],
        )
        .await;
    assert_eq!(asked.json()["reason"], json!("member_disabled"));
    let held = door.get("/api/v1/admin/role-assignments?user=ana", &staff).await;
    let id = held.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        door.delete(&format!("/api/v1/admin/role-assignments/{id}"), &staff)
            .await
            .status,
        204
    );
    let put_back = put(
        &door,
        "/api/v1/admin/projects/acme/members/ana",
        &json!({"is_enabled": true, "is_superuser": true}),
        &staff,
    )
    .await;
    assert_eq!(put_back.json()["roles"], json!([]), "{}", put_back.text);
    let effective = door
        .get(
            &format!("/api/v1/admin/users/{ana}/permissions?project=acme&q=invoices"),
            &staff,
        )
        .await;
    assert_eq!(
        effective.json()["items"][0]["decision"]["reason"],
        json!("project_superuser"),
        "{}",
        effective.text
    );
    let changed = door
        .patch(
            "/api/v1/admin/projects/acme",
            &json!({"owner": "ana", "attributes": {"colour": "red"}}),
            &staff,
        )
        .await;
    assert_eq!(changed.json()["owner"]["name"], json!("ana"), "{}", changed.text);
    assert_eq!(
        door.delete("/api/v1/admin/projects/acme/members/ana", &staff)
            .await
            .status,
        204
    );
    let project = door.get("/api/v1/admin/projects/acme", &staff).await;
    assert_eq!(
        (project.json()["roles"].clone(), project.json()["attributes"].clone()),
        (json!(1), json!({"colour": "red"}))
    );

    let permission = door.get("/api/v1/admin/permissions?q=invoices.approve", &staff).await;
    let id = permission.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/admin/permissions/{id}");
    let told = door.patch(&path, &json!({"description": "To approve"}), &staff).await;
    assert_eq!(
        (told.json()["description"].clone(), told.json()["roles"].clone()),
        (json!("To approve"), json!(1)),
        "{}",
        told.text
    );
    assert_eq!(door.delete(&path, &staff).await.status, 204);
    assert_eq!(door.delete("/api/v1/admin/projects/acme", &staff).await.status, 204);
    assert_eq!(door.get("/api/v1/admin/projects/acme", &staff).await.status, 404);
    for path in [
        "/api/v1/admin/roles/nonsense",
        "/api/v1/admin/projects/no-where/members",
    ] {
        assert_eq!(door.get(path, &staff).await.status, 404, "{path}");
    }
}
