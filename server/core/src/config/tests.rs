use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn faults(file: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    match Config::load(Some(("sereno.toml", file)), env(pairs), Vec::new()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(|fault| fault.setting.clone()).collect(),
    }
}

#[test]
fn defaults_are_sound() {
    let config = Config::load(None, [], Vec::new()).unwrap();
    assert_eq!(config.public_url(), "http://127.0.0.1:3000");
    assert_eq!(config.database_url(), "sqlite:./data/sereno.db");
    assert_eq!(config.mail_url(), "file:./data/mail");
}

#[test]
fn environment_wins_over_file_and_command_line_over_both() {
    let file = "data = \"/f\"\n[server]\nlisten = \"127.0.0.1:1\"\nmax_body = 2000\n[limit]\nlogin_per_account = 7\n";
    let env = env(&[
        ("SERENO__SERVER__LISTEN", "127.0.0.1:2"),
        ("SERENO__DATA", "/e"),
        ("PATH", "/bin"),
    ]);
    let config = Config::load(Some(("sereno.toml", file)), env, vec![("data", "/c".to_owned())]).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.server.max_body, 2000);
    assert_eq!(config.general.data, "/c");
    assert_eq!(config.limit.login_per_account, 7);
}

#[test]
fn all_faults_are_reported_at_once() {
    let file = "colour = 1\n[server]\nlisten = 5\nmax_body = 1\n[nowhere]\na = 1\n[mail]\nurl = \"ftp://x\"\n";
    let found = faults(
        file,
        &[
            ("SERENO__PASSWORD__THREADS", "many"),
            ("SERENO__SERVER__PUBLIC_URL", "https://x/y"),
        ],
    );
    for setting in [
        "colour",
        "server.listen",
        "server.max_body",
        "nowhere",
        "mail.url",
        "password.threads",
        "server.public_url",
    ] {
        assert!(found.contains(&setting.to_owned()), "{setting} is missing in {found:?}");
    }
}

#[test]
fn modes_refuse_what_is_unsafe() {
    assert_eq!(
        faults("", &[("SERENO__SERVER__LISTEN", "0.0.0.0:3000")]),
        ["server.listen"]
    );
    assert_eq!(faults("mode = \"prod\"", &[]), ["server.public_url", "mail.url"]);
    let prod = "mode = \"prod\"\n[server]\npublic_url = \"https://id.example.org\"\n[mail]\nurl = \"smtp://mail:25\"\n";
    assert_eq!(faults(prod, &[]), Vec::<String>::new());
    assert_eq!(
        faults(prod, &[("SERENO__DATABASE__URL", "postgres://db/sereno")]),
        ["keys.root"]
    );
    assert_eq!(
        faults(prod, &[("SERENO__SERVER__PUBLIC_URL", "http://id.example.org")]),
        ["server.public_url"]
    );
    let behind = [
        ("SERENO__SERVER__PUBLIC_URL", "http://id.example.org"),
        ("SERENO__SERVER__TRUSTED_PROXIES", "1"),
    ];
    assert_eq!(faults(prod, &behind), Vec::<String>::new());
}

#[test]
fn hooks_name_what_there_is() {
    let file = "[hooks]\nurl = \"https://hooks.example.org/x\"\nsecret = \"twenty-four bytes or more\"\n";
    let good = format!("{file}before = [\"login\"]\nafter = [\"logged_in\"]\n");
    assert_eq!(faults(&good, &[]), Vec::<String>::new());
    for (name, value, fault) in [
        ("URL", "ftp://x", "hooks.url"),
        ("URL", "https://u:p@x", "hooks.url"),
        ("URL", "", "hooks.url"),
        ("SECRET", "", "hooks.secret"),
        ("BEFORE", "login,logged_in", "hooks.before"),
        ("AFTER", "login", "hooks.after"),
        ("AFTER", "token_verified", "hooks.after"),
        ("TIMEOUT", "0", "hooks.timeout"),
        ("ON_FAILURE", "shrug", "hooks.on_failure"),
    ] {
        let name = format!("SERENO__HOOKS__{name}");
        assert_eq!(faults(&good, &[(&name, value)]), [fault], "{value}");
    }
    let told = Config::load(None, env(&[("SERENO__HOOKS__BEFORE", "x")]), Vec::new()).unwrap_err();
    assert!(
        told.to_string().contains("login, login_code, logout, registration"),
        "{told}"
    );
}

#[test]
fn a_brand_names_what_can_be_shown() {
    let good = [
        ("SERENO__BRAND__NAME", "<b>Ana & Co.</b>"),
        ("SERENO__BRAND__LOGO", "/logo.svg"),
        ("SERENO__BRAND__ACCENT", "#0B5D3B"),
        ("SERENO__BRAND__HELP", "https://help.example.org/a?b=c#d"),
        ("SERENO__BRAND__PRIVACY", "/privacy"),
        ("SERENO__BRAND__TERMS", "https://example.org"),
    ];
    assert_eq!(faults("", &good), Vec::<String>::new());
    let config = Config::load(None, env(&good), Vec::new()).unwrap();
    assert_eq!(config.brand_accent().unwrap().name(), "0b5d3b");
    for (key, value) in [
        ("LOGO", "https://elsewhere.example/logo.png"),
        ("LOGO", "//elsewhere.example/logo.png"),
        ("LOGO", "/\\elsewhere.example/logo.png"),
        ("LOGO", "http://127.0.0.1:3000.elsewhere.example/logo.png"),
        ("ACCENT", "green"),
        ("ACCENT", "#369"),
        ("ACCENT", "#336699; } body { display: none"),
        ("HELP", "http://example.org"),
        ("HELP", "help.html"),
        ("HELP", "//example.org"),
        ("HELP", "/\\example.org"),
        ("PRIVACY", "javascript:alert(1)"),
        ("PRIVACY", "https://"),
        ("PRIVACY", "https://user:password@example.org"),
        ("TERMS", "data:text/html,x"),
        ("TERMS", "https://example.org/a b"),
        ("TERMS", "mailto:ana@example.org"),
    ] {
        let name = format!("SERENO__BRAND__{key}");
        let setting = format!("brand.{}", key.to_lowercase());
        assert_eq!(faults("", &[(&name, value)]), [setting], "{value}");
    }
    let own = env(&[("SERENO__BRAND__LOGO", "http://127.0.0.1:3000/logo.png")]);
    assert_eq!(
        Config::load(None, own, Vec::new()).unwrap().brand_picture(),
        "/logo.png"
    );
    let told = Config::load(None, env(&[("SERENO__BRAND__ACCENT", "green")]), Vec::new()).unwrap_err();
    assert!(
        told.to_string().contains("brand.accent must be a colour as #rrggbb"),
        "{told}"
    );
}

#[test]
fn a_sign_up_asks_one_of_three_things_of_its_address() {
    for (said, meant) in [
        ("required", Verification::Required),
        ("optional", Verification::Optional),
        ("none", Verification::None),
    ] {
        let file = format!("[registration]\nverification = \"{said}\"\n");
        let config = Config::load(Some(("sereno.toml", &file)), [], Vec::new()).unwrap();
        assert_eq!(config.registration.verification, meant);
    }
    let name = "SERENO__REGISTRATION__VERIFICATION";
    for wrong in ["", "mandatory", "Optional", "true"] {
        assert_eq!(faults("", &[(name, wrong)]), ["registration.verification"], "{wrong}");
    }
}

#[test]
fn a_slip_in_the_file_is_told_with_its_line() {
    let text = "[server]\n\nlisten = \"127.0.0.1:1\nmax_body = 5\n";
    let told = Config::load(Some(("/etc/sereno.toml", text)), [], Vec::new()).unwrap_err();
    assert!(
        told.to_string().starts_with("/etc/sereno.toml, line 3, is not TOML: "),
        "{told}"
    );
    assert!(!told.to_string().contains("127.0.0.1"), "{told}");
}

#[test]
fn a_fault_never_repeats_the_value() {
    let text = Config::load(
        None,
        env(&[("SERENO__DATABASE__URL", "mysql://u:hunter2@h/d")]),
        Vec::new(),
    )
    .unwrap_err()
    .to_string();
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn the_example_loads_as_the_defaults() {
    let example = Config::example();
    let switched_on: String = example
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with(' '))
                .unwrap_or(line)
        })
        .filter(|line| !line.ends_with("= \"\""))
        .fold(String::new(), |text, line| text + line + "\n");
    let config = Config::load(Some(("sereno.toml", &switched_on)), [], Vec::new()).unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
}
