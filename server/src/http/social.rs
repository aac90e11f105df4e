//! The way of a browser to a provider and back. These are no server functions, because the browser is sent here by links
//! and by the provider, and no API, because the answer is always the way to a page. What is refused is told by the page
//! that the person comes from.

use app::flash::Flash;
use app::gate;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use axum::routing::get;
use sereno_core::social::{self, Answer};
use sereno_core::{Error, Sereno};
use sereno_types::Code;
use tower_sessions::Session;
use url::form_urlencoded;

use super::caller::Caller;
use super::cookies::cookie_of;
use super::json::Segment;
use super::problem::Refusal;
use super::{form_post, origin, session_store};
use crate::router::App;

/// The doors here, for the policy table.
pub const DOORS: [(&str, &str); 4] = [("GET", START), ("GET", CONNECT), ("GET", CALLBACK), ("POST", CALLBACK)];
const START: &str = "/account/social/{slug}/start";
const CONNECT: &str = "/account/social/{slug}/connect";
/// Where providers send people back to. Some do so by a post from their own site; the state that it brings proves it.
pub const CALLBACK: &str = "/account/social/{slug}/callback";

/// The form that tells why nobody was signed in, and the one that tells why nothing was connected.
const SIGN_IN: (&str, &str) = ("/account/sign-in", "/account/fn/sign_in");
const CONNECTIONS: (&str, &str) = ("/account/connections", "/account/fn/disconnect_identity");

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route(START, get(start))
        .route(CONNECT, get(connect))
        .route(CALLBACK, get(back).post(posted))
}

/// A browser that comes here by a link or from a provider.
struct Visit {
    caller: Caller,
    session: Session,
    slug: String,
    query: String,
    /// The value of its cookie.
    browser: Option<String>,
    /// Whether it followed a link on a page of ours.
    from_connections: bool,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        // `HEAD` must not use up what only a visit may
        if parts.method != Method::GET {
            return Err(Code::MethodNotAllowed.into());
        }
        let session = Session::from_request_parts(parts, app).await;
        Ok(Self {
            caller: Caller::from_request_parts(parts, app).await?,
            session: session.map_err(|_| Code::Internal)?,
            slug: Segment::from_request_parts(parts, app).await?.0,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            browser: cookie_of(&parts.headers, cookie_name(&app.sereno)),
            from_connections: origin::is_from_page(app, &parts.headers, CONNECTIONS.0),
        })
    }
}

/// Sends the browser to a provider, to sign in.
async fn start(State(app): State<App>, visit: Visit) -> Result<Response, Refusal> {
    let next = one(&visit.query, "next")?.unwrap_or_default();
    let (meta, browser) = (&visit.caller.meta, visit.browser.as_deref());
    match social::start(&app.sereno, meta, &visit.slug, &next, browser).await {
        Ok(started) => to_provider(&app.sereno, &started),
        Err(error) => told(&app, visit, (SIGN_IN, &next), error).await,
    }
}

/// Sends the browser of a signed-in user to a provider, to connect what they have there. It must come from the page
/// that offers it: otherwise another site could connect an account of its own, or have a page of ours go there by itself.
async fn connect(State(app): State<App>, visit: Visit) -> Result<Response, Refusal> {
    if !visit.from_connections {
        return Err(Code::CrossSiteRequest.into());
    }
    let (caller, browser) = (&visit.caller, visit.browser.as_deref());
    match social::connect(&app.sereno, &caller.meta, &caller.actor, &visit.slug, browser).await {
        Ok(started) => to_provider(&app.sereno, &started),
        Err(error) => told(&app, visit, (CONNECTIONS, ""), error).await,
    }
}

/// Takes the browser back.
async fn back(State(app): State<App>, visit: Visit) -> Result<Response, Refusal> {
    let answer = answer(&visit.query)?;
    let (meta, browser) = (&visit.caller.meta, visit.browser.as_deref());
    let finished = social::finish(&app.sereno, meta, &visit.slug, answer, browser).await;
    let page = if finished.linking { CONNECTIONS } else { SIGN_IN };
    match finished.outcome {
        Ok(Some(new)) => {
            session_store::stage(&visit.session, new).await?;
            Ok(see(gate::local(&finished.next)))
        }
        Ok(None) => Ok(see("/account/connections?done=connected")),
        Err(error) => told(&app, visit, (page, &finished.next), error).await,
    }
}

/// Takes a posted answer, which comes without our cookies, and has the browser come by itself.
async fn posted(
    State(app): State<App>,
    caller: Caller,
    Segment(slug): Segment,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form = String::from_utf8(body.to_vec()).map_err(|_| Code::MalformedBody)?;
    let answer = answer(&form)?;
    let state = answer.state.clone();
    social::attach(&app.sereno, &caller.meta, &slug, answer).await?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("state", &state)
        .finish();
    Ok(see(&format!("/account/social/{slug}/callback?{query}")))
}

/// The one value under a name. Providers add what they like; what we read must not stand twice (RFC 6749 §3.1).
fn one(pairs: &str, name: &str) -> Result<Option<String>, Refusal> {
    let pairs = form_urlencoded::parse(pairs.as_bytes());
    let mut found = pairs
        .filter(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned());
    let first = found.next();
    if found.next().is_some() {
        return Err(Code::MalformedQuery.into());
    }
    Ok(first)
}

fn answer(pairs: &str) -> Result<Answer, Refusal> {
    Ok(Answer {
        state: one(pairs, "state")?.unwrap_or_default(),
        code: one(pairs, "code")?,
        error: one(pairs, "error")?,
        iss: one(pairs, "iss")?,
        user: one(pairs, "user")?,
    })
}

fn cookie_name(sereno: &Sereno) -> &'static str {
    if sereno.config.is_https() {
        "__Host-social"
    } else {
        "social"
    }
}

/// To the provider, with the cookie that the answer must find.
fn to_provider(sereno: &Sereno, started: &social::Started) -> Result<Response, Refusal> {
    let secure = if sereno.config.is_https() { "; Secure" } else { "" };
    let cookie = format!(
        "{}={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=600{secure}",
        cookie_name(sereno),
        started.browser
    );
    let mut response = see(&started.location);
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| Code::Internal)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

fn see(to: &str) -> Response {
    form_post::redirect(to)
}

/// Back to the page that the person comes from, which tells the problem once.
async fn told(
    app: &App,
    visit: Visit,
    ((page, form), next): ((&str, &str), &str),
    error: Error,
) -> Result<Response, Refusal> {
    let problem = gate::refuse(error);
    match problem.code {
        Code::NotFound | Code::Internal | Code::Unavailable | Code::TooManyRequests => return Err(Refusal(problem)),
        Code::AuthenticationRequired => return Ok(see("/account/sign-in?next=/account/connections")),
        _ => {}
    }
    if form_post::too_many(app, visit.caller.meta.address) {
        return Err(Refusal(problem));
    }
    let flash = Flash {
        form: form.to_owned(),
        problem,
        values: Vec::new(),
    };
    form_post::keep(Some(visit.session), flash).await?;
    let next = gate::local(next);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    Ok(see(&if page == SIGN_IN.0 && next != "/account" {
        format!("{page}?{query}")
    } else {
        page.to_owned()
    }))
}
