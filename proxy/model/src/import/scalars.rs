//! Numbers, booleans and names, however they are written.

use super::document::{Node, Value};
use super::importer::{Importer, Weight};

impl<'d> Importer<'d> {
    /// A whole number within bounds, written as a number or as text.
    pub(super) fn integer(
        &mut self,
        node: Node<'d>,
        what: &str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let text = self.text(node, what, Weight::Matters)?;
        match text.parse::<u32>() {
            Ok(number) if bounds.contains(&number) => Some(number),
            _ => {
                self.findings.error(
                    "value-invalid",
                    node.position(),
                    format!(
                        "found `{text}` as `{what}`, expected a whole number from {} to {}",
                        bounds.start(),
                        bounds.end()
                    ),
                );
                None
            }
        }
    }

    /// A boolean, written as such or as text.
    pub(super) fn boolean(&mut self, node: Node<'d>, what: &str) -> Option<bool> {
        if let Value::Bool(value) = node.value() {
            return Some(*value);
        }
        let text = self.text(node, what, Weight::Matters)?;
        if text.eq_ignore_ascii_case("true") {
            return Some(true);
        }
        if !text.eq_ignore_ascii_case("false") {
            self.findings.error(
                "value-invalid",
                node.position(),
                format!("found `{text}` as `{what}`, expected `true` or `false`"),
            );
            return None;
        }
        Some(false)
    }

    /// One of several names, in any case.
    pub(super) fn choice<T: Copy>(
        &mut self,
        node: Node<'d>,
        what: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(node, what, Weight::Matters)?;
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
        if found.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            let (last, others) = names.split_last()?;
            let expected =
                if others.is_empty() { last.clone() } else { format!("{} or {last}", others.join(", ")) };
            self.findings.error(
                "value-invalid",
                node.position(),
                format!("found `{text}` as `{what}`, expected {expected}"),
            );
        }
        found.map(|(_, value)| *value)
    }
}
