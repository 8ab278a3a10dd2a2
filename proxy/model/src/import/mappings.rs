//! Parameter mappings and templates of integrations and gateway responses.
//!
//! What the expressions mean is checked where they are compiled; here they keep their places.

use super::cloudformation::function;
use super::document::{Node, Value};
use super::importer::{Importer, Weight};
use super::integration::Route;
use crate::api::{Mapping, Method, Template};
use crate::finding::Finding;
use indexmap::IndexMap;

impl<'d> Importer<'d> {
    /// A map from target to mapping expression; values that are no text are skipped.
    pub(super) fn mappings(
        &mut self,
        node: Node<'d>,
        key: &str,
        route: Route<'_>,
    ) -> IndexMap<String, Mapping> {
        let mut mappings = IndexMap::new();
        let Some(map) = self.mapping_at(node, key) else { return mappings };
        for (target, _, value) in map.entries() {
            let is_text = value.as_str().is_some() || function(value).is_some();
            if !is_text {
                let found = match value.value() {
                    Value::Bool(found) => found.to_string(),
                    Value::Number(found) => found.to_string(),
                    _ => value.kind().to_owned(),
                };
                self.findings.warning(
                    "mapping-not-text",
                    value.position(),
                    format!(
                        "Invalid format for '{key}'. Expected type string for property '{target}' of resource '{}' and method '{}' but got '{found}'",
                        route.path, route.verb.as_str()
                    ),
                );
                continue;
            }
            if let Some(expression) = self.text(value, target, Weight::Matters) {
                let at = self.findings.location(value.position());
                mappings.insert(target.to_owned(), Mapping { expression: expression.into_owned(), at });
            }
        }
        mappings
    }

    /// A map from MIME type to template; null stands for an empty one.
    pub(super) fn templates(&mut self, node: Node<'d>, key: &str) -> IndexMap<String, Template> {
        let mut templates = IndexMap::new();
        let Some(map) = self.mapping_at(node, key) else { return templates };
        let limit = self.options.limits.template_bytes;
        for (mime, _, value) in map.entries() {
            let text = match self.text(value, key, Weight::Matters) {
                Some(text) => text.into_owned(),
                None if value.is_null() => String::new(),
                None => continue,
            };
            if text.len() > limit {
                self.findings.error(
                    "template-too-large",
                    value.position(),
                    format!("found a template of {} bytes, the limit is {limit}", text.len()),
                );
                continue;
            }
            templates
                .insert(mime.to_owned(), Template { text, at: self.findings.location(value.position()) });
        }
        templates
    }

    /// Only declared parameters can be mapped.
    pub(super) fn check_declared(&mut self, mappings: &IndexMap<String, Mapping>, method: &Method) {
        for mapping in mappings.values() {
            let Some(rest) = mapping.expression.strip_prefix("method.request.") else { continue };
            let Some((place, name)) = rest.split_once('.') else { continue };
            let place = match place {
                "multivaluequerystring" => "querystring",
                "multivalueheader" => "header",
                "path" | "querystring" | "header" => place,
                _ => continue,
            };
            if !method.request_parameters.contains_key(&format!("method.request.{place}.{name}")) {
                let finding = Finding::error(
                    "parameter-undeclared",
                    &mapping.at,
                    format!(
                        "found the mapping of `{}`, which the method does not declare among its `parameters`",
                        mapping.expression
                    ),
                );
                self.findings.push(finding);
            }
        }
    }
}
