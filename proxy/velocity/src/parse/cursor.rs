//! A position in a template's text.

use crate::error::Place;

pub(super) struct Cursor<'s> {
    source: &'s str,
    at: usize,
    /// Offset of the last place that was asked for, and the place: the next one is counted from there.
    counted: (usize, Place),
    /// The text stands in quotes that begin at this place, and its own places mean nothing.
    fixed: Option<Place>,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0, counted: (0, Place { line: 1, column: 1 }), fixed: None }
    }

    pub(super) fn within(source: &'s str, place: Place) -> Self {
        Self { fixed: Some(place), ..Self::new(source) }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    pub(super) fn since(&self, start: usize) -> &'s str {
        &self.source[start..self.at]
    }

    /// Where the counting of lines has come to, for [`Cursor::count_from`].
    pub(super) fn counted(&self) -> (usize, Place) {
        self.counted
    }

    /// Goes on counting from an earlier place, after an attempt that came to nothing: otherwise the next place would be
    /// counted from the beginning of the text.
    pub(super) fn count_from(&mut self, counted: (usize, Place)) {
        self.counted = counted;
    }

    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.source.len()
    }

    /// The byte after this many others; 0 past the end, which no token begins with.
    pub(super) fn ahead(&self, bytes: usize) -> u8 {
        self.source.as_bytes().get(self.at + bytes).copied().unwrap_or(0)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes bytes while they are of a kind, which must be of ASCII only.
    pub(super) fn take_while(&mut self, is_kind: impl Fn(u8) -> bool) -> &'s str {
        let start = self.at;
        while self.at < self.source.len() && is_kind(self.ahead(0)) {
            self.at += 1;
        }
        self.since(start)
    }

    /// Blanks and line ends, which mean nothing within parentheses.
    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// Blanks up to and with a line end; nothing when anything else comes first.
    pub(super) fn skip_line_end(&mut self) {
        let start = self.at;
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
        if !self.eat("\r\n") && !self.eat("\n") && !self.eat("\r") {
            self.at = start;
        }
    }

    /// `$name` and `.name`: a letter or `_`, then letters, digits, `_` and `-`. Empty when there is none.
    pub(super) fn identifier(&mut self) -> &'s str {
        if !is_identifier_start(self.ahead(0)) {
            return "";
        }
        self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    }

    pub(super) fn place(&mut self, offset: usize) -> Place {
        if let Some(place) = self.fixed {
            return place;
        }
        if offset < self.counted.0 {
            self.counted = (0, Place { line: 1, column: 1 });
        }
        let (from, mut place) = self.counted;
        for c in self.source.get(from..offset).unwrap_or_default().chars() {
            if c == '\n' {
                place = Place { line: place.line + 1, column: 1 };
            } else {
                place.column += 1;
            }
        }
        self.counted = (offset, place);
        place
    }

    /// What stands at an offset, for a message.
    pub(super) fn found(&self, offset: usize) -> String {
        let rest = self.source.get(offset..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ']' | '}'));
        match (rest.chars().next(), end) {
            (None, _) => "the end".to_owned(),
            (Some(first), Some(0)) => format!("`{}`", first.escape_debug()),
            (Some(_), end) => {
                let word: String = rest[..end.unwrap_or(rest.len())].chars().take(20).collect();
                format!("`{}`", word.escape_debug())
            }
        }
    }
}

pub(super) fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}
