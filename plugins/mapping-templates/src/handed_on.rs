//! Overrides on their way from the request's template to the answer's, as JSON.
//!
//! Lists are arrays; maps are arrays of pairs below `m`, because their order counts.

use edgewit_velocity::{Overrides, Parked};
use serde_json::{Value, json};

/// Lists and maps inside of each other. Each takes three of the 128 levels that JSON is read to.
const DEPTH: usize = 40;

/// Nothing where nothing was written, so that routes without overrides need no second call.
pub(crate) fn write(overrides: &Overrides) -> Result<Option<Vec<u8>>, String> {
    let empty = |(_, value): &(String, Parked)| matches!(value, Parked::Map(members) if members.is_empty());
    let all = || overrides.request.iter().chain(&overrides.response);
    if all().all(empty) {
        return Ok(None);
    }
    if all().any(|(_, value)| depth(value) > DEPTH) {
        return Err(format!("overrides of more than {DEPTH} lists and maps inside of each other"));
    }
    let overrides = json!([pairs(&overrides.request), pairs(&overrides.response)]);
    serde_json::to_vec(&overrides).map(Some).map_err(|error| error.to_string())
}

pub(crate) fn read(bytes: &[u8]) -> Result<Overrides, String> {
    let [request, response]: [Value; 2] = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(Overrides { request: members(&request), response: members(&response) })
}

fn depth(value: &Parked) -> usize {
    match value {
        Parked::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Parked::Map(members) => 1 + members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        _ => 0,
    }
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
