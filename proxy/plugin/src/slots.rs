//! Counts how many instances of one plugin are at work.

use std::sync::atomic::{AtomicU32, Ordering};

/// A fixed number of slots. A claim that finds none fails at once: a queue would only hide that the node is too busy.
#[derive(Debug)]
pub(crate) struct Slots {
    taken: AtomicU32,
    count: u32,
}

/// One taken slot, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        Self { taken: AtomicU32::new(0), count }
    }

    pub(crate) fn claim(&self) -> Option<Slot<'_>> {
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        // From here on dropping the slot gives it back, also when it was one too many.
        let slot = Slot(self);
        (before < self.count).then_some(slot)
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_are_and_no_more() {
        let slots = Slots::new(2);
        let first = slots.claim();
        let second = slots.claim();
        assert!(first.is_some() && second.is_some());
        assert!(slots.claim().is_none());
        drop(first);
        assert!(slots.claim().is_some());
    }
}
