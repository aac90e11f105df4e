//! What may be written as a redirect URI, an origin, a scope.

use url::Url;

/// An absolute URI without a fragment (RFC 6749 §3.1.2); plain http only on the machine itself (RFC 8252 §7.3), and
/// nothing that a browser would run.
#[must_use]
pub fn is_redirect_uri(text: &str) -> bool {
    // browsers take a backslash for a slash, and readers of URLs leave out what is invisible
    if !text.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && byte != b'\\') {
        return false;
    }
    let Ok(uri) = Url::parse(text) else { return false };
    let local = matches!(uri.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let scheme = match uri.scheme() {
        "https" => uri.has_host(),
        "http" => local,
        // a private-use scheme is a domain name backwards (RFC 8252 §7.1)
        other => other.contains('.'),
    };
    scheme && uri.fragment().is_none() && uri.username().is_empty() && uri.password().is_none() && !text.contains('*')
}

/// Scheme, host and port, and nothing else (RFC 6454 §6.2). Apps around a web view come from a scheme of their own, such as
/// `capacitor://localhost`; browsers write its origin as it stands there, while schemes that have none (`file:`, `data:`)
/// are written `null`, which is nobody.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    match url.scheme() {
        "http" | "https" => url.has_host() && url.origin().ascii_serialization() == text,
        "file" | "ftp" | "ws" | "wss" | "data" | "blob" | "about" | "javascript" | "filesystem" => false,
        scheme => url.host_str().is_some_and(|host| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            // of an opaque host the parser keeps the letters as they are, browsers do too
            !host.is_empty() && host.is_ascii() && text == format!("{scheme}://{host}{port}")
        }),
    }
}

/// One name of what an application may ask for (RFC 6749 §3.3).
#[must_use]
pub fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_lead_somewhere_safe() {
        for good in [
            "https://shop.example.org/back?x=1",
            "http://127.0.0.1:8080/back",
            "http://[::1]/",
            "org.example.shop:/back",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for bad in [
            "",
            "/back",
            "http://shop.example.org/",
            "https://shop.example.org/#there",
            "https://user@shop.example.org/",
            "https://*.example.org/",
            "javascript:alert(1)",
            " https://shop.example.org/",
            "https://shop.example.org/\t",
            "https:\\\\shop.example.org\\",
            "https://münchen.example/",
        ] {
            assert!(!is_redirect_uri(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for good in [
            "https://shop.example.org",
            "http://localhost:8080",
            "capacitor://localhost",
            "ionic://localhost",
            "app://shop.example.org:8080",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "https://shop.example.org/",
            "https://shop.example.org:443",
            "null",
            "*",
            "file://",
            "file://localhost",
            "capacitor://",
            "capacitor:localhost",
            "capacitor://localhost/",
            "capacitor://user@localhost",
            "Capacitor://localhost",
            "data://x",
            "javascript://x",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_scope_holds_no_space_quote_or_backslash() {
        assert!(is_scope("orders:read"));
        for bad in ["", "a b", "\"", "\\", "é"] {
            assert!(!is_scope(bad), "{bad}");
        }
    }
}
