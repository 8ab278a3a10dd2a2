//! Operands: texts, numbers, lists, maps, ranges and references. Also arguments of methods, in which Velocity allows
//! no operators.

use super::Parser;
use super::cursor::Cursor;
use crate::error::{Place, SyntaxError};
use crate::template::{Expression, Node};
use crate::value::Value;
use std::borrow::Cow;

impl Parser<'_> {
    pub(super) fn argument(&mut self) -> Result<Expression, SyntaxError> {
        self.cursor.skip_blanks();
        let start = self.cursor.at();
        match self.cursor.ahead(0) {
            b'$' => match self.reference()? {
                Some(reference) if reference.steps.is_empty() => Ok(Expression::Variable(reference.variable)),
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err(self.error_at(start, "a name after `$`")),
            },
            b'"' => self.double_quoted(),
            b'\'' => Ok(Expression::Text(self.quoted('\'')?.into())),
            b'[' => self.nested(Self::list_or_range),
            b'{' => self.nested(Self::map),
            b'0'..=b'9' | b'-' | b'.' => self.number(),
            _ => match self.cursor.identifier() {
                "true" => Ok(Expression::Bool(true)),
                "false" => Ok(Expression::Bool(false)),
                "null" => Ok(Expression::Null),
                _ => {
                    let expected = "a reference, text, number, list, map, `true`, `false` or `null`";
                    Err(self.error_at(start, expected))
                }
            },
        }
    }

    /// Arguments up to the closing parenthesis, whose opening one was taken.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expression>, SyntaxError> {
        self.separated(")", Self::argument)
    }

    fn list_or_range(&mut self) -> Result<Expression, SyntaxError> {
        self.cursor.eat("[");
        self.cursor.skip_blanks();
        let start = self.cursor.at();
        if let Some(first) = self.bound() {
            self.cursor.skip_blanks();
            if self.cursor.eat("..") {
                self.cursor.skip_blanks();
                let Some(last) = self.bound() else { return Err(self.error("a whole number")) };
                self.cursor.skip_blanks();
                if !self.cursor.eat("]") {
                    return Err(self.error("`]`"));
                }
                return Ok(Expression::Range(first, last));
            }
        }
        self.cursor.go_to(start);
        Ok(Expression::List(self.separated("]", Self::argument)?.into()))
    }

    /// A bound of a range.
    fn bound(&mut self) -> Option<i32> {
        let start = self.cursor.at();
        self.cursor.eat("-");
        self.cursor.take_while(|byte| byte.is_ascii_digit());
        self.cursor.since(start).parse().ok()
    }

    fn map(&mut self) -> Result<Expression, SyntaxError> {
        self.cursor.eat("{");
        let entries = self.separated("}", |parser| {
            let key = parser.argument()?;
            parser.cursor.skip_blanks();
            if !parser.cursor.eat(":") {
                return Err(parser.error("`:` after a key"));
            }
            Ok((key, parser.argument()?))
        })?;
        Ok(Expression::Map(entries.into()))
    }

    fn separated<T>(
        &mut self,
        end: &str,
        part: impl Fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let mut parts = Vec::new();
        self.cursor.skip_blanks();
        if self.cursor.eat(end) {
            return Ok(parts);
        }
        loop {
            parts.push(part(self)?);
            self.cursor.skip_blanks();
            if self.cursor.eat(end) {
                return Ok(parts);
            }
            if !self.cursor.eat(",") {
                return Err(self.error(format!("`,` or `{end}`")));
            }
        }
    }

    fn number(&mut self) -> Result<Expression, SyntaxError> {
        let start = self.cursor.at();
        let is_digit = |byte: u8| byte.is_ascii_digit();
        self.cursor.eat("-");
        let whole = self.cursor.take_while(is_digit).len();
        let mut fraction = 0;
        let mut is_double = false;
        // `1..5` is a range.
        if self.cursor.ahead(0) == b'.' && self.cursor.ahead(1) != b'.' {
            self.cursor.eat(".");
            fraction = self.cursor.take_while(is_digit).len();
            is_double = true;
        }
        let signed = usize::from(matches!(self.cursor.ahead(1), b'-' | b'+'));
        if matches!(self.cursor.ahead(0), b'e' | b'E') && self.cursor.ahead(1 + signed).is_ascii_digit() {
            self.cursor.go_to(self.cursor.at() + 1 + signed);
            self.cursor.take_while(is_digit);
            is_double = true;
        }
        let digits = self.cursor.since(start);
        if whole + fraction == 0 {
            return Err(self.error_at(start, "a number"));
        }
        if is_double {
            return match digits.parse() {
                Ok(number) => Ok(Expression::Double(number)),
                Err(_) => Err(self.error_at(start, "a number")),
            };
        }
        Ok(match Value::from_digits(digits) {
            Value::Int(number) => Expression::Int(number),
            Value::Long(number) => Expression::Long(number),
            _ => Expression::Big(digits.into()),
        })
    }

    /// A text in double quotes, which is a template of its own.
    fn double_quoted(&mut self) -> Result<Expression, SyntaxError> {
        let place = self.cursor.place(self.cursor.at());
        let text = self.quoted('"')?;
        let text = unescape(&text);
        if !text.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        let mut nodes = self.nested(|parser| parser.inner_template(&text, place))?;
        Ok(match (nodes.pop(), nodes.is_empty()) {
            (None, _) => Expression::Text(Box::default()),
            (Some(Node::Text(text)), true) => Expression::Text(text),
            (Some(last), _) => {
                nodes.push(last);
                Expression::Interpolated(nodes.into())
            }
        })
    }

    fn inner_template(&mut self, text: &str, place: Place) -> Result<Vec<Node>, SyntaxError> {
        let mut inner = Parser {
            cursor: Cursor::within(text, place),
            names: std::mem::take(&mut self.names),
            limits: self.limits,
            depth: self.depth,
            loops: self.loops,
            patterns: self.patterns,
            quoted: true,
        };
        let nodes = inner.whole();
        self.patterns = inner.patterns;
        self.names = inner.names;
        nodes
    }

    /// The inside of quotes. A quote is doubled to be part of the text; a backslash means nothing.
    fn quoted(&mut self, quote: char) -> Result<String, SyntaxError> {
        let start = self.cursor.at();
        let mut text = String::new();
        let mut rest = &self.cursor.rest()[1..];
        loop {
            let Some(end) = rest.find(quote) else {
                let expected = format!("`{quote}` at the end of the text");
                return Err(self.error_at(start, expected));
            };
            text.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix(quote) {
                Some(after) => {
                    text.push(quote);
                    rest = after;
                }
                None => break,
            }
        }
        self.cursor.go_to(self.cursor.at() + self.cursor.rest().len() - rest.len());
        Ok(text)
    }
}

/// Java's `\u0041`, which Velocity 1.7 reads in double quotes, and no other escape.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("\\u");
    let mut units: Vec<u16> = parts.next().unwrap_or_default().encode_utf16().collect();
    for part in parts {
        // Not a sign, which numbers may have.
        let digits = part.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            Some(unit) => {
                units.push(unit);
                units.extend(part[4..].encode_utf16());
            }
            None => units.extend("\\u".encode_utf16().chain(part.encode_utf16())),
        }
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}
