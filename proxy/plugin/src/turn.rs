//! Turns of calls that last.
//!
//! A runtime looks at its sockets once it has polled whatever is ready. If ten calls that last were polled before it does,
//! everybody else would wait for ten slices of time; so of those that one thread polls only one runs between two looks.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

thread_local! {
    /// First come, first served.
    static TURNS: Arc<Semaphore> = Arc::new(Semaphore::new(1));
}

type Waiting = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// Where one call stands.
pub(crate) enum Turn {
    Missing,
    Waiting(Waiting),
    /// None only if turns were at an end, which they never are.
    Held(Option<OwnedSemaphorePermit>),
    /// Had, and given back once the runtime has looked at its sockets, which it has when the call is polled again.
    Spent(Option<OwnedSemaphorePermit>),
}

impl Turn {
    /// Ready when the call may run.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self {
                Self::Held(_) => return Poll::Ready(()),
                Self::Spent(permit) => {
                    permit.take();
                    *self = Self::Missing;
                }
                Self::Missing => {
                    let turns = TURNS.with(Arc::clone);
                    *self = Self::Waiting(Box::pin(turns.acquire_owned()));
                }
                Self::Waiting(waiting) => {
                    let permit = ready!(waiting.as_mut().poll(context));
                    *self = Self::Held(permit.ok());
                }
            }
        }
    }

    /// The call stopped running: for a rest, or because it waits for something, when another may run at once.
    pub(crate) fn end(&mut self, rests: bool) {
        let held = std::mem::replace(self, Self::Missing);
        if let (Self::Held(permit), true) = (held, rests) {
            *self = Self::Spent(permit);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn polled(turn: &mut Turn) -> bool {
        turn.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn one_call_runs_until_it_was_polled_again_after_its_rest() {
        let (mut first, mut second) = (Turn::Missing, Turn::Missing);
        assert!(polled(&mut first) && !polled(&mut second));
        first.end(true);
        assert!(!polled(&mut second), "the sockets were not looked at yet");
        assert!(!polled(&mut first), "the other one comes first now");
        assert!(polled(&mut second) && !polled(&mut first));
        drop(second);
        assert!(polled(&mut first));
    }

    #[test]
    fn a_call_that_waits_lets_the_next_one_run_at_once() {
        let (mut first, mut second) = (Turn::Missing, Turn::Missing);
        assert!(polled(&mut first) && !polled(&mut second));
        first.end(false);
        assert!(polled(&mut second));
        assert!(!polled(&mut first), "it has no turn while the other one has");
    }

    #[test]
    fn a_call_that_gives_up_waiting_is_in_nobodys_way() {
        let (mut first, mut second, mut third) = (Turn::Missing, Turn::Missing, Turn::Missing);
        assert!(polled(&mut first) && !polled(&mut second) && !polled(&mut third));
        drop(second);
        drop(first);
        assert!(polled(&mut third));
    }
}
