//! Collects findings, sorts them by place and caps them.

use super::document::Position;
use crate::finding::{Finding, Location, Severity};
use indexmap::IndexMap;
use std::sync::Arc;

/// Findings kept before sorting, per severity group; bounds memory on hopeless documents.
const KEPT_PER_GROUP: usize = 10_000;

/// Findings that get suggestions, which are costly to find.
const HELPED: usize = 1_000;

/// Everything an import has to say so far.
pub(super) struct Findings {
    file: Arc<str>,
    errors: Vec<Finding>,
    others: Vec<Finding>,
    /// Findings beyond what is kept.
    dropped: usize,
    /// Findings that are told once however often they occur.
    repeated: IndexMap<(Severity, String), Repeated>,
}

struct Repeated {
    finding: Finding,
    times: usize,
}

impl Findings {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.into(),
            errors: Vec::new(),
            others: Vec::new(),
            dropped: 0,
            repeated: IndexMap::new(),
        }
    }

    pub(super) fn location(&self, at: Position) -> Location {
        Location { file: Arc::clone(&self.file), line: at.line, column: at.column }
    }

    pub(super) fn error(&mut self, code: &'static str, at: Position, message: impl Into<String>) {
        self.push(Finding::error(code, &self.location(at), message));
    }

    pub(super) fn warning(&mut self, code: &'static str, at: Position, message: impl Into<String>) {
        self.push(Finding::warning(code, &self.location(at), message));
    }

    pub(super) fn push(&mut self, finding: Finding) {
        let group = if finding.is_error() { &mut self.errors } else { &mut self.others };
        if group.len() < KEPT_PER_GROUP {
            group.push(finding);
        } else {
            self.dropped += 1;
        }
    }

    /// A finding told once per `key`, at its first place, with the number of further places.
    pub(super) fn once(&mut self, key: String, finding: impl FnOnce(&Self) -> Finding, severity: Severity) {
        if let Some(repeated) = self.repeated.get_mut(&(severity, key.clone())) {
            repeated.times += 1;
            return;
        }
        let finding = finding(self);
        self.repeated.insert((severity, key), Repeated { finding, times: 1 });
    }

    /// Whether there are so many findings already that further ones need no help.
    pub(super) fn is_flooded(&self) -> bool {
        self.errors.len() + self.others.len() > HELPED
    }

    /// Whether an error was found.
    pub(super) fn has_error(&self) -> bool {
        !self.errors.is_empty() || self.repeated.values().any(|r| r.finding.is_error())
    }

    /// All findings by place, at most `limit` of them and then a closing note.
    /// Errors are kept in preference to warnings and notes.
    pub(super) fn finish(mut self, limit: usize) -> Vec<Finding> {
        for (_, mut repeated) in std::mem::take(&mut self.repeated) {
            match repeated.times - 1 {
                0 => {}
                1 => repeated.finding.message.push_str(" (and 1 more place)"),
                more => repeated.finding.message.push_str(&format!(" (and {more} more places)")),
            }
            self.push(repeated.finding);
        }
        let file = Location { file: Arc::clone(&self.file), line: 0, column: 0 };
        let mut all = self.errors;
        all.sort_by(|a, b| a.at.cmp(&b.at));
        self.others.sort_by(|a, b| a.at.cmp(&b.at));
        all.append(&mut self.others);
        let left_out = self.dropped + all.len().saturating_sub(limit);
        all.truncate(limit);
        all.sort_by(|a, b| a.at.cmp(&b.at));
        if left_out > 0 {
            all.push(Finding::note(
                "findings-limit",
                &file,
                format!("{left_out} more findings are not shown, the limit is {limit}"),
            ));
        }
        all
    }
}
