//! Everything that is kept of a user, handed out as JSON (GDPR article 15 and 20). No secret is in it: no hash, no digest,
//! no whole push token.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::{Value, json};
use sereno_types::{DataExport, Id, Permission};
use uuid::Uuid;

mod written;

use super::{admin, preferences};
use crate::access::subject;
use crate::clock::Moment;
use crate::context::{Actor, RequestMeta, Sereno, Staff};
use crate::entity::{
    Hidden, device, event, file, identity, login_code, one_time, project, project_member, role, role_assignment,
    session, sign_up, social_provider, token_family, user, user_change, user_email,
};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// Everything that is kept of the signed-in user.
///
/// # Errors
/// `authentication_required`, `too_many_requests`.
pub async fn own(sereno: &Sereno, meta: &RequestMeta, actor: &Actor) -> Result<DataExport> {
    let caller = actor.caller()?;
    sereno.limit_address("export", meta)?;
    export(sereno, meta, actor, caller.user_id).await
}

/// Everything that is kept of a user, for staff who answers a request for it.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn of_user(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<DataExport> {
    for permission in [
        Permission::UsersView,
        Permission::UsersManage,
        Permission::SessionsView,
        Permission::DevicesView,
    ] {
        staff.require(permission)?;
    }
    export(sereno, meta, staff.actor(), admin::parse(id)?).await
}

async fn export(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, id: Uuid) -> Result<DataExport> {
    let db = sereno.db.read();
    let user = user::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)?;
    let export = DataExport {
        exported_at: sereno.now().timestamp(),
        emails: emails(db, id).await?,
        roles: roles(db, id).await?,
        projects: projects(db, id).await?,
        sessions: sessions(db, id).await?,
        token_families: families(db, id).await?,
        devices: devices(db, id).await?,
        changes: changes(db, id).await?,
        sign_ups: sign_ups(db, id).await?,
        login_codes: login_codes(db, id).await?,
        links: links(db, id).await?,
        mails: written::mails(db, id).await?,
        notifications: written::notifications(db, id).await?,
        suppressions: written::suppressions(db, id).await?,
        announcement_lists: written::lists(db, id).await?,
        identities: identities(db, id).await?,
        files: files(sereno, id).await?,
        events: events(db, id).await?,
        account: account(sereno, &user).await?,
    };
    let mut tx = sereno.begin(meta, actor).await?;
    tx.record(Event::new(EventKind::DataExported).about(id));
    tx.commit().await?;
    Ok(export)
}

fn at(moment: Option<Moment>) -> Value {
    json!(moment.map(Moment::timestamp))
}

async fn account(sereno: &Sereno, user: &user::Model) -> Result<Value> {
    let wants = preferences::of(sereno, user).await?;
    Ok(json!({
        "id": user.id.to_string(),
        "number": user.number,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "state": user.state,
        "origin": user.origin,
        "is_superuser": user.is_superuser,
        "has_password": user.password_hash.is_some(),
        "picture": subject::picture(sereno, user),
        "locale": user.locale,
        "attributes": user.attributes,
        "created_at": user.created_at.timestamp(),
        "updated_at": user.updated_at.timestamp(),
        "last_login_at": at(user.last_login_at),
        "delete_at": at(user.delete_at),
        "closed_from": user.closed_from,
        "wants_announcements": wants.announcements,
    }))
}

async fn emails<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use user_email::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: user_email::Model| {
        json!({
            "address": row.address,
            "is_primary": row.is_primary,
            "verified_at": at(row.verified_at),
            "created_at": row.created_at.timestamp(),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn roles<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    let assigned = role_assignment::Entity::find()
        .filter(role_assignment::Column::UserId.eq(id))
        .all(db)
        .await?;
    let held = role::Entity::find().filter(role::Column::Id.is_in(assigned.iter().map(|row| row.role_id)));
    let held = held.all(db).await?;
    let projects = assigned.iter().filter_map(|row| row.project_id);
    let projects = project::Entity::find().filter(project::Column::Id.is_in(projects));
    let projects = projects.all(db).await?;
    let show = |row: role_assignment::Model| {
        let role = held.iter().find(|role| role.id == row.role_id);
        let project = projects.iter().find(|project| Some(project.id) == row.project_id);
        json!({
            "role": role.map(|role| &role.codename),
            "project": project.map(|project| &project.slug),
            "since": row.created_at.timestamp(),
            "until": at(row.expires_at),
        })
    };
    Ok(assigned.into_iter().map(show).collect())
}

/// The projects that the user belongs to, or owns.
async fn projects<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    let members = project_member::Entity::find()
        .filter(project_member::Column::UserId.eq(id))
        .all(db)
        .await?;
    let concerned = Condition::any()
        .add(project::Column::OwnerId.eq(id))
        .add(project::Column::Id.is_in(members.iter().map(|row| row.project_id)));
    let rows = project::Entity::find()
        .filter(concerned)
        .order_by_asc(project::Column::Slug);
    let roles = role::Entity::find().filter(role::Column::Id.is_in(members.iter().filter_map(|row| row.role_id)));
    let roles = roles.all(db).await?;
    let show = |row: project::Model| {
        let member = members.iter().find(|member| member.project_id == row.id);
        let role = roles
            .iter()
            .find(|role| member.is_some_and(|member| member.role_id == Some(role.id)));
        json!({
            "project": row.slug,
            "is_owner": row.owner_id == Some(id),
            "role": role.map(|role| &role.codename),
            "is_enabled": member.map(|member| member.is_enabled),
            "is_superuser": member.map(|member| member.is_superuser),
            "since": member.map(|member| member.created_at.timestamp()),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn sessions<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use session::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: session::Model| {
        json!({
            "id": row.id.to_string(),
            "address": row.address,
            "user_agent": row.user_agent,
            "device_id": row.device_id.map(|id| id.to_string()),
            "amr": row.amr,
            "created_at": row.created_at.timestamp(),
            "last_seen_at": row.last_seen_at.timestamp(),
            "expires_at": row.expires_at.timestamp(),
            "ended_at": at(row.ended_at),
            "end_reason": row.end_reason,
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn families<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use token_family::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: token_family::Model| {
        json!({
            "id": row.id.to_string(),
            "application_id": row.application_id.to_string(),
            "address": row.address,
            "user_agent": row.user_agent,
            "device_id": row.device_id.map(|id| id.to_string()),
            "amr": row.amr,
            "created_at": row.created_at.timestamp(),
            "refreshed_at": row.rotated_at.timestamp(),
            "last_seen_at": row.last_seen_at.timestamp(),
            "expires_at": at(Some(row.expires_at).filter(|end| !end.is_never())),
            "revoked_at": at(row.revoked_at),
            "revoke_reason": row.revoke_reason,
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn devices<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use device::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: device::Model| {
        json!({
            "id": row.id.to_string(),
            "uuid": row.uuid.to_string(),
            "name": row.name,
            "device_type": row.device_type,
            "os": row.os,
            "os_version": row.os_version,
            "app_version": row.app_version,
            "device_id": row.device_id,
            "device_token": row.device_token.map(|token| super::devices::masked(&token)),
            "firebase_token": row.firebase_token.map(|token| super::devices::masked(&token)),
            "address": row.address,
            "user_agent": row.user_agent,
            "created_at": row.created_at.timestamp(),
            "last_seen_at": row.last_seen_at.timestamp(),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn identities<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use identity::{Column, Entity};
    let rows = Entity::find()
        .find_also_related(social_provider::Entity)
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |(row, provider): (identity::Model, Option<social_provider::Model>)| {
        json!({
            "provider": provider.map(|provider| provider.slug),
            "issuer": row.issuer,
            "subject": row.subject,
            "email": row.email,
            "email_verified": row.email_verified,
            "profile": row.profile,
            "created_at": row.created_at.timestamp(),
            "last_used_at": at(row.last_used_at),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn changes<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use user_change::{Column, Entity};
    let rows = Entity::find().filter(Column::UserId.eq(id)).order_by_asc(Column::At);
    let show = |row: user_change::Model| {
        json!({
            "at": row.at.timestamp(),
            "field": row.field,
            "before": row.before,
            "after": row.after,
            "by": if row.actor_id.is_some_and(|actor| actor != id) { "staff" } else { row.actor_kind.as_str() },
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

async fn sign_ups<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use sign_up::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: sign_up::Model| {
        json!({
            "address": row.address,
            "username": row.username,
            "attributes": row.attributes,
            "client_address": row.client_address,
            "created_at": row.created_at.timestamp(),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

/// Those that were asked for before there was an account go by its address.
async fn login_codes<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use login_code::{Column, Entity};
    let addresses = user_email::Entity::find()
        .select_only()
        .column(user_email::Column::Canonical)
        .filter(user_email::Column::UserId.eq(id))
        .filter(user_email::Column::VerifiedAt.is_not_null());
    let theirs = Condition::any()
        .add(Column::UserId.eq(id))
        .add(Column::Subject.in_subquery(addresses.into_query()));
    let rows = Entity::find().filter(theirs).order_by_asc(Column::CreatedAt);
    let show = |row: login_code::Model| {
        json!({
            "subject": row.subject,
            "application_id": row.application_id.map(|id| id.to_string()),
            "device": row.device.as_ref().map(described),
            "locale": row.locale,
            "created_at": row.created_at.timestamp(),
            "expires_at": row.expires_at.timestamp(),
            "ended_at": at(row.ended_at),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

/// Links and codes of mails, without what opens anything; an address that one is to prove is among it.
async fn links<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use one_time::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: one_time::Model| {
        json!({
            "purpose": row.purpose,
            "subject": row.subject,
            "created_at": row.created_at.timestamp(),
            "expires_at": row.expires_at.timestamp(),
            "used_at": at(row.consumed_at),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

/// What a client said of its device; of push tokens the end.
fn described(kept: &Hidden) -> Value {
    let mut said: Value = serde_json::from_str(&kept.0).unwrap_or_default();
    for field in ["device_token", "firebase_token"] {
        if let Some(token) = said[field].as_str().map(|token| Hidden(token.to_owned())) {
            said[field] = json!(super::devices::masked(&token));
        }
    }
    said
}

/// Where a file lies and what it is: its bytes stay where they are served.
async fn files(sereno: &Sereno, id: Uuid) -> Result<Vec<Value>> {
    use file::{Column, Entity};
    let rows: Vec<(String, String, Moment)> = Entity::find()
        .select_only()
        .columns([Column::Path, Column::MediaType, Column::CreatedAt])
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt)
        .into_tuple()
        .all(sereno.db.read())
        .await?;
    let show = |(path, media_type, created_at): (String, String, Moment)| {
        json!({
            "url": sereno.link(&format!("{}{path}", subject::MEDIA)),
            "media_type": media_type,
            "created_at": created_at.timestamp(),
        })
    };
    Ok(rows.into_iter().map(show).collect())
}

/// What was done to the account, and what its user did, to whatever; but not what others are, to whom it was done.
async fn events<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use event::{Column, Entity};
    let theirs = Condition::any().add(Column::UserId.eq(id)).add(Column::ActorId.eq(id));
    let rows = Entity::find()
        .filter(theirs)
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id);
    let show = |row: event::Model| {
        let is_about_them = row.user_id == Some(id);
        // what others did is told, and not from where
        let theirs = row.actor_id.is_some_and(|actor| actor != id);
        let own = |text: Option<String>| text.filter(|_| !theirs);
        json!({
            "at": row.at.timestamp(),
            "name": row.name,
            "outcome": row.outcome,
            "code": row.code,
            "by": if theirs { "staff" } else { row.actor_kind.as_str() },
            "address": own(row.address),
            "user_agent": own(row.user_agent),
            "is_about_you": is_about_them,
            "detail": is_about_them.then_some(row.detail),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}
