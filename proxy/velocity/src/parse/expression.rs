//! Expressions: operators and their precedence.

use super::Parser;
use crate::error::SyntaxError;
use crate::template::{Binary, Expression, Operator};
use crate::value::number::Arithmetic;

/// Operators, from the loosest to the tightest. Within one, a longer token stands before its beginning.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("eq", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("ne", Operator::NotEqual),
    ],
    &[
        ("<=", Operator::AtMost),
        ("le", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("ge", Operator::AtLeast),
        ("<", Operator::Less),
        ("lt", Operator::Less),
        (">", Operator::Greater),
        ("gt", Operator::Greater),
    ],
    &[("+", Operator::Arithmetic(Arithmetic::Add)), ("-", Operator::Arithmetic(Arithmetic::Subtract))],
    &[
        ("*", Operator::Arithmetic(Arithmetic::Multiply)),
        ("/", Operator::Arithmetic(Arithmetic::Divide)),
        ("%", Operator::Arithmetic(Arithmetic::Remainder)),
    ],
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression, SyntaxError> {
        self.nested(|parser| parser.level(0))
    }

    fn level(&mut self, level: usize) -> Result<Expression, SyntaxError> {
        let Some(operators) = LEVELS.get(level) else { return self.operand() };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators)? {
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(match rest.pop() {
            None => first,
            Some((operator, right)) if rest.is_empty() => {
                Expression::Binary(Box::new(Binary { left: first, operator, right }))
            }
            Some(last) => {
                rest.push(last);
                Expression::Chain(Box::new(first), rest.into())
            }
        })
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Result<Option<Operator>, SyntaxError> {
        self.cursor.skip_blanks();
        for (token, operator) in operators {
            let after = self.cursor.ahead(token.len());
            let is_word = token.as_bytes()[0].is_ascii_alphabetic();
            if !self.cursor.rest().starts_with(token) || (is_word && continues_word(after)) {
                continue;
            }
            if *token == "-" && (after.is_ascii_digit() || after == b'.') {
                return Err(self.error("an operator or `)`; a minus that subtracts has a blank behind it"));
            }
            self.cursor.eat(token);
            return Ok(Some(*operator));
        }
        Ok(None)
    }

    fn operand(&mut self) -> Result<Expression, SyntaxError> {
        self.cursor.skip_blanks();
        let negated = match self.cursor.ahead(0) {
            b'!' => self.cursor.eat("!"),
            _ if self.cursor.rest().starts_with("not") && !continues_word(self.cursor.ahead(3)) => {
                self.cursor.eat("not")
            }
            _ => false,
        };
        if negated {
            let operand = self.nested(Self::operand)?;
            return Ok(Expression::Not(Box::new(operand)));
        }
        if self.cursor.eat("(") {
            let inner = self.expression()?;
            self.cursor.skip_blanks();
            if !self.cursor.eat(")") {
                return Err(self.error("an operator or `)`"));
            }
            return Ok(inner);
        }
        self.argument()
    }
}

fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
