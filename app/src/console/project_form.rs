//! The fields of a project, what they say of one, and what was typed, read.

use leptos::prelude::*;
use serde_json::{Map, Value};
use sereno_types::{Problem, ProjectDetail};

use crate::{
    console::application_form::{Fields, reader::Reader},
    ui::field::{Area, Field},
};

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who answers for it; nobody when empty.
    pub owner: String,
    /// What applications remember of it.
    pub attributes: Map<String, Value>,
}

impl Read {
    /// Reads the form.
    ///
    /// # Errors
    /// `validation_failed` with `invalid_type` for attributes that are no JSON object.
    pub fn of(fields: &Fields) -> Result<Self, Problem> {
        let mut reader = Reader {
            fields,
            faults: Vec::new(),
        };
        let read = Self {
            name: reader.text("name"),
            description: reader.text("description"),
            owner: reader.text("owner"),
            attributes: reader.json("attributes"),
        };
        if reader.faults.is_empty() {
            Ok(read)
        } else {
            Err(Problem::fields(reader.faults))
        }
    }
}

/// What the fields say of a project.
#[must_use]
pub fn fields(project: &ProjectDetail) -> Vec<(String, String)> {
    let attributes = if project.attributes.is_empty() {
        String::new()
    } else {
        serde_json::to_string_pretty(&project.attributes).unwrap_or_default()
    };
    let owner = project.row.owner.as_ref().map(|owner| owner.id.0.clone());
    vec![
        ("name".to_owned(), project.row.name.clone()),
        ("description".to_owned(), project.description.clone()),
        ("owner".to_owned(), owner.unwrap_or_default()),
        ("attributes".to_owned(), attributes),
    ]
}

/// The fields that can be changed later. The attributes come last: see `role_form::beginning`.
#[component]
pub fn ProjectFields(
    /// Whether it is being made: then it may do without a name.
    #[prop(optional)]
    is_new: bool,
) -> impl IntoView {
    let hint = if is_new {
        "What people call it; empty: the name in addresses."
    } else {
        "What people call it."
    };
    view! {
        <Field name="name" label="Name" hint optional=is_new />
        <Field name="description" label="Description" hint="What it is for." optional=true />
        <Field
            name="owner"
            label="Owner"
            hint="Id, number, address or user name of whoever answers for it; empty: nobody."
            optional=true
        />
        <Area
            name="attributes"
            label="Attributes"
            hint="What applications remember of it, as a JSON object: {\"plan\": \"gold\"}"
            rows=5
        />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(attributes: &str) -> Fields {
        Fields::from([
            ("name".to_owned(), " Acme ".to_owned()),
            ("attributes".to_owned(), attributes.to_owned()),
        ])
    }

    #[test]
    fn attributes_are_a_json_object_or_refused() {
        let read = Read::of(&typed(r#"{"plan": "gold"}"#)).unwrap();
        assert_eq!(
            (read.name.as_str(), read.attributes["plan"].as_str()),
            ("Acme", Some("gold"))
        );
        assert!(Read::of(&typed(" ")).unwrap().attributes.is_empty());
        for wrong in ["[]", "plan", "{"] {
            let refused = Read::of(&typed(wrong)).unwrap_err();
            assert_eq!(refused.errors[0].field, "attributes", "{wrong}");
        }
    }
}
