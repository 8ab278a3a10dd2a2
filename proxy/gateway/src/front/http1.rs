//! HTTP/1.1 connections: one request after another, each handed to Pingora once its header is
//! whole and its framing beyond doubt.
//!
//! Closes three gaps of Pingora's own loop: no idle timeout after the first request, no deadline
//! for the header as a whole, and repairs of broken framing.

use super::framing::{self, Refusal};
use super::idle::Idle;
use super::stream::{EdgeStream, send_and_close};
use super::{Front, PREFACE};
use bytes::{Bytes, BytesMut};
use pingora_core::apps::HttpServerApp;
use pingora_core::protocols::http::ServerSession;
use pingora_timeout::timeout;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Room made for a header at once; most fit.
const FIRST_READ_BYTES: usize = 2048;

/// What the first bytes of a connection turned out to be.
pub(super) enum First {
    /// The connection preface of HTTP/2, read and to be given back.
    Http2(BytesMut),
    /// A whole request header (and what came with it), with where it ends.
    Http1(BytesMut, usize),
    /// Nothing that could be served.
    Nothing,
}

impl<A: HttpServerApp + Send + Sync + 'static> Front<A> {
    /// Serves requests until either side ends the connection.
    pub(super) async fn serve_http1(
        &self,
        mut stream: Box<EdgeStream>,
        buf: BytesMut,
        end: usize,
        mut idle: Idle,
    ) {
        let mut next = Some((buf, end));
        while let Some((mut buf, end)) = next.take() {
            let header = buf.split_to(end);
            let body = match framing::check(&header, &self.limits.header) {
                Ok(body) => body,
                Err(refusal) => return self.refuse(&mut stream, refusal).await,
            };
            stream.begin_message(buf, Some(body));
            let mut session = ServerSession::new_http1(stream);
            session.set_keepalive(if self.draining() { None } else { Some(60) });
            session.set_read_timeout(Some(self.limits.body_read_timeout));
            session.set_pipelined_prefix(header);
            let Some(reused) = self.app.process_new_http(session, &self.shutdown).await else { return };
            let (reused, _settings) = reused.consume();
            let Ok(reused) = reused.into_any().downcast::<EdgeStream>() else { return };
            stream = reused;
            let ahead = stream.end_message();
            if self.draining() {
                return;
            }
            next = match self.read_header(&mut stream, ahead, &mut idle, false).await {
                First::Http1(buf, end) => Some((buf, end)),
                First::Http2(_) | First::Nothing => return,
            };
        }
    }

    /// Reads until a header is whole. Waits for its first byte as long as a connection may be idle,
    /// from then on as long as a header may take.
    pub(super) async fn read_header(
        &self,
        stream: &mut EdgeStream,
        mut buf: BytesMut,
        idle: &mut Idle,
        first: bool,
    ) -> First {
        if buf.is_empty() {
            buf.reserve(FIRST_READ_BYTES);
            if !idle.first_bytes(stream.tcp(), &mut buf).await {
                return First::Nothing;
            }
        }
        // Most headers come in one piece, and then no timer has to be set.
        let mut scanned = 0;
        let found = match self.examine(&mut buf, &mut scanned, first) {
            Ok(None) => {
                let reading = self.read_rest(stream, &mut buf, scanned, first);
                match timeout(self.limits.header_timeout, reading).await {
                    Ok(found) => found,
                    Err(_late) => {
                        self.telemetry.refused("header_timeout");
                        let late =
                            answer("408 Request Timeout", "Request Timeout", "RequestTimeoutException");
                        send_and_close(stream, late).await;
                        return First::Nothing;
                    }
                }
            }
            found => found,
        };
        match found {
            Ok(Some(end)) if first && end == PREFACE.len() && buf.starts_with(PREFACE) => First::Http2(buf),
            Ok(Some(end)) => First::Http1(buf, end),
            Ok(None) => First::Nothing,
            Err(refusal) => {
                self.refuse(stream, refusal).await;
                First::Nothing
            }
        }
    }

    /// Reads on; `None` when the client is gone.
    async fn read_rest(
        &self,
        stream: &mut EdgeStream,
        buf: &mut BytesMut,
        mut scanned: usize,
        first: bool,
    ) -> Result<Option<usize>, Refusal> {
        loop {
            buf.reserve(FIRST_READ_BYTES);
            match stream.tcp().read_buf(buf).await {
                Ok(n) if n > 0 => {}
                _ => return Ok(None),
            }
            if let Some(end) = self.examine(buf, &mut scanned, first)? {
                return Ok(Some(end));
            }
        }
    }

    /// Where the header ends, if it has; looks only at what was not looked at before.
    fn examine(
        &self,
        buf: &mut BytesMut,
        scanned: &mut usize,
        first: bool,
    ) -> Result<Option<usize>, Refusal> {
        if first && buf.starts_with(PREFACE) {
            return Ok(Some(PREFACE.len()));
        }
        // RFC 9112, section 2.2: a server should ignore an empty line before a request.
        while *scanned == 0 && buf.starts_with(b"\r\n") {
            let _empty_line = buf.split_to(2);
        }
        if let Some(end) = framing::header_end(buf, *scanned) {
            // Where the preface could still come, its own empty line ends nothing.
            if !(first && PREFACE.starts_with(&buf[..end])) {
                return Ok(Some(end));
            }
        } else if has_bare_line_feed(&buf[scanned.saturating_sub(1)..]) {
            return Err(Refusal::Malformed("a line does not end in CR LF"));
        }
        *scanned = buf.len();
        if *scanned > self.limits.header.total() {
            let in_target = memchr::memchr(b'\n', buf).is_none();
            return Err(if in_target { Refusal::TargetTooLong } else { Refusal::HeaderTooLarge });
        }
        Ok(None)
    }

    async fn refuse(&self, stream: &mut EdgeStream, refusal: Refusal) {
        let (status, message, error_type, label) = match refusal {
            Refusal::Malformed(why) => {
                tracing::debug!(why, "malformed request refused");
                ("400 Bad Request", "Bad Request", "BadRequestException", "malformed")
            }
            Refusal::Connect => {
                ("405 Method Not Allowed", "Method Not Allowed", "MethodNotAllowedException", "connect")
            }
            Refusal::TargetTooLong => {
                ("414 URI Too Long", "Request URI too long", "RequestUriTooLongException", "target_too_long")
            }
            Refusal::HeaderTooLarge => (
                "431 Request Header Fields Too Large",
                "Request Header Fields Too Large",
                "RequestHeaderFieldsTooLargeException",
                "header_too_large",
            ),
            Refusal::Version => (
                "505 HTTP Version Not Supported",
                "HTTP Version Not Supported",
                "HttpVersionNotSupportedException",
                "version",
            ),
        };
        self.telemetry.refused(label);
        send_and_close(stream, answer(status, message, error_type)).await;
    }
}

/// Whether a line feed stands without a carriage return before it. The first byte has been looked
/// at before, unless it is the first of all.
fn has_bare_line_feed(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|at| match at.checked_sub(1) {
        Some(before) => bytes[before] != b'\r',
        None => false,
    })
}

/// An answer in the shape of a gateway response, for what no API could be found for.
fn answer(status: &str, message: &str, error_type: &str) -> Bytes {
    let ids = crate::identity::RequestIds::generate(std::time::SystemTime::now());
    let date = httpdate();
    let body = format!("{{\"message\":\"{message}\"}}");
    Bytes::from(format!(
        "HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\nx-amzn-RequestId: {}\r\nx-amz-apigw-id: {}\r\nx-amzn-ErrorType: {error_type}\r\n\r\n{body}",
        body.len(),
        ids.request_id(),
        ids.extended_id(),
    ))
}

fn httpdate() -> String {
    let value = pingora_core::protocols::http::date::get_cached_date();
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Default idle time of a connection between two requests (API Gateway: 310 s).
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(310);
/// Default time for a whole request header from its first byte.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Default time between two reads of a request body.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Default time that a client may take nothing of its answer before its connection is closed.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
