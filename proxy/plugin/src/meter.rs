//! Measures how long a plugin really runs.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Time that a future spent being polled. The time between polls, when others had the worker, does not count.
///
/// Ticks of the epoch would be cheaper to count and wrong: a plugin that resumes just before a tick would pay for all
/// of it.
#[derive(Debug)]
pub(crate) struct Meter {
    created: Instant,
    /// Nanoseconds of polls that ended.
    spent: AtomicU64,
    /// Nanoseconds from `created` to the begin of the poll that runs.
    poll_began: AtomicU64,
}

impl Meter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { created: Instant::now(), spent: AtomicU64::new(0), poll_began: AtomicU64::new(0) })
    }

    /// Running time up to now. To be asked while a poll runs.
    pub(crate) fn running(&self) -> Duration {
        let this_poll = self.now().saturating_sub(self.poll_began.load(Ordering::Relaxed));
        Duration::from_nanos(self.spent.load(Ordering::Relaxed) + this_poll)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.created.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// `future`, with each of its polls measured.
pub(crate) struct Metered<F> {
    pub(crate) future: F,
    pub(crate) meter: Arc<Meter>,
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Polls of one future never overlap and are ordered by whoever polls, so relaxed order is enough.
        let began = self.meter.now();
        self.meter.poll_began.store(began, Ordering::Relaxed);
        let outcome = Pin::new(&mut self.future).poll(context);
        if outcome.is_pending() {
            let took = self.meter.now().saturating_sub(began);
            self.meter.spent.fetch_add(took, Ordering::Relaxed);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_does_not_count_and_working_does() {
        let meter = Meter::new();
        let future = Box::pin(async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(10) {}
            meter.running()
        });
        let running = Metered { future, meter: Arc::clone(&meter) }.await;
        assert!(running >= Duration::from_millis(10), "{running:?}");
        assert!(running < Duration::from_millis(40), "{running:?}");
    }
}
