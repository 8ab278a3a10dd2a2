//! Signing keys, derived once and kept.

use crate::{Credentials, Scope, TERMINATOR};
use arc_swap::ArcSwap;
use ring::hmac::{HMAC_SHA256, Key, sign};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many keys a cache holds unless told otherwise: a day's, for as many access keys times regions and services.
pub const DEFAULT_KEYS: usize = 1024;

/// Keeps the keys that four HMACs derive from a secret, day, region and service.
///
/// Reading takes no lock and writes nothing that another core reads. A key is found by a hash of the whole
/// credentials: one that was derived from an earlier secret of the same access key is never found again.
/// When it is full, keys of earlier days make room, or else the one that was derived first.
pub struct KeyCache {
    /// Sorted by what they are found by.
    entries: ArcSwap<Vec<Arc<Entry>>>,
    capacity: usize,
    derived: AtomicU64,
}

struct Entry {
    fingerprint: [u8; 32],
    day: Box<str>,
    region: Box<str>,
    service: Box<str>,
    /// Counts up: tells which was derived first.
    number: u64,
    key: Key,
}

impl KeyCache {
    /// A cache of at most so many keys, and at least one; a key takes about half a kilobyte.
    pub fn new(capacity: usize) -> Self {
        Self { entries: ArcSwap::default(), capacity: capacity.max(1), derived: AtomicU64::new(0) }
    }

    /// How many keys are kept.
    pub fn len(&self) -> usize {
        self.entries.load().len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys were derived so far: each is a signature that did not find its key.
    pub fn derived(&self) -> u64 {
        self.derived.load(Relaxed)
    }

    /// Calls `with` with the key for a day, e.g. `20130524`.
    pub(crate) fn with<T>(
        &self,
        credentials: &Credentials,
        day: &str,
        scope: &Scope<'_>,
        with: impl FnOnce(&Key) -> T,
    ) -> T {
        let entries = self.entries.load();
        match entries.binary_search_by(|entry| entry.cmp(credentials, day, scope)) {
            Ok(at) => with(&entries[at].key),
            Err(_) => {
                drop(entries);
                let key = derive(credentials, day, scope);
                let result = with(&key);
                self.insert(&Arc::new(Entry {
                    fingerprint: *credentials.fingerprint(),
                    day: day.into(),
                    region: scope.region.into(),
                    service: scope.service.into(),
                    number: self.derived.fetch_add(1, Relaxed),
                    key,
                }));
                result
            }
        }
    }

    fn insert(&self, new: &Arc<Entry>) {
        self.entries.rcu(|entries| {
            let mut kept = Vec::with_capacity(entries.len() + 1);
            kept.extend(entries.iter().cloned());
            let place = |kept: &[Arc<Entry>]| kept.binary_search_by(|entry| entry.order(new));
            if place(&kept).is_ok() {
                // Another thread was faster.
                return kept;
            }
            if kept.len() >= self.capacity {
                kept.retain(|entry| entry.day >= new.day);
            }
            if kept.len() >= self.capacity {
                let first = kept.iter().map(|entry| entry.number).min();
                kept.retain(|entry| Some(entry.number) != first);
            }
            if let Err(at) = place(&kept) {
                kept.insert(at, Arc::clone(new));
            }
            kept
        });
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        Self::new(DEFAULT_KEYS)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache")
            .field("keys", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Entry {
    fn cmp(&self, credentials: &Credentials, day: &str, scope: &Scope<'_>) -> Ordering {
        let mine = (&self.fingerprint, &*self.day, &*self.region, &*self.service);
        mine.cmp(&(credentials.fingerprint(), day, scope.region, scope.service))
    }

    fn order(&self, other: &Self) -> Ordering {
        let theirs = (&other.fingerprint, &other.day, &other.region, &other.service);
        (&self.fingerprint, &self.day, &self.region, &self.service).cmp(&theirs)
    }
}

fn derive(credentials: &Credentials, day: &str, scope: &Scope<'_>) -> Key {
    let secret = ["AWS4", credentials.secret_access_key()].concat();
    let mut key = Key::new(HMAC_SHA256, secret.as_bytes());
    for part in [day, scope.region, scope.service, TERMINATOR] {
        key = Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref());
    }
    key
}
