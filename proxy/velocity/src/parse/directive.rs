//! What begins with `#`: directives, comments, and text that looks like them.

use super::Parser;
use super::text::Nodes;
use crate::error::{Place, SyntaxError};
use crate::template::{Foreach, If, Node, Set};

/// Names of directives. `#include`, `#parse`, `#evaluate` and calls of macros are none to API Gateway: they are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Set,
    If,
    ElseIf,
    Else,
    End,
    Foreach,
    Define,
    Stop,
    Break,
    Macro,
}

/// What has ended a block, and where.
pub(super) struct BlockEnd {
    kind: Word,
    pub(super) word: &'static str,
    pub(super) place: Place,
}

const WORDS: [(&str, Word); 10] = [
    ("set", Word::Set),
    ("if", Word::If),
    ("elseif", Word::ElseIf),
    ("else", Word::Else),
    ("end", Word::End),
    ("foreach", Word::Foreach),
    ("define", Word::Define),
    ("stop", Word::Stop),
    ("break", Word::Break),
    ("macro", Word::Macro),
];

impl Parser<'_> {
    /// The directive at the cursor, without moving it.
    pub(super) fn word(&self) -> Option<Word> {
        self.word_and_length().map(|(word, _)| word)
    }

    pub(super) fn word_length(&self) -> Option<usize> {
        self.word_and_length().map(|(_, length)| length)
    }

    /// `#word` or `#{word}`, and how many bytes that is. A word is whole: `#endpoint` is none.
    fn word_and_length(&self) -> Option<(Word, usize)> {
        let rest = self.cursor.rest().strip_prefix('#')?;
        let braced = rest.strip_prefix('{');
        let name = braced.unwrap_or(rest);
        let name = &name[..name.bytes().take_while(|&byte| is_word(byte)).count()];
        let (_, word) = WORDS.iter().find(|(known, _)| *known == name)?;
        match braced {
            None => Some((*word, 1 + name.len())),
            Some(braced) => braced[name.len()..].starts_with('}').then_some((*word, 3 + name.len())),
        }
    }

    /// Whether `#set` and its parenthesis stand at the cursor; without the parenthesis it is text.
    pub(super) fn is_set(&self) -> bool {
        self.word_and_length().is_some_and(|(word, length)| {
            let after = &self.cursor.rest()[length..];
            word == Word::Set && after.trim_start_matches([' ', '\t']).starts_with('(')
        })
    }

    pub(super) fn hash(&mut self, nodes: &mut Nodes) -> Result<Option<BlockEnd>, SyntaxError> {
        let start = self.cursor.at();
        let place = self.cursor.place(start);
        let word = match self.word_and_length() {
            Some((Word::Set, _)) if !self.is_set() => None,
            other => other,
        };
        let Some((word, length)) = word else {
            self.comment_or_text(nodes)?;
            return Ok(None);
        };
        self.cursor.go_to(start + length);
        match word {
            Word::Set => {
                let set = self.set()?;
                nodes.push(Node::Set(Box::new(set)));
            }
            Word::If => {
                let node = self.nested(Self::conditional)?;
                nodes.push(Node::If(Box::new(node)));
            }
            Word::Foreach => {
                let node = self.nested(|parser| parser.foreach(place))?;
                nodes.push(Node::Foreach(Box::new(node)));
            }
            Word::Define => {
                let (variable, body) = self.nested(Self::define)?;
                nodes.push(Node::Define(variable, body.into()));
            }
            // API Gateway has no macros: a definition is nothing, and a call is text.
            Word::Macro => self.nested(Self::macro_definition)?,
            Word::Stop => nodes.push(Node::Stop),
            Word::Break => nodes.push(if self.loops > 0 { Node::Break } else { Node::Stop }),
            Word::ElseIf | Word::Else | Word::End => {
                if word != Word::ElseIf {
                    self.cursor.skip_line_end();
                }
                let word_text = match word {
                    Word::ElseIf => "elseif",
                    Word::Else => "else",
                    _ => "end",
                };
                return Ok(Some(BlockEnd { kind: word, word: word_text, place }));
            }
        }
        Ok(None)
    }

    fn comment_or_text(&mut self, nodes: &mut Nodes) -> Result<(), SyntaxError> {
        let start = self.cursor.at();
        if self.cursor.eat("##") {
            let rest = self.cursor.rest();
            let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
            self.cursor.go_to(self.cursor.at() + line);
            self.cursor.skip_line_end();
        } else if self.cursor.eat("#*") {
            let rest = self.cursor.rest();
            let end = rest.find("*#").map_or(rest.len(), |at| at + 2);
            self.cursor.go_to(self.cursor.at() + end);
        } else if self.cursor.eat("#[[") {
            let rest = self.cursor.rest();
            let Some(end) = rest.find("]]#") else {
                self.cursor.go_to(start);
                return Err(self.error("`]]#` at the end of the literal"));
            };
            nodes.text(&rest[..end]);
            self.cursor.go_to(self.cursor.at() + end + 3);
        } else {
            let counted = self.cursor.counted();
            if !self.unknown_call() {
                self.cursor.count_from(counted);
                self.cursor.go_to(start + 1);
                self.cursor.take_while(is_word);
            }
            nodes.text(self.cursor.since(start));
        }
        Ok(())
    }

    /// `#name(…)`, the call of a macro, which is text with everything in its parentheses.
    fn unknown_call(&mut self) -> bool {
        self.cursor.eat("#");
        let name = self.cursor.take_while(is_word);
        self.cursor.take_while(|byte| matches!(byte, b' ' | b'\t'));
        if name.is_empty() || name.as_bytes()[0].is_ascii_digit() || !self.cursor.eat("(") {
            return false;
        }
        loop {
            self.cursor.skip_blanks();
            if self.cursor.eat(")") {
                return true;
            }
            if !self.cursor.eat(",") && self.cursor.identifier().is_empty() && self.argument().is_err() {
                return false;
            }
        }
    }

    fn set(&mut self) -> Result<Set, SyntaxError> {
        self.open("#set")?;
        let start = self.cursor.at();
        let Some(target) = self.reference()? else {
            return Err(self.error_at(start, "a reference such as `$name`"));
        };
        self.cursor.skip_blanks();
        if self.cursor.ahead(1) == b'=' || !self.cursor.eat("=") {
            return Err(self.error("`=`"));
        }
        let value = self.expression()?;
        self.close()?;
        Ok(Set { target, value })
    }

    fn conditional(&mut self) -> Result<If, SyntaxError> {
        let mut branches = Vec::new();
        loop {
            self.open("#if")?;
            let condition = self.expression()?;
            self.close()?;
            let (body, end) = self.inner_block("#if")?;
            branches.push((condition, body.into()));
            match end {
                Word::ElseIf => {}
                Word::Else => break,
                _ => return Ok(If { branches: branches.into(), otherwise: Box::default() }),
            }
        }
        let otherwise = self.block_to_end("#else")?;
        Ok(If { branches: branches.into(), otherwise: otherwise.into() })
    }

    fn foreach(&mut self, place: Place) -> Result<Foreach, SyntaxError> {
        self.open("#foreach")?;
        let variable = self.plain_variable()?;
        self.cursor.skip_blanks();
        // Velocity does not look at the word.
        if self.cursor.identifier().is_empty() {
            return Err(self.error("`in`"));
        }
        self.cursor.skip_blanks();
        let items = self.argument()?;
        self.close()?;
        self.loops += 1;
        let body = self.block_to_end("#foreach");
        self.loops -= 1;
        Ok(Foreach { place, variable, items, body: body?.into() })
    }

    fn define(&mut self) -> Result<(usize, Vec<Node>), SyntaxError> {
        self.open("#define")?;
        let variable = self.plain_variable()?;
        self.close()?;
        let loops = std::mem::take(&mut self.loops);
        let body = self.block_to_end("#define");
        self.loops = loops;
        Ok((variable, body?))
    }

    fn macro_definition(&mut self) -> Result<(), SyntaxError> {
        self.open("#macro")?;
        loop {
            self.cursor.skip_blanks();
            if self.cursor.ahead(0) == b')' {
                break;
            }
            if !self.cursor.eat(",") && self.cursor.identifier().is_empty() && self.reference()?.is_none() {
                return Err(self.error("a name or `)`"));
            }
        }
        self.close()?;
        self.block_to_end("#macro").map(drop)
    }

    /// The variable of a loop or definition; what is asked of it is not looked at.
    fn plain_variable(&mut self) -> Result<usize, SyntaxError> {
        let start = self.cursor.at();
        match self.reference()? {
            Some(reference) => Ok(reference.variable),
            None => Err(self.error_at(start, "a reference such as `$name`")),
        }
    }

    fn block_to_end(&mut self, of: &str) -> Result<Vec<Node>, SyntaxError> {
        let (body, end) = self.block()?;
        match end {
            Some(BlockEnd { kind: Word::End, .. }) => Ok(body),
            Some(end) => Err(SyntaxError {
                place: end.place,
                found: format!("`#{}`", end.word),
                expected: format!("`#end` of the `{of}`"),
            }),
            None => Err(self.error(format!("`#end` of the `{of}`"))),
        }
    }

    fn inner_block(&mut self, of: &str) -> Result<(Vec<Node>, Word), SyntaxError> {
        match self.block()? {
            (body, Some(end)) => Ok((body, end.kind)),
            (_, None) => Err(self.error(format!("`#end` of the `{of}`"))),
        }
    }

    fn open(&mut self, of: &str) -> Result<(), SyntaxError> {
        self.cursor.skip_blanks();
        if !self.cursor.eat("(") {
            return Err(self.error(format!("`(` after `{of}`")));
        }
        self.cursor.skip_blanks();
        Ok(())
    }

    /// The closing parenthesis of a directive, which takes the rest of an empty line with it.
    fn close(&mut self) -> Result<(), SyntaxError> {
        self.cursor.skip_blanks();
        if !self.cursor.eat(")") {
            return Err(self.error("an operator or `)`"));
        }
        self.cursor.skip_line_end();
        Ok(())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
