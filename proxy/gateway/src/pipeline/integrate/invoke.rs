//! AWS with a Lambda function: it answers the event that a template has made.

use super::super::{content, deliver, map_request, map_response, templates};
use super::lambda::{self, Answer, Called, Function};
use super::{function, timeout, unmatched};
use crate::exchange::{Exchange, Refusal};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::expression::RequestScope;
use edgewit_mapping::forwarding::{IntegrationKind, MappedHeader};
use edgewit_mapping::lambda::MAX_PAYLOAD_BYTES;
use edgewit_plan::plan::InvokePlan;
use edgewit_plugin::Change;
use pingora_http::{RequestHeader, ResponseHeader};
use serde_json::json;
use std::time::Instant;

/// Calls the function with `body`, and maps its result. `sent` is what the client has sent.
///
/// # Errors
/// 415 for a body that no template takes, 500 where no response fits the result or the call was refused, 504 for a
/// function that was too slow.
pub(in crate::pipeline) async fn run(
    plan: &InvokePlan,
    function: &Function<'_>,
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
    let body = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    let called = match function {
        Function::Endpoint(_) => function.call(&plan.function, header, exchange, sent, body).await,
        Function::Component(attached) => match event(&body) {
            Err(refused) => Ok(Called::Answered(refused)),
            Ok(event) if is_asynchronous(plan, header, exchange, sent)? => {
                lambda::begin(&plan.function, attached, exchange, event.to_owned())
            }
            Ok(_) => function.call(&plan.function, header, exchange, sent, body).await,
        },
    };
    exchange.integration.latency = Some(started.elapsed());
    let answer = answer(called?, exchange)?;
    exchange.integration.status = Some(answer.header.status.as_u16());
    let said = answer.error.as_ref().map_or("", |failure| &failure.error_message);
    let response = plan.responses.select(said).ok_or_else(|| unmatched(answer.header.status.as_u16()))?;
    let body = content::response(
        response.content_handling,
        exchange,
        &header.headers,
        &answer.header.headers,
        &answer.body,
    )?;
    let view = View::new(header, exchange);
    let mapped = map_response::run(response, IntegrationKind::Aws, &view, Some(&answer.header), body)?;
    let (mut out, body) = templates::response(mapped, header, exchange).await?;
    deliver::trace(&mut out, exchange)?;
    Ok((out, body))
}

/// What integration responses are selected for.
///
/// # Errors
/// Where there is no such answer.
fn answer(called: Called, exchange: &mut Exchange) -> Result<Answer, Refusal> {
    match called {
        Called::Answered(answer) if answer.header.status != 403 => Ok(answer),
        Called::Answered(_) => {
            exchange.integration.error = Some("the Invoke API answered 403".into());
            Err(function::refusal(500).because(function::NOT_ALLOWED))
        }
        Called::Late => {
            exchange.integration.error = timeout().message;
            Err(timeout())
        }
        Called::Unavailable(refusal, why) => {
            exchange.integration.error = Some(why.into());
            Err(refusal)
        }
    }
}

/// The event for a component, or what Lambda says of one that it cannot read.
fn event(body: &[u8]) -> Result<&str, Answer> {
    let read = serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| error.to_string());
    match (read, std::str::from_utf8(body)) {
        (Ok(_), Ok(text)) => Ok(text),
        (read, _) => {
            let why = read.err().unwrap_or_else(|| "invalid UTF-8".to_owned());
            let message = format!("Could not parse request body into json: {why}");
            let said = json!({"Type": "User", "message": message}).to_string();
            Err(Answer::of(400, Bytes::from(said), None))
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
            return Err(map_request::already_present(&mapping.name));
        }
        event |= &*mapping.lower == INVOCATION_TYPE && value.as_ref() == b"Event".as_slice();
    }
    Ok(overridden.unwrap_or(event))
}
