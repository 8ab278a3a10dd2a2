//! `==`, and what Java calls equal.

use super::number::compare;
use super::{Heap, Value};
use crate::error::{Fault, Outcome, RenderErrorKind};
use std::cmp::Ordering;

impl Value<'_> {
    /// Whether two keys of a map are the same: kinds differ, `1` is not `"1"`.
    pub(crate) fn is_key(&self, other: &Self) -> bool {
        match (self, other) {
            (left, right) if left.is_nothing() || right.is_nothing() => {
                left.is_nothing() && right.is_nothing()
            }
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Long(left), Self::Long(right)) => left == right,
            (Self::Double(left), Self::Double(right)) => left.to_bits() == right.to_bits(),
            (Self::Big(left), Self::Big(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) | (Self::Entry(left), Self::Entry(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            _ => false,
        }
    }
}

impl<'a> Heap<'a> {
    /// Velocity's `==`: numbers by value, things of one kind as Java does, anything else by what it prints.
    /// Nothing equals nothing and the empty text.
    pub(crate) fn equal(&mut self, left: &Value<'a>, right: &Value<'a>) -> Outcome<bool> {
        let is_empty = |value: &Value<'a>| match value {
            Value::Text(text) => text.is_empty(),
            Value::Context(_) => true,
            other => other.is_nothing(),
        };
        Ok(match (left, right) {
            (left, right) if left.is_nothing() || right.is_nothing() => is_empty(left) && is_empty(right),
            (Value::Text(left), Value::Text(right)) => {
                self.spend_on(left)?;
                left == right
            }
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (left, right) if left.is_number() && right.is_number() => {
                compare(left, right) == Some(Ordering::Equal)
            }
            (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
                self.same(left, right, self.limits.value_depth)?
            }
            (left, right) => {
                let left = self.printed(left)?;
                let right = self.printed(right)?;
                left == right
            }
        })
    }

    /// Java's `equals`: kinds differ, lists and maps by what is in them.
    pub(crate) fn same(&mut self, left: &Value<'a>, right: &Value<'a>, depth: usize) -> Outcome<bool> {
        self.spend(1)?;
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Fault::above(RenderErrorKind::ValueDepth, self.limits.value_depth, "nested values"));
        };
        match (left, right) {
            (Value::List(left), Value::List(right)) if left != right => {
                let length = self.list(*left).items.len();
                if length != self.list(*right).items.len() {
                    return Ok(false);
                }
                for at in 0..length {
                    let (one, other) = (self.list(*left).items[at], self.list(*right).items[at]);
                    if !self.same(&one, &other, depth)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Map(left), Value::Map(right)) if left != right => {
                let length = self.map(*left).len();
                if length != self.map(*right).len() {
                    return Ok(false);
                }
                for at in 0..length {
                    let (key, one) = self.map(*left).entries()[at];
                    self.spend(self.map(*right).search_cost(&key))?;
                    let Some(other) = self.map(*right).get_by(&key).copied() else { return Ok(false) };
                    if !self.same(&one, &other, depth)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Text(left), Value::Text(right)) if left.len() == right.len() => {
                self.spend_on(left)?;
                Ok(left == right)
            }
            _ => Ok(left.is_key(right)),
        }
    }
}
