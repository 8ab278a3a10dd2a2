//! What holds for every store, tried on each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests may sleep")]

mod behaviour;
mod crash;
mod serial;
pub(crate) mod server;
mod transfer;

use server::Server;

use crate::{Change, Commit, CommitError, Embedded, Follow, Position, Redis, Store};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("edgewit-store-{}-{count}", std::process::id()));
        // One that an earlier process of the same number left.
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Runs a test over a new store of each sort.
pub(crate) fn each_store(test: impl Fn(&dyn Store)) {
    let folder = Folder::new();
    test(&Embedded::open(folder.path()).unwrap());
    if let Some(server) = Server::start() {
        test(&Redis::open(&server.settings()).unwrap());
    }
}

/// A commit in short: reads as `(name, seen)` and writes as `(name, value)`, all of the kind `things`.
pub(crate) fn commit(reads: &[(&str, u64)], writes: &[(&str, Option<&str>)]) -> Commit {
    let named = |name: &str| ("things".to_owned(), name.to_owned());
    Commit {
        reads: reads.iter().map(|(name, seen)| (named(name).0, named(name).1, *seen)).collect(),
        writes: writes
            .iter()
            .map(|(name, value)| (named(name).0, named(name).1, value.map(|value| value.as_bytes().to_vec())))
            .collect(),
        audit: format!("{{\"writes\":{}}}", writes.len()).into_bytes(),
    }
}

pub(crate) fn put(store: &dyn Store, name: &str, value: &str) -> u64 {
    store.commit(commit(&[], &[(name, Some(value))])).unwrap()
}

/// All records as `name=value@revision`.
pub(crate) fn listed(store: &dyn Store) -> Vec<String> {
    let records = store.load().unwrap().records;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    records
        .iter()
        .map(|record| format!("{}={}@{}", record.name, text(&record.bytes), record.revision))
        .collect()
}

pub(crate) fn changes(store: &dyn Store, since: Position) -> (Position, Vec<Change>) {
    match store.follow(since, Duration::from_secs(5)).unwrap() {
        Follow::Changes { position, changes } => (position, changes),
        Follow::TooOld => panic!("too old"),
    }
}

pub(crate) fn conflict(error: &CommitError) -> Option<(&str, u64, u64)> {
    match error {
        CommitError::Conflict { name, seen, found, .. } => Some((name, *seen, *found)),
        _ => None,
    }
}
