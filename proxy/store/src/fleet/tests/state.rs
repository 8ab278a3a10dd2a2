//! What is in Redis: versions, other people's keys, scripts, passwords, TLS.

use super::super::scripts::Migration;
use super::super::{Redis, SCHEMA};
use crate::tests::server::{Server, at_port, free_port};
use crate::tests::{changes, commit, listed, put};
use crate::{CommitError, Follow, Health, Position, RedisSettings, Store, StoreError};
use std::time::Duration;

const META: &str = "{test}:meta";

fn failure(settings: &RedisSettings) -> StoreError {
    match Redis::open(settings) {
        Ok(_) => panic!("it could be opened"),
        Err(error) => error,
    }
}

#[test]
fn two_nodes_see_each_other() {
    let Some(server) = Server::start() else { return };
    let (one, two) = (Redis::open(&server.settings()).unwrap(), Redis::open(&server.settings()).unwrap());
    put(&one, "a", "1");
    let start = two.load().unwrap().position;
    two.commit(commit(&[("a", 1)], &[("a", Some("2"))])).unwrap();
    let error = one.commit(commit(&[("a", 1)], &[("a", Some("3"))])).unwrap_err();
    assert!(matches!(error, CommitError::Conflict { seen: 1, found: 2, .. }), "{error}");
    assert_eq!(changes(&one, start).1.len(), 1);
    assert_eq!(listed(&one), ["a=2@2"]);
    let other = Redis::open(&RedisSettings { prefix: "other".into(), ..server.settings() }).unwrap();
    assert_eq!(put(&other, "a", "1"), 1, "another prefix is another store");
}

#[test]
fn who_is_too_far_behind_is_told_to_load() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    let start = store.load().unwrap().position;
    for index in 0..65 {
        put(&store, &format!("{index}"), "1");
    }
    assert_eq!(store.follow(start, Duration::ZERO).unwrap(), Follow::TooOld, "more records than are told");
    let start = store.load().unwrap().position;
    for _ in 0..1000 {
        put(&store, "a", "1");
    }
    assert_eq!(changes(&store, start).1.len(), 1);
    put(&store, "a", "1");
    assert_eq!(store.follow(start, Duration::ZERO).unwrap(), Follow::TooOld, "more commits than are told");
    server.command(&["XTRIM", "{test}:changes", "MAXLEN", "1"]);
    let start = Position { revision: store.load().unwrap().position.revision - 1, mark: 1 };
    assert_eq!(store.follow(start, Duration::ZERO).unwrap(), Follow::TooOld, "it has left the stream");
    assert_eq!(listed(&store).len(), 66);
}

#[test]
fn a_newer_version_is_refused() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    server.command(&["HSET", META, "schema", "2"]);
    let error = failure(&server.settings());
    assert!(matches!(error, StoreError::Newer { found: 2, known: SCHEMA, .. }), "{error:?}");
    assert!(error.to_string().starts_with("the state at {test} in Redis has version 2"), "{error}");
    let error = store.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
    assert!(
        matches!(error, CommitError::Io(StoreError::Newer { .. })),
        "an older node of a fleet: {error:?}"
    );
    assert!(store.load().is_err());
}

#[test]
fn an_older_version_is_brought_up_or_refused() {
    const FROM_ZERO: &[Migration] =
        &[Migration { from: 0, body: "redis.call('RENAME', '{test}:old', KEYS[3])" }];
    let Some(server) = Server::start() else { return };
    put(&Redis::open(&server.settings()).unwrap(), "a", "1");
    server.command(&["HSET", META, "schema", "0"]);
    server.command(&["RENAME", "{test}:records", "{test}:old"]);
    let error = failure(&server.settings());
    assert!(matches!(error, StoreError::Older { found: 0, known: SCHEMA, .. }), "{error:?}");
    let mut redis = Redis::unopened(&server.settings()).unwrap();
    redis.migrations = FROM_ZERO;
    redis.introduce(true).unwrap();
    assert_eq!(listed(&Redis::open(&server.settings()).unwrap()), ["a=1@1"]);
}

#[test]
fn keys_of_somebody_else_are_left_alone() {
    let Some(server) = Server::start() else { return };
    server.command(&["SET", "{test}:records", "mine"]);
    let error = failure(&server.settings());
    assert!(error.to_string().contains("there is {test}:records but no state"), "{error}");
}

#[test]
fn a_state_that_goes_is_noticed_and_not_begun_anew() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    let position = store.load().unwrap().position;
    server.command(&["FLUSHALL"]);
    let error = store.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unavailable { .. }), "{error:?}");
    assert!(matches!(store.load(), Err(StoreError::Other { .. })));
    assert!(matches!(store.follow(position, Duration::ZERO), Err(StoreError::Other { .. })));
    put(&Redis::open(&server.settings()).unwrap(), "b", "1");
    let error = store.commit(commit(&[], &[("c", Some("1"))])).unwrap_err();
    assert!(error.to_string().contains("in its place"), "{error}");
}

#[test]
fn scripts_that_were_flushed_are_loaded_again() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    server.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(put(&store, "a", "2"), 2);
}

#[test]
fn a_connection_that_was_closed_while_idle_goes_unnoticed() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    store.load().unwrap();
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    assert_eq!(put(&store, "a", "2"), 2);
    assert_eq!(listed(&store), ["a=2@2"]);
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    assert_eq!(store.audit(None, 9).unwrap().len(), 2);
}

#[test]
fn nobody_there_or_no_password_is_said() {
    let error = failure(&at_port(free_port()));
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let wrong = RedisSettings { url: "http://secret@x".into(), ..at_port(1) };
    assert!(matches!(failure(&wrong), StoreError::Settings(_)));
    assert!(!failure(&wrong).to_string().contains("secret"));
    assert!(!format!("{wrong:?}").contains("secret"));
    let wrong = RedisSettings { prefix: "a{b".into(), ..at_port(1) };
    assert!(failure(&wrong).to_string().contains("is no prefix"));
    let Some(server) = Server::with(&["--requirepass", "geheim"]) else { return };
    let error = failure(&server.settings());
    assert!(error.to_string().contains("NOAUTH") || error.to_string().contains("uthentication"), "{error}");
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", server.port());
    let error = failure(&RedisSettings { url: url("falsch"), ..server.settings() });
    assert!(
        matches!(error, StoreError::Unavailable { .. }) && !error.to_string().contains("falsch"),
        "{error}"
    );
    let store = Redis::open(&RedisSettings { url: url("geheim"), ..server.settings() }).unwrap();
    assert_eq!(store.health(), Health::Live);
}

#[test]
fn tls_is_verified() {
    let folder = crate::tests::Folder::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (certificate, key) = (folder.path().join("certificate"), folder.path().join("key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (port, certificate) = (free_port().to_string(), certificate.to_str().unwrap());
    let key = key.to_str().unwrap();
    let options = ["--tls-port", &port, "--tls-cert-file", certificate, "--tls-key-file", key];
    let Some(server) = Server::with(&[&options[..], &["--tls-auth-clients", "no"]].concat()) else { return };
    let url = |host| format!("rediss://{host}:{port}");
    let ca = Some(made.cert.pem().into_bytes());
    let settings = RedisSettings { url: url("localhost"), ca: ca.clone(), ..server.settings() };
    put(&Redis::open(&settings).unwrap(), "a", "1");
    let error = failure(&RedisSettings { url: url("127.0.0.1"), ca, ..server.settings() });
    assert!(error.to_string().contains("certificate"), "{error}");
    let error = failure(&RedisSettings { ca: None, ..settings });
    assert!(error.to_string().contains("certificate"), "{error}");
}
