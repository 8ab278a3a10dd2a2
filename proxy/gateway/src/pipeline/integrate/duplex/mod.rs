//! HTTP_PROXY behind plugins that look at heads, or at the beginning of bodies.
//!
//! The node sends the request itself, what was read of its body first, and passes the rest on as it comes. The head of
//! the answer waits until the transform has seen what it may; then the answer streams while the request still may. At no
//! time more is held than what plugins see and one read of either side.

mod passing;
mod upload;

pub(in crate::pipeline) use upload::Upload;

use super::super::map_response;
use super::super::shown::Opening;
use super::direct::{Failed, refused};
use super::opened::{Opened, open};
use super::relay::{self, Relay};
use super::{failure, timeout};
use crate::backends::{Backend, Backends, Failed as CallFailed, Retries};
use crate::config::BodyAccess;
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::shared::Shared;
use crate::upstream::Upstream;
use bytes::Bytes;
use http::header::TRANSFER_ENCODING;
use passing::{Fault, Passing};
use pingora_core::protocols::http::ServerSession;
use pingora_http::{RequestHeader, ResponseHeader};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use upload::Rest;

/// What passes a request on.
pub(crate) struct Pass<'a> {
    pub(crate) backends: &'a Backends,
    pub(crate) shared: &'a Shared,
    /// The component that changes the answer.
    pub(crate) transform: Option<&'a Attached>,
}

impl Pass<'_> {
    /// Calls the backend and streams its answer to the client. An answer that has got another body comes back.
    pub(crate) async fn run(
        &self,
        session: &mut ServerSession,
        exchange: &mut Exchange,
        upload: Upload,
    ) -> Result<Option<(Box<ResponseHeader>, Bytes)>, Failed> {
        let (mut passing, mut response, ended) = self.answered(session, exchange, upload).await?;
        passing.upload.first = Bytes::new();
        if let Err(error) = relay::answered(&response, passing.exchange) {
            return Err(refused(passing.exchange, failure(&error)));
        }
        map_response::proxied(&mut response);
        response.remove_header(&TRANSFER_ENCODING);
        let opening = match self.opening(&mut passing, ended).await {
            Ok(opening) => opening,
            Err(fault) => return Err(passing.unanswered(fault)),
        };
        let header = passing.session.req_header_mut();
        let opened = open(self.transform, header, passing.exchange, response, opening).await;
        match opened.map_err(|refusal| Failed::Refused(Box::new(refusal)))? {
            Opened::Replaced(response, body) => Ok(Some((response, body))),
            Opened::Passes { response, held, whole } => {
                let has_ended = passing.send(response, held, whole, self.shared).await?;
                passing.finish(has_ended, self.backends).await;
                Ok(None)
            }
        }
    }

    /// Sends the request, and passes its body on until the header of the answer is there.
    async fn answered<'p>(
        &'p self,
        mut session: &'p mut ServerSession,
        mut exchange: &'p mut Exchange,
        mut upload: Upload,
    ) -> Result<(Passing<'p>, Box<ResponseHeader>, bool), Failed> {
        let internal = || Failed::Refused(Box::new(Refusal::internal()));
        let relay = exchange.relay.as_ref().ok_or_else(internal)?;
        let (mut upstream, time) = (Arc::clone(relay.upstream()), relay.timeout());
        if relay.withholds_body(exchange.verb) {
            upload.withhold();
        }
        let mut retries = Retries::of(&upstream);
        let answer_by = Instant::now() + time;
        loop {
            let Ok(request) = upload::request(session.req_header(), exchange, &upload) else {
                exchange.relay.iter_mut().for_each(Relay::abandon);
                return Err(internal());
            };
            let method = request.method.clone();
            let begun = timeout_at(answer_by, self.begin(&upstream, time, request, &upload)).await;
            let failed = match begun {
                Ok(Ok(connected)) => {
                    let limits = &self.shared.limits;
                    let mut passing =
                        Passing::new(session, exchange, limits, connected, upload, (time, answer_by));
                    match passing.head().await {
                        Ok((response, ended)) => return Ok((passing, response, ended)),
                        Err(Fault::Backend(error)) if !passing.upload.begun => {
                            let failed = CallFailed::on(passing.kept)(error);
                            (session, exchange, upload) = (passing.session, passing.exchange, passing.upload);
                            failed
                        }
                        Err(fault) => return Err(passing.unanswered(fault)),
                    }
                }
                Ok(Err(failed)) => failed,
                Err(_late) => return Err(refused(exchange, timeout())),
            };
            let Some(relay) = &mut exchange.relay else { return Err(internal()) };
            if retries.again(&failed, &method) {
                continue;
            }
            if matches!(failed, CallFailed::ToConnect(_)) && relay.target().next() {
                upstream = Arc::clone(relay.upstream());
                retries = Retries::of(&upstream);
                continue;
            }
            relay.target().failed();
            let error = failed.into_error();
            tracing::debug!(%error, "a call to an integration failed");
            return Err(refused(exchange, failure(&error)));
        }
    }

    async fn begin(
        &self,
        upstream: &Upstream,
        time: Duration,
        request: Box<RequestHeader>,
        upload: &Upload,
    ) -> Result<(Backend, bool), CallFailed> {
        let (mut backend, kept) = self.backends.begin(upstream, time, request, &upload.first).await?;
        if upload.rest != Rest::Passed {
            backend.session.finish_body().await.map_err(CallFailed::on(kept))?;
        }
        Ok((backend, kept))
    }

    /// Reads as much of the answer's body as the transform sees.
    async fn opening(&self, passing: &mut Passing<'_>, ended: bool) -> Result<Opening, Fault> {
        let access = self.transform.map_or(BodyAccess::None, |attached| attached.entry.response_body);
        let mut opening = Opening::new(access, &self.shared.buffers);
        if ended {
            opening.end();
        }
        // One time for all of it: nothing was sent to the client yet.
        passing.answer_by = Instant::now() + passing.time;
        while opening.is_short() {
            let (part, last) = passing.part().await?;
            opening.push(&part).map_err(|_full| Fault::Refused(Box::new(Refusal::busy())))?;
            if last {
                opening.end();
            }
        }
        Ok(opening)
    }
}
