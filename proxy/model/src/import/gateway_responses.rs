//! `x-amazon-apigateway-gateway-responses`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use super::responses::is_status_code;
use crate::finding::Finding;
use crate::gateway_response::{GatewayResponse, GatewayResponseType};
use indexmap::IndexMap;

const TARGETS: [&str; 3] =
    ["gatewayresponse.header.", "gatewayresponse.path.", "gatewayresponse.querystring."];

impl<'d> Importer<'d> {
    /// The configured gateway responses.
    pub(super) fn gateway_responses(&mut self, node: Node<'d>) {
        let Some(responses) = self.mapping(node, "x-amazon-apigateway-gateway-responses") else { return };
        for (name, at, node) in responses.entries() {
            let Some(node) = self.mapping(node, name) else { continue };
            let response = self.gateway_response(node, at);
            match GatewayResponseType::from_name(name) {
                Some(kind) => {
                    self.api.gateway_responses.insert(kind, response);
                }
                None => self.unknown_gateway_response(name, at),
            }
        }
    }

    fn gateway_response(&mut self, node: Node<'d>, at: Position) -> GatewayResponse {
        self.unknown_keys(
            node,
            &["statusCode", "responseParameters", "responseTemplates"],
            "a gateway response",
        );
        let status_code = node.get("statusCode").and_then(|status| {
            let text = self.text(status, "statusCode", Weight::Matters)?;
            if !is_status_code(&text) {
                self.findings.error(
                    "value-invalid",
                    status.position(),
                    format!("found `{text}` as `statusCode`, expected a status code such as `403`"),
                );
            }
            text.parse().ok()
        });
        let mut response_parameters = IndexMap::new();
        if let Some(map) = self.mapping_at(node, "responseParameters") {
            for (target, target_at, value) in map.entries() {
                if !TARGETS.iter().any(|prefix| target.len() > prefix.len() && target.starts_with(prefix)) {
                    self.findings.error(
                        "mapping-invalid",
                        target_at,
                        format!("found `{target}`, expected `gatewayresponse.header.NAME`"),
                    );
                } else if let Some(expression) = self.text(value, target, Weight::Matters) {
                    response_parameters.insert(target.to_owned(), expression.into_owned());
                }
            }
        }
        let templates = self.templates(node, "responseTemplates");
        GatewayResponse {
            status_code,
            response_parameters,
            response_templates: templates.into_iter().map(|(mime, template)| (mime, template.text)).collect(),
            at: self.findings.location(at),
        }
    }

    fn unknown_gateway_response(&mut self, name: &str, at: Position) {
        let names = names();
        let mut finding = Finding::error(
            "gateway-response-unknown",
            &self.findings.location(at),
            format!("found the gateway response type `{name}`, expected one of the {} types", names.len()),
        );
        finding = match self.similar(name, names.iter().copied()) {
            Some(similar) => finding.with_help(format!("did you mean `{similar}`?")),
            None => finding.with_help(format!("the types are {}", names.join(", "))),
        };
        self.findings.push(finding);
    }
}

/// Never inlined: where LLVM knows how many there are, it unrolls `join`, and its constraint elimination then takes
/// minutes.
#[inline(never)]
fn names() -> Vec<&'static str> {
    GatewayResponseType::ALL.iter().map(|kind| kind.as_str()).collect()
}
