//! References between the schemas of models.
//!
//! The schemas that API Gateway shows refer to other models by address, those of a document by place in the document.

use serde_json::Value;

const ADDRESS: &str = "https://apigateway.amazonaws.com/restapis/";
const MODELS: &str = "/models/";
const DEFINITIONS: &str = "#/definitions/";

/// From addresses, as stored schemas have them, to `#/definitions/NAME`.
pub(super) fn to_definitions(schema: &mut Value) {
    let own = own_definitions(schema);
    rewrite(schema, &|reference| {
        let (_, name) = reference.strip_prefix(ADDRESS)?.split_once(MODELS)?;
        // A definition of the schema itself would take the place of the model.
        (!own.iter().any(|own| own == name)).then(|| format!("{DEFINITIONS}{name}"))
    });
}

/// From `#/definitions/NAME`, as documents have it, to the address of the model in this API.
pub(crate) fn to_addresses(schema: &mut Value, api_id: &str) {
    let own = own_definitions(schema);
    rewrite(schema, &|reference| {
        let name = reference.strip_prefix(DEFINITIONS)?;
        // What is deeper within a model has no address.
        let is_model = !name.is_empty() && !name.contains('/') && !own.iter().any(|own| own == name);
        is_model.then(|| format!("{ADDRESS}{api_id}{MODELS}{name}"))
    });
}

/// The names of all models that a schema refers to, by address or by place.
pub(crate) fn referred(schema: &Value) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    let mut schema = schema.clone();
    to_definitions(&mut schema);
    let own = own_definitions(&schema);
    rewrite(&mut schema, &|reference| {
        let target = reference.strip_prefix(DEFINITIONS)?;
        let name = target.split('/').next().unwrap_or(target);
        if !own.iter().any(|own| own == name) {
            names.borrow_mut().push(name.to_owned());
        }
        None
    });
    names.into_inner()
}

fn own_definitions(schema: &Value) -> Vec<String> {
    let definitions = schema.get("definitions").and_then(Value::as_object);
    definitions.map(|definitions| definitions.keys().cloned().collect()).unwrap_or_default()
}

/// Replaces every `$ref` for which `replace` has another. The depth is that of parsed JSON, which is bounded.
pub(crate) fn rewrite(value: &mut Value, replace: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if key == "$ref" => {
                        if let Some(other) = replace(text) {
                            *text = other;
                        }
                    }
                    // What stands there is data, not schema.
                    _ if matches!(key.as_str(), "enum" | "default" | "example" | "examples") => {}
                    _ => rewrite(member, replace),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, replace)),
        _ => {}
    }
}
