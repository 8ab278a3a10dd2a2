//! References: `$name`, `${name}`, `$!name`, and what is asked of them.

use super::Parser;
use super::cursor::is_identifier_start;
use crate::error::SyntaxError;
use crate::json_path::JsonPath;
use crate::methods::Method;
use crate::pattern::Pattern;
use crate::template::{Call, Expression, Fixed, Literal, LoopMember, Reference, Step};

/// How many regular expressions of one template are compiled with it; those beyond are compiled when they are used.
const MAX_PATTERNS: usize = 256;

impl Parser<'_> {
    /// The reference at the cursor; `None` when the `$` there begins none and is text.
    pub(super) fn reference(&mut self) -> Result<Option<Reference>, SyntaxError> {
        let place = self.cursor.place(self.cursor.at());
        if !self.cursor.eat("$") {
            return Ok(None);
        }
        self.cursor.eat("!");
        let is_formal = self.cursor.eat("{");
        let name = self.cursor.identifier();
        if name.is_empty() {
            return Ok(None);
        }
        let variable = self.names.slot(name);
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        if is_formal && !self.cursor.eat("}") {
            return Err(self.error("`}` at the end of the reference"));
        }
        let dotted = (variable == Fixed::Context.slot()).then(|| dotted(&steps)).flatten();
        Ok(Some(Reference { place, variable, steps: steps.into(), dotted }))
    }

    fn step(&mut self) -> Result<Option<Step>, SyntaxError> {
        match self.cursor.ahead(0) {
            b'.' if is_identifier_start(self.cursor.ahead(1)) => {
                self.cursor.eat(".");
                let name = self.cursor.identifier();
                if !self.cursor.eat("(") {
                    return Ok(Some(Step::Property(name.into(), LoopMember::from_name(name))));
                }
                let arguments = self.nested(Self::arguments)?;
                let method = Method::from_name(name);
                let literal = self.literal(method, arguments.first());
                let call = Call { method, name: name.into(), arguments: arguments.into(), literal };
                Ok(Some(Step::Call(Box::new(call))))
            }
            b'[' => {
                self.cursor.eat("[");
                let index = self.nested(Self::argument)?;
                self.cursor.skip_blanks();
                if !self.cursor.eat("]") {
                    return Err(self.error("`]` after an index"));
                }
                Ok(Some(Step::Index(index)))
            }
            _ => Ok(None),
        }
    }

    fn literal(&mut self, method: Method, first: Option<&Expression>) -> Literal {
        match first {
            Some(Expression::Text(text)) if method.takes_path() => Literal::Path(JsonPath::parse(text)),
            Some(Expression::Text(text)) if method.takes_pattern() && self.patterns < MAX_PATTERNS => {
                self.patterns += 1;
                Literal::Pattern(Pattern::parse(text, self.limits.regex_bytes))
            }
            _ => Literal::None,
        }
    }
}

/// The names of the leading properties, also those in quotes, joined with dots.
fn dotted(steps: &[Step]) -> Option<(Box<str>, usize)> {
    let names: Vec<&str> = steps
        .iter()
        .map_while(|step| match step {
            Step::Property(name, _) | Step::Index(Expression::Text(name)) => Some(&**name),
            _ => None,
        })
        .collect();
    let is_written = matches!(names.first(), Some(&("requestOverride" | "responseOverride")));
    (!names.is_empty() && !is_written).then(|| (names.join(".").into(), names.len()))
}
