//! Reading a store in.

use super::{FORMAT, HEADER_FORMAT, HEADER_RECORDS, HEADER_REVISION};
use crate::limits::{RECORD_SIZE_MAX, named};
use crate::{CommitError, Replacement, Store};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{BufRead, Read};

/// Longest line, in bytes: the largest record, and room for its name and for more escapes than we would write.
const LINE_SIZE_MAX: usize = RECORD_SIZE_MAX + (RECORD_SIZE_MAX >> 3);
/// How much of a line a message shows, in characters.
const SHOWN: usize = 40;

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Whether records that are there may go. If not, there must be none.
    pub replace: bool,
    /// The line for the audit log, JSON without a line break.
    pub audit: Vec<u8>,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The revision of the store with the records; all of them have it.
    pub revision: u64,
    /// How many records.
    pub records: usize,
}

/// An import that failed. The store is as it was, unless [`CommitError::Unknown`] says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A line is wrong.
    #[error("line {line}: {found}, where {expected} was expected")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is there. Shows no values of records.
        found: String,
        /// What should be.
        expected: String,
    },
    /// The lines cannot be read.
    #[error("line {line} cannot be read: {source}")]
    Io {
        /// Which, from 1.
        line: usize,
        /// What was said.
        source: std::io::Error,
    },
    /// The store did not take the records.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Reads an export and puts its records into a store, all or none.
///
/// # Errors
/// As [`ImportError`] says.
pub fn import(
    store: &dyn Store,
    from: &mut dyn BufRead,
    options: ImportOptions,
) -> Result<Imported, ImportError> {
    let mut lines = Lines { from, line: 0 };
    let header = lines.next()?.ok_or_else(|| wrong(1, "the end of the file", "a header"))?;
    let (revision, promised) = read_header(&header)?;
    let mut records = Vec::new();
    let mut first = HashMap::new();
    while let Some(text) = lines.next()? {
        let line = lines.line;
        let (kind, name, bytes) = record(line, &text)?;
        if let Some(before) = first.insert((kind.clone(), name.clone()), line) {
            let found = format!("{kind}/{name}, as on line {before}");
            return Err(wrong(line, &found, "each record once"));
        }
        records.push((kind, name, bytes));
    }
    let count = records.len();
    if let Some(promised) = promised.filter(|promised| *promised != count as u64) {
        let expected = format!("as many records as the header says, {promised}");
        return Err(wrong(lines.line, &format!("the end after {count} records"), &expected));
    }
    let replacement = Replacement { records, revision, over: options.replace, audit: options.audit };
    Ok(Imported { revision: store.replace(replacement)?, records: count })
}

struct Lines<'r> {
    from: &'r mut dyn BufRead,
    line: usize,
}

impl Lines<'_> {
    /// The next line without its end; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        self.line += 1;
        let line = self.line;
        let mut text = Vec::new();
        let mut limited = (&mut *self.from).take(LINE_SIZE_MAX as u64 + 1);
        let read = limited.read_until(b'\n', &mut text).map_err(|source| ImportError::Io { line, source })?;
        if read == 0 {
            return Ok(None);
        }
        if text.last() == Some(&b'\n') {
            text.pop();
        } else if read > LINE_SIZE_MAX {
            let expected = format!("at most {LINE_SIZE_MAX}");
            return Err(wrong(line, &format!("a line of more than {LINE_SIZE_MAX} bytes"), &expected));
        }
        Ok(Some(text))
    }
}

/// The revision, and how many records follow where it says so.
fn read_header(text: &[u8]) -> Result<(u64, Option<u64>), ImportError> {
    let expected = format!("a header such as {{\"{HEADER_FORMAT}\": {FORMAT}, \"{HEADER_REVISION}\": 7}}");
    let header = serde_json::from_slice::<Map<String, Value>>(text)
        .map_err(|_| wrong(1, &format!("`{}`", shown(text)), &expected))?;
    let format = header.get(HEADER_FORMAT).ok_or_else(|| {
        wrong(1, &format!("an object without `{HEADER_FORMAT}`, `{}`", shown(text)), &expected)
    })?;
    if format.as_u64() != Some(FORMAT) {
        return Err(wrong(1, &format!("format {format}"), &format!("format {FORMAT}")));
    }
    let revision = header.get(HEADER_REVISION).and_then(Value::as_u64);
    let revision =
        revision.ok_or_else(|| wrong(1, &format!("a header without a `{HEADER_REVISION}`"), &expected))?;
    let Some(records) = header.get(HEADER_RECORDS) else { return Ok((revision, None)) };
    match records.as_u64() {
        Some(records) => Ok((revision, Some(records))),
        None => Err(wrong(1, &format!("`{HEADER_RECORDS}` of {records}"), "a count")),
    }
}

/// Kind, name and value of a record.
fn record(line: usize, text: &[u8]) -> Result<(String, String, Vec<u8>), ImportError> {
    const EXPECTED: &str =
        "a record such as {\"kind\": \"stages\", \"name\": \"a1b2c3d4e5/prod\", \"value\": {}}";
    // What the parser says has a place but nothing of the text, which may be secret.
    let mut object = serde_json::from_slice::<Map<String, Value>>(text).map_err(|error| match text {
        b"" => wrong(line, "an empty line", EXPECTED),
        _ => wrong(line, &format!("no JSON object ({error})"), EXPECTED),
    })?;
    let mut member = |name: &str| {
        object.remove(name).ok_or_else(|| wrong(line, &format!("an object without `{name}`"), EXPECTED))
    };
    let (kind, name, value) = (member("kind")?, member("name")?, member("value")?);
    let (Value::String(kind), Value::String(name)) = (kind, name) else {
        return Err(wrong(line, "a `kind` or `name` that is no string", EXPECTED));
    };
    if let Some(other) = object.keys().next() {
        return Err(wrong(line, &format!("an unknown member `{other}`"), EXPECTED));
    }
    named(&kind, &name).map_err(|error| wrong(line, &error.to_string(), EXPECTED))?;
    let bytes = serde_json::to_vec(&value).map_err(|error| wrong(line, &error.to_string(), EXPECTED))?;
    Ok((kind, name, bytes))
}

fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut shown = text.chars().take(SHOWN).collect::<String>();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn wrong(line: usize, found: &str, expected: &str) -> ImportError {
    ImportError::Line { line, found: found.into(), expected: expected.into() }
}
