//! The server functions' only way in, and the one place of the pages that knows HTTP and the session cookie. The server
//! provides [`Sereno`] in the context and puts [`RequestMeta`], [`Actor`], [`Session`] and `Option<Flash>` on the
//! request as extensions.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts, uri::PathAndQuery};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use sereno_core::{
    Error, Sereno, access,
    config::Config,
    context::{Actor, RequestMeta, Staff},
    session::{NewSession, STAGED},
};
use sereno_types::{Code, Problem, Timestamp};
use tower_sessions::Session;

use crate::{About, console::shown_once::Shown, flash::Flash, text::Locale, ui::brand::Brand};

/// Whoever calls, signed in or not.
pub struct Visitor {
    /// The rules.
    pub sereno: Sereno,
    /// Where the request came from.
    pub meta: RequestMeta,
    /// Who it is.
    pub actor: Actor,
}

/// A caller who may enter the console.
pub struct Member {
    /// The rules.
    pub sereno: Sereno,
    /// Where the request came from.
    pub meta: RequestMeta,
    /// The proof that the core asks for.
    pub staff: Staff,
}

impl Member {
    /// Means the version that a form was made from: what somebody else has changed since is not overwritten.
    #[must_use]
    pub fn having_seen(mut self, version: Option<&String>) -> Self {
        let version = version.filter(|version| !version.is_empty());
        self.meta.if_match = version.map(|version| format!("\"{version}\""));
        self
    }
}

/// Lets everybody in.
pub fn visitor() -> Result<Visitor, Problem> {
    Ok(Visitor {
        sereno: use_context().ok_or_else(|| missing("Sereno"))?,
        meta: extension()?,
        actor: extension()?,
    })
}

/// Lets staff in.
pub async fn staff() -> Result<Member, Problem> {
    let Visitor { sereno, meta, actor } = visitor()?;
    let staff = access::staff(&sereno, &actor).await.map_err(refuse)?;
    Ok(Member { sereno, meta, staff })
}

/// What the page is told of an error. Faults of ours are logged, here and only here; their causes stay behind.
pub fn refuse(error: Error) -> Problem {
    let mut problem = error.problem();
    problem.request_id = request_id().map(Into::into);
    match problem.status {
        500 => tracing::error!(%error, request_id = problem.request_id.as_deref(), "a page failed"),
        501.. => tracing::warn!(%error, request_id = problem.request_id.as_deref(), "a page could not be answered"),
        _ => {}
    }
    problem
}

/// Hands the session that the core began to the cookie: under a new id, so that nobody who knew the old one is signed
/// in with it.
pub async fn begin_session(new: NewSession) -> Result<(), Problem> {
    let session: Session = extension()?;
    session.cycle_id().await.map_err(store_failed)?;
    session.insert(STAGED, new.secret).await.map_err(store_failed)
}

/// Forgets the session and its cookie.
pub async fn end_session() -> Result<(), Problem> {
    let session: Session = extension()?;
    session.flush().await.map_err(store_failed)
}

/// Where the visitor goes after a post: by a redirect without scripts, by a header that the browser's half obeys with.
pub fn go_to(path: &str) {
    leptos_axum::redirect(path);
}

/// Marks the answer as one that shows a secret, for the browser without scripts: it is answered with a page, not with a
/// redirect.
pub fn show_once() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(HeaderName::from_static(Shown::HEADER), HeaderValue::from_static("1"));
    }
}

/// `next` if it leads to a page of ours, the account page otherwise. Browsers read a second slash, and a backslash like
/// one, as the beginning of another host.
#[must_use]
pub fn local(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        // the way to a provider is no page
        && !next.starts_with("/account/social/")
        && next.parse::<PathAndQuery>().is_ok_and(|parsed| parsed.as_str() == next);
    if ours { next } else { "/account" }
}

/// The status of the page that is being rendered.
pub fn answer_with_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// What a form that was posted without scripts left behind.
#[must_use]
pub fn flash() -> Option<Flash> {
    use_context::<Parts>()?.extensions.get::<Option<Flash>>().cloned()?
}

/// The time it is.
#[must_use]
pub fn now() -> Option<Timestamp> {
    Some(use_context::<Sereno>()?.now().timestamp())
}

/// What pages say of this server.
#[must_use]
pub fn about() -> Option<About> {
    let sereno = use_context::<Sereno>()?;
    Some(About {
        password_min: sereno.config.password.min_length,
        login_codes: sereno.config.login_code.enabled,
        numeric_codes: sereno.config.login_code.is_numeric(),
        public_url: sereno.config.public_url(),
        brand: brand(&sereno.config),
    })
}

fn brand(config: &Config) -> Brand {
    let said = config.brand.clone();
    Brand {
        name: said.name.trim().to_owned(),
        logo: config.brand_picture().to_owned(),
        logo_text: config.brand_name(),
        help: said.help,
        privacy: said.privacy,
        terms: said.terms,
    }
}

/// The name of the operator's colour, if there is one.
#[must_use]
pub fn accent() -> Option<String> {
    let sereno = use_context::<Sereno>()?;
    sereno.config.brand_accent().map(sereno_core::config::Accent::name)
}

/// The language of the page that is being rendered.
#[must_use]
pub fn locale() -> Locale {
    use_context::<Parts>().map_or_else(Locale::default, |parts| locale_of(&parts.uri, &parts.headers))
}

/// The language to answer a request in.
#[must_use]
pub fn locale_of(uri: &Uri, headers: &HeaderMap) -> Locale {
    said_locale(uri, headers).unwrap_or_default()
}

/// The language that a request says: what its address asks for, what the visitor chose before, what the browser prefers.
/// The server asks here too, so that mails and pages speak the same one.
#[must_use]
pub fn said_locale(uri: &Uri, headers: &HeaderMap) -> Option<Locale> {
    let of = |name, read: fn(&str) -> Option<Locale>| read(headers.get(name)?.to_str().ok()?);
    asked_locale(uri)
        .or_else(|| of(header::COOKIE, chosen_locale))
        .or_else(|| of(header::ACCEPT_LANGUAGE, Locale::from_accept_language))
}

fn asked_locale(uri: &Uri) -> Option<Locale> {
    let pairs = uri.query()?.split('&');
    let asked = pairs.filter_map(|pair| pair.strip_prefix("ui_locales=")).next_back()?;
    Locale::from_list(&asked.replace("%20", " ").replace('+', " "))
}

fn chosen_locale(cookies: &str) -> Option<Locale> {
    let cookies = cookies.split(';').map(str::trim);
    cookies
        .filter_map(|cookie| cookie.strip_prefix("locale="))
        .find_map(Locale::from_tag)
}

/// Keeps a language that the address asks for, for a year.
pub fn remember_locale() {
    let Some(locale) = use_context::<Parts>().and_then(|parts| asked_locale(&parts.uri)) else {
        return;
    };
    let cookie = format!(
        "locale={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        locale.as_str()
    );
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), cookie.parse()) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

fn extension<T: Clone + Send + Sync + 'static>() -> Result<T, Problem> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<T>().cloned())
        .ok_or_else(|| missing(std::any::type_name::<T>()))
}

fn request_id() -> Option<String> {
    use_context::<Parts>()?
        .extensions
        .get::<RequestMeta>()?
        .request_id
        .clone()
}

fn missing(what: &str) -> Problem {
    tracing::error!(what, "the server gave the pages no such thing");
    Problem::new(Code::Internal)
}

fn store_failed(error: tower_sessions::session::Error) -> Problem {
    refuse(Error::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_next() {
        for ours in ["/", "/console/users?q=ann&sort=-email", "/account"] {
            assert_eq!(local(ours), ours);
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "account",
            "/a b",
            "/\tx",
            "/a#b",
        ] {
            assert_eq!(local(other), "/account", "{other}");
        }
    }

    #[test]
    fn the_address_decides_the_language_before_cookie_and_browser() {
        let of = |uri: &str| {
            let request = http::Request::get(uri)
                .header(header::COOKIE, "locale=es")
                .header(header::ACCEPT_LANGUAGE, "de");
            let request = request.body(()).unwrap();
            locale_of(request.uri(), request.headers())
        };
        assert_eq!(of("/account?x=1&ui_locales=fr+de"), Locale::De);
        assert_eq!(of("/account?ui_locales=fr"), Locale::Es);
        assert_eq!(of("/account"), Locale::Es);
    }

    #[test]
    fn a_chosen_language_is_found_among_the_cookies() {
        assert_eq!(chosen_locale("sid=1; locale=es; x=y"), Some(Locale::Es));
        assert_eq!(chosen_locale("xlocale=es; locale=fr"), None);
    }
}
