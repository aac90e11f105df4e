//! Whom a guess is about, and which requests it is held against. Takes the same look-ups for accounts that do not exist.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{KEPT, alike, open};
use crate::account::{identifier, look_up};
use crate::context::Sereno;
use crate::entity::login_code::{Column, Model};
use crate::entity::{user, user_email};
use crate::error::Result;

/// What was typed.
pub(super) struct Typed {
    pub identifier: Option<String>,
    pub handle: Option<Uuid>,
    pub plain: String,
}

/// Whom a guess is about, and which requests it is held against.
pub(super) struct Whom {
    pub user: Option<user::Model>,
    /// What guesses are counted by: the address that the code proves.
    pub subject: String,
    pub requests: Vec<Model>,
    /// What was typed, or stands in its place in the named request.
    pub called: Option<String>,
}

/// The named request and those made in the same way; without a name, those that are bound to nothing.
pub(super) async fn whom(sereno: &Sereno, typed: &Typed, application_id: Option<Uuid>) -> Result<Whom> {
    let named = match typed.handle {
        Some(handle) => open(sereno).filter(Column::Id.eq(handle)).one(sereno.db.read()).await?,
        None => None,
    };
    let (user, subject) = if let Some(text) = &typed.identifier {
        let user = look_up::by_identifier(sereno, text).await?;
        let primary = user_email::Entity::find()
            // asks the same of an account that does not exist
            .filter(user_email::Column::UserId.eq(user.as_ref().map_or(Uuid::nil(), |user| user.id)))
            .filter(user_email::Column::IsPrimary.eq(true))
            .one(sereno.db.read())
            .await?;
        let subject = primary.map_or_else(|| identifier::canonical(text), |email| email.canonical);
        (user, subject)
    } else {
        let user_id = named.as_ref().and_then(|asked| asked.user_id).unwrap_or_default();
        // one look-up whether or not there is an account
        let user = user::Entity::find_by_id(user_id).one(sereno.db.read()).await?;
        let unknown = || typed.handle.unwrap_or_default().to_string();
        let subject = named.as_ref().map_or_else(unknown, |asked| asked.subject.clone());
        (user, subject)
    };
    let stands_for = named.as_ref().map(|asked| asked.subject.clone());
    let called = typed.identifier.clone().or(stands_for);
    let mut requests = match (typed.handle, named) {
        (None, _) => alike(sereno, &subject, None).await?,
        (Some(_), Some(named)) if named.subject == subject => {
            let mut rest = alike(sereno, &subject, named.binding).await?;
            rest.retain(|other| other.id != named.id);
            rest.insert(0, named);
            rest
        }
        (Some(_), _) => Vec::new(),
    };
    requests.truncate(usize::try_from(KEPT).unwrap_or(1));
    requests.retain(|asked| is_good_through(asked, application_id));
    Ok(Whom {
        user,
        subject,
        requests,
        called,
    })
}

/// Whether the request is good through this application: none is Sereno's own pages.
pub(super) fn is_good_through(asked: &Model, application_id: Option<Uuid>) -> bool {
    match (asked.application_id, application_id) {
        (Some(asked), Some(here)) => asked == here,
        _ => true,
    }
}
