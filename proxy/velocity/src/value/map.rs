//! Java's `LinkedHashMap`: keys of any kind, in the order they came.

use super::{Text, Value};
use std::collections::BTreeMap;

/// From how many entries on texts are found through an index.
const INDEXED_FROM: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Map<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    /// Positions of the keys that are texts. Ordered rather than hashed: the keys may be a client's, and no hash
    /// without randomness is safe from those.
    index: Option<BTreeMap<Text<'a>, usize>>,
    /// Prints itself as nothing, as the maps of `$context` do.
    pub(crate) is_silent: bool,
}

impl<'a> Map<'a> {
    pub(crate) fn entries(&self) -> &[(Value<'a>, Value<'a>)] {
        &self.entries
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    pub(crate) fn get_by(&self, key: &Value<'a>) -> Option<&Value<'a>> {
        self.position_by(key).map(|at| &self.entries[at].1)
    }

    /// How many steps looking this key up is.
    pub(crate) fn search_cost(&self, key: &Value<'a>) -> usize {
        match key {
            Value::Text(_) => 1,
            _ => 1 + self.entries.len() / 8,
        }
    }

    /// Sets a value and gives the one before. A key keeps its first place.
    pub(crate) fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> Option<Value<'a>> {
        if let Some(at) = self.position_by(&key) {
            return Some(std::mem::replace(&mut self.entries[at].1, value));
        }
        if let (Some(index), Value::Text(name)) = (&mut self.index, &key) {
            index.insert(name.clone(), self.entries.len());
        }
        self.entries.push((key, value));
        if self.index.is_none() && self.entries.len() == INDEXED_FROM {
            self.reindex();
        }
        None
    }

    pub(crate) fn remove(&mut self, key: &Value<'a>) -> Option<Value<'a>> {
        let at = self.position_by(key)?;
        let (_, value) = self.entries.remove(at);
        if self.index.is_some() {
            self.reindex();
        }
        Some(value)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.index = None;
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => {
                self.entries.iter().position(|(key, _)| matches!(key, Value::Text(key) if **key == *name))
            }
        }
    }

    fn position_by(&self, key: &Value<'a>) -> Option<usize> {
        match key {
            Value::Text(name) => self.position(name),
            _ => self.entries.iter().position(|(known, _)| known.is_key(key)),
        }
    }

    fn reindex(&mut self) {
        let names = self.entries.iter().enumerate();
        self.index = Some(
            names
                .filter_map(|(at, (key, _))| match key {
                    Value::Text(name) => Some((name.clone(), at)),
                    _ => None,
                })
                .collect(),
        );
    }
}
