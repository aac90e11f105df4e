//! What confirms an address that somebody may have typed, and how it is asked for again.

use serde_json::json;
use sereno_core::account::password::change;
use sereno_core::account::{activate, admin, profile};
use sereno_core::config::Verification;
use sereno_core::event::EventKind;
use sereno_core::testing::{PASSWORD, by_code, by_link, code_of, refused};
use sereno_core::token;
use sereno_types::{ChangePassword, Code, Id, UserState};

use super::{ADDRESS, NEW, form, is_confirmed, optional, resend, send, try_password, with};

#[tokio::test]
async fn where_it_is_optional_the_account_works_at_once_and_the_mail_confirms_the_address() {
    let test = optional().await;
    let mut command = form(ADDRESS);
    command.username = Some("ana".to_owned());
    send(&test, command).await;
    let mail = test.mails().await.pop().unwrap();
    let id = test.holder_of(ADDRESS).await;
    assert_eq!(test.row(id).await.state(), UserState::Active);
    assert!(!is_confirmed(&test, ADDRESS).await);
    assert_eq!(test.events.kinds().first(), Some(&EventKind::UserRegistered));
    let pair = test.log_in(ADDRESS).await;
    let actor = token::authenticate(&test.sereno, &pair.access_token).await.unwrap();
    let me = profile::me(&test.sereno, &actor).await.unwrap();
    assert!(!me.email_verified);
    // link and code only confirm: nothing else changes, and nobody is signed out
    let before = test.row(id).await;
    let done = activate::activate(&test.sereno, &test.meta(), by_link(&mail)).await;
    assert_eq!(done.unwrap().state, UserState::Active);
    assert!(is_confirmed(&test, ADDRESS).await);
    let after = test.row(id).await;
    assert_eq!(
        (after.password_hash, after.username, after.credential_epoch),
        (before.password_hash, before.username, before.credential_epoch)
    );
    test.refresh(&pair.refresh_token).await.unwrap();
    assert_eq!(test.events.count(EventKind::EmailConfirmed), 1);
    assert_eq!(test.events.count(EventKind::UserActivated), 0);
    assert_eq!(test.count("sign_up").await, 0);
    let again = activate::activate(&test.sereno, &test.meta(), by_code(ADDRESS, &code_of(&mail))).await;
    assert_eq!(refused(again), Code::ActivationLinkInvalid);
}

#[tokio::test]
async fn the_code_confirms_too() {
    let test = optional().await;
    let mail = test.sign_up(ADDRESS).await;
    activate::activate(&test.sereno, &test.meta(), by_code(ADDRESS, &code_of(&mail)))
        .await
        .unwrap();
    assert!(is_confirmed(&test, ADDRESS).await);
}

#[tokio::test]
async fn where_there_is_none_signing_up_mails_nothing() {
    let test = with(Verification::None).await;
    for _ in 0..2 {
        send(&test, form(ADDRESS)).await;
        assert!(test.mails().await.is_empty());
    }
    test.log_in(ADDRESS).await;
    assert_eq!(test.count("\"user\"").await, 1);
    // whoever wants to confirm it, can
    let mail = resend(&test, ADDRESS).await.unwrap();
    assert!(mail.text.contains("Signed up on"), "{}", mail.text);
    activate::activate(&test.sereno, &test.meta(), by_link(&mail))
        .await
        .unwrap();
    assert!(is_confirmed(&test, ADDRESS).await);
    assert!(resend(&test, ADDRESS).await.is_none());
}

/// Answer, hash runs, statements, events and mails do not tell whether an address is new, unproven or confirmed.
#[tokio::test]
async fn new_unproven_and_confirmed_addresses_are_alike() {
    for verification in [Verification::Optional, Verification::None] {
        let test = with(verification).await;
        send(&test, form("unproven@example.org")).await;
        test.user("taken").await;
        test.mails().await;
        let mut seen = Vec::new();
        for address in ["new@example.org", "unproven@example.org", "TAKEN@example.org"] {
            test.statements.take();
            let runs = test.sereno.hasher.runs();
            send(&test, form(address)).await;
            let (statements, runs) = (test.statements.take(), test.sereno.hasher.runs() - runs);
            let mails = test.mails().await;
            let written = |table: &str| {
                let begins = format!("INSERT INTO \"{table}\"");
                statements.iter().filter(|sql| sql.starts_with(&begins)).count()
            };
            seen.push((
                statements.len(),
                runs,
                mails.len(),
                written("event"),
                written("email_message"),
            ));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
        assert_eq!(seen[0].2, usize::from(verification == Verification::Optional));
    }
}

/// Whoever knows the address of an account must not come by it by signing up again.
#[tokio::test]
async fn signing_up_again_changes_nothing_and_tells_the_owner() {
    let test = optional().await;
    let first = test.sign_up(ADDRESS).await;
    let before = test.row(test.holder_of(ADDRESS).await).await;
    let mut again = form("ANA@example.org");
    again.password = NEW.into();
    again.attributes.insert("whose".to_owned(), json!("stranger"));
    send(&test, again).await;
    let told = test.mails().await.pop().unwrap();
    assert_eq!(told.recipient, ADDRESS);
    assert!(!told.text.contains("token="));
    assert_eq!(test.row(before.id).await, before);
    assert_eq!(
        refused(try_password(&test, ADDRESS, NEW).await),
        Code::InvalidCredentials
    );
    activate::activate(&test.sereno, &test.meta(), by_link(&first))
        .await
        .unwrap();
    try_password(&test, ADDRESS, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_link_is_good_for_the_credentials_it_was_mailed_for_and_another_can_be_asked_for() {
    let test = optional().await;
    let first = test.sign_up(ADDRESS).await;
    let actor = test.actor(ADDRESS).await;
    let command = ChangePassword {
        old_password: PASSWORD.into(),
        new_password: NEW.into(),
    };
    change(&test.sereno, &test.meta(), &actor, command).await.unwrap();
    assert!(
        test.mails().await.is_empty(),
        "an address that may be a stranger's is told nothing"
    );
    assert_eq!(
        refused(activate::activate(&test.sereno, &test.meta(), by_link(&first)).await),
        Code::ActivationLinkInvalid
    );
    let second = resend(&test, ADDRESS).await.unwrap();
    assert!(
        second.text.contains("Signed up on"),
        "whoever finds it must be able to tell whether it was them"
    );
    activate::activate(&test.sereno, &test.meta(), by_link(&second))
        .await
        .unwrap();
    try_password(&test, ADDRESS, NEW).await.unwrap();
    assert!(is_confirmed(&test, ADDRESS).await);
}

#[tokio::test]
async fn staff_sends_the_mail_again_and_starts_a_new_password() {
    let test = optional().await;
    test.sign_up(ADDRESS).await;
    let id = Id(test.holder_of(ADDRESS).await.to_string());
    let (staff, meta) = (test.system().await, test.meta());
    let shown = admin::detail(&test.sereno, &staff, &id).await.unwrap();
    assert_eq!(shown.state, UserState::Active);
    assert!(shown.emails[0].verified_at.is_none());
    admin::send_password_reset(&test.sereno, &meta, &staff, &id)
        .await
        .unwrap();
    assert_eq!(test.mails().await.len(), 1);
    admin::send_activation(&test.sereno, &meta, &staff, &id).await.unwrap();
    let mail = test.mails().await.pop().unwrap();
    activate::activate(&test.sereno, &meta, by_link(&mail)).await.unwrap();
    let again = admin::send_activation(&test.sereno, &meta, &staff, &id).await;
    assert_eq!(refused(again), Code::StateConflict);
    // unlocked, it works as before, though nobody has ever signed in
    test.sign_up("bea@example.org").await;
    let bea = Id(test.holder_of("bea@example.org").await.to_string());
    admin::lock(&test.sereno, &meta, &staff, &bea).await.unwrap();
    assert_eq!(
        refused(try_password(&test, "bea@example.org", PASSWORD).await),
        Code::InvalidCredentials
    );
    let unlocked = admin::unlock(&test.sereno, &meta, &staff, &bea).await.unwrap();
    assert_eq!(unlocked.state, UserState::Active);
}

/// Who waited since addresses had to be confirmed signs up again, and need not wait any more. What others had signed up
/// with in between is good for nothing.
#[tokio::test]
async fn whoever_waited_starts_anew_and_works() {
    let test = optional().await;
    let early = test.sign_up(ADDRESS).await;
    let id = test.holder_of(ADDRESS).await;
    test.put_into(id, UserState::Pending).await;
    let mut again = form(ADDRESS);
    again.password = NEW.into();
    send(&test, again).await;
    let mail = test.mails().await.pop().unwrap();
    try_password(&test, ADDRESS, NEW).await.unwrap();
    assert_eq!(
        refused(activate::activate(&test.sereno, &test.meta(), by_link(&early)).await),
        Code::ActivationLinkInvalid
    );
    activate::activate(&test.sereno, &test.meta(), by_link(&mail))
        .await
        .unwrap();
    try_password(&test, ADDRESS, NEW).await.unwrap();
}
