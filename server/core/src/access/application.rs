//! Applications: the OAuth clients that may ask for tokens. The built-in first-party application stands for requests
//! without a `client_id`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::context::{Sereno, Tx};
use crate::entity::application::{ActiveModel, Column, Entity};
use crate::error::{Error, Result};

/// The `client_id` of the built-in first-party application.
pub const FIRST_PARTY: &str = "sereno";

/// An application that may be used.
#[derive(Clone, Debug)]
pub struct Application {
    /// The row.
    pub id: Uuid,
    /// The public identifier.
    pub client_id: String,
}

/// The application with this `client_id`, the first-party one without; nothing when it is unknown or switched off.
pub async fn find(sereno: &Sereno, client_id: Option<&str>) -> Result<Option<Application>> {
    let client_id = client_id.unwrap_or(FIRST_PARTY);
    if client_id == FIRST_PARTY
        && let Some(id) = sereno.first_party.get()
    {
        return Ok(Some(Application {
            id: *id,
            client_id: client_id.to_owned(),
        }));
    }
    // PostgreSQL cannot be asked for a NUL
    if client_id.contains('\0') {
        return Ok(None);
    }
    let row = Entity::find()
        .filter(Column::ClientId.eq(client_id))
        .filter(Column::IsEnabled.eq(true))
        .one(sereno.db.read())
        .await?;
    Ok(row.map(|row| Application {
        id: row.id,
        client_id: row.client_id,
    }))
}

/// Makes the first-party application if it is missing, and remembers its id.
pub async fn ensure_first_party(sereno: &Sereno, tx: &Tx) -> Result<()> {
    let row = ActiveModel {
        id: Set(sereno.new_id()?),
        project_id: Set(None),
        client_id: Set(FIRST_PARTY.to_owned()),
        name: Set("Sereno".to_owned()),
        kind: Set("public".to_owned()),
        origin: Set("sereno".to_owned()),
        is_enabled: Set(true),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    Entity::insert(row)
        .on_conflict(OnConflict::column(Column::ClientId).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;
    let row = Entity::find()
        .filter(Column::ClientId.eq(FIRST_PARTY))
        .one(tx.db())
        .await?;
    let id = row
        .ok_or_else(|| Error::internal("the first-party application is missing"))?
        .id;
    let _ = sereno.first_party.set(id);
    Ok(())
}
