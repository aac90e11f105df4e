//! One round: so many connections ask one server for so long, and every answer is looked at.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};

use crate::Outcome;
use crate::client::Connection;
use crate::process::Server;
use crate::workload::{Driver, Workload};

/// What a round came to.
pub struct Round {
    /// Answers in a second.
    pub per_second: f64,
    /// Processor time of the server for one answer.
    pub cpu_ms: f64,
    /// Most memory of the server that was seen.
    pub peak_mb: f64,
    /// Microseconds of every answer, in order.
    micros: Vec<u32>,
}

impl Round {
    /// The time within which so many of a hundred answers came.
    pub fn millis_of(&self, percent: usize) -> f64 {
        let at = self.micros.len() * percent / 100;
        self.micros
            .get(at)
            .map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }
}

/// What the connections share.
#[derive(Default)]
struct Seen {
    micros: Vec<u32>,
    wrong: BTreeMap<String, u64>,
    peak_mb: f64,
}

/// Runs a round. The first tenth is not measured.
pub async fn round(server: &Server, workload: Workload, span: Duration, round: usize) -> Outcome<Round> {
    let mut drivers = Vec::new();
    for number in 0..workload.connections() {
        drivers.push((
            Driver::prepare(workload, round, number, server.address).await?,
            Connection::open(server.address).await?,
        ));
    }
    let mails = server.mails_written();
    drivers = ask(server, drivers, span / 10).await?.0;
    let owed = mails + drivers.iter().map(|(driver, _)| driver.mails_owed()).sum::<u64>();
    server.settle(if server.works_queue { owed } else { 0 }).await?;
    let (cpu, began) = (server.cpu_ms()?, Instant::now());
    let (drivers, seen) = ask(server, drivers, span).await?;
    let elapsed = began.elapsed().as_secs_f64();
    let owed = mails + drivers.iter().map(|(driver, _)| driver.mails_owed()).sum::<u64>();
    if workload == Workload::Register && server.works_queue {
        server.settle(owed).await?;
    }
    let cpu = server.cpu_ms()? - cpu;
    let Seen {
        mut micros,
        wrong,
        peak_mb,
    } = seen;
    if !wrong.is_empty() {
        let lines: Vec<String> = wrong
            .iter()
            .map(|(what, times)| format!("  {times} × {what}"))
            .collect();
        return Err(format!("wrong answers to {}:\n{}", workload.name(), lines.join("\n")).into());
    }
    micros.sort_unstable();
    let answers = f64::from(u32::try_from(micros.len())?);
    Ok(Round {
        per_second: answers / elapsed,
        cpu_ms: cpu / answers,
        peak_mb,
        micros,
    })
}

type Connected = (Driver, Connection);

async fn ask(server: &Server, drivers: Vec<Connected>, span: Duration) -> Outcome<(Vec<Connected>, Seen)> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let until = Instant::now() + span;
    let local = LocalSet::new();
    let mut running = JoinSet::new();
    for (mut driver, mut connection) in drivers {
        let seen = Rc::clone(&seen);
        running.spawn_local_on(
            async move {
                while Instant::now() < until {
                    let asked = Instant::now();
                    let verdict = match connection.call(driver.request()).await {
                        Ok(answer) => driver.answered(&answer),
                        Err(error) => Err(error.to_string()),
                    };
                    let micros = u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX);
                    let mut seen = seen.borrow_mut();
                    seen.micros.push(micros);
                    if let Err(wrong) = verdict {
                        *seen.wrong.entry(wrong).or_default() += 1;
                        break;
                    }
                }
                (driver, connection)
            },
            &local,
        );
    }
    let (watched, id) = (Rc::clone(&seen), server.id());
    let watching = local.spawn_local(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            if let Ok(now) = crate::process::memory_mb(id) {
                let mut seen = watched.borrow_mut();
                seen.peak_mb = seen.peak_mb.max(now);
            }
        }
    });
    let drivers = local
        .run_until(async {
            let mut drivers = Vec::new();
            while let Some(ended) = running.join_next().await {
                drivers.push(ended?);
            }
            watching.abort();
            Outcome::Ok(drivers)
        })
        .await?;
    let seen = seen.take();
    Ok((drivers, seen))
}
