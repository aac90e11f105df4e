//! What an address says about the account that has it. One that was typed at a sign-up and never proven says nothing: the
//! account works where the settings allow that (`registration.verification`), but anybody may have typed it.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sereno_types::UserState;

use super::is_staff;
use crate::context::Sereno;
use crate::entity::{project, project_member, role_assignment, user, user_email};
use crate::error::Result;

/// Whether the account is one that somebody signed up for and that works although nobody has proven its address.
#[must_use]
pub fn is_unproven(user: &user::Model, email: &user_email::Model) -> bool {
    user.state() == UserState::Active && email.verified_at.is_none() && user.origin == user::SIGN_UP
}

/// Whether whoever proves to read the address may come by this active account: it is theirs, or they take it over
/// (`account::claim`). Rights were given to whoever uses the account, who may be somebody else, so that nobody comes by
/// them that way.
pub async fn leads_to<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    user: &user::Model,
    email: &user_email::Model,
) -> Result<bool> {
    Ok(email.verified_at.is_some() || (is_unproven(user, email) && !has_rights(sereno, db, user).await?))
}

/// Whether a user is staff anywhere, owns a project, or was given any role, of whatever application.
pub async fn has_rights<C: ConnectionTrait>(sereno: &Sereno, db: &C, user: &user::Model) -> Result<bool> {
    let assigned = role_assignment::Entity::find().filter(role_assignment::Column::UserId.eq(user.id));
    let as_member = project_member::Entity::find()
        .filter(project_member::Column::UserId.eq(user.id))
        .filter(project_member::Column::RoleId.is_not_null());
    // what an owner may do is the operator's to say, perhaps later
    let as_owner = project::Entity::find().filter(project::Column::OwnerId.eq(user.id));
    Ok(assigned.count(db).await? > 0
        || as_member.count(db).await? > 0
        || as_owner.count(db).await? > 0
        || is_staff(sereno, db, user).await?)
}
