//! Who listens while a test runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::error::{Error, Result};
use crate::event::{Event, EventKind, Subscriber};
use crate::intent::{Intent, IntentKind};

/// Everything that was published and, from when the test says so, everything that was about to happen.
#[derive(Default)]
pub struct Recorder {
    events: Mutex<Vec<Event>>,
    intents: Mutex<Option<Intents>>,
}

/// What was about to happen, and what is refused.
#[derive(Default)]
struct Intents {
    asked: Vec<Intent>,
    refused: Vec<IntentKind>,
}

impl Recorder {
    /// The kinds, in order.
    pub fn kinds(&self) -> Vec<EventKind> {
        held(&self.events).iter().map(|event| event.kind).collect()
    }

    /// From now on it wants to be asked about everything, and refuses these with the reason `no`.
    pub fn refuse(&self, kinds: &[IntentKind]) {
        held(&self.intents).get_or_insert_default().refused = kinds.to_vec();
    }

    /// What was about to happen since the last time this was asked, in order.
    pub fn intents(&self) -> Vec<Intent> {
        let mut intents = held(&self.intents);
        std::mem::take(&mut intents.get_or_insert_default().asked)
    }

    /// How many of a kind.
    pub fn count(&self, kind: EventKind) -> usize {
        self.kinds().into_iter().filter(|found| *found == kind).count()
    }
}

#[async_trait]
impl Subscriber for Recorder {
    fn published(&self, event: &Event) {
        held(&self.events).push(event.clone());
    }

    fn wants(&self, _kind: IntentKind) -> bool {
        held(&self.intents).is_some()
    }

    async fn before(&self, intent: &Intent) -> Result<()> {
        let mut intents = held(&self.intents);
        let intents = intents.get_or_insert_default();
        intents.asked.push(intent.clone());
        if intents.refused.contains(&intent.kind) {
            return Err(Error::by_hook("no".to_owned()));
        }
        Ok(())
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
