//! How the node ends, and what its exit codes say.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::net::{TcpListener, TcpStream};

use edgewit_tests::case::Answer;
use edgewit_tests::client::Connection;
use edgewit_tests::fixture::{HOST, mock_api, proxy_api, serve};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Launch, Node, run};
use edgewit_tests::origin::Origin;
use edgewit_tests::wait_until;

#[test]
fn sigterm_lets_requests_in_flight_complete_and_exits_with_0() {
    let slow = Answer { body: Some("late".to_owned()), delay_ms: 1_000, ..Answer::default() };
    let origin = Origin::start(vec![slow]).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    // Without a body and with one: both ways that an answer takes.
    let requests = ["GET /dev/a HTTP/1.1\r\n", "POST /dev/a HTTP/1.1\r\nContent-Length: 1\r\n"];
    let connections = requests.map(|lines| {
        let mut connection = Connection::open(node.listen()).unwrap();
        let body = if lines.starts_with("POST") { "x" } else { "" };
        connection.send(format!("{lines}Host: {HOST}\r\n\r\n{body}").as_bytes()).unwrap();
        connection
    });
    wait_until(|| (origin.received().len() == requests.len()).then_some(())).unwrap();
    let addr = node.listen();
    node.signal("TERM");
    for mut connection in connections {
        let response = connection.read("GET").unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, "late"));
        // Announced although it was not known when the request came.
        assert_eq!(response.header("connection"), Some("close"));
        assert!(connection.is_closed_within(edgewit_tests::PATIENCE));
    }
    assert_eq!(node.wait().code(), Some(0));
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn sigterm_ends_an_idle_node_with_idle_connections() {
    let (node, _folder) = serve(&mock_api("x"));
    let mut connection = Connection::open(node.listen()).unwrap();
    connection.send(format!("GET /dev/hello HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(connection.read("GET").unwrap().status, 200);
    node.signal("TERM");
    assert!(connection.is_closed_within(edgewit_tests::PATIENCE));
    assert_eq!(node.wait().code(), Some(0));
}

#[test]
fn sound_input_exits_with_0() {
    let folder = Folder::with_api(&mock_api("x"));
    let finished = run(folder.path(), &["check", "."]);
    assert_eq!(finished.code, Some(0), "{finished}");
    for args in [&["--help"][..], &["--version"], &["serve", "--help"], &["check", "--help"]] {
        let finished = run(folder.path(), args);
        assert_eq!(finished.code, Some(0), "{args:?} {finished}");
        assert!(!finished.stdout.is_empty() && finished.stderr.is_empty(), "{args:?} {finished}");
    }
}

#[test]
fn wrong_input_exits_with_1() {
    let broken = Folder::with_api("openapi: 3.0.1\ninfo: [\n");
    let checked = run(broken.path(), &["check", "."]);
    assert_eq!(checked.code, Some(1), "{checked}");
    assert!(checked.stdout.contains("apis/api.yaml:"), "{checked}");
    let served = Node::launch(broken.path(), &Launch::default()).unwrap_err();
    assert_eq!(served.code, Some(1), "{served}");
    assert!(format!("{}{}", served.stdout, served.stderr).contains("apis/api.yaml:"), "{served}");
    for missing in [["check", "nowhere"], ["serve", "nowhere"]] {
        let finished = run(broken.path(), &missing);
        assert_eq!(finished.code, Some(1), "{missing:?} {finished}");
        assert!(format!("{}{}", finished.stdout, finished.stderr).contains("nowhere"), "{finished}");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = Folder::with_api(&mock_api("x"));
    for args in [
        &["--no-such-flag"][..],
        &["no-such-command"],
        &["check", "--no-such-flag"],
        &["check", ".", "surplus"],
        &["serve", ".", "--listen", "no address"],
        &["serve", ".", "--admin", "no address"],
        &["serve", ".", "--admin", "0.0.0.0:0"],
        &["serve", ".", "--stage", "no stage"],
        &["check", ".", "--stage", ""],
        &["check", ".", "--stage", "a/b"],
        &["check", ".", "--log", "verbose"],
        &["check", ".", "--log", "edgewit_gateway=loud"],
    ] {
        let finished = run(folder.path(), args);
        assert_eq!(finished.code, Some(2), "{args:?} {finished}");
        assert!(!finished.stderr.is_empty() && finished.stdout.is_empty(), "{args:?} {finished}");
    }
}

#[test]
fn every_form_of_log_filter_is_taken() {
    let folder = Folder::with_api(&mock_api("x"));
    for filter in
        ["error", "WARN", "info", "debug", "trace", "off", "warn,edgewit_gateway=debug,edgewit::plugin=off"]
    {
        let finished = run(folder.path(), &["check", ".", "--log", filter]);
        assert_eq!(finished.code, Some(0), "{filter} {finished}");
    }
    let launch = Launch { env: vec![("EDGEWIT_LOG".to_owned(), "verbose".to_owned())], ..Launch::default() };
    let finished = Node::launch(folder.path(), &launch).unwrap_err();
    assert_eq!(finished.code, Some(2), "{finished}");
    assert!(finished.stderr.contains("found `verbose`, expected error, warn, info"), "{finished}");
}

#[test]
fn an_environment_that_fails_exits_with_3() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::with_api(&mock_api("x"));
    let launch = Launch { listen: Some(address.clone()), ..Launch::default() };
    let finished = Node::launch(folder.path(), &launch).unwrap_err();
    assert_eq!(finished.code, Some(3), "{finished}");
    assert!(finished.stderr.contains(&address), "{finished}");
}
