//! `responses` of an operation: the method responses.

use super::document::Node;
use super::importer::{Flavour, Importer, Weight};
use crate::api::{Method, MethodResponse};

/// Whether this is a status code from 100 to 599.
pub(super) fn is_status_code(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'])
}

impl<'d> Importer<'d> {
    /// Declares the responses of a method. `default` is no status and is left out.
    pub(super) fn declare_responses(&mut self, method: &mut Method, operation: Node<'d>, seed: &str) {
        let Some(responses) = self.mapping_at(operation, "responses") else { return };
        for (status, at, node) in responses.entries() {
            if status == "default" || status.starts_with("x-") {
                continue;
            }
            if !is_status_code(status) {
                self.findings.warning(
                    "response-status",
                    at,
                    format!("found `{status}` among the responses, expected a status code such as `200`; it has no effect"),
                );
                continue;
            }
            let Some(node) = self.follow(node, "a response") else { continue };
            let Some(node) = self.mapping(node, status) else { continue };
            let response = self.method_response(node, operation, &format!("{seed} {status}"));
            method.responses.insert(status.to_owned(), response);
        }
    }

    fn method_response(&mut self, node: Node<'d>, operation: Node<'d>, seed: &str) -> MethodResponse {
        let mut response = MethodResponse::default();
        if let Some(headers) = self.mapping_at(node, "headers") {
            for (name, _, _) in headers.entries() {
                response.response_parameters.insert(format!("method.response.header.{name}"), false);
            }
        }
        if let Some(content) = self.mapping_at(node, "content") {
            for (content_type, _, media) in content.entries() {
                if let Some(model) = self.content_model(media, || format!("{seed} {content_type}")) {
                    response.response_models.insert(content_type.to_owned(), model);
                }
            }
        }
        if self.flavour == Flavour::Swagger2
            && let Some(schema) = node.get("schema")
            && let Some(model) = self.model_for(schema, || seed.to_owned())
        {
            let produces = match operation.get("produces") {
                Some(produces) => self.texts(produces, "produces", Weight::Matters),
                None => {
                    self.charge(self.produces.len(), operation.position());
                    self.produces.clone()
                }
            };
            if produces.is_empty() {
                response.response_models.insert("application/json".to_owned(), model);
                return response;
            }
            for content_type in produces {
                response.response_models.insert(content_type, model.clone());
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::is_status_code;

    #[test]
    fn status_codes_have_three_digits() {
        for good in ["100", "200", "404", "599"] {
            assert!(is_status_code(good));
        }
        for bad in ["", "20", "2000", "600", "099", "2XX", "default", "20x"] {
            assert!(!is_status_code(bad), "{bad}");
        }
    }
}
