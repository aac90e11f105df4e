//! What a request brings: which token it means, and what is wrong with it in the words of the package and of the JWT library
//! beneath it (`PyJWT` 2.15). Whether a token is good the core says; nothing here lets anybody in.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

impl Presented {
    /// Takes padding off the signature, which the library allows there and no token of ours has: without it, it is the text
    /// that was issued.
    pub fn drop_padding(&mut self) {
        self.text.truncate(self.text.trim_end_matches('=').len());
    }
}

/// Finds the token in a cookie.
///
/// # Errors
/// Why there is none, in the words of the package.
pub fn in_cookies(settings: &Djwto, headers: &HeaderMap, form: &Form, path: &str) -> Result<Presented, String> {
    let mode = Mode::of(settings);
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

/// Finds the token in the header: the text behind the last `Bearer `, whatever stands before it.
///
/// # Errors
/// Why there is none, in the words of the package.
pub fn bearer(headers: &HeaderMap) -> Result<Presented, String> {
    let value = headers.get(header::AUTHORIZATION).filter(|value| !value.is_empty());
    let Some(value) = value else {
        return Err("Token not found in \"HTTP_AUTHORIZATION\" header.".to_owned());
    };
    // bytes are letters to Django's servers (latin-1), so that a token that is none is called that
    let text: String = value.as_bytes().iter().copied().map(char::from).collect();
    match text.rsplit_once("Bearer ") {
        Some((_, token)) if !token.is_empty() => Ok(Presented {
            text: token.to_owned(),
            said: None,
        }),
        _ => Err("Value in HTTP_AUTHORIZATION header is not valid.".to_owned()),
    }
}

/// What is wrong with the form of a token, before anybody looks at its signature.
pub fn fault_of_form(text: &str, algorithm: &str) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    let Some((head, payload, signature)) = segments(text) else {
        return said("Not enough segments");
    };
    let Some(head) = decoded(head) else {
        return said("Invalid header padding");
    };
    let head = match object(&head) {
        Ok(head) => head,
        Err(why) => return Some(format!("Invalid header string: {why}")),
    };
    let is_detached = head.get("b64") == Some(&Value::Bool(false));
    if is_detached && !payload.is_empty() {
        return said("Payload segment must be empty when 'b64' is false.");
    }
    if !is_detached && decoded(payload).is_none() {
        return said("Invalid payload padding");
    }
    if decoded(signature).is_none() {
        return said("Invalid crypto padding");
    }
    fault_of_header(&head, is_detached).or_else(|| match head.get("alg") {
        None => said("Algorithm not specified"),
        Some(alg) if alg != algorithm => said("The specified alg value is not allowed"),
        Some(_) => None,
    })
}

/// What is wrong with the members of a header that say how the token is to be read (RFC 7515 §4.1, RFC 7797).
fn fault_of_header(head: &Claims, is_detached: bool) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    if head.get("kid").is_some_and(|kid| !kid.is_string()) {
        return said("Key ID header parameter must be a string");
    }
    let critical: &[Value] = match head.get("crit") {
        None => &[],
        Some(Value::Array(names)) if !names.is_empty() => names.as_slice(),
        Some(_) => return said("Invalid 'crit' header: must be a non-empty list"),
    };
    for name in critical {
        match name.as_str() {
            None => return said("Invalid 'crit' header: values must be strings"),
            Some("b64") if head.contains_key("b64") => {}
            Some("b64") => return said("Critical extension 'b64' is missing from headers"),
            Some(other) => return Some(format!("Unsupported critical extension: {other}")),
        }
    }
    match (is_detached, critical.is_empty()) {
        (true, true) => said("The 'b64' header parameter requires 'b64' to be listed in 'crit'."),
        (true, false) => said(
            "It is required that you pass in a value for the \"detached_payload\" argument to decode a message having the b64 header set to false.",
        ),
        (false, _) => None,
    }
}

/// What is wrong with a token of sound form that no key of ours signed, or whose payload is none.
pub fn fault_of_signature(fault: TokenFault, text: &str) -> String {
    if fault != TokenFault::Malformed {
        return "Signature verification failed".to_owned();
    }
    let payload = segments(text).and_then(|(_, payload, _)| decoded(payload));
    match payload.map(|payload| object(&payload)) {
        Some(Err(why)) => format!("Invalid payload string: {why}"),
        // the library has nothing against it, and we have: a claim that stands twice, a token that is too long
        Some(Ok(_)) | None => "Failed to validate token.".to_owned(),
    }
}

/// Header, payload and signature.
fn segments(text: &str) -> Option<(&str, &str, &str)> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (head, payload) = signed.split_once('.')?;
    Some((head, payload, signature))
}

fn object(bytes: &[u8]) -> Result<Claims, String> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("must be a json object".to_owned()),
        Err(_) => Err(why_no_json(bytes)),
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
    match claims.get("iss") {
        _ if settings.issuer.is_empty() => {}
        Some(Value::String(iss)) if *iss == settings.issuer => {}
        Some(Value::String(_)) | None => return said("Invalid issuer"),
        Some(_) => return said("Payload Issuer (iss) must be a string"),
    }
    if let Some(fault) = fault_of_audience(&settings.audience, claims.get("aud")) {
        return said(fault);
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

/// What Python takes for nothing counts as if it were not there.
fn fault_of_audience(ours: &[String], said: Option<&Value>) -> Option<&'static str> {
    let is_nothing = said.is_none_or(|said| match said {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(many) => many.is_empty(),
        Value::Object(members) => members.is_empty(),
    });
    let theirs: Option<Vec<&str>> = match said {
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(many)) => many.iter().map(Value::as_str).collect(),
        _ => None,
    };
    match (ours.is_empty(), is_nothing, theirs) {
        (true, true, _) => None,
        (true, false, _) => Some("Invalid audience"),
        (false, true, _) => Some("Token is missing the \"aud\" claim"),
        (false, false, None) => Some("Invalid claim format in token"),
        (false, false, Some(theirs)) => {
            let is_ours = ours.iter().any(|one| theirs.contains(&one.as_str()));
            (!is_ours).then_some("Audience doesn't match")
        }
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

/// base64url as the library reads it: canonical, with or without its padding.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    let text = segment.trim_end_matches('=');
    let padding = segment.len() - text.len();
    if padding > 2 || (padding > 0 && !segment.len().is_multiple_of(4)) {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    /// A text of three parts; whatever stands in the first two.
    fn token(head: &str, payload: &str) -> String {
        let (head, payload) = (URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(payload));
        format!("{head}.{payload}.{}", URL_SAFE_NO_PAD.encode([0xff; 32]))
    }

    fn of_header(head: &Value) -> String {
        fault_of_form(&token(&head.to_string(), "{}"), "HS256").unwrap_or_default()
    }

    #[test]
    fn base64_is_read_strictly() {
        let good = token(r#"{"alg":"HS256"}"#, "{}");
        let (signed, signature) = good.rsplit_once('.').unwrap();
        for (text, expected) in [
            (good.clone(), ""),
            (format!("{good}="), ""),
            (format!("{good}=="), "Invalid crypto padding"),
            (format!("{good}x"), ""),
            (good[..good.len() - 1].to_owned(), "Invalid crypto padding"),
            (good[..good.len() - 4].to_owned(), "Invalid crypto padding"),
            (good[..good.len() - 5].to_owned(), "Invalid crypto padding"),
            (format!("{}x", &good[..good.len() - 1]), "Invalid crypto padding"),
            (format!("{signed}x.{signature}"), ""),
            (
                format!("{}x.{signature}", &signed[..signed.len() - 1]),
                "Invalid payload padding",
            ),
            (good.replace(".e30.", ".!!!!."), "Invalid payload padding"),
            (format!("{good}."), "Invalid payload padding"),
            (format!("{good}.x"), "Invalid payload padding"),
            (format!(" {good}"), "Invalid header padding"),
            ("not.a.jwt".to_owned(), "Invalid header padding"),
            ("aaa.bbb.ccc".to_owned(), "Invalid header padding"),
            ("invalid.token.here".to_owned(), "Invalid header padding"),
            ("garbage".to_owned(), "Not enough segments"),
            ("a.b".to_owned(), "Not enough segments"),
        ] {
            assert_eq!(fault_of_form(&text, "HS256").unwrap_or_default(), expected, "{text}");
        }
    }

    #[test]
    fn headers_are_judged_as_the_library_does() {
        for (head, expected) in [
            (json!({"alg": "HS256"}), ""),
            (json!([]), "Invalid header string: must be a json object"),
            (
                json!({"alg": "HS256", "kid": 5}),
                "Key ID header parameter must be a string",
            ),
            (
                json!({"alg": "HS256", "crit": ["x"]}),
                "Unsupported critical extension: x",
            ),
            (
                json!({"alg": "HS256", "crit": []}),
                "Invalid 'crit' header: must be a non-empty list",
            ),
            (
                json!({"alg": "HS256", "crit": [5]}),
                "Invalid 'crit' header: values must be strings",
            ),
            (
                json!({"alg": "HS256", "crit": ["b64"]}),
                "Critical extension 'b64' is missing from headers",
            ),
            (
                json!({"alg": "HS256", "b64": false}),
                "Payload segment must be empty when 'b64' is false.",
            ),
            (json!({"alg": null}), "The specified alg value is not allowed"),
            (json!({"alg": "none"}), "The specified alg value is not allowed"),
            (json!({"typ": "JWT"}), "Algorithm not specified"),
        ] {
            assert_eq!(of_header(&head), expected, "{head}");
        }
        let detached = |head: &str| fault_of_form(&token(head, ""), "HS256").unwrap_or_default();
        assert_eq!(
            detached(r#"{"alg":"HS256","b64":false}"#),
            "The 'b64' header parameter requires 'b64' to be listed in 'crit'."
        );
        assert!(detached(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#).contains("detached_payload"));
    }

    #[test]
    fn a_payload_that_is_none_is_named() {
        for (payload, expected) in [
            (
                "hello",
                "Invalid payload string: Expecting value: line 1 column 1 (char 0)",
            ),
            ("", "Invalid payload string: Expecting value: line 1 column 1 (char 0)"),
            ("[1]", "Invalid payload string: must be a json object"),
            (r#"{"a":1,"a":2}"#, "Failed to validate token."),
        ] {
            let text = token(r#"{"alg":"HS256"}"#, payload);
            assert_eq!(fault_of_signature(TokenFault::Malformed, &text), expected, "{payload}");
            let said = fault_of_signature(TokenFault::BadSignature, &text);
            assert_eq!(said, "Signature verification failed");
        }
    }

    #[test]
    fn an_audience_that_is_nothing_is_as_if_it_were_not_there() {
        let ours = ["one".to_owned(), "two".to_owned()];
        let missing = Some("Token is missing the \"aud\" claim");
        let unreadable = Some("Invalid claim format in token");
        for (said, of_none, of_ours) in [
            (json!(null), None, missing),
            (json!(""), None, missing),
            (json!([]), None, missing),
            (json!("two"), Some("Invalid audience"), None),
            (json!(["x", "two"]), Some("Invalid audience"), None),
            (json!("x"), Some("Invalid audience"), Some("Audience doesn't match")),
            (json!(["two", 5]), Some("Invalid audience"), unreadable),
            (json!(5), Some("Invalid audience"), unreadable),
        ] {
            assert_eq!(fault_of_audience(&[], Some(&said)), of_none, "{said}");
            assert_eq!(fault_of_audience(&ours, Some(&said)), of_ours, "{said}");
        }
        assert_eq!(
            (fault_of_audience(&[], None), fault_of_audience(&ours, None)),
            (None, missing)
        );
    }

    #[test]
    fn an_empty_header_is_none() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::AUTHORIZATION,
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
            bearer(&headers).map(|presented| presented.text)
        };
        let missing = "Token not found in \"HTTP_AUTHORIZATION\" header.";
        let wrong = "Value in HTTP_AUTHORIZATION header is not valid.";
        assert_eq!(of(""), Err(missing.to_owned()));
        assert_eq!(of("Bearer "), Err(wrong.to_owned()));
        assert_eq!(of("bearer x"), Err(wrong.to_owned()));
        assert_eq!(of("JWT Bearer x"), Ok("x".to_owned()));
        assert_eq!(of("Bearer  x"), Ok(" x".to_owned()));
        assert_eq!(of("Bearer é"), Ok("Ã©".to_owned()));
    }
}
