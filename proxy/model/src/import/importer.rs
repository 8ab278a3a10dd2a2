//! The state of one import, and how it reads values out of the document.

use super::ImportOptions;
use super::cloudformation::{Outcome, Resolver};
use super::document::{Node, Position, Value};
use super::findings::Findings;
use super::models::ModelNames;
use super::resolved::{Missing, Resolved};
use super::security::Schemes;
use crate::api::RestApi;
use crate::finding::{Finding, Severity};
use std::borrow::Cow;

/// The flavour of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    Swagger2,
    OpenApi3,
}

/// Whether an unresolved reference changes how requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Matters,
    Cosmetic,
}

/// One import under way.
pub(super) struct Importer<'d> {
    pub(super) root: Node<'d>,
    pub(super) options: &'d ImportOptions,
    pub(super) resolver: Resolver<'d>,
    pub(super) findings: Findings,
    pub(super) flavour: Flavour,
    pub(super) api: RestApi,
    pub(super) model_names: ModelNames<'d>,
    pub(super) schemes: Schemes<'d>,
    /// `consumes` and `produces` of a Swagger document's root.
    pub(super) consumes: Vec<String>,
    pub(super) produces: Vec<String>,
    /// `x-amazon-apigateway-request-validator` at the root.
    pub(super) default_validator: Option<(String, Position)>,
    /// Nodes that `$ref`s and root defaults have repeated so far.
    pub(super) repeated_nodes: usize,
}

impl<'d> Importer<'d> {
    /// The node with conditions evaluated and functions turned into text; `None` when it is null,
    /// `AWS::NoValue`, or cannot be evaluated (which is reported).
    fn outcome(&mut self, node: Node<'d>, what: &str, weight: Weight) -> Option<Outcome<'d>> {
        match self.resolver.outcome(node) {
            Ok(Outcome::Nothing) => None,
            Ok(Outcome::Node(inner)) if inner.is_null() => None,
            Ok(outcome) => Some(outcome),
            Err(unusable) => {
                let message = format!("{} (in `{what}`)", unusable.message);
                match weight {
                    Weight::Matters => self.findings.error("reference-unusable", unusable.at, message),
                    Weight::Cosmetic => self.findings.warning("reference-unusable", unusable.at, message),
                }
                None
            }
        }
    }

    /// Counts nodes that a `$ref` or a default repeats; false, and told once, beyond the node limit.
    pub(super) fn charge(&mut self, nodes: usize, at: Position) -> bool {
        let limit = self.options.limits.nodes;
        self.repeated_nodes = self.repeated_nodes.saturating_add(nodes);
        if self.repeated_nodes <= limit {
            return true;
        }
        self.findings.once(
            "repeated nodes".to_owned(),
            |findings| {
                let message = format!("the `$ref`s and defaults of this document repeat more than {limit} nodes, which is the limit");
                Finding::error("document-too-large", &findings.location(at), message)
            },
            Severity::Error,
        );
        false
    }

    /// The text of a scalar or function with its unresolved references not yet reported.
    pub(super) fn resolved(&mut self, node: Node<'d>, what: &str, weight: Weight) -> Option<Resolved> {
        match self.outcome(node, what, weight)? {
            Outcome::Text(resolved) => Some(resolved),
            Outcome::Node(node) => match node.value() {
                Value::String(text) => {
                    let text = self.resolver.aws_variables(text).into_owned();
                    Some(Resolved { text, missing: Vec::new() })
                }
                Value::Number(text) => Some(Resolved { text: text.to_string(), missing: Vec::new() }),
                Value::Bool(value) => Some(Resolved { text: value.to_string(), missing: Vec::new() }),
                _ => {
                    self.wrong_type(node, what, "text");
                    None
                }
            },
            Outcome::Nothing => None,
        }
    }

    /// The text of a scalar or function; `None` also when it is null.
    pub(super) fn text(&mut self, node: Node<'d>, what: &str, weight: Weight) -> Option<Cow<'d, str>> {
        // The common case, without a copy.
        if let Value::String(text) = node.value() {
            return Some(self.resolver.aws_variables(text));
        }
        let resolved = self.resolved(node, what, weight)?;
        self.report_missing(&resolved, node.position(), what, weight);
        Some(Cow::Owned(resolved.text))
    }

    /// Like [`Importer::text`] for the value under `key`.
    pub(super) fn text_at(&mut self, node: Node<'d>, key: &str, weight: Weight) -> Option<String> {
        self.text(node.get(key)?, key, weight).map(Cow::into_owned)
    }

    /// Tells which parameters to give; each name once, at its first place.
    pub(super) fn report_missing(&mut self, resolved: &Resolved, at: Position, what: &str, weight: Weight) {
        for Missing { name, is_condition, .. } in &resolved.missing {
            let severity = match weight {
                Weight::Matters => Severity::Error,
                Weight::Cosmetic => Severity::Warning,
            };
            let (kind, values) =
                if *is_condition { ("the condition", "true or false") } else { ("a reference to", "…") };
            let tell = |findings: &Findings| {
                let location = findings.location(at);
                let finding = match weight {
                    Weight::Matters => Finding::error(
                        "parameter-unknown",
                        &location,
                        format!("found {kind} `{name}` in `{what}`, expected a parameter of that name"),
                    ),
                    Weight::Cosmetic => Finding::warning(
                        "parameter-unknown",
                        &location,
                        format!(
                            "found {kind} `{name}` in `{what}` without a parameter of that name; the text keeps `${{{name}}}`"
                        ),
                    ),
                };
                finding.with_help(format!("add `{name}: {values}` under `parameters:` in edgewit.yaml"))
            };
            self.findings.once(format!("parameter {name}"), tell, severity);
        }
    }

    /// The mapping that a node is; `None` when null, reported when something else.
    pub(super) fn mapping(&mut self, node: Node<'d>, what: &str) -> Option<Node<'d>> {
        match self.outcome(node, what, Weight::Matters)? {
            Outcome::Node(node) if node.is_mapping() => Some(node),
            Outcome::Node(node) => {
                self.wrong_type(node, what, "a mapping");
                None
            }
            Outcome::Text(resolved) => {
                self.unexpected_text(&resolved, node, what, "a mapping");
                None
            }
            Outcome::Nothing => None,
        }
    }

    /// The mapping under `key`.
    pub(super) fn mapping_at(&mut self, node: Node<'d>, key: &str) -> Option<Node<'d>> {
        self.mapping(node.get(key)?, key)
    }

    /// The items of a list; empty when null, reported when something else.
    pub(super) fn list(&mut self, node: Node<'d>, what: &str) -> Vec<Node<'d>> {
        match self.outcome(node, what, Weight::Matters) {
            Some(Outcome::Node(node)) if node.is_sequence() => node.items().collect(),
            Some(Outcome::Node(node)) => {
                self.wrong_type(node, what, "a list");
                Vec::new()
            }
            Some(Outcome::Text(resolved)) => {
                self.unexpected_text(&resolved, node, what, "a list");
                Vec::new()
            }
            Some(Outcome::Nothing) | None => Vec::new(),
        }
    }

    /// The texts of a list.
    pub(super) fn texts(&mut self, node: Node<'d>, what: &str, weight: Weight) -> Vec<String> {
        let items = self.list(node, what);
        items.into_iter().filter_map(|item| self.text(item, what, weight).map(Cow::into_owned)).collect()
    }

    /// Warns about keys that nothing reads; extensions of other vendors are ignored.
    pub(super) fn unknown_keys(&mut self, node: Node<'d>, known: &[&str], owner: &str) {
        for (key, at, _) in node.entries() {
            if known.contains(&key) {
                continue;
            }
            if key.starts_with("x-") {
                self.misplaced(key, at);
                continue;
            }
            let location = self.findings.location(at);
            let mut finding = Finding::warning(
                "key-unknown",
                &location,
                format!("found the unknown key `{key}` in {owner}; it has no effect"),
            );
            if let Some(similar) = self.similar(key, known.iter().copied()) {
                finding = finding.with_help(format!("did you mean `{similar}`?"));
            }
            self.findings.push(finding);
        }
    }

    /// The known name that `name` most likely stands for.
    pub(super) fn similar<'k>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Option<&'k str> {
        if self.findings.is_flooded() { None } else { super::suggest::similar(name, known) }
    }

    pub(super) fn wrong_type(&mut self, node: Node<'d>, what: &str, expected: &str) {
        self.findings.error(
            "value-invalid",
            node.position(),
            format!("found {} as `{what}`, expected {expected}", node.kind()),
        );
    }

    /// A function gave text where a structure is needed; a missing condition is told as such.
    fn unexpected_text(&mut self, resolved: &Resolved, node: Node<'d>, what: &str, expected: &str) {
        if resolved.missing.is_empty() {
            self.findings.error(
                "value-invalid",
                node.position(),
                format!("found text as `{what}`, expected {expected}"),
            );
        } else {
            self.report_missing(resolved, node.position(), what, Weight::Matters);
        }
    }
}
