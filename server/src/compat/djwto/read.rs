//! What a request brings: which token it means, and what is wrong with it in the words of the package and of the JWT library
//! beneath it. Whether a token is good the core says; nothing here lets anybody in.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use sereno_core::clock::Moment;
use sereno_core::config::Djwto;
use sereno_core::crypto::TokenFault;
use sereno_types::TokenUse;

use super::Mode;
use crate::http::cookies::cookie_of;
use crate::http::django::form::Form;

/// What a token says.
pub type Claims = Map<String, Value>;

/// The token that a request means.
pub struct Presented {
    /// Its text.
    pub text: String,
    /// Which of the two the client says it is; in the mode JSON it says nothing.
    pub said: Option<TokenUse>,
}

/// Finds the token.
///
/// # Errors
/// Why there is none, in the words of the package.
pub fn presented(settings: &Djwto, headers: &HeaderMap, form: &Form, path: &str) -> Result<Presented, String> {
    let mode = Mode::of(settings);
    if mode == Mode::Json {
        return Ok(Presented {
            text: bearer(headers)?,
            said: None,
        });
    }
    let said = form.get("jwt_type").unwrap_or("access");
    let said = match said {
        "access" => TokenUse::Access,
        "refresh" => TokenUse::Refresh,
        other => {
            return Err(format!(
                "Input data \"jwt_type\" must be either \"access\" or \"refresh\". Got \"{other}\" instead."
            ));
        }
    };
    let name = match (said, mode) {
        (TokenUse::Refresh, _) => "jwt_refresh",
        (_, Mode::TwoCookies) => "jwt_access_token",
        _ => "jwt_access",
    };
    let refresh_path = &settings.refresh_path;
    match cookie_of(headers, name) {
        Some(text) => Ok(Presented { text, said: Some(said) }),
        None if said == TokenUse::Refresh && !path.contains(refresh_path.as_str()) => Err(format!(
            "Refresh cookie is only sent in path \"/{refresh_path}\". Requested path was: {path}."
        )),
        None => Err(format!("Cookie \"{name}\" cannot be empty.")),
    }
}

/// The text behind the last `Bearer ` of the header, whatever stands before it.
fn bearer(headers: &HeaderMap) -> Result<String, String> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err("Token not found in \"HTTP_AUTHORIZATION\" header.".to_owned());
    };
    let text = value.to_str().unwrap_or_default();
    match text.rsplit_once("Bearer ") {
        Some((_, token)) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err("Value in HTTP_AUTHORIZATION header is not valid.".to_owned()),
    }
}

/// What is wrong with the form of a token, before anybody looks at its signature.
pub fn fault_of_form(text: &str, algorithm: &str) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    let Some((signed, signature)) = text.rsplit_once('.') else {
        return said("Not enough segments");
    };
    let Some((head, payload)) = signed.split_once('.') else {
        return said("Not enough segments");
    };
    let Some(head) = decoded(head) else {
        return said("Invalid header padding");
    };
    let head = match serde_json::from_slice::<Value>(&head) {
        Ok(Value::Object(head)) => head,
        Ok(_) => return said("Invalid header string: must be a json object"),
        Err(_) => return Some(format!("Invalid header string: {}", why_no_json(&head))),
    };
    if decoded(payload).is_none() {
        return said("Invalid payload padding");
    }
    if decoded(signature).is_none() {
        return said("Invalid crypto padding");
    }
    match head.get("alg") {
        None => said("Algorithm not specified"),
        Some(alg) if alg != algorithm => said("The specified alg value is not allowed"),
        Some(_) => None,
    }
}

/// What is wrong with the signature.
pub fn fault_of_signature(fault: TokenFault) -> String {
    match fault {
        TokenFault::Malformed => "Invalid payload string: must be a json object".to_owned(),
        _ => "Signature verification failed".to_owned(),
    }
}

/// What is wrong with the claims of a token that our key signed: what is demanded and missing, times, then who it is from and for.
/// No clock is forgiven anything.
pub fn fault_of_claims(settings: &Djwto, claims: &Claims, now: Moment) -> Option<String> {
    let demanded = [
        ("iss", !settings.issuer.is_empty()),
        ("sub", !settings.subject.is_empty()),
        ("aud", !settings.audience.is_empty()),
        ("iat", settings.iat),
        ("jti", settings.jti),
    ];
    let is_missing = |name: &str| claims.get(name).is_none_or(Value::is_null);
    if let Some((name, _)) = demanded.iter().find(|(name, on)| *on && is_missing(name)) {
        return Some(format!("Token is missing the \"{name}\" claim"));
    }
    fault_of_times(claims, now).or_else(|| fault_of_names(settings, claims))
}

fn fault_of_times(claims: &Claims, now: Moment) -> Option<String> {
    let now = now.unix_seconds();
    for (name, why) in [
        ("iat", "Issued At claim (iat) must be an integer."),
        ("nbf", "Not Before claim (nbf) must be an integer."),
    ] {
        match claims.get(name).map(seconds) {
            Some(None) => return Some(why.to_owned()),
            Some(Some(from)) if from > now => return Some(format!("The token is not yet valid ({name})")),
            _ => {}
        }
    }
    match claims.get("exp").map(seconds) {
        Some(None) => Some("Expiration Time claim (exp) must be an integer.".to_owned()),
        Some(Some(end)) if end <= now => Some("Signature has expired".to_owned()),
        _ => None,
    }
}

/// A whole number of seconds, as Python's `int` reads it.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(is) => Some(i64::from(*is)),
        #[expect(clippy::cast_possible_truncation, reason = "as int() cuts it")]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        _ => None,
    }
}

fn fault_of_names(settings: &Djwto, claims: &Claims) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    if !settings.issuer.is_empty() && claims.get("iss").and_then(Value::as_str) != Some(&settings.issuer) {
        return said("Invalid issuer");
    }
    let audience: Vec<&str> = match claims.get("aud") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        Some(_) => return said("Invalid claim format in token"),
    };
    if settings.audience.is_empty() && !audience.is_empty() {
        return said("Invalid audience");
    }
    if !settings.audience.is_empty() && !settings.audience.iter().any(|ours| audience.contains(&ours.as_str())) {
        return said("Audience doesn't match");
    }
    match claims.get("sub") {
        Some(Value::String(sub)) if !settings.subject.is_empty() && *sub != settings.subject => {
            return said("Invalid subject");
        }
        Some(Value::String(_)) | None => {}
        Some(_) => return said("Subject must be a string"),
    }
    match claims.get("jti") {
        Some(Value::String(_)) | None => None,
        Some(_) => said("JWT ID must be a string"),
    }
}

/// Whether a token names a user.
pub fn names_a_user(claims: &Claims) -> bool {
    claims
        .get("user")
        .and_then(Value::as_object)
        .is_some_and(|user| user.contains_key("id"))
}

/// Whether a token says that it is of this use.
pub fn is_for(claims: &Claims, token: TokenUse) -> bool {
    claims.get("type").and_then(Value::as_str) == Some(token.as_str())
}

/// base64url as Python reads it: padding is added, what does not belong to the alphabet is passed over.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let known = text
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    LENIENT.decode(known.collect::<Vec<_>>()).ok()
}

/// Why Python's parser refuses a text, as far as it can be said in few words.
fn why_no_json(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(_) => "Expecting value: line 1 column 1 (char 0)".to_owned(),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let why = match (error.error_len(), byte) {
                (None, _) => "unexpected end of data",
                (Some(_), 0x80..=0xc1 | 0xf5..=0xff) => "invalid start byte",
                (Some(_), _) => "invalid continuation byte",
            };
            format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {why}")
        }
    }
}
