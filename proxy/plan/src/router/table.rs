//! The resource tree as a graph in which equal subtrees are stored once.
//!
//! Routes are numbered relative to the place that leads to them, so that the `/{id}` below `/pets` and the one below
//! `/orders` are one node, and so are all leaves with the same verbs. What is left to grow with the number of
//! routes is 24 bytes for each literal segment. They stand where a hash of the segment says, with the segment in
//! them: with 100,000 routes a match waits for memory about once, not once per level.
//!
//! Requests choose what is looked up but not what is stored, so nobody can make a hash table slow from outside:
//! each tries seeds until every child is found within [`MAX_PROBES`] slots.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the builder limits nodes and routes to 2^23, and the casts of hashes are meant to cut"
)]

use super::build::Draft;
use super::hash::{INLINE_BYTES, ends, hash, mix, place};
use std::collections::BTreeMap;

/// Slots of a hash table that one look-up reads at most.
const MAX_PROBES: usize = 32;

/// Seeds tried per table size.
const SEEDS: u16 = 8;

/// Sizes tried, as fractions of the number of children. The first is enough for any that do not collide on purpose.
const SIZES: [(usize, usize); 3] = [(3, 2), (2, 1), (4, 1)];

/// Literal children compared one after the other, without a hash table.
const SCANNED: usize = 4;

/// [`Edge::len`] of a segment that does not fit.
const LONG: u8 = u8::MAX;

/// Resources with the same verbs and the same below them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Where the literal children are: so many of them, or a hash table with so many places.
    first_edge: u32,
    edges: u32,
    /// The child `{name}`; 0 when there is none, for the root is nobody's child.
    parameter: u32,
    parameter_routes: u32,
    /// Number of the route of the lowest verb in `verbs`; the others follow.
    pub(super) first_route: u32,
    /// The same for the child `{name+}`, which has no children and is part of this node.
    pub(super) greedy_first_route: u32,
    /// A bit for each verb, in the order of `Verb::ALL`.
    pub(super) verbs: u8,
    /// The same for the greedy child; 0 when there is none.
    pub(super) greedy_verbs: u8,
    /// 0 when the edges are no hash table, else its seed.
    seed: u16,
}

/// A literal child.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    words: [u64; 2],
    /// The child, in 24 bits, and the length of the segment; all 0 is a free slot.
    target: u32,
    /// What is added to the numbers of all routes below.
    routes: u32,
}

/// A node and what is added to the numbers of all its routes.
#[derive(Clone, Copy)]
pub(super) struct Place<'t> {
    pub(super) node: &'t Node,
    pub(super) routes: u32,
}

/// All nodes of a tree; the root is the first.
#[derive(Debug, Default)]
pub(super) struct Table {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Segments longer than 16 bytes.
    long: Vec<u8>,
}

impl Node {
    #[inline]
    pub(super) fn has_literals(&self) -> bool {
        self.edges != 0
    }

    #[inline]
    pub(super) fn has_parameter(&self) -> bool {
        self.parameter != 0
    }
}

impl Edge {
    #[inline]
    fn is(&self, words: [u64; 2], len: u8) -> bool {
        self.words == words && self.target >> 24 == u32::from(len)
    }
}

impl Table {
    #[inline]
    pub(super) fn root(&self) -> Option<Place<'_>> {
        Some(Place { node: self.nodes.first()?, routes: 0 })
    }

    /// The literal child for a segment that is not empty.
    #[inline]
    pub(super) fn literal(&self, parent: Place<'_>, segment: &[u8]) -> Option<Place<'_>> {
        if segment.len() > INLINE_BYTES {
            return self.long_literal(parent, segment);
        }
        let words = ends(segment);
        let len = segment.len() as u8;
        let seed = parent.node.seed;
        self.edge(parent, || mix(u64::from(seed), words, u64::from(len)), |edge| edge.is(words, len))
    }

    #[cold]
    fn long_literal(&self, parent: Place<'_>, segment: &[u8]) -> Option<Place<'_>> {
        let seed = parent.node.seed;
        self.edge(
            parent,
            || hash(seed, segment),
            |edge| {
                let [start, len] = edge.words.map(|word| word as usize);
                edge.target >> 24 == u32::from(LONG) && self.long.get(start..start + len) == Some(segment)
            },
        )
    }

    #[inline]
    fn edge(
        &self,
        parent: Place<'_>,
        hash: impl FnOnce() -> u64,
        same: impl Fn(&Edge) -> bool,
    ) -> Option<Place<'_>> {
        let first = parent.node.first_edge as usize;
        let edge = if parent.node.seed == 0 {
            let edges = self.edges.get(first..first + parent.node.edges as usize)?;
            edges.iter().find(|edge| same(edge))?
        } else {
            let first = first + place(hash(), parent.node.edges as usize);
            let edges = self.edges.get(first..)?.iter().take(MAX_PROBES);
            edges.take_while(|edge| edge.target != 0).find(|edge| same(edge))?
        };
        self.place(edge.target & 0xff_ffff, parent.routes + edge.routes)
    }

    /// The child `{name}`, when [`Node::has_parameter`].
    #[inline]
    pub(super) fn parameter(&self, parent: Place<'_>) -> Option<Place<'_>> {
        self.place(parent.node.parameter, parent.routes + parent.node.parameter_routes)
    }

    #[inline]
    fn place(&self, number: u32, routes: u32) -> Option<Place<'_>> {
        Some(Place { node: self.nodes.get(number as usize)?, routes })
    }

    /// Lays out what the builder collected; the root is first, children come after their parents.
    ///
    /// `None` when literal segments beside each other collide under all seeds, which they do not by chance.
    pub(super) fn build(drafts: &[Draft], segments: &[&str]) -> Option<Table> {
        let mut table = Table { nodes: vec![Node::default()], ..Table::default() };
        // Of each draft: the node that it became, and the least number of the routes in and below it.
        let mut placed = vec![(0u32, u32::MAX); drafts.len()];
        let mut known = BTreeMap::new();
        for (index, draft) in drafts.iter().enumerate().rev() {
            let child = |index: usize| placed.get(index).copied().unwrap_or_default();
            let least = draft
                .literals
                .iter()
                .map(|&(_, index)| child(index).1)
                .chain(draft.parameter.map(|index| child(index).1))
                .chain((draft.verbs != 0).then_some(draft.first_route))
                .chain((draft.greedy_verbs != 0).then_some(draft.greedy_first_route))
                .min()
                .unwrap_or_default();
            let relative = |route: u32, used: bool| if used { route - least } else { 0 };
            let (parameter, parameter_routes) = draft.parameter.map_or((0, 0), |index| {
                let (node, routes) = child(index);
                (node, routes - least)
            });
            let node = Node {
                parameter,
                parameter_routes,
                first_route: relative(draft.first_route, draft.verbs != 0),
                greedy_first_route: relative(draft.greedy_first_route, draft.greedy_verbs != 0),
                verbs: draft.verbs,
                greedy_verbs: draft.greedy_verbs,
                ..Node::default()
            };
            let mut literals: Vec<(u32, u32, u32)> = draft
                .literals
                .iter()
                .map(|&(segment, index)| {
                    let (node, routes) = child(index);
                    (segment, node, routes - least)
                })
                .collect();
            literals.sort_unstable();
            let number = if index == 0 {
                let mut root = table.with_edges(node, &literals, segments)?;
                // Nothing leads to the root, so nothing can carry what its numbers lack.
                table.shift(&mut root, least);
                if let Some(place) = table.nodes.first_mut() {
                    *place = root;
                }
                0
            } else {
                let key =
                    (node.verbs, node.greedy_verbs, node.first_route, node.greedy_first_route, parameter);
                let key = (key, parameter_routes, literals);
                match known.get(&key) {
                    Some(&number) => number,
                    None => {
                        let node = table.with_edges(node, &key.2, segments)?;
                        let number = table.nodes.len() as u32;
                        table.nodes.push(node);
                        known.insert(key, number);
                        number
                    }
                }
            };
            if let Some(place) = placed.get_mut(index) {
                *place = (number, least);
            }
        }
        table.nodes.shrink_to_fit();
        table.edges.shrink_to_fit();
        Some(table)
    }

    fn shift(&mut self, root: &mut Node, by: u32) {
        root.parameter_routes += by;
        root.first_route += by;
        root.greedy_first_route += by;
        // The root is stored last, so these are the edges behind its first.
        for edge in self.edges.get_mut(root.first_edge as usize..).unwrap_or_default() {
            edge.routes += by;
        }
    }

    /// Stores the literal children: segment, node, routes.
    fn with_edges(&mut self, node: Node, literals: &[(u32, u32, u32)], segments: &[&str]) -> Option<Node> {
        let edges: Vec<(Edge, &[u8])> = literals
            .iter()
            .map(|&(segment, target, routes)| {
                let segment = segments.get(segment as usize).copied().unwrap_or_default().as_bytes();
                let (words, len) = if segment.len() <= INLINE_BYTES {
                    (ends(segment), segment.len() as u8)
                } else {
                    ([self.keep(segment), segment.len() as u64], LONG)
                };
                (Edge { words, target: target | u32::from(len) << 24, routes }, segment)
            })
            .collect();
        let (seed, places, slots) = if edges.len() <= SCANNED {
            (0, edges.len(), edges.into_iter().map(|(edge, _)| edge).collect())
        } else {
            hash_table(&edges)?
        };
        let first_edge = self.edges.len() as u32;
        self.edges.extend_from_slice(&slots);
        Some(Node { first_edge, edges: places as u32, seed, ..node })
    }

    /// Where a long segment begins in `long`.
    fn keep(&mut self, segment: &[u8]) -> u64 {
        let start = self.long.len();
        self.long.extend_from_slice(segment);
        start as u64
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.nodes) + size_of_val(&*self.edges) + self.long.len()
    }
}

/// Seed, number of places and slots of a table of edges by segment; `None` when the segments collide under all seeds.
///
/// Edges stand in the order of their places, each at its own or as close behind it as there is room, so that the one
/// farthest off is as near as can be. A free slot ends the table.
fn hash_table(edges: &[(Edge, &[u8])]) -> Option<(u16, usize, Vec<Edge>)> {
    for (numerator, denominator) in SIZES {
        let len = edges.len() * numerator / denominator + 1;
        for seed in 1..=SEEDS {
            let mut places: Vec<(usize, &Edge)> =
                edges.iter().map(|(edge, segment)| (place(hash(seed, segment), len), edge)).collect();
            places.sort_by_key(|(place, _)| *place);
            let mut slots = vec![Edge::default(); len + 2 * MAX_PROBES];
            let mut next = 0;
            let near = places.into_iter().all(|(place, edge)| {
                next = place.max(next);
                let free = slots.get_mut(next).filter(|_| next - place < MAX_PROBES);
                next += 1;
                free.map(|free| *free = *edge).is_some()
            });
            if near {
                slots.truncate(next.max(len) + 1);
                return Some((seed, len, slots));
            }
        }
    }
    None
}
