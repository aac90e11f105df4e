//! A profile as a form, one's own and for staff: a field for everything that may be changed, by its type; and what was
//! typed as the merge patch that the API takes too. Only what differs from what the form shows is said, so that a value
//! which a line of text cannot hold in full stays what it is while nobody touches it.

mod typed;
mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sereno_types::{AttributeKind, Code, FieldError, Me, Problem, ProfileField, UpdateProfile, UserDetail};

pub(crate) use view::told;
pub use view::{KeptFields, ProfileFields};

/// Names and values as they were posted.
pub type Fields = BTreeMap<String, String>;

/// The field for attributes that nobody declared; only staff has it.
const OTHER: &str = "other";

/// What a profile holds, and what may stand in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProfileForm {
    username: Option<String>,
    first_name: String,
    last_name: String,
    locale: Option<String>,
    attributes: Map<String, Value>,
    fields: Vec<ProfileField>,
    staff: bool,
}

impl ProfileForm {
    /// One's own.
    #[must_use]
    pub fn own(me: Me, fields: Vec<ProfileField>) -> Self {
        Self {
            username: me.username,
            first_name: me.first_name,
            last_name: me.last_name,
            locale: me.locale,
            attributes: me.attributes,
            fields,
            staff: false,
        }
    }

    /// Anybody's, for staff: nothing is protected from them.
    #[must_use]
    pub fn theirs(user: UserDetail, mut fields: Vec<ProfileField>) -> Self {
        for field in &mut fields {
            field.is_protected = false;
        }
        Self {
            username: user.username,
            first_name: user.first_name,
            last_name: user.last_name,
            locale: user.locale,
            attributes: user.attributes,
            fields,
            staff: true,
        }
    }

    /// Nobody's yet: of whoever signs up.
    #[must_use]
    pub fn sign_up(fields: Vec<ProfileField>) -> Self {
        Self {
            username: None,
            first_name: String::new(),
            last_name: String::new(),
            locale: None,
            attributes: Map::new(),
            fields,
            staff: false,
        }
    }

    /// What a field holds.
    fn value(&self, field: &str) -> Value {
        let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        match field {
            "username" => self.username.clone().into(),
            "first_name" => text(&self.first_name),
            "last_name" => text(&self.last_name),
            "locale" => self.locale.clone().into(),
            _ => attribute(field)
                .and_then(|name| self.attributes.get(name))
                .cloned()
                .unwrap_or_default(),
        }
    }

    fn editable(&self) -> impl Iterator<Item = &ProfileField> {
        self.fields.iter().filter(|field| !field.is_protected)
    }

    /// Whether there is anything to change.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.editable().next().is_some()
    }

    fn is_declared(&self, name: &str) -> bool {
        self.fields.iter().any(|field| attribute(&field.field) == Some(name))
    }

    /// What nobody declared.
    fn undeclared(&self) -> Map<String, Value> {
        let mut others = self.attributes.clone();
        others.retain(|name, _| !self.is_declared(name));
        others
    }

    /// What the fields say before anybody has typed.
    #[must_use]
    pub fn shown(&self) -> Vec<(String, String)> {
        let shown = self.editable().filter_map(|field| {
            let value = self.value(&field.field);
            let text = if typed::is_box(field.kind, &value) {
                (value == Value::Bool(true)).then(|| "yes".to_owned())
            } else {
                Some(typed::text(field.kind, &value))
            };
            Some((field.field.clone(), text?))
        });
        let other = self
            .staff
            .then(|| (OTHER.to_owned(), typed::object(&self.undeclared())));
        shown.chain(other).collect()
    }

    /// What was typed, as far as it differs.
    ///
    /// # Errors
    /// What cannot be read, by field.
    pub fn read(&self, posted: &Fields) -> Result<UpdateProfile, Problem> {
        let mut faults = Vec::new();
        let mut update = UpdateProfile::default();
        for field in self.editable() {
            match self.said(field, posted) {
                Ok(None) => {}
                Ok(Some(value)) => put(&mut update, &field.field, value),
                Err(fault) => faults.push(fault),
            }
        }
        if self.staff {
            self.read_other(posted, &mut update, &mut faults);
        }
        if faults.is_empty() {
            Ok(update)
        } else {
            Err(Problem::fields(faults))
        }
    }

    fn said(&self, field: &ProfileField, posted: &Fields) -> Result<Option<Value>, FieldError> {
        let (name, value) = (&field.field, self.value(&field.field));
        if typed::is_box(field.kind, &value) {
            let ticked = posted.contains_key(name);
            let shown = posted.contains_key(&format!("box.{name}"));
            let changed = shown && ticked != (value == Value::Bool(true));
            return Ok(changed.then_some(Value::Bool(ticked)));
        }
        let Some(text) = posted.get(name) else {
            return Ok(None);
        };
        let text = typed::one_kind_of_line_end(text);
        if text == typed::text(field.kind, &value).trim() {
            return Ok(None);
        }
        if text.is_empty() {
            return Ok(Some(Value::Null));
        }
        typed::value(field.kind, &text).map(Some).ok_or_else(|| {
            let fault = FieldError::new(name.clone(), Code::InvalidType);
            fault.with("type", field.kind.as_str())
        })
    }

    fn read_other(&self, posted: &Fields, update: &mut UpdateProfile, faults: &mut Vec<FieldError>) {
        let Some(text) = posted.get(OTHER).map(|text| typed::one_kind_of_line_end(text)) else {
            return;
        };
        let before = self.undeclared();
        if text == typed::object(&before).trim() {
            return;
        }
        let after = if text.is_empty() {
            Some(Value::Object(Map::new()))
        } else {
            typed::value(AttributeKind::Object, &text)
        };
        let Some(Value::Object(after)) = after else {
            let fault = FieldError::new(OTHER, Code::InvalidType);
            faults.push(fault.with("type", AttributeKind::Object.as_str()));
            return;
        };
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            update.attributes.insert(name.clone(), Value::Null);
        }
        for (name, value) in after {
            if self.is_declared(&name) {
                let fault = FieldError::new(OTHER, Code::InvalidChoice);
                faults.push(fault.with("reason", format!("{name} is declared and has a field of its own")));
            } else if before.get(&name) != Some(&value) {
                update.attributes.insert(name, value);
            }
        }
    }

    /// The same refusal, at the fields of this form: what is said of an attribute that nobody declared stands at the field
    /// that holds them all.
    #[must_use]
    pub fn at_fields(&self, mut problem: Problem) -> Problem {
        if !self.staff {
            return problem;
        }
        for error in &mut problem.errors {
            let name = attribute(&error.field).map(str::to_owned);
            match name {
                Some(name) if !self.is_declared(&name) => {
                    error.params.insert("reason".to_owned(), name.into());
                }
                None if error.field == "attributes" => {}
                _ => continue,
            }
            OTHER.clone_into(&mut error.field);
        }
        problem
    }
}

/// The name of the attribute that a field is for.
fn attribute(field: &str) -> Option<&str> {
    field.strip_prefix("attributes.")
}

fn put(update: &mut UpdateProfile, field: &str, value: Value) {
    let text = || value.as_str().map(str::to_owned);
    match field {
        "username" => update.username = Some(text()),
        "first_name" => update.first_name = Some(text()),
        "last_name" => update.last_name = Some(text()),
        "locale" => update.locale = Some(text()),
        _ => {
            if let Some(name) = attribute(field) {
                update.attributes.insert(name.to_owned(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
