//! Commits of several writers come out as if they had run one after the other.

use super::{Folder, each_store};
use crate::{Commit, CommitError, Embedded, Store};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What one writer tries: it looks at some records and writes others, with values that depend on what it saw.
#[derive(Clone, Debug)]
struct Attempt {
    reads: Vec<usize>,
    writes: Vec<(usize, bool)>,
}

const NAMES: usize = 5;

fn attempt() -> impl Strategy<Value = Attempt> {
    let reads = proptest::collection::btree_set(0..NAMES, 0..4);
    let writes = proptest::collection::btree_map(0..NAMES, proptest::bool::weighted(0.75), 1..4);
    (reads, writes).prop_map(|(reads, writes)| Attempt {
        reads: reads.into_iter().collect(),
        writes: writes.into_iter().collect(),
    })
}

type Model = BTreeMap<String, (u64, Vec<u8>)>;

/// A commit as an attempt makes it of what it saw.
fn made(seen: &Model, attempt: &Attempt, label: &str) -> Commit {
    let name = |index: &usize| format!("r{index}");
    let revision = |index| seen.get(&name(index)).map_or(0, |(revision, _)| *revision);
    let sum = attempt.reads.iter().map(revision).sum::<u64>();
    let write = |(index, put): &(usize, bool)| {
        let value = put.then(|| format!("\"{label} after {sum}\"").into_bytes());
        ("k".to_owned(), name(index), value)
    };
    Commit {
        reads: attempt.reads.iter().map(|index| ("k".to_owned(), name(index), revision(index))).collect(),
        writes: attempt.writes.iter().map(write).collect(),
        audit: format!("\"{label}\"").into_bytes(),
    }
}

fn seen(store: &dyn Store) -> Model {
    let records = store.load().unwrap().records;
    records.into_iter().map(|record| (record.name, (record.revision, record.bytes))).collect()
}

/// Replays what was said to be made, in the order of the revisions: each must have seen what was there, and the end
/// must be what the store has.
fn check(store: &dyn Store, made: &mut [(u64, Commit)]) {
    made.sort_by_key(|(revision, _)| *revision);
    let mut model = Model::new();
    for (index, (revision, commit)) in made.iter().enumerate() {
        assert_eq!(*revision, index as u64 + 1, "numbers without gaps");
        for (_, name, seen) in &commit.reads {
            assert_eq!(model.get(name).map_or(0, |(revision, _)| *revision), *seen, "{name} at {revision}");
        }
        for (_, name, value) in &commit.writes {
            match value {
                Some(value) => model.insert(name.clone(), (*revision, value.clone())),
                None => model.remove(name),
            };
        }
    }
    assert_eq!(seen(store), model);
    let audit = store.audit(None, usize::MAX).unwrap();
    let audit = audit.into_iter().map(|line| (line.sequence, line.bytes)).collect::<Vec<_>>();
    let expected = made.iter().map(|(revision, commit)| (*revision, commit.audit.clone()));
    assert_eq!(audit, expected.collect::<Vec<_>>());
}

/// Two to four writers, whose steps (to look, to commit) come in any order that `schedule` says.
fn interleaved(store: &dyn Store, writers: &[Vec<Attempt>], schedule: &[usize]) {
    let mut next = vec![0; writers.len()];
    let mut looked: Vec<Option<Commit>> = vec![None; writers.len()];
    let mut all = Vec::new();
    // Whoever is left when the schedule ends goes on one after the other.
    let rest = (0..writers.len()).flat_map(|writer| std::iter::repeat_n(writer, 2 * writers[writer].len()));
    for writer in schedule.iter().map(|step| step % writers.len()).chain(rest) {
        let Some(attempt) = writers[writer].get(next[writer]) else { continue };
        let Some(commit) = looked[writer].take() else {
            looked[writer] = Some(made(&seen(store), attempt, &format!("{writer}.{}", next[writer])));
            continue;
        };
        next[writer] += 1;
        let current = seen(store);
        let fits = |(_, name, seen): &(String, String, u64)| {
            current.get(name).map_or(0, |(revision, _)| *revision) == *seen
        };
        let fits = commit.reads.iter().all(fits);
        match store.commit(commit.clone()) {
            Ok(revision) => {
                assert!(fits, "made although it conflicts");
                all.push((revision, commit));
            }
            Err(CommitError::Conflict { .. }) => {
                assert!(!fits, "refused although nothing conflicts");
                assert_eq!(seen(store), current, "refused and yet something was written");
            }
            Err(other) => panic!("{other}"),
        }
    }
    check(store, &mut all);
}

/// The same in threads, in whatever order comes about.
fn together(store: &dyn Store, writers: &[Vec<Attempt>]) {
    let all = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (writer, attempts) in writers.iter().enumerate() {
            let all = &all;
            scope.spawn(move || {
                for (index, attempt) in attempts.iter().enumerate() {
                    let commit = made(&seen(store), attempt, &format!("{writer}.{index}"));
                    match store.commit(commit.clone()) {
                        Ok(revision) => all.lock().unwrap().push((revision, commit)),
                        Err(CommitError::Conflict { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    check(store, &mut all.into_inner().unwrap());
}

proptest! {
    // Each case makes a store and syncs the disk some dozens of times.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_equals_some_order(
        writers in proptest::collection::vec(proptest::collection::vec(attempt(), 1..6), 2..5),
        schedule in proptest::collection::vec(0_usize..4, 0..40),
    ) {
        each_store(|store| interleaved(store, &writers, &schedule));
    }

    #[test]
    fn so_do_threads(
        writers in proptest::collection::vec(proptest::collection::vec(attempt(), 1..8), 2..5),
    ) {
        each_store(|store| together(store, &writers));
        let folder = Folder::new();
        let store = Embedded::open(folder.path()).unwrap();
        together(&store, &writers);
        let before = seen(&store);
        drop(store);
        prop_assert_eq!(seen(&Embedded::open(folder.path()).unwrap()), before);
    }
}
