//! Records in one file of a node.

mod file;
mod group;
mod schema;
#[cfg(test)]
mod tests;

use crate::history::{Entry, History, Since};
use crate::{
    AuditLine, Change, Commit, CommitError, Follow, Health, Position, Record, Replacement, Snapshot, Store,
    StoreError,
};
use file::{Failure, Place};
use group::Group;
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata};
pub(crate) use schema::SCHEMA;
use schema::{AUDIT, META, META_SOURCE, RECORDS};
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// The file below the data folder.
const FILE: &str = "state.redb";
/// The file with the copy of what Redis has.
const REPLICA_FILE: &str = "replica.redb";

/// Records in one file, which this process alone has open. A commit is on disk (synced) before it is said to be made.
///
/// Commits that several threads make at the same time are written together.
pub struct Embedded {
    place: Place,
    /// `None` only while it is opened again, and after that has failed.
    database: RwLock<Option<Database>>,
    group: Group,
    history: History,
}

impl Embedded {
    /// Opens `state.redb` below a data folder. Makes what is missing: the folder for its owner alone (0700), the file
    /// too (0600).
    ///
    /// # Errors
    /// When the file is in use, damaged or of a newer version, or the operating system refuses something.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::at(Place::new(folder.join(FILE)))
    }

    /// Whether there is a `state.redb` below a data folder. Opening would make one.
    pub fn is_at(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// Opens the copy of what Redis has, below a data folder.
    pub(crate) fn open_replica(folder: &Path) -> Result<Self, StoreError> {
        Self::at(Place::new(folder.join(REPLICA_FILE)))
    }

    fn at(place: Place) -> Result<Self, StoreError> {
        let database = place.open()?;
        let failed = |error| Failure::of(&place.file, "cannot be read", error);
        let latest = begin(&database).and_then(|read| at_position(&read)).map_err(failed)?;
        let database = RwLock::new(Some(database));
        Ok(Self { place, database, group: Group::default(), history: History::new(latest) })
    }

    /// The last commit.
    pub(crate) fn position(&self) -> Position {
        self.history.latest()
    }

    fn database(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the file again after a failure, to find what is in it.
    fn reopen(&self) -> Result<(), StoreError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // Closed first: it can be open only once.
        *database = None;
        let opened = self.place.open()?;
        let latest = begin(&opened).and_then(|read| at_position(&read));
        let latest = latest.map_err(|error| self.failed("cannot be read", error))?;
        if latest != self.history.latest() {
            self.history.restart(latest);
        }
        *database = Some(opened);
        Ok(())
    }

    /// Runs over the records as of one moment.
    fn read<R>(&self, run: impl FnOnce(&ReadTransaction) -> Result<R, redb::Error>) -> Result<R, StoreError> {
        let database = self.database();
        let opened = database.as_ref().ok_or(redb::Error::DatabaseClosed);
        opened
            .and_then(begin)
            .and_then(|read| run(&read))
            .map_err(|error| self.failed("cannot be read", error))
    }

    fn failed(&self, what: &str, error: redb::Error) -> StoreError {
        Failure::of(&self.place.file, what, error)
    }

    /// Which state of Redis this is a copy of; 0 for none.
    pub(crate) fn source(&self) -> Result<u64, StoreError> {
        self.read(|read| Ok(schema::number(&read.open_table(META)?, META_SOURCE)?.unwrap_or(0)))
    }
}

fn begin(database: &Database) -> Result<ReadTransaction, redb::Error> {
    Ok(database.begin_read()?)
}

fn at_position(read: &ReadTransaction) -> Result<Position, redb::Error> {
    schema::position(&read.open_table(META)?)
}

impl Store for Embedded {
    fn load(&self) -> Result<Snapshot, StoreError> {
        self.read(|read| {
            let table = read.open_table(RECORDS)?;
            let mut records = Vec::with_capacity(usize::try_from(table.len()?).unwrap_or(0));
            for entry in table.iter()? {
                let (key, value) = entry?;
                let ((kind, name), (revision, bytes)) = (key.value(), value.value());
                records.push(Record { kind: kind.into(), name: name.into(), bytes: bytes.into(), revision });
            }
            Ok(Snapshot { position: at_position(read)?, records })
        })
    }

    fn commit(&self, commit: Commit) -> Result<u64, CommitError> {
        commit.check()?;
        self.group.commit(self, commit)
    }

    fn follow(&self, since: Position, timeout: Duration) -> Result<Follow, StoreError> {
        match self.history.wait(since, timeout) {
            Since::Nothing => return Ok(Follow::Changes { position: since, changes: Vec::new() }),
            Since::TooOld => return Ok(Follow::TooOld),
            Since::Something => {}
        }
        self.read(|read| {
            // May be later than what was waited for.
            let position = at_position(read)?;
            let Some(names) = self.history.names(since, position) else { return Ok(Follow::TooOld) };
            let table = read.open_table(RECORDS)?;
            let mut changes = Vec::with_capacity(names.len());
            for (kind, name) in names {
                let found = table.get((&*kind, &*name))?;
                let (revision, value) = match found.as_ref().map(|found| found.value()) {
                    Some((revision, bytes)) => (revision, Some(bytes.to_vec())),
                    None => (position.revision, None),
                };
                changes.push(Change { revision, kind, name, value });
            }
            Ok(Follow::Changes { position, changes })
        })
    }

    fn audit(&self, after: Option<u64>, limit: usize) -> Result<Vec<AuditLine>, StoreError> {
        let first = after.map_or(0, |after| after.saturating_add(1));
        self.read(|read| {
            let lines = read.open_table(AUDIT)?;
            let lines = lines.range(first..)?.take(limit).map(|entry| {
                let (sequence, bytes) = entry?;
                Ok(AuditLine { sequence: sequence.value(), bytes: bytes.value().into() })
            });
            lines.collect()
        })
    }

    fn replace(&self, replacement: Replacement) -> Result<u64, CommitError> {
        replacement.check()?;
        self.group.replace(self, &replacement)
    }

    fn health(&self) -> Health {
        match &*self.database() {
            Some(_) => Health::Live,
            None => {
                let reason = format!("{} could not be opened again", self.place.file.display());
                Health::Stale { since: None, reason }
            }
        }
    }
}

/// What the copy of a Redis takes over from it.
pub(crate) enum Taken {
    /// Changes after what the copy has.
    Changes(Vec<Change>),
    /// Everything that differs: these come, and all records whose names are not in the list go.
    Everything { changed: Vec<Record>, names: std::collections::BTreeSet<(String, String)> },
}

impl Embedded {
    /// Makes this the copy of a state of Redis as of a position.
    pub(crate) fn take(&self, source: u64, position: Position, taken: &Taken) -> Result<(), CommitError> {
        self.group.take(self, source, position, taken)
    }

    /// The revision of each record, without the values.
    pub(crate) fn revisions(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        self.read(|read| {
            let table = read.open_table(RECORDS)?;
            let revisions = table.iter()?.map(|entry| {
                let (key, value) = entry?;
                Ok((key.value().0.into(), key.value().1.into(), value.value().0))
            });
            revisions.collect()
        })
    }
}

impl Entry {
    fn of(position: Position, writes: impl Iterator<Item = (String, String)>) -> Self {
        Self { position, names: writes.collect() }
    }
}
