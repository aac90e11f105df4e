//! What a parameter's type makes of a value, and the sentence where it is none. Pure: no request and no clock.

use serde_json::{Map, Value, json};
use sereno_core::identifier;

use super::params::{Given, Kind, Param};
use super::{dates, python};
use crate::http::django::form::Upload;

impl Kind {
    /// What is said where a value is none.
    fn refusal(self, key: &str, value: &str) -> String {
        match self.class() {
            Some(class) => {
                format!("RP02: El valor del parámetro {key} no es válido:  {value} no es <class '{class}'>")
            }
            None => format!(
                "RP04: El valor del parámetro {key} no es válido: {value} no es {} ",
                self.name()
            ),
        }
    }

    /// The class of Python's, for those that are one.
    const fn class(self) -> Option<&'static str> {
        match self {
            Self::Bool | Self::Str | Self::Int | Self::Float | Self::List | Self::Dict => Some(self.name()),
            Self::Date | Self::DateTime | Self::Email | Self::File => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::List => "list",
            Self::Dict => "dict",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Email => "email",
            Self::File => "file",
        }
    }
}

/// What a value is for its parameter.
///
/// # Errors
/// The sentence of the package where it is none.
pub(super) fn judge(param: &Param, value: &Value) -> Result<Given, String> {
    if param.kind == Kind::Bool {
        return Ok(Given::Json(json!(is_true(value))));
    }
    // a text, or what else, in the place of a file
    if param.kind == Kind::File {
        return Ok(Given::Json(Value::Null));
    }
    // whatever the type
    if is_zero(value) {
        return Ok(Given::Json(json!(0)));
    }
    if python::is_falsy(value) {
        if !param.optional {
            return Err(format!("RP value01: El parámetro {} es obligatorio ", param.key));
        }
        let default = (param.default)();
        let default = if python::is_falsy(&default) {
            Value::Null
        } else {
            default
        };
        return Ok(Given::Json(default));
    }
    // of a select box
    let chosen = match value {
        Value::Object(members) if param.kind != Kind::Dict => members.get("value"),
        _ => None,
    };
    let value = chosen.unwrap_or(value);
    if value.is_null() {
        return if param.optional {
            Ok(Given::Json(Value::Null))
        } else {
            Err(format!("RP01: El parámetro {} es obligatorio", param.key))
        };
    }
    let refused = || param.kind.refusal(param.key, &python::text(value));
    let given = converted(param.kind, value).ok_or_else(refused)?;
    validated(param, given, value)
}

fn validated(param: &Param, given: Given, came: &Value) -> Result<Given, String> {
    if param.validate.is_none_or(|is_valid| is_valid(&given)) {
        return Ok(given);
    }
    // as it was understood
    let value = match &given {
        Given::Json(value) => python::text(value),
        _ => python::text(came),
    };
    let of = match param.kind.class() {
        Some(class) => format!("<class '{class}'>"),
        None => param.kind.name().to_owned(),
    };
    Err(format!(
        "RP05: El valor del parámetro {} no es válido: {value} no es {of}",
        param.key
    ))
}

/// Nothing where the value is none of its kind.
fn converted(kind: Kind, value: &Value) -> Option<Given> {
    let text = || value.as_str();
    Some(match kind {
        Kind::Bool => Given::Json(json!(is_true(value))),
        Kind::Str => Given::Json(Value::String(python::text(value))),
        Kind::Int => Given::Json(json!(python::int(value)?)),
        Kind::Float => Given::Json(json!(python::float(value)?)),
        Kind::List => Given::Json(list(value)?),
        Kind::Dict => Given::Json(dict(value)?),
        Kind::Date => Given::Date(dates::date(text()?)?),
        Kind::DateTime => Given::DateTime(dates::date_time(text()?)?),
        Kind::Email => {
            let text = text().filter(|text| text.trim() == *text)?;
            identifier::email(text).ok()?;
            Given::Json(Value::String(text.to_lowercase()))
        }
        // judged before and by itself
        Kind::File => return None,
    })
}

/// The same of a file. Its type is guessed by its name, and never by what the client says of it.
///
/// # Errors
/// As [`judge`].
pub(super) fn judge_file(param: &Param, file: &Upload) -> Result<Given, String> {
    let guessed = mime_guess::from_path(&file.name).first();
    let guessed = guessed.as_ref().map(mime_guess::Mime::essence_str);
    let known = guessed.is_some_and(|guessed| param.file_types.contains(&guessed));
    if !param.file_types.is_empty() && !known {
        return Err(param.kind.refusal(param.key, &file.name));
    }
    validated(param, Given::File(file.clone()), &Value::from(file.name.as_str()))
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() == Some(1.0),
        Value::String(text) => ["true", "True", "1"].contains(&text.as_str()),
        _ => false,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text == "0",
        _ => false,
    }
}

fn list(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) => Some(value.clone()),
        Value::String(text) => {
            let plain: String = text.chars().filter(|c| !['[', ']', '\'', '"'].contains(c)).collect();
            Some(plain.split(',').map(str::to_owned).collect())
        }
        // its names, as of every dictionary of Python's
        Value::Object(members) => Some(members.keys().cloned().collect()),
        _ => None,
    }
}

fn dict(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => Some(value.clone()),
        // whatever it is then
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Array(pairs) => {
            let mut members = Map::new();
            for pair in pairs {
                let [name, value] = pair.as_array()?.as_slice() else {
                    return None;
                };
                let name = match name {
                    Value::String(text) => text.clone(),
                    Value::Array(_) | Value::Object(_) => return None,
                    other => other.to_string(),
                };
                members.insert(name, value.clone());
            }
            Some(Value::Object(members))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn of(kind: Kind, value: &Value) -> Result<Value, String> {
        match judge(&Param::optional("p", kind), value)? {
            Given::Json(value) => Ok(value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_type_makes_something_of_a_value() {
        for (kind, value, expected) in [
            (Kind::Str, json!(5), json!("5")),
            (Kind::Str, json!(0), json!(0)),
            (Kind::Str, json!("0"), json!(0)),
            (Kind::Str, json!([1]), json!("[1]")),
            (Kind::Str, json!({"a": 1}), json!("{'a': 1}")),
            (Kind::Str, json!({"label": "L", "value": "v"}), json!("v")),
            (Kind::Str, json!(""), Value::Null),
            (Kind::Int, json!("12"), json!(12)),
            (Kind::Int, json!("0"), json!(0)),
            (Kind::Int, json!("1_000"), json!(1000)),
            (Kind::Int, json!(1.9), json!(1)),
            (Kind::Int, json!(true), json!(1)),
            (Kind::Bool, json!(true), json!(true)),
            (Kind::Bool, json!(false), json!(false)),
            (Kind::Bool, json!("true"), json!(true)),
            (Kind::Bool, json!("TRUE"), json!(false)),
            (Kind::Bool, json!(1.0), json!(true)),
            (Kind::Bool, json!("on"), json!(false)),
            (Kind::Bool, json!(null), json!(false)),
            (Kind::Bool, json!(2), json!(false)),
            (Kind::Bool, json!([]), json!(false)),
            (Kind::Bool, json!({}), json!(false)),
            (Kind::Float, json!("1.5"), json!(1.5)),
            (Kind::List, json!("['a', 'b']"), json!(["a", " b"])),
            (Kind::List, json!("a"), json!(["a"])),
            (Kind::List, json!({"value": "a,b"}), json!(["a", "b"])),
            (Kind::List, json!({"value": null}), Value::Null),
            (Kind::List, json!({"a": 1}), json!(["a"])),
            (Kind::List, json!([1, 2]), json!([1, 2])),
            (Kind::Dict, json!("{\"a\":1}"), json!({"a": 1})),
            (Kind::Dict, json!("[1]"), json!([1])),
            (Kind::Dict, json!("null"), Value::Null),
            (Kind::Dict, json!([["a", 1]]), json!({"a": 1})),
            (Kind::Dict, json!({"value": 1}), json!({"value": 1})),
            (
                Kind::Dict,
                json!([[1, 2], [null, 3], [true, 4]]),
                json!({"1": 2, "null": 3, "true": 4}),
            ),
            (Kind::Dict, json!("true"), json!(true)),
            (Kind::Dict, json!(" {} "), json!({})),
            (Kind::Str, json!(" "), json!(" ")),
            (Kind::Str, json!("00"), json!("00")),
            (Kind::Str, json!({"value": 0}), json!("0")),
            (Kind::Str, json!({"value": ""}), json!("")),
            (Kind::Str, json!({"value": {"value": 1}}), json!("{'value': 1}")),
            (Kind::Int, json!("\t+12\n"), json!(12)),
            (Kind::Int, json!("012"), json!(12)),
            (Kind::Int, json!({"value": 5.5}), json!(5)),
            (Kind::Float, json!(" .5 "), json!(0.5)),
            (Kind::Float, json!("5."), json!(5.0)),
            (Kind::Float, json!("1_0.5e1"), json!(105.0)),
            (Kind::List, json!(",,"), json!(["", "", ""])),
            (Kind::List, json!("[]"), json!([""])),
            (Kind::List, json!({"value": ""}), json!([""])),
            (Kind::Bool, json!({"value": true}), json!(false)),
            (Kind::Bool, json!(" 1"), json!(false)),
            (Kind::Email, json!("Ana@Example.ORG"), json!("ana@example.org")),
            (Kind::Email, json!(""), Value::Null),
            (Kind::File, json!("a text"), Value::Null),
            (Kind::File, json!(0), Value::Null),
        ] {
            assert_eq!(of(kind, &value), Ok(expected), "{kind:?} {value}");
        }
    }

    #[test]
    fn what_is_none_is_refused_in_the_words_of_the_package() {
        for (kind, value, expected) in [
            (
                Kind::Int,
                json!("1.9"),
                "RP02: El valor del parámetro p no es válido:  1.9 no es <class 'int'>",
            ),
            (
                Kind::Int,
                json!([1]),
                "RP02: El valor del parámetro p no es válido:  [1] no es <class 'int'>",
            ),
            (
                Kind::List,
                json!(5),
                "RP02: El valor del parámetro p no es válido:  5 no es <class 'list'>",
            ),
            (
                Kind::Dict,
                json!("x"),
                "RP02: El valor del parámetro p no es válido:  x no es <class 'dict'>",
            ),
            (
                Kind::Dict,
                json!(5),
                "RP02: El valor del parámetro p no es válido:  5 no es <class 'dict'>",
            ),
            (
                Kind::Float,
                json!("nan"),
                "RP02: El valor del parámetro p no es válido:  nan no es <class 'float'>",
            ),
            (
                Kind::Email,
                json!("x"),
                "RP04: El valor del parámetro p no es válido: x no es email ",
            ),
            (
                Kind::Email,
                json!(" ana@example.org"),
                "RP04: El valor del parámetro p no es válido:  ana@example.org no es email ",
            ),
            (
                Kind::Dict,
                json!([[[1], 2]]),
                "RP02: El valor del parámetro p no es válido:  [[[1], 2]] no es <class 'dict'>",
            ),
            (
                Kind::Int,
                json!("- 12"),
                "RP02: El valor del parámetro p no es válido:  - 12 no es <class 'int'>",
            ),
            (
                Kind::List,
                json!({"value": 5}),
                "RP02: El valor del parámetro p no es válido:  5 no es <class 'list'>",
            ),
            (
                Kind::Date,
                json!("x"),
                "RP04: El valor del parámetro p no es válido: x no es date ",
            ),
            (
                Kind::DateTime,
                json!("x"),
                "RP04: El valor del parámetro p no es válido: x no es datetime ",
            ),
        ] {
            assert_eq!(of(kind, &value), Err(expected.to_owned()), "{kind:?} {value}");
        }
    }

    #[test]
    fn an_address_is_what_is_one_elsewhere() {
        for text in ["änä@example.org", "ana@exämple.org"] {
            assert_eq!(of(Kind::Email, &json!(text)), Ok(json!(text)), "{text}");
        }
        for text in ["ana@localhost", "\"a b\"@example.org", "ana@[127.0.0.1]"] {
            assert!(of(Kind::Email, &json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_must_also_be_what_its_door_says() {
        let param = Param {
            validate: Some(|given| matches!(given, Given::Json(value) if value.as_i64() > Some(0))),
            ..Param::required("p", Kind::Int)
        };
        let said = |value: Value| judge(&param, &value).err();
        assert_eq!(said(json!(3)), None);
        assert_eq!(
            said(json!(-3)).as_deref(),
            Some("RP05: El valor del parámetro p no es válido: -3 no es <class 'int'>")
        );
        assert_eq!(
            said(json!(0.5)).as_deref(),
            Some("RP05: El valor del parámetro p no es válido: 0 no es <class 'int'>")
        );
        assert_eq!(said(json!(0)), None, "zero is not looked at");
        let chosen = said(json!({"value": null}));
        assert_eq!(chosen.as_deref(), Some("RP01: El parámetro p es obligatorio"));
    }

    #[test]
    fn files_are_judged_by_their_names() {
        let png = Param {
            file_types: &["image/png"],
            ..Param::required("file", Kind::File)
        };
        let of = |name: &str| {
            let file = Upload {
                name: name.to_owned(),
                bytes: Bytes::new(),
            };
            judge_file(&png, &file)
        };
        assert!(matches!(of("a.png"), Ok(Given::File(_))));
        assert_eq!(
            of("a.txt").err().as_deref(),
            Some("RP04: El valor del parámetro file no es válido: a.txt no es file ")
        );
    }
}
