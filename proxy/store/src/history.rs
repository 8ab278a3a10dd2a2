//! Which records changed lately, for those that follow.

use crate::Position;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most names that are remembered; about 1 MiB with long ones. Who is behind by more loads everything.
const NAMES_KEPT: usize = 10_000;

/// The commits of late, with those that are about to be made.
pub(crate) struct History {
    inner: Mutex<Inner>,
    published: Condvar,
}

struct Inner {
    /// The moment before the first of `entries`.
    base: Position,
    /// In order. Those after `latest` are announced but not made.
    entries: VecDeque<Entry>,
    /// Names in `entries`.
    names: usize,
    latest: Position,
}

/// A commit: kinds and names of the records that it changed.
pub(crate) struct Entry {
    pub(crate) position: Position,
    pub(crate) names: Vec<(String, String)>,
}

/// What is known about a moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// Nothing has happened since.
    Nothing,
    /// Something has.
    Something,
    /// It is not known what has.
    TooOld,
}

impl History {
    pub(crate) fn new(latest: Position) -> Self {
        let inner = Inner { base: latest, entries: VecDeque::new(), names: 0, latest };
        Self { inner: Mutex::new(inner), published: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code that runs below this lock can leave it half changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last commit that was made.
    pub(crate) fn latest(&self) -> Position {
        self.lock().latest
    }

    /// Tells of commits before they are made. Thereby whoever sees a commit in the store finds its names here.
    pub(crate) fn announce(&self, entries: Vec<Entry>) {
        let mut inner = self.lock();
        inner.names += entries.iter().map(Entry::weight).sum::<usize>();
        inner.entries.extend(entries);
    }

    /// Says how it went: all announced commits up to `latest` were made, and no others.
    pub(crate) fn settle(&self, latest: Position) {
        let mut inner = self.lock();
        inner.latest = latest;
        while let Some(entry) = inner.entries.pop_back_if(|entry| entry.position.revision > latest.revision) {
            inner.names -= entry.weight();
        }
        while inner.names > NAMES_KEPT {
            let Some(entry) = inner.entries.pop_front() else { break };
            inner.names -= entry.weight();
            inner.base = entry.position;
        }
        self.published.notify_all();
    }

    /// Forgets everything: whoever follows must load, unless it is at `latest` already.
    pub(crate) fn restart(&self, latest: Position) {
        *self.lock() = Inner { base: latest, entries: VecDeque::new(), names: 0, latest };
        self.published.notify_all();
    }

    /// Waits until there is something after a moment.
    pub(crate) fn wait(&self, since: Position, timeout: Duration) -> Since {
        let end = Instant::now().checked_add(timeout);
        let mut inner = self.lock();
        loop {
            match inner.since(since) {
                Since::Nothing => {}
                known => return known,
            }
            let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Since::Nothing;
            }
            inner = match self.published.wait_timeout(inner, left) {
                Ok((inner, _)) => inner,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// The names of all records that changed after one moment and up to another; `None` when they are not known.
    pub(crate) fn names(&self, since: Position, up_to: Position) -> Option<BTreeSet<(String, String)>> {
        let inner = self.lock();
        if inner.since(since) == Since::TooOld {
            return None;
        }
        // What the store has must be known here too: it is not when a restart came in between.
        if up_to != inner.base && !inner.entries.iter().any(|entry| entry.position == up_to) {
            return None;
        }
        let between = since.revision + 1..=up_to.revision;
        let entries = inner.entries.iter().filter(|entry| between.contains(&entry.position.revision));
        Some(entries.flat_map(|entry| entry.names.iter().cloned()).collect())
    }
}

impl Inner {
    fn since(&self, since: Position) -> Since {
        if since == self.latest {
            return Since::Nothing;
        }
        let made = self.entries.iter().take_while(|entry| entry.position.revision <= self.latest.revision);
        if since == self.base || made.map(|entry| entry.position).any(|position| position == since) {
            return Since::Something;
        }
        Since::TooOld
    }
}

impl Entry {
    /// How much of [`NAMES_KEPT`] it takes. One without names takes something too.
    fn weight(&self) -> usize {
        self.names.len() + 1
    }
}
