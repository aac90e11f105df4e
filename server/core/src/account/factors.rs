//! The ways in which a user signs in, as they see them: what the account has, and whether it works here and now.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{Code, Factor, FactorKind, Factors, Id};

use crate::access::subject;
use crate::context::{Actor, Sereno};
use crate::entity::{identity, social_provider};
use crate::error::Result;

/// Most identities that are told.
const MOST: u64 = 200;

/// What the caller can sign in with.
///
/// # Errors
/// `authentication_required`.
pub async fn own(sereno: &Sereno, actor: &Actor) -> Result<Factors> {
    let (caller, db) = (actor.caller()?, sereno.db.read());
    let found = subject::find(db, caller.user_id).await?;
    let (user, email) = found.ok_or(Code::AuthenticationRequired)?;
    let mut factors = Vec::new();
    if user.password_hash.is_some() {
        factors.push(Factor {
            kind: FactorKind::Password,
            name: None,
            id: None,
            is_usable: true,
        });
    }
    // a code to an address that nobody has proven takes the account over: that is no way to sign in to what one has
    if let Some(email) = email.filter(|email| email.verified_at.is_some()) {
        factors.push(Factor {
            kind: FactorKind::MailedCode,
            name: Some(email.address),
            id: None,
            is_usable: sereno.config.login_code.enabled,
        });
    }
    let identities = identity::Entity::find()
        .find_also_related(social_provider::Entity)
        .filter(identity::Column::UserId.eq(user.id))
        .order_by_asc(identity::Column::CreatedAt)
        .order_by_asc(identity::Column::Id)
        .limit(MOST)
        .all(db)
        .await?;
    factors.extend(identities.into_iter().map(|(identity, provider)| Factor {
        kind: FactorKind::Identity,
        is_usable: provider.as_ref().is_some_and(|provider| provider.is_enabled),
        name: provider.map(|provider| provider.name),
        id: Some(Id(identity.id.to_string())),
    }));
    Ok(Factors { factors })
}
