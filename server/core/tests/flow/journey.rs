//! The first journey: sign-up, activation, sign-in, refresh, sign-out.

use sereno_core::login::Brought;
use sereno_core::testing::{Pair, TestSereno};
use sereno_core::{account, login, token};
use sereno_types::{Activate, Login, Logout, Refresh, Register, Secret, UserState};

const PASSWORD: &str = "wheelbarrow at dawn";

#[tokio::test]
async fn from_sign_up_to_sign_out() {
    let test = TestSereno::new().await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let command = Register {
        email: "Ana@Example.org".to_owned(),
        password: PASSWORD.into(),
        username: Some("ana".to_owned()),
        ..Register::default()
    };
    account::register::register(sereno, &meta, command).await.unwrap();
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient, "Ana@Example.org");
    let token = mails[0]
        .text
        .split("token=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    let command = Activate {
        token: Some(Secret::new(token)),
        ..Activate::default()
    };
    let activated = account::activate::activate(sereno, &meta, command).await.unwrap();
    assert_eq!(activated.state, UserState::Active);
    let command = Login {
        identifier: "ana".to_owned(),
        password: PASSWORD.into(),
        ..Login::default()
    };
    let Brought::Tokens(issued) = login::for_application(sereno, &meta, command).await.unwrap().brought else {
        panic!("no tokens")
    };
    let answer = Pair::of(issued);
    let actor = token::authenticate(sereno, &answer.access_token).await.unwrap();
    let me = account::profile::me(sereno, &actor).await.unwrap();
    assert_eq!(
        (me.number, me.email.as_deref(), me.email_verified),
        (1, Some("Ana@Example.org"), true)
    );
    let refresh = |token: &str| Refresh {
        refresh_token: token.into(),
        ..Refresh::default()
    };
    let next = token::refresh(sereno, &meta, refresh(&answer.refresh_token)).await;
    let next = Pair::of(next.unwrap());
    assert_ne!(next.refresh_token, answer.refresh_token);
    let command = Logout {
        refresh_token: Some(next.refresh_token.as_str().into()),
        ..Default::default()
    };
    login::logout(sereno, &meta, &actor, command).await.unwrap();
    assert!(
        token::refresh(sereno, &meta, refresh(&next.refresh_token))
            .await
            .is_err()
    );
    assert!(token::authenticate(sereno, &next.access_token).await.is_err());
}
