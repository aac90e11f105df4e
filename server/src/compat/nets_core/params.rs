//! Parameters as the package declares them (`RequestParam`), and in which order it judges what came: first what is there, then what
//! is missing. What a type makes of a value stands in `values`. Pure: no request and no clock.

use serde_json::{Value, json};

use super::dates::{Date, DateTime};
use super::input::Input;
use super::python;
use super::values::{judge, judge_file};
use crate::http::django::form::Upload;

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
    /// A moment, in UTC.
    DateTime,
    /// An e-mail address, in small letters.
    Email,
    /// A file of a multipart form.
    File,
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
/// The sentence for the first value that is none, in the order in which they came; else for the parameters that are missing; else for
/// a name that none can have.
pub fn read(declared: &[Param], input: &Input) -> Result<Params, String> {
    let mut params = Params::default();
    for (key, value) in &input.values {
        let given = match declared.iter().find(|param| param.key == key) {
            Some(param) => judge(param, value)?,
            None => Given::Json(value.clone()),
        };
        params.0.push((key.clone(), given));
    }
    for param in declared.iter().filter(|param| param.kind == Kind::File) {
        // of several the last one counts
        if let Some((key, file)) = input.files.iter().rfind(|(key, _)| key == param.key) {
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
    if !missing.is_empty() {
        return Err(format!("Missing params: {}", missing.join(", ")));
    }
    match params.0.iter().find(|(key, _)| !python::is_name(key)) {
        Some((key, _)) => Err(format!("Invalid parameter name: {key}")),
        None => Ok(params),
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
            (vec![("a-b", json!(1))], "Missing params: s, i, b"),
            (
                vec![("a-b", json!(1)), ("s", json!("a")), ("i", json!(1)), ("b", json!(1))],
                "Invalid parameter name: a-b",
            ),
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
}
