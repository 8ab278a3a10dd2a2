//! HTTP/2 with prior knowledge (RFC 9113 section 3.3): plain requests, gRPC with trailers, idle connections.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::future::{Future, poll_fn};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use edgewit_tests::PATIENCE;
use edgewit_tests::fixture::{HOST, mock_api, proxy_api, serve};
use edgewit_tests::folder::{Folder, with_origin};
use edgewit_tests::http1::{Reader, encode_chunk};
use edgewit_tests::node::Node;
use edgewit_tests::origin::{Listener, Origin};
use h2::client::SendRequest;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Method, Request, Response, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A message of gRPC: not compressed, length, content.
fn message(content: &str) -> Bytes {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[0], &length[..], content.as_bytes()].concat().into()
}

/// Runs a test with a deadline far beyond what it needs.
fn within<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { timeout(PATIENCE * 2, work).await.expect("the test hangs") })
}

struct Client {
    send: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (send, connection) = h2::client::handshake(stream).await.unwrap();
        Self { send, connection: tokio::spawn(connection) }
    }

    /// Sends a request head for `/dev{path}`; the body goes into the stream that comes back.
    async fn start(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        ends: bool,
    ) -> (h2::client::ResponseFuture, SendStream<Bytes>) {
        let mut request = Request::builder().version(Version::HTTP_2).method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.uri(format!("http://{HOST}/dev{path}")).body(()).unwrap();
        self.send = self.send.clone().ready().await.unwrap();
        self.send.send_request(request, ends).unwrap()
    }

    async fn get(&mut self, path: &str) -> (Response<()>, Vec<u8>) {
        let (response, _) = self.start(Method::GET, path, &[], true).await;
        let (head, mut body) = response.await.unwrap().into_parts();
        (Response::from_parts(head, ()), whole(&mut body).await)
    }
}

/// The next piece of a body.
async fn piece(body: &mut RecvStream) -> Option<Bytes> {
    let piece = body.data().await?.unwrap();
    body.flow_control().release_capacity(piece.len()).unwrap();
    Some(piece)
}

async fn whole(body: &mut RecvStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = piece(body).await {
        all.extend_from_slice(&piece);
    }
    all
}

/// Exactly `length` bytes of a body.
async fn exactly(body: &mut RecvStream, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < length {
        all.extend_from_slice(&piece(body).await.expect("the body ended early"));
    }
    assert_eq!(all.len(), length);
    all
}

/// One call that arrived at an h2c origin.
struct Call {
    head: http::request::Parts,
    body: RecvStream,
    respond: h2::server::SendResponse<Bytes>,
}

impl Call {
    fn answer(&mut self, content_type: &str) -> SendStream<Bytes> {
        let head = Response::builder().header("content-type", content_type).body(()).unwrap();
        self.respond.send_response(head, false).unwrap()
    }
}

/// An origin that speaks HTTP/2 only, and the calls it gets.
async fn grpc_origin() -> (String, mpsc::Receiver<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, calls) = mpsc::channel(100);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                stream.set_nodelay(true).unwrap();
                let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                while let Some(Ok((request, respond))) = connection.accept().await {
                    let (head, body) = request.into_parts();
                    let Ok(()) = sender.send(Call { head, body, respond }).await else { return };
                }
            });
        }
    });
    (url, calls)
}

fn trailers(status: &str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    trailers.insert("grpc-message", "said the origin".parse().unwrap());
    trailers
}

const GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

#[test]
fn a_request_over_http_2_reaches_an_http_1_origin() {
    within(async {
        let origin = Origin::start(Vec::new()).unwrap();
        let (node, _folder) = serve(&proxy_api(&origin.url()));
        let mut client = Client::connect(node.listen()).await;
        let headers = [("x-a", "1")];
        let (response, mut body) = client.start(Method::POST, "/a?b=c", &headers, false).await;
        body.send_data("hello".into(), true).unwrap();
        let (head, mut body) = response.await.unwrap().into_parts();
        assert_eq!((head.status.as_u16(), whole(&mut body).await.as_slice()), (200, &b"ok"[..]));
        assert_eq!(head.headers["content-type"], "text/plain");
        for forbidden in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            assert!(!head.headers.contains_key(forbidden), "{forbidden} (RFC 9113 section 8.2.2)");
        }
        let received = origin.received().remove(0);
        assert_eq!(
            (received.method(), received.target(), received.body.as_slice()),
            ("POST", "/a?b=c", &b"hello"[..])
        );
        assert_eq!(received.head.start_line, "POST /a?b=c HTTP/1.1");
        assert_eq!(
            (received.head.value("host"), received.head.value("x-a")),
            (Some(origin.authority().as_str()), Some("1"))
        );
    });
}

#[test]
fn many_streams_share_a_connection() {
    within(async {
        let (node, _folder) = serve(&mock_api("hello"));
        let mut client = Client::connect(node.listen()).await;
        let mut responses = Vec::new();
        for _ in 0..50 {
            responses.push(client.start(Method::GET, "/hello", &[], true).await.0);
        }
        for response in responses {
            let (head, mut body) = response.await.unwrap().into_parts();
            assert_eq!((head.status.as_u16(), whole(&mut body).await.as_slice()), (200, &b"hello"[..]));
        }
    });
}

#[test]
fn a_node_answers_unknown_routes_over_http_2_like_over_http_1() {
    within(async {
        let (node, _folder) = serve(&mock_api("hello"));
        let mut client = Client::connect(node.listen()).await;
        let (head, body) = client.get("/nowhere").await;
        assert_eq!(head.status().as_u16(), 403);
        assert_eq!(head.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
        assert_eq!(String::from_utf8_lossy(&body), r#"{"message":"Missing Authentication Token"}"#);
    });
}

#[test]
fn a_unary_grpc_call_keeps_its_trailers() {
    within(async {
        let (url, mut calls) = grpc_origin().await;
        let (node, _folder) = serve(&proxy_api(&url));
        let mut client = Client::connect(node.listen()).await;
        let (response, mut body) = client.start(Method::POST, "/pets.Pets/Get", &GRPC, false).await;
        body.send_data(message("rex"), true).unwrap();
        let mut call = calls.recv().await.unwrap();
        assert_eq!((call.head.method.as_str(), call.head.uri.path()), ("POST", "/pets.Pets/Get"));
        assert_eq!(call.head.headers["content-type"], "application/grpc");
        assert_eq!(whole(&mut call.body).await, message("rex"));
        let mut answer = call.answer("application/grpc");
        answer.send_data(message("a dog"), false).unwrap();
        answer.send_trailers(trailers("0")).unwrap();
        let (head, mut body) = response.await.unwrap().into_parts();
        assert_eq!(
            (head.status.as_u16(), head.headers["content-type"].to_str().unwrap()),
            (200, "application/grpc")
        );
        assert_eq!(whole(&mut body).await, message("a dog"));
        let received = body.trailers().await.unwrap().expect("trailers");
        assert_eq!(
            (&received["grpc-status"], &received["grpc-message"]),
            (&trailers("0")["grpc-status"], &trailers("0")["grpc-message"])
        );
    });
}

#[test]
fn a_grpc_error_without_a_message_keeps_its_status() {
    within(async {
        let (url, mut calls) = grpc_origin().await;
        let (node, _folder) = serve(&proxy_api(&url));
        let mut client = Client::connect(node.listen()).await;
        let (response, mut body) = client.start(Method::POST, "/pets.Pets/Get", &GRPC, false).await;
        body.send_data(message("rex"), true).unwrap();
        let mut call = calls.recv().await.unwrap();
        // "Trailers-Only": head and status in one frame that ends the stream.
        let head = Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "5")
            .body(());
        call.respond.send_response(head.unwrap(), true).unwrap();
        let (head, mut body) = response.await.unwrap().into_parts();
        assert_eq!((head.status.as_u16(), head.headers["grpc-status"].to_str().unwrap()), (200, "5"));
        assert_eq!(whole(&mut body).await, b"");
    });
}

#[test]
fn a_grpc_dialogue_streams_in_both_directions() {
    within(async {
        let (url, mut calls) = grpc_origin().await;
        let (node, _folder) = serve(&proxy_api(&url));
        let mut client = Client::connect(node.listen()).await;
        let (response, mut up) = client.start(Method::POST, "/pets.Pets/Chat", &GRPC, false).await;
        up.send_data(message("one"), false).unwrap();
        let mut call = calls.recv().await.unwrap();
        assert_eq!(exactly(&mut call.body, 8).await, message("one"));
        let mut answer = call.answer("application/grpc");
        answer.send_data(message("ONE"), false).unwrap();
        let mut down = response.await.unwrap().into_body();
        assert_eq!(exactly(&mut down, 8).await, message("ONE"));
        // Only after the first answer has arrived does the client say more.
        up.send_data(message("two"), true).unwrap();
        assert_eq!(exactly(&mut call.body, 8).await, message("two"));
        assert!(piece(&mut call.body).await.is_none());
        answer.send_data(message("TWO"), false).unwrap();
        assert_eq!(exactly(&mut down, 8).await, message("TWO"));
        answer.send_trailers(trailers("0")).unwrap();
        assert!(piece(&mut down).await.is_none());
        assert_eq!(down.trailers().await.unwrap().unwrap()["grpc-status"], "0");
    });
}

#[test]
fn a_stream_the_client_resets_is_reset_at_the_origin() {
    within(async {
        let (url, mut calls) = grpc_origin().await;
        let (node, _folder) = serve(&proxy_api(&url));
        let mut client = Client::connect(node.listen()).await;
        let (response, mut up) = client.start(Method::POST, "/pets.Pets/Chat", &GRPC, false).await;
        up.send_data(message("one"), false).unwrap();
        let mut call = calls.recv().await.unwrap();
        assert_eq!(exactly(&mut call.body, 8).await, message("one"));
        up.send_reset(Reason::CANCEL);
        drop(response);
        assert!(call.body.data().await.is_none_or(|piece| piece.is_err()));
    });
}

/// Sends `bytes` as fast as the node takes them, until it wants no more.
async fn upload(mut body: SendStream<Bytes>, bytes: usize) {
    const PIECE: usize = 16 * 1024;
    let mut left = bytes;
    while left > 0 {
        body.reserve_capacity(left.min(PIECE));
        let Some(Ok(length)) = poll_fn(|cx| body.poll_capacity(cx)).await else { return };
        left -= length;
        if body.send_data(vec![b'a'; length].into(), left == 0).is_err() {
            return;
        }
    }
}

#[test]
fn a_request_refused_during_its_upload_has_a_whole_answer_and_other_streams_go_on() {
    const UPLOAD: usize = 64 * 1024 * 1024;
    const MISSING: &str = r#"{"message":"Missing Authentication Token"}"#;
    const TOO_LARGE: &str = r#"{"message":"HTTP content length exceeded 10485760 bytes"}"#;
    let announced = UPLOAD.to_string();
    within(async {
        let origin = Origin::start(Vec::new()).unwrap();
        let (node, _folder) = serve(&proxy_api(&origin.url()));
        let mut client = Client::connect(node.listen()).await;
        let (other, mut other_body) = client.start(Method::POST, "/other", &[], false).await;
        other_body.send_data("first ".into(), false).unwrap();
        for (path, headers, status, error_type, expected) in [
            // The greedy path does not match the root.
            ("", &[][..], 403, "MissingAuthenticationTokenException", MISSING),
            ("/a", &[("content-length", &*announced)], 413, "RequestTooLargeException", TOO_LARGE),
            ("/a", &[], 413, "RequestTooLargeException", TOO_LARGE),
        ] {
            let (response, body) = client.start(Method::POST, path, headers, false).await;
            let uploading = tokio::spawn(upload(body, UPLOAD));
            let (head, mut body) = response.await.unwrap().into_parts();
            let answer = (head.status.as_u16(), head.headers["x-amzn-errortype"].to_str().unwrap());
            assert_eq!(answer, (status, error_type), "{path} {headers:?}");
            assert_eq!(String::from_utf8(whole(&mut body).await).unwrap(), expected);
            // Nobody waits for the rest; and what was thrown away takes nothing from the connection.
            uploading.await.unwrap();
            assert_eq!(client.get("/b").await.1, b"ok");
        }
        other_body.send_data("second".into(), true).unwrap();
        let (head, mut body) = other.await.unwrap().into_parts();
        assert_eq!((head.status.as_u16(), whole(&mut body).await.as_slice()), (200, &b"ok"[..]));
        let received = origin.received();
        let other = received.iter().find(|request| request.target() == "/other").unwrap();
        assert_eq!(other.body, b"first second");
        assert!(received.iter().all(|request| request.target() != "/a"), "a refused request arrived whole");
    });
}

#[test]
fn a_request_that_names_two_hosts_is_refused() {
    within(async {
        let (node, _folder) = serve(&mock_api("hello"));
        let mut client = Client::connect(node.listen()).await;
        for (host, status) in [(HOST, 200), ("other.execute-api.us-east-1.localhost", 400)] {
            let (response, _) = client.start(Method::GET, "/hello", &[("host", host)], true).await;
            assert_eq!(response.await.unwrap().status().as_u16(), status, "{host}");
        }
    });
}

#[test]
fn a_client_that_takes_nothing_of_one_answer_loses_it_and_keeps_the_connection() {
    within(async {
        let (url, mut calls) = grpc_origin().await;
        let folder = Folder::with_api(&proxy_api(&url));
        folder.write("edgewit.yaml", "limits: {write_timeout_seconds: 1}\n");
        let node = Node::start(folder.path());
        let mut client = Client::connect(node.listen()).await;
        let (response, mut up) = client.start(Method::POST, "/pets.Pets/List", &GRPC, false).await;
        up.send_data(message("all"), true).unwrap();
        let mut call = calls.recv().await.unwrap();
        let mut answer = call.answer("application/grpc");
        answer.send_data(vec![0; 4 * 1024 * 1024].into(), false).unwrap();
        // Nothing of the body is taken, so the window of the stream stays closed.
        let mut body = response.await.unwrap().into_body();
        let ended = poll_fn(|cx| answer.poll_reset(cx)).await;
        assert!(ended.is_ok(), "the call to the backend goes on: {ended:?}");
        while let Some(Ok(piece)) = body.data().await {
            body.flow_control().release_capacity(piece.len()).unwrap();
        }
        // The connection is as good as before.
        let (response, mut up) = client.start(Method::POST, "/pets.Pets/Get", &GRPC, false).await;
        up.send_data(message("rex"), true).unwrap();
        let mut call = calls.recv().await.unwrap();
        let mut answer = call.answer("application/grpc");
        answer.send_data(message("a dog"), true).unwrap();
        assert_eq!(whole(&mut response.await.unwrap().into_body()).await, message("a dog"));
    });
}

#[test]
fn a_whole_answer_arrives_however_slowly_it_is_taken() {
    let text = "x".repeat(256 * 1024);
    within(async {
        let folder = Folder::with_api(&mock_api(&text));
        folder.write("edgewit.yaml", "limits: {write_timeout_seconds: 1}\n");
        let node = Node::start(folder.path());
        let mut client = Client::connect(node.listen()).await;
        let (response, _) = client.start(Method::GET, "/hello", &[], true).await;
        let mut body = response.await.unwrap().into_body();
        let mut taken = 0;
        // Longer than the limit in all, shorter between two pieces.
        while let Some(piece) = body.data().await {
            let piece = piece.unwrap();
            taken += piece.len();
            tokio::time::sleep(Duration::from_millis(100)).await;
            body.flow_control().release_capacity(piece.len()).unwrap();
        }
        assert_eq!(taken, text.len());
    });
}

#[test]
fn idle_http_2_connections_are_closed() {
    within(async {
        let folder = Folder::with_api(&mock_api("hello"));
        folder.write("edgewit.yaml", "limits: {idle_timeout_seconds: 1}\n");
        let node = Node::start(folder.path());
        let mut used = Client::connect(node.listen()).await;
        assert_eq!(used.get("/hello").await.1, b"hello");
        let silent = Client::connect(node.listen()).await;
        for client in [used, silent] {
            // The connection ends while the client still could send.
            let ended = timeout(PATIENCE, client.connection).await;
            assert!(ended.is_ok(), "an idle connection stays open");
        }
    });
}

/// A node whose one API goes to `origin` behind the plugin `look`, a transform or a firewall, with this access to bodies.
fn looked(origin: &str, attached: &str, access: &str) -> (Node, Folder) {
    let folder = Folder::with_api(&proxy_api(origin));
    let plugins = format!(
        "plugins:\n  look:\n    component: \"${{plugins}}/reach.wasm\"\n    grants: {{http: [], keyvalue: []}}\n    \
         limits: {{wall_ms: 30000, cpu_ms: 30000}}\n    {access}\n{attached}:\n  - {{plugin: look}}\n"
    );
    folder.write("plugins.yaml", with_origin(&plugins, ""));
    (Node::start(folder.path()), folder)
}

const LOOK: (&str, &str) = ("behave", "look");

#[test]
fn what_plugins_have_seen_of_a_stream_arrives_whole() {
    within(async {
        for (attached, access) in [
            ("transforms", "request_body: none"),
            ("transforms", "request_body: {first: 10}\n    response_body: {first: 1}"),
            ("firewalls", "request_body: {first: 10}"),
        ] {
            let origin = Origin::start(Vec::new()).unwrap();
            let (node, _folder) = looked(&origin.url(), attached, access);
            let mut client = Client::connect(node.listen()).await;
            for length in [0_usize, 9, 10, 11, 200_000] {
                for announced in [true, false] {
                    let text = length.to_string();
                    let headers = [LOOK, ("content-length", &*text)];
                    let headers = if announced { &headers[..] } else { &headers[..1] };
                    let (response, body) = client.start(Method::POST, "/a", headers, false).await;
                    if length == 0 {
                        let mut body = body;
                        body.send_data(Bytes::new(), true).unwrap();
                    } else {
                        upload(body, length).await;
                    }
                    let (head, mut body) = response.await.unwrap().into_parts();
                    let what = format!("{attached} {access}: {length} {announced}");
                    assert_eq!((head.status.as_u16(), &*whole(&mut body).await), (200, &b"ok"[..]), "{what}");
                    let received = origin.received().pop().unwrap();
                    assert!(received.body == vec![b'a'; length], "{what}: {} bytes", received.body.len());
                    if attached == "transforms" {
                        let ends = if length == 0 { "" } else { " 97 97" };
                        let seen = match access.contains("first") {
                            false => "nothing".to_owned(),
                            true if length <= 10 => format!("all of {length}{ends}"),
                            true => format!("first 10{ends}"),
                        };
                        assert_eq!(received.head.value("x-seen"), Some(&*seen), "{what}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_dialogue_passes_a_transform_in_both_directions() {
    within(async {
        let origin = Listener::start(|mut stream, _| {
            let mut reader = Reader::new(stream.try_clone().unwrap());
            reader.head().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
            // Every chunk comes back; the empty one is the last.
            while let Ok((chunk, _)) = reader.chunk() {
                stream.write_all(&encode_chunk(&chunk)).unwrap();
                if chunk.is_empty() {
                    break;
                }
            }
        })
        .unwrap();
        let access = "request_body: {first: 2}\n    response_body: {first: 2}";
        let (node, _folder) = looked(&format!("http://{}", origin.addr()), "transforms", access);
        let mut client = Client::connect(node.listen()).await;
        let (response, mut up) = client.start(Method::POST, "/a", &[LOOK], false).await;
        up.send_data("one".into(), false).unwrap();
        let (head, mut down) = response.await.unwrap().into_parts();
        assert_eq!(head.headers["x-seen"], "first 2 111 110");
        assert_eq!(exactly(&mut down, 3).await, b"one");
        up.send_data("two".into(), true).unwrap();
        assert_eq!(exactly(&mut down, 3).await, b"two");
        assert_eq!(whole(&mut down).await, b"");
    });
}

#[test]
fn another_body_and_a_refusal_end_an_upload_and_other_streams_go_on() {
    const UPLOAD: usize = 64 * 1024 * 1024;
    within(async {
        for (attached, behave, status, expected) in [
            ("transforms", "look, replace other", 200, "ok"),
            ("firewalls", "look, tell", 418, "first 10 97 97"),
        ] {
            let origin = Origin::start(Vec::new()).unwrap();
            let (node, _folder) = looked(&origin.url(), attached, "request_body: {first: 10}");
            let mut client = Client::connect(node.listen()).await;
            let (response, body) = client.start(Method::POST, "/a", &[("behave", behave)], false).await;
            let uploading = tokio::spawn(upload(body, UPLOAD));
            let (head, mut body) = response.await.unwrap().into_parts();
            let answer = String::from_utf8(whole(&mut body).await).unwrap();
            assert_eq!((head.status.as_u16(), answer.as_str()), (status, expected));
            // Nobody waits for the rest; and what was thrown away takes nothing from the connection.
            uploading.await.unwrap();
            assert_eq!(client.get("/b").await.1, b"ok");
            let received = origin.received();
            assert!(received.iter().all(|received| received.body.is_empty() || received.body == b"other"));
        }
    });
}

#[test]
fn a_grpc_call_passes_a_transform_that_looks_at_heads() {
    within(async {
        let (url, mut calls) = grpc_origin().await;
        let (node, _folder) = looked(&url, "transforms", "request_body: none");
        let mut client = Client::connect(node.listen()).await;
        for (behave, status, seen) in [("look", 200, Some("nothing")), ("look, fail late", 500, None)] {
            let headers = [GRPC[0], GRPC[1], ("behave", behave)];
            let (response, mut up) = client.start(Method::POST, "/pets.Pets/Get", &headers, false).await;
            up.send_data(message("one"), false).unwrap();
            let mut call = calls.recv().await.unwrap();
            assert_eq!(call.head.headers["x-seen"], "nothing");
            assert_eq!(exactly(&mut call.body, 8).await, message("one"));
            let mut answer = call.answer("application/grpc");
            answer.send_data(message("ONE"), false).unwrap();
            let (head, mut down) = response.await.unwrap().into_parts();
            assert_eq!(head.status.as_u16(), status);
            assert_eq!(head.headers.get("x-seen").map(|value| value.to_str().unwrap()), seen);
            if status == 500 {
                // The call to the backend ends.
                assert!(poll_fn(|cx| answer.poll_reset(cx)).await.is_ok());
                continue;
            }
            assert_eq!(exactly(&mut down, 8).await, message("ONE"));
            up.send_data(message("two"), true).unwrap();
            assert_eq!(exactly(&mut call.body, 8).await, message("two"));
            answer.send_trailers(trailers("0")).unwrap();
            assert!(piece(&mut down).await.is_none());
            assert_eq!(down.trailers().await.unwrap().unwrap()["grpc-status"], "0");
        }
    });
}
