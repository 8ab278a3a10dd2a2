//! What reaches the node on the wire: everything that could be read in two ways is refused, and never passed on.
//!
//! Statuses are those of RFC 9110 and RFC 9112; sizes those of the API Gateway quotas
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use edgewit_tests::PATIENCE;
use edgewit_tests::case::Answer;
use edgewit_tests::client::{Connection, exchange};
use edgewit_tests::fixture::{HOST, assert_own, proxy_api, serve};
use edgewit_tests::folder::Folder;
use edgewit_tests::http1::ReadError;
use edgewit_tests::node::Node;
use edgewit_tests::origin::Origin;

/// Header lines together, line ends included.
const HEADER_BYTES: usize = 10_240;
/// Header lines.
const HEADER_LINES: usize = 200;
/// The request target.
const TARGET_BYTES: usize = 10_240;

struct Refused {
    status: u16,
    body: &'static str,
    error_type: &'static str,
}

const MALFORMED: Refused =
    Refused { status: 400, body: r#"{"message":"Bad Request"}"#, error_type: "BadRequestException" };
const CONNECT: Refused = Refused {
    status: 405,
    body: r#"{"message":"Method Not Allowed"}"#,
    error_type: "MethodNotAllowedException",
};
const LATE: Refused =
    Refused { status: 408, body: r#"{"message":"Request Timeout"}"#, error_type: "RequestTimeoutException" };
const LONG_TARGET: Refused = Refused {
    status: 414,
    body: r#"{"message":"Request URI too long"}"#,
    error_type: "RequestUriTooLongException",
};
const LARGE_HEADER: Refused = Refused {
    status: 431,
    body: r#"{"message":"Request Header Fields Too Large"}"#,
    error_type: "RequestHeaderFieldsTooLargeException",
};
const VERSION: Refused = Refused {
    status: 505,
    body: r#"{"message":"HTTP Version Not Supported"}"#,
    error_type: "HttpVersionNotSupportedException",
};

/// A node in front of an origin that answers `ok`, with these `limits` of edgewit.yaml.
fn node_with(limits: &str) -> (Node, Folder, Origin) {
    let origin = Origin::start(Vec::new()).unwrap();
    let folder = Folder::with_api(&proxy_api(&origin.url()));
    folder.write("edgewit.yaml", format!("limits: {{{limits}}}\n"));
    (Node::start(folder.path()), folder, origin)
}

fn node() -> (Node, Folder, Origin) {
    node_with("")
}

fn assert_refused(connection: &mut Connection, method: &str, expected: &Refused, what: &str) {
    let response = connection.read(method).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((response.status, response.text().as_str()), (expected.status, expected.body), "{what}");
    assert_own(&response, expected.status, expected.body, Some(expected.error_type), true);
    assert!(connection.is_closed_within(PATIENCE), "{what}: the connection stays open");
}

#[test]
fn malformed_requests_are_refused_and_never_reach_the_origin() {
    let (node, _folder, origin) = node();
    let host = format!("Host: {HOST}\r\n");
    let smuggled = format!("GET /dev/smuggled HTTP/1.1\r\n{host}\r\n");
    let get = |line: &str| format!("GET /dev/a HTTP/1.1\r\n{host}{line}\r\n\r\n");
    let post = |lines: &str, body: &str| format!("POST /dev/a HTTP/1.1\r\n{host}{lines}\r\n\r\n{body}");
    let table: Vec<(&str, String, &Refused)> = vec![
        (
            "Content-Length and Transfer-Encoding",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked", &format!("0\r\n\r\n{smuggled}")),
            &MALFORMED,
        ),
        (
            "Transfer-Encoding and Content-Length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 5", &format!("0\r\n\r\n{smuggled}")),
            &MALFORMED,
        ),
        ("two different Content-Length", post("Content-Length: 1\r\nContent-Length: 2", "ab"), &MALFORMED),
        ("two equal Content-Length", post("Content-Length: 2\r\nContent-Length: 2", "ab"), &MALFORMED),
        ("a list in Content-Length", post("Content-Length: 2, 2", "ab"), &MALFORMED),
        ("a sign in Content-Length", post("Content-Length: +2", "ab"), &MALFORMED),
        ("a negative Content-Length", post("Content-Length: -2", "ab"), &MALFORMED),
        ("a hexadecimal Content-Length", post("Content-Length: 0x2", "ab"), &MALFORMED),
        ("an empty Content-Length", post("Content-Length:", "ab"), &MALFORMED),
        ("a Content-Length that overflows", post("Content-Length: 18446744073709551618", "ab"), &MALFORMED),
        ("chunked twice on a line", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), &MALFORMED),
        (
            "chunked twice on two lines",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
            &MALFORMED,
        ),
        ("an unknown transfer coding", post("Transfer-Encoding: xchunked", "0\r\n\r\n"), &MALFORMED),
        ("another coding before chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), &MALFORMED),
        ("chunked that is not last", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), &MALFORMED),
        ("a quoted transfer coding", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), &MALFORMED),
        (
            "a vertical tab in Transfer-Encoding",
            post("Transfer-Encoding: \u{b}chunked", "0\r\n\r\n"),
            &MALFORMED,
        ),
        (
            "Transfer-Encoding in HTTP/1.0",
            format!("POST /dev/a HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            &MALFORMED,
        ),
        ("bare line feeds", format!("GET /dev/a HTTP/1.1\nHost: {HOST}\n\n"), &MALFORMED),
        ("one bare line feed", get("X-A: 1\nX-B: 2"), &MALFORMED),
        ("a bare carriage return", get("X-A: 1\rX-B: 2"), &MALFORMED),
        ("obsolete line folding", get("X-A: 1\r\n  2"), &MALFORMED),
        (
            "a first header line that is folded",
            format!("GET /dev/a HTTP/1.1\r\n X: 1\r\n{host}\r\n"),
            &MALFORMED,
        ),
        ("a blank before the colon", get("X-A : 1"), &MALFORMED),
        (
            "a blank before the colon of Transfer-Encoding",
            post("Transfer-Encoding : chunked", "0\r\n\r\n"),
            &MALFORMED,
        ),
        ("a header line without a colon", get("X-A"), &MALFORMED),
        ("a header line without a name", get(": 1"), &MALFORMED),
        ("a header name that is no token", get("X(A): 1"), &MALFORMED),
        ("NUL in a header name", get("X\0A: 1"), &MALFORMED),
        ("NUL in a header value", get("X-A: a\0b"), &MALFORMED),
        ("a control character in a header value", get("X-A: a\u{1}b"), &MALFORMED),
        ("NUL in the path", format!("GET /dev/a\0b HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("a control character in the path", format!("GET /dev/a\u{7f} HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("bytes above ASCII in the path", format!("GET /dev/é HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("a blank in the path", format!("GET /dev/a b HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("two blanks after the method", format!("GET  /dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("a tab after the method", format!("GET\t/dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("a blank after the version", format!("GET /dev/a HTTP/1.1 \r\n{host}\r\n"), &MALFORMED),
        ("a blank before the method", format!(" GET /dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("no target", format!("GET HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("a target without a slash", format!("GET dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("an asterisk with GET", format!("GET * HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("HTTP/0.9", "GET /dev/a\r\n\r\n".to_owned(), &MALFORMED),
        ("a version in lower case", format!("GET /dev/a http/1.1\r\n{host}\r\n"), &MALFORMED),
        ("another protocol", format!("GET /dev/a ICAP/1.0\r\n{host}\r\n"), &MALFORMED),
        ("HTTP/2.0 in the request line", format!("GET /dev/a HTTP/2.0\r\n{host}\r\n"), &VERSION),
        ("characters no method has", format!("G@T /dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("a method in quotes", format!("\"GET\" /dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("no Host", "GET /dev/a HTTP/1.1\r\n\r\n".to_owned(), &MALFORMED),
        ("two Hosts", get(&format!("Host: {HOST}")), &MALFORMED),
        ("another host in the target", format!("GET http://other/dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        (
            "another port in the target",
            format!("GET http://{HOST}:81/dev/a HTTP/1.1\r\n{host}\r\n"),
            &MALFORMED,
        ),
        (
            "a user in the target",
            format!("GET http://{HOST}@{HOST}/dev/a HTTP/1.1\r\n{host}\r\n"),
            &MALFORMED,
        ),
        ("a user in Host", format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}@{HOST}\r\n\r\n"), &MALFORMED),
        ("no host in the target", format!("GET http:///dev/a HTTP/1.1\r\n{host}\r\n"), &MALFORMED),
        ("CONNECT", format!("CONNECT {HOST}:443 HTTP/1.1\r\n{host}\r\n"), &CONNECT),
        ("CONNECT of a path", format!("CONNECT /dev/a HTTP/1.1\r\n{host}\r\n"), &CONNECT),
        (
            "the start of a TLS handshake",
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n".to_owned(),
            &MALFORMED,
        ),
    ];
    for (what, request, expected) in &table {
        let mut connection = Connection::open(node.listen()).unwrap();
        connection.send(request.as_bytes()).unwrap();
        let method = request.split(' ').next().unwrap_or_default();
        assert_refused(&mut connection, method, expected, what);
    }
    assert_eq!(origin.connections(), 0, "{:?}", origin.received());
    assert_eq!(exchange(node.listen(), "GET", get("X: 1").as_bytes()).unwrap().text(), "ok");
}

#[test]
fn a_request_after_a_valid_one_is_held_to_the_same_rules() {
    let (node, _folder, origin) = node();
    let mut connection = Connection::open(node.listen()).unwrap();
    let valid = format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    connection
        .send(format!("{valid}GET /dev/b HTTP/1.1\r\nHost : {HOST}\r\n\r\n{valid}").as_bytes())
        .unwrap();
    assert_eq!(connection.read("GET").unwrap().text(), "ok");
    assert_refused(&mut connection, "GET", &MALFORMED, "the second request");
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn header_lines_may_have_10240_bytes_and_not_one_more() {
    let (node, _folder, origin) = node();
    let request = |bytes: usize| {
        let host = format!("Host: {HOST}\r\n");
        let value = "a".repeat(bytes - host.len() - "X-A: \r\n".len());
        format!("GET /dev/a HTTP/1.1\r\n{host}X-A: {value}\r\n\r\n")
    };
    let response = exchange(node.listen(), "GET", request(HEADER_BYTES).as_bytes()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    let mut connection = Connection::open(node.listen()).unwrap();
    connection.send(request(HEADER_BYTES + 1).as_bytes()).unwrap();
    assert_refused(&mut connection, "GET", &LARGE_HEADER, "one byte past");
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn there_may_be_200_header_lines_and_not_one_more() {
    let (node, _folder, origin) = node();
    let request = |lines: usize| {
        format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\n{}\r\n", "X-A: 1\r\n".repeat(lines - 1))
    };
    let response = exchange(node.listen(), "GET", request(HEADER_LINES).as_bytes()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    let mut connection = Connection::open(node.listen()).unwrap();
    connection.send(request(HEADER_LINES + 1).as_bytes()).unwrap();
    assert_refused(&mut connection, "GET", &LARGE_HEADER, "one line past");
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn a_header_without_end_is_refused_once_it_is_too_large() {
    let (node, _folder, origin) = node();
    let mut connection = Connection::open(node.listen()).unwrap();
    let endless = format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\nX-A: {}", "a".repeat(64 * 1024));
    drop(connection.send(endless.as_bytes()));
    assert_refused(&mut connection, "GET", &LARGE_HEADER, "a header without end");
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_target_may_have_10240_bytes_and_not_one_more() {
    let (node, _folder, origin) = node();
    let request = |bytes: usize| {
        let target = format!("/dev/a?{}", "q".repeat(bytes - "/dev/a?".len()));
        format!("GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
    };
    let response = exchange(node.listen(), "GET", request(TARGET_BYTES).as_bytes()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    let endless = format!("GET /dev/{}", "a".repeat(64 * 1024));
    for (what, request) in [("one byte past", request(TARGET_BYTES + 1)), ("a line without end", endless)] {
        let mut connection = Connection::open(node.listen()).unwrap();
        drop(connection.send(request.as_bytes()));
        assert_refused(&mut connection, "GET", &LONG_TARGET, what);
    }
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn other_forms_of_target_are_understood() {
    let (node, _folder, origin) = node();
    for host in [HOST, &format!("{HOST}:8080")] {
        let absolute = format!("GET http://{host}/dev/a?b=c HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(exchange(node.listen(), "GET", absolute.as_bytes()).unwrap().text(), "ok", "{absolute}");
    }
    assert!(origin.received().iter().all(|request| request.target() == "/a?b=c"));
    // `*` is no path of an API, so no stage is found.
    let asterisk = format!("OPTIONS * HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let response = exchange(node.listen(), "OPTIONS", asterisk.as_bytes()).unwrap();
    assert_own(&response, 403, r#"{"message":"Forbidden"}"#, Some("ForbiddenException"), false);
    assert_eq!(origin.received().len(), 2);
}

#[test]
fn a_slow_header_meets_its_deadline() {
    let (node, _folder, origin) = node_with("header_timeout_seconds: 1");
    // Each byte comes well within any timeout between two reads; only the header as a whole is late.
    let mut connection = Connection::open(node.listen()).unwrap();
    let header = format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: {}", "a".repeat(1000));
    let mut sending = connection.reader().stream().try_clone().unwrap();
    let drip = std::thread::spawn(move || {
        for byte in header.as_bytes() {
            if std::io::Write::write_all(&mut sending, &[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let response = connection.read("GET").unwrap();
    assert_own(&response, LATE.status, LATE.body, Some(LATE.error_type), true);
    assert!(connection.is_closed_within(PATIENCE));
    drop(connection);
    drip.join().unwrap();
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_half_sent_http_2_preface_meets_the_same_deadline() {
    let (node, _folder, _origin) = node_with("header_timeout_seconds: 1");
    let mut connection = Connection::open(node.listen()).unwrap();
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM").unwrap();
    assert!(matches!(connection.reader().rest(), Ok(_) | Err(ReadError::Io(_))));
    assert!(connection.is_closed_within(PATIENCE));
}

#[test]
fn a_request_shorter_than_the_http_2_preface_is_answered() {
    let (node, _folder, _origin) = node();
    let response = exchange(node.listen(), "GET", b"GET / HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!((response.status, response.text().as_str()), (403, r#"{"message":"Forbidden"}"#));
}

#[test]
fn idle_connections_are_closed_before_and_after_a_request() {
    let (node, _folder, _origin) = node_with("idle_timeout_seconds: 1");
    let mut silent = Connection::open(node.listen()).unwrap();
    let mut used = Connection::open(node.listen()).unwrap();
    used.send(format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(used.read("GET").unwrap().text(), "ok");
    assert!(silent.is_closed_within(PATIENCE) && used.is_closed_within(PATIENCE));
}

#[test]
fn a_client_that_wants_to_close_is_obeyed() {
    let (node, _folder, _origin) = node();
    for request in [
        format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"),
        format!("GET /dev/a HTTP/1.0\r\nHost: {HOST}\r\n\r\n"),
    ] {
        let mut connection = Connection::open(node.listen()).unwrap();
        connection.send(request.as_bytes()).unwrap();
        let response = connection.read("GET").unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, "ok"));
        assert_eq!(response.header("connection"), Some("close"), "{request}");
        assert!(connection.is_closed_within(PATIENCE), "{request}");
    }
}

#[test]
fn an_answer_says_close_exactly_when_its_connection_ends() {
    let closing =
        Answer { headers: vec![("Connection".to_owned(), "close".to_owned())], ..Answer::default() };
    let none = Answer { close: true, ..Answer::default() };
    let ok = Answer { body: Some("ok".to_owned()), ..Answer::default() };
    let unread = 1024 * 1024;
    for (what, lines, body, answer, status, closes) in [
        ("an ordinary request", "GET /dev/a HTTP/1.1\r\n", "", &ok, 200, false),
        ("keep-alive in HTTP/1.0", "GET /dev/a HTTP/1.0\r\nConnection: keep-alive\r\n", "", &ok, 200, false),
        ("a backend that closes", "GET /dev/a HTTP/1.1\r\n", "", &closing, 200, false),
        (
            "a backend that closes after a body",
            "POST /dev/a HTTP/1.1\r\nContent-Length: 1\r\n",
            "x",
            &closing,
            200,
            false,
        ),
        ("a backend that does not answer", "GET /dev/a HTTP/1.1\r\n", "", &none, 504, false),
        (
            "a backend that does not answer a body",
            "POST /dev/a HTTP/1.1\r\nContent-Length: 1\r\n",
            "x",
            &none,
            504,
            true,
        ),
        ("a refusal", "GET /dev HTTP/1.1\r\n", "", &ok, 403, false),
        ("a refusal of a small body", "POST /dev HTTP/1.1\r\nContent-Length: 1\r\n", "x", &ok, 403, false),
        (
            "a refusal of a large body",
            &format!("POST /dev HTTP/1.1\r\nContent-Length: {unread}\r\n"),
            "x",
            &ok,
            403,
            true,
        ),
        (
            "a refusal of chunks",
            "POST /dev HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
            "1\r\nx\r\n",
            &ok,
            403,
            true,
        ),
        (
            "a refusal of a body that is not sent yet",
            "POST /dev HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n",
            "",
            &ok,
            403,
            true,
        ),
    ] {
        let origin = Origin::start(vec![answer.clone(), ok.clone()]).unwrap();
        let (node, _folder) = serve(&proxy_api(&origin.url()));
        let mut connection = Connection::open(node.listen()).unwrap();
        connection.send(format!("{lines}Host: {HOST}\r\n\r\n{body}").as_bytes()).unwrap();
        let response = connection.read("GET").unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(response.status, status, "{what}");
        assert_eq!(response.header("connection") == Some("close"), closes, "{what}: {:?}", response.head);
        if closes {
            assert!(connection.is_closed_within(PATIENCE), "{what}: the connection stays open");
        } else {
            connection.send(format!("GET /dev/b HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).unwrap();
            let next = connection.read("GET").unwrap_or_else(|error| panic!("{what}: then {error}"));
            assert_eq!((next.status, next.text().as_str()), (200, "ok"), "{what}");
        }
    }
}

#[test]
fn chunk_extensions_are_read_over_and_not_passed_on() {
    let (node, _folder, origin) = node();
    let request = format!(
        "POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n\
         3;name=\"value\"\r\nabc\r\n1;x\r\nd\r\n0;last\r\n\r\n"
    );
    assert_eq!(exchange(node.listen(), "POST", request.as_bytes()).unwrap().text(), "ok");
    assert_eq!(origin.received()[0].body, b"abcd");
}

#[test]
fn broken_chunks_end_the_connection_and_never_complete_a_request() {
    let (node, _folder, origin) = node();
    let smuggled = format!("GET /dev/smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let mut wrong = Vec::new();
    for (what, body) in [
        ("a size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"),
        ("an empty size", "\r\nabc\r\n0\r\n\r\n"),
        ("a negative size", "-1\r\nabc\r\n0\r\n\r\n"),
        ("a size in C notation", "0x3\r\nabc\r\n0\r\n\r\n"),
        ("a size that overflows 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
        ("a size that overflows when its line ends are added", "ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        ("data longer than its size", "2\r\nabc\r\n0\r\n\r\n"),
        ("a bare line feed after the size", "3\nabc\r\n0\r\n\r\n"),
        ("a bare line feed after the data", "3\r\nabc\n0\r\n\r\n"),
    ] {
        let before = origin.received().len();
        let mut connection = Connection::open(node.listen()).unwrap();
        let head = format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.send(format!("{head}{body}{smuggled}").as_bytes()).unwrap();
        match connection.read("POST") {
            Ok(response) if response.status == 400 => {}
            Err(ReadError::Closed | ReadError::Io(_)) => {}
            Ok(response) => wrong.push(format!("{what}: answered with {}", response.status)),
            Err(error) => wrong.push(format!("{what}: {error}")),
        }
        if !connection.is_closed_within(PATIENCE) {
            wrong.push(format!("{what}: the connection stays open"));
        }
        let received = origin.received().split_off(before);
        wrong.extend(
            received.iter().map(|one| format!("{what}: the origin received {}", one.head.start_line)),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_body_that_ends_early_never_completes_a_request() {
    let (node, _folder, origin) = node();
    for lines in ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"] {
        let mut connection = Connection::open(node.listen()).unwrap();
        connection.send(format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\n{lines}").as_bytes()).unwrap();
        connection.finish().unwrap();
        drop(connection.reader().rest());
        assert!(origin.received().is_empty(), "the origin received {:?}", origin.received());
    }
    let valid = format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    assert_eq!(exchange(node.listen(), "GET", valid.as_bytes()).unwrap().text(), "ok");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let answer = |body: &str| Answer { body: Some(body.to_owned()), ..Answer::default() };
    let origin = Origin::start(["one", "two", "three", "four"].map(answer).to_vec()).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let mut connection = Connection::open(node.listen()).unwrap();
    let head = |method: &str, path: &str| format!("{method} /dev/{path} HTTP/1.1\r\nHost: {HOST}\r\n");
    let all = [
        format!("{}\r\n", head("GET", "1")),
        // A body that looks like a request is a body.
        format!("{}Content-Length: 18\r\n\r\nGET /x HTTP/1.0\r\n\r", head("POST", "2")),
        // An empty line before a request is ignored (RFC 9112 section 2.2).
        format!("\r\n{}\r\n", head("GET", "3")),
        format!("{}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", head("POST", "4")),
    ];
    connection.send(all.concat().as_bytes()).unwrap();
    for expected in ["one", "two", "three", "four"] {
        assert_eq!(connection.read("GET").unwrap().text(), expected);
    }
    let received = origin.received();
    let bodies: Vec<_> = received.iter().map(|request| (request.target(), request.body.as_slice())).collect();
    let second: &[u8] = b"GET /x HTTP/1.0\r\n\r";
    assert_eq!(bodies, [("/1", &b""[..]), ("/2", second), ("/3", b""), ("/4", b"abc")]);
}

#[test]
fn a_request_pipelined_after_a_chunked_one_is_answered() {
    let (node, _folder, origin) = node();
    let mut connection = Connection::open(node.listen()).unwrap();
    let chunked = format!(
        "POST /dev/1 HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    );
    let next = format!("GET /dev/2 HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    connection.send(format!("{chunked}{next}").as_bytes()).unwrap();
    assert_eq!(connection.read("POST").unwrap().text(), "ok");
    assert_eq!(connection.read("GET").unwrap().text(), "ok");
    assert_eq!(origin.received().iter().map(|one| one.target().to_owned()).collect::<Vec<_>>(), ["/1", "/2"]);
}

#[test]
fn an_upgrade_to_h2c_is_not_passed_on() {
    let (node, _folder, origin) = node();
    let request = format!(
        "GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
    );
    let response = exchange(node.listen(), "GET", request.as_bytes()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    let received = origin.received();
    for name in ["upgrade", "http2-settings", "connection"] {
        assert_eq!(received[0].head.value(name), None, "{name}");
    }
}
