//! What becomes of accounts: unknown, made, activated, locked and closed by a code.

use sereno_core::account;
use sereno_core::account::password::forgot;
use sereno_core::account::{admin, attributes};
use sereno_core::event::EventKind;
use sereno_core::login;
use sereno_core::port::mail::OutgoingMail;
use sereno_core::testing::{PASSWORD, TestSereno, by_link, login_code_of, refused, refused_fields};
use sereno_types::{AskLoginCode, Code, DeclareAttribute, ForgotPassword, Id, UserState, VerifyLoginCode};

use super::{ask_on, mail, phone, verify, with_code, with_link};

/// Asking and guessing take the same steps and give the same answers for everybody.
#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let test = TestSereno::with(|config| config.login_code.sign_up = false).await;
    let (locked, gone) = (test.user("lou").await, test.user("dan").await);
    test.user("ana").await;
    test.sign_up("pia@example.org").await;
    test.put_into(locked, UserState::Locked).await;
    test.put_into(gone, UserState::Disabled).await;
    let mut steps = Vec::new();
    for who in ["ana", "lou", "dan", "pia", "nobody"] {
        let who = format!("{who}@example.org");
        test.statements.take();
        let command = AskLoginCode {
            identifier: who.clone(),
            ..AskLoginCode::default()
        };
        let asked = login::ask_code(&test.sereno, &test.meta(), command).await.unwrap();
        let asking = test.statements.take();
        let mails = test.mails().await;
        let expected = match who.as_str() {
            "ana@example.org" => vec!["Your code to sign in"],
            // what somebody signed up with is confirmed by its own mail
            "pia@example.org" => vec!["Confirm your e-mail address"],
            _ => vec![],
        };
        let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
        assert_eq!(subjects, expected, "{who}");
        let guess = async |command: VerifyLoginCode| {
            let runs = test.sereno.hasher.runs();
            test.statements.take();
            assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid, "{who}");
            (test.sereno.hasher.runs() - runs, test.statements.take())
        };
        let bare = guess(with_code(&who, "999999x")).await;
        let mut command = with_code(&who, "999999x");
        command.device_id = Some(asked.device_id);
        let named = guess(command.clone()).await;
        command.identifier = None;
        let by_handle = guess(command).await;
        steps.push((asking, bare, named, by_handle));
    }
    for other in &steps[1..] {
        assert_eq!(&steps[0], other);
    }
}

#[tokio::test]
async fn an_unknown_address_gets_an_account_when_it_is_proven() {
    let test = TestSereno::new().await;
    let mail = mail(&test, "New.Ana@example.org").await;
    assert_eq!(mail.recipient, "New.Ana@example.org");
    assert_eq!(test.count("\"user\"").await, 0, "not before");
    let logged_in = verify(&test, with_code("new.ana@example.org", &login_code_of(&mail))).await;
    let user = logged_in.unwrap().user;
    assert_eq!(
        (user.email.as_deref(), user.email_verified),
        (Some("New.Ana@example.org"), true)
    );
    let row = test.row(user.id.0.parse().unwrap()).await;
    assert_eq!((row.state(), row.origin.as_str()), (UserState::Active, "sign_up"));
    assert!(row.password_hash.is_none() && !row.is_superuser);
    let kinds = test.events.kinds();
    let told: Vec<_> = kinds.iter().filter(|kind| **kind != EventKind::EmailSent).collect();
    assert_eq!(
        told,
        [
            &EventKind::CodeRequested,
            &EventKind::UserRegistered,
            &EventKind::UserActivated,
            &EventKind::LoggedIn,
            &EventKind::TokenIssued
        ]
    );
    // without a password nobody gets in by one, and one can be set
    let by_password = test.credentials("new.ana@example.org", "");
    assert!(
        login::for_application(&test.sereno, &test.meta(), by_password)
            .await
            .is_err()
    );
    let command = ForgotPassword {
        identifier: "new.ana@example.org".to_owned(),
    };
    forgot(&test.sereno, &test.meta(), command).await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    // the second time it is a sign-in like any other
    let again = self::mail(&test, "new.ana@example.org").await;
    verify(&test, with_link(&again)).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 1);
}

#[tokio::test]
async fn signing_up_by_code_is_a_policy() {
    for (sign_up, enabled) in [(false, true), (true, false)] {
        let test = TestSereno::with(|config| {
            config.login_code.sign_up = sign_up;
            config.registration.enabled = enabled;
        })
        .await;
        assert!(test.ask_code("new@example.org").await.1.is_none());
        assert_eq!(
            refused(verify(&test, with_code("new@example.org", "123456")).await),
            Code::LoginCodeInvalid
        );
        assert_eq!(test.count("\"user\"").await, 0);
    }
    // neither a name nor what mail cannot be sent to
    let test = TestSereno::new().await;
    for who in ["nobody", "a@b", "x@localhost", "a\0@example.org"] {
        assert!(test.ask_code(who).await.1.is_none(), "{who}");
    }
}

#[tokio::test]
async fn what_a_sign_up_must_bring_along_cannot_be_left_out() {
    let test = TestSereno::with(|config| config.registration.username_required = true).await;
    let declare = DeclareAttribute {
        is_required: true,
        ..DeclareAttribute::default()
    };
    attributes::declare(&test.sereno, &test.meta(), &test.system().await, "plan", declare)
        .await
        .unwrap();
    let mail = mail(&test, "new@example.org").await;
    let refusal = refused_fields(verify(&test, with_code("new@example.org", &login_code_of(&mail))).await);
    assert_eq!(
        refusal,
        [
            ("attributes.plan".to_owned(), Code::Blank),
            ("username".to_owned(), Code::Blank)
        ]
    );
    assert_eq!(test.count("\"user\"").await, 0);
    assert_eq!(
        test.count("one_time WHERE consumed_at IS NOT NULL").await,
        0,
        "nothing is used up"
    );
    // who has an account already has it still
    test.user("ana").await;
    verify(&test, with_link(&self::mail(&test, "ana").await)).await.unwrap();
}

/// Anybody can sign up with anybody's address: what they typed must not become the owner's.
#[tokio::test]
async fn nothing_of_an_unproven_sign_up_survives_a_code() {
    let test = TestSereno::new().await;
    let strangers = sereno_types::Register {
        email: "ana@example.org".to_owned(),
        password: PASSWORD.into(),
        username: Some("stranger".to_owned()),
        attributes: serde_json::from_str("{\"plan\":\"evil\"}").unwrap(),
    };
    account::register::register(&test.sereno, &test.meta(), strangers)
        .await
        .unwrap();
    let activation = test.mails().await.pop().unwrap();
    let mail = mail(&test, "ana@example.org").await;
    let user = verify(&test, with_code("ana@example.org", &login_code_of(&mail)))
        .await
        .unwrap()
        .user;
    assert!(user.email_verified && user.username.is_none() && user.attributes.is_empty());
    let row = test.row(user.id.0.parse().unwrap()).await;
    assert_eq!(row.state(), UserState::Active);
    assert!(row.password_hash.is_none());
    assert_eq!(test.count("sign_up").await, 0);
    let guess = test.credentials("ana@example.org", PASSWORD);
    assert_eq!(
        refused(login::for_application(&test.sereno, &test.meta(), guess).await),
        Code::InvalidCredentials
    );
    let late = account::activate::activate(&test.sereno, &test.meta(), by_link(&activation)).await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
    assert_eq!(test.events.count(EventKind::UserActivated), 1);
}

#[tokio::test]
async fn whom_staff_invited_is_activated_as_they_are() {
    let test = TestSereno::with(|config| config.login_code.sign_up = false).await;
    let command = admin::CreateUser {
        email: "ana@example.org".to_owned(),
        username: Some("ana".to_owned()),
        password: Some(PASSWORD.into()),
        inactive: true,
        ..admin::CreateUser::default()
    };
    admin::create_user(&test.sereno, &test.meta(), &test.system().await, command)
        .await
        .unwrap();
    test.mails().await;
    verify(&test, with_link(&mail(&test, "ana").await)).await.unwrap();
    test.log_in("ana").await;
}

#[tokio::test]
async fn locking_and_changed_credentials_end_what_was_mailed() {
    let test = TestSereno::with(|config| config.limit.mails_per_recipient = 0).await;
    let id = test.user("ana").await;
    let staff = test.system().await;
    let both = async |mail: &OutgoingMail| {
        for command in [with_code("ana", &login_code_of(mail)), with_link(mail)] {
            assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid);
        }
    };
    let first = mail(&test, "ana").await;
    admin::lock(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
        .await
        .unwrap();
    both(&first).await;
    assert!(
        test.ask_code("ana").await.1.is_none(),
        "nothing is sent to a locked account"
    );
    admin::unlock(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
        .await
        .unwrap();
    both(&first).await;
    let second = mail(&test, "ana").await;
    test.execute("UPDATE user_email SET address = 'ana@example.net', canonical = 'ana@example.net'")
        .await;
    both(&second).await;
    let sent = mail(&test, "ana").await;
    assert_eq!(sent.recipient, "ana@example.net");
    test.put_into(id, UserState::Disabled).await;
    both(&sent).await;
}

/// A code that could sign in closes the account of whoever is signed in, once.
#[tokio::test]
async fn an_account_is_closed_by_a_code() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let actor = test.actor("ana").await;
    let leave = async |code: &str| login::leave_by_code(&test.sereno, &test.meta(), &actor, code.into()).await;
    assert_eq!(refused(leave("000000").await), Code::LoginCodeInvalid, "nobody asked");
    // on whatever device
    ask_on(&test, "ana", phone()).await;
    let code = login_code_of(&test.mails().await.pop().unwrap());
    let theirs = login_code_of(&{
        test.user("eve").await;
        mail(&test, "eve").await
    });
    if theirs != code {
        assert_eq!(refused(leave(&theirs).await), Code::LoginCodeInvalid, "somebody else's");
    }
    leave(&code).await.unwrap();
    assert_eq!(test.row(id).await.state(), UserState::Deleting);
    assert_eq!(test.events.count(EventKind::DeletionScheduled), 1);
    assert_eq!(
        refused(leave(&code).await),
        Code::AuthenticationRequired,
        "it is closed"
    );
}

#[tokio::test]
async fn an_account_that_must_stay_is_not_closed_by_a_code() {
    let test = TestSereno::with(|config| config.deletion.enabled = false).await;
    test.user("ana").await;
    let actor = test.actor("ana").await;
    let left = login::leave_by_code(&test.sereno, &test.meta(), &actor, "000000".into()).await;
    assert_eq!(refused(left), Code::DeletionClosed);

    let test = TestSereno::new().await;
    let id = test.superuser("root").await;
    let actor = test.actor("root").await;
    let code = login_code_of(&mail(&test, "root").await);
    let leave = async || login::leave_by_code(&test.sereno, &test.meta(), &actor, code.as_str().into()).await;
    assert_eq!(refused(leave().await), Code::LastAdministrator);
    assert_eq!(test.row(id).await.state(), UserState::Active);
    // nothing was used up by it
    test.superuser("second").await;
    leave().await.unwrap();
}
