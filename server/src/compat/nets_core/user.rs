//! The user object: which fields are shown, in which order, and which can be set.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Value, json};
use sereno_core::config::NetsCore;
use sereno_types::Me;

use super::python;
use super::wire::{self, Members};

/// Words that keep a name from being shown.
const PROTECTED: [&str; 2] = ["password", "superuser"];
/// Fields that nobody sets by `update/`; a name that holds one of them is one of them.
const PROHIBITED: [&str; 12] = [
    "password",
    "is_superuser",
    "is_staff",
    "is_active",
    "verified",
    "email_verified",
    "last_login",
    "date_joined",
    "updated_fields",
    "groups",
    "user_permissions",
    "doc_*",
];

/// Names that there are, and that nobody is shown.
const HIDDEN: [&str; 2] = ["password", "is_superuser"];

/// What is shown of a user; null where nothing is.
pub fn shown<'a>(settings: &'a NetsCore, asked: Option<&Value>, me: &Me) -> Option<Members<'a>> {
    let of = |name: Cow<'a, str>| {
        let value = field(me, &name).unwrap_or_default();
        (name, value)
    };
    let members: Vec<_> = names(settings, asked, me).into_iter().map(of).collect();
    (!members.is_empty()).then_some(Members(members))
}

/// The fields that are shown, in the order in which they stand on the wire: names that end in `_id` come first. Where no name that
/// is asked for is one, or none is asked for (also by null), those of the settings; none where all of them are protected.
fn names<'a>(settings: &'a NetsCore, asked: Option<&Value>, me: &Me) -> Vec<Cow<'a, str>> {
    let asked = asked.and_then(Value::as_array).into_iter().flatten().map(python::text);
    let is_known =
        |name: &String| name.ends_with("_id") || HIDDEN.contains(&name.as_str()) || field(me, name).is_some();
    let mut seen = HashSet::new();
    let mut names: Vec<Cow<'a, str>> = asked
        .filter(is_known)
        .filter(|name| seen.insert(name.clone()))
        .map(Cow::Owned)
        .collect();
    if names.is_empty() {
        names.extend(settings.fields.iter().map(|name| Cow::Borrowed(name.as_str())));
    }
    names.retain(|name| !is_protected(settings, name));
    // where each stands in the list of the settings, and others behind them
    let place = |name: &str| settings.fields.iter().position(|known| known == name);
    names.sort_by_cached_key(|name| (!name.ends_with("_id"), place(name).unwrap_or(usize::MAX)));
    names
}

fn field(me: &Me, name: &str) -> Option<Value> {
    let text = |text: &Option<String>| Value::String(text.clone().unwrap_or_default());
    Some(match name {
        "id" => json!(me.number),
        "email" => text(&me.email),
        "email_verified" | "verified" => json!(me.email_verified),
        "username" => text(&me.username),
        "first_name" => json!(me.first_name),
        "last_name" => json!(me.last_name),
        "avatar" => me.picture.clone().map_or(Value::Null, Value::String),
        // who is not, is not let in
        "is_active" => json!(true),
        "date_joined" => json!(wire::isoformat(&me.created_at.0)),
        _ => match me.attributes.get(name) {
            Some(value) => value.clone(),
            None if name == "full_name" => {
                json!(format!("{} {}", me.first_name, me.last_name).trim())
            }
            None => return None,
        },
    })
}

fn is_protected(settings: &NetsCore, name: &str) -> bool {
    let name = name.to_lowercase();
    let holds = |word: &str| !word.is_empty() && name.contains(word);
    let mut own = settings.protected_words.iter();
    PROTECTED.into_iter().any(holds) || own.any(|word| holds(&word.to_lowercase()))
}

/// Whether `update/` passes a field over.
pub fn is_prohibited(settings: &NetsCore, name: &str) -> bool {
    let own = settings.prohibited_fields.iter().map(String::as_str);
    PROHIBITED
        .into_iter()
        .chain(own)
        .any(|word| match word.strip_suffix('*') {
            Some(begins) => name.starts_with(begins),
            None => !word.is_empty() && name.contains(word),
        })
}

#[cfg(test)]
mod tests {
    use sereno_types::{Id, Timestamp};

    use super::*;
    use crate::http::django::json::to_string;

    fn me() -> Me {
        Me {
            id: Id("x".into()),
            number: 6,
            email: Some("ana@example.org".into()),
            email_verified: true,
            username: None,
            first_name: "Ana".into(),
            last_name: "Roe".into(),
            picture: None,
            locale: None,
            attributes: [("city".to_owned(), json!("Lima")), ("team_id".to_owned(), json!(4))]
                .into_iter()
                .collect(),
            created_at: Timestamp("2026-11-20T08:11:40.656486Z".into()),
        }
    }

    fn text(asked: &Value) -> String {
        let (settings, me) = (NetsCore::default(), me());
        to_string(&shown(&settings, Some(asked), &me))
    }

    #[test]
    fn the_fields_that_are_asked_for_are_shown_in_the_order_of_the_settings() {
        for (asked, expected) in [
            (json!(["email", "id"]), r#"{"id": 6, "email": "ana@example.org"}"#),
            (json!(["id", "zzz"]), r#"{"id": 6}"#),
            (json!(["id", " email"]), r#"{"id": 6}"#),
            (
                json!(["city", "id", "team_id"]),
                r#"{"team_id": 4, "id": 6, "city": "Lima"}"#,
            ),
            (json!(["no_id"]), r#"{"no_id": null}"#),
            (json!(["password_id", "id"]), r#"{"id": 6}"#),
            (json!(["is_superuser"]), "null"),
            (json!(["password", "nothing"]), "null"),
            (json!(["full_name"]), r#"{"full_name": "Ana Roe"}"#),
        ] {
            assert_eq!(text(&asked), expected, "{asked}");
        }
        let all = r#"{"id": 6, "first_name": "Ana", "last_name": "Roe", "is_active": true, "date_joined": "2026-11-20T08:11:40.656486+00:00", "username": "", "email": "ana@example.org", "full_name": "Ana Roe", "email_verified": true}"#;
        for asked in [json!(["zzz"]), json!([]), Value::Null] {
            assert_eq!(text(&asked), all, "{asked}");
        }
    }

    #[test]
    fn what_staff_says_is_set_by_nobody() {
        let settings = NetsCore {
            prohibited_fields: vec!["points".to_owned(), "x_*".to_owned()],
            ..NetsCore::default()
        };
        for (name, expected) in [
            ("first_name", false),
            ("is_superuser", true),
            ("my_password", true),
            ("doc_id", true),
            ("x_a", true),
            ("ax_a", false),
            ("points", true),
        ] {
            assert_eq!(is_prohibited(&settings, name), expected, "{name}");
        }
    }
}
