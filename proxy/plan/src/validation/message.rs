//! `$context.error.validationErrorString`, in the wording of the validator that API Gateway uses.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest value shown in a message, in bytes of its JSON.
const MAX_SHOWN_BYTES: usize = 256;

/// All failures of an instance that is not valid: `[first, second]`.
pub(super) fn list(validator: &Validator, instance: &Value, max_errors: usize) -> String {
    let mut texts: Vec<String> = Vec::new();
    // Missing properties of one object are one failure.
    let mut missing: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for error in validator.iter_errors(instance) {
        if let ValidationErrorKind::Required { property } = error.kind() {
            let place = format!("{} {}", error.instance_path(), error.schema_path());
            if let Some((_, names)) = missing.get_mut(&place) {
                names.push(json(property));
                continue;
            }
            missing.insert(place, (texts.len(), vec![json(property)]));
        }
        if texts.len() == max_errors {
            break;
        }
        texts.push(text(&error));
    }
    for (index, mut names) in missing.into_values() {
        names.sort_unstable();
        if let Some(text) = texts.get_mut(index) {
            *text = format!("object has missing required properties ([{}])", names.join(","));
        }
    }
    format!("[{}]", texts.join(", "))
}

fn text(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as K;
    let instance = error.instance();
    match error.kind() {
        K::Required { property } => format!("object has missing required properties ([{}])", json(property)),
        K::Type { kind } => format!(
            "instance type ({}) does not match any allowed primitive type (allowed: [{}])",
            type_of(instance),
            allowed(kind)
        ),
        K::Enum { options } => {
            format!(
                "instance value ({}) not found in enum (possible values: {})",
                json(instance),
                json(options)
            )
        }
        K::Minimum { limit } => {
            format!(
                "numeric instance is lower than the required minimum (minimum: {limit}, found: {})",
                json(instance)
            )
        }
        K::Maximum { limit } => {
            format!(
                "numeric instance is greater than the required maximum (maximum: {limit}, found: {})",
                json(instance)
            )
        }
        K::ExclusiveMinimum { limit } => {
            format!("numeric instance is not strictly greater than the required minimum {limit}")
        }
        K::ExclusiveMaximum { limit } => {
            format!("numeric instance is not strictly lower than the required maximum {limit}")
        }
        K::MinLength { limit } => {
            format!(
                "string {} is too short (length: {}, required minimum: {limit})",
                json(instance),
                length(instance)
            )
        }
        K::MaxLength { limit } => {
            format!(
                "string {} is too long (length: {}, maximum allowed: {limit})",
                json(instance),
                length(instance)
            )
        }
        K::Pattern { pattern } => {
            format!(
                "ECMA 262 regex {} does not match input string {}",
                json(&Value::from(pattern.as_str())),
                json(instance)
            )
        }
        K::AdditionalProperties { unexpected } => {
            let mut names: Vec<String> =
                unexpected.iter().map(|name| json(&Value::from(name.as_str()))).collect();
            names.sort_unstable();
            format!(
                "object instance has properties which are not allowed by the schema: [{}]",
                names.join(",")
            )
        }
        K::AdditionalItems { limit } => {
            format!(
                "array instance has {} elements, the schema allows no more than {limit}",
                length(instance)
            )
        }
        K::MinItems { limit } => format!(
            "array is too short: must have at least {limit} elements but instance has {} elements",
            length(instance)
        ),
        K::MaxItems { limit } => format!(
            "array is too long: must have at most {limit} elements but instance has {} elements",
            length(instance)
        ),
        K::UniqueItems => "array must not contain duplicate elements".to_owned(),
        K::MinProperties { limit } => format!(
            "object has too few properties (found {} but schema requires at least {limit})",
            length(instance)
        ),
        K::MaxProperties { limit } => format!(
            "object has too many properties (found {} but schema requires at most {limit})",
            length(instance)
        ),
        K::MultipleOf { multiple_of } => {
            format!("remainder of division is not zero ({} by {multiple_of})", json(instance))
        }
        K::Format { format } => {
            format!("string {} is invalid against requested format {format}", json(instance))
        }
        K::AnyOf { context } => {
            format!("instance failed to match at least one required schema among {}", context.len())
        }
        K::OneOfNotValid { context } => {
            format!("instance failed to match exactly one schema (matched 0 out of {})", context.len())
        }
        K::OneOfMultipleValid { context } => {
            let matched = context.iter().filter(|errors| errors.is_empty()).count();
            format!(
                "instance failed to match exactly one schema (matched {matched} out of {})",
                context.len()
            )
        }
        K::Not { .. } => "instance matched a schema which it should not have".to_owned(),
        K::BacktrackLimitExceeded { .. } | K::RegexEngineFailure { .. } => {
            format!("input string {} takes too long to match", json(instance))
        }
        _ => format!("instance ({}) does not match the keyword {}", json(instance), error.kind().keyword()),
    }
}

/// The JSON type, with `integer` apart from `number` as in draft 4.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The allowed types, sorted; a number may be an integer.
fn allowed(kind: &TypeKind) -> String {
    let mut names: Vec<String> = match kind {
        TypeKind::Single(name) => vec![name.to_string()],
        TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect(),
    };
    if names.iter().any(|name| name == "number") {
        names.push("integer".to_owned());
    }
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",")
}

/// Characters, items or members.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

/// Compact JSON, cut where it is long: a client chooses its size, and it goes into logs and answers.
fn json(value: &Value) -> String {
    let mut text = value.to_string();
    if text.len() > MAX_SHOWN_BYTES {
        let mut end = MAX_SHOWN_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}
