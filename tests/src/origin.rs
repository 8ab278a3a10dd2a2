//! What the node calls: an origin that answers by a script and remembers what it was asked, or one whose
//! connections a test handles byte by byte.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::case::Answer;
use crate::http1::{Head, Reader, encode_chunks};

/// A request the origin received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its head; `head.raw` has the exact bytes.
    pub head: Head,
    /// Its body without transfer coding.
    pub body: Vec<u8>,
    /// Trailers of a chunked body.
    pub trailers: Vec<(String, String)>,
}

impl Received {
    /// The method.
    pub fn method(&self) -> &str {
        self.head.start_line.split(' ').next().unwrap_or_default()
    }

    /// The request target.
    pub fn target(&self) -> &str {
        self.head.start_line.split(' ').nth(1).unwrap_or_default()
    }
}

/// A listening socket on a free port whose connections get a thread each. Dropping it closes everything.
#[derive(Debug)]
pub struct Listener {
    addr: SocketAddr,
    stop: Arc<AtomicBool>,
    open: Arc<Mutex<BTreeMap<usize, TcpStream>>>,
    accepted: Arc<AtomicUsize>,
}

impl Listener {
    /// Starts to listen; `handle` gets each connection and its number, from 0.
    ///
    /// # Errors
    /// What binding gives.
    pub fn start(handle: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> io::Result<Self> {
        let socket = TcpListener::bind("127.0.0.1:0")?;
        let addr = socket.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(BTreeMap::new()));
        let accepted = Arc::new(AtomicUsize::new(0));
        let this =
            Self { addr, stop: Arc::clone(&stop), open: Arc::clone(&open), accepted: Arc::clone(&accepted) };
        let handle = Arc::new(handle);
        thread::spawn(move || {
            for stream in socket.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                if let (Ok(copy), Ok(mut open)) = (stream.try_clone(), open.lock()) {
                    open.insert(number, copy);
                }
                drop(stream.set_nodelay(true));
                let (handle, open) = (Arc::clone(&handle), Arc::clone(&open));
                thread::spawn(move || {
                    handle(stream, number);
                    // The copy kept for the end of the listener would otherwise keep the connection open.
                    if let Some(copy) = open.lock().ok().and_then(|mut open| open.remove(&number)) {
                        drop(copy.shutdown(Shutdown::Both));
                    }
                });
            }
        });
        Ok(this)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Ok(open) = self.open.lock() {
            for stream in open.values() {
                drop(stream.shutdown(Shutdown::Both));
            }
        }
        // Wakes the accepting thread, which then sees the flag and lets go of the port.
        drop(TcpStream::connect_timeout(&self.addr, Duration::from_secs(1)));
    }
}

/// An origin that answers by a script.
#[derive(Debug)]
pub struct Origin {
    listener: Listener,
    script: Arc<Script>,
}

/// The answers of an origin and what it was asked, shared by its connections.
#[derive(Debug, Default)]
pub struct Script {
    answers: Mutex<Vec<Answer>>,
    given: AtomicUsize,
    received: Mutex<Vec<Received>>,
}

impl Origin {
    /// Starts an origin that gives `answers` in order and repeats the last; with none it answers 200 `ok`.
    ///
    /// # Errors
    /// What binding gives.
    pub fn start(answers: Vec<Answer>) -> io::Result<Self> {
        let script = Arc::new(Script::new(answers));
        let shared = Arc::clone(&script);
        let listener = Listener::start(move |stream, _| shared.serve(stream))?;
        Ok(Self { listener, script })
    }

    /// An origin that always answers 200 with this body as `text/plain`.
    ///
    /// # Errors
    /// What binding gives.
    pub fn saying(body: &str) -> io::Result<Self> {
        let headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())];
        Self::start(vec![Answer { headers, body: Some(body.to_owned()), ..Answer::default() }])
    }

    /// HOST:PORT.
    pub fn authority(&self) -> String {
        self.listener.addr().to_string()
    }

    /// `http://HOST:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.addr())
    }

    /// Connections accepted so far, also those on which no request came.
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// The requests received so far.
    pub fn received(&self) -> Vec<Received> {
        self.script.received()
    }
}

impl Script {
    /// A script with these answers.
    pub fn new(answers: Vec<Answer>) -> Self {
        Self { answers: Mutex::new(answers), ..Self::default() }
    }

    /// The requests received so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().map(|received| received.clone()).unwrap_or_default()
    }

    /// Serves one connection, clear text or TLS, until it closes or the script says so.
    pub fn serve(&self, stream: impl Read + Write) {
        let mut reader = Reader::new(stream);
        while let Ok(received) = read_request(&mut reader) {
            let head_only = received.method() == "HEAD";
            let close =
                received.head.value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            if let Ok(mut all) = self.received.lock() {
                all.push(received);
            }
            let Some(bytes) = self.answer(head_only) else { return };
            let stream = reader.stream();
            if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() || close {
                return;
            }
        }
    }

    /// The bytes of the next answer; `None` to close instead.
    fn answer(&self, head_only: bool) -> Option<Vec<u8>> {
        let turn = self.given.fetch_add(1, Ordering::SeqCst);
        let answer = {
            let answers = self.answers.lock().ok()?;
            answers.get(turn).or(answers.last()).cloned()
        };
        let answer = answer.unwrap_or_else(|| Answer {
            headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
            body: Some("ok".to_owned()),
            ..Answer::default()
        });
        thread::sleep(Duration::from_millis(answer.delay_ms));
        (!answer.close).then(|| encode(&answer, head_only))
    }
}

/// Reads one request, and tells a client that waits for it to go on.
///
/// # Errors
/// What reading gives.
pub fn read_request<S: Read + Write>(reader: &mut Reader<S>) -> Result<Received, crate::http1::ReadError> {
    let head = reader.head()?;
    if head.value("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        reader.stream().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        reader.stream().flush()?;
    }
    let (body, trailers) = if head.is_chunked() {
        reader.chunks()?
    } else {
        let length = head.content_length().unwrap_or(0);
        (reader.exactly(usize::try_from(length).unwrap_or(usize::MAX))?, Vec::new())
    };
    Ok(Received { head, body, trailers })
}

fn encode(answer: &Answer, head_only: bool) -> Vec<u8> {
    let status = answer.status.unwrap_or(200);
    let mut out = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
    for (name, value) in &answer.headers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    let framed = answer.headers.iter().any(|(name, _)| {
        name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
    });
    let bodiless = status < 200 || matches!(status, 204 | 304);
    let body = match (&answer.chunks, &answer.body) {
        (Some(chunks), _) => {
            if !framed {
                out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
            }
            encode_chunks(chunks)
        }
        (None, body) => {
            let body = body.as_deref().unwrap_or_default().as_bytes().to_vec();
            if !framed && (!bodiless || !body.is_empty()) {
                out.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
            }
            body
        }
    };
    out.extend_from_slice(b"\r\n");
    if !head_only && !bodiless {
        out.extend_from_slice(&body);
    }
    out
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        500 => "Internal Server Error",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Connection, exchange};

    #[test]
    fn answers_come_in_order_and_the_last_repeats() {
        let answer = |body: &str| Answer { body: Some(body.into()), ..Answer::default() };
        let origin = Origin::start(vec![answer("one"), answer("two")]).unwrap();
        let mut connection = Connection::open(origin.authority().parse().unwrap()).unwrap();
        for expected in ["one", "two", "two"] {
            connection.send(b"GET / HTTP/1.1\r\nHost: o\r\n\r\n").unwrap();
            assert_eq!(connection.read("GET").unwrap().text(), expected);
        }
        assert_eq!((origin.connections(), origin.received().len()), (1, 3));
    }

    #[test]
    fn requests_are_kept_exactly_and_bodies_decoded() {
        let origin = Origin::start(Vec::new()).unwrap();
        let addr = origin.authority().parse().unwrap();
        let request = b"POST /a?b HTTP/1.1\r\nhOsT: o\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        let response = exchange(addr, "POST", request).unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, "ok"));
        assert_eq!(response.header("content-type"), Some("text/plain"));
        let received = origin.received().remove(0);
        assert_eq!((received.method(), received.target()), ("POST", "/a?b"));
        assert_eq!(received.head.headers[0], ("hOsT".to_owned(), "o".to_owned()));
        assert_eq!(received.body, b"abc");
    }

    #[test]
    fn bodiless_answers_have_no_length_and_close_closes() {
        let none = |status| Answer { status: Some(status), ..Answer::default() };
        assert_eq!(encode(&none(204), false), b"HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(encode(&none(200), false), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let chunked = Answer { chunks: Some(vec!["a".into()]), ..Answer::default() };
        assert!(encode(&chunked, true).ends_with(b"chunked\r\n\r\n"));
        let origin = Origin::start(vec![Answer { close: true, ..Answer::default() }]).unwrap();
        assert!(exchange(origin.authority().parse().unwrap(), "GET", b"GET / HTTP/1.1\r\n\r\n").is_err());
    }

    #[test]
    fn a_dropped_origin_lets_go_of_its_port() {
        let origin = Origin::start(Vec::new()).unwrap();
        let addr: SocketAddr = origin.authority().parse().unwrap();
        drop(origin);
        assert!(crate::wait_until(|| TcpStream::connect(addr).is_err().then_some(())).is_some());
    }
}
