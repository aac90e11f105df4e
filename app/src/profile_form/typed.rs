//! Values as text and back, by their declared type. A value that does not fit its type, because it was there first, is shown
//! as JSON.

use serde_json::{Map, Number, Value};
use sereno_types::AttributeKind;

/// Whether a value is shown as a box to tick.
pub(super) fn is_box(kind: AttributeKind, value: &Value) -> bool {
    kind == AttributeKind::Boolean && (value.is_boolean() || value.is_null())
}

/// Whether a value is shown as a day of the calendar. A browser shows a text that is no day as nothing, and would post it
/// so.
pub(super) fn is_day(kind: AttributeKind, value: &Value) -> bool {
    let fits = value.as_str().is_some_and(|text| {
        let plain = |(at, c): (usize, char)| {
            if at == 4 || at == 7 {
                c == '-'
            } else {
                c.is_ascii_digit()
            }
        };
        text.len() == 10 && text.chars().enumerate().all(plain)
    });
    kind == AttributeKind::Date && (value.is_null() || fits)
}

/// Whether a value needs several lines.
pub(super) fn is_long(kind: AttributeKind, value: &Value) -> bool {
    matches!(kind, AttributeKind::List | AttributeKind::Object) || text(kind, value).contains('\n')
}

/// What a field of this type says of a value.
pub(super) fn text(kind: AttributeKind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (AttributeKind::List, Value::Array(entries)) => lines(entries).unwrap_or_else(|| pretty(value)),
        (AttributeKind::List | AttributeKind::Object, _) => pretty(value),
        (_, Value::String(text)) => text.clone(),
        _ => value.to_string(),
    }
}

/// Attributes as the text of a field; nothing if there are none.
pub(super) fn object(attributes: &Map<String, Value>) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    serde_json::to_string_pretty(attributes).unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// One entry a line, if that says it all.
fn lines(entries: &[Value]) -> Option<String> {
    let plain = |text: &&str| !text.is_empty() && text.trim() == *text && !text.contains(['\n', '\r']);
    let lines: Option<Vec<&str>> = entries.iter().map(|entry| entry.as_str().filter(plain)).collect();
    let lines = lines.filter(|lines| !lines.is_empty())?;
    (!lines[0].starts_with('[')).then(|| lines.join("\n"))
}

/// Browsers end the lines of a posted text in their own way.
pub(super) fn one_kind_of_line_end(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// The value that was typed, unless it is of another type.
pub(super) fn value(kind: AttributeKind, text: &str) -> Option<Value> {
    match kind {
        AttributeKind::String | AttributeKind::Date => Some(text.into()),
        AttributeKind::Integer => integer(text).map(Value::Number),
        AttributeKind::Boolean => match text {
            "yes" | "true" => Some(true.into()),
            "no" | "false" => Some(false.into()),
            _ => None,
        },
        AttributeKind::Number => integer(text).or_else(|| number(text)).map(Value::Number),
        AttributeKind::List if text.starts_with('[') => serde_json::from_str(text).ok().filter(Value::is_array),
        AttributeKind::List => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Some(lines.collect())
        }
        AttributeKind::Object => serde_json::from_str(text).ok().filter(Value::is_object),
    }
}

fn integer(text: &str) -> Option<Number> {
    let signed = text.parse::<i64>().map(Number::from).ok();
    signed.or_else(|| text.parse::<u64>().map(Number::from).ok())
}

/// With a point or, as half of the world writes it, a comma.
fn number(text: &str) -> Option<Number> {
    let text = if text.contains('.') {
        text.to_owned()
    } else {
        text.replacen(',', ".", 1)
    };
    Number::from_f64(text.parse().ok()?)
}
