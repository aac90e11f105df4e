//! Attributes: declaring them, and holding values against what was declared, wherever they come in.

use std::sync::Arc;

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};
use sereno_types::{
    Attribute, AttributeKind, AttributeQuery, Code, DeclareAttribute, FieldError, Id, Page, Permission,
};
use time::format_description::well_known::Iso8601;

use crate::context::keys::ATTRIBUTES;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::attribute::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{self, ByName, Key, Walk};

/// Most attributes that may be declared.
const MOST: usize = 200;
/// Longest name.
const NAME_MAX: usize = 100;
/// Longest description, in characters.
const DESCRIPTION_MAX: usize = 500;

/// Every declared attribute, by name.
pub async fn declared(sereno: &Sereno) -> Result<Arc<Vec<Attribute>>> {
    if let Some(known) = sereno.cache.attributes() {
        return Ok(known);
    }
    let generation = sereno.cache.generation();
    let rows = Entity::find().order_by_asc(Column::Name).all(sereno.db.read()).await?;
    let attributes = Arc::new(rows.into_iter().map(show).collect::<Vec<_>>());
    sereno.cache.put_attributes(Arc::clone(&attributes), generation);
    Ok(attributes)
}

fn show(row: Model) -> Attribute {
    Attribute {
        id: Id(row.id.to_string()),
        kind: AttributeKind::from_name(&row.kind).unwrap_or_default(),
        name: row.name,
        description: row.description,
        is_required: row.is_required,
        is_protected: row.is_protected,
        created_at: row.created_at.timestamp(),
    }
}

/// Who brings values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever signs up.
    SignUp,
    /// The user, of an account there is.
    User,
    /// Staff.
    Staff,
}

/// What is wrong with these values: of another type than declared, not theirs to change, or not declared at all where
/// only declared ones are taken. Null takes a value away.
pub(super) async fn judge(sereno: &Sereno, values: &Map<String, Value>, by: By) -> Result<Vec<FieldError>> {
    let declared = declared(sereno).await?;
    let find = |name: &str| declared.iter().find(|attribute| attribute.name == name);
    let mut faults = Vec::new();
    for (name, value) in values {
        let field = format!("attributes.{name}");
        match find(name) {
            // what was left behind by a declaration that was withdrawn can be taken away
            None if by == By::Staff && value.is_null() => {}
            None if !sereno.config.profile.undeclared_attributes => {
                faults.push(FieldError::new(field, Code::UnknownField));
            }
            Some(attribute) if attribute.is_protected && by != By::Staff => {
                faults.push(FieldError::new(field, Code::ProtectedField));
            }
            Some(attribute) if !value.is_null() && !fits(attribute.kind, value) => {
                let fault = FieldError::new(field, Code::InvalidType);
                faults.push(fault.with("type", attribute.kind.as_str()));
            }
            Some(attribute) if value.is_null() && attribute.is_required => {
                faults.push(FieldError::new(field, Code::Blank));
            }
            _ => {}
        }
    }
    if by == By::SignUp {
        let missing = declared.iter().filter(|attribute| {
            attribute.is_required && !attribute.is_protected && !values.contains_key(&attribute.name)
        });
        faults.extend(missing.map(|attribute| FieldError::new(format!("attributes.{}", attribute.name), Code::Blank)));
    }
    Ok(faults)
}

fn fits(kind: AttributeKind, value: &Value) -> bool {
    match kind {
        AttributeKind::String => value.is_string(),
        AttributeKind::Integer => value.is_i64() || value.is_u64(),
        AttributeKind::Boolean => value.is_boolean(),
        AttributeKind::Number => value.is_number(),
        AttributeKind::Date => value
            .as_str()
            .is_some_and(|text| text.len() == 10 && time::Date::parse(text, &Iso8601::DATE).is_ok()),
        AttributeKind::List => value.is_array(),
        AttributeKind::Object => value.is_object(),
    }
}

/// Declared attributes by name, for staff.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: AttributeQuery) -> Result<Page<Attribute>> {
    staff.require(Permission::SettingsView)?;
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let words = paging::searched(query.q.as_deref())?.map(str::to_lowercase);
    let mut found = declared(sereno).await?.to_vec();
    if let Some(words) = words {
        let says = |text: &str| text.to_lowercase().contains(&words);
        found.retain(|attribute| says(&attribute.name) || says(&attribute.description));
    }
    let total = found.len() as u64;
    let place = |attribute: &Attribute| {
        let id = attribute.id.0.parse().unwrap_or_default();
        (Key::Text(attribute.name.clone()), id)
    };
    let rows = walk.among(found, place);
    walk.page(rows, total, place, |attribute| attribute)
}

/// One declared attribute, for staff.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn one(sereno: &Sereno, staff: &Staff, name: &str) -> Result<Attribute> {
    staff.require(Permission::SettingsView)?;
    let declared = declared(sereno).await?;
    let found = declared.iter().find(|attribute| attribute.name == name);
    found.cloned().ok_or(Error::NotFound)
}

/// The version of a declaration.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, attribute: &Attribute) -> Result<String> {
    sereno.version(attribute)
}

/// The declaration with this name, held until the transaction ends, if it is the version that is meant.
async fn held(sereno: &Sereno, tx: &Tx, meta: &RequestMeta, name: &str) -> Result<Option<Model>> {
    let found = Entity::find()
        .filter(Column::Name.eq(name))
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    match &found {
        Some(row) => meta.expects(&version(sereno, &show(row.clone()))?)?,
        None if meta.if_match.is_some() => return Err(Code::PreconditionFailed.into()),
        None => {}
    }
    Ok(found)
}

/// Declares an attribute, or changes the one with this name.
///
/// # Errors
/// `permission_denied`, `validation_failed`; `state_conflict` when there are as many as there may be.
pub async fn declare(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    name: &str,
    command: DeclareAttribute,
) -> Result<Attribute> {
    staff.require(Permission::SettingsView)?;
    staff.require(Permission::SettingsManage)?;
    let mut faults = Vec::new();
    if name.len() > NAME_MAX {
        faults.push(FieldError::new("name", Code::TooLong).with("max", NAME_MAX as u64));
    }
    // a dot would be a path in claims
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(plain) {
        faults.push(FieldError::new("name", Code::InvalidCharacters));
    }
    if command.description.chars().count() > DESCRIPTION_MAX {
        faults.push(FieldError::new("description", Code::TooLong).with("max", DESCRIPTION_MAX as u64));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let before = held(sereno, &tx, meta, name).await?;
    let is_new = before.is_none();
    let mut row = ActiveModel {
        kind: Set(command.kind.as_str().to_owned()),
        description: Set(command.description),
        is_required: Set(command.is_required),
        is_protected: Set(command.is_protected),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let after = if let Some(before) = before {
        row.id = Set(before.id);
        Entity::update(row).exec(tx.db()).await?
    } else {
        if declared(sereno).await?.len() >= MOST {
            return Err(Code::StateConflict.into());
        }
        row.id = Set(sereno.new_id()?);
        row.name = Set(name.to_owned());
        row.created_at = Set(tx.now());
        Entity::insert(row).exec_with_returning(tx.db()).await?
    };
    tx.touch(ATTRIBUTES);
    tx.record(
        Event::new(EventKind::AttributeDeclared)
            .with("name", name)
            .with("kind", after.kind.as_str())
            .with("new", is_new),
    );
    tx.commit().await?;
    Ok(show(after))
}

/// Takes a declaration back. Values that users have stay.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn withdraw(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, name: &str) -> Result<()> {
    staff.require(Permission::SettingsManage)?;
    if name.contains('\0') {
        return Err(Error::NotFound);
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    if held(sereno, &tx, meta, name).await?.is_none() {
        return Err(Error::NotFound);
    }
    let gone = Entity::delete_many()
        .filter(Column::Name.eq(name))
        .exec(tx.db())
        .await?;
    if gone.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    tx.touch(ATTRIBUTES);
    tx.record(Event::new(EventKind::AttributeWithdrawn).with("name", name));
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_fit_their_type() {
        for (kind, good, bad) in [
            (AttributeKind::String, json!("x"), json!(1)),
            (AttributeKind::Integer, json!(-3), json!(1.5)),
            (AttributeKind::Integer, json!(u64::MAX), json!("1")),
            (AttributeKind::Boolean, json!(false), json!("false")),
            (AttributeKind::Number, json!(1.5), json!("1.5")),
            (AttributeKind::Date, json!("2026-02-28"), json!("2026-02-30")),
            (AttributeKind::Date, json!("2024-02-29"), json!("20240229")),
            (AttributeKind::List, json!([1, "a"]), json!({})),
            (AttributeKind::Object, json!({"a": 1}), json!([])),
        ] {
            assert!(fits(kind, &good), "{kind:?} {good}");
            assert!(!fits(kind, &bad), "{kind:?} {bad}");
        }
    }
}
