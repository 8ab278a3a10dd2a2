//! Stage 12, first half: the answer's way to the client.
//!
//! Every answer passes here, whether Pingora proxies it or the node makes it.

use super::names;
use crate::exchange::{Exchange, Refusal};
use crate::identity::RequestIds;
use crate::pipeline::body::expects_continue;
use crate::shared::Shared;
use bytes::Bytes;
use edgewit_plugin::PluginAnswer;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, Entry, HeaderMap, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderValue, StatusCode};
use pingora_core::protocols::http::ServerSession;
use pingora_error::Result;
use pingora_http::ResponseHeader;

/// Bytes of an unread request body that are read and thrown away so that the connection can be
/// used again; a larger rest closes it.
const DRAIN_BYTES: u64 = 64 * 1024;

/// The same for HTTP/2, where an unread rest costs the client its answer.
const H2_DRAIN_BYTES: usize = 16 * 1024 * 1024;

/// Bytes that are written at once over HTTP/2, where the deadline is for the whole of a write.
const H2_PIECE_BYTES: usize = 64 * 1024;

/// Adds what every answer carries.
pub(super) fn head(response: &mut ResponseHeader, exchange: &mut Exchange) {
    let status = response.status;
    exchange.status = status.as_u16();
    names::edit(response, |headers| carried(headers, status, &exchange.ids));
}

fn carried(headers: &mut HeaderMap, status: StatusCode, ids: &RequestIds) {
    headers.insert(names::REQUEST_ID.clone(), id(ids.request_id()));
    headers.insert(names::EXTENDED_ID.clone(), id(ids.extended_id()));
    if status.is_informational() || status == 204 {
        // RFC 9110, section 8.6: such an answer has no length, whatever the backend says.
        headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
    }
    if !status.is_informational()
        && let Entry::Vacant(missing) = headers.entry(CONTENT_TYPE)
    {
        missing.insert(JSON);
    }
}

/// Has an answer say that its connection ends, where the node itself is about to. The request may have
/// begun before that was known.
pub(super) fn announce_end(session: &mut ServerSession, shared: &Shared) {
    if shared.draining() {
        session.set_keepalive(None);
    }
}

/// Default type of an answer, also of an empty one.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn id(text: &str) -> HeaderValue {
    // Identifiers are hexadecimal digits, dashes and base64 letters.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"))
}

/// Tells the client under which identifier its request can be traced, where it was.
///
/// # Errors
/// When that is no legal value, which its making has ruled out.
pub(super) fn trace(response: &mut ResponseHeader, exchange: &Exchange) -> Result<(), Refusal> {
    match &exchange.trace {
        Some(trace) => response.insert_header("X-Amzn-Trace-Id", trace).map_err(|_| Refusal::internal()),
        None => Ok(()),
    }
}

/// A whole answer of a plugin, as one of the node's own.
///
/// # Errors
/// When it cannot be made, which its checks have ruled out.
pub(super) fn of_plugin(answer: PluginAnswer) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let internal = |_| Refusal::internal();
    let size = Some(answer.headers.len() + 6);
    let mut header = ResponseHeader::build_no_case(answer.status, size).map_err(internal)?;
    for (name, value) in answer.headers {
        header.append_header(name, value).map_err(internal)?;
    }
    Ok((Box::new(header), Bytes::from(answer.body)))
}

/// Sends an answer that the node has made: the header with its length and the whole body.
///
/// # Errors
/// When the client is gone.
pub(super) async fn respond(
    session: &mut ServerSession,
    exchange: &mut Exchange,
    mut response: Box<ResponseHeader>,
    body: Bytes,
) -> Result<()> {
    let status = response.status;
    exchange.status = status.as_u16();
    let bodyless = status.is_informational() || status == 204 || status == 304;
    names::edit(&mut response, |headers| {
        carried(headers, status, &exchange.ids);
        if bodyless {
            return;
        }
        // Nothing that was mapped may frame the message otherwise.
        for name in [TRANSFER_ENCODING, CONNECTION, UPGRADE, TRAILER] {
            headers.remove(name);
        }
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    });
    drain_small_body(session).await;
    let empty = bodyless || body.is_empty() || session.req_header().method == http::Method::HEAD;
    if session.is_http2() && empty {
        // One frame says it all; an empty DATA frame would follow otherwise.
        return send_h2_head(session, response).await;
    }
    session.write_response_header(response).await?;
    let mut body = if empty { Bytes::new() } else { body };
    while session.is_http2() && body.len() > H2_PIECE_BYTES {
        session.write_response_body(body.split_to(H2_PIECE_BYTES), false).await?;
    }
    session.write_response_body(body, true).await
}

async fn send_h2_head(session: &mut ServerSession, response: Box<ResponseHeader>) -> Result<()> {
    match session {
        ServerSession::H2(h2) => h2.write_response_header(response, true),
        _ => session.write_response_header(response).await,
    }
}

/// Reads a small rest of the request body, unless the client still waits to be told to send it.
async fn drain_small_body(session: &mut ServerSession) {
    if session.is_body_done() || expects_continue(session.req_header()) {
        return;
    }
    if session.is_http2() {
        // The stream is reset when it ends with data on its way, and some clients then drop the
        // answer with it (RFC 9113, section 8.1 allows the reset, not the loss).
        let discard = async {
            let mut left = H2_DRAIN_BYTES;
            while let Ok(Some(part)) = session.read_request_body().await {
                left = left.saturating_sub(part.len());
                if left == 0 {
                    break;
                }
            }
        };
        let _drained = pingora_timeout::timeout(std::time::Duration::from_secs(1), discard).await;
        return;
    }
    let announced = session.get_header("content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length <= DRAIN_BYTES) {
        // Where it fails the connection closes, as it would without trying.
        let drain = session.drain_request_body();
        let _drained = pingora_timeout::timeout(std::time::Duration::from_secs(1), drain).await;
    }
}
