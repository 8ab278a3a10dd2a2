//! Commits whose answer does not come.

use super::super::Redis;
use crate::tests::server::{Server, at_port};
use crate::tests::{commit, listed, put};
use crate::{CommitError, Store, StoreError};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// What the way to Redis does to the next one of something; it passes everything on after that.
#[derive(Clone, Copy)]
enum Breaks {
    Nothing,
    /// Closes instead of passing a request on.
    Request,
    /// Closes instead of passing an answer on.
    Answer,
    /// The same, and takes no connection from then on.
    AnswerForGood,
}

/// A way to Redis that can break.
struct Way {
    port: u16,
    breaks: Arc<AtomicU8>,
}

impl Way {
    fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let way = Self { port: listener.local_addr().unwrap().port(), breaks: Arc::default() };
        let (breaks, target) = (Arc::clone(&way.breaks), server.port());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if breaks.load(Ordering::SeqCst) == Breaks::AnswerForGood as u8 + 1 {
                    continue;
                }
                let redis = TcpStream::connect(("127.0.0.1", target)).unwrap();
                pass(&client, &redis, &breaks, &[Breaks::Request]);
                pass(&redis, &client, &breaks, &[Breaks::Answer, Breaks::AnswerForGood]);
            }
        });
        way
    }

    fn breaks(&self, how: Breaks) {
        self.breaks.store(how as u8, Ordering::SeqCst);
    }
}

fn pass(from: &TcpStream, to: &TcpStream, breaks: &Arc<AtomicU8>, stops: &[Breaks]) {
    let (mut from, mut to, breaks) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(breaks));
    let stops = stops.to_vec();
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let now = breaks.load(Ordering::SeqCst);
            if stops.iter().any(|stop| *stop as u8 == now) {
                let then = if now == Breaks::AnswerForGood as u8 { now + 1 } else { Breaks::Nothing as u8 };
                breaks.store(then, Ordering::SeqCst);
                break;
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        // The other one may be gone already.
        drop(from.shutdown(Shutdown::Both));
        drop(to.shutdown(Shutdown::Both));
    });
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_and_made_once() {
    let Some(server) = Server::start() else { return };
    let way = Way::to(&server);
    let store = Redis::open(&at_port(way.port)).unwrap();
    put(&store, "a", "0");
    for round in 1..5 {
        way.breaks(if round % 2 == 0 { Breaks::Answer } else { Breaks::Request });
        let value = round.to_string();
        // Would conflict with itself, if it ran twice.
        let made = store.commit(commit(&[("a", round)], &[("a", Some(&value))])).unwrap();
        assert_eq!(made, round + 1);
    }
    assert_eq!(listed(&store), ["a=4@5"]);
    assert_eq!(store.audit(None, 9).unwrap().len(), 5);
}

#[test]
fn a_commit_of_which_nothing_is_heard_is_said_to_be_unknown() {
    let Some(server) = Server::start() else { return };
    let way = Way::to(&server);
    let store = Redis::open(&at_port(way.port)).unwrap();
    put(&store, "a", "0");
    way.breaks(Breaks::AnswerForGood);
    let error = store.commit(commit(&[], &[("a", Some("1"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unknown { .. }), "{error:?}");
    let error = store.commit(commit(&[], &[("a", Some("2"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unknown { .. } | CommitError::Unavailable { .. }), "{error:?}");
    assert_eq!(listed(&Redis::open(&server.settings()).unwrap()), ["a=1@2"]);
}

#[test]
fn a_commit_that_was_given_up_cannot_run_later() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    let late = commit(&[], &[("a", Some("1"))]);
    let done = store.keys.passing("done", "77");
    let kept = [&b"600"[..]];
    let resolve = || store.on_state(&store.link, super::super::scripts::RESOLVE, Some(&done), &kept);
    assert_eq!(resolve().unwrap().unwrap().word, "refused");
    let arguments = super::super::arguments(&late, "77");
    let run = |list: &[&[u8]]| store.on_state(&store.link, super::super::scripts::COMMIT, Some(&done), list);
    assert_eq!(run(&arguments.list()).unwrap().unwrap().word, "refused");
    assert!(listed(&store).is_empty());
    // And one that ran says so, however often it is asked.
    let done = store.keys.passing("done", "78");
    let run = || {
        let arguments = super::super::arguments(&late, "78");
        store.on_state(&store.link, super::super::scripts::COMMIT, Some(&done), &arguments.list())
    };
    assert_eq!(run().unwrap().unwrap().word, "made");
    assert_eq!(run().unwrap().unwrap().number().unwrap(), 1);
    assert_eq!(store.load().unwrap().position.revision, 1);
}

#[test]
fn redis_away_is_said_at_once_and_it_is_found_again() {
    let Some(mut server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    server.kill();
    let begin = Instant::now();
    let error = store.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unknown { .. } | CommitError::Unavailable { .. }), "{error:?}");
    let error = store.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unavailable { .. }), "{error:?}");
    assert!(matches!(store.load(), Err(StoreError::Unavailable { .. })));
    assert!(begin.elapsed() < Duration::from_secs(2));
    server.run();
    assert_eq!(put(&store, "c", "1"), 2, "what was said to be made is still there");
}

#[test]
#[ignore = "takes as long as a command may"]
fn redis_that_hangs_is_given_up() {
    let Some(server) = Server::start() else { return };
    let store = Redis::open(&server.settings()).unwrap();
    put(&store, "a", "1");
    let signal = |name: &str| {
        let process = server.process().to_string();
        assert!(std::process::Command::new("kill").args([name, &*process]).status().unwrap().success());
    };
    signal("-STOP");
    let begin = Instant::now();
    let error = store.commit(commit(&[], &[("b", Some("1"))])).unwrap_err();
    assert!(matches!(error, CommitError::Unknown { .. }), "{error:?}");
    // The command, and two steps of connecting again to ask about it.
    let limit = super::super::link::COMMAND_TIMEOUT + super::super::link::CONNECT_TIMEOUT * 2;
    assert!(begin.elapsed() < limit + Duration::from_secs(2), "{:?}", begin.elapsed());
    signal("-CONT");
    assert!(put(&store, "c", "1") >= 2);
}
