//! Puts a document together from a stream of events, within limits.

use super::ImportLimits;
use super::document::{Document, DuplicateKey, Entry, Malformed, Mapping, NodeData, NodeId, Position, Value};
use std::borrow::Cow;

/// A finished node with what it weighs when every alias in it is written out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built {
    pub(super) id: NodeId,
    /// Nodes in the subtree, this one included.
    size: usize,
    /// Levels in the subtree; 1 for a scalar.
    height: usize,
}

/// Collects nodes; the parsers call it in document order.
pub(super) struct Builder<'a> {
    nodes: Vec<NodeData<'a>>,
    open: Vec<Frame<'a>>,
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

enum Container<'a> {
    Sequence(Vec<NodeId>),
    Mapping { map: Mapping<'a>, key: Option<Key<'a>>, merges: Vec<NodeId> },
}

struct Key<'a> {
    text: Cow<'a, str>,
    at: Position,
    is_merge: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(limits: &'a ImportLimits) -> Self {
        Self {
            nodes: Vec::new(),
            open: Vec::new(),
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
        self.begin(Container::Sequence(Vec::new()), at)
    }

    pub(super) fn begin_mapping(&mut self, at: Position) -> Result<(), Malformed> {
        self.begin(Container::Mapping { map: Mapping::default(), key: None, merges: Vec::new() }, at)
    }

    fn begin(&mut self, container: Container<'a>, at: Position) -> Result<(), Malformed> {
        self.check_depth(1, at)?;
        self.open.push(Frame { at, container, size: 1, height: 1 });
        Ok(())
    }

    /// Ends the open sequence or mapping; the caller hands the result to [`Builder::place`].
    pub(super) fn end(&mut self) -> Result<Option<(Built, Position)>, Malformed> {
        let Some(frame) = self.open.pop() else { return Ok(None) };
        let value = match frame.container {
            Container::Sequence(items) => Value::Sequence(items),
            Container::Mapping { mut map, merges, .. } => {
                for merged in merges {
                    self.merge(&mut map, merged, frame.at)?;
                }
                Value::Mapping(Box::new(map))
            }
        };
        Ok(Some((self.finish(value, frame.at, frame.size, frame.height)?, frame.at)))
    }

    /// `{name: inner}` in place of `inner`: the long form of a short-form intrinsic function.
    pub(super) fn wrap(&mut self, name: String, inner: Built, at: Position) -> Result<Built, Malformed> {
        let mut map = Mapping::default();
        map.insert(Cow::Owned(name), Entry { key_at: at, value: inner.id });
        self.check_depth(inner.height + 1, at)?;
        self.finish(Value::Mapping(Box::new(map)), at, inner.size + 1, inner.height + 1)
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
            Container::Sequence(items) => items.push(built.id),
            Container::Mapping { map, key, merges } => {
                let Some(key) = key.take() else { return };
                if key.is_merge {
                    merges.push(built.id);
                    return;
                }
                if let Some(first) = map.get(&key.text) {
                    self.duplicates.push(DuplicateKey {
                        key: key.text.to_string(),
                        at: key.at,
                        first: first.key_at,
                    });
                }
                map.insert(key.text, Entry { key_at: key.at, value: built.id });
            }
        }
    }

    pub(super) fn into_document(self) -> Option<Document<'a>> {
        Some(Document { root: self.root?, nodes: self.nodes })
    }

    /// Entries that the mapping does not have itself; the first of several merged mappings wins.
    fn merge(&mut self, map: &mut Mapping<'a>, merged: NodeId, at: Position) -> Result<(), Malformed> {
        let sources = match &self.nodes[merged as usize].value {
            Value::Mapping(_) => vec![merged],
            Value::Sequence(items) => items.clone(),
            _ => Vec::new(),
        };
        let mut added = 0;
        for source in &sources {
            let Value::Mapping(from) = &self.nodes[*source as usize].value else { continue };
            for (key, entry) in from.iter() {
                if !map.contains_key(key) {
                    map.insert(key.clone(), *entry);
                    added += 1;
                }
            }
        }
        if sources.is_empty() {
            return Err(Malformed {
                code: "document-malformed",
                at: self.nodes[merged as usize].at,
                message: "found a merge key `<<` without a mapping, expected a mapping or a list of mappings"
                    .to_owned(),
                help: None,
            });
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
        let id = NodeId::try_from(self.nodes.len())
            .map_err(|_| too_large(at, "the document has too many nodes".to_owned()))?;
        self.nodes.push(NodeData { value, at, size: u32::try_from(size).unwrap_or(u32::MAX) });
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
        if self.open.len().saturating_add(height) > self.limits.nesting_depth {
            return Err(too_large(
                at,
                format!("the document nests deeper than {} levels, which is the limit", self.limits.nesting_depth),
            ));
        }
        Ok(())
    }
}

fn too_large(at: Position, message: String) -> Malformed {
    Malformed { code: "document-too-large", at, message, help: None }
}
