//! Mails as staff sees and repairs them, and mails of other services.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

mod acts;
mod addresses;
mod history;
mod services;

use std::time::Duration;

use sereno_core::context::Staff;
use sereno_core::messages;
use sereno_core::testing::{PASSWORD, TestSereno};
use sereno_types::{MessageDetail, MessageQuery, MessageReason, Register, SendMessage};

async fn register(test: &TestSereno, name: &str) {
    let command = Register {
        email: format!("{name}@example.org"),
        password: PASSWORD.into(),
        ..Register::default()
    };
    sereno_core::account::register::register(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    test.advance(Duration::from_secs(1));
}

/// The newest mail.
async fn newest(test: &TestSereno, staff: &Staff) -> MessageDetail {
    let list = messages::list(&test.sereno, staff, MessageQuery::default())
        .await
        .unwrap();
    messages::detail(&test.sereno, staff, &list.items[0].id).await.unwrap()
}

fn letter(recipients: &[&str]) -> SendMessage {
    SendMessage {
        recipients: recipients.iter().map(|&text| text.to_owned()).collect(),
        subject: Some("Invoice".to_owned()),
        html: Some("<p>Dear <b>Ana</b></p>".to_owned()),
        ..SendMessage::default()
    }
}

async fn send(test: &TestSereno, command: SendMessage) -> sereno_core::Result<Vec<(bool, MessageReason)>> {
    let staff = test.system().await;
    let sent = messages::send(&test.sereno, &test.meta(), &staff, command).await?;
    Ok(sent
        .results
        .into_iter()
        .map(|result| (result.ok, result.code))
        .collect())
}
