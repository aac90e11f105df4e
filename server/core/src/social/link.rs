//! Identities as rows: found by issuer and subject, linked, used and told of.

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use sereno_types::{Code, UserState};
use uuid::Uuid;

use super::person::ProviderUser;
use super::picture::FetchPicture;
use super::provider::Provider;
use crate::account::reauthenticate;
use crate::context::{Actor, Caller, RequestMeta, Sereno, Tx, Via};
use crate::entity::identity::{ActiveModel, Column, Entity, Model};
use crate::entity::{Hidden, session, token_family, user, user_email};
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient};

/// Why an identity was not written.
pub(super) enum Failed {
    /// Somebody has it already.
    Taken,
    /// Anything else.
    Other(Error),
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// The identity of this person.
pub(super) async fn find<C: ConnectionTrait>(
    db: &C,
    provider: &Provider,
    person: &ProviderUser,
) -> Result<Option<Model>> {
    let found = Entity::find()
        .filter(Column::ProviderId.eq(provider.id))
        .filter(Column::Issuer.eq(person.issuer.as_str()))
        .filter(Column::Subject.eq(person.subject.as_str()))
        .one(db)
        .await?;
    Ok(found)
}

/// Writes an identity that signs in to this account from now on, and asks for its picture.
pub(super) async fn insert(
    sereno: &Sereno,
    tx: &mut Tx,
    provider: &Provider,
    person: &ProviderUser,
    user_id: Uuid,
) -> Result<(), Failed> {
    let id = sereno.new_id()?;
    let refresh_token = sealed(sereno, id, person)?;
    let row = ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        provider_id: Set(provider.id),
        issuer: Set(person.issuer.clone()),
        subject: Set(person.subject.clone()),
        email: Set(person.email.as_ref().map(|email| email.address.clone())),
        email_verified: Set(person.email_verified),
        profile: Set(person.profile()),
        created_at: Set(tx.now()),
        last_used_at: Set(Some(tx.now())),
        refresh_token: Set(refresh_token),
    };
    Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(|error| match unique_violation(&error) {
            Some(_) => Failed::Taken,
            None => Failed::Other(error.into()),
        })?;
    if person.picture.is_some() {
        tx.enqueue(&FetchPicture { identity_id: id })?;
    }
    record(
        tx,
        EventKind::IdentityLinked,
        user_id,
        provider.slug.as_str(),
        &provider.name,
    );
    Ok(())
}

/// What an identity's refresh token is sealed for.
pub(super) fn place(identity_id: Uuid) -> String {
    format!("identity:{identity_id}:refresh_token")
}

fn sealed(sereno: &Sereno, identity_id: Uuid, person: &ProviderUser) -> Result<Option<Hidden>> {
    let Some(token) = &person.refresh_token else {
        return Ok(None);
    };
    let plain = token.expose().as_bytes();
    let sealed = sereno.keys.seal.seal(plain, &place(identity_id), &*sereno.entropy)?;
    Ok(Some(Hidden(sealed)))
}

/// Notes that somebody signed in by it, and what the provider says now; `false` where it has been unlinked meanwhile.
pub(super) async fn used(sereno: &Sereno, tx: &Tx, id: Uuid, person: &ProviderUser) -> Result<bool> {
    let refresh_token = sealed(sereno, id, person)?;
    let row = ActiveModel {
        // an ID token alone brings none, and the one before is good
        refresh_token: refresh_token.map_or(NotSet, |token| Set(Some(token))),
        email: Set(person.email.as_ref().map(|email| email.address.clone())),
        email_verified: Set(person.email_verified),
        profile: Set(person.profile()),
        last_used_at: Set(Some(tx.now())),
        ..Default::default()
    };
    let noted = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    Ok(noted.rows_affected > 0)
}

/// Whether what the caller is signed in by still stands: while the provider was asked, somebody may have taken the account
/// over, or ended this sign-in.
async fn stands(tx: &Tx, caller: &Caller, user: &user::Model) -> Result<bool> {
    let epoch = match caller.via {
        Via::Session(id) => session::Entity::find_by_id(id)
            .filter(session::Column::EndedAt.is_null())
            .one(tx.db())
            .await?
            .map(|session| session.credential_epoch),
        Via::Family(id) => token_family::Entity::find_by_id(id)
            .filter(token_family::Column::RevokedAt.is_null())
            .one(tx.db())
            .await?
            .map(|family| family.credential_epoch),
    };
    Ok(epoch == Some(user.credential_epoch))
}

/// Links a person to the signed-in user, who has signed in just now. Twice is no error.
///
/// # Errors
/// `authentication_required`, `reauthentication_required`, `social_identity_taken`.
pub(super) async fn link(
    sereno: &Sereno,
    meta: &RequestMeta,
    caller: &Caller,
    provider: &Provider,
    person: &ProviderUser,
) -> Result<()> {
    let mut tx = sereno.begin(meta, &Actor::User(*caller)).await?;
    // held until the end: of two changes to what signs in, one must find what the other left
    let found = user::Entity::find_by_id(caller.user_id)
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    let user = found.filter(|user| user.state() == UserState::Active);
    let user = user.ok_or(Code::AuthenticationRequired)?;
    if !stands(&tx, caller, &user).await? {
        return Err(Code::AuthenticationRequired.into());
    }
    if let Some(identity) = find(tx.db(), provider, person).await? {
        if identity.user_id != user.id {
            return Err(Code::SocialIdentityTaken.into());
        }
        if !used(sereno, &tx, identity.id, person).await? {
            return Err(Code::StateConflict.into());
        }
        return tx.commit().await;
    }
    match insert(sereno, &mut tx, provider, person, user.id).await {
        Ok(()) => {}
        Err(Failed::Taken) => return Err(Code::SocialIdentityTaken.into()),
        Err(Failed::Other(error)) => return Err(error),
    }
    tell(sereno, &mut tx, &user, EventKind::IdentityLinked).await?;
    tx.commit().await
}

/// Whether the signed-in user may change what signs in to their account now.
///
/// # Errors
/// `authentication_required`, `reauthentication_required`.
pub(super) fn fresh(sereno: &Sereno, actor: &Actor) -> Result<Caller> {
    let caller = actor.caller()?;
    reauthenticate::by_sign_in(sereno, &caller)?;
    Ok(caller)
}

/// Writes down that an identity was linked or unlinked. The provider's name is what a mail says.
pub(super) fn record(tx: &mut Tx, kind: EventKind, user_id: Uuid, slug: &str, name: &str) {
    tx.record(
        Event::new(kind)
            .about(user_id)
            .with("provider", slug)
            .with("provider_name", name),
    );
}

/// Tells the user by mail to the confirmed primary address, in their own language: somebody else may be the cause.
pub(super) async fn tell(sereno: &Sereno, tx: &mut Tx, user: &user::Model, kind: EventKind) -> Result<()> {
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .one(tx.db())
        .await?;
    let Some(email) = email else { return Ok(()) };
    let mail = match kind {
        EventKind::IdentityLinked => MailKind::IdentityLinked,
        _ => MailKind::IdentityUnlinked,
    };
    let recipient = Recipient {
        user_id: Some(user.id),
        credential_epoch: user.credential_epoch,
        address: email.address,
        locale: user.language().or(tx.meta().locale),
    };
    notify::queue(sereno, tx, mail, recipient).await?;
    Ok(())
}
