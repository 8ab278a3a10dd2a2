//! The file: permissions, locking, damage, versions, failing disks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::file::Place;
use super::schema::{META, META_SCHEMA, Migration, RECORDS};
use super::{Embedded, FILE, SCHEMA};
use crate::tests::{Folder, commit, listed, put};
use crate::{CommitError, Follow, Health, Position, Store, StoreError};
use redb::backends::FileBackend;
use redb::{Database, StorageBackend};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

fn failure(folder: &Path) -> StoreError {
    match Embedded::open(folder) {
        Ok(_) => panic!("it could be opened"),
        Err(error) => error,
    }
}

#[test]
fn file_and_folders_are_for_their_owner_alone() {
    let folder = Folder::new();
    let data = folder.path().join("data/state");
    let _store = Embedded::open(&data).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join(FILE)), 0o600);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn everything_is_there_when_it_is_opened_again() {
    let folder = Folder::new();
    let store = Embedded::open(folder.path()).unwrap();
    put(&store, "a", "1");
    store.commit(commit(&[], &[("a", Some("2")), ("b", Some("3"))])).unwrap();
    let (snapshot, audit) = (store.load().unwrap(), store.audit(None, 9).unwrap());
    drop(store);
    let store = Embedded::open(folder.path()).unwrap();
    assert_eq!(store.load().unwrap(), snapshot);
    assert_eq!(store.audit(None, 9).unwrap(), audit);
    let wait = Duration::ZERO;
    let nothing = Follow::Changes { position: snapshot.position, changes: Vec::new() };
    assert_eq!(store.follow(snapshot.position, wait).unwrap(), nothing, "who was up to date still is");
    assert_eq!(store.follow(Position { revision: 1, mark: 1 }, wait).unwrap(), Follow::TooOld);
    assert_eq!(put(&store, "a", "4"), 3);
}

#[test]
fn two_cannot_have_it_open() {
    let folder = Folder::new();
    let _store = Embedded::open(folder.path()).unwrap();
    let error = failure(folder.path());
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(FILE) && text.contains("stop that one"), "{text}");
}

#[test]
fn a_start_that_broke_off_is_begun_again() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("state.new"), vec![0; 5000]).unwrap();
    put(&Embedded::open(folder.path()).unwrap(), "a", "1");
}

#[test]
fn no_store_is_a_clear_error() {
    let folder = Folder::new();
    for content in [&b""[..], b"{}", &[0; 100_000]] {
        std::fs::write(folder.path().join(FILE), content).unwrap();
        let error = failure(folder.path());
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("restore the file from a backup"), "{error}");
    }
}

#[test]
fn damage_anywhere_is_an_error_or_harms_nothing() {
    let folder = Folder::new();
    let store = Embedded::open(folder.path()).unwrap();
    for index in 0..40 {
        put(&store, &format!("{index}"), &format!("\"{}\"", "v".repeat(index * 997)));
    }
    let before = listed(&store);
    drop(store);
    let file = folder.path().join(FILE);
    let whole = std::fs::read(&file).unwrap();
    let mut refused = 0;
    for round in 0_usize..60 {
        let mut damaged = whole.clone();
        // Spread over the file, with the pages of its beginning more often.
        let range = if round % 3 == 0 { 16_384 } else { whole.len() };
        let at = (round * 7_919 * 131) % range;
        match round % 4 {
            0 => damaged.truncate(at),
            1 => damaged[at..(at + 512).min(whole.len())].fill(0),
            2 => damaged[at] ^= 0x40,
            _ => damaged[at..(at + 4096).min(whole.len())].fill(0xff),
        }
        std::fs::write(&file, &damaged).unwrap();
        match Embedded::open(folder.path()) {
            // Between the pages that count there are others.
            Ok(store) => assert_eq!(listed(&store), before, "{round}"),
            Err(error) => {
                assert!(matches!(error, StoreError::Corrupt { .. }), "{round}: {error:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 10, "only {refused} were noticed");
}

#[test]
fn a_newer_version_is_refused() {
    let folder = Folder::new();
    drop(Embedded::open(folder.path()).unwrap());
    set_schema(folder.path(), SCHEMA + 1);
    let error = failure(folder.path());
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("run the newer Edgewit that wrote it"), "{error}");
}

#[test]
fn an_older_version_is_brought_up_or_refused() {
    let folder = Folder::new();
    put(&Embedded::open(folder.path()).unwrap(), "a", "1");
    set_schema(folder.path(), 0);
    let error = failure(folder.path());
    assert!(matches!(error, StoreError::Older { found: 0, known: 1, .. }), "{error:?}");
    // A version that never was, whose records were called otherwise.
    const FROM_ZERO: &[Migration] = &[Migration {
        from: 0,
        run: |transaction| {
            transaction.open_table(RECORDS)?.insert(("things", "b"), (1, b"2".as_slice()))?;
            Ok(())
        },
    }];
    let place = || Place { migrations: FROM_ZERO, ..Place::new(folder.path().join(FILE)) };
    assert_eq!(listed(&Embedded::at(place()).unwrap()), ["a=1@1", "b=2@1"]);
    assert_eq!(listed(&Embedded::open(folder.path()).unwrap()).len(), 2, "once it is done it stays");
}

fn set_schema(folder: &Path, version: u64) {
    let database = Database::open(folder.join(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(META_SCHEMA, version).unwrap();
    transaction.commit().unwrap();
}

/// A disk that can be full.
#[derive(Debug)]
struct Full(FileBackend);

static FULL: AtomicBool = AtomicBool::new(false);
static SYNCS: AtomicU32 = AtomicU32::new(0);

impl StorageBackend for Full {
    fn len(&self) -> Result<u64, io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        space()?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        space()?;
        self.0.sync_data()?;
        SYNCS.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        space()?;
        self.0.write(offset, data)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.0.close()
    }
}

fn space() -> Result<(), io::Error> {
    if FULL.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

#[test]
fn a_full_disk_refuses_commits_until_there_is_space() {
    let folder = Folder::new();
    let place = Place {
        backing: |builder, file| builder.create_with_backend(Full(FileBackend::new(file)?)),
        ..Place::new(folder.path().join(FILE))
    };
    let store = Embedded::at(place).unwrap();
    let before = SYNCS.load(Ordering::SeqCst);
    put(&store, "a", "1");
    assert!(SYNCS.load(Ordering::SeqCst) > before, "it was synced before it was said to be made");
    FULL.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = store.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
        let refused = matches!(error, CommitError::Unknown { .. } | CommitError::Unavailable { .. });
        assert!(refused, "{error:?}");
    }
    FULL.store(false, Ordering::SeqCst);
    store.commit(commit(&[("a", 1)], &[("c", Some("1"))])).unwrap();
    assert_eq!(store.health(), Health::Live);
    let snapshot = store.load().unwrap();
    assert!(snapshot.records.iter().any(|record| record.name == "a"));
    assert!(snapshot.records.iter().any(|record| record.name == "c"));
    assert_eq!(store.audit(None, 9).unwrap().len() as u64, snapshot.position.revision);
}
