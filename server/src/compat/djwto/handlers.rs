//! The doors of the facade: read what the request brings, call one flow of the core, answer as the package does. The order of
//! refusals is the package's: cross-site requests, no token, what is wrong with it, no user in it, which kind is wanted; the
//! core has the last word.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use sereno_core::access::application;
use sereno_core::config::Djwto;
use sereno_core::context::{Actor, Application, RequestMeta};
use sereno_core::login::{self, Brought};
use sereno_core::token::{self, Issued};
use sereno_types::{Code, Login, Logout, TokenUse, UserState};

use super::read::{self, Claims, Presented};
use super::wire;
use super::{CLIENT_ID, Mode};
use crate::http::django::csrf;
use crate::http::django::form::Form;
use crate::http::problem::Refusal;
use crate::router::App;

/// A request, read, and the application that the facade hands out tokens for.
pub struct Call {
    app: App,
    application: Arc<Application>,
    meta: RequestMeta,
    method: Method,
    headers: HeaderMap,
    path: String,
    /// Or why it cannot be read, which matters to nobody who does not read it.
    form: Result<Form, Code>,
}

/// Either end of a handler: an answer, or one that came sooner.
type Answered<T = Response> = Result<T, Refused>;

/// An answer that ends a request before its time.
pub enum Refused {
    /// In the package's own words.
    Said(Box<Response>),
    /// By Sereno; the dialect finds the words.
    Native(Refusal),
}

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self::Said(Box::new(response))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Native(refusal)
    }
}

impl From<sereno_core::Error> for Refused {
    fn from(error: sereno_core::Error) -> Self {
        Self::Native(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Said(response) => *response,
            Self::Native(refusal) => refusal.into_response(),
        }
    }
}

impl FromRequest<App> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let application = application::find(&app.sereno, Some(CLIENT_ID)).await?;
        let (parts, body) = request.into_parts();
        let app = app.clone();
        let (method, headers, path) = (parts.method.clone(), parts.headers.clone(), parts.uri.path().to_owned());
        let meta = parts.extensions.get::<RequestMeta>().cloned().ok_or(Code::Internal)?;
        // as Django, which reads the forms of posts alone
        let form = if method == Method::POST {
            let form = Form::from_request(Request::from_parts(parts, body), &app).await;
            form.map_err(|refusal| refusal.0.code)
        } else {
            Ok(Form::default())
        };
        Ok(Self {
            application: application.ok_or(Code::Unavailable)?,
            app,
            meta,
            method,
            headers,
            path,
            form,
        })
    }
}

impl Call {
    fn settings(&self) -> &Djwto {
        &self.app.sereno.config.compat.djwto
    }

    fn mode(&self) -> Mode {
        Mode::of(self.settings())
    }

    fn form(&self) -> Answered<&Form> {
        self.form.as_ref().map_err(|code| Refusal::from(*code).into())
    }

    fn checks_csrf(&self) -> bool {
        self.settings().csrf && self.mode() != Mode::Json
    }

    /// Where the browser is to bring the refresh cookie: where the doors that read it are.
    fn cookie_path(&self) -> String {
        let settings = self.settings();
        if !settings.refresh_cookie_path.is_empty() {
            return settings.refresh_cookie_path.clone();
        }
        format!("{}/{}", settings.prefix.trim_end_matches('/'), settings.refresh_path)
    }

    fn refuse_cross_site(&self) -> Answered<()> {
        if !self.checks_csrf() {
            return Ok(());
        }
        let (config, trusted) = (&self.app.sereno.config, &self.settings().trusted_origins);
        let posted = self.form()?.get(csrf::FIELD);
        csrf::check(config, trusted, &self.method, &self.headers, posted)
            .map_err(|reason| wire::cross_site(config, &reason).into())
    }

    /// The token that the request means, and what it says, if our key signed it and nothing in it speaks against it.
    async fn token(&self) -> Answered<(Presented, Claims)> {
        self.refuse_cross_site()?;
        let forbidden = |text: String| Refused::from(wire::forbidden(&text));
        let mut presented = self.presented()?.map_err(forbidden)?;
        let claims = self.claims(&mut presented).await?.map_err(forbidden)?;
        if !read::names_a_user(&claims) {
            return Err(not_validated());
        }
        Ok((presented, claims))
    }

    /// The token that the request means, whatever it is worth.
    fn presented(&self) -> Answered<Result<Presented, String>> {
        let settings = self.settings();
        if self.mode() == Mode::Json {
            return Ok(read::bearer(&self.headers));
        }
        let form = self.form()?;
        Ok(read::in_cookies(settings, &self.headers, form, &self.path))
    }

    async fn claims(&self, presented: &mut Presented) -> Answered<Result<Claims, String>> {
        let settings = self.settings();
        if let Some(fault) = read::fault_of_form(&presented.text, &settings.algorithm) {
            return Ok(Err(fault));
        }
        presented.drop_padding();
        let signed = token::signed_for(&self.app.sereno, &self.application, &presented.text).await?;
        let claims = match signed {
            Ok(claims) => claims,
            Err(fault) => return Ok(Err(read::fault_of_signature(fault, &presented.text))),
        };
        Ok(match read::fault_of_claims(settings, &claims, self.app.sereno.now()) {
            Some(fault) => Err(fault),
            None => Ok(claims),
        })
    }

    /// The refresh token that the request means.
    async fn refresh_token(&self) -> Answered<(Presented, Claims)> {
        let (presented, claims) = self.token().await?;
        if presented.said == Some(TokenUse::Access) {
            let text = "POST variable \"jwt_type\" must be equal to \"refresh\".";
            return Err(wire::forbidden(text).into());
        }
        refuse_other_use(&presented, &claims, TokenUse::Refresh)?;
        Ok((presented, claims))
    }

    fn tokens(&self, issued: Issued, message: &str) -> Answered {
        let (path, now) = (self.cookie_path(), self.app.sereno.now());
        Ok(wire::tokens(self.settings(), &path, issued.tokens, message, now)?)
    }
}

/// Refuses a token of another use than is wanted, whatever its signature.
fn refuse_other_use(presented: &Presented, claims: &Claims, wanted: TokenUse) -> Answered<()> {
    if read::is_for(claims, wanted) {
        return Ok(());
    }
    if wanted == TokenUse::Refresh && presented.said.is_none() {
        let text = "Refresh token was not sent in authorization header.";
        return Err(wire::forbidden(text).into());
    }
    Err(not_validated())
}

fn not_validated() -> Refused {
    wire::forbidden("Failed to validate token.").into()
}

/// `POST /login/`
pub async fn login(call: Call) -> Answered {
    let sereno = &call.app.sereno;
    // a form that cannot be read and too many tries are answers to a sign-in, too, and bring the cookie
    let entered = enter(&call).await;
    let entered = entered.unwrap_or_else(|refused| Entered::Not(refused.into_response()));
    let (mut response, secret) = match entered {
        // the secret changes with every sign-in, whatever the mode
        Entered::In(response) => (response, Some(csrf::fresh(sereno)?)),
        Entered::Not(response) if call.checks_csrf() => {
            let kept = csrf::kept(&call.headers);
            (response, Some(kept.map_or_else(|| csrf::fresh(sereno), Ok)?))
        }
        Entered::Not(response) => (response, None),
    };
    if let Some(secret) = secret {
        wire::set_csrf(&mut response, &secret, sereno.config.is_https(), sereno.now());
    }
    Ok(response)
}

enum Entered {
    In(Response),
    Not(Response),
}

async fn enter(call: &Call) -> Answered<Entered> {
    if is_signed_in(call).await? {
        return Ok(Entered::Not(wire::msg("User already authenticated.")));
    }
    let (application, form) = (Arc::clone(&call.application), call.form()?);
    let entered = login::through(&call.app.sereno, &call.meta, application, credentials(form)).await;
    match entered {
        Ok(entered) => match entered.brought {
            Brought::Tokens(issued) => Ok(Entered::In(call.tokens(issued, "Tokens successfully created.")?)),
            Brought::Session(_) => Err(Refusal::from(Code::Internal).into()),
        },
        Err(error) => match error.code() {
            // who has yet to activate is told nothing
            Code::InvalidCredentials | Code::ActivationRequired | Code::ValidationFailed => {
                let faults = wire::faults_of_login(&error, form, &call.settings().username_field);
                Ok(Entered::Not(wire::not_logged_in(&faults)))
            }
            _ => Err(error.into()),
        },
    }
}

/// Whether the request brings a token of the wanted kind that is good.
async fn is_signed_in(call: &Call) -> Answered<bool> {
    let Ok(mut presented) = call.presented()? else {
        return Ok(false);
    };
    let Ok(claims) = call.claims(&mut presented).await? else {
        return Ok(false);
    };
    let wanted = presented.said.unwrap_or(TokenUse::Access);
    if !read::is_for(&claims, wanted) {
        return Ok(false);
    }
    let found = token::stands_for(&call.app.sereno, &call.application, &presented.text, wanted).await?;
    Ok(found.is_some())
}

/// What the form signs in with. Its field is `username`, whatever people sign in with.
fn credentials(form: &Form) -> Login {
    Login {
        identifier: form.get("username").unwrap_or_default().trim().to_owned(),
        password: form.get("password").unwrap_or_default().into(),
        ..Login::default()
    }
}

/// `POST /validate_access/`
pub async fn validate_access(call: Call) -> Answered {
    validate(&call, TokenUse::Access).await
}

/// `POST /P/validate_refresh/`
pub async fn validate_refresh(call: Call) -> Answered {
    validate(&call, TokenUse::Refresh).await
}

/// `wanted` is for the mode without cookies, where a request does not say what it brings.
async fn validate(call: &Call, wanted: TokenUse) -> Answered {
    let (presented, claims) = call.token().await?;
    let wanted = presented.said.unwrap_or(wanted);
    refuse_other_use(&presented, &claims, wanted)?;
    let (sereno, application) = (&call.app.sereno, &call.application);
    if token::verify_through(sereno, &call.meta, application, &presented.text, wanted).await? {
        Ok(wire::msg("Token is valid"))
    } else {
        Err(not_validated())
    }
}

/// `POST /P/refresh_access/`
pub async fn refresh_access(call: Call) -> Answered {
    let (presented, _) = call.refresh_token().await?;
    let text = presented.text.into();
    let issued = token::refresh_through(&call.app.sereno, &call.meta, &call.application, &text).await;
    match issued {
        Ok(issued) => call.tokens(issued, "Access token successfully refreshed."),
        Err(error) => Err(not_renewed(&call, error, text.expose(), "Can't update access token.").await),
    }
}

/// `POST /P/update_refresh/`
pub async fn update_refresh(call: Call) -> Answered {
    let (presented, _) = call.refresh_token().await?;
    let text = presented.text.into();
    let issued = token::extend_through(&call.app.sereno, &call.meta, &call.application, &text).await;
    match issued {
        Ok(issued) => call.tokens(issued, "Refresh token successfully updated."),
        Err(error) => Err(not_renewed(&call, error, text.expose(), "Can't update refresh token.").await),
    }
}

/// The package answers 500 where it refuses to refresh.
async fn not_renewed(call: &Call, error: sereno_core::Error, text: &str, said: &str) -> Refused {
    if error.code() != Code::RefreshTokenInvalid {
        return error.into();
    }
    match token::state_of_owner(&call.app.sereno, text).await {
        Err(error) => error.into(),
        Ok(Some(state)) if state != UserState::Active => wire::forbidden("User is inactive.").into(),
        Ok(_) => wire::error(StatusCode::INTERNAL_SERVER_ERROR, said).into(),
    }
}

/// `POST /P/logout/`
pub async fn logout(call: Call) -> Answered {
    let (presented, claims) = call.refresh_token().await?;
    if !claims.contains_key("jti") {
        let text =
            "No jti claim was available in the input token. The value is mandatory in order to use the Blacklist API.";
        return Err(wire::forbidden(text).into());
    }
    let command = Logout {
        refresh_token: Some(presented.text.into()),
        ..Logout::default()
    };
    if login::end(&call.app.sereno, &call.meta, &Actor::Anonymous, command).await? {
        Ok(wire::msg("Token successfully blacklisted."))
    } else {
        let text = "Input jti token is already blacklisted.";
        Err(wire::error(StatusCode::CONFLICT, text).into())
    }
}

/// `DELETE /P/logout/`: takes the cookies away. Nothing ends by it, so the token need not be one that still works: whoever has
/// just signed out clears up, too.
pub async fn delete_cookies(call: Call) -> Answered {
    let (presented, claims) = call.token().await?;
    if presented.said.is_some() {
        refuse_other_use(&presented, &claims, TokenUse::Access)?;
    }
    Ok(wire::deleted(call.settings(), &call.cookie_path()))
}
