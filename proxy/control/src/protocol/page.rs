//! Pages of lists.

use super::input::Input;
use serde_json::{Map, Value, json};

/// Entries of a page where a request does not say.
pub(crate) const DEFAULT_LIMIT: usize = 25;
/// Most entries of a page.
pub(crate) const MAX_LIMIT: usize = 500;

/// A page of `entries`, each with a key that orders it and that the next page begins after.
///
/// The entries come in the order of their keys. `position` is the key that the page before ended with, in Base64, so
/// that nobody builds on what it is.
pub(crate) fn page<K: AsRef<str>>(
    input: &Input,
    entries: impl IntoIterator<Item = (K, impl FnOnce() -> Value)>,
) -> Value {
    page_as(input, "item", entries)
}

/// The same with another name of the list.
pub(crate) fn page_as<K: AsRef<str>>(
    input: &Input,
    list: &str,
    entries: impl IntoIterator<Item = (K, impl FnOnce() -> Value)>,
) -> Value {
    let limit = match input.integer("limit") {
        Some(limit) => usize::try_from(limit).unwrap_or(0).min(MAX_LIMIT),
        None => DEFAULT_LIMIT,
    };
    let after = input.text("position").and_then(decode);
    let mut entries = entries
        .into_iter()
        .skip_while(|(key, _)| after.as_deref().is_some_and(|after| key.as_ref() <= after));
    let mut items = Vec::new();
    let mut last = None;
    for (key, value) in entries.by_ref().take(limit) {
        items.push(value());
        last = Some(key);
    }
    let more = limit > 0 && entries.next().is_some();
    let mut page = Map::new();
    page.insert(list.to_owned(), Value::Array(items));
    if let Some(last) = last.filter(|_| more) {
        page.insert("position".to_owned(), json!(encode(last.as_ref())));
    }
    Value::Object(page)
}

/// Entries in the order of a number, and of their ids where that is the same; each with the key that pages go by.
pub(crate) fn numbered<'e, T>(entries: impl Iterator<Item = (u64, &'e str, T)>) -> Vec<(String, T)> {
    let mut entries: Vec<(String, T)> =
        entries.map(|(number, id, entry)| (format!("{number:020}/{id}"), entry)).collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

fn encode(key: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, key)
}

fn decode(position: &str) -> Option<String> {
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, position).ok()?;
    String::from_utf8(bytes).ok()
}
