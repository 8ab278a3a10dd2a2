//! What goes wrong.

use std::path::PathBuf;
use std::time::Duration;

/// How long to wait while Redis has another state: somebody must do something.
const OTHER_RETRY: Duration = Duration::from_secs(10);

/// A store that cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis is not there or does not answer.
    #[error("Redis is not available: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// How long to wait before the next attempt.
        retry: Duration,
    },
    /// Redis has another state than the one that was opened, or none: it was emptied, or something else was restored.
    #[error("Redis no longer has the state that it had: {reason}")]
    Other {
        /// What was found.
        reason: String,
    },
    /// The records were written by a newer version.
    #[error(
        "{place} has version {found} of the schema, and this version of Edgewit knows {known} and older; run the newer Edgewit that wrote it"
    )]
    Newer {
        /// The file, or the prefix of keys in Redis.
        place: String,
        /// The version there.
        found: u64,
        /// The newest that is known.
        known: u64,
    },
    /// The records were written by a version so old that nothing leads on from it.
    #[error("{place} has version {found} of the schema, from which nothing leads to {known}")]
    Older {
        /// The file, or the prefix of keys in Redis.
        place: String,
        /// The version there.
        found: u64,
        /// The one that was wanted.
        known: u64,
    },
    /// Another process has the file open.
    #[error(
        "{} is in use by another process; stop that one, or give this one another data folder",
        file.display()
    )]
    InUse {
        /// The file.
        file: PathBuf,
    },
    /// The file is damaged, or no file of a store.
    #[error(
        "{} cannot be read as a store: {reason}; move it away and import an export, or restore the file from a backup",
        file.display()
    )]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was being done to which file.
        what: String,
        /// What was said.
        source: std::io::Error,
    },
    /// The settings are wrong, e.g. the URL of Redis.
    #[error("{0}")]
    Settings(String),
}

/// A commit that was not made, or of which it is not known.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A record is not as it was read. Nothing was changed; read again and decide again.
    #[error("{kind}/{name} was read at revision {seen} and is at {found}")]
    Conflict {
        /// Kind of the record.
        kind: String,
        /// Its name.
        name: String,
        /// The revision that was read; 0 for none.
        seen: u64,
        /// The one that is there; 0 for none.
        found: u64,
    },
    /// The store cannot take commits now. Nothing was changed.
    #[error("no changes can be made now: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// How long to wait before the next attempt.
        retry: Duration,
    },
    /// The store failed or was lost sight of while it was committing: what follows shows whether the change was made.
    #[error("whether the change was made is not known: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
    /// What was to be committed is beyond a limit or makes no sense. Nothing was changed.
    #[error("{0}")]
    Invalid(String),
    /// There are records, and they were not to be replaced. Nothing was changed.
    #[error("the store is not empty: it holds {records} records")]
    NotEmpty {
        /// How many.
        records: u64,
    },
    /// The store failed. Nothing was changed.
    #[error(transparent)]
    Io(StoreError),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason, retry } => CommitError::Unavailable { reason, retry },
            other @ StoreError::Other { .. } => {
                CommitError::Unavailable { reason: other.to_string(), retry: OTHER_RETRY }
            }
            other => CommitError::Io(other),
        }
    }
}
