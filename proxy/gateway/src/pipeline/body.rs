//! Collecting bodies, up to the payload limit.

use crate::buffers::Buffers;
use crate::exchange::Refusal;
use crate::shared::RequestLimits;
use bytes::Bytes;
use pingora_core::protocols::http::ServerSession;
use pingora_timeout::timeout;
use std::sync::Arc;
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
    /// It is too large, or the node has no room for it: 413, 503.
    Refused(Refusal),
    /// The client is gone or broke its framing: nobody is left to answer.
    Broken(Box<pingora_error::Error>),
}

/// Refuses a body that announces more than `limit` bytes.
///
/// # Errors
/// 413.
pub(crate) fn check_announced(headers: &http::HeaderMap, limit: u64) -> Result<(), Refusal> {
    match announced(headers) {
        Some(length) if length > limit => Err(Refusal::too_large(limit)),
        _ => Ok(()),
    }
}

/// The length that a message announces.
pub(crate) fn announced(headers: &http::HeaderMap) -> Option<u64> {
    headers.get("content-length").and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok())
}

/// Bytes to make room for at once: what a message announces, within the limit.
pub(crate) fn capacity(headers: &http::HeaderMap, limit: u64) -> usize {
    announced(headers).map_or(0, |length| usize::try_from(length.min(limit)).unwrap_or(0))
}

/// Reads the request's body whole. A client that waits for `100 Continue` is told to go on.
pub(crate) async fn collect(
    session: &mut ServerSession,
    limits: &RequestLimits,
    buffers: &Arc<Buffers>,
) -> Result<Collected, BodyError> {
    let (limit, read_timeout) = (limits.payload_bytes, limits.body_read_timeout);
    if session.is_body_empty() {
        return Ok(Collected::default());
    }
    if expects_continue(session.req_header()) {
        session.write_continue_response().await.map_err(BodyError::Broken)?;
    }
    let full = |_full| BodyError::Refused(Refusal::busy());
    let Some(first) = read(session, read_timeout).await? else {
        return Ok(Collected::default());
    };
    if first.len() as u64 > limit {
        return Err(BodyError::Refused(Refusal::too_large(limit)));
    }
    if session.is_body_done() {
        return buffers.hold(first).map(Collected).map_err(full);
    }
    let mut whole = buffers.body(capacity(&session.req_header().headers, limit));
    whole.push(&first).map_err(full)?;
    drop(first);
    while let Some(part) = read(session, read_timeout).await? {
        if (whole.len() + part.len()) as u64 > limit {
            return Err(BodyError::Refused(Refusal::too_large(limit)));
        }
        whole.push(&part).map_err(full)?;
    }
    Ok(Collected(whole.whole()))
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
