//! Text with references in it, some of which may have no value.

use std::ops::Range;

/// Text in which some references may be unresolved; those stand in it as `${Name}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) text: String,
    /// Unresolved references in order.
    pub(super) missing: Vec<Missing>,
}

/// A reference without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// Where it stands in the text, as `${name}`.
    pub(super) range: Range<usize>,
    /// The name to give under `parameters`.
    pub(super) name: String,
    /// Whether it is a condition, whose value is `true` or `false`.
    pub(super) is_condition: bool,
}

impl Resolved {
    /// Appends a reference that has no value.
    pub(super) fn push_missing(&mut self, name: &str, is_condition: bool) {
        let start = self.text.len();
        self.text.push_str("${");
        self.text.push_str(name);
        self.text.push('}');
        self.missing.push(Missing { range: start..self.text.len(), name: name.to_owned(), is_condition });
    }

    /// Appends a text with its own unresolved references.
    pub(super) fn append(&mut self, other: Resolved) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        self.missing.extend(other.missing.into_iter().map(|missing| Missing {
            range: missing.range.start + offset..missing.range.end + offset,
            ..missing
        }));
    }

    /// Text without unresolved references.
    pub(super) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), missing: Vec::new() }
    }
}
