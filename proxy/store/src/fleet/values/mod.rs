//! What plugins share: values by keys, apart for each plugin and store.
//!
//! The keys in Redis, with `P` for the prefix in braces, `N` for the length of the plugin's name in bytes, so that where
//! it ends is not a matter of what is in it:
//!
//! - `P:keyvalue:N:PLUGIN:values:STORE`, a hash: the values by the plugin's keys.
//! - `P:keyvalue:N:PLUGIN:keys:STORE`, a sorted set of these keys, all with score 0, so that they are in the order of
//!   their bytes. A hash alone could be listed only with its values and in no order, and keys of Redis only together
//!   with everybody else's.
//! - `P:keyvalue:N:PLUGIN:bytes`, a number: bytes of all keys and values of the plugin.
//!
//! A plugin's keys are never part of a key in Redis, so there is nothing in them to escape. Scripts keep the three in
//! step. Unlike everything else in this crate, [`Values`] may be used by threads that must not block: commands are
//! handed to threads of its own, each with one connection, over which many commands go at once.
//!
//! A command is sent once or not at all: one whose answer is lost may have been carried out, and is not repeated.

mod error;
mod link;
mod queue;
mod send;
#[cfg(test)]
mod tests;

pub use error::{ValuesError, ValuesEvent};
pub use link::ANSWER_TIMEOUT as VALUES_ANSWER_TIMEOUT;

use super::link::client;
use super::reply::{Reply, list};
use super::settings::{RedisSettings, check_prefix};
use crate::StoreError;
use queue::{Job, Queue};
use redis::{Cmd, Value, cmd};
use std::future::Future;
use std::sync::{Arc, Once};
use tokio::sync::oneshot;

const SET: &str = include_str!("scripts/set.lua");
const DELETE: &str = include_str!("scripts/delete.lua");
const INCREMENT: &str = include_str!("scripts/increment.lua");

/// Connections. One waits for answers while the other sends; more would only share one Redis.
const CONNECTIONS: usize = 2;
/// Highest place that keys are listed from. Redis counts places with a sign.
const PLACE_MAX: u64 = i64::MAX as u64 / 2;

/// Values in Redis, for plugins.
pub struct Values {
    queue: Arc<Queue>,
    client: redis::Client,
    prefix: String,
    started: Once,
}

/// A store of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct ValueStore<'a> {
    /// Name of the plugin.
    pub plugin: &'a str,
    /// Name of the store.
    pub store: &'a str,
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Values").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Values {
    /// Connects when it is first used. `tell` hears when Redis goes away and comes back.
    ///
    /// # Errors
    /// When the settings are wrong.
    pub fn new(
        settings: &RedisSettings,
        tell: impl Fn(ValuesEvent<'_>) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        check_prefix(&settings.prefix)?;
        let queue = Arc::new(Queue::new(Box::new(tell)));
        let client = client(settings)?;
        Ok(Self { queue, client, prefix: settings.prefix.clone(), started: Once::new() })
    }

    /// The value under a key.
    pub fn get(
        &self,
        store: ValueStore<'_>,
        key: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, ValuesError>> + Send + use<> {
        let sent = self.send(cmd("HGET").arg(self.key(store, "values")).arg(key));
        async move {
            match answered(sent).await? {
                Value::BulkString(value) => Ok(Some(value)),
                Value::Nil => Ok(None),
                _ => Err(ValuesError::Garbled),
            }
        }
    }

    /// Whether a key is there.
    pub fn exists(
        &self,
        store: ValueStore<'_>,
        key: &str,
    ) -> impl Future<Output = Result<bool, ValuesError>> + Send + use<> {
        let sent = self.send(cmd("HEXISTS").arg(self.key(store, "values")).arg(key));
        async move {
            match answered(sent).await? {
                Value::Int(count) => Ok(count == 1),
                _ => Err(ValuesError::Garbled),
            }
        }
    }

    /// Puts a value under a key, while all keys and values of the plugin come to at most `most_bytes`.
    pub fn set(
        &self,
        store: ValueStore<'_>,
        key: &str,
        value: &[u8],
        most_bytes: usize,
    ) -> impl Future<Output = Result<(), ValuesError>> + Send + use<> {
        let sent = self.send(self.script(SET, store).arg(key).arg(value).arg(most_bytes));
        async move {
            let mut reply = Reply::of(answered(sent).await?)?;
            match &*reply.word {
                "done" => Ok(()),
                "full" => Err(ValuesError::Full { bytes: reply.number()?, most_bytes }),
                _ => Err(ValuesError::Garbled),
            }
        }
    }

    /// Removes a key.
    pub fn delete(
        &self,
        store: ValueStore<'_>,
        key: &str,
    ) -> impl Future<Output = Result<(), ValuesError>> + Send + use<> {
        let sent = self.send(self.script(DELETE, store).arg(key));
        async move {
            match &*Reply::of(answered(sent).await?)?.word {
                "done" => Ok(()),
                _ => Err(ValuesError::Garbled),
            }
        }
    }

    /// Up to `most` keys in the order of their bytes, after the first `skip`, and whether there are more.
    pub fn keys(
        &self,
        store: ValueStore<'_>,
        skip: u64,
        most: usize,
    ) -> impl Future<Output = Result<(Vec<String>, bool), ValuesError>> + Send + use<> {
        let first = skip.min(PLACE_MAX);
        // With one more, which tells whether there are more.
        let last = first.saturating_add(most as u64);
        let sent = self.send(cmd("ZRANGE").arg(self.key(store, "keys")).arg(first).arg(last));
        async move {
            let mut keys = list(answered(sent).await?)?;
            let more = keys.len() > most;
            keys.truncate(most);
            let text = |key| super::reply::text(Some(key)).map_err(ValuesError::from);
            Ok((keys.into_iter().map(text).collect::<Result<_, _>>()?, more))
        }
    }

    /// Adds to the number under a key, 0 where there is none, and returns the sum. `most_bytes` as for [`Values::set`].
    pub fn increment(
        &self,
        store: ValueStore<'_>,
        key: &str,
        delta: u64,
        most_bytes: usize,
    ) -> impl Future<Output = Result<u64, ValuesError>> + Send + use<> {
        let sent = match i64::try_from(delta) {
            Ok(delta) => self.send(self.script(INCREMENT, store).arg(key).arg(delta).arg(most_bytes)),
            Err(_) => Err(ValuesError::TooGreat),
        };
        async move {
            let mut reply = Reply::of(answered(sent).await?)?;
            match &*reply.word {
                "sum" => Ok(reply.number()?),
                "number" => Err(ValuesError::NoNumber),
                "over" => Err(ValuesError::TooGreat),
                "full" => Err(ValuesError::Full { bytes: reply.number()?, most_bytes }),
                _ => Err(ValuesError::Garbled),
            }
        }
    }

    fn script(&self, text: &str, store: ValueStore<'_>) -> Cmd {
        let mut command = cmd("EVAL");
        // The text is sent each time: Redis knows it by its digest, and this does not depend on what it remembers.
        command.arg(text).arg(3).arg(self.key(store, "values")).arg(self.key(store, "keys"));
        command.arg(format!("{}bytes", self.place(store.plugin)));
        command
    }

    fn key(&self, store: ValueStore<'_>, what: &str) -> String {
        format!("{}{what}:{}", self.place(store.plugin), store.store)
    }

    /// What all keys of a plugin begin with.
    fn place(&self, plugin: &str) -> String {
        format!("{{{}}}:keyvalue:{}:{plugin}:", self.prefix, plugin.len())
    }

    /// Hands a command over; what is waited for next is its answer.
    fn send(&self, command: &Cmd) -> Result<oneshot::Receiver<Answer>, ValuesError> {
        self.started.call_once(|| self.queue.serve(&self.client, CONNECTIONS));
        let (answer, answered) = oneshot::channel();
        self.queue.push(Job { packed: command.get_packed_command(), answer })?;
        Ok(answered)
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

/// What becomes of a command.
type Answer = Result<Value, ValuesError>;

async fn answered(sent: Result<oneshot::Receiver<Answer>, ValuesError>) -> Answer {
    // Without an answer the thread has ended.
    sent?.await.unwrap_or(Err(ValuesError::Lost))
}
