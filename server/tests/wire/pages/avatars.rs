//! The picture's form, as a browser posts it.

use axum::body::Body;

use crate::door::{Answer, Door, PASSWORD, request};

/// One black pixel, as a `GIF89a` file.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
const DOOR: &str = "/account/avatar";
const PAGE: &str = "/account/profile";

async fn sign_in(door: &Door, identifier: &str) -> String {
    let fields = [("identifier", identifier), ("password", PASSWORD)];
    let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.cookies()
}

/// What a browser makes of a form with one file.
fn multipart(field: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--limit\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"me.gif\"\r\n\
         Content-Type: image/gif\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--limit--\r\n"].concat()
}

async fn post(door: &Door, body: Vec<u8>, cookies: &str, more: &[(&str, &str)]) -> Answer {
    let length = body.len().to_string();
    let mut headers = vec![
        ("content-type", "multipart/form-data; boundary=limit"),
        ("content-length", length.as_str()),
        ("accept", "text/html,application/xhtml+xml"),
        ("origin", "http://127.0.0.1:3000"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "http://127.0.0.1:3000/account/profile"),
        ("cookie", cookies),
    ];
    headers.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    headers.extend_from_slice(more);
    door.send(request("POST", DOOR, &headers, Body::from(body))).await
}

async fn choose(door: &Door, file: &[u8], cookies: &str) -> Answer {
    let answer = post(door, multipart("avatar", file), cookies, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer
}

/// The address of the picture that a page shows.
fn shown(page: &Answer) -> Option<String> {
    let after = page.text.split("src=\"/media/").nth(1)?;
    Some(format!("/media/{}", after.split('"').next()?))
}

#[tokio::test]
async fn a_picture_is_chosen_shown_and_taken_away() {
    // programs are told another name of this server; pages show pictures from wherever they were asked for
    let door = Door::with(|config| config.server.public_url = "http://localhost:3000".to_owned()).await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = sign_in(&door, "ana").await;
    let page = door.page(PAGE, &cookies).await;
    assert_eq!(shown(&page), None);
    for words in [
        "action=\"/account/avatar\" method=\"post\" enctype=\"multipart/form-data\"",
        "name=\"avatar\" type=\"file\"",
        "accept=\"image/png,image/jpeg,image/gif,image/webp\"",
        "at most 4\u{a0}MB",
    ] {
        assert!(page.text.contains(words), "no {words}: {}", page.text);
    }
    assert!(!page.text.contains("remove_avatar"), "there is none to take away");

    let answer = choose(&door, GIF, &cookies).await;
    assert_eq!(answer.header("location"), "/account/profile?done=picture");
    let page = door.page("/account/profile?done=picture", &cookies).await;
    assert!(page.text.contains("Your picture is saved."), "{}", page.text);
    let path = shown(&page).expect("a picture");
    assert_eq!(door.get(&path, &[]).await.header("content-type"), "image/jpeg");
    assert_eq!(shown(&door.page("/account", &cookies).await), Some(path.clone()));

    let answer = door.form("/account/fn/remove_avatar", &[], PAGE, &cookies).await;
    assert_eq!(answer.header("location"), "/account/profile?done=picture-removed");
    let page = door.page("/account/profile?done=picture-removed", &cookies).await;
    assert!(page.text.contains("Your picture is deleted.") && shown(&page).is_none());
    assert_eq!(door.get(&path, &[]).await.status, 404);
}

#[tokio::test]
async fn what_is_refused_stands_beside_the_field() {
    let door = Door::with(|config| config.profile.avatar_max_bytes = 1_000).await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = sign_in(&door, "ana").await;
    let no_file = multipart("other", GIF);
    for (body, words) in [
        (
            multipart("avatar", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            "no picture that can be read",
        ),
        (multipart("avatar", b""), "Please fill in this field."),
        (no_file, "Please fill in this field."),
        // with the form around it it fits, by itself it does not
        (multipart("avatar", &[0; 1_001]), "more than we accept"),
        (multipart("avatar", &[0; 6_000]), "more than we accept"),
        // not even read to its end
        (multipart("avatar", &vec![0; 60_000]), "more than we accept"),
    ] {
        let answer = post(&door, body, &cookies, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, PAGE),
            "{words}"
        );
        let page = door.page(PAGE, &cookies).await;
        assert_eq!(
            page.text.matches("role=\"alert\"").count(),
            1,
            "told once: {}",
            page.text
        );
        for words in [
            words,
            "<title>Error: Your profile",
            "href=\"#avatar\"",
            "id=\"avatar-error\"",
        ] {
            assert!(page.text.contains(words), "no {words}: {}", page.text);
        }
        assert!(
            !door.page(PAGE, &cookies).await.text.contains("role=\"alert\""),
            "and not again"
        );
    }
    // what is no form at all, or not a whole one
    for (kind, body) in [
        ("text/plain", b"x".to_vec()),
        ("multipart/form-data", b"x".to_vec()),
        (
            "multipart/form-data; boundary=limit",
            b"--limit\r\nContent-Disposition".to_vec(),
        ),
    ] {
        let answer = post(&door, body, &cookies, &[("content-type", kind)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, PAGE),
            "{kind}"
        );
        assert!(
            door.page(PAGE, &cookies).await.text.contains("role=\"alert\""),
            "{kind}"
        );
    }
    let none = door.page(PAGE, &cookies).await;
    assert_eq!(shown(&none), None);
}

#[tokio::test]
async fn a_picture_of_the_usual_size_is_read() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = sign_in(&door, "ana").await;
    // what follows a picture in its file is not looked at
    let mut file = GIF.to_vec();
    file.resize(4_194_304, 0);
    let answer = choose(&door, &file, &cookies).await;
    assert_eq!(answer.header("location"), "/account/profile?done=picture");
}

#[tokio::test]
async fn nobody_else_posts_it() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = sign_in(&door, "ana").await;
    let large = vec![0; 6_000_000];
    for file in [GIF, &large] {
        let answer = post(&door, multipart("avatar", file), "", &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/account/sign-in?next=%2Faccount%2Fprofile")
        );
        let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        let answer = post(&door, multipart("avatar", file), &cookies, &foreign).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
    }
    // a program is answered in its own words
    let program = [("accept", "application/json")];
    let answer = post(&door, multipart("avatar", &large), &cookies, &program).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (413, "body_too_large")
    );
    let answer = post(&door, multipart("avatar", b"x"), &cookies, &program).await;
    assert_eq!(answer.faults(), [("avatar".to_owned(), "invalid_picture".to_owned())]);
    let answer = post(&door, multipart("avatar", GIF), "", &program).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "authentication_required")
    );
    assert_eq!(shown(&door.page(PAGE, &cookies).await), None);
}

#[tokio::test]
async fn where_staff_chooses_pictures_there_is_no_form() {
    let door = Door::with(|config| config.profile.protected = vec!["avatar".to_owned()]).await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = sign_in(&door, "ana").await;
    let page = door.page(PAGE, &cookies).await;
    assert!(!page.text.contains("type=\"file\""), "{}", page.text);
    // nor is there another way
    assert_eq!(choose(&door, GIF, &cookies).await.header("location"), PAGE);
    let page = door.page(PAGE, &cookies).await;
    assert!(page.text.contains("You cannot change this yourself."), "{}", page.text);
}

#[tokio::test]
async fn staff_takes_a_picture_away() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.test.viewer("vera").await;
    let (ana, vera) = (sign_in(&door, "ana").await, sign_in(&door, "vera").await);
    choose(&door, GIF, &ana).await;
    let admin = door.administrator().await;
    let id = door.login("ana").await["user"]["id"].as_str().unwrap().to_owned();
    let (path, function) = (format!("/console/users/{id}"), "/console/fn/remove_user_avatar");
    let seen = door.page(&path, &vera).await;
    assert!(shown(&seen).is_some() && !seen.text.contains("Take picture away"));
    let answer = door.form(function, &[("id", &id)], &path, &vera).await;
    assert_eq!(answer.header("location"), path);
    let asked = door.page(&format!("{path}?confirm=picture"), &admin).await;
    assert!(
        asked.text.contains("Take the picture of ana@example.org away?"),
        "{}",
        asked.text
    );
    let answer = door.form(function, &[("id", &id)], &path, &admin).await;
    assert_eq!(answer.header("location"), format!("{path}?done=picture"));
    let page = door.page(&format!("{path}?done=picture"), &admin).await;
    assert!(page.text.contains("The picture is deleted.") && shown(&page).is_none());
}
