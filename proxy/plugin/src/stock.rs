//! Instances made before anybody asks for them: a request that finds one does not wait for its own to be made.
//!
//! Each still serves one request only. It is made after a request was answered, in the place of the instance that this one
//! has used up, which is also given back then: both take longer than most calls.

use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::call::{HOSTCALL_BYTES, Stopped};
use crate::calling::FIRST_SLICE_TICKS;
use crate::host::Shared;
use crate::limits::WarmPool;
use crate::meter::{Meter, Metered};
use crate::plugin::Plugin;
use crate::warm::Kept;

/// How long an instance waits for the request it was made for: a plugin that nobody calls takes up no memory.
const IDLE: Duration = Duration::from_millis(WarmPool::DEFAULT_IDLE_MS);

/// Instances of one plugin that have served nobody.
pub(crate) struct Stock {
    /// The most that there are, counting those that are being made.
    count: u32,
    taken: Arc<AtomicU32>,
    waiting: Mutex<Vec<(Kept, Place)>>,
}

/// Room for one instance of a stock, of the plugin's and of the node's. Given back when dropped.
pub(crate) struct Place {
    taken: Arc<AtomicU32>,
    host: Arc<Shared>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
        self.host.stocked.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Stock {
    pub(crate) fn new(count: u32) -> Self {
        Self { count, taken: Arc::default(), waiting: Mutex::default() }
    }

    /// The one made last: its memory is the likeliest to be in the caches.
    pub(crate) fn take(&self) -> Option<Kept> {
        if self.count == 0 {
            return None;
        }
        let (kept, _place) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(kept)
    }

    pub(crate) fn reap(&self) {
        let long = |(kept, _): &mut (Kept, Place)| kept.since.elapsed() >= IDLE;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<_> = waiting.extract_if(.., long).collect();
        drop(waiting);
        drop(gone);
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn place(&self, host: &Arc<Shared>) -> Option<Place> {
        let below = |most: u32| move |taken| (taken < most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below(self.count)).ok()?;
        if host.stocked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below(host.stock)).is_err() {
            self.taken.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Place { taken: Arc::clone(&self.taken), host: Arc::clone(host) })
    }

    fn put(&self, kept: Kept, place: Place) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((kept, place));
    }
}

/// Why there is no instance.
pub(crate) enum NotMade {
    Failed(wasmtime::Error, Option<Stopped>),
    /// Its exports have other types than those of the worlds.
    Unfit(wasmtime::Error),
    Late,
}

impl Plugin {
    /// Throws `spent` away and makes another, once this worker has nothing better to do. Where there is no room for
    /// another, it is thrown away here and now.
    pub(crate) fn replace(&self, spent: Kept) {
        let Some(place) = self.stock.place(&self.host) else { return };
        let Some(plugin) = self.me.upgrade() else { return };
        tokio::spawn(async move {
            drop(spent);
            // What cannot be made now cannot be made for the next request either, which then tells why.
            if let Ok(kept) = plugin.make(plugin.limits().wall()).await {
                plugin.stock.put(kept, place);
            }
        });
    }

    /// An instance for a request that is not there yet.
    pub(crate) async fn make(&self, within: Duration) -> Result<Kept, NotMade> {
        let _running = self.host.ticker.enter();
        let meter = Meter::new();
        let mut store = self.store(Arc::clone(&self.host.nothing), Arc::clone(&meter));
        store.set_epoch_deadline(FIRST_SLICE_TICKS);
        store.set_hostcall_fuel(HOSTCALL_BYTES);
        let made = {
            let future = pin!(self.instance(&mut store));
            timeout(within, Metered::new(future, meter)).await
        };
        match made {
            Ok(Ok(instance)) => {
                let guests = self.exports.load(&mut store, &instance).map_err(NotMade::Unfit)?;
                store.data_mut().end(Arc::clone(&self.host.nothing));
                Ok(Kept::new(store, guests, 0))
            }
            Ok(Err(error)) => Err(NotMade::Failed(error, store.data().stopped)),
            Err(_late) => Err(NotMade::Late),
        }
    }
}
