//! Where a line of refresh tokens went: the tokens that took each other's place, read from the family's row and from the
//! events of its rotations. Tokens themselves are nowhere kept, so there is nothing here that could be presented.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use sereno_types::{Delivery, Id, Lineage, LineageToken, Rotation};
use uuid::Uuid;

use crate::clock::Moment;
use crate::entity::event::{Column, Entity, Model};
use crate::entity::token_family;
use crate::error::Result;
use crate::event::EventKind;

/// Latest tokens that are shown.
const LATEST: u64 = 50;

/// The line of this family, if its row is still kept and its refresh tokens take each other's place.
pub(super) async fn of<C: ConnectionTrait>(db: &C, family: Uuid) -> Result<Option<Lineage>> {
    let Some(family) = token_family::Entity::find_by_id(family).one(db).await? else {
        return Ok(None);
    };
    if family.rotation == Rotation::Never.as_str() || family.delivery == Delivery::Key.as_str() {
        return Ok(None);
    }
    let replays = happened(&family, EventKind::RefreshReplayed).all(db).await?;
    let rotations = || happened(&family, EventKind::RefreshRotated);
    let mut rotated = rotations().limit(LATEST).all(db).await?;
    for presented in replays.iter().filter_map(|replay| number(replay, "presented")) {
        // one event for each generation, so their distance from the latest is the way to them: before it, itself, its use
        let distance = u64::try_from(family.generation - presented - 1).unwrap_or(0);
        rotated.extend(rotations().offset(distance).limit(3).all(db).await?);
    }
    Ok(Some(line(&family, &rotated, &replays)))
}

/// What happened in the family, newest first. The user is said too, for the index.
fn happened(family: &token_family::Model, kind: EventKind) -> Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(family.user_id))
        .filter(Column::SessionId.eq(family.id))
        .filter(Column::Name.eq(kind.as_str()))
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
}

fn number(event: &Model, name: &str) -> Option<i64> {
    event.detail.get(name)?.as_i64()
}

fn line(family: &token_family::Model, rotated: &[Model], replays: &[Model]) -> Lineage {
    let issued: BTreeMap<i64, &Model> = rotated
        .iter()
        .filter_map(|event| Some((number(event, "generation")?, event)))
        .collect();
    let replayed: BTreeMap<i64, &Model> = replays
        .iter()
        .filter_map(|event| Some((number(event, "presented")?, event)))
        .collect();
    let shown: BTreeSet<i64> = issued.keys().chain(replayed.keys()).copied().chain([1]).collect();
    let token = |generation: i64| {
        let mut token = LineageToken {
            generation,
            used_at: issued.get(&(generation + 1)).map(|event| event.at.timestamp()),
            ..LineageToken::default()
        };
        if generation == 1 {
            token.issued_at = Some(family.created_at.timestamp());
            (token.address, token.user_agent) = (family.address.clone(), family.user_agent.clone());
        } else if let Some(event) = issued.get(&generation) {
            token.issued_at = Some(event.at.timestamp());
            (token.address, token.user_agent) = (event.address.clone(), event.user_agent.clone());
        }
        if let Some(event) = replayed.get(&generation) {
            token.replayed_at = Some(event.at.timestamp());
            (token.replayed_from, token.replayed_by) = (event.address.clone(), event.user_agent.clone());
        }
        token
    };
    let tokens: Vec<LineageToken> = shown.into_iter().map(token).collect();
    Lineage {
        id: Id(family.id.to_string()),
        generation: family.generation,
        revoked_at: family.revoked_at.map(Moment::timestamp),
        revoke_reason: family.revoke_reason.clone(),
        left_out: u64::try_from(family.generation)
            .unwrap_or(0)
            .saturating_sub(tokens.len() as u64),
        tokens,
    }
}
