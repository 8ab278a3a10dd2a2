//! Models: `definitions` and `components.schemas`, and names for schemas that stand inline.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html>.

use super::document::{Node, Position};
use super::id::short_hash;
use super::importer::{Flavour, Importer};
use crate::api::Model;
use crate::finding::{Finding, Severity};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};

const CONTENT_TYPE: &str = "application/json";

/// The names under which a document's schemas became models.
#[derive(Default)]
pub(super) struct ModelNames<'d> {
    by_document_name: IndexMap<&'d str, String>,
    taken: HashSet<String>,
    /// The number to try next for a name that is taken.
    next_number: HashMap<String, u32>,
}

impl<'d> ModelNames<'d> {
    pub(super) fn get(&self, document_name: &str) -> Option<&String> {
        self.by_document_name.get(document_name)
    }

    pub(super) fn document_names(&self) -> impl Iterator<Item = &'d str> {
        self.by_document_name.keys().copied()
    }
}

impl<'d> Importer<'d> {
    /// Every schema definition as a model. Names first, since definitions refer to each other.
    pub(super) fn models(&mut self) {
        let components = self.root.get("components").and_then(|components| components.get("schemas"));
        let mut definitions = Vec::new();
        for (section, key) in [(self.root.get("definitions"), "definitions"), (components, "schemas")] {
            let Some(section) = section.and_then(|node| self.mapping(node, key)) else { continue };
            for (name, at, node) in section.entries() {
                if self.model_names.by_document_name.contains_key(name) {
                    self.findings.error(
                        "model-duplicate",
                        at,
                        format!(
                            "the model `{name}` is defined both in `definitions` and in `components.schemas`"
                        ),
                    );
                    continue;
                }
                let model = self.model_name(name, at);
                self.model_names.by_document_name.insert(name, model.clone());
                definitions.push((model, at, node));
            }
        }
        for (name, at, node) in definitions {
            self.add_model(name, at, node);
        }
    }

    /// An alphanumeric, unused name for a definition.
    fn model_name(&mut self, name: &str, at: Position) -> String {
        let mut plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        if plain.is_empty() {
            plain = format!("MODEL{}", short_hash(name, 6, 0));
        }
        let mut unique = plain.clone();
        while !self.model_names.taken.insert(unique.clone()) {
            let number = self.model_names.next_number.entry(plain.clone()).or_insert(2);
            unique = format!("{plain}{number}");
            *number += 1;
        }
        if unique != name {
            self.findings.warning(
                "model-name",
                at,
                format!("found the model name `{name}`, expected letters and digits only; the model is called `{unique}`"),
            );
        }
        unique
    }

    fn add_model(&mut self, name: String, at: Position, node: Node<'d>) {
        let Some(node) = self.mapping(node, "schema") else { return };
        let schema = self.schema(node);
        let description = node.get("description").and_then(Node::as_str).map(str::to_owned);
        let at = self.findings.location(at);
        let model = Model { content_type: CONTENT_TYPE.to_owned(), schema, description, at };
        self.api.models.insert(name, model);
    }

    /// The model for a schema: the one it refers to, or a generated one for an inline schema.
    /// `seed` makes the generated name; it says which body of which method this is.
    pub(super) fn model_for(&mut self, schema: Node<'d>, seed: impl FnOnce() -> String) -> Option<String> {
        let schema = self.mapping(schema, "schema")?;
        if let Some(reference) = schema.get("$ref") {
            let target = self.schema_reference(reference)?;
            let name = target.strip_prefix("#/definitions/").unwrap_or(&target);
            if !name.contains('/') {
                return Some(name.to_owned());
            }
        }
        let seed = seed();
        let mut attempt = 0;
        let mut name = format!("MODEL{}", short_hash(&seed, 6, attempt));
        while !self.model_names.taken.insert(name.clone()) {
            attempt += 1;
            name = format!("MODEL{}", short_hash(&seed, 6, attempt));
        }
        self.add_model(name.clone(), schema.position(), schema);
        Some(name)
    }

    /// The two models that every new API has, for documents that refer to them without defining them.
    pub(super) fn built_in_model(&mut self, name: &str, at: Position) -> Option<String> {
        let (name, description, schema) = match name {
            "Empty" => ("Empty", "This is a default empty schema model", empty_schema()),
            "Error" => ("Error", "This is a default error schema model", error_schema()),
            _ => return None,
        };
        self.findings.once(
            format!("built-in model {name}"),
            |findings| {
                Finding::note(
                    "model-built-in",
                    &findings.location(at),
                    format!("the model `{name}` is not defined in this document; the one that every API has is used"),
                )
            },
            Severity::Note,
        );
        let at = self.findings.location(at);
        self.api.models.entry(name.to_owned()).or_insert_with(|| Model {
            content_type: CONTENT_TYPE.to_owned(),
            schema,
            description: Some(description.to_owned()),
            at,
        });
        Some(name.to_owned())
    }

    /// Whether `oneOf` is dropped: only OpenAPI 3 documents keep it.
    pub(super) fn drops_one_of(&self) -> bool {
        self.flavour == Flavour::Swagger2
    }
}

fn empty_schema() -> Json {
    json!({"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"})
}

fn error_schema() -> Json {
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Error Schema",
        "type": "object",
        "properties": {"message": {"type": "string"}}
    })
}
