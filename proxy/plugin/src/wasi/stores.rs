//! Where key-value stores are: those of this node in its memory, apart for each plugin, and those that nodes share.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::bindings::wasi::keyvalue::store::Error;
use crate::shared_stores::SharedStores;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 1 << 10;

/// All stores of a node. They outlive plugin generations; those in memory end with the process.
#[derive(Default)]
pub(crate) struct KeyValueStores {
    /// By plugin: a plugin's name is the only way in, so no plugin can name another one's keys.
    plugins: Mutex<HashMap<String, Stores>>,
    /// Those that nodes share; without, they are in memory too.
    shared: OnceLock<Arc<dyn SharedStores>>,
}

/// The stores of one plugin in memory.
#[derive(Debug, Default)]
pub(super) struct Stores {
    pub(super) buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Of all keys and values.
    bytes: usize,
}

impl KeyValueStores {
    /// Where stores are that nodes share. The first that is named stays.
    pub(crate) fn share(&self, stores: Arc<dyn SharedStores>) {
        let _first = self.shared.set(stores);
    }

    pub(super) fn shared(&self) -> Option<&dyn SharedStores> {
        self.shared.get().map(|stores| &**stores)
    }

    pub(super) fn with<R>(&self, plugin: &str, work: impl FnOnce(&mut Stores) -> R) -> R {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if !plugins.contains_key(plugin) {
            plugins.insert(plugin.to_owned(), Stores::default());
        }
        let mut nothing = Stores::default();
        work(plugins.get_mut(plugin).unwrap_or(&mut nothing))
    }
}

impl Stores {
    pub(super) fn set(
        &mut self,
        bucket: &str,
        key: String,
        value: Vec<u8>,
        limit: usize,
    ) -> Result<(), Error> {
        check_key(&key)?;
        let bucket = self.buckets.entry(bucket.to_owned()).or_default();
        let before = bucket.get(&key).map_or(0, |value| key.len() + value.len());
        let after = self.bytes - before + key.len() + value.len();
        if after > limit {
            return Err(Error::Other(format!(
                "{after} bytes, expected at most {limit} (limit `keyvalue_mb`)"
            )));
        }
        self.bytes = after;
        bucket.insert(key, value);
        Ok(())
    }

    pub(super) fn delete(&mut self, bucket: &str, key: &str) {
        if let Some(value) = self.buckets.get_mut(bucket).and_then(|bucket| bucket.remove(key)) {
            self.bytes -= key.len() + value.len();
        }
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> Option<&Vec<u8>> {
        self.buckets.get(bucket)?.get(key)
    }

    pub(super) fn increment(
        &mut self,
        bucket: &str,
        key: String,
        delta: u64,
        limit: usize,
    ) -> Result<u64, Error> {
        let before = match self.get(bucket, &key) {
            None => 0,
            Some(value) => std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse::<u64>().ok())
                .ok_or_else(|| Error::Other("the value is no number".to_owned()))?,
        };
        let after = before.saturating_add(delta);
        self.set(bucket, key, after.to_string().into_bytes(), limit)?;
        Ok(after)
    }
}

pub(super) fn check_key(key: &str) -> Result<(), Error> {
    if key.len() > KEY_BYTES {
        return Err(Error::Other(format!("a key of {} bytes, expected at most {KEY_BYTES}", key.len())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_store_holds_as_much_as_its_limit_and_no_more() {
        let stores = KeyValueStores::default();
        stores.with("a", |s| s.set("b", "k".into(), vec![0; 9], 10)).unwrap();
        assert!(stores.with("a", |s| s.set("b", "k".into(), vec![0; 10], 10)).is_err());
        stores.with("a", |s| s.delete("b", "k"));
        assert_eq!(stores.with("a", |s| s.bytes), 0);
        assert!(stores.with("a", |s| s.set("b", "x".repeat(KEY_BYTES + 1), vec![], 1 << 20)).is_err());
    }

    #[test]
    fn plugins_do_not_see_each_other() {
        let stores = KeyValueStores::default();
        stores.with("a", |s| s.set("b", "k".into(), vec![1], 10)).unwrap();
        assert!(stores.with("other", |s| s.get("b", "k").cloned()).is_none());
    }
}
