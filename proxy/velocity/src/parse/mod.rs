//! Parsing: text into a [`Template`].
//!
//! Where the recordings of API Gateway are silent, the grammar is that of Velocity 1.7, down to which blanks and line
//! ends a directive takes with it.

mod argument;
mod cursor;
mod directive;
mod expression;
mod reference;
mod text;

use crate::error::{Place, SyntaxError};
use crate::limits::ParseLimits;
use crate::template::{Fixed, Node, Template};
use cursor::Cursor;
use std::collections::BTreeMap;

pub(crate) fn template(source: &str, limits: &ParseLimits) -> Result<Template, SyntaxError> {
    if source.len() > limits.template_bytes {
        return Err(SyntaxError {
            place: Place { line: 1, column: 1 },
            found: format!("{} bytes", source.len()),
            expected: format!("at most {} bytes", limits.template_bytes),
        });
    }
    let mut names = Names::default();
    for name in Fixed::NAMES {
        names.slot(name);
    }
    let mut parser =
        Parser { cursor: Cursor::new(source), names, limits, depth: 0, loops: 0, patterns: 0, quoted: false };
    let body = parser.whole()?;
    Ok(Template { body: body.into(), variables: parser.names.0.len() })
}

/// Variables by name, numbered in the order they appear.
#[derive(Default)]
struct Names(BTreeMap<Box<str>, usize>);

impl Names {
    fn slot(&mut self, name: &str) -> usize {
        if let Some(&slot) = self.0.get(name) {
            return slot;
        }
        let slot = self.0.len();
        self.0.insert(name.into(), slot);
        slot
    }
}

struct Parser<'s> {
    cursor: Cursor<'s>,
    names: Names,
    limits: &'s ParseLimits,
    depth: usize,
    /// How many `#foreach` are open.
    loops: usize,
    /// How many regular expressions were compiled.
    patterns: usize,
    /// Within a text in double quotes, where a `$` may be the last character.
    quoted: bool,
}

impl Parser<'_> {
    /// A template from its start to its end.
    fn whole(&mut self) -> Result<Vec<Node>, SyntaxError> {
        let (nodes, end) = self.block()?;
        match end {
            None => Ok(nodes),
            Some(end) => Err(SyntaxError {
                place: end.place,
                found: format!("`#{}`", end.word),
                expected: "it only after an open `#if`, `#foreach` or `#define`".to_owned(),
            }),
        }
    }

    fn error(&mut self, expected: impl Into<String>) -> SyntaxError {
        let at = self.cursor.at();
        self.error_at(at, expected)
    }

    #[cold]
    fn error_at(&mut self, offset: usize, expected: impl Into<String>) -> SyntaxError {
        let place = self.cursor.place(offset);
        SyntaxError { place, found: self.cursor.found(offset), expected: expected.into() }
    }

    /// Runs a part that is one level deeper.
    fn nested<T>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth >= self.limits.nesting {
            let expected = format!("at most {} levels of nesting", self.limits.nesting);
            return Err(self.error(expected));
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }
}
