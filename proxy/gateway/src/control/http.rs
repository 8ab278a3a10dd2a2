//! Requests to the control plane, from and to the wire.

use super::desk::NotDone;
use super::{Access, Asked, ControlPlane, Who};
use crate::buffers::Buffers;
use crate::pipeline::body::{self, BodyError};
use crate::shared::RequestLimits;
use bytes::Bytes;
use edgewit_control::protocol::{BODY_BYTES, render};
use edgewit_control::{Error, ErrorKind, Request};
use edgewit_model::gateway_response::GatewayResponseType;
use edgewit_store::AuditLine;
use http::Response;
use pingora_core::protocols::http::ServerSession;
use pingora_http::RequestHeader;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Lines of the audit log in one answer.
const AUDIT_LINES: usize = 1000;
/// Bytes of all of them.
const AUDIT_BYTES: usize = 16 << 20;

/// Answers a request of the AWS protocol.
pub(crate) async fn answer(
    plane: &Arc<ControlPlane>,
    header: &RequestHeader,
    body: Bytes,
    who: Who,
) -> Response<Vec<u8>> {
    let text = |name: &str| header.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (method, accept) = (header.method.as_str().to_owned(), text("accept"));
    let (path, query) = (header.uri.path().to_owned(), header.uri.query().unwrap_or_default().to_owned());
    let at_work = Arc::clone(plane);
    let desk = if method == "GET" { &plane.readers } else { &plane.desk };
    let carried_out = desk.ask(move || {
        let request =
            Request { method: &method, path: &path, query: &query, accept: accept.as_deref(), body: &body };
        at_work.carry_out(&Asked { request, who })
    });
    match carried_out.await {
        Ok((status, headers, body)) => response(status, &headers, &body),
        Err(why) => refused(not_done(&why)),
    }
}

fn not_done(why: &NotDone) -> Error {
    match why {
        NotDone::Busy => Error::new(ErrorKind::TooManyRequests, "Too Many Requests"),
        NotDone::Failed => {
            Error::new(ErrorKind::InternalFailure, "The node failed on it; please report this.")
        }
    }
}

/// Answers `/edgewit/audit?after=N`: the lines that follow line N of the audit log.
pub(crate) async fn audit(plane: &Arc<ControlPlane>, header: &RequestHeader) -> Response<Vec<u8>> {
    let query = header.uri.query().unwrap_or_default();
    // Those of a presigned URL are not ours.
    let own: Vec<&str> =
        query.split('&').filter(|part| !part.is_empty() && !part.starts_with("X-Amz-")).collect();
    let after = match own.as_slice() {
        [] => Ok(None),
        [one] => one.strip_prefix("after=").and_then(|number| number.parse().ok()).map(Some).ok_or(()),
        _ => Err(()),
    };
    let Ok(after) = after else {
        return refused(Error::bad_request("expected no query, or after=N with the number of a line"));
    };
    let at_work = Arc::clone(plane);
    let told = plane.desk.ask(move || at_work.store.audit(after, AUDIT_LINES).map(|lines| told(&lines)));
    match told.await {
        Ok(Ok(body)) => response(200, &[("content-type", "application/json".to_owned())], &Bytes::from(body)),
        Ok(Err(error)) => refused(Error::new(ErrorKind::ServiceUnavailable, error.to_string())),
        Err(why) => refused(not_done(&why)),
    }
}

/// As many of the lines as one answer has room for, one at least.
fn told(lines: &[AuditLine]) -> String {
    let mut left = AUDIT_BYTES;
    let fitting = lines.iter().enumerate().take_while(|(index, line)| {
        let fits = *index == 0 || line.bytes.len() <= left;
        left = left.saturating_sub(line.bytes.len());
        fits
    });
    let lines: Vec<Value> = fitting
        .map(|(_, line)| {
            let entry: Value = serde_json::from_slice(&line.bytes).unwrap_or(Value::Null);
            json!({"line": line.sequence, "entry": entry})
        })
        .collect();
    json!({"lines": lines}).to_string()
}

/// What a request has to pass.
pub(crate) struct Admission<'a> {
    pub(crate) access: &'a Access,
    pub(crate) limits: &'a RequestLimits,
    pub(crate) buffers: &'a Arc<Buffers>,
}

/// The body of a request, and who sent it, where they may.
///
/// # Errors
/// 403 for whom it does not know, 413 for a body that is too large, 503 when there is no room for it.
pub(crate) async fn admit(
    admission: &Admission<'_>,
    session: &mut ServerSession,
) -> Result<(Bytes, Who), Error> {
    let address = session.client_addr().and_then(|address| address.as_inet());
    let address = address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip());
    let too_large = || {
        let message = format!("Request size exceeded the limit of {BODY_BYTES} bytes");
        Error::new(ErrorKind::RequestTooLarge, message)
    };
    // Nobody whom it does not know has it hold a body.
    let early = admission.access.expects(session.req_header()).and_then(|()| {
        let announced = body::check_announced(&session.req_header().headers, BODY_BYTES as u64);
        announced.map_err(|_refusal| too_large())
    });
    if let Err(error) = early {
        session.set_keepalive(None);
        return Err(error);
    }
    let limits = RequestLimits { payload_bytes: BODY_BYTES as u64 + 1, ..admission.limits.clone() };
    let unread = body::Collected::unread(session);
    let body = match body::collect(session, &limits, admission.buffers, unread).await {
        Ok(body) => body.share(),
        Err(BodyError::Refused(refusal)) => {
            session.set_keepalive(None);
            return Err(match refusal.kind {
                GatewayResponseType::REQUEST_TOO_LARGE => too_large(),
                _ => Error::new(ErrorKind::ServiceUnavailable, "The node has no room for the request."),
            });
        }
        Err(BodyError::Broken(error)) => {
            return Err(Error::bad_request(format!("The body could not be read: {error}")));
        }
    };
    let who = admission.access.check(session.req_header(), &body, address)?;
    Ok((body, who))
}

/// What a node without a control plane says.
pub(crate) fn without() -> Error {
    let message =
        "This node has no control plane; its log, or the key control_plane of edgewit.yaml, says why.";
    Error::new(ErrorKind::ServiceUnavailable, message)
}

pub(crate) fn refused(error: Error) -> Response<Vec<u8>> {
    let (status, headers, body) = render(None, &Err(error));
    response(status, &headers, &body)
}

fn response(status: u16, headers: &[(&'static str, String)], body: &Bytes) -> Response<Vec<u8>> {
    let mut built = Response::builder()
        .status(status)
        .header(
            "x-amzn-requestid",
            crate::identity::RequestIds::generate(std::time::SystemTime::now()).request_id(),
        )
        .header(http::header::CONTENT_LENGTH, body.len())
        .header(http::header::CACHE_CONTROL, "no-store");
    for (name, value) in headers {
        built = built.header(*name, value);
    }
    built.body(body.to_vec()).unwrap_or_default()
}
