//! Models compiled into validators.

use super::{bounds, message, pattern};
use crate::limits::Limits;
use edgewit_model::api::RestApi;
use edgewit_model::finding::Finding;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A model compiled with all models that it refers to.
#[derive(Debug)]
pub(crate) struct Model {
    validator: Validator,
    work: bounds::Work,
}

/// `validationErrorString` of a body that is nested too deeply for its model.
const TOO_DEEP: &str = "[instance is nested too deeply for the model]";

/// `validationErrorString` of a body with more failures than can be listed in bounded time.
const UNLISTED: &str = "[instance does not match the model]";

impl Model {
    /// # Errors
    ///
    /// The `validationErrorString`.
    pub(super) fn check(&self, instance: &Value, max_errors: usize) -> Result<(), String> {
        let (depth, values) = bounds::measure(instance);
        if !self.work.admits(depth) {
            return Err(TOO_DEEP.to_owned());
        }
        // Most bodies are valid, and this is the fast question; its time is bounded by memory of what was asked.
        if self.validator.is_valid(instance) {
            return Ok(());
        }
        if !self.work.admits_listing(depth, values) {
            return Err(UNLISTED.to_owned());
        }
        Err(message::list(&self.validator, instance, max_errors))
    }
}

/// Compiles a model of `api`; `None` when it is broken, which is reported.
pub(crate) fn compile_model(
    api: &RestApi,
    name: &str,
    limits: &Limits,
    findings: &mut Vec<Finding>,
) -> Option<Model> {
    let at = &api.models.get(name)?.at;
    let mut definitions = Map::new();
    let mut broken = false;
    let mut waiting = vec![name.to_owned()];
    let mut seen = BTreeSet::from([name.to_owned()]);
    let mut budget = bounds::Budget::new(limits);
    while let Some(name) = waiting.pop() {
        let Some(model) = api.models.get(&name) else { continue };
        if let Err(reason) = budget.spend(&model.schema) {
            findings.push(Finding::error(
                "model-too-large",
                &model.at,
                format!("in the model `{name}`: {reason}"),
            ));
            return None;
        }
        let mut schema = model.schema.clone();
        pattern::rewrite(&mut schema);
        if let Value::Object(object) = &mut schema {
            // All models are one document here; an identifier would move the base of its references.
            object.remove("id");
            object.remove("$schema");
        }
        let mut references = Vec::new();
        relocate(&mut schema, &name, &model.schema, api, &mut references);
        for reference in references {
            match reference {
                Ok(other) => {
                    if seen.insert(other.clone()) {
                        waiting.push(other);
                    }
                }
                Err(reference) => {
                    broken = true;
                    let message =
                        format!("Invalid model reference specified: `{reference}` in the model `{name}`");
                    findings.push(Finding::error("model-unknown", &model.at, message));
                }
            }
        }
        definitions.insert(name, schema);
    }
    if broken {
        return None;
    }
    let root = json!({ "$ref": format!("#/definitions/{}", escape(name)), "definitions": definitions });
    let work = bounds::Work::of(&root);
    if work.is_endless {
        let message = format!(
            "the model `{name}` applies to a value only if it applies to that value, by references alone; such a round counts as fulfilled"
        );
        findings.push(Finding::warning("model-endless", at, message));
    }
    if !work.admits(0) {
        let message = format!(
            "found more than {} schemas within each other in `{name}`, by references alone",
            bounds::MAX_FRAMES
        );
        findings.push(Finding::error("model-too-large", at, message));
        return None;
    }
    match build(&root, limits) {
        Ok(validator) => Some(Model { validator, work }),
        Err(reason) => {
            findings.push(Finding::error(
                "model-invalid",
                at,
                format!("Invalid model schema specified: in `{name}`: {reason}"),
            ));
            None
        }
    }
}

/// A validator that matches patterns in linear time; for schemas whose patterns need more (look-around), one whose
/// backtracking is bounded.
fn build(root: &Value, limits: &Limits) -> Result<Validator, String> {
    let options = || jsonschema::options().with_draft(Draft::Draft4).offline();
    let linear = PatternOptions::regex().size_limit(limits.pattern_compiled_bytes);
    options().with_pattern_options(linear).build(root).or_else(|error| {
        let bounded = PatternOptions::fancy_regex()
            .backtrack_limit(limits.pattern_backtracks)
            .size_limit(limits.pattern_compiled_bytes);
        options().with_pattern_options(bounded).build(root).map_err(|_| {
            let place = error.instance_path().as_str().trim_start_matches("/definitions/").to_owned();
            if place.is_empty() { error.to_string() } else { format!("{error} at {place}") }
        })
    })
}

/// Makes all references of the model `name` relative to the document of all models, and collects the models referred
/// to, or the references that lead nowhere.
fn relocate(
    value: &mut Value,
    name: &str,
    model: &Value,
    api: &RestApi,
    out: &mut Vec<Result<String, String>>,
) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                match resolve(reference, name, model, api) {
                    Some((target, other)) => {
                        *reference = target;
                        out.extend(other.map(Ok));
                    }
                    None => out.push(Err(reference.clone())),
                }
            }
            for (key, member) in object {
                // What stands there is data, not schema.
                if !matches!(key.as_str(), "enum" | "default" | "example" | "examples") {
                    relocate(member, name, model, api, out);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relocate(item, name, model, api, out)),
        _ => {}
    }
}

/// Where a reference leads in the document of all models, and the other model that it names.
fn resolve(reference: &str, name: &str, model: &Value, api: &RestApi) -> Option<(String, Option<String>)> {
    const MODELS: &str = "/models/";
    let other = |other: &str, rest: &str| {
        let known = api.models.contains_key(other);
        known.then(|| (format!("#/definitions/{}{rest}", escape(other)), Some(other.to_owned())))
    };
    if let Some(address) = reference.strip_prefix("https://apigateway.amazonaws.com/restapis/") {
        return other(address.split_once(MODELS)?.1, "");
    }
    let pointer = reference.strip_prefix('#')?;
    if let Some(within) = pointer.strip_prefix("/definitions/") {
        let (first, rest) = within.find('/').map_or((within, ""), |slash| within.split_at(slash));
        let unescaped = first.replace("~1", "/").replace("~0", "~");
        let own = model.get("definitions").is_some_and(|definitions| definitions.get(&unescaped).is_some());
        if !own {
            return other(&unescaped, rest);
        }
    }
    model.pointer(pointer)?;
    Some((format!("#/definitions/{}{pointer}", escape(name)), None))
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
