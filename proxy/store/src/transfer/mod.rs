//! A store as a file of lines: for backups, and to go from one kind of store to another.
//!
//! The first line is `{"edgewit-state": 1, "revision": N, "records": COUNT}`; each one after it is a record,
//! `{"kind": "stages", "name": "a1b2c3d4e5/prod", "value": {...}}`. The file holds secrets as the store does.

mod export;
mod import;

pub use export::{ExportError, Exported, export};
pub use import::{ImportError, ImportOptions, Imported, import};

/// The version of the format that this code writes, and the newest that it reads.
const FORMAT: u64 = 1;
const HEADER_FORMAT: &str = "edgewit-state";
const HEADER_REVISION: &str = "revision";
/// How many records follow. Without it a file that was cut off between two lines would pass for whole.
const HEADER_RECORDS: &str = "records";
