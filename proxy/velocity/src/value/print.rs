//! How values look: Java's form for what a template built, JSON for lists that came from a body.

use super::number::{write_double, write_integer};
use super::{Heap, Value};
use crate::bytes::{Plain, first_not};
use crate::error::{Fault, Outcome, RenderErrorKind};
use std::fmt::Write;

/// How a JSON text is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonStyle {
    /// As `$input.json` gives it.
    Plain,
    /// As a list prints itself: also `/` is escaped, so that the text can stand in a page.
    Web,
}

impl<'a> Heap<'a> {
    /// Appends the value as a reference prints it. Blocks and objects print nothing here: only the renderer knows
    /// what is in them.
    pub(crate) fn print(&mut self, value: &Value<'a>, out: &mut String) -> Outcome<()> {
        self.print_at(value, out, self.limits.value_depth)?;
        self.append("", out)
    }

    /// The text of a value, by itself.
    pub(crate) fn printed(&mut self, value: &Value<'a>) -> Outcome<String> {
        let mut out = String::new();
        self.print(value, &mut out)?;
        self.spend_on(&out)?;
        Ok(out)
    }

    /// Appends the value as JSON.
    pub(crate) fn print_json(
        &mut self,
        value: &Value<'a>,
        style: JsonStyle,
        out: &mut String,
    ) -> Outcome<()> {
        self.print_json_at(value, style, out, self.limits.value_depth)?;
        self.append("", out)
    }

    fn print_at(&mut self, value: &Value<'a>, out: &mut String, depth: usize) -> Outcome<()> {
        match value {
            Value::Text(text) => self.append(text, out),
            Value::Big(digits) => self.append(digits, out),
            Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Double(_) => {
                print_scalar(value, out);
                Ok(())
            }
            Value::List(id) if self.list(*id).is_json => {
                self.print_json_at(value, JsonStyle::Web, out, depth)
            }
            Value::List(id) => {
                let depth = self.deeper(depth)?;
                out.push('[');
                for at in 0..self.list(*id).items.len() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    let item = self.list(*id).items[at];
                    self.print_member(&item, out, depth)?;
                }
                out.push(']');
                Ok(())
            }
            Value::Map(id) if self.map(*id).is_silent => Ok(()),
            Value::Map(id) => {
                let depth = self.deeper(depth)?;
                out.push('{');
                for at in 0..self.map(*id).len() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    let (key, member) = self.map(*id).entries()[at];
                    self.print_member(&key, out, depth)?;
                    out.push('=');
                    self.print_member(&member, out, depth)?;
                }
                out.push('}');
                Ok(())
            }
            Value::Entry(id) => {
                let depth = self.deeper(depth)?;
                for at in 0..self.list(*id).items.len() {
                    if at > 0 {
                        out.push('=');
                    }
                    let item = self.list(*id).items[at];
                    self.print_member(&item, out, depth)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Java prints a null within a list or map, while a reference to it prints nothing.
    fn print_member(&mut self, value: &Value<'a>, out: &mut String, depth: usize) -> Outcome<()> {
        self.spend(1)?;
        match value {
            Value::Null => self.append("null", out),
            value => self.print_at(value, out, depth),
        }
    }

    fn print_json_at(
        &mut self,
        value: &Value<'a>,
        style: JsonStyle,
        out: &mut String,
        depth: usize,
    ) -> Outcome<()> {
        self.spend(1)?;
        match value {
            Value::Text(text) => {
                out.push('"');
                escape_json(text, style, out);
                out.push('"');
                self.append("", out)
            }
            Value::List(id) | Value::Entry(id) => {
                let depth = self.deeper(depth)?;
                out.push('[');
                for at in 0..self.list(*id).items.len() {
                    if at > 0 {
                        out.push(',');
                    }
                    let item = self.list(*id).items[at];
                    self.print_json_at(&item, style, out, depth)?;
                }
                out.push(']');
                Ok(())
            }
            Value::Map(id) => {
                let depth = self.deeper(depth)?;
                out.push('{');
                for at in 0..self.map(*id).len() {
                    if at > 0 {
                        out.push(',');
                    }
                    let (key, member) = self.map(*id).entries()[at];
                    let printed;
                    let name = match key {
                        Value::Text(name) => name,
                        key => {
                            printed = self.printed(&key)?;
                            &printed
                        }
                    };
                    out.push('"');
                    escape_json(name, style, out);
                    out.push_str("\":");
                    self.print_json_at(&member, style, out, depth)?;
                }
                out.push('}');
                self.append("", out)
            }
            Value::Big(digits) => self.append(digits, out),
            // JSON has no other numbers.
            Value::Double(number) if !number.is_finite() => self.append("null", out),
            Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Double(_) => {
                print_scalar(value, out);
                Ok(())
            }
            _ => self.append("null", out),
        }
    }

    fn deeper(&self, depth: usize) -> Outcome<usize> {
        depth.checked_sub(1).ok_or_else(|| {
            Fault::above(RenderErrorKind::ValueDepth, self.limits.value_depth, "nested lists and maps")
        })
    }

    /// Appends a text unless the output is too long then. What is written without this, a few bytes for each step,
    /// is found out by the next text, which may be empty.
    #[inline]
    pub(crate) fn append(&self, text: &str, out: &mut String) -> Outcome<()> {
        if out.len().saturating_add(text.len()) > self.limits.output_bytes {
            return Err(self.too_much_output());
        }
        out.push_str(text);
        Ok(())
    }

    #[cold]
    fn too_much_output(&self) -> Box<Fault> {
        Fault::above(RenderErrorKind::OutputBytes, self.limits.output_bytes, "bytes of output")
    }
}

fn print_scalar(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => write_integer(i64::from(*number), out),
        Value::Long(number) => write_integer(*number, out),
        Value::Double(number) => write_double(*number, out),
        _ => {}
    }
}

static PLAIN: Plain = plain(JsonStyle::Plain);
static PLAIN_IN_WEB: Plain = plain(JsonStyle::Web);

/// Bytes that stand for themselves in a JSON string.
const fn plain(style: JsonStyle) -> Plain {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        plain[byte] = true;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain[b'/' as usize] = matches!(style, JsonStyle::Plain);
    plain
}

/// Appends the inside of a JSON string. Escapes what json-smart does: quotes, controls, and punctuation from U+2000
/// to U+20FF, of which two end a line in JavaScript.
pub(crate) fn escape_json(text: &str, style: JsonStyle, out: &mut String) {
    let plain = if style == JsonStyle::Plain { &PLAIN } else { &PLAIN_IN_WEB };
    let Some(first) = first_not(text.as_bytes(), plain) else {
        out.push_str(text);
        return;
    };
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if style == JsonStyle::Web => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => {
                _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
