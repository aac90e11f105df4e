//! Inviting somebody by their address: the same function as the console's.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::{access, roles::invite};
use sereno_types::{Invite, Invited, Problem};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::problem::Refusal;
use crate::router::App;

/// Invite somebody
///
/// Makes an account that waits for its owner, who chooses a password by the link of the mail; gives it a role, a project, or
/// both. Who has an account already gets what is given and is told so by mail; without a role and a project that is
/// refused (`email_unique`).
#[utoipa::path(post, path = "/api/v1/admin/invitations", tag = "admin", operation_id = "invite",
    request_body = Invite, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "A mail is on its way", body = Invited),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`state_conflict`: the account may not sign in, or has not confirmed this address",
            body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn invite(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<Invite>,
) -> Result<(StatusCode, Json<Invited>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let invited = invite::invite(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((StatusCode::CREATED, Json(invited)))
}
