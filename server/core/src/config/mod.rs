//! Configuration: defaults in code, then the file, then the environment (`SERENO__SECTION__KEY`). Loading collects every
//! fault before it refuses. Holds no rule about users; the sections only say how they must be to make sense.

mod colour;
mod compat;
mod sections;
mod setting;
mod testers;
mod validate;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use sereno_types::Locale;
use toml::{Table, Value};
use url::Url;

pub use colour::Accent;
pub use compat::{Compat, Djwto, NetsCore};
pub use sections::{
    Access, Brand, Database, Deletion, Device, General, Hooks, Keys, Limit, Live, Log, LoginCode, Mail, Password,
    Profile, Push, Registration, Server, Session, Social, Testers, Token, Worker,
};
pub use setting::Seconds;
use setting::{Found, Raw, Setting};
pub use testers::Tester;
pub use validate::mail_server;

/// Begins every environment variable of Sereno.
const ENV_PREFIX: &str = "SERENO__";

/// How strict Sereno is with its own set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A developer's own machine.
    Dev,
    /// Everything else.
    Prod,
}

impl Setting for Mode {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        match String::read(raw).as_deref() {
            Ok("dev") => Ok(Self::Dev),
            Ok("prod") => Ok(Self::Prod),
            _ => Err("\"dev\" or \"prod\""),
        }
    }

    fn show(&self) -> Option<Value> {
        let name = if *self == Self::Dev { "dev" } else { "prod" };
        Some(Value::String(name.to_owned()))
    }
}

/// What a sign-up asks of its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The account waits until its address is confirmed.
    Required,
    /// The account works at once; its owner is mailed a link and a code to confirm the address.
    Optional,
    /// The account works at once, and signing up mails nothing.
    None,
}

impl Setting for Verification {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        match String::read(raw).as_deref() {
            Ok("required") => Ok(Self::Required),
            Ok("optional") => Ok(Self::Optional),
            Ok("none") => Ok(Self::None),
            _ => Err("\"required\", \"optional\" or \"none\""),
        }
    }

    fn show(&self) -> Option<Value> {
        let name = match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::None => "none",
        };
        Some(Value::String(name.to_owned()))
    }
}

/// Everything that was configured.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What concerns the whole process.
    pub general: General,
    /// The HTTP listener.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The root key.
    pub keys: Keys,
    /// Outgoing mail.
    pub mail: Mail,
    /// Notifications to devices.
    pub push: Push,
    /// How mails and the pages for everybody look.
    pub brand: Brand,
    /// Sign-up.
    pub registration: Registration,
    /// Sign-in by a mailed code.
    pub login_code: LoginCode,
    /// Fixed codes in the place of mailed ones.
    pub testers: Testers,
    /// Deleting accounts.
    pub deletion: Deletion,
    /// What users may change.
    pub profile: Profile,
    /// Who may do what.
    pub access: Access,
    /// Password policy and hashing.
    pub password: Password,
    /// Sign-ins of browsers.
    pub session: Session,
    /// Devices.
    pub device: Device,
    /// Tokens.
    pub token: Token,
    /// Limits.
    pub limit: Limit,
    /// A server that is asked and told.
    pub hooks: Hooks,
    /// Signing in through others.
    pub social: Social,
    /// Notifications over a WebSocket.
    pub live: Live,
    /// Jobs.
    pub worker: Worker,
    /// The log.
    pub log: Log,
    /// Facades: the wires of other products.
    pub compat: Compat,
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as `section.key`.
    pub setting: String,
    /// What is wrong: the rest of a sentence that begins with the setting. Never holds the value.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.setting, self.message)
    }
}

/// Everything that is wrong with the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    fn add(&mut self, section: &str, key: &str, message: &str) {
        let setting = if section.is_empty() {
            key.to_owned()
        } else {
            format!("{section}.{key}")
        };
        self.0.push(Fault {
            setting,
            message: message.to_owned(),
        });
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// What the command line sets; it wins over file and environment.
pub type Overrides = Vec<(&'static str, String)>;

impl Config {
    /// As [`Self::read`], for whoever has nothing more to check.
    ///
    /// # Errors
    /// Everything that is wrong, not just the first.
    pub fn load(
        file: Option<(&str, &str)>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, Faults> {
        let (config, faults) = Self::read(file, env, overrides);
        if faults.0.is_empty() { Ok(config) } else { Err(faults) }
    }

    /// Reads defaults, then `file` (its name and what stands in it), then `env` (all variables of the process; those of
    /// others are passed over), then the command line's overrides (`("server.listen", value)`). Gives everything that is
    /// wrong too; a setting that is wrong has its default.
    pub fn read(
        file: Option<(&str, &str)>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> (Self, Faults) {
        let mut faults = Faults::default();
        let mut found = BTreeMap::<String, Found>::new();
        if let Some((name, text)) = file {
            match text.parse::<Table>() {
                Ok(table) => sort_file(table, &mut found),
                Err(error) => {
                    let before = error.span().and_then(|span| text.get(..span.start));
                    let place = before.map_or_else(
                        || name.to_owned(),
                        |before| format!("{name}, line {},", before.matches('\n').count() + 1),
                    );
                    faults.add("", &place, &format!("is not TOML: {}", error.message()));
                }
            }
        }
        for (name, value) in env {
            if let Some(path) = name.strip_prefix(ENV_PREFIX) {
                let path = path.to_lowercase();
                let (section, key) = path.rsplit_once("__").unwrap_or(("", &path));
                found
                    .entry(section.replace("__", "."))
                    .or_default()
                    .insert(key.to_owned(), Raw::Env(value));
            }
        }
        for (path, value) in overrides {
            let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
            found
                .entry(section.to_owned())
                .or_default()
                .insert(key.to_owned(), Raw::Env(value));
        }
        let mut take = |path: &str| found.remove(path).unwrap_or_default();
        let config = Self {
            general: General::read(take(General::PATH), &mut faults),
            server: Server::read(take(Server::PATH), &mut faults),
            database: Database::read(take(Database::PATH), &mut faults),
            keys: Keys::read(take(Keys::PATH), &mut faults),
            mail: Mail::read(take(Mail::PATH), &mut faults),
            push: Push::read(take(Push::PATH), &mut faults),
            brand: Brand::read(take(Brand::PATH), &mut faults),
            registration: Registration::read(take(Registration::PATH), &mut faults),
            login_code: LoginCode::read(take(LoginCode::PATH), &mut faults),
            testers: Testers::read(take(Testers::PATH), &mut faults),
            deletion: Deletion::read(take(Deletion::PATH), &mut faults),
            profile: Profile::read(take(Profile::PATH), &mut faults),
            access: Access::read(take(Access::PATH), &mut faults),
            password: Password::read(take(Password::PATH), &mut faults),
            session: Session::read(take(Session::PATH), &mut faults),
            device: Device::read(take(Device::PATH), &mut faults),
            token: Token::read(take(Token::PATH), &mut faults),
            limit: Limit::read(take(Limit::PATH), &mut faults),
            hooks: Hooks::read(take(Hooks::PATH), &mut faults),
            social: Social::read(take(Social::PATH), &mut faults),
            live: Live::read(take(Live::PATH), &mut faults),
            worker: Worker::read(take(Worker::PATH), &mut faults),
            log: Log::read(take(Log::PATH), &mut faults),
            compat: Compat {
                djwto: Djwto::read(take(Djwto::PATH), &mut faults),
                nets_core: NetsCore::read(take(NetsCore::PATH), &mut faults),
            },
        };
        for section in found.keys() {
            faults.add("", section, "is not a section that Sereno knows");
        }
        validate::all(&config, &mut faults);
        (config, faults)
    }

    /// The documented file: every setting with its default, commented out.
    #[must_use]
    pub fn example() -> String {
        let mut text = String::from(
            "# Sereno's settings. Every one has a default; remove the # of those you change.\n\
             # In the environment the same settings are called SERENO__SECTION__KEY, for example\n\
             # SERENO__SERVER__PUBLIC_URL; they win over this file.\n",
        );
        General::example(&mut text);
        Server::example(&mut text);
        Database::example(&mut text);
        Keys::example(&mut text);
        Mail::example(&mut text);
        Push::example(&mut text);
        Brand::example(&mut text);
        Registration::example(&mut text);
        LoginCode::example(&mut text);
        Testers::example(&mut text);
        Deletion::example(&mut text);
        Profile::example(&mut text);
        Access::example(&mut text);
        Password::example(&mut text);
        Session::example(&mut text);
        Device::example(&mut text);
        Token::example(&mut text);
        Limit::example(&mut text);
        Hooks::example(&mut text);
        Social::example(&mut text);
        Live::example(&mut text);
        Worker::example(&mut text);
        Log::example(&mut text);
        Djwto::example(&mut text);
        NetsCore::example(&mut text);
        text
    }

    /// The folder of everything Sereno stores itself.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        PathBuf::from(&self.general.data)
    }

    /// The database's URL, with its default filled in.
    #[must_use]
    pub fn database_url(&self) -> String {
        let url = self.database.url.expose();
        if url.is_empty() {
            format!("sqlite:{}", path_text(&self.data_dir().join("sereno.db")))
        } else {
            url.to_owned()
        }
    }

    /// The mail transport's URL, with its default filled in.
    #[must_use]
    pub fn mail_url(&self) -> String {
        let url = self.mail.url.expose();
        if url.is_empty() {
            format!("file:{}", path_text(&self.data_dir().join("mail")))
        } else {
            url.to_owned()
        }
    }

    /// The language of mails to whom no other is known.
    #[must_use]
    pub fn mail_locale(&self) -> Locale {
        Locale::from_name(&self.mail.locale).unwrap_or_default()
    }

    /// What mails call this server, with its default filled in.
    #[must_use]
    pub fn brand_name(&self) -> String {
        let said = self.brand.name.trim();
        if !said.is_empty() {
            return said.to_owned();
        }
        let sender = self.mail.from.parse::<lettre::message::Mailbox>().ok();
        sender.and_then(|sender| sender.name).unwrap_or_else(|| {
            let host = Url::parse(&self.public_url()).ok();
            host.and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default()
        })
    }

    /// The address of the picture on top of every mail; nothing without one.
    #[must_use]
    pub fn brand_logo(&self) -> Option<String> {
        match self.brand.logo.as_str() {
            "" => None,
            path if path.starts_with('/') => Some(format!("{}{path}", self.public_url())),
            url => Some(url.to_owned()),
        }
    }

    /// The same picture by its path on this server, as pages name it: their policy knows their own host alone.
    #[must_use]
    pub fn brand_picture(&self) -> &str {
        let logo = self.brand.logo.as_str();
        logo.strip_prefix(&self.public_url()).unwrap_or(logo)
    }

    /// The colour of the main button; nothing where it is Sereno's own.
    #[must_use]
    pub fn brand_accent(&self) -> Option<Accent> {
        Accent::read(&self.brand.accent)
    }

    /// The URL under which the world reaches Sereno, without a slash at its end: also the issuer of tokens.
    #[must_use]
    pub fn public_url(&self) -> String {
        let url = self.server.public_url.trim_end_matches('/');
        if url.is_empty() {
            format!("http://{}", self.server.listen)
        } else {
            url.to_owned()
        }
    }

    /// Scheme, host and port of the public URL, as browsers send it in `Origin`.
    #[must_use]
    pub fn public_origin(&self) -> String {
        Url::parse(&self.public_url()).map_or_else(|_| self.public_url(), |url| url.origin().ascii_serialization())
    }

    /// Where `/metrics` is served, if at all; and whether that was said or is the default.
    #[must_use]
    pub fn metrics_listen(&self) -> Option<(SocketAddr, bool)> {
        let listen = self.server.listen;
        match self.server.metrics_listen.as_str() {
            "off" => None,
            "" => Some((
                SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port().checked_add(1)?)),
                false,
            )),
            said => Some((said.parse().ok()?, true)),
        }
    }

    /// Whether this is a developer's own machine.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.general.mode == Mode::Dev
    }

    /// Whether the world reaches Sereno by https, so that cookies are `Secure` and called `__Host-…`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        // as the address is read everywhere else (RFC 3986 §3.1)
        let scheme = self.server.public_url.split(':').next();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }
}

impl LoginCode {
    /// Whether codes have digits only.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.alphabet.bytes().all(|byte| byte.is_ascii_digit())
    }
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Sorts the file's tables into sections: `[a.b]` becomes the section `a.b`, keys at the top the section "".
fn sort_file(table: Table, found: &mut BTreeMap<String, Found>) {
    let mut open = vec![(String::new(), table)];
    while let Some((path, table)) = open.pop() {
        for (key, value) in table {
            match value {
                Value::Table(inner) if path.is_empty() => open.push((key, inner)),
                Value::Table(inner) => open.push((format!("{path}.{key}"), inner)),
                value => {
                    found.entry(path.clone()).or_default().insert(key, Raw::File(value));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
