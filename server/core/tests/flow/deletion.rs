//! The end of an account: asked for, proven, taken back, carried out; and everything that is kept of a user.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::time::Duration;

use sereno_core::account::{admin, deletion, export};
use sereno_core::context::{Actor, Caller, Via};
use sereno_core::event::EventKind;
use sereno_core::port::mail::OutgoingMail;
use sereno_core::testing::{PASSWORD, TestSereno, code_of, refused, refused_fields, token_of};
use sereno_core::{Error, Result, account, jobs, login, token};
use sereno_types::{
    AskLoginCode, CancelDeletion, ChangeEmail, Code, ConfirmDeletion, ConfirmEmail, DeletionScheduled, DeviceHint, Id,
    RequestDeletion, StateChange, UpdateProfile, UserState,
};
use uuid::Uuid;

const GRACE: Duration = Duration::from_hours(24 * 14);

async fn ask(test: &TestSereno, actor: &Actor, identifier: Option<&str>) -> Result<()> {
    let command = RequestDeletion {
        identifier: identifier.map(str::to_owned),
        password: None,
    };
    let closed = deletion::request(&test.sereno, &test.meta(), actor, command).await?;
    assert_eq!(closed, None, "nothing is closed before a mail has proven it");
    Ok(())
}

/// The mail that comes when somebody asks for the end of `ana@example.org`.
async fn wish(test: &TestSereno) -> OutgoingMail {
    ask(test, &Actor::Anonymous, Some("ana@example.org")).await.unwrap();
    test.mails().await.pop().unwrap()
}

async fn confirm(test: &TestSereno, token: &str) -> Result<DeletionScheduled> {
    let command = ConfirmDeletion {
        token: Some(token.into()),
        ..ConfirmDeletion::default()
    };
    deletion::confirm(&test.sereno, &test.meta(), command).await
}

async fn keep(test: &TestSereno, token: &str) -> Result<()> {
    let command = CancelDeletion { token: token.into() };
    deletion::cancel(&test.sereno, &test.meta(), command).await
}

fn signed_in(test: &TestSereno, id: Uuid) -> Actor {
    Actor::User(Caller {
        user_id: id,
        via: Via::Session(Uuid::nil()),
        authenticated_at: test.sereno.now(),
    })
}

async fn log_in(test: &TestSereno) -> Result<()> {
    let command = test.credentials("ana", PASSWORD);
    login::for_application(&test.sereno, &test.meta(), command).await?;
    Ok(())
}

/// Whoever keeps the account in the moment in which staff locks it keeps it locked, or staff is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_is_not_lost_when_the_account_is_kept_at_the_same_moment() {
    let test = TestSereno::with(|config| config.limit.mails_per_recipient = 0).await;
    let id = test.user("ana").await;
    let (staff, meta, name) = (test.system().await, test.meta(), Id(id.to_string()));
    for round in 0..12 {
        test.advance(Duration::from_mins(5));
        let link = token_of(&wish(&test).await);
        confirm(&test, &link).await.unwrap();
        let mail = test.mails().await.pop().unwrap();
        let link = token_of(&mail);
        let (kept, locked) = tokio::join!(keep(&test, &link), admin::lock(&test.sereno, &meta, &staff, &name));
        assert!(kept.is_ok() || refused(kept) == Code::StateConflict, "round {round}");
        let state = test.column("SELECT state FROM \"user\"").await;
        if locked.is_ok() && state != ["deleting"] {
            assert_eq!(state, ["locked"], "round {round}");
        }
        test.put_into(id, UserState::Active).await;
    }
}

/// Anybody can type an id; whom it names is limited by what they ask for themselves.
#[tokio::test]
async fn an_id_that_somebody_types_uses_up_nobodys_mails() {
    let test = TestSereno::with(|config| config.limit.mails_per_recipient = 2).await;
    let id = test.user("ana").await;
    let own = test.sign_in("ana").await;
    for _ in 0..2 {
        ask(&test, &Actor::Anonymous, Some(&id.to_string())).await.unwrap();
        ask(&test, &own.actor, None).await.unwrap();
    }
    for (actor, identifier) in [(&Actor::Anonymous, Some(id.to_string())), (&own.actor, None)] {
        let outcome = ask(&test, actor, identifier.as_deref()).await;
        assert_eq!(refused(outcome), Code::TooManyRequests);
    }
    // however staff spells it, it is one user
    let (staff, meta) = (test.system().await, test.meta());
    let spelt = [id.to_string(), id.to_string().to_uppercase(), id.simple().to_string()];
    let mut refusals = 0;
    for id in spelt {
        refusals += usize::from(
            admin::send_password_reset(&test.sereno, &meta, &staff, &Id(id))
                .await
                .is_err(),
        );
    }
    assert_eq!(refusals, 1);
}

#[tokio::test]
async fn a_link_closes_the_account_and_time_deletes_it() {
    let test = TestSereno::with_ana().await;
    let tokens = test.log_in("ana").await;
    let mail = wish(&test).await;
    assert_eq!(mail.recipient, "ana@example.org");
    assert!(mail.text.contains("/account/delete?token=") && mail.text.contains("14 days"));
    assert!(log_in(&test).await.is_ok(), "asking alone changes nothing");
    let token = token_of(&mail);
    let scheduled = confirm(&test, &token).await.unwrap();
    assert_eq!(scheduled.delete_at.0, "2026-01-15T00:00:00Z");
    assert_eq!(refused(confirm(&test, &token).await), Code::DeletionLinkInvalid);
    assert_eq!(refused(log_in(&test).await), Code::InvalidCredentials);
    assert_eq!(
        refused(token::authenticate(&test.sereno, &tokens.access_token).await),
        Code::InvalidToken
    );
    assert_eq!(
        refused(test.refresh(&tokens.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    let told = test.mails().await.pop().unwrap();
    assert!(told.text.contains("2026-01-15 00:00:00 UTC") && told.text.contains("/account/keep?token="));
    test.advance(Duration::from_secs(14 * 86_400 - 1));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 1, "not before its time");
    test.advance(Duration::from_secs(1));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 0);
    let last = test.mails().await.pop().unwrap();
    assert_eq!(
        (last.recipient.as_str(), last.subject.as_str()),
        ("ana@example.org", "Your account is deleted")
    );
    let told_services = test
        .column("SELECT CAST(detail AS TEXT) FROM event WHERE name = 'user_deleted'")
        .await;
    let receipt = last.text.split("Your receipt: ").nth(1).unwrap();
    let receipt = receipt.split_whitespace().next().unwrap();
    assert!(told_services[0].contains(receipt), "{told_services:?} {receipt}");
    assert_eq!(test.events.count(EventKind::DeletionScheduled), 1);
    assert_eq!(test.events.count(EventKind::UserDeleted), 1);
    assert_eq!(refused(keep(&test, &token_of(&told)).await), Code::DeletionLinkInvalid);
    test.user("ana").await;
    assert_eq!(
        test.row(test.holder_of("ana@example.org").await).await.number,
        2,
        "numbers do not come back"
    );
}

/// Whatever a user brought along is gone from every table; that something happened to an id stays.
#[tokio::test]
async fn nothing_of_whom_is_deleted_is_left() {
    let test = TestSereno::with_ana().await;
    let (id, meta) = (test.holder_of("ana@example.org").await, test.meta());
    let mut command = test.credentials("ana", PASSWORD);
    command.device = Some(DeviceHint {
        name: Some("Anas Telefon".to_owned()),
        ..DeviceHint::default()
    });
    login::for_application(&test.sereno, &meta, command).await.unwrap();
    // a mail to the address before there was an account, and a code that was asked for meanwhile
    test.execute("UPDATE email_message SET user_id = NULL, recipient = 'Ana@Example.org'")
        .await;
    let asked = AskLoginCode {
        identifier: "ana@example.org".to_owned(),
        ..AskLoginCode::default()
    };
    login::ask_code(&test.sereno, &meta, asked).await.unwrap();
    let change = UpdateProfile {
        first_name: Some(Some("Anastasia".to_owned())),
        ..UpdateProfile::default()
    };
    let actor = signed_in(&test, id);
    account::profile::update(&test.sereno, &meta, &actor, change)
        .await
        .unwrap();
    let change = ChangeEmail {
        email: "anything@example.net".to_owned(),
        password: Some(PASSWORD.into()),
    };
    account::email::request(&test.sereno, &meta, &actor, change)
        .await
        .unwrap();
    test.mails().await;
    confirm(&test, &token_of(&wish(&test).await)).await.unwrap();
    let traces = ["ana@", "anything@", "Anas Telefon", "Anastasia", "192.0.2.1"];
    let found = async || {
        let mut found = Vec::new();
        for table in test.tables().await {
            for row in test.dump(&table).await {
                let row = row.to_lowercase();
                let traces = traces.iter().filter(|trace| row.contains(&trace.to_lowercase()));
                found.extend(traces.map(|trace| format!("{trace} in {table}")));
            }
        }
        found
    };
    test.mails().await;
    assert!(!found().await.is_empty(), "the test would find it");
    test.advance(GRACE);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    assert_eq!(found().await, Vec::<String>::new());
    let kept = test.dump("event").await;
    assert!(kept.iter().any(|row| row.contains("user_deleted")));
}

#[tokio::test]
async fn the_code_of_the_mail_does_the_same_in_an_app() {
    let test = TestSereno::with_ana().await;
    let code = code_of(&wish(&test).await);
    let by_code = async |email: &str, code: &str| {
        let command = ConfirmDeletion {
            token: None,
            email: Some(email.to_owned()),
            code: Some(code.into()),
        };
        deletion::confirm(&test.sereno, &test.meta(), command).await
    };
    assert_eq!(
        refused(by_code("ana@example.org", "0000-0000").await),
        Code::DeletionLinkInvalid
    );
    assert_eq!(
        refused(by_code("eve@example.org", &code).await),
        Code::DeletionLinkInvalid
    );
    let spaced = format!(" {} ", code.replace('-', " "));
    by_code("ANA@example.org", &spaced).await.unwrap();
    assert_eq!(
        refused(by_code("ana@example.org", &code).await),
        Code::DeletionLinkInvalid
    );
    assert_eq!(
        refused_fields(by_code("", "").await),
        [("email".to_owned(), Code::Blank), ("code".to_owned(), Code::Blank)]
    );
}

#[tokio::test]
async fn who_changes_their_mind_keeps_the_account() {
    let test = TestSereno::with_ana().await;
    confirm(&test, &token_of(&wish(&test).await)).await.unwrap();
    let token = token_of(&test.mails().await.pop().unwrap());
    keep(&test, &token).await.unwrap();
    assert_eq!(refused(keep(&test, &token).await), Code::DeletionLinkInvalid);
    log_in(&test).await.unwrap();
    test.advance(2 * GRACE);
    jobs::sweep(&test.sereno).await.unwrap();
    log_in(&test).await.unwrap();
    assert_eq!(test.events.count(EventKind::DeletionCancelled), 1);
    assert_eq!(test.events.count(EventKind::UserDeleted), 0);
}

/// Whoever asks learns nothing, and what is written before the answer is the same.
#[tokio::test]
async fn the_answer_is_the_same_whoever_is_named() {
    let test = TestSereno::with_ana().await;
    let locked = test.user("lena").await;
    test.put_into(locked, UserState::Locked).await;
    test.sign_up("pia@example.org").await;
    let mut asked = Vec::new();
    for name in [
        "ana@example.org",
        "lena@example.org",
        "pia@example.org",
        "nobody@example.org",
        "nobody",
    ] {
        test.statements.take();
        ask(&test, &Actor::Anonymous, Some(name)).await.unwrap();
        asked.push(test.statements.take().len());
    }
    let sent: Vec<String> = test.mails().await.into_iter().map(|mail| mail.recipient).collect();
    assert_eq!(sent, ["ana@example.org"]);
    assert!(asked[..4].iter().all(|count| *count == asked[0]), "{asked:?}");
    let nobody = ask(&test, &Actor::Anonymous, None).await;
    assert_eq!(refused_fields(nobody), [("identifier".to_owned(), Code::Blank)]);
}

#[tokio::test]
async fn a_wish_ends_with_the_credentials_it_was_made_with() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    let token = token_of(&wish(&test).await);
    let staff = test.system().await;
    let (meta, id) = (test.meta(), Id(id.to_string()));
    admin::lock(&test.sereno, &meta, &staff, &id).await.unwrap();
    assert_eq!(refused(confirm(&test, &token).await), Code::DeletionLinkInvalid);
    admin::unlock(&test.sereno, &meta, &staff, &id).await.unwrap();
    assert_eq!(refused(confirm(&test, &token).await), Code::DeletionLinkInvalid);
    assert_eq!(test.events.count(EventKind::DeletionFailed), 2);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let test = TestSereno::new().await;
    test.superuser("ana").await;
    let token = token_of(&wish(&test).await);
    assert_eq!(refused(confirm(&test, &token).await), Code::LastAdministrator);
    test.superuser("bob").await;
    confirm(&test, &token).await.unwrap();
}

#[tokio::test]
async fn without_a_grace_period_the_account_is_gone_at_once() {
    let test = TestSereno::with(|config| config.deletion.grace_period.0 = 0).await;
    test.user("ana").await;
    let mail = wish(&test).await;
    assert!(mail.text.contains("deleted at once"));
    confirm(&test, &token_of(&mail)).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 0);
    let sent: Vec<String> = test.mails().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(sent, ["Your account is deleted"]);
    let kept = test.dump("event").await;
    assert!(kept.iter().all(|row| !row.contains("192.0.2.1")), "{kept:?}");
}

/// Whoever still reads the old mailbox decides nothing any more.
#[tokio::test]
async fn a_wish_ends_with_the_address_it_went_to() {
    let test = TestSereno::with_ana().await;
    let actor = signed_in(&test, test.holder_of("ana@example.org").await);
    let wish = wish(&test).await;
    let change = ChangeEmail {
        email: "nova@example.net".to_owned(),
        password: Some(PASSWORD.into()),
    };
    account::email::request(&test.sereno, &test.meta(), &actor, change)
        .await
        .unwrap();
    let mails = test.mails().await;
    let link = mails.iter().find(|mail| mail.recipient == "nova@example.net").unwrap();
    let command = ConfirmEmail {
        token: Some(token_of(link).into()),
        ..ConfirmEmail::default()
    };
    account::email::confirm(&test.sereno, &test.meta(), &Actor::Anonymous, command)
        .await
        .unwrap();
    assert_eq!(
        refused(confirm(&test, &token_of(&wish)).await),
        Code::DeletionLinkInvalid
    );
    log_in(&test).await.unwrap();
}

#[tokio::test]
async fn where_it_is_closed_nobody_can_ask() {
    let test = TestSereno::with(|config| config.deletion.enabled = false).await;
    test.user("ana").await;
    let outcome = ask(&test, &Actor::Anonymous, Some("ana@example.org")).await;
    assert_eq!(refused(outcome), Code::DeletionClosed);
}

#[tokio::test]
async fn who_is_signed_in_need_not_name_themselves() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    ask(&test, &signed_in(&test, id), None).await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    for _ in 0..20 {
        if let Err(error) = ask(&test, &signed_in(&test, id), None).await {
            assert_eq!(error.code(), Code::TooManyRequests);
            return;
        }
    }
    panic!("mails without end");
}

#[tokio::test]
async fn staff_switches_off_deletes_and_restores() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    let (staff, meta) = (test.system().await, test.meta());
    let change = async |change| admin::change(&test.sereno, &meta, &staff, &Id(id.to_string()), change).await;
    let state = async || test.row(id).await.state();
    change(StateChange::Disable).await.unwrap();
    assert_eq!(state().await, UserState::Disabled);
    assert_eq!(refused(log_in(&test).await), Code::InvalidCredentials);
    for refused_change in [
        StateChange::Lock,
        StateChange::Unlock,
        StateChange::Disable,
        StateChange::Restore,
    ] {
        assert_eq!(
            refused(change(refused_change).await),
            Code::StateConflict,
            "{refused_change:?}"
        );
    }
    change(StateChange::Enable).await.unwrap();
    log_in(&test).await.unwrap();
    change(StateChange::Lock).await.unwrap();
    change(StateChange::Disable).await.unwrap();
    let shown = change(StateChange::Delete).await.unwrap().unwrap();
    assert_eq!(shown.state, UserState::Deleting);
    assert_eq!(shown.delete_at.unwrap().0, "2026-01-15T00:00:00Z");
    assert_eq!(refused(change(StateChange::Delete).await), Code::StateConflict);
    change(StateChange::Restore).await.unwrap();
    assert_eq!(state().await, UserState::Disabled, "keeping an account opens nothing");
    change(StateChange::Enable).await.unwrap();
    log_in(&test).await.unwrap();
    change(StateChange::Delete).await.unwrap();
    change(StateChange::Restore).await.unwrap();
    log_in(&test).await.unwrap();
    change(StateChange::Delete).await.unwrap();
    test.advance(GRACE);
    jobs::sweep(&test.sereno).await.unwrap();
    assert!(matches!(change(StateChange::Restore).await, Err(Error::NotFound)));
    let kinds = test.events.kinds();
    for kind in [
        EventKind::UserDisabled,
        EventKind::UserEnabled,
        EventKind::DeletionScheduled,
        EventKind::DeletionCancelled,
        EventKind::UserDeleted,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
}

/// Two nodes sweep at once: one deletes, and one mail goes out.
#[tokio::test]
async fn of_two_who_delete_one_does() {
    let test = TestSereno::with_ana().await;
    let other = test.another().await;
    confirm(&test, &token_of(&wish(&test).await)).await.unwrap();
    test.mails().await;
    test.advance(GRACE);
    let (one, two) = tokio::join!(jobs::sweep(&test.sereno), jobs::sweep(&other.sereno));
    one.unwrap();
    two.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    assert_eq!(test.count("event WHERE name = 'user_deleted'").await, 1);
}

#[tokio::test]
async fn an_export_tells_everything_but_secrets() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    let mut command = test.credentials("ana", PASSWORD);
    command.device = Some(DeviceHint {
        name: Some("Phone".to_owned()),
        firebase_token: Some("a-push-token-of-some-length".into()),
        ..DeviceHint::default()
    });
    login::for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
    let actor = signed_in(&test, id);
    let own = export::own(&test.sereno, &test.meta(), &actor).await.unwrap();
    assert_eq!(own.account["username"], "ana");
    assert_eq!(own.emails[0]["address"], "ana@example.org");
    assert_eq!(own.devices[0]["firebase_token"], "…ngth");
    assert_eq!(own.token_families.len(), 1);
    assert!(own.events.iter().any(|event| event["name"] == "logged_in"));
    let hash = test.row(id).await.password_hash.unwrap().0;
    let file = serde_json::to_string(&own).unwrap();
    assert!(!file.contains(&hash) && !file.contains("a-push-token"));
    let staff = test.system().await;
    let theirs = export::of_user(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
        .await
        .unwrap();
    assert_eq!(theirs.account, own.account);
    test.superuser("root").await;
    let root = test.sign_in("root").await.actor;
    let mut from_elsewhere = test.meta();
    from_elsewhere.user_agent = Some("the browser of staff".to_owned());
    let staff_of_root = test.staff(&root).await;
    export::of_user(&test.sereno, &from_elsewhere, &staff_of_root, &Id(id.to_string()))
        .await
        .unwrap();
    let own = export::own(&test.sereno, &test.meta(), &actor).await.unwrap();
    let file = serde_json::to_string(&own).unwrap();
    assert!(file.contains(r#""by":"staff""#) && !file.contains("the browser of staff"));
    assert_eq!(test.events.count(EventKind::DataExported), 4);
    test.viewer("vera").await;
    let viewer = test.staff(&test.sign_in("vera").await.actor).await;
    let refusal = export::of_user(&test.sereno, &test.meta(), &viewer, &Id(id.to_string())).await;
    assert_eq!(refused(refusal), Code::PermissionDenied);
}

/// No mail can prove the wish of whoever has no confirmed address.
#[tokio::test]
async fn without_a_confirmed_address_a_fresh_proof_closes_the_account() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    let terms = deletion::terms(&test.sereno, &signed_in(&test, id)).await.unwrap();
    assert!(terms.signed_in && !terms.without_mail);
    test.execute("UPDATE user_email SET verified_at = NULL").await;
    // past the memory of what was
    let test = test.another().await;
    let old = signed_in(&test, id);
    assert!(deletion::terms(&test.sereno, &old).await.unwrap().without_mail);
    test.advance(Duration::from_mins(6));
    let request = async |actor: &Actor, password: &str| {
        let command = RequestDeletion {
            identifier: None,
            password: Some(password.into()),
        };
        deletion::request(&test.sereno, &test.meta(), actor, command).await
    };
    assert_eq!(refused(request(&old, "").await), Code::ReauthenticationRequired);
    assert_eq!(
        refused_fields(request(&old, "not the password").await),
        [("password".to_owned(), Code::PasswordIncorrect)]
    );
    assert_eq!(test.row(id).await.state(), UserState::Active);
    let closed = request(&old, PASSWORD).await.unwrap().unwrap();
    assert_eq!(closed.delete_at.0, "2026-01-15T00:06:00Z");
    assert_eq!(refused(log_in(&test).await), Code::InvalidCredentials);
    assert_eq!(
        test.mails().await.len(),
        0,
        "no mail goes to an address that nobody confirmed"
    );
    // staff can keep it, and whoever signed in a moment ago needs no password
    let staff = test.system().await;
    admin::restore(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
        .await
        .unwrap();
    test.execute("UPDATE \"user\" SET state = 'active'").await;
    let fresh = signed_in(&test.another().await, id);
    assert!(request(&fresh, "").await.unwrap().is_some());
    test.advance(GRACE);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 0);
}

#[tokio::test]
async fn the_last_administrator_stays_without_an_address_too() {
    let test = TestSereno::new().await;
    let root = test.superuser("root").await;
    test.execute("UPDATE user_email SET verified_at = NULL").await;
    let command = RequestDeletion::default();
    let refusal = deletion::request(&test.sereno, &test.meta(), &signed_in(&test, root), command).await;
    assert_eq!(refused(refusal), Code::LastAdministrator);
}

/// The deletion goes on, and whoever keeps the account keeps it shut.
#[tokio::test]
async fn what_is_being_deleted_can_be_shut() {
    let test = TestSereno::with_ana().await;
    let id = test.holder_of("ana@example.org").await;
    let (staff, meta) = (test.system().await, test.meta());
    let change = async |change| admin::change(&test.sereno, &meta, &staff, &Id(id.to_string()), change).await;
    confirm(&test, &token_of(&wish(&test).await)).await.unwrap();
    let link = token_of(&test.mails().await.pop().unwrap());
    let shown = change(StateChange::Lock).await.unwrap().unwrap();
    assert_eq!(
        (shown.state, shown.closed_from),
        (UserState::Deleting, Some(UserState::Locked))
    );
    assert_eq!(shown.delete_at.unwrap().0, "2026-01-15T00:00:00Z");
    assert_eq!(refused(change(StateChange::Lock).await), Code::StateConflict);
    keep(&test, &link).await.unwrap();
    assert_eq!(test.row(id).await.state(), UserState::Locked);
    assert_eq!(refused(log_in(&test).await), Code::InvalidCredentials);
    change(StateChange::Unlock).await.unwrap();
    log_in(&test).await.unwrap();
    // for good, and staff's own way back
    change(StateChange::Delete).await.unwrap();
    change(StateChange::Lock).await.unwrap();
    change(StateChange::Disable).await.unwrap();
    for again in [StateChange::Lock, StateChange::Disable] {
        assert_eq!(refused(change(again).await), Code::StateConflict, "{again:?}");
    }
    change(StateChange::Restore).await.unwrap();
    assert_eq!(test.row(id).await.state(), UserState::Disabled);
    change(StateChange::Delete).await.unwrap();
    test.advance(GRACE);
    jobs::sweep(&test.sereno).await.unwrap();
    assert!(matches!(change(StateChange::Restore).await, Err(Error::NotFound)));
    assert_eq!(test.events.count(EventKind::UserLocked), 2);
    assert_eq!(test.events.count(EventKind::UserDisabled), 1);
}

#[tokio::test]
async fn an_export_tells_of_sign_ups_codes_and_what_events_say() {
    let test = TestSereno::new().await;
    test.sign_up("ana@example.org").await;
    let id = test.holder_of("ana@example.org").await;
    let staff = test.system().await;
    let own = async || {
        export::of_user(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
            .await
            .unwrap()
    };
    let pending = own().await;
    assert_eq!(pending.sign_ups[0]["address"], "ana@example.org");
    let hash = test.column("SELECT password_hash FROM sign_up").await.remove(0);
    assert!(!serde_json::to_string(&pending).unwrap().contains(&hash));
    test.put_into(id, UserState::Active).await;
    test.execute("UPDATE user_email SET verified_at = 1").await;
    let command = AskLoginCode {
        identifier: "ana@example.org".to_owned(),
        device: Some(DeviceHint {
            name: Some("Phone".to_owned()),
            firebase_token: Some("a-push-token-of-some-length".into()),
            ..DeviceHint::default()
        }),
        ..AskLoginCode::default()
    };
    login::ask_code(&test.sereno, &test.meta(), command).await.unwrap();
    let mail = test.mails().await.pop().unwrap();
    let code = sereno_core::testing::login_code_of(&mail);
    let own = own().await;
    assert_eq!(own.login_codes.len(), 1);
    assert_eq!(own.login_codes[0]["device"]["name"], "Phone");
    assert_eq!(own.login_codes[0]["device"]["firebase_token"], "…ngth");
    let file = serde_json::to_string(&own).unwrap();
    assert!(!file.contains("a-push-token") && !file.contains(&code));
    assert!(!file.contains(&token_of(&mail)));
    let mut sent = own.events.iter().filter(|event| event["name"] == "email_sent");
    assert!(sent.any(|event| event["detail"]["mail"] == "activation"), "{file}");
}
