//! Cookies as Django sets and deletes them.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use sereno_core::clock::Moment;
use sereno_types::SameSite;
use tower_sessions::cookie::{self, Cookie};

/// One cookie on its way out.
#[derive(Clone, Copy, Debug)]
pub struct SetCookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
    /// Seconds it lasts; nothing: as long as the browser runs.
    pub max_age: Option<u64>,
    /// Its path.
    pub path: &'a str,
    /// Its domain; empty: this host alone.
    pub domain: &'a str,
    /// Which requests from other sites bring it.
    pub same_site: SameSite,
    /// Whether it travels by https alone.
    pub secure: bool,
    /// Whether scripts cannot read it.
    pub http_only: bool,
}

impl SetCookie<'_> {
    /// Adds it to an answer, with `Expires` beside `Max-Age`.
    pub fn add(&self, response: &mut Response, now: Moment) {
        let expires = self.max_age.map(|seconds| {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            now.unix_seconds().saturating_add(seconds)
        });
        self.write(response, self.max_age, expires);
    }

    /// Takes it away: empty, in the past, `Secure` only where browsers demand it, and for scripts to see.
    pub fn delete(&self, response: &mut Response) {
        let gone = Self {
            value: "",
            secure: self.same_site == SameSite::None,
            http_only: false,
            ..*self
        };
        gone.write(response, Some(0), Some(0));
    }

    fn write(&self, response: &mut Response, max_age: Option<u64>, expires: Option<i64>) {
        let value = quoted(self.value);
        let mut made = Cookie::build((self.name, value.as_str()))
            .path(self.path)
            .http_only(self.http_only)
            .secure(self.secure)
            .same_site(match self.same_site {
                SameSite::Lax => cookie::SameSite::Lax,
                SameSite::Strict => cookie::SameSite::Strict,
                SameSite::None => cookie::SameSite::None,
            });
        if !self.domain.is_empty() {
            made = made.domain(self.domain);
        }
        if let Some(seconds) = max_age {
            made = made.max_age(time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
        if let Some(at) = expires.and_then(|at| time::OffsetDateTime::from_unix_timestamp(at).ok()) {
            made = made.expires(at);
        }
        if let Ok(value) = HeaderValue::from_str(&made.build().to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// In quotes where Python's cookies put them: around nothing, and around what is not plain.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: SetCookie<'_> = SetCookie {
        name: "jwt",
        value: "a.b",
        max_age: Some(300),
        path: "/x",
        domain: "",
        same_site: SameSite::Lax,
        secure: true,
        http_only: true,
    };

    fn written(write: impl FnOnce(&mut Response)) -> String {
        let mut response = Response::default();
        write(&mut response);
        response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_cookie_says_when_it_ends_in_both_ways() {
        let now = Moment::from_unix_seconds(1_767_225_600);
        assert_eq!(
            written(|response| COOKIE.add(response, now)),
            "jwt=a.b; HttpOnly; SameSite=Lax; Secure; Path=/x; Max-Age=300; Expires=Thu, 01 Jan 2026 00:05:00 GMT"
        );
        let session = SetCookie {
            max_age: None,
            value: "YQ==",
            domain: "example.org",
            ..COOKIE
        };
        assert_eq!(
            written(|response| session.add(response, now)),
            "jwt=\"YQ==\"; HttpOnly; SameSite=Lax; Secure; Path=/x; Domain=example.org"
        );
    }

    #[test]
    fn a_cookie_is_taken_away_as_django_does() {
        assert_eq!(
            written(|response| COOKIE.delete(response)),
            "jwt=\"\"; SameSite=Lax; Path=/x; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        );
        let everywhere = SetCookie {
            same_site: SameSite::None,
            ..COOKIE
        };
        assert!(written(|response| everywhere.delete(response)).contains("; Secure"));
    }
}
