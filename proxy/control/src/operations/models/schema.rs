//! What a schema must be to be one of a model.

use super::references::{self, Target};
use crate::entities::RestApi;
use crate::protocol::error::Error;
use serde_json::Value;

/// Largest schema, in bytes (400 KB).
pub(super) const SCHEMA_BYTES: usize = 400 * 1024;

/// That the schema of the model `name` can be compiled: it is JSON, of draft 4, and its references lead somewhere.
pub(super) fn check(
    api: &RestApi,
    name: &str,
    content_type: &str,
    schema: Option<&str>,
) -> Result<(), Error> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_schema = media_type.ends_with("json") || media_type.ends_with("xml");
    let Some(schema) = schema else {
        return if is_schema {
            Err(Error::bad_request("Model schema must have at least 1 property or array items defined"))
        } else {
            Ok(())
        };
    };
    if schema.len() > SCHEMA_BYTES {
        return Err(invalid(&format!(
            "Invalid model schema specified. It is larger than {SCHEMA_BYTES} bytes"
        )));
    }
    if !is_schema {
        return Ok(());
    }
    let schema: Value = serde_json::from_str(schema)
        .map_err(|error| invalid(&format!("Invalid model schema specified. {error}")))?;
    if !schema.is_object() {
        return Err(invalid("Invalid model schema specified. It is no JSON object"));
    }
    let mut plain = schema.clone();
    forget_patterns(&mut plain);
    jsonschema::draft4::meta::validate(&plain)
        .map_err(|error| invalid(&format!("Invalid model schema specified. {error}")))?;
    check_references(api, name, &schema)
}

fn check_references(api: &RestApi, name: &str, schema: &Value) -> Result<(), Error> {
    let mut wrong = None;
    references::visit(schema, &mut |reference| {
        let known = match references::target(reference, &api.id) {
            Target::Within(pointer) => schema.pointer(pointer).is_some(),
            Target::Model(other) => other == name || api.models.contains_key(other),
            Target::Unknown => {
                wrong.get_or_insert_with(|| {
                    invalid("Invalid model schema specified, Model reference must be in canonical form")
                });
                return;
            }
        };
        if !known {
            wrong.get_or_insert_with(|| invalid(&format!("Invalid model reference specified: {reference}")));
        }
    });
    wrong.map_or(Ok(()), Err)
}

/// Patterns are Java's, which the schema of schemas does not know; the data plane has its own reading of them.
fn forget_patterns(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(pattern) if name == "pattern" => pattern.clear(),
                    _ => forget_patterns(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(forget_patterns),
        _ => {}
    }
}

fn invalid(what: &str) -> Error {
    Error::bad_request(format!(
        "Invalid model specified: Validation Result: warnings : [], errors : [{what}]"
    ))
}
