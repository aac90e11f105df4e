//! How Django's class-based views treat methods and paths, and its pages for refusals.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use sereno_types::Problem;

use crate::router::App;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A view: its methods, `OPTIONS`, which says what it allows, and 405 for every other. Neither of the two has a body.
pub fn view(allow: &'static str, methods: MethodRouter<App>) -> MethodRouter<App> {
    methods
        .options(move || async move { allowing(StatusCode::OK, allow) })
        .fallback(move || async move { allowing(StatusCode::METHOD_NOT_ALLOWED, allow) })
}

fn allowing(status: StatusCode, allow: &'static str) -> Response {
    let allow = HeaderValue::from_static(allow);
    (status, [(header::CONTENT_TYPE, HTML), (header::ALLOW, allow)]).into_response()
}

/// The same routes, and beside each that ends with a slash a redirect to it (`APPEND_SLASH`), whatever the method.
#[must_use]
pub fn append_slash(mut routes: Vec<(String, MethodRouter<App>)>) -> Vec<(String, MethodRouter<App>)> {
    let bare = routes.iter().filter_map(|(path, _)| path.strip_suffix('/'));
    let bare: Vec<_> = bare.map(|path| (path.to_owned(), any(with_slash))).collect();
    routes.extend(bare);
    routes
}

async fn with_slash(uri: Uri) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    match HeaderValue::from_str(&format!("{}/{query}", uri.path())) {
        Ok(location) => {
            let headers = [(header::CONTENT_TYPE, HTML), (header::LOCATION, location)];
            (StatusCode::MOVED_PERMANENTLY, headers).into_response()
        }
        Err(_) => page(StatusCode::BAD_REQUEST, "Bad Request (400)", ""),
    }
}

/// A page of a refusal, with a sentence if there is one to say.
fn page(status: StatusCode, title: &str, sentence: &str) -> Response {
    let paragraph = format!("  <p>{sentence}</p>\n");
    framed(status, title, if sentence.is_empty() { "" } else { &paragraph })
}

/// The page for a request that may be another site's; with the reason it is the one that developers see.
#[must_use]
pub fn cross_site(reason: Option<&str>) -> Response {
    let mut html = "  <p>CSRF verification failed. Request aborted.</p>\n".to_owned();
    if let Some(reason) = reason {
        let reason = reason.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        html += &format!("  <p>Reason given for failure:</p>\n  <pre>\n  {reason}\n  </pre>\n");
    }
    framed(StatusCode::FORBIDDEN, "403 Forbidden", &html)
}

fn framed(status: StatusCode, title: &str, html: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1>\n{html}</body>\n</html>\n"
    );
    (status, [(header::CONTENT_TYPE, HTML)], html).into_response()
}

/// The page that Django has for a problem, where it has one: broken requests, and what is not there.
#[must_use]
pub fn refused(problem: &Problem) -> Option<Response> {
    match problem.status {
        400 | 414 => Some(page(StatusCode::BAD_REQUEST, "Bad Request (400)", "")),
        404 => {
            let text = "The requested resource was not found on this server.";
            Some(page(StatusCode::NOT_FOUND, "Not Found", text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sereno_types::Code;

    use super::*;

    #[tokio::test]
    async fn a_slash_is_added_and_the_query_kept() {
        let answer = with_slash(Uri::from_static("/login?next=%2Fx")).await;
        assert_eq!(answer.status(), StatusCode::MOVED_PERMANENTLY);
        assert_eq!(answer.headers()[header::LOCATION], "/login/?next=%2Fx");
    }

    #[tokio::test]
    async fn developers_are_told_why_and_nobody_else() {
        for (reason, expected) in [
            (None, "Request aborted.</p>\n</body>"),
            (
                Some("a <b>"),
                "<p>Reason given for failure:</p>\n  <pre>\n  a &lt;b&gt;\n  </pre>\n</body>",
            ),
        ] {
            let answer = cross_site(reason);
            let text = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn every_route_with_a_slash_has_one_without() {
        let route = |path: &str| (path.to_owned(), any(|| async {}));
        let routes = append_slash(vec![route("/login/"), route("/openapi.json")]);
        let paths: Vec<&str> = routes.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/login/", "/openapi.json", "/login"]);
    }

    #[test]
    fn django_has_pages_for_few_problems() {
        for (code, status) in [
            (Code::NotFound, Some(404)),
            (Code::UriTooLong, Some(400)),
            (Code::MalformedBody, Some(400)),
            (Code::Internal, None),
        ] {
            let answer = refused(&Problem::new(code));
            assert_eq!(answer.map(|answer| answer.status().as_u16()), status, "{code}");
        }
    }
}
