//! The workers that hash: threads of their own, so that no async worker ever waits for a hash, with a bounded queue in
//! front of them. Each keeps its Argon2 memory between hashes, because mapping and touching 19 MiB anew costs a quarter
//! of a hash, and gives it back after some idle seconds, because an idle server should be small.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use argon2_rust::Argon2;
use sereno_types::Code;
use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// Memory for one Argon2 at a time; empty until the first.
pub(super) type Arena = argon2_rust::Hasher;

type Job = Box<dyn FnOnce(&mut Arena) + Send>;

/// How long an idle worker keeps its memory.
const KEEP: Duration = Duration::from_secs(10);

pub(super) struct Pool {
    shared: Arc<Shared>,
    limit: usize,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    runs: AtomicU64,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Pool {
    pub(super) fn start(argon2: Argon2, threads: usize, limit: usize) -> Result<Self> {
        if limit == 0 {
            return Err(Error::internal("the password queue must have room for one"));
        }
        let threads = match threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let pool = Self {
            shared: Arc::new(Shared {
                queue: Mutex::default(),
                wake: Condvar::new(),
                runs: AtomicU64::new(0),
            }),
            limit,
        };
        for number in 1..=threads {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || shared.work(argon2))
                .map_err(Error::internal)?;
        }
        Ok(pool)
    }

    /// Does one job, which is one hash, on a worker. Refuses at once when too many are waiting. A caller that goes away
    /// before its turn costs nothing.
    pub(super) async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut Arena) -> T + Send + 'static) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        self.enqueue(Box::new(move |arena| {
            if !answer.is_closed() {
                shared.runs.fetch_add(1, Ordering::Relaxed);
                drop(answer.send(job(arena)));
            }
        }))?;
        answered.await.map_err(|_| Error::internal("a password job panicked"))
    }

    pub(super) fn runs(&self) -> u64 {
        self.shared.runs.load(Ordering::Relaxed)
    }

    pub(super) fn queued(&self) -> usize {
        self.shared.lock().jobs.len()
    }

    fn enqueue(&self, job: Job) -> Result<()> {
        let mut queue = self.shared.lock();
        if queue.jobs.len() >= self.limit {
            return Err(Error::Refused {
                code: Code::Overloaded,
                fields: Vec::new(),
                retry_after: Some(1),
                reason: None,
            });
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    /// A worker's life.
    fn work(&self, argon2: Argon2) {
        let mut arena = argon2.hasher();
        while let Some(job) = self.next(&mut arena) {
            // the caller learns of a panic because its answer never comes; the worker goes on with fresh memory
            if catch_unwind(AssertUnwindSafe(|| job(&mut arena))).is_err() {
                arena = argon2.hasher();
            }
        }
    }

    /// Waits for the next job; `None` when the pool is gone.
    fn next(&self, arena: &mut Arena) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.closed {
                return None;
            }
            if arena.reserved_blocks() == 0 {
                queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (woken, waited) = self
                .wake
                .wait_timeout(queue, KEEP)
                .unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            if waited.timed_out() && queue.jobs.is_empty() {
                arena.clear();
            }
        }
    }

    /// The queue is whole at every moment the lock is free, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
