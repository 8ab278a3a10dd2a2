//! HTTP_PROXY for requests without a body over HTTP/1.1: sent and answered in one go.
//!
//! Pingora's relay runs both directions at once through two channels, which a request that has
//! nothing more to send does not need. This is the same exchange over the same connections, with
//! the answer streamed as it arrives; everything else takes [`super::relay`].

use super::super::{deliver, map_response};
use super::relay::{self, Relay};
use super::{failure, timeout};
use crate::exchange::{Exchange, Refusal};
use crate::shared::Shared;
use pingora_core::connectors::http::Connector;
use pingora_core::protocols::http::client::HttpSession as ClientSession;
use pingora_core::protocols::http::{HttpTask, ServerSession};
use pingora_core::upstreams::peer::HttpPeer;
use pingora_error::{Error, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use std::future::Future;
use std::time::Instant;

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
    connector: &Connector,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
) -> Result<(), Failed> {
    let time = exchange.relay.as_ref().map_or(std::time::Duration::ZERO, Relay::timeout);
    let answered = tokio::time::timeout(time, header(connector, session, exchange)).await;
    let (mut backend, peer) = match answered {
        Ok(Ok(answered)) => answered,
        Ok(Err(Failed::Refused(refusal))) => return Err(refused(exchange, *refusal)),
        Ok(Err(broken)) => return Err(broken),
        Err(_late) => return Err(refused(exchange, timeout())),
    };
    let Some(response) = backend.response_header() else {
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
    connector.release_http_session(backend, &*peer, peer.options.idle_timeout).await;
    Ok(())
}

fn refused(exchange: &mut Exchange, refusal: Refusal) -> Failed {
    exchange.integration.latency = exchange.integration.started.map(|started: Instant| started.elapsed());
    exchange.integration.error.clone_from(&refusal.message);
    Failed::Refused(Box::new(refusal))
}

/// A body whose end only the backend's close tells is chunked for the client.
fn frame(response: &mut ResponseHeader, request: &RequestHeader) {
    let status = response.status.as_u16();
    let framed =
        response.headers.contains_key("content-length") || response.headers.contains_key("transfer-encoding");
    if !framed && !matches!(status, 204 | 304) && request.method != ::http::Method::HEAD {
        // `chunked` is a legal value, so this cannot fail.
        let _inserted = response.insert_header("Transfer-Encoding", "chunked");
    }
}

type Answered = (ClientSession<()>, Box<HttpPeer>);

/// Sends the request and waits for the answer's header; tries once more where nothing can have
/// been acted upon, and where a pooled connection was closed under an idempotent request.
async fn header(
    connector: &Connector,
    session: &mut ServerSession,
    exchange: &mut Exchange,
) -> Result<Answered, Failed> {
    let mut stale_left = 2;
    loop {
        let mut request = Box::new(session.req_header().clone());
        request.set_version(::http::Version::HTTP_11);
        relay::request(&mut request, exchange).map_err(|_| Failed::Refused(Box::new(Refusal::internal())))?;
        let idempotent = request.method.is_idempotent();
        let Some(relay) = &mut exchange.relay else {
            return Err(Failed::Refused(Box::new(Refusal::internal())));
        };
        let peer = relay.peer().await.map_err(backend_failed)?;
        let (mut backend, reused) = match connector.get_http_session(&*peer).await {
            Ok(connected) => connected,
            Err(_) if relay.may_retry() => continue,
            Err(error) => return Err(backend_failed(error)),
        };
        backend.set_read_timeout(Some(relay.timeout()));
        backend.set_write_timeout(Some(relay.timeout()));
        let asked = async {
            backend.write_request_header(request).await?;
            backend.finish_request_body().await?;
            loop {
                backend.read_response_header().await?;
                let interim =
                    backend.response_header().is_some_and(|header| header.status.is_informational());
                if !interim {
                    return Ok::<(), Box<Error>>(());
                }
            }
        };
        match unless_gone(session, asked).await? {
            Ok(()) => return Ok((backend, peer)),
            Err(error) => {
                let stale = reused && stale_left > 0 && idempotent;
                if !stale || matches!(error.etype(), ErrorType::ReadTimedout | ErrorType::InvalidHTTPHeader) {
                    return Err(backend_failed(error));
                }
                stale_left -= 1;
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made to be handed to map_err")]
fn backend_failed(error: Box<Error>) -> Failed {
    tracing::debug!(%error, "a call to an integration failed");
    Failed::Refused(Box::new(failure(&error)))
}

/// Does `work` unless the client goes away first.
async fn unless_gone<T>(session: &mut ServerSession, work: impl Future<Output = T>) -> Result<T, Failed> {
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
async fn body(
    session: &mut ServerSession,
    exchange: &mut Exchange,
    backend: &mut ClientSession<()>,
) -> Result<()> {
    loop {
        let part = match unless_gone(session, backend.read_response_body()).await {
            Ok(part) => part?,
            Err(Failed::Broken(error)) => return Err(error),
            Err(Failed::Refused(_)) => None,
        };
        let done = part.is_none() || backend.response_done();
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
