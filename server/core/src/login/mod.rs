//! Signing in and out. Authenticating and issuing are separate functions; the flow here joins them in one transaction,
//! so that what proves a user and what it buys commit together. A door only presents.

mod code;
mod logout;
mod password;

use std::sync::Arc;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{ClientCredentials, Code, Delivery, Grant, Login, Me, Secret};
use uuid::Uuid;

pub use code::{
    SendLoginCode, ask_code, ask_code_in_browser, by_code_for_application, by_code_with_session, code_handle_on,
    leave_by_code,
};
pub use logout::{end, logout};

use crate::access::{application, subject};
use crate::account::attempts;
use crate::context::{Actor, Application, Caller, RequestMeta, Sereno, Tx, Via};
use crate::device::{self, Described};
use crate::entity::{device as device_row, user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::session::{self, NewSession, Place, Proof};
use crate::token::{self, Grantee, Issued};
use password::Authenticated;

/// Who signed in, and what it brought.
pub struct LoggedIn {
    /// Who.
    pub user: Me,
    /// What.
    pub brought: Brought,
    /// On which device, if the client named one.
    pub device: Option<device_row::Model>,
}

impl std::fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoggedIn")
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

/// What a sign-in brings; how it reaches the client is the door's part.
pub enum Brought {
    /// Tokens or a key.
    Tokens(Issued),
    /// A session.
    Session(NewSession),
}

/// Signs in for an application: to tokens, a key or a session, as its delivery says.
///
/// # Errors
/// `validation_failed`, `invalid_client`, `unauthorized_client`, `invalid_credentials`, `activation_required`,
/// `too_many_requests`, `overloaded`, `refused_by_hook`.
pub async fn for_application(sereno: &Sereno, meta: &RequestMeta, command: Login) -> Result<LoggedIn> {
    let application = applying(sereno, meta, command.client_id.clone(), command.client_secret.clone()).await?;
    through(sereno, meta, application, command).await
}

/// The same for an application that needs no proof: one that is part of this server, such as a facade's. What the command says
/// of an application counts for nothing.
///
/// # Errors
/// As [`for_application`], but for those about applications.
pub async fn through(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: Arc<Application>,
    command: Login,
) -> Result<LoggedIn> {
    let described = Described::read(command.device.as_ref())?;
    let proven = password::authenticate(sereno, meta, &command, Some(application.id)).await?;
    intend_tokens(sereno, meta, proven.user.id, &application).await?;
    let (tx, proof) = begin(sereno, meta, &proven).await?;
    let entering = Entering {
        proof: &proof,
        user: &proven.user,
        device: described,
    };
    conclude(sereno, tx, entering, application).await
}

/// The application that signs somebody in by what they themselves gave it, proven.
async fn applying(
    sereno: &Sereno,
    meta: &RequestMeta,
    client_id: Option<String>,
    client_secret: Option<Secret>,
) -> Result<Arc<Application>> {
    let credentials = ClientCredentials {
        client_id,
        client_secret,
    };
    let application = application::authenticate(sereno, meta, &credentials).await?;
    if application.grants.contains(&Grant::Password) {
        Ok(application)
    } else {
        Err(Code::UnauthorizedClient.into())
    }
}

/// Asks whether tokens may be issued, where the application's delivery is not a session.
async fn intend_tokens(
    sereno: &Sereno,
    meta: &RequestMeta,
    user_id: impl Into<Option<Uuid>>,
    application: &Application,
) -> Result<()> {
    if application.delivery == Delivery::Session {
        return Ok(());
    }
    let intent = Intent::new(IntentKind::TokenIssue).about(user_id);
    sereno.intend(meta, intent.through(application.id)).await
}

/// A sign-in that is about to be completed.
struct Entering<'a> {
    proof: &'a Proof,
    /// The row as it was before this sign-in was stamped on it.
    user: &'a user::Model,
    /// What the client said of its device.
    device: Option<Described>,
}

/// Commits a sign-in for an application: the device, what the delivery brings, the answer.
async fn conclude(
    sereno: &Sereno,
    mut tx: Tx,
    entering: Entering<'_>,
    application: Arc<Application>,
) -> Result<LoggedIn> {
    let Entering { proof, user, device } = entering;
    let device = match device {
        Some(described) => Some(device::remember(sereno, &mut tx, user, described).await?),
        None => None,
    };
    let grantee = Grantee {
        application,
        device_id: device.as_ref().map(|device| device.id),
    };
    let brought = complete(sereno, &mut tx, proof, &grantee).await?;
    let user = subject::me(sereno, user, primary_email(&tx, proof.user_id).await?.as_ref());
    tx.commit().await?;
    Ok(LoggedIn { user, brought, device })
}

/// What every way of signing in ends with: tokens, a key or a session, as the application's delivery says, and the event.
pub(crate) async fn complete(sereno: &Sereno, tx: &mut Tx, proof: &Proof, grantee: &Grantee) -> Result<Brought> {
    complete_with(sereno, tx, proof, grantee, logged_in(proof)).await
}

/// The same, with an event that says more.
pub(crate) async fn complete_with(
    sereno: &Sereno,
    tx: &mut Tx,
    proof: &Proof,
    grantee: &Grantee,
    event: Event,
) -> Result<Brought> {
    let application_id = grantee.application.id;
    if grantee.application.delivery == Delivery::Session {
        let place = Place {
            application: Some(application_id),
            device: grantee.device_id,
        };
        let session = session::start(sereno, tx, proof, place).await?;
        tx.act_as(session.actor);
        tx.record(event.through(application_id).within(session.id));
        return Ok(Brought::Session(session));
    }
    let issued = token::issue(sereno, tx, proof, grantee).await?;
    tx.act_as(Actor::User(Caller {
        user_id: proof.user_id,
        via: Via::Family(issued.family),
        authenticated_at: proof.at,
    }));
    tx.record(event.through(application_id).within(issued.family));
    let event = Event::new(EventKind::TokenIssued).about(proof.user_id);
    tx.record(event.through(application_id).within(issued.family));
    Ok(Brought::Tokens(issued))
}

/// Signs a browser in.
///
/// # Errors
/// As [`for_application`].
pub async fn with_session(sereno: &Sereno, meta: &RequestMeta, command: Login) -> Result<NewSession> {
    let proven = password::authenticate(sereno, meta, &command, None).await?;
    let (tx, proof) = begin(sereno, meta, &proven).await?;
    conclude_session(sereno, tx, &proof).await
}

/// Commits a sign-in of a browser.
async fn conclude_session(sereno: &Sereno, mut tx: Tx, proof: &Proof) -> Result<NewSession> {
    let session = in_browser(sereno, &mut tx, proof, logged_in(proof)).await?;
    tx.commit().await?;
    Ok(session)
}

/// What every way of signing a browser in ends with: a session of our own pages, and the event.
pub(crate) async fn in_browser(sereno: &Sereno, tx: &mut Tx, proof: &Proof, event: Event) -> Result<NewSession> {
    let session = session::start(sereno, tx, proof, Place::default()).await?;
    tx.act_as(session.actor);
    tx.record(event.within(session.id));
    Ok(session)
}

/// Opens the unit that completes a sign-in: the stamp on the user (only if nothing changed since the password was
/// checked), the renewed hash, the forgiven attempts.
async fn begin(sereno: &Sereno, meta: &RequestMeta, proven: &Authenticated) -> Result<(Tx, Proof)> {
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let (user, now) = (&proven.user, tx.now());
    let mut stamp = user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(now.0))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(user.state.as_str()))
        .filter(user::Column::CredentialEpoch.eq(user.credential_epoch));
    if let Some(hash) = &proven.renewed_hash {
        stamp = stamp.col_expr(user::Column::PasswordHash, Expr::value(hash.0.as_str()));
        tx.record(Event::new(EventKind::PasswordRehashed).about(user.id));
    }
    if stamp.exec(tx.db()).await?.rows_affected == 0 {
        drop(tx);
        return Err(password::refuse(sereno, meta, Some(user), Code::InvalidCredentials.into()).await);
    }
    // the client's own mistakes are forgiven; what others guessed from elsewhere stays counted
    attempts::forgive(tx.db(), &proven.attempt).await?;
    let proof = Proof {
        user_id: user.id,
        credential_epoch: user.credential_epoch,
        amr: vec!["pwd"],
        at: now,
    };
    Ok((tx, proof))
}

/// A user proved who they are and was let in.
pub(crate) fn logged_in(proof: &Proof) -> Event {
    Event::new(EventKind::LoggedIn)
        .about(proof.user_id)
        .with("amr", serde_json::json!(proof.amr))
}

async fn primary_email(tx: &Tx, user_id: Uuid) -> Result<Option<user_email::Model>> {
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .one(tx.db())
        .await?;
    Ok(email)
}
