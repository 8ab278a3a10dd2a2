//! Filters: `[?(@.price < 10 && @.isbn)]`.

use super::JsonPath;
use crate::error::Outcome;
use crate::pattern::Pattern;
use crate::value::number::compare as compare_numbers;
use crate::value::{Heap, Value};
use std::cmp::Ordering;

#[derive(Debug)]
pub(super) enum Filter {
    /// A path that finds something.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Box<Pattern>),
    Not(Box<Filter>),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

#[derive(Debug)]
pub(super) enum Operand {
    /// Relative to the value that is tested, `@`.
    Relative(JsonPath),
    /// From the root, `$`.
    Absolute(JsonPath),
    Literal(Literal),
}

#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Integer(i64),
    Double(f64),
    Text(Box<str>),
    List(Vec<Literal>),
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
    Contains,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
}

impl Filter {
    pub(super) fn accepts<'a>(
        &self,
        value: &Value<'a>,
        root: &Value<'a>,
        heap: &mut Heap<'a>,
    ) -> Outcome<bool> {
        heap.spend(1)?;
        Ok(match self {
            Self::Exists(operand) => match operand.value(value, root, heap)? {
                None => false,
                Some(Value::List(found)) if !operand.is_definite() => !heap.list(found).items.is_empty(),
                Some(_) => true,
            },
            Self::Matches(operand, pattern) => match operand.value(value, root, heap)? {
                Some(Value::Text(text)) => {
                    heap.spend_on(text)?;
                    pattern.matches(text)
                }
                _ => false,
            },
            Self::Not(inner) => !inner.accepts(value, root, heap)?,
            Self::All(conditions) => {
                for condition in conditions {
                    if !condition.accepts(value, root, heap)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(conditions) => {
                for condition in conditions {
                    if condition.accepts(value, root, heap)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Compare(left, comparison, right) => {
                let left = left.value(value, root, heap)?;
                let right = right.value(value, root, heap)?;
                compare(left.as_ref(), *comparison, right.as_ref(), heap)?
            }
        })
    }
}

impl Operand {
    fn is_definite(&self) -> bool {
        match self {
            Self::Relative(path) | Self::Absolute(path) => path.is_definite(),
            Self::Literal(_) => true,
        }
    }

    fn value<'a>(
        &self,
        value: &Value<'a>,
        root: &Value<'a>,
        heap: &mut Heap<'a>,
    ) -> Outcome<Option<Value<'a>>> {
        match self {
            Self::Relative(path) => path.find_from(value, root, heap),
            Self::Absolute(path) => path.find_from(root, root, heap),
            Self::Literal(literal) => literal.value(heap).map(Some),
        }
    }
}

impl Literal {
    fn value<'a>(&self, heap: &mut Heap<'a>) -> Outcome<Value<'a>> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Integer(number) => Value::Long(*number),
            Self::Double(number) => Value::Double(*number),
            Self::Text(text) => Value::Text(heap.made(&**text)?),
            Self::List(items) => {
                let items: Outcome<Vec<_>> = items.iter().map(|item| item.value(heap)).collect();
                Value::List(heap.new_list(items?, true)?)
            }
        })
    }
}

fn compare<'a>(
    left: Option<&Value<'a>>,
    comparison: Comparison,
    right: Option<&Value<'a>>,
    heap: &mut Heap<'a>,
) -> Outcome<bool> {
    let equals = match (left, right) {
        (Some(left), Some(right)) => equal(left, right, heap)?,
        (left, right) => left.is_none() && right.is_none(),
    };
    let (left, right) = match (comparison, left, right) {
        (Comparison::Equal, ..) => return Ok(equals),
        (Comparison::NotEqual, ..) => return Ok(!equals),
        (_, Some(left), Some(right)) => (left, right),
        _ => return Ok(false),
    };
    let order = ordering(left, right);
    let items = |value: &Value<'a>, heap: &Heap<'a>| match value {
        Value::List(id) => Some(heap.list(*id).items.clone()),
        _ => None,
    };
    Ok(match comparison {
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::AtMost => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::AtLeast => order.is_some_and(Ordering::is_ge),
        Comparison::In | Comparison::NotIn => match items(right, heap) {
            Some(items) => contains(&items, left, heap)? == (comparison == Comparison::In),
            None => false,
        },
        Comparison::Contains => match (left, right) {
            (Value::Text(text), Value::Text(part)) => text.contains(part),
            (left, right) => match items(left, heap) {
                Some(items) => contains(&items, right, heap)?,
                None => false,
            },
        },
        Comparison::Size => match (size(left, heap), right.as_integer()) {
            (Some(size), Some(expected)) => i64::try_from(size) == Ok(expected),
            _ => false,
        },
        Comparison::Empty => match (size(left, heap), right) {
            (Some(size), Value::Bool(expected)) => (size == 0) == *expected,
            _ => false,
        },
        Comparison::SubsetOf | Comparison::AnyOf | Comparison::NoneOf => {
            let (Some(left), Some(right)) = (items(left, heap), items(right, heap)) else { return Ok(false) };
            let mut shared = 0;
            for item in &left {
                shared += usize::from(contains(&right, item, heap)?);
            }
            match comparison {
                Comparison::SubsetOf => shared == left.len(),
                Comparison::AnyOf => shared > 0,
                _ => shared == 0,
            }
        }
        Comparison::Equal | Comparison::NotEqual => false,
    })
}

fn contains<'a>(items: &[Value<'a>], wanted: &Value<'a>, heap: &mut Heap<'a>) -> Outcome<bool> {
    for item in items {
        heap.spend(1)?;
        if equal(wanted, item, heap)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Characters, elements or members.
fn size(value: &Value<'_>, heap: &Heap<'_>) -> Option<usize> {
    match value {
        Value::Text(text) => Some(text.encode_utf16().count()),
        Value::List(id) => Some(heap.list(*id).items.len()),
        Value::Map(id) => Some(heap.map(*id).len()),
        _ => None,
    }
}

/// `1` and `1.0` are equal, and so are `1` and `"1"`.
fn equal<'a>(left: &Value<'a>, right: &Value<'a>, heap: &mut Heap<'a>) -> Outcome<bool> {
    let is_spelled =
        |text: &str, number: &Value<'a>| text.parse().is_ok_and(|text: f64| number.as_double() == Some(text));
    Ok(match (left, right) {
        (left, right) if left.is_number() && right.is_number() => {
            compare_numbers(left, right) == Some(Ordering::Equal)
        }
        (Value::Text(text), number) | (number, Value::Text(text)) if number.is_number() => {
            is_spelled(text, number)
        }
        (left, right) => heap.same(left, right, heap.limits.value_depth)?,
    })
}

/// Numbers compare with numbers and texts with texts; anything else has no order.
fn ordering(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (left, right) => compare_numbers(left, right),
    }
}
