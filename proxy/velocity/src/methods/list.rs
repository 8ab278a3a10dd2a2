//! Java's `List`.

use super::Method;
use crate::error::Outcome;
use crate::render::outside;
use crate::value::{Heap, ListId, Value};

pub(crate) fn call<'a>(
    list: ListId,
    method: Method,
    arguments: &[Value<'a>],
    heap: &mut Heap<'a>,
) -> Outcome<Value<'a>> {
    let length = heap.list(list).items.len();
    Ok(match (method, arguments) {
        (Method::Size, []) => Value::count(length),
        (Method::IsEmpty, []) => Value::Bool(length == 0),
        (Method::Get, [index]) => match index.as_integer() {
            Some(index) => {
                let at = position(index, length)?;
                heap.list(list).items[at]
            }
            None => Value::Null,
        },
        (Method::Set, [index, value]) => match index.as_integer() {
            Some(index) => {
                let at = position(index, length)?;
                std::mem::replace(&mut heap.list_mut(list).items[at], *value)
            }
            None => Value::Null,
        },
        (Method::Add, [value]) => {
            heap.push(list, *value)?;
            Value::Bool(true)
        }
        (Method::Add, [index, value]) => {
            let Some(index) = index.as_integer() else { return Ok(Value::Null) };
            let at = position(index, length + 1)?;
            heap.spend(length / 8)?;
            heap.grow(1)?;
            heap.list_mut(list).items.insert(at, *value);
            Value::Null
        }
        (Method::AddAll, [Value::List(other)]) => {
            let others = heap.list(*other).items.len();
            heap.grow(others)?;
            let items = heap.list(*other).items.clone();
            heap.list_mut(list).items.extend(items);
            Value::Bool(others > 0)
        }
        (Method::Remove, [index]) if index.as_integer().is_some() => {
            let at = position(index.as_integer().unwrap_or_default(), length)?;
            heap.spend(length / 8)?;
            heap.list_mut(list).items.remove(at)
        }
        (Method::Remove, [value]) => match find(list, value, heap)?.next() {
            Some(at) => {
                heap.list_mut(list).items.remove(at);
                Value::Bool(true)
            }
            None => Value::Bool(false),
        },
        (Method::Clear, []) => {
            heap.list_mut(list).items.clear();
            Value::Null
        }
        (Method::Contains, [value]) => Value::Bool(find(list, value, heap)?.next().is_some()),
        (Method::IndexOf, [value]) => find(list, value, heap)?.next().map_or(Value::Int(-1), Value::count),
        (Method::LastIndexOf, [value]) => {
            find(list, value, heap)?.last().map_or(Value::Int(-1), Value::count)
        }
        (Method::ContainsAll, [Value::List(other)]) => {
            for item in heap.list(*other).items.clone() {
                if find(list, &item, heap)?.next().is_none() {
                    return Ok(Value::Bool(false));
                }
            }
            Value::Bool(true)
        }
        (Method::RemoveAll | Method::RetainAll, [Value::List(other)]) => {
            let mut kept = Vec::new();
            for item in heap.list(list).items.clone() {
                let is_other = find(*other, &item, heap)?.next().is_some();
                if is_other == (method == Method::RetainAll) {
                    kept.push(item);
                }
            }
            let changed = kept.len() < length;
            heap.list_mut(list).items = kept;
            Value::Bool(changed)
        }
        (Method::SubList, [start, end]) => {
            let (Some(start), Some(end)) = (start.as_integer(), end.as_integer()) else {
                return Ok(Value::Null);
            };
            let from = position(start, length + 1)?;
            let to = position(end, length + 1)?;
            let Some(items) = heap.list(list).items.get(from..to) else {
                return Err(outside(start, to, "elements"));
            };
            let (items, is_json) = (items.to_vec(), heap.list(list).is_json);
            Value::List(heap.new_list(items, is_json)?)
        }
        _ => Value::Null,
    })
}

fn position(index: i64, length: usize) -> Outcome<usize> {
    match usize::try_from(index) {
        Ok(at) if at < length => Ok(at),
        _ => Err(outside(index, length, "elements")),
    }
}

/// Positions of what Java calls equal to a value.
fn find<'a>(list: ListId, value: &Value<'a>, heap: &mut Heap<'a>) -> Outcome<std::vec::IntoIter<usize>> {
    let mut found = Vec::new();
    for at in 0..heap.list(list).items.len() {
        let item = heap.list(list).items[at];
        if heap.same(&item, value, heap.limits.value_depth)? {
            found.push(at);
        }
    }
    Ok(found.into_iter())
}
