//! Intents: each flow asks before it writes, and whoever refuses leaves nothing half-done.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "builders and checks outside of the test functions"
)]

use sereno_core::account::password::{forgot, reset};
use sereno_core::account::{activate, register};
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::intent::{Intent, IntentKind};
use sereno_core::login::{self, Brought};
use sereno_core::oauth::{admin, introspect, revoke};
use sereno_core::testing::{PASSWORD, TestSereno, by_code, by_link, code_of, refused, token_of};
use sereno_core::token::{self, Tokens};
use sereno_core::{Error, Result, session};
use sereno_types::{
    ApplicationKind, ClientCredentials, Code, CreateApplication, Delivery, ForgotPassword, Introspect, Login, Logout,
    Refresh, Register, ResetPassword, RevokeToken, VerifyToken,
};

/// Every row, but those of the tables that a refusal may change.
async fn rows(test: &TestSereno, but: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut rows = Vec::new();
    for table in test.tables().await {
        if !but.contains(&table.as_str()) {
            rows.push((table.clone(), test.dump(&table).await));
        }
    }
    rows
}

/// Refuses what is about to happen and sees that nothing did; then lets it happen. Gives what it brought, and what was
/// asked on the way.
async fn refuse_then_allow<T>(
    test: &TestSereno,
    kind: IntentKind,
    but: &[&str],
    flow: impl AsyncFn() -> Result<T>,
) -> (T, Vec<Intent>) {
    let (before, told) = (rows(test, but).await, test.events.kinds());
    test.events.refuse(&[kind]);
    test.events.intents();
    match flow().await {
        Err(Error::Refused { code, reason, .. }) => {
            assert_eq!((code, reason.as_deref()), (Code::RefusedByHook, Some("no")), "{kind:?}");
        }
        Err(error) => panic!("{kind:?}: {error}"),
        Ok(_) => panic!("{kind:?} was not refused"),
    }
    assert_eq!(test.events.intents().last().map(|intent| intent.kind), Some(kind));
    assert_eq!(rows(test, but).await, before, "{kind:?} left something behind");
    assert_eq!(test.events.kinds(), told, "{kind:?} was told");
    assert_eq!(test.mails().await.len(), 0);
    test.events.refuse(&[]);
    let brought = flow().await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
    (brought, test.events.intents())
}

fn kinds(intents: &[Intent]) -> Vec<IntentKind> {
    intents.iter().map(|intent| intent.kind).collect()
}

fn last_event(test: &TestSereno) -> EventKind {
    *test.events.kinds().last().unwrap()
}

#[tokio::test]
async fn signing_up_and_activating() {
    let test = TestSereno::new().await;
    let sign_up = async |email: &str| {
        let command = Register {
            email: email.to_owned(),
            password: PASSWORD.into(),
            ..Register::default()
        };
        register::register(&test.sereno, &test.meta(), command).await
    };
    let ((), asked) = refuse_then_allow(&test, IntentKind::Registration, &[], async || {
        sign_up("Ana@example.org").await
    })
    .await;
    assert_eq!(kinds(&asked), [IntentKind::Registration]);
    assert_eq!(asked[0].identifier.as_deref(), Some("Ana@example.org"));
    assert_eq!(
        (asked[0].address, asked[0].user_agent.as_deref()),
        (test.meta().address, Some("test"))
    );
    assert_eq!(last_event(&test), EventKind::UserRegistered);
    let mail = test.mails().await.remove(0);

    let by_link = async || activate::activate(&test.sereno, &test.meta(), by_link(&mail)).await;
    let (activated, asked) = refuse_then_allow(&test, IntentKind::Activation, &[], by_link).await;
    assert_eq!(kinds(&asked), [IntentKind::Activation]);
    assert_eq!(asked[0].user_id.unwrap().to_string(), activated.id.0);
    assert_eq!(last_event(&test), EventKind::UserActivated);
    // what is not good is refused without asking
    assert_eq!(refused(by_link().await), Code::ActivationLinkInvalid);
    assert_eq!(test.events.intents().len(), 0);

    sign_up("bea@example.org").await.unwrap();
    let mail = test.mails().await.remove(0);
    let by_code =
        async || activate::activate(&test.sereno, &test.meta(), by_code("bea@example.org", &code_of(&mail))).await;
    // an attempt at the code is taken before it is compared
    let (_, asked) = refuse_then_allow(&test, IntentKind::Activation, &["one_time"], by_code).await;
    assert_eq!(kinds(&asked), [IntentKind::Activation]);
    // a taken address is asked about like any other
    test.events.refuse(&[IntentKind::Registration]);
    assert_eq!(refused(sign_up("bea@example.org").await), Code::RefusedByHook);
}

#[tokio::test]
async fn signing_in_and_out() {
    let test = TestSereno::new().await;
    let ana = test.user("ana").await;
    let credentials = || test.credentials("ana", PASSWORD);
    let log_in = async || login::for_application(&test.sereno, &test.meta(), credentials()).await;
    let (_, asked) = refuse_then_allow(&test, IntentKind::Login, &[], log_in).await;
    assert_eq!(kinds(&asked), [IntentKind::Login, IntentKind::TokenIssue]);
    assert_eq!(
        (asked[0].identifier.as_deref(), asked[0].user_id),
        (Some("ana"), Some(ana))
    );
    assert!(asked.iter().all(|intent| intent.application_id.is_some()));
    assert_eq!(
        test.events.kinds().split_off(test.events.kinds().len() - 2),
        [EventKind::LoggedIn, EventKind::TokenIssued]
    );
    assert_eq!(test.count("event WHERE name = 'token_issued'").await, 0, "only told");

    let (logged_in, asked) = refuse_then_allow(&test, IntentKind::TokenIssue, &["limit_counter"], log_in).await;
    assert_eq!(kinds(&asked), [IntentKind::Login, IntentKind::TokenIssue]);
    let Brought::Tokens(issued) = logged_in.brought else {
        panic!("a session")
    };
    let Tokens::Pair { refresh, .. } = issued.tokens else {
        panic!("a key")
    };
    let refresh = refresh.unwrap();

    let by_token = async || {
        let command = Logout {
            refresh_token: Some(refresh.clone().into()),
            ..Logout::default()
        };
        login::logout(&test.sereno, &test.meta(), &Actor::Anonymous, command).await
    };
    let ((), asked) = refuse_then_allow(&test, IntentKind::Logout, &[], by_token).await;
    assert_eq!((kinds(&asked), asked[0].user_id), (vec![IntentKind::Logout], Some(ana)));
    assert_eq!(last_event(&test), EventKind::LoggedOut);

    let with_session = async || login::with_session(&test.sereno, &test.meta(), credentials()).await;
    let (session, asked) = refuse_then_allow(&test, IntentKind::Login, &[], with_session).await;
    assert_eq!(kinds(&asked), [IntentKind::Login]);
    let by_session = async || login::logout(&test.sereno, &test.meta(), &session.actor, Logout::default()).await;
    let ((), asked) = refuse_then_allow(&test, IntentKind::Logout, &[], by_session).await;
    assert_eq!(asked[0].user_id, Some(ana));
    let nobody = session::resolve(&test.sereno, &session.secret).await.unwrap();
    assert_eq!(nobody, Actor::Anonymous);
}

/// A refusal before the password is looked at: the same whatever account and password, without a hash or a count.
#[tokio::test]
async fn a_refused_sign_in_tells_nothing() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.events.refuse(&[IntentKind::Login]);
    let runs = test.sereno.hasher.runs();
    for (identifier, password) in [("ana", PASSWORD), ("ana", "wrong"), ("nobody", PASSWORD)] {
        for _ in 0..15 {
            let command = test.credentials(identifier, password);
            let outcome = login::for_application(&test.sereno, &test.meta(), command).await;
            assert_eq!(refused(outcome), Code::RefusedByHook);
        }
    }
    assert_eq!(test.sereno.hasher.runs(), runs);
    assert_eq!(test.count("limit_counter").await, 0);
    assert_eq!(test.count("event WHERE name = 'login_failed'").await, 0);
}

#[tokio::test]
async fn a_forgotten_password() {
    let test = TestSereno::new().await;
    let ana = test.user("ana").await;
    let ask = async |identifier: &str| {
        let command = ForgotPassword {
            identifier: identifier.to_owned(),
        };
        forgot(&test.sereno, &test.meta(), command).await
    };
    for (identifier, user_id) in [("nobody", None), ("ana", Some(ana))] {
        let ((), asked) =
            refuse_then_allow(&test, IntentKind::PasswordForgot, &[], async || ask(identifier).await).await;
        assert_eq!(kinds(&asked), [IntentKind::PasswordForgot]);
        assert_eq!(
            (asked[0].identifier.as_deref(), asked[0].user_id),
            (Some(identifier), user_id)
        );
        assert_eq!(last_event(&test), EventKind::PasswordResetRequested);
    }
    let mail = test.mails().await.remove(0);
    let set = async || {
        let command = ResetPassword {
            token: Some(token_of(&mail).into()),
            password: "lanterns in the rain".into(),
            ..ResetPassword::default()
        };
        reset(&test.sereno, &test.meta(), command).await
    };
    let ((), asked) = refuse_then_allow(&test, IntentKind::PasswordReset, &[], set).await;
    assert_eq!(
        (kinds(&asked), asked[0].user_id),
        (vec![IntentKind::PasswordReset], Some(ana))
    );
    assert_eq!(last_event(&test), EventKind::PasswordReset);
    assert_eq!(refused(set().await), Code::ResetLinkInvalid);
    assert_eq!(test.events.intents().len(), 0);
}

#[tokio::test]
async fn the_life_of_a_token() {
    let test = TestSereno::new().await;
    let ana = test.user("ana").await;
    let command = CreateApplication {
        name: "Shop".to_owned(),
        kind: ApplicationKind::Confidential,
        ..CreateApplication::default()
    };
    let created = admin::create(&test.sereno, &test.meta(), &test.system().await, command, None)
        .await
        .unwrap();
    let shop = ClientCredentials {
        client_id: Some(created.application.client_id),
        client_secret: created.secret.map(|secret| secret.client_secret.into()),
    };
    let log_in = async || {
        let command = Login {
            client_id: shop.client_id.clone(),
            client_secret: shop.client_secret.clone(),
            ..test.credentials("ana", PASSWORD)
        };
        pair(
            login::for_application(&test.sereno, &test.meta(), command)
                .await
                .unwrap()
                .brought,
        )
    };
    let (access, refresh) = log_in().await;
    let refreshing = |token: &str| Refresh {
        refresh_token: token.into(),
        client_id: shop.client_id.clone(),
        client_secret: shop.client_secret.clone(),
    };

    let renew = async || token::refresh(&test.sereno, &test.meta(), refreshing(&refresh)).await;
    // its use is noted now and then
    let (issued, asked) = refuse_then_allow(&test, IntentKind::TokenRefresh, &[], renew).await;
    assert_eq!(
        (kinds(&asked), asked[0].user_id),
        (vec![IntentKind::TokenRefresh], Some(ana))
    );
    assert_eq!(asked[0].application_id.unwrap().to_string(), created.application.id.0);
    assert_eq!(last_event(&test), EventKind::RefreshRotated);
    let (_, refresh) = pair(Brought::Tokens(issued));

    let rotate = async || token::extend(&test.sereno, &test.meta(), refreshing(&refresh)).await;
    let (_, asked) = refuse_then_allow(&test, IntentKind::TokenRotate, &[], rotate).await;
    assert_eq!(kinds(&asked), [IntentKind::TokenRotate]);

    let token = async |access: &str| {
        let command = VerifyToken { token: access.into() };
        token::verify(&test.sereno, &test.meta(), command).await
    };
    let (answer, asked) = refuse_then_allow(&test, IntentKind::TokenVerify, &[], async || token(&access).await).await;
    assert!(answer.active);
    assert_eq!(
        (kinds(&asked), asked[0].user_id),
        (vec![IntentKind::TokenVerify], Some(ana))
    );
    assert_eq!(last_event(&test), EventKind::TokenVerified);
    assert!(!token("garbage").await.unwrap().active);
    assert_eq!(test.events.intents().len(), 0);

    let look = async || {
        let command = Introspect {
            token: access.as_str().into(),
            ..Introspect::default()
        };
        introspect(&test.sereno, &test.meta(), &shop, command).await
    };
    let (answer, asked) = refuse_then_allow(&test, IntentKind::TokenVerify, &[], look).await;
    assert!(answer.active);
    assert_eq!(kinds(&asked), [IntentKind::TokenVerify]);

    let end = async || {
        let command = RevokeToken {
            token: access.as_str().into(),
            ..RevokeToken::default()
        };
        revoke(&test.sereno, &test.meta(), &shop, command).await
    };
    let ((), asked) = refuse_then_allow(&test, IntentKind::TokenRevoke, &[], end).await;
    assert_eq!(
        (kinds(&asked), asked[0].user_id),
        (vec![IntentKind::TokenRevoke], Some(ana))
    );
    assert_eq!(last_event(&test), EventKind::TokenRevoked);
    assert!(!look().await.unwrap().active);
    assert_eq!(
        test.count("event WHERE name IN ('token_issued', 'token_verified')")
            .await,
        0
    );
}

fn pair(brought: Brought) -> (String, String) {
    match brought {
        Brought::Tokens(issued) => match issued.tokens {
            Tokens::Pair { access, refresh, .. } => (access, refresh.unwrap_or_default()),
            Tokens::Key(_) => panic!("a key"),
        },
        Brought::Session(_) => panic!("a session"),
    }
}

/// An application whose sign-ins are sessions issues no token.
#[tokio::test]
async fn a_session_is_no_token() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let command = CreateApplication {
        name: "Site".to_owned(),
        client_id: Some("site".to_owned()),
        delivery: Delivery::Session,
        ..CreateApplication::default()
    };
    admin::create(&test.sereno, &test.meta(), &test.system().await, command, None)
        .await
        .unwrap();
    test.events.refuse(&[IntentKind::TokenIssue]);
    let command = Login {
        client_id: Some("site".to_owned()),
        ..test.credentials("ana", PASSWORD)
    };
    login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    assert_eq!(kinds(&test.events.intents()), [IntentKind::Login]);
}
