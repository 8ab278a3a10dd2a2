//! What a match is replaced with: Java's `$1`, `${name}` and `\$`.

use crate::error::shown;
use regex::{Captures, Regex};

#[derive(Debug)]
enum Piece {
    Text(String),
    Group(usize),
}

#[derive(Debug)]
pub(super) struct Replacement(Vec<Piece>);

impl Replacement {
    pub(super) fn parse(replacement: &str, regex: &Regex) -> Result<Self, String> {
        let wrong =
            |expected: &str| format!("found the replacement {}, expected {expected}", shown(replacement));
        let mut pieces = vec![Piece::Text(String::new())];
        let mut rest = replacement;
        while let Some(at) = rest.find(['$', '\\']) {
            let (text, special) = rest.split_at(at);
            let (special, after) = special.split_at(1);
            push(&mut pieces, text);
            rest = after;
            if special == "\\" {
                let Some(c) = rest.chars().next() else { return Err(wrong("a character after `\\`")) };
                push(&mut pieces, &rest[..c.len_utf8()]);
                rest = &rest[c.len_utf8()..];
                continue;
            }
            let group = if let Some(named) = rest.strip_prefix('{') {
                let Some((name, after)) = named.split_once('}') else {
                    return Err(wrong("`}` after a name"));
                };
                rest = after;
                regex.capture_names().position(|known| known == Some(name))
            } else {
                // As many digits as name a group there is.
                let digits = rest.bytes().take_while(u8::is_ascii_digit).take(4).count();
                let numbers = (1..=digits).map_while(|length| {
                    let number = rest[..length].parse().ok()?;
                    (number < regex.captures_len()).then_some((number, length))
                });
                numbers.last().map(|(number, length)| {
                    rest = &rest[length..];
                    number
                })
            };
            match group {
                Some(group) => pieces.push(Piece::Group(group)),
                None => return Err(wrong("a group of the pattern after `$`")),
            }
        }
        push(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// The text, when it is the same for every match.
    pub(super) fn as_literal(&self) -> Option<&str> {
        match &*self.0 {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the text for a match; a part of it when the output grows beyond `limit` bytes.
    pub(super) fn expand(&self, captures: &Captures<'_>, limit: usize, out: &mut String) {
        for piece in &self.0 {
            if out.len() > limit {
                return;
            }
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
            }
        }
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}
