//! Integrations: what answers a method.

mod rules;
#[cfg(test)]
mod tests;
mod update;

pub(super) use update::CONTENT_HANDLING;

use super::Handler;
use super::mapping_rules::check_templates;
use super::methods::{method, replace, view};
use crate::entities::{Integration, Method};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;

/// Milliseconds that a backend has where nothing is said.
const DEFAULT_TIMEOUT_MS: i64 = 29_000;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "DeleteIntegration" => delete,
        "GetIntegration" => get,
        "PutIntegration" => put,
        "UpdateIntegration" => update::update,
        _ => return None,
    })
}

fn put(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    let mut integration = given(call)?;
    if let Some(templates) = &mut integration.request_templates {
        check_templates(templates)?;
    }
    rules::check(&integration, call.environment.account_id())?;
    rules::check_parameters(&integration, &Integration::default(), method)?;
    let answer = view(&integration)?;
    let method = Method { method_integration: Some(Box::new(integration)), ..method.clone() };
    replace(call, method)?;
    Ok(Answer::Json(answer))
}

/// The integration of the request, with what API Gateway fills in.
fn given(call: &Call<'_>) -> Result<Integration, Error> {
    let input = &call.input;
    let kind = input.required("type").to_owned();
    let over_http = rules::is_http(&kind);
    let timeout = input.integer("timeoutInMillis").unwrap_or(DEFAULT_TIMEOUT_MS);
    Ok(Integration {
        http_method: input.non_empty("integrationHttpMethod"),
        uri: input.non_empty("uri"),
        connection_type: input
            .string("connectionType")
            .or_else(|| over_http.then(|| rules::INTERNET.to_owned())),
        connection_id: input.non_empty("connectionId"),
        credentials: input.non_empty("credentials"),
        request_parameters: input.map("requestParameters"),
        request_templates: input.value("requestTemplates"),
        passthrough_behavior: Some(
            input.non_empty("passthroughBehavior").unwrap_or_else(|| "WHEN_NO_MATCH".into()),
        ),
        content_handling: input.string("contentHandling"),
        timeout_in_millis: rules::timeout(timeout)?,
        cache_namespace: input.non_empty("cacheNamespace").or_else(|| input.string("resourceId")),
        cache_key_parameters: input.texts("cacheKeyParameters").unwrap_or_default(),
        tls_config: input.value("tlsConfig"),
        response_transfer_mode: input.string("responseTransferMode"),
        integration_target: input.non_empty("integrationTarget"),
        kind,
        ..Integration::default()
    })
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    view(integration(method)?).map(Answer::Json)
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let method = of_method(call)?;
    integration(method)?;
    let method = Method { method_integration: None, ..method.clone() };
    replace(call, method)?;
    Ok(Answer::Empty)
}

/// The method that the path names, for what API Gateway looks up by the integration alone: where there is no such
/// method there is no such integration.
///
/// # Errors
/// When there is none.
pub(super) fn of_method<'c>(call: &'c Call<'_>) -> Result<&'c Method, Error> {
    super::methods::resource(call)?;
    method(call).map(|(_, method)| method).map_err(|_| unknown())
}

/// The integration of a method.
///
/// # Errors
/// When it has none.
pub(super) fn integration(method: &Method) -> Result<&Integration, Error> {
    method.method_integration.as_deref().ok_or_else(unknown)
}

/// No such integration.
fn unknown() -> Error {
    Error::not_found("Invalid Integration identifier specified")
}
