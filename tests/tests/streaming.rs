//! HTTP_PROXY streams: nothing waits for the end of anything, in either direction.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use edgewit_tests::PATIENCE;
use edgewit_tests::case::Answer;
use edgewit_tests::client::{Connection, exchange};
use edgewit_tests::fixture::{
    HOST, assert_headers, assert_own, compare, document, mock_operation, proxy_api, serve,
};
use edgewit_tests::folder::Folder;
use edgewit_tests::http1::{ReadError, Reader, encode_chunk};
use edgewit_tests::matcher::Names;
use edgewit_tests::node::Node;
use edgewit_tests::origin::{Listener, Origin, read_request};
use serde_json::{Value, json};

/// API Gateway's limit on a payload, request and response alike.
const PAYLOAD_BYTES: usize = 10_485_760;
const TOO_LARGE: &str = r#"{"message":"HTTP content length exceeded 10485760 bytes"}"#;

/// A receiver that threads of an origin can share.
fn shared<T>(receiver: Receiver<T>) -> impl Fn() -> T {
    let receiver = Mutex::new(receiver);
    move || receiver.lock().unwrap().recv_timeout(PATIENCE).unwrap()
}

fn url(listener: &Listener) -> String {
    format!("http://{}", listener.addr())
}

fn open(node: &Node, request: &str) -> Connection {
    let mut connection = Connection::open(node.listen()).unwrap();
    connection.send(request.replace("HOST", HOST).as_bytes()).unwrap();
    connection
}

#[test]
fn the_first_response_chunk_arrives_before_the_origin_sends_the_second() {
    let (go_on, told) = channel();
    let told = shared(told);
    let origin = Listener::start(move |mut stream, _| {
        Reader::new(stream.try_clone().unwrap()).head().unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
            .unwrap();
        stream.write_all(&encode_chunk(b"one")).unwrap();
        told();
        stream.write_all(&encode_chunk(b"two")).unwrap();
        stream.write_all(b"0\r\n\r\n").unwrap();
        told();
    })
    .unwrap();
    let (node, _folder) = serve(&proxy_api(&url(&origin)));
    let mut connection = open(&node, "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n");
    let (status, head) = connection.read_head().unwrap();
    assert_eq!(status, 200);
    let expected = [
        ("content-type", "text/plain"),
        ("transfer-encoding", "chunked"),
        ("date", "<date>"),
        ("x-amzn-requestid", "<uuid>"),
        ("x-amz-apigw-id", "<extended-id>"),
    ];
    compare(&head.headers, &expected, &Names::default());
    assert_eq!(connection.reader().chunk().unwrap().0, b"one");
    go_on.send(()).unwrap();
    assert_eq!(connection.reader().chunk().unwrap().0, b"two");
    assert_eq!(connection.reader().chunk().unwrap().0, b"");
    go_on.send(()).unwrap();
}

#[test]
fn request_chunks_reach_the_origin_before_the_client_ends() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let origin = Listener::start(move |mut stream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        reader.head().unwrap();
        loop {
            let (chunk, _) = reader.chunk().unwrap();
            saw.lock().unwrap().send(chunk.clone()).unwrap();
            if chunk.is_empty() {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").unwrap();
        drop(reader.rest());
    })
    .unwrap();
    let (node, _folder) = serve(&proxy_api(&url(&origin)));
    let mut connection =
        open(&node, "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n");
    for chunk in ["one", "two", "three"] {
        connection.send(&encode_chunk(chunk.as_bytes())).unwrap();
        assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), chunk.as_bytes());
    }
    connection.send(b"0\r\n\r\n").unwrap();
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), b"");
    assert_eq!(connection.read("POST").unwrap().text(), "done");
}

#[test]
fn a_body_of_known_length_streams_as_well() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let origin = Listener::start(move |mut stream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        let head = reader.head().unwrap();
        assert_eq!(head.content_length(), Some(6));
        for _ in 0..2 {
            saw.lock().unwrap().send(reader.exactly(3).unwrap()).unwrap();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").unwrap();
        drop(reader.rest());
    })
    .unwrap();
    let (node, _folder) = serve(&proxy_api(&url(&origin)));
    let mut connection = open(&node, "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 6\r\n\r\n");
    for part in ["abc", "def"] {
        connection.send(part.as_bytes()).unwrap();
        assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), part.as_bytes());
    }
    assert_eq!(connection.read("POST").unwrap().text(), "done");
}

#[test]
fn head_gives_the_headers_of_get_and_no_body() {
    let headers =
        vec![("Content-Type".to_owned(), "text/plain".to_owned()), ("ETag".to_owned(), "\"1\"".to_owned())];
    let origin =
        Origin::start(vec![Answer { headers, body: Some("hello".to_owned()), ..Answer::default() }]).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let expected = [
        ("content-type", "text/plain"),
        ("etag", "\"1\""),
        ("content-length", "5"),
        ("x-amzn-remapped-content-length", "5"),
        ("date", "<date>"),
        ("x-amzn-requestid", "<uuid>"),
        ("x-amz-apigw-id", "<extended-id>"),
    ];
    let mut connection = Connection::open(node.listen()).unwrap();
    for (method, body) in [("HEAD", ""), ("GET", "hello"), ("HEAD", "")] {
        connection.send(format!("{method} /dev/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).unwrap();
        let response = connection.read(method).unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, body), "{method}");
        assert_headers(&response, &expected);
    }
    assert_eq!(
        origin.received().iter().map(|request| request.method().to_owned()).collect::<Vec<_>>(),
        ["HEAD", "GET", "HEAD"]
    );
}

#[test]
fn answers_without_a_body_have_none_and_leave_the_connection_usable() {
    let etag = || vec![("ETag".to_owned(), "\"1\"".to_owned())];
    let answer = |status| Answer { status: Some(status), headers: etag(), ..Answer::default() };
    let origin = Origin::start(vec![answer(204), answer(304), answer(200)]).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let mut connection = Connection::open(node.listen()).unwrap();
    for status in [204, 304, 200] {
        connection.send(format!("GET /dev/a HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).unwrap();
        let response = connection.read("GET").unwrap();
        assert_eq!((response.status, response.body.len()), (status, 0));
        assert_eq!(response.header("etag"), Some("\"1\""));
        // RFC 9110 section 8.6: no Content-Length in a 204.
        assert!(status != 204 || response.header("content-length").is_none());
        assert_eq!(response.header("transfer-encoding"), None);
    }
}

#[test]
fn a_client_that_expects_100_continue_is_told_to_go_on() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let mut connection = open(
        &node,
        "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    );
    let (status, head) = connection.read_head().unwrap();
    assert_eq!((status, head.headers.len()), (100, 0), "{head:?}");
    connection.send(b"body").unwrap();
    let response = connection.read("POST").unwrap();
    assert_eq!((response.status, response.text().as_str(), response.interim.len()), (200, "ok", 0));
    let received = origin.received().remove(0);
    assert_eq!((received.body.as_slice(), received.head.value("expect")), (&b"body"[..], None));
}

#[test]
fn a_client_that_expects_100_continue_may_be_refused_at_once() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let request = format!(
        "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        PAYLOAD_BYTES + 1
    );
    let mut connection = open(&node, &request);
    let response = connection.read("POST").unwrap();
    assert!(response.interim.is_empty());
    assert_own(&response, 413, TOO_LARGE, Some("RequestTooLargeException"), true);
    assert_eq!(origin.connections(), 0);
}

#[test]
fn an_upgraded_connection_carries_bytes_both_ways() {
    let origin = Listener::start(|mut stream: TcpStream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        let head = reader.head().unwrap();
        assert!(
            head.value("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")),
            "{head:?}"
        );
        assert!(
            head.value("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")),
            "{head:?}"
        );
        assert_eq!(head.value("sec-websocket-key"), Some("dGhlIHNhbXBsZSBub25jZQ=="));
        stream
            .write_all(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello",
            )
            .unwrap();
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            stream.write_all(&piece[..length].to_ascii_uppercase()).unwrap();
        }
    })
    .unwrap();
    let (node, _folder) = serve(&proxy_api(&url(&origin)));
    let mut connection = open(
        &node,
        "GET /dev/chat HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    let (status, head) = connection.read_head().unwrap();
    assert_eq!(status, 101);
    assert!(head.value("upgrade").unwrap().eq_ignore_ascii_case("websocket"));
    assert!(head.value("connection").unwrap().eq_ignore_ascii_case("upgrade"));
    assert_eq!(head.value("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(connection.reader().exactly(5).unwrap(), b"hello");
    for round in 0..100 {
        let text = format!("round {round};");
        connection.send(text.as_bytes()).unwrap();
        assert_eq!(connection.reader().exactly(text.len()).unwrap(), text.to_ascii_uppercase().as_bytes());
    }
    connection.finish().unwrap();
    assert!(connection.is_closed_within(PATIENCE));
}

#[test]
fn a_refused_upgrade_is_an_ordinary_answer() {
    let origin =
        Origin::start(vec![Answer { status: Some(400), body: Some("no".to_owned()), ..Answer::default() }]);
    let origin = origin.unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let request = format!(
        "GET /dev/chat HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let response = exchange(node.listen(), "GET", request.as_bytes()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (400, "no"));
}

#[test]
fn a_payload_of_10_mib_passes_and_one_byte_more_is_413() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let body: Vec<u8> = (b'a'..=b'z').cycle().take(PAYLOAD_BYTES).collect();
    let head = |length| format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n");
    let response = exchange(node.listen(), "POST", &[head(body.len()).as_bytes(), &body].concat()).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    let received = origin.received();
    assert!(received.len() == 1 && received[0].body == body, "{} bytes arrived", received[0].body.len());
    let larger = [head(body.len() + 1).as_bytes(), &body, b"x"].concat();
    let response = exchange(node.listen(), "POST", &larger).unwrap();
    assert_own(&response, 413, TOO_LARGE, Some("RequestTooLargeException"), true);
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn the_same_limit_holds_for_a_chunked_payload() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let head = format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = encode_chunk(&[b'a'; PAYLOAD_BYTES / 10]);
    let whole = [head.as_bytes(), &chunk.repeat(10), b"0\r\n\r\n"].concat();
    let response = exchange(node.listen(), "POST", &whole).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    assert_eq!(origin.received()[0].body.len(), PAYLOAD_BYTES);
    let larger = [head.as_bytes(), &chunk.repeat(10), b"1\r\nx\r\n0\r\n\r\n"].concat();
    let response = exchange(node.listen(), "POST", &larger).unwrap();
    assert_own(&response, 413, TOO_LARGE, Some("RequestTooLargeException"), true);
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn a_large_response_arrives_whole_however_slowly_it_is_read() {
    let body: String = ('a'..='z').cycle().take(4 * 1024 * 1024).collect();
    let origin = Origin::saying(&body).unwrap();
    let (node, _folder) = serve(&proxy_api(&origin.url()));
    let mut connection = open(&node, "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n");
    let (status, head) = connection.read_head().unwrap();
    assert_eq!((status, head.content_length()), (200, Some(body.len() as u64)));
    let mut arrived = Vec::new();
    while arrived.len() < body.len() {
        arrived.extend(connection.reader().some().unwrap());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(arrived == body.as_bytes());
}

#[test]
fn an_answer_that_breaks_off_is_not_completed_for_the_client() {
    for head in ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}");
        let origin = Listener::start(move |mut stream, _| {
            Reader::new(stream.try_clone().unwrap()).head().unwrap();
            stream.write_all(bytes.as_bytes()).unwrap();
        })
        .unwrap();
        let (node, _folder) = serve(&proxy_api(&url(&origin)));
        let mut connection = open(&node, "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n");
        match connection.read("GET") {
            Err(ReadError::Truncated(_) | ReadError::Closed) => {}
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("{head}: {other:?}"),
        }
    }
}

#[test]
fn a_client_that_goes_away_ends_the_call_to_the_origin() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let origin = Listener::start(move |mut stream, _| {
        Reader::new(stream.try_clone().unwrap()).head().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        // An endless answer; writing fails once the node has closed.
        while stream.write_all(&encode_chunk(&[b'x'; 1024])).is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
        saw.lock().unwrap().send(()).unwrap();
    })
    .unwrap();
    let (node, _folder) = serve(&proxy_api(&url(&origin)));
    let mut connection = open(&node, "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n");
    assert_eq!(connection.read_head().unwrap().0, 200);
    drop(connection);
    seen.recv_timeout(PATIENCE).unwrap();
}

/// A document with `ANY /a`, an integration with these members at `origin`, and `GET /hello`, a MOCK.
fn api(origin: &str, members: &Value) -> String {
    let mut integration = json!({
        "httpMethod": "ANY",
        "uri": format!("{origin}/a"),
        "responses": {"default": {"statusCode": "200"}},
    });
    integration.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let operation = json!({
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": integration,
    });
    document(
        "a",
        &json!({
            "/a": {"x-amazon-apigateway-any-method": operation},
            "/hello": {"get": mock_operation("hello")},
        }),
    )
}

/// Whether nothing but a broken-off message comes from a connection.
fn is_cut(connection: &mut Connection) -> bool {
    match connection.reader().chunks() {
        Err(ReadError::Truncated(_) | ReadError::Closed) => true,
        Err(ReadError::Io(error)) => error.kind() == ErrorKind::ConnectionReset,
        other => panic!("the answer ended as {other:?}"),
    }
}

#[test]
fn a_client_that_stops_reading_its_answer_is_let_go() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let origin = Listener::start(move |mut stream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        read_request(&mut reader).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        // An endless answer; writing fails once the node has closed.
        while stream.write_all(&encode_chunk(&[b'x'; 64 * 1024])).is_ok() {}
        saw.lock().unwrap().send(()).unwrap();
    })
    .unwrap();
    let streamed = json!({"type": "http_proxy", "responseTransferMode": "STREAM"});
    let folder = Folder::with_api(&api(&url(&origin), &streamed));
    folder.write("edgewit.yaml", "limits: {write_timeout_seconds: 1}\n");
    let node = Node::start(folder.path());
    for request in [
        "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\nx",
    ] {
        let mut connection = open(&node, request);
        assert_eq!(connection.read_head().unwrap().0, 200);
        // Nothing more is read until the node has given up.
        seen.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{request}: the call goes on"));
        assert_eq!(edgewit_tests::fixture::get(node.listen(), "/hello").text(), "hello");
        assert!(is_cut(&mut connection), "{request}");
    }
}

#[test]
fn an_answer_that_drips_is_cut_at_the_timeout_of_the_whole_call() {
    const PIECE: Duration = Duration::from_millis(20);
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    // Each piece comes well within the timeout; only the answer as a whole is late.
    let origin = Listener::start(move |mut stream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        read_request(&mut reader).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        let started = Instant::now();
        while started.elapsed() < PATIENCE && stream.write_all(&encode_chunk(b"x")).is_ok() {
            std::thread::sleep(PIECE);
        }
        drop(stream.write_all(b"0\r\n\r\n"));
        saw.lock().unwrap().send(started.elapsed() < PATIENCE).unwrap();
    })
    .unwrap();
    let get = "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n";
    let post = "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\nx";
    for (kind, request) in [("http", get), ("http", post), ("http_proxy", get), ("http_proxy", post)] {
        let members = json!({"type": kind, "timeoutInMillis": 500});
        let (node, _folder) = serve(&api(&url(&origin), &members));
        let mut connection = open(&node, request);
        if kind == "http" {
            let response = connection.read("GET").unwrap();
            let late = r#"{"message":"Endpoint request timed out"}"#;
            assert_own(&response, 504, late, Some("InternalServerErrorException"), false);
        } else {
            // The header has gone out already, so all that is left is to break off.
            assert_eq!(connection.read_head().unwrap().0, 200);
            assert!(is_cut(&mut connection), "{kind} {request}");
        }
        assert!(seen.recv_timeout(PATIENCE * 2).unwrap(), "{kind} {request}: the call goes on");
    }
}

#[test]
fn a_length_where_no_body_can_be_misleads_nobody() {
    // With the body that such an answer cannot have, and without it.
    for surplus in ["", "hello"] {
        for (status, code) in [("204 No Content", 204), ("304 Not Modified", 304)] {
            let wrong = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n{surplus}");
            let first = Mutex::new(Some(wrong));
            let origin = Listener::start(move |mut stream, _| {
                let mut reader = Reader::new(stream.try_clone().unwrap());
                while read_request(&mut reader).is_ok() {
                    let ok = || "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned();
                    let answer = first.lock().unwrap().take().unwrap_or_else(ok);
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            })
            .unwrap();
            let (node, _folder) = serve(&proxy_api(&url(&origin)));
            let get = "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n";
            let mut connection = open(&node, get);
            let response = connection.read("GET").unwrap();
            let what = format!("{status} {surplus:?}: {:?}", response.head);
            assert_eq!((response.status, response.body.len()), (code, 0), "{what}");
            // RFC 9110 section 8.6: a 304 may say the length that a 200 would have, a 204 may not.
            assert_eq!(response.header("content-length"), (code == 304).then_some("5"), "{what}");
            assert_eq!(response.header("transfer-encoding"), None, "{what}");
            assert_ne!(response.header("connection"), Some("close"), "{what}");
            for _ in 0..2 {
                connection.send(get.replace("HOST", HOST).as_bytes()).unwrap();
                let next = connection.read("GET").unwrap_or_else(|error| panic!("{what}: then {error}"));
                assert_eq!((next.status, next.text().as_str()), (200, "ok"), "{what}");
            }
        }
    }
}

#[test]
fn a_backend_that_switches_protocols_unasked_is_not_followed() {
    let origin = Listener::start(|mut stream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        let head = read_request(&mut reader).unwrap().head;
        assert_eq!((head.value("upgrade"), head.value("connection")), (None, None), "{head:?}");
        stream
            .write_all(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello",
            )
            .unwrap();
        drop(stream.read(&mut [0; 16]));
    })
    .unwrap();
    let members = json!({"type": "http_proxy", "timeoutInMillis": 1000});
    let (node, _folder) = serve(&api(&url(&origin), &members));
    // `Upgrade` means nothing without `Connection: upgrade` (RFC 9110 section 7.8).
    for request in [
        "GET /dev/a HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET /dev/a HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\n\r\n",
        "POST /dev/a HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx",
    ] {
        let response = open(&node, request).read("GET").unwrap();
        assert_eq!(response.status, 504, "{request}: {:?}", response.head);
    }
}
