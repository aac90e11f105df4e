use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::clock::{Clock, ManualClock, Moment};
use crate::crypto::signing::{KeyState, SigningAlgorithm, SigningKey, SigningKeys, generate};
use crate::entropy::{Entropy, SeededEntropy, SystemEntropy};

const NOW: i64 = 1_800_000_000;
const FORM: Form<'_> = Form {
    typ: "at+jwt",
    kid: true,
};

fn key(seed: u64) -> SigningKey {
    key_of(SigningAlgorithm::EdDsa, None, seed)
}

fn key_of(algorithm: SigningAlgorithm, application_id: Option<Uuid>, seed: u64) -> SigningKey {
    let secret = generate(algorithm, &SeededEntropy::new(seed)).unwrap();
    let id = Uuid::from_u128(seed.into());
    SigningKey::open(id, algorithm, application_id, KeyState::Active, &secret).unwrap()
}

fn keys() -> SigningKeys {
    SigningKeys::new(vec![key(1)])
}

fn claims() -> Value {
    json!({ "iss": "https://id.example.org", "sub": "ana", "exp": NOW + 300, "iat": NOW })
}

fn good() -> String {
    sign(&key(1), FORM, &claims()).unwrap()
}

fn verify(token: &str) -> Result<Value, TokenFault> {
    let keys = keys();
    let opened = open(&keys, token)?;
    require_type(opened.typ.as_deref(), "at+jwt")?;
    check_times(&opened.claims, Moment::from_unix_seconds(NOW))?;
    Ok(Value::Object(opened.claims))
}

/// A token over any header and claims, signed with our key in the given algorithm.
fn forge(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    sign_text(format!("{}.{}", part(header), part(claims)))
}

fn sign_text(message: String) -> String {
    key(1).sign(message).unwrap()
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key(1).kid() })
}

fn with(mut value: Value, name: &str, field: Value) -> Value {
    value[name] = field;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

#[test]
fn a_token_comes_back_as_it_went_in_every_algorithm() {
    for algorithm in SigningAlgorithm::ALL {
        // a shared key is never everybody's
        let owner = (*algorithm == SigningAlgorithm::Hs256).then_some(Uuid::from_u128(9));
        let key = key_of(*algorithm, owner, 7);
        let token = sign(&key, FORM, &claims()).unwrap();
        let signed = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(signed.typ.as_deref(), Some("at+jwt"));
        assert_eq!(signed.kid.as_deref(), Some(key.kid()));
        let keys = SigningKeys::new(vec![key]);
        let opened = open(&keys, &token).unwrap();
        assert_eq!(Value::Object(opened.claims), claims(), "{algorithm:?}");
        assert!(opened.named);
    }
    assert_eq!(verify(&forge(&header(), &claims())).unwrap(), claims());
}

/// Every algorithm's public half is enough for somebody else to check the signature.
#[test]
fn the_published_half_verifies() {
    for algorithm in [
        SigningAlgorithm::EdDsa,
        SigningAlgorithm::Es256,
        SigningAlgorithm::Rs256,
    ] {
        let keys = SigningKeys::new(vec![key_of(algorithm, None, 7)]);
        let token = sign(keys.active(algorithm, None).unwrap(), FORM, &claims()).unwrap();
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.jwks()).unwrap();
        let public = set.find(keys.active(algorithm, None).unwrap().kid()).unwrap();
        let mut theirs = jsonwebtoken::Validation::new(jsonwebtoken::decode_header(&token).unwrap().alg);
        theirs.validate_exp = false;
        let decoding = jsonwebtoken::DecodingKey::from_jwk(public).unwrap();
        let read = jsonwebtoken::decode::<Value>(&token, &decoding, &theirs).unwrap();
        assert_eq!(read.claims, claims());
        assert_eq!(set.keys.len(), 1);
    }
}

#[test]
fn a_shared_key_is_never_published() {
    let application = Uuid::from_u128(9);
    let keys = SigningKeys::new(vec![key_of(SigningAlgorithm::Hs256, Some(application), 7), key(1)]);
    assert_eq!(keys.jwks()["keys"].as_array().unwrap().len(), 1);
    assert!(keys.active(SigningAlgorithm::Hs256, None).is_none());
    assert!(keys.active(SigningAlgorithm::Hs256, Some(application)).is_some());
    let secret = [1; 31];
    assert!(
        SigningKey::open(Uuid::nil(), SigningAlgorithm::Hs256, None, KeyState::Active, &secret).is_err(),
        "too short"
    );
}

/// Only a key that serves one application may stay unnamed, and it is found by its signature.
#[test]
fn an_unnamed_key_is_one_of_an_application() {
    let form = Form { typ: "JWT", kid: false };
    let (one, two) = (Uuid::from_u128(8), Uuid::from_u128(9));
    let keys = SigningKeys::new(vec![
        key(1),
        key_of(SigningAlgorithm::Hs256, Some(one), 8),
        key_of(SigningAlgorithm::Hs256, Some(two), 9),
        key_of(SigningAlgorithm::EdDsa, Some(two), 10),
    ]);
    let token = sign(
        keys.active(SigningAlgorithm::Hs256, Some(two)).unwrap(),
        form,
        &claims(),
    )
    .unwrap();
    let opened = open(&keys, &token).unwrap();
    assert_eq!((opened.key.application_id(), opened.named), (Some(two), false));
    let token = sign(&key(1), form, &claims()).unwrap();
    assert_eq!(open(&keys, &token).err(), Some(TokenFault::UnknownKey));
}

#[test]
fn time_is_the_clocks_and_five_seconds_of_leeway() {
    let clock = ManualClock::new(Moment::from_unix_seconds(NOW));
    let claims = claims();
    let check = |claims: &Value, now| check_times(claims.as_object().unwrap(), now).err();
    let verify = || check(&claims, clock.now());
    clock.advance(Duration::from_secs(304));
    assert_eq!(verify(), None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(verify(), Some(TokenFault::Expired));

    let at = |moment| check(&claims, Moment::from_unix_seconds(moment));
    assert_eq!(at(NOW - 5), None);
    assert_eq!(at(NOW - 6), Some(TokenFault::NotYetValid));
    assert_eq!(at(i64::MIN), Some(TokenFault::NotYetValid));
    assert_eq!(at(i64::MAX), Some(TokenFault::Expired));

    let later = with(claims.clone(), "nbf", json!(NOW + 6));
    assert_eq!(
        check(&later, Moment::from_unix_seconds(NOW)),
        Some(TokenFault::NotYetValid)
    );
}

#[test]
fn an_audience_is_one_or_many() {
    let is_for = |aud: Value| is_for(with(claims(), "aud", aud).as_object().unwrap(), "a");
    assert!(is_for(json!("a")) && is_for(json!(["b", "a"])));
    for aud in [
        json!("b"),
        json!([]),
        json!(["b"]),
        json!({"a": 1}),
        json!(null),
        json!("a b"),
    ] {
        assert!(!is_for(aud.clone()), "{aud}");
    }
}

#[test]
fn tokens_survive_a_rotation_and_foreign_keys_are_unknown() {
    let token = good();
    let rotated = SigningKeys::new(vec![key(2), key(1)]);
    assert!(open(&rotated, &token).is_ok());
    let fresh = sign(rotated.active(SigningAlgorithm::EdDsa, None).unwrap(), FORM, &claims()).unwrap();
    assert!(open(&rotated, &fresh).is_ok());
    assert_eq!(verify(&fresh), Err(TokenFault::UnknownKey));
    assert_eq!(
        verify(&forge(&without(header(), "kid"), &claims())),
        Err(TokenFault::UnknownKey)
    );
    // somebody else's signature under our key id
    let stolen_kid = with(header(), "kid", json!(key(2).kid()));
    let token = forge(&stolen_kid, &claims());
    assert_eq!(open(&rotated, &token).err(), Some(TokenFault::BadSignature));
}

#[test]
fn only_the_keys_own_algorithm_is_accepted() {
    let none = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(with(header(), "alg", json!("none")).to_string()),
        URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    assert_eq!(verify(&none), Err(TokenFault::Malformed));

    // the classic: HMAC keyed with the public key (RFC 8725 §2.1)
    let x = key(1).public_jwk().unwrap()["x"].as_str().unwrap().to_owned();
    let public = URL_SAFE_NO_PAD.decode(x).unwrap();
    let mut hmac = Header::new(Algorithm::HS256);
    hmac.typ = Some("at+jwt".to_owned());
    hmac.kid = Some(key(1).kid().to_owned());
    let swapped = jsonwebtoken::encode(&hmac, &claims(), &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(verify(&swapped), Err(TokenFault::BadSignature));

    for algorithm in ["HS256", "ES256", "RS256", "PS512"] {
        let token = forge(&with(header(), "alg", json!(algorithm)), &claims());
        assert_eq!(verify(&token), Err(TokenFault::BadSignature), "{algorithm}");
    }
}

#[test]
fn headers_must_be_those_of_an_access_token() {
    for typ in [json!("JWT"), json!("logout+jwt"), json!("AT+JWT"), json!(null)] {
        let token = forge(&with(header(), "typ", typ.clone()), &claims());
        assert_eq!(verify(&token), Err(TokenFault::WrongType), "{typ}");
    }
    assert_eq!(
        verify(&forge(&without(header(), "typ"), &claims())),
        Err(TokenFault::WrongType)
    );
    for crit in [json!(["exp"]), json!([]), json!("exp"), json!(1)] {
        let token = forge(&with(header(), "crit", crit.clone()), &claims());
        assert_eq!(verify(&token), Err(TokenFault::Malformed), "{crit}");
    }
    for header in [json!([]), json!("x"), json!({}), with(header(), "kid", json!(7))] {
        assert_eq!(
            verify(&forge(&header, &claims())),
            Err(TokenFault::Malformed),
            "{header}"
        );
    }
}

#[test]
fn times_must_be_whole_numbers() {
    for (name, value, fault) in [
        ("exp", json!((NOW + 300).to_string()), TokenFault::Malformed),
        ("exp", json!(u64::MAX), TokenFault::Malformed),
        ("exp", json!(1e300), TokenFault::Malformed),
        ("exp", json!(null), TokenFault::Malformed),
        ("exp", json!(-1), TokenFault::Expired),
        ("exp", json!(i64::MIN), TokenFault::Expired),
        ("iat", json!(i64::MAX), TokenFault::NotYetValid),
        ("iat", json!(true), TokenFault::Malformed),
        ("nbf", json!("0"), TokenFault::Malformed),
        ("nbf", json!(i64::MAX), TokenFault::NotYetValid),
    ] {
        let token = forge(&header(), &with(claims(), name, value.clone()));
        assert_eq!(verify(&token), Err(fault), "{name} = {value}");
    }
    // whether it may do without is for whoever expects one to say
    let endless = without(claims(), "exp");
    let now = Moment::from_unix_seconds(NOW);
    assert_eq!(check_times(endless.as_object().unwrap(), now), Ok(None));
    for payload in [json!([]), json!("x"), json!(null), json!(1)] {
        assert_eq!(
            verify(&forge(&header(), &payload)),
            Err(TokenFault::Malformed),
            "{payload}"
        );
    }
}

#[test]
fn a_claim_that_stands_twice_is_refused() {
    let twice = claims().to_string().replacen('{', r#"{"sub":"someone-else","#, 1);
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header().to_string()),
        URL_SAFE_NO_PAD.encode(twice)
    );
    assert_eq!(verify(&sign_text(message)), Err(TokenFault::Malformed));
}

#[test]
fn a_token_has_three_parts_and_a_bounded_length() {
    let token = good();
    let parts: Vec<_> = token.split('.').collect();
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        parts[..2].join("."),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{}", parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{token}="),
        format!(" {token}"),
    ] {
        assert!(verify(&bad).is_err(), "{bad}");
    }
    let long = with(claims(), "scope", json!("s".repeat(MAX_LENGTH)));
    assert_eq!(verify(&forge(&header(), &long)), Err(TokenFault::Malformed));
}

#[test]
fn no_changed_token_is_accepted() {
    let token = good();
    let entropy: &dyn Entropy = &SystemEntropy;
    for _ in 0..3_000 {
        let mut bytes = token.clone().into_bytes();
        let [high, low, how, byte] = entropy.bytes::<4>().unwrap();
        let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
        match how % 4 {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, byte),
            _ => bytes.truncate(at),
        }
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        assert!(changed == token || verify(&changed).is_err(), "{changed}");
    }
}

#[test]
fn the_key_set_is_public_and_named_as_in_rfc_8037() {
    // RFC 8037 appendix A.1 to A.3
    let seed = URL_SAFE_NO_PAD
        .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        .unwrap();
    let pkcs8 = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&seed)
        .unwrap()
        .to_pkcs8v1()
        .unwrap();
    let (algorithm, active) = (SigningAlgorithm::EdDsa, KeyState::Active);
    let key = SigningKey::open(Uuid::nil(), algorithm, None, active, pkcs8.as_ref()).unwrap();
    assert_eq!(
        SigningKeys::new(vec![key]).jwks(),
        json!({ "keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "alg": "EdDSA",
            "use": "sig",
        }] })
    );
    assert!(SigningKey::open(Uuid::nil(), algorithm, None, active, b"garbage").is_err());
}
