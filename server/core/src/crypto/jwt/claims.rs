//! Looking at what an opened token says: its type, its claims as texts and numbers, its audience and its times.

use serde_json::{Map, Value};

use super::{LEEWAY, TokenFault};
use crate::clock::Moment;

/// Whether a header's `typ` is the one that is expected; empty: none.
pub fn require_type(typ: Option<&str>, expected: &str) -> Result<(), TokenFault> {
    if typ.unwrap_or("") == expected {
        Ok(())
    } else {
        Err(TokenFault::WrongType)
    }
}

/// A text among the claims.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, TokenFault> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(TokenFault::Malformed),
    }
}

/// A whole number among the claims.
pub fn number(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, TokenFault> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(TokenFault::Malformed),
    }
}

/// Whether `aud`, one text or many, holds the audience (RFC 7519 §4.1.3).
#[must_use]
pub fn is_for(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one == audience),
        _ => false,
    }
}

/// Checks `exp`, `nbf` and `iat`, as far as they are there (RFC 7519 §4.1). Gives `exp`: whether a token may do without is
/// for whoever expects one to say.
pub fn check_times(claims: &Map<String, Value>, moment: Moment) -> Result<Option<i64>, TokenFault> {
    let now = moment.unix_seconds();
    let exp = number(claims, "exp")?;
    let earliest = number(claims, "nbf")?.max(number(claims, "iat")?);
    if earliest.is_some_and(|earliest| earliest > now.saturating_add(LEEWAY)) {
        return Err(TokenFault::NotYetValid);
    }
    if exp.is_some_and(|exp| is_over(exp, moment)) {
        return Err(TokenFault::Expired);
    }
    Ok(exp)
}

/// Whether a token with this `exp` is over.
#[must_use]
pub const fn is_over(exp: i64, now: Moment) -> bool {
    exp <= now.unix_seconds().saturating_sub(LEEWAY)
}
