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

/// A page of a refusal. `text` is text, not HTML.
#[must_use]
pub fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = if text.is_empty() {
        String::new()
    } else {
        format!("  <p>{text}</p>\n")
    };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1>\n{text}</body>\n</html>\n"
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
