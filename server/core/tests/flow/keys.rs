//! The instance's keys over restarts.

#![expect(clippy::panic, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::activate::activate;
use sereno_core::context::Actor;
use sereno_core::testing::{TestSereno, by_code, by_link, code_of};
use sereno_core::{Error, session, token};

#[tokio::test]
async fn everything_issued_survives_a_restart() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (answer, browser) = (test.log_in("ana").await, test.sign_in("ana").await);
    let (link, code) = (
        test.sign_up("bea@example.org").await,
        test.sign_up("cleo@example.org").await,
    );
    test.sereno.db.close().await;
    let again = test.another().await;
    let (new, old) = (
        again.sereno.signing().await.unwrap(),
        test.sereno.signing().await.unwrap(),
    );
    assert_eq!(new.jwks(), old.jwks());
    token::authenticate(&again.sereno, &answer.access_token).await.unwrap();
    again.refresh(&answer.refresh_token).await.unwrap();
    assert_ne!(
        session::resolve(&again.sereno, &browser.secret).await.unwrap(),
        Actor::Anonymous
    );
    activate(&again.sereno, &again.meta(), by_link(&link)).await.unwrap();
    activate(
        &again.sereno,
        &again.meta(),
        by_code("cleo@example.org", &code_of(&code)),
    )
    .await
    .unwrap();
    again.log_in("ana").await;
    assert_eq!(again.count("crypto_key").await, 6);
}

fn why(outcome: sereno_core::Result<TestSereno>) -> String {
    match outcome {
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it started"),
    }
}

#[tokio::test]
async fn another_root_key_is_refused() {
    let test = TestSereno::new().await;
    let other = "8f3c6a1de0b94725a1c3d5e7f90b2d4f6a8c0e1f3b5d79917c5e3a1f0d2b4968";
    let error = why(test.try_another(|config| config.keys.root = other.into(), None).await);
    assert!(
        error.contains("sealed under key") && error.contains("not here"),
        "{error}"
    );
    assert!(!error.contains(other));
    for (text, reason) in [("secret", "32 bytes"), (&"0".repeat(64), "placeholder")] {
        let error = why(test.try_another(|config| config.keys.root = text.into(), None).await);
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(test.count("crypto_key").await, 6);
}

#[tokio::test]
async fn the_root_key_can_come_from_the_configuration() {
    let root = "8f3c6a1de0b94725a1c3d5e7f90b2d4f6a8c0e1f3b5d79917c5e3a1f0d2b4968";
    let test = TestSereno::with(|config| config.keys.root = root.into()).await;
    assert!(!test.database.folder().join("root.key").exists());
    test.user("ana").await;
    let answer = test.log_in("ana").await;
    token::authenticate(&test.another().await.sereno, &answer.access_token)
        .await
        .unwrap();
    // without it no new one is made, which would open nothing
    let error = why(test.try_another(|config| config.keys.root = "".into(), None).await);
    assert!(error.contains("root.key cannot be used"), "{error}");
    assert!(!test.database.folder().join("root.key").exists());
}

#[tokio::test]
async fn the_root_key_file_is_private_and_its_loss_is_noticed() {
    let test = TestSereno::new().await;
    let path = test.database.folder().join("root.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    for text in ["", "half"] {
        std::fs::write(&path, text).unwrap();
        assert!(why(test.try_another(|_| (), None).await).contains("32 bytes"));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            text,
            "a broken key is not overwritten"
        );
    }
    std::fs::remove_file(&path).unwrap();
    assert!(why(test.try_another(|_| (), None).await).contains("root.key cannot be used"));
    assert!(!path.exists(), "a lost key is not replaced by one that opens nothing");
    std::fs::write(&path, kept).unwrap();
    test.another().await;
}

#[tokio::test]
async fn tokens_of_another_instance_are_nothing_here() {
    let (here, there) = (TestSereno::new().await, TestSereno::new().await);
    for test in [&here, &there] {
        test.user("ana").await;
    }
    let (answer, browser) = (there.log_in("ana").await, there.sign_in("ana").await);
    assert!(token::authenticate(&here.sereno, &answer.access_token).await.is_err());
    assert!(here.refresh(&answer.refresh_token).await.is_err());
    assert_eq!(
        session::resolve(&here.sereno, &browser.secret).await.unwrap(),
        Actor::Anonymous
    );
    let elsewhere = there
        .try_another(
            |config| config.server.public_url = "https://id.example.org".to_owned(),
            None,
        )
        .await
        .unwrap();
    assert!(
        token::authenticate(&elsewhere.sereno, &answer.access_token)
            .await
            .is_err(),
        "another issuer"
    );
    there.advance(Duration::from_secs(306));
    assert!(
        token::authenticate(&there.sereno, &answer.access_token).await.is_err(),
        "expired"
    );
}
