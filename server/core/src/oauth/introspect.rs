//! What applications may ask and say about tokens: introspection (RFC 7662) and revocation (RFC 7009), both only for
//! applications that prove themselves.

use sereno_types::{ApplicationKind, ClientCredentials, Code, Introspect, Introspection, RevokeToken, Secret};

use crate::access::application;
use crate::context::{Application, RequestMeta, Sereno};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::token::{self, Inspected};

/// The scope with which an application may ask about tokens of others: a gateway, for example.
const EVERY_TOKEN: &str = "introspect";

/// Says what a token is good for. An application learns of its own tokens and of those that are meant for it; of every
/// other it learns what it would learn of garbage. A refresh token is judged by its row; an access token by what is remembered,
/// as at every door (the handbook says how old that may be).
///
/// # Errors
/// `invalid_client`, `too_many_requests`, `refused_by_hook`.
pub async fn introspect(
    sereno: &Sereno,
    meta: &RequestMeta,
    credentials: &ClientCredentials,
    command: Introspect,
) -> Result<Introspection> {
    let application = application::authenticate(sereno, meta, credentials).await?;
    if application.kind != ApplicationKind::Confidential {
        return Err(Code::InvalidClient.into());
    }
    let found = token::inspect(sereno, command.token.expose()).await?;
    let Some(found) = found.filter(|found| may_know(&application, found)) else {
        return Ok(Introspection::default());
    };
    token::ask_to_verify(sereno, meta, found.user_id, found.application_id).await?;
    Ok(found.answer)
}

fn may_know(application: &Application, found: &Inspected) -> bool {
    let meant = found
        .answer
        .aud
        .iter()
        .flatten()
        .any(|aud| *aud == application.client_id);
    found.application_id == application.id || meant || application.scopes.iter().any(|scope| scope == EVERY_TOKEN)
}

/// Revokes a token of the application: a refresh token or a key with its whole family, an access token by itself where it has
/// an id of its own, and with its family where it has not. What is not one of its tokens is no error (RFC 7009 §2.2).
///
/// # Errors
/// `invalid_client`, `too_many_requests`, `refused_by_hook`.
pub async fn revoke(
    sereno: &Sereno,
    meta: &RequestMeta,
    credentials: &ClientCredentials,
    command: RevokeToken,
) -> Result<()> {
    let application = application::authenticate(sereno, meta, credentials).await?;
    end(sereno, meta, &application, &command.token, Reach::Token).await
}

/// Ends the sign-in that a token of the application belongs to, whichever of its tokens it is: for clients that know no access
/// token apart from the refresh token that came with it. What is not one of its tokens is no error. The application is proven.
///
/// # Errors
/// `refused_by_hook`.
pub async fn revoke_sign_in(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Application,
    token: &Secret,
) -> Result<()> {
    end(sereno, meta, application, token, Reach::SignIn).await
}

/// What ends with an access token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Token,
    SignIn,
}

async fn end(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Application,
    token: &Secret,
    reach: Reach,
) -> Result<()> {
    let found = token::inspect(sereno, token.expose()).await?;
    let Some(found) = found.filter(|found| found.application_id == application.id) else {
        return Ok(());
    };
    let intent = Intent::new(IntentKind::TokenRevoke).about(found.user_id);
    sereno.intend(meta, intent.through(application.id)).await?;
    let mut tx = sereno.begin(meta, &crate::context::Actor::Anonymous).await?;
    match reach {
        Reach::Token => token::revoke_inspected(&mut tx, &found).await?,
        Reach::SignIn => _ = token::revoke(&mut tx, found.family, "revoked").await?,
    }
    tx.record(
        Event::new(EventKind::TokenRevoked)
            .about(found.user_id)
            .through(application.id)
            .within(found.family)
            .with("token_use", found.token_use.as_str()),
    );
    tx.commit().await
}
