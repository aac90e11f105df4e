//! The one form of the pages that carries a file, and so is no server function: those take flat texts. Everything around it
//! is the same for both: origin, flash, redirect (`form_post`).

use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use sereno_core::account::avatar;
use sereno_types::{Code, FieldError, Problem};

use super::caller::Caller;
use super::problem::Refusal;
use crate::router::App;

/// Takes a picture from the signed-in user, and leads back to the profile.
pub async fn receive(
    State(app): State<App>,
    caller: Caller,
    Picture(bytes): Picture,
) -> Result<impl IntoResponse, Refusal> {
    avatar::set(&app.sereno, &caller.meta, &caller.actor, bytes).await?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, "/account/profile?done=picture")],
    ))
}

/// What the form is told of a file of which nothing was kept.
#[must_use]
pub fn too_large() -> Refusal {
    Refusal(Problem::fields(vec![FieldError::new(
        avatar::FIELD,
        Code::BodyTooLarge,
    )]))
}

/// The file in the field of the picture; empty where none was chosen. The body is whole and within its limit already.
pub struct Picture(Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Picture {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(|_| Code::UnsupportedMediaType)?;
        while let Some(field) = form.next_field().await.map_err(|_| Code::MalformedBody)? {
            if field.name() == Some(avatar::FIELD) {
                let bytes = field.bytes().await.map_err(|_| Code::MalformedBody)?;
                return Ok(Self(bytes.into()));
            }
        }
        Ok(Self(Vec::new()))
    }
}
