//! Key-value stores that all nodes of a fleet share, as plugins see them: where they are is the node's matter.

use std::future::Future;
use std::pin::Pin;

/// An operation under way. Dropping it ends the wait; a change that was sent may still be made.
///
/// The error is for the plugin, so it says nothing that only an operator should know.
pub type SharedFuture<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// A store. The same name is another store for another plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreName<'a> {
    /// The plugin that it belongs to.
    pub plugin: &'a str,
    /// Its name in the grant.
    pub store: &'a str,
}

/// Some keys of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// In the order of their bytes, each once.
    pub keys: Vec<String>,
    /// More keys come after these.
    pub more: bool,
}

/// Stores that all nodes of a fleet share.
///
/// Calls are made on workers: none may block. A future may be waited for on any runtime, and is dropped when the
/// plugin has waited for as long as it may (`keyvalue_ms`) or its call ends.
pub trait SharedStores: Send + Sync {
    /// The value under a key.
    fn get(&self, store: StoreName<'_>, key: &str) -> SharedFuture<Option<Vec<u8>>>;

    /// Puts a value under a key, unless all shared keys and values of the plugin would come to more than `most_bytes`.
    fn set(&self, store: StoreName<'_>, key: &str, value: Vec<u8>, most_bytes: usize) -> SharedFuture<()>;

    /// Removes a key, where it is there.
    fn delete(&self, store: StoreName<'_>, key: &str) -> SharedFuture<()>;

    /// Whether a key is there.
    fn exists(&self, store: StoreName<'_>, key: &str) -> SharedFuture<bool>;

    /// Up to `most` keys, after the first `skip`.
    fn list_keys(&self, store: StoreName<'_>, skip: u64, most: usize) -> SharedFuture<KeyPage>;

    /// Adds to the number under a key, 0 where there is none, as if nobody else did anything meanwhile; the sum.
    /// `most_bytes` as for [`SharedStores::set`].
    fn increment(&self, store: StoreName<'_>, key: &str, delta: u64, most_bytes: usize) -> SharedFuture<u64>;
}
