//! Repeats everything a request can be asked for, so that a test sees the whole contract cross the boundary.

use crate::edgewit::plugin::config;
use crate::edgewit::plugin::request::Request;
use crate::exports::edgewit::plugin::authorize::{Allowed, ContextValue, Decision};

/// Allows, with one context value for each method of the request. Lists are joined with `|`, none is `-`.
pub(crate) fn echo(request: &Request) -> Decision {
    let list = |values: Vec<String>| values.join("|");
    let option = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let texts = [
        ("method", request.method()),
        ("path", request.path()),
        ("resource-path", request.resource_path()),
        ("stage", request.stage()),
        ("api-id", request.api_id()),
        ("request-id", request.request_id()),
        ("source-ip", request.source_ip()),
        ("protocol", request.protocol()),
        ("header", option(request.header("x-two"))),
        ("header-missing", option(request.header("x-none"))),
        ("header-values", list(request.header_values("X-Two"))),
        ("header-names", list(request.header_names())),
        ("query", option(request.query("q"))),
        ("query-missing", option(request.query("none"))),
        ("query-values", list(request.query_values("q"))),
        ("query-names", list(request.query_names())),
        ("path-parameter", option(request.path_parameter("petId"))),
        ("stage-variable", option(request.stage_variable("tier"))),
        ("context", option(request.context("domainName"))),
        ("method-arn", request.method_arn()),
        ("authorization-token", option(request.authorization_token())),
        ("identity-sources", list(request.identity_sources())),
        ("config", option(config::get("greeting"))),
        ("config-missing", option(config::get("none"))),
    ];
    let mut context: Vec<_> =
        texts.into_iter().map(|(key, text)| (key.to_owned(), ContextValue::Text(text))).collect();
    context.push(("integer".to_owned(), ContextValue::Integer(-7)));
    context.push(("float".to_owned(), ContextValue::Float(1.5)));
    context.push(("boolean".to_owned(), ContextValue::Boolean(true)));
    Decision::Allow(Allowed {
        principal_id: "echo".to_owned(),
        context,
        usage_identifier_key: Some("echo-key".to_owned()),
    })
}
