//! A call to an HTTP backend that the node makes itself, with whole bodies both ways.
//!
//! HTTP integrations always come here, HTTP_PROXY ones when the body was needed before the call.

use super::super::{content, deliver, map_request, map_response, templates, transform};
use super::{failure, sends_body, timeout};
use crate::backends::{Backend, Backends, Retries};
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::guard::Guarded;
use crate::upstream::Upstream;
use crate::view::View;
use bytes::{Bytes, BytesMut};
use edgewit_mapping::forwarding::{IntegrationKind, request_header};
use edgewit_model::api::Verb;
use edgewit_plan::integration::HttpPlan;
use edgewit_plugin::{NoRequest, PluginError, PluginRequest};
use pingora_error::{Error, ErrorType};
use pingora_http::{RequestHeader, ResponseHeader};
use std::sync::Arc;
use std::time::Instant;

/// What is needed to call a backend.
pub(crate) struct Call<'a> {
    pub backends: &'a Backends,
    pub upstream: &'a Upstream,
    pub plan: &'a HttpPlan,
    /// Bytes that the answer's body may have.
    pub limit: u64,
    /// The component that answers in the backend's place.
    pub component: Option<&'a Attached>,
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
        let request = self.request(header, exchange, sent, body.len(), IntegrationKind::Http)?;
        let (response, body) = self.send(request, body, exchange).await?;
        let mut status = itoa::Buffer::new();
        let plan = self.plan.responses.select(status.format(response.status.as_u16()));
        let plan = plan.ok_or_else(Refusal::configuration)?;
        let body =
            content::response(plan.content_handling, exchange, &header.headers, &response.headers, &body)?;
        let view = View::new(header, exchange);
        let mapped = map_response::run(plan, IntegrationKind::Http, &view, Some(&response), body)?;
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
        let (mut response, body) = self.send(request, body, exchange).await?;
        map_response::proxied(&mut response);
        response.remove_header("transfer-encoding");
        Ok((response, body))
    }

    fn request(
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
        let trace = header.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
        map_request::set_gateway_headers(&mut request, self.upstream, &mapped, exchange, trace)
            .map_err(internal)?;
        if let Some(changes) = exchange.changes.take() {
            transform::apply(&changes, &mut request).map_err(internal)?;
        }
        if sends_body(method) {
            request.insert_header("Content-Length", length).map_err(internal)?;
        }
        Ok(Box::new(request))
    }

    async fn send(
        &self,
        request: Box<RequestHeader>,
        body: Bytes,
        exchange: &mut Exchange,
    ) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
        let started = Instant::now();
        exchange.integration.started = Some(started);
        let body = if sends_body(request.method.as_str()) { body } else { Bytes::new() };
        // API Gateway's time-out is one for the whole call.
        let result = match self.component {
            None => tokio::time::timeout(self.plan.timeout, self.attempts(request, body)).await,
            Some(component) => {
                let ids = exchange.ids.clone();
                let answer = serve(component, &request, body, self.plan.target.tls, ids.request_id());
                tokio::time::timeout(self.plan.timeout, answer).await
            }
        };
        exchange.integration.latency = Some(started.elapsed());
        let refused = |exchange: &mut Exchange, refusal: Refusal| {
            exchange.integration.error.clone_from(&refusal.message);
            refusal
        };
        match result {
            Ok(Ok((response, body))) => {
                exchange.integration.status = Some(response.status.as_u16());
                Ok((response, body))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a call to an integration failed");
                Err(refused(exchange, failure(&error)))
            }
            Err(_late) => Err(refused(exchange, timeout())),
        }
    }

    async fn attempts(
        &self,
        request: Box<RequestHeader>,
        body: Bytes,
    ) -> Result<(Box<ResponseHeader>, Bytes), Box<Error>> {
        let mut retries = Retries::of(self.upstream);
        loop {
            let called = self.backends.call(self.upstream, self.plan.timeout, request.clone(), &body).await;
            match called {
                Ok(backend) => return self.whole(backend).await,
                Err(failed) if retries.again(&failed, &request.method) => {}
                Err(failed) => return Err(failed.into_error()),
            }
        }
    }

    /// The whole answer of a backend.
    async fn whole(&self, mut backend: Backend) -> Result<(Box<ResponseHeader>, Bytes), Box<Error>> {
        let header = backend.session.resp_header().cloned();
        let header = header.ok_or_else(|| Error::explain(ErrorType::ReadError, "no response header"))?;
        let mut whole = BytesMut::new();
        while let Some(part) = backend.session.read_body_bytes().await? {
            if (whole.len() + part.len()) as u64 > self.limit {
                return Err(Error::explain(ErrorType::InternalError, "the response is too large"));
            }
            whole.extend_from_slice(&part);
        }
        self.backends.release(backend).await;
        Ok((Box::new(header), whole.freeze()))
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
    let broken = |why: String| Error::explain(ErrorType::ReadError, why);
    let scheme = if tls { "https" } else { "http" };
    let host = request.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut message = ::http::Request::builder()
        .method(request.method.clone())
        .uri(format!("{scheme}://{host}{target}"))
        .body(body)
        .map_err(|error| broken(error.to_string()))?;
    message.headers_mut().clone_from(&request.headers);
    let id = Arc::new(NoRequest::of(request_id)) as Arc<dyn PluginRequest>;
    let called = component
        .entry
        .call(&component.breaker, request_id, |plugin| {
            let (id, message) = (Arc::clone(&id), message.clone());
            async move { plugin.serve(id, message).await }
        })
        .await;
    let response = match called {
        Guarded::Answered(response) => response,
        Guarded::PassedOver => return Err(broken("the component failed".to_owned())),
        Guarded::Failed(Some(PluginError::WallTime { .. })) => {
            return Err(Error::explain(ErrorType::ReadTimedout, "the component took too long"));
        }
        Guarded::Failed(error) => {
            return Err(broken(error.map_or_else(String::new, |error| error.to_string())));
        }
    };
    let (parts, body) = response.into_parts();
    let mut header = ResponseHeader::build(parts.status, Some(parts.headers.len() + 6))?;
    for (name, value) in &parts.headers {
        header.append_header(name.clone(), value.clone())?;
    }
    Ok((Box::new(header), body))
}

fn sends_content_type(verb: Option<Verb>) -> bool {
    !matches!(verb, Some(Verb::GET | Verb::HEAD | Verb::OPTIONS))
}
