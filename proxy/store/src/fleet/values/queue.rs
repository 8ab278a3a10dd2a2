//! Commands on their way to the threads that send them.

use super::{Answer, ValuesError, ValuesEvent};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most commands that wait.
pub(super) const WAITING_MAX: usize = 1024;
/// Most bytes of these, unless one alone has more.
pub(super) const WAITING_SIZE_MAX: usize = 64 << 20;
/// Most commands that are sent before their answers are read.
const BATCH_MAX: usize = 64;
/// Most bytes of these, unless one alone has more.
const BATCH_SIZE_MAX: usize = 4 << 20;

/// Told what an operator should hear.
pub(super) type Tell = Box<dyn Fn(ValuesEvent<'_>) + Send + Sync>;

/// A command, and who waits for its answer.
pub(super) struct Job {
    pub(super) packed: Vec<u8>,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What workers and threads have in common.
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to send, or it is the end: for threads with a connection.
    filled: Condvar,
    /// It is the end: for threads without one.
    ended: Condvar,
    tell: Tell,
    /// What was told last: that it is away.
    told_away: Mutex<bool>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Bytes of what waits.
    size: usize,
    /// Threads that have a connection.
    connected: usize,
    /// No thread has one, and the last attempt failed: nobody need wait.
    away: bool,
    stopped: bool,
}

impl Queue {
    pub(super) fn new(tell: Tell) -> Self {
        let (filled, ended) = (Condvar::new(), Condvar::new());
        Self { state: Mutex::default(), filled, ended, tell, told_away: Mutex::new(false) }
    }

    /// Has a command sent.
    pub(super) fn push(&self, job: Job) -> Result<(), ValuesError> {
        let mut state = self.lock();
        if state.away || state.stopped {
            return Err(ValuesError::Away);
        }
        if state.is_full(&job) {
            // Those whose callers have given up take no place.
            state.waiting.retain(|job| !job.answer.is_closed());
            state.size = state.waiting.iter().map(|job| job.packed.len()).sum();
            if state.is_full(&job) {
                return Err(ValuesError::Busy);
            }
        }
        state.size += job.packed.len();
        state.waiting.push_back(job);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// The next commands to send, as soon as there are some that somebody waits for; none at the end.
    pub(super) fn next(&self) -> Option<Vec<Job>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let batch = state.take();
            if !batch.is_empty() {
                return Some(batch);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes commands back that were not sent.
    pub(super) fn put_back(&self, batch: Vec<Job>) {
        let mut state = self.lock();
        for job in batch.into_iter().rev() {
            state.size += job.packed.len();
            state.waiting.push_front(job);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// A thread has a connection.
    pub(super) fn connected(&self) {
        let mut state = self.lock();
        state.connected += 1;
        state.away = false;
        drop(state);
        self.tell("");
    }

    /// A thread has lost its connection.
    pub(super) fn disconnected(&self) {
        let mut state = self.lock();
        state.connected = state.connected.saturating_sub(1);
    }

    /// A thread gets no connection. Where no other has one either, nobody waits any more.
    pub(super) fn unreachable(&self, reason: &str) {
        let mut state = self.lock();
        if state.connected > 0 || state.stopped {
            return;
        }
        state.away = true;
        state.size = 0;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.tell(reason);
        for job in waiting {
            // Whoever has given up needs no answer.
            let _gone = job.answer.send(Err(ValuesError::Away));
        }
    }

    /// Tells how it is, where that is news. Under a lock of its own: whoever tells last tells how it is now, and those
    /// who only leave commands do not wait for whoever writes it down.
    fn tell(&self, reason: &str) {
        let mut told_away = self.told_away.lock().unwrap_or_else(PoisonError::into_inner);
        let away = self.lock().away;
        if std::mem::replace(&mut *told_away, away) != away {
            (self.tell)(if away { ValuesEvent::Away(reason) } else { ValuesEvent::Back });
        }
    }

    /// Waits, unless this is the end.
    pub(super) fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut state = self.lock();
        while !state.stopped {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = match self.ended.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Ends the threads. Who still waits gets no answer.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.waiting.clear();
        drop(state);
        self.filled.notify_all();
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs below this lock can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_full(&self, job: &Job) -> bool {
        let too_large = !self.waiting.is_empty() && self.size + job.packed.len() > WAITING_SIZE_MAX;
        self.waiting.len() >= WAITING_MAX || too_large
    }

    /// The first commands that somebody waits for.
    fn take(&mut self) -> Vec<Job> {
        let (mut batch, mut size) = (Vec::new(), 0);
        while let Some(job) = self.waiting.front() {
            let length = job.packed.len();
            if batch.len() >= BATCH_MAX || (!batch.is_empty() && size + length > BATCH_SIZE_MAX) {
                break;
            }
            let Some(job) = self.waiting.pop_front() else { break };
            self.size -= length;
            if !job.answer.is_closed() {
                size += length;
                batch.push(job);
            }
        }
        batch
    }
}
