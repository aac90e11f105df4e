//! Nothing that could be presented is stored or printed.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::fmt::Debug;
use std::time::Duration;

use sea_orm::{EntityTrait, IntoActiveModel};
use sereno_core::account::activate::activate;
use sereno_core::account::admin::CreateUser;
use sereno_core::account::{email, password, setup};
use sereno_core::entity::{crypto_key, one_time, user};
use sereno_core::testing::{PASSWORD, TestSereno, by_code, by_link, code_of, login_code_of, token_of};
use sereno_core::{login, session};
use sereno_types::{
    ChangeEmail, ChangePassword, CheckPassword, ConfirmEmail, ForgotPassword, Login, Logout, Refresh, Register,
    ResetPassword, SetUp, VerifyLoginCode, VerifyToken,
};

/// The whole journey; gives everything in it that opens something.
async fn journey(test: &TestSereno) -> Vec<String> {
    let (sereno, meta) = (&test.sereno, test.meta());
    let mut secrets = vec![PASSWORD.to_owned(), "a wrong guess entirely".to_owned()];
    let link = setup::link(sereno).await.unwrap();
    let token = link.split_once("token=").unwrap().1.to_owned();
    let command = SetUp {
        token: token.as_str().into(),
        email: "root@example.org".to_owned(),
        password: PASSWORD.into(),
    };
    let root = setup::first_administrator(sereno, &meta, command).await.unwrap();
    secrets.extend([token, root.secret]);
    let (ana, bea) = (
        test.sign_up("ana@example.org").await,
        test.sign_up("bea@example.org").await,
    );
    for mail in [&ana, &bea] {
        secrets.extend([token_of(mail), code_of(mail), code_of(mail).replace('-', "")]);
    }
    activate(sereno, &meta, by_link(&ana)).await.unwrap();
    let wrong = by_code("bea@example.org", "4242-4242");
    activate(sereno, &meta, wrong).await.unwrap_err();
    activate(sereno, &meta, by_code("bea@example.org", &code_of(&bea)))
        .await
        .unwrap();
    let guess = test.credentials("ana@example.org", "a wrong guess entirely");
    login::for_application(sereno, &meta, guess).await.unwrap_err();
    let first = test.log_in("ana@example.org").await;
    let second = test.refresh(&first.refresh_token).await.unwrap();
    test.advance(Duration::from_mins(1));
    test.refresh(&first.refresh_token).await.unwrap_err();
    secrets.extend([
        first.access_token,
        first.refresh_token,
        second.access_token,
        second.refresh_token,
    ]);
    let browser = test.sign_in("ana@example.org").await;
    let actor = session::resolve(sereno, &browser.secret).await.unwrap();
    login::logout(sereno, &meta, &actor, Logout::default()).await.unwrap();
    secrets.extend(recovery(test).await);
    let flow = session::create_flow_state(sereno, serde_json::json!({"x": 1}), Duration::from_mins(5))
        .await
        .unwrap();
    secrets.extend([browser.secret, flow.secret]);
    let root_key = std::fs::read_to_string(test.database.folder().join("root.key")).unwrap();
    secrets.push(root_key.trim().to_owned());
    secrets
}

/// A forgotten and a changed password, and another address; gives their links and passwords.
async fn recovery(test: &TestSereno) -> Vec<String> {
    let (sereno, meta) = (&test.sereno, test.meta());
    let code = test.ask_code("ana@example.org").await.1.unwrap();
    let plain = login_code_of(&code).replace('-', "");
    let mut secrets = vec![token_of(&code), login_code_of(&code), plain];
    let command = VerifyLoginCode {
        identifier: Some("ana@example.org".to_owned()),
        code: Some(login_code_of(&code).as_str().into()),
        ..VerifyLoginCode::default()
    };
    let by_code = login::by_code_with_session(sereno, &meta, command).await.unwrap();
    secrets.push(by_code.secret);
    let (second, third) = ("lanterns in the rain", "umbrellas for the moon");
    test.mails().await;
    let command = ForgotPassword {
        identifier: "ana@example.org".to_owned(),
    };
    password::forgot(sereno, &meta, command).await.unwrap();
    let reset = token_of(&test.mails().await.remove(0));
    let command = ResetPassword {
        token: Some(reset.as_str().into()),
        password: second.into(),
        ..ResetPassword::default()
    };
    password::reset(sereno, &meta, command).await.unwrap();
    let credentials = test.credentials("ana@example.org", second);
    let browser = login::with_session(sereno, &meta, credentials).await.unwrap();
    let command = ChangePassword {
        old_password: second.into(),
        new_password: third.into(),
    };
    password::change(sereno, &meta, &browser.actor, command).await.unwrap();
    test.mails().await;
    let command = ChangeEmail {
        email: "ana@example.net".to_owned(),
        password: Some(third.into()),
    };
    email::request(sereno, &meta, &browser.actor, command).await.unwrap();
    let mails = test.mails().await;
    let mail = mails.iter().find(|mail| mail.recipient == "ana@example.net").unwrap();
    let confirm = token_of(mail);
    let command = ConfirmEmail {
        token: Some(confirm.as_str().into()),
        ..ConfirmEmail::default()
    };
    email::confirm(sereno, &meta, &sereno_core::context::Actor::Anonymous, command)
        .await
        .unwrap();
    secrets.extend([reset, second.to_owned(), browser.secret, third.to_owned(), confirm]);
    secrets
}

#[tokio::test]
async fn no_table_holds_anything_that_opens_something() {
    // long enough that no figure of a row looks like a code
    let test = TestSereno::with(|config| config.login_code.length = 12).await;
    let secrets = journey(&test).await;
    assert!(
        secrets.len() > 15 && secrets.iter().all(|secret| secret.len() >= 8),
        "{secrets:?}"
    );
    let mut rows = 0;
    for table in test.tables().await {
        for row in test.dump(&table).await {
            rows += 1;
            for secret in &secrets {
                assert!(!row.contains(secret.as_str()), "{table} holds {secret}: {row}");
            }
        }
    }
    assert!(rows > 60, "the dump sees rows");
    let names = test.dump("user_email").await.concat();
    assert!(names.contains("ana@example.net"), "the dump sees what is there");
    if test.database.is_sqlite() {
        // the bytes on the disk as well, with the log and what was deleted
        for name in ["sereno.db", "sereno.db-wal"] {
            let bytes = std::fs::read(test.database.folder().join(name)).unwrap();
            for secret in &secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{name} holds {secret}");
            }
        }
    }
}

fn printed(value: &impl Debug) -> String {
    format!("{value:?}{value:#?}")
}

#[tokio::test]
async fn rows_print_no_hash_and_no_sealed_key() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.sign_up("bea@example.org").await;
    let db = test.sereno.db.read();
    for row in user::Entity::find().all(db).await.unwrap() {
        let hash = row.password_hash.clone().unwrap().0;
        assert!(hash.starts_with("$argon2id$"));
        assert!(!printed(&row).contains("argon2id") && !printed(&row.into_active_model()).contains("argon2id"));
    }
    for row in one_time::Entity::find().all(db).await.unwrap() {
        assert!(row.code_hash.is_some() && !printed(&row).contains("argon2id"));
    }
    for row in crypto_key::Entity::find().all(db).await.unwrap() {
        let sealed = row.sealed.0.clone();
        assert!(sealed.len() > 40 && !printed(&row).contains(&sealed[10..30]));
    }
}

#[tokio::test]
async fn commands_and_answers_print_no_secret() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let secret = "correct horse battery staple";
    let printed = [
        printed(&Register {
            password: secret.into(),
            ..Register::default()
        }),
        printed(&Login {
            password: secret.into(),
            client_secret: Some(secret.into()),
            ..Login::default()
        }),
        printed(&ResetPassword {
            token: Some(secret.into()),
            password: secret.into(),
            ..ResetPassword::default()
        }),
        printed(&ChangePassword {
            old_password: secret.into(),
            new_password: secret.into(),
        }),
        printed(&ChangeEmail {
            email: String::new(),
            password: Some(secret.into()),
        }),
        printed(&ConfirmEmail {
            token: Some(secret.into()),
            ..ConfirmEmail::default()
        }),
        printed(&Refresh {
            refresh_token: secret.into(),
            client_secret: Some(secret.into()),
            ..Refresh::default()
        }),
        printed(&Logout {
            refresh_token: Some(secret.into()),
            ..Default::default()
        }),
        printed(&VerifyToken { token: secret.into() }),
        printed(&CheckPassword {
            password: secret.into(),
            ..CheckPassword::default()
        }),
        printed(&by_code("ana@example.org", secret)),
        printed(&VerifyLoginCode {
            code: Some(secret.into()),
            token: Some(secret.into()),
            client_secret: Some(secret.into()),
            ..VerifyLoginCode::default()
        }),
        printed(&SetUp {
            token: secret.into(),
            password: secret.into(),
            ..SetUp::default()
        }),
        printed(&CreateUser {
            password: Some(secret.into()),
            ..CreateUser::default()
        }),
    ];
    for text in printed {
        assert!(!text.contains("horse"), "{text}");
    }
    let answer = test.log_in("ana").await;
    let next = test.refresh(&answer.refresh_token).await.unwrap();
    let shown = format!("{answer:?}{next:?}{:?}", test.sereno.config);
    for secret in [
        &answer.access_token,
        &answer.refresh_token,
        &next.access_token,
        &next.refresh_token,
    ] {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
}

/// An error's text goes to the log: it holds neither what was sent nor what is stored.
#[tokio::test]
async fn errors_carry_no_secret() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let before = test
        .row(test.holder_of("ana@example.org").await)
        .await
        .password_hash
        .unwrap()
        .0;
    test.execute("ALTER TABLE \"user\" RENAME COLUMN password_hash TO other")
        .await;
    let guess = test.credentials("ana", PASSWORD);
    let error = login::for_application(&test.sereno, &test.meta(), guess)
        .await
        .unwrap_err();
    let shown = format!("{error} {error:?} {:?}", error.problem());
    assert!(!shown.contains(PASSWORD) && !shown.contains(&before), "{shown}");
    assert_eq!(error.code(), sereno_types::Code::Internal);
}
