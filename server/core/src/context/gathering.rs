//! Asks of one kind that come in while earlier ones are being answered, so that they are answered together. On SQLite,
//! where all writing goes over one connection, a group shares one transaction: one commit, and one trip to the writer's
//! thread for each statement, instead of one for each caller.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Those who wait.
pub struct Gathering<T>(Mutex<Waiting<T>>);

struct Waiting<T> {
    asks: Vec<T>,
    served: bool,
}

impl<T> Default for Gathering<T> {
    fn default() -> Self {
        Self(Mutex::new(Waiting {
            asks: Vec::new(),
            served: false,
        }))
    }
}

impl<T> Gathering<T> {
    /// Joins those who wait. Whoever gets `Some` has to serve, in a task that no caller can end.
    pub fn join(&self, ask: T) -> Option<Duty> {
        let mut waiting = self.lock();
        waiting.asks.push(ask);
        let is_first = !std::mem::replace(&mut waiting.served, true);
        is_first.then_some(Duty(()))
    }

    /// The next group, in the order they came; `None` ends the duty.
    pub fn next(&self, duty: Duty, most: usize) -> Option<(Duty, Vec<T>)> {
        let mut waiting = self.lock();
        let count = waiting.asks.len().min(most);
        if count == 0 {
            waiting.served = false;
            return None;
        }
        Some((duty, waiting.asks.drain(..count).collect()))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The duty to serve until nobody waits. Only one at a time has it.
#[must_use]
pub struct Duty(());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_serves_and_the_others_wait() {
        let gathering = Gathering::default();
        let duty = gathering.join(1).expect("the first serves");
        assert!(gathering.join(2).is_none());
        assert!(gathering.join(3).is_none());
        let (duty, group) = gathering.next(duty, 2).expect("some wait");
        assert_eq!(group, [1, 2]);
        assert!(gathering.join(4).is_none());
        let (duty, group) = gathering.next(duty, 2).expect("some wait");
        assert_eq!(group, [3, 4]);
        assert!(gathering.next(duty, 2).is_none());
        assert!(gathering.join(5).is_some());
    }
}
