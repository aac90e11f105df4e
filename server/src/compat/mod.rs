//! Facades: the wires of other products, spoken on the flows of the core, so that an existing client moves to Sereno by changing
//! its base URL. A facade is wire types, a table of routes, and handlers that call core flows: no rule, no query, nothing of
//! another facade. What two of them need stands in `http` (Django's ways: `http/django`) or, if it is a rule, in the core.
//!
//! **To add one:** a folder `compat/<name>/` with its `README.md` (settings old and new, every deviation with its reason and the
//! test that shows it); its section `[compat.<name>]` in `core/config/compat.rs`; its rows in the policy table, written below its
//! default prefix; its entry in [`FACADES`]; its tests in `server/tests/compat/<name>/`.
//!
//! **Where it stands.** Off until its section says `enabled`. Then below `/compat/<name>`, or any other prefix, or the root. Its
//! routes are mounted outside the session, like those of the API that ask nobody who they are: no cookie of Sereno speaks there,
//! no origin is checked, so that a facade with cookies of its own brings its own defence against cross-site requests. Body,
//! limits, time and headers are those of every request, but for the doors that the mount says take a file; only the search for NUL in
//! forms is left to the facade.
//!
//! **How it says no.** Whatever a layer refuses below its prefix is rendered by its [`Dialect`]; so is a [`Refusal`] that one of its
//! own handlers gives back. At the root its dialect is spoken at its own paths alone.
//!
//! **Its application.** A facade that hands out tokens describes an application `compat-<name>` ([`Managed`]): the configuration
//! owns it, staff sees it. Its handlers sign in and refresh for it by `login::through` and `token::refresh_through`.

pub mod djwto;
pub mod nets_core;

use std::collections::HashMap;

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::routing::{MethodRouter, any};
use sereno_core::access::policy;
use sereno_core::config::{Config, Fault};
use sereno_core::oauth::managed::{self, Managed};
use sereno_core::{Result, Sereno};
use sereno_types::Code;

use crate::http::cors::Scripts;
use crate::http::dialect::Dialect;
use crate::http::problem::Refusal;
use crate::router::App;
use crate::{api, assets};

/// Every facade that there is.
pub const FACADES: [Facade; 2] = [djwto::FACADE, nets_core::FACADE];

/// A facade, whether or not it is switched on.
#[derive(Clone, Copy)]
pub struct Facade {
    /// Its folder and its section of the settings.
    pub name: &'static str,
    /// Its rows in the policy table: method, and path below the default prefix. What a setting puts into a path stands in braces.
    pub doors: &'static [(&'static str, &'static str)],
    /// Where it stands and what it is made of; nothing while it is switched off.
    pub mount: fn(&Config) -> Option<Mount>,
}

/// A facade that is switched on.
pub struct Mount {
    /// As configured; `/` for the root.
    pub prefix: String,
    /// Its routes, below the prefix.
    pub routes: Vec<Route>,
    /// Routes among them that take a file in a form, and most bytes of such a form. All others have the room of every request.
    pub uploads: Vec<(String, u64)>,
    /// How it says no.
    pub dialect: Dialect,
    /// The application whose tokens it hands out, if it hands out any of its own.
    pub application: Option<Managed>,
}

/// One path of a facade, below its prefix and with a slash before it, and what answers there, whatever the method.
pub type Route = (String, MethodRouter<App>);

/// Where facades stand that are switched on. Every request asks it, those of the native API, too.
pub struct Facades {
    standing: Vec<Standing>,
    /// Which of them has a path that holds no braces.
    fixed: HashMap<String, usize>,
    /// The other paths.
    templates: Vec<(String, usize)>,
}

struct Standing {
    name: &'static str,
    /// Without a slash at its end; empty at the root.
    prefix: String,
    paths: Vec<String>,
    uploads: Vec<(String, u64)>,
    /// Whether everything below the prefix is the facade's.
    is_alone: bool,
    dialect: Dialect,
    scripts: Scripts,
}

impl Facades {
    /// Those of this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let mounted = FACADES.iter().filter_map(|facade| {
            let mount = (facade.mount)(config)?;
            let prefix = mount.prefix.trim_end_matches('/').to_owned();
            let below = format!("{prefix}/");
            let paths = mount.routes.iter().map(|(path, _)| format!("{prefix}{path}"));
            let uploads = mount.uploads.iter();
            Some(Standing {
                name: facade.name,
                paths: paths.collect(),
                uploads: uploads.map(|(path, most)| (format!("{prefix}{path}"), *most)).collect(),
                is_alone: !prefix.is_empty()
                    && !assets::is_folder(&prefix)
                    && !native().any(|path| path.starts_with(&below) || path == prefix),
                dialect: mount.dialect,
                scripts: mount
                    .application
                    .map_or(Scripts::OfApplications, |application| Scripts::Of(application.origins)),
                prefix,
            })
        });
        let standing: Vec<Standing> = mounted.collect();
        let (mut fixed, mut templates) = (HashMap::new(), Vec::new());
        for (at, one) in standing.iter().enumerate() {
            for path in &one.paths {
                if path.contains('{') {
                    templates.push((path.clone(), at));
                } else {
                    fixed.entry(path.clone()).or_insert(at);
                }
            }
        }
        Self {
            standing,
            fixed,
            templates,
        }
    }

    /// How the facade says no that answers at this path, if one does.
    #[must_use]
    pub fn dialect(&self, path: &str) -> Option<Dialect> {
        self.at(path).map(|standing| standing.dialect)
    }

    /// Whose scripts have business with the facade that answers at this path, if one does.
    #[must_use]
    pub fn scripts(&self, path: &str) -> Option<&Scripts> {
        self.at(path).map(|standing| &standing.scripts)
    }

    /// Most bytes of a form at this path, if a facade takes a file there.
    #[must_use]
    pub fn upload(&self, path: &str) -> Option<u64> {
        let mut uploads = self.standing.iter().flat_map(|standing| &standing.uploads);
        uploads.find(|(known, _)| known == path).map(|(_, most)| *most)
    }

    /// Whether a facade has a route at exactly this path.
    #[must_use]
    pub fn claims(&self, path: &str) -> bool {
        self.exactly(path).is_some()
    }

    fn at(&self, path: &str) -> Option<&Standing> {
        let below = |standing: &&Standing| {
            let rest = path.strip_prefix(standing.prefix.as_str());
            standing.is_alone && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let nearest = || {
            self.standing
                .iter()
                .filter(below)
                .max_by_key(|standing| standing.prefix.len())
        };
        self.exactly(path).or_else(nearest)
    }

    fn exactly(&self, path: &str) -> Option<&Standing> {
        let fixed = self.fixed.get(path);
        let template = || self.templates.iter().find(|(template, _)| fits(template, path));
        let at = fixed.or_else(|| template().map(|(_, at)| at))?;
        self.standing.get(*at)
    }
}

/// The routes of all facades that are switched on.
pub fn routes(app: &App) -> Router<App> {
    let mut router = Router::new();
    let mounts = FACADES.iter().filter_map(|facade| (facade.mount)(&app.sereno.config));
    for (mount, standing) in mounts.zip(&app.facades.standing) {
        for ((_, handler), path) in mount.routes.into_iter().zip(&standing.paths) {
            router = router.route(path, handler);
        }
        if standing.is_alone {
            let prefix = &standing.prefix;
            for path in [prefix.clone(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")] {
                router = router.route(&path, any(nothing));
            }
        }
    }
    router
}

async fn nothing() -> Refusal {
    Code::NotFound.into()
}

/// Makes the applications of facades as the configuration says. Before the first request is answered.
///
/// # Errors
/// A sentence for the operator: see [`managed::keep`].
pub async fn prepare(sereno: &Sereno) -> Result<()> {
    let mounts = FACADES.iter().filter_map(|facade| (facade.mount)(&sereno.config));
    let described: Vec<Managed> = mounts.filter_map(|mount| mount.application).collect();
    managed::keep(sereno, &described).await
}

/// The rows of all facades in the policy table, whether or not they are switched on.
pub fn doors() -> impl Iterator<Item = (String, String)> {
    let doors = FACADES.iter().flat_map(|facade| facade.doors);
    doors.map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
}

/// Paths at which two doors would stand, and applications that cannot work. Nobody starts with one.
#[must_use]
pub fn faults(config: &Config) -> Vec<Fault> {
    let standing = Facades::of(config).standing;
    let mut faults = Vec::new();
    for facade in FACADES {
        let application = (facade.mount)(config).and_then(|mount| mount.application);
        if let Some(message) = application.and_then(|application| managed::fault(config, &application)) {
            faults.push(Fault {
                setting: format!("compat.{}", facade.name),
                message,
            });
        }
    }
    for (at, one) in standing.iter().enumerate() {
        let clash = one.paths.iter().find_map(|path| {
            let mut others = standing[..at].iter();
            let other = others.find(|other| {
                other
                    .paths
                    .iter()
                    .any(|theirs| fits(theirs, path) || fits(path, theirs))
            });
            let other = other.map(|other| format!("the facade {}", other.name));
            Some((path, other.or_else(|| own(path))?))
        });
        let same_place = standing[..at]
            .iter()
            .find(|other| other.is_alone && other.prefix == one.prefix);
        let message = match (clash, same_place) {
            (Some((path, other)), _) => format!("puts a door at {path}, where {other} has one"),
            (None, Some(other)) => format!("is where the facade {} stands", other.name),
            (None, None) => continue,
        };
        faults.push(Fault {
            setting: format!("compat.{}.prefix", one.name),
            message,
        });
    }
    faults
}

/// What of Sereno's own stands at this path, in words.
fn own(path: &str) -> Option<String> {
    if assets::respond(&Method::GET, path, &HeaderMap::new()).is_some() {
        return Some("Sereno's own site".to_owned());
    }
    native()
        .find(|theirs| *theirs != api::SHORT && (fits(theirs, path) || fits(path, theirs)))
        .map(|theirs| format!("Sereno itself (at {theirs})"))
}

/// Paths of Sereno's own doors.
fn native() -> impl Iterator<Item = &'static str> {
    let is_facade = |rule: &&policy::Rule| {
        FACADES
            .iter()
            .any(|facade| facade.doors.iter().any(|(_, path)| *path == rule.path))
    };
    policy::TABLE
        .iter()
        .filter(move |rule| !is_facade(rule))
        .map(|rule| rule.path)
}

/// Whether a path is one that a template stands for.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with("{*") => return true,
            (Some(part), Some(one)) if part == one || (part.starts_with('{') && !one.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(change: impl FnOnce(&mut Config)) -> Vec<String> {
        let mut config = Config::default();
        config.compat.djwto.enabled = true;
        change(&mut config);
        faults(&config).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn templates_fit_paths() {
        for (template, path, expected) in [
            ("/a/{id}", "/a/7", true),
            ("/a/{id}", "/a/", false),
            ("/a/{id}", "/a/7/b", false),
            ("/media/{*path}", "/media/a/b", true),
            ("/login/", "/login", false),
            ("/", "/", true),
        ] {
            assert_eq!(fits(template, path), expected, "{template} {path}");
        }
    }

    #[test]
    fn a_facade_has_its_words_at_its_place_alone() {
        let mut config = Config::default();
        assert!(Facades::of(&config).dialect("/compat/djwto/login/").is_none(), "off");
        config.compat.djwto.enabled = true;
        let below = Facades::of(&config);
        for (path, expected) in [
            ("/compat/djwto/login/", true),
            ("/compat/djwto/nothing", true),
            ("/compat/djwto", true),
            ("/compat/djwto2", false),
            ("/login/", false),
            ("/api/v1/me", false),
        ] {
            assert_eq!(below.dialect(path).is_some(), expected, "{path}");
        }
        config.compat.djwto.prefix = "/".to_owned();
        let root = Facades::of(&config);
        for (path, expected) in [
            ("/login/", true),
            ("/login", true),
            ("/nothing", false),
            ("/api/v1/me", false),
        ] {
            assert_eq!(root.dialect(path).is_some(), expected, "{path}");
        }
        for (prefix, path) in [("/api", "/api/v1/me"), ("/pkg", "/pkg/app.js")] {
            config.compat.djwto.prefix = prefix.to_owned();
            assert!(Facades::of(&config).dialect(path).is_none(), "{path} is not its own");
        }
    }

    #[test]
    fn two_doors_at_one_path_are_named() {
        assert_eq!(faults_of(|_| ()), Vec::<String>::new());
        assert_eq!(
            faults_of(|config| config.compat.djwto.prefix = "/".to_owned()),
            Vec::<String>::new()
        );
        let taken = faults_of(|config| config.compat.djwto.prefix = "/account/fn".to_owned());
        assert_eq!(taken, Vec::<String>::new(), "no path is the same");
        let taken = faults_of(|config| config.compat.djwto.prefix = "/media".to_owned());
        assert_eq!(
            taken,
            ["compat.djwto.prefix puts a door at /media/login/, where Sereno itself (at /media/{*path}) has one"]
        );
    }

    #[test]
    fn what_is_mounted_stands_in_the_table() {
        for facade in FACADES {
            assert!(!facade.doors.is_empty());
            let default = format!("/compat/{}/", facade.name.replace('_', "-"));
            for (_, path) in facade.doors {
                assert!(path.starts_with(&default), "{path}");
            }
        }
    }
}
