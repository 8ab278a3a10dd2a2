//! How fast a store is: `numbers FOLDER [REDIS_URL]`. The folder should be on the disk that matters; Redis should be
//! one of which nobody needs anything below the prefix `edgewit-numbers`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for developers, which says what it found"
)]

use edgewit_store::{Commit, Embedded, Health, Redis, RedisSettings, Replacement, Replica, Store};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const RECORDS: usize = 1_000;
const RECORD_SIZE: usize = 150_000;
/// How long each measurement of commits takes.
const RUN: Duration = Duration::from_secs(5);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from).unwrap().join("numbers");
    let (one, copy) = (folder.join("one"), folder.join("copy"));
    let embedded = Embedded::open(&one).unwrap();
    println!("one file:");
    commits(&embedded);
    fill(&embedded);
    time("load", || embedded.load().unwrap().records.len());
    time("close", || drop(embedded));
    println!("  file: {} MB", std::fs::metadata(one.join("state.redb")).unwrap().len() / 1_000_000);
    let embedded = time("open again, with the check of all pages", || Embedded::open(&one).unwrap());
    time("load", || embedded.load().unwrap().records.len());
    println!("with {RECORDS} records of {RECORD_SIZE} bytes beside:");
    commits(&embedded);
    drop(embedded);
    if let Some(url) = arguments.next() {
        let settings = RedisSettings { url, prefix: "edgewit-numbers".into(), ca: None };
        let redis = Redis::open(&settings).unwrap();
        println!("Redis:");
        commits(&redis);
        fill(&redis);
        time("load", || redis.load().unwrap().records.len());
        commits(&redis);
        let open = || {
            let replica = Replica::open(&copy, &settings).unwrap();
            assert_eq!(replica.wait_live(Duration::from_secs(60)), Health::Live);
            replica
        };
        let replica = time("first start of a node, until it is live", open);
        time("load of the copy", || replica.load().unwrap().records.len());
        println!("through a node:");
        commits(&replica);
        drop(replica);
        drop(time("start of a node with a copy, until it is live", open));
        let nothing = Replacement { records: Vec::new(), revision: 0, over: true, audit: Vec::new() };
        redis.replace(nothing).unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn commits(store: &dyn Store) {
    for (writers, size) in [(1, 1_000), (8, 1_000), (1, RECORD_SIZE)] {
        let (begin, times) = (Instant::now(), std::sync::Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for writer in 0..writers {
                let times = &times;
                scope.spawn(move || {
                    while begin.elapsed() < RUN {
                        let start = Instant::now();
                        let name = format!("commits{writer}");
                        let writes = vec![("numbers".into(), name, Some(value(size)))];
                        let commit = Commit { reads: Vec::new(), writes, audit: vec![b' '; 300] };
                        let revision = store.commit(commit).unwrap();
                        times.lock().unwrap().push((start.elapsed(), revision));
                    }
                });
            }
        });
        let mut times = times.into_inner().unwrap();
        let revisions = times.iter().map(|(_, revision)| *revision).collect::<HashSet<_>>();
        assert_eq!(revisions.len(), times.len(), "each commit is a revision");
        times.sort_unstable();
        let at = |part: usize| times[times.len() * part / 100].0;
        println!(
            "  {writers} writers of {size} bytes: {:.0} commits/s, median {:.2?}, 99 % {:.2?}",
            times.len() as f64 / begin.elapsed().as_secs_f64(),
            at(50),
            at(99)
        );
    }
}

fn fill(store: &dyn Store) {
    let records = (0..RECORDS).map(|index| ("numbers".into(), format!("{index}"), value(RECORD_SIZE)));
    let records = records.collect();
    let replacement = Replacement { records, revision: 0, over: true, audit: Vec::new() };
    time(&format!("import of {RECORDS} records of {RECORD_SIZE} bytes"), || {
        store.replace(replacement).unwrap()
    });
    assert_eq!(store.load().unwrap().records.len(), RECORDS);
}

fn value(size: usize) -> Vec<u8> {
    format!("\"{}\"", "x".repeat(size - 2)).into_bytes()
}

fn time<R>(what: &str, run: impl FnOnce() -> R) -> R {
    let begin = Instant::now();
    let result = run();
    println!("  {what}: {:.2?}", begin.elapsed());
    result
}
