//! Canonical query strings, and the parameters of presigned ones.

use crate::encode::{encode_byte, escaped};
use std::borrow::Cow;

/// Where a parameter lies in the buffer of encoded ones: its start, the end of its name, its end.
type Place = (usize, usize, usize);

/// Appends the parameters, each part decoded and encoded again, sorted by name and then by value; all but the one
/// that is named.
pub(crate) fn write(query: &str, without: Option<&str>, out: &mut Vec<u8>) {
    if query.is_empty() {
        return;
    }
    let mut encoded = Vec::with_capacity(query.len() + query.len() / 2);
    let mut places: Vec<Place> = Vec::with_capacity(8);
    for (name, value) in pairs(query) {
        let start = encoded.len();
        recode(name, &mut encoded);
        let end_of_name = encoded.len();
        if without.is_some_and(|without| encoded[start..] == *without.as_bytes()) {
            encoded.truncate(start);
            continue;
        }
        recode(value, &mut encoded);
        places.push((start, end_of_name, encoded.len()));
    }
    // Not as one text: `=` sorts after `-`, but `a=…` comes before `a-b=…`.
    places.sort_by_key(|(start, end_of_name, end)| {
        (&encoded[*start..*end_of_name], &encoded[*end_of_name..*end])
    });
    let mut first = true;
    for (start, end_of_name, end) in places {
        if !first {
            out.push(b'&');
        }
        first = false;
        out.extend_from_slice(&encoded[start..end_of_name]);
        out.push(b'=');
        out.extend_from_slice(&encoded[end_of_name..end]);
    }
}

/// The decoded value of the first parameter of that name.
pub(crate) fn find<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    pairs(query).find(|(known, _)| decoded(known) == name).map(|(_, value)| decoded(value))
}

/// Names and values, as they are written; nothing between two `&` is no parameter.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn recode(text: &str, out: &mut Vec<u8>) {
    each_byte(text, |byte| encode_byte(byte, out));
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    each_byte(text, |byte| bytes.push(byte));
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes that a text stands for; a `%` without two digits stands for itself.
fn each_byte(text: &str, mut each: impl FnMut(u8)) {
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        match escaped(rest) {
            Some(byte) => {
                each(byte);
                rest = &rest[3..];
            }
            None => {
                each(if *first == b'+' { b' ' } else { *first });
                rest = others;
            }
        }
    }
}
