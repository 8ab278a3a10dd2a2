//! Evaluation of paths.

use super::{JsonPath, MAX_RESULT_BYTES, MAX_VISITS, NODE_BYTES, Step};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How many more values an evaluation may visit.
#[derive(Debug)]
pub(super) struct Visits(usize);

impl Visits {
    fn spend(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.checked_sub(count)?;
        Some(())
    }
}

pub(super) fn find<'a>(path: &JsonPath, root: &'a Value) -> Option<Cow<'a, Value>> {
    find_within(path, root, &mut Visits(MAX_VISITS))
}

pub(super) fn find_within<'a>(
    path: &JsonPath,
    root: &'a Value,
    visits: &mut Visits,
) -> Option<Cow<'a, Value>> {
    let found = if path.is_definite() { one(path, root)? } else { Cow::Owned(many(path, root, visits)?) };
    match path.function {
        None => Some(found),
        Some(function) => function.apply(&found).map(Cow::Owned),
    }
}

/// The value of a definite path; nothing is copied unless the path ends in several names.
fn one<'a>(path: &JsonPath, root: &'a Value) -> Option<Cow<'a, Value>> {
    let mut room = MAX_RESULT_BYTES;
    let mut value = root;
    for step in &path.steps {
        value = match step {
            Step::Name(name) => value.get(name.as_str())?,
            Step::Index(index) => at(value.as_array()?, *index)?,
            Step::Names(names) => return some_members(value, names, &mut room).map(Cow::Owned),
            _ => return None,
        };
    }
    Some(Cow::Borrowed(value))
}

/// The members with these names as an object of their own; `None` for other values, and when it grows too large.
fn some_members(value: &Value, names: &[String], room: &mut usize) -> Option<Value> {
    let members = value.as_object()?;
    let mut chosen = Map::new();
    for name in names {
        if let Some(member) = members.get(name) {
            chosen.insert(name.clone(), copy(member, room)?);
        }
    }
    Some(Value::Object(chosen))
}

/// A copy, as long as there is room for it.
fn copy(value: &Value, room: &mut usize) -> Option<Value> {
    weigh(value, room)?;
    Some(value.clone())
}

/// Takes the weight of a value from `room`; the depth of recursion is that of the document.
fn weigh(value: &Value, room: &mut usize) -> Option<()> {
    let text = if let Value::String(text) = value { text.len() } else { 0 };
    *room = room.checked_sub(NODE_BYTES + text)?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| weigh(item, room)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            *room = room.checked_sub(name.len())?;
            weigh(member, room)
        }),
        _ => Some(()),
    }
}

fn at(items: &[Value], index: i64) -> Option<&Value> {
    items.get(position(index, items.len())?)
}

/// The position an index stands for; `None` before the start.
fn position(index: i64, length: usize) -> Option<usize> {
    if index < 0 {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    } else {
        usize::try_from(index).ok()
    }
}

/// The list of a path that is not definite.
fn many(path: &JsonPath, root: &Value, visits: &mut Visits) -> Option<Value> {
    let mut room = MAX_RESULT_BYTES;
    let mut values = vec![root];
    for (number, step) in path.steps.iter().enumerate() {
        if let (Step::Names(names), true) = (step, number + 1 == path.steps.len()) {
            let objects = values.into_iter().filter(|value| value.is_object());
            return objects.map(|value| some_members(value, names, &mut room)).collect();
        }
        let mut next = Vec::new();
        for value in values {
            take_step(step, value, &mut next, visits)?;
        }
        values = next;
    }
    values.into_iter().map(|value| copy(value, &mut room)).collect()
}

fn take_step<'a>(
    step: &Step,
    value: &'a Value,
    next: &mut Vec<&'a Value>,
    visits: &mut Visits,
) -> Option<()> {
    match (step, value) {
        (Step::Name(name), _) => push(value.get(name.as_str()), next, visits),
        (Step::Names(names), _) => {
            push(names.iter().filter_map(|name| value.get(name.as_str())), next, visits)
        }
        (Step::Index(index), Value::Array(items)) => push(at(items, *index), next, visits),
        (Step::Indices(indices), Value::Array(items)) => {
            push(indices.iter().filter_map(|index| at(items, *index)), next, visits)
        }
        (Step::Slice(start, end), Value::Array(items)) => {
            let length = items.len();
            let bound = |index: i64| position(index, length).unwrap_or(0).min(length);
            let (start, end) = (start.map_or(0, bound), end.map_or(length, bound));
            push(items.get(start..end).unwrap_or_default(), next, visits)
        }
        (Step::Any, Value::Array(items)) => push(items, next, visits),
        (Step::Any, Value::Object(members)) => push(members.values(), next, visits),
        (Step::Filter(filter), Value::Array(items)) => {
            for item in items {
                visits.spend(1)?;
                if filter.accepts(item, visits) {
                    next.push(item);
                }
            }
            Some(())
        }
        (Step::Filter(filter), Value::Object(_)) => {
            visits.spend(1)?;
            next.extend(filter.accepts(value, visits).then_some(value));
            Some(())
        }
        (Step::Descend, _) => {
            push([value], next, visits)?;
            match value {
                Value::Array(items) => items.iter().try_for_each(|item| take_step(step, item, next, visits)),
                Value::Object(members) => {
                    members.values().try_for_each(|member| take_step(step, member, next, visits))
                }
                _ => Some(()),
            }
        }
        _ => Some(()),
    }
}

fn push<'a>(
    found: impl IntoIterator<Item = &'a Value>,
    next: &mut Vec<&'a Value>,
    visits: &mut Visits,
) -> Option<()> {
    for value in found {
        visits.spend(1)?;
        next.push(value);
    }
    Some(())
}
