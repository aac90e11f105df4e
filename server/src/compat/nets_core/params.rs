//! Parameters as the package reads them (`RequestParam`): what a type makes of a value, in which order it is judged, and the
//! sentences of refusals. Pure: no request and no clock.

use axum::body::Bytes;
use serde_json::{Map, Value, json};
use sereno_core::identifier;

use super::dates::{self, Date, DateTime};
use super::python;

/// What a parameter is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false; never refused.
    Bool,
    /// A text: whatever came, as Python writes it.
    Str,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A list, or a text with commas.
    List,
    /// An object, or its JSON.
    Dict,
    /// A calendar day.
    Date,
    /// A moment, in UTC where it says no zone.
    DateTime,
    /// An e-mail address, in small letters.
    Email,
    /// A file of a multipart form.
    File,
}

impl Kind {
    /// What is said where a value is none.
    fn refusal(self, key: &str, value: &str) -> String {
        match self.class() {
            Some(class) => {
                format!("RP02: El valor del parámetro {key} no es válido:  {value} no es <class '{class}'>")
            }
            None => format!(
                "RP04: El valor del parámetro {key} no es válido: {value} no es {} ",
                self.name()
            ),
        }
    }

    /// The class of Python's, for those that are one.
    const fn class(self) -> Option<&'static str> {
        match self {
            Self::Bool | Self::Str | Self::Int | Self::Float | Self::List | Self::Dict => Some(self.name()),
            Self::Date | Self::DateTime | Self::Email | Self::File => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::List => "list",
            Self::Dict => "dict",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Email => "email",
            Self::File => "file",
        }
    }
}

/// One parameter that a door reads.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub key: &'static str,
    /// What it is to be.
    pub kind: Kind,
    /// Whether it may be left out or empty.
    pub optional: bool,
    /// What stands for it where it is optional and left out.
    pub default: fn() -> Value,
    /// What it must also be.
    pub validate: Option<fn(&Given) -> bool>,
    /// Which types a file may be of, judged by its name; empty: any.
    pub file_types: &'static [&'static str],
}

impl Param {
    /// One that must be there, and not be empty.
    #[must_use]
    pub const fn required(key: &'static str, kind: Kind) -> Self {
        Self {
            key,
            kind,
            optional: false,
            default: || Value::Null,
            validate: None,
            file_types: &[],
        }
    }

    /// One that may be left out.
    #[must_use]
    pub const fn optional(key: &'static str, kind: Kind) -> Self {
        Self {
            optional: true,
            ..Self::required(key, kind)
        }
    }
}

/// A file that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What the client calls it; good for nothing but its ending.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// What a parameter turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A value of JSON.
    Json(Value),
    /// A day.
    Date(Date),
    /// A moment.
    DateTime(DateTime),
    /// A file.
    File(Upload),
}

/// What a request brings: its values in the order in which they came, and its files.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Values, each name once.
    pub values: Vec<(String, Value)>,
    /// Files by the name of their field.
    pub files: Vec<(String, Upload)>,
}

impl Input {
    /// Sets a value; one of the same name gives way, and keeps its place.
    pub fn put(&mut self, name: String, value: Value) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.values.push((name, value)),
        }
    }

    /// A value as it came.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

/// What a door is given: declared parameters as what they are to be, all others as they came.
#[derive(Clone, Debug, Default)]
pub struct Params(pub Vec<(String, Given)>);

impl Params {
    /// A parameter.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Given> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, given)| given)
    }

    /// A value of JSON, unless it is null.
    #[must_use]
    pub fn json(&self, key: &str) -> Option<&Value> {
        match self.get(key) {
            Some(Given::Json(value)) if !value.is_null() => Some(value),
            _ => None,
        }
    }

    /// The text of a parameter as Python writes it; empty where there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.json(key).map(python::text).unwrap_or_default()
    }
}

/// Judges what came by what is declared.
///
/// # Errors
/// The sentence for the first value that is none, in the order in which they came; else for the parameters that are missing.
pub fn read(declared: &[Param], input: &Input) -> Result<Params, String> {
    let mut params = Params::default();
    for (key, value) in &input.values {
        if !python::is_name(key) {
            return Err(format!("Invalid parameter name: {key}"));
        }
        let given = match declared.iter().find(|param| param.key == key) {
            Some(param) => judge(param, value)?,
            None => Given::Json(value.clone()),
        };
        params.0.push((key.clone(), given));
    }
    for (key, file) in &input.files {
        let wanted = declared
            .iter()
            .find(|param| param.key == key && param.kind == Kind::File);
        if let Some(param) = wanted {
            params.0.retain(|(known, _)| known != key);
            params.0.push((key.clone(), judge_file(param, file)?));
        }
    }
    if params.get("action").is_some() {
        for (key, value) in [("paginated_by", 25), ("page", 1)] {
            if params.get(key).is_none() {
                params.0.push((key.to_owned(), Given::Json(json!(value))));
            }
        }
    }
    let mut missing = Vec::new();
    for param in declared {
        if params.get(param.key).is_some() {
            continue;
        }
        if param.optional {
            params.0.push((param.key.to_owned(), Given::Json((param.default)())));
        } else {
            missing.push(param.key);
        }
    }
    if missing.is_empty() {
        Ok(params)
    } else {
        Err(format!("Missing params: {}", missing.join(", ")))
    }
}

fn judge(param: &Param, value: &Value) -> Result<Given, String> {
    if param.kind == Kind::Bool {
        return Ok(Given::Json(json!(is_true(value))));
    }
    // whatever the type
    if is_zero(value) {
        return Ok(Given::Json(json!(0)));
    }
    if python::is_falsy(value) {
        if !param.optional {
            return Err(format!("RP value01: El parámetro {} es obligatorio ", param.key));
        }
        let default = (param.default)();
        let default = if python::is_falsy(&default) {
            Value::Null
        } else {
            default
        };
        return Ok(Given::Json(default));
    }
    // of a select box
    let chosen = match value {
        Value::Object(members) if param.kind != Kind::Dict => members.get("value"),
        _ => None,
    };
    let value = chosen.unwrap_or(value);
    let refused = || param.kind.refusal(param.key, &python::text(value));
    let given = converted(param.kind, value).ok_or_else(refused)?;
    validated(param, given, &python::text(value))
}

fn validated(param: &Param, given: Given, value: &str) -> Result<Given, String> {
    if param.validate.is_none_or(|is_valid| is_valid(&given)) {
        return Ok(given);
    }
    let of = match param.kind.class() {
        Some(class) => format!("<class '{class}'>"),
        None => param.kind.name().to_owned(),
    };
    Err(format!(
        "RP05: El valor del parámetro {} no es válido: {value} no es {of}",
        param.key
    ))
}

/// Nothing where the value is none of its kind.
fn converted(kind: Kind, value: &Value) -> Option<Given> {
    let text = || value.as_str();
    Some(match kind {
        Kind::Bool => Given::Json(json!(is_true(value))),
        Kind::Str => Given::Json(Value::String(python::text(value))),
        Kind::Int => Given::Json(json!(python::int(value)?)),
        Kind::Float => Given::Json(json!(python::float(value)?)),
        Kind::List => Given::Json(list(value)?),
        Kind::Dict => Given::Json(dict(value)?),
        Kind::Date => Given::Date(dates::date(text()?)?),
        Kind::DateTime => Given::DateTime(dates::date_time(text()?)?),
        Kind::Email => {
            let text = text()?;
            identifier::email(text).ok()?;
            Given::Json(Value::String(text.to_lowercase()))
        }
        // a text in the place of a file
        Kind::File => Given::Json(Value::Null),
    })
}

/// The type is guessed by the name of the file, and never by what the client says of it.
fn judge_file(param: &Param, file: &Upload) -> Result<Given, String> {
    let guessed = mime_guess::from_path(&file.name).first();
    let guessed = guessed.as_ref().map(mime_guess::Mime::essence_str);
    let known = guessed.is_some_and(|guessed| param.file_types.contains(&guessed));
    if !param.file_types.is_empty() && !known {
        return Err(param.kind.refusal(param.key, &file.name));
    }
    validated(param, Given::File(file.clone()), &file.name)
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() == Some(1.0),
        Value::String(text) => ["true", "True", "1"].contains(&text.as_str()),
        _ => false,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text == "0",
        _ => false,
    }
}

fn list(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) => Some(value.clone()),
        Value::String(text) => {
            let plain: String = text.chars().filter(|c| !['[', ']', '\'', '"'].contains(c)).collect();
            Some(plain.split(',').map(str::to_owned).collect())
        }
        _ => None,
    }
}

fn dict(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => Some(value.clone()),
        Value::String(text) => {
            let parsed: Value = serde_json::from_str(text).ok()?;
            (parsed.is_object() || parsed.is_array()).then_some(parsed)
        }
        Value::Array(pairs) => {
            let mut members = Map::new();
            for pair in pairs {
                let [name, value] = pair.as_array()?.as_slice() else {
                    return None;
                };
                members.insert(python::text(name), value.clone());
            }
            Some(Value::Object(members))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(values: &[(&str, Value)]) -> Input {
        let mut input = Input::default();
        for (name, value) in values {
            input.put((*name).to_owned(), value.clone());
        }
        input
    }

    fn of(kind: Kind, value: Value) -> Result<Value, String> {
        match read(&[Param::optional("p", kind)], &input(&[("p", value)])) {
            Ok(params) => match params.get("p") {
                Some(Given::Json(value)) => Ok(value.clone()),
                other => panic!("{other:?}"),
            },
            Err(said) => Err(said),
        }
    }

    #[test]
    fn each_type_makes_something_of_a_value() {
        for (kind, value, expected) in [
            (Kind::Str, json!(5), json!("5")),
            (Kind::Str, json!(0), json!(0)),
            (Kind::Str, json!("0"), json!(0)),
            (Kind::Str, json!([1]), json!("[1]")),
            (Kind::Str, json!({"a": 1}), json!("{'a': 1}")),
            (Kind::Str, json!({"label": "L", "value": "v"}), json!("v")),
            (Kind::Str, json!(""), Value::Null),
            (Kind::Int, json!("12"), json!(12)),
            (Kind::Int, json!("0"), json!(0)),
            (Kind::Int, json!("1_000"), json!(1000)),
            (Kind::Int, json!(1.9), json!(1)),
            (Kind::Int, json!(true), json!(1)),
            (Kind::Bool, json!(true), json!(true)),
            (Kind::Bool, json!(false), json!(false)),
            (Kind::Bool, json!("true"), json!(true)),
            (Kind::Bool, json!("TRUE"), json!(false)),
            (Kind::Bool, json!(1.0), json!(true)),
            (Kind::Bool, json!("on"), json!(false)),
            (Kind::Bool, json!(null), json!(false)),
            (Kind::Bool, json!(2), json!(false)),
            (Kind::Bool, json!([]), json!(false)),
            (Kind::Bool, json!({}), json!(false)),
            (Kind::Float, json!("1.5"), json!(1.5)),
            (Kind::List, json!("['a', 'b']"), json!(["a", " b"])),
            (Kind::List, json!("a"), json!(["a"])),
            (Kind::List, json!({"value": "a,b"}), json!(["a", "b"])),
            (Kind::List, json!([1, 2]), json!([1, 2])),
            (Kind::Dict, json!("{\"a\":1}"), json!({"a": 1})),
            (Kind::Dict, json!("[1]"), json!([1])),
            (Kind::Dict, json!([["a", 1]]), json!({"a": 1})),
            (Kind::Dict, json!({"value": 1}), json!({"value": 1})),
            (Kind::Email, json!("Ana@Example.ORG"), json!("ana@example.org")),
            (Kind::Email, json!(""), Value::Null),
            (Kind::File, json!("a text"), Value::Null),
        ] {
            assert_eq!(of(kind, value.clone()), Ok(expected), "{kind:?} {value}");
        }
    }

    #[test]
    fn what_is_none_is_refused_in_the_words_of_the_package() {
        for (kind, value, expected) in [
            (
                Kind::Int,
                json!("1.9"),
                "RP02: El valor del parámetro p no es válido:  1.9 no es <class 'int'>",
            ),
            (
                Kind::Int,
                json!([1]),
                "RP02: El valor del parámetro p no es válido:  [1] no es <class 'int'>",
            ),
            (
                Kind::List,
                json!(5),
                "RP02: El valor del parámetro p no es válido:  5 no es <class 'list'>",
            ),
            (
                Kind::Dict,
                json!("x"),
                "RP02: El valor del parámetro p no es válido:  x no es <class 'dict'>",
            ),
            (
                Kind::Dict,
                json!(5),
                "RP02: El valor del parámetro p no es válido:  5 no es <class 'dict'>",
            ),
            (
                Kind::Float,
                json!("nan"),
                "RP02: El valor del parámetro p no es válido:  nan no es <class 'float'>",
            ),
            (
                Kind::Email,
                json!("x"),
                "RP04: El valor del parámetro p no es válido: x no es email ",
            ),
            (
                Kind::Date,
                json!("x"),
                "RP04: El valor del parámetro p no es válido: x no es date ",
            ),
            (
                Kind::DateTime,
                json!("x"),
                "RP04: El valor del parámetro p no es válido: x no es datetime ",
            ),
        ] {
            assert_eq!(of(kind, value.clone()), Err(expected.to_owned()), "{kind:?} {value}");
        }
    }

    fn required() -> [Param; 3] {
        [
            Param::required("s", Kind::Str),
            Param::required("i", Kind::Int),
            Param::required("b", Kind::Bool),
        ]
    }

    #[test]
    fn values_are_judged_in_the_order_in_which_they_came_before_what_is_missing() {
        for (values, expected) in [
            (
                vec![("s", json!("")), ("i", json!(1))],
                "RP value01: El parámetro s es obligatorio ",
            ),
            (
                vec![("i", json!(null)), ("s", json!(""))],
                "RP value01: El parámetro i es obligatorio ",
            ),
            (vec![("s", json!("a"))], "Missing params: i, b"),
            (vec![], "Missing params: s, i, b"),
            (vec![("a-b", json!(1))], "Invalid parameter name: a-b"),
        ] {
            assert_eq!(read(&required(), &input(&values)).err().as_deref(), Some(expected));
        }
        let zero = [("s", json!("0")), ("i", json!(0)), ("b", json!(0))];
        let params = read(&required(), &input(&zero)).unwrap();
        assert_eq!(params.json("s"), Some(&json!(0)));
        assert_eq!(params.json("b"), Some(&json!(false)));
    }

    #[test]
    fn lists_are_paged_where_an_action_is_asked_for() {
        let params = read(&[], &input(&[("action", json!("list")), ("page", json!(3))])).unwrap();
        let names: Vec<&str> = params.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["action", "page", "paginated_by"]);
        assert_eq!(params.json("page"), Some(&json!(3)));
        assert_eq!(params.json("paginated_by"), Some(&json!(25)));
    }

    #[test]
    fn defaults_stand_for_what_is_left_out_or_empty() {
        let param = Param {
            default: || json!(7),
            ..Param::optional("p", Kind::Int)
        };
        for values in [vec![], vec![("p", json!(""))]] {
            let params = read(std::slice::from_ref(&param), &input(&values)).unwrap();
            assert_eq!(params.json("p"), Some(&json!(7)));
        }
        let params = read(std::slice::from_ref(&param), &input(&[("p", json!(0))])).unwrap();
        assert_eq!(params.json("p"), Some(&json!(0)));
    }

    #[test]
    fn a_value_must_also_be_what_its_door_says() {
        let param = Param {
            validate: Some(|given| matches!(given, Given::Json(value) if value.as_i64() > Some(0))),
            ..Param::required("p", Kind::Int)
        };
        let said = |value: Value| read(std::slice::from_ref(&param), &input(&[("p", value)])).err();
        assert_eq!(said(json!(3)), None);
        assert_eq!(
            said(json!(-3)).as_deref(),
            Some("RP05: El valor del parámetro p no es válido: -3 no es <class 'int'>")
        );
        assert_eq!(said(json!(0)), None, "zero is not looked at");
    }

    #[test]
    fn files_are_judged_by_their_names() {
        let png = Param {
            file_types: &["image/png"],
            ..Param::required("file", Kind::File)
        };
        let sent = |field: &str, name: &str| Input {
            files: vec![(
                field.to_owned(),
                Upload {
                    name: name.to_owned(),
                    bytes: Bytes::new(),
                },
            )],
            ..Input::default()
        };
        let read = |input: &Input| read(std::slice::from_ref(&png), input);
        assert!(matches!(
            read(&sent("file", "a.png")).unwrap().get("file"),
            Some(Given::File(_))
        ));
        assert_eq!(
            read(&sent("file", "a.txt")).err().as_deref(),
            Some("RP04: El valor del parámetro file no es válido: a.txt no es file ")
        );
        assert_eq!(
            read(&sent("other", "a.png")).err().as_deref(),
            Some("Missing params: file")
        );
    }
}
