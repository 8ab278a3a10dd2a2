//! Writing a store out.

use super::{FORMAT, HEADER_FORMAT, HEADER_RECORDS, HEADER_REVISION};
use crate::{Store, StoreError};
use serde_json::{Value, json};
use std::io::Write;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The revision that the records are of.
    pub revision: u64,
    /// How many records.
    pub records: usize,
}

/// An export that failed; what was written of it is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not JSON.
    #[error("the record {kind}/{name} is not JSON: {reason}")]
    Record {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The lines cannot be written.
    #[error("the export cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// Writes all records of a store as of one moment, in the order of kind and name. Flushes; syncing is the caller's.
///
/// # Errors
/// As [`ExportError`] says.
pub fn export(store: &dyn Store, out: &mut dyn Write) -> Result<Exported, ExportError> {
    let snapshot = store.load()?;
    let (revision, records) = (snapshot.position.revision, snapshot.records.len());
    let header = json!({ HEADER_FORMAT: FORMAT, HEADER_REVISION: revision, HEADER_RECORDS: records });
    writeln!(out, "{header}")?;
    for record in snapshot.records {
        // Read and written again: so it is one line, whatever it was.
        let value = serde_json::from_slice::<Value>(&record.bytes).map_err(|error| ExportError::Record {
            kind: record.kind.clone(),
            name: record.name.clone(),
            reason: error.to_string(),
        })?;
        writeln!(out, "{}", json!({ "kind": record.kind, "name": record.name, "value": value }))?;
    }
    out.flush()?;
    Ok(Exported { revision, records })
}
