//! Evaluation of paths.

use super::{JsonPath, Step};
use crate::error::Outcome;
use crate::value::{Heap, List, MapId, Value};

/// The value of a definite path.
pub(super) fn one<'a>(path: &JsonPath, start: &Value<'a>, heap: &mut Heap<'a>) -> Outcome<Option<Value<'a>>> {
    heap.spend(path.steps.len())?;
    let mut value = *start;
    for step in &path.steps {
        let next = match (step, &value) {
            (Step::Name(name), Value::Map(id)) => heap.map(*id).get(name).copied(),
            (Step::Index(index), Value::List(id)) => at(heap.list(*id), *index).copied(),
            (Step::Names(names), Value::Map(id)) => Some(some_members(*id, names, heap)?),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// The values of any other path, in the order of the document.
pub(super) fn many<'a>(
    path: &JsonPath,
    start: &Value<'a>,
    root: &Value<'a>,
    heap: &mut Heap<'a>,
) -> Outcome<Vec<Value<'a>>> {
    let mut values = vec![*start];
    for (number, step) in path.steps.iter().enumerate() {
        let is_last = number + 1 == path.steps.len();
        let mut next = Vec::new();
        // Behind `..` a filter is for each object that is found: its elements come by themselves.
        let is_each = number > 0 && matches!(path.steps[number - 1], Step::Descend);
        for value in &values {
            heap.spend(1)?;
            let is_other = match (step, value) {
                (Step::Filter(_), Value::List(_)) => is_each,
                // Nor are objects that have only some of the names.
                (Step::Names(names), Value::Map(id)) => {
                    is_each && !names.iter().all(|name| heap.map(*id).get(name).is_some())
                }
                _ => false,
            };
            if is_other {
                continue;
            }
            take_step(step, is_last, value, root, &mut next, heap)?;
        }
        values = next;
    }
    Ok(values)
}

fn take_step<'a>(
    step: &Step,
    is_last: bool,
    value: &Value<'a>,
    root: &Value<'a>,
    next: &mut Vec<Value<'a>>,
    heap: &mut Heap<'a>,
) -> Outcome<()> {
    let before = next.len();
    match (step, value) {
        (Step::Name(name), Value::Map(id)) => next.extend(heap.map(*id).get(name).copied()),
        (Step::Names(names), Value::Map(id)) if is_last => next.push(some_members(*id, names, heap)?),
        (Step::Names(names), Value::Map(id)) => {
            let map = heap.map(*id);
            next.extend(names.iter().filter_map(|name| map.get(name).copied()));
        }
        (Step::Index(index), Value::List(id)) => next.extend(at(heap.list(*id), *index).copied()),
        (Step::Indices(indices), Value::List(id)) => {
            let list = heap.list(*id);
            next.extend(indices.iter().filter_map(|index| at(list, *index).copied()));
        }
        (Step::Slice(start, end), Value::List(id)) => {
            let items = &heap.list(*id).items;
            let bound = |index: i64| position(index, items.len()).unwrap_or(0).min(items.len());
            let (start, end) = (start.map_or(0, bound), end.map_or(items.len(), bound));
            next.extend_from_slice(items.get(start..end).unwrap_or_default());
        }
        (Step::Any, Value::List(id)) => next.extend_from_slice(&heap.list(*id).items),
        (Step::Any, Value::Map(id)) => {
            next.extend(heap.map(*id).entries().iter().map(|(_, member)| *member));
        }
        (Step::Filter(filter), Value::List(id)) => {
            for at in 0..heap.list(*id).items.len() {
                heap.spend(1)?;
                let item = heap.list(*id).items[at];
                if filter.accepts(&item, root, heap)? {
                    next.push(item);
                }
            }
        }
        (Step::Filter(filter), Value::Map(_)) if filter.accepts(value, root, heap)? => {
            next.push(*value);
        }
        (Step::Descend, _) => descend(value, next, heap)?,
        _ => {}
    }
    heap.grow(next.len() - before)
}

/// The value and everything in it, each before what is in it. No recursion: what a template builds may be deep.
fn descend<'a>(value: &Value<'a>, next: &mut Vec<Value<'a>>, heap: &mut Heap<'a>) -> Outcome<()> {
    let mut open = vec![*value];
    while let Some(value) = open.pop() {
        // What holds itself is without end: memory is counted while it is found.
        heap.spend(1)?;
        heap.grow(1)?;
        match &value {
            Value::List(id) => open.extend(heap.list(*id).items.iter().rev().copied()),
            Value::Map(id) => {
                open.extend(heap.map(*id).entries().iter().rev().map(|(_, member)| *member));
            }
            _ => {}
        }
        next.push(value);
    }
    Ok(())
}

/// The members with these names as a map of their own.
fn some_members<'a>(id: MapId, names: &[Box<str>], heap: &mut Heap<'a>) -> Outcome<Value<'a>> {
    let chosen = heap.new_map()?;
    for name in names {
        let found =
            heap.map(id).entries().iter().find(|(key, _)| matches!(key, Value::Text(key) if **key == **name));
        if let Some((key, member)) = found.copied() {
            heap.put(chosen, key, member)?;
        }
    }
    Ok(Value::Map(chosen))
}

fn at<'h, 'a>(list: &'h List<'a>, index: i64) -> Option<&'h Value<'a>> {
    list.items.get(position(index, list.items.len())?)
}

/// The position an index stands for; `None` before the start.
fn position(index: i64, length: usize) -> Option<usize> {
    if index < 0 {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    } else {
        usize::try_from(index).ok()
    }
}
