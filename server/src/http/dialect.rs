//! The seam between the layers that every request passes and the doors that do not answer problems: a facade renders their
//! refusals in its own words (nothing there, wrong method, too large, too many, out of order, a panic).

use axum::http::{HeaderValue, header};
use axum::response::Response;
use sereno_types::Problem;

use super::problem::Refusal;

/// How a wire says no.
pub type Dialect = fn(&Problem) -> Response;

/// The same answer; a refusal in the words of the dialect. When to come back is said by all of them.
#[must_use]
pub fn write(mut response: Response, dialect: Dialect) -> Response {
    let Some(Refusal(problem)) = response.extensions_mut().remove::<Refusal>() else {
        return response;
    };
    let mut said = dialect(&problem);
    // such as that the connection ends
    for (name, value) in response.headers() {
        said.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    let wait = problem.retry_after.or((problem.status == 503).then_some(1));
    if let Some(seconds) = wait {
        said.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    said
}
