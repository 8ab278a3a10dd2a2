//! Instances that are kept from one request to the next, for guests that are slow to start.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::Store;
use wasmtime::component::Instance;

use crate::call::Call;
use crate::limits::WarmPool;

/// Instances that wait. An instance is taken out for a call and comes back only when the call went well.
pub(crate) struct Warm {
    pool: Option<WarmPool>,
    waiting: Mutex<Vec<Kept>>,
}

/// One instance that has served and may serve again.
pub(crate) struct Kept {
    pub(crate) store: Store<Call>,
    pub(crate) instance: Instance,
    /// Requests it has served.
    pub(crate) uses: u32,
    since: Instant,
}

impl Kept {
    pub(crate) fn new(store: Store<Call>, instance: Instance, uses: u32) -> Self {
        Self { store, instance, uses, since: Instant::now() }
    }
}

impl Warm {
    pub(crate) fn new(pool: Option<WarmPool>) -> Self {
        Self { pool, waiting: Mutex::default() }
    }

    pub(crate) fn keeps(&self) -> bool {
        self.pool.is_some()
    }

    /// The one that served last: its memory is the likeliest to be in the caches.
    pub(crate) fn take(&self) -> Option<Kept> {
        self.pool?;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(crate) fn put(&self, kept: Kept) {
        let Some(pool) = self.pool else { return };
        if kept.uses >= pool.uses {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < pool.size as usize {
            waiting.push(kept);
            return;
        }
        // Giving an instance back takes a while, and others wait for the lock.
        drop(waiting);
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
