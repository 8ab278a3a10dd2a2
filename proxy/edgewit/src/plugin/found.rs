//! What a plugin answered, in the form of cases.

use super::ask::Reply;
use super::outcome::{
    Answer, Caller, Changes, FirewallFinding, FunctionFailure, Outcome, Policy, Step, Texts,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edgewit_plugin::{
    Change, ContextValue, Decision, InspectFinding, InspectVerdict, PluginAnswer, RequestOutcome,
};
use http::HeaderMap;
use serde_json::Value;
use std::collections::BTreeMap;

/// Takes over an answer.
pub(crate) fn outcome(reply: Reply) -> Outcome {
    match reply {
        Reply::Decision(decision) => decided(decision),
        Reply::Request(RequestOutcome::Forward(changes)) => {
            let (body, body_base64) = body(changes.body);
            let query = changes.query.into_iter().map(|change| step(change, |name| name, |value| value));
            Outcome::Forward(Changes {
                path: changes.path,
                query: query.collect(),
                headers: header_steps(changes.headers),
                body,
                body_base64,
                ..Changes::default()
            })
        }
        Reply::Request(RequestOutcome::Respond(answer)) => Outcome::Respond(answered(answer)),
        Reply::Response(changes) => {
            let (body, body_base64) = body(changes.body);
            Outcome::Response(Changes {
                status: changes.status.map(|status| status.as_u16()),
                headers: header_steps(changes.headers),
                body,
                body_base64,
                ..Changes::default()
            })
        }
        Reply::Finding(finding) => Outcome::Finding(found(finding)),
        Reply::Json(Ok(json)) => match serde_json::from_str(&json) {
            Ok(value) => Outcome::Result(value),
            Err(error) => Outcome::Error(format!("the result is no JSON: {error}")),
        },
        Reply::Json(Err(failure)) => Outcome::Failure(FunctionFailure {
            error_type: failure.error_type,
            message: edgewit_plugin::printable_line(&failure.error_message),
        }),
        Reply::Http(response) => Outcome::Http(served(&response)),
    }
}

/// The kind of an answer, in a word or two.
pub(crate) fn short(reply: &Reply) -> String {
    match reply {
        Reply::Decision(Decision::Allow(caller)) => format!("allow {}", caller.principal_id),
        Reply::Decision(Decision::Deny(_)) => "deny".to_owned(),
        Reply::Decision(Decision::Unauthorized) => "unauthorized".to_owned(),
        Reply::Decision(Decision::Policy { .. }) => "policy".to_owned(),
        Reply::Request(RequestOutcome::Forward(_)) => "forward".to_owned(),
        Reply::Request(RequestOutcome::Respond(answer)) => format!("respond {}", answer.status.as_u16()),
        Reply::Response(_) => "response".to_owned(),
        Reply::Finding(finding) => verdict(&finding.verdict).to_owned(),
        Reply::Json(Ok(json)) => format!("{} bytes of JSON", json.len()),
        Reply::Json(Err(failure)) => format!("failure {}", failure.error_type),
        Reply::Http(response) => format!("status {}", response.status().as_u16()),
    }
}

fn decided(decision: Decision) -> Outcome {
    match decision {
        Decision::Allow(caller) => Outcome::Allow(Caller {
            principal: caller.principal_id,
            context: context(caller.context),
            usage_key: caller.usage_identifier_key,
        }),
        Decision::Deny(reason) => Outcome::Deny(reason),
        Decision::Unauthorized => Outcome::Unauthorized,
        Decision::Policy { caller, document } => Outcome::Policy(Policy {
            principal: caller.principal_id,
            context: context(caller.context),
            usage_key: caller.usage_identifier_key,
            // What is no JSON is shown as the text that it is, and is like no document.
            document: serde_json::from_str(&document).unwrap_or(Value::String(document)),
        }),
    }
}

fn context(pairs: Vec<(String, ContextValue)>) -> BTreeMap<String, Value> {
    let value = |value| match value {
        ContextValue::Text(text) => Value::from(text),
        ContextValue::Integer(number) => Value::from(number),
        ContextValue::Float(number) => Value::from(number),
        ContextValue::Boolean(truth) => Value::from(truth),
    };
    pairs.into_iter().map(|(name, found)| (name, value(found))).collect()
}

fn step<N, V>(change: Change<N, V>, name: impl Fn(N) -> String, value: impl Fn(V) -> String) -> Step {
    match change {
        Change::Set(n, v) => Step::Set(Texts(vec![(name(n), value(v))])),
        Change::Append(n, v) => Step::Append(Texts(vec![(name(n), value(v))])),
        Change::Remove(n) => Step::Remove(name(n)),
    }
}

fn header_steps(changes: Vec<Change<http::HeaderName, http::HeaderValue>>) -> Vec<Step> {
    let name = |name: http::HeaderName| name.as_str().to_owned();
    let value = |value: http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    changes.into_iter().map(|change| step(change, name, value)).collect()
}

fn answered(answer: PluginAnswer) -> Answer {
    let (body, body_base64) = body(Some(answer.body));
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    Answer {
        status: Some(answer.status.as_u16()),
        headers: Texts(headers.collect()),
        body,
        body_base64,
        body_json: None,
    }
}

fn served(response: &http::Response<Bytes>) -> Answer {
    let headers: &HeaderMap = response.headers();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let (body, body_base64) = body(Some(response.body().to_vec()));
    Answer {
        status: Some(response.status().as_u16()),
        headers: Texts(headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()),
        body,
        body_base64,
        body_json: None,
    }
}

fn verdict(verdict: &InspectVerdict) -> &'static str {
    match verdict {
        InspectVerdict::Allow => "allow",
        InspectVerdict::Block(_) => "block",
        InspectVerdict::Count => "count",
        InspectVerdict::ReadBody => "read-body",
    }
}

fn found(finding: InspectFinding) -> FirewallFinding {
    let name = verdict(&finding.verdict).to_owned();
    let answer = match finding.verdict {
        InspectVerdict::Block(answer) => answer.map(answered),
        _ => None,
    };
    FirewallFinding { verdict: name, labels: finding.labels, answer }
}

/// Text where it is text, Base64 where it is not.
fn body(bytes: Option<Vec<u8>>) -> (Option<String>, Option<String>) {
    match bytes.map(String::from_utf8) {
        None => (None, None),
        Some(Ok(text)) => (Some(text), None),
        Some(Err(binary)) => (None, Some(STANDARD.encode(binary.as_bytes()))),
    }
}
