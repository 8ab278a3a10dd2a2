//! Java's `String`. Positions count UTF-16 units.

use super::Method;
use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::pattern::Pattern;
use crate::render::outside;
use crate::template::{Call, Literal};
use crate::value::{Heap, Value};

pub(crate) fn call<'a>(
    text: &'a str,
    call: &Call,
    arguments: &[Value<'a>],
    heap: &mut Heap<'a>,
) -> Outcome<Value<'a>> {
    heap.spend_on(text)?;
    if call.method.takes_pattern() {
        // A regular expression goes over a text several times slower than a search for a word.
        heap.spend(text.len() / 16)?;
    }
    match (call.method, arguments) {
        (Method::Length, []) => Ok(Value::count(length(text))),
        (Method::IsEmpty, []) => Ok(Value::Bool(text.is_empty())),
        (Method::HashCode, []) => Ok(Value::Int(hash(text))),
        (Method::IsBlank, []) => Ok(Value::Bool(text.trim().is_empty())),
        (Method::ToLowerCase, []) => heap.made(text.to_lowercase()).map(Value::Text),
        (Method::ToUpperCase, []) => heap.made(text.to_uppercase()).map(Value::Text),
        (Method::Trim, []) => Ok(trimmed(text, |c| c <= ' ')),
        (Method::Strip, []) => Ok(trimmed(text, char::is_whitespace)),
        (Method::CharAt, [index]) => match index.as_integer() {
            Some(index) => part(text, index, Some(index + 1)),
            None => Ok(Value::Null),
        },
        (Method::Substring, [start]) => match start.as_integer() {
            Some(start) => part(text, start, None),
            None => Ok(Value::Null),
        },
        (Method::Substring, [start, end]) => match (start.as_integer(), end.as_integer()) {
            (Some(start), Some(end)) => part(text, start, Some(end)),
            _ => Ok(Value::Null),
        },
        (Method::Repeat, [count]) => match count.as_integer().map(usize::try_from) {
            Some(Ok(count)) => repeated(text, count, heap),
            _ => Ok(Value::Null),
        },
        (Method::Split, [pattern]) => split(text, call, pattern, 0, heap),
        (Method::Split, [pattern, limit]) => {
            split(text, call, pattern, limit.as_integer().unwrap_or(0), heap)
        }
        (Method::IndexOf | Method::LastIndexOf, [wanted, from]) => {
            Ok(match (as_text(wanted), from.as_integer()) {
                (Some(wanted), Some(from)) => index_of(text, wanted, from, call.method),
                _ => Value::Null,
            })
        }
        (Method::ValueOf, [value]) => {
            heap.printed(value).and_then(|printed| heap.made(printed)).map(Value::Text)
        }
        (_, [first]) => match as_text(first) {
            Some(first) => {
                heap.spend_on(first)?;
                with_one(text, call, first, heap)
            }
            None => Ok(Value::Null),
        },
        (Method::Replace, [wanted, replacement]) => match (as_text(wanted), as_text(replacement)) {
            (Some(wanted), Some(replacement)) => {
                reserve(text.matches(wanted).count().saturating_mul(replacement.len()), heap)?;
                heap.made(text.replace(wanted, replacement)).map(Value::Text)
            }
            _ => Ok(Value::Null),
        },
        (Method::ReplaceAll | Method::ReplaceFirst, [first, replacement]) => {
            let Some(replacement) = as_text(replacement) else { return Ok(Value::Null) };
            let Some(wanted) = as_text(first) else { return Ok(Value::Null) };
            let first_only = call.method == Method::ReplaceFirst;
            let limit = heap.limits.value_bytes;
            let replace = |pattern: &Pattern| pattern.replace(text, replacement, first_only, limit);
            let replaced = with_pattern(call, wanted, heap, replace)?;
            match replaced.map_err(|message| Fault::new(RenderErrorKind::Regex, message))? {
                Some(replaced) => {
                    heap.spend_on(&replaced)?;
                    heap.made(replaced).map(Value::Text)
                }
                None => Err(Fault::above(RenderErrorKind::ValueBytes, limit, "bytes of values")),
            }
        }
        _ => Ok(Value::Null),
    }
}

/// Methods of one argument that is a text.
fn with_one<'a>(text: &'a str, call: &Call, other: &str, heap: &mut Heap<'a>) -> Outcome<Value<'a>> {
    Ok(match call.method {
        Method::Contains => Value::Bool(text.contains(other)),
        Method::StartsWith => Value::Bool(text.starts_with(other)),
        Method::EndsWith => Value::Bool(text.ends_with(other)),
        Method::EqualsIgnoreCase => Value::Bool(text.to_lowercase() == other.to_lowercase()),
        Method::IndexOf => index_of(text, other, 0, Method::IndexOf),
        Method::LastIndexOf => index_of(text, other, i64::MAX, Method::LastIndexOf),
        Method::CompareTo => compared(text, other),
        Method::CompareToIgnoreCase => compared(&text.to_lowercase(), &other.to_lowercase()),
        Method::Concat => {
            let mut joined = String::with_capacity(text.len() + other.len());
            joined.push_str(text);
            joined.push_str(other);
            Value::Text(heap.made(joined)?)
        }
        Method::Matches => Value::Bool(with_pattern(call, other, heap, |pattern| pattern.matches(text))?),
        _ => Value::Null,
    })
}

/// A text argument. Undefined and null are the empty text, as they are in the output.
fn as_text<'a>(value: &Value<'a>) -> Option<&'a str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Undefined | Value::Null | Value::Context(_) => Some(""),
        _ => None,
    }
}

fn with_pattern<T>(
    call: &Call,
    pattern: &str,
    heap: &mut Heap<'_>,
    then: impl FnOnce(&Pattern) -> T,
) -> Outcome<T> {
    let refused = |message: &str| Fault::new(RenderErrorKind::Regex, message);
    match &call.literal {
        Literal::Pattern(Ok(pattern)) => Ok(then(pattern)),
        Literal::Pattern(Err(message)) => Err(refused(message)),
        _ => {
            let pattern = heap.pattern(pattern)?;
            Ok(then(&pattern))
        }
    }
}

fn split<'a>(
    text: &'a str,
    call: &Call,
    pattern: &Value<'a>,
    limit: i64,
    heap: &mut Heap<'a>,
) -> Outcome<Value<'a>> {
    let Some(pattern) = as_text(pattern) else { return Ok(Value::Null) };
    let parts = with_pattern(call, pattern, heap, |pattern| pattern.split(text, limit))?;
    let parts = parts.into_iter().map(|part| Value::Text(text.get(part).unwrap_or_default()));
    Ok(Value::List(heap.new_list(parts.collect(), false)?))
}

/// Fails before a text is made that is larger than all values may be.
fn reserve(bytes: usize, heap: &mut Heap<'_>) -> Outcome<()> {
    let limit = heap.limits.value_bytes;
    if bytes > limit {
        return Err(Fault::above(RenderErrorKind::ValueBytes, limit, "bytes of values"));
    }
    heap.spend(bytes / 64)
}

fn repeated<'a>(text: &'a str, count: usize, heap: &mut Heap<'a>) -> Outcome<Value<'a>> {
    reserve(text.len().saturating_mul(count), heap)?;
    heap.made(text.repeat(count)).map(Value::Text)
}

fn trimmed<'a>(text: &'a str, is_blank: fn(char) -> bool) -> Value<'a> {
    let end = text.trim_end_matches(is_blank).len();
    let start = end - text[..end].trim_start_matches(is_blank).len();
    Value::Text(text.get(start..end).unwrap_or_default())
}

/// From one position to another, or to the end.
fn part<'a>(text: &'a str, start: i64, end: Option<i64>) -> Outcome<Value<'a>> {
    let to = match end {
        Some(end) => offset(text, end).ok_or_else(|| outside(end, length(text), "characters"))?,
        None => text.len(),
    };
    match offset(text, start) {
        Some(from) if from <= to => Ok(Value::Text(text.get(from..to).unwrap_or_default())),
        _ => Err(outside(start, length(text), "characters")),
    }
}

fn index_of<'a>(text: &str, wanted: &str, from: i64, method: Method) -> Value<'a> {
    let found = if method == Method::IndexOf {
        offset(text, from.max(0)).and_then(|from| Some(from + text[from..].find(wanted)?))
    } else {
        let last = offset(text, from).unwrap_or(if from < 0 { 0 } else { text.len() });
        let end = last.saturating_add(wanted.len()).min(text.len());
        let end = (end..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
        text[..end].rfind(wanted).filter(|_| from >= 0)
    };
    found.map_or(Value::Int(-1), |at| Value::count(length(&text[..at])))
}

/// Java's `compareTo`: the difference of the first units that differ, else of the lengths.
fn compared<'a>(left: &str, right: &str) -> Value<'a> {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(one, other)| one != other);
    Value::Int(match differing {
        Some((one, other)) => i32::from(one) - i32::from(other),
        None => {
            i32::try_from(length(left)).unwrap_or(i32::MAX) - i32::try_from(length(right)).unwrap_or(i32::MAX)
        }
    })
}

fn hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The byte offset of a position, which may be the end; half of a pair is rounded up.
fn offset(text: &str, position: i64) -> Option<usize> {
    let position = usize::try_from(position).ok()?;
    if text.is_ascii() {
        return (position <= text.len()).then_some(position);
    }
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= position {
            return Some(at);
        }
        units += c.len_utf16();
    }
    (units >= position).then_some(text.len())
}
