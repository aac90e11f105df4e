//! The site that was built is the site that is served.

use std::path::Path;

use axum::http::{HeaderMap, Method, header};
use sereno_server::assets;

/// Whoever runs the tests before the first `cargo leptos build` has no site to serve.
#[test]
fn what_was_built_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    for name in [
        "pkg/sereno.js",
        "pkg/sereno.wasm",
        "pkg/sereno.css",
        "favicon.svg",
        "fonts/inter-latin.woff2",
    ] {
        let Ok(built) = std::fs::read(folder.join(name)) else {
            continue;
        };
        for path in [
            format!("/{name}"),
            format!("/{}/{}", assets::pkg_dir(), name.strip_prefix("pkg/").unwrap_or(name)),
        ] {
            let response = assets::respond(&Method::HEAD, &path, &HeaderMap::new()).expect(&path);
            assert_eq!(
                response.headers()[header::CONTENT_LENGTH],
                built.len().to_string(),
                "{path}"
            );
        }
    }
}
