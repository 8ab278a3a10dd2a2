//! YAML text to a document.
//!
//! Scalars follow the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are strings.
//! Source: <https://yaml.org/spec/1.2.2/#103-core-schema>. Merge keys of YAML 1.1 are honoured
//! because real documents use them.

use super::ImportLimits;
use super::build::{Builder, Built};
use super::document::{Malformed, Position, Value};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// Short-form intrinsic functions of CloudFormation whose long form begins with `Fn::`.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
const FUNCTIONS: [&str; 17] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAtt",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "Transform",
];

/// Tags that mean nothing to an import, with their places.
pub(super) type UnknownTags = Vec<(String, Position)>;

/// Reads the one document of a YAML text.
pub(super) fn parse<'a>(
    text: &'a str,
    limits: &'a ImportLimits,
) -> Result<(Builder<'a>, UnknownTags), Malformed> {
    let mut reader = Reader {
        builder: Builder::new(limits),
        anchors: HashMap::new(),
        open: Vec::new(),
        documents: 0,
        unknown_tags: Vec::new(),
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| malformed(text, &error))?;
        if matches!(event, Event::StreamEnd) {
            break;
        }
        reader.event(event, position(&span.start))?;
    }
    Ok((reader.builder, reader.unknown_tags))
}

/// What to do to a node once it is complete.
struct Pending {
    anchor: usize,
    function: Option<String>,
}

struct Reader<'a> {
    builder: Builder<'a>,
    anchors: HashMap<usize, Built>,
    open: Vec<Pending>,
    documents: usize,
    unknown_tags: UnknownTags,
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: Event<'a>, at: Position) -> Result<(), Malformed> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(error(at, "found a second YAML document, expected one".to_owned()));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if self.builder.expects_key() {
                    let is_merge = plain && text == "<<";
                    if anchor > 0 {
                        let key = self.builder.scalar(Value::String(text.clone()), at)?;
                        self.anchors.insert(anchor, key);
                    }
                    self.builder.key(text, at, is_merge);
                    return Ok(());
                }
                let function = self.function(tag.as_deref(), at);
                let value = scalar(text, plain, tag.as_deref(), function.is_some());
                let built = self.builder.scalar(value, at)?;
                self.complete(built, at, Pending { anchor, function })?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_as_key("a list", at)?;
                let function = self.function(tag.as_deref(), at);
                self.open.push(Pending { anchor, function });
                self.builder.begin_sequence(at)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_as_key("a mapping", at)?;
                let function = self.function(tag.as_deref(), at);
                self.open.push(Pending { anchor, function });
                self.builder.begin_mapping(at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let (Some((built, at)), Some(pending)) = (self.builder.end()?, self.open.pop()) {
                    self.complete(built, at, pending)?;
                }
            }
            Event::Alias(anchor) => {
                self.refuse_as_key("an alias", at)?;
                let Some(target) = self.anchors.get(&anchor).copied() else {
                    return Err(error(at, "found an alias inside the node it refers to".to_owned()));
                };
                self.builder.alias(target, at)?;
                self.builder.place(target);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn complete(&mut self, built: Built, at: Position, pending: Pending) -> Result<(), Malformed> {
        let built = match pending.function {
            Some(name) => self.builder.wrap(name, built, at)?,
            None => built,
        };
        if pending.anchor > 0 {
            self.anchors.insert(pending.anchor, built);
        }
        self.builder.place(built);
        Ok(())
    }

    fn refuse_as_key(&self, found: &str, at: Position) -> Result<(), Malformed> {
        if self.builder.expects_key() {
            return Err(error(at, format!("found {found} as a key, expected a string")));
        }
        Ok(())
    }

    /// The long name of the intrinsic function that the tag stands for.
    fn function(&mut self, tag: Option<&Tag>, at: Position) -> Option<String> {
        let tag = tag?;
        if tag.handle != "!" || tag.suffix.is_empty() {
            return None;
        }
        match tag.suffix.as_str() {
            "Ref" | "Condition" => Some(tag.suffix.clone()),
            name if FUNCTIONS.contains(&name) => Some(format!("Fn::{name}")),
            _ => {
                self.unknown_tags.push((format!("!{}", tag.suffix), at));
                None
            }
        }
    }
}

fn scalar<'a>(text: Cow<'a, str>, plain: bool, tag: Option<&Tag>, in_function: bool) -> Value<'a> {
    let forced_string = tag.is_some_and(|t| {
        (t.is_yaml_core_schema() && t.suffix == "str") || (t.handle.is_empty() && t.suffix == "!")
    });
    if !plain || forced_string || in_function {
        return Value::String(text);
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        other => match number(other) {
            Some(Decimal::AsWritten) => Value::Number(text),
            Some(Decimal::Converted(decimal)) => Value::Number(Cow::Owned(decimal)),
            None => Value::String(text),
        },
    }
}

enum Decimal {
    AsWritten,
    Converted(String),
}

/// Whether the core schema calls this a number; `.inf` and `.nan` have no JSON form and stay text.
fn number(text: &str) -> Option<Decimal> {
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok();
    if let Some(digits) = text.strip_prefix("0x").filter(|d| !d.starts_with('+')) {
        return radix(digits, 16).map(|n| Decimal::Converted(n.to_string()));
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|d| !d.starts_with('+')) {
        return radix(digits, 8).map(|n| Decimal::Converted(n.to_string()));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(split) => (&unsigned[..split], Some(&unsigned[split + 1..])),
        None => (unsigned, None),
    };
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let exponent_valid = exponent.is_none_or(|e| all_digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    let mantissa_valid = match mantissa.split_once('.') {
        None => all_digits(mantissa),
        Some((whole, fraction)) => {
            (all_digits(whole) && (fraction.is_empty() || all_digits(fraction)))
                || (whole.is_empty() && all_digits(fraction))
        }
    };
    (mantissa_valid && exponent_valid).then_some(Decimal::AsWritten)
}

fn position(marker: &Marker) -> Position {
    Position {
        line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
        column: u32::try_from(marker.col() + 1).unwrap_or(u32::MAX),
    }
}

fn error(at: Position, message: String) -> Malformed {
    Malformed { code: "document-malformed", at, message, help: None }
}

/// The parser's complaint, with what stands at that place.
fn malformed(text: &str, scan: &ScanError) -> Malformed {
    const EXCERPT_CHARS: usize = 30;
    let at = position(scan.marker());
    let line = text.lines().nth(scan.marker().line().saturating_sub(1)).unwrap_or("");
    let excerpt: String = line.chars().skip(scan.marker().col()).take(EXCERPT_CHARS).collect();
    let found = match excerpt.trim() {
        "" if scan.marker().line() > text.lines().count() => "the end of the document".to_owned(),
        "" => "the end of the line".to_owned(),
        excerpt => format!("`{excerpt}`"),
    };
    error(at, format!("found {found}, which is not well-formed YAML here: {}", scan.info()))
}
