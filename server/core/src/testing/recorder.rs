//! Who listens while a test runs.

use std::sync::{Mutex, PoisonError};

use crate::event::{Event, EventKind, Subscriber};

/// Everything that was published.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// The kinds, in order.
    pub fn kinds(&self) -> Vec<EventKind> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|event| event.kind)
            .collect()
    }

    /// How many of a kind.
    pub fn count(&self, kind: EventKind) -> usize {
        self.kinds().into_iter().filter(|found| *found == kind).count()
    }
}

impl Subscriber for Recorder {
    fn published(&self, event: &Event) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event.clone());
    }
}

/// The texts of the statements that were run, without their values. The beginning and the end of a transaction are not
/// among them.
#[derive(Default)]
pub struct Statements(Mutex<Vec<String>>);

impl Statements {
    pub(super) fn add(&self, sql: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sql.to_owned());
    }

    /// Those since the last time this was asked, in order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
