//! Wildcard patterns with `*` and `?`, and policy variables `${…}` in them.

mod segments;
#[cfg(test)]
mod tests;

use crate::ConditionKeys;
use segments::Segment;
use std::borrow::Cow;

/// Whether letter case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Ignored,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(String),
    /// `*`: any characters, `/` and `:` included.
    Any,
    /// `?`: one character.
    One,
    Variable(Variable),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Clone, Debug, PartialEq)]
struct Variable {
    key_lower: String,
    default: Option<String>,
}

/// A compiled pattern or text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Shape);

#[derive(Clone, Debug)]
enum Shape {
    /// `*`.
    Everything,
    /// No wildcard and no variable.
    Exact(Box<str>),
    /// Wildcards only, split at the `*`s: the first segment begins the text, the last ends it.
    Segments(Box<[Segment]>),
    /// With variables, whose values are known per request.
    Open(Box<[Piece]>),
}

/// What a text may contain besides itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    pub(crate) wildcards: bool,
    /// Variables belong to version 2012-10-17.
    pub(crate) variables: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Self {
        Self(shape(pieces(text, syntax)))
    }

    /// Whether the whole text matches; a variable without value matches nothing.
    pub(crate) fn matches(&self, text: &str, case: Case, keys: &dyn ConditionKeys) -> bool {
        match &self.0 {
            Shape::Everything => true,
            Shape::Exact(exact) => equal(exact, text, case),
            Shape::Segments(segments) => segments::matches(segments, text, case),
            Shape::Open(pieces) => match resolve(pieces, keys) {
                Some(resolved) => Self(shape(resolved)).matches(text, case, &()),
                None => false,
            },
        }
    }

    /// The text, with variables replaced, of a pattern that was parsed without wildcards; `None` when a variable has
    /// no value.
    pub(crate) fn text(&self, keys: &dyn ConditionKeys) -> Option<Cow<'_, str>> {
        match &self.0 {
            Shape::Exact(exact) => Some(Cow::Borrowed(exact)),
            Shape::Open(pieces) => match shape(resolve(pieces, keys)?) {
                Shape::Exact(exact) => Some(Cow::Owned(exact.into())),
                _ => None,
            },
            Shape::Everything | Shape::Segments(_) => None,
        }
    }
}

fn equal(left: &str, right: &str, case: Case) -> bool {
    match case {
        Case::Sensitive => left == right,
        Case::Ignored => left.eq_ignore_ascii_case(right),
    }
}

fn pieces(text: &str, syntax: Syntax) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let special = match c {
            '*' if syntax.wildcards => Some((Piece::Any, 1)),
            '?' if syntax.wildcards => Some((Piece::One, 1)),
            '$' if syntax.variables => variable(rest),
            _ => None,
        };
        let Some((piece, length)) = special else {
            literal.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        rest = &rest[length..];
        if let Piece::Literal(text) = piece {
            literal.push_str(&text);
            continue;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(piece);
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// The variable at the start of a text, and its length. `${*}`, `${?}` and `${$}` stand for those characters.
fn variable(text: &str) -> Option<(Piece, usize)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let content = inner[..end].trim();
    let piece = match content {
        "*" | "?" | "$" => Piece::Literal(content.to_owned()),
        _ => {
            let (key, default) = match content.split_once(',') {
                None => (content, None),
                Some((key, default)) => {
                    (key.trim(), default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\'')))
                }
            };
            Piece::Variable(Variable {
                key_lower: key.to_ascii_lowercase(),
                default: default.map(str::to_owned),
            })
        }
    };
    Some((piece, "${".len() + end + 1))
}

fn resolve(pieces: &[Piece], keys: &dyn ConditionKeys) -> Option<Vec<Piece>> {
    let mut resolved: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let text = match piece {
            Piece::Variable(variable) => variable.value(keys)?,
            Piece::Literal(text) => text.clone(),
            other => {
                resolved.push(other.clone());
                continue;
            }
        };
        match resolved.last_mut() {
            Some(Piece::Literal(before)) => before.push_str(&text),
            _ => resolved.push(Piece::Literal(text)),
        }
    }
    Some(resolved)
}

impl Variable {
    /// The one value of the key; a key with several values cannot stand in a text.
    fn value(&self, keys: &dyn ConditionKeys) -> Option<String> {
        let mut values = Vec::new();
        keys.get(&self.key_lower, &mut |value| values.push(value.to_owned()));
        match values.len() {
            0 => self.default.clone(),
            1 => values.pop(),
            _ => None,
        }
    }
}

fn shape(pieces: Vec<Piece>) -> Shape {
    if pieces.iter().any(|piece| matches!(piece, Piece::Variable(_))) {
        return Shape::Open(pieces.into());
    }
    if pieces.iter().all(|piece| *piece == Piece::Any) && !pieces.is_empty() {
        return Shape::Everything;
    }
    if let [Piece::Literal(text)] = pieces.as_slice() {
        return Shape::Exact(text.as_str().into());
    }
    let mut segments = vec![Vec::new()];
    for piece in pieces {
        match piece {
            Piece::Any => segments.push(Vec::new()),
            Piece::One => push(&mut segments, None),
            Piece::Literal(text) => text.chars().for_each(|c| push(&mut segments, Some(c))),
            Piece::Variable(_) => {}
        }
    }
    Shape::Segments(segments.into_iter().map(Vec::into_boxed_slice).collect())
}

fn push(segments: &mut [Vec<Option<char>>], c: Option<char>) {
    if let Some(last) = segments.last_mut() {
        last.push(c);
    }
}
