//! Where lists and maps live, and what all values may cost together.

use super::{Keeper, Map, Texts, Value};
use crate::error::{Fault, Outcome, RenderErrorKind};
use crate::limits::RenderLimits;
use crate::pattern::Pattern;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListId(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MapId(usize);

#[derive(Debug, Default)]
pub(crate) struct List<'a> {
    pub(crate) items: Vec<Value<'a>>,
    /// Prints itself as JSON: it came from a body, not from a literal of the template.
    pub(crate) is_json: bool,
}

/// What an element of a list or map counts, in bytes.
const ELEMENT_BYTES: usize = 48;

/// How many bytes that are searched or copied are one step.
const BYTES_PER_STEP: usize = 64;

/// What compiling a regular expression is: a hundred microseconds, or more when it is large.
pub(crate) const STEPS_TO_COMPILE: usize = 5000;

/// How many computed patterns are kept.
const MAX_PATTERNS: usize = 8;

#[derive(Debug)]
pub(crate) struct Heap<'a> {
    lists: Vec<List<'a>>,
    maps: Vec<Map<'a>>,
    /// Computed patterns, the latest last: those of a loop are compiled once.
    patterns: Vec<(Box<str>, Rc<Pattern>)>,
    steps: u64,
    bytes: usize,
    texts: Keeper<'a>,
    pub(crate) limits: &'a RenderLimits,
}

impl<'a> Heap<'a> {
    pub(crate) fn new(limits: &'a RenderLimits, texts: &'a Texts) -> Self {
        Self {
            lists: Vec::new(),
            maps: Vec::new(),
            patterns: Vec::new(),
            steps: limits.steps,
            bytes: limits.value_bytes,
            texts: Keeper::new(texts),
            limits,
        }
    }

    /// Takes work from what the rendering may do.
    #[inline]
    pub(crate) fn spend(&mut self, steps: usize) -> Outcome<()> {
        match self.steps.checked_sub(steps as u64) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Fault::above(RenderErrorKind::Steps, self.limits.steps, "steps")),
        }
    }

    /// Work that reads a text from end to end.
    pub(crate) fn spend_on(&mut self, text: &str) -> Outcome<()> {
        self.spend(1 + text.len() / BYTES_PER_STEP)
    }

    /// Memory for what is made.
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) -> Outcome<()> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => {
                Err(Fault::above(RenderErrorKind::ValueBytes, self.limits.value_bytes, "bytes of values"))
            }
        }
    }

    /// Room for this many elements more.
    #[inline]
    pub(crate) fn grow(&mut self, elements: usize) -> Outcome<()> {
        self.spend(elements / 8)?;
        self.take(elements.saturating_mul(ELEMENT_BYTES))
    }

    /// A regular expression that the template has computed.
    pub(crate) fn pattern(&mut self, pattern: &str) -> Outcome<Rc<Pattern>> {
        if let Some((_, known)) = self.patterns.iter().find(|(known, _)| **known == *pattern) {
            return Ok(Rc::clone(known));
        }
        self.spend(STEPS_TO_COMPILE)?;
        match Pattern::parse(pattern, self.limits.regex_bytes) {
            Ok(compiled) => {
                let compiled = Rc::new(compiled);
                if self.patterns.len() == MAX_PATTERNS {
                    self.patterns.remove(0);
                }
                self.patterns.push((pattern.into(), Rc::clone(&compiled)));
                Ok(compiled)
            }
            Err(message) => Err(Fault::new(RenderErrorKind::Regex, message)),
        }
    }

    /// A text made while rendering.
    pub(crate) fn made(&mut self, text: impl Into<Box<str>> + AsRef<str>) -> Outcome<&'a str> {
        self.take(text.as_ref().len())?;
        Ok(self.keep(text))
    }

    /// A text that is not counted, because it is part of the message.
    pub(crate) fn keep(&mut self, text: impl Into<Box<str>>) -> &'a str {
        self.texts.keep(text.into())
    }

    pub(crate) fn new_list(&mut self, items: Vec<Value<'a>>, is_json: bool) -> Outcome<ListId> {
        self.grow(1 + items.len())?;
        Ok(self.counted_list(items, is_json))
    }

    /// A list whose elements [`Self::grow`] knows of.
    pub(crate) fn counted_list(&mut self, items: Vec<Value<'a>>, is_json: bool) -> ListId {
        self.lists.push(List { items, is_json });
        ListId(self.lists.len() - 1)
    }

    pub(crate) fn new_map(&mut self) -> Outcome<MapId> {
        self.grow(1)?;
        Ok(self.counted_map(Map::default()))
    }

    /// A map whose entries [`Self::grow`] knows of.
    pub(crate) fn counted_map(&mut self, map: Map<'a>) -> MapId {
        self.maps.push(map);
        MapId(self.maps.len() - 1)
    }

    pub(crate) fn list(&self, id: ListId) -> &List<'a> {
        &self.lists[id.0]
    }

    /// For changes that do not make it longer; see [`Self::push`].
    pub(crate) fn list_mut(&mut self, id: ListId) -> &mut List<'a> {
        &mut self.lists[id.0]
    }

    pub(crate) fn push(&mut self, id: ListId, value: Value<'a>) -> Outcome<()> {
        self.grow(1)?;
        self.lists[id.0].items.push(value);
        Ok(())
    }

    pub(crate) fn map(&self, id: MapId) -> &Map<'a> {
        &self.maps[id.0]
    }

    /// For changes that do not add to it; see [`Self::put`].
    pub(crate) fn map_mut(&mut self, id: MapId) -> &mut Map<'a> {
        &mut self.maps[id.0]
    }

    /// Puts a value into a map and gives the one before.
    pub(crate) fn put(&mut self, id: MapId, key: Value<'a>, value: Value<'a>) -> Outcome<Option<Value<'a>>> {
        self.grow(1)?;
        let cost = self.maps[id.0].search_cost(&key);
        self.spend(cost)?;
        Ok(self.maps[id.0].insert(key, value))
    }
}
