//! `sereno serve` as an operator meets it: what it says at its start, what it writes into its log, and its figures.

#![expect(clippy::unwrap_used, reason = "what a fixture cannot do, its test cannot prove")]

use std::net::TcpStream;

use serde_json::Value;

use crate::folder::{Folder, JSON, Serving, ask};

/// The address in a line, without what stands before its path.
fn target(line: &str) -> &str {
    let address = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    &address[address.match_indices('/').nth(2).unwrap().0..]
}

/// Sends what a line of curl would.
fn curl(serving: &Serving, line: &str, code: &str, token: &str) -> (u16, Value) {
    let body = line
        .split_once("-d '")
        .map_or("", |(_, body)| body.trim_end_matches('\''));
    let body = body.replace("THE CODE FROM THE MAIL", code);
    let (method, more) = match line.split_once("Authorization: ") {
        Some(_) => ("GET", format!("authorization: Bearer {token}\r\n")),
        None => ("POST", JSON.to_owned()),
    };
    let (status, _, answer) = ask(serving.address, method, target(line), &more, &body);
    (status, serde_json::from_str(&answer).unwrap_or_default())
}

/// The code in the newest mail, which a worker writes a moment later.
fn code(folder: &std::path::Path) -> String {
    loop {
        let mail = std::fs::read_dir(folder).into_iter().flatten().flatten().next();
        if let Some(text) = mail.and_then(|mail| std::fs::read_to_string(mail.path()).ok()) {
            let is_code = |word: &&str| {
                word.len() == 9
                    && word.as_bytes()[4] == b'-'
                    && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
            };
            if let Some(found) = text.split_whitespace().find(is_code) {
                return found.to_owned();
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn the_first_start_says_how_to_begin_and_what_it_says_works() {
    let folder = Folder::new("first-start");
    let serving = folder.serve(&[]);
    let said = serving.said_until("/api/v1/me");
    let link = said.iter().find(|line| line.contains("/setup")).unwrap();
    let (status, head, page) = ask(serving.address, "GET", target(link), "accept: text/html\r\n", "");
    assert!(status == 200 && page.contains("<form"), "{head}");
    let mails = said
        .iter()
        .find_map(|line| line.split_once("mails are written to "))
        .unwrap()
        .1;
    let mails = folder.0.join(mails.trim_end_matches(':'));
    let lines: Vec<&String> = said.iter().filter(|line| line.trim().starts_with("curl ")).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(curl(&serving, lines[0], "", "").0, 202);
    assert_eq!(curl(&serving, lines[1], &code(&mails), "").0, 200);
    let (status, pair) = curl(&serving, lines[2], "", "");
    assert_eq!(status, 200, "{pair}");
    let (status, me) = curl(&serving, lines[3], "", pair["access_token"].as_str().unwrap());
    assert_eq!((status, me["email"].as_str()), (200, Some("ana@example.org")));
    serving.stop();
    let (worked, ..) = folder.sereno(
        &[
            "user",
            "add",
            "--email",
            "root@example.org",
            "--password-stdin",
            "--superuser",
        ],
        "wheelbarrow at dusk\n",
    );
    assert!(worked);
    let (said, _) = folder.serve(&[]).stop();
    assert_eq!(said, Vec::<String>::new(), "whoever has an administrator needs no link");
}

#[test]
fn the_log_tells_requests_by_their_id_and_tells_no_secret() {
    let folder = Folder::new("log");
    let serving = folder.serve(&[
        ("SERENO__LOG__FORMAT", "json"),
        ("SERENO__LOG__LEVEL", "debug,sereno_core=trace,sereno_server=trace"),
    ]);
    let said = serving.said_until("/api/v1/me");
    let mails = folder.0.join("data/mail");
    let post = |path: &str, body: &Value| ask(serving.address, "POST", path, JSON, &body.to_string());
    let password = "wheelbarrow at dawn";
    let (status, ..) = post(
        "/api/v1/registrations",
        &serde_json::json!({"email": "ana@example.org", "password": password}),
    );
    assert_eq!(status, 202);
    let code = code(&mails);
    let body = serde_json::json!({"email": "ana@example.org", "code": code});
    assert_eq!(post("/api/v1/registrations/activate", &body).0, 200);
    let body = serde_json::json!({"identifier": "ana@example.org", "password": password});
    let (status, head, pair) = post("/api/v1/login", &body);
    assert_eq!(status, 200, "{pair}");
    let id = head
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap()
        .to_owned();
    let pair: Value = serde_json::from_str(&pair).unwrap();
    let (access, refresh) = (
        pair["access_token"].as_str().unwrap(),
        pair["refresh_token"].as_str().unwrap(),
    );
    let bearer = format!("authorization: Bearer {access}\r\n");
    assert_eq!(ask(serving.address, "GET", "/api/v1/me", &bearer, "").0, 200);
    assert_eq!(
        post("/api/v1/token/refresh", &serde_json::json!({"refresh_token": refresh})).0,
        200
    );
    let link = said.iter().find(|line| line.contains("/setup")).unwrap();
    let token = link.rsplit_once("token=").unwrap().1.trim().to_owned();
    ask(serving.address, "GET", target(link), "accept: text/html\r\n", "");
    let (_, log) = serving.stop();
    let lines: Vec<Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 6);
    let ids: std::collections::BTreeSet<_> = answered
        .iter()
        .map(|line| line["span"]["request_id"].as_str())
        .collect();
    assert!(ids.len() == 6 && !ids.contains(&None), "{ids:?}");
    let login = answered
        .iter()
        .find(|line| line["span"]["request_id"] == id.as_str())
        .unwrap();
    assert_eq!(
        (login["span"]["route"].as_str(), login["status"].as_u64()),
        (Some("/api/v1/login"), Some(200))
    );
    for secret in [password, &code, access, refresh, &token] {
        let told: Vec<&String> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn figures_stand_on_a_listener_of_their_own() {
    let folder = Folder::new("figures");
    let serving = folder.serve(&[]);
    assert_eq!(ask(serving.address, "GET", "/health/live", "", "").0, 200);
    assert_eq!(ask(serving.address, "GET", "/metrics", "", "").0, 404);
    let body = r#"{"identifier":"nobody","password":"x"}"#;
    assert_eq!(ask(serving.address, "POST", "/api/v1/login", JSON, body).0, 401);
    let (status, head, text) = ask(serving.metrics, "GET", "/metrics", "", "");
    assert_eq!(status, 200);
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    for figure in [
        r#"sereno_http_requests_total{method="GET",path="/health/live",status="200"} 1"#,
        r#"sereno_http_requests_total{method="POST",path="/api/v1/login",status="401"} 1"#,
        "sereno_http_request_duration_seconds_count 3",
        r#"sereno_events_total{name="login_failed",outcome="#,
        "sereno_password_hashes 1",
        "sereno_password_hashes_waiting 0",
        "sereno_live_connections 0",
        "# EOF",
    ] {
        assert!(text.contains(figure), "no {figure} in {text}");
    }
    serving.stop();
    let serving = folder.serve(&[("SERENO__SERVER__METRICS_LISTEN", "off")]);
    assert!(TcpStream::connect(serving.metrics).is_err());
    serving.stop();
}

#[test]
fn every_fault_of_the_settings_is_told_at_once() {
    let folder = Folder::new("faults");
    std::fs::write(
        folder.0.join("sereno.toml"),
        "[server]\nlisten = \"nowhere\"\n[token]\naccess_lifetime = \"soon\"\n[log]\nlevel = \"loud=\"\n\
         [compat.djwto]\nenabled = true\nprefix = \"/api/v1\"\n",
    )
    .unwrap();
    let (worked, _, complaint) = folder.sereno(&["config", "check"], "");
    assert!(!worked);
    for setting in ["server.listen", "token.access_lifetime", "compat.djwto"] {
        assert!(complaint.contains(setting), "no {setting} in {complaint}");
    }
    let (worked, said, complaint) = folder.sereno(&["config", "example"], "");
    assert!(!worked || said.iter().any(|line| line == "[server]"), "{complaint}");
    std::fs::remove_file(folder.0.join("sereno.toml")).unwrap();
    let (worked, said, complaint) = folder.sereno(&["config", "example"], "");
    assert!(worked && said.iter().any(|line| line == "[server]"), "{complaint}");
    std::fs::write(folder.0.join("sereno.toml"), said.join("\n")).unwrap();
    let (worked, _, complaint) = folder.sereno(&["config", "check"], "");
    assert!(worked, "{complaint}");
}
