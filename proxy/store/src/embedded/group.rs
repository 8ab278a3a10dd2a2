//! Writing to the file: commits that wait at the same time share one sync of the disk.

use super::schema::{self, AUDIT, META, META_SOURCE, RECORDS};
use super::{Embedded, Entry, Taken};
use crate::{Commit, CommitError, Position, Replacement, fresh_mark};
use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most commits that share a sync. Each is small; the bound is for memory when a script makes large ones.
const GROUP_COMMITS_MAX: usize = 64;
/// How long to wait after a write that failed, e.g. because the disk was full.
const RETRY: Duration = Duration::from_secs(1);

/// Those that wait, and whoever writes for them.
#[derive(Default)]
pub(super) struct Group {
    queue: Mutex<Queue>,
    /// Somebody has finished writing.
    written: Condvar,
    /// Held while writing.
    writer: Mutex<Writer>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Arc<Waiting>>,
    /// One of those that wait is writing for all.
    led: bool,
}

/// A commit and, once somebody has written it, how that went.
struct Waiting {
    commit: Commit,
    outcome: Mutex<Option<Outcome>>,
}

type Outcome = Result<u64, CommitError>;

#[derive(Default)]
struct Writer {
    /// A write failed: the file must be opened again, and shows then what of it was made.
    broken: bool,
}

/// The tables while a transaction changes them.
struct Tables<'t> {
    meta: Table<'t, &'static str, u64>,
    records: Table<'t, (&'static str, &'static str), (u64, &'static [u8])>,
    audit: Table<'t, u64, &'static [u8]>,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            meta: transaction.open_table(META)?,
            records: transaction.open_table(RECORDS)?,
            audit: transaction.open_table(AUDIT)?,
        })
    }

    fn revision(&self, kind: &str, name: &str) -> Result<u64, redb::Error> {
        Ok(self.records.get((kind, name))?.map_or(0, |found| found.value().0))
    }

    /// The first record that is not as the commit saw it.
    fn conflict(&self, commit: &Commit) -> Result<Option<CommitError>, redb::Error> {
        for (kind, name, seen) in &commit.reads {
            let found = self.revision(kind, name)?;
            if found != *seen {
                let (kind, name) = (kind.clone(), name.clone());
                return Ok(Some(CommitError::Conflict { kind, name, seen: *seen, found }));
            }
        }
        Ok(None)
    }

    fn put(&mut self, kind: &str, name: &str, value: Option<(u64, &[u8])>) -> Result<(), redb::Error> {
        match value {
            Some(value) => self.records.insert((kind, name), value)?,
            None => self.records.remove((kind, name))?,
        };
        Ok(())
    }
}

/// The turn of one thread to write, which ends however that goes.
struct Lead<'g> {
    group: &'g Group,
    batch: Vec<Arc<Waiting>>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        for waiting in &self.batch {
            let abandoned = || Err(CommitError::Unknown { reason: "the write was abandoned".into() });
            lock(&waiting.outcome).get_or_insert_with(abandoned);
        }
        lock(&self.group.queue).led = false;
        self.group.written.notify_all();
    }
}

impl Group {
    pub(super) fn commit(&self, store: &Embedded, commit: Commit) -> Outcome {
        let mine = Arc::new(Waiting { commit, outcome: Mutex::default() });
        let mut queue = lock(&self.queue);
        queue.waiting.push(Arc::clone(&mine));
        loop {
            if let Some(outcome) = lock(&mine.outcome).take() {
                return outcome;
            }
            if queue.led {
                queue = self.written.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            // Whoever finds nobody writing does so, for all who came meanwhile.
            queue.led = true;
            let count = queue.waiting.len().min(GROUP_COMMITS_MAX);
            let lead = Lead { group: self, batch: queue.waiting.drain(..count).collect() };
            drop(queue);
            lead.write(store);
            drop(lead);
            queue = lock(&self.queue);
        }
    }

    pub(super) fn replace(&self, store: &Embedded, replacement: &Replacement) -> Outcome {
        lock(&self.writer)
            .write(store, |tables| {
                let records = tables.records.len()?;
                if records > 0 && !replacement.over {
                    return Ok(Written::nothing(Err(CommitError::NotEmpty { records })));
                }
                let at = schema::position(&tables.meta)?;
                let revision = at.revision.max(replacement.revision).saturating_add(1);
                tables.records.retain(|_, _| false)?;
                for (kind, name, bytes) in &replacement.records {
                    tables.put(kind, name, Some((revision, bytes)))?;
                }
                tables.audit.insert(revision, &*replacement.audit)?;
                let position = Position { revision, mark: fresh_mark() };
                Ok(Written { answer: Ok(revision), done: Done::Anew(position, None) })
            })
            .map_err(CommitError::from)
            .flatten()
    }

    pub(super) fn take(
        &self,
        store: &Embedded,
        source: u64,
        position: Position,
        taken: &Taken,
    ) -> Result<(), CommitError> {
        let written = lock(&self.writer).write(store, |tables| {
            let done = match taken {
                Taken::Changes(changes) => {
                    for change in changes {
                        let value = change.value.as_deref().map(|bytes| (change.revision, bytes));
                        tables.put(&change.kind, &change.name, value)?;
                    }
                    let names = changes.iter().map(|change| (change.kind.clone(), change.name.clone()));
                    Done::Commits(vec![Entry::of(position, names)], Some(source))
                }
                Taken::Everything { changed, names } => {
                    // An allocation for each name is little beside its record.
                    let known = |(kind, name): (&str, &str)| names.contains(&(kind.into(), name.into()));
                    tables.records.retain(|key, _| known(key))?;
                    for record in changed {
                        tables.put(&record.kind, &record.name, Some((record.revision, &record.bytes)))?;
                    }
                    Done::Anew(position, Some(source))
                }
            };
            Ok(Written { answer: (), done })
        });
        written.map_err(CommitError::from)
    }
}

impl Lead<'_> {
    fn write(&self, store: &Embedded) {
        let batch = &self.batch;
        let outcomes = match lock(&self.group.writer).write(store, |tables| write_batch(tables, batch)) {
            Ok(outcomes) => outcomes,
            Err(error) => batch.iter().map(|_| Err(error.clone().into())).collect(),
        };
        for (waiting, outcome) in batch.iter().zip(outcomes) {
            *lock(&waiting.outcome) = Some(outcome);
        }
    }
}

/// What a write has done, before it is durable.
struct Written<A> {
    answer: A,
    done: Done,
}

enum Done {
    Nothing,
    /// With which state of Redis they come from, if from one.
    Commits(Vec<Entry>, Option<u64>),
    /// All records are others now, those of a state of Redis where one is said.
    Anew(Position, Option<u64>),
}

impl<A> Written<A> {
    fn nothing(answer: A) -> Self {
        Self { answer, done: Done::Nothing }
    }
}

fn write_batch(
    tables: &mut Tables<'_>,
    batch: &[Arc<Waiting>],
) -> Result<Written<Vec<Outcome>>, redb::Error> {
    let mut at = schema::position(&tables.meta)?;
    let mut entries = Vec::new();
    let mut outcomes = Vec::with_capacity(batch.len());
    for commit in batch.iter().map(|waiting| &waiting.commit) {
        // Sees what the commits before it in the group have written.
        if let Some(conflict) = tables.conflict(commit)? {
            outcomes.push(Err(conflict));
            continue;
        }
        at = Position { revision: at.revision + 1, mark: fresh_mark() };
        for (kind, name, bytes) in &commit.writes {
            tables.put(kind, name, bytes.as_deref().map(|bytes| (at.revision, bytes)))?;
        }
        tables.audit.insert(at.revision, &*commit.audit)?;
        let names = commit.writes.iter().map(|(kind, name, _)| (kind.clone(), name.clone()));
        entries.push(Entry::of(at, names));
        outcomes.push(Ok(at.revision));
    }
    let done = if entries.is_empty() { Done::Nothing } else { Done::Commits(entries, None) };
    Ok(Written { answer: outcomes, done })
}

/// A write that failed.
#[derive(Clone)]
struct WriteError {
    reason: String,
    /// It was being made durable, and may be.
    perhaps: bool,
}

impl From<WriteError> for CommitError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError { reason, perhaps: true } => CommitError::Unknown { reason },
            WriteError { reason, perhaps: false } => CommitError::Unavailable { reason, retry: RETRY },
        }
    }
}

impl Writer {
    /// Runs over the tables and makes durable what that has done.
    fn write<A>(
        &mut self,
        store: &Embedded,
        run: impl FnOnce(&mut Tables<'_>) -> Result<Written<A>, redb::Error>,
    ) -> Result<A, WriteError> {
        let failed = |perhaps| {
            move |error| WriteError { reason: store.failed("cannot be written", error).to_string(), perhaps }
        };
        if self.broken {
            // After a failure the database takes no more until it is opened again.
            store.reopen().map_err(|error| WriteError { reason: error.to_string(), perhaps: false })?;
        }
        // Until it has gone well, also where something below unwinds.
        self.broken = true;
        let database = store.database();
        let database = database.as_ref().ok_or(redb::Error::DatabaseClosed).map_err(failed(false))?;
        let transaction = database.begin_write().map_err(redb::Error::from).map_err(failed(false))?;
        let Written { answer, done } = fill(&transaction, run).map_err(failed(false))?;
        let commit = || transaction.commit().map_err(redb::Error::from).map_err(failed(true));
        match done {
            // Dropped, the transaction leaves nothing behind.
            Done::Nothing => {}
            Done::Commits(entries, _) => {
                let before = store.history.latest();
                let latest = entries.last().map_or(before, |entry| entry.position);
                store.history.announce(entries);
                let committed = commit();
                store.history.settle(if committed.is_ok() { latest } else { before });
                committed?;
            }
            Done::Anew(position, _) => {
                commit()?;
                store.history.restart(position);
            }
        }
        self.broken = false;
        Ok(answer)
    }
}

fn fill<A>(
    transaction: &WriteTransaction,
    run: impl FnOnce(&mut Tables<'_>) -> Result<Written<A>, redb::Error>,
) -> Result<Written<A>, redb::Error> {
    let mut tables = Tables::open(transaction)?;
    let written = run(&mut tables)?;
    let (position, source) = match &written.done {
        Done::Nothing => (None, None),
        Done::Commits(entries, source) => (entries.last().map(|entry| entry.position), *source),
        Done::Anew(position, source) => (Some(*position), *source),
    };
    if let Some(position) = position {
        schema::set_position(&mut tables.meta, position)?;
    }
    if let Some(source) = source {
        tables.meta.insert(META_SOURCE, source)?;
    }
    Ok(written)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each of these is right at any moment, or says itself that it is not.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
