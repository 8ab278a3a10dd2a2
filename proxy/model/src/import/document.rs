//! A document tree that remembers where everything stands.
//!
//! Nodes live in arenas and refer to each other by index, so YAML aliases and merge keys share
//! subtrees instead of copying them.
//! Intrinsic functions in short form (`!Sub x`) are kept in their long form (`{"Fn::Sub": x}`).

use std::borrow::Cow;
use std::collections::HashMap;

/// Line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Index of a node in its document.
pub(super) type NodeId = u32;

/// One entry of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) key_at: Position,
    pub(super) value: NodeId,
}

/// Where the members of a list or mapping stand in the document's arenas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members {
    pub(super) start: u32,
    pub(super) count: u32,
}

impl Members {
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.count as usize
    }
}

/// The value of one node. Numbers keep their text, so that `1.0` and `0012` survive as written.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
    Sequence(Members),
    Mapping(Members),
}

/// One node of the arena.
#[derive(Debug)]
pub(super) struct NodeData<'a> {
    pub(super) value: Value<'a>,
    pub(super) at: Position,
    /// Nodes in the subtree with every alias written out.
    pub(super) size: u32,
}

/// Offset of every key of a large mapping within its members.
pub(super) type KeyIndex<'a> = HashMap<Cow<'a, str>, u32>;

/// A parsed document: three arenas, so that a tree of any shape costs few allocations.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    pub(super) nodes: Vec<NodeData<'a>>,
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) items: Vec<NodeId>,
    /// Indexes of the mappings that are too large to be searched entry by entry.
    pub(super) indexes: HashMap<NodeId, KeyIndex<'a>>,
    pub(super) root: NodeId,
}

/// Entries up to which a mapping is searched one by one.
pub(super) const SMALL_MAPPING: usize = 16;

impl<'a> Document<'a> {
    /// The outermost node.
    pub(super) fn root(&'a self) -> Node<'a> {
        Node { document: self, id: self.root }
    }

    /// The entry under `key` of the mapping `id`.
    pub(super) fn find(&self, id: NodeId, key: &str) -> Option<&Entry<'a>> {
        let Value::Mapping(members) = self.nodes[id as usize].value else { return None };
        let entries = &self.entries[members.range()];
        if entries.len() <= SMALL_MAPPING {
            return entries.iter().find(|entry| entry.key == key);
        }
        entries.get(*self.indexes.get(&id)?.get(key)? as usize)
    }
}

/// A place in a document; cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Node<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

impl<'d> Node<'d> {
    fn data(self) -> &'d NodeData<'d> {
        &self.document.nodes[self.id as usize]
    }

    fn at(self, id: NodeId) -> Node<'d> {
        Node { document: self.document, id }
    }

    /// Where the node begins.
    pub(super) fn position(self) -> Position {
        self.data().at
    }

    /// Identity within the document, for cycle detection.
    pub(super) fn id(self) -> NodeId {
        self.id
    }

    /// Nodes in the subtree, this one included.
    pub(super) fn size(self) -> usize {
        self.data().size as usize
    }

    pub(super) fn value(self) -> &'d Value<'d> {
        &self.data().value
    }

    /// What a finding calls this node.
    pub(super) fn kind(self) -> &'static str {
        match self.value() {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self.value(), Value::Null)
    }

    /// The text of a string node.
    pub(super) fn as_str(self) -> Option<&'d str> {
        match self.value() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under `key`; `None` when this is no mapping or has no such key.
    pub(super) fn get(self, key: &str) -> Option<Node<'d>> {
        self.document.find(self.id, key).map(|entry| self.at(entry.value))
    }

    /// Key, place of the key, and value of every entry; empty when this is no mapping.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'d str, Position, Node<'d>)> {
        let entries = match self.value() {
            Value::Mapping(members) => &self.document.entries[members.range()],
            _ => &[],
        };
        entries.iter().map(move |entry| (entry.key.as_ref(), entry.key_at, self.at(entry.value)))
    }

    /// Number of entries or items.
    pub(super) fn len(self) -> usize {
        match self.value() {
            Value::Mapping(members) | Value::Sequence(members) => members.count as usize,
            _ => 0,
        }
    }

    /// The items of a list; empty when this is none.
    pub(super) fn items(self) -> impl Iterator<Item = Node<'d>> {
        let items = match self.value() {
            Value::Sequence(members) => &self.document.items[members.range()],
            _ => &[],
        };
        items.iter().map(move |id| self.at(*id))
    }

    pub(super) fn is_mapping(self) -> bool {
        matches!(self.value(), Value::Mapping(_))
    }

    pub(super) fn is_sequence(self) -> bool {
        matches!(self.value(), Value::Sequence(_))
    }
}

/// Why text could not be made into a document.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) code: &'static str,
    pub(super) at: Position,
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
}

/// A key that stands twice in one mapping.
#[derive(Debug)]
pub(super) struct DuplicateKey {
    pub(super) key: String,
    pub(super) at: Position,
    pub(super) first: Position,
}
