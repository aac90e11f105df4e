//! Signing in, or linking, by sending the browser to a provider and back. What the flow needs is kept in a row for minutes:
//! found by `state`, bound to the browser by a cookie of its own, and good once. PKCE verifier and nonce are made of the
//! state and are nowhere kept.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sereno_types::Code;
use uuid::Uuid;

use super::endpoints;
use super::enter::{self, To};
use super::evidence::{self, Evidence};
use super::exchange::Presented;
use super::http::{Http, refused};
use super::id_token::Expected;
use super::link;
use super::provider::{self, Provider};
use crate::context::{Actor, Caller, RequestMeta, Sereno, Via};
use crate::entity::{session as session_row, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::login::Brought;
use crate::session::{self, NewSession};

/// What the row's digest, and the browser's, are bound to.
const FLOW: &str = "social_flow";
const BROWSER: &str = "social_browser";
const VERIFIER: &str = "social_verifier";
const NONCE: &str = "social_nonce";
/// How long somebody may take at the provider.
pub(super) const LIFETIME: Duration = Duration::from_mins(10);
/// Longest path that is gone back to, in bytes.
const NEXT_MAX: usize = 2_000;
/// Most bytes that a provider's posted answer may hold.
const POSTED_MAX: usize = 16 * 1024;

/// What is kept while somebody is at the provider.
#[derive(Serialize, Deserialize)]
struct Flow {
    provider: Uuid,
    /// The digest of the browser's cookie.
    browser: String,
    next: String,
    /// Who links, and in which session; nobody: somebody signs in.
    linking: Option<(Uuid, Uuid)>,
    /// What the provider posted, sealed.
    posted: Option<String>,
}

/// Where the browser is sent, and what it must bring back.
pub struct Started {
    /// The provider's address.
    pub location: String,
    /// The cookie's value.
    pub browser: String,
}

/// What a provider sends back.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Finds the flow.
    pub state: String,
    /// The authorization code.
    pub code: Option<String>,
    /// Why there is none (RFC 6749 §4.1.2.1).
    pub error: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// What Apple says of the person, once.
    pub user: Option<String>,
}

/// What became of a flow.
pub struct Finished {
    /// Where the person wanted to go: a path of ours, unchecked.
    pub next: String,
    /// Whether an identity was to be linked, and nobody to be signed in.
    pub linking: bool,
    /// The session that began; none where an identity was linked.
    pub outcome: Result<Option<NewSession>>,
}

/// Counts an attempt to come in through a provider.
///
/// # Errors
/// `too_many_requests`.
pub(super) fn limit(sereno: &Sereno, meta: &RequestMeta) -> Result<()> {
    sereno.limit_address("social", meta)
}

/// Sends a browser to a provider, to sign in. `browser` is the value of its cookie, if it has one already: two tabs may be
/// at two providers.
///
/// # Errors
/// `not_found`, `too_many_requests`; `social_unavailable` and the like when the provider cannot say where it is.
pub async fn start(
    sereno: &Sereno,
    meta: &RequestMeta,
    slug: &str,
    next: &str,
    browser: Option<&str>,
) -> Result<Started> {
    begin(sereno, meta, slug, (next, browser), None).await
}

/// Sends the browser of a signed-in user, who has signed in just now, to a provider, to link what they have there.
///
/// # Errors
/// As [`start`]; `authentication_required`, `reauthentication_required`.
pub async fn connect(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    slug: &str,
    browser: Option<&str>,
) -> Result<Started> {
    let caller = link::fresh(sereno, actor)?;
    let Via::Session(session) = caller.via else {
        return Err(Code::AuthenticationRequired.into());
    };
    let linking = Some((caller.user_id, session));
    begin(sereno, meta, slug, ("/account/connections", browser), linking).await
}

async fn begin(
    sereno: &Sereno,
    meta: &RequestMeta,
    slug: &str,
    (next, browser): (&str, Option<&str>),
    linking: Option<(Uuid, Uuid)>,
) -> Result<Started> {
    limit(sereno, meta)?;
    let provider = provider::enabled(sereno, slug).await?;
    let endpoints = endpoints::of(&Http::new(sereno), &provider).await?;
    // what we did not make ourselves is not kept
    let browser = match browser.filter(|value| URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == 32)) {
        Some(known) => known.to_owned(),
        None => URL_SAFE_NO_PAD.encode(sereno.entropy.bytes::<32>()?),
    };
    let flow = Flow {
        provider: provider.id,
        browser: sereno.keys.digest.digest(BROWSER, &browser),
        next: if next.len() <= NEXT_MAX {
            next.to_owned()
        } else {
            String::new()
        },
        linking,
        posted: None,
    };
    let data = serde_json::to_value(&flow).map_err(Error::internal)?;
    let state = session::create_for(sereno, FLOW, data, LIFETIME).await?.secret;
    let misconfigured = |error: &dyn std::fmt::Display| refused(Code::SocialMisconfigured, error);
    let authorization = AuthUrl::new(endpoints.authorization.clone()).map_err(|error| misconfigured(&error))?;
    if !matches!(authorization.url().scheme(), "https" | "http") {
        return Err(misconfigured(&"the authorization endpoint is no page"));
    }
    let redirect = RedirectUrl::new(provider.callback(sereno)).map_err(Error::internal)?;
    let challenge =
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(made(sereno, VERIFIER, &state)));
    let client = oauth2::basic::BasicClient::new(ClientId::new(provider.client_id.clone()))
        .set_auth_uri(authorization)
        .set_redirect_uri(redirect);
    let held = state.clone();
    let mut request = client
        .authorize_url(move || CsrfToken::new(held))
        .add_scopes(provider.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(challenge);
    if endpoints.keys.is_some() {
        request = request.add_extra_param("nonce", made(sereno, NONCE, &state));
    }
    if endpoints.posts {
        request = request.add_extra_param("response_mode", "form_post");
    }
    let (location, _) = request.url();
    Ok(Started {
        location: location.into(),
        browser,
    })
}

/// A value that belongs to a state and that nobody can compute without our key.
fn made(sereno: &Sereno, what: &str, state: &str) -> String {
    URL_SAFE_NO_PAD.encode(sereno.keys.digest.mac(what, &[state.as_bytes()]))
}

/// Keeps what a provider posted until the browser comes by itself: a cross-site post brings no cookie, so that nothing is
/// decided by it. Only the state proves it; what it brings is sealed.
///
/// # Errors
/// `social_state_invalid`, `too_many_requests`.
pub async fn attach(sereno: &Sereno, meta: &RequestMeta, slug: &str, answer: Answer) -> Result<()> {
    limit(sereno, meta)?;
    let provider = provider::enabled(sereno, slug).await?;
    let mut flow = load(sereno, &provider, &answer.state).await?;
    let text = serde_json::to_string(&answer).map_err(Error::internal)?;
    // the first answer counts: whoever learned the state later changes nothing
    if text.len() > POSTED_MAX || flow.posted.is_some() {
        return Err(Code::SocialStateInvalid.into());
    }
    let sealed = sereno
        .keys
        .seal
        .seal(text.as_bytes(), &sealed_for(&answer.state), &*sereno.entropy)?;
    flow.posted = Some(sealed);
    let data = serde_json::to_value(&flow).map_err(Error::internal)?;
    if session::save_for(sereno, FLOW, &answer.state, data).await? {
        Ok(())
    } else {
        Err(Code::SocialStateInvalid.into())
    }
}

fn sealed_for(state: &str) -> String {
    format!("{FLOW}:{state}")
}

async fn load(sereno: &Sereno, provider: &Provider, state: &str) -> Result<Flow> {
    let invalid = || Error::from(Code::SocialStateInvalid);
    if state.is_empty() || state.len() > 100 {
        return Err(invalid());
    }
    let data = session::load_for(sereno, FLOW, state).await?.ok_or_else(invalid)?;
    let flow: Flow = serde_json::from_value(data).map_err(Error::internal)?;
    if flow.provider == provider.id {
        Ok(flow)
    } else {
        Err(invalid())
    }
}

/// Completes a flow with what the provider sent back and the cookie that the browser brought.
///
/// That this happens by a GET is the protocol (RFC 6749 §4.1.2): the provider sends the browser here. It is no link that
/// somebody else could have opened before, because only the browser that began the flow has its cookie.
pub async fn finish(
    sereno: &Sereno,
    meta: &RequestMeta,
    slug: &str,
    answer: Answer,
    browser: Option<&str>,
) -> Finished {
    let mut finished = Finished {
        next: String::new(),
        linking: false,
        outcome: Ok(None),
    };
    finished.outcome = complete(
        sereno,
        meta,
        slug,
        answer,
        (browser, &mut finished.next, &mut finished.linking),
    )
    .await;
    finished
}

async fn complete(
    sereno: &Sereno,
    meta: &RequestMeta,
    slug: &str,
    answer: Answer,
    (browser, next, linking): (Option<&str>, &mut String, &mut bool),
) -> Result<Option<NewSession>> {
    limit(sereno, meta)?;
    let provider = provider::enabled(sereno, slug).await?;
    let flow = load(sereno, &provider, &answer.state).await?;
    let invalid = || Error::from(Code::SocialStateInvalid);
    let same = browser.is_some_and(|browser| sereno.keys.digest.matches(BROWSER, browser, &flow.browser));
    if !same || !session::take_for(sereno, FLOW, &answer.state).await? {
        return Err(invalid());
    }
    next.clone_from(&flow.next);
    *linking = flow.linking.is_some();
    let state = answer.state.clone();
    let answer = match &flow.posted {
        Some(sealed) => {
            let plain = sereno.keys.seal.open(sealed, &sealed_for(&state))?;
            serde_json::from_slice(&plain).map_err(Error::internal)?
        }
        None => answer,
    };
    let linker = match flow.linking {
        Some(linking) => Some(still_there(sereno, linking).await?),
        None => None,
    };
    let done = async {
        let person = person(sereno, &provider, &state, &answer).await?;
        match &linker {
            Some(caller) => link::link(sereno, meta, caller, &provider, &person)
                .await
                .map(|()| None),
            None => match enter::enter(sereno, meta, &provider, &person, &To::Pages)
                .await?
                .brought
            {
                Brought::Session(session) => Ok(Some(session)),
                Brought::Tokens(_) => Err(Error::internal("pages are given a session")),
            },
        }
    };
    match done.await {
        Err(error) if linker.is_none() => Err(refuse(sereno, meta, &provider, error).await),
        outcome => outcome,
    }
}

/// Who the provider's answer speaks of.
async fn person(
    sereno: &Sereno,
    provider: &Provider,
    state: &str,
    answer: &Answer,
) -> Result<super::person::ProviderUser> {
    let endpoints = endpoints::of(&Http::new(sereno), provider).await?;
    // another issuer's answer in this flow is a mix-up (RFC 9207 §2.4), whatever it says
    match &answer.iss {
        Some(iss) if *iss != endpoints.issuer => {
            return Err(refused(Code::SocialIssuerMismatch, &"another issuer answered"));
        }
        None if endpoints.names_issuer => return Err(refused(Code::SocialIssuerMismatch, &"nobody says who answered")),
        _ => {}
    }
    if let Some(error) = &answer.error {
        let code = match error.as_str() {
            "temporarily_unavailable" | "server_error" => Code::SocialUnavailable,
            "invalid_client" | "unauthorized_client" | "invalid_scope" | "unsupported_response_type" => {
                Code::SocialMisconfigured
            }
            _ => Code::SocialDenied,
        };
        return Err(refused(code, &"the provider answered an error"));
    }
    let code = answer.code.as_deref().filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| refused(Code::SocialAnswerInvalid, &"neither code nor error"))?;
    let (nonce, verifier) = (made(sereno, NONCE, state), made(sereno, VERIFIER, state));
    let presented = Presented {
        code,
        redirect_uri: &provider.callback(sereno),
        verifier: Some(&verifier),
    };
    let person = evidence::person(sereno, provider, Evidence::Code(presented, Expected::Ours(&nonce))).await?;
    Ok(evidence::with_posted(provider, person, answer.user.as_deref()))
}

/// Who began to link, if the session that they did it in is still open.
async fn still_there(sereno: &Sereno, (user_id, session_id): (Uuid, Uuid)) -> Result<Caller> {
    let found = session_row::Entity::find_by_id(session_id)
        .filter(session_row::Column::UserId.eq(user_id))
        .filter(session_row::Column::EndedAt.is_null())
        .filter(session_row::Column::ExpiresAt.gt(sereno.now()))
        .one(sereno.db.read())
        .await?;
    let user = user::Entity::find_by_id(user_id).one(sereno.db.read()).await?;
    let epochs = found
        .map(|row| row.credential_epoch)
        .zip(user.map(|user| user.credential_epoch));
    if epochs.is_none_or(|(session, user)| session != user) {
        return Err(Code::AuthenticationRequired.into());
    }
    Ok(Caller {
        user_id,
        via: Via::Session(session_id),
        authenticated_at: sereno.now(),
    })
}

/// Writes down that nobody was let in; what cannot be written down becomes `unavailable`. That a provider is away is no
/// attempt of anybody's.
pub(super) async fn refuse(sereno: &Sereno, meta: &RequestMeta, provider: &Provider, refusal: Error) -> Error {
    if refusal.code().status() >= 500 || matches!(refusal, Error::NotFound) {
        return refusal;
    }
    let event = Event::refused(EventKind::LoginFailed, refusal.code()).with("method", provider.slug.as_str());
    let written = async {
        let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
        tx.record(event);
        tx.commit().await
    };
    written.await.err().unwrap_or(refusal)
}
