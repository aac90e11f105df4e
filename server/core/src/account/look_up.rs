//! From what somebody typed to the account it names.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{Code, FieldError};

use super::identifier;
use crate::context::Sereno;
use crate::entity::{user, user_email};
use crate::error::Result;

/// Longest identifier that is looked up, in bytes.
const IDENTIFIER_MAX: usize = 254;

/// The refusal of what cannot be looked up in the field `identifier`.
pub(crate) fn identifier_field(text: &str, faults: &mut Vec<FieldError>) {
    if text.trim().is_empty() {
        faults.push(FieldError::new("identifier", Code::Blank));
    } else if text.len() > IDENTIFIER_MAX {
        faults.push(FieldError::new("identifier", Code::TooLong).with("max", IDENTIFIER_MAX as u64));
    }
}

/// The account by address or by name; a name holds no `@`, so that one look-up decides.
pub(crate) async fn by_identifier(sereno: &Sereno, text: &str) -> Result<Option<user::Model>> {
    let canonical = identifier::canonical(text);
    let db = sereno.db.read();
    if canonical.contains('@') {
        let found = user_email::Entity::find()
            .find_also_related(user::Entity)
            .filter(user_email::Column::Canonical.eq(canonical))
            .one(db)
            .await?;
        return Ok(found.and_then(|(_, user)| user));
    }
    Ok(user::Entity::find()
        .filter(user::Column::UsernameCanonical.eq(canonical))
        .one(db)
        .await?)
}
