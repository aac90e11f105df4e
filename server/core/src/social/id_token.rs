//! Checking an ID token (OpenID Connect Core §3.1.3.7): issuer, audience and `azp`, algorithm, signature by a key of the
//! issuer, times, nonce, subject, and the access token beside it. The work is that of the crate `openidconnect`; what it
//! leaves to us (`azp`, the subject, several client ids) is done here, and each failure gets the code that names it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKey, Nonce,
    SignatureVerificationError,
};
use serde_json::Value;
use sereno_types::Code;

use super::http::refused;
use super::person::text;
use super::provider::Provider;
use crate::clock::Moment;
use crate::crypto::constant_time_eq;
use crate::crypto::jwt::LEEWAY_SPAN;
use crate::crypto::keys::encode_hex;
use crate::error::{Error, Result};

/// Longer tokens are not looked at.
const MAX_LENGTH: usize = 16 * 1024;
/// How far ahead of ours a provider's clock may be.
const AHEAD: i64 = 60;
/// Algorithms of public keys. None with a shared secret: who knows a client secret could write tokens.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Which nonce a token must have.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// The one that we asked for it with.
    Ours(&'a str),
    /// The one that a client says it asked with.
    Told(&'a str),
    /// None: the client told none, and who asked with one has to tell it.
    None,
    /// Any, or none: the client told none, and its door knows none that do.
    NotLookedAt,
}

/// What an ID token must be.
pub(super) struct Expectation<'a> {
    pub provider: &'a Provider,
    pub issuer: &'a str,
    /// Another name of the issuer's, which is no URL.
    pub also_called: Option<&'a str>,
    pub keys: &'a CoreJsonWebKeySet,
    pub nonce: Expected<'a>,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    pub now: Moment,
}

/// Why it is not.
pub(super) enum Fault {
    /// The key that it names is not among those that are known.
    UnknownKey,
    /// Anything else.
    Refused(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What a token says of itself; nobody has checked it.
pub(super) fn unchecked(token: &str) -> Result<Value> {
    let malformed = || refused(Code::SocialTokenInvalid, &"it is no JWT");
    if token.len() > MAX_LENGTH {
        return Err(malformed());
    }
    let payload = token.split('.').nth(1).ok_or_else(malformed)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| malformed())?;
    let claims: Value = serde_json::from_slice(&payload).map_err(|_| malformed())?;
    if claims.is_object() {
        Ok(claims)
    } else {
        Err(malformed())
    }
}

/// Checks a token. Gives what it says.
///
/// # Errors
/// `social_token_invalid`, `social_algorithm_refused`, `social_signature_invalid`, `social_issuer_mismatch`,
/// `social_audience_mismatch`, `social_nonce_mismatch`, `social_token_expired`, `social_subject_missing`,
/// `social_access_token_mismatch`.
pub(super) fn check(token: &str, expected: &Expectation<'_>) -> Result<Value, Fault> {
    let mut claims = unchecked(token)?;
    // the crate's own types would only say that it cannot be read
    if text(&claims, "sub").is_none_or(|subject| subject.trim().is_empty()) {
        return Err(refused(Code::SocialSubjectMissing, &"the token has no subject that is a text").into());
    }
    let latest = expected.now.unix_seconds().saturating_add(AHEAD);
    if claims
        .get("nbf")
        .is_some_and(|nbf| nbf.as_i64().is_none_or(|nbf| nbf > latest))
    {
        return Err(refused(Code::SocialTokenExpired, &"not yet valid").into());
    }
    // the crate reads issuers that are URLs alone
    let named = text(&claims, "iss").unwrap_or_default();
    let is_renamed = expected.also_called == Some(named);
    if !is_renamed && IssuerUrl::new(named.to_owned()).is_err() {
        return Err(refused(Code::SocialIssuerMismatch, &"its issuer is no URL").into());
    }
    let readable = if is_renamed {
        claims["iss"] = expected.issuer.into();
        Cow::Owned(with_claims(token, &claims))
    } else {
        Cow::Borrowed(token)
    };
    let parsed = CoreIdToken::from_str(&readable).map_err(|error| refused(Code::SocialTokenInvalid, &error))?;
    let mine = mine(expected.provider, &claims)?;
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(Error::internal)?;
    let now = expected.now;
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let mut verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(mine), issuer, expected.keys.clone())
        .set_allowed_algs(ALGORITHMS)
        .set_other_audience_verifier_fn(|audience| expected.provider.client_ids().any(|ours| ours == audience.as_str()))
        .set_time_fn(move || moment(now.minus(LEEWAY_SPAN).unix_seconds()))
        .set_issue_time_verifier_fn(move |issued| {
            if issued > moment(now.unix_seconds().saturating_add(AHEAD)) {
                return Err("issued later than now".to_owned());
            }
            Ok(())
        });
    if is_renamed {
        check_signature(token, &parsed, &verifier)
            .map_err(|error| translate(&ClaimsVerificationError::SignatureVerification(error)))?;
        // it was checked just now, over the token as it came
        verifier = verifier.insecure_disable_signature_check();
    }
    let checked = parsed.claims(&verifier, |nonce: Option<&Nonce>| {
        check_nonce(expected.nonce, nonce.map(|nonce| nonce.secret().as_str()))
    });
    let checked = checked.map_err(|error| translate(&error))?;
    if let (Some(hash), Some(access_token)) = (checked.access_token_hash(), expected.access_token) {
        let signed = |error: SignatureVerificationError| refused(Code::SocialSignatureInvalid, &error);
        let actual = AccessTokenHash::from_token(
            &AccessToken::new(access_token.to_owned()),
            parsed.signing_alg().map_err(signed)?,
            parsed.signing_key(&verifier).map_err(signed)?,
        );
        let actual = actual.map_err(|error| refused(Code::SocialAlgorithmRefused, &error))?;
        if !constant_time_eq(actual.as_bytes(), hash.as_bytes()) {
            return Err(refused(Code::SocialAccessTokenMismatch, &"at_hash is of another token").into());
        }
    }
    Ok(claims)
}

/// A token with other claims. Its signature is not theirs.
fn with_claims(token: &str, claims: &Value) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    if let Some(payload) = parts.get_mut(1) {
        *payload = &claims;
    }
    parts.join(".")
}

/// Checks the signature over a token that the crate could not read as it came, by the key that the crate would take.
fn check_signature(
    token: &str,
    parsed: &CoreIdToken,
    verifier: &CoreIdTokenVerifier<'_>,
) -> Result<(), SignatureVerificationError> {
    let malformed = |why: &str| SignatureVerificationError::Other(why.to_owned());
    let algorithm = parsed.signing_alg()?;
    if !ALGORITHMS.contains(algorithm) {
        return Err(SignatureVerificationError::DisallowedAlg("no public key's".to_owned()));
    }
    let (message, signature) = token.rsplit_once('.').ok_or_else(|| malformed("no signature"))?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| malformed("a signature that cannot be read"))?;
    parsed
        .signing_key(verifier)?
        .verify_signature(algorithm, message.as_bytes(), &signature)
}

/// The client id of ours that the token was issued to. The only audience is whom the token is for, whichever app of the same
/// owner asked for it (`azp`): apps on phones ask so for the one of their server. Of several audiences we must be that party, too.
fn mine(provider: &Provider, claims: &Value) -> Result<String> {
    let other = |why: &str| refused(Code::SocialAudienceMismatch, &why);
    let audiences: BTreeSet<&str> = match claims.get("aud") {
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    };
    let is_ours = |party: &str| provider.client_ids().any(|ours| ours == party);
    if audiences.len() > 1 && !text(claims, "azp").is_some_and(is_ours) {
        return Err(other("several audiences, and not issued to us"));
    }
    let mine = provider.client_ids().find(|ours| audiences.contains(ours));
    mine.map(str::to_owned).ok_or_else(|| other("meant for somebody else"))
}

/// A native client may have asked with the hash of its nonce, as Apple's and Google's samples do.
fn check_nonce(expected: Expected<'_>, found: Option<&str>) -> Result<(), String> {
    let (wanted, may_be_hashed) = match (expected, found) {
        (Expected::NotLookedAt, _) | (Expected::None, None) => return Ok(()),
        (Expected::None, Some(_)) => return Err("a nonce that nobody told".to_owned()),
        (Expected::Ours(nonce), _) => (nonce, false),
        (Expected::Told(nonce), _) => (nonce, true),
    };
    let found = found.ok_or("no nonce")?;
    let hashed = encode_hex(digest(&SHA256, wanted.as_bytes()).as_ref());
    let same = |form: &str| constant_time_eq(form.as_bytes(), found.as_bytes());
    if same(wanted) || (may_be_hashed && same(&hashed)) {
        Ok(())
    } else {
        Err("another nonce".to_owned())
    }
}

fn translate(error: &ClaimsVerificationError) -> Fault {
    use ClaimsVerificationError as Claims;
    use SignatureVerificationError as Signature;
    let code = match error {
        Claims::SignatureVerification(Signature::NoMatchingKey) => return Fault::UnknownKey,
        Claims::SignatureVerification(
            Signature::NoSignature | Signature::DisallowedAlg(_) | Signature::UnsupportedAlg(_),
        ) => Code::SocialAlgorithmRefused,
        Claims::SignatureVerification(_) => Code::SocialSignatureInvalid,
        Claims::InvalidIssuer(_) => Code::SocialIssuerMismatch,
        Claims::InvalidAudience(_) => Code::SocialAudienceMismatch,
        Claims::InvalidNonce(_) => Code::SocialNonceMismatch,
        Claims::Expired(_) => Code::SocialTokenExpired,
        Claims::InvalidSubject(_) => Code::SocialSubjectMissing,
        _ => Code::SocialTokenInvalid,
    };
    Fault::Refused(refused(code, error))
}
