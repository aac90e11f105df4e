//! Views of a project over what stands before every view, as the recorded project had them: they show what they were given.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};
use sereno_server::compat::nets_core::params::{Given, Kind, Param};
use sereno_server::compat::nets_core::request::{Answered, Call, Door, handle};
use sereno_server::compat::nets_core::wire;
use sereno_server::router::App;

const POST: &[Method] = &[Method::POST];

const fn with_default(key: &'static str, kind: Kind, default: fn() -> Value) -> Param {
    Param {
        default,
        ..Param::optional(key, kind)
    }
}

static PARAMS: Door = Door::new(
    &[Method::GET, Method::POST, Method::PUT],
    true,
    &[
        Param::optional("s", Kind::Str),
        Param::optional("i", Kind::Int),
        Param::optional("b", Kind::Bool),
        Param::optional("f", Kind::Float),
        Param::optional("l", Kind::List),
        Param::optional("d", Kind::Dict),
        Param::optional("date", Kind::Date),
        Param::optional("dt", Kind::DateTime),
        Param::optional("em", Kind::Email),
        Param::optional("file", Kind::File),
        with_default("def_s", Kind::Str, || json!("dflt")),
        with_default("def_i", Kind::Int, || json!(7)),
        with_default("def_b", Kind::Bool, || json!(true)),
        Param {
            validate: Some(is_positive),
            ..Param::optional("pos", Kind::Int)
        },
        // of a type that there is not; here it does not compile
        Param::optional("bogus", Kind::Str),
    ],
);

fn is_positive(given: &Given) -> bool {
    matches!(given, Given::Json(value) if value.as_i64() > Some(0))
}

static REQUIRED: Door = Door::new(
    POST,
    true,
    &[
        Param::required("s", Kind::Str),
        Param::required("i", Kind::Int),
        Param::required("b", Kind::Bool),
    ],
);
static LEGACY: Door = Door::new(
    POST,
    true,
    &[Param::required("s", Kind::Str), Param::required("i", Kind::Int)],
);
static GET_ONLY: Door = Door::new(&[Method::GET], true, &[]);
static PNG: Door = Door::new(
    POST,
    true,
    &[Param {
        file_types: &["image/png"],
        ..Param::required("file", Kind::File)
    }],
);
static PERM: Door = guarded(&["projects.can_change_myproject"]);
static PERM_NEW: Door = guarded(&["demo.brand_new"]);
static PERM_MULTI: Door = guarded(&["projects.can_change_myproject", "demo.other"]);
static ROLE: Door = guarded(&["role:admin"]);
static PUBLIC_PERM: Door = Door {
    can_do: &["demo.public"],
    ..Door::new(POST, true, &[])
};
static PERM_UPPER: Door = guarded(&["Demo.Upper"]);
static PROJECT: Door = Door {
    project_required: true,
    ..Door::new(&[Method::GET, Method::POST], false, &[])
};
static ADDRESS: Door = Door::new(&[Method::GET], true, &[]);

const fn guarded(can_do: &'static [&'static str]) -> Door {
    Door {
        can_do,
        perm_required: true,
        ..Door::new(POST, false, &[])
    }
}

/// The views.
pub fn views(app: App) -> Router {
    let view = |door: fn() -> &'static Door| {
        any(move |State(app): State<App>, request: Request| async move { handle(app, request, door(), show).await })
    };
    let guarded = |door: fn() -> &'static Door| {
        any(move |State(app): State<App>, request: Request| async move { handle(app, request, door(), may).await })
    };
    Router::new()
        .route("/x/params/", view(|| &PARAMS))
        .route("/x/req/", view(|| &REQUIRED))
        .route("/x/legacy/", view(|| &LEGACY))
        .route("/x/getonly/", view(|| &GET_ONLY))
        .route("/x/png/", view(|| &PNG))
        .route("/x/perm/", guarded(|| &PERM))
        .route("/x/permnew/", guarded(|| &PERM_NEW))
        .route("/x/permmulti/", guarded(|| &PERM_MULTI))
        .route("/x/permupper/", guarded(|| &PERM_UPPER))
        .route("/x/role/", guarded(|| &ROLE))
        .route("/x/roleglobal/", guarded(|| &ROLE))
        .route("/x/publicperm/", guarded(|| &PUBLIC_PERM))
        .route("/x/projperm/", guarded(|| &PERM))
        .route("/x/proj/", any(project))
        .route("/x/ip/", any(address))
        .with_state(app)
}

/// Whether the caller holds what is asked for.
async fn may(call: Call) -> Answered {
    Ok(wire::success(&json!({"perm": call.perm})))
}

async fn project(State(app): State<App>, request: Request) -> Response {
    // a view here gets no row of a membership
    let show = async |call: Call| {
        let number: Option<u64> = call.project.as_ref().and_then(|project| project.parse().ok());
        Ok(wire::success(
            &json!({"project": number, "member": false, "project_id": call.project}),
        ))
    };
    handle(app, request, &PROJECT, show).await
}

async fn address(State(app): State<App>, request: Request) -> Response {
    let show = async |call: Call| {
        let address = call.meta.address.map(|address| address.to_string());
        Ok(wire::success(
            &json!({"ip": address, "user": "AnonymousUser", "perm": call.perm}),
        ))
    };
    handle(app, request, &ADDRESS, show).await
}

async fn show(call: Call) -> Answered {
    let shown = call.params.0.iter().map(|(key, given)| (key.clone(), of(given)));
    Ok(wire::success(&Value::Object(shown.collect())))
}

fn of(given: &Given) -> Value {
    match given {
        Given::Date(date) => json!({"py": "date", "iso": date.to_string()}),
        Given::DateTime(moment) => json!({
            "py": "datetime",
            "iso": moment.format(&time::format_description::well_known::Rfc3339).unwrap(),
        }),
        Given::File(file) => json!({"py": "InMemoryUploadedFile", "v": file.name}),
        Given::Json(value) => {
            let class = match value {
                Value::Null => "NoneType",
                Value::Bool(_) => "bool",
                Value::Number(number) if number.is_f64() => "float",
                Value::Number(_) => "int",
                Value::String(_) => "str",
                Value::Array(_) => "list",
                Value::Object(_) => "dict",
            };
            json!({"py": class, "v": value})
        }
    }
}
