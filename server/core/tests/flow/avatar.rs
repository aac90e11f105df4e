//! The picture that a user shows.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use sereno_core::account::profile::WholeProfile;
use sereno_core::account::{avatar, profile};
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::testing::{TestSereno, refused, refused_fields};
use sereno_core::{Error, file, token};
use sereno_types::{ChangeEmail, ChangeQuery, Code, Id, UpdateProfile};

fn picture(side: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::from(RgbImage::from_pixel(side, side, Rgb([20, 90, 200])));
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn signed_in(test: &TestSereno, name: &str) -> Actor {
    let pair = test.log_in(name).await;
    token::authenticate(&test.sereno, &pair.access_token).await.unwrap()
}

/// The path that stands in an address.
fn path(url: &str) -> String {
    url.strip_prefix("http://127.0.0.1:3000/media/").unwrap().to_owned()
}

#[tokio::test]
async fn a_picture_is_written_anew_and_the_next_one_takes_its_place() {
    let test = TestSereno::new().await;
    let id = Id(test.user("ana").await.to_string());
    let me = signed_in(&test, "ana").await;
    let shown = avatar::set(&test.sereno, &test.meta(), &me, picture(700))
        .await
        .unwrap();
    let first = path(&shown.picture.unwrap());
    assert!(
        first.starts_with("user/2026/01/01/") && first.split_once('.').is_some_and(|(_, end)| end == "jpg"),
        "{first}"
    );
    let name = first.rsplit('/').next().unwrap();
    assert!(
        name.len() == 36 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.'),
        "{name}"
    );
    let kept = file::find(&test.sereno, &first).await.unwrap();
    assert_eq!(kept.media_type, "image/jpeg");
    let kept = image::load_from_memory(&kept.bytes).unwrap();
    assert_eq!((kept.width(), kept.height()), (512, 512));
    let seen = profile::me(&test.sereno, &me).await.unwrap();
    assert_eq!(path(&seen.picture.unwrap()), first, "nothing stale is remembered");

    test.advance(std::time::Duration::from_hours(24));
    let me = signed_in(&test, "ana").await;
    let shown = avatar::set(&test.sereno, &test.meta(), &me, picture(30)).await.unwrap();
    let second = path(&shown.picture.unwrap());
    assert!(second.starts_with("user/2026/01/02/"), "{second}");
    assert!(matches!(file::find(&test.sereno, &first).await, Err(Error::NotFound)));
    assert_eq!(test.count("file").await, 1);

    test.advance(std::time::Duration::from_secs(1));
    let shown = avatar::remove(&test.sereno, &test.meta(), &me).await.unwrap();
    assert_eq!(shown.picture, None);
    assert_eq!(test.count("file").await, 0);
    avatar::remove(&test.sereno, &test.meta(), &me).await.unwrap();
    assert_eq!(
        test.events.count(EventKind::ProfileChanged),
        3,
        "there was none to take away the second time"
    );
    let history = profile::changes(&test.sereno, &test.system().await, &id, ChangeQuery::default())
        .await
        .unwrap();
    assert!(history.items.iter().all(|change| change.field == "avatar"));
    assert_eq!(history.items[1].before, first);
    assert_eq!(history.items[1].after, second);
}

#[tokio::test]
async fn what_is_refused_leaves_the_picture_that_was_there() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    let before = avatar::set(&test.sereno, &test.meta(), &me, picture(30))
        .await
        .unwrap()
        .picture;
    let outcome = avatar::set(&test.sereno, &test.meta(), &me, b"<svg onload=alert(1)>".to_vec()).await;
    assert_eq!(refused_fields(outcome), [("avatar".to_owned(), Code::InvalidPicture)]);
    assert_eq!(profile::me(&test.sereno, &me).await.unwrap().picture, before);
    let outcome = avatar::set(&test.sereno, &test.meta(), &Actor::Anonymous, picture(30)).await;
    assert_eq!(refused(outcome), Code::AuthenticationRequired);
    assert_eq!(test.count("file").await, 1);
}

#[tokio::test]
async fn a_protected_picture_is_staffs_to_take_away() {
    let test = TestSereno::new().await;
    let id = Id(test.user("ana").await.to_string());
    let me = signed_in(&test, "ana").await;
    avatar::set(&test.sereno, &test.meta(), &me, picture(30)).await.unwrap();
    let strict = test
        .try_another(|config| config.profile.protected = vec!["avatar".to_owned()], None)
        .await
        .unwrap();
    for outcome in [
        avatar::set(&strict.sereno, &test.meta(), &me, picture(31)).await,
        avatar::remove(&strict.sereno, &test.meta(), &me).await,
    ] {
        assert_eq!(refused_fields(outcome), [("avatar".to_owned(), Code::ProtectedField)]);
    }
    let staff = test.system().await;
    avatar::remove_theirs(&strict.sereno, &test.meta(), &staff, &id)
        .await
        .unwrap();
    assert_eq!(test.count("file").await, 0);
    let nobody = Id("0198c2d4-7b1e-7c3a-9f00-000000000001".to_owned());
    let outcome = avatar::remove_theirs(&test.sereno, &test.meta(), &staff, &nobody).await;
    assert!(matches!(outcome, Err(Error::NotFound)));
}

#[tokio::test]
async fn nobody_keeps_the_server_busy_with_pictures() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("ben").await;
    let me = signed_in(&test, "ana").await;
    for _ in 0..20 {
        avatar::set(&test.sereno, &test.meta(), &me, picture(2)).await.unwrap();
    }
    let outcome = avatar::set(&test.sereno, &test.meta(), &me, picture(2)).await;
    assert_eq!(refused(outcome), Code::TooManyRequests);
    let other = signed_in(&test, "ben").await;
    avatar::set(&test.sereno, &test.meta(), &other, picture(2))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_account_leaves_no_file() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    avatar::set(&test.sereno, &test.meta(), &me, picture(2)).await.unwrap();
    test.execute("DELETE FROM \"user\" WHERE username_canonical = 'ana'")
        .await;
    assert_eq!(test.count("file").await, 0);
}

#[tokio::test]
async fn only_paths_of_files_are_looked_up() {
    let test = TestSereno::new().await;
    test.statements.take();
    for path in [
        "",
        "../root.key",
        "user/%2e%2e",
        "user/2026/\0",
        "a b",
        &"x".repeat(300),
    ] {
        assert!(
            matches!(file::find(&test.sereno, path).await, Err(Error::NotFound)),
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn fields_picture_and_address_change_together_or_not_at_all() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let me = signed_in(&test, "ana").await;
    let whole = |picture, email: &str| WholeProfile {
        profile: UpdateProfile {
            first_name: Some(Some("Anna".to_owned())),
            ..UpdateProfile::default()
        },
        avatar: Some(picture),
        email: Some(ChangeEmail {
            email: email.to_owned(),
            password: None,
        }),
    };
    for (refusal, field) in [
        (whole(b"no picture".to_vec(), "new@example.org"), "avatar"),
        (whole(picture(30), "no address"), "email"),
    ] {
        let fields = refused_fields(profile::update_whole(&test.sereno, &test.meta(), &me, refusal).await);
        assert_eq!(fields[0].0, field);
        let row = test.row(id).await;
        assert_eq!((row.first_name.as_str(), row.avatar), ("", None), "{field}");
        assert_eq!(test.events.count(EventKind::EmailChangeRequested), 0);
    }
    let shown = profile::update_whole(&test.sereno, &test.meta(), &me, whole(picture(30), "new@example.org"))
        .await
        .unwrap();
    assert_eq!(shown.first_name, "Anna");
    assert!(shown.picture.is_some());
    assert_eq!(
        shown.email.as_deref(),
        Some("ana@example.org"),
        "until the mail is answered"
    );
    assert_eq!(test.events.count(EventKind::EmailChangeRequested), 1);
}
