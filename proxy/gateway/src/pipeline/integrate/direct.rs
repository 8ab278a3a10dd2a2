//! HTTP_PROXY for requests without a body over HTTP/1.1: sent and answered in one go.
//!
//! Pingora's relay runs both directions at once through two channels, which a request that has
//! nothing more to send does not need. This is the same exchange over connections of [`Backends`], with
//! the answer streamed as it arrives; everything else takes [`super::relay`].

use super::super::{deliver, map_response};
use super::relay::{self, Relay};
use super::{failure, timeout};
use crate::backends::{Backend, Backends, Failed as CallFailed, Retries};
use crate::exchange::{Exchange, Refusal};
use crate::shared::Shared;
use pingora_core::protocols::http::{HttpTask, ServerSession};
use pingora_error::{Error, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why there is no whole answer.
pub(crate) enum Failed {
    /// Nothing was sent to the client: the gateway answers.
    Refused(Box<Refusal>),
    /// The answer broke off, or the client is gone.
    Broken(Box<Error>),
}

/// Whether a request can go this way.
pub(crate) fn suits(header: &RequestHeader, relay: &Relay) -> bool {
    let plain_connection = || {
        // Other tokens name headers of this hop, which Pingora's relay removes.
        header.headers.get_all("connection").iter().all(|value| {
            let value = value.as_bytes();
            value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close")
        })
    };
    header.version == ::http::Version::HTTP_11
        && !relay.grpc()
        && !header.headers.contains_key("upgrade")
        && plain_connection()
}

/// Calls the backend and streams its answer to the client.
pub(crate) async fn run(
    backends: &Backends,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
) -> Result<(), Failed> {
    let time = exchange.relay.as_ref().map_or(Duration::ZERO, Relay::timeout);
    let answered = pingora_timeout::timeout(time, header(backends, session, exchange)).await;
    let mut backend = match answered {
        Ok(Ok(backend)) => backend,
        Ok(Err(Failed::Refused(refusal))) => return Err(refused(exchange, *refusal)),
        Ok(Err(broken)) => return Err(broken),
        Err(_late) => return Err(refused(exchange, timeout())),
    };
    let Some(response) = backend.session.resp_header() else {
        return Err(refused(exchange, super::network()));
    };
    let mut response = Box::new(response.clone());
    if let Err(error) = relay::answered(&response, exchange) {
        return Err(refused(exchange, failure(&error)));
    }
    map_response::proxied(&mut response);
    frame(&mut response, session.req_header());
    deliver::head(&mut response, exchange);
    deliver::announce_end(session, shared);
    session.write_response_header(response).await.map_err(Failed::Broken)?;
    body(session, exchange, &mut backend).await.map_err(Failed::Broken)?;
    backends.release(backend).await;
    Ok(())
}

pub(super) fn refused(exchange: &mut Exchange, refusal: Refusal) -> Failed {
    exchange.integration.latency = exchange.integration.started.map(|started: Instant| started.elapsed());
    exchange.integration.error.clone_from(&refusal.message);
    Failed::Refused(Box::new(refusal))
}

/// A body whose end only the backend's close tells is chunked for the client.
pub(super) fn frame(response: &mut ResponseHeader, request: &RequestHeader) {
    let status = response.status.as_u16();
    let framed =
        response.headers.contains_key("content-length") || response.headers.contains_key("transfer-encoding");
    if !framed && !matches!(status, 204 | 304) && request.method != ::http::Method::HEAD {
        // `chunked` is a legal value, so this cannot fail.
        let _inserted = response.insert_header("Transfer-Encoding", "chunked");
    }
}

/// Sends the request and waits for the answer's header.
async fn header(
    backends: &Backends,
    session: &mut ServerSession,
    exchange: &mut Exchange,
) -> Result<Backend, Failed> {
    let internal = || Failed::Refused(Box::new(Refusal::internal()));
    let target = |exchange: &Exchange| {
        exchange
            .relay
            .as_ref()
            .map(|relay| (Arc::clone(relay.upstream()), relay.timeout()))
            .ok_or_else(internal)
    };
    let (mut upstream, timeout) = target(exchange)?;
    let mut retries = Retries::of(&upstream);
    loop {
        let mut request = Box::new(session.req_header().clone());
        request.set_version(::http::Version::HTTP_11);
        if relay::request(&mut request, exchange).is_err() {
            exchange.relay.iter_mut().for_each(Relay::abandon);
            return Err(internal());
        }
        let method = request.method.clone();
        let called = unless_gone(session, backends.call(&upstream, timeout, request, &[])).await;
        let Some(relay) = &mut exchange.relay else { return Err(internal()) };
        let called = called.inspect_err(|_gone| relay.target().abandon())?;
        match called {
            Ok(backend) => return Ok(backend),
            Err(failed) if retries.again(&failed, &method) => {}
            Err(CallFailed::ToConnect(_)) if relay.target().next() => {
                upstream = target(exchange)?.0;
                retries = Retries::of(&upstream);
            }
            Err(failed) => {
                relay.target().failed();
                let error = failed.into_error();
                tracing::debug!(%error, "a call to an integration failed");
                return Err(Failed::Refused(Box::new(failure(&error))));
            }
        }
    }
}

/// Does `work` unless the client goes away first.
pub(super) async fn unless_gone<T>(
    session: &mut ServerSession,
    work: impl Future<Output = T>,
) -> Result<T, Failed> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        gone = session.read_body_or_idle(true) => Err(Failed::Broken(match gone {
            Err(error) => error.into_down(),
            Ok(_) => Error::explain(ErrorType::ReadError, "bytes after the end of the request").into_down(),
        })),
    }
}

/// Passes the body on as it arrives.
async fn body(session: &mut ServerSession, exchange: &mut Exchange, backend: &mut Backend) -> Result<()> {
    loop {
        let part = match unless_gone(session, backend.session.read_body_bytes()).await {
            Ok(part) => part.inspect_err(|_broken| exchange.relay.iter_mut().for_each(Relay::broke))?,
            Err(Failed::Broken(error)) => return Err(error),
            Err(Failed::Refused(_)) => None,
        };
        let done = part.is_none() || backend.session.is_body_done();
        let part = part.unwrap_or_default();
        if let Some(relay) = &mut exchange.relay {
            relay.count_answer(part.len())?;
        }
        if done {
            return session.write_response_body(part, true).await;
        }
        // Sent at once, however little it is: the backend may have nothing more to say for a while.
        session.response_duplex_vec(vec![HttpTask::Body(Some(part), false)]).await?;
    }
}
