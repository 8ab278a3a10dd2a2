//! The pipeline: the way of a request, in one direction.
//!
//! Each stage is a file with one entry. [`Pipeline`] ties them to Pingora's hooks: stages up to
//! the integration run in `request_filter`; what Pingora proxies then passes the remaining hooks,
//! what the node answers itself passes the same stages from [`Pipeline::answer`].

mod asked;
pub(crate) mod authorize;
pub mod body;
mod coding;
mod content;
mod deliver;
mod dispatch;
mod domain;
mod firewall;
pub mod integrate;
mod logged;
mod map_request;
mod map_response;
mod names;
mod record;
mod refuse;
mod route;
mod shown;
mod templates;
mod transform;
mod validate;
mod whole;

use crate::backends::Backends;
use crate::config::BodyAccess;
use crate::exchange::{Exchange, Refusal};
use crate::invoke::Trial;
use crate::shared::Shared;
use async_trait::async_trait;
use body::{BodyError, Collected};
use bytes::Bytes;
use edgewit_mapping::coding::Coding;
use edgewit_plan::plan::RouteAuthorization;
use pingora_core::protocols::Digest;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_error::{Error, ErrorSource, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_proxy::{FailToProxy, ProxyHttp, Session};
use std::sync::Arc;
use std::time::Duration;

/// One worker's pipeline. Upstream connections are pooled per worker, so that a connection is
/// always driven by the thread that opened it.
pub struct Pipeline {
    shared: Arc<Shared>,
    backends: Backends,
    /// The one request that it is for, where that is a test.
    trial: Option<Arc<Trial>>,
}

/// Why a request does not go on.
enum Stop {
    /// The gateway answers.
    Refused(Box<Refusal>),
    /// The client is gone.
    Broken(Box<Error>),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(Box::new(refusal))
    }
}

impl From<BodyError> for Stop {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Refused(refusal) => refusal.into(),
            BodyError::Broken(error) => Stop::Broken(error),
        }
    }
}

/// What the firewall comes to.
enum Filtered {
    /// The request goes on, with its body as far as that was read.
    Passed(Collected),
    /// The firewall answers.
    Blocked(Box<ResponseHeader>, Bytes),
}

/// What the stages before the integration come to.
enum Next {
    /// Pingora carries the request on.
    Relay,
    /// The client has its answer.
    Sent,
    /// The node has an answer.
    Answer(Box<ResponseHeader>, Bytes),
}

impl Pipeline {
    /// A pipeline over what all workers share.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, backends: Backends::new(), trial: None }
    }

    /// The same for one test invocation.
    pub(crate) fn of_trial(shared: Arc<Shared>, trial: Arc<Trial>) -> Self {
        Self { trial: Some(trial), ..Self::new(shared) }
    }

    /// Stages 2 to 11, or to the point where Pingora takes over.
    async fn run(&self, session: &mut Session, exchange: &mut Exchange) -> Result<Next, Stop> {
        let local = session.server_addr().and_then(|address| address.as_inet());
        let loopback = local.is_some_and(|address| address.ip().is_loopback());
        exchange.local_port = local.map_or(0, |address| address.port());
        check_target(session.req_header(), &self.shared)?;
        if exchange.place.is_none() {
            let generation = self.shared.generation();
            domain::run(&generation, session.req_header(), loopback, exchange)?;
        }
        body::check_announced(&session.req_header().headers, self.shared.limits.payload_bytes)?;
        let mut collected = Collected::unread(&mut session.downstream_session);
        if !exchange.trial && exchange.stage().is_some_and(|stage| stage.firewall.is_some()) {
            match Box::pin(self.firewall(session, exchange, collected)).await? {
                Filtered::Passed(body) => collected = body,
                Filtered::Blocked(response, body) => return Ok(Next::Answer(response, body)),
            }
        }
        route::run(session.req_header_mut(), exchange)?;
        if let Some(log) = exchange.log.clone() {
            collected = Box::pin(self.whole_of(session, collected)).await?;
            logged::request(&log, session.req_header(), exchange, collected.bytes());
        }
        if !exchange.trial {
            authorize::run(session.req_header_mut(), exchange).await?;
        }
        if let Some(coding) = coding::of_request(session.req_header(), exchange)?
            && !session.is_body_empty()
        {
            collected = Box::pin(self.decoded(session, collected, coding)).await?;
        }
        validate::parameters(session.req_header(), exchange)?;
        if validate::wants_body(exchange) {
            collected = Box::pin(self.whole_of(session, collected)).await?;
            validate::body(session.req_header(), exchange, &collected)?;
        }
        self.integrate(session, exchange, collected).await
    }

    /// The body as it was before the client compressed it.
    async fn decoded(
        &self,
        session: &mut Session,
        collected: Collected,
        coding: Coding,
    ) -> Result<Collected, Stop> {
        let body = self.whole_of(session, collected).await?;
        let body = coding::decode(body.share(), coding, self.shared.limits.payload_bytes).await?;
        session.req_header_mut().remove_header(&http::header::CONTENT_ENCODING);
        let body = self.shared.buffers.hold(body).map_err(|_full| Refusal::busy())?;
        Ok(body.into())
    }

    /// The body comes along as far as the firewall has looked at it.
    async fn firewall(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
        unread: Collected,
    ) -> Result<Filtered, Stop> {
        let stage = exchange.stage().map(Arc::clone);
        let Some(attached) = stage.as_ref().and_then(|stage| stage.firewall.as_ref()) else {
            return Ok(Filtered::Passed(unread));
        };
        match firewall::head(attached, session.req_header_mut(), exchange).await? {
            firewall::Judged::Pass => Ok(Filtered::Passed(unread)),
            firewall::Judged::Blocked(response, body) => Ok(Filtered::Blocked(response, body)),
            firewall::Judged::ReadBody => {
                let body = self.shown(session, unread, attached.entry.request_body).await?;
                match firewall::body(attached, session.req_header_mut(), exchange, &body).await? {
                    firewall::Judged::Blocked(response, body) => Ok(Filtered::Blocked(response, body)),
                    _ => Ok(Filtered::Passed(body)),
                }
            }
        }
    }

    /// The body, read as far as a plugin with this access has to see it.
    async fn shown(
        &self,
        session: &mut Session,
        earlier: Collected,
        access: BodyAccess,
    ) -> Result<Collected, Stop> {
        let Some(most) = access.most() else { return Ok(earlier) };
        let announced_more = access.rules_out(&session.req_header().headers);
        if let Some(most) = announced_more.filter(|_| !earlier.is_whole()) {
            return Err(Refusal::too_large(most as u64).into());
        }
        let Shared { limits, buffers, .. } = &*self.shared;
        Ok(body::first(&mut session.downstream_session, limits, buffers, earlier, most).await?)
    }

    /// All of the body, for a stage that works on it.
    async fn whole_of(&self, session: &mut Session, earlier: Collected) -> Result<Collected, Stop> {
        let Shared { limits, buffers, .. } = &*self.shared;
        let whole = body::collect(&mut session.downstream_session, limits, buffers, earlier).await?;
        Ok(whole.mark_worked_on())
    }
}

/// Refuses targets over the limit, which HTTP/2 requests have not been checked for yet.
fn check_target(header: &RequestHeader, shared: &Shared) -> Result<(), Refusal> {
    let length = header.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if length > shared.limits.target_bytes {
        let kind = edgewit_model::gateway_response::GatewayResponseType::DEFAULT_4XX;
        return Err(Refusal::new(kind, "Request URI too long", "RequestUriTooLongException").with_status(414));
    }
    Ok(())
}

#[async_trait]
impl ProxyHttp for Pipeline {
    type CTX = Exchange;

    fn new_ctx(&self) -> Exchange {
        self.trial.as_ref().map_or_else(Exchange::new, |trial| trial.exchange())
    }

    async fn request_filter(&self, session: &mut Session, exchange: &mut Exchange) -> Result<bool> {
        if let Some(address) = session.client_addr().and_then(|address| address.as_inet()) {
            exchange.client = address.ip();
        }
        if session.is_http2() {
            // The connection's own deadline does not see a client that closes the window of one stream.
            session.set_write_timeout(Some(self.shared.limits.write_timeout));
        }
        if let Some(id) = session.req_header().headers.get(&names::REQUEST_ID) {
            exchange.id_replaced = !exchange.ids.adopt(id.as_bytes());
        }
        let next = self.run(session, exchange).await;
        deliver::announce_end(&mut session.downstream_session, &self.shared);
        match next {
            Ok(Next::Relay) => {
                self.begin_relay(session, exchange).await?;
                Ok(false)
            }
            Ok(Next::Sent) => Ok(true),
            Ok(Next::Answer(mut response, body)) => {
                if let Some(log) = &exchange.log {
                    log.completed(&response, &body);
                }
                let body = match coding::of_answer(session.req_header(), exchange) {
                    Some(compressed) => Box::pin(coding::encode(compressed, &mut response, body)).await,
                    None => body,
                };
                deliver::respond(&mut session.downstream_session, exchange, response, body).await?;
                Ok(true)
            }
            Err(Stop::Refused(refusal)) => {
                refuse::run(&mut session.downstream_session, exchange, *refusal).await?;
                Ok(true)
            }
            Err(Stop::Broken(error)) => Err(error.into_down()),
        }
    }

    async fn upstream_peer(&self, _session: &mut Session, exchange: &mut Exchange) -> Result<Box<HttpPeer>> {
        match &mut exchange.relay {
            Some(relay) => relay.peer().await,
            None => Error::e_explain(ErrorType::InternalError, "a request without a relay reached the proxy"),
        }
    }

    fn fail_to_connect(
        &self,
        _session: &mut Session,
        _peer: &HttpPeer,
        exchange: &mut Exchange,
        mut error: Box<Error>,
    ) -> Box<Error> {
        // Nothing was sent, so another address may always be tried.
        let retry = exchange.relay.as_mut().is_some_and(integrate::Relay::may_retry);
        error.set_retry(retry);
        error
    }

    async fn upstream_request_filter(
        &self,
        _session: &mut Session,
        request: &mut RequestHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        integrate::relay::request(request, exchange)
    }

    async fn request_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        _end_of_stream: bool,
        exchange: &mut Exchange,
    ) -> Result<()> {
        let upgraded = exchange.status == 101;
        if let (Some(part), false) = (body, upgraded) {
            exchange.body_bytes += part.len() as u64;
            if exchange.body_bytes > self.shared.limits.payload_bytes {
                exchange.refusal = Some(Refusal::too_large(self.shared.limits.payload_bytes));
                return Error::e_explain(ErrorType::HTTPStatus(413), "the request body is too large");
            }
        }
        Ok(())
    }

    async fn upstream_response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        if response.status.is_informational() && response.status != 101 {
            return Ok(());
        }
        integrate::relay::answered(response, exchange)?;
        map_response::proxied(response);
        if response.status == 101 {
            return Ok(());
        }
        transform::relayed(session.req_header_mut(), exchange, response).await
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        if response.status.is_informational() && response.status != 101 {
            return Ok(());
        }
        deliver::head(response, exchange);
        deliver::announce_end(&mut session.downstream_session, &self.shared);
        Ok(())
    }

    fn response_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        _end_of_stream: bool,
        exchange: &mut Exchange,
    ) -> Result<Option<Duration>> {
        if let (Some(part), Some(relay), true) = (body, &mut exchange.relay, exchange.status != 101) {
            relay.count_answer(part.len())?;
        }
        Ok(None)
    }

    async fn fail_to_proxy(
        &self,
        session: &mut Session,
        error: &Error,
        exchange: &mut Exchange,
    ) -> FailToProxy {
        let unanswered = session.response_written().is_none();
        let to_client = *error.esource() == ErrorSource::Downstream;
        let from_target = *error.esource() == ErrorSource::Upstream && exchange.refusal.is_none();
        match &mut exchange.relay {
            Some(relay) if !from_target => relay.abandon(),
            Some(relay) if !unanswered => relay.broke(),
            _ => {}
        }
        if unanswered && !to_client {
            let refusal = exchange.refusal.take().unwrap_or_else(|| integrate::failure(error));
            exchange.integration.error.clone_from(&refusal.message);
            if exchange.integration.latency.is_none() {
                exchange.integration.latency = exchange.integration.started.map(|started| started.elapsed());
            }
            tracing::debug!(%error, "a call to an integration failed");
            // Pingora closes after a failed relay, so the answer must say so.
            session.set_keepalive(None);
            if let Err(error) = refuse::run(&mut session.downstream_session, exchange, refusal).await {
                tracing::debug!(%error, "a failed call could not be answered");
            }
        }
        FailToProxy { error_code: exchange.status, can_reuse_downstream: false }
    }

    /// Everything that goes wrong is in the access log and in the metrics.
    fn suppress_error_log(&self, _session: &Session, _exchange: &Exchange, _error: &Error) -> bool {
        true
    }

    async fn connected_to_upstream(
        &self,
        session: &mut Session,
        _reused: bool,
        _peer: &HttpPeer,
        _fd: std::os::unix::io::RawFd,
        _digest: Option<&Digest>,
        exchange: &mut Exchange,
    ) -> Result<()> {
        // An upgraded connection may be silent longer than a request body may.
        if exchange.relay.as_ref().is_some_and(integrate::Relay::upgrade) {
            session.set_read_timeout(Some(self.shared.limits.upgrade_idle));
        }
        Ok(())
    }

    async fn logging(&self, session: &mut Session, _error: Option<&Error>, exchange: &mut Exchange) {
        record::run(&session.downstream_session, exchange);
    }
}

impl Pipeline {
    async fn begin_relay(&self, session: &mut Session, exchange: &Exchange) -> Result<()> {
        // The backend never sees `Expect`, so the client would wait for an answer that nobody sends.
        if body::expects_continue(session.req_header()) && !session.is_body_empty() {
            session.write_continue_response().await?;
        }
        debug_assert!(!matches!(
            exchange.route().map(|r| &r.authorization),
            Some(RouteAuthorization::Unavailable(_))
        ));
        Ok(())
    }
}
