//! Commits, what they refuse, and following them.

use super::{changes, commit, conflict, each_store, listed, put};
use crate::limits::{COMMIT_WRITES_MAX, NAME_LENGTH_MAX, RECORD_SIZE_MAX};
use crate::{Commit, CommitError, Follow, Health, Position, Store};
use std::time::{Duration, Instant};

#[test]
fn a_new_store_is_empty_and_live() {
    each_store(|store| {
        let snapshot = store.load().unwrap();
        assert_eq!(snapshot.position.revision, 0);
        assert!(snapshot.records.is_empty());
        assert_eq!(store.audit(None, 10).unwrap(), []);
        assert_eq!(store.health(), Health::Live);
    });
}

#[test]
fn commits_are_numbered_and_records_carry_the_number() {
    each_store(|store| {
        assert_eq!(put(store, "a", "1"), 1);
        assert_eq!(put(store, "b", "2"), 2);
        assert_eq!(store.commit(commit(&[("a", 1), ("c", 0)], &[("a", Some("3")), ("b", None)])).unwrap(), 3);
        assert_eq!(store.commit(Commit::default()).unwrap(), 4, "one without writes counts too");
        assert_eq!(listed(store), ["a=3@3"]);
        assert_eq!(store.load().unwrap().position.revision, 4);
    });
}

#[test]
fn names_may_be_anything_and_values_any_bytes() {
    each_store(|store| {
        let name = "a/b\"\n\0é".repeat(8);
        let value = (0..=255).collect::<Vec<u8>>();
        let writes = vec![("kind".into(), name.clone(), Some(value.clone()))];
        store.commit(Commit { writes, ..Commit::default() }).unwrap();
        let record = store.load().unwrap().records.remove(0);
        assert_eq!((record.kind, record.name, record.bytes), ("kind".into(), name, value));
    });
}

#[test]
fn a_record_read_otherwise_refuses_all_of_the_commit() {
    each_store(|store| {
        put(store, "a", "1");
        put(store, "b", "1");
        put(store, "a", "2");
        let writes: &[_] = &[("a", Some("lost")), ("b", None), ("c", Some("lost"))];
        let old = store.commit(commit(&[("b", 2), ("a", 1)], writes)).unwrap_err();
        assert_eq!(conflict(&old), Some(("a", 1, 3)));
        assert_eq!(old.to_string(), "things/a was read at revision 1 and is at 3");
        let gone = store.commit(commit(&[("x", 7)], writes)).unwrap_err();
        assert_eq!(conflict(&gone), Some(("x", 7, 0)));
        let there = store.commit(commit(&[("a", 0)], writes)).unwrap_err();
        assert_eq!(conflict(&there), Some(("a", 0, 3)));
        assert_eq!(listed(store), ["a=2@3", "b=1@2"]);
        assert_eq!(store.audit(None, 10).unwrap().len(), 3, "a refused commit leaves no line");
        assert_eq!(put(store, "d", "1"), 4, "and takes no number");
    });
}

#[test]
fn a_removed_record_counts_as_not_there() {
    each_store(|store| {
        put(store, "a", "1");
        store.commit(commit(&[("a", 1)], &[("a", None)])).unwrap();
        let error = store.commit(commit(&[("a", 1)], &[("a", Some("2"))])).unwrap_err();
        assert_eq!(conflict(&error), Some(("a", 1, 0)));
        store.commit(commit(&[("a", 0)], &[("a", Some("2"))])).unwrap();
        assert_eq!(listed(store), ["a=2@3"]);
    });
}

#[test]
fn what_is_beyond_a_limit_is_refused() {
    each_store(|store| {
        let refused = |commit: Commit, text: &str| match store.commit(commit) {
            Err(CommitError::Invalid(message)) => assert!(message.contains(text), "{message}"),
            other => panic!("{other:?}"),
        };
        refused(commit(&[], &[("a", None), ("a", Some("1"))]), "things/a is written twice");
        refused(commit(&[], &[("", None)]), "has no name");
        let long = "n".repeat(NAME_LENGTH_MAX + 1);
        refused(commit(&[(&long, 0)], &[]), "at most 2048");
        let write = |kind: &str| (kind.to_owned(), "a".to_owned(), None);
        refused(Commit { writes: vec![write("a/b")], ..Commit::default() }, "is no kind");
        refused(
            Commit { writes: vec![write("a"); COMMIT_WRITES_MAX + 1], ..Commit::default() },
            "at most 20000",
        );
        refused(Commit { audit: b"one\ntwo".to_vec(), ..Commit::default() }, "line break");
        let large = ("a".to_owned(), "b".to_owned(), Some(vec![b' '; RECORD_SIZE_MAX + 1]));
        refused(Commit { writes: vec![large], ..Commit::default() }, "bytes in a/b");
        assert_eq!(store.load().unwrap().position.revision, 0);
    });
}

#[test]
fn as_many_writes_as_are_allowed_go_through() {
    each_store(|store| {
        let write = |index| ("things".to_owned(), format!("{index:04}"), Some(b"1".to_vec()));
        let writes = (0..COMMIT_WRITES_MAX).map(write).collect();
        let reads =
            (0..COMMIT_WRITES_MAX).map(|index| ("things".to_owned(), format!("{index:04}"), 0)).collect();
        assert_eq!(store.commit(Commit { reads, writes, audit: Vec::new() }).unwrap(), 1);
        assert_eq!(store.load().unwrap().records.len(), COMMIT_WRITES_MAX);
    });
}

#[test]
fn each_commit_leaves_its_line_in_the_audit_log() {
    each_store(|store| {
        for index in 0..5 {
            let audit = format!("{{\"n\":{index}}}").into_bytes();
            store.commit(Commit { audit, ..Commit::default() }).unwrap();
        }
        let read = |after, limit| {
            let lines = store.audit(after, limit).unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            lines.into_iter().map(|line| (line.sequence, text(line.bytes))).collect::<Vec<_>>()
        };
        let line = |sequence: u64, n: u64| (sequence, format!("{{\"n\":{n}}}"));
        assert_eq!(read(None, 2), [line(1, 0), line(2, 1)]);
        assert_eq!(read(Some(2), 2), [line(3, 2), line(4, 3)]);
        assert_eq!(read(Some(4), 9), [line(5, 4)]);
        assert_eq!(read(Some(5), 9), []);
        assert_eq!(read(Some(u64::MAX), 9), []);
        assert_eq!(read(None, 0), []);
    });
}

#[test]
fn following_tells_what_changed_with_the_values_of_one_moment() {
    each_store(|store| {
        put(store, "a", "1");
        let start = store.load().unwrap().position;
        put(store, "b", "1");
        put(store, "b", "2");
        store.commit(commit(&[], &[("a", None), ("c", Some("3"))])).unwrap();
        let (position, told) = changes(store, start);
        let told = told.into_iter().map(|change| (change.name, change.revision, change.value));
        let value = |value: &str| Some(value.as_bytes().to_vec());
        let expected = [("a".into(), 4, None), ("b".into(), 3, value("2")), ("c".into(), 4, value("3"))];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(position, store.load().unwrap().position);
        let wait = Duration::from_millis(50);
        let nothing = Follow::Changes { position, changes: Vec::new() };
        assert_eq!(store.follow(position, wait).unwrap(), nothing);
    });
}

#[test]
fn following_waits_for_a_commit_and_no_longer() {
    each_store(|store| {
        put(store, "a", "1");
        let start = store.load().unwrap().position;
        std::thread::scope(|scope| {
            let follower = scope.spawn(|| (changes(store, start), Instant::now()));
            std::thread::sleep(Duration::from_millis(200));
            put(store, "b", "1");
            let made = Instant::now();
            let ((_, told), heard) = follower.join().unwrap();
            assert_eq!(told.len(), 1);
            assert!(heard.saturating_duration_since(made) < Duration::from_secs(1));
        });
        let begin = Instant::now();
        let (position, told) = changes(store, start);
        assert_eq!((position.revision, told.len()), (2, 1));
        assert!(begin.elapsed() < Duration::from_secs(1));
    });
}

#[test]
fn who_is_elsewhere_is_told_to_load() {
    each_store(|store| {
        put(store, "a", "1");
        let position = store.load().unwrap().position;
        let follow = |revision, mark| store.follow(Position { revision, mark }, Duration::ZERO).unwrap();
        assert_eq!(
            follow(position.revision, position.mark ^ 1),
            Follow::TooOld,
            "the number of another commit"
        );
        assert_eq!(follow(position.revision + 3, position.mark), Follow::TooOld, "a number that is to come");
    });
}

#[test]
fn several_threads_commit_and_none_is_lost() {
    const THREADS: usize = 4;
    const EACH: usize = 25;
    each_store(|store| {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    for index in 0..EACH {
                        put(store, &format!("{thread}-{index:02}"), "1");
                    }
                });
            }
        });
        let snapshot = store.load().unwrap();
        assert_eq!(snapshot.position.revision, (THREADS * EACH) as u64);
        let mut revisions = snapshot.records.iter().map(|record| record.revision).collect::<Vec<_>>();
        revisions.sort_unstable();
        assert_eq!(revisions, (1..=(THREADS * EACH) as u64).collect::<Vec<_>>());
    });
}

#[test]
fn a_counter_that_everyone_reads_and_writes_counts_right() {
    each_store(|store| {
        put(store, "count", "0");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(move || (0..20).for_each(|_| increment(store)));
            }
        });
        assert_eq!(listed(store), ["count=60@61"]);
    });
}

fn increment(store: &dyn Store) {
    loop {
        let record = store.load().unwrap().records.remove(0);
        let count = String::from_utf8(record.bytes).unwrap().parse::<u32>().unwrap() + 1;
        let count = count.to_string();
        match store.commit(commit(&[("count", record.revision)], &[("count", Some(&count))])) {
            Ok(_) => return,
            Err(error) => assert!(conflict(&error).is_some(), "{error}"),
        }
    }
}
