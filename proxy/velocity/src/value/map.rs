//! Java's `LinkedHashMap`: keys of any kind, in the order they came.

use super::Value;
use crate::bytes::same;
use std::collections::BTreeMap;

/// From how many entries on texts are found through an index.
const INDEXED_FROM: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Map<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    /// Positions of the keys that are texts. Ordered rather than hashed: the keys may be a client's, and no hash
    /// without randomness is safe from those.
    index: Option<BTreeMap<&'a str, usize>>,
    /// Prints itself as nothing, as the maps of `$context` do.
    pub(crate) is_silent: bool,
}

impl<'a> Map<'a> {
    /// A map of names and values, of which the last of a name counts.
    pub(crate) fn of_members(members: &[[Value<'a>; 2]]) -> Self {
        if members.len() < INDEXED_FROM && are_distinct(members) {
            let entries = members.iter().map(|[name, value]| (*name, *value)).collect();
            return Self { entries, ..Self::default() };
        }
        let mut map = Self::default();
        for [name, value] in members {
            map.insert(*name, *value);
        }
        map
    }

    pub(crate) fn entries(&self) -> &[(Value<'a>, Value<'a>)] {
        &self.entries
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    /// What a template gets for a name.
    pub(crate) fn member(&self, name: &str) -> Value<'a> {
        self.get(name).copied().unwrap_or(Value::Null)
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
            index.insert(name, self.entries.len());
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
                self.entries.iter().position(|(key, _)| matches!(key, Value::Text(key) if same(key, name)))
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
                    Value::Text(name) => Some((*name, at)),
                    _ => None,
                })
                .collect(),
        );
    }
}

/// Whether no name comes twice.
fn are_distinct(members: &[[Value<'_>; 2]]) -> bool {
    let mut seen = 0_u64;
    members.iter().enumerate().all(|(at, [name, _])| {
        let Some(name) = name.as_text() else { return false };
        // Most names of an object differ in what is quickly seen of them.
        let first = name.as_bytes().first().copied().unwrap_or_default();
        let mark = 1 << ((usize::from(first) * 5 + name.len()) % 64);
        let is_new = seen & mark == 0;
        seen |= mark;
        is_new
            || !members[..at].iter().any(|[known, _]| known.as_text().is_some_and(|known| same(known, name)))
    })
}
