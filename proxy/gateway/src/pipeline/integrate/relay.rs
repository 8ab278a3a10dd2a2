//! HTTP_PROXY, streamed: Pingora carries the request to the backend and the answer back.

use super::super::map_request::{self, Mapped};
use super::super::transform;
use crate::exchange::{Exchange, Refusal};
use crate::shared::RequestLimits;
use crate::targets::{Chosen, Targets};
use crate::upstream::Upstream;
use crate::view::View;
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_model::api::{ResponseTransferMode, Verb};
use edgewit_plan::integration::HttpPlan;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_error::{Error, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A request that Pingora proxies.
#[derive(Debug)]
pub struct Relay {
    plan: Arc<HttpPlan>,
    target: Chosen,
    mapped: Mapped,
    /// The client asked for a WebSocket; nothing else is upgraded.
    upgrade: bool,
    /// Over HTTP/2, with trailers.
    grpc: bool,
    /// Addresses that may still be tried.
    attempts: usize,
    began: Instant,
    /// The request has no body.
    no_body: bool,
    /// Time that an upgraded connection may be silent.
    upgrade_idle: Duration,
    /// Bytes that the answer may still have; `None` for a streamed one.
    answer_left: Option<u64>,
}

/// Prepares the request for Pingora.
///
/// # Errors
/// As [`map_request::run`].
pub(crate) fn prepare(
    plan: &Arc<HttpPlan>,
    targets: &Targets,
    header: &RequestHeader,
    exchange: &mut Exchange,
    limits: &RequestLimits,
    no_body: bool,
) -> Result<(), Refusal> {
    let mapped = map_request::run(plan, IntegrationKind::HttpProxy, &View::new(header, exchange))?;
    let key = targets.key(header, exchange.client);
    let target = targets.choose_by(key).ok_or_else(Refusal::configuration)?;
    exchange.relay = Some(Relay {
        plan: Arc::clone(plan),
        attempts: addresses(&target),
        target,
        mapped,
        upgrade: is_upgrade(header),
        grpc: is_grpc(header),
        began: Instant::now(),
        no_body,
        upgrade_idle: limits.upgrade_idle,
        answer_left: (plan.response_transfer_mode == ResponseTransferMode::Buffered)
            .then_some(limits.payload_bytes),
    });
    Ok(())
}

/// Addresses of a target that a call may try.
fn addresses(target: &Chosen) -> usize {
    target.upstream().addresses().clamp(1, 3)
}

/// Methods whose backends expect a length even of an empty body (RFC 9110, section 8.6).
pub(super) fn announces_empty_body(method: &str) -> bool {
    matches!(method, "POST" | "PUT" | "PATCH")
}

/// A gRPC call, by its media type.
pub(in crate::pipeline) fn is_grpc(header: &RequestHeader) -> bool {
    begins(header, "content-type", b"application/grpc")
}

/// A WebSocket, or a call over HTTP/2 with trailers: only Pingora's relay carries these, byte by byte.
pub(in crate::pipeline) fn is_bytewise(header: &RequestHeader) -> bool {
    is_upgrade(header) || is_grpc(header)
}

fn is_upgrade(header: &RequestHeader) -> bool {
    begins(header, "upgrade", b"websocket") && asks_for_upgrade(header)
}

fn begins(header: &RequestHeader, name: &str, wanted: &[u8]) -> bool {
    header.headers.get(name).is_some_and(|value| {
        value.as_bytes().get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
    })
}

/// `Connection: upgrade`, without which `Upgrade` means nothing (RFC 9110, section 7.8).
fn asks_for_upgrade(header: &RequestHeader) -> bool {
    header.headers.get_all("connection").iter().any(|value| {
        value
            .as_bytes()
            .split(|b| *b == b',')
            .any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
    })
}

impl Relay {
    /// The client asked for a WebSocket.
    pub(crate) fn upgrade(&self) -> bool {
        self.upgrade
    }

    /// The backend.
    pub(super) fn upstream(&self) -> &Arc<Upstream> {
        self.target.upstream()
    }

    /// The client is gone, which says nothing about the target.
    pub(crate) fn abandon(&mut self) {
        self.target.abandon();
    }

    /// The target broke off after its answer had begun.
    pub(crate) fn broke(&mut self) {
        self.target.broke();
    }

    /// The request has been sent whole: the time for the answer begins.
    pub(super) fn sent(&mut self) {
        self.began = Instant::now();
    }

    /// Whether a body that comes with this method is kept from the backend.
    pub(super) fn withholds_body(&self, verb: Option<Verb>) -> bool {
        super::withholds_body(&self.plan, verb)
    }

    /// What is known of the call's target.
    pub(super) fn target(&mut self) -> &mut Chosen {
        &mut self.target
    }

    /// The client speaks gRPC.
    pub(super) fn grpc(&self) -> bool {
        self.grpc
    }

    /// Time that the backend has for the header of its answer, and between two parts of its body.
    pub(super) fn timeout(&self) -> Duration {
        self.plan.timeout
    }

    /// Where to connect to.
    pub(crate) async fn peer(&mut self) -> Result<Box<HttpPeer>> {
        let unresolved =
            |error| Error::because(ErrorType::ConnectNoRoute, "resolving the integration's host", error);
        let address = loop {
            match self.target.upstream().address().await {
                Ok(address) => break address,
                Err(_error) if self.target.next() => self.attempts = addresses(&self.target),
                Err(error) => return Err(unresolved(error)),
            }
        };
        let mut peer = self.target.upstream().peer_at(address, self.grpc);
        if self.upgrade {
            // Either side of an upgraded connection may be silent longer than an answer may take.
            peer.options.read_timeout = Some(self.upgrade_idle);
        }
        Ok(peer)
    }

    /// Whether another address, or another target of a VPC link, may be tried after a connection that could not be made.
    pub(crate) fn may_retry(&mut self) -> bool {
        self.attempts = self.attempts.saturating_sub(1);
        if self.attempts > 0 {
            return true;
        }
        let next = self.target.next();
        if next {
            self.attempts = addresses(&self.target);
        }
        next
    }

    /// Counts bytes of the answer's body.
    ///
    /// # Errors
    /// When the answer is larger than a buffered answer may be.
    pub(crate) fn count_answer(&mut self, bytes: usize) -> Result<()> {
        if let Some(left) = &mut self.answer_left {
            // A buffered answer has one time-out for the whole call, as API Gateway's.
            if self.began.elapsed() > self.plan.timeout {
                return Error::e_explain(ErrorType::ReadTimedout, "the integration's answer took too long");
            }
            *left = left.checked_sub(bytes as u64).ok_or_else(|| {
                Error::explain(ErrorType::InternalError, "the integration's answer exceeds the payload limit")
            })?;
        }
        Ok(())
    }
}

/// Turns the client's header (a copy, with hop-by-hop headers handled by Pingora) into the backend's.
///
/// # Errors
/// When a value is not legal in a header or target.
pub(crate) fn request(request: &mut RequestHeader, exchange: &mut Exchange) -> Result<()> {
    let Some(relay) = exchange.relay.take() else { return Ok(()) };
    exchange.integration.started.get_or_insert_with(Instant::now);
    let result = rewrite(request, exchange, &relay);
    exchange.relay = Some(relay);
    result
}

fn rewrite(request: &mut RequestHeader, exchange: &mut Exchange, relay: &Relay) -> Result<()> {
    let verb = relay.plan.method.or(exchange.verb);
    if let Some(verb) = verb
        && request.method.as_str() != verb.as_str()
    {
        let method = ::http::Method::from_bytes(verb.as_str().as_bytes());
        request.set_method(method.map_err(|e| Error::because(ErrorType::InternalError, "method", e))?);
    }
    match &relay.mapped.target {
        Some(target) => request.set_raw_path(target.as_bytes())?,
        None => request.set_uri(relay.target.upstream().fixed_uri.clone()),
    }
    map_request::rewrite_header(
        request,
        relay.target.upstream(),
        &relay.mapped,
        exchange,
        relay.upgrade,
        relay.grpc,
    )?;
    if let Some(changes) = &exchange.changes {
        transform::apply(changes, request)?;
    }
    let framed =
        request.headers.contains_key("content-length") || request.headers.contains_key("transfer-encoding");
    if !framed && relay.no_body && announces_empty_body(request.method.as_str()) && !relay.upgrade {
        request.insert_header("Content-Length", "0")?;
    }
    Ok(())
}

/// Notes what the backend answered, and checks its announced length.
///
/// # Errors
/// When the answer is larger than a buffered answer may be.
pub(crate) fn answered(response: &ResponseHeader, exchange: &mut Exchange) -> Result<()> {
    exchange.integration.latency = exchange.integration.started.map(|started| started.elapsed());
    exchange.integration.status = Some(response.status.as_u16());
    if let Some(relay) = &mut exchange.relay {
        relay.target.answered(response.status.as_u16());
    }
    let announced = response.headers.get("content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if let (Some(relay), Some(length)) = (&exchange.relay, announced)
        && relay.answer_left.is_some_and(|left| length > left)
    {
        return Error::e_explain(
            ErrorType::InternalError,
            "the integration's answer exceeds the payload limit",
        );
    }
    Ok(())
}
