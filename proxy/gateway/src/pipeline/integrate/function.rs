//! AWS_PROXY: a function answers the event that API Gateway would send to Lambda.

use super::super::{deliver, transform};
use super::lambda::{Answer, Called, Function};
use super::timeout;
use crate::exchange::{Exchange, Refusal};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::forwarding::{Forward, IntegrationKind, response_header};
use edgewit_mapping::lambda::event::{AuthorizedBy, EventSource, Forwarded, proxy_event};
use edgewit_mapping::lambda::{MAX_PAYLOAD_BYTES, result};
use edgewit_mapping::media_type::first_accepted;
use edgewit_mapping::{Context, ContextVariable};
use edgewit_model::gateway_response::GatewayResponseType::INTEGRATION_FAILURE;
use edgewit_plan::plan::FunctionPlan;
use edgewit_plugin::printable_line;
use http::{HeaderName, HeaderValue};
use pingora_http::{RequestHeader, ResponseHeader};
use std::borrow::Cow;
use std::fmt;
use std::time::Instant;

/// Calls the function and makes an answer of its result.
///
/// # Errors
/// 413 for an event that is too long, 502 for a function that failed, answered nonsense or was too slow.
pub(in crate::pipeline) async fn run(
    plan: &FunctionPlan,
    function: &Function<'_>,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    body: Bytes,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let client_trace = header.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    exchange.trace_id(client_trace);
    let (event, accepts_binary) = event_of(header, exchange, &body)?;
    let ids = exchange.ids.clone();
    let started = Instant::now();
    exchange.integration.started = Some(started);
    let called = function.call(plan, header, exchange, &body, Bytes::from(event)).await?;
    exchange.integration.latency = Some(started.elapsed());
    let answer = match called {
        Called::Late => {
            Err((timeout(), "the function took longer than the integration's timeout".to_owned()))
        }
        Called::Unavailable(refusal, why) => Err((refusal, why)),
        Called::Answered(Answer { error: Some(failure), .. }) => {
            let message = printable_line(&failure.error_message);
            let failure = result::ResultError::Function(message.clone());
            let (refusal, why) = failed(502, &message);
            Err((refusal.because(failure.log_line(ids.request_id())), why))
        }
        Called::Answered(Answer { header, body, .. }) => {
            let status = header.status.as_u16();
            exchange.integration.status = Some(status);
            match status {
                200 => answer(&body, accepts_binary, ids.request_id()),
                status => Err(invoke_refused(status)),
            }
        }
    };
    match answer {
        Ok((mut response, body)) => {
            deliver::trace(&mut response, exchange)?;
            Ok((response, body))
        }
        Err((refusal, why)) => {
            exchange.integration.error = Some(why.into());
            Err(refusal)
        }
    }
}

/// The event, with what a transform has changed, and whether the client takes bytes.
pub(super) fn event_of(
    header: &RequestHeader,
    exchange: &mut Exchange,
    body: &Bytes,
) -> Result<(String, bool), Refusal> {
    match exchange.changes.take() {
        None => event(header, exchange, body),
        Some(changes) => {
            let mut changed = header.clone();
            transform::apply(&changes, &mut changed).map_err(|_| Refusal::internal())?;
            event(&changed, exchange, body)
        }
    }
}

/// What the client gets, and what the access log says.
pub(super) type Failed = (Refusal, String);

pub(super) fn failed(status: u16, why: &str) -> Failed {
    (refusal(status), why.to_owned())
}

/// What the execution log says of a function that the gateway may not call.
pub(super) const NOT_ALLOWED: &str =
    "Execution failed due to configuration error: Invalid permissions on Lambda function";

/// What becomes of a call that the Invoke API refuses.
pub(super) fn invoke_refused(status: u16) -> Failed {
    let own = if matches!(status, 429 | 500..) { 502 } else { 500 };
    let (refusal, why) = failed(own, &format!("the Invoke API answered {status}"));
    if status == 403 { (refusal.because(NOT_ALLOWED), why) } else { (refusal, why) }
}

/// What a client gets when a function could not be called, or failed.
pub(super) fn refusal(status: u16) -> Refusal {
    let refusal = Refusal::new(INTEGRATION_FAILURE, "Internal server error", "InternalServerErrorException");
    refusal.with_status(status)
}

fn event(header: &RequestHeader, exchange: &Exchange, body: &Bytes) -> Result<(String, bool), Refusal> {
    let mut view = View::new(header, exchange);
    view.body = Some(body);
    let types = exchange.stage().map(|stage| &stage.plan.binary_media_types);
    let text = |name: &str| header.headers.get(name).and_then(|value| value.to_str().ok());
    let accepts = text("accept").map(first_accepted);
    let accepts_binary = types.is_some_and(|types| types.matches(accepts));
    let body_is_binary = types.is_some_and(|types| !types.is_empty() && types.matches(text("content-type")));
    let source = Source { view, body_is_binary };
    let event =
        proxy_event(&source, MAX_PAYLOAD_BYTES).map_err(|too| Refusal::too_large(too.expected as u64))?;
    // The writer makes UTF-8 of whatever it is given.
    let event = String::from_utf8(event).map_err(|_| Refusal::internal())?;
    Ok((event, accepts_binary))
}

fn answer(
    json: &[u8],
    accepts_binary: bool,
    request_id: &str,
) -> Result<(Box<ResponseHeader>, Bytes), Failed> {
    let parsed = result::parse(json, accepts_binary).map_err(|error| {
        tracing::warn!(request = request_id, "{}", error.log_line(request_id));
        let (_, why) = failed(error.status(), &error.to_string());
        let refusal = match error {
            result::ResultError::Function(_) => failed(error.status(), "").0,
            _ => Refusal::internal().with_status(error.status()),
        };
        (refusal.because(error.log_line(request_id)), why)
    })?;
    let response = header(parsed.status, &parsed.headers)?;
    Ok((response, Bytes::copy_from_slice(&parsed.body)))
}

/// The answer's header with what a function may say in its own name.
pub(super) fn header(
    status: u16,
    headers: &[(Cow<'_, str>, Cow<'_, str>)],
) -> Result<Box<ResponseHeader>, Failed> {
    let illegal = || failed(502, "an illegal header");
    let mut response = ResponseHeader::build_no_case(status, Some(headers.len() + 6))
        .map_err(|_| failed(500, "an answer that cannot be sent"))?;
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let name = match response_header(IntegrationKind::AwsProxy, &lower) {
            Forward::Pass => &*lower,
            Forward::Remap(name) => name,
            Forward::Drop => continue,
        };
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).map_err(|_| illegal())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| illegal())?;
        response.append_header(name, value).map_err(|_| illegal())?;
    }
    Ok(Box::new(response))
}

/// The request as the event tells it.
struct Source<'a> {
    view: View<'a>,
    body_is_binary: bool,
}

impl Context for Source<'_> {
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
        self.view.write(variable, out)
    }
}

impl EventSource for Source<'_> {
    fn path(&self) -> &str {
        let path = self.view.exchange.resource_path();
        if path.is_empty() { "/" } else { path }
    }

    fn headers<'a>(&'a self, each: &mut dyn FnMut(&'a [u8], &'a [u8])) {
        let header = self.view.header;
        if header.version == http::Version::HTTP_2 {
            if let Some(authority) = header.uri.authority().filter(|_| !header.headers.contains_key("host")) {
                each(b"Host", authority.as_str().as_bytes());
            }
            header.headers.iter().for_each(|(name, value)| each(name.as_str().as_bytes(), value.as_bytes()));
            return;
        }
        for (name, value) in header.case_header_iter() {
            each(name.as_slice(), value.as_bytes());
        }
    }

    fn forwarded(&self) -> Option<Forwarded<'_>> {
        let exchange = self.view.exchange;
        let (port, trace_id) = (exchange.local_port, exchange.trace.as_deref());
        (!exchange.trial).then_some(Forwarded { protocol: "http", port, trace_id })
    }

    fn raw_query(&self) -> &str {
        self.view.raw_query()
    }

    fn path_parameters(&self, each: &mut dyn FnMut(&str, &str)) {
        let exchange = self.view.exchange;
        let (Some(route), Some(found)) = (exchange.route(), exchange.found.as_ref()) else { return };
        for (index, name) in route.path_parameter_names.iter().enumerate() {
            if let Some(value) = found.parameter(exchange.resource_path(), index) {
                each(name, value);
            }
        }
    }

    fn stage_variables(&self, each: &mut dyn FnMut(&str, &str)) {
        let variables = self.view.exchange.stage().map(|stage| &stage.plan.stage_variables);
        variables.into_iter().flatten().for_each(|(name, value)| each(name, value));
    }

    fn authorized_by(&self) -> AuthorizedBy {
        match self.view.exchange.authorizer.caller {
            Some(_) => AuthorizedBy::Lambda,
            None => AuthorizedBy::Nobody { iam: false },
        }
    }

    fn authorizer_entries(&self, each: &mut dyn FnMut(&str, &dyn fmt::Display)) {
        let caller = self.view.exchange.authorizer.caller.as_ref();
        let context = caller.map(|caller| &caller.context);
        context.into_iter().flatten().for_each(|(name, value)| each(name, value));
    }

    fn body(&self) -> Option<&[u8]> {
        self.view.body
    }

    fn body_is_binary(&self) -> bool {
        self.body_is_binary
    }
}
