//! One match: the walk through the table.

#![expect(clippy::cast_possible_truncation, reason = "`find` refuses paths of more than 2^32 bytes")]

use super::Match;
use super::table::{Place, Table};
use crate::limits::MAX_PATH_PARAMETERS;
use edgewit_model::api::Verb;

/// Counts visited nodes in tests, and nothing otherwise.
pub(super) trait Visits {
    fn visit(&mut self);
}

impl Visits for () {
    #[inline]
    fn visit(&mut self) {}
}

#[cfg(test)]
impl Visits for usize {
    fn visit(&mut self) {
        *self += 1;
    }
}

pub(super) fn find<V: Visits>(table: &Table, path: &str, verb: Verb, visits: &mut V) -> Option<Match> {
    let path = path.as_bytes();
    u32::try_from(path.len()).ok()?;
    let start = path.iter().position(|&b| b != b'/').unwrap_or(path.len());
    let end = if path.len() > start && path.last() == Some(&b'/') { path.len() - 1 } else { path.len() };
    let last_character = path.iter().rposition(|&b| b != b'/').unwrap_or(0);
    let root = table.root()?;
    let mut walk = Walk {
        table,
        path,
        end,
        last_character,
        verb: bit(verb),
        ranges: [(0, 0); MAX_PATH_PARAMETERS],
        visits,
    };
    let (route, len) = if start == end {
        walk.visits.visit();
        (walk.method(root.node.verbs, root.routes + root.node.first_route)?, 0)
    } else {
        walk.descend(root, start, 0)?
    };
    Some(Match { route: route as usize, ranges: walk.ranges, len: len as u8 })
}

struct Walk<'a, V> {
    table: &'a Table,
    path: &'a [u8],
    /// Where the last segment ends.
    end: usize,
    /// The last byte that is not a slash.
    last_character: usize,
    verb: u8,
    ranges: [(u32, u32); MAX_PATH_PARAMETERS],
    visits: &'a mut V,
}

impl<V: Visits> Walk<'_, V> {
    /// Route and number of parameters below `node`, for the segments from `start`.
    ///
    /// Recursion is as deep as the tree, which the builder limits, not as the path.
    fn descend(&mut self, at: Place<'_>, start: usize, len: usize) -> Option<(u32, usize)> {
        self.visits.visit();
        let node = at.node;
        let rest = self.path.get(start..self.end)?;
        if node.has_literals() || node.has_parameter() {
            let segment = match rest.iter().position(|&b| b == b'/') {
                Some(length) => rest.get(..length)?,
                None => rest,
            };
            if !segment.is_empty() {
                let stop = start + segment.len();
                if node.has_literals()
                    && let Some(child) = self.table.literal(at, segment)
                    && let Some(found) = self.enter(child, stop, len)
                {
                    return Some(found);
                }
                if node.has_parameter()
                    && let Some(child) = self.table.parameter(at)
                {
                    *self.ranges.get_mut(len)? = (start as u32, stop as u32);
                    if let Some(found) = self.enter(child, stop, len + 1) {
                        return Some(found);
                    }
                }
            }
        }
        if node.greedy_verbs != 0 && start <= self.last_character {
            let route = self.method(node.greedy_verbs, at.routes + node.greedy_first_route)?;
            *self.ranges.get_mut(len)? = (start as u32, self.end as u32);
            return Some((route, len + 1));
        }
        None
    }

    /// What `child` gives when the segments up to `stop` are used up.
    #[inline]
    fn enter(&mut self, child: Place<'_>, stop: usize, len: usize) -> Option<(u32, usize)> {
        if stop == self.end {
            self.visits.visit();
            Some((self.method(child.node.verbs, child.routes + child.node.first_route)?, len))
        } else {
            self.descend(child, stop + 1, len)
        }
    }

    /// The route of the verb, else of `ANY`.
    #[inline]
    fn method(&self, verbs: u8, first: u32) -> Option<u32> {
        let wanted = if verbs & self.verb != 0 { self.verb } else { bit(Verb::ANY) & verbs };
        (wanted != 0).then(|| first + (verbs & (wanted - 1)).count_ones())
    }
}

/// The verb's bit in a node's verbs.
#[inline]
pub(super) fn bit(verb: Verb) -> u8 {
    1 << (verb as u8)
}
