//! Finding an account by whatever staff calls it, and what accounts are called.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sereno_types::Permission;
use uuid::Uuid;

use super::identifier;
use crate::access::address;
use crate::context::{Sereno, Staff};
use crate::entity::{user, user_email};
use crate::error::Result;

/// The user that staff calls by id, number, address or user name.
pub async fn named(sereno: &Sereno, text: &str) -> Result<Option<user::Model>> {
    if text.is_empty() || text.contains('\0') {
        return Ok(None);
    }
    let db = sereno.db.read();
    let canonical = identifier::canonical(text);
    if text.contains('@') {
        let found = user_email::Entity::find()
            .find_also_related(user::Entity)
            .filter(user_email::Column::Canonical.eq(canonical))
            .one(db)
            .await?;
        return Ok(found.and_then(|(_, user)| user));
    }
    // whoever calls themselves like another's id or number is not found in their place
    if let Ok(id) = text.parse::<Uuid>()
        && let Some(user) = user::Entity::find_by_id(id).one(db).await?
    {
        return Ok(Some(user));
    }
    if let Ok(number) = text.trim_start_matches('#').parse::<i64>()
        && let Some(user) = one(db, user::Column::Number.eq(number)).await?
    {
        return Ok(Some(user));
    }
    one(db, user::Column::UsernameCanonical.eq(canonical)).await
}

/// The same for a filter or a form of staff who may not see users: an address finds only whom it is the name of, so that
/// nobody learns from what was found whose account an address is, or that it has one.
pub async fn by_staff(sereno: &Sereno, staff: &Staff, text: &str) -> Result<Option<user::Model>> {
    let found = named(sereno, text).await?;
    let sees = !text.contains('@') || staff.holds(Permission::UsersView);
    Ok(found.filter(|user| sees || user.username.is_none()))
}

/// The same for whoever is to be given something: an address that anybody may have typed names nobody. Who waits for their
/// address to be confirmed may be named by it, because only its owner gets what is given then.
pub async fn to_be_given(sereno: &Sereno, staff: &Staff, text: &str) -> Result<Option<user::Model>> {
    let Some(user) = by_staff(sereno, staff, text).await? else {
        return Ok(None);
    };
    if !text.contains('@') {
        return Ok(Some(user));
    }
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::Canonical.eq(identifier::canonical(text)))
        .one(sereno.db.read())
        .await?;
    Ok(email
        .is_some_and(|email| !address::is_unproven(&user, &email))
        .then_some(user))
}

async fn one<C: ConnectionTrait>(db: &C, matching: SimpleExpr) -> Result<Option<user::Model>> {
    Ok(user::Entity::find().filter(matching).one(db).await?)
}

/// What these users are called: the user name, the primary address, or the number.
pub async fn names<C: ConnectionTrait>(db: &C, ids: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, String>> {
    let ids: BTreeSet<Uuid> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let users = user::Entity::find()
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let emails = user_email::Entity::find()
        .filter(user_email::Column::UserId.is_in(ids))
        .filter(user_email::Column::IsPrimary.eq(true))
        .all(db)
        .await?;
    let mut addresses: HashMap<Uuid, String> = emails.into_iter().map(|row| (row.user_id, row.address)).collect();
    let name = |user: user::Model| {
        let name = user.username.or_else(|| addresses.remove(&user.id));
        (user.id, name.unwrap_or_else(|| format!("#{}", user.number)))
    };
    Ok(users.into_iter().map(name).collect())
}
