//! Signing up.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::EntityTrait;
use serde_json::{Map, Value, json};
use sereno_core::account::activate::activate;
use sereno_core::account::admin::{self, CreateUser};
use sereno_core::account::register::register;
use sereno_core::entity::user;
use sereno_core::event::EventKind;
use sereno_core::testing::{PASSWORD, TestSereno, by_link, code_of, refused, refused_fields, token_of};
use sereno_core::{Error, Result, login};
use sereno_types::{Code, Locale, Register, UserState};

const OTHER_PASSWORD: &str = "lanterns above the harbour";

fn form(email: &str, username: Option<&str>) -> Register {
    Register {
        email: email.to_owned(),
        password: PASSWORD.into(),
        username: username.map(str::to_owned),
        attributes: Map::new(),
    }
}

async fn send(test: &TestSereno, command: Register) -> Result<()> {
    register(&test.sereno, &test.meta(), command).await
}

#[tokio::test]
async fn a_new_address_gets_a_pending_account_and_a_mail() {
    let test = TestSereno::new().await;
    let mut command = form("  Ana.B@Example.ORG ", Some("Ana"));
    command.attributes.insert("team".to_owned(), json!({"colour": "blue"}));
    let mut meta = test.meta();
    meta.locale = Some(Locale::De);
    register(&test.sereno, &meta, command).await.unwrap();
    assert_eq!(test.events.kinds(), [EventKind::UserRegistered]);

    let users = user::Entity::find().all(test.sereno.db.read()).await.unwrap();
    let [ana] = users.as_slice() else { panic!("one user") };
    assert_eq!(
        (ana.state(), ana.number, ana.is_superuser),
        (UserState::Pending, 1, false)
    );
    assert_eq!(ana.attributes, json!({"team": {"colour": "blue"}}));
    assert_eq!(ana.locale.as_deref(), Some("de"));
    assert_eq!(
        test.column("SELECT canonical FROM user_email").await,
        ["ana.b@example.org"]
    );
    assert_eq!(
        test.count("user_email WHERE verified_at IS NULL AND is_primary").await,
        1
    );
    assert_eq!(
        test.count("one_time").await,
        0,
        "no secret exists before the mail leaves"
    );

    let mails = test.mails().await;
    let [mail] = mails.as_slice() else { panic!("one mail") };
    assert_eq!(mail.recipient, "Ana.B@Example.ORG", "to the address as it was written");
    assert!(mail.html.contains("lang=\"de\""));
    assert!(mail.text.contains("http://127.0.0.1:3000/account/activate?token="));
    assert_eq!((token_of(mail).len(), code_of(mail).len()), (43, 9));
    assert_eq!(test.column("SELECT status FROM email_message").await, ["sent"]);
    assert_eq!(
        test.count("event WHERE name = 'user_registered' AND outcome = 'success'")
            .await,
        1
    );
    assert!(test.mails().await.is_empty(), "once");
}

#[tokio::test]
async fn every_refusal_has_its_code_and_leaves_nothing_behind() {
    let test = TestSereno::new().await;
    test.user("taken").await;
    let (rows, runs) = (test.count("event").await, test.sereno.hasher.runs());
    let with = |change: fn(&mut Register)| {
        let mut command = form("ana@example.org", None);
        change(&mut command);
        command
    };
    for (command, expected) in [
        (with(|form| form.email = String::new()), vec![("email", Code::Blank)]),
        (
            with(|form| form.email = "ana".to_owned()),
            vec![("email", Code::InvalidEmail)],
        ),
        (
            with(|form| form.email = format!("{}@example.org", "a".repeat(260))),
            vec![("email", Code::TooLong)],
        ),
        (
            with(|form| form.email = "ana\0@example.org".to_owned()),
            vec![("email", Code::InvalidEmail)],
        ),
        (
            with(|form| form.username = Some("a@b".to_owned())),
            vec![("username", Code::UsernameInvalid)],
        ),
        (
            with(|form| form.username = Some("a\0b".to_owned())),
            vec![("username", Code::UsernameInvalid)],
        ),
        (
            with(|form| form.username = Some("a".repeat(151))),
            vec![("username", Code::TooLong)],
        ),
        (
            with(|form| form.username = Some("ＴＡＫＥＮ".to_owned())),
            vec![("username", Code::UsernameUnique)],
        ),
        (with(|form| form.password = "".into()), vec![("password", Code::Blank)]),
        (
            with(|form| form.password = "x1!".into()),
            vec![("password", Code::PasswordTooShort)],
        ),
        (
            with(|form| form.password = "letmein1".into()),
            vec![("password", Code::PasswordTooCommon)],
        ),
        (
            with(|form| form.password = "83759201648".into()),
            vec![("password", Code::PasswordEntirelyNumeric)],
        ),
        (
            with(|form| form.password = "ana@example.org".into()),
            vec![("password", Code::PasswordTooSimilar)],
        ),
        (
            with(|form| form.password = "x".repeat(129).into()),
            vec![("password", Code::PasswordTooLong)],
        ),
        (
            with(|form| form.password = "\0".repeat(5_000_000).into()),
            vec![("password", Code::PasswordTooLong)],
        ),
        (
            with(|form| {
                form.attributes.insert("long".to_owned(), "x".repeat(9_000).into());
            }),
            vec![("attributes", Code::TooLong)],
        ),
        (
            with(|form| {
                let deep = (0..9).fold(Value::Null, |value, _| json!([value]));
                form.attributes.insert("deep".to_owned(), deep);
            }),
            vec![("attributes", Code::TooLong)],
        ),
        (
            with(|form| {
                form.attributes.insert("nul".to_owned(), json!({"a": ["\0"]}));
            }),
            vec![("attributes", Code::InvalidCharacters)],
        ),
        (
            with(|form| {
                form.email = "1234".to_owned();
                form.username = Some("b c".to_owned());
                form.password = "1234".into();
            }),
            vec![
                ("email", Code::InvalidEmail),
                ("username", Code::UsernameInvalid),
                ("password", Code::PasswordTooSimilar),
                ("password", Code::PasswordTooShort),
                ("password", Code::PasswordTooCommon),
                ("password", Code::PasswordEntirelyNumeric),
            ],
        ),
    ] {
        let found = refused_fields(send(&test, command).await);
        let found: Vec<_> = found.iter().map(|(field, code)| (field.as_str(), *code)).collect();
        assert_eq!(found, expected);
    }
    assert_eq!(test.count("\"user\"").await, 1);
    assert_eq!((test.count("job").await, test.count("event").await), (0, rows));
    assert_eq!(test.sereno.hasher.runs(), runs, "what is refused costs no hash");
}

#[tokio::test]
async fn sign_up_can_be_closed_and_can_ask_for_a_user_name() {
    let closed = TestSereno::with(|config| config.registration.enabled = false).await;
    assert_eq!(
        refused(send(&closed, form("ana@example.org", None)).await),
        Code::RegistrationClosed
    );
    assert_eq!(closed.count("\"user\"").await, 0);
    let strict = TestSereno::with(|config| config.registration.username_required = true).await;
    for missing in [None, Some(""), Some("  ")] {
        assert_eq!(
            refused_fields(send(&strict, form("ana@example.org", missing)).await),
            [("username".to_owned(), Code::Blank)]
        );
    }
    send(&strict, form("ana@example.org", Some("ana"))).await.unwrap();
    let open = TestSereno::new().await;
    send(&open, form("ana@example.org", Some(""))).await.unwrap();
    assert_eq!(open.count("\"user\" WHERE username IS NULL").await, 1);
}

/// Answer, hash runs, statements, events and mails do not tell whether an address is new, pending or taken.
#[tokio::test]
async fn new_pending_and_taken_addresses_are_alike() {
    let test = TestSereno::new().await;
    test.signed_up("taken").await;
    test.sign_up("pending@example.org").await;
    let mut seen = Vec::new();
    for address in ["new@example.org", "pending@example.org", "TAKEN@example.org"] {
        test.statements.take();
        let (runs, events) = (test.sereno.hasher.runs(), test.events.kinds().len());
        send(&test, form(address, None)).await.unwrap();
        let (statements, runs) = (test.statements.take(), test.sereno.hasher.runs() - runs);
        let mails = test.mails().await;
        seen.push((
            statements.len(),
            runs,
            mails.len(),
            mails[0].recipient.to_lowercase() == address.to_lowercase(),
            statements
                .iter()
                .filter(|sql| sql.starts_with("INSERT INTO \"event\""))
                .count(),
        ));
        assert!(test.events.kinds().len() > events);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(test.events.count(EventKind::RegistrationRepeated), 1);
}

#[tokio::test]
async fn the_owner_of_a_taken_address_is_told_and_keeps_everything() {
    let test = TestSereno::new().await;
    let id = test.signed_up("ana").await;
    let before = test.row(id).await;
    let mut again = form("ana@example.org", Some("eve"));
    again.password = OTHER_PASSWORD.into();
    send(&test, again).await.unwrap();
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("/account/sign-in"));
    assert!(!mails[0].text.contains("token="));
    assert_eq!(test.row(id).await, before);
    assert_eq!(test.count("\"user\"").await, 1);
}

#[tokio::test]
async fn a_pending_account_starts_anew() {
    let test = TestSereno::new().await;
    let first = test.sign_up("ana@example.org").await;
    let mut again = form("ANA@example.org", Some("ana"));
    again.password = OTHER_PASSWORD.into();
    again.attributes.insert("second".to_owned(), true.into());
    send(&test, again).await.unwrap();
    let second = test.mails().await.remove(0);
    let (sereno, meta) = (&test.sereno, test.meta());
    let id = activate(sereno, &meta, by_link(&second)).await.unwrap().id;
    assert_eq!(
        refused(activate(sereno, &meta, by_link(&first)).await),
        Code::ActivationLinkInvalid,
        "the first that is used ends the others"
    );
    assert_eq!(test.count("sign_up").await, 0);
    let row = test.row(id.0.parse().unwrap()).await;
    assert_eq!((row.username.as_deref(), row.number), (Some("ana"), 1));
    assert_eq!(row.attributes, json!({"second": true}));
    let old = login::for_application(sereno, &meta, test.credentials("ana", PASSWORD)).await;
    assert_eq!(refused(old), Code::InvalidCredentials);
    let new = test.credentials("ana", OTHER_PASSWORD);
    login::for_application(sereno, &meta, new).await.unwrap();
    // and once more, keeping one's own name
    send(&test, form("bea@example.org", Some("bea"))).await.unwrap();
    send(&test, form("bea@example.org", Some("Bea"))).await.unwrap();
    assert_eq!(
        refused_fields(send(&test, form("cleo@example.org", Some("bea"))).await),
        [("username".to_owned(), Code::UsernameUnique)]
    );
}

/// Whoever signs up with somebody's address after them must not have their own password activated by the owner's mail,
/// nor make the owner's mail useless.
#[tokio::test]
async fn each_mail_activates_what_its_own_sign_up_sent() {
    let test = TestSereno::new().await;
    let meta = test.meta();
    let mut owners = form("ana@example.org", Some("ana"));
    owners.attributes.insert("whose".to_owned(), "owner".into());
    send(&test, owners).await.unwrap();
    let mail = test.mails().await.remove(0);
    assert!(
        mail.text.contains("Signed up on 2026-01-01 00:00:00 UTC"),
        "{}",
        mail.text
    );
    let mut theirs = form("ANA@example.org", Some("eve"));
    theirs.password = OTHER_PASSWORD.into();
    theirs.attributes.insert("whose".to_owned(), "stranger".into());
    send(&test, theirs).await.unwrap();
    let strangers = test.mails().await.remove(0);
    let id = activate(&test.sereno, &meta, by_link(&mail)).await.unwrap().id;
    let row = test.row(id.0.parse().unwrap()).await;
    assert_eq!(row.username.as_deref(), Some("ana"));
    assert_eq!(row.attributes, json!({"whose": "owner"}));
    assert_eq!(test.column("SELECT address FROM user_email").await, ["ana@example.org"]);
    assert_eq!(
        refused(activate(&test.sereno, &meta, by_link(&strangers)).await),
        Code::ActivationLinkInvalid
    );
    test.log_in("ana").await;
    let wrong = test.credentials("ana@example.org", OTHER_PASSWORD);
    assert_eq!(
        refused(login::for_application(&test.sereno, &meta, wrong).await),
        Code::InvalidCredentials
    );
}

/// A name that a later sign-up let go of may belong to somebody else by the time the earlier mail is used.
#[tokio::test]
async fn a_name_lost_meanwhile_keeps_nobody_out() {
    let test = TestSereno::new().await;
    send(&test, form("ana@example.org", Some("ana"))).await.unwrap();
    let mail = test.mails().await.remove(0);
    send(&test, form("ana@example.org", Some("other"))).await.unwrap();
    send(&test, form("bea@example.org", Some("ana"))).await.unwrap();
    let id = activate(&test.sereno, &test.meta(), by_link(&mail)).await.unwrap().id;
    assert_eq!(test.row(id.0.parse().unwrap()).await.username, None);
    test.log_in("ana@example.org").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_address_at_once_is_one_account() {
    let test = Arc::new(TestSereno::with(|config| config.limit.mails_per_recipient = 0).await);
    for round in 0..4 {
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (test, address) = (Arc::clone(&test), format!("ana{round}@example.org"));
                tokio::spawn(async move { send(&test, form(&address, None)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(test.count("\"user\"").await, round + 1);
        assert_eq!(test.mails().await.len(), 16, "each sign-up has its own mail");
    }
    assert_eq!(test.count("user_email").await, 4);
    let mut numbers = test.column("SELECT number FROM \"user\" ORDER BY number").await;
    numbers.dedup();
    assert_eq!(numbers.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_user_name_at_once_is_one_account() {
    let test = Arc::new(TestSereno::with(|config| config.limit.mails_per_recipient = 0).await);
    for known in [false, true] {
        let name = format!("name-{known}");
        if known {
            for number in 0..12 {
                send(&test, form(&format!("{known}{number}@example.org"), None))
                    .await
                    .unwrap();
            }
        }
        let tasks: Vec<_> = (0..12)
            .map(|number| {
                let (test, command) = (
                    Arc::clone(&test),
                    form(&format!("{known}{number}@example.org"), Some(&name)),
                );
                tokio::spawn(async move { send(&test, command).await })
            })
            .collect();
        let mut successes = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => successes += 1,
                Err(error) => assert_eq!(
                    refused_fields::<()>(Err(error)),
                    [("username".to_owned(), Code::UsernameUnique)]
                ),
            }
        }
        assert_eq!(successes, 1);
        assert_eq!(
            test.count(&format!("\"user\" WHERE username_canonical = '{name}'"))
                .await,
            1
        );
    }
}

/// Whoever signs up with somebody's address while its owner activates must not end up with a password that works.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_activation_keeps_the_password_it_was_asked_for() {
    let test = Arc::new(TestSereno::with(|config| config.limit.mails_per_recipient = 0).await);
    for round in 0..25 {
        let address = format!("ana{round}@example.org");
        let mail = test.sign_up(&address).await;
        let owner = {
            let test = Arc::clone(&test);
            tokio::spawn(async move { activate(&test.sereno, &test.meta(), by_link(&mail)).await })
        };
        let eves: Vec<_> = (0..3)
            .map(|_| {
                let (test, mut command) = (Arc::clone(&test), form(&address, None));
                command.password = OTHER_PASSWORD.into();
                tokio::spawn(async move { send(&test, command).await })
            })
            .collect();
        let activated = owner.await.unwrap();
        for eve in eves {
            eve.await.unwrap().unwrap();
        }
        let meta = test.meta();
        let right = login::for_application(&test.sereno, &meta, test.credentials(&address, PASSWORD)).await;
        let wrong = login::for_application(&test.sereno, &meta, test.credentials(&address, OTHER_PASSWORD)).await;
        activated.unwrap();
        right.unwrap();
        assert_eq!(refused(wrong), Code::InvalidCredentials, "round {round}");
        test.mails().await;
    }
}

#[tokio::test]
async fn mails_to_one_address_are_limited_whether_it_is_known_or_not() {
    let test = TestSereno::new().await;
    for _ in 0..5 {
        send(&test, form("ana@example.org", None)).await.unwrap();
    }
    let refusal = send(&test, form("Ana@example.org", None)).await.unwrap_err();
    let Error::Refused { code, retry_after, .. } = refusal else {
        panic!("{refusal}")
    };
    assert_eq!((code, retry_after), (Code::TooManyRequests, Some(3_601)));
    assert_eq!(test.count("email_message").await, 5);
    test.advance(Duration::from_hours(1));
    send(&test, form("ana@example.org", None)).await.unwrap();
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_but_history_and_no_number_is_used_twice() {
    let test = TestSereno::new().await;
    let id = test.signed_up("ana").await;
    test.log_in("ana@example.org").await;
    test.sign_in("ana@example.org").await;
    test.sign_up("bea@example.org").await;
    let events = test.count("event").await;
    user::Entity::delete_by_id(id)
        .exec(test.sereno.db.write())
        .await
        .unwrap();
    for table in ["session", "token_family"] {
        assert_eq!(test.count(table).await, 0, "{table}");
    }
    assert_eq!((test.count("user_email").await, test.count("one_time").await), (1, 1));
    assert_eq!(test.count("email_message WHERE user_id IS NULL").await, 1);
    assert_eq!(test.count("event").await, events);
    test.execute("DELETE FROM \"user\"").await;
    send(&test, form("cleo@example.org", None)).await.unwrap();
    assert_eq!(test.column("SELECT number FROM \"user\"").await, ["3"]);
}

/// Whoever knows an invited address must not be able to set its password, nor to kill its link.
#[tokio::test]
async fn an_invited_account_belongs_to_whom_staff_invited() {
    let test = TestSereno::new().await;
    let command = CreateUser {
        email: "boss@example.org".to_owned(),
        password: Some(PASSWORD.into()),
        is_superuser: true,
        inactive: true,
        ..CreateUser::default()
    };
    let staff = test.system().await;
    admin::create_user(&test.sereno, &test.meta(), &staff, command)
        .await
        .unwrap();
    let invitation = test.mails().await.remove(0);
    let mut theirs = form("boss@example.org", None);
    theirs.password = OTHER_PASSWORD.into();
    send(&test, theirs).await.unwrap();
    let told = test.mails().await.remove(0);
    assert!(!told.text.contains("token="), "a stranger's sign-up sent a link");
    activate(&test.sereno, &test.meta(), by_link(&invitation))
        .await
        .unwrap();
    let credentials = test.credentials("boss@example.org", OTHER_PASSWORD);
    assert_eq!(
        refused(login::for_application(&test.sereno, &test.meta(), credentials).await),
        Code::InvalidCredentials
    );
    test.log_in("boss@example.org").await;
}

/// A mail belongs to the sign-up that asked for it, also when it leaves late: after another sign-up it activates its own,
/// after an activation it is not sent any more.
#[tokio::test]
async fn a_mail_that_leaves_late_is_good_for_its_own_sign_up() {
    let test = TestSereno::new().await;
    let mut theirs = form("ana@example.org", None);
    theirs.password = OTHER_PASSWORD.into();
    send(&test, theirs).await.unwrap();
    test.advance(Duration::from_secs(1));
    send(&test, form("ana@example.org", None)).await.unwrap();
    let mails = test.mails().await;
    assert_eq!(mails.len(), 2);
    let mine = mails.iter().find(|mail| mail.text.contains("00:00:01")).unwrap();
    activate(&test.sereno, &test.meta(), by_link(mine)).await.unwrap();
    test.log_in("ana@example.org").await;

    send(&test, form("bea@example.org", None)).await.unwrap();
    let first = test.mails().await.remove(0);
    send(&test, form("bea@example.org", None)).await.unwrap();
    activate(&test.sereno, &test.meta(), by_link(&first)).await.unwrap();
    assert!(test.mails().await.is_empty());
    assert_eq!(
        test.count("email_message WHERE status = 'skipped'").await,
        1,
        "nobody waits for it any more"
    );
}

/// The spelling that was typed last gets the mail, and two spellings that compare equal are not two mailboxes.
#[tokio::test]
async fn a_look_alike_spelling_takes_nobodys_mail() {
    let test = TestSereno::new().await;
    assert!(
        send(&test, form("\u{fb01}x@example.org", None)).await.is_err(),
        "a ligature was accepted"
    );
    send(&test, form("ANA@example.org", None)).await.unwrap();
    test.mails().await;
    send(&test, form("ana@example.org", None)).await.unwrap();
    assert_eq!(test.mails().await[0].recipient, "ana@example.org");
}
