//! Instances that are kept from one request to the next, for guests that are slow to start.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::Store;

use crate::call::Call;
use crate::limits::WarmPool;
use crate::world::Guests;

/// Instances that wait. An instance is taken out for a call and comes back only when the call went well.
pub(crate) struct Warm {
    pool: Option<WarmPool>,
    waiting: Mutex<Vec<Kept>>,
}

/// One instance between two calls, or before its first.
pub(crate) struct Kept {
    pub(crate) store: Store<Call>,
    pub(crate) guests: Guests,
    /// Requests it has served.
    pub(crate) uses: u32,
    pub(crate) since: Instant,
}

impl Kept {
    pub(crate) fn new(store: Store<Call>, guests: Guests, uses: u32) -> Self {
        Self { store, guests, uses, since: Instant::now() }
    }
}

impl Warm {
    pub(crate) fn new(pool: Option<WarmPool>) -> Self {
        Self { pool, waiting: Mutex::default() }
    }

    /// The one that served last: its memory is the likeliest to be in the caches.
    pub(crate) fn take(&self) -> Option<Kept> {
        self.pool?;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps an instance; gives it back when it is not to serve again.
    pub(crate) fn put(&self, kept: Kept) -> Option<Kept> {
        let serves_again = |pool: &WarmPool| kept.uses < pool.uses && !kept.store.data().handles.too_many();
        let Some(pool) = self.pool.filter(serves_again) else { return Some(kept) };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= pool.size as usize {
            return Some(kept);
        }
        waiting.push(kept);
        None
    }

    pub(crate) fn reap(&self) {
        let Some(pool) = self.pool else { return };
        let idle = Duration::from_millis(pool.idle_ms);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (stay, go): (Vec<Kept>, Vec<Kept>) =
            waiting.drain(..).partition(|kept| kept.since.elapsed() < idle);
        *waiting = stay;
        drop(waiting);
        drop(go);
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
