use serde_json::json;

use super::*;

fn field(name: &str, kind: AttributeKind) -> ProfileField {
    ProfileField {
        field: name.to_owned(),
        kind,
        description: String::new(),
        is_required: false,
        is_protected: false,
    }
}

fn form(attributes: Value, staff: bool) -> ProfileForm {
    let declared = AttributeKind::ALL
        .iter()
        .map(|kind| field(&format!("attributes.{}", kind.as_str()), *kind));
    let common = ["username", "first_name", "last_name", "locale"];
    let common = common.into_iter().map(|name| field(name, AttributeKind::String));
    ProfileForm {
        username: Some("ana".to_owned()),
        first_name: "Ana".to_owned(),
        last_name: String::new(),
        locale: Some("fr-CA".to_owned()),
        attributes: attributes.as_object().unwrap().clone(),
        fields: common.chain(declared).collect(),
        staff,
    }
}

/// As a browser posts the form: boxes beside their hidden fields, and line ends of its own.
fn posted(form: &ProfileForm) -> Fields {
    let mut fields: Fields = form.shown().into_iter().collect();
    for text in fields.values_mut() {
        *text = text.replace('\n', "\r\n");
    }
    fields.insert("box.attributes.boolean".to_owned(), String::new());
    fields
}

fn said(form: &ProfileForm, changes: &[(&str, &str)]) -> Value {
    let mut fields = posted(form);
    for (name, text) in changes {
        fields.insert((*name).to_owned(), (*text).to_owned());
    }
    let update = form.read(&fields).unwrap();
    json!({
        "username": update.username, "first_name": update.first_name, "last_name": update.last_name,
        "locale": update.locale, "attributes": update.attributes,
    })
}

fn nothing() -> Value {
    json!({"username": null, "first_name": null, "last_name": null, "locale": null, "attributes": {}})
}

#[test]
fn a_form_that_was_not_touched_says_nothing() {
    for attributes in [
        json!({}),
        json!({"string": "a\nb ", "integer": -3, "boolean": true, "number": 1.50, "date": "2026-11-20",
            "list": ["a", "b"], "object": {"a": {"b": 1}}, "left": 1, "over": ["x"]}),
        json!({"string": 7, "integer": "x", "boolean": "perhaps", "number": [1], "date": "soon", "list": "[a", "object": 1}),
        json!({"list": [1, "a\nb", ""]}),
        json!({"list": ["[a"], "object": [], "boolean": false, "string": ""}),
        json!({"list": []}),
    ] {
        for staff in [false, true] {
            assert_eq!(said(&form(attributes.clone(), staff), &[]), nothing(), "{attributes}");
        }
    }
}

#[test]
fn what_was_typed_is_read_by_its_type() {
    let form = form(json!({"string": "x"}), false);
    let typed = [
        ("username", "anna"),
        ("first_name", ""),
        ("locale", "de"),
        ("attributes.string", ""),
        ("attributes.integer", " 18446744073709551615 "),
        ("attributes.boolean", "yes"),
        ("attributes.number", "1,5"),
        ("attributes.date", "2026-02-28"),
        ("attributes.list", "red\r\n\r\n blue "),
        ("attributes.object", r#"{"a": 1}"#),
        ("other", r#"{"nobody": "asks"}"#),
    ];
    let update = form.read(
        &typed
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into_iter()
            .chain([("box.attributes.boolean".to_owned(), String::new())])
            .collect(),
    );
    let update = update.unwrap();
    assert_eq!(update.username, Some(Some("anna".to_owned())));
    assert_eq!(update.first_name, Some(None));
    assert_eq!((update.last_name, update.locale), (None, Some(Some("de".to_owned()))));
    assert_eq!(
        Value::Object(update.attributes),
        json!({"string": null, "integer": u64::MAX, "boolean": true, "number": 1.5, "date": "2026-02-28",
            "list": ["red", "blue"], "object": {"a": 1}})
    );
}

#[test]
fn what_is_of_another_type_is_told_at_its_field() {
    let form = form(json!({}), true);
    let typed = [
        ("attributes.integer", "1.5"),
        ("attributes.number", "many"),
        ("attributes.list", "[1,"),
        ("attributes.object", "[]"),
        ("other", "{"),
    ];
    let fields = typed.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let problem = form.read(&fields).unwrap_err();
    let named: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(named, typed.map(|(name, _)| name));
    assert!(problem.errors.iter().all(|error| error.code == Code::InvalidType));
}

#[test]
fn a_box_says_no_only_where_it_was_shown_and_yes_before() {
    let of = |value: Value, fields: &[&str]| {
        let form = form(json!({"boolean": value}), false);
        let fields = fields
            .iter()
            .map(|name| ((*name).to_owned(), "yes".to_owned()))
            .collect();
        form.read(&fields).unwrap().attributes.get("boolean").cloned()
    };
    let (shown, name) = ("box.attributes.boolean", "attributes.boolean");
    assert_eq!(of(json!(true), &[shown]), Some(json!(false)));
    assert_eq!(of(json!(true), &[]), None, "it was cut off");
    assert_eq!(of(json!(null), &[shown]), None, "nobody has said no");
    assert_eq!(of(json!(null), &[shown, name]), Some(json!(true)));
    assert_eq!(of(json!(true), &[shown, name]), None);
}

#[test]
fn what_is_protected_is_neither_shown_nor_read() {
    let mut form = form(json!({"string": "gold"}), false);
    for field in &mut form.fields {
        field.is_protected = true;
    }
    assert_eq!(form.shown(), []);
    let fields = [("attributes.string".to_owned(), "free".to_owned())].into();
    assert!(form.read(&fields).unwrap().attributes.is_empty());
}

#[test]
fn staff_edits_what_nobody_declared_as_one_object() {
    let form = form(json!({"left": 1, "over": 2, "string": "x"}), true);
    let said = said(&form, &[("other", r#"{"left": 1, "new": [1]}"#)]);
    assert_eq!(said["attributes"], json!({"over": null, "new": [1]}));
    let fields = [("other".to_owned(), r#"{"string": "y"}"#.to_owned())].into();
    let problem = form.read(&fields).unwrap_err();
    assert_eq!(problem.errors[0].field, "other");
    let refused = Problem::fields(vec![
        FieldError::new("attributes.new", Code::UnknownField),
        FieldError::new("attributes.string", Code::InvalidType),
        FieldError::new("attributes", Code::TooLong),
    ]);
    let placed = form.at_fields(refused);
    let named: Vec<_> = placed.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(named, ["other", "attributes.string", "other"]);
}
