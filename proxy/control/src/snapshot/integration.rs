//! Integrations and their responses.

use super::Reader;
use crate::entities::{self, Map};
use edgewit_model::Location;
use edgewit_model::api::{
    ConnectionType, ContentHandling, Integration, IntegrationResponse, IntegrationType, Mapping,
    PassthroughBehavior, ResponseTransferMode, Template, Verb,
};
use indexmap::IndexMap;

const KINDS: [(&str, IntegrationType); 5] = [
    ("HTTP", IntegrationType::Http),
    ("MOCK", IntegrationType::Mock),
    ("AWS_PROXY", IntegrationType::AwsProxy),
    ("HTTP_PROXY", IntegrationType::HttpProxy),
    ("AWS", IntegrationType::Aws),
];

impl Reader<'_> {
    /// An integration; `None` where its type is unknown, which is reported.
    pub(super) fn integration(
        &mut self,
        resource: &entities::Resource,
        integration: &entities::Integration,
        place: &str,
    ) -> Option<Integration> {
        let at = self.at(&format!("{place} integration"));
        let kind = self.choose(&at, "type", &integration.kind, &KINDS)?;
        let is_mock = kind == IntegrationType::Mock;
        let verbs = Verb::ALL.map(|verb| (verb.as_str(), verb));
        let http_method = self.option(&at, "httpMethod", integration.http_method.as_deref(), &verbs);
        let passthrough = integration.passthrough_behavior.as_deref();
        let connection = integration.connection_type.as_deref();
        let transfer = integration.response_transfer_mode.as_deref();
        let namespace = integration.cache_namespace.clone();
        Some(Integration {
            kind,
            // `ANY` is the client's own, as no verb at all is.
            http_method: http_method.filter(|verb| !is_mock && *verb != Verb::ANY),
            uri: integration.uri.clone().filter(|_| !is_mock),
            credentials: integration.credentials.clone(),
            request_parameters: mappings(integration.request_parameters.as_ref(), &at),
            request_templates: templates(integration.request_templates.as_ref(), &at),
            passthrough_behavior: self
                .option(&at, "passthroughBehavior", passthrough, PassthroughBehavior::NAMES)
                .unwrap_or_default(),
            content_handling: self.content_handling(&at, integration.content_handling.as_deref()),
            timeout_ms: integration.timeout_in_millis,
            // The resource's own id says no more than the default.
            cache_namespace: namespace.filter(|namespace| *namespace != resource.id),
            cache_key_parameters: integration.cache_key_parameters.clone(),
            connection_type: self
                .option(&at, "connectionType", connection, ConnectionType::NAMES)
                .unwrap_or_default(),
            connection_id: integration.connection_id.clone(),
            integration_target: integration.integration_target.clone(),
            insecure_skip_verification: integration
                .tls_config
                .as_ref()
                .is_some_and(|tls| tls.insecure_skip_verification),
            response_transfer_mode: self
                .option(&at, "responseTransferMode", transfer, ResponseTransferMode::NAMES)
                .unwrap_or_default(),
            responses: integration
                .integration_responses
                .values()
                .map(|response| self.integration_response(response, place))
                .collect(),
            at,
        })
    }

    fn integration_response(
        &mut self,
        response: &entities::IntegrationResponse,
        place: &str,
    ) -> IntegrationResponse {
        let at = self.at(&format!("{place} integration response {}", response.status_code));
        let pattern = response.selection_pattern.clone();
        IntegrationResponse {
            selection_pattern: pattern.filter(|pattern| !pattern.is_empty()),
            status_code: response.status_code.clone(),
            response_parameters: mappings(response.response_parameters.as_ref(), &at),
            response_templates: templates(response.response_templates.as_ref(), &at),
            content_handling: self.content_handling(&at, response.content_handling.as_deref()),
            at,
        }
    }

    fn content_handling(&mut self, at: &Location, text: Option<&str>) -> Option<ContentHandling> {
        self.option(at, "contentHandling", text, ContentHandling::NAMES)
    }

    /// The value of a member that may be left out or empty.
    fn option<T: Clone>(
        &mut self,
        at: &Location,
        member: &str,
        text: Option<&str>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = text.filter(|text| !text.is_empty())?;
        self.choose(at, member, text, choices)
    }
}

fn mappings(map: Option<&Map<String>>, at: &Location) -> IndexMap<String, Mapping> {
    let entries = map.into_iter().flatten().map(|(target, expression)| {
        (target.clone(), Mapping { expression: expression.clone(), at: at.clone() })
    });
    entries.collect()
}

/// Templates that are null are empty ones.
fn templates(map: Option<&Map<Option<String>>>, at: &Location) -> IndexMap<String, Template> {
    let entries = map.into_iter().flatten().map(|(mime, text)| {
        (mime.clone(), Template { text: text.clone().unwrap_or_default(), at: at.clone() })
    });
    entries.collect()
}
