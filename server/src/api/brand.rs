//! The style sheet with the operator's colour (`brand.accent`): a file of our own, because the policy of a page takes no
//! styles that stand in it.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use sereno_types::Code;

use crate::http::problem::Refusal;
use crate::router::App;

/// The style sheet of one colour, under its name: another colour has another address.
pub async fn style_sheet(State(app): State<App>, Path(file): Path<String>) -> Result<impl IntoResponse, Refusal> {
    let accent = app.sereno.config.brand_accent();
    let accent = accent.filter(|accent| file == format!("{}.css", accent.name()));
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    Ok((headers, accent.ok_or(Code::NotFound)?.style_sheet()))
}
