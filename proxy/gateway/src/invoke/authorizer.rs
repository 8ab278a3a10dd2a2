//! One request to an authorizer, as `TestInvokeAuthorizer` makes it.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeAuthorizer.html>.

use super::InvokeError;
use crate::exchange::{Exchange, Place};
use crate::execution_log::text::dated;
use crate::generation::Generation;
use crate::pipeline::authorize::{Tried, try_out};
use edgewit_model::api::Verb;
use edgewit_plugin::{Caller, Decision};
use http::{HeaderName, HeaderValue, Method};
use pingora_http::RequestHeader;
use serde_json::{Value, json};
use std::sync::Arc;

/// Asks the authorizer of this name of the only stage of `generation`. The members of the answer of
/// `TestInvokeAuthorizer`.
///
/// # Errors
/// When there is no such authorizer, or when the request cannot be one. Whatever the authorizer does is an answer.
pub(crate) async fn authorize(
    generation: &Generation,
    name: &str,
    path: &str,
    headers: &[(String, String)],
) -> Result<Value, InvokeError> {
    let stage = generation.stages().first().map(|stage| Arc::clone(stage)).ok_or(InvokeError::NoAnswer)?;
    let mut header = request(path, headers)?;
    let mut exchange = Exchange::new();
    exchange.trial = true;
    exchange.verb = Some(Verb::GET);
    exchange.found = stage.plan.router.find("/", Some(Verb::GET));
    let index = stage.plan.authorizers.iter().position(|authorizer| &*authorizer.name == name);
    exchange.place = Some(Place { stage, path: "/".to_owned(), resource_start: 0 });
    let tried = try_out(&mut header, &mut exchange, index.unwrap_or(usize::MAX)).await;
    Ok(answer(name, &exchange, tried))
}

/// The same answer where a caller has not what the authorizer identifies them by, so that nobody need be asked.
pub(crate) fn unauthorized(name: &str) -> Value {
    answer(name, &Exchange::new(), Tried::Unauthorized)
}

fn request(path: &str, headers: &[(String, String)]) -> Result<RequestHeader, InvokeError> {
    let wrong = |what: &str| InvokeError::Request(format!("found the {what}, which is not one of HTTP"));
    let mut header = RequestHeader::build(Method::GET, path.as_bytes(), Some(headers.len()))
        .map_err(|_| wrong(&format!("path `{path}`")))?;
    for (name, value) in headers {
        let legal = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let (name, value) = legal.ok_or_else(|| wrong(&format!("header `{name}`")))?;
        header.append_header(name, value).map_err(|_| wrong("header"))?;
    }
    Ok(header)
}

fn answer(name: &str, exchange: &Exchange, tried: Tried) -> Value {
    let id = exchange.ids.request_id();
    let mut log = vec![format!("Execution log for request {id}")];
    let mut say = |line: String| log.push(dated(exchange.ids.epoch_ms, &line));
    say(format!("Starting authorizer: {name} for request: {id}"));
    let mut told = json!({});
    let status = match tried {
        Tried::Unauthorized => {
            say("Unauthorized request: an identity source is missing or does not match".to_owned());
            401
        }
        Tried::Failed(why) => {
            say(format!("Execution failed due to configuration error: {why}"));
            500
        }
        Tried::Decided(identity, decision) => {
            say(format!("Incoming identity: {}", masked(&identity)));
            match decision {
                Decision::Unauthorized => {
                    say("Unauthorized request: the authorizer asks for a 401".to_owned());
                    401
                }
                Decision::Allow(caller) => {
                    tell(&mut told, &caller, &simple(exchange, "Allow"));
                    say(format!(
                        "Using valid authorizer policy for principal: {}",
                        masked(&caller.principal_id)
                    ));
                    200
                }
                Decision::Deny(_) => {
                    tell(&mut told, &Caller::default(), &simple(exchange, "Deny"));
                    200
                }
                Decision::Policy { caller, document } => {
                    tell(&mut told, &caller, &document);
                    say(format!(
                        "Using valid authorizer policy for principal: {}",
                        masked(&caller.principal_id)
                    ));
                    200
                }
            }
        }
    };
    if status == 200 {
        say("Successfully completed authorizer execution".to_owned());
    }
    told["clientStatus"] = status.into();
    told["log"] = log.iter().map(|line| format!("{line}\n")).collect::<String>().into();
    told["latency"] = u64::try_from(exchange.started.elapsed().as_millis()).unwrap_or(u64::MAX).into();
    told
}

fn tell(told: &mut Value, caller: &Caller, policy: &str) {
    if !caller.principal_id.is_empty() {
        told["principalId"] = caller.principal_id.as_str().into();
    }
    told["policy"] = policy.into();
    let context = caller.context.iter().map(|(key, value)| (key.clone(), json!([value.to_string()])));
    let context: serde_json::Map<String, Value> = context.collect();
    if !context.is_empty() {
        told["authorization"] = context.into();
    }
}

/// A policy that says of the method what a component has said without one.
fn simple(exchange: &Exchange, effect: &str) -> String {
    let statement =
        json!({"Action": "execute-api:Invoke", "Effect": effect, "Resource": exchange.method_arn("GET")});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// All but the last four characters of what may be a secret, as execution logs have it.
fn masked(text: &str) -> String {
    let shown = text.chars().count().min(4) / 2 * 2;
    let hidden = text.chars().count().saturating_sub(shown);
    "*".repeat(hidden.min(64)) + &text.chars().skip(hidden).collect::<String>()
}
