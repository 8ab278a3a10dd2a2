//! Schemas of a document to draft-4 schemas of a model.
//!
//! What API Gateway does not take over is left out:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.

use super::document::{Node, Value};
use super::importer::Importer;
use super::reference::pointer;
use super::values::to_json;
use crate::finding::{Finding, Severity};
use serde_json::{Map, Value as Json, json};

/// Keywords whose loss changes what validates.
const DROPPED_WITH_WARNING: [&str; 5] =
    ["discriminator", "exclusiveMinimum", "maxItems", "minItems", "nullable"];
/// Keywords that say nothing about validity, and identifiers that would redirect `$ref`s.
const DROPPED: [&str; 11] = [
    "$id",
    "default",
    "deprecated",
    "example",
    "examples",
    "externalDocs",
    "id",
    "readOnly",
    "writeOnly",
    "xml",
    "$comment",
];

impl<'d> Importer<'d> {
    /// One schema with its subschemas. Depth is bounded by the document's own nesting limit.
    pub(super) fn schema(&mut self, node: Node<'d>) -> Json {
        if let Value::Bool(_) = node.value() {
            return to_json(node);
        }
        if !node.is_mapping() {
            self.wrong_type(node, "schema", "a mapping");
            return json!({});
        }
        if let Some(reference) = node.get("$ref") {
            // Draft 4 ignores everything beside a `$ref`.
            return match self.schema_reference(reference) {
                Some(target) => json!({ "$ref": target }),
                None => json!({}),
            };
        }
        let mut schema = Map::with_capacity(node.len());
        for (key, at, value) in node.entries() {
            if key.starts_with("x-") || DROPPED.contains(&key) {
                continue;
            }
            if DROPPED_WITH_WARNING.contains(&key) || (key == "oneOf" && self.drops_one_of()) {
                if !matches!(value.value(), Value::Bool(false)) {
                    self.findings.once(
                        format!("keyword {key}"),
                        |findings| {
                            let message = format!("API Gateway leaves `{key}` out when it imports a schema");
                            Finding::warning("schema-keyword-dropped", &findings.location(at), message)
                        },
                        Severity::Warning,
                    );
                }
                continue;
            }
            let converted = match key {
                "properties" | "patternProperties" | "definitions" => self.schema_map(value, key),
                "dependencies" => self.dependencies(value),
                "allOf" | "anyOf" | "oneOf" => self.schema_list(value, key),
                "items" if value.is_sequence() => self.schema_list(value, key),
                "items" | "not" | "additionalItems" | "additionalProperties" => self.schema(value),
                _ => to_json(value),
            };
            schema.insert(key.to_owned(), converted);
        }
        Json::Object(schema)
    }

    fn schema_map(&mut self, node: Node<'d>, what: &str) -> Json {
        if !node.is_mapping() {
            self.wrong_type(node, what, "a mapping");
            return json!({});
        }
        let mut map = Map::with_capacity(node.len());
        for (name, _, value) in node.entries() {
            let schema = self.schema(value);
            map.insert(name.to_owned(), schema);
        }
        Json::Object(map)
    }

    fn schema_list(&mut self, node: Node<'d>, what: &str) -> Json {
        if !node.is_sequence() {
            self.wrong_type(node, what, "a list");
            return json!([{}]);
        }
        Json::Array(node.items().map(|item| self.schema(item)).collect())
    }

    fn dependencies(&mut self, node: Node<'d>) -> Json {
        let mut map = Map::new();
        for (name, _, value) in node.entries() {
            let dependency = if value.is_sequence() { to_json(value) } else { self.schema(value) };
            map.insert(name.to_owned(), dependency);
        }
        Json::Object(map)
    }

    /// A schema `$ref` in the form `#/definitions/NAME`; `None` is already reported.
    pub(super) fn schema_reference(&mut self, node: Node<'d>) -> Option<String> {
        let Some(text) = node.as_str() else {
            self.wrong_type(node, "$ref", "text");
            return None;
        };
        let Some(target) = model_part(text) else {
            self.report_broken_reference(node, text, "a schema");
            return None;
        };
        let (name, rest) = target.split_at(target.find('/').unwrap_or(target.len()));
        let is_deep_and_broken = !rest.is_empty() && pointer(self.root, text).is_none();
        let model = match self.model_names.get(name) {
            Some(model) if !is_deep_and_broken => Some(model.clone()),
            Some(_) => None,
            None if rest.is_empty() => self.built_in_model(name, node.position()),
            None => None,
        };
        if let Some(model) = model {
            return Some(format!("#/definitions/{model}{rest}"));
        }
        let location = self.findings.location(node.position());
        let mut finding = Finding::error(
            "model-unknown",
            &location,
            format!("found the `$ref` `{text}`, but this document defines no such schema"),
        );
        if let Some(similar) = self.similar(name, self.model_names.document_names()) {
            finding = finding.with_help(format!("did you mean `{similar}`?"));
        }
        self.findings.push(finding);
        None
    }
}

/// `NAME` or `NAME/rest` of the forms in which a schema refers to a model.
fn model_part(reference: &str) -> Option<&str> {
    let local =
        reference.strip_prefix("#/definitions/").or_else(|| reference.strip_prefix("#/components/schemas/"));
    let target = match local {
        Some(target) => target,
        // A bare name, as in Swagger 1.2: official samples still have it.
        None if reference.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) => reference,
        None => {
            let path = reference.strip_prefix("https://apigateway.amazonaws.com/restapis/")?;
            path.split_once("/models/").map(|(_, name)| name)?
        }
    };
    (!target.is_empty()).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::model_part;

    #[test]
    fn four_forms_refer_to_models() {
        let cases = [
            ("#/definitions/Pet", Some("Pet")),
            ("#/components/schemas/Pet", Some("Pet")),
            ("#/components/schemas/Pet/properties/id", Some("Pet/properties/id")),
            ("https://apigateway.amazonaws.com/restapis/abc123/models/Pet", Some("Pet")),
            ("https://example.com/restapis/abc123/models/Pet", None),
            ("Pet", Some("Pet")),
            ("", None),
            ("#/definitions/", None),
            ("other.yaml#/Pet", None),
        ];
        for (reference, expected) in cases {
            assert_eq!(model_part(reference), expected, "{reference}");
        }
    }
}
