//! The password hash, on one thread for each core that keeps its memory.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Hasher, Params, Version};
use tokio::sync::oneshot;

use crate::{Outcome, PASSWORD, process};

type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

/// The pool.
pub struct Hashing(Sender<Job>);

fn argon2() -> Outcome<Argon2> {
    let params = Params::builder()
        .memory(Memory::kib(19_456))
        .passes(2)
        .lanes(1)
        .threads(1)
        .tag_len(TagLen::bytes(32))
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn salt() -> Outcome<[u8; 16]> {
    let mut salt = [0; 16];
    fill(&mut salt)?;
    Ok(salt)
}

/// Randomness of the operating system.
#[expect(clippy::disallowed_methods, reason = "the floor shares no code with Sereno")]
pub fn fill(bytes: &mut [u8]) -> Outcome<()> {
    Ok(getrandom::fill(bytes).map_err(|error| error.to_string())?)
}

impl Hashing {
    /// Starts the threads.
    pub fn start() -> Self {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || work(&waiting));
        }
        Self(jobs)
    }

    async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut Hasher) -> T + Send + 'static) -> Outcome<T> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(Box::new(move |hasher| drop(answer.send(job(hasher)))))
            .map_err(|_| "no thread is left to hash")?;
        Ok(answered.await?)
    }

    /// A hash in the PHC format.
    pub async fn hash(&self, password: String) -> Outcome<String> {
        let salt = salt()?;
        let hashed = self
            .run(move |hasher| hasher.hash_encoded(password.as_bytes(), &salt))
            .await?;
        Ok(hashed.map_err(|error| error.to_string())?)
    }

    /// Whether it is the password.
    pub async fn verify(&self, password: String, hash: String) -> Outcome<bool> {
        self.run(move |hasher| {
            hasher
                .verify_encoded(&hash, password.as_bytes(), Algorithm::Argon2id)
                .is_ok()
        })
        .await
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    let Ok(argon2) = argon2() else { return };
    let mut hasher = argon2.hasher();
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut hasher),
            Err(_) => return,
        }
    }
}

/// Processor time of one hash in a loop that does nothing else.
pub fn milliseconds_of_one() -> Outcome<f64> {
    const TIMES: u32 = 100;
    let mut hasher = argon2()?.hasher();
    let (mut hash, salt) = ([0; 32], salt()?);
    let mut once = || {
        hasher
            .hash_into(PASSWORD.as_bytes(), &salt, &mut hash)
            .map_err(|error| error.to_string())
    };
    once()?;
    let before = process::cpu_ms("self")?;
    for _ in 0..TIMES {
        once()?;
    }
    Ok((process::cpu_ms("self")? - before) / f64::from(TIMES))
}
