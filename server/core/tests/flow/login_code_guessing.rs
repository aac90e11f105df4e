//! Guessing codes, in parallel and from everywhere; and fixed codes in the place of mailed ones.

#![expect(clippy::panic, reason = "checks outside of the test functions")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use sereno_core::config::{Config, Tester};
use sereno_core::context::RequestMeta;
use sereno_core::event::EventKind;
use sereno_core::login::{self, LoggedIn};
use sereno_core::roles::{assignments, members, permissions, projects, roles};
use sereno_core::testing::{TestSereno, login_code_of, refused, token_of};
use sereno_core::{Error, Result, access};
use sereno_types::{
    AskLoginCode, AssignRole, Code, CreatePermission, CreateProject, CreateRole, Id, PutMember, Secret, UpdateRole,
    VerifyLoginCode,
};
use tokio::task::JoinSet;

fn from(address: Ipv4Addr) -> RequestMeta {
    RequestMeta {
        address: Some(IpAddr::V4(address)),
        ..RequestMeta::default()
    }
}

async fn guess(test: &TestSereno, address: Ipv4Addr, who: &str, code: &str) -> Result<LoggedIn> {
    let command = VerifyLoginCode {
        identifier: Some(who.to_owned()),
        code: Some(code.into()),
        ..VerifyLoginCode::default()
    };
    login::by_code_for_application(&test.sereno, &from(address), command).await
}

/// A code that is surely wrong, in the alphabet of the right one.
fn wrong(right: &str, at: usize) -> String {
    let code = format!("{at:06}");
    if code == right { "999999".to_owned() } else { code }
}

fn wait<T>(outcome: Result<T>) -> u64 {
    match outcome {
        Err(Error::Refused {
            code: Code::TooManyRequests,
            retry_after: Some(seconds),
            ..
        }) => seconds,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was not limited"),
    }
}

#[tokio::test]
async fn five_guesses_at_a_code_are_heard() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
    for at in 0..5 {
        let refusal = guess(&test, Ipv4Addr::new(198, 51, 100, 1), "ana", &wrong(&code, at)).await;
        assert_eq!(refused(refusal), Code::LoginCodeInvalid);
    }
    let late = guess(&test, Ipv4Addr::new(198, 51, 100, 1), "ana", &code).await;
    assert_eq!(refused(late), Code::LoginCodeInvalid, "the right one comes too late");
    // another mail is heard again
    let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
    guess(&test, Ipv4Addr::new(198, 51, 100, 1), "ana", &code)
        .await
        .unwrap();
}

/// Ten thousand guesses from a thousand addresses, many at once, over a day: no more are heard than leave one chance in
/// 10,000, however many there are, and the owner gets in all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_guesses_from_a_thousand_addresses() {
    let test = Arc::new(
        TestSereno::with(|config| {
            config.limit.mails_per_recipient = 0;
            config.limit.requests_per_address = 0;
            // many wait for SQLite's one writer here
            config.database.timeout.0 = 60;
        })
        .await,
    );
    test.user("ana").await;
    // the owner's own network
    test.log_in("ana").await;
    let home = Ipv4Addr::new(192, 0, 2, 1);
    let runs = test.sereno.hasher.runs();
    let mut asked = 0;
    for round in 0..10_usize {
        // the attacker asks for new codes all the time
        let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
        asked += 1;
        for batch in 0..10_usize {
            let mut guesses = JoinSet::new();
            for at in batch * 100..(batch + 1) * 100 {
                let (test, code) = (Arc::clone(&test), wrong(&code, round * 1_000 + at));
                let [_, _, high, low] = u32::try_from(at).unwrap().to_be_bytes();
                guesses
                    .spawn(async move { refused(guess(&test, Ipv4Addr::new(10, 0, high, low), "ana", &code).await) });
            }
            while let Some(code) = guesses.join_next().await {
                assert!(matches!(code.unwrap(), Code::LoginCodeInvalid | Code::TooManyRequests));
            }
        }
        test.advance(Duration::from_hours(2));
    }
    let settings = &test.sereno.config.login_code;
    // each heard guess is three hashes, however many mails are open, and each mail was one
    let heard = (test.sereno.hasher.runs() - runs - asked) / 3;
    assert!(
        heard > 0 && heard <= settings.guesses_per_account,
        "{heard} guesses were heard"
    );
    // what validation promises: two windows of two counters
    assert!(4 * settings.guesses_per_account * 10_000 <= 10_u64.pow(6));
    // each heard guess is written down, and of the refusals the first
    let written = test.count("event WHERE name = 'login_failed'").await;
    assert!(
        written > 1 && written as u64 <= settings.guesses_per_account + 1,
        "{written}"
    );
    assert_eq!(test.count("event WHERE code = 'too_many_requests'").await, 1);
    // from home the code is heard, from elsewhere the link
    let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
    assert!(wait(guess(&test, Ipv4Addr::new(203, 0, 113, 9), "ana", &code).await) > 0);
    guess(&test, home, "ana", &code).await.unwrap();
    let link = test.ask_code("ana").await.1.unwrap();
    let command = VerifyLoginCode {
        token: Some(Secret::new(token_of(&link))),
        ..VerifyLoginCode::default()
    };
    let by_link = login::by_code_with_session(&test.sereno, &from(Ipv4Addr::new(203, 0, 113, 9)), command).await;
    assert!(by_link.is_ok());
}

/// The budget of the owner's networks is an end, too; and it is the day that ends it.
#[tokio::test]
async fn known_networks_have_a_budget_of_their_own() {
    let test = TestSereno::with(|config| {
        config.limit.mails_per_recipient = 0;
        config.login_code.guesses_per_account = 2;
    })
    .await;
    test.user("ana").await;
    test.log_in("ana").await;
    let (home, away) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 7));
    let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
    for place in [home, away] {
        for at in 0..2 {
            assert_eq!(
                refused(guess(&test, place, "ana", &wrong(&code, at)).await),
                Code::LoginCodeInvalid
            );
        }
        assert_eq!(wait(guess(&test, place, "ana", &code).await), 86_401);
    }
    test.advance(Duration::from_hours(24));
    let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
    guess(&test, away, "ana", &code).await.unwrap();
    // a right one is not counted
    for _ in 0..5 {
        let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
        guess(&test, home, "ana", &code).await.unwrap();
    }
}

/// Guesses are counted as often as they are held against a code.
#[tokio::test]
async fn a_guess_at_two_codes_is_two() {
    let test = TestSereno::with(|config| config.login_code.guesses_per_account = 4).await;
    test.user("ana").await;
    let away = Ipv4Addr::new(198, 51, 100, 7);
    test.ask_code("ana").await;
    let code = login_code_of(&test.ask_code("ana").await.1.unwrap());
    for at in 0..2 {
        assert_eq!(
            refused(guess(&test, away, "ana", &wrong(&code, at)).await),
            Code::LoginCodeInvalid
        );
    }
    wait(guess(&test, away, "ana", &code).await);
}

#[tokio::test]
async fn one_address_is_counted_over_all_accounts_and_apart_from_passwords() {
    let test = TestSereno::with(|config| config.login_code.guesses_per_address = 3).await;
    let away = Ipv4Addr::new(198, 51, 100, 7);
    for who in ["ana", "bea", "nobody@example.org"] {
        assert_eq!(refused(guess(&test, away, who, "000000").await), Code::LoginCodeInvalid);
    }
    assert!(wait(guess(&test, away, "cia", "000000").await) > 3_000);
    assert_eq!(
        refused(guess(&test, Ipv4Addr::new(198, 51, 100, 8), "cia", "000000").await),
        Code::LoginCodeInvalid
    );
    let by_password = test.credentials("ana", "wrong");
    assert_eq!(
        refused(login::for_application(&test.sereno, &from(away), by_password).await),
        Code::InvalidCredentials
    );
}

/// Nobody else can use up the attempts at a code that a device or browser asked for.
#[tokio::test]
async fn attempts_are_the_handles_own() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let asked = login::ask_code_in_browser(&test.sereno, &test.meta(), "ana".to_owned()).await;
    let code = login_code_of(&test.mails().await.pop().unwrap());
    for at in 0..8 {
        let away = Ipv4Addr::new(198, 51, 100, 7);
        assert_eq!(
            refused(guess(&test, away, "ana", &wrong(&code, at)).await),
            Code::LoginCodeInvalid
        );
    }
    let command = VerifyLoginCode {
        code: Some(code.as_str().into()),
        device_id: Some(asked.unwrap().device_id),
        ..VerifyLoginCode::default()
    };
    login::by_code_for_application(&test.sereno, &test.meta(), command)
        .await
        .unwrap();
}

fn tester(who: &str, until: Option<time::Date>) -> Tester {
    Tester {
        who: who.to_owned(),
        code: "424242".into(),
        until,
    }
}

fn day(day: u8) -> Option<time::Date> {
    time::Date::from_calendar_date(2026, time::Month::January, day).ok()
}

/// An entry is one secret, at however many addresses it is tried.
#[tokio::test]
async fn guesses_at_a_fixed_code_are_counted_together() {
    let test = TestSereno::with(|config| {
        config.testers.entries = vec![tester("qa-team*", day(2))];
        config.limit.mails_per_recipient = 0;
        config.login_code.attempts = 20;
    })
    .await;
    for at in 0..10_u8 {
        let who = format!("qa-team{at}@example.org");
        test.ask_code(&who).await;
        for guessed in 0..10 {
            let refusal = guess(&test, Ipv4Addr::new(198, 51, 100, at), &who, &wrong("424242", guessed)).await;
            assert_eq!(refused(refusal), Code::LoginCodeInvalid);
        }
    }
    test.ask_code("qa-team-late@example.org").await;
    let late = guess(&test, Ipv4Addr::new(192, 0, 2, 9), "qa-team-late@example.org", "424242").await;
    assert_eq!(refused(late), Code::LoginCodeInvalid);
    test.advance(Duration::from_hours(24));
    test.ask_code("qa-team-late@example.org").await;
    guess(&test, Ipv4Addr::new(192, 0, 2, 9), "qa-team-late@example.org", "424242")
        .await
        .unwrap();
}

/// A stranger who asks and asks keeps neither the owner nor another stranger from asking.
#[tokio::test]
async fn asking_without_end_keeps_the_owner_from_nothing() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.log_in("ana").await;
    let ask = async |meta: &RequestMeta| {
        let command = AskLoginCode {
            identifier: "ana@example.org".to_owned(),
            ..AskLoginCode::default()
        };
        login::ask_code(&test.sereno, meta, command).await
    };
    let stranger = from(Ipv4Addr::new(203, 0, 113, 7));
    for _ in 0..3 {
        ask(&stranger).await.unwrap();
    }
    assert_eq!(refused(ask(&stranger).await), Code::TooManyRequests);
    let other = from(Ipv4Addr::new(198, 51, 100, 9));
    for _ in 0..2 {
        ask(&other).await.unwrap();
    }
    assert_eq!(refused(ask(&other).await), Code::TooManyRequests);
    // from where she has signed in before
    for _ in 0..5 {
        ask(&test.meta()).await.unwrap();
    }
    assert_eq!(refused(ask(&test.meta()).await), Code::TooManyRequests);
}

#[tokio::test]
async fn testers_use_their_code_until_their_day_and_staff_never() {
    let test = TestSereno::with(|config| {
        config.testers.entries = vec![
            tester("Review@example.org", day(2)),
            tester("qa-team*", day(2)),
            tester("root*", day(2)),
        ];
    })
    .await;
    let here = Ipv4Addr::new(192, 0, 2, 1);
    for name in ["review", "qa-team7", "other"] {
        test.user(name).await;
    }
    test.superuser("root").await;
    test.viewer("root2").await;
    // not without having asked
    assert_eq!(
        refused(guess(&test, here, "review", "424242").await),
        Code::LoginCodeInvalid
    );
    for (who, works) in [
        ("review@example.org", true),
        ("qa-team7", true),
        ("qa-team-new@example.org", true),
        ("other", false),
        ("root", false),
        ("root2", false),
    ] {
        // testers are mailed a code like everybody else
        assert!(test.ask_code(who).await.1.is_some(), "{who}");
        let outcome = guess(&test, here, who, "42 42-42").await;
        assert_eq!(outcome.is_ok(), works, "{who}");
        if works {
            assert_eq!(
                refused(guess(&test, here, who, "424242").await),
                Code::LoginCodeInvalid,
                "single use"
            );
        }
    }
    assert_eq!(test.events.count(EventKind::TesterCodeUsed), 3);
    let written = test
        .column("SELECT CAST(detail AS TEXT) FROM event WHERE name = 'tester_code_used'")
        .await;
    assert!(
        written.concat().contains("qa-team*") && !written.concat().contains("424242"),
        "{written:?}"
    );
    // the console tells of it, until their day is over
    let root = test.sign_in("root").await;
    let is_told = async || {
        let staff = test.staff(&root.actor).await;
        access::profile(&test.sereno, &staff).await.unwrap().has_fixed_codes
    };
    assert!(is_told().await);
    test.advance(Duration::from_hours(47));
    test.ask_code("review").await;
    guess(&test, here, "review", "424242").await.unwrap();
    test.advance(Duration::from_hours(1));
    test.ask_code("review").await;
    assert_eq!(
        refused(guess(&test, here, "review", "424242").await),
        Code::LoginCodeInvalid
    );
    let root = test.sign_in("root").await;
    let staff = test.staff(&root.actor).await;
    assert!(!access::profile(&test.sereno, &staff).await.unwrap().has_fixed_codes);
}

#[tokio::test]
async fn a_developer_has_one_code_for_everybody_but_staff() {
    let test = TestSereno::with(|config| config.testers.development_code = "424242".into()).await;
    test.user("ana").await;
    test.superuser("root").await;
    let here = Ipv4Addr::new(192, 0, 2, 1);
    for (who, works) in [
        ("ana", true),
        ("new@example.org", true),
        ("root", false),
        ("nobody", false),
    ] {
        test.ask_code(who).await;
        assert_eq!(guess(&test, here, who, "424242").await.is_ok(), works, "{who}");
    }
    // the handle binds a fixed code, too
    let asked = login::ask_code_in_browser(&test.sereno, &test.meta(), "ana".to_owned())
        .await
        .unwrap();
    assert_eq!(
        refused(guess(&test, here, "ana", "424242").await),
        Code::LoginCodeInvalid
    );
    let command = VerifyLoginCode {
        code: Some("424242".into()),
        device_id: Some(asked.device_id),
        ..VerifyLoginCode::default()
    };
    assert!(
        login::by_code_with_session(&test.sereno, &test.meta(), command)
            .await
            .is_ok()
    );
    let foreign = VerifyLoginCode {
        identifier: Some("ana".to_owned()),
        code: Some("424242".into()),
        device_id: Some(Id("00000000-0000-7000-8000-000000000000".to_owned())),
        ..VerifyLoginCode::default()
    };
    let outcome = login::by_code_for_application(&test.sereno, &test.meta(), foreign).await;
    assert_eq!(refused(outcome), Code::LoginCodeInvalid);
}

fn faults(file: &str) -> Vec<String> {
    match Config::load(Some(("sereno.toml", file)), [], Vec::new()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(|fault| fault.setting.clone()).collect(),
    }
}

#[test]
fn settings_that_could_be_guessed_are_refused() {
    let most = |file: &str| faults(&format!("[login_code]\n{file}"));
    assert!(most("guesses_per_account = 25").is_empty());
    for (file, setting) in [
        ("guesses_per_account = 26", "login_code.guesses_per_account"),
        ("length = 5", "login_code.length"),
        ("alphabet = \"0123456\"", "login_code.alphabet"),
        ("alphabet = \"01234567899\"", "login_code.alphabet"),
        ("alphabet = \"0123456789abc\"", "login_code.alphabet"),
        ("resend = \"both\"", "login_code.resend"),
        ("lifetime = 601", "login_code.lifetime"),
        ("attempts = 0", "login_code.attempts"),
        ("guesses_per_account = 0", "login_code.guesses_per_account"),
    ] {
        assert!(most(file).contains(&setting.to_owned()), "{file}: {:?}", most(file));
    }
    assert!(most("length = 8\nguesses_per_account = 1000").is_empty());
}

#[test]
fn fixed_codes_are_held_to_their_rules() {
    let prod =
        "mode = \"prod\"\n[server]\npublic_url = \"https://id.example.org\"\n[mail]\nurl = \"smtp://localhost\"\n";
    let of = |mode: &str, testers: &str| {
        let mut found = faults(&format!("{mode}[testers]\n{testers}"));
        found.retain(|fault| fault.starts_with("testers"));
        found
    };
    let entry = |who: &str, rest: &str| format!("entries = [{{ who = \"{who}\", code = \"123456\"{rest} }}]");
    assert!(of("", "development_code = \"123456\"").is_empty());
    assert_eq!(of(prod, "development_code = \"123456\""), ["testers.development_code"]);
    assert!(of("", &entry("qa-team*", "")).is_empty());
    assert_eq!(
        of(prod, &entry("qa-team*", "")),
        ["testers.entries"],
        "prod wants a day"
    );
    assert!(of(prod, &entry("qa-team*", ", until = \"2099-12-31\"")).is_empty());
    assert!(of(prod, &entry("qa-team*", ", until = 2099-12-31")).is_empty());
    for bad in [
        entry("*", ""),
        entry("qa*", ""),
        entry("q*a-team@example.org", ""),
        entry("nobody", ""),
        entry("qa-team*", ", until = \"soon\""),
        entry("qa-team*", ", colour = \"red\""),
        "entries = [\"qa-team*\"]".to_owned(),
        "entries = [{ who = \"qa-team*\" }]".to_owned(),
        "entries = [{ who = \"qa-team*\", code = \"12345\" }]".to_owned(),
        "development_code = \"abc def\"".to_owned(),
    ] {
        assert_eq!(of("", &bad).len(), 1, "{bad}");
    }
    // the environment says the same
    let env = [(
        "SERENO__TESTERS__ENTRIES",
        "qa-team*:123456:2099-12-31, a@example.org:654321",
    )];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, env, Vec::new()).unwrap();
    assert_eq!(config.testers.entries.len(), 2);
    assert!(config.testers.entries[0].until.is_some());
    assert!(!format!("{config:?}").contains("654321"));
    // one that ended long ago was forgotten
    let old = format!("{prod}[testers]\n{}", entry("qa-team*", ", until = \"2020-01-01\""));
    let config = Config::load(Some(("sereno.toml", &old)), [], Vec::new()).unwrap();
    let refusal = sereno_core::boot::check(&config).unwrap_err();
    assert_eq!(refusal.0[0].setting, "testers.entries");
}

/// Rights of the console that hold in a project only are rights of the console; those of applications are none.
#[tokio::test]
async fn staff_of_a_project_has_no_fixed_code_and_holders_of_other_rights_have() {
    let test = TestSereno::with(|config| config.testers.development_code = "424242".into()).await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    for name in ["ana", "bea", "cleo", "dora", "emma", "finn"] {
        test.user(name).await;
    }
    let permission = CreatePermission {
        codename: "shop.sell".to_owned(),
        ..CreatePermission::default()
    };
    permissions::create(sereno, &meta, &staff, permission).await.unwrap();
    let project = CreateProject {
        slug: "acme".to_owned(),
        owner: Some("ana".to_owned()),
        ..CreateProject::default()
    };
    projects::create(sereno, &meta, &staff, project).await.unwrap();
    let role = async |codename: &str, permission: &str, includes: Vec<Id>| {
        let command = CreateRole {
            codename: codename.to_owned(),
            permissions: vec![permission.to_owned()],
            includes,
            ..CreateRole::default()
        };
        let made = roles::create(sereno, &meta, &staff, command).await.unwrap();
        made.row.role.id
    };
    let seller = role("seller", "shop.sell", vec![]).await;
    let viewer = role("onlooker", "users.view", vec![]).await;
    let lead = role("lead", "shop.sell", vec![viewer.clone()]).await;
    let member = async |user: &str, role: Option<&Id>, is_superuser: bool| {
        let command = PutMember {
            role: role.map(|id| id.0.clone()),
            is_enabled: None,
            is_superuser: Some(is_superuser),
        };
        let seat = members::Seat { project: "acme", user };
        members::put(sereno, &meta, &staff, seat, command).await.unwrap();
    };
    member("bea", None, true).await;
    member("cleo", Some(&lead), false).await;
    member("finn", Some(&seller), false).await;
    for (role, user) in [(&viewer, "dora"), (&seller, "emma")] {
        let command = AssignRole {
            role: role.clone(),
            users: vec![user.to_owned()],
            project: Some("acme".to_owned()),
            expires_at: None,
        };
        assignments::assign(sereno, &meta, &staff, command).await.unwrap();
    }
    // a role that is switched off may be switched on again
    let off = UpdateRole {
        is_enabled: Some(false),
        ..UpdateRole::default()
    };
    roles::update(sereno, &meta, &staff, &viewer, off).await.unwrap();
    let here = Ipv4Addr::new(192, 0, 2, 1);
    for (who, works) in [
        ("ana", false),
        ("bea", false),
        ("cleo", false),
        ("dora", false),
        ("emma", true),
        ("finn", true),
    ] {
        test.ask_code(who).await;
        assert_eq!(guess(&test, here, who, "424242").await.is_ok(), works, "{who}");
    }
}
