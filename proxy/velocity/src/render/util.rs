//! `$util`.

use super::Renderer;
use crate::bytes::{Plain, first_not};
use crate::error::{Fault, Outcome, RenderErrorKind, shown};
use crate::methods::Method;
use crate::value::Value;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt::Write;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl<'a> Renderer<'a> {
    pub(super) fn util(&mut self, method: Method, argument: &Value<'a>) -> Outcome<Value<'a>> {
        let text = match (method, argument) {
            // Unlike everywhere else, null is not the empty text here.
            (Method::EscapeJavaScript, Value::Null) => "null",
            _ => self.text_of(argument)?,
        };
        self.heap.spend_on(text)?;
        let made = match method {
            Method::EscapeJavaScript => match escape_java_script(text) {
                Some(escaped) => self.heap.made(escaped),
                None => return Ok(Value::Text(text)),
            },
            // As json-smart reads it.
            Method::ParseJson if text.trim().is_empty() => return Ok(Value::Null),
            Method::ParseJson => match crate::json::parse(text, &mut self.heap)? {
                Some(value) => return Ok(value),
                None => {
                    let found = shown(text);
                    Err(Fault::new(RenderErrorKind::Json, format!("found {found}, expected a JSON text")))
                }
            },
            Method::UrlEncode => self.heap.made(url_encode(text)),
            Method::UrlDecode => match url_decode(text) {
                Some(decoded) => self.heap.made(decoded),
                None => {
                    let found = shown(text);
                    let expected = "two hexadecimal digits after each `%`";
                    Err(Fault::new(RenderErrorKind::Argument, format!("found {found}, expected {expected}")))
                }
            },
            Method::Base64Encode => self.heap.made(BASE64.encode(text)),
            Method::Base64Decode => match BASE64.decode(text) {
                Ok(bytes) => self.heap.made(String::from_utf8_lossy(&bytes).into_owned()),
                Err(_) => {
                    let found = shown(text);
                    Err(Fault::new(RenderErrorKind::Argument, format!("found {found}, expected Base64")))
                }
            },
            _ => return Ok(Value::Null),
        };
        made.map(Value::Text)
    }
}

/// Bytes that stand for themselves in a text of JavaScript.
static PLAIN: Plain = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        plain[byte] = true;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\'' as usize] = false;
    plain[b'\\' as usize] = false;
    plain[b'/' as usize] = false;
    plain
};

/// Apache Commons' `escapeJavaScript`; `None` when there is nothing to escape.
fn escape_java_script(text: &str) -> Option<String> {
    let first = first_not(text.as_bytes(), &PLAIN)?;
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 8);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '"' | '\'' | '\\' | '/' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='\u{7f}' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    Some(out)
}

/// Java's `URLEncoder`: a form's encoding, with `+` for a blank.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

/// Java's `URLDecoder`; `None` where it throws an exception.
fn url_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}
