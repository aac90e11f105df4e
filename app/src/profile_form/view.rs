//! The fields of the form, each by its type.

use leptos::prelude::*;
use serde_json::Value;
use sereno_types::{AttributeKind, ProfileField};

use super::{OTHER, ProfileForm, attribute, typed};
use crate::{
    text::{self, Locale, Texts},
    ui::field::{Area, Field, Hidden, Select, Tick},
};

/// A field for everything that may be changed. Inside a form whose attempt is completed by [`ProfileForm::shown`].
#[component]
pub fn ProfileFields(
    /// What the profile holds.
    profile: ProfileForm,
) -> impl IntoView {
    let fields: Vec<_> = profile
        .editable()
        .map(|field| one(field, &profile.value(&field.field)))
        .collect();
    let other = profile.staff.then(|| {
        view! {
            <Area
                name=OTHER
                label="Other attributes"
                hint=r#"What nobody declared, as JSON: {"plan": "gold"}. What is left out is taken away."#
                rows=4
            />
        }
    });
    view! {
        {fields}
        {other}
    }
}

fn one(field: &ProfileField, value: &Value) -> AnyView {
    let texts = text::use_texts();
    let (name, label) = (field.field.clone(), label(texts, &field.field));
    let optional = !field.is_required;
    if name == "locale" {
        let languages = Locale::ALL.iter().map(|locale| (locale.as_str(), locale.name()));
        let options = std::iter::once(("", texts.locale_unset)).chain(languages).collect();
        return view! { <Select name label options /> }.into_any();
    }
    if typed::is_box(field.kind, value) {
        return view! {
            <Shown name=name.clone() />
            <Tick name label hint=field.description.clone() />
        }
        .into_any();
    }
    let hint = hint(texts, field);
    if typed::is_long(field.kind, value) {
        return view! { <Area name label hint /> }.into_any();
    }
    let kind = if typed::is_day(field.kind, value) {
        "date"
    } else {
        "text"
    };
    let autocomplete = match name.as_str() {
        "username" => "username",
        "first_name" => "given-name",
        "last_name" => "family-name",
        _ => "off",
    };
    // not of the type `number`: a browser posts nothing at all where it finds none, and nothing takes a value away
    let inputmode = match field.kind {
        AttributeKind::Integer => "numeric",
        AttributeKind::Number => "decimal",
        _ => "text",
    };
    view! { <Field name label kind autocomplete inputmode hint optional /> }.into_any()
}

/// Says that a box was shown: one that is not ticked posts nothing.
#[component]
fn Shown(name: String) -> impl IntoView {
    view! { <Hidden name=format!("box.{name}") value="" /> }
}

/// What people call a field. An attribute is called by its name, in words.
fn label(texts: &Texts, field: &str) -> String {
    match field {
        "username" => texts.username.to_owned(),
        "first_name" => texts.first_name.to_owned(),
        "last_name" => texts.last_name.to_owned(),
        "locale" => texts.locale.to_owned(),
        _ => {
            let words = attribute(field).unwrap_or(field).replace(['_', '-'], " ");
            let mut letters = words.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

fn hint(texts: &Texts, field: &ProfileField) -> String {
    let form = match field.kind {
        _ if field.field == "username" => texts.username_hint,
        AttributeKind::List => texts.list_hint,
        AttributeKind::Object => texts.object_hint,
        _ => "",
    };
    let said = field.description.trim();
    if said.is_empty() || form.is_empty() {
        return format!("{said}{form}");
    }
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{said}{end} {form}")
}

/// A value for people to read.
pub(crate) fn told(texts: &Texts, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => texts.yes.to_owned(),
        Value::Bool(false) => texts.no.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(entries) if entries.iter().all(Value::is_string) => {
            let entries: Vec<&str> = entries.iter().filter_map(Value::as_str).collect();
            entries.join(", ")
        }
        _ => value.to_string(),
    }
}

/// What the profile holds and its owner cannot change.
#[component]
pub fn KeptFields(
    /// What the profile holds.
    profile: ProfileForm,
) -> impl IntoView {
    let texts = text::use_texts();
    let kept: Vec<_> = profile
        .fields
        .iter()
        .filter(|field| field.is_protected)
        .map(|field| (field, profile.value(&field.field)))
        .filter(|(_, value)| !value.is_null())
        .map(|(field, value)| {
            let language = value
                .as_str()
                .filter(|_| field.field == "locale")
                .and_then(Locale::from_tag);
            let words = language.map_or_else(|| told(texts, &value), |language| language.name().to_owned());
            view! {
                <div>
                    <dt>{label(texts, &field.field)}</dt>
                    <dd>{words}</dd>
                </div>
            }
        })
        .collect();
    (!kept.is_empty()).then(|| {
        view! {
            <section class="grid gap-1">
                <h2 class="text-soft">{texts.profile_kept}</h2>
                <dl class="facts">{kept}</dl>
            </section>
        }
    })
}
