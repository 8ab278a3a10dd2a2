//! Requests behind plugins that look at heads, or at the beginning of bodies: the rest passes as it comes, and the
//! backend gets the very same bytes.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use edgewit_tests::PATIENCE;
use edgewit_tests::client::{Connection, Response, exchange};
use edgewit_tests::fixture::{HOST, assert_own, proxy_api};
use edgewit_tests::folder::{Folder, with_origin};
use edgewit_tests::http1::{Reader, encode_chunk, encode_chunks};
use edgewit_tests::node::Node;
use edgewit_tests::origin::{Listener, Origin};

/// A node whose one API goes to `origin` behind the plugin `look`, which a busy machine fails in nothing, attached as `attached` (`transforms` or `firewalls`)
/// with this access to bodies; `limits` are the node's.
fn serve(origin: &str, attached: &str, access: &str, limits: &str) -> (Node, Folder) {
    let folder = Folder::with_api(&proxy_api(origin));
    let plugins = format!(
        "plugins:\n  look:\n    component: \"${{plugins}}/reach.wasm\"\n    grants: {{http: [], keyvalue: []}}\n    \
         limits: {{wall_ms: 30000, cpu_ms: 30000}}\n    {access}\n{attached}:\n  - {{plugin: look}}\n"
    );
    folder.write("plugins.yaml", with_origin(&plugins, ""));
    if !limits.is_empty() {
        folder.write("edgewit.yaml", format!("limits: {limits}\n"));
    }
    (Node::start(folder.path()), folder)
}

/// `length` bytes, each other than its neighbours.
fn bytes(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// What the plugin says of the first `most` bytes.
fn seen(body: &[u8], most: usize) -> String {
    let shown = &body[..body.len().min(most)];
    let whole = if body.len() <= most { "all of" } else { "first" };
    let end = |byte: Option<&u8>| byte.map_or(String::new(), |byte| format!(" {byte}"));
    format!("{whole} {}{}{}", shown.len(), end(shown.first()), end(shown.last()))
}

/// A POST with this body by its length, or in chunks of `pieces` bytes.
fn post(behave: &str, body: &[u8], pieces: Option<usize>) -> Vec<u8> {
    let head = format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nBehave: {behave}\r\n");
    match pieces {
        None => [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat(),
        Some(size) => {
            let chunks: Vec<&[u8]> = body.chunks(size).collect();
            [format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes(), &encode_chunks(&chunks)].concat()
        }
    }
}

fn begin(node: &Node, behave: &str, framing: &str) -> Connection {
    let mut connection = Connection::open(node.listen()).unwrap();
    let head = format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nBehave: {behave}\r\n{framing}\r\n\r\n");
    connection.send(head.as_bytes()).unwrap();
    connection
}

fn is_ok(response: &Response) {
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
}

#[test]
fn a_transform_sees_the_first_bytes_and_the_backend_gets_them_all() {
    // Beyond what the node reads at once, too.
    for most in [0, 10, 100_000] {
        let origin = Origin::start(Vec::new()).unwrap();
        let access = format!("request_body: {{first: {most}}}");
        let (node, _folder) = serve(&origin.url(), "transforms", &access, "");
        let mut connection = Connection::open(node.listen()).unwrap();
        for length in [0, 1, 9, 10, 11, 99_999, 100_000, 100_001, 300_000] {
            for pieces in [None, Some(7919), Some(10)] {
                let body = bytes(length);
                connection.send(&post("look", &body, pieces)).unwrap();
                is_ok(&connection.read("POST").unwrap());
                let received = origin.received().pop().unwrap();
                let what = format!("{length} bytes in {pieces:?}, first {most}");
                assert!(received.body == body, "{what}: {} bytes arrived", received.body.len());
                assert_eq!(received.head.value("x-seen"), Some(&*seen(&body, most)), "{what}");
                // A length that was announced stays, and what was read to its end has got one.
                let chunked = received.head.is_chunked() && pieces.is_some() && length > most;
                assert!(chunked || received.head.content_length() == Some(length as u64), "{what}");
            }
        }
        assert_eq!(origin.received().len(), 27);
    }
}

#[test]
fn a_transform_that_asks_for_no_body_sees_none() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&origin.url(), "transforms", "request_body: none", "");
    for (body, pieces) in [(0, None), (20, None), (0, Some(7)), (20, Some(7)), (200_000, Some(10_000))] {
        let body = bytes(body);
        is_ok(&exchange(node.listen(), "POST", &post("look", &body, pieces)).unwrap());
        let received = origin.received().pop().unwrap();
        assert_eq!((&received.body, received.head.value("x-seen")), (&body, Some("nothing")));
    }
}

#[test]
fn a_firewall_sees_the_first_bytes_and_what_it_lets_pass_arrives_whole() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&origin.url(), "firewalls", "request_body: {first: 10}", "");
    for length in [0, 1, 9, 10, 11, 200_000] {
        for pieces in [None, Some(4)] {
            let body = bytes(length);
            let told = exchange(node.listen(), "POST", &post("look, tell", &body, pieces)).unwrap();
            assert_eq!((told.status, told.text()), (418, seen(&body, 10)), "{length} {pieces:?}");
            is_ok(&exchange(node.listen(), "POST", &post("look", &body, pieces)).unwrap());
            let received = origin.received().pop().unwrap();
            assert!(received.body == body, "{length} {pieces:?}: {} bytes", received.body.len());
        }
    }
    assert_eq!(origin.received().len(), 12, "what was stopped reached the origin");
}

#[test]
fn what_is_refused_after_its_first_bytes_leaves_the_connection_right() {
    let origin = Origin::start(Vec::new()).unwrap();
    let (node, _folder) = serve(&origin.url(), "firewalls", "request_body: {first: 20}", "");
    let mut body = b"an attack".to_vec();
    for (length, pieces, closes) in [
        (9, None, false),
        (21, None, false),
        // A rest that is worth reading away, and one that is not.
        (60_000, None, false),
        (200_000, None, true),
        (9, Some(100), false),
        (100_000, Some(100), true),
    ] {
        body.resize(length, b'x');
        let mut connection = Connection::open(node.listen()).unwrap();
        // The node may have closed before everything is sent.
        drop(connection.send(&post("look, guard", &body, pieces)));
        let response = connection.read("POST").unwrap();
        let error = Some("ForbiddenException");
        assert_own(&response, 403, r#"{"message":"Forbidden"}"#, error, closes);
        if closes {
            assert!(connection.is_closed_within(PATIENCE), "{length} {pieces:?}");
        } else {
            connection.send(&post("", b"next", None)).unwrap();
            is_ok(&connection.read("POST").unwrap());
        }
    }
    assert!(origin.received().iter().all(|received| received.body == b"next"));
}

#[test]
fn the_rest_reaches_the_backend_before_the_client_ends() {
    for access in ["request_body: none", "request_body: {first: 4}"] {
        for attached in ["transforms", "firewalls"] {
            let (saw, seen) = channel();
            let saw = Mutex::new(saw);
            let origin = Listener::start(move |mut stream, _| {
                let mut reader = Reader::new(stream.try_clone().unwrap());
                reader.head().unwrap();
                for _ in 0..3 {
                    saw.lock().unwrap().send(reader.chunk().unwrap().0).unwrap();
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
                drop(reader.rest());
            })
            .unwrap();
            let (node, _folder) = serve(&format!("http://{}", origin.addr()), attached, access, "");
            let mut connection = begin(&node, "look", "Transfer-Encoding: chunked");
            for chunk in ["first", "second"] {
                connection.send(&encode_chunk(chunk.as_bytes())).unwrap();
                assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), chunk.as_bytes(), "{attached} {access}");
            }
            connection.send(b"0\r\n\r\n").unwrap();
            is_ok(&connection.read("POST").unwrap());
        }
    }
}

#[test]
fn an_upload_of_any_size_passes_in_bounded_memory() {
    const LENGTH: usize = 256 << 20;
    for (attached, access) in [
        ("transforms", "request_body: none"),
        ("transforms", "request_body: {first: 1000}"),
        ("firewalls", "request_body: {first: 1000}"),
    ] {
        let origin = Listener::start(|mut stream, _| {
            let mut reader = Reader::new(stream.try_clone().unwrap());
            let pattern = bytes(64 * 1024 + 251);
            while let Ok(head) = reader.head() {
                let length = usize::try_from(head.content_length().unwrap()).unwrap();
                let (mut at, mut same) = (0, true);
                while at < length {
                    let piece = reader.exactly((length - at).min(64 * 1024)).unwrap();
                    same &= piece == pattern[at % 251..][..piece.len()];
                    at += piece.len();
                }
                let answer = if same { "ok" } else { "no" };
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{answer}");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        })
        .unwrap();
        let limits = format!("{{payload_bytes: {LENGTH}, buffered_bytes: 131072}}");
        let (node, _folder) = serve(&format!("http://{}", origin.addr()), attached, access, &limits);
        is_ok(&exchange(node.listen(), "POST", &post("look", &bytes(100_000), None)).unwrap());
        let before = node.resident_kilobytes();
        let mut connection = begin(&node, "look", &format!("Content-Length: {LENGTH}"));
        // A multiple of the pattern's length.
        let piece = bytes(251 * 1000);
        let mut left = LENGTH;
        let mut most = 0;
        while left > 0 {
            let part = &piece[..piece.len().min(left)];
            connection.send(part).unwrap();
            left -= part.len();
            most = most.max(node.resident_kilobytes());
        }
        is_ok(&connection.read("POST").unwrap());
        let grown = most.saturating_sub(before);
        // A node that has just started still grows by itself.
        assert!(grown < 128 * 1024, "{attached} {access}: {grown} KiB more for {} KiB", LENGTH >> 10);
    }
}

#[test]
fn a_body_over_the_limit_is_413_however_it_passes() {
    const TOO_LARGE: &str = r#"{"message":"HTTP content length exceeded 100000 bytes"}"#;
    for access in ["request_body: none", "request_body: {first: 10}", "request_body: {first: 200000}"] {
        let origin = Origin::start(Vec::new()).unwrap();
        let (node, _folder) = serve(&origin.url(), "transforms", access, "{payload_bytes: 100000}");
        is_ok(&exchange(node.listen(), "POST", &post("look", &bytes(100_000), Some(5000))).unwrap());
        for pieces in [None, Some(5000)] {
            let response = exchange(node.listen(), "POST", &post("look", &bytes(100_001), pieces)).unwrap();
            assert_own(&response, 413, TOO_LARGE, Some("RequestTooLargeException"), true);
        }
        assert_eq!(origin.received().len(), 1, "{access}");
    }
}

#[test]
fn whole_is_no_more_than_it_says_and_is_not_read_in_vain() {
    const TOO_LARGE: &str = r#"{"message":"HTTP content length exceeded 10 bytes"}"#;
    let origin = Origin::start(Vec::new()).unwrap();
    for attached in ["transforms", "firewalls"] {
        let (node, _folder) = serve(&origin.url(), attached, "request_body: {whole: 10}", "");
        let mut connection = begin(&node, "look", "Content-Length: 11\r\nExpect: 100-continue");
        let response = connection.read("POST").unwrap();
        assert!(response.interim.is_empty(), "it is told to send what is refused");
        assert_own(&response, 413, TOO_LARGE, Some("RequestTooLargeException"), true);
        // Without a length it takes eleven bytes to know, and no more are waited for.
        let mut connection = begin(&node, "look", "Transfer-Encoding: chunked");
        connection.send(&encode_chunk(&bytes(11))).unwrap();
        let response = connection.read("POST").unwrap();
        assert_own(&response, 413, TOO_LARGE, Some("RequestTooLargeException"), true);
        assert_eq!(origin.received().len(), 0);
    }
}

#[test]
fn a_client_that_expects_100_continue_is_told_to_go_on() {
    for (attached, access) in [
        ("transforms", "request_body: none"),
        ("transforms", "request_body: {first: 4}"),
        ("firewalls", "request_body: {first: 4}"),
    ] {
        let origin = Origin::start(Vec::new()).unwrap();
        let (node, _folder) = serve(&origin.url(), attached, access, "");
        let mut connection = begin(&node, "look", "Content-Length: 6\r\nExpect: 100-continue");
        let (status, head) = connection.read_head().unwrap();
        assert_eq!((status, head.headers.len()), (100, 0), "{attached} {access}");
        connection.send(b"abcdef").unwrap();
        let response = connection.read("POST").unwrap();
        is_ok(&response);
        assert!(response.interim.is_empty(), "told twice");
        let received = origin.received().remove(0);
        assert_eq!((received.body.as_slice(), received.head.value("expect")), (&b"abcdef"[..], None));
    }
}

#[test]
fn another_body_takes_the_place_of_the_whole() {
    let origin = Origin::start(Vec::new()).unwrap();
    for access in ["request_body: none", "request_body: {first: 10}", "request_body: {whole: 1000000}"] {
        let (node, _folder) = serve(&origin.url(), "transforms", access, "");
        for (length, pieces) in
            [(0, None), (5, None), (11, None), (11, Some(4)), (1_000_000, None), (1_000_000, Some(5000))]
        {
            let mut connection = Connection::open(node.listen()).unwrap();
            // The answer may be there before all is sent; then the connection ends with it.
            let sent = connection.send(&post("look, replace other", &bytes(length), pieces));
            let response = connection.read("POST").unwrap();
            is_ok(&response);
            assert!(sent.is_ok() || response.header("connection") == Some("close"));
            let received = origin.received().pop().unwrap();
            let framing = (received.head.content_length(), received.head.value("transfer-encoding"));
            assert_eq!(
                (received.body.as_slice(), framing),
                (&b"other"[..], (Some(5), None)),
                "{access} {length}"
            );
        }
        // What nobody wants needs not be sent.
        let mut connection = begin(&node, "look, replace other", "Content-Length: 6\r\nExpect: 100-continue");
        if access == "request_body: none" {
            let response = connection.read("POST").unwrap();
            is_ok(&response);
            assert_eq!((response.interim.len(), response.header("connection")), (0, Some("close")));
        }
    }
}

#[test]
fn a_client_that_stops_in_the_middle_ends_the_call() {
    for (attached, access) in
        [("transforms", "request_body: none"), ("firewalls", "request_body: {first: 4}")]
    {
        for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
            let (saw, seen) = channel();
            let saw = Mutex::new(saw);
            let origin = Listener::start(move |stream, _| {
                let mut all = Vec::new();
                drop(Reader::new(stream).stream().read_to_end(&mut all));
                saw.lock().unwrap().send(all).unwrap();
            })
            .unwrap();
            let (node, _folder) = serve(&format!("http://{}", origin.addr()), attached, access, "");
            let mut connection = begin(&node, "look", framing);
            let part =
                if framing.starts_with('C') { b"some bytes".to_vec() } else { encode_chunk(b"some bytes") };
            connection.send(&part).unwrap();
            drop(connection);
            let all = String::from_utf8(seen.recv_timeout(PATIENCE).unwrap()).unwrap();
            // Nothing completes what the client did not.
            assert!(all.ends_with("some bytes") || all.ends_with("some bytes\r\n"), "{framing}: {all}");
        }
    }
}

#[test]
fn first_bytes_that_do_not_come_are_not_waited_for_forever() {
    let origin = Origin::start(Vec::new()).unwrap();
    for (attached, read) in [("transforms", 0), ("transforms", 3), ("firewalls", 0), ("firewalls", 3)] {
        let limits = "{body_read_timeout_seconds: 1}";
        let (node, _folder) = serve(&origin.url(), attached, "request_body: {first: 10}", limits);
        let mut connection = begin(&node, "look", "Content-Length: 20");
        connection.send(&bytes(read)).unwrap();
        assert!(connection.is_closed_within(PATIENCE), "{attached} {read}");
    }
    assert_eq!(origin.connections(), 0);
}

#[test]
fn a_backend_that_answers_early_is_heard_and_the_upload_goes_on() {
    let (go_on, told) = channel();
    let told = Mutex::new(told);
    let origin = Listener::start(move |mut stream: TcpStream, _| {
        let mut reader = Reader::new(stream.try_clone().unwrap());
        reader.head().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        loop {
            let chunk = reader.chunk().unwrap().0;
            stream.write_all(&encode_chunk(&chunk)).unwrap();
            if chunk.is_empty() {
                break;
            }
        }
        told.lock().unwrap().recv_timeout(PATIENCE).unwrap();
    })
    .unwrap();
    let access = "request_body: {first: 2}\n    response_body: {first: 2}";
    let (node, _folder) = serve(&format!("http://{}", origin.addr()), "transforms", access, "");
    let mut connection = begin(&node, "look", "Transfer-Encoding: chunked");
    connection.send(&encode_chunk(b"one")).unwrap();
    let (status, head) = connection.read_head().unwrap();
    assert_eq!((status, head.value("x-seen")), (200, Some("first 2 111 110")));
    assert_eq!(connection.reader().chunk().unwrap().0, b"one");
    // Each piece only after the one before has come back.
    for piece in ["two", "three"] {
        connection.send(&encode_chunk(piece.as_bytes())).unwrap();
        assert_eq!(connection.reader().chunk().unwrap().0, piece.as_bytes());
    }
    connection.send(b"0\r\n\r\n").unwrap();
    assert_eq!(connection.reader().chunk().unwrap().0, b"");
    go_on.send(()).unwrap();
}
