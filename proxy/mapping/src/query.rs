//! Query strings and paths: reading without copying, decoding, encoding.
//!
//! Pairs are separated by `&` and, as API Gateway does, by `;`. Names and values are form-encoded: `+` is a space.
//! What is written is percent-encoded by RFC 3986, section 2.1, which form decoders read as well.

use std::borrow::Cow;

/// The name and value pairs of a raw query string (without `?`), still encoded, in order.
///
/// A name without `=` has an empty value; empty pairs are skipped.
pub fn pairs(raw: &str) -> Pairs<'_> {
    Pairs { rest: raw }
}

/// See [`pairs`].
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let pair = match memchr::memchr2(b'&', b';', self.rest.as_bytes()) {
                None => std::mem::take(&mut self.rest),
                Some(end) => {
                    let pair = &self.rest[..end];
                    self.rest = &self.rest[end + 1..];
                    pair
                }
            };
            if !pair.is_empty() {
                return Some(pair.split_once('=').unwrap_or((pair, "")));
            }
        }
        None
    }
}

/// The form-decoded text: `+` is a space, `%XX` a byte. A `%` without two hexadecimal digits stands for itself;
/// bytes that are not UTF-8 become U+FFFD.
pub fn decode(raw: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'%', b'+', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let decoded: Vec<u8> = decoded_bytes(raw.as_bytes()).collect();
    Cow::Owned(match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Whether a raw name decodes to `name`; does not allocate.
pub fn name_is(raw: &str, name: &str) -> bool {
    if memchr::memchr2(b'%', b'+', raw.as_bytes()).is_none() {
        return raw == name;
    }
    decode(raw) == name
}

/// The last value of a query parameter, decoded.
pub fn last<'a>(raw: &'a str, name: &str) -> Option<Cow<'a, str>> {
    pairs(raw).filter(|(raw_name, _)| name_is(raw_name, name)).last().map(|(_, value)| decode(value))
}

/// Appends decoded text, percent-encoded: everything but letters, digits and `-._~`.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    encode_bytes(text.iter().copied(), out);
}

/// Appends `name=value`, both decoded, behind a `&` if `out` is not empty.
pub fn push_pair(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b'&');
    }
    encode(name, out);
    out.push(b'=');
    encode(value, out);
}

/// Appends a raw name or value the way it looks after decoding and encoding again; does not allocate.
pub fn recode(raw: &str, out: &mut Vec<u8>) {
    encode_bytes(decoded_bytes(raw.as_bytes()), out);
}

/// Appends all pairs of a raw query string, decoded and encoded again, behind a `&` if `out` is not empty.
pub fn recode_pairs(raw: &str, out: &mut Vec<u8>) {
    for (name, value) in pairs(raw) {
        if !out.is_empty() {
            out.push(b'&');
        }
        recode(name, out);
        out.push(b'=');
        recode(value, out);
    }
}

/// Appends text as part of a URI path: `/`, sub-delimiters, `:`, `@` and whole `%XX` stay, all else is
/// percent-encoded. A path parameter, which is encoded already, goes through unchanged.
pub fn encode_path(text: &[u8], out: &mut Vec<u8>) {
    for (at, &byte) in text.iter().enumerate() {
        let encoded = byte == b'%' && hex_pair(&text[at + 1..]).is_some();
        if encoded || is_path_byte(byte) {
            out.push(byte);
        } else {
            push_encoded(byte, out);
        }
    }
}

fn encode_bytes(bytes: impl Iterator<Item = u8>, out: &mut Vec<u8>) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte);
        } else {
            push_encoded(byte, out);
        }
    }
}

fn push_encoded(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

/// RFC 3986 `pchar` without percent-encoding, and `/`.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

fn decoded_bytes(raw: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *raw.get(at)?;
        at += 1;
        Some(match byte {
            b'+' => b' ',
            b'%' => match hex_pair(&raw[at..]) {
                Some(value) => {
                    at += 2;
                    value
                }
                None => b'%',
            },
            other => other,
        })
    })
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    Some(digit(*bytes.first()?)? << 4 | digit(*bytes.get(1)?)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn splitting() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=1&a=2&&b=3&", &[("a", "1"), ("a", "2"), ("b", "3")]),
            ("a=1;b=2", &[("a", "1"), ("b", "2")]),
        ];
        for (raw, expected) in table {
            assert_eq!(pairs(raw).collect::<Vec<_>>(), *expected, "{raw:?}");
        }
    }

    #[test]
    fn decoding() {
        for (raw, expected) in [
            ("123456+00:00", "123456 00:00"),
            ("test%2Balias@gmail.com", "test+alias@gmail.com"),
            ("%c3%A9", "é"),
            ("%ff", "\u{fffd}"),
            ("%", "%"),
            ("%2", "%2"),
            ("%zz", "%zz"),
            ("100%25", "100%"),
        ] {
            assert_eq!(decode(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn the_last_of_several_values_counts() {
        assert_eq!(last("category=electronics&category=books", "category").as_deref(), Some("books"));
        assert_eq!(last("a%20b=1", "a b").as_deref(), Some("1"));
        assert_eq!(last("A=1", "a"), None);
    }

    #[test]
    fn encoding() {
        assert_eq!(text(|out| encode("a b+é/~".as_bytes(), out)), "a%20b%2B%C3%A9%2F~");
        assert_eq!(text(|out| recode_pairs("a=x+y&b&c=%7e%2f", out)), "a=x%20y&b=&c=~%2F");
        assert_eq!(text(|out| push_pair(b"a b", b"1", out)), "a%20b=1");
        assert_eq!(text(|out| encode_path(b"a%2Bb/c d%?#", out)), "a%2Bb/c%20d%25%3F%23");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(value in any::<String>()) {
            let encoded = text(|out| encode(value.as_bytes(), out));
            prop_assert_eq!(decode(&encoded), value.as_str());
        }

        #[test]
        fn recoding_keeps_the_meaning(raw in any::<String>()) {
            let recoded = text(|out| recode(&raw, out));
            prop_assert_eq!(decode(&recoded), decode(&raw));
            prop_assert_eq!(text(|out| recode(&recoded, out)), recoded);
        }

        #[test]
        fn pairs_survive(given in prop::collection::vec((any::<String>(), any::<String>()), 0..8)) {
            let raw = text(|out| given.iter().for_each(|(n, v)| push_pair(n.as_bytes(), v.as_bytes(), out)));
            let read: Vec<_> = pairs(&raw).map(|(n, v)| (decode(n).into_owned(), decode(v).into_owned())).collect();
            prop_assert_eq!(read, given);
        }
    }
}
