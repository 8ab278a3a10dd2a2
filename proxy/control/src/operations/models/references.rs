//! References within schemas.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html>.

use crate::entities::Model;
use serde_json::Value;

/// What models are called in schemas, before the id of the API.
const ADDRESS: &str = "https://apigateway.amazonaws.com/restapis/";

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'r> {
    /// Within the same schema: a JSON pointer.
    Within(&'r str),
    /// Another model of the same API, or the same model.
    Model(&'r str),
    /// Nowhere that API Gateway knows.
    Unknown,
}

/// Where a reference leads from a model of an API.
pub(super) fn target<'r>(reference: &'r str, api: &str) -> Target<'r> {
    if let Some(pointer) = reference.strip_prefix('#') {
        return Target::Within(pointer);
    }
    let model =
        reference.strip_prefix(ADDRESS).and_then(|rest| rest.strip_prefix(api)?.strip_prefix("/models/"));
    match model {
        Some(name) if name.chars().all(|c| c.is_ascii_alphanumeric()) => Target::Model(name),
        _ => Target::Unknown,
    }
}

/// The models that the schema of a model refers to.
pub(super) fn of(model: &Model, api: &str) -> impl Iterator<Item = String> {
    let schema: Value =
        model.schema.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut names = Vec::new();
    visit(&schema, &mut |reference| {
        if let Target::Model(name) = target(reference, api) {
            names.push(name.to_owned());
        }
    });
    names.into_iter()
}

/// Shows `see` each reference of a schema.
pub(super) fn visit<'v>(schema: &'v Value, see: &mut impl FnMut(&'v str)) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => see(reference),
                    _ if is_data(name) => {}
                    _ => visit(member, see),
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| visit(element, see)),
        _ => {}
    }
}

/// Puts what `change` makes of it in the place of each reference of a schema.
pub(super) fn rewrite(schema: &mut Value, change: &mut impl FnMut(&str) -> Option<String>) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(reference) if name == "$ref" => {
                        if let Some(changed) = change(reference) {
                            *reference = changed;
                        }
                    }
                    _ if is_data(name) => {}
                    _ => rewrite(member, change),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| rewrite(element, change)),
        _ => {}
    }
}

/// Whether a member of this name holds values and not schemas.
fn is_data(name: &str) -> bool {
    matches!(name, "enum" | "default" | "example" | "examples")
}
