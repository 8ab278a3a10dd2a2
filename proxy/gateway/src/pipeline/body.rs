//! Collecting bodies, up to the payload limit.

use crate::buffers::Buffers;
use crate::exchange::Refusal;
use crate::shared::RequestLimits;
use bytes::Bytes;
use pingora_core::protocols::http::ServerSession;
use pingora_timeout::timeout;
use std::sync::Arc;

/// Default bytes of a request or response body (API Gateway: 10 MiB).
pub const PAYLOAD_BYTES: u64 = 10 * 1024 * 1024;

/// A request's body, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    bytes: Bytes,
    /// There is more of it, which the client still has or sends.
    goes_on: bool,
    /// A stage works on the whole of it. What was only shown to a plugin passes as it came.
    worked_on: bool,
}

impl Collected {
    /// A body of which nothing was read yet.
    pub(crate) fn unread(session: &mut ServerSession) -> Self {
        Self { goes_on: !session.is_body_empty(), ..Self::default() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn share(&self) -> Bytes {
        self.bytes.clone()
    }

    /// No byte of it was taken from the client, so that it may still pass by itself.
    pub(crate) fn is_unread(&self) -> bool {
        self.bytes.is_empty()
    }

    /// There is none, as far as is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.goes_on
    }

    /// All of it was read.
    pub(crate) fn is_whole(&self) -> bool {
        !self.goes_on
    }

    /// A stage that is no plugin has asked for all of it.
    pub(crate) fn is_worked_on(&self) -> bool {
        self.worked_on
    }

    /// The same for a stage that works on it.
    pub(crate) fn mark_worked_on(mut self) -> Self {
        self.worked_on = true;
        self
    }
}

impl From<Bytes> for Collected {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, goes_on: false, worked_on: true }
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

/// Reads the rest of the request's body, after what was read earlier. A client that waits for `100 Continue` is told to
/// go on.
pub(crate) async fn collect(
    session: &mut ServerSession,
    limits: &RequestLimits,
    buffers: &Arc<Buffers>,
    earlier: Collected,
) -> Result<Collected, BodyError> {
    first(session, limits, buffers, earlier, usize::MAX).await
}

/// Reads until there are more than `most` bytes of the body, or all of it: only then it is known whether the first
/// `most` are the whole.
pub(crate) async fn first(
    session: &mut ServerSession,
    limits: &RequestLimits,
    buffers: &Arc<Buffers>,
    earlier: Collected,
    most: usize,
) -> Result<Collected, BodyError> {
    if !earlier.goes_on || earlier.bytes.len() > most {
        return Ok(earlier);
    }
    if expects_continue(session.req_header()) {
        session.write_continue_response().await.map_err(BodyError::Broken)?;
    }
    let full = |_full| BodyError::Refused(Refusal::busy());
    let Some(next) = read(session, limits, earlier.bytes.len()).await? else {
        return Ok(Collected { goes_on: false, ..earlier });
    };
    let mut goes_on = !session.is_body_done();
    // Nearly always this is all, and then nothing has to be copied.
    if earlier.bytes.is_empty() && (!goes_on || next.len() > most) {
        let bytes = buffers.hold(next).map_err(full)?;
        return Ok(Collected { bytes, goes_on, ..earlier });
    }
    let expected = capacity(&session.req_header().headers, limits.payload_bytes);
    let mut growing = buffers.body(expected.min(most.saturating_add(next.len())));
    growing.push(&earlier.bytes).map_err(full)?;
    growing.push(&next).map_err(full)?;
    drop(next);
    while goes_on && growing.len() <= most {
        match read(session, limits, growing.len()).await? {
            Some(part) => {
                growing.push(&part).map_err(full)?;
                goes_on = !session.is_body_done();
            }
            None => goes_on = false,
        }
    }
    Ok(Collected { bytes: growing.whole(), goes_on, ..earlier })
}

/// One read with a deadline (Pingora has none for HTTP/2) of a body of which there are `already` so many bytes.
async fn read(
    session: &mut ServerSession,
    limits: &RequestLimits,
    already: usize,
) -> Result<Option<Bytes>, BodyError> {
    let Ok(read) = timeout(limits.body_read_timeout, session.read_request_body()).await else {
        return Err(BodyError::Broken(late()));
    };
    let part = read.map_err(BodyError::Broken)?;
    let length = already as u64 + part.as_ref().map_or(0, |part| part.len() as u64);
    if length > limits.payload_bytes {
        return Err(BodyError::Refused(Refusal::too_large(limits.payload_bytes)));
    }
    Ok(part)
}

/// The client took too long to send the next bytes of its body.
pub(crate) fn late() -> Box<pingora_error::Error> {
    pingora_error::Error::explain(pingora_error::ErrorType::ReadTimedout, "while reading the request body")
}

/// Whether the client waits to be told to send its body (RFC 9110, section 10.1.1).
pub(crate) fn expects_continue(header: &pingora_http::RequestHeader) -> bool {
    header.version == http::Version::HTTP_11
        && header
            .headers
            .get("expect")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
