//! Collecting bodies, up to the payload limit.

use crate::exchange::Refusal;
use bytes::{Bytes, BytesMut};
use pingora_core::protocols::http::ServerSession;
use pingora_timeout::timeout;
use std::time::Duration;

/// Default bytes of a request or response body (API Gateway: 10 MiB).
pub const PAYLOAD_BYTES: u64 = 10 * 1024 * 1024;

/// A whole body.
#[derive(Debug, Default)]
pub(crate) struct Collected(Bytes);

impl Collected {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn share(&self) -> Bytes {
        self.0.clone()
    }
}

impl From<Bytes> for Collected {
    fn from(body: Bytes) -> Self {
        Self(body)
    }
}

/// Why a body could not be collected.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is too large: 413.
    Refused(Refusal),
    /// The client is gone or broke its framing: nobody is left to answer.
    Broken(Box<pingora_error::Error>),
}

/// Refuses a body that announces more than `limit` bytes.
///
/// # Errors
/// 413.
pub(crate) fn check_announced(headers: &http::HeaderMap, limit: u64) -> Result<(), Refusal> {
    let announced =
        headers.get("content-length").and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    match announced {
        Some(length) if length > limit => Err(Refusal::too_large(limit)),
        _ => Ok(()),
    }
}

/// Reads the request's body whole. A client that waits for `100 Continue` is told to go on.
pub(crate) async fn collect(
    session: &mut ServerSession,
    limit: u64,
    read_timeout: Duration,
) -> Result<Collected, BodyError> {
    if session.is_body_empty() {
        return Ok(Collected::default());
    }
    if expects_continue(session.req_header()) {
        session.write_continue_response().await.map_err(BodyError::Broken)?;
    }
    let Some(first) = read(session, read_timeout).await? else {
        return Ok(Collected::default());
    };
    if first.len() as u64 > limit {
        return Err(BodyError::Refused(Refusal::too_large(limit)));
    }
    if session.is_body_done() {
        return Ok(Collected(first));
    }
    let mut whole = BytesMut::from(&first[..]);
    while let Some(part) = read(session, read_timeout).await? {
        if (whole.len() + part.len()) as u64 > limit {
            return Err(BodyError::Refused(Refusal::too_large(limit)));
        }
        whole.extend_from_slice(&part);
    }
    Ok(Collected(whole.freeze()))
}

/// One read with a deadline: Pingora has none for HTTP/2.
async fn read(session: &mut ServerSession, read_timeout: Duration) -> Result<Option<Bytes>, BodyError> {
    match timeout(read_timeout, session.read_request_body()).await {
        Ok(read) => read.map_err(BodyError::Broken),
        Err(_late) => Err(BodyError::Broken(pingora_error::Error::explain(
            pingora_error::ErrorType::ReadTimedout,
            "while reading the request body",
        ))),
    }
}

/// Whether the client waits to be told to send its body (RFC 9110, section 10.1.1).
pub(crate) fn expects_continue(header: &pingora_http::RequestHeader) -> bool {
    header.version == http::Version::HTTP_11
        && header
            .headers
            .get("expect")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
