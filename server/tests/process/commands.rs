//! The command line, as a script calls it: the binary in an empty folder.

#![expect(clippy::unwrap_used, reason = "what a fixture cannot do, its test cannot prove")]

use std::io::Read;

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::folder::{Folder, JSON, ask};

#[test]
fn applications_are_registered_and_what_is_wrong_is_said_by_field() {
    let folder = Folder::new("application-add");
    std::fs::write(
        folder.0.join("profile.json"),
        r#"{"algorithm": "ES256", "access_lifetime": 60}"#,
    )
    .unwrap();
    std::fs::write(
        folder.0.join("cookies.json"),
        r#"{"refresh": "shop_refresh", "refresh_path": "/api/v1/token", "same_site": "Strict"}"#,
    )
    .unwrap();
    std::fs::write(
        folder.0.join("same.json"),
        r#"{"refresh": "one", "csrf": "one", "access": "one", "payload": "one"}"#,
    )
    .unwrap();
    std::fs::write(folder.0.join("broken.json"), r#"{"algorythm": "ES256"}"#).unwrap();
    let add = |more: &[&str], input: &str| {
        let mut args = vec!["application", "add", "--name", "Shop"];
        args.extend_from_slice(more);
        folder.sereno(&args, input)
    };
    let (worked, said, complaint) = add(
        &[
            "--client-id",
            "shop",
            "--kind",
            "confidential",
            "--grants",
            "password,refresh_token",
            "--redirect-uri",
            "https://shop.example.org/back",
            "--origin",
            "https://shop.example.org",
            "--scope",
            "introspect",
            "--delivery",
            "refresh_cookie",
            "--profile",
            "profile.json",
            "--cookies",
            "cookies.json",
        ],
        "",
    );
    assert!(worked, "{complaint}");
    assert_eq!(said[0], "shop");
    assert!(said[1].starts_with("cs_") && said.len() == 2, "{said:?}");

    let brought = "0123456789abcdef0123456789abcdef";
    let (worked, said, complaint) = add(
        &["--client-id", "old", "--kind", "confidential", "--secret-stdin"],
        &format!("{brought}\n"),
    );
    assert!(worked, "{complaint}");
    assert_eq!(said, ["old"], "who brings a secret knows it");

    // of apps that are out already
    let short = [
        "--client-id",
        "older",
        "--kind",
        "confidential",
        "--secret-stdin",
        "--accept-short-secret",
    ];
    let (worked, said, complaint) = add(&short, "secret-plain\n");
    assert!(worked, "{complaint}");
    assert_eq!(said, ["older"]);

    let (worked, said, complaint) = add(&[], "");
    assert!(worked, "{complaint}");
    assert_eq!((said.len(), said[0].len()), (1, 22), "a public one has no secret");

    for (more, input, why) in [
        (vec!["--client-id", "shop"], "", "client_id"),
        (vec!["--kind", "secret"], "", "one of public, confidential"),
        (vec!["--delivery", "pigeon"], "", "refresh_cookie"),
        (vec!["--grants", "password,magic"], "", "client_credentials"),
        (vec!["--origin", "shop.example.org"], "", "origins.0"),
        (vec!["--redirect-uri", "http://shop.example.org"], "", "redirect_uris.0"),
        (vec!["--profile", "missing.json"], "", "missing.json"),
        (vec!["--profile", "broken.json"], "", "algorythm"),
        (vec!["--cookies", "missing.json"], "", "missing.json"),
        (vec!["--cookies", "broken.json"], "", "algorythm"),
        (
            vec!["--delivery", "refresh_cookie", "--cookies", "same.json"],
            "",
            "cookies",
        ),
        (vec!["--secret-stdin"], brought, "client_secret"),
        (
            vec!["--secret-stdin", "--kind", "confidential"],
            "secret-plain",
            "client_secret",
        ),
        (
            vec!["--secret-stdin", "--kind", "confidential", "--accept-short-secret"],
            "short",
            "client_secret",
        ),
    ] {
        let (worked, said, complaint) = add(&more, input);
        assert!(!worked && said.is_empty(), "{more:?}: {said:?}");
        assert!(complaint.contains(why), "{more:?}: {complaint}");
        assert!(!complaint.contains(brought), "a secret in a complaint: {complaint}");
    }
}

/// Asks a process to stop, and gives what it said on its log when it did.
fn stop(mut child: Child) -> String {
    let asked = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success());
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    log
}

#[test]
fn roles_are_declared_given_asked_for_and_taken_back() {
    let folder = Folder::new("roles");
    let password = "wheelbarrow at dawn";
    let (added, ..) = folder.sereno(
        &["user", "add", "--email", "ana@example.org", "--password-stdin"],
        password,
    );
    assert!(added);
    let shop = [
        "application",
        "add",
        "--name",
        "Shop",
        "--client-id",
        "shop",
        "--kind",
        "confidential",
    ];
    assert!(folder.sereno(&shop, "").0);
    let file = folder.0.join("shop.json");
    let catalogue = r#"{"permissions": [{"codename": "shop.sell"}], "roles": [{"codename": "seller", "permissions": ["shop.sell"]}]}"#;
    std::fs::write(&file, catalogue).unwrap();
    let apply = ["catalogue", "apply", "--client-id", "shop", "shop.json"];
    let (_, told, _) = folder.sereno(&[&apply[..], &["--dry-run"]].concat(), "");
    assert_eq!(told, ["+ permission shop.sell", "+ role seller", "nothing was changed"]);
    let (_, told, _) = folder.sereno(&apply, "");
    assert_eq!(told.last().map(String::as_str), Some("applied"));
    let (_, told, _) = folder.sereno(&apply, "");
    assert_eq!(told, ["nothing was changed"]);

    let check = ["check", "Shop.Sell", "--user", "ana@example.org"];
    let (may, _, why) = folder.sereno(&check, "");
    assert!(!may && why.contains("not_granted"), "{why}");
    let (given, told, why) = folder.sereno(&["role", "assign", "seller", "--user", "ana@example.org"], "");
    assert!(given, "{why}");
    assert_eq!(told, ["1"]);
    let (may, told, why) = folder.sereno(&check, "");
    assert!(may, "{why}");
    assert_eq!(told, ["yes: role", "role seller > permission shop.sell"]);
    let (taken, _, why) = folder.sereno(&["role", "revoke", "seller", "--user", "ana@example.org"], "");
    assert!(taken, "{why}");
    assert!(!folder.sereno(&check, "").0);
    for wrong in [
        vec!["role", "assign", "nothing", "--user", "ana@example.org"],
        vec!["role", "assign", "seller", "--user", "nobody"],
        vec!["role", "revoke", "seller", "--user", "ana@example.org"],
        vec!["catalogue", "apply", "--client-id", "nowhere", "shop.json"],
    ] {
        let (done, _, why) = folder.sereno(&wrong, "");
        assert!(!done && !why.is_empty(), "{wrong:?}");
    }
}

#[test]
fn the_doctor_looks_and_changes_nothing() {
    let folder = Folder::new("doctor");
    let (worked, said, complaint) = folder.sereno(&["doctor"], "");
    assert!(worked, "{said:?} {complaint}");
    assert!(
        said.iter().any(|line| line.starts_with("ok    database: none yet")),
        "{said:?}"
    );
    assert!(!folder.0.join("data/sereno.db").exists() && !folder.0.join("data/root.key").exists());

    let (worked, _, complaint) = folder.sereno(&["migrate"], "");
    assert!(worked, "{complaint}");
    let (worked, said, complaint) = folder.sereno(&["doctor"], "");
    assert!(worked, "{said:?} {complaint}");
    for fine in ["public URL", "mail", "database", "keys", "clock"] {
        assert!(
            said.iter().any(|line| line.starts_with(&format!("ok    {fine}: "))),
            "{fine}: {said:?}"
        );
    }

    std::fs::write(
        folder.0.join("sereno.toml"),
        "[server]\npublic_url = \"http://nowhere.invalid\"\n[mail]\nurl = \"smtp://127.0.0.1:1?tls=none\"\ntimeout = 2\n",
    )
    .unwrap();
    std::fs::write(folder.0.join("data/root.key"), "ab".repeat(32)).unwrap();
    let (worked, said, complaint) = folder.sereno(&["doctor"], "");
    assert!(
        !worked && complaint.contains("3 of 3 checks failed"),
        "{said:?} {complaint}"
    );
    for wrong in ["public URL", "mail", "keys"] {
        assert!(
            said.iter().any(|line| line.starts_with(&format!("WRONG {wrong}: "))),
            "{wrong}: {said:?}"
        );
    }
}

#[test]
fn migrating_twice_is_no_fault() {
    let folder = Folder::new("migrate");
    for _ in 0..2 {
        let (worked, said, complaint) = folder.sereno(&["migrate"], "");
        assert!(worked && said.is_empty(), "{said:?} {complaint}");
    }
    assert!(folder.0.join("data/sereno.db").exists());
}

#[test]
fn a_worker_sends_what_a_server_left_in_the_queue() {
    let folder = Folder::new("worker");
    let serving = folder.serve(&[("SERENO__WORKER__ENABLED", "false")]);
    let body = r#"{"email":"ana@example.org","password":"wheelbarrow at dawn"}"#;
    let (status, _, answer) = ask(serving.address, "POST", "/api/v1/registrations", JSON, body);
    assert_eq!(status, 202, "{answer}");
    let (_, log) = serving.stop();
    assert!(log.iter().any(|line| line.contains("stopped")), "{log:?}");
    assert_eq!(folder.mails(), 0, "this server does not work the queue");

    let working = folder.start(&["worker"]);
    let began = Instant::now();
    while folder.mails() == 0 && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(stop(working).contains("stopped"));
    assert_eq!(folder.mails(), 1);
}

#[test]
fn mails_are_tried_listed_and_released() {
    let folder = Folder::new("mail");
    let (worked, said, complaint) = folder.sereno(&["mail", "test", "ana@example.org"], "");
    assert!(worked, "{complaint}");
    assert_eq!(said, ["email_sent: written to a file"]);
    assert_eq!(folder.mails(), 1);
    let (worked, said, _) = folder.sereno(&["mail", "list", "--state", "sent"], "");
    assert!(
        worked && said.len() == 1 && said[0].ends_with(" sent email_sent test ana@example.org"),
        "{said:?}"
    );
    let id = said[0].split(' ').next().unwrap().to_owned();
    let (worked, said, _) = folder.sereno(&["mail", "list", "--state", "failed"], "");
    assert!(worked && said.is_empty(), "{said:?}");
    let (worked, said, complaint) = folder.sereno(&["mail", "show", &id], "");
    assert!(worked, "{complaint}");
    for fact in [
        "kind: test",
        "recipient: ana@example.org",
        "state: sent",
        "actions: resend, redirect",
    ] {
        assert!(said.iter().any(|line| line == fact), "{fact}: {said:?}");
    }
    assert!(said.iter().any(|line| line.starts_with("subject: ")), "{said:?}");
    let attempt = said.last().unwrap();
    assert!(
        attempt.starts_with("attempt 1: ") && attempt.contains(" sent "),
        "{attempt}"
    );
    let (worked, said, complaint) = folder.sereno(&["mail", "resend", &id, "--to", "bea@example.org"], "");
    assert!(worked, "{complaint}");
    let (other, code) = said[0].split_once(' ').unwrap();
    assert_eq!(code, "email_in_queue");
    let (worked, said, complaint) = folder.sereno(&["mail", "cancel", other], "");
    assert!(worked && said.is_empty(), "{said:?} {complaint}");
    let (worked, _, complaint) = folder.sereno(&["mail", "cancel", other], "");
    assert!(!worked && !complaint.is_empty(), "it does not wait any more");
    let (worked, ..) = folder.sereno(&["mail", "retry", other], "");
    assert!(worked);
    let (_, said, _) = folder.sereno(&["mail", "list", "--state", "queued"], "");
    assert!(said.len() == 1 && said[0].starts_with(other), "{said:?}");
    for wrong in [["mail", "show", "x"], ["mail", "cancel", "x"], ["mail", "resend", "x"]] {
        let (worked, _, complaint) = folder.sereno(&wrong, "");
        assert!(!worked && !complaint.is_empty(), "{wrong:?}");
    }
    for args in [["mail", "retry", "--all-failed"].as_slice(), &["mail", "release"]] {
        let (worked, said, complaint) = folder.sereno(args, "");
        assert!(worked, "{complaint}");
        assert_eq!(said, ["0"]);
    }
    let (worked, said, _) = folder.sereno(&["announcement", "list"], "");
    assert!(worked && said.is_empty());
    let (worked, _, complaint) = folder.sereno(&["announcement", "pause", "0198c2d4-7b1e-7c3a-9f00-000000000007"], "");
    assert!(!worked && !complaint.is_empty());
    let (worked, _, complaint) = folder.sereno(&["mail", "list", "--state", "shoe"], "");
    assert!(!worked && complaint.contains("state:"), "{complaint}");
    let (worked, _, _) = folder.sereno(&["mail", "retry"], "");
    assert!(!worked, "neither one nor all");
}

#[test]
fn addresses_are_put_on_the_list_and_taken_off() {
    let folder = Folder::new("suppression");
    let add = [
        "suppression",
        "add",
        "ana@example.org",
        "--note",
        "asked for it\nby phone",
    ];
    let (worked, said, complaint) = folder.sereno(&add, "");
    assert!(worked, "{complaint}");
    let id = said[0].clone();
    let (worked, _, complaint) = folder.sereno(&add, "");
    assert!(!worked && complaint.contains("address_listed"), "{complaint}");
    let (_, said, _) = folder.sereno(&["suppression", "list", "--q", "ana@", "--cause", "staff"], "");
    assert_eq!(said, [format!("{id} staff ana@example.org asked for it by phone")]);
    let (worked, said, _) = folder.sereno(&["suppression", "list", "--cause", "hard_bounce"], "");
    assert!(worked && said.is_empty(), "{said:?}");
    let (worked, _, complaint) = folder.sereno(&["suppression", "list", "--cause", "shoe"], "");
    assert!(!worked && complaint.contains("cause:"), "{complaint}");
    let (worked, said, complaint) = folder.sereno(&["mail", "test", "ana@example.org"], "");
    assert!(
        !worked && complaint.contains("address_suppressed"),
        "{said:?} {complaint}"
    );
    let (worked, ..) = folder.sereno(&["suppression", "remove", &id], "");
    assert!(worked);
    let (worked, _, complaint) = folder.sereno(&["suppression", "remove", &id], "");
    assert!(!worked && !complaint.is_empty());
}

#[test]
fn templates_are_read_in_and_published() {
    let folder = Folder::new("template");
    let (worked, said, complaint) = folder.sereno(&["template", "export", "mails"], "");
    assert!(worked && said[0].ends_with(" files"), "{said:?} {complaint}");
    let subject = folder.0.join("mails/activation/en.subject.txt");
    std::fs::write(&subject, "Welcome to the house").unwrap();
    let (worked, said, complaint) = folder.sereno(&["template", "import", "mails"], "");
    assert!(worked, "{complaint}");
    assert_eq!(said, ["activation/en: draft"]);
    let publish = ["template", "publish", "activation", "en", "--note", "ours"];
    let (worked, said, complaint) = folder.sereno(&publish, "");
    assert!(worked, "{complaint}");
    assert_eq!(said, ["1"]);
    let (worked, _, complaint) = folder.sereno(&publish, "");
    assert!(!worked && !complaint.is_empty(), "there is no draft any more");
    let (worked, ..) = folder.sereno(&["template", "export", "again"], "");
    assert!(worked);
    let again = std::fs::read_to_string(folder.0.join("again/activation/en.subject.txt")).unwrap();
    assert_eq!(again.trim(), "Welcome to the house");
    let (worked, _, complaint) = folder.sereno(&["template", "publish", "shoe", "en"], "");
    assert!(!worked && !complaint.is_empty());
}
