//! `make bench`: measures the release binary (`SERENO_BIN`) with 10,000 users on SQLite, in turns with a *floor*: the
//! least that could do the same work (bare axum, prepared statements, the same hash and signature; no policy, no limits,
//! no audit). Prints one table. With `SERENO_BENCH_POSTGRES` (the URL of a PostgreSQL that is ours alone) the workloads
//! that ask a database are measured on it, without a floor. A missed goal is a figure, not a failure; a wrong answer is a failure.
//!
//! `SERENO_BENCH_SECONDS` is the length of a round (2). Names of workloads as arguments leave the others out.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod client;
mod figures;
mod floor;
mod load;
mod outbox;
mod postgres;
mod process;
mod refusals;
mod seed;
mod sereno;
mod table;
mod workload;

use std::time::Duration;

use workload::Workload;

/// What goes wrong is told in a sentence, and ends the run.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Keep-alive connections of a round.
const CONNECTIONS: usize = 16;
/// Rounds of each target; what is printed are medians over them.
const ROUNDS: usize = 3;
/// Users in either database.
const USERS: i64 = 10_000;
/// Everybody's password.
const PASSWORD: &str = "wheelbarrow at dawn";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, folder, address] = arguments.as_slice()
        && flag == floor::FLAG
    {
        return floor::serve(folder.as_ref(), address);
    }
    let only: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(&only))
}

async fn run(only: &[&str]) -> Outcome<()> {
    let seconds = std::env::var("SERENO_BENCH_SECONDS").map_or(Ok(2.0), |text| text.parse())?;
    let span = Duration::try_from_secs_f64(seconds)?;
    let folder = process::Folder::new()?;
    println!("preparing {USERS} users");
    let postgres = postgres::Postgres::from_env()?;
    let embedded = postgres.is_none();
    let house = sereno::House::build(folder.path(), postgres).await?;
    let floor = floor::start(&folder.path().join("floor")).await?;
    let mut rows = Vec::new();
    let mut server = house.start(true).await?;
    let mut figures = Vec::new();
    if embedded {
        figures.extend(figures::at_rest(&house, &server).await?);
    }
    let wanted = |workload: &Workload| {
        (only.is_empty() || only.contains(&workload.name())) && (embedded || workload.is_about_rows())
    };
    for workload in Workload::ALL.iter().copied().filter(wanted) {
        let (works_queue, facade) = (!workload.is_without_worker(), workload.native().is_some());
        if (works_queue, facade) != (server.works_queue, server.has_facade) {
            drop(server);
            server = if facade {
                house.start_with_facade().await?
            } else {
                house.start(works_queue).await?
            };
        }
        println!("measuring {}", workload.name());
        let mut row = table::Row::new(workload);
        for round in 0..ROUNDS {
            row.sereno.push(load::round(&server, workload, span, round).await?);
            // the floor stands on SQLite
            if embedded && workload.is_on_the_floor() {
                row.floor.push(load::round(&floor, workload, span, round).await?);
            }
        }
        rows.push(row);
    }
    if embedded {
        figures.extend(figures::after_load(&server, &rows).await?);
    }
    if embedded && (only.is_empty() || only.contains(&"outbox")) {
        println!("measuring outbox");
        // one server at a time works the queue
        drop(server);
        figures.extend(outbox::measure(&house).await?);
        server = house.start(true).await?;
    }
    let database = if embedded { "SQLite" } else { "PostgreSQL" };
    table::print(database, &rows, &figures)?;
    if embedded && only.is_empty() {
        refusals::print(&server).await?;
    }
    Ok(())
}
