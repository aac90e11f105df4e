//! A page's script in a browser: it keeps the cookies that answers set, brings each back below its path, and copies the one
//! against cross-site requests into its header.

use std::collections::BTreeMap;

use super::fixture::Djwto;
use crate::place::{Answer, form};

/// One browser.
pub struct Browser<'a> {
    djwto: &'a Djwto,
    /// By name: value and path.
    cookies: BTreeMap<String, (String, String)>,
}

impl<'a> Browser<'a> {
    /// Without any cookie.
    pub fn new(djwto: &'a Djwto) -> Self {
        Self {
            djwto,
            cookies: BTreeMap::new(),
        }
    }

    /// The value of a cookie that it keeps.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(|(value, _)| value.as_str())
    }

    /// Puts a value into a cookie that it keeps, or keeps one for every path.
    pub fn put(&mut self, name: &str, value: &str) {
        let path = self
            .cookies
            .get(name)
            .map_or_else(|| "/".to_owned(), |(_, path)| path.clone());
        self.cookies.insert(name.to_owned(), (value.to_owned(), path));
    }

    /// Posts a form to a door below the prefix.
    pub async fn post(&mut self, door: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", door, fields).await
    }

    /// Sends a form to a door below the prefix, whatever the method.
    pub async fn send(&mut self, method: &str, door: &str, fields: &[(&str, &str)]) -> Answer {
        let path = format!("{}{door}", self.djwto.prefix());
        let brought = self.cookies.iter().filter(|(_, (_, below))| is_below(below, &path));
        let brought: Vec<String> = brought.map(|(name, (value, _))| format!("{name}={value}")).collect();
        let brought = brought.join("; ");
        let csrf = self.cookie("csrftoken").unwrap_or_default().to_owned();
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(
            [("cookie", brought.as_str()), ("x-csrftoken", csrf.as_str())]
                .iter()
                .filter(|(_, text)| !text.is_empty()),
        );
        let answer = self.djwto.place.send(method, &path, &headers, form(fields)).await;
        for cookie in answer.set_cookies() {
            self.keep(&cookie);
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<&str> = parts.collect();
        if attributes.contains(&"Max-Age=0") {
            self.cookies.remove(name);
            return;
        }
        let path = attributes.iter().find_map(|attribute| attribute.strip_prefix("Path="));
        self.cookies
            .insert(name.to_owned(), (value.to_owned(), path.unwrap_or("/").to_owned()));
    }
}

/// Whether a cookie of this path is brought to that one (RFC 6265 §5.1.4).
fn is_below(cookie: &str, path: &str) -> bool {
    let rest = path.strip_prefix(cookie);
    rest.is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}
