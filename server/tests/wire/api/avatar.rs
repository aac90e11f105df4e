//! The picture that a user shows, as programs and browsers see it.

use axum::body::Body;

use crate::door::{Answer, Door, request};

/// One black pixel, as a `GIF89a` file.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

async fn door() -> (Door, String) {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let tokens = door.login("ana").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    (door, bearer)
}

async fn put(door: &Door, bearer: &str, kind: &str, bytes: &[u8]) -> Answer {
    let headers = [("authorization", bearer), ("content-type", kind)];
    door.send(request(
        "PUT",
        "/api/v1/me/avatar",
        &headers,
        Body::from(bytes.to_vec()),
    ))
    .await
}

#[tokio::test]
async fn a_picture_is_brought_shown_and_taken_away() {
    let (door, bearer) = door().await;
    let answer = put(&door, &bearer, "image/gif", GIF).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let url = answer.json()["picture"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://127.0.0.1:3000").unwrap();
    let shown = door.get(path, &[]).await;
    assert_eq!(
        (shown.status.as_u16(), shown.header("content-type")),
        (200, "image/jpeg")
    );
    assert_eq!(shown.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(shown.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert_eq!(shown.header("cross-origin-resource-policy"), "cross-origin");
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(me.json()["picture"], url);

    let headers = [("authorization", bearer.as_str())];
    let answer = door
        .send(request("DELETE", "/api/v1/me/avatar", &headers, Body::empty()))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["picture"].is_null()),
        (200, true)
    );
    let gone = door.get(path, &[]).await;
    assert_eq!((gone.status.as_u16(), gone.code()), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_by_its_content() {
    let (door, bearer) = door().await;
    for (kind, bytes, status, code) in [
        (
            "image/png",
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            422,
            "validation_failed",
        ),
        ("image/gif", b"GIF89a", 422, "validation_failed"),
        ("image/png", b"", 422, "validation_failed"),
        ("application/json", b"{}", 415, "unsupported_media_type"),
        (
            "multipart/form-data; boundary=x",
            b"--x--",
            415,
            "unsupported_media_type",
        ),
    ] {
        let answer = put(&door, &bearer, kind, bytes).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{kind}"
        );
    }
    // larger than any other body may be, and still too large for one
    let large = vec![0; 4_194_305];
    let answer = put(&door, &bearer, "image/png", &large).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (413, "body_too_large")
    );
    for size in [1_000_000, 4_194_304] {
        let answer = put(&door, &bearer, "image/png", &large[..size]).await;
        assert_eq!(answer.status, 422, "that one is only no picture");
    }
    let answer = put(&door, "", "image/gif", GIF).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn only_staff_takes_anothers_picture_away() {
    let (door, bearer) = door().await;
    let answer = put(&door, &bearer, "image/gif", GIF).await;
    let path = format!("/api/v1/admin/users/{}/avatar", answer.json()["id"].as_str().unwrap());
    let own = [("authorization", bearer.as_str())];
    let refused = door.send(request("DELETE", &path, &own, Body::empty())).await;
    assert_eq!(refused.status, 403);
    let staff = door.superuser().await;
    let staff: Vec<(&str, &str)> = staff.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = door.send(request("DELETE", &path, &staff, Body::empty())).await;
    assert_eq!(done.status, 204, "{}", done.text);
    let me = door.get("/api/v1/me", &own).await;
    assert!(me.json()["picture"].is_null());
}
