//! AWS with a Lambda function: a component answers the event that a template has made.

use super::super::{content, deliver, map_request, map_response, templates};
use super::{function, timeout};
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use crate::guard::{Breaker, Guarded};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::expression::RequestScope;
use edgewit_mapping::forwarding::{IntegrationKind, MappedHeader};
use edgewit_mapping::lambda::MAX_PAYLOAD_BYTES;
use edgewit_plan::plan::InvokePlan;
use edgewit_plugin::{Change, Event, NoRequest, PluginError, PluginRequest, printable_line};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use pingora_http::{RequestHeader, ResponseHeader};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// What the Invoke API would have answered.
struct Invoked {
    /// 200, or 202 for an event that nobody waits for.
    status: u16,
    body: Bytes,
    /// What integration responses are selected by; empty unless the function failed.
    error_message: String,
}

/// Calls the function with `body`, and maps its result. `sent` is what the client has sent.
///
/// # Errors
/// 415 for a body that no template takes, 500 where no response fits the result, 504 for a function that was too slow.
pub(in crate::pipeline) async fn run(
    plan: &InvokePlan,
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    sent: &Bytes,
    body: Bytes,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let client_trace = header.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    exchange.trace_id(client_trace);
    let body = templates::body(&plan.templates, header, body)?;
    if body.len() > MAX_PAYLOAD_BYTES {
        return Err(Refusal::too_large(MAX_PAYLOAD_BYTES as u64));
    }
    let started = Instant::now();
    exchange.integration.started = Some(started);
    let invoked = match event(plan, &body) {
        Err(refused) => Ok(refused),
        Ok(event) if is_asynchronous(plan, header, exchange, sent)? => Ok(begin(attached, exchange, event)),
        Ok(event) => call(plan, attached, header, exchange, event).await,
    };
    exchange.integration.latency = Some(started.elapsed());
    let invoked = invoked?;
    exchange.integration.status = Some(invoked.status);
    let response = plan.responses.select(&invoked.error_message).ok_or_else(Refusal::configuration)?;
    let mut answer =
        ResponseHeader::build_no_case(invoked.status, Some(2)).map_err(|_| Refusal::internal())?;
    let json = HeaderValue::from_static("application/json");
    answer.insert_header(CONTENT_TYPE, json).map_err(|_| Refusal::internal())?;
    let body = content::response(
        response.content_handling,
        exchange,
        &header.headers,
        &answer.headers,
        &invoked.body,
    )?;
    let view = View::new(header, exchange);
    let mapped = map_response::run(response, IntegrationKind::Aws, &view, Some(&answer), body)?;
    let (mut out, body) = templates::response(mapped, header, exchange).await?;
    deliver::trace(&mut out, exchange)?;
    Ok((out, body))
}

/// The event, or what Lambda says of one that it cannot read.
fn event(plan: &InvokePlan, body: &Bytes) -> Result<Event, Invoked> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let read = serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| error.to_string());
    match (read, std::str::from_utf8(body)) {
        (Ok(_), Ok(text)) => Ok(Event {
            json: text.to_owned(),
            function_name: plan.function.function_name.to_string(),
            function_arn: plan.function.function_arn.to_string(),
        }),
        (read, _) => {
            let why = read.err().unwrap_or_else(|| "invalid UTF-8".to_owned());
            let message = format!("Could not parse request body into json: {why}");
            let said = json!({"Type": "User", "message": message}).to_string();
            Err(Invoked { status: 400, body: Bytes::from(said), error_message: String::new() })
        }
    }
}

/// Whether a mapping sets `X-Amz-Invocation-Type: Event`.
fn is_asynchronous(
    plan: &InvokePlan,
    header: &RequestHeader,
    exchange: &Exchange,
    sent: &Bytes,
) -> Result<bool, Refusal> {
    const INVOCATION_TYPE: &str = "x-amz-invocation-type";
    let overridden =
        exchange.changes.iter().flat_map(|changes| &changes.headers).find_map(|change| match change {
            Change::Set(name, value) if name == INVOCATION_TYPE => Some(value.as_bytes() == b"Event"),
            _ => None,
        });
    let stage = exchange.stage().ok_or_else(Refusal::internal)?;
    let mut view = View::new(header, exchange);
    view.body = Some(sent);
    let scope = RequestScope::new(&view, &view, &stage.plan.stage_variables);
    let mut event = false;
    for mapping in &plan.mappings.headers {
        let values = map_request::evaluate(&mapping.source, &scope)?;
        let Some(value) = values.joined() else { continue };
        if mapping.rule == MappedHeader::Refuse {
            return Err(Refusal::internal());
        }
        event |= &*mapping.lower == INVOCATION_TYPE && value.as_ref() == b"Event".as_slice();
    }
    Ok(overridden.unwrap_or(event))
}

/// Starts a call that nobody waits for. It is bounded like every other, and lost when the node ends.
fn begin(attached: &Attached, exchange: &Exchange, event: Event) -> Invoked {
    let entry = Arc::clone(&attached.entry);
    let id = exchange.ids.request_id().to_owned();
    tokio::spawn(async move {
        let breaker = Breaker::default();
        let request = Arc::new(NoRequest::of(&id)) as Arc<dyn PluginRequest>;
        let event = &event;
        let called = entry.call(&breaker, &id, |plugin| {
            let request = Arc::clone(&request);
            async move { plugin.handle(request, event).await }
        });
        if let Guarded::Answered(Err(failure)) = called.await {
            let (kind, message) = (&failure.error_type, printable_line(&failure.error_message));
            tracing::warn!(request = id, function = event.function_name, kind, message, "a function failed");
        }
    });
    Invoked { status: 202, body: Bytes::new(), error_message: String::new() }
}

async fn call(
    plan: &InvokePlan,
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    event: Event,
) -> Result<Invoked, Refusal> {
    let called = function::handle(&plan.function, attached, header, exchange, &event).await?;
    let ids = exchange.ids.clone();
    let failed = |message: String, kind: &str| Invoked {
        status: 200,
        body: Bytes::from(json!({"errorMessage": message, "errorType": kind}).to_string()),
        error_message: message,
    };
    let id = ids.request_id();
    let refused = |exchange: &mut Exchange, why: &'static str| {
        exchange.integration.error = Some(why.into());
        Err(function::refusal(500))
    };
    match called {
        Err(_late) => {
            exchange.integration.error = timeout().message;
            Err(timeout())
        }
        Ok(Guarded::Answered(Ok(json))) => {
            Ok(Invoked { status: 200, body: Bytes::from(json), error_message: String::new() })
        }
        Ok(Guarded::Answered(Err(failure))) => Ok(failed(failure.error_message, &failure.error_type)),
        Ok(Guarded::Failed(Some(PluginError::PoolExhausted { .. }))) => {
            refused(exchange, "too many calls of the function at once")
        }
        Ok(Guarded::Failed(None)) => refused(exchange, "the function keeps failing and is left alone"),
        Ok(Guarded::PassedOver) => refused(exchange, "the function failed"),
        Ok(Guarded::Failed(Some(PluginError::WallTime { limit_ms } | PluginError::CpuTime { limit_ms }))) => {
            let seconds = limit_ms / 1000;
            let hundredths = limit_ms % 1000 / 10;
            Ok(failed(
                format!("{id} Task timed out after {seconds}.{hundredths:02} seconds"),
                "Sandbox.Timedout",
            ))
        }
        Ok(Guarded::Failed(Some(_))) => {
            Ok(failed(format!("RequestId: {id} Error: Runtime exited with error"), "Runtime.ExitError"))
        }
    }
}
