//! Replays recorded exchanges. Each file in a facade's folder `exchanges` is a list of exchanges that were recorded from the package
//! itself. In a request, what stands in angle brackets is filled in by the facade's fixture (`<access>`); in an answer it says what
//! may stand there (`<uuid>`). An exchange that a facade answers otherwise on purpose is listed with the reason, and what it answers
//! stands in the file `deviations.json` in the same form; the test fails when it answers anything else, or does not deviate any more.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::place::{Answer, Place, form, part_of};

/// Something that a facade answers otherwise than the package: the exchange, and why.
pub type Deviation = (&'static str, &'static str);

/// One exchange, as it lies in a file.
#[derive(Deserialize)]
struct Exchange {
    name: String,
    /// Which server it was recorded from.
    server: String,
    /// Exchanges of one sequence follow each other on one server.
    sequence: Option<String>,
    request: Asked,
    response: Value,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    path: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Value,
}

/// What a facade brings along: its servers, its people, and what its placeholders stand for.
pub trait Fixture: Sized {
    /// Claims that tokens have here and had not there.
    const ADDED_CLAIMS: &[&str];

    /// A server as the exchanges of this name were recorded from.
    async fn start(server: &str) -> Self;

    /// The server.
    fn place(&self) -> &Place;

    /// What a placeholder of a request stands for.
    async fn fill(&mut self, placeholder: &str) -> String;
}

/// Replays one file. Where the facade deviates, it answers as `ours` says.
pub async fn replay<F: Fixture>(file: &str, deviations: &[Deviation], ours: &str) {
    let exchanges: Vec<Exchange> = serde_json::from_str(file).unwrap();
    let ours: Map<String, Value> = serde_json::from_str(ours).unwrap();
    assert!(!exchanges.is_empty());
    let mut wrong = Vec::new();
    let mut running: Option<(String, F)> = None;
    for exchange in exchanges {
        let place = format!("{} {:?}", exchange.server, exchange.sequence);
        let mut fixture = match running.take() {
            Some((known, fixture)) if known == place && exchange.sequence.is_some() => fixture,
            _ => F::start(&exchange.server).await,
        };
        let answer = ask(&mut fixture, &exchange.request).await;
        let name = &exchange.name;
        let theirs = faults(&exchange.response, &answer, F::ADDED_CLAIMS);
        let deviates = deviations.iter().any(|(known, _)| known == name);
        let found = match (deviates, ours.get(name)) {
            (false, _) => theirs,
            (true, _) if theirs.is_empty() => vec!["it is listed as a deviation, and does not deviate".to_owned()],
            (true, None) => vec!["what it answers does not stand in deviations.json".to_owned()],
            (true, Some(response)) => faults(response, &answer, F::ADDED_CLAIMS),
        };
        if !found.is_empty() {
            wrong.push(format!("{name}:\n  {}\n  {}", found.join("\n  "), as_recorded(&answer)));
        }
        running = Some((place, fixture));
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// A test for each file of a facade's folder `exchanges`, and one that holds `DEVIATIONS` against files and README.
macro_rules! recordings {
    ($fixture:ty, $readme:literal; $($name:ident = $file:literal;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let file = include_str!(concat!("exchanges/", $file, ".json"));
                crate::replay::replay::<$fixture>(file, DEVIATIONS, include_str!("exchanges/deviations.json")).await;
            }
        )+

        #[test]
        fn every_deviation_is_an_exchange_and_stands_in_the_readme() {
            let files = [$(include_str!(concat!("exchanges/", $file, ".json"))),+];
            let known: Vec<String> = files.iter().flat_map(|file| crate::replay::names(file)).collect();
            for (name, _) in DEVIATIONS {
                assert!(known.iter().any(|known| known == name), "{name} is no exchange");
                assert!(include_str!($readme).contains(&format!("`{name}`")), "{name} has no row in the README");
            }
        }
    };
}
pub(crate) use recordings;

/// Names of the exchanges in a file.
pub fn names(file: &str) -> Vec<String> {
    let exchanges: Vec<Exchange> = serde_json::from_str(file).unwrap();
    exchanges.into_iter().map(|exchange| exchange.name).collect()
}

async fn ask<F: Fixture>(fixture: &mut F, asked: &Asked) -> Answer {
    let mut headers = Vec::new();
    for (name, value) in &asked.headers {
        let text = match value {
            Value::Object(cookies) => {
                let mut pairs = Vec::new();
                for (name, value) in cookies {
                    pairs.push(format!("{name}={}", filled(fixture, value.as_str().unwrap()).await));
                }
                pairs.join("; ")
            }
            text => filled(fixture, text.as_str().unwrap()).await,
        };
        headers.push((name.to_lowercase(), text));
    }
    let kind = headers.iter().find(|(name, _)| name == "content-type");
    let kind = kind.map(|(_, kind)| kind.clone()).unwrap_or_default();
    let body = match &asked.body {
        Value::Null => String::new(),
        Value::String(text) => filled(fixture, text).await,
        Value::Object(fields) if !kind.contains("json") => {
            let mut pairs = Vec::new();
            for (name, value) in fields {
                let text = match value {
                    Value::String(text) => filled(fixture, text).await,
                    file => file["filename"].as_str().unwrap().to_owned(),
                };
                pairs.push((name.as_str(), value.is_object(), text));
            }
            if kind.starts_with("multipart") {
                headers.retain(|(name, _)| name != "content-type");
                headers.push((
                    "content-type".to_owned(),
                    "multipart/form-data; boundary=parts".to_owned(),
                ));
                multipart(&pairs)
            } else {
                let pairs: Vec<_> = pairs.iter().map(|(name, _, value)| (*name, value.as_str())).collect();
                form(&pairs)
            }
        }
        Value::Object(fields) => {
            let mut members = Map::new();
            for (name, value) in fields {
                let value = match value {
                    Value::String(text) => json!(filled(fixture, text).await),
                    Value::Object(inner) => {
                        let mut filled_in = inner.clone();
                        for (_, value) in filled_in.iter_mut().filter(|(_, value)| value.is_string()) {
                            *value = json!(filled(fixture, value.as_str().unwrap()).await);
                        }
                        Value::Object(filled_in)
                    }
                    other => other.clone(),
                };
                members.insert(name.clone(), value);
            }
            Value::Object(members).to_string()
        }
        other => other.to_string(),
    };
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fixture.place().send(&asked.method, &asked.path, &headers, body).await
}

/// Of a file its name alone was recorded; what is in it stands for nothing.
fn multipart(fields: &[(&str, bool, String)]) -> String {
    let parts = fields.iter().map(|(name, is_file, value)| {
        let file = if *is_file {
            format!("; filename=\"{value}\"")
        } else {
            String::new()
        };
        format!("--parts\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    });
    parts.collect::<String>() + "--parts--\r\n"
}

async fn filled<F: Fixture>(fixture: &mut F, text: &str) -> String {
    let Some((before, rest)) = text.split_once('<') else {
        return text.to_owned();
    };
    let (placeholder, after) = rest.rsplit_once('>').unwrap();
    format!("{before}{}{after}", fixture.fill(placeholder).await)
}

/// An answer in the form of the recordings.
fn as_recorded(answer: &Answer) -> Value {
    let cookies = answer.set_cookies();
    let cookies = cookies.iter().map(|text| {
        let mut cookie = described(text);
        cookie["name"] = json!(text.split('=').next());
        cookie
    });
    let body = serde_json::from_str(&answer.text).unwrap_or_else(|_| json!(answer.text));
    json!({"status": answer.status, "set_cookie": cookies.collect::<Vec<_>>(), "body": body})
}

/// What of an answer is not as it was recorded. Further headers are no fault.
fn faults(expected: &Value, answer: &Answer, added: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    if expected["status"] != answer.status {
        faults.push(format!("status {} for {}", answer.status, expected["status"]));
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        if !fits(value, &json!(answer.header(name))) {
            faults.push(format!("{name}: {} for {value}", answer.header(name)));
        }
    }
    cookies(&expected["set_cookie"], answer, added, &mut faults);
    match &expected["body"] {
        Value::Object(page) if page.contains_key("html_title") => {
            let title = answer
                .text
                .split_once("<title>")
                .and_then(|(_, rest)| rest.split_once("</title>"));
            if page["html_title"] != json!(title.map(|(title, _)| title)) {
                faults.push(format!("title {title:?}"));
            }
            let reason = page
                .get("debug_csrf_reason")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !answer.text.contains(reason) {
                faults.push(format!("no {reason}"));
            }
        }
        Value::String(text) => {
            if *text != answer.text {
                faults.push(format!("body for {text:?}"));
            }
        }
        body => {
            if !fits(body, &answer.json()) {
                faults.push(format!("body for {body}"));
            }
        }
    }
    for (name, said) in expected["jwt"].as_object().into_iter().flatten() {
        let jwt = answer.json()[name].as_str().unwrap_or_default().to_owned();
        faults.extend(fault_of_jwt(said, &jwt, added));
    }
    faults
}

fn without(mut claims: Value, added: &[&str]) -> Value {
    if let Some(claims) = claims.as_object_mut() {
        claims.retain(|name, _| !added.contains(&name.as_str()));
    }
    claims
}

fn fault_of_jwt(said: &Value, jwt: &str, added: &[&str]) -> Option<String> {
    let (header, claims) = (part_of(jwt, 0), without(part_of(jwt, 1), added));
    let lasts = claims["exp"]
        .as_i64()
        .zip(claims["iat"].as_i64())
        .map(|(exp, iat)| exp - iat);
    let lasts_as_said = said.get("exp_minus_iat").is_none_or(|said| *said == json!(lasts));
    let same = fits(&said["header"], &header) && fits(&said["claims"], &claims) && lasts_as_said;
    (!same).then(|| format!("{header} {claims} for {said}"))
}

fn cookies(expected: &Value, answer: &Answer, added: &[&str], faults: &mut Vec<String>) {
    let expected = expected.as_array().cloned().unwrap_or_default();
    let name_of = |cookie: &String| cookie.split('=').next().unwrap_or_default().to_owned();
    let set: BTreeSet<String> = answer.set_cookies().iter().map(name_of).collect();
    let wanted: BTreeSet<String> = expected
        .iter()
        .map(|cookie| cookie["name"].as_str().unwrap().to_owned())
        .collect();
    if set != wanted {
        faults.push(format!("cookies {set:?} for {wanted:?}"));
        return;
    }
    for cookie in &expected {
        let name = cookie["name"].as_str().unwrap();
        let set = answer.set_cookies();
        let text = set.iter().find(|text| name_of(text) == name).unwrap();
        let found = described(text);
        for (attribute, value) in cookie.as_object().unwrap() {
            let same = match attribute.as_str() {
                "name" => true,
                "jwt" => fault_of_jwt(value, found["value"].as_str().unwrap(), added).is_none(),
                "value" => fits_value(value, found["value"].as_str().unwrap(), added),
                "expires" => value.is_null() != found["expires"].is_string(),
                _ => value == &found[attribute],
            };
            if !same {
                faults.push(format!("cookie {name}: {attribute} {} for {value}", found[attribute]));
            }
        }
    }
}

/// A cookie as the recordings describe one.
fn described(text: &str) -> Value {
    let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
    let mut found = json!({"value": pair.split_once('=').unwrap().1, "httponly": false, "secure": false});
    for attribute in attributes.split(';').map(str::trim) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let name = name.to_lowercase();
        match name.as_str() {
            "httponly" | "secure" => found[name] = json!(true),
            "max-age" => found["max_age"] = json!(value.parse::<i64>().unwrap()),
            _ => found[name] = json!(value),
        }
    }
    found
}

fn fits_value(expected: &Value, found: &str, added: &[&str]) -> bool {
    if let Some(claims) = expected.get("base64_std_of_json") {
        let plain = found.trim_matches('"');
        let text = String::from_utf8(STANDARD.decode(plain).unwrap_or_default()).unwrap_or_default();
        let quoted_as_python_does = (found != plain) == plain.contains(['=', '/', '+']) || found == plain;
        let found = without(serde_json::from_str(&text).unwrap_or(Value::Null), added);
        return quoted_as_python_does && fits(claims, &found);
    }
    fits(expected, &json!(found.trim_matches('"')))
}

/// Whether a value is the one that was recorded; lists of texts in any order.
fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(pattern), _) if pattern.starts_with('<') && pattern.ends_with('>') => stands_for(pattern, found),
        (Value::Object(wanted), Value::Object(given)) => {
            wanted.len() == given.len()
                && wanted
                    .iter()
                    .all(|(name, value)| given.get(name).is_some_and(|given| fits(value, given)))
        }
        (Value::Array(wanted), Value::Array(given)) => {
            wanted.len() == given.len() && wanted.iter().all(|value| given.iter().any(|given| fits(value, given)))
        }
        _ => expected == found,
    }
}

fn stands_for(pattern: &str, found: &Value) -> bool {
    let text = found.as_str().unwrap_or_default();
    match pattern {
        "<jwt>" => text.split('.').count() == 3 && part_of(text, 1).is_object(),
        "<oauth-token-30>" | "<session-key:32 chars>" => !text.is_empty(),
        "<datetime>" => time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).is_ok(),
        "<uuid>" => text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'),
        "<unix-seconds:int>" | "<int>" => found.is_i64() || found.is_u64(),
        "<csrftoken:32 chars>" => text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        other => panic!("nobody knows what {other} stands for"),
    }
}
