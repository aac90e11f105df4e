//! What an anonymous visitor's flow keeps between two requests: rows of their own, for minutes, behind the same cookie.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use crate::context::{Sereno, without_nul};
use crate::entity::flow_state::{self, Column, Entity};
use crate::error::Result;

/// What the digest is bound to.
const PURPOSE: &str = "flow_state";

/// A row that was just made.
pub struct FlowState {
    /// The cookie's value.
    pub secret: String,
}

/// Keeps `data` for so long.
pub async fn create(sereno: &Sereno, data: Value, lifetime: Duration) -> Result<FlowState> {
    create_for(sereno, PURPOSE, data, lifetime).await
}

/// Keeps `data` of another flow than the visitor's cookie: a value of one is unknown to the other.
pub async fn create_for(sereno: &Sereno, purpose: &str, data: Value, lifetime: Duration) -> Result<FlowState> {
    let secret = URL_SAFE_NO_PAD.encode(sereno.entropy.bytes::<16>()?);
    let now = sereno.now();
    let row = flow_state::ActiveModel {
        id: Set(sereno.new_id()?),
        digest: Set(sereno.keys.digest.digest(purpose, &secret)),
        data: Set(without_nul(data)),
        created_at: Set(now),
        expires_at: Set(now.plus(lifetime)),
    };
    Entity::insert(row).exec_without_returning(sereno.db.write()).await?;
    Ok(FlowState { secret })
}

/// What is kept under this value.
pub async fn load(sereno: &Sereno, secret: &str) -> Result<Option<Value>> {
    load_for(sereno, PURPOSE, secret).await
}

/// What another flow keeps under this value.
pub async fn load_for(sereno: &Sereno, purpose: &str, secret: &str) -> Result<Option<Value>> {
    let row = Entity::find()
        .filter(Column::Digest.is_in(sereno.keys.digest.candidates(purpose, secret)))
        .filter(Column::ExpiresAt.gt(sereno.now()))
        .one(sereno.db.read())
        .await?;
    Ok(row.map(|row| row.data))
}

/// Keeps other data under this value; an update and never an insert. Says whether there was such a row.
pub async fn save(sereno: &Sereno, secret: &str, data: Value) -> Result<bool> {
    save_for(sereno, PURPOSE, secret, data).await
}

/// Keeps other data of another flow under this value.
pub async fn save_for(sereno: &Sereno, purpose: &str, secret: &str, data: Value) -> Result<bool> {
    let saved = Entity::update_many()
        .col_expr(Column::Data, Expr::value(without_nul(data)))
        .filter(Column::Digest.is_in(sereno.keys.digest.candidates(purpose, secret)))
        .filter(Column::ExpiresAt.gt(sereno.now()))
        .exec(sereno.db.write())
        .await?;
    Ok(saved.rows_affected > 0)
}

/// Forgets what is kept under this value.
pub async fn delete(sereno: &Sereno, secret: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Digest.is_in(sereno.keys.digest.candidates(PURPOSE, secret)))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

/// Ends another flow: what it kept is gone, and it is said whether it was there. Of several at once, one is told so.
pub async fn take_for(sereno: &Sereno, purpose: &str, secret: &str) -> Result<bool> {
    let taken = Entity::delete_many()
        .filter(Column::Digest.is_in(sereno.keys.digest.candidates(purpose, secret)))
        .filter(Column::ExpiresAt.gt(sereno.now()))
        .exec(sereno.db.write())
        .await?;
    Ok(taken.rows_affected > 0)
}
