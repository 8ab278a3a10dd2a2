//! The threads that carry operations out: few, and with less of a claim to the processors than those that serve traffic.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Operations at once. Those that change something take turns anyway.
const THREADS: usize = 4;
/// Operations that wait for a thread; more are asked to come again.
const WAITING: usize = 1024;
/// How much less of the processors these threads get while others want them (sched(7)).
const NICENESS: i32 = 10;
/// Nanoseconds that one of them may go on once a request has come to its processor: the least that Linux takes. Its own
/// choice, some milliseconds, is many times what a request needs. Before Linux 6.12 it is not heeded.
const SLICE_NS: u64 = 100_000;

type Job = Box<dyn FnOnce() + Send>;

/// Where operations wait to be carried out.
pub(super) struct Desk {
    jobs: SyncSender<Job>,
}

/// Why an operation was not carried out.
pub(super) enum NotDone {
    /// Too many are waiting.
    Busy,
    /// It ended in a panic.
    Failed,
}

impl Desk {
    /// Starts the threads, which end with the desk.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn open() -> io::Result<Self> {
        let (jobs, waiting) = sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..THREADS {
            let waiting = Arc::clone(&waiting);
            let thread = std::thread::Builder::new().name(format!("control-{number}"));
            thread.spawn(move || work(&waiting))?;
        }
        Ok(Self { jobs })
    }

    /// What `job` comes to, waited for without blocking.
    ///
    /// # Errors
    /// When nobody could carry it out.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (answer, answered) = oneshot::channel();
        // Who has gone meanwhile does not hear of it; what was asked for is done all the same.
        let job: Job = Box::new(move || drop(answer.send(job())));
        match self.jobs.try_send(job) {
            Ok(()) => answered.await.map_err(|_panicked| NotDone::Failed),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(NotDone::Busy),
        }
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    step_back();
    loop {
        let next = waiting.lock().recv();
        let Ok(job) = next else { return };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("an operation of the control plane ended in a panic; please report this");
        }
    }
}

/// Has requests go before operations: on Linux this is a matter of each thread.
fn step_back() {
    let size = size_of::<libc::sched_attr>();
    #[expect(unsafe_code, reason = "the standard library has no priorities")]
    // SAFETY: all of `sched_attr` is numbers, for which zeros are good, and the call reads as many bytes of it as it says;
    // 0 is the calling thread.
    let failed = unsafe {
        let mut wish: libc::sched_attr = std::mem::zeroed();
        wish.size = u32::try_from(size).unwrap_or(0);
        wish.sched_policy = libc::SCHED_OTHER.unsigned_abs();
        wish.sched_nice = NICENESS;
        wish.sched_runtime = SLICE_NS;
        libc::syscall(libc::SYS_sched_setattr, 0, &raw const wish, 0)
    };
    if failed != 0 {
        tracing::debug!("operations of the control plane have the priority of requests");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[expect(clippy::panic, reason = "what is tested")]
    async fn what_ends_in_a_panic_is_told_and_the_next_is_done() {
        let desk = Desk::open().expect("threads");
        for _ in 0..2 * THREADS {
            let failed = desk.ask(|| -> u8 { panic!("on purpose") }).await;
            assert!(matches!(failed, Err(NotDone::Failed)));
        }
        assert!(matches!(desk.ask(|| 7).await, Ok(7)));
    }
}
