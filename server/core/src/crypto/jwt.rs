//! Access tokens: JWTs of RFC 9068, one function that signs them and one that verifies them. There is no general
//! verifier: another kind of signed token gets another function with its own `typ` (RFC 8725 §3.11). Times are checked
//! against the moment that is handed in; the library's own checks, which ask the system's clock, are off. Lifetimes,
//! revocation and who may have a token are not decided here.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
pub use sereno_types::AccessClaims;
use zeroize::Zeroizing;

use crate::clock::Moment;
use crate::entropy::Entropy;
use crate::error::{Error, Result};

/// The `typ` of an access token (RFC 9068 §2.1).
const ACCESS_TYPE: &str = "at+jwt";

/// How far two clocks may differ, in seconds.
const LEEWAY: i64 = 5;

/// Longer tokens are not looked at. Ours have some 600 bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// What a token must have been issued by and for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The audience.
    pub audience: &'a str,
}

/// Why a token is not good. For logs and tests: a caller outside learns only that it is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a JWT, too long, a header or claim missing or of the wrong type.
    #[error("malformed")]
    Malformed,
    /// The `kid` names no key of ours.
    #[error("unknown key")]
    UnknownKey,
    /// The signature is not by this key with its algorithm.
    #[error("bad signature")]
    BadSignature,
    /// A signed token of another kind.
    #[error("wrong type")]
    WrongType,
    /// Issued by somebody else.
    #[error("wrong issuer")]
    WrongIssuer,
    /// Meant for somebody else.
    #[error("wrong audience")]
    WrongAudience,
    /// Issued or valid from later than now.
    #[error("not yet valid")]
    NotYetValid,
    /// No longer valid.
    #[error("expired")]
    Expired,
}

/// The algorithms Sereno signs with. A key has exactly one (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
}

impl SigningAlgorithm {
    /// The name in headers, key sets and the database (RFC 7518 §3.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::EdDsa].into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// A fresh private key as PKCS#8. The randomness is the caller's, because aws-lc's own costs 30 ms at first use.
    pub fn generate(self, entropy: &dyn Entropy) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Self::EdDsa => {
                let seed = Zeroizing::new(entropy.bytes::<32>()?);
                let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(Error::internal)?;
                let document = pair.to_pkcs8v1().map_err(Error::internal)?;
                Ok(Zeroizing::new(document.as_ref().to_vec()))
            }
        }
    }

    const fn for_library(self) -> Algorithm {
        match self {
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// The private half. The library would parse it anew for every token, which doubles the cost of an Ed25519 signature, so
/// signing alone goes to aws-lc directly.
enum PrivateKey {
    EdDsa(Ed25519KeyPair),
}

impl PrivateKey {
    /// Appends the signature over what there is (RFC 7515 §5.1).
    fn sign(&self, mut message: String) -> String {
        let signature = match self {
            Self::EdDsa(pair) => pair.sign(message.as_bytes()),
        };
        message.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut message);
        message
    }
}

/// One key pair, parsed once.
pub struct SigningKey {
    kid: String,
    jwk: Value,
    /// The header of an access token, encoded.
    access_header: String,
    private: PrivateKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl SigningKey {
    /// Reads a PKCS#8 private key.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self> {
        let (private, decoding, mut jwk) = match algorithm {
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(Error::internal)?;
                let public = pair.public_key().as_ref();
                // in the order of RFC 7638 §3.2, for the thumbprint
                let jwk = json!({ "crv": "Ed25519", "kty": "OKP", "x": URL_SAFE_NO_PAD.encode(public) });
                let decoding = DecodingKey::from_ed_der(public);
                (PrivateKey::EdDsa(pair), decoding, jwk)
            }
        };
        let kid = thumbprint(&jwk);
        jwk["kid"] = json!(kid);
        jwk["alg"] = json!(algorithm.as_str());
        jwk["use"] = json!("sig");

        let access_header = json!({ "typ": ACCESS_TYPE, "alg": algorithm.as_str(), "kid": kid });

        // only the signature and the algorithm are left to the library
        let mut validation = Validation::new(algorithm.for_library());
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;

        Ok(Self {
            kid,
            jwk,
            access_header: URL_SAFE_NO_PAD.encode(access_header.to_string()),
            private,
            decoding,
            validation,
        })
    }

    /// The public half as a JWK (RFC 7517 §4).
    #[must_use]
    pub const fn public_jwk(&self) -> &Value {
        &self.jwk
    }
}

/// RFC 7638: SHA-256 over the required members of the public key alone, sorted by name, without white space.
fn thumbprint(required_members: &Value) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, required_members.to_string().as_bytes()))
}

/// The keys of this instance, newest first. The newest signs, all of them verify.
pub struct SigningKeys(Vec<SigningKey>);

impl SigningKeys {
    /// Takes the keys, newest first.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self> {
        if keys.is_empty() {
            return Err(Error::internal("no key to sign with"));
        }
        Ok(Self(keys))
    }

    /// Signs an access token.
    pub fn sign_access(&self, claims: &AccessClaims) -> Result<String> {
        let key = &self.0[0];
        let claims = serde_json::to_vec(claims).map_err(Error::internal)?;
        let message = format!("{}.{}", key.access_header, URL_SAFE_NO_PAD.encode(claims));
        Ok(key.private.sign(message))
    }

    /// What an access token says, if it is one of ours, for this audience, and good at `now`.
    pub fn verify_access(&self, token: &str, expected: &Expected<'_>, now: Moment) -> Result<AccessClaims, TokenFault> {
        if token.len() > MAX_LENGTH {
            return Err(TokenFault::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Malformed)?;
        // we understand no extension, so whoever insists on one is refused (RFC 7515 §4.1.11)
        if header.crit.is_some() {
            return Err(TokenFault::Malformed);
        }
        if header.typ.as_deref() != Some(ACCESS_TYPE) {
            return Err(TokenFault::WrongType);
        }
        let key = self
            .0
            .iter()
            .find(|key| Some(&key.kid) == header.kid.as_ref())
            .ok_or(TokenFault::UnknownKey)?;
        let claims = jsonwebtoken::decode::<AccessClaims>(token, &key.decoding, &key.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => TokenFault::BadSignature,
                _ => TokenFault::Malformed,
            })?
            .claims;
        check(&claims, expected, now)?;
        Ok(claims)
    }

    /// The public keys as a JWK set (RFC 7517 §5), for whoever verifies our tokens.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys: Vec<_> = self.0.iter().map(SigningKey::public_jwk).collect();
        json!({ "keys": keys })
    }
}

/// What a token is remembered by once its signature was found right: SHA-256 over all of it, signature included.
#[must_use]
pub fn fingerprint(token: &str) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    fingerprint
}

/// Whether a token with this `exp` is over.
#[must_use]
pub const fn is_over(exp: i64, now: Moment) -> bool {
    exp <= now.unix_seconds().saturating_sub(LEEWAY)
}

/// RFC 9068 §4 and RFC 7519 §4.1.
fn check(claims: &AccessClaims, expected: &Expected<'_>, moment: Moment) -> Result<(), TokenFault> {
    let now = moment.unix_seconds();
    if claims.iss != expected.issuer {
        return Err(TokenFault::WrongIssuer);
    }
    if claims.aud != expected.audience {
        return Err(TokenFault::WrongAudience);
    }
    if claims.sub.is_empty() || claims.jti.is_empty() {
        return Err(TokenFault::Malformed);
    }
    let earliest = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if earliest > now.saturating_add(LEEWAY) {
        return Err(TokenFault::NotYetValid);
    }
    if is_over(claims.exp, moment) {
        return Err(TokenFault::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jsonwebtoken::{EncodingKey, Header};

    use super::*;
    use crate::clock::{Clock, ManualClock};
    use crate::entropy::{SeededEntropy, SystemEntropy};

    const NOW: i64 = 1_800_000_000;
    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://id.example.org",
        audience: "https://api.example.org",
    };

    fn key(seed: u64) -> SigningKey {
        let pkcs8 = SigningAlgorithm::EdDsa.generate(&SeededEntropy::new(seed)).unwrap();
        SigningKey::from_pkcs8(SigningAlgorithm::EdDsa, &pkcs8).unwrap()
    }

    fn keys() -> SigningKeys {
        SigningKeys::new(vec![key(1)]).unwrap()
    }

    fn claims() -> AccessClaims {
        AccessClaims {
            iss: EXPECTED.issuer.to_owned(),
            sub: "0199b2a4-0000-7000-8000-000000000001".to_owned(),
            aud: EXPECTED.audience.to_owned(),
            exp: NOW + 300,
            iat: NOW,
            nbf: None,
            jti: "0199b2a4-0000-7000-8000-000000000002".to_owned(),
            client_id: "web".to_owned(),
            sid: "0199b2a4-0000-7000-8000-000000000003".to_owned(),
            auth_time: NOW,
            epoch: 3,
            amr: Some(vec!["pwd".to_owned()]),
            scope: None,
        }
    }

    fn verify(token: &str) -> Result<AccessClaims, TokenFault> {
        keys().verify_access(token, &EXPECTED, Moment::from_unix_seconds(NOW))
    }

    /// A token over any header and claims, signed with our key in the given algorithm.
    fn forge(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        sign_text(format!("{}.{}", part(header), part(claims)))
    }

    fn sign_text(message: String) -> String {
        key(1).private.sign(message)
    }

    fn header() -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key(1).kid })
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
    fn a_token_comes_back_as_it_went() {
        let token = keys().sign_access(&claims()).unwrap();
        assert_eq!(verify(&token).unwrap(), claims());
        let signed = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(signed.typ.as_deref(), Some("at+jwt"));
        assert_eq!(signed.kid, Some(key(1).kid));
        assert_eq!(verify(&forge(&header(), &json!(claims()))).unwrap(), claims());
    }

    #[test]
    fn time_is_the_clocks_and_five_seconds_of_leeway() {
        let clock = ManualClock::new(Moment::from_unix_seconds(NOW));
        let token = keys().sign_access(&claims()).unwrap();
        let verify = || keys().verify_access(&token, &EXPECTED, clock.now()).err();
        clock.advance(Duration::from_secs(304));
        assert_eq!(verify(), None);
        clock.advance(Duration::from_secs(1));
        assert_eq!(verify(), Some(TokenFault::Expired));

        let at = |moment| {
            keys()
                .verify_access(&token, &EXPECTED, Moment::from_unix_seconds(moment))
                .err()
        };
        assert_eq!(at(NOW - 5), None);
        assert_eq!(at(NOW - 6), Some(TokenFault::NotYetValid));
        assert_eq!(at(i64::MIN), Some(TokenFault::NotYetValid));
        assert_eq!(at(i64::MAX), Some(TokenFault::Expired));

        let later = AccessClaims {
            nbf: Some(NOW + 6),
            ..claims()
        };
        assert_eq!(verify_claims(&later), Some(TokenFault::NotYetValid));
    }

    fn verify_claims(claims: &AccessClaims) -> Option<TokenFault> {
        verify(&keys().sign_access(claims).unwrap()).err()
    }

    #[test]
    fn issuer_and_audience_must_be_ours() {
        let foreign = AccessClaims {
            iss: "https://id.example.org/".to_owned(),
            ..claims()
        };
        assert_eq!(verify_claims(&foreign), Some(TokenFault::WrongIssuer));
        let foreign = AccessClaims {
            aud: "https://other.example.org".to_owned(),
            ..claims()
        };
        assert_eq!(verify_claims(&foreign), Some(TokenFault::WrongAudience));
    }

    #[test]
    fn tokens_survive_a_rotation_and_foreign_keys_are_unknown() {
        let token = keys().sign_access(&claims()).unwrap();
        let now = Moment::from_unix_seconds(NOW);
        let rotated = SigningKeys::new(vec![key(2), key(1)]).unwrap();
        assert!(rotated.verify_access(&token, &EXPECTED, now).is_ok());
        let fresh = rotated.sign_access(&claims()).unwrap();
        assert!(rotated.verify_access(&fresh, &EXPECTED, now).is_ok());
        assert_eq!(verify(&fresh), Err(TokenFault::UnknownKey));
        assert_eq!(
            verify(&forge(&without(header(), "kid"), &json!(claims()))),
            Err(TokenFault::UnknownKey)
        );
        // somebody else's signature under our key id
        let stolen_kid = with(header(), "kid", json!(key(2).kid));
        let token = forge(&stolen_kid, &json!(claims()));
        assert_eq!(
            rotated.verify_access(&token, &EXPECTED, now),
            Err(TokenFault::BadSignature)
        );
    }

    #[test]
    fn only_the_keys_own_algorithm_is_accepted() {
        let none = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(with(header(), "alg", json!("none")).to_string()),
            URL_SAFE_NO_PAD.encode(json!(claims()).to_string())
        );
        assert_eq!(verify(&none), Err(TokenFault::Malformed));

        // the classic: HMAC keyed with the public key (RFC 8725 §2.1)
        let public = URL_SAFE_NO_PAD.decode(key(1).jwk["x"].as_str().unwrap()).unwrap();
        let mut hmac = Header::new(Algorithm::HS256);
        hmac.typ = Some(ACCESS_TYPE.to_owned());
        hmac.kid = Some(key(1).kid);
        let swapped = jsonwebtoken::encode(&hmac, &claims(), &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(verify(&swapped), Err(TokenFault::BadSignature));

        for algorithm in ["HS256", "ES256", "RS256", "PS512"] {
            let token = forge(&with(header(), "alg", json!(algorithm)), &json!(claims()));
            assert_eq!(verify(&token), Err(TokenFault::BadSignature), "{algorithm}");
        }
    }

    #[test]
    fn headers_must_be_those_of_an_access_token() {
        for typ in [json!("JWT"), json!("logout+jwt"), json!("AT+JWT"), json!(null)] {
            let token = forge(&with(header(), "typ", typ.clone()), &json!(claims()));
            assert_eq!(verify(&token), Err(TokenFault::WrongType), "{typ}");
        }
        assert_eq!(
            verify(&forge(&without(header(), "typ"), &json!(claims()))),
            Err(TokenFault::WrongType)
        );
        for crit in [json!(["exp"]), json!([]), json!("exp"), json!(1)] {
            let token = forge(&with(header(), "crit", crit.clone()), &json!(claims()));
            assert_eq!(verify(&token), Err(TokenFault::Malformed), "{crit}");
        }
        for header in [json!([]), json!("x"), json!({}), with(header(), "kid", json!(7))] {
            assert_eq!(
                verify(&forge(&header, &json!(claims()))),
                Err(TokenFault::Malformed),
                "{header}"
            );
        }
    }

    #[test]
    fn claims_must_be_there_and_of_their_type() {
        let claims = json!(claims());
        let required = [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "jti",
            "client_id",
            "sid",
            "auth_time",
            "epoch",
        ];
        for name in required {
            let token = forge(&header(), &without(claims.clone(), name));
            assert_eq!(verify(&token), Err(TokenFault::Malformed), "without {name}");
            for value in [
                json!(null),
                json!([]),
                json!({}),
                json!(true),
                json!(1.5),
                json!([NOW, "x"]),
            ] {
                let token = forge(&header(), &with(claims.clone(), name, value.clone()));
                assert_eq!(verify(&token), Err(TokenFault::Malformed), "{name} = {value}");
            }
        }
        for (name, value, fault) in [
            ("exp", json!((NOW + 300).to_string()), TokenFault::Malformed),
            ("exp", json!(u64::MAX), TokenFault::Malformed),
            ("exp", json!(1e300), TokenFault::Malformed),
            ("exp", json!(-1), TokenFault::Expired),
            ("exp", json!(i64::MIN), TokenFault::Expired),
            ("iat", json!(i64::MAX), TokenFault::NotYetValid),
            ("nbf", json!("0"), TokenFault::Malformed),
            ("nbf", json!(i64::MAX), TokenFault::NotYetValid),
            ("aud", json!([EXPECTED.audience]), TokenFault::Malformed),
            ("sub", json!(7), TokenFault::Malformed),
            ("sub", json!(""), TokenFault::Malformed),
            ("jti", json!(""), TokenFault::Malformed),
        ] {
            let token = forge(&header(), &with(claims.clone(), name, value.clone()));
            assert_eq!(verify(&token), Err(fault), "{name} = {value}");
        }
    }

    #[test]
    fn a_claim_that_stands_twice_is_refused() {
        let twice = json!(claims())
            .to_string()
            .replacen('{', r#"{"sub":"someone-else","#, 1);
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header().to_string()),
            URL_SAFE_NO_PAD.encode(twice)
        );
        assert_eq!(verify(&sign_text(message)), Err(TokenFault::Malformed));
    }

    #[test]
    fn a_token_has_three_parts_and_a_bounded_length() {
        let token = keys().sign_access(&claims()).unwrap();
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
        let long = AccessClaims {
            scope: Some("s".repeat(MAX_LENGTH)),
            ..claims()
        };
        assert_eq!(verify_claims(&long), Some(TokenFault::Malformed));
    }

    #[test]
    fn no_changed_token_is_accepted() {
        let token = keys().sign_access(&claims()).unwrap();
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
        let pkcs8 = Ed25519KeyPair::from_seed_unchecked(&seed)
            .unwrap()
            .to_pkcs8v1()
            .unwrap();
        let key = SigningKey::from_pkcs8(SigningAlgorithm::EdDsa, pkcs8.as_ref()).unwrap();
        let jwks = SigningKeys::new(vec![key]).unwrap().jwks();
        assert_eq!(
            jwks,
            json!({ "keys": [{
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                "alg": "EdDSA",
                "use": "sig",
            }] })
        );
    }

    #[test]
    fn without_keys_nothing_is_signed() {
        assert!(SigningKeys::new(Vec::new()).is_err());
        assert!(SigningKey::from_pkcs8(SigningAlgorithm::EdDsa, b"garbage").is_err());
    }
}
