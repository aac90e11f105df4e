//! A service of axum whose route wants a token of Sereno and a permission.

// The caller's own token goes to Sereno, which answers who that is and whether they may: nothing else is needed here.
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};

#[derive(Clone)]
struct Sereno {
    url: String,
    http: reqwest::Client,
}

/// A permission that a route demands.
trait Permission {
    const CODENAME: &'static str;
}

struct Sell;

impl Permission for Sell {
    const CODENAME: &'static str = "shop.sell";
}

/// The id of a caller who holds the permission.
struct Require<P> {
    user: String,
    permission: std::marker::PhantomData<P>,
}

impl<P: Permission> FromRequestParts<Sereno> for Require<P> {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, sereno: &Sereno) -> Result<Self, StatusCode> {
        let url = format!("{}/api/v1/forward-auth?permission={}", sereno.url, P::CODENAME);
        let token = parts.headers.get(header::AUTHORIZATION).ok_or(StatusCode::UNAUTHORIZED)?;
        let asked = sereno.http.get(url).header(header::AUTHORIZATION, token.as_bytes());
        let answer = asked.send().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let user = answer.headers().get("remote-user").and_then(|user| user.to_str().ok());
        match (answer.status().as_u16(), user) {
            (200, Some(user)) => Ok(Self {
                user: user.to_owned(),
                permission: std::marker::PhantomData,
            }),
            (401, _) => Err(StatusCode::UNAUTHORIZED),
            (403, _) => Err(StatusCode::FORBIDDEN),
            _ => Err(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

async fn sell(State(_): State<Sereno>, Require { user, .. }: Require<Sell>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "sold_by": user }))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sereno = Sereno {
        url: std::env::var("SERENO").unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned()),
        http: reqwest::Client::new(),
    };
    let app = Router::new().route("/sell", post(sell)).with_state(sereno);
    let port = std::env::var("PORT").unwrap_or_else(|_| "9000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, app).await
}
