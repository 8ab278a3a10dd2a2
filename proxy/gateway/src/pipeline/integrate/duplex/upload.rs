//! The body of a request that passes, and how the request is framed with it.

use super::super::super::body::{Collected, announced};
use super::super::relay::{self, announces_empty_body};
use crate::exchange::Exchange;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, Version};
use pingora_http::RequestHeader;
use tokio::time::Instant;

/// The request's body.
pub(crate) struct Upload {
    /// What is sent with the header.
    pub(super) first: Bytes,
    pub(super) rest: Rest,
    /// Bytes of the client's body so far.
    pub(super) length: u64,
    /// Something of the rest went to a backend, so that no other can be asked.
    pub(super) begun: bool,
    /// When the next bytes have to be there.
    pub(super) by: Instant,
}

/// What becomes of the part of the client's body that has not been read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// There is none.
    Over,
    /// The backend gets it.
    Passed,
    /// Nobody wants it: another body takes its place, or the backend has stopped reading.
    ReadAway,
    /// It stays where it is, and the connection ends with the answer.
    Left,
}

impl Upload {
    /// The client's body; or `replaced` in its place, whose length is then that of the request.
    pub(crate) fn new(client: &Collected, replaced: Option<Bytes>) -> Self {
        let rest = match (client.is_whole(), &replaced) {
            (true, _) => Rest::Over,
            (false, None) => Rest::Passed,
            (false, Some(_)) => Rest::ReadAway,
        };
        let length = client.bytes().len() as u64;
        let first = replaced.unwrap_or_else(|| client.share());
        Self { first, rest, length, begun: false, by: Instant::now() }
    }

    /// No body for a backend that is called with a method that has none.
    pub(super) fn withhold(&mut self) {
        self.first = Bytes::new();
        if self.rest == Rest::Passed {
            self.rest = Rest::ReadAway;
        }
    }

    /// Frames the request (RFC 9112, section 6.3).
    fn frame(&self, request: &mut RequestHeader, announced: Option<u64>) -> pingora_error::Result<()> {
        match (self.rest, announced) {
            (Rest::Passed, Some(length)) => request.insert_header("Content-Length", length),
            (Rest::Passed, None) => request.insert_header("Transfer-Encoding", "chunked"),
            _ if self.first.is_empty() && !announces_empty_body(request.method.as_str()) => Ok(()),
            _ => request.insert_header("Content-Length", self.first.len()),
        }
    }
}

/// The header for the backend.
pub(super) fn request(
    client: &RequestHeader,
    exchange: &mut Exchange,
    upload: &Upload,
) -> pingora_error::Result<Box<RequestHeader>> {
    let mut request = Box::new(client.clone());
    request.set_version(Version::HTTP_11);
    let announced = announced(&request.headers);
    remove_nominated(&mut request);
    request.remove_header(&CONTENT_LENGTH);
    request.remove_header(&TRANSFER_ENCODING);
    relay::request(&mut request, exchange)?;
    upload.frame(&mut request, announced)?;
    Ok(request)
}

/// Removes what `Connection` says is meant for this hop only (RFC 9110, section 7.6.1).
fn remove_nominated(request: &mut RequestHeader) {
    let tokens =
        request.headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
    let nominated: Vec<HeaderName> =
        tokens.filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok()).collect();
    for name in nominated {
        // These are not a client's to take away.
        let kept =
            matches!(name.as_str(), "host" | "content-type") || name.as_str().starts_with("x-forwarded-");
        if !kept {
            request.remove_header(&name);
        }
    }
}
