//! Values as Python writes and reads them, where the package's answers hang on it: `str`, `int` and `float`.

use serde_json::Value;
use uuid::Uuid;

/// `str(value)`.
#[must_use]
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => shown(other),
    }
}

/// `repr(value)`.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => float_text(float),
            _ => number.to_string(),
        },
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", quoted(name), shown(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// The shortest text, with an exponent of a sign and two digits where there is one.
fn float_text(float: f64) -> String {
    let text = format!("{float:?}");
    match text.split_once('e') {
        None => text,
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            format!("{mantissa}e{sign}{digits:0>2}")
        }
    }
}

/// In single quotes, unless it has such and no double ones.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut said = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => said.push_str("\\\\"),
            '\n' => said.push_str("\\n"),
            '\r' => said.push_str("\\r"),
            '\t' => said.push_str("\\t"),
            c if c == quote => {
                said.push('\\');
                said.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => said.push_str(&format!("\\x{:02x}", c as u32)),
            c => said.push(c),
        }
    }
    said.push(quote);
    said
}

/// Whether Python takes it for false.
#[must_use]
pub fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// `int(value)`; nothing where Python raises, or the number has more than 64 bits.
#[must_use]
pub fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(is) => Some(i64::from(*is)),
        Value::Number(number) => number.as_i64().or_else(|| cut(number.as_f64()?)),
        Value::String(text) => without_underscores(text)?.parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "as int() cuts it")]
fn cut(float: f64) -> Option<i64> {
    // beyond, a float has no fractions, and i64 no room
    (float.is_finite() && float.abs() < 9.2e18).then_some(float as i64)
}

/// `float(value)`; nothing where Python raises, and for what JSON cannot write.
#[must_use]
pub fn float(value: &Value) -> Option<f64> {
    let float = match value {
        Value::Bool(is) => f64::from(u8::from(*is)),
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => without_underscores(text)?.parse().ok()?,
        _ => return None,
    };
    float.is_finite().then_some(float)
}

/// What a `UUIDField` takes for a UUID: a whole number, or 32 hexadecimal digits however they are written; nothing where Django
/// raises.
#[must_use]
pub fn uuid(value: &Value) -> Option<Uuid> {
    match value {
        Value::Bool(is) => Some(Uuid::from_u128(u128::from(*is))),
        Value::Number(number) => Some(Uuid::from_u128(u128::from(number.as_u64()?))),
        Value::String(text) => {
            let digits = text.replace("urn:", "").replace("uuid:", "");
            Uuid::try_parse(&digits.trim_matches(['{', '}']).replace('-', "")).ok()
        }
        _ => None,
    }
}

/// The text of a number without blanks around it, and without the underscores between digits.
fn without_underscores(text: &str) -> Option<String> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let well = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'_' || (digit(at.checked_sub(1)) && digit(at.checked_add(1))));
    well.then(|| text.replace('_', ""))
}

/// Whether a name can be a keyword argument: a plain identifier that is no word of the language and does not begin with an
/// underscore.
#[must_use]
pub fn is_name(name: &str) -> bool {
    const WORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    let mut chars = name.chars();
    chars.next().is_some_and(char::is_alphabetic)
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && !WORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_those_of_python() {
        for (value, expected) in [
            (json!(5), "5"),
            (json!(true), "True"),
            (json!(null), "None"),
            (json!([1]), "[1]"),
            (json!({"a": 1}), "{'a': 1}"),
            (json!("it's"), "it's"),
            (json!(["it's", "a\"b", "'\""]), "[\"it's\", 'a\"b', '\\'\"']"),
            (
                json!([1.0, 1e16, 1e-5, 0.5, 1.5e300]),
                "[1.0, 1e+16, 1e-05, 0.5, 1.5e+300]",
            ),
            (json!(["a\n\u{1}é"]), "['a\\n\\x01é']"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn numbers_are_read_as_python_does() {
        for (value, expected) in [
            (json!(" 12 "), Some(12)),
            (json!("1_000"), Some(1000)),
            (json!("1__0"), None),
            (json!("_1"), None),
            (json!("+3"), Some(3)),
            (json!("1.9"), None),
            (json!(1.9), Some(1)),
            (json!(-1.9), Some(-1)),
            (json!(true), Some(1)),
            (json!([1]), None),
            (json!(1e300), None),
            (json!("9223372036854775808"), None),
            (json!("１２"), None),
            (json!(null), None),
        ] {
            assert_eq!(int(&value), expected, "{value}");
        }
        for (value, expected) in [
            (json!("1.5"), Some(1.5)),
            (json!("1e3"), Some(1000.0)),
            (json!("nan"), None),
            (json!("inf"), None),
            (json!(2), Some(2.0)),
            (json!({}), None),
        ] {
            assert_eq!(float(&value), expected, "{value}");
        }
    }

    #[test]
    fn uuids_are_read_however_they_are_written() {
        let known = Uuid::from_u128(0x6f1b_1c9e_3c66_4b6e_9d5c_0a1b_2c3d_4e5f);
        for text in [
            "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f",
            "6F1B1C9E3C664B6E9D5C0A1B2C3D4E5F",
            "{6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f}",
            "urn:uuid:6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f",
        ] {
            assert_eq!(uuid(&json!(text)), Some(known), "{text}");
        }
        assert_eq!(uuid(&json!(5)), Some(Uuid::from_u128(5)));
        assert_eq!(uuid(&json!(true)), Some(Uuid::from_u128(1)));
        for value in [
            json!("zzz"),
            json!(""),
            json!(" 6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f"),
            json!(5.5),
            json!(-1),
            json!([1]),
            json!({"a": 1}),
            Value::Null,
        ] {
            assert_eq!(uuid(&value), None, "{value}");
        }
    }

    #[test]
    fn names_are_plain() {
        for (name, expected) in [
            ("email", true),
            ("a-b", false),
            ("_a", false),
            ("class", false),
            ("1a", false),
            ("", false),
            ("año", true),
        ] {
            assert_eq!(is_name(name), expected, "{name}");
        }
    }
}
