//! The floor: the least that can answer the same requests, in a process of its own. Bare axum, one prepared-statement
//! SQLite writer that commits in groups (WAL, NORMAL), readers of their own, the same password hash on a pool of the
//! same size, the same signature. No policy, no limits, no audit, no sessions, no rules about names and passwords.

mod hashing;
mod store;
mod token;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::process::{self, Server};
use crate::{Outcome, PASSWORD, seed};
use hashing::Hashing;
pub use hashing::milliseconds_of_one;
use store::Store;
use token::Key;

/// Tells the bench to be the floor.
pub const FLAG: &str = "--floor";
const KEYS: &str = "/.well-known/jwks.json";

/// Starts this program once more, as the floor.
pub async fn start(folder: &Path) -> Outcome<Server> {
    let address = process::free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(FLAG)
        .arg(folder)
        .arg(address.to_string())
        .stdout(Stdio::null());
    Server::start(command, address, KEYS).await
}

struct Floor {
    store: Store,
    key: Key,
    hashing: Hashing,
}

type Context = State<Arc<Floor>>;

/// What goes wrong here ends the run anyway.
struct Failed;

impl<E: std::fmt::Display> From<E> for Failed {
    fn from(error: E) -> Self {
        eprintln!("floor: {error}");
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// Serves until it is killed.
pub fn serve(folder: &Path, address: &str) -> Outcome<()> {
    let address: SocketAddr = address.parse()?;
    let hashing = Hashing::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        std::fs::create_dir_all(folder)?;
        let hash = hashing.hash(PASSWORD.to_owned()).await?;
        let floor = Arc::new(Floor {
            store: Store::open(PathBuf::from(folder).join("floor.db"), &hash)?,
            key: Key::new()?,
            hashing,
        });
        let router = Router::new()
            .route(KEYS, get(keys))
            .route("/api/v1/me", get(me))
            .route("/api/v1/token/refresh", post(refresh))
            .route("/api/v1/login", post(login))
            .route("/api/v1/registrations", post(register))
            .with_state(floor);
        let listener = tokio::net::TcpListener::bind(address).await?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn keys(State(floor): Context) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], floor.key.public.clone())
}

async fn me(State(floor): Context, headers: HeaderMap) -> Result<Json<store::User>, StatusCode> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let id = bearer
        .and_then(|token| floor.key.verify(token))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let user = floor.store.user(id).ok().flatten();
    user.map(Json).ok_or(StatusCode::UNAUTHORIZED)
}

#[derive(Deserialize)]
struct Refresh {
    refresh_token: String,
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: u64,
}

impl Floor {
    fn tokens(&self, user: i64, family: [u8; 16], generation: i64) -> Result<Tokens, Failed> {
        Ok(Tokens {
            access_token: self.key.sign(user)?,
            refresh_token: token::write_refresh(family, generation),
            token_type: "Bearer",
            expires_in: token::LIFETIME,
        })
    }
}

async fn refresh(State(floor): Context, Json(asked): Json<Refresh>) -> Result<Response, Failed> {
    let Some((family, generation)) = token::read_refresh(&asked.refresh_token) else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    match floor.store.rotate(family, generation).await? {
        Some(user) => Ok(Json(floor.tokens(user, family, generation + 1)?).into_response()),
        None => Ok(StatusCode::UNAUTHORIZED.into_response()),
    }
}

#[derive(Deserialize)]
struct Login {
    identifier: String,
    password: String,
}

async fn login(State(floor): Context, Json(asked): Json<Login>) -> Result<Response, Failed> {
    let found = floor.store.password_hash(&asked.identifier)?;
    let Some((user, hash)) = found else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    if !floor.hashing.verify(asked.password, hash).await? {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    }
    let family = token::random_family()?;
    floor.store.add_family(family, user).await?;
    Ok(Json(floor.tokens(user, family, 1)?).into_response())
}

#[derive(Deserialize)]
struct Register {
    email: String,
    password: String,
}

async fn register(State(floor): Context, Json(asked): Json<Register>) -> Result<Response, Failed> {
    let hash = floor.hashing.hash(asked.password).await?;
    floor.store.add_user(asked.email, hash).await?;
    let answer = Json(serde_json::json!({ "state": "pending" }));
    Ok((StatusCode::ACCEPTED, answer).into_response())
}

/// As many users as Sereno has.
fn addresses() -> impl Iterator<Item = String> {
    (1..=crate::USERS.cast_unsigned()).map(seed::address)
}
