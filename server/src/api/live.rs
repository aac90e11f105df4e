//! The door of the WebSocket (RFC 6455): who may open one. What is said over it stands in `http/socket`.

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sereno_core::context::RequestMeta;
use sereno_core::live;
use sereno_types::{Code, Problem, Secret};

use crate::http::caller;
use crate::http::cors::Known;
use crate::http::listener::Stopping;
use crate::http::problem::Refusal;
use crate::http::socket::{self, Listener};
use crate::router::App;

/// The subprotocol whose neighbour is the token; the only one that is answered.
const BEARER: &str = "bearer";

/// Listen for notifications
///
/// A WebSocket over which the user hears of their own events while they happen. The access token comes in `Authorization`,
/// or beside the subprotocol `bearer` (`Sec-WebSocket-Protocol: bearer, <token>`), or in the first message
/// (`{"type":"authenticate","token":"…"}`, within ten seconds). No cookie is asked, and a browser must come from our own
/// origin or one of an application. Messages are `LiveMessage`. The connection ends with its token (close code 4401); a
/// fresh one of the same user, sent as a message, keeps it open.
#[utoipa::path(get, path = "/api/v1/ws", tag = "me", operation_id = "listen",
    security((), ("bearer" = [])),
    responses(
        (status = 101, description = "The connection is open"),
        (status = 401, description = "`invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`cross_site_request`", body = Problem, content_type = "application/problem+json"),
        (status = 426, description = "`upgrade_required`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests`, `too_many_connections`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn listen(
    State(app): State<App>,
    asked: (Extension<RequestMeta>, Extension<Known>),
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let (Extension(meta), Extension(known)) = asked;
    let ours = app.sereno.config.public_origin();
    let foreign = headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin != ours.as_str() && known.0.is_none());
    if foreign {
        return Err(Code::CrossSiteRequest.into());
    }
    let Ok(upgrade) = upgrade else {
        return Ok(no_upgrade());
    };
    app.sereno.limit_address("live", &meta)?;
    let place = app.live.place(&app.sereno)?;
    let listener = match token_of(&headers)? {
        Some(token) => Some(enter(&app, &token).await?),
        None => None,
    };
    let stopping = stopping.map(|Extension(Stopping(stop))| stop);
    let upgrade = upgrade
        .protocols([BEARER])
        .max_message_size(socket::MESSAGE_MAX)
        .max_frame_size(socket::MESSAGE_MAX);
    Ok(upgrade.on_upgrade(move |socket| socket::serve(app, socket, place, listener, stopping)))
}

async fn enter(app: &App, token: &Secret) -> Result<Listener, Refusal> {
    let admitted = live::admit(&app.sereno, token.expose()).await.map_err(|error| {
        // at the door as at every other: one code for every token that is not good
        match error.code() {
            Code::TokenExpired | Code::TokenRevoked => Refusal::from(Code::InvalidToken),
            _ => error.into(),
        }
    })?;
    Ok(Listener::new(app, admitted, token.clone())?)
}

/// The token that came with the request, if one did.
fn token_of(headers: &HeaderMap) -> Result<Option<Secret>, Code> {
    if let Some(sent) = caller::bearer(headers) {
        return Ok(Some(Secret::new(sent?)));
    }
    let mut offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim);
    let token = offered.any(|name| name == BEARER).then(|| offered.next()).flatten();
    Ok(token.map(Secret::new))
}

fn no_upgrade() -> Response {
    let mut response = Refusal::from(Code::UpgradeRequired).into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    response
}
