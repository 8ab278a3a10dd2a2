//! Answers that are streamed to the client while they are made: of functions (AWS_PROXY), and of components in the
//! place of a backend (HTTP_PROXY). What backends stream takes [`super::direct`] and [`super::relay`].
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>.

use super::super::{deliver, map_response};
use super::direct::{Failed, frame, unless_gone};
use super::function::{self, Failed as Refused, event_of, failed, invoke_refused};
use super::http::{Call, Fault, serve_streamed};
use super::lambda::{Answer, Called, Function};
use super::{failure, timeout};
use crate::backends::{Backend, Backends};
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::shared::Shared;
use crate::targets::Chosen;
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use bytes::{Bytes, BytesMut};
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_mapping::lambda::result::{ResultError, stream};
use edgewit_plan::plan::FunctionPlan;
use edgewit_plugin::{AnswerStream, printable_line};
use pingora_core::protocols::http::{HttpTask, ServerSession};
use pingora_error::{Error, ErrorSource, ErrorType};
use pingora_http::ResponseHeader;
use std::time::{Duration, Instant};

/// Bytes of one message of an event stream; Lambda's have at most 16 KB of payload.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Time that the end of a body has to come after the last message.
const END_TIMEOUT: Duration = Duration::from_millis(100);

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
                    let rest = pass(begun, session, exchange, shared, left).await;
                    if let Rest::Function(messages) = rest.map_err(|error| broke(error, exchange))? {
                        messages.release(call.backends).await;
                    }
                    return Ok(None);
                }
            }
        }
    };
    exchange.integration.latency = Some(started.elapsed());
    match made {
        Ok(Some((mut response, body))) => {
            exchange.integration.status = Some(200);
            deliver::trace(&mut response, exchange).map_err(refused)?;
            Ok(Some((response, body)))
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
) -> Result<(), Failed> {
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
    pass(begun, session, exchange, shared, left).await.map(drop).map_err(|error| broke(error, exchange))
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
        let messages = Messages {
            backend,
            _target: target,
            decoder: MessageFrameDecoder::new(),
            unread: BytesMut::new(),
        };
        Ok(first(messages).await)
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

/// Sends the header and the body as it comes. An error of the function after the header can only cut the answer off.
async fn pass(
    begun: Begun,
    session: &mut ServerSession,
    exchange: &mut Exchange,
    shared: &Shared,
    left: Duration,
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
    let bodyless =
        matches!(response.status.as_u16(), 204 | 304) || session.req_header().method == http::Method::HEAD;
    session.write_response_header(response).await?;
    if bodyless {
        session.write_response_body(Bytes::new(), true).await?;
        return Ok(rest);
    }
    let deadline = tokio::time::Instant::now() + left;
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

/// The messages of an event stream (`application/vnd.amazon.eventstream`).
struct Messages {
    backend: Backend,
    _target: Chosen,
    decoder: MessageFrameDecoder,
    unread: BytesMut,
}

enum Message {
    Payload(Bytes),
    Complete,
    /// The function has failed: what it says.
    Failed(String),
}

impl Messages {
    /// Gives the connection back, where the stream has come to its end on it.
    async fn release(mut self, backends: &Backends) {
        let end = tokio::time::timeout(END_TIMEOUT, self.backend.session.read_body_bytes()).await;
        if matches!(end, Ok(Ok(None))) {
            backends.release(self.backend).await;
        }
    }

    async fn next(&mut self) -> Result<Message, Box<Error>> {
        let broken = |why: String| Error::explain(ErrorType::ReadError, why);
        loop {
            let decoded = self.decoder.decode_frame(&mut self.unread);
            if let DecodedFrame::Complete(message) = decoded.map_err(|error| broken(error.to_string()))? {
                if let Some(message) = read(&message) {
                    return Ok(message);
                }
                continue;
            }
            if self.unread.len() > MAX_MESSAGE_BYTES {
                return Err(broken(format!("a message of more than {MAX_MESSAGE_BYTES} bytes")));
            }
            match self.backend.session.read_body_bytes().await? {
                Some(part) => self.unread.extend_from_slice(&part),
                None => return Err(broken("the stream ended before it was complete".to_owned())),
            }
        }
    }
}

/// `None` for messages of kinds that are not known, which are to be read over.
fn read(message: &aws_smithy_types::event_stream::Message) -> Option<Message> {
    let text = |name: &str| {
        let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
        Some(header.value().as_string().ok()?.as_str())
    };
    if text(":message-type") != Some("event") {
        return Some(Message::Failed(text(":exception-type").unwrap_or("an error of Lambda").to_owned()));
    }
    match text(":event-type")? {
        "PayloadChunk" => Some(Message::Payload(message.payload().clone())),
        "InvokeComplete" => {
            let said = serde_json::from_slice::<serde_json::Value>(message.payload()).unwrap_or_default();
            let text =
                |key: &str| said.get(key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
            Some(match text("ErrorCode") {
                None => Message::Complete,
                Some(code) => {
                    let details = text("ErrorDetails").unwrap_or_default();
                    Message::Failed(printable_line(&format!("{code}: {details}")))
                }
            })
        }
        _ => None,
    }
}
