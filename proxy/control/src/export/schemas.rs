//! Models: `definitions` and `components.schemas`.

use super::Format;
use crate::entities::RestApi;
use crate::snapshot::schema;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ADDRESS: &str = "https://apigateway.amazonaws.com/restapis/";

/// The models that methods use, and those that these refer to.
pub(super) struct Schemas<'e> {
    used: BTreeMap<&'e str, Value>,
    format: Format,
}

impl<'e> Schemas<'e> {
    pub(super) fn new(api: &'e RestApi, format: Format) -> Self {
        let methods = || api.resources.values().flat_map(|resource| resource.methods.values());
        let requests = methods().flat_map(|method| method.request_models.values());
        let responses = methods().flat_map(|method| method.method_responses.values());
        let responses = responses.filter_map(|response| response.response_models.as_ref());
        let mut waiting: BTreeSet<String> =
            requests.chain(responses.flat_map(|models| models.values())).cloned().collect();
        let mut used = BTreeMap::new();
        while let Some(name) = waiting.pop_first() {
            let Some((name, model)) = api.models.get_key_value(&name) else { continue };
            if used.contains_key(name.as_str()) {
                continue;
            }
            let text = model.schema.as_deref().unwrap_or("{}");
            // What is no JSON cannot stand in a document.
            let schema: Value = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
            waiting.extend(schema::referred(&schema));
            used.insert(name.as_str(), export(schema, name, format));
        }
        Self { used, format }
    }

    /// A reference to a model, if it is there.
    pub(super) fn reference(&self, model: &str) -> Option<Value> {
        self.used.contains_key(model).then(|| json!({"$ref": format!("{}{model}", self.format.models())}))
    }

    /// All of them by name.
    pub(super) fn all(&self) -> Map<String, Value> {
        self.used.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect()
    }
}

/// A schema with all its references made relative to the document.
fn export(mut schema: Value, name: &str, format: Format) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.shift_remove("$schema");
    }
    let own: Vec<String> = schema
        .get("definitions")
        .and_then(Value::as_object)
        .map(|definitions| definitions.keys().cloned().collect())
        .unwrap_or_default();
    let models = format.models();
    schema::rewrite(&mut schema, &|reference| {
        if let Some(address) = reference.strip_prefix(ADDRESS) {
            return address.split_once("/models/").map(|(_, other)| format!("{models}{other}"));
        }
        let within = reference.strip_prefix('#')?;
        match within.strip_prefix("/definitions/") {
            Some(target) if !own.iter().any(|own| target.split('/').next() == Some(own)) => {
                Some(format!("{models}{target}"))
            }
            _ => Some(format!("{models}{name}{within}")),
        }
    });
    schema
}
