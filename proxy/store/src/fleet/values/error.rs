//! What goes wrong with values, in words that plugins may hear.

use super::super::reply::Garbled;

/// Why there is no answer about a value. Says nothing of where Redis is: plugins hear it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// Redis cannot be reached. Nothing was sent.
    #[error("the shared store is away")]
    Away,
    /// As many commands wait already as may. Nothing was sent.
    #[error("the shared store is busy")]
    Busy,
    /// The connection was lost while a command was under way: it was carried out or not.
    #[error("the shared store did not answer; a change may have been made")]
    Lost,
    /// Redis refused the command.
    #[error("the shared store refuses this: {code}")]
    Refused {
        /// Its word for why, such as `OOM`.
        code: String,
    },
    /// All keys and values would be too many bytes.
    #[error("{bytes} bytes, expected at most {most_bytes} (limit `keyvalue_mb`)")]
    Full {
        /// What they would come to.
        bytes: u64,
        /// What they may.
        most_bytes: usize,
    },
    /// There is something else under the key.
    #[error("the value is no number")]
    NoNumber,
    /// The sum takes more than 63 bits.
    #[error("the number would be above {}, the most that a shared store counts to", i64::MAX)]
    TooGreat,
    /// What is in Redis was not written by this.
    #[error("the shared store answers something else than was asked")]
    Garbled,
}

impl From<Garbled> for ValuesError {
    fn from(_: Garbled) -> Self {
        ValuesError::Garbled
    }
}

/// What an operator should hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesEvent<'a> {
    /// Redis cannot be reached, for this reason. It is tried again.
    Away(&'a str),
    /// Redis is there again.
    Back,
}
