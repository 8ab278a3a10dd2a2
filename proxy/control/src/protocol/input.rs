//! The input of an operation, by the names that clients use.

use super::patch::PatchOperation;
use bytes::Bytes;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The input of an operation: its types are those of the model, and required members are there.
pub(crate) struct Input {
    values: Map<String, Value>,
    /// The body as it came, for operations that take a file.
    pub(crate) payload: Bytes,
}

impl Input {
    pub(super) fn new(values: Map<String, Value>, payload: Bytes) -> Self {
        Self { values, payload }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The text, or the empty one; for members that the model requires.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The same, where an empty text counts as none.
    pub(crate) fn non_empty(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.is_empty())
    }

    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        self.values.get(name)?.as_bool()
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.as_i64()
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let elements = self.values.get(name)?.as_array()?;
        Some(elements.iter().filter_map(|element| element.as_str().map(str::to_owned)).collect())
    }

    /// Names to texts; entries that are null are left out.
    pub(crate) fn map(&self, name: &str) -> Option<IndexMap<String, String>> {
        let entries = self.values.get(name)?.as_object()?;
        let texts =
            entries.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Some(texts.collect())
    }

    /// A structure, list or map of the model as a type of ours; `None` where it is not there.
    ///
    /// The types are already the model's, so this fails only where ours differs from it, which tests would show.
    pub(crate) fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.values.get(name)?.clone()).ok()
    }

    pub(crate) fn patch_operations(&self) -> Vec<PatchOperation> {
        self.value("patchOperations").unwrap_or_default()
    }
}
