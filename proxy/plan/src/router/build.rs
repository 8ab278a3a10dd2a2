//! From resource paths to the table.

use super::Router;
use super::table::Table;
use super::walk::bit;
use crate::limits::{MAX_PATH_PARAMETERS, MAX_PATH_SEGMENTS};
use edgewit_model::api::Verb;
use std::collections::BTreeMap;

/// Routes in one router, and resources: what the 24 bits of an edge can tell apart.
const MAX_ROUTES: usize = 1 << 23;

/// Why a resource cannot be routed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterError {
    /// Does not begin with a slash, or has an empty segment.
    #[error("`{0}` has an empty segment; a resource path is `/` or `/segment/segment`")]
    EmptySegment(String),
    /// Braces that do not span a whole segment, or with nothing between them.
    #[error("`{0}` is not a path segment: a variable fills its whole segment, as `{{name}}` or `{{name+}}`")]
    PartialVariable(String),
    /// `{name+}` with something behind it.
    #[error("`{0}` is greedy and must be the last segment")]
    GreedyNotLast(String),
    /// More parameters than a match can hold.
    #[error("{found} path parameters; at most {MAX_PATH_PARAMETERS} are supported")]
    TooManyParameters {
        /// Parameters in the path.
        found: usize,
    },
    /// Deeper than the tree may be.
    #[error("{found} path segments; at most {MAX_PATH_SEGMENTS} are supported")]
    TooManySegments {
        /// Segments in the path.
        found: usize,
    },
    /// The same path, or one that differs in the names of its variables only.
    #[error("the same requests as `{0}` would match; only one variable is allowed at one place")]
    SameAs(String),
    /// More routes than the numbers in a node can tell apart.
    #[error("more than {MAX_ROUTES} routes")]
    TooManyRoutes,
    /// Literal segments beside each other that were made to be slow to tell apart.
    #[error("the literal path segments at one place collide; renaming a few helps")]
    Collisions,
}

/// Collects resources and numbers their methods.
#[derive(Debug)]
pub struct Builder {
    nodes: Vec<Draft>,
    /// Numbers of the segments seen.
    segments: BTreeMap<String, u32>,
    literals: BTreeMap<(usize, u32), usize>,
    routes: usize,
}

/// A node to be laid out.
#[derive(Debug, Default)]
pub(super) struct Draft {
    parent: usize,
    is_literal: bool,
    /// Numbers of the segments and indices of the literal children.
    pub(super) literals: Vec<(u32, usize)>,
    /// Index of the child `{name}`.
    pub(super) parameter: Option<usize>,
    path: Option<Box<str>>,
    greedy_path: Option<Box<str>>,
    /// Bits of the verbs and number of the first one's route.
    pub(super) verbs: u8,
    pub(super) first_route: u32,
    /// The same of the child `{name+}`.
    pub(super) greedy_verbs: u8,
    pub(super) greedy_first_route: u32,
}

impl Default for Builder {
    fn default() -> Self {
        let nodes = vec![Draft::default()];
        Self { nodes, segments: BTreeMap::new(), literals: BTreeMap::new(), routes: 0 }
    }
}

impl Builder {
    /// Adds the methods of a resource. Routes are numbered in the order of these calls and, within one, in the
    /// order of [`Verb::ALL`]; returned is the number of the first. `verbs` is not empty.
    ///
    /// # Errors
    ///
    /// When the path cannot be routed; nothing is added then.
    pub fn add(&mut self, path: &str, verbs: &[Verb]) -> Result<usize, RouterError> {
        let segments = segments(path)?;
        let bits = verbs.iter().fold(0, |bits, verb| bits | bit(*verb));
        let count = bits.count_ones() as usize;
        if self.routes + count > MAX_ROUTES || self.nodes.len() + segments.len() > MAX_ROUTES {
            return Err(RouterError::TooManyRoutes);
        }
        let (greedy, inner) = match segments.split_last() {
            Some((Segment::Greedy, inner)) => (true, inner),
            _ => (false, segments.as_slice()),
        };
        let mut at = 0;
        for segment in inner {
            at = match segment {
                Segment::Literal(text) => self.literal(at, text),
                Segment::Parameter | Segment::Greedy => self.parameter(at),
            };
        }
        let first = self.routes;
        let number = u32::try_from(first).map_err(|_| RouterError::TooManyRoutes)?;
        let Some(draft) = self.nodes.get_mut(at) else { return Err(RouterError::TooManyRoutes) };
        let taken = if greedy { &mut draft.greedy_path } else { &mut draft.path };
        if let Some(other) = taken {
            return Err(RouterError::SameAs(other.as_ref().to_owned()));
        }
        *taken = Some(path.into());
        if greedy {
            draft.greedy_verbs = bits;
            draft.greedy_first_route = number;
        } else {
            draft.verbs = bits;
            draft.first_route = number;
        }
        self.routes += count;
        Ok(first)
    }

    /// Nodes that a match may visit at most, over all paths: along the literal child with the most, plus the
    /// parameter child, at every node.
    pub fn worst_case_visits(&self) -> usize {
        let mut below = vec![(0usize, 0usize); self.nodes.len()];
        // Children come after their parents.
        for (index, draft) in self.nodes.iter().enumerate().skip(1).rev() {
            let (literal, parameter) = below.get(index).copied().unwrap_or_default();
            let visits = 1usize.saturating_add(literal).saturating_add(parameter);
            if let Some((literal, parameter)) = below.get_mut(draft.parent) {
                let best = if draft.is_literal { literal } else { parameter };
                *best = visits.max(*best);
            }
        }
        below
            .first()
            .map_or(1, |(literal, parameter)| 1usize.saturating_add(*literal).saturating_add(*parameter))
    }

    /// Lays the table out.
    ///
    /// # Errors
    ///
    /// [`RouterError::Collisions`].
    pub fn build(&self) -> Result<Router, RouterError> {
        let mut segments = vec![""; self.segments.len()];
        for (text, &number) in &self.segments {
            if let Some(place) = segments.get_mut(number as usize) {
                *place = text;
            }
        }
        let table = Table::build(&self.nodes, &segments).ok_or(RouterError::Collisions)?;
        Ok(Router { table, worst_case_visits: self.worst_case_visits() })
    }

    fn literal(&mut self, parent: usize, text: &str) -> usize {
        let segment = match self.segments.get(text) {
            Some(&number) => number,
            None => {
                // There are fewer segments than nodes, and those are limited.
                let number = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
                self.segments.insert(text.to_owned(), number);
                number
            }
        };
        if let Some(&child) = self.literals.get(&(parent, segment)) {
            return child;
        }
        let child = self.push(parent, true);
        self.literals.insert((parent, segment), child);
        if let Some(draft) = self.nodes.get_mut(parent) {
            draft.literals.push((segment, child));
        }
        child
    }

    fn parameter(&mut self, parent: usize) -> usize {
        if let Some(child) = self.nodes.get(parent).and_then(|draft| draft.parameter) {
            return child;
        }
        let child = self.push(parent, false);
        if let Some(draft) = self.nodes.get_mut(parent) {
            draft.parameter = Some(child);
        }
        child
    }

    fn push(&mut self, parent: usize, is_literal: bool) -> usize {
        self.nodes.push(Draft { parent, is_literal, ..Draft::default() });
        self.nodes.len() - 1
    }
}

/// One segment of a resource path.
#[derive(Debug, PartialEq, Eq)]
enum Segment<'a> {
    Literal(&'a str),
    Parameter,
    Greedy,
}

fn segments(path: &str) -> Result<Vec<Segment<'_>>, RouterError> {
    let empty = || RouterError::EmptySegment(path.to_owned());
    let inner = path.strip_prefix('/').ok_or_else(empty)?;
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    for text in inner.split('/') {
        if let Some(Segment::Greedy) = segments.last() {
            return Err(RouterError::GreedyNotLast(path.to_owned()));
        }
        segments.push(match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if name.contains(['{', '}']) || name.trim_end_matches('+').is_empty() => {
                return Err(RouterError::PartialVariable(text.to_owned()));
            }
            Some(name) if name.ends_with('+') => Segment::Greedy,
            Some(_) => Segment::Parameter,
            None if text.is_empty() => return Err(empty()),
            None if text.contains(['{', '}']) => return Err(RouterError::PartialVariable(text.to_owned())),
            None => Segment::Literal(text),
        });
    }
    let found = segments.len();
    if found > MAX_PATH_SEGMENTS {
        return Err(RouterError::TooManySegments { found });
    }
    let found = segments.iter().filter(|segment| !matches!(segment, Segment::Literal(_))).count();
    if found > MAX_PATH_PARAMETERS {
        return Err(RouterError::TooManyParameters { found });
    }
    Ok(segments)
}
