//! What authorizers must be.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html>.

use super::jwt;
use crate::entities::{Authorizer, RestApi};
use crate::protocol::error::Error;

/// Longest time that a result is kept, in seconds.
pub(super) const MAX_TTL_SECONDS: u32 = 3600;

/// What can tell callers apart for a function that sees the whole request.
const REQUEST_SOURCES: [&str; 6] = [
    "method.request.header.",
    "method.request.querystring.",
    "method.request.multivalueheader.",
    "method.request.multivaluequerystring.",
    "stageVariables.",
    "context.",
];

/// That an authorizer has a name which no other of the API has.
pub(super) fn name(api: &RestApi, authorizer: &Authorizer) -> Result<(), Error> {
    let name = &authorizer.name;
    if name.trim().is_empty() {
        return Err(Error::bad_request("Authorizer name must be non-empty"));
    }
    if api.authorizers.values().any(|other| other.name == *name && other.id != authorizer.id) {
        return Err(Error::bad_request(format!(
            "Authorizer name must be unique. Authorizer {name} already exists in this RestApi."
        )));
    }
    Ok(())
}

/// That a new authorizer says whom to ask. Updates change one thing after the other, and may leave this open.
pub(super) fn new(authorizer: &Authorizer) -> Result<(), Error> {
    let is_complete = match authorizer.kind.as_str() {
        "COGNITO_USER_POOLS" => !authorizer.provider_arns.is_empty(),
        "JWT" => authorizer.jwt_configuration.is_some(),
        _ => authorizer.authorizer_uri.is_some(),
    };
    if is_complete { Ok(()) } else { Err(Error::bad_request("Invalid request input")) }
}

/// That the parts of an authorizer fit its type.
pub(super) fn consistent(authorizer: &Authorizer) -> Result<(), Error> {
    if let Some(uri) = &authorizer.authorizer_uri {
        invocation(uri)?;
    }
    authorizer.provider_arns.iter().try_for_each(|arn| user_pool(arn))?;
    identity_source(authorizer)?;
    if authorizer.kind == "JWT" { jwt::check(authorizer) } else { Ok(()) }
}

/// The seconds as they are stored.
pub(super) fn ttl(seconds: i64) -> Result<u32, Error> {
    let seconds = u32::try_from(seconds).ok().filter(|seconds| *seconds <= MAX_TTL_SECONDS);
    seconds.ok_or_else(|| {
        Error::bad_request(format!("Authorizer result TTL must be between 0 and {MAX_TTL_SECONDS} seconds"))
    })
}

/// That a URI invokes a function.
fn invocation(uri: &str) -> Result<(), Error> {
    let function = uri.strip_prefix("arn:").and_then(|rest| {
        let (front, path) = rest.split_once(":lambda:path/")?;
        let (_, function) = path.split_once("/functions/")?;
        front.contains("apigateway:").then_some(function)
    });
    let is_invocation = function.is_some_and(|function| {
        let name = function.strip_suffix("/invocations");
        name.is_some_and(|name| !name.is_empty())
    });
    if is_invocation {
        return Ok(());
    }
    Err(Error::bad_request(format!(
        "Invalid Authorizer URI: {uri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."
    )))
}

/// That an ARN is of a user pool.
fn user_pool(arn: &str) -> Result<(), Error> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "cognito-idp", _, _, pool] if pool.starts_with("userpool/") => Ok(()),
        _ => Err(Error::bad_request(format!("Invalid Cognito User Pool ARN specified: {arn}"))),
    }
}

fn identity_source(authorizer: &Authorizer) -> Result<(), Error> {
    let Some(text) = &authorizer.identity_source else {
        // A function that is asked each time may look for what it needs in the whole request.
        let is_needless =
            authorizer.kind == "REQUEST" && authorizer.authorizer_result_ttl_in_seconds == Some(0);
        return if is_needless { Ok(()) } else { Err(Error::bad_request("Invalid request input")) };
    };
    let sources: Vec<&str> = text.split(',').map(str::trim).collect();
    let is_one_of = |source: &str, prefixes: &[&str]| {
        prefixes.iter().any(|prefix| source.strip_prefix(prefix).is_some_and(|name| !name.is_empty()))
    };
    let is_right = match (authorizer.kind.as_str(), sources.as_slice()) {
        ("REQUEST", sources) => sources.iter().all(|source| is_one_of(source, &REQUEST_SOURCES)),
        (_, [source]) => is_one_of(source, &["method.request.header."]),
        _ => false,
    };
    if is_right {
        Ok(())
    } else {
        Err(Error::bad_request(format!("Invalid identity source specified: {text}")))
    }
}
