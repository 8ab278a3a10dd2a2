//! JSON of bodies and of `$util.parseJson`.
//!
//! As with json-smart, controls may stand in texts as they are, and a comma may stand before a closing bracket; its
//! other liberties (names without quotes, and texts without them) are not taken.
//! Numbers become what json-smart makes of them, which is what API Gateway prints: `10.00` is the double `10.0`, a
//! number of more than 18 characters keeps all its digits. Texts without escapes are borrowed.

use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::value::{Heap, Text, Value};

/// From how many characters on a number with a fraction is a `BigDecimal` to json-smart.
const EXACT_FROM: usize = 19;

/// The value a text spells; `None` when it is no JSON.
pub(crate) fn parse<'a>(text: &Text<'a>, heap: &mut Heap<'a>) -> Outcome<Option<Value<'a>>> {
    heap.spend_on(text)?;
    match text {
        Text::Borrowed(text) => whole(text, heap, &Text::Borrowed),
        Text::Shared(text) => whole(text, heap, &|part| Text::Shared(part.into())),
    }
}

fn whole<'s, 'a>(
    text: &'s str,
    heap: &mut Heap<'a>,
    own: &dyn Fn(&'s str) -> Text<'a>,
) -> Outcome<Option<Value<'a>>> {
    let depth = heap.limits.value_depth;
    let mut parser = Parser { text, at: 0, heap, own };
    let value = parser.value(depth)?;
    parser.blanks();
    Ok(value.filter(|_| parser.at == text.len()))
}

struct Parser<'s, 'h, 'a> {
    text: &'s str,
    at: usize,
    heap: &'h mut Heap<'a>,
    own: &'h dyn Fn(&'s str) -> Text<'a>,
}

/// Leaves the function when the text is no JSON.
macro_rules! expect {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

impl<'s, 'a> Parser<'s, '_, 'a> {
    fn value(&mut self, depth: usize) -> Outcome<Option<Value<'a>>> {
        self.blanks();
        match self.peek() {
            b'"' => Ok(self.text()?.map(Value::Text)),
            b'{' => self.object(self.deeper(depth)?),
            b'[' => self.array(self.deeper(depth)?),
            b't' => Ok(self.word("true", Value::Bool(true))),
            b'f' => Ok(self.word("false", Value::Bool(false))),
            b'n' => Ok(self.word("null", Value::Null)),
            b'-' | b'0'..=b'9' => Ok(self.number()),
            _ => Ok(None),
        }
    }

    fn deeper(&self, depth: usize) -> Outcome<usize> {
        let limit = self.heap.limits.value_depth;
        depth.checked_sub(1).ok_or_else(|| Fault::above(RenderErrorKind::ValueDepth, limit, "levels of JSON"))
    }

    fn object(&mut self, depth: usize) -> Outcome<Option<Value<'a>>> {
        let map = self.heap.new_map()?;
        self.at += 1;
        self.blanks();
        if self.eat(b'}') {
            return Ok(Some(Value::Map(map)));
        }
        loop {
            self.blanks();
            let name = expect!(self.text()?);
            self.blanks();
            if !self.eat(b':') {
                return Ok(None);
            }
            let value = expect!(self.value(depth)?);
            self.heap.put(map, Value::Text(name), value)?;
            self.blanks();
            if self.eat(b'}') {
                return Ok(Some(Value::Map(map)));
            }
            if !self.eat(b',') {
                return Ok(None);
            }
            self.blanks();
            if self.eat(b'}') {
                return Ok(Some(Value::Map(map)));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Outcome<Option<Value<'a>>> {
        let list = self.heap.new_list(Vec::new(), true)?;
        self.at += 1;
        self.blanks();
        if self.eat(b']') {
            return Ok(Some(Value::List(list)));
        }
        loop {
            let value = expect!(self.value(depth)?);
            self.heap.push(list, value)?;
            self.blanks();
            if self.eat(b']') {
                return Ok(Some(Value::List(list)));
            }
            if !self.eat(b',') {
                return Ok(None);
            }
            self.blanks();
            if self.eat(b']') {
                return Ok(Some(Value::List(list)));
            }
        }
    }

    fn text(&mut self) -> Outcome<Option<Text<'a>>> {
        if !self.eat(b'"') {
            return Ok(None);
        }
        let rest = &self.text[self.at..];
        let plain = expect!(rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')));
        self.at += plain;
        if self.eat(b'"') {
            return Ok(Some((self.own)(&rest[..plain])));
        }
        let mut text = rest[..plain].to_owned();
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => {
                    self.at += 1;
                    expect!(self.escape(&mut text));
                }
                _ => {
                    let rest = &self.text[self.at..];
                    let more = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'));
                    let more = expect!(more);
                    text.push_str(&rest[..more]);
                    self.at += more;
                }
            }
        }
        self.at += 1;
        match self.heap.made(text)? {
            Value::Text(text) => Ok(Some(text)),
            _ => Ok(None),
        }
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
        if whole > 1 && self.text.as_bytes()[self.at - whole] == b'0' {
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
        Some(Value::Big(digits.into()))
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
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }
}
