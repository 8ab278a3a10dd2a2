//! Integrations of an imported document as entities.

use super::convert::some;
use crate::entities::{Integration, IntegrationResponse, Map, TlsConfig};
use edgewit_model::api::{
    self, ConnectionType, IntegrationType, Mapping, ResponseTransferMode, Template, Verb,
};

/// An integration of a method of the resource `resource_id`.
pub(super) fn convert(resource_id: &str, integration: &api::Integration) -> Integration {
    let is_mock = integration.kind == IntegrationType::Mock;
    let is_http = matches!(integration.kind, IntegrationType::Http | IntegrationType::HttpProxy);
    let responses = integration.responses.iter().map(|response| {
        let converted = convert_response(response);
        (response.status_code.clone(), converted)
    });
    Integration {
        kind: integration.kind.as_str().to_owned(),
        http_method: (!is_mock).then(|| integration.http_method.unwrap_or(Verb::ANY).as_str().to_owned()),
        uri: integration.uri.clone(),
        connection_type: match integration.connection_type {
            ConnectionType::Internet if !is_http => None,
            other => Some(other.as_str().to_owned()),
        },
        connection_id: integration.connection_id.clone(),
        credentials: integration.credentials.clone(),
        request_parameters: expressions(&integration.request_parameters),
        request_templates: templates(&integration.request_templates),
        passthrough_behavior: Some(integration.passthrough_behavior.as_str().to_owned()),
        content_handling: integration.content_handling.map(|handling| handling.as_str().to_owned()),
        timeout_in_millis: integration.timeout_ms,
        cache_namespace: Some(integration.cache_namespace.clone().unwrap_or_else(|| resource_id.to_owned())),
        cache_key_parameters: integration.cache_key_parameters.clone(),
        integration_responses: responses.map(|(status, response)| (status, Box::new(response))).collect(),
        tls_config: integration
            .insecure_skip_verification
            .then_some(TlsConfig { insecure_skip_verification: true }),
        response_transfer_mode: match integration.response_transfer_mode {
            ResponseTransferMode::Buffered => None,
            other @ ResponseTransferMode::Stream => Some(other.as_str().to_owned()),
        },
        integration_target: integration.integration_target.clone(),
    }
}

fn convert_response(response: &api::IntegrationResponse) -> IntegrationResponse {
    IntegrationResponse {
        status_code: response.status_code.clone(),
        selection_pattern: response.selection_pattern.clone(),
        response_parameters: expressions(&response.response_parameters),
        response_templates: templates(&response.response_templates),
        content_handling: response.content_handling.map(|handling| handling.as_str().to_owned()),
    }
}

fn expressions(mappings: &Map<Mapping>) -> Option<Map<String>> {
    let expressions: Map<String> =
        mappings.iter().map(|(target, mapping)| (target.clone(), mapping.expression.clone())).collect();
    some(&expressions)
}

/// Empty templates are stored as null.
fn templates(templates: &Map<Template>) -> Option<Map<Option<String>>> {
    let texts: Map<Option<String>> = templates
        .iter()
        .map(|(mime, template)| (mime.clone(), Some(template.text.clone()).filter(|text| !text.is_empty())))
        .collect();
    some(&texts)
}
