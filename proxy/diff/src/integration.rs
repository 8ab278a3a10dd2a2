//! Integrations.

use crate::Older;
use crate::facts::Section;
use edgewit_model::api::{
    ConnectionType, ContentHandling, Integration, IntegrationResponse, IntegrationType, PassthroughBehavior,
    ResponseTransferMode, Template, Verb,
};
use indexmap::IndexMap;

/// Milliseconds that a backend has where nothing is said.
const DEFAULT_TIMEOUT_MS: u32 = 29_000;

pub(crate) fn add(integration: &Integration, older: Older<'_>, section: &mut Section) {
    let mut say = |name: &str, value: Option<&str>| section.may_say(format!("integration {name}"), value);
    say("type", Some(integration.kind.as_str()));
    // Nobody is called with it where there is no backend.
    let verb = integration.http_method.unwrap_or(Verb::ANY).as_str();
    say("httpMethod", (integration.kind != IntegrationType::Mock).then_some(verb));
    say("uri", integration.uri.as_deref());
    say("credentials", integration.credentials.as_deref());
    let connection = Some(integration.connection_type).filter(|kind| *kind != ConnectionType::default());
    say("connectionType", connection.map(ConnectionType::as_str));
    say("connectionId", integration.connection_id.as_deref());
    say("integrationTarget", integration.integration_target.as_deref());
    say("contentHandling", integration.content_handling.map(ContentHandling::as_str));
    say("cacheNamespace", integration.cache_namespace.as_deref());
    let default = PassthroughBehavior::default().as_str();
    section.is("integration passthroughBehavior", integration.passthrough_behavior.as_str(), default);
    let (timeout, default) = (integration.timeout_ms.to_string(), DEFAULT_TIMEOUT_MS.to_string());
    section.is("integration timeoutInMillis", timeout, &default);
    let insecure = integration.insecure_skip_verification.to_string();
    section.is("integration tlsConfig insecureSkipVerification", insecure, "false");
    let default = ResponseTransferMode::default().as_str();
    section.is("integration responseTransferMode", integration.response_transfer_mode.as_str(), default);
    section.each("integration cacheKeyParameters", &integration.cache_key_parameters);
    for (name, mapping) in &integration.request_parameters {
        section.says(format!("integration requestParameters {name}"), mapping.expression.as_str());
    }
    templates("integration requestTemplates", &integration.request_templates, older, section);
    for answer in &integration.responses {
        response(answer, older, section);
    }
}

fn response(response: &IntegrationResponse, older: Older<'_>, section: &mut Section) {
    let pattern = response.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty());
    let name = format!("integration response {}", pattern.unwrap_or("default"));
    section.says(format!("{name} statusCode"), response.status_code.as_str());
    section
        .may_say(format!("{name} contentHandling"), response.content_handling.map(ContentHandling::as_str));
    for (target, mapping) in &response.response_parameters {
        section.says(format!("{name} responseParameters {target}"), mapping.expression.as_str());
    }
    templates(&format!("{name} responseTemplates"), &response.response_templates, older, section);
}

fn templates(name: &str, templates: &IndexMap<String, Template>, older: Older<'_>, section: &mut Section) {
    for (mime, template) in templates {
        // Empty ones are kept as null, which a document that is read again does not have.
        if older == Older::Document || !template.text.is_empty() {
            section.text(format!("{name} {mime}"), template.text.as_str());
        }
    }
}
