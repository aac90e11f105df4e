//! Requests that may be sent twice (draft-ietf-httpapi-idempotency-key-header): the first one under a key is carried out,
//! its answer is kept for a day, and whoever sends the same again gets the same answer. Keys belong to their caller. Knows
//! no HTTP beyond a status, a content type and bytes.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::Code;

use crate::context::{Actor, Sereno};
use crate::entity::kept_answer::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, Result, unique_violation};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);
/// How long the first request is waited for, before somebody else may take its place.
const LEASE: Duration = Duration::from_mins(2);
/// Longest key.
const KEY_MAX: usize = 255;
const KEY: &str = "idempotency.key";
const REQUEST: &str = "idempotency.request";

/// The right to carry a request out.
#[derive(Debug)]
pub struct Claim {
    digest: String,
}

/// An answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The status.
    pub status: u16,
    /// What the body is; empty where there is none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What becomes of a request under a key.
#[derive(Debug)]
pub enum Begun {
    /// It is the first one: carry it out.
    First(Claim),
    /// It was carried out: this was the answer.
    Again(Kept),
}

/// Looks whether a request was sent before. `request` is all of it that counts: method, target and body.
///
/// # Errors
/// `idempotency_key_invalid`; `idempotency_key_reused` for another request under the same key; `request_in_progress` while the first
/// one is carried out.
pub async fn begin(sereno: &Sereno, actor: &Actor, key: &str, request: &[u8]) -> Result<Begun> {
    // the draft writes a key in quotes (RFC 9651 §3.3.3), many clients do not
    let key = key
        .strip_prefix('"')
        .and_then(|key| key.strip_suffix('"'))
        .unwrap_or(key);
    if key.is_empty() || key.len() > KEY_MAX || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Code::IdempotencyKeyInvalid.into());
    }
    let whom = match actor {
        Actor::User(caller) => caller.user_id.to_string(),
        Actor::Anonymous | Actor::System => "nobody".to_owned(),
    };
    let digests = &sereno.keys.digest;
    let (named, asked) = (format!("{whom} {key}"), URL_SAFE_NO_PAD.encode(request));
    let found = Entity::find()
        .filter(Column::Digest.is_in(digests.candidates(KEY, &named)))
        .one(sereno.db.write())
        .await?;
    let now = sereno.now();
    match found {
        Some(row) if row.expires_at > now => again(sereno, row, &asked).await,
        found => {
            if let Some(row) = found {
                Entity::delete_many()
                    .filter(Column::Digest.eq(row.digest))
                    .filter(Column::ExpiresAt.lte(now))
                    .exec(sereno.db.write())
                    .await?;
            }
            let digest = digests.digest(KEY, &named);
            let row = ActiveModel {
                digest: Set(digest.clone()),
                request: Set(digests.digest(REQUEST, &asked)),
                sealed: Set(None),
                status: Set(None),
                lease_until: Set(now.plus(LEASE)),
                expires_at: Set(now.plus(KEPT)),
            };
            // of several at once the table decides
            match Entity::insert(row).exec_without_returning(sereno.db.write()).await {
                Ok(_) => Ok(Begun::First(Claim { digest })),
                Err(error) if unique_violation(&error).is_some() => Err(Code::RequestInProgress.into()),
                Err(error) => Err(error.into()),
            }
        }
    }
}

async fn again(sereno: &Sereno, row: Model, asked: &str) -> Result<Begun> {
    if !sereno.keys.digest.candidates(REQUEST, asked).contains(&row.request) {
        return Err(Code::IdempotencyKeyReused.into());
    }
    if let (Some(status), Some(sealed)) = (row.status, &row.sealed) {
        let plain = sereno.keys.seal.open(&sealed.0, &place(&row.digest))?;
        let at = plain.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        return Ok(Begun::Again(Kept {
            status: u16::try_from(status).map_err(Error::internal)?,
            content_type: String::from_utf8_lossy(&plain[..at]).into_owned(),
            body: plain.get(at + 1..).unwrap_or_default().to_vec(),
        }));
    }
    let now = sereno.now();
    if row.lease_until > now {
        return Err(Code::RequestInProgress.into());
    }
    // the process that began it is gone
    let taken = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(now.plus(LEASE).0))
        .filter(Column::Digest.eq(row.digest.as_str()))
        .filter(Column::LeaseUntil.eq(row.lease_until))
        .filter(Column::Status.is_null())
        .exec(sereno.db.write())
        .await?;
    if taken.rows_affected == 0 {
        return Err(Code::RequestInProgress.into());
    }
    Ok(Begun::First(Claim { digest: row.digest }))
}

/// Keeps the answer, sealed: it may hold a secret that is shown once.
///
/// # Errors
/// When the database is away.
pub async fn keep(sereno: &Sereno, claim: &Claim, answer: &Kept) -> Result<()> {
    let mut plain = answer.content_type.clone().into_bytes();
    plain.push(b'\n');
    plain.extend_from_slice(&answer.body);
    let sealed = sereno.keys.seal.seal(&plain, &place(&claim.digest), &*sereno.entropy)?;
    Entity::update_many()
        .col_expr(Column::Sealed, Expr::value(sealed))
        .col_expr(Column::Status, Expr::value(i64::from(answer.status)))
        .filter(Column::Digest.eq(claim.digest.as_str()))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

/// Nothing was done: the same key may be used again.
///
/// # Errors
/// When the database is away.
pub async fn forget(sereno: &Sereno, claim: &Claim) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Digest.eq(claim.digest.as_str()))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

/// Sweeps away what is not kept any more.
///
/// # Errors
/// When the database is away.
pub async fn sweep(sereno: &Sereno) -> Result<()> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lt(sereno.now()))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

fn place(digest: &str) -> String {
    format!("kept_answer:{digest}")
}
