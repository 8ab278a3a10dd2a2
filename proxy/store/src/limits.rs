//! What a commit may hold at most.

use crate::{Commit, CommitError, Replacement};
use std::collections::HashSet;

/// Longest kind of a record, in bytes.
pub(crate) const KIND_LENGTH_MAX: usize = 64;
/// Longest name of a record, in bytes: two identifiers of the control plane, with room.
pub(crate) const NAME_LENGTH_MAX: usize = 2048;
/// Largest value of a record, in bytes. A REST API with all its parts is one record.
pub(crate) const RECORD_SIZE_MAX: usize = 64 << 20;
/// Most records that a commit says it read.
pub(crate) const COMMIT_READS_MAX: usize = 50_000;
/// Most records that a commit writes: all that belongs to one API, or all keys of a file.
pub(crate) const COMMIT_WRITES_MAX: usize = 20_000;
/// Largest sum of the values that a commit writes, in bytes. Redis takes 512 MiB for one value, 1 GiB for a command.
pub(crate) const COMMIT_SIZE_MAX: usize = 256 << 20;
/// Longest line of the audit log, in bytes.
pub(crate) const AUDIT_LINE_SIZE_MAX: usize = 1 << 20;

const _: () = assert!(RECORD_SIZE_MAX <= COMMIT_SIZE_MAX);

impl Commit {
    pub(crate) fn check(&self) -> Result<(), CommitError> {
        at_most("records read", self.reads.len(), COMMIT_READS_MAX)?;
        at_most("records written", self.writes.len(), COMMIT_WRITES_MAX)?;
        self.reads.iter().try_for_each(|(kind, name, _)| named(kind, name))?;
        let writes = self.writes.iter().map(|(kind, name, bytes)| (&**kind, &**name, bytes.as_deref()));
        at_most("bytes of values", distinct(writes)?, COMMIT_SIZE_MAX)?;
        audit_line(&self.audit)
    }
}

impl Replacement {
    pub(crate) fn check(&self) -> Result<(), CommitError> {
        distinct(self.records.iter().map(|(kind, name, bytes)| (&**kind, &**name, Some(&**bytes))))?;
        audit_line(&self.audit)
    }
}

/// Checks each record and that it comes once; the sum of the values in bytes.
fn distinct<'r>(
    records: impl Iterator<Item = (&'r str, &'r str, Option<&'r [u8]>)>,
) -> Result<usize, CommitError> {
    let mut seen = HashSet::new();
    let mut sum = 0_usize;
    for (kind, name, bytes) in records {
        named(kind, name)?;
        if !seen.insert((kind, name)) {
            return Err(CommitError::Invalid(format!("{kind}/{name} is written twice")));
        }
        let length = bytes.map_or(0, <[u8]>::len);
        at_most(&format!("bytes in {kind}/{name}"), length, RECORD_SIZE_MAX)?;
        sum = sum.saturating_add(length);
    }
    Ok(sum)
}

pub(crate) fn named(kind: &str, name: &str) -> Result<(), CommitError> {
    // A slash parts kind and name where one text holds both.
    if kind.is_empty() || kind.contains('/') {
        return Err(CommitError::Invalid(format!("{kind:?} is no kind: it is empty or has a slash")));
    }
    if name.is_empty() {
        return Err(CommitError::Invalid(format!("a record of {kind} has no name")));
    }
    at_most("bytes in a kind", kind.len(), KIND_LENGTH_MAX)?;
    at_most("bytes in a name", name.len(), NAME_LENGTH_MAX)
}

fn audit_line(line: &[u8]) -> Result<(), CommitError> {
    if line.contains(&b'\n') {
        return Err(CommitError::Invalid("the audit line has a line break".into()));
    }
    at_most("bytes in the audit line", line.len(), AUDIT_LINE_SIZE_MAX)
}

fn at_most(what: &str, found: usize, limit: usize) -> Result<(), CommitError> {
    if found > limit {
        return Err(CommitError::Invalid(format!("{found} {what}; at most {limit} can be kept at once")));
    }
    Ok(())
}
