//! Java's `Map`.

use super::Method;
use crate::error::Outcome;
use crate::value::{Heap, MapId, Value};

pub(crate) fn call<'a>(
    map: MapId,
    method: Method,
    arguments: &[Value<'a>],
    heap: &mut Heap<'a>,
) -> Outcome<Value<'a>> {
    if let [key, ..] = arguments {
        heap.spend(heap.map(map).search_cost(key))?;
    }
    Ok(match (method, arguments) {
        (Method::Size, []) => Value::count(heap.map(map).len()),
        (Method::IsEmpty, []) => Value::Bool(heap.map(map).len() == 0),
        (Method::Get, [key]) => heap.map(map).get_by(&as_key(key)).copied().unwrap_or(Value::Null),
        (Method::GetOrDefault, [key, default]) => {
            heap.map(map).get_by(&as_key(key)).copied().unwrap_or(*default)
        }
        (Method::Put, [key, value]) => heap.put(map, as_key(key), *value)?.unwrap_or(Value::Null),
        (Method::PutIfAbsent, [key, value]) => match heap.map(map).get_by(&as_key(key)).copied() {
            Some(before) if !before.is_nothing() => before,
            _ => {
                heap.put(map, as_key(key), *value)?;
                Value::Null
            }
        },
        (Method::PutAll, [Value::Map(other)]) => {
            heap.grow(heap.map(*other).len())?;
            for (key, value) in heap.map(*other).entries().to_vec() {
                heap.put(map, key, value)?;
            }
            Value::Null
        }
        (Method::Remove, [key]) => {
            heap.spend(heap.map(map).len())?;
            heap.map_mut(map).remove(&as_key(key)).unwrap_or(Value::Null)
        }
        (Method::Clear, []) => {
            heap.map_mut(map).clear();
            Value::Null
        }
        (Method::ContainsKey, [key]) => Value::Bool(heap.map(map).get_by(&as_key(key)).is_some()),
        (Method::ContainsValue, [value]) => {
            for at in 0..heap.map(map).len() {
                let known = heap.map(map).entries()[at].1;
                if heap.same(&known, value, heap.limits.value_depth)? {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        (Method::KeySet, []) => {
            let keys = heap.map(map).entries().iter().map(|(key, _)| *key).collect();
            Value::List(heap.new_list(keys, false)?)
        }
        (Method::Values, []) => {
            let values = heap.map(map).entries().iter().map(|(_, value)| *value).collect();
            Value::List(heap.new_list(values, false)?)
        }
        (Method::EntrySet, []) => {
            heap.grow(heap.map(map).len())?;
            let pairs = heap.map(map).entries().to_vec();
            let entries: Outcome<Vec<_>> = pairs
                .into_iter()
                .map(|(key, value)| Ok(Value::Entry(heap.new_list(vec![key, value], false)?)))
                .collect();
            Value::List(heap.new_list(entries?, false)?)
        }
        _ => Value::Null,
    })
}

/// An undefined key is the empty text.
fn as_key<'a>(key: &Value<'a>) -> Value<'a> {
    match key {
        Value::Undefined | Value::Context(_) => Value::EMPTY,
        key => *key,
    }
}
