//! `/docs`: the contract as one page, rendered by the server from the same document that `/openapi.json` is. No scripts,
//! nothing from elsewhere.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;

use super::openapi;
use crate::assets;
use crate::router::App;

/// The page may take its style and font from us, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'none'";

static PAGE: LazyLock<Option<Bytes>> = LazyLock::new(|| page().map(Bytes::from));

pub(super) fn routes() -> Router<App> {
    Router::new().route("/docs", get(serve))
}

async fn serve() -> Response {
    match PAGE.clone() {
        Some(page) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, POLICY),
            ];
            (headers, page).into_response()
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    pkg: &'static str,
    version: String,
    introduction: Vec<Prose>,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

/// Text in pieces: whether each stood between backticks.
type Prose = Vec<(bool, String)>;

struct Group {
    name: String,
    description: Prose,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    paragraphs: Vec<Prose>,
    parameters: Vec<Field>,
    body: Option<Kind>,
    answers: Vec<Answer>,
}

struct Answer {
    status: String,
    description: Prose,
    kind: Option<Kind>,
}

struct Shape {
    name: String,
    description: Prose,
    fields: Vec<Field>,
    choices: Vec<String>,
}

struct Field {
    name: String,
    kind: Kind,
    /// What it must keep to: lengths, numbers, a closed set.
    bounds: String,
    required: bool,
    description: Prose,
}

/// A type as the page shows it; a shape of the contract is a link.
struct Kind {
    text: String,
    shape: Option<String>,
}

fn page() -> Option<String> {
    let document = serde_json::to_value(openapi::document()).ok()?;
    let operations = operations(&document);
    let groups = document["tags"]
        .as_array()?
        .iter()
        .map(|tag| group(tag, &operations))
        .collect();
    let schemas = document["components"]["schemas"].as_object()?;
    let page = Page {
        pkg: assets::pkg_dir(),
        version: text(&document["info"]["version"]),
        introduction: text(&document["info"]["description"])
            .split("\n\n")
            .map(prose)
            .collect(),
        groups,
        shapes: schemas.iter().map(|(name, schema)| shape(name, schema)).collect(),
    };
    page.render().ok()
}

/// Every operation with its path and method, in the order of the paths.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

fn group(tag: &Value, operations: &[(&str, &str, &Value)]) -> Group {
    let name = text(&tag["name"]);
    let mine = operations
        .iter()
        .filter(|(_, _, operation)| operation["tags"][0] == tag["name"]);
    let operations = mine
        .map(|(path, method, operation)| self::operation(path, method, operation))
        .collect();
    Group {
        description: prose(&text(&tag["description"])),
        name,
        operations,
    }
}

fn operation(path: &str, method: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut answers: Vec<Answer> = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, answer)| Answer {
            status: status.clone(),
            description: prose(&text(&answer["description"])),
            kind: content(answer),
        })
        .collect();
    answers.sort_by(|a, b| a.status.cmp(&b.status));
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        paragraphs: text(&operation["description"])
            .split("\n\n")
            .map(|text| prose(&text.replace('\n', " ")))
            .collect(),
        parameters: parameters.map(parameter).collect(),
        body: content(&operation["requestBody"]),
        answers,
    }
}

fn parameter(parameter: &Value) -> Field {
    Field {
        name: text(&parameter["name"]),
        kind: kind(&parameter["schema"]),
        bounds: bounds(&parameter["schema"]),
        required: parameter["required"] == true,
        description: prose(&text(&parameter["description"])),
    }
}

fn content(of: &Value) -> Option<Kind> {
    of["content"]
        .as_object()?
        .values()
        .next()
        .map(|content| kind(&content["schema"]))
}

fn shape(name: &str, schema: &Value) -> Shape {
    let required = |field: &str| {
        schema["required"]
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name == field))
    };
    let fields = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, schema)| Field {
            name: field.clone(),
            kind: kind(schema),
            bounds: bounds(schema),
            required: required(field),
            description: prose(&text(&schema["description"])),
        });
    let choices = schema["enum"].as_array().into_iter().flatten().map(text);
    Shape {
        name: name.to_owned(),
        description: prose(&text(&schema["description"])),
        fields: fields.collect(),
        choices: choices.collect(),
    }
}

fn kind(schema: &Value) -> Kind {
    if let Some(shape) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return Kind {
            text: shape.to_owned(),
            shape: Some(shape.to_owned()),
        };
    }
    let either = schema["oneOf"]
        .as_array()
        .or(schema["allOf"].as_array())
        .into_iter()
        .flatten();
    if let Some(inner) = either.map(kind).find(|kind| kind.shape.is_some()) {
        return inner;
    }
    let names: Vec<String> = match &schema["type"] {
        Value::Array(names) => names.iter().map(text).filter(|name| name != "null").collect(),
        name => vec![text(name)],
    };
    match names.first().map(String::as_str) {
        Some("array") => {
            let item = kind(&schema["items"]);
            Kind {
                text: format!("list of {}", item.text),
                shape: item.shape,
            }
        }
        Some(name) => {
            let format = schema["format"]
                .as_str()
                .map_or_else(String::new, |format| format!(" ({format})"));
            Kind {
                text: format!("{name}{format}"),
                shape: None,
            }
        }
        None => Kind {
            text: "any".to_owned(),
            shape: None,
        },
    }
}

/// What a value must keep to, in words.
fn bounds(schema: &Value) -> String {
    let mut said = Vec::new();
    for (least, most, of) in [
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
        ("minimum", "maximum", ""),
    ] {
        match (schema[least].as_i64(), schema[most].as_i64()) {
            (Some(least), Some(most)) => said.push(format!("{least} to {most}{of}")),
            (Some(least), None) => said.push(format!("at least {least}{of}")),
            (None, Some(most)) => said.push(format!("at most {most}{of}")),
            (None, None) => {}
        }
    }
    let choices = schema["enum"].as_array().into_iter().flatten();
    let choices: Vec<String> = choices.map(text).filter(|choice| !choice.is_empty()).collect();
    if !choices.is_empty() {
        said.push(choices.join(", "));
    }
    let item = &schema["items"];
    if item.is_object() && item["$ref"].is_null() {
        let each = bounds(item);
        if !each.is_empty() {
            said.push(format!("each {each}"));
        }
    }
    if !schema["example"].is_null() {
        let example = schema["example"]
            .as_str()
            .map_or_else(|| schema["example"].to_string(), str::to_owned);
        said.push(format!("for example {example}"));
    }
    said.join("; ")
}

fn prose(text: &str) -> Prose {
    let pieces = text.split('`').enumerate();
    pieces
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(at, piece)| (at % 2 == 1, piece.to_owned()))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_shows_every_operation_and_shape() {
        let page = super::page().unwrap();
        let document = serde_json::to_value(super::openapi::document()).unwrap();
        for (path, _, operation) in super::operations(&document) {
            assert!(page.contains(path), "{path}");
            assert!(
                page.contains(&format!("id=\"{}\"", operation["operationId"].as_str().unwrap())),
                "{path}"
            );
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("id=\"shape-{name}\"")), "{name}");
        }
        assert!(!page.contains("<script"));
        assert!(!page.contains('`'), "code is marked as such");
        assert!(page.contains("at most 254 characters"));
    }
}
