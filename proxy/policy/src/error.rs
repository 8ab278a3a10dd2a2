//! Why a policy document was refused.

/// What is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}found {found}, expected {expected}", if path.is_empty() { String::new() } else { format!("at {path}: ") })]
pub struct PolicyError {
    /// JSON Pointer into the document; empty for the document itself.
    pub path: String,
    /// What stands there.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

impl PolicyError {
    pub(crate) fn new(path: &str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { path: path.to_owned(), found: found.into(), expected: expected.into() }
    }

    pub(crate) fn of_value(path: &str, found: &serde_json::Value, expected: impl Into<String>) -> Self {
        Self::new(path, describe(found), expected)
    }
}

/// A value in few words.
fn describe(value: &serde_json::Value) -> String {
    const MAX_SHOWN_CHARS: usize = 80;
    match value {
        serde_json::Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        serde_json::Value::Array(_) => "a list".to_owned(),
        serde_json::Value::Object(_) => "an object".to_owned(),
        scalar => {
            let text = scalar.to_string();
            match text.char_indices().nth(MAX_SHOWN_CHARS) {
                None => text,
                Some((end, _)) => format!("{}…", &text[..end]),
            }
        }
    }
}
