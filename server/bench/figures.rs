//! Single figures: how soon it answers, how much memory and disk it takes, what a browser must load.

use std::time::Duration;

use crate::client::Connection;
use crate::floor;
use crate::process::Server;
use crate::sereno::House;
use crate::table::{Row, median};
use crate::workload::Workload;
use crate::{Outcome, table};

/// How often a start is measured.
const STARTS: usize = 7;

/// A figure beside its goal.
pub struct Figure {
    /// What it is.
    pub what: &'static str,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// The most it should be.
    pub goal: Option<f64>,
}

/// A figure.
pub const fn figure(what: &'static str, value: f64, unit: &'static str, goal: Option<f64>) -> Figure {
    Figure {
        what,
        value,
        unit,
        goal,
    }
}

/// What is seen of a server that nobody has asked anything yet.
pub async fn at_rest(house: &House, server: &Server) -> Outcome<Vec<Figure>> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = server.memory_mb()?;
    let (mut existing, mut empty) = (Vec::new(), Vec::new());
    let data = house.folder("empty");
    for _ in 0..STARTS {
        existing.push(house.start(true).await?.started_in.as_secs_f64() * 1_000.0);
        empty.push(house.start_in(&data, true).await?.started_in.as_secs_f64() * 1_000.0);
        std::fs::remove_dir_all(&data)?;
    }
    Ok(vec![
        figure(
            "start to first 200, existing database",
            median(&existing),
            "ms",
            Some(25.0),
        ),
        figure("start to first 200, empty folder", median(&empty), "ms", None),
        figure("memory, idle after start (PSS)", idle, "MB", Some(12.0)),
        figure(
            "binary",
            megabytes(std::fs::read(&house.binary)?.len())?,
            "MB",
            Some(40.0),
        ),
        figure("wasm, brotli", wasm_mb(server).await?, "MB", None),
        figure("one hash in a bare loop", floor::milliseconds_of_one()?, "CPU ms", None),
    ])
}

/// What is seen of a server that was asked a lot.
pub async fn after_load(server: &Server, rows: &[Row]) -> Outcome<Vec<Figure>> {
    let peak = |wanted: &[Workload]| {
        let rounds = rows
            .iter()
            .filter(|row| wanted.is_empty() || wanted.contains(&row.workload))
            .flat_map(|row| &row.sereno);
        rounds.map(|round| round.peak_mb).fold(f64::NAN, f64::max)
    };
    let mut figures = Vec::new();
    if rows.iter().any(|row| row.workload == Workload::Login) {
        let most = peak(&[Workload::Login]);
        figures.push(figure("memory under login, most (PSS)", most, "MB", Some(80.0)));
    }
    figures.push(figure("memory under anything, most (PSS)", peak(&[]), "MB", None));
    tokio::time::sleep(Duration::from_secs(15)).await;
    figures.push(figure(
        "memory, 15 s after the load (PSS)",
        server.memory_mb()?,
        "MB",
        None,
    ));
    if let Some(row) = rows.iter().find(|row| row.workload == Workload::Page) {
        let p95 = table::of_rounds(&row.sereno, |round| round.millis_of(95));
        figures.push(figure("console users page, 16 connections, p95", p95, "ms", Some(30.0)));
    }
    if let Some(row) = rows.iter().find(|row| row.workload == Workload::PageAlone) {
        let p95 = table::of_rounds(&row.sereno, |round| round.millis_of(95));
        figures.push(figure("console users page, 1 connection, p95", p95, "ms", Some(30.0)));
    }
    Ok(figures)
}

fn megabytes(bytes: usize) -> Outcome<f64> {
    Ok(f64::from(u32::try_from(bytes)?) / 1_000_000.0)
}

/// What a browser loads of the application's code, as it is sent.
async fn wasm_mb(server: &Server) -> Outcome<f64> {
    let mut connection = Connection::open(server.address).await?;
    let page = connection.get("/account/sign-in", "accept: text/html\r\n").await?;
    let page = String::from_utf8_lossy(page.body).into_owned();
    let path = page
        .split(['"', '\''])
        .find_map(|text| text.split_once(".wasm").map(|(name, _)| format!("{name}.wasm")))
        .filter(|path| path.starts_with("/pkg/"))
        .ok_or("the sign-in page names no wasm")?;
    let file = connection.get(&path, "accept-encoding: br\r\n").await?;
    if file.status != 200 {
        return Err(format!("{path} was answered {}", file.status).into());
    }
    megabytes(file.body.len())
}
