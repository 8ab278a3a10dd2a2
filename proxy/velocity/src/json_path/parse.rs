//! Parsing of paths.

use super::function::Function;
use super::{JsonPath, MAX_PATH_BYTES, MAX_STEPS, Step};
use crate::error::shown;

pub(super) fn path(text: &str) -> Result<JsonPath, String> {
    if text.len() > MAX_PATH_BYTES {
        return Err(format!("found a path of {} bytes, expected at most {MAX_PATH_BYTES}", text.len()));
    }
    let text = text.trim_matches(' ');
    let mut parser = Parser { text, at: 0, steps: 0 };
    if text.is_empty() {
        return Err(parser.error("`$`"));
    }
    let mut steps = Vec::new();
    // A path without `$` begins with a name.
    if !parser.eat("$") && !parser.eat("@") && !text.starts_with(['[', '.', '*']) {
        steps.push(parser.name()?);
    }
    let path = parser.path(steps, 0)?;
    if parser.at < text.len() {
        return Err(parser.error("`.`, `[` or the end of the path"));
    }
    Ok(path)
}

/// Reads a path from left to right; the filters in it are read in `parse_filter.rs`.
pub(super) struct Parser<'p> {
    text: &'p str,
    at: usize,
    /// Steps so far, those of filters included.
    steps: usize,
}

impl<'p> Parser<'p> {
    pub(super) fn rest(&self) -> &'p str {
        &self.text[self.at..]
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("`{token}`"))) }
    }

    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
    }

    pub(super) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'p str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !accept(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// The next bytes, which must end at a character.
    pub(super) fn take(&mut self, bytes: usize) -> &'p str {
        let taken = self.rest().get(..bytes).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    pub(super) fn error(&self, expected: &str) -> String {
        let found = self.rest().chars().next().map_or("the end".to_owned(), |c| shown(&c.to_string()));
        format!(
            "found {found} at character {} of the path {}, expected {expected}",
            self.at,
            shown(self.text)
        )
    }

    /// Steps up to what is none, behind those there are.
    pub(super) fn path(&mut self, mut steps: Vec<Step>, depth: usize) -> Result<JsonPath, String> {
        let mut function = None;
        loop {
            if self.eat("..") {
                steps.push(self.counted(Step::Descend)?);
                if !self.rest().starts_with('[') {
                    steps.push(self.name()?);
                }
            } else if self.eat(".") {
                if let Some(found) = self.function() {
                    function = Some(found);
                    break;
                }
                // `.['name']` is `['name']`.
                if !self.rest().starts_with('[') {
                    steps.push(self.name()?);
                }
            } else if self.eat("[") {
                let step = self.bracket(depth)?;
                steps.push(self.counted(step)?);
            } else {
                break;
            }
        }
        Ok(JsonPath { steps: steps.into(), function })
    }

    fn counted(&mut self, step: Step) -> Result<Step, String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(self.error(&format!("at most {MAX_STEPS} steps")));
        }
        Ok(step)
    }

    fn function(&mut self) -> Option<Function> {
        let (name, after) = self.rest().split_once("()")?;
        let function = Function::from_name(name)?;
        self.at = self.text.len() - after.len();
        Some(function)
    }

    fn name(&mut self) -> Result<Step, String> {
        if self.eat("*") {
            return self.counted(Step::Any);
        }
        let ends = |c: char| {
            matches!(c, '.' | '[' | ']' | '(' | ')' | ' ' | '=' | '!' | '<' | '>' | '&' | '|' | ',' | '~')
        };
        let name = self.take_while(|c| !ends(c));
        if name.is_empty() {
            return Err(self.error("a name or `*`"));
        }
        self.counted(Step::Name(name.into()))
    }

    fn bracket(&mut self, depth: usize) -> Result<Step, String> {
        self.blanks();
        let step = if self.eat("*") {
            Step::Any
        } else if self.eat("?") {
            self.blanks();
            self.expect("(")?;
            let filter = self.either(depth + 1)?;
            self.blanks();
            self.expect(")")?;
            Step::Filter(filter)
        } else if self.rest().starts_with(['\'', '"']) {
            self.names()?
        } else {
            self.positions()?
        };
        self.blanks();
        self.expect("]")?;
        Ok(step)
    }

    fn names(&mut self) -> Result<Step, String> {
        let first = self.quoted()?;
        let mut others = Vec::new();
        self.blanks();
        while self.eat(",") {
            self.blanks();
            others.push(self.quoted()?.into());
            self.blanks();
        }
        if others.is_empty() {
            return Ok(Step::Name(first.into()));
        }
        others.insert(0, first.into());
        Ok(Step::Names(others.into()))
    }

    /// A text in quotes of either kind; a backslash takes the next character as it is.
    pub(super) fn quoted(&mut self) -> Result<String, String> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            return Err(self.error("a quote"));
        };
        self.at += 1;
        let mut text = String::new();
        let mut characters = self.rest().char_indices();
        while let Some((at, c)) = characters.next() {
            if c == quote {
                self.at += at + 1;
                return Ok(text);
            }
            match c {
                '\\' => text.extend(characters.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        Err(self.error("a quote at the end of the text"))
    }

    fn positions(&mut self) -> Result<Step, String> {
        let first = self.integer()?;
        self.blanks();
        if self.eat(":") {
            self.blanks();
            let slice = Step::Slice(first, self.integer()?);
            self.blanks();
            // The dialect reads a third number, and does nothing with it.
            if self.eat(":") {
                self.blanks();
                self.integer()?;
            }
            return Ok(slice);
        }
        let Some(first) = first else { return Err(self.error("a name in quotes, a number, `*` or `?`")) };
        let mut all = vec![first];
        while self.eat(",") {
            self.blanks();
            match self.integer()? {
                Some(next) => all.push(next),
                None => return Err(self.error("a number")),
            }
            self.blanks();
        }
        Ok(if all.len() > 1 { Step::Indices(all.into()) } else { Step::Index(first) })
    }

    fn integer(&mut self) -> Result<Option<i64>, String> {
        let start = self.at;
        let digits = self.take_while(|c| c == '-' || c.is_ascii_digit());
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| {
            self.at = start;
            self.error("a whole number")
        })
    }
}
