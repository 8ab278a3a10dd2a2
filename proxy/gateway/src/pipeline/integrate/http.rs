//! A call to an HTTP backend that the node makes itself, with whole bodies both ways.
//!
//! HTTP integrations always come here, HTTP_PROXY ones when the body was needed before the call.

use super::super::body::capacity;
use super::super::{content, deliver, map_request, map_response, templates, transform};
use super::relay::announces_empty_body;
use super::{failure, sends_body, timeout, unmatched};
use crate::aws::Signer;
use crate::backends::{Backend, Backends, Failed, Retries};
use crate::buffers::Buffers;
use crate::exchange::{Exchange, Refusal};
use crate::execution_log::ExecutionLog;
use crate::generation::Attached;
use crate::guard::Guarded;
use crate::targets::{Chosen, Targets};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::forwarding::{IntegrationKind, request_header};
use edgewit_model::api::Verb;
use edgewit_plan::integration::HttpPlan;
use edgewit_plugin::{AnswerStream, NoRequest, PluginError, PluginRequest};
use pingora_error::{Error, ErrorType};
use pingora_http::{RequestHeader, ResponseHeader};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// What is needed to call a backend.
pub(crate) struct Call<'a> {
    pub backends: &'a Backends,
    pub targets: &'a Targets,
    pub plan: &'a HttpPlan,
    /// Bytes that the answer's body may have.
    pub limit: u64,
    /// Room for it.
    pub buffers: &'a Arc<Buffers>,
    /// The component that answers in the backend's place.
    pub component: Option<&'a Attached>,
    /// Who signs the call.
    pub signer: Option<&'a Signer>,
}

/// For whom a backend is called.
pub(super) struct Asker<'a> {
    pub(super) request_id: &'a str,
    /// Which target it goes to, where that depends on the request.
    pub(super) key: u64,
    pub(super) log: Option<&'a ExecutionLog>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(in crate::pipeline) enum Fault {
    /// The call failed.
    Error(Box<Error>),
    /// Its time was over.
    Late,
    /// There is nobody to sign it.
    NoCredentials(Arc<str>),
    /// The node has no room for the answer.
    Full,
}

impl From<Box<Error>> for Fault {
    fn from(error: Box<Error>) -> Self {
        Self::Error(error)
    }
}

impl Fault {
    /// What the client gets.
    pub(super) fn refusal(&self) -> Refusal {
        match self {
            Self::Error(error) => failure(error),
            Self::Late => timeout(),
            Self::NoCredentials(_) => Refusal::configuration(),
            Self::Full => Refusal::busy(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Late => f.write_str("the integration's time was over"),
            Self::NoCredentials(why) => f.write_str(why),
            Self::Full => f.write_str("the node holds as many bytes of bodies as it may"),
        }
    }
}

impl Call<'_> {
    /// Calls an HTTP integration: only what is mapped is sent, the answer passes the integration response.
    pub(crate) async fn mapped(
        &self,
        header: &mut RequestHeader,
        exchange: &mut Exchange,
        sent: &Bytes,
        body: Bytes,
    ) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
        let body = templates::body(&self.plan.templates, header, body)?;
        let kind = self.plan.mapped_kind();
        let request = self.request(header, exchange, sent, body.len(), kind)?;
        let (response, body) =
            self.send(request, body, self.targets.key(header, exchange.client), exchange).await?;
        let mut status = itoa::Buffer::new();
        let plan = self.plan.responses.select(status.format(response.status.as_u16()));
        let plan = plan.ok_or_else(|| unmatched(response.status.as_u16()))?;
        let body =
            content::response(plan.content_handling, exchange, &header.headers, &response.headers, &body)?;
        let view = View::new(header, exchange);
        let mapped = map_response::run(plan, kind, &view, Some(&response), body)?;
        let (mut out, body) = templates::response(mapped, header, exchange).await?;
        deliver::trace(&mut out, exchange)?;
        Ok((out, body))
    }

    /// Calls an HTTP_PROXY integration whose body had to be read first.
    pub(crate) async fn proxied(
        &self,
        header: &RequestHeader,
        exchange: &mut Exchange,
        body: Bytes,
    ) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
        let request = self.request(header, exchange, &body, body.len(), IntegrationKind::HttpProxy)?;
        let (mut response, body) =
            self.send(request, body, self.targets.key(header, exchange.client), exchange).await?;
        map_response::proxied(&mut response);
        response.remove_header("transfer-encoding");
        Ok((response, body))
    }

    /// The request that is sent, but for its signature.
    pub(super) fn request(
        &self,
        header: &RequestHeader,
        exchange: &mut Exchange,
        sent: &Bytes,
        length: usize,
        kind: IntegrationKind,
    ) -> Result<Box<RequestHeader>, Refusal> {
        let mut view = View::new(header, exchange);
        view.body = Some(sent);
        let mapped = map_request::run(self.plan, kind, &view)?;
        let fixed = self.plan.target.fixed.as_deref();
        let target = mapped.target.as_deref().or(fixed).unwrap_or("/");
        let method = self.plan.method.or(exchange.verb).unwrap_or(Verb::GET).as_str();
        let internal = |_| Refusal::internal();
        let mut request = RequestHeader::build(method, target.as_bytes(), Some(12)).map_err(internal)?;
        if kind == IntegrationKind::HttpProxy {
            let mut pass = |name: String, value: &::http::HeaderValue| {
                if request_header(kind, &name.to_ascii_lowercase()) {
                    request.append_header(name, value.clone()).map_err(internal)?;
                }
                Ok::<(), Refusal>(())
            };
            // HTTP/2 keeps no spelling of names.
            if header.version == ::http::Version::HTTP_2 {
                for (name, value) in &header.headers {
                    pass(name.as_str().to_owned(), value)?;
                }
            } else {
                for (name, value) in header.case_header_iter() {
                    pass(String::from_utf8_lossy(name.as_slice()).into_owned(), value)?;
                }
            }
            map_request::join_repeated(&mut request).map_err(internal)?;
        } else if sends_content_type(exchange.verb)
            && let Some(value) = header.headers.get("content-type")
        {
            request.insert_header("Content-Type", value.clone()).map_err(internal)?;
        }
        let service = self.plan.service.as_ref();
        for (name, value) in service.into_iter().flat_map(|service| &service.headers) {
            request.insert_header(*name, &**value).map_err(internal)?;
        }
        let trace = header.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
        let upstream = self.targets.any().ok_or_else(Refusal::configuration)?;
        let accept = service.is_none_or(|service| service.accepts_json);
        map_request::set_gateway_headers(&mut request, upstream, &mapped, exchange, trace, accept)
            .map_err(internal)?;
        if let Some(changes) = exchange.changes.take() {
            transform::apply(&changes, &mut request).map_err(internal)?;
        }
        if sends_body(method) && (length > 0 || announces_empty_body(method)) {
            request.insert_header("Content-Length", length).map_err(internal)?;
        }
        Ok(Box::new(request))
    }

    async fn send(
        &self,
        request: Box<RequestHeader>,
        body: Bytes,
        key: u64,
        exchange: &mut Exchange,
    ) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
        let started = Instant::now();
        exchange.integration.started = Some(started);
        let body = if sends_body(request.method.as_str()) { body } else { Bytes::new() };
        let ids = exchange.ids.clone();
        let log = exchange.log.clone();
        let asker = Asker { request_id: ids.request_id(), key, log: log.as_deref() };
        let result = self.ask(request, body, &asker).await;
        let latency = started.elapsed();
        exchange.integration.latency = Some(latency);
        match result {
            Ok((response, body)) => {
                exchange.integration.status = Some(response.status.as_u16());
                if let Some(log) = &exchange.log {
                    log.received(&response, &body, latency);
                }
                Ok((response, body))
            }
            Err(fault) => {
                tracing::debug!(error = %fault, "a call to an integration failed");
                let refusal = fault.refusal();
                exchange.integration.error = match fault {
                    Fault::NoCredentials(why) => Some(why.to_string().into()),
                    _ => refusal.message.clone(),
                };
                Err(refusal)
            }
        }
    }

    /// Sends a request and waits for the whole answer. API Gateway's time-out is one for the whole call.
    pub(super) async fn ask(
        &self,
        request: Box<RequestHeader>,
        body: Bytes,
        asker: &Asker<'_>,
    ) -> Result<(Box<ResponseHeader>, Bytes), Fault> {
        let called = match self.component {
            None => tokio::time::timeout(self.plan.timeout, self.attempts(request, body, asker)).await,
            Some(component) => {
                if let Some(log) = asker.log {
                    log.sending(self.plan.target.tls, &request, &body);
                }
                let answer = serve(component, &request, body, self.plan.target.tls, asker.request_id);
                tokio::time::timeout(self.plan.timeout, answer)
                    .await
                    .map(|answer| answer.map_err(Fault::Error))
            }
        };
        called.unwrap_or(Err(Fault::Late))
    }

    async fn attempts(
        &self,
        mut request: Box<RequestHeader>,
        body: Bytes,
        asker: &Asker<'_>,
    ) -> Result<(Box<ResponseHeader>, Bytes), Fault> {
        if let Some(signer) = self.signer {
            signer.sign(&mut request, &body).await.map_err(Fault::NoCredentials)?;
        }
        if let Some(log) = asker.log {
            log.sending(self.plan.target.tls, &request, &body);
        }
        let (mut backend, mut chosen) =
            self.connected(&request, &body, asker.key).await.map_err(Fault::Error)?;
        match self.whole(&mut backend).await {
            Ok((header, body)) => {
                chosen.answered(header.status.as_u16());
                self.backends.release(backend).await;
                Ok((header, body))
            }
            Err(fault) => {
                match &fault {
                    // What the node does not take says nothing about the target.
                    Fault::Full => chosen.abandon(),
                    Fault::Error(error) if *error.etype() == ErrorType::InternalError => chosen.abandon(),
                    _ => chosen.failed(),
                }
                Err(fault)
            }
        }
    }

    /// Sends a request, and waits for the header of the answer.
    pub(super) async fn connected(
        &self,
        request: &RequestHeader,
        body: &[u8],
        key: u64,
    ) -> Result<(Backend, Chosen), Box<Error>> {
        let none = || Error::explain(ErrorType::ConnectNoRoute, "there is no target");
        let mut chosen = self.targets.choose_by(key).ok_or_else(none)?;
        let mut retries = Retries::of(chosen.upstream());
        loop {
            let request_copy = Box::new(request.clone());
            match self.backends.call(chosen.upstream(), self.plan.timeout, request_copy, body).await {
                Ok(backend) => return Ok((backend, chosen)),
                Err(failed) if retries.again(&failed, &request.method) => {}
                Err(Failed::ToConnect(_)) if chosen.next() => retries = Retries::of(chosen.upstream()),
                Err(failed) => {
                    chosen.failed();
                    return Err(failed.into_error());
                }
            }
        }
    }

    /// The whole of a backend's answer.
    async fn whole(&self, backend: &mut Backend) -> Result<(Box<ResponseHeader>, Bytes), Fault> {
        let header = backend.session.resp_header().cloned();
        let header = header.ok_or_else(|| Error::explain(ErrorType::ReadError, "no response header"))?;
        let mut whole = self.buffers.body(capacity(&header.headers, self.limit));
        while let Some(part) = backend.session.read_body_bytes().await? {
            if (whole.len() + part.len()) as u64 > self.limit {
                return Err(Error::explain(ErrorType::InternalError, "the response is too large").into());
            }
            whole.push(&part).map_err(|_full| Fault::Full)?;
        }
        Ok((Box::new(header), whole.whole()))
    }
}

/// A component of this node answers.
async fn serve(
    component: &Attached,
    request: &RequestHeader,
    body: Bytes,
    tls: bool,
    request_id: &str,
) -> Result<(Box<ResponseHeader>, Bytes), Box<Error>> {
    let message = message(request, body, tls)?;
    let id = Arc::new(NoRequest::of(request_id)) as Arc<dyn PluginRequest>;
    let called = component
        .entry
        .call(&component.breaker, request_id, |plugin| {
            let (id, message) = (Arc::clone(&id), message.clone());
            async move { plugin.serve(id, message).await }
        })
        .await;
    let (head, body) = guarded(called)?.into_parts();
    Ok((header(&head)?, body))
}

/// The same, with an answer that is read as it comes.
pub(super) async fn serve_streamed(
    component: &Attached,
    request: &RequestHeader,
    body: Bytes,
    tls: bool,
    request_id: &str,
) -> Result<(Box<ResponseHeader>, AnswerStream), Box<Error>> {
    let message = message(request, body, tls)?;
    let id = Arc::new(NoRequest::of(request_id)) as Arc<dyn PluginRequest>;
    let called = component
        .entry
        .call(&component.breaker, request_id, |plugin| {
            let (id, message) = (Arc::clone(&id), message.clone());
            async move { plugin.serve_streamed(id, message).await }
        })
        .await;
    let answer = guarded(called)?;
    Ok((header(&answer.head)?, answer))
}

fn message(request: &RequestHeader, body: Bytes, tls: bool) -> Result<::http::Request<Bytes>, Box<Error>> {
    let scheme = if tls { "https" } else { "http" };
    let host = request.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut message = ::http::Request::builder()
        .method(request.method.clone())
        .uri(format!("{scheme}://{host}{target}"))
        .body(body)
        .map_err(|error| broken(error.to_string()))?;
    message.headers_mut().clone_from(&request.headers);
    Ok(message)
}

fn guarded<T>(called: Guarded<T>) -> Result<T, Box<Error>> {
    match called {
        Guarded::Answered(answer) => Ok(answer),
        Guarded::PassedOver => Err(broken("the component failed".to_owned())),
        Guarded::Failed(Some(PluginError::WallTime { .. })) => {
            Err(Error::explain(ErrorType::ReadTimedout, "the component took too long"))
        }
        Guarded::Failed(error) => Err(broken(error.map_or_else(String::new, |error| error.to_string()))),
    }
}

fn broken(why: String) -> Box<Error> {
    Error::explain(ErrorType::ReadError, why)
}

fn header(head: &::http::response::Parts) -> Result<Box<ResponseHeader>, Box<Error>> {
    let mut header = ResponseHeader::build(head.status, Some(head.headers.len() + 6))?;
    for (name, value) in &head.headers {
        header.append_header(name.clone(), value.clone())?;
    }
    Ok(Box::new(header))
}

fn sends_content_type(verb: Option<Verb>) -> bool {
    !matches!(verb, Some(Verb::GET | Verb::HEAD | Verb::OPTIONS))
}
