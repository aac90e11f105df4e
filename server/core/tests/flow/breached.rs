//! The list of breached passwords, wherever a password is chosen.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use sereno_core::account::admin::{self, CreateUser};
use sereno_core::account::{password, register, setup};
use sereno_core::boot;
use sereno_core::crypto::digest::sha1_hex;
use sereno_core::testing::{PASSWORD, TestSereno, refused, refused_fields};
use sereno_types::{ChangePassword, CheckPassword, Code, Register, SetUp};

const BREACHED: &str = "marmalade sunset parade";

async fn listed(test: &TestSereno) -> TestSereno {
    let file = test.database.folder().join("breached.txt");
    let mut lines: Vec<String> = (0..2_000)
        .map(|n| sha1_hex(&n.to_string()))
        .chain([sha1_hex(BREACHED)])
        .map(|hash| format!("{hash}:7"))
        .collect();
    lines.sort();
    std::fs::write(&file, lines.join("\r\n")).unwrap();
    let file = file.to_string_lossy().into_owned();
    test.try_another(move |config| config.password.breached_file = file, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_breached_password_is_refused_wherever_it_is_chosen() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let test = listed(&test).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let refusal = |field: &str| vec![(field.to_owned(), Code::PasswordBreached)];
    let judged = |text: &str| CheckPassword {
        password: text.into(),
        ..CheckPassword::default()
    };
    let check = password::check(sereno, &judged(BREACHED)).await;
    assert_eq!(refused_fields(check), refusal("password"));
    password::check(sereno, &judged(PASSWORD)).await.unwrap();
    assert_eq!(
        refused_fields(password::check(sereno, &judged("17")).await),
        [
            ("password".to_owned(), Code::PasswordTooShort),
            ("password".to_owned(), Code::PasswordTooCommon),
            ("password".to_owned(), Code::PasswordEntirelyNumeric),
            ("password".to_owned(), Code::PasswordBreached)
        ],
        "all reasons are told at once"
    );
    let command = Register {
        email: "bea@example.org".to_owned(),
        password: BREACHED.into(),
        ..Register::default()
    };
    let signed_up = register::register(sereno, &meta, command).await;
    assert_eq!(refused_fields(signed_up), refusal("password"));
    let command = SetUp {
        token: "x".into(),
        email: "root@example.org".to_owned(),
        password: BREACHED.into(),
    };
    let set_up = setup::first_administrator(sereno, &meta, command).await;
    assert_eq!(refused_fields(set_up.map(|_| ())), refusal("password"));
    let command = CreateUser {
        email: "bea@example.org".to_owned(),
        password: Some(BREACHED.into()),
        ..CreateUser::default()
    };
    let made = admin::create_user(sereno, &meta, &test.system().await, command).await;
    assert_eq!(refused_fields(made), refusal("password"));
    let own = test.sign_in("ana").await;
    let command = ChangePassword {
        old_password: PASSWORD.into(),
        new_password: BREACHED.into(),
    };
    let changed = password::change(sereno, &meta, &own.actor, command).await;
    assert_eq!(refused_fields(changed), refusal("new_password"));
}

#[tokio::test]
async fn a_list_that_is_missing_or_none_is_a_fault_at_start_and_no_password_passes_without_it() {
    let test = TestSereno::new().await;
    let test = listed(&test).await;
    let mut config = test.sereno.config.clone();
    boot::check(&config).unwrap();
    let file = config.password.breached_file.clone();
    std::fs::remove_file(&file).unwrap();
    let faults = boot::check(&config).unwrap_err().0;
    assert_eq!(
        (faults.len(), faults[0].setting.as_str()),
        (1, "password.breached_file")
    );
    let command = CheckPassword {
        password: PASSWORD.into(),
        ..CheckPassword::default()
    };
    assert_eq!(
        refused(password::check(&test.sereno, &command).await),
        Code::Unavailable
    );
    std::fs::write(&file, "password\nletmein\n").unwrap();
    assert_eq!(boot::check(&config).unwrap_err().0[0].setting, "password.breached_file");
    config.password.breached_file = String::new();
    boot::check(&config).unwrap();
}
