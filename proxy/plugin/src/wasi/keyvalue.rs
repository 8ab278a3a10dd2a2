//! `wasi:keyvalue`: stores in the memory of this node, apart for each plugin.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use wasmtime::component::Resource;

use crate::bindings::wasi::keyvalue::atomics;
use crate::bindings::wasi::keyvalue::store::{self, Bucket, Error, KeyResponse};
use crate::call::Call;

/// Bytes of a key.
const KEY_BYTES: usize = 1 << 10;
/// Keys in one page of `list-keys`.
const PAGE_KEYS: usize = 1000;
/// Buckets one instance may have open.
const OPEN_BUCKETS: usize = 64;

/// All stores of a node. They outlive plugin generations and end with the process.
#[derive(Debug, Default)]
pub(crate) struct KeyValueStores {
    /// By plugin: a plugin's name is the only way in, so no plugin can name another one's keys.
    plugins: Mutex<HashMap<String, Stores>>,
}

#[derive(Debug, Default)]
struct Stores {
    buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Of all keys and values.
    bytes: usize,
}

impl KeyValueStores {
    fn with<R>(&self, plugin: &str, work: impl FnOnce(&mut Stores) -> R) -> R {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if !plugins.contains_key(plugin) {
            plugins.insert(plugin.to_owned(), Stores::default());
        }
        let mut nothing = Stores::default();
        work(plugins.get_mut(plugin).unwrap_or(&mut nothing))
    }
}

impl Stores {
    fn set(&mut self, bucket: &str, key: String, value: Vec<u8>, limit: usize) -> Result<(), Error> {
        if key.len() > KEY_BYTES {
            return Err(Error::Other(format!("a key of {} bytes, expected at most {KEY_BYTES}", key.len())));
        }
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

    fn delete(&mut self, bucket: &str, key: &str) {
        if let Some(value) = self.buckets.get_mut(bucket).and_then(|bucket| bucket.remove(key)) {
            self.bytes -= key.len() + value.len();
        }
    }

    fn get(&self, bucket: &str, key: &str) -> Option<&Vec<u8>> {
        self.buckets.get(bucket)?.get(key)
    }
}

impl Call {
    fn bucket(&self, handle: &Resource<Bucket>) -> Result<&str, Error> {
        let found = self.buckets.get(handle.rep() as usize).and_then(Option::as_deref);
        found.ok_or(Error::NoSuchStore)
    }

    fn in_bucket<R>(
        &self,
        handle: &Resource<Bucket>,
        work: impl FnOnce(&mut Stores, &str, usize) -> R,
    ) -> Result<R, Error> {
        let bucket = self.bucket(handle)?;
        let limit = self.loaded.settings.limits.keyvalue_bytes;
        Ok(self.loaded.stores.with(&self.loaded.name, |stores| work(stores, bucket, limit)))
    }
}

impl store::Host for Call {
    fn open(&mut self, identifier: String) -> Result<Resource<Bucket>, Error> {
        let granted = self.loaded.settings.grants.keyvalue.as_deref().unwrap_or_default();
        if !granted.contains(&identifier) {
            return Err(Error::AccessDenied);
        }
        let free = self.buckets.iter().position(Option::is_none).unwrap_or(self.buckets.len());
        if free >= OPEN_BUCKETS {
            return Err(Error::Other(format!("expected at most {OPEN_BUCKETS} open stores")));
        }
        match self.buckets.get_mut(free) {
            Some(place) => *place = Some(identifier),
            None => self.buckets.push(Some(identifier)),
        }
        let index = u32::try_from(free).map_err(|_| Error::NoSuchStore)?;
        Ok(Resource::new_own(index))
    }
}

impl store::HostBucket for Call {
    fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.in_bucket(&bucket, |stores, bucket, _| stores.get(bucket, &key).cloned())
    }

    fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.in_bucket(&bucket, |stores, bucket, limit| stores.set(bucket, key, value, limit))?
    }

    fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<(), Error> {
        self.in_bucket(&bucket, |stores, bucket, _| stores.delete(bucket, &key))
    }

    fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool, Error> {
        self.in_bucket(&bucket, |stores, bucket, _| stores.get(bucket, &key).is_some())
    }

    fn list_keys(&mut self, bucket: Resource<Bucket>, cursor: Option<u64>) -> Result<KeyResponse, Error> {
        let skip = usize::try_from(cursor.unwrap_or(0)).unwrap_or(usize::MAX);
        self.in_bucket(&bucket, |stores, bucket, _| {
            let mut keys = stores.buckets.get(bucket).into_iter().flat_map(BTreeMap::keys).skip(skip);
            let page: Vec<String> = keys.by_ref().take(PAGE_KEYS).cloned().collect();
            let more = keys.next().is_some();
            let cursor = more.then(|| (skip + page.len()) as u64);
            KeyResponse { keys: page, cursor }
        })
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        if let Some(place) = self.buckets.get_mut(bucket.rep() as usize) {
            *place = None;
        }
        Ok(())
    }
}

impl atomics::Host for Call {
    fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: u64) -> Result<u64, Error> {
        self.in_bucket(&bucket, |stores, bucket, limit| {
            let before = match stores.get(bucket, &key) {
                None => 0,
                Some(value) => std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse::<u64>().ok())
                    .ok_or_else(|| Error::Other("the value is no number".to_owned()))?,
            };
            let after = before.saturating_add(delta);
            stores.set(bucket, key, after.to_string().into_bytes(), limit)?;
            Ok(after)
        })?
    }
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
