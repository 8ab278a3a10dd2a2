//! Puts a document together from a stream of events, within limits.

use super::ImportLimits;
use super::document::{
    Document, DuplicateKey, Entry, KeyIndex, Malformed, Members, NodeData, NodeId, Position, SMALL_MAPPING,
    Value,
};
use std::borrow::Cow;

/// A finished node with what it weighs when every alias in it is written out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built {
    id: NodeId,
    /// Nodes in the subtree, this one included.
    size: usize,
    /// Levels in the subtree; 1 for a scalar.
    height: usize,
}

/// Collects nodes; the parsers call it in document order.
pub(super) struct Builder<'a> {
    document: Document<'a>,
    open: Vec<Frame<'a>>,
    /// Entries and items of the open containers, the innermost last.
    entries: Vec<Entry<'a>>,
    items: Vec<NodeId>,
    root: Option<NodeId>,
    /// Nodes so far with every alias written out.
    expanded: usize,
    aliases: usize,
    limits: &'a ImportLimits,
    pub(super) duplicates: Vec<DuplicateKey>,
}

struct Frame<'a> {
    at: Position,
    container: Container<'a>,
    size: usize,
    height: usize,
}

/// An open container; its members so far begin at `start` on the builder's stack.
enum Container<'a> {
    Sequence { start: usize },
    Mapping { start: usize, key: Option<Key<'a>>, merges: Vec<NodeId>, index: Option<KeyIndex<'a>> },
}

struct Key<'a> {
    text: Cow<'a, str>,
    at: Position,
    is_merge: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(limits: &'a ImportLimits) -> Self {
        Self {
            document: Document::default(),
            open: Vec::new(),
            entries: Vec::new(),
            items: Vec::new(),
            root: None,
            expanded: 0,
            aliases: 0,
            limits,
            duplicates: Vec::new(),
        }
    }

    /// Whether the next scalar is a key of the open mapping.
    pub(super) fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { container: Container::Mapping { key: None, .. }, .. }))
    }

    /// A key of the open mapping; `is_merge` marks the YAML merge key.
    pub(super) fn key(&mut self, text: Cow<'a, str>, at: Position, is_merge: bool) {
        if let Some(Frame { container: Container::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(Key { text, at, is_merge });
        }
    }

    pub(super) fn scalar(&mut self, value: Value<'a>, at: Position) -> Result<Built, Malformed> {
        self.check_depth(1, at)?;
        self.finish(value, at, 1, 1)
    }

    pub(super) fn begin_sequence(&mut self, at: Position) -> Result<(), Malformed> {
        self.begin(Container::Sequence { start: self.items.len() }, at)
    }

    pub(super) fn begin_mapping(&mut self, at: Position) -> Result<(), Malformed> {
        let start = self.entries.len();
        self.begin(Container::Mapping { start, key: None, merges: Vec::new(), index: None }, at)
    }

    fn begin(&mut self, container: Container<'a>, at: Position) -> Result<(), Malformed> {
        self.check_depth(1, at)?;
        self.open.push(Frame { at, container, size: 1, height: 1 });
        Ok(())
    }

    /// Ends the open sequence or mapping; the caller hands the result to [`Builder::place`].
    pub(super) fn end(&mut self) -> Result<Option<(Built, Position)>, Malformed> {
        let Some(frame) = self.open.pop() else { return Ok(None) };
        let built = match frame.container {
            Container::Sequence { start } => {
                let members = members(self.document.items.len(), self.items.len() - start, frame.at)?;
                self.document.items.extend(self.items.drain(start..));
                self.finish(Value::Sequence(members), frame.at, frame.size, frame.height)?
            }
            Container::Mapping { start, merges, mut index, .. } => {
                for merged in merges {
                    self.merge(start, &mut index, merged, frame.at)?;
                }
                let members = members(self.document.entries.len(), self.entries.len() - start, frame.at)?;
                self.document.entries.extend(self.entries.drain(start..));
                let built = self.finish(Value::Mapping(members), frame.at, frame.size, frame.height)?;
                if let Some(index) = index {
                    self.document.indexes.insert(built.id, index);
                }
                built
            }
        };
        Ok(Some((built, frame.at)))
    }

    /// `{name: inner}` in place of `inner`: the long form of a short-form intrinsic function.
    pub(super) fn wrap(&mut self, name: String, inner: Built, at: Position) -> Result<Built, Malformed> {
        self.check_depth(inner.height + 1, at)?;
        let members = members(self.document.entries.len(), 1, at)?;
        self.document.entries.push(Entry { key: Cow::Owned(name), key_at: at, value: inner.id });
        self.finish(Value::Mapping(members), at, inner.size + 1, inner.height + 1)
    }

    /// Counts one use of an alias of `target`.
    pub(super) fn alias(&mut self, target: Built, at: Position) -> Result<(), Malformed> {
        self.aliases += 1;
        if self.aliases > self.limits.aliases {
            return Err(too_large(
                at,
                format!("found more than {} aliases, which is the limit", self.limits.aliases),
            ));
        }
        self.check_depth(target.height, at)?;
        self.count(target.size, at)
    }

    /// Puts a finished node under the open container, or makes it the root.
    pub(super) fn place(&mut self, built: Built) {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(built.id);
            return;
        };
        frame.size = frame.size.saturating_add(built.size);
        frame.height = frame.height.max(built.height + 1);
        match &mut frame.container {
            Container::Sequence { .. } => self.items.push(built.id),
            Container::Mapping { start, key, merges, index } => {
                let Some(key) = key.take() else { return };
                if key.is_merge {
                    merges.push(built.id);
                    return;
                }
                let entry = Entry { key: key.text, key_at: key.at, value: built.id };
                match offset(&self.entries[*start..], index.as_ref(), &entry.key) {
                    None => push(&mut self.entries, *start, index, entry),
                    // The last one counts, so that both are looked at when findings are made.
                    Some(offset) => {
                        let first = &mut self.entries[*start + offset];
                        self.duplicates.push(DuplicateKey {
                            key: entry.key.to_string(),
                            at: entry.key_at,
                            first: first.key_at,
                        });
                        *first = entry;
                    }
                }
            }
        }
    }

    pub(super) fn into_document(mut self) -> Option<Document<'a>> {
        self.document.root = self.root?;
        Some(self.document)
    }

    /// Entries that the mapping does not have itself; the first of several merged mappings wins.
    fn merge(
        &mut self,
        start: usize,
        index: &mut Option<KeyIndex<'a>>,
        merged: NodeId,
        at: Position,
    ) -> Result<(), Malformed> {
        let node = &self.document.nodes[merged as usize];
        let sources = match node.value {
            Value::Mapping(_) => vec![merged],
            Value::Sequence(members) => self.document.items[members.range()].to_vec(),
            _ => {
                return Err(Malformed {
                    code: "document-malformed",
                    at: node.at,
                    message:
                        "found a merge key `<<` without a mapping, expected a mapping or a list of mappings"
                            .to_owned(),
                    help: None,
                });
            }
        };
        let mut added = 0;
        for source in sources {
            let Value::Mapping(members) = self.document.nodes[source as usize].value else { continue };
            for entry in &self.document.entries[members.range()] {
                if offset(&self.entries[start..], index.as_ref(), &entry.key).is_none() {
                    push(&mut self.entries, start, index, entry.clone());
                    added += 1;
                }
            }
        }
        self.count(added, at)
    }

    fn finish(
        &mut self,
        value: Value<'a>,
        at: Position,
        size: usize,
        height: usize,
    ) -> Result<Built, Malformed> {
        self.count(1, at)?;
        let id = NodeId::try_from(self.document.nodes.len())
            .map_err(|_| too_large(at, "the document has too many nodes".to_owned()))?;
        self.document.nodes.push(NodeData { value, at, size: u32::try_from(size).unwrap_or(u32::MAX) });
        Ok(Built { id, size, height })
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), Malformed> {
        self.expanded = self.expanded.saturating_add(nodes);
        if self.expanded > self.limits.nodes {
            return Err(too_large(
                at,
                format!("the document has more than {} nodes, which is the limit", self.limits.nodes),
            ));
        }
        Ok(())
    }

    fn check_depth(&self, height: usize, at: Position) -> Result<(), Malformed> {
        let limit = self.limits.nesting_depth;
        if self.open.len().saturating_add(height) > limit {
            return Err(too_large(
                at,
                format!("the document nests deeper than {limit} levels, which is the limit"),
            ));
        }
        Ok(())
    }
}

/// Where a key stands among the entries of a mapping.
fn offset(entries: &[Entry<'_>], index: Option<&KeyIndex<'_>>, key: &str) -> Option<usize> {
    match index {
        Some(index) => index.get(key).map(|offset| *offset as usize),
        None => entries.iter().position(|entry| entry.key == key),
    }
}

/// Adds an entry to the mapping at `start`, and an index once it is large.
fn push<'a>(entries: &mut Vec<Entry<'a>>, start: usize, index: &mut Option<KeyIndex<'a>>, entry: Entry<'a>) {
    // Entries are counted in u32 because nodes are.
    let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    if let Some(index) = index {
        index.insert(entry.key.clone(), number(entries.len() - start));
    }
    entries.push(entry);
    if index.is_none() && entries.len() - start > SMALL_MAPPING {
        let all = entries[start..].iter().enumerate();
        *index = Some(all.map(|(offset, entry)| (entry.key.clone(), number(offset))).collect());
    }
}

fn members(start: usize, count: usize, at: Position) -> Result<Members, Malformed> {
    match (u32::try_from(start), u32::try_from(count)) {
        (Ok(start), Ok(count)) => Ok(Members { start, count }),
        _ => Err(too_large(at, "the document has too many nodes".to_owned())),
    }
}

fn too_large(at: Position, message: String) -> Malformed {
    Malformed { code: "document-too-large", at, message, help: None }
}
