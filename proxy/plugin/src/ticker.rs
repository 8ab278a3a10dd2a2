//! The clock of the plugins: moves the engine's epoch on, so that a plugin that runs gets interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

/// Time between two ticks: how long a plugin can keep a worker to itself.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// Ticks without any plugin running after which the clock sleeps until one does: an idle node should not wake up a
/// thousand times a second.
const IDLE_TICKS_BEFORE_SLEEP: u32 = 100;

/// Calls `tick` once per [`TICK`] on a thread of its own while there are calls, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    state: Arc<State>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct State {
    /// Calls in progress.
    calls: AtomicUsize,
    asleep: AtomicBool,
    stopped: AtomicBool,
}

impl Ticker {
    /// # Errors
    /// When the operating system refuses another thread.
    pub(crate) fn start(tick: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let handle =
            thread::Builder::new().name("plugin-ticker".to_owned()).spawn(move || run(&shared, &tick))?;
        Ok(Self { state, thread: handle.thread().clone() })
    }

    /// Counts a call in for as long as the result lives, and wakes the clock if it sleeps.
    pub(crate) fn enter(&self) -> Running<'_> {
        // Sequentially consistent, as in `run`: of the two threads at least one sees what the other wrote, so either
        // the clock sees this call or this call sees that the clock sleeps.
        let others = self.state.calls.fetch_add(1, Ordering::SeqCst);
        if self.state.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running { ticker: self, others }
    }

    /// Calls in progress.
    pub(crate) fn calls(&self) -> usize {
        self.state.calls.load(Ordering::Relaxed)
    }
}

/// A call in progress.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    ticker: &'a Ticker,
    /// Calls that were in progress when this one came.
    pub(crate) others: usize,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.ticker.state.calls.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn run(state: &State, tick: &dyn Fn()) {
    let mut idle_ticks = 0;
    while !state.stopped.load(Ordering::SeqCst) {
        if state.calls.load(Ordering::SeqCst) > 0 {
            idle_ticks = 0;
        } else {
            idle_ticks += 1;
        }
        if idle_ticks > IDLE_TICKS_BEFORE_SLEEP {
            state.asleep.store(true, Ordering::SeqCst);
            while state.calls.load(Ordering::SeqCst) == 0 && !state.stopped.load(Ordering::SeqCst) {
                thread::park();
            }
            state.asleep.store(false, Ordering::SeqCst);
            idle_ticks = 0;
        }
        #[expect(clippy::disallowed_methods, reason = "this thread does nothing else")]
        thread::sleep(TICK);
        tick();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    #![allow(clippy::disallowed_methods, reason = "the test waits as time passes")]
    use super::*;

    #[test]
    fn ticks_while_there_are_calls_and_sleeps_when_there_are_none() {
        let ticks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ticks);
        let ticker = Ticker::start(move || _ = counted.fetch_add(1, Ordering::SeqCst)).unwrap();
        thread::sleep(TICK * (IDLE_TICKS_BEFORE_SLEEP * 5));
        let asleep = ticks.load(Ordering::SeqCst);
        thread::sleep(TICK * 50);
        assert_eq!(ticks.load(Ordering::SeqCst), asleep, "nobody calls, so nothing ticks");
        let running = ticker.enter();
        thread::sleep(TICK * 200);
        drop(running);
        assert!(ticks.load(Ordering::SeqCst) > asleep + 10);
        drop(ticker);
        thread::sleep(TICK * 50);
        let stopped = ticks.load(Ordering::SeqCst);
        thread::sleep(TICK * 50);
        assert_eq!(ticks.load(Ordering::SeqCst), stopped);
    }
}
