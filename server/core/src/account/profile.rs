//! What a user sees of themselves and changes in it.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value, json};
use sereno_types::{
    AttributeKind, ChangeEmail, ChangeQuery, Code, FieldError, Id, Me, Page, Permission, ProfileChange, ProfileField,
    UpdateProfile,
};
use uuid::Uuid;

use super::attributes::{self, By};
use super::create::taken;
use super::{avatar, email, find, identifier, register};
use crate::access::subject;
use crate::context::{Actor, RequestMeta, Sereno, Staff, Tx};
use crate::entity::{user, user_change};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{Key, Newest, Walk};

/// What every profile has beside attributes.
const FIELDS: [&str; 4] = ["username", "first_name", "last_name", "locale"];
/// Longest given or family name, in characters.
const NAME_MAX: usize = 150;
/// Longest language tag (RFC 5646 §4.4.1).
const LOCALE_MAX: usize = 35;

/// The signed-in user.
///
/// # Errors
/// `authentication_required`.
pub async fn me(sereno: &Sereno, actor: &Actor) -> Result<Me> {
    let user = subject::subject(sereno, actor.caller()?.user_id)
        .await?
        .ok_or(Code::AuthenticationRequired)?;
    Ok(user.me.clone())
}

/// The fields of one's own profile: those that everybody has, then the declared attributes by name.
///
/// # Errors
/// `authentication_required`.
pub async fn fields(sereno: &Sereno, actor: &Actor) -> Result<Vec<ProfileField>> {
    actor.caller()?;
    let protected = |name: &str| sereno.config.profile.protected.iter().any(|field| field == name);
    let mut fields = every_field(sereno).await?;
    for field in &mut fields {
        let group = field.field.split('.').next().unwrap_or_default();
        field.is_protected = field.is_protected || protected(group);
    }
    Ok(fields)
}

/// What a sign-up must or may bring along beside address and password: the user name, and every declared attribute that
/// whoever signs up may fill in. The same for everybody; says nothing of anybody.
///
/// # Errors
/// When the database is away.
pub async fn fields_of_sign_up(sereno: &Sereno) -> Result<Vec<ProfileField>> {
    let mut fields = every_field(sereno).await?;
    fields.retain(|field| {
        let fillable = field.field == "username" || field.field.starts_with("attributes.");
        fillable && !field.is_protected
    });
    Ok(fields)
}

/// The fields of anybody's profile, for staff, whom nothing of them is protected from.
///
/// # Errors
/// `permission_denied`.
pub async fn fields_of_users(sereno: &Sereno, staff: &Staff) -> Result<Vec<ProfileField>> {
    staff.require(Permission::UsersView)?;
    every_field(sereno).await
}

async fn every_field(sereno: &Sereno) -> Result<Vec<ProfileField>> {
    let common = FIELDS.map(|field| ProfileField {
        field: field.to_owned(),
        kind: AttributeKind::String,
        description: String::new(),
        is_required: field == "username" && sereno.config.registration.username_required,
        is_protected: false,
    });
    let declared = attributes::declared(sereno).await?;
    let declared = declared.iter().map(|attribute| ProfileField {
        field: format!("attributes.{}", attribute.name),
        kind: attribute.kind,
        description: attribute.description.clone(),
        is_required: attribute.is_required,
        is_protected: attribute.is_protected,
    });
    Ok(common.into_iter().chain(declared).collect())
}

/// Changes one's own profile, except for what the settings or a declaration protect. Each field that changes is written
/// into the history.
///
/// # Errors
/// `authentication_required`; `validation_failed` with `protected_field`, `username_unique`, `invalid_type` and others.
pub async fn update(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: UpdateProfile) -> Result<Me> {
    let whole = WholeProfile {
        profile: command,
        ..WholeProfile::default()
    };
    update_whole(sereno, meta, actor, whole).await
}

/// What somebody changes of themselves at once.
#[derive(Debug, Default)]
pub struct WholeProfile {
    /// The fields.
    pub profile: UpdateProfile,
    /// A picture, in any format that pictures are taken in.
    pub avatar: Option<Vec<u8>>,
    /// Another address; it counts when the mail to it was answered.
    pub email: Option<ChangeEmail>,
}

/// The same with picture and address, for clients that send them together: all of it, or nothing.
///
/// # Errors
/// As [`update`], [`avatar::set`] and [`email::request`].
pub async fn update_whole(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, whole: WholeProfile) -> Result<Me> {
    let user_id = actor.caller()?.user_id;
    let command = whole.profile;
    let protected: Vec<FieldError> = [
        ("username", command.username.is_some()),
        ("first_name", command.first_name.is_some()),
        ("last_name", command.last_name.is_some()),
        ("locale", command.locale.is_some()),
        ("attributes", !command.attributes.is_empty()),
    ]
    .into_iter()
    .filter(|(field, said)| *said && sereno.config.profile.protected.iter().any(|name| name == field))
    .map(|(field, _)| FieldError::new(field, Code::ProtectedField))
    .collect();
    let faults = [protected, judge(sereno, &command, By::User).await?].concat();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let picture = match whole.avatar {
        Some(bytes) => Some(avatar::judge(sereno, user_id, bytes).await?),
        None => None,
    };
    let wish = match whole.email {
        Some(command) => Some(email::wish(sereno, meta, actor, command).await?),
        None => None,
    };
    let mut tx = sereno.begin(meta, actor).await?;
    apply(sereno, &mut tx, user_id, command).await?;
    if let Some(picture) = picture {
        avatar::put(sereno, &mut tx, user_id, picture).await?;
    }
    if let Some(wish) = wish {
        wish.write(sereno, &mut tx).await?;
    }
    let (user, email) = subject::find(tx.db(), user_id)
        .await?
        .ok_or(Code::AuthenticationRequired)?;
    tx.commit().await?;
    Ok(subject::me(sereno, &user, email.as_ref()))
}

/// Changes anybody's profile, also what users may not change themselves.
///
/// # Errors
/// `permission_denied`, `not_found`, `validation_failed`.
pub async fn update_theirs(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: UpdateProfile,
) -> Result<()> {
    // the answer shows the account
    staff.require(Permission::UsersView)?;
    staff.require(Permission::UsersManage)?;
    let user_id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let faults = judge(sereno, &command, By::Staff).await?;
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    super::admin::may_touch(&tx, staff, user_id).await?;
    if meta.if_match.is_some() {
        let held = user::Entity::find_by_id(user_id)
            .lock(sea_orm::sea_query::LockType::Update)
            .one(tx.db())
            .await?;
        meta.expects(&super::admin::version_of(sereno, &held.ok_or(Error::NotFound)?)?)?;
    }
    apply(sereno, &mut tx, user_id, command).await?;
    tx.commit().await
}

pub(crate) async fn judge(sereno: &Sereno, command: &UpdateProfile, by: By) -> Result<Vec<FieldError>> {
    let mut faults = attributes::judge(sereno, &command.attributes, by).await?;
    if let Some(Some(name)) = &command.username
        && let Err(code) = identifier::username(name)
    {
        faults.push(FieldError::new("username", code));
    }
    if matches!(&command.username, Some(None)) && sereno.config.registration.username_required {
        faults.push(FieldError::new("username", Code::Blank));
    }
    for (field, name) in [("first_name", &command.first_name), ("last_name", &command.last_name)] {
        let name = name.as_ref().and_then(Option::as_ref);
        if name.is_some_and(|name| name.chars().count() > NAME_MAX) {
            faults.push(FieldError::new(field, Code::TooLong).with("max", NAME_MAX as u64));
        }
        if name.is_some_and(|name| name.chars().any(char::is_control)) {
            faults.push(FieldError::new(field, Code::InvalidCharacters));
        }
    }
    if let Some(Some(locale)) = &command.locale {
        let plain = locale.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if locale.is_empty() || locale.len() > LOCALE_MAX || !plain {
            faults.push(FieldError::new("locale", Code::InvalidCharacters));
        }
    }
    Ok(faults)
}

pub(crate) async fn apply(sereno: &Sereno, tx: &mut Tx, user_id: Uuid, command: UpdateProfile) -> Result<()> {
    use sea_orm::sea_query::LockType;
    // held until the end: two changes at once must not lose each other's attributes
    let found = user::Entity::find_by_id(user_id)
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    let before = found.ok_or(Error::NotFound)?;
    let mut after = before.clone();
    if let Some(name) = command.username {
        let name = name.map(|name| identifier::username(&name)).transpose();
        let name = name.map_err(|code| Error::field("username", code))?;
        (after.username, after.username_canonical) = name.map(|name| (name.name, name.canonical)).unzip();
    }
    if let Some(name) = command.first_name {
        name.unwrap_or_default().trim().clone_into(&mut after.first_name);
    }
    if let Some(name) = command.last_name {
        name.unwrap_or_default().trim().clone_into(&mut after.last_name);
    }
    if let Some(locale) = command.locale {
        after.locale = locale;
    }
    let mut all = before.attributes.as_object().cloned().unwrap_or_default();
    for (name, value) in command.attributes {
        if value.is_null() {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
    if let Some(fault) = register::too_large(&all) {
        return Err(Error::fields(vec![fault]));
    }
    after.attributes = Value::Object(all);
    let changes = differences(&before, &after);
    if changes.is_empty() {
        return Ok(());
    }
    let row = user::ActiveModel {
        id: Set(user_id),
        username: Set(after.username),
        username_canonical: Set(after.username_canonical),
        first_name: Set(after.first_name),
        last_name: Set(after.last_name),
        locale: Set(after.locale),
        attributes: Set(after.attributes),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    user::Entity::update(row).exec(tx.db()).await.map_err(taken)?;
    let fields: Vec<String> = changes.iter().map(|(field, ..)| field.clone()).collect();
    keep(sereno, tx, user_id, changes).await?;
    tx.touch(user_id);
    tx.record(
        Event::new(EventKind::ProfileChanged)
            .about(user_id)
            .with("fields", json!(fields)),
    );
    Ok(())
}

type Change = (String, Value, Value);

fn differences(before: &user::Model, after: &user::Model) -> Vec<Change> {
    let plain = |user: &user::Model| {
        [
            ("username", json!(user.username)),
            ("first_name", json!(user.first_name)),
            ("last_name", json!(user.last_name)),
            ("locale", json!(user.locale)),
        ]
    };
    let none = Map::new();
    let (old, new) = (
        before.attributes.as_object().unwrap_or(&none),
        after.attributes.as_object().unwrap_or(&none),
    );
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let attributes = names.into_iter().map(|name| {
        let value = |values: &Map<String, Value>| values.get(name).cloned().unwrap_or_default();
        (format!("attributes.{name}"), value(old), value(new))
    });
    plain(before)
        .into_iter()
        .zip(plain(after))
        .map(|((field, before), (_, after))| (field.to_owned(), before, after))
        .chain(attributes)
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// Writes the history.
pub(super) async fn keep(sereno: &Sereno, tx: &Tx, user_id: Uuid, changes: Vec<Change>) -> Result<()> {
    let mut rows = Vec::new();
    for (field, before, after) in changes {
        rows.push(user_change::ActiveModel {
            id: Set(sereno.new_id()?),
            user_id: Set(user_id),
            at: Set(tx.now()),
            field: Set(field),
            before: Set(before),
            after: Set(after),
            actor_kind: Set(tx.actor().kind().to_owned()),
            actor_id: Set(tx.actor().id()),
            request_id: Set(tx.meta().request_id.clone()),
        });
    }
    user_change::Entity::insert_many(rows)
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

/// What changed in a user's profile, newest first.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` on `limit` or `cursor`.
pub async fn changes(sereno: &Sereno, staff: &Staff, id: &Id, query: ChangeQuery) -> Result<Page<ProfileChange>> {
    use sea_orm::sea_query::Expr;
    use user_change::{Column, Entity};
    staff.require(Permission::UsersView)?;
    let user_id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let db = sereno.db.read();
    if user::Entity::find_by_id(user_id).one(db).await?.is_none() {
        return Err(Error::NotFound);
    }
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let field = query.field.filter(|field| !field.is_empty());
    if field.as_ref().is_some_and(|field| field.contains('\0')) {
        return Err(Error::field("field", Code::InvalidCharacters));
    }
    let matching = sea_orm::Condition::all()
        .add(Column::UserId.eq(user_id))
        .add_option(field.map(|field| Column::Field.eq(field)));
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::At), Expr::col(Column::Id))))
        .order_by(Column::At, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let names = find::names(db, rows.iter().filter_map(|row| row.actor_id)).await?;
    let place = |row: &user_change::Model| (Key::Number(row.at.0), row.id);
    walk.page(rows, total, place, |row| ProfileChange {
        id: Id(row.id.to_string()),
        at: row.at.timestamp(),
        field: row.field,
        before: row.before,
        after: row.after,
        actor_kind: row.actor_kind,
        actor_name: row.actor_id.and_then(|id| names.get(&id).cloned()),
        actor_id: row.actor_id.map(|id| Id(id.to_string())),
        request_id: row.request_id,
    })
}
