//! JSON as text whose lines can be compared.

use serde_json::{Map, Value};

/// JSON over several lines. Members are sorted, because their order means nothing.
pub(crate) fn pretty(value: &Value) -> String {
    let sorted = sorted(value);
    serde_json::to_string_pretty(&sorted).unwrap_or_else(|_| sorted.to_string())
}

/// A model's schema without what says nothing about bodies.
pub(crate) fn without_dialect(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
    }
    schema
}

/// The models that a schema refers to.
pub(crate) fn referred<'s>(schema: &'s Value, found: &mut Vec<&'s str>) {
    match schema {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| target.strip_prefix("#/definitions/"));
            found.extend(name.and_then(|name| name.split('/').next()));
            members.values().for_each(|member| referred(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| referred(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut entries: Vec<(&String, &Value)> = members.iter().collect();
            entries.sort_by_key(|(name, _)| name.as_str());
            let entries = entries.into_iter().map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
