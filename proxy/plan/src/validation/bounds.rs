//! What a model may cost.

use crate::limits::Limits;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the models of one validator may still use.
pub(super) struct Budget<'a> {
    limits: &'a Limits,
    bytes: usize,
    values: usize,
}

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, bytes: 0, values: 0 }
    }

    /// Accounts for a schema.
    ///
    /// # Errors
    ///
    /// What was found and what the limit is.
    pub(super) fn spend(&mut self, schema: &Value) -> Result<(), String> {
        let limits = self.limits;
        let mut waiting = vec![(schema, 1usize)];
        while let Some((value, depth)) = waiting.pop() {
            self.values += 1;
            if depth > limits.schema_depth {
                return Err(format!(
                    "found a schema nested more than {} deep, which is the limit",
                    limits.schema_depth
                ));
            }
            match value {
                Value::String(text) => self.bytes += text.len() + 2,
                Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
                Value::Object(members) => {
                    for (key, member) in members {
                        self.bytes += key.len() + 4;
                        if let ("pattern", Value::String(pattern)) = (key.as_str(), member)
                            && pattern.len() > limits.pattern_bytes
                        {
                            let found = pattern.len();
                            return Err(format!(
                                "found a pattern of {found} bytes, the limit is {}",
                                limits.pattern_bytes
                            ));
                        }
                        waiting.push((member, depth + 1));
                    }
                }
                _ => self.bytes += 4,
            }
            if self.values > limits.schema_nodes {
                return Err(format!(
                    "found more than {} values in it and the models it refers to, which is the limit",
                    limits.schema_nodes
                ));
            }
            if self.bytes > limits.schema_bytes {
                return Err(format!(
                    "found more than {} bytes in it and the models it refers to, which is the limit",
                    limits.schema_bytes
                ));
            }
        }
        Ok(())
    }
}

/// Schemas within schemas that may be evaluated at a time: each is a frame on the stack, of which a worker has 2 MiB.
pub(super) const MAX_FRAMES: u64 = 2_000;

/// Evaluations that a list of failures may cost; beyond, the answer says only that the body is invalid.
pub(super) const MAX_LISTING_EVALUATIONS: u64 = 20_000;

/// What evaluating a model costs at most, by the depth of the body.
#[derive(Debug)]
pub(super) struct Work {
    /// Per depth of the body (0: a scalar): frames, and evaluations along one way from the root to a leaf.
    by_depth: Vec<(u64, u64)>,
    /// Whether a schema applies to the very value that it is applied to, over references and combinations alone.
    pub(super) is_endless: bool,
}

/// One schema: the schemas it applies to the same value, and those it applies to parts of it.
#[derive(Default)]
struct Schema {
    in_place: Vec<usize>,
    /// Of these, at most one applies to a part.
    one_of_properties: Vec<usize>,
    /// Of these, all may.
    pattern_properties: Vec<usize>,
    /// At most one of these.
    items: Vec<usize>,
}

impl Work {
    /// Of the schema `root`, whose references are all local and resolved.
    pub(super) fn of(root: &Value) -> Work {
        let schemas = schemas(root);
        let (order, is_endless) = in_place_order(&schemas);
        let mut by_depth = Vec::new();
        let mut below: Vec<(u64, u64)> = vec![(0, 0); schemas.len()];
        // The validator ends a round when it comes to a schema again, so a level takes no more frames than these.
        let round = (schemas.len() - order.len()) as u64 * 2;
        for _ in 0..=MAX_BODY_DEPTH {
            let mut here: Vec<(u64, u64)> = vec![(u64::MAX, u64::MAX); schemas.len()];
            for &index in &order {
                let cost = schemas.get(index).map(|schema| schema.cost(&here, &below));
                if let (Some(place), Some(cost)) = (here.get_mut(index), cost) {
                    *place = cost;
                }
            }
            let (frames, evaluations) = here.first().copied().unwrap_or_default();
            by_depth.push(if is_endless {
                (round.saturating_mul(by_depth.len() as u64 + 1), evaluations)
            } else {
                (frames, evaluations)
            });
            if here == below && !is_endless {
                break;
            }
            below = here;
        }
        Work { by_depth, is_endless }
    }

    fn at(&self, depth: usize) -> (u64, u64) {
        // Where the list ends, deeper bodies cost no more.
        self.by_depth.get(depth).or(self.by_depth.last()).copied().unwrap_or_default()
    }

    /// Whether a body this deep can be validated on the stack there is.
    pub(super) fn admits(&self, depth: usize) -> bool {
        self.at(depth).0 <= MAX_FRAMES
    }

    /// Whether the failures of a body this deep and with so many values can be listed.
    pub(super) fn admits_listing(&self, depth: usize, values: usize) -> bool {
        self.at(depth).1.saturating_mul(values as u64) <= MAX_LISTING_EVALUATIONS
    }
}

/// Nesting that the JSON parser accepts.
const MAX_BODY_DEPTH: usize = 128;

impl Schema {
    fn cost(&self, here: &[(u64, u64)], below: &[(u64, u64)]) -> (u64, u64) {
        let of = |costs: &[(u64, u64)], index: &usize| costs.get(*index).copied().unwrap_or_default();
        let max = |a: (u64, u64), b: (u64, u64)| (a.0.max(b.0), a.1.max(b.1));
        let sum = |a: (u64, u64), b: (u64, u64)| (a.0.max(b.0), a.1.saturating_add(b.1));
        let in_place = self.in_place.iter().map(|index| of(here, index)).fold((0, 0), sum);
        let named = self.one_of_properties.iter().map(|index| of(below, index)).fold((0, 0), max);
        let property = self.pattern_properties.iter().map(|index| of(below, index)).fold(named, sum);
        let item = self.items.iter().map(|index| of(below, index)).fold((0, 0), max);
        let (frames, evaluations) = sum(in_place, max(property, item));
        (frames.saturating_add(1), evaluations.saturating_add(1))
    }
}

/// All schemas that evaluating `root` can reach; it is the first.
fn schemas(root: &Value) -> Vec<Schema> {
    let mut numbers: BTreeMap<*const Value, usize> = BTreeMap::from([(std::ptr::from_ref(root), 0)]);
    let mut values = vec![root];
    let mut schemas: Vec<Schema> = Vec::new();
    while let Some(&value) = values.get(schemas.len()) {
        let mut schema = Schema::default();
        let mut add = |value, list: &mut Vec<usize>| {
            let number = *numbers.entry(std::ptr::from_ref::<Value>(value)).or_insert_with(|| {
                values.push(value);
                values.len() - 1
            });
            list.push(number);
        };
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            // Beside a reference, nothing else counts in draft 4.
            if let Some(target) = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
                add(target, &mut schema.in_place);
            }
        } else if let Value::Object(members) = value {
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
                        list.iter().for_each(|item| add(item, &mut schema.in_place));
                    }
                    ("not", _) => add(member, &mut schema.in_place),
                    ("dependencies", Value::Object(list)) => {
                        list.values()
                            .filter(|item| item.is_object())
                            .for_each(|item| add(item, &mut schema.in_place));
                    }
                    ("properties", Value::Object(list)) => {
                        list.values().for_each(|item| add(item, &mut schema.one_of_properties));
                    }
                    ("additionalProperties", Value::Object(_)) => add(member, &mut schema.one_of_properties),
                    ("patternProperties", Value::Object(list)) => {
                        list.values().for_each(|item| add(item, &mut schema.pattern_properties));
                    }
                    ("items", Value::Array(list)) => {
                        list.iter().for_each(|item| add(item, &mut schema.items));
                    }
                    ("items" | "additionalItems", Value::Object(_)) => add(member, &mut schema.items),
                    _ => {}
                }
            }
        }
        schemas.push(schema);
    }
    schemas
}

/// The schemas in an order in which each comes after those it applies in place; those that lead back to themselves
/// are left out, and then the second is true.
fn in_place_order(schemas: &[Schema]) -> (Vec<usize>, bool) {
    let mut waiting: Vec<usize> = schemas.iter().map(|schema| schema.in_place.len()).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); schemas.len()];
    for (index, schema) in schemas.iter().enumerate() {
        for &used in &schema.in_place {
            if let Some(list) = users.get_mut(used) {
                list.push(index);
            }
        }
    }
    let mut order: Vec<usize> = (0..schemas.len()).filter(|index| waiting.get(*index) == Some(&0)).collect();
    let mut at = 0;
    while let Some(&done) = order.get(at) {
        at += 1;
        for &user in users.get(done).map(Vec::as_slice).unwrap_or_default() {
            if let Some(count) = waiting.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    order.push(user);
                }
            }
        }
    }
    let is_endless = order.len() < schemas.len();
    (order, is_endless)
}

/// Depth (0: a scalar or something empty) and number of values.
pub(super) fn measure(instance: &Value) -> (usize, usize) {
    let mut deepest = 0;
    let mut values = 0;
    let mut waiting = vec![(instance, 0usize)];
    while let Some((value, depth)) = waiting.pop() {
        values += 1;
        deepest = deepest.max(depth);
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => waiting.extend(members.values().map(|member| (member, depth + 1))),
            _ => {}
        }
    }
    (deepest, values)
}
