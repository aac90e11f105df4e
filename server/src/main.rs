//! The binary: serves the site on `SERENO__SERVER__LISTEN`.

use app::{App, shell};
use axum::{Router, routing::get};
use leptos::config::LeptosOptions;
use leptos_axum::{LeptosRoutes, generate_route_list};
use sereno_server::assets;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let listen = std::env::var("SERENO__SERVER__LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router()).await?;
    Ok(())
}

fn router() -> Router {
    let options = LeptosOptions::builder()
        .output_name("sereno")
        .site_pkg_dir(assets::pkg_dir())
        .build();
    let pages = generate_route_list(App);
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    Router::new()
        .route("/health/live", get(|| async { "ok" }))
        .leptos_routes(&options, pages, page)
        .fallback(assets::serve)
        .with_state(options)
}
