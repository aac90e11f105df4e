//! The one post by which a mail program says for its reader that they want no more announcements (RFC 8058). It stands at the
//! address of the page that the same link opens; whoever opens it finds a button there, for looking changes nothing.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use sereno_core::account::preferences;
use sereno_core::notify::optout;
use sereno_types::{Code, Unsubscribe};

use super::caller::Caller;
use super::json::Query;
use super::problem::Refusal;
use crate::router::App;

/// Where the link leads.
pub const PATH: &str = optout::PAGE;

/// What the link says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// Declines announcements. The body says that it is meant (RFC 8058 §3.2), as a form of either encoding; no redirect, no
/// cookie, nobody signed in.
pub async fn one_click(
    State(app): State<App>,
    caller: Caller,
    Query(link): Query<Link>,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let said = String::from_utf8_lossy(&body);
    if !(said.contains("List-Unsubscribe") && said.contains("One-Click")) {
        return Err(Code::MalformedBody.into());
    }
    let command = Unsubscribe {
        token: link.token.into(),
    };
    preferences::unsubscribe(&app.sereno, &caller.meta, command).await?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((StatusCode::OK, headers, "You will get no more of these messages.\n"))
}
