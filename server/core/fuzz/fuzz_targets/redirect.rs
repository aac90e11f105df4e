//! The parser of redirect URIs and origins: what is taken leads a browser where it says, and nowhere that runs a script.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sereno_core::oauth::grammar::{is_origin, is_redirect_uri};
use url::Url;

fuzz_target!(|text: &str| {
    if is_redirect_uri(text) {
        let uri = Url::parse(text).expect("what is taken is a URI");
        assert!(!matches!(uri.scheme(), "javascript" | "data" | "vbscript" | "file" | "blob" | "about"), "{text}");
        assert!(uri.fragment().is_none() && uri.username().is_empty() && uri.password().is_none(), "{text}");
        let local = matches!(uri.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        assert!(uri.scheme() != "http" || local, "{text}");
        assert!(uri.scheme() != "https" || uri.has_host(), "{text}");
        // written anew it is the same place, and is taken again
        assert!(is_redirect_uri(uri.as_str()), "{text} became {uri}");
        assert_eq!(Url::parse(uri.as_str()).expect("still a URI"), uri);
        assert!(axum::http::HeaderValue::from_str(text).is_ok(), "{text} fits into a header");
    }
    if is_origin(text) {
        let url = Url::parse(text).expect("what is taken is a URL");
        // schemes of apps have an origin for browsers, and none for the crate
        let opaque = !url.origin().is_tuple();
        assert!(opaque || url.origin().ascii_serialization() == text, "{text} is {url}");
        assert!(matches!(url.path(), "" | "/") && url.has_host() && url.as_str().trim_end_matches('/') == text, "{text} is {url}");
    }
});
