//! Answers behind a transform that looks at heads, or at the beginning of bodies: they pass as they come.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use edgewit_tests::PATIENCE;
use edgewit_tests::case::Answer;
use edgewit_tests::client::{Connection, Response, exchange};
use edgewit_tests::fixture::{HOST, assert_headers, assert_own, compare, document};
use edgewit_tests::folder::{Folder, with_origin};
use edgewit_tests::http1::{ReadError, Reader, encode_chunk};
use edgewit_tests::matcher::Names;
use edgewit_tests::node::Node;
use edgewit_tests::origin::{Listener, Origin, read_request};
use serde_json::json;

const INTERNAL: &str = r#"{"message":"Internal server error"}"#;

/// A node with `ANY /a` at `origin` behind the transform `look`; `members` go into the integration, `settings` to the
/// plugin.
fn serve(origin: &str, members: &serde_json::Value, settings: &str) -> (Node, Folder) {
    let mut integration =
        json!({"type": "http_proxy", "httpMethod": "ANY", "uri": format!("{origin}/a"), "responses": {}});
    integration.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let operation = json!({"responses": {}, "x-amazon-apigateway-integration": integration});
    let folder =
        Folder::with_api(&document("a", &json!({"/a": {"x-amazon-apigateway-any-method": operation}})));
    let plugins = format!(
        "plugins:\n  look:\n    component: \"${{plugins}}/reach.wasm\"\n    grants: {{http: [], keyvalue: []}}\n    \
         limits: {{wall_ms: 30000, cpu_ms: 30000}}\n    {settings}\ntransforms:\n  - {{plugin: look}}\n"
    );
    folder.write("plugins.yaml", with_origin(&plugins, ""));
    (Node::start(folder.path()), folder)
}

/// A GET, or a POST with a body, told to behave so.
fn request(method: &str, behave: &str) -> String {
    let body = if method == "POST" { "Content-Length: 5\r\n\r\nhello" } else { "\r\n" };
    format!("{method} /dev/a HTTP/1.1\r\nHost: {HOST}\r\nBehave: {behave}\r\n{body}")
}

fn open(node: &Node, method: &str, behave: &str) -> Connection {
    let mut connection = Connection::open(node.listen()).unwrap();
    connection.send(request(method, behave).as_bytes()).unwrap();
    connection
}

fn ask(node: &Node, method: &str, behave: &str) -> Response {
    exchange(node.listen(), method, request(method, behave).as_bytes()).unwrap()
}

/// An origin that sends one event, and a further one whenever it is told; it says when nobody wants more.
fn events() -> (Listener, Sender<&'static str>, Receiver<()>) {
    let (say, told) = channel();
    let (saw, seen) = channel();
    let (told, saw) = (Mutex::new(told), Mutex::new(saw));
    let origin = Listener::start(move |mut stream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        read_request(&mut reader).unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&encode_chunk(b"data: first event\n\n")).unwrap();
        let told = told.lock().unwrap();
        while let Ok(event) = told.recv_timeout(PATIENCE) {
            match event {
                "close" => break,
                // An endless answer; writing fails once the node has closed.
                "endless" => while stream.write_all(&encode_chunk(&[b'x'; 1024])).is_ok() {},
                event => stream.write_all(&encode_chunk(event.as_bytes())).unwrap(),
            }
            if event == "endless" {
                break;
            }
        }
        saw.lock().unwrap().send(()).unwrap();
    })
    .unwrap();
    (origin, say, seen)
}

fn url(origin: &Listener) -> String {
    format!("http://{}", origin.addr())
}

#[test]
fn an_answer_that_never_ends_arrives_piece_by_piece() {
    let streamed = json!({"responseTransferMode": "STREAM"});
    for (mode, access, seen_of_it) in [
        (&streamed, "response_body: none", "nothing"),
        (&streamed, "response_body: {first: 10}", "first 10 100 115"),
        (&streamed, "response_body: {first: 0}", "first 0"),
        (&json!({}), "response_body: {first: 10}", "first 10 100 115"),
    ] {
        for method in ["GET", "POST"] {
            let (origin, say, seen) = events();
            let (node, _folder) = serve(&url(&origin), mode, access);
            let mut connection = open(&node, method, "look, status 202");
            let (status, head) = connection.read_head().unwrap();
            assert_eq!(status, 202, "{method} {access}");
            let expected = [
                ("content-type", "text/event-stream"),
                ("transfer-encoding", "chunked"),
                ("x-seen", seen_of_it),
                ("date", "<date>"),
                ("x-amzn-requestid", "<uuid>"),
                ("x-amz-apigw-id", "<extended-id>"),
            ];
            compare(&head.headers, &expected, &Names::default());
            assert_eq!(connection.reader().chunk().unwrap().0, b"data: first event\n\n");
            // Told only now that the first piece is here.
            for event in ["data: 2\n\n", "data: 3\n\n"] {
                say.send(event).unwrap();
                assert_eq!(connection.reader().chunk().unwrap().0, event.as_bytes(), "{method} {access}");
            }
            // A client that goes away ends the call.
            drop(connection);
            say.send("endless").unwrap();
            seen.recv_timeout(PATIENCE).unwrap();
        }
    }
}

#[test]
fn what_may_be_all_that_is_shown_is_held_until_that_is_known() {
    let (origin, say, _seen) = events();
    let streamed = json!({"responseTransferMode": "STREAM"});
    // The first event has 19 bytes.
    let (node, _folder) = serve(&url(&origin), &streamed, "response_body: {first: 19}");
    let mut connection = open(&node, "GET", "look");
    say.send("!").unwrap();
    assert_eq!(connection.read_head().unwrap().1.value("x-seen"), Some("first 19 100 10"));
    assert_eq!(connection.reader().chunk().unwrap().0, b"data: first event\n\n!");
    drop(say);
}

#[test]
fn lengths_stay_unless_the_body_is_another() {
    let body = "a body of twenty-six bytes";
    let origin = Origin::saying(body).unwrap();
    for (access, seen) in [
        ("none", "nothing"),
        ("{first: 0}", "first 0"),
        ("{first: 25}", "first 25 97 101"),
        ("{first: 26}", "all of 26 97 115"),
        ("{first: 27}", "all of 26 97 115"),
        ("{whole: 26}", "all of 26 97 115"),
    ] {
        let (node, _folder) = serve(&origin.url(), &json!({}), &format!("response_body: {access}"));
        for method in ["GET", "POST"] {
            let response = ask(&node, method, "look");
            assert_eq!((response.status, response.text().as_str()), (200, body));
            let expected = |length| {
                [
                    ("content-type", "text/plain"),
                    ("content-length", length),
                    ("x-amzn-remapped-content-length", "26"),
                    ("x-seen", seen),
                    ("date", "<date>"),
                    ("x-amzn-requestid", "<uuid>"),
                    ("x-amz-apigw-id", "<extended-id>"),
                ]
            };
            assert_headers(&response, &expected("26"));
            let response = ask(&node, method, "look, answer other");
            assert_eq!((response.status, response.text().as_str()), (200, "other"));
            assert_headers(&response, &expected("5"));
        }
    }
    let (node, _folder) = serve(&origin.url(), &json!({}), "response_body: {whole: 25}");
    let response = ask(&node, "GET", "look");
    assert_own(&response, 500, INTERNAL, Some("InternalServerErrorException"), false);
}

#[test]
fn chunks_that_end_early_get_a_length_where_they_were_read_to_their_end() {
    let answer = |chunks: &[&str]| Answer {
        chunks: Some(chunks.iter().map(|chunk| (*chunk).to_owned()).collect()),
        headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
        ..Answer::default()
    };
    let origin = Origin::start(vec![answer(&["one", "two"]), answer(&[]), answer(&["one", "two"])]).unwrap();
    let (node, _folder) = serve(&origin.url(), &json!({}), "response_body: {first: 6}");
    for (body, seen) in [("onetwo", "all of 6 111 111"), ("", "all of 0")] {
        let response = ask(&node, "GET", "look");
        assert_eq!((response.text().as_str(), response.header("x-seen")), (body, Some(seen)));
        assert_eq!(response.header("content-length"), Some(&*body.len().to_string()));
        assert_eq!(response.header("transfer-encoding"), None);
    }
    let (node, _folder) = serve(&origin.url(), &json!({}), "response_body: {first: 5}");
    let response = ask(&node, "GET", "look");
    assert_eq!((response.text().as_str(), response.header("x-seen")), ("onetwo", Some("first 5 111 119")));
    assert_eq!(response.header("transfer-encoding"), Some("chunked"));
}

#[test]
fn an_answer_without_a_body_has_none_whatever_becomes_of_its_status() {
    let etag = || vec![("ETag".to_owned(), "\"1\"".to_owned())];
    let answer = |status, body: Option<&str>| Answer {
        status: Some(status),
        headers: etag(),
        body: body.map(str::to_owned),
        ..Answer::default()
    };
    for access in ["none", "{first: 10}"] {
        let answers = vec![
            answer(204, None),
            answer(304, None),
            answer(200, Some("hello")),
            answer(204, None),
            answer(200, Some("hello")),
            answer(200, Some("hello")),
        ];
        let origin = Origin::start(answers).unwrap();
        let (node, _folder) = serve(&origin.url(), &json!({}), &format!("response_body: {access}"));
        let mut connection = Connection::open(node.listen()).unwrap();
        for (method, behave, status, length) in [
            ("GET", "look", 204, None),
            ("GET", "look", 304, None),
            // A body that was there has no place any more.
            ("GET", "look, status 204", 204, None),
            ("GET", "look, status 200", 200, Some("0")),
            ("HEAD", "look", 200, Some("5")),
        ] {
            connection.send(request(method, behave).as_bytes()).unwrap();
            let response = connection.read(method).unwrap();
            let what = format!("{method} {behave} {access}");
            assert_eq!((response.status, response.body.len()), (status, 0), "{what}");
            assert_eq!(response.header("content-length"), length, "{what}: {:?}", response.head);
            assert_eq!(response.header("transfer-encoding"), None, "{what}");
        }
        connection.send(request("GET", "look").as_bytes()).unwrap();
        assert_eq!(connection.read("GET").unwrap().text(), "hello");
    }
}

#[test]
fn another_body_ends_the_backends_stream() {
    for access in ["none", "{first: 10}"] {
        let (origin, say, seen) = events();
        let streamed = json!({"responseTransferMode": "STREAM"});
        let (node, _folder) = serve(&url(&origin), &streamed, &format!("response_body: {access}"));
        let response = ask(&node, "GET", "look, answer other");
        assert_eq!((response.status, response.text().as_str()), (200, "other"));
        assert_eq!(response.header("content-length"), Some("5"));
        say.send("endless").unwrap();
        seen.recv_timeout(PATIENCE).unwrap();
    }
}

#[test]
fn a_transform_that_fails_on_the_answer_ends_the_backends_stream() {
    for access in ["none", "{first: 10}"] {
        for method in ["GET", "POST"] {
            let (origin, say, seen) = events();
            let streamed = json!({"responseTransferMode": "STREAM"});
            let (node, _folder) = serve(&url(&origin), &streamed, &format!("response_body: {access}"));
            let mut connection = open(&node, method, "look, fail late");
            let response = connection.read(method).unwrap();
            assert_own(&response, 500, INTERNAL, Some("InternalServerErrorException"), false);
            say.send("endless").unwrap();
            seen.recv_timeout(PATIENCE).unwrap();
            // The client's connection is as good as before.
            connection.send(request("GET", "fail").as_bytes()).unwrap();
            let response = connection.read("GET").unwrap();
            assert_own(&response, 500, INTERNAL, Some("InternalServerErrorException"), false);
        }
    }
}

#[test]
fn a_transform_that_may_fail_lets_the_answer_pass_as_it_is() {
    let origin = Origin::saying("hello").unwrap();
    let settings = "response_body: {first: 2}\n    on_failure: allow\n    breaker: {failures: 2}";
    let (node, _folder) = serve(&origin.url(), &json!({}), settings);
    // Past its breaker as well.
    for _ in 0..4 {
        let response = ask(&node, "POST", "look, fail late");
        assert_eq!((response.status, response.text().as_str()), (200, "hello"));
        assert_eq!(response.header("x-seen"), None);
    }
    let denied = "response_body: {first: 2}\n    breaker: {failures: 2}";
    let (node, _folder) = serve(&origin.url(), &json!({}), denied);
    for behave in ["look, fail late", "look, fail late", "fail", "fail"] {
        let response = ask(&node, "POST", behave);
        assert_own(&response, 500, INTERNAL, Some("InternalServerErrorException"), false);
    }
    // The breaker is open, so nobody is asked; what goes well on the way there closes it.
    let asked = origin.received().len();
    assert_eq!(ask(&node, "POST", "look").status, 500);
    assert_eq!(origin.received().len(), asked);
}

#[test]
fn first_bytes_that_do_not_come_are_504() {
    let origin = Listener::start(|mut stream: TcpStream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        read_request(&mut reader).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nabc").unwrap();
        drop(reader.rest());
    })
    .unwrap();
    for mode in [json!({}), json!({"responseTransferMode": "STREAM"})] {
        let mut members = mode;
        members["timeoutInMillis"] = json!(500);
        let (node, _folder) = serve(&url(&origin), &members, "response_body: {first: 10}");
        for method in ["GET", "POST"] {
            let late = r#"{"message":"Endpoint request timed out"}"#;
            let response = ask(&node, method, "look");
            assert_own(&response, 504, late, Some("InternalServerErrorException"), false);
        }
    }
}

#[test]
fn an_answer_that_breaks_off_is_not_completed_for_the_client() {
    for head in ["Content-Length: 100\r\n\r\nabcdef", "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n"] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}");
        let origin = Listener::start(move |mut stream, _| {
            read_request(&mut Reader::new(stream.try_clone().unwrap())).unwrap();
            stream.write_all(bytes.as_bytes()).unwrap();
        })
        .unwrap();
        let (node, _folder) = serve(&url(&origin), &json!({}), "response_body: {first: 3}");
        for method in ["GET", "POST"] {
            match open(&node, method, "look").read(method) {
                Err(ReadError::Truncated(_) | ReadError::Closed) => {}
                Err(ReadError::Io(error)) if error.kind() == ErrorKind::ConnectionReset => {}
                other => panic!("{method} {head}: {other:?}"),
            }
        }
        // While nothing was sent, there is an answer to that.
        let (node, _folder) = serve(&url(&origin), &json!({}), "response_body: {first: 30}");
        let broken = r#"{"message":"Network error communicating with endpoint"}"#;
        let response = ask(&node, "GET", "look");
        assert_own(&response, 504, broken, Some("InternalServerErrorException"), false);
    }
}

#[test]
fn a_large_answer_passes_in_bounded_memory() {
    const LENGTH: usize = 256 << 20;
    let origin = Listener::start(|mut stream, _| {
        read_request(&mut Reader::new(stream.try_clone().unwrap())).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..LENGTH >> 16 {
            stream.write_all(&[b'x'; 1 << 16]).unwrap();
        }
    })
    .unwrap();
    let streamed = json!({"responseTransferMode": "STREAM"});
    let (node, _folder) = serve(&url(&origin), &streamed, "response_body: {first: 1000}");
    let before = node.resident_kilobytes();
    let mut connection = open(&node, "GET", "look");
    assert_eq!(connection.read_head().unwrap().1.content_length(), Some(LENGTH as u64));
    let expected = vec![b'x'; 1 << 20];
    let (mut arrived, mut most) = (0, 0);
    while arrived < LENGTH {
        let piece = connection.reader().some().unwrap();
        assert!(piece == expected[..piece.len()]);
        arrived += piece.len();
        most = most.max(node.resident_kilobytes());
    }
    let grown = most.saturating_sub(before);
    // A node that has just started still grows by itself.
    assert!(arrived == LENGTH && grown < 128 * 1024, "{grown} KiB more for {} KiB", LENGTH >> 10);
}

#[test]
fn a_web_socket_passes_a_transform_that_looks_at_heads() {
    let origin = Listener::start(|mut stream: TcpStream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        let head = reader.head().unwrap();
        assert_eq!((head.value("x-seen"), head.value("upgrade")), (Some("nothing"), Some("websocket")));
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello";
        stream.write_all(answer.as_bytes()).unwrap();
        while let Ok(piece) = reader.some() {
            stream.write_all(&piece.to_ascii_uppercase()).unwrap();
        }
    })
    .unwrap();
    let (node, _folder) = serve(&url(&origin), &json!({}), "response_body: none");
    let mut connection = Connection::open(node.listen()).unwrap();
    let request = format!(
        "GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\nBehave: look, status 202\r\nConnection: Upgrade\r\nUpgrade: \
         websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    connection.send(request.as_bytes()).unwrap();
    // The answer that opens it is nobody's to change.
    let (status, head) = connection.read_head().unwrap();
    assert_eq!((status, head.value("x-seen")), (101, None));
    assert_eq!(connection.reader().exactly(5).unwrap(), b"hello");
    connection.send(b"ping").unwrap();
    assert_eq!(connection.reader().exactly(4).unwrap(), b"PING");
}

#[test]
fn a_client_of_http_1_0_gets_no_chunks() {
    let answer = Answer { chunks: Some(vec!["one".to_owned(), "two".to_owned()]), ..Answer::default() };
    let origin = Origin::start(vec![answer]).unwrap();
    let (node, _folder) = serve(&origin.url(), &json!({}), "response_body: {first: 2}");
    let request = request("GET", "look").replace("HTTP/1.1", "HTTP/1.0");
    let response = exchange(node.listen(), "GET", request.as_bytes()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "onetwo"));
    assert_eq!((response.header("transfer-encoding"), response.header("connection")), (None, Some("close")));
}
