//! Whom an announcement goes to: accounts that filters choose, or a list of addresses; counted, and read page by page.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};
use sereno_types::{AnnouncementAudience, AudienceKind, Code, FieldError, Locale, Permission, UserQuery, UserState};
use uuid::Uuid;

use crate::account::admin::{joined, matching};
use crate::context::{Sereno, Staff, Tx};
use crate::entity::announcement::Model;
use crate::entity::{
    announcement_address, project, project_member, role, role_assignment, role_inclusion, user, user_email,
};
use crate::error::{Error, Result};
use crate::identifier;

/// Most addresses of a list.
pub const ADDRESSES_MAX: usize = 5_000;
/// So many wrong lines are told at once.
const FAULTS_MAX: usize = 50;
/// How many rows one statement writes.
const BATCH: usize = 1_000;

/// Somebody who is written to.
pub(super) struct Recipient {
    /// Where the walk stands after them.
    pub place: String,
    pub user_id: Option<Uuid>,
    pub address: String,
    pub canonical: String,
}

/// What is wrong with an audience, and the addresses of its list: each once, as they were written. A list beside filters, or
/// filters beside a list, would write to others than whoever said so means.
pub(super) fn judge(audience: &AnnouncementAudience) -> Result<Vec<identifier::Email>, Vec<FieldError>> {
    let mut faults = Vec::new();
    let is_mixed = match audience.kind {
        AudienceKind::Users => audience.addresses.iter().any(|line| !line.trim().is_empty()),
        AudienceKind::Addresses => has_filters(audience),
    };
    if is_mixed {
        let both = FieldError::new("audience.kind", Code::InvalidChoice);
        faults.push(both.with("reason", "a list of addresses and filters at once"));
    }
    if let Some(tag) = said(audience.language.as_deref())
        && Locale::from_name(tag).is_none()
    {
        faults.push(FieldError::new("audience.language", Code::InvalidChoice));
    }
    if audience.state == Some(UserState::Deleting) {
        faults.push(FieldError::new("audience.state", Code::InvalidChoice));
    }
    if audience.addresses.len() > ADDRESSES_MAX {
        faults.push(FieldError::new("audience.addresses", Code::TooLong).with("max", ADDRESSES_MAX as u64));
        return Err(faults);
    }
    let mut seen = HashSet::new();
    let mut addresses = Vec::new();
    for (at, line) in audience.addresses.iter().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match identifier::email(line) {
            Ok(email) => {
                if seen.insert(email.canonical.clone()) {
                    addresses.push(email);
                }
            }
            Err(code) => faults.push(FieldError::new(format!("audience.addresses.{at}"), code)),
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(addresses) } else { Err(faults) }
}

/// A name that nothing has.
pub(super) fn nothing_called_so(field: &str) -> FieldError {
    FieldError::new(field, Code::InvalidChoice).with("reason", "there is none with this name")
}

/// Role and project that it names and that there are not.
///
/// # Errors
/// When the database is away.
pub(super) async fn unknown(sereno: &Sereno, audience: &AnnouncementAudience) -> Result<Vec<FieldError>> {
    let db = sereno.db.read();
    let project = match project_of(db, audience.project.as_deref()).await {
        Ok(project) => project,
        Err(Error::Refused { fields, .. }) => return Ok(fields),
        Err(error) => return Err(error),
    };
    let Some(name) = said(audience.role.as_deref()) else {
        return Ok(Vec::new());
    };
    match role_named(db, name, project.as_ref()).await {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Refused { fields, .. }) => Ok(fields),
        Err(error) => Err(error),
    }
}

/// Whether anything chooses among accounts. Of `confirmed` nobody can tell whether it was said.
fn has_filters(audience: &AnnouncementAudience) -> bool {
    let texts = [&audience.q, &audience.role, &audience.project, &audience.language];
    texts.into_iter().any(|text| said(text.as_deref()).is_some())
        || audience.state.is_some()
        || audience.superuser.is_some()
}

/// Who chooses accounts by what they are must be allowed to see that: a count is an answer, too.
///
/// # Errors
/// `permission_denied`.
pub(super) fn may_choose(staff: &Staff, audience: &AnnouncementAudience) -> Result<()> {
    if audience.kind == AudienceKind::Addresses {
        return Ok(());
    }
    staff.require(Permission::UsersView)?;
    if said(audience.role.as_deref()).is_some() {
        staff.require(Permission::RolesView)?;
    }
    if said(audience.project.as_deref()).is_some() {
        staff.require(Permission::ProjectsView)?;
    }
    Ok(())
}

/// The list in the place of the one before.
pub(super) async fn keep(sereno: &Sereno, tx: &Tx, id: Uuid, addresses: Vec<identifier::Email>) -> Result<()> {
    forget(tx, id).await?;
    let mut rows = Vec::with_capacity(addresses.len());
    for email in addresses {
        rows.push(announcement_address::ActiveModel {
            id: Set(sereno.new_id()?),
            announcement_id: Set(id),
            canonical: Set(email.canonical),
            address: Set(email.address),
        });
    }
    for some in rows.chunks(BATCH) {
        announcement_address::Entity::insert_many(some.to_vec())
            .exec_without_returning(tx.db())
            .await?;
    }
    Ok(())
}

/// Forgets the list.
pub(super) async fn forget(tx: &Tx, id: Uuid) -> Result<()> {
    announcement_address::Entity::delete_many()
        .filter(announcement_address::Column::AnnouncementId.eq(id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// The list, in the order in which it is written to.
pub(super) async fn addresses<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<String>> {
    let rows = listed(id).all(db).await?;
    Ok(rows.into_iter().map(|row| row.address).collect())
}

fn listed(id: Uuid) -> Select<announcement_address::Entity> {
    announcement_address::Entity::find()
        .filter(announcement_address::Column::AnnouncementId.eq(id))
        .order_by_asc(announcement_address::Column::Canonical)
}

/// The audience that a row keeps, without its addresses.
pub(super) fn of(row: &Model) -> Result<AnnouncementAudience> {
    serde_json::from_value(row.audience.clone()).map_err(Error::internal)
}

/// How many would be written to now.
///
/// # Errors
/// `validation_failed` on `audience.role` or `audience.project`, `invalid_choice`: there is none, or not any more.
pub(super) async fn count(sereno: &Sereno, row: &Model) -> Result<u64> {
    let (audience, db) = (of(row)?, sereno.db.read());
    if audience.kind == AudienceKind::Addresses {
        return Ok(listed(row.id).count(db).await?);
    }
    Ok(users(sereno, db, &audience).await?.count(db).await?)
}

/// The next recipients of an announcement that is leaving.
pub(super) async fn page(sereno: &Sereno, row: &Model, most: u64) -> Result<Vec<Recipient>> {
    let (audience, db) = (of(row)?, sereno.db.read());
    if audience.kind == AudienceKind::Addresses {
        let mut some = listed(row.id).limit(most);
        if let Some(cursor) = &row.cursor {
            some = some.filter(announcement_address::Column::Canonical.gt(cursor.as_str()));
        }
        return with_owners(db, some.all(db).await?).await;
    }
    let mut some = users(sereno, db, &audience)
        .await?
        .order_by_asc(user::Column::Id)
        .limit(most)
        .select_only()
        .column(user::Column::Id)
        .column_as(Expr::col((user_email::Entity, user_email::Column::Address)), "address")
        .column_as(
            Expr::col((user_email::Entity, user_email::Column::Canonical)),
            "canonical",
        );
    if let Some(cursor) = &row.cursor {
        let seen: Uuid = cursor.parse().map_err(Error::internal)?;
        some = some.filter(user::Column::Id.gt(seen));
    }
    let rows: Vec<(Uuid, String, String)> = some.into_tuple().all(db).await?;
    let recipient = |(id, address, canonical): (Uuid, String, String)| Recipient {
        place: id.to_string(),
        user_id: Some(id),
        address,
        canonical,
    };
    Ok(rows.into_iter().map(recipient).collect())
}

/// Addresses, with the accounts whose they are known to be.
async fn with_owners<C: ConnectionTrait>(db: &C, rows: Vec<announcement_address::Model>) -> Result<Vec<Recipient>> {
    let owners = user_email::Entity::find()
        .filter(user_email::Column::Canonical.is_in(rows.iter().map(|row| row.canonical.as_str())))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .all(db)
        .await?;
    let owners: HashMap<String, Uuid> = owners.into_iter().map(|row| (row.canonical, row.user_id)).collect();
    let recipient = |row: announcement_address::Model| Recipient {
        user_id: owners.get(&row.canonical).copied(),
        place: row.canonical.clone(),
        canonical: row.canonical,
        address: row.address,
    };
    Ok(rows.into_iter().map(recipient).collect())
}

/// Accounts that the filters choose, with the address that they are written to.
async fn users<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    audience: &AnnouncementAudience,
) -> Result<Select<user::Entity>> {
    let listed = UserQuery {
        q: audience.q.clone(),
        state: Some(audience.state.unwrap_or(UserState::Active)),
        superuser: audience.superuser,
        ..UserQuery::default()
    };
    let address = |column| Expr::col((user_email::Entity, column));
    let mut all = matching(&listed)?
        .add(address(user_email::Column::Address).is_not_null())
        .add(user::Column::State.ne(UserState::Deleting.as_str()));
    if audience.confirmed {
        all = all.add(address(user_email::Column::VerifiedAt).is_not_null());
    }
    if let Some(tag) = said(audience.language.as_deref()) {
        all = all.add(user::Column::Locale.like(format!("{tag}%")));
    }
    let project = project_of(db, audience.project.as_deref()).await?;
    if let Some(name) = said(audience.role.as_deref()) {
        all = all.add(holders(sereno, db, name, project.as_ref()).await?);
    } else if let Some(project) = &project {
        all = all.add(user::Column::Id.in_subquery(members(project.id)));
    }
    Ok(joined().filter(all))
}

async fn project_of<C: ConnectionTrait>(db: &C, name: Option<&str>) -> Result<Option<project::Model>> {
    let Some(name) = said(name) else { return Ok(None) };
    let found = crate::roles::project_named(db, name).await?;
    found
        .map(Some)
        .ok_or_else(|| Error::fields(vec![nothing_called_so("audience.project")]))
}

/// Members of a project who are not switched off.
fn members(project_id: Uuid) -> SelectStatement {
    project_member::Entity::find()
        .select_only()
        .column(project_member::Column::UserId)
        .filter(project_member::Column::ProjectId.eq(project_id))
        .filter(project_member::Column::IsEnabled.eq(true))
        .into_query()
}

/// Who holds a role, or one that includes it, right now: assigned, or as a member; in one project if one is meant.
async fn holders<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    name: &str,
    project: Option<&project::Model>,
) -> Result<Condition> {
    let roles = including(db, role_named(db, name, project).await?).await?;
    let now = sereno.now();
    let mut assigned = role_assignment::Entity::find()
        .select_only()
        .column(role_assignment::Column::UserId)
        .filter(role_assignment::Column::RoleId.is_in(roles.iter().copied()))
        .filter(
            Condition::any()
                .add(role_assignment::Column::ExpiresAt.is_null())
                .add(role_assignment::Column::ExpiresAt.gt(now)),
        );
    let mut member = project_member::Entity::find()
        .select_only()
        .column(project_member::Column::UserId)
        .filter(project_member::Column::RoleId.is_in(roles))
        .filter(project_member::Column::IsEnabled.eq(true));
    if let Some(project) = project {
        assigned = assigned.filter(role_assignment::Column::ProjectId.eq(project.id));
        member = member.filter(project_member::Column::ProjectId.eq(project.id));
    }
    Ok(Condition::any()
        .add(user::Column::Id.in_subquery(assigned.into_query()))
        .add(user::Column::Id.in_subquery(member.into_query())))
}

async fn role_named<C: ConnectionTrait>(db: &C, name: &str, project: Option<&project::Model>) -> Result<Uuid> {
    let mut which = Condition::any();
    if let Ok(id) = name.parse::<Uuid>() {
        which = which.add(role::Column::Id.eq(id));
    }
    if !name.contains('\0') {
        let mut scope = Condition::any().add(role::Column::ProjectId.is_null());
        if let Some(project) = project {
            scope = scope.add(role::Column::ProjectId.eq(project.id));
        }
        which = which.add(Condition::all().add(role::Column::Codename.eq(name)).add(scope));
    }
    let found = role::Entity::find().filter(which).all(db).await?;
    // what a project calls so goes before what all do
    let own = found.iter().find(|role| role.project_id.is_some());
    let role = own.or(found.first());
    role.map(|role| role.id)
        .ok_or_else(|| Error::fields(vec![nothing_called_so("audience.role")]))
}

/// A role and all that include it, however far.
async fn including<C: ConnectionTrait>(db: &C, role: Uuid) -> Result<HashSet<Uuid>> {
    let inclusions = role_inclusion::Entity::find().all(db).await?;
    let (mut found, mut open) = (HashSet::from([role]), vec![role]);
    while let Some(next) = open.pop() {
        for row in inclusions.iter().filter(|row| row.included_id == next) {
            if found.insert(row.role_id) {
                open.push(row.role_id);
            }
        }
    }
    Ok(found)
}

fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
