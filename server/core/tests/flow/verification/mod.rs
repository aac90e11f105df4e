//! Signing up where addresses need not be confirmed (`registration.verification`): what works at once, and that an address
//! which anybody may have typed gives nothing away.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "builders and checks outside of the test functions"
)]

mod proving;
mod rights;
mod taking_over;

use sereno_core::account::password::{forgot, reset};
use sereno_core::account::{activate, email, register};
use sereno_core::config::Verification;
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought};
use sereno_core::port::mail::OutgoingMail;
use sereno_core::session::NewSession;
use sereno_core::testing::{FakeProvider, PASSWORD, Pair, TestSereno, by_link, refused, token_of};
use sereno_core::{Result, session, social, token};
use sereno_types::{
    ChangeEmail, Code, ConfirmEmail, DeviceHint, ForgotPassword, Register, ResendActivation, ResetPassword, SocialKind,
    SocialLinking, SocialLogin,
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
    social::sign_in_posted(
        &test.sereno,
        &test.meta(),
        "oidc",
        command,
        social::UntoldNonce::Refused,
    )
    .await
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
