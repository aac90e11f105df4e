//! Processes from outside: where they listen, what they cost, how they end. And the folder all of them work in.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Connection;
use crate::postgres::Postgres;

/// The kernel counts processor time in hundredths of a second.
const TICK_MS: f64 = 10.0;
/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that answers.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the command to its first 200.
    pub started_in: Duration,
    /// Whether it works its own queue.
    pub works_queue: bool,
    /// Whether a facade is switched on.
    pub has_facade: bool,
    /// Where its mails land.
    pub mails: Option<PathBuf>,
    /// The server of its database, if it is not embedded.
    pub database: Option<Postgres>,
}

impl Server {
    /// Starts the command and waits for `path` to answer 200.
    pub async fn start(mut command: Command, address: SocketAddr, path: &str) -> Outcome<Self> {
        let began = Instant::now();
        let child = command.spawn()?;
        let mut server = Self {
            child,
            address,
            started_in: Duration::ZERO,
            works_queue: false,
            has_facade: false,
            mails: None,
            database: None,
        };
        while !server.answers(path).await {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended before it answered: {status}").into());
            }
            if began.elapsed() > PATIENCE {
                return Err("the server does not answer".into());
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        server.started_in = began.elapsed();
        Ok(server)
    }

    async fn answers(&self, path: &str) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else {
            return false;
        };
        connection.get(path, "").await.is_ok_and(|answer| answer.status == 200)
    }

    /// Milliseconds of processor time so far, with children that ended and the database's own server.
    pub fn cpu_ms(&self) -> Outcome<f64> {
        let database = self.database.as_ref().map_or(Ok(0.0), Postgres::cpu_ms)?;
        Ok(cpu_ms(&self.child.id().to_string())? + database)
    }

    /// Megabytes of memory, shared pages by their share (PSS).
    pub fn memory_mb(&self) -> Outcome<f64> {
        memory_mb(self.child.id())
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until what was asked for is also done: the mails are written and the processor rests.
    pub async fn settle(&self, mails: u64) -> Outcome<()> {
        let began = Instant::now();
        if let Some(folder) = &self.mails {
            while count(folder) < mails {
                if began.elapsed() > PATIENCE * 6 {
                    return Err(format!("only {} of {mails} mails were written", count(folder)).into());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let mut before = self.cpu_ms()?;
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.cpu_ms()?;
            if now - before <= TICK_MS {
                return Ok(());
            }
            before = now;
        }
    }

    /// How many mails were written so far.
    pub fn mails_written(&self) -> u64 {
        self.mails.as_deref().map_or(0, count)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM, so that SQLite folds its log back into the file
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn count(folder: &Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count() as u64)
}

/// Processor time of `/proc/<pid>`, or of `self`.
pub fn cpu_ms(pid: &str) -> Outcome<f64> {
    // utime, stime, cutime and cstime
    let ticks: f64 = stat(pid)?.iter().skip(11).take(4).sum();
    Ok(ticks * TICK_MS)
}

/// Processor time of a process, of its children, and of those that ended.
pub fn family_cpu_ms(pid: u32) -> Outcome<f64> {
    let mut total = cpu_ms(&pid.to_string())?;
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // whatever is no process, or ended meanwhile
        if name
            .parse::<u32>()
            .is_ok_and(|child| parent(child).is_ok_and(|parent| parent == pid))
        {
            total += cpu_ms(&name).unwrap_or(0.0);
        }
    }
    Ok(total)
}

/// The process that started this one.
pub fn parent(pid: u32) -> Outcome<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(line
        .ok_or("the kernel does not tell the parent of a process")?
        .trim()
        .parse()?)
}

/// The figures of `/proc/<pid>/stat` after the state, which follows the command's name, which may hold anything.
fn stat(pid: &str) -> Outcome<Vec<f64>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit(')').next().unwrap_or("");
    // the state is no figure, and counts as one so that the places stay
    Ok(fields
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect())
}

/// Memory of a process in megabytes.
pub fn memory_mb(pid: u32) -> Outcome<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib: Option<f64> = text
        .lines()
        .find_map(|line| line.strip_prefix("Pss:")?.split_whitespace().next()?.parse().ok());
    Ok(kib.ok_or("the kernel does not tell the memory of a process")? * 1.024 / 1_000.0)
}

/// An address that nobody listens on.
pub fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A temporary folder that goes when the run ends.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it.
    pub fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("sereno-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
