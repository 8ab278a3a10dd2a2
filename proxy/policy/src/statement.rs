//! One compiled statement.

use crate::PolicyRequest;
use crate::condition::Condition;
use crate::pattern::{Case, Pattern};
use crate::principal::Principals;

/// `Allow` or `Deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Patterns of which one must match, or none where they are negated.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    pub(crate) negated: bool,
    pub(crate) entries: Box<[Pattern]>,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    /// `None`: every caller.
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Patterns,
    pub(crate) resources: Patterns,
    pub(crate) conditions: Box<[Condition]>,
}

impl Statement {
    pub(crate) fn denies(&self) -> bool {
        self.effect == Effect::Deny
    }

    /// Whether the statement is about the request. Actions ignore letter case, resources do not.
    pub(crate) fn applies(&self, request: &PolicyRequest<'_>) -> bool {
        self.principals.as_ref().is_none_or(|principals| principals.include(request.principal))
            && self.actions.include(request.action, Case::Ignored, request)
            && self.resources.include(request.resource, Case::Sensitive, request)
            && self.conditions.iter().all(|condition| condition.holds(request.conditions))
    }
}

impl Patterns {
    fn include(&self, text: &str, case: Case, request: &PolicyRequest<'_>) -> bool {
        self.entries.iter().any(|pattern| pattern.matches(text, case, request.conditions)) != self.negated
    }
}
