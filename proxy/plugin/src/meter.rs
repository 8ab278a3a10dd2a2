//! Measures how long a plugin really runs, and lets those that run long have the worker by turns.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::turn::Turn;

/// Processor time that a future took while it was polled, from the first look on. The time between polls, when others had
/// the worker, does not count, nor does the time when the system gave the processor to another thread: a busy machine is
/// not the plugin's fault.
///
/// Ticks of the epoch would be cheaper to count and wrong: a plugin that resumes just before a tick would pay for all
/// of it. But the first look comes with the first tick, and most calls are over by then: what they do not pay is two
/// questions to the system.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Nanoseconds of polls that ended.
    spent: AtomicU64,
    /// What the clock of the thread showed when the poll that runs began, or at the first look.
    began: AtomicU64,
    looked: AtomicBool,
    /// The poll ended because it had lasted long enough.
    rests: AtomicBool,
}

impl Meter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            spent: AtomicU64::new(0),
            began: AtomicU64::new(0),
            looked: AtomicBool::new(false),
            rests: AtomicBool::new(false),
        })
    }

    /// To be called where a poll ends for the sake of others, and not because it waits for anything.
    pub(crate) fn rest(&self) {
        self.rests.store(true, Ordering::Relaxed);
    }

    /// Running time up to now, since this was asked first. To be asked while a poll runs, on its thread.
    pub(crate) fn running(&self) -> Duration {
        let now = thread_time();
        if !self.looked.swap(true, Ordering::Relaxed) {
            self.began.store(now, Ordering::Relaxed);
        }
        let this_poll = now.saturating_sub(self.began.load(Ordering::Relaxed));
        Duration::from_nanos(self.spent.load(Ordering::Relaxed) + this_poll)
    }
}

/// Nanoseconds that this thread has run.
fn thread_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the standard library does not offer this clock")]
    // SAFETY: the pointer is to a `timespec` that lives for the call. Every system has this clock, and where it failed
    // the time would stay zero.
    let _zero = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let whole = |part| u64::try_from(part).unwrap_or(0);
    whole(time.tv_sec).saturating_mul(1_000_000_000).saturating_add(whole(time.tv_nsec))
}

/// `future`, with each of its polls measured. Once a tick has found it running, it takes turns.
pub(crate) struct Metered<F> {
    future: F,
    meter: Arc<Meter>,
    turn: Turn,
}

impl<F> Metered<F> {
    pub(crate) fn new(future: F, meter: Arc<Meter>) -> Self {
        Self { future, meter, turn: Turn::Missing }
    }
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Polls of one future never overlap and are ordered by whoever polls, so relaxed order is enough.
        if self.meter.looked.load(Ordering::Relaxed) {
            ready!(self.turn.poll(context));
            self.meter.began.store(thread_time(), Ordering::Relaxed);
        }
        let outcome = Pin::new(&mut self.future).poll(context);
        if outcome.is_pending() && self.meter.looked.load(Ordering::Relaxed) {
            let took = thread_time().saturating_sub(self.meter.began.load(Ordering::Relaxed));
            self.meter.spent.fetch_add(took, Ordering::Relaxed);
            let rests = self.meter.rests.swap(false, Ordering::Relaxed);
            self.turn.end(rests);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "blocks the thread on purpose")]
    use super::*;

    #[tokio::test]
    async fn waiting_does_not_count_and_working_does() {
        let meter = Meter::new();
        let future = Box::pin(async {
            assert_eq!(meter.running(), Duration::ZERO, "the first look");
            tokio::time::sleep(Duration::from_millis(50)).await;
            // Blocks the thread as another process on the same processor would.
            std::thread::sleep(Duration::from_millis(50));
            let began = thread_time();
            while thread_time() - began < 10_000_000 {}
            meter.running()
        });
        let running = Metered::new(future, Arc::clone(&meter)).await;
        assert!(running >= Duration::from_millis(10), "{running:?}");
        assert!(running < Duration::from_millis(40), "{running:?}");
    }
}
