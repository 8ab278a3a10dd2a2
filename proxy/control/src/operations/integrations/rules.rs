//! What an integration must be to be saved.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html>.

use crate::entities::{Integration, Method};
use crate::operations::mapping_rules::check_request_mappings;
use crate::operations::methods::VERBS;
use crate::operations::patch_map::invalid_choice;
use crate::protocol::error::{Error, ErrorKind};

/// Least and most milliseconds that a backend can be given.
pub(super) const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 50..=29_000;
/// The same where the answer is streamed.
pub(super) const STREAM_TIMEOUT_MS: std::ops::RangeInclusive<u32> = 50..=900_000;

pub(super) const INTERNET: &str = "INTERNET";
const VPC_LINK: &str = "VPC_LINK";
const STREAM: &str = "STREAM";

/// What becomes of bodies that no template is for.
pub(super) const PASSTHROUGH: &[&str] = &["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"];

pub(super) fn is_http(kind: &str) -> bool {
    matches!(kind, "HTTP" | "HTTP_PROXY")
}

fn is_aws(kind: &str) -> bool {
    matches!(kind, "AWS" | "AWS_PROXY")
}

/// That the members of an integration are what they may be, and fit each other.
pub(super) fn check(integration: &Integration, account_id: &str) -> Result<(), Error> {
    let kind = integration.kind.as_str();
    match integration.http_method.as_deref() {
        None if kind != "MOCK" => {
            return Err(Error::bad_request("Enumeration value for HttpMethod must be non-empty"));
        }
        Some(verb) if !VERBS.contains(&verb) => return Err(invalid_choice("HttpMethod", VERBS)),
        _ => {}
    }
    let uri = integration.uri.as_deref().unwrap_or_default();
    if is_http(kind) && !is_http_endpoint(uri) {
        return Err(Error::bad_request("Invalid HTTP endpoint specified for URI"));
    }
    if let Some(credentials) = &integration.credentials {
        check_credentials(credentials, account_id)?;
    }
    if is_aws(kind) {
        check_service(integration, uri)?;
    }
    if integration.passthrough_behavior.as_deref().is_some_and(|behavior| !PASSTHROUGH.contains(&behavior)) {
        return Err(invalid_choice("PassthroughBehavior", PASSTHROUGH));
    }
    if integration.connection_type.as_deref() == Some(VPC_LINK) && integration.connection_id.is_none() {
        return Err(Error::bad_request("Connection ID must be specified for VPC_LINK connections"));
    }
    check_transfer(integration)
}

/// A time in milliseconds, as far as that is one.
pub(super) fn timeout(milliseconds: i64) -> Result<u32, Error> {
    u32::try_from(milliseconds).map_err(|_| invalid_timeout(&TIMEOUT_MS))
}

pub(super) fn invalid_timeout(range: &std::ops::RangeInclusive<u32>) -> Error {
    Error::bad_request(format!("Timeout should be between {} ms and {} ms", range.start(), range.end()))
}

fn check_transfer(integration: &Integration) -> Result<(), Error> {
    let stream = integration.response_transfer_mode.as_deref() == Some(STREAM);
    if stream && !integration.kind.ends_with("_PROXY") {
        return Err(Error::bad_request(
            "Response streaming is only supported for HTTP_PROXY and AWS_PROXY integrations",
        ));
    }
    let range = if stream { STREAM_TIMEOUT_MS } else { TIMEOUT_MS };
    if range.contains(&integration.timeout_in_millis) { Ok(()) } else { Err(invalid_timeout(&range)) }
}

/// A scheme and a host, either of which may hold stage variables.
fn is_http_endpoint(uri: &str) -> bool {
    let rest = uri
        .split_once("://")
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"));
    rest.is_some_and(|(_, rest)| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']))
}

/// `arn:aws:apigateway:{region}:{service}:{path|action}/{rest}`.
fn check_service(integration: &Integration, uri: &str) -> Result<(), Error> {
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    let ["arn", _, _, _, service, target] = parts.as_slice() else {
        return Err(Error::bad_request("Invalid ARN specified in the request"));
    };
    if !(target.starts_with("path/") || target.starts_with("action/")) {
        return Err(Error::bad_request("AWS ARN for integration must contain path or action"));
    }
    if integration.kind == "AWS_PROXY" && !matches!(*service, "lambda" | "firehose") {
        return Err(Error::bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        ));
    }
    // A function can allow API Gateway to call it; other services know roles only.
    if integration.kind == "AWS" && *service != "lambda" && integration.credentials.is_none() {
        return Err(Error::bad_request("Role ARN must be specified for AWS integrations"));
    }
    Ok(())
}

/// The account of a node that was given none: definitions of every account run there unchanged.
const NO_ACCOUNT: &str = "000000000000";

/// A role of this account, or `arn:aws:iam::*:user/*` for the caller's own credentials.
fn check_credentials(credentials: &str, account_id: &str) -> Result<(), Error> {
    let parts: Vec<&str> = credentials.splitn(6, ':').collect();
    // A stage variable may stand for the whole or for the account.
    if credentials.starts_with("${") {
        return Ok(());
    }
    let ["arn", _, "iam", "", account, _] = parts.as_slice() else {
        return Err(Error::bad_request("Invalid ARN specified in the request"));
    };
    let any = account_id == NO_ACCOUNT;
    if any || *account == account_id || *account == "*" || account.contains("${") {
        return Ok(());
    }
    Err(Error::new(ErrorKind::AccessDenied, "Cross-account pass role is not allowed."))
}

/// That the mappings and cache keys which are not as they were `before` are of the form there is, and what they name
/// is declared by the method.
pub(super) fn check_parameters(
    integration: &Integration,
    before: &Integration,
    method: &Method,
) -> Result<(), Error> {
    let mappings = integration.request_parameters.iter().flatten();
    let old = |target: &str| before.request_parameters.as_ref().and_then(|mappings| mappings.get(target));
    check_request_mappings(mappings.filter(|(target, source)| old(target) != Some(*source)), method)?;
    let mapped = |key: &str| {
        integration.request_parameters.as_ref().is_some_and(|mappings| mappings.contains_key(key))
    };
    let mut keys = integration.cache_key_parameters.iter();
    let unknown = keys.any(|key| {
        !before.cache_key_parameters.contains(key)
            && !method.request_parameters.contains_key(key)
            && !mapped(key)
    });
    if unknown { Err(Error::bad_request("Invalid cache key parameter specified")) } else { Ok(()) }
}
