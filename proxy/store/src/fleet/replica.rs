//! What a node of a fleet uses: Redis, and a file with what was last heard from it.

use super::link::RETRY;
use super::store::FOLLOW_BLOCK;
use super::{Delta, Introduction, Redis, RedisSettings};
use crate::embedded::Taken;
use crate::{
    AuditLine, Commit, CommitError, Embedded, Follow, Health, Position, Replacement, Snapshot, Store,
    StoreError,
};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How long to wait before the second attempt to reach Redis; each one after waits twice as long.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// How long a commit waits to be in the copy too.
const COPY_PATIENCE: Duration = Duration::from_secs(1);
/// The longest wait between attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// Redis, with a copy on this node that a thread keeps up to date.
///
/// Loads and follows are of the copy, also while Redis is away. Commits and the audit log are of Redis; a commit that
/// was made is in the copy as well, unless the copy takes longer than a second.
///
/// The copy goes along with whatever Redis has, with one exception: when Redis was emptied, or another state with fewer
/// commits has begun in it, the node keeps what it has and says so, for a fleet that serves nothing is worse than one
/// that cannot be changed. An import into Redis, or the removal of `replica.redb`, ends that.
pub struct Replica {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    redis: Redis,
    copy: Embedded,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    health: Health,
    stop: bool,
}

impl Replica {
    /// Opens the copy `replica.redb` below a data folder and begins to follow Redis, for which it does not wait: what
    /// was known last can be loaded at once. See [`Replica::wait_live`].
    ///
    /// # Errors
    /// When the settings are wrong, or the copy is in use, damaged or of a newer version. A damaged one may be removed
    /// while Redis has everything.
    pub fn open(folder: &Path, settings: &RedisSettings) -> Result<Self, StoreError> {
        Self::with(folder, Redis::unopened(settings)?)
    }

    fn with(folder: &Path, redis: Redis) -> Result<Self, StoreError> {
        let copy = Embedded::open_replica(folder)?;
        let health = Health::Stale { since: None, reason: "Redis was not heard from yet".into() };
        let state = Mutex::new(State { health, stop: false });
        let shared = Arc::new(Shared { redis, copy, state, changed: Condvar::new() });
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("store-replica".into()).spawn(move || shared.run())
        };
        let thread = thread.map_err(|source| StoreError::Io {
            what: "cannot start the thread of the replica".into(),
            source,
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Waits until the copy is the latest, but not for longer than `timeout`; what there is then.
    pub fn wait_live(&self, timeout: Duration) -> Health {
        let begin = Instant::now();
        let mut state = self.shared.lock();
        loop {
            let left = timeout.saturating_sub(begin.elapsed());
            if state.health == Health::Live || left.is_zero() {
                return state.health.clone();
            }
            state = self.shared.wait(state, left);
        }
    }

    /// Redis, where the copy is the latest.
    fn live(&self) -> Result<&Redis, StoreError> {
        match &self.shared.lock().health {
            Health::Live => Ok(&self.shared.redis),
            Health::Stale { reason, .. } => {
                Err(StoreError::Unavailable { reason: reason.clone(), retry: RETRY })
            }
        }
    }
}

impl Store for Replica {
    fn load(&self) -> Result<Snapshot, StoreError> {
        self.shared.copy.load()
    }

    fn commit(&self, commit: Commit) -> Result<u64, CommitError> {
        let revision = self.live()?.commit(commit)?;
        self.shared.wait_for_copy(revision);
        Ok(revision)
    }

    fn follow(&self, since: Position, timeout: Duration) -> Result<Follow, StoreError> {
        self.shared.copy.follow(since, timeout)
    }

    fn audit(&self, after: Option<u64>, limit: usize) -> Result<Vec<AuditLine>, StoreError> {
        self.live()?.audit(after, limit)
    }

    fn replace(&self, replacement: Replacement) -> Result<u64, CommitError> {
        self.live()?.replace(replacement)
    }

    fn health(&self) -> Health {
        self.shared.lock().health.clone()
    }
}

impl Drop for Replica {
    /// Waits for the thread, which may be waiting for Redis: usually a second at most.
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, timeout: Duration) -> MutexGuard<'s, State> {
        match self.changed.wait_timeout(state, timeout) {
            Ok((state, _)) => state,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }

    /// Waits until the copy has a commit, so that this node serves it also when Redis goes away right after. One that
    /// takes its time is not waited for: the commit is made.
    fn wait_for_copy(&self, revision: u64) {
        let end = Instant::now() + COPY_PATIENCE;
        let mut state = self.lock();
        while self.copy.position().revision < revision && state.health == Health::Live {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.wait(state, left);
        }
    }

    fn run(&self) {
        let mut backoff = BACKOFF_MIN;
        let mut met = false;
        while !self.lock().stop {
            match self.step(&mut met) {
                Ok(()) => {
                    backoff = BACKOFF_MIN;
                    self.lock().health = Health::Live;
                    self.changed.notify_all();
                }
                Err(error) => {
                    met = false;
                    let mut state = self.lock();
                    state.fail(error.to_string());
                    self.changed.notify_all();
                    let end = Instant::now() + backoff;
                    while !state.stop && Instant::now() < end {
                        let left = end.saturating_duration_since(Instant::now());
                        state = self.wait(state, left);
                    }
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    /// Hears from Redis once.
    fn step(&self, met: &mut bool) -> Result<(), StoreError> {
        if !*met {
            self.meet()?;
            *met = true;
            return self.catch_up();
        }
        match self.redis.follow(self.copy.position(), FOLLOW_BLOCK)? {
            Follow::Changes { position, changes } => self.take(position, &Taken::Changes(changes)),
            Follow::TooOld => self.load(),
        }
    }

    /// Looks at what state Redis has, and whether to go along with it.
    fn meet(&self) -> Result<(), StoreError> {
        self.redis.be(None);
        let mine = self.copy.position().revision;
        let source = self.copy.source()?;
        let keeps = |found: &str| StoreError::Other {
            reason: format!(
                "it has {found}, and this node one of {mine} commits, which it keeps; import an export into \
                 Redis, or remove the node's replica.redb"
            ),
        };
        let found = self.redis.introduce(mine == 0)?.ok_or_else(|| keeps("none"))?;
        let Introduction { id, revision, imported } = found;
        if source != id && mine > revision && !imported {
            return Err(keeps(&format!("another one of {revision} commits")));
        }
        self.redis.be(Some(id));
        Ok(())
    }

    /// Becomes the latest without waiting for changes.
    fn catch_up(&self) -> Result<(), StoreError> {
        match self.redis.delta(self.copy.position())? {
            Delta::Changes(position, changes) => self.take(position, &Taken::Changes(changes)),
            Delta::TooOld => self.load(),
        }
    }

    fn load(&self) -> Result<(), StoreError> {
        let have = self.copy.revisions()?.into_iter();
        let have = have.map(|(kind, name, revision)| ((kind, name), revision)).collect();
        let loaded = self.redis.load_since(self.copy.position(), have)?;
        self.take(loaded.position, &Taken::Everything { changed: loaded.changed, names: loaded.names })
    }

    fn take(&self, position: Position, taken: &Taken) -> Result<(), StoreError> {
        if position == self.copy.position() {
            return Ok(());
        }
        let id = *self.redis.id.lock().unwrap_or_else(PoisonError::into_inner);
        self.copy.take(id.unwrap_or(0), position, taken).map_err(|error| StoreError::Unavailable {
            reason: format!("the copy on this node cannot be written: {error}"),
            retry: RETRY,
        })
    }
}

impl State {
    fn fail(&mut self, why: String) {
        self.health = match &self.health {
            // It was the latest until a moment ago.
            Health::Live => Health::Stale { since: Some(SystemTime::now()), reason: why },
            Health::Stale { since, .. } => Health::Stale { since: *since, reason: why },
        };
    }
}
