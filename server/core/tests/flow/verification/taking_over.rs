//! Whoever reads the address gets the account, and whoever squatted it keeps nothing.

use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::json;
use sereno_core::account::{activate, deletion, email, preferences};
use sereno_core::config::Verification;
use sereno_core::context::Actor;
use sereno_core::entity::identity;
use sereno_core::event::EventKind;
use sereno_core::login::{self};
use sereno_core::social;
use sereno_core::testing::{PASSWORD, TestSereno, by_link, login_code_of, refused, token_of};
use sereno_types::{
    ChangeEmail, Code, ConfirmEmail, LinkIdentity, Preferences, RequestDeletion, SocialLinking, UserState,
    VerifyLoginCode,
};

use super::{
    ADDRESS, NEW, asked_for_a_password, by_provider, form, has_lost_everything, is_confirmed, optional, send, set,
    squat, try_password, with, with_provider,
};

#[tokio::test]
async fn a_new_password_takes_the_account_from_whoever_squats_it() {
    let test = optional().await;
    let stranger = squat(&test).await;
    let mail = asked_for_a_password(&test, ADDRESS).await.unwrap();
    assert_eq!(mail.recipient, ADDRESS);
    set(&test, &mail).await.unwrap();
    has_lost_everything(&test, &stranger).await;
    try_password(&test, ADDRESS, NEW).await.unwrap();
    assert_eq!(refused(set(&test, &mail).await), Code::ResetLinkInvalid);
}

#[tokio::test]
async fn a_mailed_code_takes_the_account_from_whoever_squats_it() {
    let test = optional().await;
    let stranger = squat(&test).await;
    let mail = test.ask_code(ADDRESS).await.1.unwrap();
    let command = VerifyLoginCode {
        identifier: Some(ADDRESS.to_owned()),
        code: Some(login_code_of(&mail).as_str().into()),
        ..VerifyLoginCode::default()
    };
    let me = login::by_code_for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap()
        .user;
    assert!(me.email_verified);
    assert!(test.row(stranger.id).await.password_hash.is_none());
    has_lost_everything(&test, &stranger).await;
}

#[tokio::test]
async fn a_provider_takes_the_account_from_whoever_squats_it() {
    let (test, provider) = with_provider(SocialLinking::Verified).await;
    let stranger = squat(&test).await;
    let me = by_provider(&test, &provider, json!({})).await.unwrap().user;
    assert_eq!((me.id.0, me.email_verified), (stranger.id.to_string(), true));
    has_lost_everything(&test, &stranger).await;
    assert_eq!(test.count("identity").await, 1, "only its own");
    // a word of the provider's that it did not verify takes nothing
    let (test, provider) = with_provider(SocialLinking::Verified).await;
    let stranger = squat(&test).await;
    let other = by_provider(&test, &provider, json!({"email_verified": false}))
        .await
        .unwrap();
    assert_ne!(other.user.id.0, stranger.id.to_string());
    assert!(!is_confirmed(&test, ADDRESS).await);
}

#[tokio::test]
async fn an_identity_of_the_strangers_opens_nothing_afterwards() {
    let (test, provider) = with_provider(SocialLinking::Verified).await;
    let stranger = squat(&test).await;
    // the way to connect is another test's; what it leaves is this row
    let mine = by_provider(&test, &provider, json!({"sub": "stranger", "email_verified": false}))
        .await
        .unwrap()
        .user;
    identity::Entity::update_many()
        .col_expr(identity::Column::UserId, Expr::value(stranger.id))
        .exec(test.sereno.db.write())
        .await
        .unwrap();
    let theirs = by_provider(&test, &provider, json!({"sub": "stranger", "email_verified": false}))
        .await
        .unwrap()
        .user;
    assert_eq!(theirs.id.0, stranger.id.to_string());
    assert_ne!(theirs.id, mine.id);
    set(&test, &asked_for_a_password(&test, ADDRESS).await.unwrap())
        .await
        .unwrap();
    let after = by_provider(&test, &provider, json!({"sub": "stranger", "email_verified": false}))
        .await
        .unwrap()
        .user;
    assert_ne!(after.id.0, stranger.id.to_string());
}

#[tokio::test]
async fn without_linking_a_provider_takes_no_account_that_works() {
    let (test, provider) = with_provider(SocialLinking::Never).await;
    let stranger = squat(&test).await;
    let refusal = by_provider(&test, &provider, json!({})).await;
    assert_eq!(refused(refusal), Code::SocialAccountExists);
    assert_eq!(test.row(stranger.id).await.state(), UserState::Active);
    assert!(!is_confirmed(&test, ADDRESS).await);
}

/// An account that was lived in keeps what describes it: mostly its owner forgot a password.
#[tokio::test]
async fn whoever_forgets_the_password_keeps_the_profile() {
    let test = with(Verification::None).await;
    let mut command = form(ADDRESS);
    command.username = Some("ana".to_owned());
    command.attributes.insert("team".to_owned(), json!("blue"));
    send(&test, command).await;
    let id = test.holder_of(ADDRESS).await;
    let mail = asked_for_a_password(&test, "ana").await.unwrap();
    set(&test, &mail).await.unwrap();
    assert_eq!(test.mails().await.len(), 1, "the owner is told");
    let row = test.row(id).await;
    assert_eq!(
        (row.username.as_deref(), row.attributes),
        (Some("ana"), json!({"team": "blue"}))
    );
    try_password(&test, "ana", NEW).await.unwrap();
    // from now on it is an account like any other: a code is one more way in
    let code = test.ask_code("ana").await.1.unwrap();
    let command = VerifyLoginCode {
        identifier: Some("ana".to_owned()),
        code: Some(login_code_of(&code).as_str().into()),
        ..VerifyLoginCode::default()
    };
    login::by_code_for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    try_password(&test, "ana", NEW).await.unwrap();
}

#[tokio::test]
async fn whoever_proves_the_address_for_another_account_gets_it_and_nothing_else() {
    let test = optional().await;
    let stranger = squat(&test).await;
    test.user("bea").await;
    let bea = test.actor("bea").await;
    let wish = ChangeEmail {
        email: ADDRESS.to_owned(),
        password: Some(PASSWORD.into()),
    };
    email::request(&test.sereno, &test.meta(), &bea, wish).await.unwrap();
    let mut mails = test.mails().await;
    mails.retain(|mail| mail.recipient == ADDRESS);
    let command = ConfirmEmail {
        token: Some(token_of(&mails[0]).as_str().into()),
        ..ConfirmEmail::default()
    };
    email::confirm(&test.sereno, &test.meta(), &Actor::Anonymous, command)
        .await
        .unwrap();
    assert_ne!(test.holder_of(ADDRESS).await, stranger.id);
    assert!(is_confirmed(&test, ADDRESS).await);
    assert_eq!(test.events.count(EventKind::EmailReleased), 1);
    // the other account goes on without, and has no part in the address any more
    try_password(&test, "stranger", PASSWORD).await.unwrap();
    assert!(asked_for_a_password(&test, "stranger").await.is_none());
    let late = activate::activate(&test.sereno, &test.meta(), by_link(&stranger.activation)).await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
}

/// What an address was written, what it declined and what is known of it belongs to whoever reads it.
#[tokio::test]
async fn an_unproven_address_decides_nothing_for_its_owner() {
    let test = TestSereno::with(|config| {
        config.registration.verification = Verification::Optional;
        config.deletion.grace_period.0 = 0;
    })
    .await;
    // Ana was written to before
    asked_for_a_password(&test, ADDRESS).await;
    assert!(test.ask_code(ADDRESS).await.1.is_some());
    let written = test.count("email_message").await;
    let stranger = squat(&test).await;
    let wanted = Preferences { announcements: false };
    preferences::set(&test.sereno, &test.meta(), &stranger.browser.actor, wanted)
        .await
        .unwrap();
    let command = RequestDeletion {
        password: Some(PASSWORD.into()),
        ..RequestDeletion::default()
    };
    deletion::request(&test.sereno, &test.meta(), &stranger.browser.actor, command)
        .await
        .unwrap();
    assert_eq!(test.count("\"user\"").await, 0);
    assert!(test.count("email_message").await >= written, "what went to Ana stays");
    assert!(test.count("login_code").await > 0);
    // and she is written to like everybody else
    send(&test, form(ADDRESS)).await;
    let ana = test.actor(ADDRESS).await;
    let own = preferences::own(&test.sereno, &ana).await.unwrap();
    assert!(own.announcements);
}

#[tokio::test]
async fn two_proofs_at_once_take_the_account_once() {
    let test = std::sync::Arc::new(optional().await);
    let stranger = squat(&test).await;
    let mail = asked_for_a_password(&test, ADDRESS).await.unwrap();
    let confirm = {
        let (test, activation) = (test.clone(), stranger.activation.clone());
        tokio::spawn(async move { activate::activate(&test.sereno, &test.meta(), by_link(&activation)).await })
    };
    let reset = {
        let test = test.clone();
        tokio::spawn(async move { set(&test, &mail).await })
    };
    let (confirmed, reset) = (confirm.await.unwrap(), reset.await.unwrap());
    // whichever came first: a new password that was set is the only one that opens
    assert!(confirmed.is_ok() || reset.is_ok());
    assert!(is_confirmed(&test, ADDRESS).await);
    if reset.is_ok() {
        assert_eq!(
            refused(try_password(&test, ADDRESS, PASSWORD).await),
            Code::InvalidCredentials
        );
        try_password(&test, ADDRESS, NEW).await.unwrap();
    }
}

/// While a provider is asked, the account may become somebody else's.
#[tokio::test]
async fn nothing_is_connected_by_a_sign_in_that_has_ended() {
    let (test, provider) = with_provider(SocialLinking::Verified).await;
    let stranger = squat(&test).await;
    set(&test, &asked_for_a_password(&test, ADDRESS).await.unwrap())
        .await
        .unwrap();
    let link = LinkIdentity {
        id_token: Some(provider.id_token(&json!({"sub": "stranger"})).into()),
        ..LinkIdentity::default()
    };
    // as it was found before the provider was asked
    let late = social::link_posted(&test.sereno, &test.meta(), &stranger.browser.actor, "oidc", link).await;
    assert_eq!(refused(late), Code::AuthenticationRequired);
    assert_eq!(test.count("identity").await, 0);
}

/// Who deletes an account does not keep an address from its owner that was never proven.
#[tokio::test]
async fn whoever_leaves_lets_go_of_an_address_that_was_never_theirs() {
    let test = optional().await;
    let stranger = squat(&test).await;
    let command = RequestDeletion {
        password: Some(PASSWORD.into()),
        ..RequestDeletion::default()
    };
    deletion::request(&test.sereno, &test.meta(), &stranger.browser.actor, command)
        .await
        .unwrap();
    assert_eq!(test.row(stranger.id).await.state(), UserState::Deleting);
    assert_eq!(
        test.count(&format!("user_email WHERE canonical = '{ADDRESS}'")).await,
        0
    );
    let mut own = form(ADDRESS);
    own.password = NEW.into();
    send(&test, own).await;
    assert_ne!(test.holder_of(ADDRESS).await, stranger.id);
    try_password(&test, ADDRESS, NEW).await.unwrap();
}
