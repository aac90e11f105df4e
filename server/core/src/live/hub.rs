//! Who listens in this process: how many may, and the way by which each is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sereno_types::{Code, Notification};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::feed;
use crate::clock::Moment;
use crate::context::Sereno;
use crate::error::Result;

/// Notifications that may wait for one connection; whoever is slower is let go.
const BACKLOG: usize = 64;

/// Everybody who listens in this process.
#[derive(Clone, Default)]
pub struct Hub(Arc<Shared>);

#[derive(Default)]
struct Shared {
    open: AtomicUsize,
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    by_user: HashMap<Uuid, Vec<Listener>>,
    next: u64,
    /// Whether somebody reads the events for all of them.
    fed: bool,
}

struct Listener {
    number: u64,
    since: Moment,
    tell: mpsc::Sender<Notification>,
}

/// One open connection of the process, whether or not it is known whose.
pub struct Place(Hub);

/// Somebody who listens, until this is dropped.
pub struct Listening {
    hub: Hub,
    user_id: Uuid,
    number: u64,
    told: mpsc::Receiver<Notification>,
}

impl Hub {
    /// Connections that are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Acquire)
    }

    /// Room for one more connection.
    ///
    /// # Errors
    /// `overloaded`.
    pub fn place(&self, sereno: &Sereno) -> Result<Place> {
        // every connection holds one of the listener's places too, and requests need some
        let most = sereno
            .config
            .live
            .connections
            .min(sereno.config.server.max_connections / 2);
        let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
        let raise = |open: usize| (open < most).then_some(open + 1);
        match self.0.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, raise) {
            Ok(_) => Ok(Place(self.clone())),
            Err(_) => Err(Code::Overloaded.into()),
        }
    }

    /// Hears what happens to this user from now on.
    ///
    /// # Errors
    /// `too_many_connections`.
    pub fn listen(&self, sereno: &Sereno, user_id: Uuid) -> Result<Listening> {
        let most = usize::try_from(sereno.config.live.connections_per_user).unwrap_or(usize::MAX);
        let mut listeners = self.listeners();
        if listeners
            .by_user
            .get(&user_id)
            .is_some_and(|theirs| theirs.len() >= most)
        {
            return Err(Code::TooManyConnections.into());
        }
        let (tell, told) = mpsc::channel(BACKLOG);
        listeners.next += 1;
        let number = listeners.next;
        let since = sereno.now();
        let listener = Listener { number, since, tell };
        listeners.by_user.entry(user_id).or_default().push(listener);
        if !std::mem::replace(&mut listeners.fed, true) {
            tokio::spawn(feed::feed(sereno.clone(), self.clone(), since));
        }
        drop(listeners);
        Ok(Listening {
            hub: self.clone(),
            user_id,
            number,
            told,
        })
    }

    /// Tells everybody who listens to this user, and did so when it happened.
    pub(super) fn tell(&self, user_id: Uuid, at: Moment, notification: &Notification) {
        let mut listeners = self.listeners();
        if let Some(theirs) = listeners.by_user.get_mut(&user_id) {
            // whoever does not keep up loses the way to be told, and finds that out by itself
            theirs.retain(|listener| at < listener.since || listener.tell.try_send(notification.clone()).is_ok());
        }
    }

    /// Whether nobody listens any more; the next one to come is fed anew then.
    pub(super) fn is_deserted(&self) -> bool {
        let mut listeners = self.listeners();
        let deserted = listeners.by_user.is_empty();
        if deserted {
            listeners.fed = false;
        }
        deserted
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    /// The next notification; nothing when this connection did not keep up.
    pub async fn next(&mut self) -> Option<Notification> {
        self.told.recv().await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut listeners = self.hub.listeners();
        if let Some(theirs) = listeners.by_user.get_mut(&self.user_id) {
            theirs.retain(|listener| listener.number != self.number);
            if theirs.is_empty() {
                listeners.by_user.remove(&self.user_id);
            }
        }
    }
}
