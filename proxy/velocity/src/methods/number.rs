//! Java's `Integer`, `Long` and `Double`.

use super::Method;
use crate::error::{Fault, Outcome, RenderErrorKind, shown};
use crate::value::number::compare;
use crate::value::{Heap, Value};
use std::cmp::Ordering;

pub(crate) fn call<'a>(
    value: &Value<'a>,
    method: Method,
    arguments: &[Value<'a>],
    heap: &mut Heap<'a>,
) -> Outcome<Value<'a>> {
    Ok(match (method, arguments) {
        (Method::IntValue, []) => Value::Int(narrow(long(value))),
        (Method::LongValue, []) => Value::Long(long(value)),
        (Method::DoubleValue | Method::FloatValue, []) => {
            value.as_double().map_or(Value::Null, Value::Double)
        }
        (Method::CompareTo, [other]) => compare(value, other).map_or(Value::Null, |order| {
            Value::Int(match order {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })
        }),
        // The static methods, which templates call on any number: `$one.parseInt("5")`.
        (Method::ParseInt, [text]) => parse(text, heap, |text| text.parse().ok().map(Value::Int))?,
        (Method::ParseLong, [text]) => parse(text, heap, |text| text.parse().ok().map(Value::Long))?,
        (Method::ParseDouble, [text]) => parse(text, heap, double)?,
        (Method::ValueOf, [text @ Value::Text(_)]) => match value {
            Value::Int(_) => parse(text, heap, |text| text.parse().ok().map(Value::Int))?,
            Value::Long(_) => parse(text, heap, |text| text.parse().ok().map(Value::Long))?,
            _ => parse(text, heap, double)?,
        },
        (Method::ValueOf, [number]) if number.is_number() => *number,
        _ => Value::Null,
    })
}

fn double<'a>(text: &str) -> Option<Value<'a>> {
    text.trim().parse().ok().map(Value::Double)
}

fn parse<'a>(
    text: &Value<'a>,
    heap: &mut Heap<'a>,
    read: impl Fn(&str) -> Option<Value<'a>>,
) -> Outcome<Value<'a>> {
    let text = heap.printed(text)?;
    read(&text).ok_or_else(|| {
        Fault::new(RenderErrorKind::Argument, format!("found {}, expected a number", shown(&text)))
    })
}

/// Java's narrowing: of a double what fits, of an integer its low bits.
#[expect(clippy::cast_possible_truncation, reason = "as in Java, the cast saturates")]
fn long(value: &Value<'_>) -> i64 {
    match value.as_integer() {
        Some(number) => number,
        None => value.as_double().unwrap_or_default() as i64,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "as in Java, the low bits are kept")]
fn narrow(number: i64) -> i32 {
    number as i32
}
