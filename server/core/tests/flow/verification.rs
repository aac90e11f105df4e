//! Signing up where addresses need not be confirmed (`registration.verification`): what works at once, and that an address
//! which anybody may have typed gives nothing away.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "builders and checks outside of the test functions"
)]

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sereno_core::account::password::{change, forgot, reset};
use sereno_core::account::{activate, admin, deletion, email, preferences, profile, register};
use sereno_core::config::Verification;
use sereno_core::context::Actor;
use sereno_core::entity::{identity, role, user};
use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought};
use sereno_core::port::mail::OutgoingMail;
use sereno_core::roles::{assignments, projects};
use sereno_core::session::NewSession;
use sereno_core::testing::{
    FakeProvider, PASSWORD, Pair, TestSereno, by_code, by_link, code_of, login_code_of, refused, refused_fields,
    token_of,
};
use sereno_core::{Result, session, social, token};
use sereno_types::{
    AssignRole, ChangeEmail, ChangePassword, Code, ConfirmEmail, CreateProject, DeviceHint, ForgotPassword, Id,
    LinkIdentity, Preferences, Register, RequestDeletion, ResendActivation, ResetPassword, SocialKind, SocialLinking,
    SocialLogin, UserState, VerifyLoginCode,
};
use uuid::Uuid;

const ADDRESS: &str = "ana@example.org";
const NEW: &str = "lanterns in the rain";

async fn with(verification: Verification) -> TestSereno {
    TestSereno::with(|config| config.registration.verification = verification).await
}

async fn optional() -> TestSereno {
    with(Verification::Optional).await
}

fn form(address: &str) -> Register {
    Register {
        email: address.to_owned(),
        password: PASSWORD.into(),
        ..Register::default()
    }
}

async fn send(test: &TestSereno, command: Register) {
    register::register(&test.sereno, &test.meta(), command).await.unwrap();
}

async fn is_confirmed(test: &TestSereno, address: &str) -> bool {
    test.count(&format!(
        "user_email WHERE canonical = '{address}' AND verified_at IS NOT NULL"
    ))
    .await
        == 1
}

async fn try_password(test: &TestSereno, identifier: &str, password: &str) -> Result<()> {
    let command = test.credentials(identifier, password);
    login::for_application(&test.sereno, &test.meta(), command)
        .await
        .map(|_| ())
}

async fn asked_for_a_password(test: &TestSereno, identifier: &str) -> Option<OutgoingMail> {
    let command = ForgotPassword {
        identifier: identifier.to_owned(),
    };
    forgot(&test.sereno, &test.meta(), command).await.unwrap();
    test.mails().await.pop()
}

async fn set(test: &TestSereno, mail: &OutgoingMail) -> Result<()> {
    let command = ResetPassword {
        token: Some(token_of(mail).as_str().into()),
        password: NEW.into(),
        ..ResetPassword::default()
    };
    reset(&test.sereno, &test.meta(), command).await
}

async fn resend(test: &TestSereno, address: &str) -> Option<OutgoingMail> {
    let command = ResendActivation {
        email: address.to_owned(),
    };
    activate::resend(&test.sereno, &test.meta(), command).await.unwrap();
    test.mails().await.pop()
}

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

/// A stranger who signed up with Ana's address and made themselves at home.
struct Squatter {
    id: Uuid,
    pair: Pair,
    browser: NewSession,
    activation: OutgoingMail,
    /// The token to an address of their own.
    moving: String,
}

async fn squat(test: &TestSereno) -> Squatter {
    let mut command = form(ADDRESS);
    command.username = Some("stranger".to_owned());
    send(test, command).await;
    let activation = test.mails().await.pop().unwrap();
    let mut command = test.credentials(ADDRESS, PASSWORD);
    command.device = Some(DeviceHint {
        uuid: Some("6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f".to_owned()),
        firebase_token: Some("fcm:token-of-the-stranger".into()),
        ..DeviceHint::default()
    });
    let logged_in = login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    let Brought::Tokens(issued) = logged_in.brought else {
        panic!("a session, not tokens")
    };
    let browser = test.sign_in(ADDRESS).await;
    // a change of the address that waits for its moment
    let wish = ChangeEmail {
        email: "stranger@example.org".to_owned(),
        password: Some(PASSWORD.into()),
    };
    email::request(&test.sereno, &test.meta(), &browser.actor, wish)
        .await
        .unwrap();
    let moved = test.mails().await;
    assert_eq!(moved.len(), 1, "nobody is told at an address that nobody has proven");
    Squatter {
        id: test.holder_of(ADDRESS).await,
        pair: Pair::of(issued),
        browser,
        activation,
        moving: token_of(&moved[0]),
    }
}

/// Whether anything that the stranger held opens anything.
async fn has_lost_everything(test: &TestSereno, stranger: &Squatter) {
    for identifier in [ADDRESS, "stranger"] {
        assert_eq!(
            refused(try_password(test, identifier, PASSWORD).await),
            Code::InvalidCredentials
        );
    }
    let pair = &stranger.pair;
    assert_eq!(
        refused(token::authenticate(&test.sereno, &pair.access_token).await),
        Code::InvalidToken
    );
    assert_eq!(
        refused(test.refresh(&pair.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    let browser = session::resolve(&test.sereno, &stranger.browser.secret).await.unwrap();
    assert_eq!(browser, Actor::Anonymous);
    assert_eq!(test.count("device").await, 0, "nothing is told to the stranger's phone");
    let late = activate::activate(&test.sereno, &test.meta(), by_link(&stranger.activation)).await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
    let moved = ConfirmEmail {
        token: Some(stranger.moving.as_str().into()),
        ..ConfirmEmail::default()
    };
    let moved = email::confirm(&test.sereno, &test.meta(), &Actor::Anonymous, moved).await;
    assert_eq!(refused(moved), Code::EmailChangeLinkInvalid);
    assert!(is_confirmed(test, ADDRESS).await);
    assert_eq!(test.events.count(EventKind::UserClaimed), 1);
}

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

/// Posts an ID token of a person with Ana's address, which the provider has verified, unless `changed` says otherwise.
async fn by_provider(
    test: &TestSereno,
    provider: &FakeProvider,
    changed: serde_json::Value,
) -> Result<login::LoggedIn> {
    let command = SocialLogin {
        id_token: Some(provider.id_token(&changed).into()),
        ..SocialLogin::default()
    };
    social::sign_in_posted(&test.sereno, &test.meta(), "oidc", command).await
}

async fn with_provider(linking: SocialLinking) -> (TestSereno, FakeProvider) {
    let test = TestSereno::with(|config| {
        config.registration.verification = Verification::Optional;
        config.social.timeout.0 = 1;
    })
    .await;
    let provider = FakeProvider::start(&test).await;
    let mut settings = provider.settings(SocialKind::Oidc);
    settings.linking = linking;
    provider.set_up(&test, settings).await;
    (test, provider)
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

/// Rights were given to whoever uses the account. Who reads an address that was only typed there does not come by them.
#[tokio::test]
async fn nobody_comes_by_rights_through_an_address_that_nobody_proved() {
    let (test, provider) = with_provider(SocialLinking::Verified).await;
    send(&test, form(ADDRESS)).await;
    let activation = test.mails().await.pop().unwrap();
    let id = test.holder_of(ADDRESS).await;
    let role = role::Entity::find()
        .filter(role::Column::Codename.eq("viewer"))
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap()
        .id
        .to_string();
    let give = |whom: &str| AssignRole {
        role: Id(role.clone()),
        users: vec![whom.to_owned()],
        project: None,
        expires_at: None,
    };
    let (staff, meta) = (test.system().await, test.meta());
    // staff that names somebody by such an address does not know whom
    let by_address = assignments::assign(&test.sereno, &meta, &staff, give(ADDRESS)).await;
    assert_eq!(
        refused_fields(by_address),
        [("users.0".to_owned(), Code::InvalidChoice)]
    );
    assignments::assign(&test.sereno, &meta, &staff, give(&id.to_string()))
        .await
        .unwrap();
    assert!(asked_for_a_password(&test, ADDRESS).await.is_none());
    assert!(test.ask_code(ADDRESS).await.1.is_none());
    assert_eq!(
        refused(by_provider(&test, &provider, json!({})).await),
        Code::SocialAccountExists
    );
    let target = Id(id.to_string());
    let by_staff = admin::send_password_reset(&test.sereno, &meta, &staff, &target).await;
    assert_eq!(refused(by_staff), Code::StateConflict);
    try_password(&test, ADDRESS, PASSWORD).await.unwrap();
    // its own mail confirms it, and then it is theirs
    activate::activate(&test.sereno, &meta, by_link(&activation))
        .await
        .unwrap();
    assert!(asked_for_a_password(&test, ADDRESS).await.is_some());
}

/// A role that was given while the mail was under way.
#[tokio::test]
async fn rights_that_came_meanwhile_are_not_taken_over_either() {
    let test = optional().await;
    test.sign_up(ADDRESS).await;
    let id = test.holder_of(ADDRESS).await;
    let mail = asked_for_a_password(&test, ADDRESS).await.unwrap();
    let code = test.ask_code(ADDRESS).await.1.unwrap();
    user::Entity::update_many()
        .col_expr(user::Column::IsSuperuser, Expr::value(true))
        .filter(user::Column::Id.eq(id))
        .exec(test.sereno.db.write())
        .await
        .unwrap();
    assert_eq!(refused(set(&test, &mail).await), Code::ResetLinkInvalid);
    let command = VerifyLoginCode {
        identifier: Some(ADDRESS.to_owned()),
        code: Some(login_code_of(&code).as_str().into()),
        ..VerifyLoginCode::default()
    };
    let by_code = login::by_code_for_application(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(by_code), Code::LoginCodeInvalid);
    try_password(&test, ADDRESS, PASSWORD).await.unwrap();
    assert!(!is_confirmed(&test, ADDRESS).await);
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

/// What staff gave to whoever confirms the address is nobody's who types it once more when nothing need be confirmed.
#[tokio::test]
async fn who_waits_with_rights_goes_on_waiting() {
    let test = optional().await;
    test.sign_up(ADDRESS).await;
    let id = test.holder_of(ADDRESS).await;
    test.put_into(id, UserState::Pending).await;
    let viewer = role::Entity::find()
        .filter(role::Column::Codename.eq("viewer"))
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    let (staff, meta) = (test.system().await, test.meta());
    let give = AssignRole {
        role: Id(viewer.id.to_string()),
        users: vec![ADDRESS.to_owned()],
        project: None,
        expires_at: None,
    };
    assignments::assign(&test.sereno, &meta, &staff, give).await.unwrap();
    let mut again = form(ADDRESS);
    again.password = NEW.into();
    send(&test, again).await;
    assert_eq!(test.row(id).await.state(), UserState::Pending);
    assert_eq!(
        refused(try_password(&test, ADDRESS, NEW).await),
        Code::ActivationRequired
    );
    // nor does locking and unlocking let them in
    let target = Id(id.to_string());
    admin::lock(&test.sereno, &meta, &staff, &target).await.unwrap();
    admin::unlock(&test.sereno, &meta, &staff, &target).await.unwrap();
    assert_eq!(test.row(id).await.state(), UserState::Pending);
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

/// An owner of a project is somebody with rights, whatever owners may do today.
#[tokio::test]
async fn the_owner_of_a_project_is_not_taken_over() {
    let test = TestSereno::with(|config| {
        config.registration.verification = Verification::Optional;
        config.access.owner_permissions = Vec::new();
    })
    .await;
    send(&test, form(ADDRESS)).await;
    test.mails().await;
    let id = test.holder_of(ADDRESS).await;
    let project = CreateProject {
        slug: "acme".to_owned(),
        owner: Some(id.to_string()),
        ..CreateProject::default()
    };
    projects::create(&test.sereno, &test.meta(), &test.system().await, project)
        .await
        .unwrap();
    assert!(asked_for_a_password(&test, ADDRESS).await.is_none());
}
