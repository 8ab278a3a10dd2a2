//! A call of a Lambda function: of the component that stands for it, or of the Invoke API elsewhere.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.

use super::super::asked::{Asked, Shown};
use super::function::refusal;
use super::http::{Asker, Call, Fault};
use crate::exchange::{Exchange, Refusal};
use crate::execution_log::Sent;
use crate::generation::Attached;
use crate::guard::{Breaker, Guarded};
use bytes::Bytes;
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_plan::plan::FunctionPlan;
use edgewit_plugin::{Event, FunctionFailure, NoRequest, PluginError, PluginRequest, printable_line};
use http::{HeaderName, HeaderValue, StatusCode};
use pingora_http::{RequestHeader, ResponseHeader};
use serde_json::json;
use std::sync::Arc;

const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");

/// What stands for the function of a route.
pub(in crate::pipeline) enum Function<'a> {
    /// A component.
    Component(&'a Attached),
    /// The Invoke API.
    Endpoint(Call<'a>),
}

/// What became of a call.
pub(super) enum Called {
    /// The Invoke API answered, or would have.
    Answered(Answer),
    /// The integration's time was over.
    Late,
    /// Nothing was called, or it broke off: what the client gets, and why.
    Unavailable(Refusal, String),
}

/// An answer of the Invoke API.
pub(super) struct Answer {
    pub(super) header: Box<ResponseHeader>,
    pub(super) body: Bytes,
    /// The function failed: what it says.
    pub(super) error: Option<FunctionFailure>,
}

impl Answer {
    /// An answer that the Invoke API would have given.
    pub(super) fn of(status: u16, body: Bytes, error: Option<FunctionFailure>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut header = ResponseHeader::from(http::Response::new(()).into_parts().0);
        // A plain status and a fixed header are always taken.
        let _set = header.set_status(status);
        let json = HeaderValue::from_static("application/json");
        let _inserted = header.insert_header(http::header::CONTENT_TYPE, json);
        Self { header: Box::new(header), body, error }
    }
}

impl Function<'_> {
    /// Calls the function with `event`, JSON for a component. `sent` is what mappings read.
    ///
    /// # Errors
    /// As [`Asked::give_back`].
    pub(super) async fn call(
        &self,
        plan: &FunctionPlan,
        header: &mut RequestHeader,
        exchange: &mut Exchange,
        sent: &Bytes,
        event: Bytes,
    ) -> Result<Called, Refusal> {
        let called = match self {
            Self::Component(attached) => {
                log_event(plan, exchange, &event);
                let event = String::from_utf8(event.into()).map_err(|_| Refusal::internal())?;
                component(plan, attached, header, exchange, event).await?
            }
            Self::Endpoint(call) => endpoint(call, header, exchange, sent, event).await,
        };
        log_answer(&called, exchange);
        Ok(called)
    }
}

/// Tells of the call as the Invoke API would get it, for a function that nothing is sent to.
fn log_event(plan: &FunctionPlan, exchange: &Exchange, event: &Bytes) {
    let (Some(log), Some(stage)) = (&exchange.log, exchange.stage()) else { return };
    let api = &stage.plan.api_id;
    let mut headers = vec![
        ("x-amzn-lambda-integration-tag", exchange.ids.request_id().to_owned()),
        ("x-amzn-apigateway-api-id", api.to_string()),
        ("Accept", "application/json".to_owned()),
        ("User-Agent", format!("AmazonAPIGateway_{api}")),
    ];
    headers.extend(exchange.trace.clone().map(|trace| ("X-Amzn-Trace-Id", trace)));
    let region = plan.function_arn.split(':').nth(3).unwrap_or_default();
    log.sent(Sent {
        method: "POST".to_owned(),
        uri: format!(
            "https://lambda.{region}.amazonaws.com/2015-03-31/functions/{}/invocations",
            plan.function_arn
        ),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: event.clone(),
    });
}

fn log_answer(called: &Called, exchange: &Exchange) {
    if let (Some(log), Called::Answered(answer)) = (&exchange.log, called) {
        let latency = exchange.integration.started.map(|started| started.elapsed());
        log.received(&answer.header, &answer.body, latency.unwrap_or_default());
    }
}

/// The component's event.
fn component_event(plan: &FunctionPlan, json: String) -> Event {
    Event { json, function_name: plan.function_name.to_string(), function_arn: plan.function_arn.to_string() }
}

async fn component(
    plan: &FunctionPlan,
    attached: &Attached,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    event: String,
) -> Result<Called, Refusal> {
    let event = &component_event(plan, event);
    let ids = exchange.ids.clone();
    let id = ids.request_id();
    let asked = Asked::take(header, exchange, Shown { arn: Some(String::new()), ..Shown::default() });
    let called = {
        let call = attached.entry.call(&attached.breaker, id, |plugin| {
            let request = asked.request();
            async move { plugin.handle(request, event).await }
        });
        tokio::time::timeout(plan.timeout, call).await
    };
    Asked::give_back(asked, header, exchange)?;
    let Ok(guarded) = called else { return Ok(Called::Late) };
    let failed = |failure: FunctionFailure| {
        Called::Answered(Answer::of(200, Bytes::from(payload(&failure)), Some(failure)))
    };
    let broke = |message: String, kind: &str| {
        failed(FunctionFailure { error_type: kind.to_owned(), error_message: message })
    };
    Ok(match guarded {
        Guarded::Answered(Ok(json)) => Called::Answered(Answer::of(200, Bytes::from(json), None)),
        Guarded::Answered(Err(failure)) => {
            let (kind, message) = (&failure.error_type, printable_line(&failure.error_message));
            tracing::warn!(request = id, function = event.function_name, kind, message, "a function failed");
            failed(failure)
        }
        Guarded::Failed(Some(PluginError::PoolExhausted { .. })) => {
            unavailable(500, "too many calls of the function at once")
        }
        Guarded::Failed(None) => unavailable(502, "the function keeps failing and is left alone"),
        Guarded::PassedOver => unavailable(502, "the function failed"),
        Guarded::Failed(Some(PluginError::WallTime { limit_ms } | PluginError::CpuTime { limit_ms })) => {
            let (seconds, hundredths) = (limit_ms / 1000, limit_ms % 1000 / 10);
            let message = format!("{id} Task timed out after {seconds}.{hundredths:02} seconds");
            broke(message, "Sandbox.Timedout")
        }
        Guarded::Failed(Some(_)) => {
            broke(format!("RequestId: {id} Error: Runtime exited with error"), "Runtime.ExitError")
        }
    })
}

/// Starts a call of a component that nobody waits for. It is bounded like every other, and lost when the node ends.
pub(super) fn begin(
    plan: &FunctionPlan,
    attached: &Attached,
    exchange: &Exchange,
    event: String,
) -> Result<Called, Refusal> {
    log_event(plan, exchange, &Bytes::copy_from_slice(event.as_bytes()));
    let entry = Arc::clone(&attached.entry);
    let id = exchange.ids.request_id().to_owned();
    let event = component_event(plan, event);
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
    let called = Called::Answered(Answer::of(202, Bytes::new(), None));
    log_answer(&called, exchange);
    Ok(called)
}

async fn endpoint(
    call: &Call<'_>,
    header: &RequestHeader,
    exchange: &mut Exchange,
    sent: &Bytes,
    event: Bytes,
) -> Called {
    let request = match call.request(header, exchange, sent, event.len(), IntegrationKind::Aws) {
        Ok(request) => request,
        Err(refusal) => return Called::Unavailable(refusal, "the call could not be mapped".to_owned()),
    };
    let ids = exchange.ids.clone();
    let log = exchange.log.clone();
    let asker = Asker { request_id: ids.request_id(), key: 0, log: log.as_deref() };
    match call.ask(request, event, &asker).await {
        Ok((header, body)) => {
            let error = header.headers.contains_key(FUNCTION_ERROR).then(|| failure(&body));
            Called::Answered(Answer { header, body, error })
        }
        Err(Fault::Late) => Called::Late,
        Err(fault) => Called::Unavailable(fault.refusal(), fault.to_string()),
    }
}

fn unavailable(status: u16, why: &str) -> Called {
    Called::Unavailable(refusal(status), why.to_owned())
}

/// What Lambda answers for a function that failed.
fn payload(failure: &FunctionFailure) -> String {
    json!({"errorMessage": failure.error_message, "errorType": failure.error_type}).to_string()
}

/// What a function that failed says in its payload.
fn failure(payload: &[u8]) -> FunctionFailure {
    let said = serde_json::from_slice::<serde_json::Value>(payload).unwrap_or_default();
    let text = |key| said.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    FunctionFailure { error_type: text("errorType"), error_message: text("errorMessage") }
}
