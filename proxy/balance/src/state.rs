//! What is known of one target.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};

#[derive(Debug, Default)]
pub(crate) struct TargetState {
    /// Calls under way.
    pub(crate) active: AtomicUsize,
    /// Failed calls in a row.
    pub(crate) failures: AtomicU32,
    /// When a target that was left out is used again; 0 when it is not left out.
    until_ms: AtomicU64,
    unhealthy: AtomicBool,
    /// Checks in a row that spoke against what it is held to be.
    against: AtomicU32,
}

impl TargetState {
    pub(crate) fn is_healthy(&self) -> bool {
        !self.unhealthy.load(Relaxed)
    }

    pub(crate) fn is_ejected(&self, now_ms: u64) -> bool {
        now_ms < self.until_ms.load(Relaxed)
    }

    pub(crate) fn eject(&self, now_ms: u64, for_ms: u64) {
        self.failures.store(0, Relaxed);
        self.until_ms.store(now_ms.saturating_add(for_ms), Relaxed);
    }

    /// One target's checks do not overlap, so the two cells need not change together.
    pub(crate) fn checked(&self, well: bool, healthy: u32, unhealthy: u32) -> Option<bool> {
        if well == self.is_healthy() {
            self.against.store(0, Relaxed);
            return None;
        }
        let against = self.against.fetch_add(1, Relaxed).saturating_add(1);
        if against < if well { healthy } else { unhealthy } {
            return None;
        }
        self.against.store(0, Relaxed);
        self.unhealthy.store(!well, Relaxed);
        Some(well)
    }
}
