//! AWS_PROXY: a component of this node answers the event that API Gateway would send to Lambda.

use super::super::asked::{Asked, Shown};
use super::super::{deliver, transform};
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::guard::Guarded;
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::forwarding::{Forward, IntegrationKind, response_header};
use edgewit_mapping::lambda::event::{AuthorizedBy, EventSource, Forwarded, proxy_event};
use edgewit_mapping::lambda::{MAX_PAYLOAD_BYTES, result};
use edgewit_mapping::media_type::first_accepted;
use edgewit_mapping::{Context, ContextVariable};
use edgewit_model::gateway_response::GatewayResponseType::INTEGRATION_FAILURE;
use edgewit_plan::plan::FunctionPlan;
use edgewit_plugin::{Event, FunctionFailure, PluginError, printable_line};
use http::{HeaderName, HeaderValue};
use pingora_http::{RequestHeader, ResponseHeader};
use std::fmt;
use std::time::Instant;
use tokio::time::error::Elapsed;

/// Calls the function and makes an answer of its result.
///
/// # Errors
/// 413 for an event that is too long, 502 for a function that failed or answered nonsense, 504 for one that was too
/// slow.
pub(crate) async fn run(
    plan: &FunctionPlan,
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    body: Bytes,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let client_trace = header.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    exchange.trace_id(client_trace);
    let (event, accepts_binary) = match exchange.changes.take() {
        None => event(header, exchange, &body)?,
        Some(changes) => {
            let mut changed = header.clone();
            transform::apply(&changes, &mut changed).map_err(|_| Refusal::internal())?;
            event(&changed, exchange, &body)?
        }
    };
    let event = Event {
        json: event,
        function_name: plan.function_name.to_string(),
        function_arn: plan.function_arn.to_string(),
    };
    let ids = exchange.ids.clone();
    let started = Instant::now();
    exchange.integration.started = Some(started);
    let called = handle(plan, attached, header, exchange, &event).await?;
    exchange.integration.latency = Some(started.elapsed());
    let answer = match called {
        Err(_late) => Err(failed(502, "the function took longer than the integration's timeout")),
        Ok(Guarded::Answered(Ok(json))) => {
            exchange.integration.status = Some(200);
            answer(&json, accepts_binary, ids.request_id())
        }
        Ok(Guarded::Answered(Err(failure))) => {
            let message = &printable_line(&failure.error_message);
            tracing::warn!(
                request = ids.request_id(),
                function = &*plan.function_name,
                error_type = failure.error_type,
                error = message,
                "a function failed"
            );
            Err(failed(502, message))
        }
        Ok(Guarded::PassedOver) => Err(failed(502, "the function failed")),
        Ok(Guarded::Failed(Some(PluginError::PoolExhausted { .. }))) => {
            Err(failed(500, "too many calls of the function at once"))
        }
        Ok(Guarded::Failed(Some(error))) => Err(failed(502, &error.to_string())),
        Ok(Guarded::Failed(None)) => Err(failed(502, "the function keeps failing and is left alone")),
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

/// A call of a function within the time that the integration gives it.
///
/// # Errors
/// As [`Asked::give_back`].
pub(super) async fn handle(
    plan: &FunctionPlan,
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    event: &Event,
) -> Result<Result<Handled, Elapsed>, Refusal> {
    let ids = exchange.ids.clone();
    let asked = Asked::take(header, exchange, Shown { arn: Some(String::new()), ..Shown::default() });
    let called = {
        let call = attached.entry.call(&attached.breaker, ids.request_id(), |plugin| {
            let request = asked.request();
            async move { plugin.handle(request, event).await }
        });
        tokio::time::timeout(plan.timeout, call).await
    };
    Asked::give_back(asked, header, exchange)?;
    Ok(called)
}

/// The function's JSON, or its own word that it failed.
pub(super) type Handled = Guarded<Result<String, FunctionFailure>>;

/// What the client gets, and what the access log says.
type Failed = (Refusal, String);

fn failed(status: u16, why: &str) -> Failed {
    (refusal(status), why.to_owned())
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
    json: &str,
    accepts_binary: bool,
    request_id: &str,
) -> Result<(Box<ResponseHeader>, Bytes), Failed> {
    let parsed = result::parse(json.as_bytes(), accepts_binary).map_err(|error| {
        tracing::warn!(request = request_id, "{}", error.log_line(request_id));
        let (_, why) = failed(error.status(), &error.to_string());
        let refusal = match error {
            result::ResultError::Function(_) => failed(error.status(), "").0,
            _ => Refusal::internal().with_status(error.status()),
        };
        (refusal, why)
    })?;
    let internal = |_| failed(500, "an answer that cannot be sent");
    let mut response = ResponseHeader::build_no_case(parsed.status, Some(parsed.headers.len() + 6))
        .map_err(|_| failed(500, "an answer that cannot be sent"))?;
    for (name, value) in &parsed.headers {
        let lower = name.to_ascii_lowercase();
        let name = match response_header(IntegrationKind::AwsProxy, &lower) {
            Forward::Pass => &*lower,
            Forward::Remap(name) => name,
            Forward::Drop => continue,
        };
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes())
            .map_err(|_| failed(502, "an illegal header"))?;
        let value =
            HeaderValue::from_bytes(value.as_bytes()).map_err(|_| failed(502, "an illegal header"))?;
        response.append_header(name, value).map_err(internal)?;
    }
    Ok((Box::new(response), Bytes::copy_from_slice(&parsed.body)))
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

    fn forwarded(&self) -> Forwarded<'_> {
        let exchange = self.view.exchange;
        Forwarded { protocol: "http", port: exchange.local_port, trace_id: exchange.trace.as_deref() }
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
