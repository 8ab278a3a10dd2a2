//! `$ref`s outside schemas: local JSON pointers (RFC 6901), followed with cycle detection.

use super::document::Node;
use super::importer::Importer;
use crate::finding::Finding;

/// `$ref`s that may lead from one to the next.
const MAX_HOPS: usize = 32;

impl<'d> Importer<'d> {
    /// The node itself, or what its `$ref` leads to; `None` is already reported.
    pub(super) fn follow(&mut self, node: Node<'d>, what: &str) -> Option<Node<'d>> {
        let mut current = node;
        let mut visited = Vec::new();
        while let Some(reference) = current.get("$ref") {
            let Some(text) = reference.as_str() else {
                self.wrong_type(reference, "$ref", "text");
                return None;
            };
            if visited.contains(&current.id()) || visited.len() == MAX_HOPS {
                self.findings.error(
                    "reference-cyclic",
                    reference.position(),
                    format!("the `$ref` `{text}` of {what} leads back to itself"),
                );
                return None;
            }
            visited.push(current.id());
            let Some(target) = pointer(self.root, text) else {
                self.report_broken_reference(reference, text, what);
                return None;
            };
            if !self.charge(target.size(), reference.position()) {
                return None;
            }
            current = target;
        }
        Some(current)
    }

    pub(super) fn report_broken_reference(&mut self, at: Node<'d>, text: &str, what: &str) {
        let location = self.findings.location(at.position());
        let finding = if text.starts_with('#') {
            Finding::error(
                "reference-broken",
                &location,
                format!("found the `$ref` `{text}` of {what}, which leads nowhere in this document"),
            )
        } else {
            Finding::error(
                "reference-broken",
                &location,
                format!("found the `$ref` `{text}` of {what}, expected one within this document"),
            )
            .with_help(
                "API Gateway does not follow references to other files; bundle the files into one first",
            )
        };
        self.findings.push(finding);
    }
}

/// The node a local reference such as `#/components/parameters/id` points to.
pub(super) fn pointer<'d>(root: Node<'d>, reference: &str) -> Option<Node<'d>> {
    let rest = reference.strip_prefix('#')?;
    if rest.is_empty() {
        return Some(root);
    }
    let mut node = root;
    for token in rest.strip_prefix('/')?.split('/') {
        let token = unescape(token);
        node = match node.get(&token) {
            Some(next) => next,
            None if node.is_sequence() => node.items().nth(token.parse().ok()?)?,
            None => return None,
        };
    }
    Some(node)
}

/// `~1` and `~0` of a JSON pointer, after the percent-encoding of a URI fragment.
fn unescape(token: &str) -> String {
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = |b: u8| char::from(b).to_digit(16);
        match (byte, after) {
            (b'%', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                let value = hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0);
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
                rest = tail;
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn pointer_tokens_are_unescaped() {
        for (token, expected) in [
            ("a", "a"),
            ("~1pets~1{id}", "/pets/{id}"),
            ("a~01", "a~1"),
            ("%7Bid%7D", "{id}"),
            ("100%", "100%"),
        ] {
            assert_eq!(unescape(token), expected);
        }
    }
}
