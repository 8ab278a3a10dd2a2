//! Parsing of filters, `[?(…)]`.

use super::MAX_FILTER_DEPTH;
use super::filter::{Comparison, Filter, Literal, Operand};
use super::parse::Parser;
use crate::pattern::Pattern;

/// Largest compiled regular expression of a filter, in bytes.
const REGEX_BYTES: usize = 256 * 1024;

/// Operators. A longer token stands before its beginning.
const COMPARISONS: [(&str, Comparison); 14] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    ("<", Comparison::Less),
    (">=", Comparison::AtLeast),
    (">", Comparison::Greater),
    ("in", Comparison::In),
    ("nin", Comparison::NotIn),
    ("contains", Comparison::Contains),
    ("size", Comparison::Size),
    ("empty", Comparison::Empty),
    ("subsetof", Comparison::SubsetOf),
    ("anyof", Comparison::AnyOf),
    ("noneof", Comparison::NoneOf),
];

impl Parser<'_> {
    /// Alternatives joined with `||`.
    pub(super) fn either(&mut self, depth: usize) -> Result<Filter, String> {
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
    fn both(&mut self, depth: usize) -> Result<Filter, String> {
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

    fn condition(&mut self, depth: usize) -> Result<Filter, String> {
        self.blanks();
        if self.eat("!") {
            self.blanks();
            if depth >= MAX_FILTER_DEPTH {
                return Err(self.error(&format!("at most {MAX_FILTER_DEPTH} nested filters and parentheses")));
            }
            return Ok(Filter::Not(Box::new(self.condition(depth + 1)?)));
        }
        if self.eat("(") {
            let inner = self.either(depth + 1)?;
            self.blanks();
            self.expect(")")?;
            return Ok(inner);
        }
        let left = self.filter_operand(depth)?;
        self.blanks();
        if self.eat("=~") {
            self.blanks();
            return Ok(Filter::Matches(left, Box::new(self.pattern()?)));
        }
        let Some(comparison) = self.comparison() else {
            return match left {
                Operand::Literal(_) => Err(self.error("a comparison such as `==` or `<`")),
                path => Ok(Filter::Exists(path)),
            };
        };
        self.blanks();
        let right = self.filter_operand(depth)?;
        Ok(Filter::Compare(left, comparison, right))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let (token, comparison) = COMPARISONS.iter().find(|(token, _)| {
            let after = self.rest().strip_prefix(token).and_then(|after| after.chars().next());
            let is_word = token.as_bytes()[0].is_ascii_alphabetic();
            self.rest().starts_with(token) && !(is_word && after.is_some_and(char::is_alphanumeric))
        })?;
        self.eat(token);
        Some(*comparison)
    }

    fn filter_operand(&mut self, depth: usize) -> Result<Operand, String> {
        if self.eat("@") {
            return Ok(Operand::Relative(self.path(Vec::new(), depth)?));
        }
        if self.eat("$") {
            return Ok(Operand::Absolute(self.path(Vec::new(), depth)?));
        }
        if !self.eat("[") {
            return self.scalar().map(Operand::Literal);
        }
        let mut items = Vec::new();
        self.blanks();
        while !self.eat("]") {
            items.push(self.scalar()?);
            self.blanks();
            if !self.eat(",") && !self.rest().starts_with(']') {
                return Err(self.error("`,` or `]`"));
            }
            self.blanks();
        }
        Ok(Operand::Literal(Literal::List(items)))
    }

    fn scalar(&mut self) -> Result<Literal, String> {
        if self.rest().starts_with(['\'', '"']) {
            return self.quoted().map(|text| Literal::Text(text.into()));
        }
        let wrong = self.error("`@`, `$`, a quoted text, a number, a list, `true`, `false` or `null`");
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        Ok(match word {
            "null" => Literal::Null,
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            number if number.starts_with(|c: char| c == '-' || c == '.' || c.is_ascii_digit()) => {
                match (number.parse(), number.parse::<f64>()) {
                    (Ok(integer), _) => Literal::Integer(integer),
                    (_, Ok(double)) if double.is_finite() => Literal::Double(double),
                    _ => return Err(wrong),
                }
            }
            _ => return Err(wrong),
        })
    }

    /// `/pattern/flags`.
    fn pattern(&mut self) -> Result<Pattern, String> {
        self.expect("/")?;
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().position(|byte| {
            let ends = byte == b'/' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let Some(end) = end else { return Err(self.error("`/` at the end of the pattern")) };
        let source = self.take(end);
        self.expect("/")?;
        let flags = self.take_while(|c| matches!(c, 'i' | 'm' | 's' | 'x' | 'u' | 'd' | 'U'));
        let flags: String = flags.chars().filter(|c| matches!(c, 'i' | 'm' | 's' | 'x')).collect();
        if flags.is_empty() {
            return Pattern::parse(source, REGEX_BYTES);
        }
        Pattern::parse(&format!("(?{flags}:{source})"), REGEX_BYTES)
    }
}
