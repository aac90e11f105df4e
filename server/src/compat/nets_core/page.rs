//! The page on which somebody who has lost the app asks for their account to be deleted. It needs no script: its forms post to
//! the page itself, and the core's own mail proves the wish.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sereno_core::account::deletion;
use sereno_core::context::Actor;
use sereno_types::{Code, ConfirmDeletion, RequestDeletion};

use super::params::{Kind, Param};
use super::request::{Answered, Call, Door, handle};
use super::wire;
use crate::http::django::csrf;
use crate::router::App;

/// The page may post to us, and nothing else.
const POLICY: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

static REQUEST_DELETE: Door = Door::new(
    &[Method::GET, Method::POST],
    true,
    &[Param::optional("email", Kind::Str), Param::optional("code", Kind::Str)],
);

/// `GET` and `POST /requestDelete/`
pub async fn request_delete(State(app): State<App>, request: Request) -> Response {
    let is_post = request.method() == Method::POST;
    handle(app, request, &REQUEST_DELETE, move |call| page(call, is_post)).await
}

async fn page(call: Call, is_post: bool) -> Answered {
    let sereno = &call.app.sereno;
    let note = if is_post { done(&call).await? } else { "" };
    let secret = match csrf::kept(&call.headers) {
        Some(secret) => secret,
        None => csrf::fresh(sereno)?,
    };
    let html = html(&sereno.config.deletion.page_text, &call.params.text("email"), note);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    let mut response = (StatusCode::OK, headers, html).into_response();
    wire::csrf_cookie(sereno, &secret).add(&mut response, sereno.now());
    Ok(response)
}

/// What came of a form; a page without fields is only shown.
async fn done(call: &Call) -> Answered<&'static str> {
    let (sereno, meta) = (&call.app.sereno, &call.meta);
    let (email, code) = (call.params.text("email"), call.params.text("code"));
    let came = if code.is_empty() {
        if email.is_empty() {
            return Ok("");
        }
        let command = RequestDeletion {
            identifier: Some(email),
            password: None,
        };
        deletion::request(sereno, meta, &Actor::Anonymous, command)
            .await
            .map(|_| "If there is such an account, a mail with a code is on its way.")
    } else {
        let command = ConfirmDeletion {
            token: None,
            email: Some(email),
            code: Some(code.into()),
        };
        deletion::confirm(sereno, meta, command)
            .await
            .map(|_| "Account deleted successfully")
    };
    match came {
        Ok(note) => Ok(note),
        Err(error) => match error.code() {
            Code::DeletionLinkInvalid | Code::ValidationFailed => Ok("Invalid code"),
            Code::DeletionClosed => Ok("Accounts are not deleted here."),
            _ => Err(error.into()),
        },
    }
}

fn html(text: &str, email: &str, note: &str) -> String {
    let (text, email) = (escaped(text), escaped(email));
    let paragraph = |text: &str| match text {
        "" => String::new(),
        text => format!("    <p>{text}</p>\n"),
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Django NETS CORE</title>
</head>
<body>
  <main>
    <h1>Request Account Deletion</h1>
{}{}    <form method="post">
      <label for="email">E-mail</label>
      <input id="email" name="email" type="email" autocomplete="email" value="{email}" required>
      <button type="submit">Send code</button>
    </form>
    <form method="post">
      <label for="code-email">E-mail</label>
      <input id="code-email" name="email" type="email" autocomplete="email" value="{email}" required>
      <label for="code">Code</label>
      <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required>
      <button type="submit">Delete account</button>
    </form>
  </main>
</body>
</html>
"#,
        paragraph(&text),
        match note {
            "" => String::new(),
            note => format!("    <p role=\"status\">{note}</p>\n"),
        },
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_text() {
        let page = html("<b>", "\"><script>", "");
        assert!(page.contains("&lt;b&gt;") && page.contains("&quot;&gt;&lt;script&gt;"));
        assert!(!page.contains("<script"));
    }
}
