//! Answers that are streamed to the client while they are made: of functions (AWS_PROXY), and of components in the
//! place of a backend (HTTP_PROXY). What backends stream takes [`super::direct`] and [`super::relay`].
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>.

use super::super::shown::Opening;
use super::super::{deliver, map_response, transform};
use super::direct::{Failed, frame, unless_gone};
use super::function::{self, Failed as Refused, event_of, failed, invoke_refused};
use super::http::{Call, Fault, serve_streamed};
use super::lambda::{Answer, Called, Function};
use super::messages::{Message, Messages};
use super::opened::{Opened, is_bodyless, open};
use super::{failure, timeout};
use crate::config::BodyAccess;
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::shared::Shared;
use bytes::{Bytes, BytesMut};
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_mapping::lambda::result::{ResultError, stream};
use edgewit_plan::plan::FunctionPlan;
use edgewit_plugin::{AnswerStream, printable_line};
use pingora_core::protocols::http::{HttpTask, ServerSession};
use pingora_error::{Error, ErrorSource, ErrorType};
use pingora_http::ResponseHeader;
use std::time::{Duration, Instant};

/// Calls the function and streams what it answers to the client. What a component answers is whole, and returned.
///
/// # Errors
/// 413 for an event that is too long, 500 for a stream that is none, 502 for a function that failed, 504 for one that
/// does not begin in time.
pub(in crate::pipeline) async fn run(
    plan: &FunctionPlan,
    function: &Function<'_>,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
    body: Bytes,
    transform: Option<&Attached>,
) -> Result<Option<(Box<ResponseHeader>, Bytes)>, Failed> {
    let header = session.req_header();
    let client_trace = header.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    exchange.trace_id(client_trace);
    let (event, _) = event_of(header, exchange, &body).map_err(refused)?;
    let started = Instant::now();
    exchange.integration.started = Some(started);
    let made = match function {
        Function::Component(_) => {
            let called = function.call(plan, session.req_header_mut(), exchange, &body, Bytes::from(event));
            whole(called.await.map_err(refused)?).map(Some)
        }
        Function::Endpoint(call) => {
            let began = begin(call, session, exchange, &body, Bytes::from(event)).await;
            match began {
                Err(Gone::Client(error)) => return Err(Failed::Broken(error)),
                Err(Gone::Refused(refused)) => Err(refused),
                Ok(mut begun) => {
                    deliver::trace(&mut begun.response, exchange).map_err(refused)?;
                    exchange.integration.latency = Some(started.elapsed());
                    exchange.integration.status = Some(200);
                    let left = plan.timeout.saturating_sub(started.elapsed());
                    return match pass(begun, session, exchange, shared, left, transform).await? {
                        Passed::Sent(Rest::Function(messages)) => {
                            messages.release(call.backends).await;
                            Ok(None)
                        }
                        Passed::Sent(Rest::Component(_)) => Ok(None),
                        Passed::Replaced(response, body) => Ok(Some((response, body))),
                    };
                }
            }
        }
    };
    exchange.integration.latency = Some(started.elapsed());
    match made {
        Ok(Some((mut response, body))) => {
            exchange.integration.status = Some(200);
            deliver::trace(&mut response, exchange).map_err(refused)?;
            let Some(attached) = transform else { return Ok(Some((response, body))) };
            let header = session.req_header_mut();
            transform::response(attached, header, exchange, response, body).await.map(Some).map_err(refused)
        }
        Ok(None) => Ok(None),
        Err((refusal, why)) => {
            exchange.integration.error = Some(why.into());
            Err(refused(refusal))
        }
    }
}

fn refused(refusal: Refusal) -> Failed {
    Failed::Refused(Box::new(refusal))
}

/// The stream that a component has returned as one text.
fn whole(called: Called) -> Result<(Box<ResponseHeader>, Bytes), Refused> {
    match called {
        Called::Late => {
            Err((timeout(), "the function took longer than the integration's timeout".to_owned()))
        }
        Called::Unavailable(refusal, why) => Err((refusal, why)),
        Called::Answered(Answer { error: Some(failure), .. }) => {
            Err(failed(502, &printable_line(&failure.error_message)))
        }
        Called::Answered(Answer { body, .. }) => {
            let (length, start) =
                stream::split(&body, 0).map_err(|error| malformed(&error))?.ok_or_else(no_zero_bytes)?;
            Ok((head(&body[..length])?, body.slice(start..)))
        }
    }
}

/// The answer's header out of the head of a stream.
fn head(json: &[u8]) -> Result<Box<ResponseHeader>, Refused> {
    let head = stream::head(json).map_err(|error| malformed(&error))?;
    function::header(head.status, &head.headers)
}

fn malformed(error: &ResultError) -> Refused {
    (Refusal::internal(), error.to_string())
}

fn no_zero_bytes() -> Refused {
    (Refusal::internal(), "the stream of the function ended before its eight zero bytes".to_owned())
}

/// HTTP_PROXY with a component in the backend's place.
///
/// # Errors
/// As [`Call::request`]; 504 for a component that does not begin in time, or breaks.
pub(in crate::pipeline) async fn component(
    call: &Call<'_>,
    component: &Attached,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
    body: Bytes,
    transform: Option<&Attached>,
) -> Result<Option<(Box<ResponseHeader>, Bytes)>, Failed> {
    let kind = IntegrationKind::HttpProxy;
    let request = call.request(session.req_header(), exchange, &body, body.len(), kind).map_err(refused)?;
    let started = Instant::now();
    exchange.integration.started = Some(started);
    let ids = exchange.ids.clone();
    let time = call.plan.timeout;
    let served = serve_streamed(component, &request, body, call.plan.target.tls, ids.request_id());
    let served = unless_gone(session, tokio::time::timeout(time, served)).await?;
    exchange.integration.latency = Some(started.elapsed());
    let (mut response, answer) = match served {
        Ok(Ok(served)) => served,
        Ok(Err(error)) => return Err(not_begun(failure(&error), exchange)),
        Err(_late) => return Err(not_begun(timeout(), exchange)),
    };
    exchange.integration.status = Some(response.status.as_u16());
    map_response::proxied(&mut response);
    let begun = Begun { response, first: Bytes::new(), rest: Rest::Component(answer), complete: false };
    let left = time.saturating_sub(started.elapsed());
    match pass(begun, session, exchange, shared, left, transform).await? {
        Passed::Sent(_) => Ok(None),
        Passed::Replaced(response, body) => Ok(Some((response, body))),
    }
}

/// An answer that was cut off after its header; the access log is all that can still tell of it.
fn broke(error: Box<Error>, exchange: &mut Exchange) -> Failed {
    if *error.esource() != ErrorSource::Downstream {
        tracing::debug!(%error, "a stream broke off");
        exchange.integration.error.get_or_insert_with(|| error.to_string().into());
    }
    Failed::Broken(error)
}

fn not_begun(refusal: Refusal, exchange: &mut Exchange) -> Failed {
    exchange.integration.error.clone_from(&refusal.message);
    refused(refusal)
}

/// A stream whose head is there.
struct Begun {
    response: Box<ResponseHeader>,
    /// What has come of the body with it.
    first: Bytes,
    rest: Rest,
    complete: bool,
}

/// Where the rest of a stream comes from.
enum Rest {
    Function(Box<Messages>),
    Component(AnswerStream),
}

impl Rest {
    async fn next(&mut self) -> Result<Message, Box<Error>> {
        match self {
            Self::Function(messages) => messages.next().await,
            Self::Component(answer) => Ok(match answer.next().await {
                Some(Ok(part)) => Message::Payload(part),
                Some(Err(error)) => Message::Failed(error.to_string()),
                None => Message::Complete,
            }),
        }
    }
}

/// Why there is no head.
enum Gone {
    Client(Box<Error>),
    Refused(Refused),
}

async fn begin(
    call: &Call<'_>,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    sent: &Bytes,
    event: Bytes,
) -> Result<Begun, Gone> {
    let request = call.request(session.req_header(), exchange, sent, event.len(), IntegrationKind::Aws);
    let request =
        request.map_err(|refusal| Gone::Refused((refusal, "the call cannot be made".to_owned())))?;
    let time = call.plan.timeout;
    let begun = tokio::time::timeout(time, async {
        let mut request = request;
        if let Some(signer) = call.signer {
            signer.sign(&mut request, &event).await.map_err(Fault::NoCredentials)?;
        }
        let (backend, mut target) = call.connected(&request, &event, 0).await.map_err(Fault::Error)?;
        let status = backend.session.get_status().map_or(0, |status| status.as_u16());
        target.answered(status);
        if status != 200 {
            exchange.integration.status = Some(status);
            return Ok(Err(invoke_refused(status)));
        }
        Ok(first(Messages::new(backend, target)).await)
    });
    match unless_gone(session, begun).await {
        Err(Failed::Broken(error)) => Err(Gone::Client(error)),
        Err(Failed::Refused(refusal)) => Err(Gone::Refused((*refusal, String::new()))),
        Ok(Err(_late)) => Err(Gone::Refused((timeout(), "the stream did not begin in time".to_owned()))),
        Ok(Ok(Err::<_, Fault>(fault))) => Err(Gone::Refused((fault.refusal(), fault.to_string()))),
        Ok(Ok(Ok(begun))) => begun.map_err(Gone::Refused),
    }
}

/// Reads until the head is there.
async fn first(mut messages: Messages) -> Result<Begun, Refused> {
    let mut bytes = BytesMut::new();
    let (mut complete, mut seen) = (false, 0);
    let (length, start) = loop {
        match messages.next().await.map_err(|error| failed(502, &error.to_string()))? {
            Message::Payload(payload) => bytes.extend_from_slice(&payload),
            Message::Failed(why) => return Err(failed(502, &why)),
            Message::Complete => complete = true,
        }
        match stream::split(&bytes, seen).map_err(|error| malformed(&error))? {
            Some(found) => break found,
            None if complete => return Err(no_zero_bytes()),
            None => seen = bytes.len(),
        }
    };
    let response = head(&bytes[..length])?;
    let first = bytes.freeze().slice(start..);
    Ok(Begun { response, first, rest: Rest::Function(Box::new(messages)), complete })
}

/// What has become of a stream.
enum Passed {
    /// The client has it.
    Sent(Rest),
    /// Its transform has put another body in the place of its own.
    Replaced(Box<ResponseHeader>, Bytes),
}

/// Sends the header, which the transform may change, and the body as it comes. An error of the function after the header
/// can only cut the answer off.
async fn pass(
    begun: Begun,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
    left: Duration,
    transform: Option<&Attached>,
) -> Result<Passed, Failed> {
    let deadline = tokio::time::Instant::now() + left;
    let Begun { response, first, mut rest, complete } = begun;
    let (opening, first) = match transform {
        None => (Opening::new(BodyAccess::None, &shared.buffers), first),
        Some(attached) => {
            let mut opening = Opening::new(attached.entry.response_body, &shared.buffers);
            opening.push(&first).map_err(|_full| refused(Refusal::busy()))?;
            if complete {
                opening.end();
            }
            fill(&mut opening, &mut rest, session, deadline).await?;
            (opening, Bytes::new())
        }
    };
    let opened = open(transform, session.req_header_mut(), exchange, response, opening).await;
    match opened.map_err(refused)? {
        Opened::Replaced(response, body) => Ok(Passed::Replaced(response, body)),
        Opened::Passes { response, held, whole } => {
            // Without a transform nothing was held back.
            let first = if held.is_empty() { first } else { held };
            let begun = Begun { response, first, rest, complete: complete || whole };
            let sent = send(begun, session, exchange, shared, deadline).await;
            sent.map(Passed::Sent).map_err(|error| broke(error, exchange))
        }
    }
}

/// Reads as much of a stream as its transform sees.
async fn fill(
    opening: &mut Opening,
    rest: &mut Rest,
    session: &mut ServerSession,
    deadline: tokio::time::Instant,
) -> Result<(), Failed> {
    while opening.is_short() {
        match unless_gone(session, tokio::time::timeout_at(deadline, rest.next())).await? {
            Ok(Ok(Message::Payload(part))) => {
                opening.push(&part).map_err(|_full| refused(Refusal::busy()))?;
            }
            Ok(Ok(Message::Complete)) => opening.end(),
            Ok(Ok(Message::Failed(why))) => return Err(refused(failed(502, &why).0)),
            Ok(Err(error)) => return Err(refused(failed(502, &error.to_string()).0)),
            Err(_late) => return Err(refused(timeout())),
        }
    }
    Ok(())
}

async fn send(
    begun: Begun,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
    deadline: tokio::time::Instant,
) -> Result<Rest, Box<Error>> {
    let Begun { mut response, first, mut rest, mut complete } = begun;
    let cut = |why: &str| Error::explain(ErrorType::ReadError, why.to_owned()).into_up();
    for name in ["content-length", "transfer-encoding"] {
        response.remove_header(name);
    }
    if session.req_header().version == http::Version::HTTP_11 {
        frame(&mut response, session.req_header());
    }
    deliver::head(&mut response, exchange);
    deliver::announce_end(session, shared);
    let bodyless = is_bodyless(&response, session.req_header());
    session.write_response_header(response).await?;
    if bodyless {
        session.write_response_body(Bytes::new(), true).await?;
        return Ok(rest);
    }
    let mut part = first;
    loop {
        if !part.is_empty() {
            session.response_duplex_vec(vec![HttpTask::Body(Some(part), false)]).await?;
        }
        if complete {
            session.write_response_body(Bytes::new(), true).await?;
            return Ok(rest);
        }
        let next = tokio::time::timeout_at(deadline, rest.next());
        part = match unless_gone(session, next).await {
            Ok(Ok(Ok(Message::Payload(payload)))) => payload,
            Ok(Ok(Ok(Message::Complete))) => {
                complete = true;
                Bytes::new()
            }
            Ok(Ok(Ok(Message::Failed(why)))) => {
                exchange.integration.error = Some(why.clone().into());
                return Err(cut(&why));
            }
            Ok(Ok(Err(error))) => return Err(error),
            Ok(Err(_late)) => return Err(cut("the stream took longer than the integration's timeout")),
            Err(Failed::Broken(error)) => return Err(error),
            Err(Failed::Refused(_)) => return Err(cut("the stream was refused")),
        };
    }
}
