//! Finds the route of a path and verb.
//!
//! At every level a literal segment is preferred to `{parameter}`, and that to `{greedy+}`; a choice that leads
//! to no method for the verb is taken back. A verb of its own beats `ANY` on one resource; `ANY` on a more
//! specific resource beats any verb on a less specific one.
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>.
//!
//! - Segments are compared byte by byte as they arrive: `%2F` does not split a segment, and `/p%65ts` is not
//!   `/pets`. A more lenient comparison would let one resource be reached by spellings that a backend, an
//!   authorizer's policy or a log does not know to be the same.
//! - A run of slashes at the beginning counts as one; one slash at the end is ignored.
//! - An empty segment inside a path (`//`) can only be part of a greedy parameter's value.
//! - A parameter has at least one character; a greedy one has at least one segment that is not empty.
//!
//! The cost of a match does not depend on the number of routes: see [`table`].

mod build;
mod hash;
mod table;
mod walk;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use build::{Builder, RouterError};

use crate::limits::MAX_PATH_PARAMETERS;
use edgewit_model::api::Verb;
use table::Table;

/// The route table of a stage.
#[derive(Debug, Default)]
pub struct Router {
    table: Table,
    worst_case_visits: usize,
}

/// A route found, with the positions of its path parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Index of the route.
    pub route: usize,
    ranges: [(u32, u32); MAX_PATH_PARAMETERS],
    len: u8,
}

impl Match {
    /// The route at `index`, for a path that gives it no parameters.
    pub fn without_parameters(index: usize) -> Self {
        Self { route: index, ranges: [(0, 0); MAX_PATH_PARAMETERS], len: 0 }
    }

    /// Byte ranges into the path, in the order of the parameters in the resource path.
    pub fn parameters(&self) -> &[(u32, u32)] {
        self.ranges.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The percent-encoded value of the parameter at `index`, out of the path that was matched.
    pub fn parameter<'p>(&self, path: &'p str, index: usize) -> Option<&'p str> {
        let &(start, end) = self.parameters().get(index)?;
        path.get(start as usize..end as usize)
    }
}

impl Router {
    /// The route for a path after the stage (not decoded; begins with `/`, or is empty).
    ///
    /// `None` as verb is a method that is none of the seven, such as `TRACE`; it has no route.
    pub fn find(&self, path: &str, verb: Option<Verb>) -> Option<Match> {
        walk::find(&self.table, path, verb?, &mut ())
    }

    /// Nodes that a match may visit at most, whatever the path. Follows from the routes alone.
    pub fn worst_case_visits(&self) -> usize {
        self.worst_case_visits
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.table.heap_bytes()
    }

    /// As [`Router::find`], and the number of nodes visited.
    #[cfg(test)]
    pub(crate) fn find_counted(&self, path: &str, verb: Option<Verb>) -> (Option<Match>, usize) {
        let mut visits = 0;
        let found = verb.and_then(|verb| walk::find(&self.table, path, verb, &mut visits));
        (found, visits)
    }
}
