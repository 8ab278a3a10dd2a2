//! Nodes of a fleet: what they serve while Redis is away or has something else.

use super::super::{Redis, Replica};
use crate::tests::server::Server;
use crate::tests::{Folder, changes, commit, listed, put};
use crate::{CommitError, Follow, Health, ImportOptions, Store, StoreError, export, import};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);

fn live(folder: &Folder, server: &Server) -> Replica {
    let replica = Replica::open(folder.path(), &server.settings()).unwrap();
    assert_eq!(replica.wait_live(SOON), Health::Live);
    replica
}

/// Waits until a store has what is expected, and fails with what it has when it does not come to that.
fn becomes(store: &dyn Store, expected: &[&str]) {
    let end = Instant::now() + SOON;
    while listed(store) != expected && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(listed(store), expected);
}

fn stale(replica: &Replica) -> String {
    let end = Instant::now() + SOON;
    loop {
        match replica.health() {
            Health::Stale { reason, .. } => return reason,
            Health::Live => assert!(Instant::now() < end, "it is live"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn nodes_hear_of_each_others_commits() {
    let Some(server) = Server::start() else { return };
    let (one, two) = (Folder::new(), Folder::new());
    let (one, two) = (live(&one, &server), live(&two, &server));
    let start = two.load().unwrap().position;
    assert_eq!(put(&one, "a", "1"), 1);
    let (position, told) = changes(&two, start);
    assert_eq!((position.revision, told.len(), &*told[0].name), (1, 1, "a"));
    assert_eq!(two.commit(commit(&[("a", 1)], &[("a", None), ("b", Some("2"))])).unwrap(), 2);
    becomes(&one, &["b=2@2"]);
    becomes(&two, &["b=2@2"]);
    let error = one.commit(commit(&[("a", 1)], &[])).unwrap_err();
    assert!(matches!(error, CommitError::Conflict { seen: 1, found: 0, .. }), "{error}");
    assert_eq!(one.audit(None, 9).unwrap().len(), 2);
    assert_eq!(one.load().unwrap().position, two.load().unwrap().position);
}

#[test]
fn a_node_that_starts_while_redis_is_away_serves_what_it_knew() {
    let Some(mut server) = Server::start() else { return };
    let (folder, other) = (Folder::new(), Folder::new());
    let node = live(&folder, &server);
    put(&node, "a", "1");
    becomes(&node, &["a=1@1"]);
    drop(node);
    server.kill();
    let node = Replica::open(folder.path(), &server.settings()).unwrap();
    assert_eq!(listed(&node), ["a=1@1"]);
    let start = node.load().unwrap().position;
    let Health::Stale { since: None, .. } = node.health() else { panic!("{:?}", node.health()) };
    let error = node.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unavailable { .. }), "{error:?}");
    assert!(matches!(node.audit(None, 9), Err(StoreError::Unavailable { .. })));
    server.run();
    put(&live(&other, &server), "b", "2");
    assert_eq!(node.wait_live(SOON), Health::Live);
    let told = changes(&node, start).1;
    assert_eq!(told.len(), 1, "only what changed meanwhile");
    assert_eq!(listed(&node), ["a=1@1", "b=2@2"]);
    server.kill();
    stale(&node);
    let Health::Stale { since: Some(_), .. } = node.health() else { panic!("{:?}", node.health()) };
    assert_eq!(listed(&node).len(), 2);
    assert!(node.wait_live(Duration::from_millis(50)) != Health::Live);
}

#[test]
fn a_node_that_is_far_behind_loads_what_differs() {
    let Some(server) = Server::start() else { return };
    let folder = Folder::new();
    let redis = Redis::open(&server.settings()).unwrap();
    for index in 0..10 {
        put(&redis, &format!("old{index}"), "1");
    }
    let node = live(&folder, &server);
    let start = node.load().unwrap().position;
    drop(node);
    redis.commit(commit(&[], &[("old3", None), ("old4", Some("2"))])).unwrap();
    for index in 0..300 {
        put(&redis, &format!("new{index}"), "1");
    }
    let node = live(&folder, &server);
    assert_eq!(node.load().unwrap(), redis.load().unwrap());
    assert_eq!(node.follow(start, Duration::ZERO).unwrap(), Follow::TooOld);
}

#[test]
fn an_emptied_redis_does_not_empty_the_nodes() {
    let Some(server) = Server::start() else { return };
    let (folder, fresh) = (Folder::new(), Folder::new());
    let node = live(&folder, &server);
    put(&node, "a", "1");
    put(&node, "b", "1");
    becomes(&node, &["a=1@1", "b=1@2"]);
    let mut backup = Vec::new();
    export(&node, &mut backup).unwrap();
    server.command(&["FLUSHALL"]);
    stale(&node);
    assert_eq!(listed(&node).len(), 2);
    // A node without a memory begins another state.
    put(&live(&fresh, &server), "x", "1");
    let end = Instant::now() + SOON;
    while !stale(&node).contains("another one of 1 commits") {
        assert!(Instant::now() < end, "{}", stale(&node));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(stale(&node).contains("which it keeps; import an export into Redis"), "{}", stale(&node));
    assert_eq!(listed(&node).len(), 2);
    assert!(matches!(node.commit(commit(&[], &[("y", Some("1"))])), Err(CommitError::Unavailable { .. })));
    // What is imported, also an older one, is taken by all.
    let options = ImportOptions { replace: true, audit: Vec::new() };
    let redis = Redis::open(&server.settings()).unwrap();
    import(&redis, &mut backup.as_slice(), options).unwrap();
    assert_eq!(node.wait_live(SOON), Health::Live);
    becomes(&node, &["a=1@3", "b=1@3"]);
    assert_eq!(put(&node, "c", "1"), 4);
}

#[test]
fn a_redis_that_lost_its_last_commits_is_followed_back() {
    let Some(mut server) = Server::start() else { return };
    let folder = Folder::new();
    let node = live(&folder, &server);
    put(&node, "a", "1");
    put(&node, "b", "1");
    becomes(&node, &["a=1@1", "b=1@2"]);
    let copy = server.folder().join("before");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(server.saved()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    put(&node, "b", "lost");
    put(&node, "c", "lost");
    becomes(&node, &["a=1@1", "b=lost@3", "c=lost@4"]);
    let start = node.load().unwrap().position;
    server.kill();
    std::fs::remove_dir_all(server.saved()).unwrap();
    std::fs::rename(copy, server.saved()).unwrap();
    stale(&node);
    server.run();
    // Another node commits at once: the same numbers come again, for the same record too.
    let other = Redis::open(&server.settings()).unwrap();
    put(&other, "b", "new");
    put(&other, "d", "new");
    put(&other, "e", "new");
    becomes(&node, &["a=1@1", "b=new@3", "d=new@4", "e=new@5"]);
    assert_eq!(node.follow(start, Duration::ZERO).unwrap(), Follow::TooOld);
}

#[test]
fn the_copy_is_for_one_process() {
    let Some(server) = Server::start() else { return };
    let folder = Folder::new();
    let _node = live(&folder, &server);
    let Err(error) = Replica::open(folder.path(), &server.settings()) else { panic!("it could be opened") };
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
}
