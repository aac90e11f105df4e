//! The identities that hang on an account: one's own, and those of any user for staff. Disconnecting never takes the last
//! way in from its owner.

use std::collections::HashMap;

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{Code, Id, Identity, Page, PageQuery, Permission, SocialKind};
use uuid::Uuid;

use super::link;
use super::person::text;
use crate::account::{admin, revocation};
use crate::clock::Moment;
use crate::context::{Actor, RequestMeta, Sereno, Staff, Tx, Via};
use crate::entity::identity::{Column, Entity, Model};
use crate::entity::{social_provider, user};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::paging::{Key, Newest, Walk};
use crate::{session, token};

/// One's own identities, newest first.
///
/// # Errors
/// `authentication_required`; `validation_failed` on `limit` or `cursor`.
pub async fn mine(sereno: &Sereno, actor: &Actor, query: PageQuery) -> Result<Page<Identity>> {
    of(sereno, actor.caller()?.user_id, query).await
}

/// A user's identities, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit` or `cursor`; `not_found`.
pub async fn list(sereno: &Sereno, staff: &Staff, user: &Id, query: PageQuery) -> Result<Page<Identity>> {
    staff.require(Permission::UsersView)?;
    of(sereno, parse(user)?, query).await
}

async fn of(sereno: &Sereno, user_id: Uuid, query: PageQuery) -> Result<Page<Identity>> {
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let matching = Column::UserId.eq(user_id);
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let created = sea_orm::sea_query::Expr::col(Column::CreatedAt);
    let beyond = walk.beyond(created.clone(), sea_orm::sea_query::Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(sea_orm::Condition::all().add(matching).add_option(beyond))
        .order_by(created, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let providers = social_provider::Entity::find()
        .filter(social_provider::Column::Id.is_in(rows.iter().map(|row| row.provider_id)))
        .all(db)
        .await?;
    let providers: HashMap<Uuid, social_provider::Model> =
        providers.into_iter().map(|provider| (provider.id, provider)).collect();
    walk.page(
        rows,
        total,
        |row| (Key::Number(row.created_at.0), row.id),
        |row| show(row, &providers),
    )
}

fn show(row: Model, providers: &HashMap<Uuid, social_provider::Model>) -> Identity {
    let provider = providers.get(&row.provider_id);
    Identity {
        id: Id(row.id.to_string()),
        provider: provider.map(|provider| provider.slug.clone()).unwrap_or_default(),
        kind: provider
            .and_then(|provider| SocialKind::from_name(&provider.kind))
            .unwrap_or_default(),
        provider_name: provider.map(|provider| provider.name.clone()).unwrap_or_default(),
        name: text(&row.profile, "name")
            .or_else(|| text(&row.profile, "given_name"))
            .map(str::to_owned),
        email: row.email,
        email_verified: row.email_verified,
        created_at: row.created_at.timestamp(),
        last_used_at: row.last_used_at.map(Moment::timestamp),
    }
}

/// Disconnects one of one's own, with a sign-in of the last five minutes: it ends the others' and changes what signs in.
///
/// # Errors
/// `authentication_required`, `reauthentication_required`; `not_found` for an unknown one, and for anybody else's; `last_sign_in_method`.
pub async fn unlink_mine(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, id: &Id) -> Result<()> {
    let (caller, id) = (link::fresh(sereno, actor)?, parse(id)?);
    let mut tx = sereno.begin(meta, actor).await?;
    // held until the end: two that go at once must not both be the last but one
    let user = held(&tx, caller.user_id).await?;
    let row = own(&tx, id, user.id).await?;
    if user.password_hash.is_none() && !has_another(&tx, &row).await? {
        return Err(Code::LastSignInMethod.into());
    }
    take_away(sereno, &mut tx, &user, &row).await?;
    // whoever came in by it is out; who disconnects it stays
    let (Via::Session(here) | Via::Family(here)) = caller.via;
    end_others(&mut tx, user.id, Some(here)).await?;
    tx.commit().await
}

async fn end_others(tx: &mut Tx, user_id: Uuid, here: Option<Uuid>) -> Result<()> {
    const REASON: &str = "identity_unlinked";
    session::end_others(tx, user_id, here, REASON).await?;
    token::revoke_others(tx, user_id, here, REASON).await?;
    Ok(())
}

/// Disconnects one of a user's, even the last, and ends every sign-in: whoever helps may have to shut out somebody else's.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn unlink(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, user: &Id, id: &Id) -> Result<()> {
    staff.require(Permission::UsersManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let user = admin::may_touch(&tx, staff, parse(user)?).await?;
    let user = held(&tx, user.id).await?;
    let row = own(&tx, parse(id)?, user.id).await?;
    take_away(sereno, &mut tx, &user, &row).await?;
    end_others(&mut tx, user.id, None).await?;
    tx.commit().await
}

fn parse(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

async fn held(tx: &Tx, id: Uuid) -> Result<user::Model> {
    let found = user::Entity::find_by_id(id).lock(LockType::Update).one(tx.db()).await?;
    found.ok_or(Error::NotFound)
}

async fn own(tx: &Tx, id: Uuid, owner: Uuid) -> Result<Model> {
    let found = Entity::find_by_id(id)
        .filter(Column::UserId.eq(owner))
        .one(tx.db())
        .await?;
    found.ok_or(Error::NotFound)
}

/// Whether its owner could sign in by another: one at a provider that is switched off is no way in.
async fn has_another(tx: &Tx, row: &Model) -> Result<bool> {
    let others = Entity::find()
        .inner_join(social_provider::Entity)
        .filter(Column::UserId.eq(row.user_id))
        .filter(Column::Id.ne(row.id))
        .filter(social_provider::Column::IsEnabled.eq(true));
    Ok(others.count(tx.db()).await? > 0)
}

async fn take_away(sereno: &Sereno, tx: &mut Tx, user: &user::Model, row: &Model) -> Result<()> {
    let provider = social_provider::Entity::find_by_id(row.provider_id)
        .one(tx.db())
        .await?;
    let gone = Entity::delete_many()
        .filter(Column::Id.eq(row.id))
        .exec(tx.db())
        .await?;
    if gone.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    let (slug, name) = provider
        .map(|provider| (provider.slug, provider.name))
        .unwrap_or_default();
    revocation::ask(tx, row).await?;
    link::record(tx, EventKind::IdentityUnlinked, user.id, &slug, &name);
    link::tell(sereno, tx, user, EventKind::IdentityUnlinked).await
}
