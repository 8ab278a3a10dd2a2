//! The status code that a MOCK integration's rendered request template names.
//!
//! The template renders to something like JSON; consoles and tools write `{statusCode: 200}`, so keys may be
//! unquoted or single-quoted, commas may trail, and members that nobody reads may be junk.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>; what is
//! accepted beyond JSON is what API Gateway was seen to accept.

use serde_json::Value;

/// Why no status code could be read; the call fails with 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found} at byte {offset}, expected {expected}")]
pub struct MockError {
    /// Byte offset into the rendered template, from 0.
    pub offset: usize,
    /// What was found.
    pub found: &'static str,
    /// What would have been right.
    pub expected: &'static str,
}

/// The integer `statusCode` of the rendered text. Any integer will do, even zero or a negative one: it only selects
/// an integration response.
///
/// # Errors
/// When the text is no object, even leniently read, or its `statusCode` is missing or is not an integer.
pub fn status_code(rendered: &str) -> Result<i64, MockError> {
    if let Ok(json) = serde_json::from_str::<Value>(rendered) {
        let Value::Object(members) = json else { return Err(no_object(0)) };
        let Some(value) = members.get("statusCode") else { return Err(no_status_code(rendered)) };
        return value.as_i64().ok_or(NOT_AN_INTEGER);
    }
    let mut found = None;
    let mut members = Members::new(rendered)?;
    while let Some((key, value)) = members.next_member()? {
        if key == "statusCode" {
            found = Some(value);
        }
    }
    match found {
        None => Err(no_status_code(rendered)),
        Some(LenientValue::Plain(text)) if !text.starts_with('+') => text.parse().map_err(|_| NOT_AN_INTEGER),
        Some(_) => Err(NOT_AN_INTEGER),
    }
}

const NOT_AN_INTEGER: MockError =
    MockError { offset: 0, found: "a statusCode that is no integer", expected: "an integer" };

fn no_status_code(rendered: &str) -> MockError {
    MockError { offset: rendered.len(), found: "no statusCode", expected: "a member statusCode" }
}

fn no_object(offset: usize) -> MockError {
    MockError { offset, found: "no object", expected: "an object such as {\"statusCode\": 200}" }
}

enum LenientValue<'a> {
    /// Unquoted, without brackets.
    Plain(&'a str),
    Other,
}

/// Reads the members of an object between its braces.
struct Members<'a> {
    text: &'a str,
    at: usize,
    /// Offset of the closing brace.
    end: usize,
}

impl<'a> Members<'a> {
    fn new(text: &'a str) -> Result<Self, MockError> {
        let start = text.len() - text.trim_start().len();
        let end = text.trim_end().len();
        let inner = &text[start..end.max(start)];
        if inner.len() < 2 || !inner.starts_with('{') {
            return Err(no_object(start));
        }
        if !inner.ends_with('}') {
            return Err(MockError { offset: end, found: "the end", expected: "`}`" });
        }
        Ok(Self { text, at: start + 1, end: end - 1 })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(skipped).len();
    }

    fn error(&self, found: &'static str, expected: &'static str) -> MockError {
        MockError { offset: self.at, found, expected }
    }

    fn next_member(&mut self) -> Result<Option<(&'a str, LenientValue<'a>)>, MockError> {
        // Commas may stand anywhere between members.
        self.skip(|c| c.is_whitespace() || c == ',');
        if self.rest().is_empty() {
            return Ok(None);
        }
        let key = self.key()?;
        let value = self.value()?;
        Ok(Some((key, value)))
    }

    /// The key, with the colon behind it.
    fn key(&mut self) -> Result<&'a str, MockError> {
        let rest = self.rest();
        match rest.as_bytes().first() {
            Some(b'{' | b'[') => return Err(self.error("a bracket", "a member name")),
            Some(b'"' | b'\'') => {
                let key = self.quoted()?;
                self.skip(char::is_whitespace);
                if !self.rest().starts_with(':') {
                    return Err(self.error("something else", "`:`"));
                }
                self.at += 1;
                return Ok(key);
            }
            _ => {}
        }
        match rest.find([':', ',']) {
            Some(length) if rest[length..].starts_with(':') => {
                self.at += length + 1;
                Ok(rest[..length].trim_end())
            }
            _ => Err(self.error("a member without a value", "`:`")),
        }
    }

    /// The value, up to the comma or the end behind it.
    fn value(&mut self) -> Result<LenientValue<'a>, MockError> {
        self.skip(char::is_whitespace);
        let rest = self.rest();
        match rest.as_bytes().first() {
            Some(b'"' | b'\'') => {
                self.quoted()?;
            }
            Some(b'{' | b'[') => self.brackets()?,
            _ => {
                let length = rest.find(',').unwrap_or(rest.len());
                self.at += length;
                return Ok(LenientValue::Plain(rest[..length].trim_end()));
            }
        }
        self.skip(char::is_whitespace);
        match self.rest().chars().next() {
            None | Some(',') => Ok(LenientValue::Other),
            Some(_) => Err(self.error("text behind a value", "`,` or `}`")),
        }
    }

    /// A text in quotes of one kind, which a backslash may keep from ending.
    fn quoted(&mut self) -> Result<&'a str, MockError> {
        let bytes = self.rest().as_bytes();
        let quote = bytes.first().copied();
        let mut at = 1;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 1,
                byte if Some(byte) == quote => {
                    let inner = &self.rest()[1..at];
                    self.at += at + 1;
                    return Ok(inner);
                }
                _ => {}
            }
            at += 1;
        }
        Err(self.error("a quote that nothing closes", "a closing quote of the same kind"))
    }

    /// A list or object, to the bracket that closes it.
    fn brackets(&mut self) -> Result<(), MockError> {
        let mut open = Vec::new();
        for (at, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'{' | b'[' => open.push(byte),
                b'}' | b']' => {
                    if open.pop() != Some(if byte == b'}' { b'{' } else { b'[' }) {
                        break;
                    }
                    if open.is_empty() {
                        self.at += at + 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err(self.error("a bracket that nothing closes", "a closing bracket"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepted() {
        for (text, expected) in [
            (r#"{"statusCode": 200}"#, 200),
            (r#"{"statusCode": 0}"#, 0),
            (r#"{"statusCode": -1000}"#, -1000),
            ("{statusCode: 200}", 200),
            (" { statusCode : 404 } \n", 404),
            ("{'statusCode': 200}", 200),
            ("{statusCode: 200, \"value\": 'goog'}", 200),
            ("{statusCode: 200,super{ f}oo: [ba r]}", 200),
            ("{statusCode: 200, foo}: [ba r]}", 200),
            ("{statusCode: 200, foo'}: [ba r]}", 200),
            ("{statusCode: 200, }foo: [ba r]}", 200),
            ("{statusCode: 200, }foo: ''}", 200),
            (r#"{statusCode: 200, " ": " "}"#, 200),
            (r#"{statusCode: 200, "": ""}"#, 200),
            (r#"{"statusCode": 200 , }"#, 200),
            (r#"{"statusCode": 200 ,, }"#, 200),
            (r#"{"statusCode": 200, null: null}"#, 200),
            (r#"{statusCode: 200, a: "x, y: z"}"#, 200),
            (r#"{statusCode: 200, a: {b: [1, 2]}}"#, 200),
            ("{a: 1, statusCode: 201}", 201),
        ] {
            assert_eq!(status_code(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "  ",
            "{}",
            "{",
            "}",
            "200",
            "[200]",
            r#"{"statusCode": "200"}"#,
            "{'statusCode': '200'}",
            r#"{"statusCode": 200.5}"#,
            r#"{"statusCode": null}"#,
            r#"{"statusCode': 200 }"#,
            r#"{'statusCode": 200 }"#,
            "{'statusCode: 200 }",
            r#"{"statusCode: 200 }"#,
            "{statusCode': 200 }",
            r#"{statusCode": 200 }"#,
            "statusCode: 200",
            "{statusCode: 200",
            "statusCode: 200}",
            "{statusCode: 200, {foo: [ba r]}",
            "{statusCode: 200, [foo: [ba r]}",
            "{statusCode: }",
            "{statusCode: two}",
            "{statusCode: +200}",
            "{statuscode: 200}",
            "{statusCode: 200, foo}",
        ] {
            assert!(status_code(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[{}\\[\\]'\",:\\\\ a0é]{0,24}") {
            let _ = status_code(&text);
            let _ = status_code(&format!("{{statusCode: 200, {text}}}"));
        }

        #[test]
        fn any_integer(status: i64) {
            prop_assert_eq!(status_code(&format!("{{statusCode: {status}}}")), Ok(status));
            prop_assert_eq!(status_code(&format!("{{\"statusCode\": {status}}}")), Ok(status));
        }
    }
}
