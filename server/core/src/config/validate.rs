//! What makes sense and what is refused: figures within bounds, addresses that parse, and the refusals of the modes.

use sereno_types::Locale;
use url::Url;

use super::{Config, Faults, Mode, compat};
use crate::event::EventKind;
use crate::intent::IntentKind;

/// Adds everything that is wrong.
pub fn all(config: &Config, faults: &mut Faults) {
    server(config, faults);
    database_and_keys(config, faults);
    mail(config, faults);
    push(config, faults);
    brand(config, faults);
    login_code(config, faults);
    testers(config, faults);
    profile(config, faults);
    hooks(config, faults);
    figures(config, faults);
    modes(config, faults);
    compat::judge(config, faults);
}

fn server(config: &Config, faults: &mut Faults) {
    let public_url = &config.server.public_url;
    if !public_url.is_empty() {
        match Url::parse(public_url) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
                faults.add("server", "public_url", "must be an http or https URL");
            }
            Ok(url) if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
                faults.add("server", "public_url", "must end after host and port");
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                faults.add("server", "public_url", "must not hold a user or password");
            }
            Ok(_) => {}
            Err(_) => faults.add("server", "public_url", "must be an http or https URL"),
        }
    }
    let metrics = &config.server.metrics_listen;
    if !metrics.is_empty() && metrics != "off" && metrics.parse::<std::net::SocketAddr>().is_err() {
        faults.add("server", "metrics_listen", "must be an address with a port, or \"off\"");
    }
}

fn database_and_keys(config: &Config, faults: &mut Faults) {
    let url = config.database_url();
    if !["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        faults.add("database", "url", "must begin with sqlite: or postgres://");
    }
    if url.starts_with("sqlite::memory:") || url.contains("mode=memory") {
        faults.add(
            "database",
            "url",
            "must name a file: a database in memory cannot be shared by writer and readers",
        );
    }
}

/// The chance of guessing that is allowed for each account and day: one in so many.
const GUESSING_ODDS: u64 = 10_000;

fn login_code(config: &Config, faults: &mut Faults) {
    let settings = &config.login_code;
    let mut bounds = |key: &str, value: u64, least: u64, most: u64| {
        if value < least || value > most {
            faults.add("login_code", key, &format!("must be from {least} to {most}"));
        }
    };
    bounds("length", settings.length, 6, 12);
    bounds("lifetime", settings.lifetime.0, 60, 600);
    bounds("attempts", settings.attempts, 1, 20);
    // a guess may be held against three codes
    bounds("guesses_per_account", settings.guesses_per_account, 3, 1_000_000);
    bounds("guesses_per_address", settings.guesses_per_address, 1, 1_000_000);
    let alphabet = &settings.alphabet;
    let plain = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    let twice = alphabet
        .chars()
        .enumerate()
        .any(|(at, c)| alphabet.chars().skip(at + 1).any(|other| other == c));
    if alphabet.len() < 10 || twice || !alphabet.chars().all(plain) {
        let message = "must be at least ten different digits and capital letters";
        faults.add("login_code", "alphabet", message);
    }
    if settings.resend != "keep" && settings.resend != "replace" {
        faults.add("login_code", "resend", "must be \"keep\" or \"replace\"");
    }
    // one of so many codes is right; a day can touch two windows of each of the two counters
    let length = u32::try_from(settings.length).unwrap_or(u32::MAX);
    let codes = (alphabet.len() as u64).saturating_pow(length);
    let most = codes / GUESSING_ODDS / 4;
    if settings.guesses_per_account > most {
        let message = format!(
            "must be at most {most} with codes of this length and alphabet: more could be guessed than 1 in {GUESSING_ODDS} \
             accounts a day"
        );
        faults.add("login_code", "guesses_per_account", &message);
    }
}

fn testers(config: &Config, faults: &mut Faults) {
    let (testers, is_prod) = (&config.testers, config.general.mode == Mode::Prod);
    let code = testers.development_code.expose();
    if !code.is_empty() && is_prod {
        faults.add("testers", "development_code", "is for dev mode only");
    }
    if !code.is_empty() && !is_fixed_code(code) {
        faults.add("testers", "development_code", FIXED_CODE);
    }
    for entry in &testers.entries {
        if !is_fixed_code(entry.code.expose()) {
            faults.add("testers", "entries", FIXED_CODE);
        }
        let (begins, is_pattern) = match entry.who.strip_suffix('*') {
            Some(begins) => (begins, true),
            None => (entry.who.as_str(), false),
        };
        // a short beginning would be the beginning of strangers' addresses
        let sound = !begins.contains('*')
            && if is_pattern {
                begins.len() >= 4
            } else {
                begins.contains('@')
            };
        if !sound {
            let message = "must name addresses, or beginnings of at least four characters with a `*` at the end";
            faults.add("testers", "entries", message);
        }
        if is_prod && entry.until.is_none() {
            faults.add("testers", "entries", "must each say `until` in prod mode");
        }
    }
}

const FIXED_CODE: &str = "must have codes of 6 to 32 digits and capital letters";

/// Whether it can be typed as codes are typed.
fn is_fixed_code(code: &str) -> bool {
    (6..=32).contains(&code.len()) && code.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

fn profile(config: &Config, faults: &mut Faults) {
    let known = ["username", "first_name", "last_name", "locale", "avatar", "attributes"];
    if config
        .profile
        .protected
        .iter()
        .any(|field| !known.contains(&field.as_str()))
    {
        faults.add("profile", "protected", "must name fields of a profile");
    }
}

fn hooks(config: &Config, faults: &mut Faults) {
    let hooks = &config.hooks;
    if hooks.url.is_empty() {
        if !hooks.before.is_empty() || !hooks.after.is_empty() {
            faults.add("hooks", "url", "must be set where before or after names something");
        }
    } else {
        let url = Url::parse(&hooks.url).ok();
        let good = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        match good {
            None => faults.add("hooks", "url", "must be an http or https URL"),
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                faults.add("hooks", "url", "must not hold a user or password");
            }
            Some(_) => {}
        }
        if hooks.secret.is_empty() {
            faults.add("hooks", "secret", "must be set where url is");
        }
    }
    if hooks.before.iter().any(|name| IntentKind::from_name(name).is_none()) {
        let known: Vec<_> = IntentKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let message = format!("must name intents: {}", known.join(", "));
        faults.add("hooks", "before", &message);
    }
    let kinds: Vec<_> = hooks.after.iter().map(|name| EventKind::from_name(name)).collect();
    if kinds.contains(&None) {
        let known = EventKind::ALL.iter().filter(|kind| kind.is_written());
        let known: Vec<_> = known.map(|kind| kind.as_str()).collect();
        faults.add("hooks", "after", &format!("must name events: {}", known.join(", ")));
    }
    if kinds.iter().flatten().any(|kind| !kind.is_written()) {
        let frequent = EventKind::ALL.iter().filter(|kind| !kind.is_written());
        let frequent: Vec<_> = frequent.map(|kind| kind.as_str()).collect();
        let message = format!(
            "cannot name {}: they are told inside the process only, and never written",
            frequent.join(" or ")
        );
        faults.add("hooks", "after", &message);
    }
    if hooks.on_failure != "refuse" && hooks.on_failure != "allow" {
        faults.add("hooks", "on_failure", "must be \"refuse\" or \"allow\"");
    }
    if hooks.timeout >= config.worker.lease {
        faults.add("hooks", "timeout", "must be shorter than worker.lease");
    }
}

fn mail(config: &Config, faults: &mut Faults) {
    mail_url("url", &config.mail_url(), faults);
    for url in &config.mail.fallback_urls {
        mail_url("fallback_urls", url.expose(), faults);
    }
    if config.mail.from.parse::<lettre::message::Mailbox>().is_err() {
        faults.add(
            "mail",
            "from",
            "must be an address, for example `Example <no-reply@example.org>`",
        );
    }
    if Locale::from_name(&config.mail.locale).is_none() {
        faults.add("mail", "locale", "must be \"en\", \"de\" or \"es\"");
    }
    let bounce = &config.mail.bounce_address;
    if !bounce.is_empty() && bounce.parse::<lettre::Address>().is_err() {
        faults.add("mail", "bounce_address", "must be an address without a name");
    }
    let selector = &config.mail.dkim_selector;
    let is_selector = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if selector.is_empty() != config.mail.dkim_key_file.is_empty() || !selector.chars().all(is_selector) {
        faults.add(
            "mail",
            "dkim_selector",
            "must be a name of the DNS, and be set where dkim_key_file is",
        );
    }
    let sound = |entry: &String| {
        let letters = entry.chars().filter(|c| c.is_alphanumeric()).count();
        letters >= 2 && !entry.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    if !config.mail.excluded.iter().all(sound) {
        let message = "must name addresses or domains, with `*` for any characters; each needs two letters at least";
        faults.add("mail", "excluded", message);
    }
}

fn mail_url(key: &str, url: &str, faults: &mut Faults) {
    let parsed = Url::parse(url).ok();
    let is_smtp = parsed
        .as_ref()
        .is_some_and(|url| url.scheme() == "smtp" && url.host().is_some());
    if !is_smtp && !url.starts_with("file:") {
        faults.add("mail", key, "must be smtp://host:port or file:DIR");
    }
    if is_smtp && parsed.is_some_and(|url| !knows_all(&url)) {
        let message = "knows only ?tls=none, ?tls=starttls or ?tls=wrapper, and per_minute=N";
        faults.add("mail", key, message);
    }
}

/// Whether the URL of a mail server asks only for what there is.
fn knows_all(url: &Url) -> bool {
    url.query_pairs().all(|(name, value)| match name.as_ref() {
        "tls" => matches!(value.as_ref(), "none" | "starttls" | "wrapper"),
        "per_minute" => value.parse::<u64>().is_ok_and(|most| most > 0),
        _ => false,
    })
}

/// The URL of a mail server that staff gives, held to what the settings hold theirs to.
#[must_use]
pub fn mail_server(config: &Config, text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_smtp = url.scheme() == "smtp" && url.host().is_some() && url.fragment().is_none();
    let in_clear = !config.is_dev() && clear_text_credentials(text).is_some();
    (is_smtp && matches!(url.path(), "" | "/") && knows_all(&url) && !in_clear).then_some(url)
}

fn push(config: &Config, faults: &mut Faults) {
    let url = Url::parse(&config.push.url).ok();
    let good = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    if good.is_none_or(|url| url.query().is_some() || url.fragment().is_some() || !url.username().is_empty()) {
        faults.add("push", "url", "must be an http or https URL");
    }
}

/// Longest name of this server, in bytes.
const BRAND_MAX: usize = 100;

/// Whether it names something on this server. Browsers read `//host` and `/\host` as somebody else's.
fn is_path(text: &str) -> bool {
    let other = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
    text.starts_with('/') && !text.starts_with("//") && !text.contains(other)
}

/// Whether it is a URL to show to people.
fn is_https(text: &str) -> bool {
    let url = Url::parse(text)
        .ok()
        .filter(|url| url.scheme() == "https" && url.has_host());
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    plain && url.is_some_and(|url| url.username().is_empty() && url.password().is_none())
}

/// A picture of somebody else's would tell them who reads mails, and when.
fn brand(config: &Config, faults: &mut Faults) {
    let logo = &config.brand.logo;
    if !logo.is_empty() && !is_path(logo.strip_prefix(&config.public_url()).unwrap_or(logo)) {
        faults.add("brand", "logo", "must be a path or URL of this server");
    }
    if !config.brand.accent.is_empty() && config.brand_accent().is_none() {
        faults.add("brand", "accent", "must be a colour as #rrggbb, for example #0b5d3b");
    }
    let links = [
        ("help", &config.brand.help),
        ("privacy", &config.brand.privacy),
        ("terms", &config.brand.terms),
    ];
    for (key, link) in links {
        if !link.is_empty() && !is_path(link) && !is_https(link) {
            faults.add("brand", key, "must be an https URL or a path of this server");
        }
    }
    if config.brand.name.len() > BRAND_MAX || config.brand.name.contains(char::is_control) {
        faults.add("brand", "name", "must be one line of at most 100 bytes");
    }
}

fn figures(config: &Config, faults: &mut Faults) {
    let password = &config.password;
    let mut bounds = |section: &str, key: &str, value: u64, least: u64, most: u64| {
        if value < least || value > most {
            faults.add(section, key, &format!("must be from {least} to {most}"));
        }
    };
    bounds("server", "max_connections", config.server.max_connections, 1, 1_000_000);
    let per_address = config.server.max_connections_per_address;
    bounds("server", "max_connections_per_address", per_address, 0, 1_000_000);
    bounds("server", "max_requests", config.server.max_requests, 1, 1_000_000);
    bounds("server", "max_body", config.server.max_body, 1_024, 16_777_216);
    bounds("server", "header_timeout", config.server.header_timeout.0, 1, 600);
    bounds("server", "body_timeout", config.server.body_timeout.0, 1, 600);
    bounds("server", "idle_timeout", config.server.idle_timeout.0, 1, 3_600);
    bounds("server", "stop_timeout", config.server.stop_timeout.0, 1, 600);
    bounds("server", "trusted_proxies", config.server.trusted_proxies, 0, 10);
    bounds("database", "max_connections", config.database.max_connections, 1, 1_000);
    bounds("database", "timeout", config.database.timeout.0, 1, 600);
    bounds("mail", "timeout", config.mail.timeout.0, 1, 600);
    bounds("push", "timeout", config.push.timeout.0, 1, 60);
    bounds(
        "registration",
        "link_lifetime",
        config.registration.link_lifetime.0,
        60,
        2_592_000,
    );
    bounds(
        "registration",
        "code_lifetime",
        config.registration.code_lifetime.0,
        60,
        600,
    );
    bounds(
        "registration",
        "code_attempts",
        config.registration.code_attempts,
        1,
        20,
    );
    bounds(
        "deletion",
        "grace_period",
        config.deletion.grace_period.0,
        0,
        31_536_000,
    );
    bounds(
        "profile",
        "avatar_max_bytes",
        config.profile.avatar_max_bytes,
        16_384,
        16_777_216,
    );
    bounds("password", "min_length", password.min_length, 8, 64);
    bounds("password", "max_length", password.max_length, 64, 4_096);
    bounds("password", "reset_lifetime", password.reset_lifetime.0, 60, 86_400);
    bounds("password", "memory_kib", password.memory_kib, 8, 262_144);
    bounds("password", "iterations", password.iterations, 1, 100);
    bounds("password", "parallelism", password.parallelism, 1, 16);
    bounds("password", "threads", password.threads, 0, 1_024);
    bounds("password", "queue", password.queue, 1, 100_000);
    bounds(
        "session",
        "idle_lifetime",
        config.session.idle_lifetime.0,
        60,
        31_536_000,
    );
    bounds("session", "lifetime", config.session.lifetime.0, 60, 31_536_000);
    bounds("token", "access_lifetime", config.token.access_lifetime.0, 10, 86_400);
    bounds(
        "token",
        "refresh_idle_lifetime",
        config.token.refresh_idle_lifetime.0,
        60,
        31_536_000,
    );
    bounds(
        "token",
        "refresh_lifetime",
        config.token.refresh_lifetime.0,
        60,
        315_360_000,
    );
    bounds("token", "retry_window", config.token.retry_window.0, 0, 300);
    bounds("hooks", "timeout", config.hooks.timeout.0, 1, 30);
    bounds("social", "timeout", config.social.timeout.0, 1, 60);
    bounds("device", "per_user", config.device.per_user, 0, 100_000);
    bounds("live", "connections", config.live.connections, 1, 1_000_000);
    let per_user = config.live.connections_per_user;
    bounds("live", "connections_per_user", per_user, 1, 10_000);
    bounds("live", "recheck", config.live.recheck.0, 1, 300);
    bounds("access", "keep_asked_days", config.access.keep_asked_days, 1, 36_500);
    bounds("worker", "concurrency", config.worker.concurrency, 1, 256);
    bounds("worker", "max_attempts", config.worker.max_attempts, 1, 100);
    bounds("worker", "lease", config.worker.lease.0, 10, 86_400);
    bounds("worker", "keep_days", config.worker.keep_days, 1, 36_500);
    bounds("mail", "history_days", config.mail.history_days, 1, 36_500);
    bounds(
        "mail",
        "attachments_max_bytes",
        config.mail.attachments_max_bytes,
        0,
        26_214_400,
    );
    let transports = config.mail.fallback_urls.len() as u64 + 1;
    // a job is cut off after nine tenths of its lease, and a transport is waited for a second longer than its time-out
    let room = config.worker.lease.0 * 9 / 10;
    if (config.mail.timeout.0 + 1).saturating_mul(transports) >= room {
        faults.add(
            "mail",
            "timeout",
            "must leave room in nine tenths of worker.lease for each transport (url and fallback_urls) and a second more, else a slow server ends mails",
        );
    }
    if !config.push.service_account_file.is_empty() && config.push.timeout.0 >= room {
        faults.add("push", "timeout", "must be shorter than nine tenths of worker.lease");
    }
    if config.database.sync != "normal" && config.database.sync != "full" {
        faults.add("database", "sync", "must be \"normal\" or \"full\"");
    }
    if config.log.format != "text" && config.log.format != "json" {
        faults.add("log", "format", "must be \"text\" or \"json\"");
    }
}

/// A password for the mail server that would travel in clear over a network.
fn clear_text_credentials(url: &str) -> Option<&'static str> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "smtp")?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let clear = url.query_pairs().any(|(key, value)| key == "tls" && value == "none");
    (clear && !here && url.password().is_some()).then_some("must not send a password without TLS in prod mode")
}

/// What each mode refuses. `dev` is for one machine and must not be reachable from another; `prod` refuses defaults that
/// would be unsafe or lose mail.
fn modes(config: &Config, faults: &mut Faults) {
    match config.general.mode {
        Mode::Dev => {
            if !config.server.listen.ip().is_loopback() {
                faults.add(
                    "server",
                    "listen",
                    "must be a loopback address in dev mode; set mode = \"prod\" to serve others",
                );
            }
        }
        Mode::Prod => {
            if config.server.public_url.is_empty() {
                faults.add("server", "public_url", "must be set in prod mode");
            } else if !config.is_https() && config.server.trusted_proxies == 0 {
                faults.add(
                    "server",
                    "public_url",
                    "must be https in prod mode, unless a trusted proxy stands in front",
                );
            }
            if config.mail.url.is_empty() {
                faults.add("mail", "url", "must be set in prod mode: mails in files reach nobody");
            }
            if !config.database_url().starts_with("sqlite:") && config.keys.root.is_empty() {
                faults.add(
                    "keys",
                    "root",
                    "must be set in prod mode with PostgreSQL, the same on every node",
                );
            }
            if let Some(why) = clear_text_credentials(&config.mail_url()) {
                faults.add("mail", "url", why);
            }
            for url in &config.mail.fallback_urls {
                if let Some(why) = clear_text_credentials(url.expose()) {
                    faults.add("mail", "fallback_urls", why);
                }
            }
        }
    }
}
