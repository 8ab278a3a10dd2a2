//! Parsing of paths.

use super::function::Function;
use super::{JsonPath, MAX_PATH_BYTES, MAX_STEPS, Step};
use crate::expression::excerpt;

/// Why a path was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found} at character {offset}, expected {expected}")]
pub struct JsonPathError {
    /// Byte offset into the path, from 0.
    pub offset: usize,
    /// What stands there.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

pub(super) fn path(text: &str) -> Result<JsonPath, JsonPathError> {
    if text.len() > MAX_PATH_BYTES {
        return Err(JsonPathError {
            offset: MAX_PATH_BYTES,
            found: format!("{} bytes", text.len()),
            expected: format!("at most {MAX_PATH_BYTES} bytes"),
        });
    }
    let mut parser = Parser { text, at: 0, steps: 0 };
    if !parser.eat("$") {
        return Err(parser.error("`$`"));
    }
    let path = parser.steps(0)?;
    if parser.at < text.len() {
        return Err(parser.error("`.`, `[` or the end of the path"));
    }
    Ok(path)
}

/// Reads a path from left to right; the filters in it are read in `parse_filter.rs`.
pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Steps so far, those of filters included.
    steps: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), JsonPathError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("`{token}`"))) }
    }

    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
    }

    pub(super) fn peek_while(&self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(|c| !accept(c)).unwrap_or(rest.len())]
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let taken = self.peek_while(accept);
        self.at += taken.len();
        taken
    }

    pub(super) fn error(&self, expected: &str) -> JsonPathError {
        let rest = self.rest();
        let found =
            if rest.is_empty() { "the end of the path".to_owned() } else { format!("`{}`", excerpt(rest)) };
        JsonPathError { offset: self.at, found, expected: expected.to_owned() }
    }

    /// The steps after `$` or `@`, and a function if one ends them.
    pub(super) fn steps(&mut self, depth: usize) -> Result<JsonPath, JsonPathError> {
        let mut steps = Vec::new();
        let mut function = None;
        while function.is_none() {
            if self.eat("..") {
                steps.push(Step::Descend);
                if self.peek() == Some('[') {
                    steps.push(self.bracket(depth)?);
                } else {
                    function = self.name_or_function(&mut steps)?;
                }
            } else if self.eat(".") {
                if self.peek() == Some('[') {
                    steps.push(self.bracket(depth)?);
                } else {
                    function = self.name_or_function(&mut steps)?;
                }
            } else if self.peek() == Some('[') {
                steps.push(self.bracket(depth)?);
            } else {
                break;
            }
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return Err(self.error(&format!("at most {MAX_STEPS} steps")));
            }
        }
        Ok(JsonPath { steps: steps.into(), function })
    }

    fn name_or_function(&mut self, steps: &mut Vec<Step>) -> Result<Option<Function>, JsonPathError> {
        let start = self.at;
        let name = self.take_while(|c| {
            !matches!(
                c,
                '.' | '[' | '(' | ')' | ']' | ' ' | ',' | '=' | '<' | '>' | '!' | '&' | '|' | '\'' | '"'
            )
        });
        if self.peek() == Some('(') {
            let Some(function) = Function::from_name(name) else {
                self.at = start;
                return Err(self.error("one of the functions length, min, max, sum, avg, stddev, keys"));
            };
            self.expect("(")?;
            self.expect(")")?;
            return Ok(Some(function));
        }
        match name {
            "" => Err(self.error("a member name, `*` or `[`")),
            "*" => {
                steps.push(Step::Any);
                Ok(None)
            }
            name => {
                steps.push(Step::Name(name.to_owned()));
                Ok(None)
            }
        }
    }

    fn bracket(&mut self, depth: usize) -> Result<Step, JsonPathError> {
        self.expect("[")?;
        self.blanks();
        let step = match self.peek() {
            Some('*') => {
                self.expect("*")?;
                Step::Any
            }
            Some('\'' | '"') => self.names()?,
            Some('?') => {
                self.expect("?")?;
                self.blanks();
                self.expect("(")?;
                let filter = self.either(depth + 1)?;
                self.blanks();
                self.expect(")")?;
                Step::Filter(filter)
            }
            Some(c) if c == '-' || c == ':' || c.is_ascii_digit() => self.indices()?,
            _ => return Err(self.error("an index, a quoted name, `*`, a slice or a filter `?(…)`")),
        };
        self.blanks();
        self.expect("]")?;
        Ok(step)
    }

    fn names(&mut self) -> Result<Step, JsonPathError> {
        let mut names = vec![self.quoted()?];
        loop {
            self.blanks();
            if !self.eat(",") {
                break;
            }
            self.blanks();
            names.push(self.quoted()?);
        }
        match <[String; 1]>::try_from(names) {
            Ok([name]) => Ok(Step::Name(name)),
            Err(names) => Ok(Step::Names(names.into())),
        }
    }

    /// A text in single or double quotes; a backslash keeps the next character from ending it.
    pub(super) fn quoted(&mut self) -> Result<String, JsonPathError> {
        let quote = match self.peek() {
            Some(c @ ('\'' | '"')) => c,
            _ => return Err(self.error("a quoted name")),
        };
        let mut name = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => name.extend(chars.next().map(|(_, c)| c)),
                c if c == quote => {
                    self.at += at + 1;
                    return Ok(name);
                }
                c => name.push(c),
            }
        }
        self.at = self.text.len();
        Err(self.error("a closing quote"))
    }

    fn integer(&mut self) -> Result<i64, JsonPathError> {
        let start = self.at;
        self.eat("-");
        self.take_while(|c| c.is_ascii_digit());
        self.text[start..self.at].parse().map_err(|_| {
            self.at = start;
            self.error("an integer")
        })
    }

    fn indices(&mut self) -> Result<Step, JsonPathError> {
        let first = if self.peek() == Some(':') { None } else { Some(self.integer()?) };
        self.blanks();
        if self.eat(":") {
            self.blanks();
            let end = if self.peek() == Some(']') { None } else { Some(self.integer()?) };
            return Ok(Step::Slice(first, end));
        }
        let mut indices: Vec<i64> = first.into_iter().collect();
        while self.eat(",") {
            self.blanks();
            indices.push(self.integer()?);
            self.blanks();
        }
        match <[i64; 1]>::try_from(indices) {
            Ok([index]) => Ok(Step::Index(index)),
            Err(indices) => Ok(Step::Indices(indices.into())),
        }
    }
}
