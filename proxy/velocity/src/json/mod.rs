//! JSON of bodies and of `$util.parseJson`.
//!
//! As with json-smart, controls may stand in texts as they are, and a comma may stand before a closing bracket; its
//! other liberties (names without quotes, and texts without them) are not taken.
//! Numbers become what json-smart makes of them, which is what API Gateway prints: `10.00` is the double `10.0`, a
//! number of more than 18 characters keeps all its digits. Texts without escapes are borrowed.

use crate::bytes::first_of;
use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::value::{Heap, Map, Value};

/// From how many characters on a number with a fraction is a `BigDecimal` to json-smart.
const EXACT_FROM: usize = 19;

/// The value a text spells; `None` when it is no JSON.
pub(crate) fn parse<'a>(text: &'a str, heap: &mut Heap<'a>) -> Outcome<Option<Value<'a>>> {
    heap.spend_on(text)?;
    let depth = heap.limits.value_depth;
    let mut parser =
        Parser { text, bytes: text.as_bytes(), at: 0, heap, values: Vec::with_capacity(16), fault: None };
    let is_value = parser.value(depth).is_some();
    parser.blanks();
    let is_json = is_value && parser.at == text.len();
    match parser.fault {
        Some(fault) => Err(fault),
        None => Ok(parser.values.pop().filter(|_| is_json)),
    }
}

struct Parser<'h, 'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    heap: &'h mut Heap<'a>,
    /// Values that were read and are in nothing yet: elements of the arrays that are open, and names and values of the
    /// objects that are. Lists and maps are made when their length is known.
    values: Vec<Value<'a>>,
    /// Why reading has ended before it was known whether the text is JSON.
    fault: Option<Box<Fault>>,
}

/// Reading goes on with `Some` only.
impl<'a> Parser<'_, 'a> {
    /// Reads a value and puts it behind `values`.
    fn value(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        let value = match self.peek() {
            b'"' => return self.text(),
            b'{' => return self.object(depth),
            b'[' => return self.array(depth),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        };
        self.values.push(value?);
        Some(())
    }

    /// What reading may cost.
    fn within<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }

    fn deeper(&mut self, depth: usize) -> Option<usize> {
        if depth == 0 {
            let limit = self.heap.limits.value_depth;
            self.fault = Some(Fault::above(RenderErrorKind::ValueDepth, limit, "levels of JSON"));
        }
        depth.checked_sub(1)
    }

    fn count(&mut self, steps: usize) -> Option<()> {
        let counted = self.heap.grow(1).and_then(|()| self.heap.spend(steps));
        self.within(counted)
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        let depth = self.deeper(depth)?;
        self.count(0)?;
        let start = self.values.len();
        self.at += 1;
        self.blanks();
        while !self.eat(b'}') {
            if self.peek() != b'"' {
                return None;
            }
            self.text()?;
            self.blanks();
            if !self.eat(b':') {
                return None;
            }
            self.value(depth)?;
            self.count(1)?;
            self.comma(b'}')?;
        }
        let (members, _) = self.values[start..].as_chunks();
        let map = self.heap.counted_map(Map::of_members(members));
        self.values.truncate(start);
        self.values.push(Value::Map(map));
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let depth = self.deeper(depth)?;
        self.count(0)?;
        let start = self.values.len();
        self.at += 1;
        self.blanks();
        while !self.eat(b']') {
            self.value(depth)?;
            self.count(0)?;
            self.comma(b']')?;
        }
        let list = self.heap.counted_list(self.values[start..].to_vec(), true);
        self.values.truncate(start);
        self.values.push(Value::List(list));
        Some(())
    }

    /// What stands between two elements, or before the end.
    fn comma(&mut self, end: u8) -> Option<()> {
        self.blanks();
        if !self.eat(b',') && self.peek() != end {
            return None;
        }
        self.blanks();
        Some(())
    }

    /// Reads a text, from its quote on.
    fn text(&mut self) -> Option<()> {
        self.at += 1;
        let start = self.at;
        self.plain();
        let text = if self.peek() == b'"' { &self.text[start..self.at] } else { self.escaped(start)? };
        self.at += 1;
        self.values.push(Value::Text(text));
        Some(())
    }

    /// Goes to the end of what stands for itself.
    fn plain(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += first_of(rest, b'"', b'\\').unwrap_or(rest.len());
    }

    /// A text with a backslash, at which the parser is.
    fn escaped(&mut self, start: usize) -> Option<&'a str> {
        let mut text = self.text[start..self.at].to_owned();
        while self.peek() != b'"' {
            if self.eat(b'\\') {
                self.escape(&mut text)?;
            } else if self.at == self.bytes.len() {
                return None;
            } else {
                let start = self.at;
                self.plain();
                text.push_str(&self.text[start..self.at]);
            }
        }
        let made = self.heap.made(text);
        self.within(made)
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let kind = self.peek();
        self.at += 1;
        text.push(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let low = if matches!(unit, 0xd800..0xdc00) && self.text[self.at..].starts_with("\\u") {
                    let before = self.at;
                    self.at += 2;
                    let low = self.unit()?;
                    if !matches!(low, 0xdc00..0xe000) {
                        self.at = before;
                    }
                    low
                } else {
                    0
                };
                // Half of a pair alone is no character.
                char::decode_utf16([unit, low]).next().and_then(Result::ok).unwrap_or('\u{fffd}')
            }
            _ => return None,
        });
        Some(())
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        self.eat(b'-');
        let whole = self.digits()?;
        if whole > 1 && self.bytes[self.at - whole] == b'0' {
            return None;
        }
        let mut is_double = false;
        let mut is_power = false;
        if self.eat(b'.') {
            self.digits()?;
            is_double = true;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
            (is_double, is_power) = (true, true);
        }
        let digits = &self.text[start..self.at];
        if is_double && (is_power || digits.len() < EXACT_FROM) {
            return digits.parse().ok().map(Value::Double);
        }
        if !is_double && let Ok(number) = digits.parse::<i64>() {
            return Some(i32::try_from(number).map_or(Value::Long(number), Value::Int));
        }
        Some(Value::Big(digits))
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        (self.at > start).then(|| self.at - start)
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// The byte at hand; 0 past the end, which nothing begins with.
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }
}
