//! Every door of the policy table, tried at by seven kinds of caller: what each may enter is computed from the table and
//! from what the caller holds, and nothing else opens.

use axum::body::Body;
use serde_json::json;
use sereno_core::access::policy::{Rule, TABLE, Welcome};
use sereno_types::{Permission, UserState};

use crate::door::{Answer, Door, PASSWORD, request};

/// Who knocks, with what they hold in the console.
struct Knocker {
    name: &'static str,
    is_signed_in: bool,
    holds: fn(Permission) -> bool,
}

const KNOCKERS: [Knocker; 7] = [
    Knocker {
        name: "anonymous",
        is_signed_in: false,
        holds: |_| false,
    },
    Knocker {
        name: "ana",
        is_signed_in: true,
        holds: |_| false,
    },
    Knocker {
        name: "bea",
        is_signed_in: true,
        holds: |_| false,
    },
    // may do everything in a project, which is nothing in the console
    Knocker {
        name: "paul",
        is_signed_in: true,
        holds: |_| false,
    },
    Knocker {
        name: "vera",
        is_signed_in: true,
        holds: |permission| permission.as_str().rsplit('.').next() == Some("view"),
    },
    Knocker {
        name: "root",
        is_signed_in: true,
        holds: |_| true,
    },
    // was the administrator, and is switched off
    Knocker {
        name: "dora",
        is_signed_in: false,
        holds: |_| true,
    },
];

impl Knocker {
    /// Whether the door must open: nothing where the table leaves it to the door itself.
    fn expects(&self, rule: &Rule) -> Option<bool> {
        match rule.welcome {
            Welcome::Everyone | Welcome::Page => None,
            Welcome::Users => Some(self.is_signed_in),
            Welcome::AnyStaff => Some(self.is_signed_in && Permission::ALL.iter().any(|one| (self.holds)(*one))),
            Welcome::Staff(permission) => Some(self.is_signed_in && (self.holds)(permission)),
        }
    }
}

/// A sign-in of a browser, and one of a program.
#[derive(Clone, Default)]
struct Key {
    cookies: String,
    bearer: String,
}

impl Key {
    async fn of(door: &Door, name: &str) -> Self {
        if name == "anonymous" {
            return Self::default();
        }
        let fields = [("identifier", name), ("password", PASSWORD)];
        let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let tokens = door.login(name).await;
        Self {
            cookies: answer.cookies(),
            bearer: format!("Bearer {}", tokens["access_token"].as_str().unwrap()),
        }
    }
}

/// Knocks with nothing to say: at functions as the browser's scripts do, from our own origin with the session's cookie; at
/// the API as a program does.
async fn knock(door: &Door, rule: &Rule, key: &Key) -> Answer {
    // nobody and nothing has this id
    let path: String = rule
        .path
        .split('/')
        .map(|part| {
            if part.starts_with('{') {
                "00000000-0000-7000-8000-000000000000"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/");
    let is_function = rule.path.contains("/fn/");
    let kind = if is_function {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let headers = [
        ("content-type", if rule.method == "GET" { "" } else { kind }),
        ("accept", "application/json"),
        ("origin", if is_function { "http://127.0.0.1:3000" } else { "" }),
        ("sec-fetch-site", if is_function { "same-origin" } else { "" }),
        ("cookie", if is_function { &key.cookies } else { "" }),
        ("authorization", if is_function { "" } else { &key.bearer }),
    ];
    let body = if rule.method == "GET" || is_function {
        Body::empty()
    } else {
        Body::from("{}")
    };
    door.send(request(rule.method, &path, &headers, body)).await
}

/// A house with everyone in it; the administrator has signed in before he was switched off.
async fn house() -> (Door, Key) {
    let door = Door::with(|config| config.limit.requests_per_address = 100_000).await;
    for name in ["ana", "bea", "paul"] {
        door.test.user(name).await;
    }
    door.test.viewer("vera").await;
    let root = door.superuser().await;
    let staff: Vec<(&str, &str)> = root.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = door
        .post(
            "/api/v1/admin/projects",
            &json!({"slug": "acme", "owner": "paul"}),
            &staff,
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let dora = door.test.with_role("dora", "administrator").await;
    let doras = Key::of(&door, "dora").await;
    door.test.put_into(dora, UserState::Disabled).await;
    (door, doras)
}

/// Knocks at every door as this one.
async fn crawl(name: &str) {
    let (door, doras) = house().await;
    let knocker = KNOCKERS.iter().find(|one| one.name == name).unwrap();
    let mut wrong = Vec::new();
    let mut tried = 0;
    let mut held = None;
    for rule in TABLE {
        let Some(opens) = knocker.expects(rule) else { continue };
        // some doors end the sign-in that they are opened with
        let key = match held.take() {
            _ if name == "dora" => doras.clone(),
            Some(key) if rule.method == "GET" => key,
            _ => Key::of(&door, name).await,
        };
        let answer = knock(&door, rule, &key).await;
        held = Some(key);
        tried += 1;
        let code = answer.code();
        let refused = matches!(
            code.as_str(),
            "authentication_required" | "permission_denied" | "invalid_token"
        );
        let expected = match knocker.is_signed_in {
            true => "permission_denied",
            // the token of whom is switched off is none
            false if name == "dora" && !rule.path.contains("/fn/") => "invalid_token",
            false => "authentication_required",
        };
        if refused == opens || (refused && code != expected) {
            wrong.push(format!(
                "{} {} as {name}: {} {code}",
                rule.method, rule.path, answer.status
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 100, "only {tried}");
}

// a test for each, so that they run beside each other

#[tokio::test]
async fn nobody_comes_in_without_a_sign_in() {
    crawl("anonymous").await;
}

#[tokio::test]
async fn a_user_opens_no_door_of_staff() {
    crawl("ana").await;
}

#[tokio::test]
async fn another_user_opens_no_door_of_staff_either() {
    crawl("bea").await;
}

#[tokio::test]
async fn the_owner_of_a_project_opens_no_door_of_the_console() {
    crawl("paul").await;
}

#[tokio::test]
async fn who_may_only_look_opens_the_doors_to_look_through() {
    crawl("vera").await;
}

#[tokio::test]
async fn a_superuser_opens_every_door() {
    crawl("root").await;
}

#[tokio::test]
async fn an_administrator_who_is_switched_off_opens_none() {
    crawl("dora").await;
}
