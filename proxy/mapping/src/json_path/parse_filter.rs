//! Parsing of filters, `[?(…)]`.

use super::MAX_FILTER_DEPTH;
use super::filter::{Comparison, Filter, Operand};
use super::parse::{JsonPathError, Parser};
use serde_json::Value;

impl Parser<'_> {
    /// Alternatives joined with `||`.
    pub(super) fn either(&mut self, depth: usize) -> Result<Filter, JsonPathError> {
        if depth > MAX_FILTER_DEPTH {
            return Err(self.error(&format!("at most {MAX_FILTER_DEPTH} nested filters and parentheses")));
        }
        let mut alternatives = vec![self.both(depth)?];
        while self.operator("||") {
            alternatives.push(self.both(depth)?);
        }
        Ok(if alternatives.len() > 1 { Filter::Any(alternatives) } else { alternatives.remove(0) })
    }

    /// Conditions joined with `&&`.
    fn both(&mut self, depth: usize) -> Result<Filter, JsonPathError> {
        let mut conditions = vec![self.condition(depth)?];
        while self.operator("&&") {
            conditions.push(self.condition(depth)?);
        }
        Ok(if conditions.len() > 1 { Filter::All(conditions) } else { conditions.remove(0) })
    }

    fn operator(&mut self, token: &str) -> bool {
        self.blanks();
        self.eat(token)
    }

    fn condition(&mut self, depth: usize) -> Result<Filter, JsonPathError> {
        self.blanks();
        if self.rest().starts_with('!') {
            if depth > MAX_FILTER_DEPTH {
                return Err(self.error(&format!("at most {MAX_FILTER_DEPTH} nested filters and parentheses")));
            }
            self.expect("!")?;
            return Ok(Filter::Not(Box::new(self.condition(depth + 1)?)));
        }
        if self.eat("(") {
            let inner = self.either(depth + 1)?;
            self.blanks();
            self.expect(")")?;
            return Ok(inner);
        }
        let left = self.operand(depth)?;
        self.blanks();
        let comparison = match () {
            () if self.eat("==") => Comparison::Equal,
            () if self.eat("!=") => Comparison::NotEqual,
            () if self.eat("<=") => Comparison::AtMost,
            () if self.eat(">=") => Comparison::AtLeast,
            () if self.eat("<") => Comparison::Less,
            () if self.eat(">") => Comparison::Greater,
            () if self.eat("in ") => Comparison::In,
            () if self.eat("nin ") => Comparison::NotIn,
            () => {
                return match left {
                    Operand::Path(path) => Ok(Filter::Exists(path)),
                    Operand::Literal(_) => Err(self.error("a comparison such as `==` or `<`")),
                };
            }
        };
        self.blanks();
        let right = self.operand(depth)?;
        Ok(Filter::Compare(left, comparison, right))
    }

    fn operand(&mut self, depth: usize) -> Result<Operand, JsonPathError> {
        if self.eat("@") {
            return Ok(Operand::Path(self.steps(depth)?));
        }
        Ok(Operand::Literal(match self.peek() {
            Some('\'' | '"') => Value::String(self.quoted()?),
            Some('[') => self.list()?,
            _ => self.scalar()?,
        }))
    }

    /// A list literal of scalars, the right side of `in`.
    fn list(&mut self) -> Result<Value, JsonPathError> {
        self.expect("[")?;
        let mut items = Vec::new();
        self.blanks();
        while !self.eat("]") {
            items.push(match self.peek() {
                Some('\'' | '"') => Value::String(self.quoted()?),
                _ => self.scalar()?,
            });
            self.blanks();
            if !self.eat(",") && !self.rest().starts_with(']') {
                return Err(self.error("`,` or `]`"));
            }
            self.blanks();
        }
        Ok(Value::Array(items))
    }

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self) -> Result<Value, JsonPathError> {
        let word = self.peek_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        match serde_json::from_str(word) {
            Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => {
                self.eat(word);
                Ok(value)
            }
            _ => Err(self.error("`@`, a quoted text, a number, `true`, `false` or `null`")),
        }
    }
}
