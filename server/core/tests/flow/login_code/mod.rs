//! Signing in by a mailed code or link: asking, proving, and what it makes of an account.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "builders and checks outside of the test functions"
)]

mod accounts;
mod devices;
mod entering;
mod mails;

use sereno_core::Result;
use sereno_core::login::{self, LoggedIn};
use sereno_core::port::mail::OutgoingMail;
use sereno_core::testing::{TestSereno, token_of};
use sereno_types::{AskLoginCode, DeviceHint, Id, Secret, VerifyLoginCode};

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";

async fn verify(test: &TestSereno, command: VerifyLoginCode) -> Result<LoggedIn> {
    login::by_code_for_application(&test.sereno, &test.meta(), command).await
}

fn with_code(identifier: &str, code: &str) -> VerifyLoginCode {
    VerifyLoginCode {
        identifier: Some(identifier.to_owned()),
        code: Some(code.into()),
        ..VerifyLoginCode::default()
    }
}

fn with_link(mail: &OutgoingMail) -> VerifyLoginCode {
    VerifyLoginCode {
        token: Some(Secret::new(token_of(mail))),
        ..VerifyLoginCode::default()
    }
}

/// The mail that comes when somebody asks for a code.
async fn mail(test: &TestSereno, identifier: &str) -> OutgoingMail {
    test.ask_code(identifier).await.1.unwrap()
}

async fn ask_on(test: &TestSereno, identifier: &str, device: DeviceHint) -> Id {
    let command = AskLoginCode {
        identifier: identifier.to_owned(),
        device: Some(device),
        ..AskLoginCode::default()
    };
    let asked = login::ask_code(&test.sereno, &test.meta(), command).await;
    asked.unwrap().device_id
}

fn phone() -> DeviceHint {
    DeviceHint {
        uuid: Some(PHONE.to_owned()),
        name: Some("Ana's phone".to_owned()),
        firebase_token: Some("fcm:token-of-the-phone".into()),
        ..DeviceHint::default()
    }
}
