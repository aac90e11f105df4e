//! Whether a refused sign-in tells by its time what it was refused for: the same wrong password for accounts of three
//! kinds, in turns, one at a time. Shown, not judged: the tests compare what is done, not how long it takes.

use std::time::Instant;

use serde_json::json;

use crate::client::Connection;
use crate::process::Server;
use crate::table::median;
use crate::{Outcome, seed};

/// Tries of each kind.
const TRIES: u32 = 150;

/// Prints the medians.
pub async fn print(server: &Server) -> Outcome<()> {
    let mut connection = Connection::open(server.address).await?;
    let pending = "pending@bench.example";
    let body = json!({ "email": pending, "password": crate::PASSWORD }).to_string();
    connection
        .post("/api/v1/registrations", "application/json", &body)
        .await?;
    let existing = seed::address(7);
    let kinds = [
        ("unknown", "nobody@bench.example"),
        ("active", existing.as_str()),
        ("pending", pending),
    ];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..TRIES {
        for (times, (kind, identifier)) in times.iter_mut().zip(kinds) {
            let body = json!({ "identifier": identifier, "password": "not the password" }).to_string();
            let asked = Instant::now();
            let answer = connection.post("/api/v1/login", "application/json", &body).await?;
            times.push(asked.elapsed().as_secs_f64() * 1_000.0);
            if answer.status != 401 {
                return Err(format!("a wrong password for an {kind} account was answered {}", answer.status).into());
            }
        }
    }
    println!("\na wrong password, one at a time, medians of {TRIES}:");
    for (times, (kind, _)) in times.iter().zip(kinds) {
        println!(
            "{:<44} {:>8.2} ms",
            format!("for an account that is {kind}"),
            median(times)
        );
    }
    Ok(())
}
