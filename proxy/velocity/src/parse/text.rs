//! The text between directives: literals, references, comments and escapes.

use super::Parser;
use super::directive::BlockEnd;
use crate::error::SyntaxError;
use crate::template::Node;

/// Nodes, with literal text gathered until another node comes.
#[derive(Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    text: String,
}

impl Nodes {
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn push(&mut self, node: Node) {
        self.flush();
        self.nodes.push(node);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn drop_last(&mut self, bytes: usize) {
        self.text.truncate(self.text.len() - bytes);
    }

    fn finish(mut self) -> Vec<Node> {
        self.flush();
        self.nodes
    }
}

impl Parser<'_> {
    /// Everything up to the end, or up to a directive that ends or divides a block.
    pub(super) fn block(&mut self) -> Result<(Vec<Node>, Option<BlockEnd>), SyntaxError> {
        let mut nodes = Nodes::default();
        loop {
            let plain = self.cursor.rest();
            let plain = &plain[..plain.find(['$', '#', '\\']).unwrap_or(plain.len())];
            self.cursor.go_to(self.cursor.at() + plain.len());
            nodes.text(plain);
            match self.cursor.ahead(0) {
                b'$' => self.dollar(&mut nodes)?,
                b'\\' => self.backslashes(&mut nodes)?,
                b'#' => {
                    // Blanks are part of the `#set` behind them, unless other text stands before them.
                    let is_blank = plain.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
                    if is_blank && self.is_set() {
                        nodes.drop_last(plain.len());
                    }
                    if let Some(end) = self.hash(&mut nodes)? {
                        return Ok((nodes.finish(), Some(end)));
                    }
                }
                _ => return Ok((nodes.finish(), None)),
            }
        }
    }

    fn dollar(&mut self, nodes: &mut Nodes) -> Result<(), SyntaxError> {
        let start = self.cursor.at();
        if let Some(reference) = self.reference()? {
            nodes.push(if reference.steps.is_empty() {
                Node::Variable(reference.variable)
            } else {
                Node::Reference(reference)
            });
            return Ok(());
        }
        self.cursor.go_to(start + 1);
        self.cursor.eat("!");
        if self.cursor.is_at_end() && !self.quoted {
            self.cursor.go_to(start);
            return Err(self.error("a name after `$`, or text"));
        }
        // Velocity 1.7 loses the `!` that makes nothing silent.
        let is_kept = matches!(self.cursor.ahead(0), b'$' | b'{');
        nodes.text(if is_kept { self.cursor.since(start) } else { "$" });
        Ok(())
    }

    /// Backslashes, which escape a reference or a directive and nothing else: of each two one is printed, and one
    /// that is left over makes a literal of what follows.
    fn backslashes(&mut self, nodes: &mut Nodes) -> Result<(), SyntaxError> {
        let start = self.cursor.at();
        let all = self.cursor.take_while(|byte| byte == b'\\');
        let escaped = self.cursor.at();
        let is_escape = match self.cursor.ahead(0) {
            b'$' => self.reference()?.is_some(),
            b'#' => self.word().is_some(),
            _ => false,
        };
        if !is_escape {
            self.cursor.go_to(escaped);
            nodes.text(all);
            return Ok(());
        }
        if all.len().is_multiple_of(2) {
            // Velocity 1.7 prints all of those before a `#set` that is one.
            self.cursor.go_to(escaped);
            nodes.text(if self.is_set() { all } else { &all[..all.len() / 2] });
            return Ok(());
        }
        nodes.text(&all[..all.len() / 2]);
        if self.cursor.at() == escaped {
            // Of a directive only the name is literal: what it has in parentheses is text like any other.
            let name = self.word_length().unwrap_or(1);
            self.cursor.go_to(escaped + name);
        }
        nodes.text(&self.cursor.since(start)[all.len()..]);
        Ok(())
    }
}
