//! Writing JSON straight into a buffer.

use crate::escape::Escaping;
use crate::{Context, ContextVariable};
use std::fmt;
use std::io::Write;

/// An object that is being written.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    pub(super) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Begins a member; its value must be written to what is returned.
    pub(super) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.member_bytes(name.as_bytes())
    }

    /// As [`Self::member`].
    pub(super) fn member_bytes(&mut self, name: &[u8]) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        bytes(name, self.out);
        self.out.push(b':');
        self.out
    }

    /// Writes a member, unless `write` returns that it has no value.
    pub(super) fn optional(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let (before, empty) = (self.out.len(), self.empty);
        if !write(self.member(name)) {
            self.out.truncate(before);
            self.empty = empty;
        }
    }

    /// Writes a `$context` variable as a text, or `null` when it has no value.
    pub(super) fn variable(&mut self, name: &str, context: &impl Context, variable: &ContextVariable) {
        let out = self.member(name);
        if !push_variable(context, variable, out) {
            null(out);
        }
    }

    /// Writes a `$context` variable as a text where it has a value.
    pub(super) fn optional_variable(
        &mut self,
        name: &str,
        context: &impl Context,
        variable: &ContextVariable,
    ) {
        self.optional(name, |out| push_variable(context, variable, out));
    }

    pub(super) fn close(self) {
        self.out.push(b'}');
    }

    /// As [`Self::close`], but an object without members becomes `null`.
    pub(super) fn close_or_null(self) {
        if self.empty {
            // The opening brace is the last that was written.
            self.out.pop();
            null(self.out);
        } else {
            self.close();
        }
    }
}

pub(super) fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"null");
}

pub(super) fn boolean(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

pub(super) fn number(value: u64, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _written = write!(out, "{value}");
}

pub(super) fn text(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    Escaping::Json.push_text(value, out);
    out.push(b'"');
}

/// Bytes as a text; those that are not UTF-8 become U+FFFD, because JSON has no form for them.
pub(super) fn bytes(value: &[u8], out: &mut Vec<u8>) {
    // Checking a whole text at once is several times as fast as looking for its broken places.
    if let Ok(value) = std::str::from_utf8(value) {
        return text(value, out);
    }
    out.push(b'"');
    for chunk in value.utf8_chunks() {
        Escaping::Json.push_text(chunk.valid(), out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

/// What a value displays, as a text.
pub(super) fn display(value: &dyn fmt::Display, out: &mut Vec<u8>) {
    struct Inside<'o>(&'o mut Vec<u8>);
    impl fmt::Write for Inside<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            Escaping::Json.push_text(text, self.0);
            Ok(())
        }
    }
    out.push(b'"');
    // Only the value itself could fail, and what it wrote until then is still a text.
    let _written = fmt::Write::write_fmt(&mut Inside(out), format_args!("{value}"));
    out.push(b'"');
}

/// A `$context` variable as a text; `false`, with nothing written, when it has no value.
pub(super) fn push_variable(context: &impl Context, variable: &ContextVariable, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.push(b'"');
    if !context.write(variable, out) {
        out.truncate(start);
        return false;
    }
    let inside = start + 1;
    let broken = match out.get(inside..).map(std::str::from_utf8) {
        Some(Err(_)) => Some(String::from_utf8_lossy(&out[inside..]).into_owned()),
        _ => None,
    };
    if let Some(mended) = broken {
        out.truncate(inside);
        out.extend_from_slice(mended.as_bytes());
    }
    Escaping::Json.apply_from(inside, out);
    out.push(b'"');
    true
}

/// The number that a `$context` variable is; `out` is used to write it to and left as it was.
pub(super) fn variable_number(
    context: &impl Context,
    variable: &ContextVariable,
    out: &mut Vec<u8>,
) -> Option<u64> {
    let start = out.len();
    let written = context.write(variable, out);
    let value = out.get(start..).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    out.truncate(start);
    value.filter(|_| written)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn objects() {
        assert_eq!(written(|out| Object::open(out).close()), "{}");
        assert_eq!(written(|out| Object::open(out).close_or_null()), "null");
        let object = written(|out| {
            let mut object = Object::open(out);
            object.optional("left-out", |out| {
                number(1, out);
                false
            });
            number(7, object.member("a\"b"));
            object.optional("c", |out| {
                boolean(true, out);
                true
            });
            object.close_or_null();
        });
        assert_eq!(object, r#"{"a\"b":7,"c":true}"#);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(
            written(|out| bytes(b"caf\xe9 \"\xff\xfe\x01", out)),
            "\"caf\u{fffd} \\\"\u{fffd}\u{fffd}\\u0001\""
        );
    }

    struct Given<'a>(Option<&'a [u8]>);
    impl Context for Given<'_> {
        fn write(&self, _: &ContextVariable, out: &mut Vec<u8>) -> bool {
            self.0.inspect(|value| out.extend_from_slice(value)).is_some()
        }
    }

    #[test]
    fn variables() {
        let text = |value| written(|out| _ = push_variable(&Given(value), &ContextVariable::Path, out));
        assert_eq!(text(Some(b"a\"\n")), r#""a\"\n""#);
        assert_eq!(text(Some(b"a\xff\"")), "\"a\u{fffd}\\\"\"");
        assert_eq!(text(Some(b"")), "\"\"");
        assert_eq!(text(None), "");
        let number = |value| {
            let mut out = b"before".to_vec();
            let number = variable_number(&Given(value), &ContextVariable::Status, &mut out);
            assert_eq!(out, b"before");
            number
        };
        assert_eq!(number(Some(b"1700000000000")), Some(1_700_000_000_000));
        assert_eq!(number(Some(b"1e3")), None);
        assert_eq!(number(None), None);
    }

    proptest! {
        #[test]
        fn every_text_reads_back(value in any::<String>()) {
            for json in [
                written(|out| text(&value, out)),
                written(|out| bytes(value.as_bytes(), out)),
                written(|out| display(&value, out)),
                written(|out| _ = push_variable(&Given(Some(value.as_bytes())), &ContextVariable::Path, out)),
            ] {
                prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), Value::from(value.as_str()));
            }
        }
    }
}
