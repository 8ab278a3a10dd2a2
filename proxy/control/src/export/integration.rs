//! `x-amazon-apigateway-integration`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>.

use super::Format;
use crate::entities::{Integration, IntegrationResponse};
use serde_json::{Value, json};

/// Milliseconds that integrations have where a document does not say.
const DEFAULT_TIMEOUT_MILLIS: u32 = 29_000;

/// An integration of a method of the resource `resource_id`; what is default is left out.
pub(super) fn export(integration: &Integration, resource_id: &str, format: Format) -> Value {
    let kind = json!(integration.kind.to_ascii_lowercase());
    let mut exported = json!({});
    // The order of API Gateway's own exports.
    if format == Format::Swagger {
        exported["type"] = kind.clone();
    }
    set(&mut exported, "credentials", integration.credentials.as_ref());
    set(&mut exported, "httpMethod", integration.http_method.as_ref());
    set(&mut exported, "uri", integration.uri.as_ref());
    if !integration.integration_responses.is_empty() {
        exported["responses"] = responses(integration);
    }
    set(&mut exported, "requestParameters", integration.request_parameters.as_ref());
    set(&mut exported, "requestTemplates", integration.request_templates.as_ref());
    let passthrough = integration.passthrough_behavior.as_ref().map(|behavior| behavior.to_ascii_lowercase());
    set(&mut exported, "passthroughBehavior", passthrough);
    let is_link = integration.connection_type.as_deref() == Some("VPC_LINK");
    set(&mut exported, "connectionType", integration.connection_type.as_ref().filter(|_| is_link));
    set(&mut exported, "connectionId", integration.connection_id.as_ref());
    set(&mut exported, "integrationTarget", integration.integration_target.as_ref());
    let timeout = integration.timeout_in_millis;
    let is_default_timeout = timeout == DEFAULT_TIMEOUT_MILLIS || timeout == 0;
    set(&mut exported, "timeoutInMillis", (!is_default_timeout).then_some(timeout));
    let namespace = integration.cache_namespace.as_ref().filter(|namespace| *namespace != resource_id);
    set(&mut exported, "cacheNamespace", namespace);
    let keys = Some(&integration.cache_key_parameters).filter(|keys| !keys.is_empty());
    set(&mut exported, "cacheKeyParameters", keys);
    set(&mut exported, "contentHandling", integration.content_handling.as_ref());
    set(&mut exported, "tlsConfig", integration.tls_config.as_ref());
    set(&mut exported, "responseTransferMode", integration.response_transfer_mode.as_ref());
    if format == Format::OpenApi {
        exported["type"] = kind;
    }
    exported
}

/// By selection pattern.
fn responses(integration: &Integration) -> Value {
    let mut responses = json!({});
    for response in integration.integration_responses.values() {
        let pattern = response.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty());
        responses[pattern.unwrap_or("default")] = export_response(response);
    }
    responses
}

fn export_response(response: &IntegrationResponse) -> Value {
    let mut exported = json!({"statusCode": response.status_code});
    set(&mut exported, "responseParameters", response.response_parameters.as_ref());
    set(&mut exported, "responseTemplates", response.response_templates.as_ref());
    set(&mut exported, "contentHandling", response.content_handling.as_ref());
    exported
}

fn set(object: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    if let Some(value) = value {
        object[name] = json!(value);
    }
}
