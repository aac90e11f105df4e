//! `sereno serve`: listens, works the queue, and stops gracefully.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sereno_core::account::setup;
use sereno_core::config::Config;
use sereno_core::context::freshness;
use sereno_core::{Sereno, jobs};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Failed, Outcome, explain, say, start};
use crate::compat;
use crate::http::listener;
use crate::http::metrics::Metrics;
use crate::router::{self, App};

pub(super) async fn run(config: Config) -> Outcome {
    let metrics = Arc::new(Metrics::default());
    let sereno = start(config, vec![metrics.clone()]).await?;
    compat::prepare(&sereno).await.map_err(explain)?;
    let app = App::new(sereno.clone(), metrics);
    let unlisted = router::unlisted();
    if !unlisted.is_empty() {
        return Err(Failed(format!(
            "these doors have no row in the policy table: {}",
            unlisted.join(", ")
        )));
    }
    let stop = stopped()?;
    let listener = bind(sereno.config.server.listen).await?;
    let measured = serve_metrics(&app, stop.clone()).await?;
    greet(&sereno, listener.local_addr()?).await?;
    let watching = tokio::spawn(freshness::watch(sereno.clone()));
    let working = sereno
        .config
        .worker
        .enabled
        .then(|| tokio::spawn(jobs::work(sereno.clone(), stop.clone())));
    listener::serve(listener, router::router(&app), &sereno.config.server, stop).await;
    let rest = sereno.config.server.stop_timeout.span();
    for task in working.into_iter().chain(measured) {
        match tokio::time::timeout(rest, task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a task ended badly"),
            // its lease runs out, and another worker does the job again
            Err(_) => tracing::warn!("a job did not finish in time and was left for later"),
        }
    }
    watching.abort();
    sereno.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failed> {
    Ok(TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?)
}

/// `/metrics` on a listener of its own. A default address that is taken is no reason not to serve.
async fn serve_metrics(app: &App, stop: watch::Receiver<bool>) -> Result<Option<tokio::task::JoinHandle<()>>, Failed> {
    let Some((address, said)) = app.sereno.config.metrics_listen() else {
        return Ok(None);
    };
    let listener = match bind(address).await {
        Ok(listener) => listener,
        Err(Failed(why)) if !said => {
            tracing::warn!(why, "no metrics are served");
            return Ok(None);
        }
        Err(failed) => return Err(failed),
    };
    let shown = app.clone();
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let answer = get(move || async move { ([("content-type", text)], shown.metrics.text(&shown.sereno, &shown.live)) });
    let router = Router::new().route("/metrics", answer);
    let settings = app.sereno.config.server.clone();
    Ok(Some(tokio::spawn(async move {
        listener::serve(listener, router, &settings, stop).await;
    })))
}

/// Says where we are; and, while there is no administrator, how to begin.
async fn greet(sereno: &Sereno, address: SocketAddr) -> Outcome {
    let url = sereno.config.public_url();
    tracing::info!(%address, public_url = url, "listening");
    if setup::is_done(sereno.db.read()).await? {
        return Ok(());
    }
    let link = setup::link(sereno).await.map_err(explain)?;
    say(&format!(
        "\nSereno is awake at {url}\n\nMake the first administrator (the link works once, for a day):\n  {link}\n"
    ));
    if sereno.config.is_dev() {
        let mails = sereno.config.mail_url();
        let mails = match mails.strip_prefix("file:") {
            Some(folder) => format!("written to {folder}"),
            None => format!("sent by {}", sereno.mail.name()),
        };
        say(&format!(
            "Or begin with curl; mails are {mails}:\n\
             \x20 J='content-type: application/json'\n\
             \x20 curl -H \"$J\" {url}/api/v1/registrations -d '{{\"email\":\"ana@example.org\",\"password\":\"wheelbarrow at dawn\"}}'\n\
             \x20 curl -H \"$J\" {url}/api/v1/registrations/activate -d '{{\"email\":\"ana@example.org\",\"code\":\"THE CODE FROM THE MAIL\"}}'\n\
             \x20 curl -H \"$J\" {url}/api/v1/login -d '{{\"identifier\":\"ana@example.org\",\"password\":\"wheelbarrow at dawn\"}}'\n\
             \x20 curl -H \"Authorization: Bearer THE ACCESS TOKEN\" {url}/api/v1/me\n",
        ));
    }
    Ok(())
}

/// Turns true when the process is asked to stop (SIGTERM, or Ctrl+C).
pub(super) fn stopped() -> Result<watch::Receiver<bool>, Failed> {
    let (tell, stop) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        let _ = tell.send(true);
    });
    Ok(stop)
}
