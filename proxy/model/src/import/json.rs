//! JSON text to a document, with exact places.
//!
//! Grammar: RFC 8259. Written here because a spanned tree over borrowed text is needed and the
//! YAML parser refuses tabs and `\/`, which JSON allows.

use super::ImportLimits;
use super::build::Builder;
use super::document::{Malformed, Position, Value};
use std::borrow::Cow;

/// Reads one JSON value and nothing after it.
pub(super) fn parse<'a>(text: &'a str, limits: &'a ImportLimits) -> Result<Builder<'a>, Malformed> {
    let mut reader =
        Reader { text, bytes: text.as_bytes(), offset: 0, line: 1, line_start: 0, continuation_bytes: 0 };
    let mut builder = Builder::new(limits);
    // One entry per open container: whether it is a mapping.
    let mut open: Vec<bool> = Vec::new();
    let mut state = State::Value;
    loop {
        reader.skip_whitespace();
        let at = reader.position();
        let Some(byte) = reader.peek() else {
            return match state {
                State::After if open.is_empty() => Ok(builder),
                _ => Err(reader.unexpected(state.expectation(open.last().copied()))),
            };
        };
        let mut finished = None;
        match (state, byte) {
            (State::Value | State::FirstItem, b'{') => {
                reader.advance();
                builder.begin_mapping(at)?;
                open.push(true);
                state = State::FirstKey;
            }
            (State::Value | State::FirstItem, b'[') => {
                reader.advance();
                builder.begin_sequence(at)?;
                open.push(false);
                state = State::FirstItem;
            }
            (State::FirstItem, b']') | (State::FirstKey, b'}') => {
                reader.advance();
                open.pop();
                finished = builder.end()?.map(|(built, _)| built);
                state = State::After;
            }
            (State::Value | State::FirstItem, _) => {
                let value = reader.scalar(state.expectation(None))?;
                finished = Some(builder.scalar(value, at)?);
                state = State::After;
            }
            (State::FirstKey | State::Key, b'"') => {
                let key = reader.string()?;
                builder.key(key, at, false);
                state = State::Colon;
            }
            (State::Colon, b':') => {
                reader.advance();
                state = State::Value;
            }
            (State::After, b',') if !open.is_empty() => {
                reader.advance();
                state = if open.last() == Some(&true) { State::Key } else { State::Value };
            }
            (State::After, b'}' | b']') if open.last() == Some(&(byte == b'}')) => {
                reader.advance();
                open.pop();
                finished = builder.end()?.map(|(built, _)| built);
            }
            _ => return Err(reader.unexpected(state.expectation(open.last().copied()))),
        }
        if let Some(built) = finished {
            builder.place(built);
        }
    }
}

#[derive(Clone, Copy)]
enum State {
    Value,
    FirstItem,
    FirstKey,
    Key,
    Colon,
    After,
}

impl State {
    fn expectation(self, in_mapping: Option<bool>) -> &'static str {
        match (self, in_mapping) {
            (State::Value, _) => "a value",
            (State::FirstItem, _) => "a value or `]`",
            (State::FirstKey, _) => "a key in double quotes or `}`",
            (State::Key, _) => "a key in double quotes",
            (State::Colon, _) => "`:`",
            (State::After, None) => "the end of the document",
            (State::After, Some(true)) => "`,` or `}`",
            (State::After, Some(false)) => "`,` or `]`",
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    offset: usize,
    line: u32,
    line_start: usize,
    /// UTF-8 continuation bytes since the line began: the difference between bytes and characters.
    continuation_bytes: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    fn advance(&mut self) {
        self.offset += 1;
    }

    fn position(&self) -> Position {
        let column = self.offset - self.line_start - self.continuation_bytes + 1;
        Position { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn skip_whitespace(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.offset += 1;
            if byte == b'\n' {
                self.line += 1;
                self.line_start = self.offset;
                self.continuation_bytes = 0;
            }
        }
    }

    fn scalar(&mut self, expected: &str) -> Result<Value<'a>, Malformed> {
        match self.peek() {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let rest = &self.bytes[self.offset..];
                let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                let value = match &rest[..length] {
                    b"true" => Value::Bool(true),
                    b"false" => Value::Bool(false),
                    b"null" => Value::Null,
                    _ => return Err(self.unexpected(expected)),
                };
                self.offset += length;
                Ok(value)
            }
        }
    }

    fn number(&mut self) -> Result<Value<'a>, Malformed> {
        let start = self.offset;
        if self.peek() == Some(b'-') {
            self.advance();
        }
        let leading_zero = self.peek() == Some(b'0');
        let integer_digits = self.digits();
        let mut valid = integer_digits > 0 && !(leading_zero && integer_digits > 1);
        if self.peek() == Some(b'.') {
            self.advance();
            valid &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance();
            if let Some(b'+' | b'-') = self.peek() {
                self.advance();
            }
            valid &= self.digits() > 0;
        }
        let text = &self.text[start..self.offset];
        if valid {
            return Ok(Value::Number(Cow::Borrowed(text)));
        }
        self.offset = start;
        Err(self.malformed(format!("found the malformed number `{text}`, expected a JSON number")))
    }

    fn digits(&mut self) -> usize {
        let start = self.offset;
        while let Some(b'0'..=b'9') = self.peek() {
            self.advance();
        }
        self.offset - start
    }

    /// A string from its opening quote; borrowed unless it has escapes.
    fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        self.advance();
        let mut start = self.offset;
        let mut unescaped: Option<String> = None;
        loop {
            match self.peek() {
                None => return Err(self.unexpected("`\"` at the end of the string")),
                Some(b'"') => {
                    let rest = &self.text[start..self.offset];
                    self.advance();
                    return Ok(match unescaped {
                        None => Cow::Borrowed(rest),
                        Some(mut text) => {
                            text.push_str(rest);
                            Cow::Owned(text)
                        }
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(&self.text[start..self.offset]);
                    let escaped = self.escape()?;
                    unescaped.get_or_insert_default().push(escaped);
                    start = self.offset;
                }
                Some(byte) if byte < 0x20 => {
                    return Err(self.malformed(format!(
                        "found the control character U+{byte:04X} in a string, expected it as an escape such as `\\n`"
                    )));
                }
                Some(byte) => {
                    self.continuation_bytes += usize::from(byte & 0xC0 == 0x80);
                    self.advance();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        self.advance();
        let escaped = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.advance();
                return self.unicode_escape();
            }
            _ => return Err(self.unexpected("one of `\" \\ / b f n r t u` after the backslash")),
        };
        self.advance();
        Ok(escaped)
    }

    fn unicode_escape(&mut self) -> Result<char, Malformed> {
        let first = self.hex4()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            if self.bytes.get(self.offset..self.offset + 2) != Some(b"\\u") {
                return Err(self.unexpected("the second half of a surrogate pair, `\\uDC00` to `\\uDFFF`"));
            }
            self.offset += 2;
            let second = self.hex4()?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(self.malformed(format!(
                    "found `\\u{second:04x}`, expected the second half of a surrogate pair, `\\uDC00` to `\\uDFFF`"
                )));
            }
            0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| {
            self.malformed(format!("found the lone surrogate `\\u{code:04x}`, expected a surrogate pair"))
        })
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        let digits =
            self.bytes.get(self.offset..self.offset + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else { return Err(self.unexpected("four hexadecimal digits after `\\u`")) };
        let code =
            digits.iter().fold(0, |code, digit| code * 16 + char::from(*digit).to_digit(16).unwrap_or(0));
        self.offset += 4;
        Ok(code)
    }

    fn unexpected(&self, expected: &str) -> Malformed {
        let found = match self.text.get(self.offset..).and_then(|rest| rest.chars().next()) {
            None => "the end of the document".to_owned(),
            Some(character) if character.is_control() => format!("`{}`", character.escape_default()),
            Some(character) => format!("`{character}`"),
        };
        self.malformed(format!("found {found}, expected {expected}"))
    }

    fn malformed(&self, message: String) -> Malformed {
        Malformed { code: "document-malformed", at: self.position(), message, help: None }
    }
}
