//! The picture that a user shows: brought, taken away, and served.

use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use sereno_core::{access, account::avatar, file};
use sereno_types::{Code, Id, Me, Problem};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Segment};
use crate::http::problem::Refusal;
use crate::router::App;

/// The file of a picture, for the contract: bytes, and not the numbers that the derive makes of them.
pub struct Picture;

impl utoipa::PartialSchema for Picture {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("The file of a picture."));
        bytes.build().into()
    }
}

impl utoipa::ToSchema for Picture {}

/// Set my picture
///
/// The body is the file itself: PNG, JPEG, GIF or WebP, whatever `Content-Type` calls it; what it is shows in its content.
/// It is turned upright, made at most 512 pixels wide and high, and written anew without anything but its pixels.
#[utoipa::path(put, path = "/api/v1/me/avatar", tag = "me", operation_id = "setAvatar",
    request_body(content = Picture, content_type = "image/*", description = "The file"),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The profile, with the address of the picture", body = Me),
        (status = 413, description = "`body_too_large`: more than `profile.avatar_max_bytes`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed` on `avatar`: `invalid_picture`, `picture_too_large`, `blank`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn set(State(app): State<App>, caller: Caller, File(bytes): File) -> Result<Json<Me>, Refusal> {
    Ok(Json(
        avatar::set(&app.sereno, &caller.meta, &caller.actor, bytes).await?,
    ))
}

/// Take my picture away
#[utoipa::path(delete, path = "/api/v1/me/avatar", tag = "me", operation_id = "removeAvatar",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The profile, without a picture", body = Me)))]
pub async fn remove(State(app): State<App>, caller: Caller, _: Nothing) -> Result<Json<Me>, Refusal> {
    Ok(Json(avatar::remove(&app.sereno, &caller.meta, &caller.actor).await?))
}

/// Take a user's picture away
#[utoipa::path(delete, path = "/api/v1/admin/users/{id}/avatar", tag = "admin", operation_id = "removeUserAvatar",
    params(("id" = Id, Path, description = "The user's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "There is none any more")))]
pub async fn remove_theirs(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    avatar::remove_theirs(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The file at a path. It never changes, so it may be kept for ever; and whatever it is, it is no page.
pub async fn serve(State(app): State<App>, Path(path): Path<String>) -> Result<impl IntoResponse, Refusal> {
    let file = file::find(&app.sereno, &path).await?;
    let headers = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox".to_owned(),
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin".to_owned(),
        ),
    ];
    Ok((headers, file.bytes))
}

/// A body that is a file, as it came.
pub struct File(Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_file(request.headers()) {
            return Err(Code::UnsupportedMediaType.into());
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Code::MalformedBody)?;
        Ok(Self(bytes.into()))
    }
}

/// A form or a document is sent by mistake, not as a picture.
fn is_file(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("image/") || kind.starts_with("application/octet-stream"))
}
