//! The table.

use crate::figures::Figure;
use crate::load::Round;
use crate::workload::Workload;
use crate::{CONNECTIONS, Outcome, ROUNDS, USERS};

/// Most times the processor time of Sereno's own door that a facade may take.
const BESIDE: f64 = 1.1;

/// A workload's rounds.
pub struct Row {
    /// Which.
    pub workload: Workload,
    /// Of the release binary.
    pub sereno: Vec<Round>,
    /// Of the floor.
    pub floor: Vec<Round>,
}

impl Row {
    /// Before the first round.
    pub const fn new(workload: Workload) -> Self {
        Self {
            workload,
            sereno: Vec::new(),
            floor: Vec::new(),
        }
    }

    /// Processor time by the floor's, round by round.
    fn ratios(&self) -> Vec<f64> {
        let pairs = self.sereno.iter().zip(&self.floor);
        pairs.map(|(sereno, floor)| sereno.cpu_ms / floor.cpu_ms).collect()
    }

    fn line(&self) -> String {
        let sereno = |of: fn(&Round) -> f64| of_rounds(&self.sereno, of);
        let measured = format!(
            "{:<34} {:>9.0} {:>8.2} {:>8.2} {:>8.2} {:>9.4}",
            self.workload.title(),
            sereno(|round| round.per_second),
            sereno(|round| round.millis_of(50)),
            sereno(|round| round.millis_of(95)),
            sereno(|round| round.millis_of(99)),
            sereno(|round| round.cpu_ms),
        );
        let enough = self.workload.least().map_or_else(String::new, |least| {
            let met = sereno(|round| round.per_second) >= least;
            format!("  ≥ {least}/s {}", if met { "met" } else { "not met" })
        });
        let slow = self.workload.slowest().map_or_else(String::new, |most| {
            let met = sereno(|round| round.millis_of(99)) <= most;
            format!("  p99 ≤ {most} ms {}", if met { "met" } else { "not met" })
        });
        let enough = enough + &slow;
        let Some((goal, halfway)) = self.workload.goal().filter(|_| !self.floor.is_empty()) else {
            return format!("{measured}{enough}");
        };
        let ratios = self.ratios();
        let ratio = median(&ratios);
        let spread = format!(
            "{:.2}–{:.2}",
            ratios.iter().copied().fold(f64::INFINITY, f64::min),
            ratios.iter().copied().fold(0.0, f64::max)
        );
        let verdict = match halfway {
            _ if ratio <= goal => "met".to_owned(),
            Some(halfway) if ratio <= halfway => format!("halfway (≤ {halfway})"),
            _ => "not met".to_owned(),
        };
        format!(
            "{measured} {:>9.4} {ratio:>6.2} {spread:>11} {:>6} {verdict}{enough}",
            of_rounds(&self.floor, |round| round.cpu_ms),
            format!("≤ {goal}"),
        )
    }
}

/// What a facade costs by what the same costs at Sereno's own door, where both were measured.
fn beside(row: &Row, rows: &[Row]) -> String {
    let native = row.workload.native();
    let Some(native) = rows.iter().find(|row| Some(row.workload) == native) else {
        return String::new();
    };
    let cpu = |row: &Row| of_rounds(&row.sereno, |round| round.cpu_ms);
    let ratio = cpu(row) / cpu(native);
    let verdict = if ratio <= BESIDE { "met" } else { "not met" };
    format!("  {ratio:.2} of {} ≤ {BESIDE} {verdict}", native.workload.title())
}

/// The median of something over rounds.
pub fn of_rounds(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median(&rounds.iter().map(of).collect::<Vec<_>>())
}

/// The one in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints everything.
pub fn print(database: &str, rows: &[Row], figures: &[Figure]) -> Outcome<()> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!(
        "\n{USERS} users on {database}, {CONNECTIONS} connections, medians of {ROUNDS} rounds in turns with the floor; load average {}\n",
        load.split(' ').next().unwrap_or("")
    );
    println!(
        "{:<34} {:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>6} {:>11} {:>6}",
        "", "ops/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms/op", "floor", "ratio", "spread", "goal"
    );
    for row in rows {
        println!("{}{}", row.line(), beside(row, rows));
    }
    println!();
    for Figure {
        what,
        value,
        unit,
        goal,
    } in figures
    {
        let verdict = goal.map_or_else(String::new, |goal| {
            let verdict = if *value <= goal { "met" } else { "not met" };
            format!("≤ {goal} {verdict}")
        });
        println!("{what:<44} {value:>8.1} {unit:<7} {verdict}");
    }
    Ok(())
}
