//! What mobile clients and scripts post: an ID token, an access token or a code of a provider, to sign in or to link.

use std::sync::Arc;

use sereno_types::{ClientCredentials, Code, FieldError, Grant, LinkIdentity, Secret, SocialLogin};

use super::enter::{self, To};
use super::evidence::{self, Evidence};
use super::exchange::Presented;
use super::id_token::Expected;
use super::person::ProviderUser;
use super::provider::{self, Provider};
use super::{browser, link};
use crate::access::application;
use crate::context::{Actor, RequestMeta, Sereno};
use crate::device::Described;
use crate::error::{Error, Result};
use crate::login::LoggedIn;

/// Longest text of a token or code that is looked at, in bytes.
const TEXT_MAX: usize = 16 * 1024;

/// What becomes of an ID token with a nonce whose client tells none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UntoldNonce {
    /// It is refused: it belongs to a request, and nobody says to which.
    Refused,
    /// Its nonce is not looked at: for a door whose clients have never told one, though their SDKs ask with one.
    NotLookedAt,
}

/// Signs in for an application, by what a provider handed out.
///
/// # Errors
/// `not_found`, `validation_failed`, `invalid_client`, `unauthorized_client`; the codes that begin with `social_`;
/// `registration_closed`, `invalid_credentials`, `activation_required`, `too_many_requests`, `refused_by_hook`.
pub async fn sign_in_posted(
    sereno: &Sereno,
    meta: &RequestMeta,
    slug: &str,
    command: SocialLogin,
    untold: UntoldNonce,
) -> Result<LoggedIn> {
    browser::limit(sereno, meta)?;
    let credentials = ClientCredentials {
        client_id: command.client_id.clone(),
        client_secret: command.client_secret.clone(),
    };
    let application = application::authenticate(sereno, meta, &credentials).await?;
    if !application.grants.contains(&Grant::Password) {
        return Err(Code::UnauthorizedClient.into());
    }
    let described = Described::read(command.device.as_ref())?;
    let provider = provider::enabled(sereno, slug).await?;
    let posted = evidence_of(command);
    let entered = async {
        let person = person(sereno, &provider, &posted, untold).await?;
        let to = To::Application(Arc::clone(&application), described.map(Box::new));
        enter::enter(sereno, meta, &provider, &person, &to).await
    };
    match entered.await {
        Ok(logged_in) => Ok(logged_in),
        Err(error) => Err(browser::refuse(sereno, meta, &provider, error).await),
    }
}

/// Looks at what a provider handed out as [`sign_in_posted`] does, and signs nobody in: for a door that names the fault of a token
/// before that of the application. Whoever asks is counted alike.
///
/// # Errors
/// `not_found`, `validation_failed`, `too_many_requests`; the codes that begin with `social_`.
pub async fn look_at_posted(
    sereno: &Sereno,
    meta: &RequestMeta,
    slug: &str,
    command: SocialLogin,
    untold: UntoldNonce,
) -> Result<()> {
    browser::limit(sereno, meta)?;
    let provider = provider::enabled(sereno, slug).await?;
    person(sereno, &provider, &evidence_of(command), untold).await?;
    Ok(())
}

/// What of a sign-in speaks for somebody.
fn evidence_of(command: SocialLogin) -> LinkIdentity {
    LinkIdentity {
        code: command.code,
        redirect_uri: command.redirect_uri,
        code_verifier: command.code_verifier,
        id_token: command.id_token,
        nonce: command.nonce,
        access_token: command.access_token,
    }
}

/// Links what a provider handed out to the signed-in user, who has signed in just now.
///
/// # Errors
/// `authentication_required`, `reauthentication_required`, `not_found`, `validation_failed`, `too_many_requests`; the codes
/// that begin with `social_`.
pub async fn link_posted(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    slug: &str,
    command: LinkIdentity,
) -> Result<()> {
    let caller = link::fresh(sereno, actor)?;
    browser::limit(sereno, meta)?;
    let provider = provider::enabled(sereno, slug).await?;
    let person = person(sereno, &provider, &command, UntoldNonce::Refused).await?;
    link::link(sereno, meta, &caller, &provider, &person).await
}

/// Who the one thing that was posted speaks of.
async fn person(
    sereno: &Sereno,
    provider: &Provider,
    posted: &LinkIdentity,
    untold: UntoldNonce,
) -> Result<ProviderUser> {
    judge(provider, posted)?;
    let told = posted.nonce.as_ref().map(Secret::expose);
    let nonce = match (told.filter(|nonce| !nonce.is_empty()), untold) {
        (Some(nonce), _) => Expected::Told(nonce),
        (None, UntoldNonce::Refused) => Expected::None,
        (None, UntoldNonce::NotLookedAt) => Expected::NotLookedAt,
    };
    let evidence = match (&posted.code, &posted.id_token, &posted.access_token) {
        (Some(code), None, None) => {
            let presented = Presented {
                code: code.expose(),
                redirect_uri: posted.redirect_uri.as_deref().unwrap_or_default(),
                verifier: posted.code_verifier.as_ref().map(Secret::expose),
            };
            Evidence::Code(presented, nonce)
        }
        (None, Some(token), None) => Evidence::IdToken(token.expose(), nonce),
        (None, None, Some(token)) => Evidence::AccessToken(token.expose()),
        _ => return Err(Error::field("id_token", Code::Blank)),
    };
    evidence::person(sereno, provider, evidence).await
}

/// What is wrong with what was posted, before anybody is asked: exactly one of the three, and what belongs to it.
fn judge(provider: &Provider, posted: &LinkIdentity) -> Result<()> {
    let mut faults = Vec::new();
    let things = [
        ("code", &posted.code),
        ("id_token", &posted.id_token),
        ("access_token", &posted.access_token),
    ];
    let mut said = things
        .iter()
        .filter_map(|(field, value)| Some((*field, value.as_ref()?)));
    match said.next() {
        None => faults.push(FieldError::new("id_token", Code::Blank)),
        Some((field, value)) if value.expose().trim().is_empty() => faults.push(FieldError::new(field, Code::Blank)),
        Some(_) => faults.extend(said.map(|(field, _)| FieldError::new(field, Code::UnknownField))),
    }
    for (field, value) in [
        ("code", &posted.code),
        ("code_verifier", &posted.code_verifier),
        ("id_token", &posted.id_token),
        ("nonce", &posted.nonce),
        ("access_token", &posted.access_token),
    ] {
        if value.as_ref().is_some_and(|value| value.expose().len() > TEXT_MAX) {
            faults.push(FieldError::new(field, Code::TooLong).with("max", TEXT_MAX as u64));
        }
    }
    let uri = posted.redirect_uri.as_deref().unwrap_or_default();
    if posted.code.is_some() {
        // letter by letter, and never one that somebody else could receive codes at
        if uri.is_empty() {
            faults.push(FieldError::new("redirect_uri", Code::Blank));
        } else if !provider.redirect_uris.iter().any(|known| known == uri) {
            faults.push(FieldError::new("redirect_uri", Code::InvalidChoice));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(faults))
    }
}
