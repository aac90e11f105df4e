//! How what a sign-in brings reaches the client: in the body, in cookies, or both, as the application's delivery says.
//! And the way back: a token that came in a cookie.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sereno_core::Sereno;
use sereno_core::context::Application;
use sereno_core::token::{self, Issued, Tokens};
use sereno_types::{Code, CookieSettings, Delivery, SameSite, Secret, TokenAnswer};
use tower_sessions::cookie;

use super::cookies::cookie_of;
use super::problem::Refusal;
use super::{origin, session_store};
use crate::router::App;

/// The cookies and the body of what was issued.
#[must_use]
pub fn present(sereno: &Sereno, issued: Issued) -> (HeaderMap, TokenAnswer) {
    let application = &issued.application;
    let mut jar = Jar::new(sereno, &application.cookies);
    let mut answer = TokenAnswer::default();
    match issued.tokens {
        Tokens::Key(key) => answer.key = Some(key),
        Tokens::Pair {
            access,
            access_lifetime,
            claims,
            refresh,
            refresh_lifetime,
        } => {
            answer.token_type = Some("Bearer".to_owned());
            answer.expires_in = access_lifetime;
            let delivery = application.delivery;
            if delivery.sets_access_cookie() {
                jar.set(Which::Access, &access, access_lifetime);
            } else {
                answer.access_token = Some(access);
            }
            if delivery == Delivery::SplitCookie
                && let Some(claims) = claims
            {
                // standard base64 of JSON, which a script reads with `atob`
                let payload = STANDARD.encode(serde_json::Value::Object(claims).to_string());
                jar.set(Which::Payload, &payload, access_lifetime);
            }
            if delivery == Delivery::Json {
                answer.refresh_token = refresh;
            } else if let Some(refresh) = refresh {
                jar.set(Which::Refresh, &refresh, refresh_lifetime);
            }
            if delivery != Delivery::Json {
                let csrf = origin::csrf_token(sereno, &issued.family.to_string());
                jar.set(Which::Csrf, &csrf, refresh_lifetime);
                answer.csrf_token = Some(csrf);
            }
        }
    }
    (jar.headers, answer)
}

/// The cookies that take away whatever the application's delivery set.
#[must_use]
pub fn clear(sereno: &Sereno, application: &Application) -> HeaderMap {
    let mut jar = Jar::new(sereno, &application.cookies);
    let which: &[Which] = match application.delivery {
        Delivery::Json | Delivery::Key => &[],
        Delivery::Session => {
            jar.headers.append(header::SET_COOKIE, session_store::cleared(sereno));
            &[]
        }
        Delivery::RefreshCookie => &[Which::Refresh, Which::Csrf],
        Delivery::Cookie => &[Which::Access, Which::Refresh, Which::Csrf],
        Delivery::SplitCookie => &[Which::Access, Which::Payload, Which::Refresh, Which::Csrf],
    };
    for which in which {
        jar.set(*which, "", Some(0));
    }
    jar.headers
}

/// The refresh token that came in the application's cookie, if it has one there. A browser adds cookies by itself, so the
/// request must also come from our pages or the application's own origins, and bring the CSRF token of the token's family.
///
/// # Errors
/// `cross_site_request`.
pub async fn refresh_token(
    app: &App,
    headers: &HeaderMap,
    application: &Application,
) -> Result<Option<Secret>, Refusal> {
    let in_cookie = application.delivery.sets_refresh_cookie();
    let Some(text) = cookie_of(headers, &application.cookies.refresh).filter(|_| in_cookie) else {
        return Ok(None);
    };
    if !application.speaks_to(origin::foreign(app, headers)) {
        return Err(Code::CrossSiteRequest.into());
    }
    if application.cookies.csrf_required
        && let Some(of) = token::presented(&app.sereno, &text).await?
        && !origin::brings(app, headers, &of.family.to_string())
    {
        return Err(Code::CrossSiteRequest.into());
    }
    Ok(Some(text.into()))
}

#[derive(Clone, Copy)]
enum Which {
    Access,
    Refresh,
    Payload,
    Csrf,
}

struct Jar<'a> {
    settings: &'a CookieSettings,
    secure: bool,
    headers: HeaderMap,
}

impl<'a> Jar<'a> {
    fn new(sereno: &Sereno, settings: &'a CookieSettings) -> Self {
        Self {
            settings,
            secure: settings.secure.unwrap_or_else(|| sereno.config.is_https()),
            headers: HeaderMap::new(),
        }
    }

    /// Sets a cookie for so many seconds, or for as long as the browser runs; 0 takes it away.
    fn set(&mut self, which: Which, value: &str, seconds: Option<u64>) {
        let settings = self.settings;
        let (name, path, http_only) = match which {
            Which::Access => (&settings.access, &settings.path, true),
            Which::Refresh => (&settings.refresh, &settings.refresh_path, true),
            Which::Payload => (&settings.payload, &settings.path, false),
            Which::Csrf => (&settings.csrf, &settings.path, false),
        };
        let mut made = cookie::Cookie::build((name.as_str(), value))
            .path(path.as_str())
            .http_only(http_only)
            .secure(self.secure)
            .same_site(match settings.same_site {
                SameSite::Lax => cookie::SameSite::Lax,
                SameSite::Strict => cookie::SameSite::Strict,
                SameSite::None => cookie::SameSite::None,
            });
        if let Some(seconds) = seconds {
            made = made.max_age(time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
        if let Some(domain) = &settings.domain {
            made = made.domain(domain.as_str());
        }
        if seconds == Some(0) {
            made = made.expires(time::OffsetDateTime::UNIX_EPOCH);
        }
        if let Ok(value) = HeaderValue::from_str(&made.build().to_string()) {
            self.headers.append(header::SET_COOKIE, value);
        }
    }
}
