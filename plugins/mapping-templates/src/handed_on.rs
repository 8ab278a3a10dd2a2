//! Overrides on their way from the request's template to the answer's, as JSON.
//!
//! Lists are arrays; maps are arrays of pairs below `m`, because their order counts.

use edgewit_velocity::{Overrides, Parked};
use serde_json::{Value, json};

/// Nothing where nothing was written, so that routes without overrides need no second call.
pub(crate) fn write(overrides: &Overrides) -> Option<Vec<u8>> {
    let empty = |(_, value): &(String, Parked)| matches!(value, Parked::Map(members) if members.is_empty());
    if overrides.request.iter().chain(&overrides.response).all(empty) {
        return None;
    }
    serde_json::to_vec(&json!([pairs(&overrides.request), pairs(&overrides.response)])).ok()
}

pub(crate) fn read(bytes: &[u8]) -> Option<Overrides> {
    let [request, response]: [Value; 2] = serde_json::from_slice(bytes).ok()?;
    Some(Overrides { request: members(&request), response: members(&response) })
}

fn pairs(members: &[(String, Parked)]) -> Value {
    members.iter().map(|(name, value)| json!([name, of(value)])).collect()
}

fn of(value: &Parked) -> Value {
    match value {
        Parked::Null => Value::Null,
        Parked::Bool(truth) => json!(truth),
        Parked::Integer(number) => json!(number),
        Parked::Double(number) => json!(number),
        Parked::Text(text) => json!(text),
        Parked::List(items) => items.iter().map(of).collect(),
        Parked::Map(members) => json!({ "m": pairs(members) }),
    }
}

fn members(pairs: &Value) -> Vec<(String, Parked)> {
    let pairs = pairs.as_array().into_iter().flatten();
    pairs.filter_map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), parked(pair.get(1)?)))).collect()
}

fn parked(value: &Value) -> Parked {
    match value {
        Value::Null => Parked::Null,
        Value::Bool(truth) => Parked::Bool(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Parked::Integer(integer),
            None => Parked::Double(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Parked::Text(text.clone()),
        Value::Array(items) => Parked::List(items.iter().map(parked).collect()),
        Value::Object(object) => Parked::Map(object.get("m").map(members).unwrap_or_default()),
    }
}
