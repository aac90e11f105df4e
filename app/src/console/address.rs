//! What the address of a page says, and the address that says it.

use leptos_router::params::ParamsMap;

/// What an address says under a name; nothing where it is empty.
#[must_use]
pub(crate) fn said(params: &ParamsMap, name: &str) -> Option<String> {
    params.get(name).filter(|value| !value.trim().is_empty())
}

/// The address of a page that says this.
#[must_use]
pub(crate) fn address(path: &str, says: Vec<(&'static str, Option<String>)>) -> String {
    let mut params = ParamsMap::new();
    for (name, value) in says {
        if let Some(value) = value {
            params.insert(name, value);
        }
    }
    format!("{path}{}", params.to_query_string())
}

/// The address with one thing more to say.
#[must_use]
pub(crate) fn and(address: &str, says: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{says}")
}

/// `1 role matches`, `12 roles`.
#[must_use]
pub(crate) fn counted(total: u64, one: &str, many: &str, filtered: bool) -> String {
    let noun = if total == 1 { one } else { many };
    let rest = match (filtered, total) {
        (false, _) => "",
        (true, 1) => " matches",
        (true, _) => " match",
    };
    format!("{} {noun}{rest}", super::overview::grouped(total))
}

/// Whether this can stand in an address as one of its parts: ids and names in addresses can.
#[cfg(feature = "ssr")]
pub(crate) fn is_plain(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_there_is_to_say() {
        let says = vec![("q", Some("a & b".to_owned())), ("origin", None)];
        assert_eq!(address("/console/roles", says), "/console/roles?q=a%20%26%20b");
        assert_eq!(address("/console/roles", Vec::new()), "/console/roles");
        assert_eq!(and("/a", "done=x"), "/a?done=x");
        assert_eq!(and("/a?q=b", "done=x"), "/a?q=b&done=x");
    }

    #[test]
    fn a_total_is_a_sentence() {
        assert_eq!(counted(1, "role", "roles", true), "1 role matches");
        assert_eq!(counted(0, "role", "roles", true), "0 roles match");
        assert_eq!(counted(1200, "role", "roles", false), "1,200 roles");
    }
}
