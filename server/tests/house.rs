//! The architecture test: reads the sources and fails when a room uses what stands above it, or when a rule of the house
//! that no compiler knows is broken. `docs/architecture.md` says why each rule is there.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot read its sources has failed"
)]

use std::path::{Path, PathBuf};

use sereno_core::access::policy;
use sereno_server::http::{social, unsubscribe};
use sereno_server::{api, compat, pages, router};

/// Rooms of the core from the lowest floor up; a room uses rooms of lower floors, and of its own on the ground floor.
const FLOORS: &[&[&str]] = &[
    &[
        "clock",
        "entropy",
        "error",
        "event",
        "intent",
        "entity",
        "identifier",
        "paging",
    ],
    &["config", "port", "rights"],
    &["crypto", "net"],
    &["hook"],
    &["context"],
    &["access", "file", "idempotency", "once"],
    &["notify", "push"],
    &["device"],
    &["session"],
    &["token"],
    &["account"],
    &["live", "login", "messages", "oauth", "roles", "templates"],
    &["announcements", "social"],
    &["jobs"],
    &["boot"],
    &["testing"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file below a folder, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no source");
    found
}

/// One Rust file, with its text.
fn source(file: &str) -> (String, String) {
    let text = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    (file.to_owned(), text)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The rooms that a text names after `crate::`, in paths and in the braces of imports.
fn rooms_used(text: &str) -> Vec<String> {
    let word = |text: &str| {
        text.chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect::<String>()
    };
    let text: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |all, line| all + line + "\n");
    let mut used = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with('$') || text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => used.extend(
                list.split('}')
                    .next()
                    .unwrap_or("")
                    .split(',')
                    .map(|item| word(item.trim())),
            ),
            None => used.push(word(rest)),
        }
    }
    used
}

#[test]
fn rooms_of_the_core_use_only_what_stands_below_them() {
    let mut wrong = Vec::new();
    for (file, text) in sources("server/core/src") {
        let inside = file.trim_start_matches("server/core/src/");
        let room = inside.split(['/', '.']).next().unwrap();
        if room == "lib" {
            continue;
        }
        let mine = floor(room).unwrap_or_else(|| panic!("{file}: the room {room} stands on no floor"));
        for used in rooms_used(&text) {
            let Some(theirs) = floor(&used) else { continue };
            if used != room && (theirs > mine || (theirs == mine && mine > 0)) {
                wrong.push(format!("{file} ({room}) uses {used}, which stands above or beside it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_knows_no_http_and_no_pages() {
    for (file, text) in sources("server/core/src") {
        for word in ["axum::", "leptos", "tower_sessions", "hyper::"] {
            assert!(!text.contains(word), "{file} names {word}");
        }
    }
}

#[test]
fn only_the_core_and_the_migrations_know_the_orm() {
    for folder in ["app/src", "app/types/src", "frontend/src", "server/src"] {
        for (file, text) in sources(folder) {
            for word in ["sea_orm", "sqlx", "sereno_core::entity"] {
                assert!(!text.contains(word), "{file} names {word}");
            }
        }
    }
}

#[test]
fn rows_are_never_serialized() {
    for (file, text) in sources("server/core/src/entity") {
        assert!(!text.contains("Serialize"), "{file} serializes a row");
    }
}

#[test]
fn every_server_function_enters_by_the_gate() {
    let mut count = 0;
    for (file, text) in sources("app/src") {
        let text = text.replace("#[server(default)]", "").replace("#[server(flatten)]", "");
        for function in text.split("#[server(").skip(1) {
            count += 1;
            let name = function
                .split("async fn ")
                .nth(1)
                .and_then(|rest| rest.split('(').next())
                .unwrap_or("?");
            let body = function.split_once("-> Result<").map_or("", |(_, rest)| rest);
            let first: String = body.lines().skip(1).take(2).collect();
            let enters = first.contains("gate::staff()") || first.contains("gate::visitor()");
            assert!(enters, "{file}: {name} does not begin at the gate");
            let head = function.split(']').next().unwrap_or("");
            assert!(
                head.contains("prefix") && head.contains("endpoint"),
                "{file}: {name} leaves its path to chance"
            );
            assert!(!head.contains("Get"), "{file}: {name} can be called by GET");
        }
    }
    assert!(
        count >= 10,
        "only {count} server functions were found: has their form changed?"
    );
}

#[test]
fn only_the_gate_talks_to_axum() {
    for (file, text) in sources("app/src") {
        if file != "app/src/gate.rs" {
            for word in ["axum::", "leptos_axum", "tower_sessions"] {
                assert!(!text.contains(word), "{file} names {word}");
            }
        }
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    for folder in [
        "server/core/src",
        "server/src",
        "app/src",
        "app/types/src",
        "migration/src",
        "frontend/src",
    ] {
        for (file, text) in sources(folder) {
            // a file of tests stands beside the file it tests
            assert!(
                text.starts_with("//!") || file.ends_with("tests.rs"),
                "{file} does not say what lives in it"
            );
        }
    }
}

#[test]
fn admin_functions_demand_their_proof() {
    let staffs = [
        sources("server/core/src/account/admin"),
        sources("server/core/src/templates"),
        vec![
            source("server/core/src/oauth/admin.rs"),
            source("server/core/src/oauth/signing_keys.rs"),
            source("server/core/src/social/admin.rs"),
            source("server/core/src/messages/act.rs"),
            source("server/core/src/messages/detail.rs"),
            source("server/core/src/messages/list.rs"),
            source("server/core/src/messages/send.rs"),
            source("server/core/src/messages/suppression.rs"),
        ],
    ];
    for (file, text) in staffs.concat() {
        for function in text.split("pub async fn ").skip(1) {
            let name = function.split('(').next().unwrap_or("?");
            assert!(
                function.split('{').next().unwrap_or("").contains("&Staff"),
                "{file}: {name} takes no Staff"
            );
        }
    }
}

#[test]
fn every_door_has_a_row_and_every_row_a_door() {
    assert_eq!(router::unlisted(), Vec::<String>::new());
    let contract = serde_json::to_value(api::document()).unwrap();
    let pages: Vec<String> = pages::list().iter().map(|page| page.path().to_owned()).collect();
    let functions: Vec<&str> = server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    for rule in policy::TABLE {
        let described = contract["paths"][rule.path][rule.method.to_lowercase()].is_object();
        let undescribed = rule.method == "GET" && api::UNDESCRIBED.contains(&rule.path);
        let page = pages.iter().any(|path| path == rule.path);
        // the doors for files are functions of the pages in all but their encoding
        let function = functions.contains(&rule.path)
            || [app::account::avatar::UPLOAD, app::console::message_new::UPLOAD].contains(&rule.path);
        // to a provider and back, and for mail programs
        let travels = social::DOORS.contains(&(rule.method, rule.path))
            || (rule.method, rule.path) == ("POST", unsubscribe::PATH);
        let facade = compat::doors().any(|(method, path)| method == rule.method && path == rule.path);
        assert!(
            described || undescribed || page || function || travels || facade,
            "no door answers to {} {}",
            rule.method,
            rule.path
        );
    }
}

/// What a handler says its caller holds is what the row of its door demands.
#[test]
fn permissions_in_signatures_are_those_of_the_table() {
    let mut count = 0;
    for (file, text) in sources("server/src/api") {
        for door in text.split("#[utoipa::path(").skip(1) {
            let signature = door.split_once("pub async fn ").map_or("", |(_, rest)| rest);
            let signature = signature.split('{').next().unwrap_or("");
            let Some((_, held)) = signature.split_once("Require<") else {
                continue;
            };
            count += 1;
            let held = held.split('>').next().unwrap_or("");
            let method = door.split(',').next().unwrap_or("").trim().to_uppercase();
            let path = door.split("path = \"").nth(1).and_then(|rest| rest.split('"').next());
            let path = path.unwrap_or_else(|| panic!("{file}: a door without a path"));
            let welcome = policy::find(&method, path).map(|rule| rule.welcome);
            let demanded = match welcome {
                Some(policy::Welcome::Staff(permission)) => format!("{permission:?}"),
                _ => "no permission".to_owned(),
            };
            assert_eq!(held, demanded, "{file}: {method} {path}");
        }
    }
    assert!(count >= 40, "only {count} were found: has their form changed?");
}

/// A facade is wire types, a table, and handlers that call core flows. What two facades need stands in `http` or in the core.
#[test]
fn facades_stand_alone() {
    for facade in compat::FACADES {
        let folder = format!("server/src/compat/{}", facade.name);
        for (file, text) in sources(&folder) {
            for word in [
                "crate::api",
                "crate::pages",
                "crate::assets",
                "sea_orm",
                "sereno_core::entity",
                ".db.",
            ] {
                assert!(!text.contains(word), "{file} names {word}");
            }
            for other in compat::FACADES.iter().filter(|other| other.name != facade.name) {
                for path in [
                    format!("compat::{}", other.name),
                    format!("super::super::{}", other.name),
                ] {
                    assert!(!text.contains(&path), "{file} uses the facade {}", other.name);
                }
            }
        }
        let (_, readme) = source(&format!("{folder}/README.md"));
        for part in ["## Settings", "## Deviations"] {
            assert!(
                readme.contains(part),
                "the README of {} has no part {part}",
                facade.name
            );
        }
        let tests = root().join(format!("server/tests/compat/{}/exchanges", facade.name));
        assert!(tests.is_dir(), "nothing recorded of {} is replayed", facade.name);
    }
}
