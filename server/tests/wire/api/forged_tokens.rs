//! Tokens that are not what they say: tampered with, of another kind, for somebody else, signed otherwise. Each gets the
//! documented 401 and nothing else.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::door::{Door, PASSWORD};

async fn log_in(door: &Door, client_id: &str) -> Value {
    let body = json!({"client_id": client_id, "identifier": "ana", "password": PASSWORD});
    let answer = door.post("/api/v1/login", &body, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// A server with ana and a public application of this profile.
async fn with(profile: Value) -> Door {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.application(json!({"name": "Shop", "client_id": "shop", "profile": profile}))
        .await;
    door
}

async fn is_refused(door: &Door, token: &str) {
    let bearer = format!("Bearer {token}");
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(
        (me.status.as_u16(), me.code().as_str()),
        (401, "invalid_token"),
        "{token:.200}"
    );
    assert_eq!(me.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    let cookie = format!("access_token={token}");
    let me = door.get("/api/v1/me", &[("cookie", &cookie)]).await;
    assert_eq!(me.status, 401, "in a cookie");
}

async fn is_taken(door: &Door, token: &str) {
    let me = door
        .get("/api/v1/me", &[("authorization", &format!("Bearer {token}"))])
        .await;
    assert_eq!(me.status, 200, "{}", me.text);
}

fn part(token: &str, at: usize) -> Value {
    let text = URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The same signature under another header and other claims.
fn with_parts(token: &str, header: &Value, claims: &Value) -> String {
    let signature = token.split('.').nth(2).unwrap();
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

fn signed_by_hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
    tagged(secret, &format!("{}.{}", encode(header), encode(claims)))
}

/// Header and claims as they stand, with the tag of this secret.
fn tagged(secret: &[u8], text: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[tokio::test]
async fn the_header_does_not_choose_how_it_is_checked() {
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let door = with(json!({"algorithm": algorithm})).await;
        let token = log_in(&door, "shop").await["access_token"].as_str().unwrap().to_owned();
        is_taken(&door, &token).await;
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!(header["alg"], algorithm);
        let kid = header["kid"].clone();
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let header = json!({"alg": none, "typ": "at+jwt", "kid": kid});
            let text = format!("{}.{}", encode(&header), encode(&claims));
            is_refused(&door, &format!("{text}.")).await;
            is_refused(&door, &text).await;
            is_refused(&door, &with_parts(&token, &header, &claims)).await;
        }
        for other in ["EdDSA", "ES256", "RS256", "HS256", "HS512", "PS256"] {
            if other != algorithm {
                let mut header = header.clone();
                header["alg"] = json!(other);
                is_refused(&door, &with_parts(&token, &header, &claims)).await;
            }
        }
        // the public key, taken for a shared one
        let keys = door.get("/.well-known/jwks.json", &[]).await.json();
        let keys = keys["keys"].as_array().unwrap().clone();
        let public = keys.iter().find(|key| key["kid"] == kid).expect("the key is published");
        let mut header = header.clone();
        header["alg"] = json!("HS256");
        for member in ["x", "y", "n"] {
            let Some(text) = public[member].as_str() else { continue };
            let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            for secret in [text.as_bytes(), bytes.as_slice(), public.to_string().as_bytes()] {
                is_refused(&door, &signed_by_hmac(secret, &header, &claims)).await;
            }
        }
    }
}

#[tokio::test]
async fn the_kid_names_a_key_and_nothing_else() {
    let door = with(json!({})).await;
    let token = log_in(&door, "shop").await["access_token"].as_str().unwrap().to_owned();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    for kid in [
        json!("../../../../dev/null"),
        json!("' OR 1=1 --"),
        json!("x\u{0}y"),
        json!(""),
        json!("x".repeat(5_000)),
        json!(7),
        json!(null),
        json!([header["kid"]]),
        json!("00000000-0000-7000-8000-000000000000"),
    ] {
        let mut header = header.clone();
        header["kid"] = kid;
        is_refused(&door, &with_parts(&token, &header, &claims)).await;
        header["alg"] = json!("HS256");
        is_refused(&door, &signed_by_hmac(b"", &header, &claims)).await;
    }
    let mut unnamed = header.clone();
    unnamed.as_object_mut().unwrap().remove("kid");
    is_refused(&door, &with_parts(&token, &unnamed, &claims)).await;
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
        ("x5u", json!("https://evil.example/cert")),
        ("crit", json!(["exp"])),
    ] {
        let mut header = header.clone();
        header[name] = value;
        is_refused(&door, &with_parts(&token, &header, &claims)).await;
    }
}

#[tokio::test]
async fn what_was_touched_is_refused() {
    let door = with(json!({})).await;
    let token = log_in(&door, "shop").await["access_token"].as_str().unwrap().to_owned();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    for (name, value) in [
        ("sub", json!("00000000-0000-7000-8000-000000000000")),
        ("exp", json!(9_999_999_999_i64)),
        ("client_id", json!("sereno")),
        ("aud", json!("https://elsewhere.example")),
        ("iss", json!("https://elsewhere.example")),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        is_refused(&door, &with_parts(&token, &header, &claims)).await;
    }
    let signature = token.split('.').nth(2).unwrap();
    let cut = &token[..token.len() - signature.len()];
    for touched in [
        cut.to_owned(),
        format!("{cut}{}", "A".repeat(signature.len())),
        format!("{token}A"),
        format!("{token}."),
        format!("{token}.x"),
        format!("{token}="),
        token.replace('.', ".."),
        token[1..].to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
    ] {
        is_refused(&door, &touched).await;
    }
    is_taken(&door, &token).await;
    door.test.advance(Duration::from_secs(306));
    is_refused(&door, &token).await;
}

#[tokio::test]
async fn each_kind_of_token_is_good_for_its_own_purpose_only() {
    let door = with(json!({"refresh_format": "jwt"})).await;
    let tokens = log_in(&door, "shop").await;
    let (access, refresh) = (
        tokens["access_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
    );
    is_refused(&door, refresh).await;
    is_refused(&door, door.login("ana").await["refresh_token"].as_str().unwrap()).await;
    let body = json!({"client_id": "shop", "refresh_token": access});
    let answer = door.post("/api/v1/token/refresh", &body, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "refresh_token_invalid")
    );
    // through another application
    let body = json!({"refresh_token": refresh});
    let answer = door.post("/api/v1/token/refresh", &body, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "refresh_token_invalid")
    );
}

#[tokio::test]
async fn a_token_for_somebody_else_is_not_for_us() {
    let door = with(json!({"audience": ["https://api.shop.example"]})).await;
    let token = log_in(&door, "shop").await["access_token"].as_str().unwrap().to_owned();
    is_refused(&door, &token).await;
    let verdict = door.post("/api/v1/token/verify", &json!({"token": token}), &[]).await;
    assert_eq!(verdict.json()["active"], true, "it is good, for the shop");
}

#[tokio::test]
async fn a_shared_key_speaks_for_its_own_application_alone() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.application(json!({"name": "Shop", "client_id": "shop"})).await;
    let command = json!({"name": "Old", "client_id": "old", "kind": "confidential", "profile": {"algorithm": "HS256"}});
    let created = door.application(command).await;
    let headers = door.superuser().await;
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // the application knows its key: it brings one along
    let shared = "a shared key of at least 32 bytes, known to both";
    let command = json!({"algorithm": "HS256", "client_id": "old", "secret": shared});
    let made = door.post("/api/v1/admin/signing-keys", &command, &headers).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!(
        "/api/v1/admin/signing-keys/{}/activate",
        made.json()["key"]["id"].as_str().unwrap()
    );
    assert_eq!(door.post(&path, &json!({}), &headers).await.status, 200);
    let body = json!({"client_id": "old", "client_secret": created.secret.unwrap().client_secret, "identifier": "ana", "password": PASSWORD});
    let token = door.post("/api/v1/login", &body, &[]).await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    is_taken(&door, &token).await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(header["alg"], "HS256");
    let (text, _) = token.rsplit_once('.').unwrap();
    let again = tagged(shared.as_bytes(), text);
    assert_eq!(again, token, "the key is the one that was brought");
    let others = part(log_in(&door, "shop").await["access_token"].as_str().unwrap(), 1);
    is_refused(&door, &signed_by_hmac(shared.as_bytes(), &header, &others)).await;
    let mut stolen = claims.clone();
    stolen["sid"] = others["sid"].clone();
    is_refused(&door, &signed_by_hmac(shared.as_bytes(), &header, &stolen)).await;
    let keys = door.get("/.well-known/jwks.json", &[]).await;
    assert!(
        !keys.text.contains("HS256") && !keys.text.contains("oct"),
        "{}",
        keys.text
    );
}

#[tokio::test]
async fn the_key_set_has_every_algorithm_that_has_a_public_half() {
    let door = Door::new().await;
    for algorithm in ["EdDSA", "ES256", "RS256", "HS256"] {
        let command = json!({"name": algorithm, "client_id": algorithm, "kind": "confidential", "profile": {"algorithm": algorithm}});
        door.application(command).await;
    }
    let keys = door.get("/.well-known/jwks.json", &[]).await.json();
    let mut found: Vec<String> = Vec::new();
    for key in keys["keys"].as_array().unwrap() {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} is out: {key}");
        }
        assert_eq!(key["use"], "sig");
        found.push(key["alg"].as_str().unwrap().to_owned());
    }
    found.sort();
    assert_eq!(found, ["ES256", "EdDSA", "RS256"]);
}

#[tokio::test]
async fn what_is_far_too_long_is_refused_like_anything_else() {
    let door = with(json!({})).await;
    for token in [
        "a".repeat(30_000),
        format!("{}.b.c", "a".repeat(30_000)),
        "sr_".repeat(9_000),
        ".".repeat(20_000),
    ] {
        is_refused(&door, &token).await;
        let verdict = door.post("/api/v1/token/verify", &json!({"token": token}), &[]).await;
        assert_eq!(verdict.json()["active"], false);
    }
    let many: Vec<String> = (0..2_000).map(|at| format!("access_token={at}")).collect();
    let me = door.get("/api/v1/me", &[("cookie", &many.join("; "))]).await;
    assert_eq!(me.status, 401);
    let me = door.get("/api/v1/me", &[("origin", &"h".repeat(9_000))]).await;
    assert_eq!(me.status, 401);
}
