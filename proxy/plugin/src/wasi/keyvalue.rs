//! `wasi:keyvalue`: what plugins do with the stores that they were granted.
//!
//! A store of this node is a map behind a lock and answers at once. A shared one is waited for: the time counts as
//! wall time and not as computing, because nothing of the plugin runs meanwhile.

use std::time::Duration;

use wasmtime::component::Resource;

use super::stores::{KEY_BYTES, Stores, check_key};
use crate::bindings::wasi::keyvalue::atomics;
use crate::bindings::wasi::keyvalue::store::{self, Bucket, Error, KeyResponse};
use crate::call::Call;
use crate::limits::StoreGrant;
use crate::load::Loaded;
use crate::shared_stores::{SharedFuture, SharedStores, StoreName};

/// Keys in one page of `list-keys`.
const PAGE_KEYS: usize = 1000;
/// Buckets one instance may have open.
const OPEN_BUCKETS: usize = 64;

/// A store that the guest has opened.
enum Place<'c> {
    Here(Here<'c>),
    Shared(&'c dyn SharedStores, StoreName<'c>),
}

/// One in the memory of this node.
struct Here<'c> {
    loaded: &'c Loaded,
    bucket: &'c str,
}

impl Here<'_> {
    /// Works on the plugin's stores; the name of this one, and the most bytes of all come with it.
    fn with<R>(&self, work: impl FnOnce(&mut Stores, &str, usize) -> R) -> R {
        let limit = self.loaded.settings.limits.keyvalue_bytes;
        self.loaded.stores.with(&self.loaded.name, |stores| work(stores, self.bucket, limit))
    }
}

impl Call {
    fn place(&self, handle: &Resource<Bucket>) -> Result<Place<'_>, Error> {
        let open = self.buckets.get(handle.rep() as usize).and_then(Option::as_ref);
        let open = open.ok_or(Error::NoSuchStore)?;
        Ok(match self.loaded.stores.shared().filter(|_| open.shared) {
            Some(stores) => Place::Shared(stores, StoreName { plugin: &self.loaded.name, store: &open.name }),
            None => Place::Here(Here { loaded: &self.loaded, bucket: &open.name }),
        })
    }

    /// How long one operation on a shared store may take.
    fn patience(&self) -> Duration {
        self.loaded.settings.limits.keyvalue()
    }

    /// The most bytes of all shared keys and values of the plugin.
    fn most_bytes(&self) -> usize {
        self.loaded.settings.limits.keyvalue_bytes
    }

    fn check_value(&self, bytes: usize) -> Result<(), Error> {
        let limit = self.loaded.settings.limits.keyvalue_value_bytes;
        if bytes > limit {
            return Err(Error::Other(format!(
                "a value of {bytes} bytes, expected at most {limit} (limit `keyvalue_value_bytes`)"
            )));
        }
        Ok(())
    }
}

/// Waits for a shared store for as long as a plugin may.
async fn wait<T>(patience: Duration, operation: SharedFuture<T>) -> Result<T, Error> {
    match tokio::time::timeout(patience, operation).await {
        Ok(answered) => answered.map_err(Error::Other),
        Err(_elapsed) => Err(Error::Other(format!(
            "no answer within {} ms (limit `keyvalue_ms`); a change may still be made",
            patience.as_millis()
        ))),
    }
}

impl store::Host for Call {
    fn open(&mut self, identifier: String) -> Result<Resource<Bucket>, Error> {
        let granted = self.loaded.settings.grants.keyvalue.as_deref().unwrap_or_default();
        let granted = granted.iter().find(|store| store.name == identifier);
        let open: StoreGrant = granted.cloned().ok_or(Error::AccessDenied)?;
        let free = self.buckets.iter().position(Option::is_none).unwrap_or(self.buckets.len());
        if free >= OPEN_BUCKETS {
            return Err(Error::Other(format!("expected at most {OPEN_BUCKETS} open stores")));
        }
        match self.buckets.get_mut(free) {
            Some(place) => *place = Some(open),
            None => self.buckets.push(Some(open)),
        }
        let index = u32::try_from(free).map_err(|_| Error::NoSuchStore)?;
        Ok(Resource::new_own(index))
    }
}

// What is waited for borrows nothing of the call: futures of imports must be fit for other threads, and a call is not
// while it is lent.
impl store::HostBucket for Call {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>, Error> {
        let operation = match self.place(&bucket)? {
            Place::Here(here) => return Ok(here.with(|stores, bucket, _| stores.get(bucket, &key).cloned())),
            // Nothing can be there.
            Place::Shared(..) if key.len() > KEY_BYTES => return Ok(None),
            Place::Shared(stores, store) => stores.get(store, &key),
        };
        let patience = self.patience();
        let value = wait(patience, operation).await?;
        // Another node may have other limits.
        self.check_value(value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<(), Error> {
        let operation = match self.place(&bucket)? {
            Place::Here(here) => {
                return here.with(|stores, bucket, limit| stores.set(bucket, key, value, limit));
            }
            Place::Shared(stores, store) => {
                check_key(&key)?;
                self.check_value(value.len())?;
                stores.set(store, &key, value, self.most_bytes())
            }
        };
        let patience = self.patience();
        wait(patience, operation).await
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<(), Error> {
        let operation = match self.place(&bucket)? {
            Place::Here(here) => {
                here.with(|stores, bucket, _| stores.delete(bucket, &key));
                return Ok(());
            }
            Place::Shared(..) if key.len() > KEY_BYTES => return Ok(()),
            Place::Shared(stores, store) => stores.delete(store, &key),
        };
        let patience = self.patience();
        wait(patience, operation).await
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool, Error> {
        let operation = match self.place(&bucket)? {
            Place::Here(here) => return Ok(here.with(|stores, bucket, _| stores.get(bucket, &key).is_some())),
            Place::Shared(..) if key.len() > KEY_BYTES => return Ok(false),
            Place::Shared(stores, store) => stores.exists(store, &key),
        };
        let patience = self.patience();
        wait(patience, operation).await
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<u64>,
    ) -> Result<KeyResponse, Error> {
        let skip = cursor.unwrap_or(0);
        let operation = match self.place(&bucket)? {
            Place::Here(here) => return Ok(here.with(|stores, bucket, _| page(stores, bucket, skip))),
            Place::Shared(stores, store) => stores.list_keys(store, skip, PAGE_KEYS),
        };
        let patience = self.patience();
        let found = wait(patience, operation).await?;
        let cursor = found.more.then(|| skip.saturating_add(found.keys.len() as u64));
        Ok(KeyResponse { keys: found.keys, cursor })
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        if let Some(place) = self.buckets.get_mut(bucket.rep() as usize) {
            *place = None;
        }
        Ok(())
    }
}

impl atomics::Host for Call {
    async fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: u64) -> Result<u64, Error> {
        let operation = match self.place(&bucket)? {
            Place::Here(here) => {
                return here.with(|stores, bucket, limit| stores.increment(bucket, key, delta, limit));
            }
            Place::Shared(stores, store) => {
                check_key(&key)?;
                stores.increment(store, &key, delta, self.most_bytes())
            }
        };
        let patience = self.patience();
        wait(patience, operation).await
    }
}

fn page(stores: &Stores, bucket: &str, skip: u64) -> KeyResponse {
    let first = usize::try_from(skip).unwrap_or(usize::MAX);
    let mut keys = stores.buckets.get(bucket).into_iter().flat_map(|bucket| bucket.keys()).skip(first);
    let page: Vec<String> = keys.by_ref().take(PAGE_KEYS).cloned().collect();
    let more = keys.next().is_some();
    let cursor = more.then(|| skip.saturating_add(page.len() as u64));
    KeyResponse { keys: page, cursor }
}
