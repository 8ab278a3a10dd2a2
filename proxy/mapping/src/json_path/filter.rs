//! Filters: `[?(@.price < 10 && @.isbn)]`.

use super::JsonPath;
use super::find::Visits;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    Exists(JsonPath),
    Compare(Operand, Comparison, Operand),
    Not(Box<Filter>),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// Relative to the value that is tested, `@`.
    Path(JsonPath),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
    NotIn,
}

impl Filter {
    pub(super) fn accepts(&self, value: &Value, visits: &mut Visits) -> bool {
        match self {
            Self::Exists(path) => match super::find::find_within(path, value, visits).as_deref() {
                None => false,
                Some(Value::Array(found)) if !path.is_definite() => !found.is_empty(),
                Some(_) => true,
            },
            Self::Not(inner) => !inner.accepts(value, visits),
            Self::All(conditions) => conditions.iter().all(|condition| condition.accepts(value, visits)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.accepts(value, visits)),
            Self::Compare(left, comparison, right) => {
                let left = left.value(value, visits);
                let right = right.value(value, visits);
                compare(left.as_deref(), *comparison, right.as_deref())
            }
        }
    }
}

impl Operand {
    fn value<'a>(&'a self, value: &'a Value, visits: &mut Visits) -> Option<Cow<'a, Value>> {
        match self {
            Self::Literal(literal) => Some(Cow::Borrowed(literal)),
            Self::Path(path) => super::find::find_within(path, value, visits),
        }
    }
}

fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let order = |accept: fn(Ordering) -> bool| match (left, right) {
        (Some(left), Some(right)) => ordering(left, right).is_some_and(accept),
        _ => false,
    };
    let contained = || match (left, right) {
        (Some(left), Some(Value::Array(items))) => Some(items.iter().any(|item| equal(left, item))),
        _ => None,
    };
    let equals = || match (left, right) {
        (Some(left), Some(right)) => equal(left, right),
        (None, None) => true,
        _ => false,
    };
    match comparison {
        Comparison::Equal => equals(),
        Comparison::NotEqual => !equals(),
        Comparison::Less => order(Ordering::is_lt),
        Comparison::AtMost => order(Ordering::is_le),
        Comparison::Greater => order(Ordering::is_gt),
        Comparison::AtLeast => order(Ordering::is_ge),
        Comparison::In => contained() == Some(true),
        Comparison::NotIn => contained() == Some(false),
    }
}

/// `1` and `1.0` are equal.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => ordering(left, right) == Some(Ordering::Equal),
        _ => left == right,
    }
}

/// Numbers compare with numbers and texts with texts; anything else has no order.
fn ordering(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
