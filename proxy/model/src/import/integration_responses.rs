//! `responses` of an integration.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration-responses.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use super::integration::{CONTENT_HANDLING, Route};
use super::responses::is_status_code;
use crate::api::{IntegrationResponse, Mapping, Method};
use crate::finding::Finding;
use indexmap::IndexMap;

const KNOWN: [&str; 4] = ["statusCode", "responseParameters", "responseTemplates", "contentHandling"];

impl<'d> Importer<'d> {
    /// The integration responses in document order. `is_proxy` means that nothing will use them.
    pub(super) fn integration_responses(
        &mut self,
        integration: Node<'d>,
        method: &Method,
        is_proxy: bool,
        route: Route<'_>,
    ) -> Vec<IntegrationResponse> {
        // Keyed by status, as API Gateway keeps them.
        let mut responses: IndexMap<String, IntegrationResponse> = IndexMap::new();
        let Some(map) = self.mapping_at(integration, "responses") else { return Vec::new() };
        for (pattern, at, node) in map.entries() {
            let Some(node) = self.mapping(node, pattern) else { continue };
            let Some(response) = self.integration_response(pattern, at, node, route) else { continue };
            if !is_proxy {
                self.check_response(&response, method);
            }
            let replaced = responses.insert(response.status_code.clone(), response);
            if let Some(replaced) = replaced {
                self.findings.warning(
                    "response-collapsed",
                    at,
                    format!(
                        "this response and the one in line {} both give status {}; API Gateway keeps the last",
                        replaced.at.line, replaced.status_code
                    ),
                );
            }
        }
        responses.into_values().collect()
    }

    fn integration_response(
        &mut self,
        pattern: &str,
        at: Position,
        node: Node<'d>,
        route: Route<'_>,
    ) -> Option<IntegrationResponse> {
        self.unknown_keys(node, &KNOWN, "an integration response");
        let response_parameters = self.mappings(node, "responseParameters", route);
        let response_templates = self.templates(node, "responseTemplates");
        let content_handling = node
            .get("contentHandling")
            .and_then(|value| self.choice(value, "contentHandling", &CONTENT_HANDLING));
        let Some(status) = node.get("statusCode").filter(|status| !status.is_null()) else {
            self.findings.error(
                "value-missing",
                at,
                "`statusCode` is missing, expected a status code such as `200`",
            );
            return None;
        };
        let status_code = self.text(status, "statusCode", Weight::Matters)?.into_owned();
        if !is_status_code(&status_code) {
            self.findings.error(
                "value-invalid",
                status.position(),
                format!("found `{status_code}` as `statusCode`, expected a status code such as `200`"),
            );
            return None;
        }
        let selection_pattern =
            Some(pattern).filter(|pattern| !pattern.is_empty() && *pattern != "default").map(str::to_owned);
        Some(IntegrationResponse {
            selection_pattern,
            status_code,
            response_parameters,
            response_templates,
            content_handling,
            at: self.findings.location(at),
        })
    }

    /// A response can only use what the method declares.
    fn check_response(&mut self, response: &IntegrationResponse, method: &Method) {
        let Some(declared) = method.responses.get(&response.status_code) else {
            let finding = Finding::error(
                "response-undeclared",
                &response.at,
                format!(
                    "found an integration response with status {}, which the operation does not declare among its `responses`",
                    response.status_code
                ),
            );
            self.findings.push(finding.with_help(format!(
                "add `\"{}\": {{description: …}}` under `responses` of the operation",
                response.status_code
            )));
            return;
        };
        for (target, Mapping { at, .. }) in &response.response_parameters {
            if target.starts_with("method.response.header.")
                && !declared.response_parameters.contains_key(target)
            {
                let header = target.trim_start_matches("method.response.header.");
                let finding = Finding::error(
                    "parameter-undeclared",
                    at,
                    format!(
                        "found a mapping to `{target}`, but response {} does not declare the header `{header}`",
                        response.status_code
                    ),
                );
                self.findings.push(finding);
            }
        }
    }
}
