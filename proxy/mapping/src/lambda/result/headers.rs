//! `headers` and `multiValueHeaders` of a result become one list of lines.

use super::{MAX_HEADER_BYTES, MAX_HEADER_LINES, Multiple, ResultError, Single, malformed};
use crate::lambda::loose::{Loose, Scalar};
use std::borrow::Cow;

type Line<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Names of both are one whatever their case. A header that stands in both is spelled as in `multiValueHeaders` and has
/// those values, then the single one, unless that is among them.
///
/// Names in `headers` that differ only in case stay lines of their own: functions send several cookies so.
pub(super) fn merge<'a>(
    single: Option<Single<'a>>,
    multiple: Option<Multiple<'a>>,
) -> Result<Vec<Line<'a>>, ResultError> {
    let single = singles(single)?;
    let mut multiple = multiples(multiple)?;
    let count = single.len() + multiple.iter().map(|(_, values)| values.len()).sum::<usize>();
    if count > MAX_HEADER_LINES {
        return Err(malformed("headers", &format!("{count}"), &format!("at most {MAX_HEADER_LINES}")));
    }
    let mut lines = Vec::with_capacity(count);
    for (name, value) in single {
        let same = |other: &str| other.eq_ignore_ascii_case(&name);
        if multiple.iter().any(|(other, values)| same(other) && values.contains(&value)) {
            continue;
        }
        match multiple.iter_mut().find(|(other, _)| same(other)) {
            Some((_, values)) => values.push(value),
            None => lines.push((name, value)),
        }
    }
    for (name, values) in multiple {
        lines.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    bounded(&lines)?;
    Ok(lines)
}

/// Refuses more lines or bytes than an answer may have.
pub(super) fn bounded(lines: &[Line<'_>]) -> Result<(), ResultError> {
    if lines.len() > MAX_HEADER_LINES {
        return Err(malformed(
            "headers",
            &format!("{}", lines.len()),
            &format!("at most {MAX_HEADER_LINES}"),
        ));
    }
    // Two for `: ` and two for the line end.
    let bytes: usize = lines.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    if bytes > MAX_HEADER_BYTES {
        let expected = format!("at most {MAX_HEADER_BYTES}");
        return Err(malformed("headers", &format!("{bytes} bytes"), &expected));
    }
    Ok(())
}

fn singles<'a>(given: Option<Single<'a>>) -> Result<Vec<Line<'a>>, ResultError> {
    let members = match given {
        None | Some(Loose::Null) => return Ok(Vec::new()),
        Some(Loose::Object(members)) => members.0,
        Some(other) => return Err(malformed("headers", other.kind(), "an object")),
    };
    members
        .into_iter()
        .map(|(name, given)| {
            check_name(&name)?;
            let value = value(&name, given)?;
            Ok((name, value))
        })
        .collect()
}

type Lines<'a> = (Cow<'a, str>, Vec<Cow<'a, str>>);

fn multiples<'a>(given: Option<Multiple<'a>>) -> Result<Vec<Lines<'a>>, ResultError> {
    let members = match given {
        None | Some(Loose::Null) => return Ok(Vec::new()),
        Some(Loose::Object(members)) => members.0,
        Some(other) => return Err(malformed("multiValueHeaders", other.kind(), "an object")),
    };
    members
        .into_iter()
        .map(|(name, given)| {
            check_name(&name)?;
            let values = match given {
                Loose::List(items) => items.0,
                other => return Err(malformed(&header(&name), other.kind(), "a list")),
            };
            let values = values.into_iter().map(|given| value(&name, given)).collect::<Result<_, _>>()?;
            Ok((name, values))
        })
        .collect()
}

/// Texts, and as texts booleans and numbers: functions return `"Access-Control-Max-Age": 3600`.
pub(super) fn value<'a>(name: &str, given: Scalar<'a>) -> Result<Cow<'a, str>, ResultError> {
    match given {
        Loose::Text(text) if is_value(&text) => Ok(text),
        Loose::Text(_) => Err(malformed(&header(name), "a control character", "none")),
        Loose::Boolean(value) => Ok(Cow::Borrowed(if value { "true" } else { "false" })),
        Loose::Number(number) => Ok(Cow::Owned(number.to_string())),
        other => Err(malformed(&header(name), other.kind(), "a string")),
    }
}

fn header(name: &str) -> String {
    format!("header {name}")
}

/// A token of RFC 9110, section 5.6.2: anything else could end the line, or the header.
fn check_name(name: &str) -> Result<(), ResultError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.is_empty() && name.bytes().all(is_token) {
        return Ok(());
    }
    Err(malformed("headers", "a name that is none", "letters, digits and `-`"))
}

/// RFC 9110, section 5.5.
fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}
