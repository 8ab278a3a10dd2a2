//! Key-value stores of plugins in the node's Redis.

use crate::node::REDIS_PREFIX;
use edgewit_plugin::{KeyPage, SharedFuture, SharedStores, StoreName};
use edgewit_store::{RedisSettings, StoreError, ValueStore, Values, ValuesError, ValuesEvent};
use std::future::Future;

pub(crate) use edgewit_store::VALUES_ANSWER_TIMEOUT as ANSWER_TIMEOUT;

/// Stores in Redis.
pub(crate) struct RedisStores(Values);

impl RedisStores {
    /// Connects when a plugin first needs it.
    ///
    /// # Errors
    /// When the URL is none.
    pub(crate) fn new(url: &str) -> Result<Self, StoreError> {
        let settings = RedisSettings { url: url.to_owned(), prefix: REDIS_PREFIX.to_owned(), ca: None };
        Values::new(&settings, tell).map(Self)
    }
}

fn tell(event: ValuesEvent<'_>) {
    match event {
        ValuesEvent::Away(reason) => {
            tracing::warn!(reason, "Redis is away; shared stores of plugins answer with errors");
        }
        ValuesEvent::Back => tracing::info!("Redis is back; plugins have their shared stores"),
    }
}

fn of(name: StoreName<'_>) -> ValueStore<'_> {
    ValueStore { plugin: name.plugin, store: name.store }
}

fn boxed<T: Send + 'static>(
    operation: impl Future<Output = Result<T, ValuesError>> + Send + 'static,
) -> SharedFuture<T> {
    Box::pin(async move { operation.await.map_err(|error| error.to_string()) })
}

impl SharedStores for RedisStores {
    fn get(&self, store: StoreName<'_>, key: &str) -> SharedFuture<Option<Vec<u8>>> {
        boxed(self.0.get(of(store), key))
    }

    fn set(&self, store: StoreName<'_>, key: &str, value: Vec<u8>, most_bytes: usize) -> SharedFuture<()> {
        boxed(self.0.set(of(store), key, &value, most_bytes))
    }

    fn delete(&self, store: StoreName<'_>, key: &str) -> SharedFuture<()> {
        boxed(self.0.delete(of(store), key))
    }

    fn exists(&self, store: StoreName<'_>, key: &str) -> SharedFuture<bool> {
        boxed(self.0.exists(of(store), key))
    }

    fn list_keys(&self, store: StoreName<'_>, skip: u64, most: usize) -> SharedFuture<KeyPage> {
        let found = self.0.keys(of(store), skip, most);
        boxed(async move { found.await.map(|(keys, more)| KeyPage { keys, more }) })
    }

    fn increment(&self, store: StoreName<'_>, key: &str, delta: u64, most_bytes: usize) -> SharedFuture<u64> {
        boxed(self.0.increment(of(store), key, delta, most_bytes))
    }
}
