//! Reading what scripts answer.

use super::link::{RETRY, Trouble};
use crate::StoreError;
use redis::Value;

/// An answer: a word, and what it is about.
pub(super) struct Reply {
    pub(super) word: String,
    rest: std::vec::IntoIter<Value>,
}

/// An answer that no script of ours gives.
#[derive(Debug)]
pub(super) struct Garbled;

impl From<Garbled> for StoreError {
    fn from(_: Garbled) -> Self {
        StoreError::Unavailable { reason: "it answered something else than was asked".into(), retry: RETRY }
    }
}

impl From<Garbled> for Trouble {
    fn from(_: Garbled) -> Self {
        Trouble::Lost("it answered something else than was asked".into())
    }
}

impl Reply {
    pub(super) fn of(value: Value) -> Result<Self, Garbled> {
        let mut rest = list(value)?.into_iter();
        let word = text(rest.next())?;
        Ok(Self { word, rest })
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.len() == 0
    }

    pub(super) fn text(&mut self) -> Result<String, Garbled> {
        text(self.rest.next())
    }

    pub(super) fn number(&mut self) -> Result<u64, Garbled> {
        match self.rest.next() {
            Some(Value::Int(number)) => u64::try_from(number).map_err(|_| Garbled),
            other => text(other)?.parse().map_err(|_| Garbled),
        }
    }

    /// A number of 64 bits, which Redis has as text in base 16: its own are exact up to 53 only.
    pub(super) fn mark(&mut self) -> Result<u64, Garbled> {
        u64::from_str_radix(&self.text()?, 16).map_err(|_| Garbled)
    }

    /// Kind and name.
    pub(super) fn name(&mut self) -> Result<(String, String), Garbled> {
        let text = self.text()?;
        let (kind, name) = text.split_once('/').ok_or(Garbled)?;
        Ok((kind.to_owned(), name.to_owned()))
    }

    /// Bytes, or none.
    pub(super) fn bytes(&mut self) -> Result<Option<Vec<u8>>, Garbled> {
        match self.rest.next() {
            Some(Value::BulkString(bytes)) => Ok(Some(bytes)),
            Some(Value::Nil) => Ok(None),
            _ => Err(Garbled),
        }
    }
}

pub(super) fn list(value: Value) -> Result<Vec<Value>, Garbled> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(Garbled),
    }
}

pub(super) fn text(value: Option<Value>) -> Result<String, Garbled> {
    match value {
        Some(Value::BulkString(bytes)) => String::from_utf8(bytes).map_err(|_| Garbled),
        Some(Value::SimpleString(text)) => Ok(text),
        _ => Err(Garbled),
    }
}

/// A number as [`Reply::mark`] reads it.
pub(super) fn mark(number: u64) -> String {
    format!("{number:x}")
}
