//! Schemas with everything in them that they refer to.

use super::references::{self, Target};
use crate::entities::{Model, RestApi};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The schema of a model with all models in its `definitions` that it refers to; `None` where it has none.
pub(super) fn flatten(api: &RestApi, model: &Model) -> Option<String> {
    let text = model.schema.as_ref()?;
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Some(text.clone()) };
    let own = members.get("definitions").and_then(Value::as_object);
    let mut flat = Flat {
        api,
        root: &model.name,
        taken: own.map(|own| own.keys().cloned().collect()).unwrap_or_default(),
        keys: BTreeMap::new(),
        waiting: Vec::new(),
        has_changed: false,
    };
    let mut schema = Value::Object(members);
    references::rewrite(&mut schema, &mut |reference| flat.relocate(reference, None));
    if !flat.has_changed {
        return Some(text.clone());
    }
    let mut definitions = Map::new();
    while let Some((name, key)) = flat.waiting.pop() {
        let mut other = schema_of(api, &name);
        references::rewrite(&mut other, &mut |reference| flat.relocate(reference, Some(&key)));
        definitions.insert(key, other);
    }
    definitions.sort_keys();
    if !definitions.is_empty() {
        let own = schema.as_object_mut()?.entry("definitions").or_insert_with(|| Map::new().into());
        own.as_object_mut()?.extend(definitions);
    }
    serde_json::to_string_pretty(&schema).ok()
}

fn schema_of(api: &RestApi, name: &str) -> Value {
    let text = api.models.get(name).and_then(|model| model.schema.as_deref()).unwrap_or("{}");
    let mut schema: Value = serde_json::from_str(text).unwrap_or_else(|_| Map::new().into());
    if let Some(members) = schema.as_object_mut() {
        // Within another schema these would move the base of its references.
        members.shift_remove("$schema");
        members.shift_remove("id");
    }
    schema
}

/// Models on their way into the schema of one of them.
struct Flat<'f> {
    api: &'f RestApi,
    /// Name of the model that the others go into.
    root: &'f str,
    /// Keys of `definitions` that are in use.
    taken: BTreeSet<String>,
    /// Names of models to their keys.
    keys: BTreeMap<String, String>,
    /// Names and keys of models that are not yet there.
    waiting: Vec<(String, String)>,
    has_changed: bool,
}

impl Flat<'_> {
    /// What a reference becomes that stands in the definition `key`, or in the root; `None` where it stays.
    fn relocate(&mut self, reference: &str, key: Option<&str>) -> Option<String> {
        let relocated = match references::target(reference, &self.api.id) {
            Target::Within(pointer) => format!("#/definitions/{}{pointer}", key?),
            Target::Model(name) if name == self.root => "#".to_owned(),
            Target::Model(name) if self.api.models.contains_key(name) => {
                format!("#/definitions/{}", self.key(name))
            }
            Target::Model(_) | Target::Unknown => return None,
        };
        self.has_changed = true;
        Some(relocated)
    }

    fn key(&mut self, name: &str) -> String {
        if let Some(key) = self.keys.get(name) {
            return key.clone();
        }
        let numbered = (2_usize..).map(|number| format!("{name}{number}"));
        let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
        let key = candidates.find(|key| !self.taken.contains(key)).unwrap_or_else(|| name.to_owned());
        self.taken.insert(key.clone());
        self.keys.insert(name.to_owned(), key.clone());
        self.waiting.push((name.to_owned(), key.clone()));
        key
    }
}
