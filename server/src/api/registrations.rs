//! Sign-up and activation.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::account;
use sereno_types::{
    Activate, Activated, Problem, ProfileField, Register, Registered, ResendActivation, SendActivationAnswer, UserState,
};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::problem::Refusal;
use crate::router::App;

/// Sign up
///
/// Makes a pending account and mails a link and a code to the address. Where the operator does not ask for a confirmation
/// (`registration.verification`), the account works at once, `state` says so, and whoever signed up signs in by the usual
/// door. The answer is the same for an address that has an account already, whose owner gets a mail instead.
#[utoipa::path(post, path = "/api/v1/registrations", tag = "sign-up", operation_id = "register",
    request_body = Register,
    responses(
        (status = 202, description = "Taken note of; a mail is on its way, unless the operator wants none", body = Registered),
        (status = 403, description = "`registration_closed`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn register(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<Register>,
) -> Result<(StatusCode, Json<Registered>), Refusal> {
    account::register::register(&app.sereno, &caller.meta, command).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(Registered {
            state: account::register::first_state(&app.sereno),
        }),
    ))
}

/// The fields of a sign-up
///
/// What it must or may bring along beside address and password: the user name, and the attributes that staff declared and
/// that whoever signs up may fill in (`attributes.<name>`). What a form needs to know.
#[utoipa::path(get, path = "/api/v1/registrations/fields", tag = "sign-up", operation_id = "listSignUpFields",
    responses((status = 200, description = "Every field", body = Vec<ProfileField>)))]
pub async fn fields(State(app): State<App>) -> Result<Json<Vec<ProfileField>>, Refusal> {
    Ok(Json(account::profile::fields_of_sign_up(&app.sereno).await?))
}

/// Activate
///
/// Confirms the address, by the token of the link or by address and code from the same mail. An account that waited for that
/// works from then on. Each works once. Of several
/// mails the code of the newest one alone is heard.
#[utoipa::path(post, path = "/api/v1/registrations/activate", tag = "sign-up", operation_id = "activate",
    request_body = Activate,
    responses(
        (status = 200, description = "The account works from now on", body = Activated),
        (status = 400, description = "`activation_link_invalid`: unknown, used, expired, or a code after too many wrong \
            ones (`registration.code_attempts`; the link still works); `malformed_body`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn activate(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<Activate>,
) -> Result<Json<Activated>, Refusal> {
    Ok(Json(
        account::activate::activate(&app.sereno, &caller.meta, command).await?,
    ))
}

/// Ask for another activation mail
///
/// The answer is the same whether or not the address waits to be confirmed. From the new mail on, the codes of earlier
/// ones are no longer heard; their links work until one is used or they expire.
#[utoipa::path(post, path = "/api/v1/registrations/resend", tag = "sign-up", operation_id = "resendActivation",
    request_body = ResendActivation,
    responses((status = 202, description = "If the address waits to be confirmed, a mail is on its way",
        body = SendActivationAnswer)))]
pub async fn resend(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ResendActivation>,
) -> Result<(StatusCode, Json<SendActivationAnswer>), Refusal> {
    account::activate::resend(&app.sereno, &caller.meta, command).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(SendActivationAnswer {
            state: UserState::Pending,
        }),
    ))
}
