//! The clock of the plugins: moves the engine's epoch on, so that a plugin that runs gets interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

/// Time between two ticks while no call lasts.
pub(crate) const TICK: Duration = Duration::from_micros(500);
/// Time between two ticks while one does, which is how long it can keep a worker to itself. A clock this fast costs some
/// percent of a processor.
const SHORT_TICK: Duration = Duration::from_micros(200);
/// Short ticks after which the ticks become longer again, unless another call lasts.
const SHORT_TICKS: u32 = 50;
/// Ticks without any plugin running after which the clock sleeps until one does: an idle node should not wake up a
/// thousand times a second.
const IDLE_TICKS_BEFORE_SLEEP: u32 = 100;

/// Nanoseconds of processor time that the clock asks for at once: the least that Linux takes, from 6.12 on.
const SLICE_NS: u64 = 100_000;

/// Calls `tick` once per [`TICK`] on a thread of its own while there are calls, more often while one of them lasts, until
/// it is dropped.
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
    pace: Pace,
}

/// How the clock is told that a call lasts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace(Arc<AtomicBool>);

impl Pace {
    /// A tick found a call that runs.
    pub(crate) fn hurry(&self) {
        // Most of the time it has been told already, and what is only read stays in every cache.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
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

    pub(crate) fn pace(&self) -> Pace {
        self.state.pace.clone()
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
    take_over_soon();
    let (mut idle_ticks, mut short_ticks) = (0, 0_u32);
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
        short_ticks = if state.pace.take() { SHORT_TICKS } else { short_ticks.saturating_sub(1) };
        #[expect(clippy::disallowed_methods, reason = "this thread does nothing else")]
        thread::sleep(if short_ticks > 0 { SHORT_TICK } else { TICK });
        tick();
    }
}

/// Has this thread get its processor as soon as its sleep is over, though a plugin runs there: Linux lets a thread with a
/// shorter slice go first, and would let the plugin go on for milliseconds otherwise.
fn take_over_soon() {
    #[expect(unsafe_code, reason = "the standard library has no scheduling")]
    // SAFETY: all of `sched_attr` is numbers, for which zeros are good, and the call reads as many bytes of it as it says;
    // 0 is the calling thread.
    let failed = unsafe {
        let mut wish: libc::sched_attr = std::mem::zeroed();
        wish.size = u32::try_from(size_of::<libc::sched_attr>()).unwrap_or(0);
        wish.sched_policy = libc::SCHED_OTHER.unsigned_abs();
        // As nice as it was.
        wish.sched_nice = libc::getpriority(libc::PRIO_PROCESS, 0);
        wish.sched_runtime = SLICE_NS;
        libc::syscall(libc::SYS_sched_setattr, 0, &raw const wish, 0)
    };
    if failed != 0 {
        tracing::debug!("the clock of plugins has the slices of other threads");
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
