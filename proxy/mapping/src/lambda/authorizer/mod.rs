//! Lambda authorizers: the events of both types, and their result.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html> and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>.

#[cfg(test)]
mod tests;

use super::event::{EventSource, Receiver, request_members};
use super::json::{self, Object};
use super::{one_line, result};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Longest result, in bytes.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>, "authorizer result size".
pub const MAX_RESULT_BYTES: usize = 8 * 1024;

/// Longest resource in a returned policy, in characters.
pub const MAX_RESOURCE_CHARS: usize = 512;

/// The event of a TOKEN authorizer: `token` is the whole value of its header.
pub fn token_event(token: &[u8], method_arn: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + token.len() + method_arn.len());
    let mut event = Object::open(&mut out);
    json::text("TOKEN", event.member("type"));
    json::text(method_arn, event.member("methodArn"));
    json::bytes(token, event.member("authorizationToken"));
    event.close();
    out
}

/// The event of a REQUEST authorizer: that of a proxy integration without body, authorizer and deployment, and with the
/// `Authorization` header whatever it holds.
pub fn request_event(source: &impl EventSource, method_arn: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(3072);
    let mut event = Object::open(&mut out);
    json::text("REQUEST", event.member("type"));
    json::text(method_arn, event.member("methodArn"));
    request_members(source, Receiver::Authorizer, &mut event);
    event.close();
    out
}

/// What an authorizer returned. Whether the policy is one, and what it says, is for the policy's evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerResult {
    /// `$context.authorizer.principalId`.
    pub principal_id: String,
    /// An IAM policy document: an object.
    pub policy_document: Value,
    /// `$context.authorizer.{key}`, in order; keys differ.
    pub context: Vec<(String, ContextValue)>,
    /// The caller's API key, for APIs whose key source is `AUTHORIZER`.
    pub usage_identifier_key: Option<String>,
}

/// A value of `context`. It is displayed as mappings, logs and events show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue {
    /// Shown as it is.
    Text(String),
    /// Shown in decimal.
    Number(Number),
    /// Shown as `true` or `false`.
    Boolean(bool),
}

impl fmt::Display for ContextValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Boolean(value) => value.fmt(f),
        }
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizerError {
    /// The function threw `Unauthorized`: 401.
    #[error("the authorizer threw Unauthorized")]
    Unauthorized,
    /// The function threw something else, as one line: 500.
    #[error("the authorizer failed: {0}")]
    Function(String),
    /// The result is not of the format; what was found and what was expected, as one line: 500.
    #[error("the authorizer's result is malformed: {0}")]
    Malformed(String),
}

/// What a call has come to that the Lambda service says has failed (`X-Amz-Function-Error`).
pub fn function_error(payload: &[u8]) -> AuthorizerError {
    match result::error_message(payload).as_deref() {
        Some("Unauthorized") => AuthorizerError::Unauthorized,
        Some(message) => AuthorizerError::Function(one_line(message)),
        None => AuthorizerError::Function("it gave no errorMessage".to_owned()),
    }
}

/// Reads what an authorizer returned, at most [`MAX_RESULT_BYTES`]. Members that nobody reads may stand in it.
///
/// # Errors
/// [`AuthorizerError::Malformed`] when it is not JSON, `principalId` or `policyDocument` is missing or of another type,
/// or a value of `context` is neither a string nor a number nor a boolean.
pub fn parse(payload: &[u8]) -> Result<AuthorizerResult, AuthorizerError> {
    if payload.len() > MAX_RESULT_BYTES {
        let expected = format!("at most {MAX_RESULT_BYTES}");
        return Err(malformed("the result", &format!("{} bytes", payload.len()), &expected));
    }
    let mut members = match serde_json::from_slice(payload) {
        Ok(Value::Object(members)) => members,
        Ok(other) => return Err(malformed("the result", kind(Some(&other)), "an object")),
        Err(error) => return Err(AuthorizerError::Malformed(one_line(&error.to_string()))),
    };
    let principal_id = match members.remove("principalId") {
        Some(Value::String(text)) => text,
        other => return Err(malformed("principalId", kind(other.as_ref()), "a string")),
    };
    let policy_document = match members.remove("policyDocument") {
        Some(document @ Value::Object(_)) => document,
        other => return Err(malformed("policyDocument", kind(other.as_ref()), "an object")),
    };
    check_resources(&policy_document)?;
    let context = match members.remove("context") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(entries)) => context(entries)?,
        other => return Err(malformed("context", kind(other.as_ref()), "an object")),
    };
    let usage_identifier_key = match members.remove("usageIdentifierKey") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        other => return Err(malformed("usageIdentifierKey", kind(other.as_ref()), "a string")),
    };
    Ok(AuthorizerResult { principal_id, policy_document, context, usage_identifier_key })
}

fn context(entries: Map<String, Value>) -> Result<Vec<(String, ContextValue)>, AuthorizerError> {
    entries
        .into_iter()
        .map(|(key, value)| {
            let value = match value {
                Value::String(text) => ContextValue::Text(text),
                Value::Number(number) => ContextValue::Number(number),
                Value::Bool(value) => ContextValue::Boolean(value),
                other => {
                    let what = format!("context.{key}");
                    return Err(malformed(&what, kind(Some(&other)), "a string, number or boolean"));
                }
            };
            Ok((key, value))
        })
        .collect()
}

/// No resource may be longer than [`MAX_RESOURCE_CHARS`]. Anything else that is wrong is found when the policy is
/// compiled.
fn check_resources(document: &Value) -> Result<(), AuthorizerError> {
    for statement in each(document.get("Statement")) {
        for member in ["Resource", "NotResource"] {
            for resource in each(statement.get(member)).iter().filter_map(Value::as_str) {
                let chars = resource.chars().count();
                if chars > MAX_RESOURCE_CHARS {
                    let expected = format!("at most {MAX_RESOURCE_CHARS}");
                    return Err(malformed(
                        "a resource of policyDocument",
                        &format!("{chars} characters"),
                        &expected,
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The items of a list, or the one value that stands in place of it.
fn each(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(single) => std::slice::from_ref(single),
    }
}

fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

fn malformed(what: &str, found: &str, expected: &str) -> AuthorizerError {
    AuthorizerError::Malformed(one_line(&format!("{what}: found {found}, expected {expected}")))
}
