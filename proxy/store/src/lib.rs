//! Where the control plane's records are kept durably.
//!
//! A record is a kind, a name within the kind and bytes of JSON. [`Embedded`] keeps the records of one node in one file;
//! [`Redis`] keeps those of a fleet, and [`Replica`] is what a node of a fleet uses: it commits to Redis and serves what
//! it knows from a file of its own, also while Redis is away. All three are a [`Store`].
//!
//! [`Values`] is something else: what plugins keep in Redis.
//!
//! Invariants:
//!
//! - A commit is made wholly or not at all, and only while every record that it has read is as it was read.
//! - Each commit has the next number, its revision, and one line in the audit log, kept with it or not at all.
//! - A record carries the revision that wrote it; a record that is not there counts as revision 0.
//! - All calls block. They are for threads that may, never for the workers that serve requests; those of [`Values`] alone
//!   do not.

mod embedded;
mod error;
mod fleet;
mod history;
mod limits;
mod transfer;

#[cfg(test)]
mod tests;

pub use embedded::Embedded;
pub use error::{CommitError, StoreError};
pub use fleet::{
    Redis, RedisSettings, Replica, VALUES_ANSWER_TIMEOUT, ValueStore, Values, ValuesError, ValuesEvent,
};
pub use transfer::{ExportError, Exported, ImportError, ImportOptions, Imported, export, import};

use std::time::{Duration, SystemTime};

/// Where records are kept durably.
pub trait Store: Send + Sync {
    /// All records, as of one moment.
    ///
    /// # Errors
    /// When the store cannot be reached or read.
    fn load(&self) -> Result<Snapshot, StoreError>;

    /// Makes all of a commit durable or nothing, and returns its revision, by one higher than the one before.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when a record is no longer as it was read, and the others as they say.
    fn commit(&self, commit: Commit) -> Result<u64, CommitError>;

    /// What has changed since a moment, waiting up to `timeout` for something to; without changes when nothing did.
    ///
    /// # Errors
    /// When the store cannot be reached or read.
    fn follow(&self, since: Position, timeout: Duration) -> Result<Follow, StoreError>;

    /// Up to `limit` lines of the audit log, the oldest first: those after a sequence, or from the first on.
    ///
    /// # Errors
    /// When the store cannot be reached or read.
    fn audit(&self, after: Option<u64>, limit: usize) -> Result<Vec<AuditLine>, StoreError>;

    /// Puts other records in the place of all that are there, as one commit. The audit log stays.
    ///
    /// # Errors
    /// [`CommitError::NotEmpty`] when there are records which are not to be replaced, and the others as they say.
    fn replace(&self, replacement: Replacement) -> Result<u64, CommitError>;

    /// Whether what this store answers is the latest.
    fn health(&self) -> Health;
}

/// A moment in the history of a store. Of use only for the store that it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Number of the last commit; 0 before the first.
    pub revision: u64,
    /// Tells that commit from another one with the same number: a Redis that lost its last commits numbers again.
    pub mark: u64,
}

/// All records of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// As of when.
    pub position: Position,
    /// In the order of kind and name.
    pub records: Vec<Record>,
}

/// A record.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its kind, e.g. `stages`.
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// Its value, JSON. May hold secrets.
    pub bytes: Vec<u8>,
    /// The commit that wrote it.
    pub revision: u64,
}

/// What is to be kept, all or nothing.
#[derive(Clone, Default)]
pub struct Commit {
    /// The records that were read: kind, name and the revision seen, 0 where there was none.
    pub reads: Vec<(String, String, u64)>,
    /// The records that change: kind, name and the JSON they become, `None` to remove. Each record at most once.
    pub writes: Vec<(String, String, Option<Vec<u8>>)>,
    /// One line for the audit log, JSON without a line break.
    pub audit: Vec<u8>,
}

/// What has happened since a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// These records have changed; their values are all of the moment `position`.
    Changes {
        /// As of when, and where to follow on from.
        position: Position,
        /// Each record once, in the order of kind and name.
        changes: Vec<Change>,
    },
    /// It is not known what changed: load everything.
    TooOld,
}

/// A record that has changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The commit that wrote the record; where it was removed, one not before that.
    pub revision: u64,
    /// Its kind.
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// Its value now, JSON; `None` where it was removed. May hold secrets.
    pub value: Option<Vec<u8>>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its place in the log: the revision of the commit that wrote it. Grows; after an import it leaves numbers out.
    pub sequence: u64,
    /// The line, without a line break.
    pub bytes: Vec<u8>,
}

/// Records for the place of all that are there.
pub struct Replacement {
    /// Kind, name and JSON of each; each record once.
    pub records: Vec<(String, String, Vec<u8>)>,
    /// The revision of the store that they come from. The one of the replacement is above this and above the store's.
    pub revision: u64,
    /// Whether records that are there may go. If not, there must be none.
    pub over: bool,
    /// One line for the audit log, JSON without a line break.
    pub audit: Vec<u8>,
}

/// Whether what a store answers is the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Live,
    /// It is what was known at some time; commits are refused.
    Stale {
        /// When it was last known to be the latest; `None` when it was not since the node started.
        since: Option<SystemTime>,
        /// Why, for people.
        reason: String,
    },
}

/// Sizes only: values may be secret and are long.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} of {}: {} bytes", self.kind, self.name, self.revision, self.bytes.len())
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = self.value.as_ref().map(Vec::len);
        write!(f, "{}/{} of {}: {length:?} bytes", self.kind, self.name, self.revision)
    }
}

/// A number that no other commit has.
pub(crate) fn fresh_mark() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    // Keyed with randomness of the process and a count. 0 stands for no commit.
    std::hash::RandomState::new().build_hasher().finish().max(1)
}
