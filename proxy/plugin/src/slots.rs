//! Counts how many instances of one plugin are at work.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// A fixed number of slots, given to who asks first.
#[derive(Debug)]
pub(crate) struct Slots {
    taken: AtomicU32,
    count: u32,
    waiting: AtomicU32,
    freed: Notify,
}

/// One taken slot, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a>(&'a Slots);

/// One who waits, for as long as it lives.
struct Waiter<'a>(&'a AtomicU32);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        Self { taken: AtomicU32::new(0), count, waiting: AtomicU32::new(0), freed: Notify::new() }
    }

    /// A slot, if there is one now.
    pub(crate) fn claim(&self) -> Option<Slot<'_>> {
        // Sequentially consistent with `waiting`: either who gives back sees the waiter, or the waiter the slot.
        let more = |taken| (taken < self.count).then_some(taken + 1);
        self.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok()?;
        Some(Slot(self))
    }

    /// A slot, waited for no longer than `patience`.
    pub(crate) async fn claim_within(&self, patience: Duration) -> Option<Slot<'_>> {
        if let Some(slot) = self.claim() {
            return Some(slot);
        }
        if patience.is_zero() {
            return None;
        }
        let waiter = Waiter(&self.waiting);
        waiter.0.fetch_add(1, Ordering::SeqCst);
        let next = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                // In line before looking, so that no slot is given back unseen.
                freed.as_mut().enable();
                if let Some(slot) = self.claim() {
                    return slot;
                }
                freed.await;
            }
        };
        tokio::time::timeout(patience, next).await.ok()
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::SeqCst);
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

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

    #[tokio::test]
    async fn who_waits_gets_the_slot_that_is_given_back_and_no_other() {
        let slots = Slots::new(1);
        let only = slots.claim();
        assert!(slots.claim_within(Duration::ZERO).await.is_none());
        assert!(slots.claim_within(Duration::from_millis(5)).await.is_none());
        let give_back = async {
            tokio::task::yield_now().await;
            drop(only);
        };
        let (slot, ()) = tokio::join!(slots.claim_within(Duration::from_secs(60)), give_back);
        assert!(slot.is_some() && slots.claim().is_none());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn everybody_gets_a_turn() {
        let slots = Arc::new(Slots::new(2));
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let slots = Arc::clone(&slots);
                tokio::spawn(async move {
                    for _ in 0..200 {
                        let slot = slots.claim_within(Duration::from_secs(60)).await;
                        assert!(slot.is_some());
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task that got all its slots");
        }
        assert_eq!(slots.taken.load(Ordering::SeqCst), 0);
    }
}
