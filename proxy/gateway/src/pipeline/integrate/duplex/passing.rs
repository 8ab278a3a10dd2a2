//! One request on its way to the backend, and the answer on its way back.

use super::super::super::body::{self, expects_continue};
use super::super::super::deliver;
use super::super::direct::{Failed, frame, refused, unless_gone};
use super::super::opened::is_bodyless;
use super::super::relay::Relay;
use super::super::{failure, network};
use super::upload::{Rest, Upload};
use crate::backends::{Backend, Backends};
use crate::exchange::{Exchange, Refusal};
use crate::shared::{RequestLimits, Shared};
use bytes::Bytes;
use edgewit_model::gateway_response::GatewayResponseType::REQUEST_TOO_LARGE;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Version};
use pingora_core::protocols::http::{HttpTask, ServerSession};
use pingora_error::{Error, ErrorType};
use pingora_http::ResponseHeader;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Time that a body which nobody wants has to end once the client has its answer.
const READ_AWAY: Duration = Duration::from_secs(1);

/// A request on its way.
pub(super) struct Passing<'a> {
    pub(super) session: &'a mut ServerSession,
    pub(super) exchange: &'a mut Exchange,
    pub(super) limits: &'a RequestLimits,
    pub(super) backend: Backend,
    pub(super) upload: Upload,
    /// The backend's connection was kept from another call.
    pub(super) kept: bool,
    /// The backend has the whole request.
    pub(super) sent: bool,
    /// Why it took no more of it.
    pub(super) refused: Option<Box<Error>>,
    /// Time for the header, and for each part of the body.
    pub(super) time: Duration,
    /// When the next of the answer has to be there.
    pub(super) answer_by: Instant,
}

/// What comes back from the backend.
enum Answer {
    /// The header, and whether it is all.
    Head(Box<ResponseHeader>, bool),
    /// A part of the body, and whether it is the last.
    Body(Bytes, bool),
}

/// Why nothing comes any more.
pub(super) enum Fault {
    /// The client is gone.
    Client(Box<Error>),
    /// The backend is, or breaks the protocol.
    Backend(Box<Error>),
    /// The gateway ends it.
    Refused(Box<Refusal>),
}

impl<'a> Passing<'a> {
    /// A request whose header was sent over this connection, which was `kept` from another call or not. `time` is for
    /// each part of the answer, and when the first has to be there.
    pub(super) fn new(
        session: &'a mut ServerSession,
        exchange: &'a mut Exchange,
        limits: &'a RequestLimits,
        (backend, kept): (Backend, bool),
        mut upload: Upload,
        (time, answer_by): (Duration, Instant),
    ) -> Self {
        upload.by = Instant::now() + limits.body_read_timeout;
        let sent = upload.rest != Rest::Passed;
        Self { session, exchange, limits, backend, upload, kept, sent, refused: None, time, answer_by }
    }

    /// The header of the answer, and whether it is all.
    pub(super) async fn head(&mut self) -> Result<(Box<ResponseHeader>, bool), Fault> {
        if self.upload.rest == Rest::Passed && expects_continue(self.session.req_header()) {
            // The backend never sees `Expect`, so nobody else tells the client to go on.
            self.session.write_continue_response().await.map_err(Fault::Client)?;
        }
        loop {
            match self.next().await? {
                Answer::Head(response, _) if response.status == 101 => {
                    let unasked = Error::explain(ErrorType::InvalidHTTPHeader, "another protocol, unasked");
                    return Err(Fault::Backend(unasked));
                }
                Answer::Head(response, _) if response.status.is_informational() => {}
                Answer::Head(response, ended) => return Ok((response, ended)),
                Answer::Body(..) => return Err(Fault::Refused(Box::new(network()))),
            }
        }
    }

    /// A part of the answer's body, and whether it is the last.
    pub(super) async fn part(&mut self) -> Result<(Bytes, bool), Fault> {
        let Answer::Body(part, last) = self.next().await? else {
            return Err(Fault::Refused(Box::new(network())));
        };
        if let Some(relay) = &mut self.exchange.relay {
            relay.count_answer(part.len()).map_err(Fault::Backend)?;
        }
        Ok((part, last))
    }

    /// Waits for the next of the answer, and passes on what comes of the request meanwhile.
    async fn next(&mut self) -> Result<Answer, Fault> {
        loop {
            let answer = timeout_at(self.answer_by, self.backend.session.read_response_task());
            let part = match self.upload.rest {
                Rest::Over => match unless_gone(self.session, answer).await {
                    Ok(answer) => return self.come(answer),
                    Err(Failed::Broken(error)) => return Err(Fault::Client(error)),
                    Err(Failed::Refused(refusal)) => return Err(Fault::Refused(refusal)),
                },
                Rest::Left => {
                    let answer = answer.await;
                    return self.come(answer);
                }
                Rest::Passed | Rest::ReadAway => tokio::select! {
                    answer = answer => return self.come(answer),
                    part = timeout_at(self.upload.by, self.session.read_request_body()) => part,
                },
            };
            self.take(part.unwrap_or_else(|_late| Err(body::late()))).await?;
        }
    }

    /// What the backend says next.
    fn come(
        &mut self,
        answer: Result<pingora_error::Result<HttpTask>, tokio::time::error::Elapsed>,
    ) -> Result<Answer, Fault> {
        match answer {
            Ok(Ok(HttpTask::Header(response, ended))) => Ok(Answer::Head(response, ended)),
            Ok(Ok(HttpTask::Body(part, last))) => Ok(Answer::Body(part.unwrap_or_default(), last)),
            Ok(Ok(HttpTask::Failed(error)) | Err(error)) => {
                Err(Fault::Backend(self.refused.take().unwrap_or(error)))
            }
            Ok(Ok(_over)) => Ok(Answer::Body(Bytes::new(), true)),
            Err(_late) => {
                Err(Fault::Backend(Error::explain(ErrorType::ReadTimedout, "while waiting for the answer")))
            }
        }
    }

    /// Takes a part of the request's body, and passes it on if the backend still wants it.
    async fn take(&mut self, part: pingora_error::Result<Option<Bytes>>) -> Result<(), Fault> {
        let now = Instant::now();
        self.upload.by = now + self.limits.body_read_timeout;
        let wanted = self.upload.rest == Rest::Passed;
        let part = match part {
            Ok(part) => part,
            // A client that waits for its answer before it sends what nobody wants.
            Err(error) if !wanted && *error.etype() == ErrorType::ReadTimedout => {
                self.upload.rest = Rest::Left;
                return Ok(());
            }
            Err(error) => return Err(Fault::Client(error.into_down())),
        };
        let over = part.is_none() || self.session.is_body_done();
        let part = part.unwrap_or_default();
        self.upload.length += part.len() as u64;
        if self.upload.length > self.limits.payload_bytes {
            if wanted {
                return Err(Fault::Refused(Box::new(Refusal::too_large(self.limits.payload_bytes))));
            }
            self.upload.rest = Rest::Left;
            return Ok(());
        }
        if wanted {
            self.upload.begun = true;
            self.refused = self.pass(&part, over).await.err();
            // As long as the request comes, the answer need not.
            self.answer_by = Instant::now() + self.time;
            if self.refused.is_some() {
                // Its answer may say why.
                self.upload.rest = Rest::ReadAway;
            }
        }
        if over {
            self.upload.rest = Rest::Over;
        }
        Ok(())
    }

    async fn pass(&mut self, part: &[u8], last: bool) -> pingora_error::Result<()> {
        // An empty chunk would end the body.
        if !part.is_empty() {
            self.backend.session.write_body(part).await?;
        }
        if last {
            self.backend.session.finish_body().await?;
            self.sent = true;
            self.exchange.relay.iter_mut().for_each(Relay::sent);
        }
        Ok(())
    }

    /// What becomes of the request where nothing was sent to the client yet.
    pub(super) fn unanswered(self, fault: Fault) -> Failed {
        let relay = self.exchange.relay.iter_mut();
        match fault {
            Fault::Client(error) => {
                relay.for_each(Relay::abandon);
                Failed::Broken(error)
            }
            Fault::Refused(refusal) => {
                if refusal.kind == REQUEST_TOO_LARGE {
                    relay.for_each(Relay::abandon);
                }
                refused(self.exchange, *refusal)
            }
            Fault::Backend(error) => {
                // What the node does not take says nothing about the target.
                let late_or_gone = *error.etype() != ErrorType::InternalError;
                relay.for_each(|relay| if late_or_gone { relay.target().failed() } else { relay.abandon() });
                tracing::debug!(%error, "a call to an integration failed");
                refused(self.exchange, failure(&error))
            }
        }
    }

    /// Sends the answer as it comes; whether it has come to its end.
    pub(super) async fn send(
        &mut self,
        mut response: Box<ResponseHeader>,
        held: Bytes,
        whole: bool,
        shared: &Shared,
    ) -> Result<bool, Failed> {
        let request = self.session.req_header();
        let bodyless = is_bodyless(&response, request);
        if whole && !bodyless {
            let length = HeaderValue::from(held.len());
            response.insert_header(CONTENT_LENGTH, length).map_err(Failed::Broken)?;
        }
        response.set_version(Version::HTTP_11);
        if request.version == Version::HTTP_11 {
            frame(&mut response, request);
        }
        deliver::head(&mut response, self.exchange);
        deliver::announce_end(self.session, shared);
        self.session.write_response_header(response).await.map_err(Failed::Broken)?;
        if !bodyless {
            self.body(held, whole).await.map_err(|fault| self.cut(fault))?;
        }
        self.session.write_response_body(Bytes::new(), true).await.map_err(Failed::Broken)?;
        Ok(whole || !bodyless)
    }

    async fn body(&mut self, held: Bytes, whole: bool) -> Result<(), Fault> {
        let (mut part, mut last) = (held, whole);
        loop {
            if !part.is_empty() {
                // Sent at once, however little it is: the backend may have nothing more to say for a while.
                let task = vec![HttpTask::Body(Some(part), false)];
                self.session.response_duplex_vec(task).await.map_err(Fault::Client)?;
            }
            if last {
                return Ok(());
            }
            self.answer_by = Instant::now() + self.time;
            (part, last) = self.part().await?;
        }
    }

    /// An answer that has begun can only be broken off.
    fn cut(&mut self, fault: Fault) -> Failed {
        let error = match fault {
            Fault::Client(error) => return Failed::Broken(error),
            Fault::Backend(error) => {
                // What the node does not take says nothing about the target.
                if *error.etype() != ErrorType::InternalError {
                    self.exchange.relay.iter_mut().for_each(Relay::broke);
                }
                error.into_up()
            }
            Fault::Refused(refusal) => {
                let why = refusal.message.unwrap_or_default().into_owned();
                Error::explain(ErrorType::InternalError, why).into_in()
            }
        };
        tracing::debug!(%error, "an answer broke off");
        self.exchange.integration.error.get_or_insert_with(|| error.to_string().into());
        Failed::Broken(error)
    }

    /// The client has its answer: what is left of its body passes, or is read away. That it fails is of no interest.
    pub(super) async fn finish(mut self, has_ended: bool, backends: &Backends) {
        let until = match self.upload.rest {
            Rest::ReadAway => Some(Instant::now() + READ_AWAY),
            _ => None,
        };
        while matches!(self.upload.rest, Rest::Passed | Rest::ReadAway) {
            let by = until.unwrap_or(self.upload.by);
            let Ok(part) = timeout_at(by, self.session.read_request_body()).await else { break };
            if self.take(part).await.is_err() {
                break;
            }
        }
        if has_ended && self.sent && self.refused.is_none() {
            backends.release(self.backend).await;
        }
    }
}
