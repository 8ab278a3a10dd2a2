//! The resource tree and its rules.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>.

use super::document::Position;
use super::findings::Findings;
use super::id::short_hash;
use crate::api::Resource;
use crate::finding::Finding;
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// Length of a resource id; the root's is longer.
const ID_LENGTH: usize = 6;
const ROOT_ID_LENGTH: usize = 10;
/// Bytes of one path; no URL that reaches API Gateway is longer.
const PATH_BYTES: usize = 10_240;
/// Bytes of the paths of all resources together: every prefix of a deep path is a resource.
const ALL_PATHS_BYTES: usize = 64 * 1024 * 1024;

/// Resources under construction.
pub(super) struct Tree {
    resources: Vec<Resource>,
    /// The children of each resource by path part.
    children: Vec<HashMap<String, usize>>,
    /// The variable child of each resource, if it has one.
    variable_child: Vec<Option<usize>>,
    ids: HashSet<String>,
    /// Resources that a key of `paths` declares, and where.
    declared: HashMap<usize, Position>,
    path_bytes: usize,
}

/// A variable of a path, e.g. `{id}` or the greedy `{proxy+}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variable<'p> {
    pub(super) name: &'p str,
    pub(super) greedy: bool,
}

/// What one segment of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'p> {
    Literal,
    Variable(Variable<'p>),
}

/// The kind of a segment, or what is wrong with it.
pub(super) fn segment(text: &str) -> Result<Segment<'_>, &'static str> {
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let (name, greedy) = match inner.strip_suffix('+') {
            Some(name) => (name, true),
            None => (inner, false),
        };
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._$-".contains(&b)) {
            return Ok(Segment::Variable(Variable { name, greedy }));
        }
        if name.contains(['{', '}']) {
            return Err("a variable that fills the whole segment");
        }
        return Err("a variable name of letters, digits and `. _ $ -`");
    }
    if text.contains(['{', '}']) {
        return Err("a variable that fills the whole segment");
    }
    if text.is_empty() {
        return Err("a segment that is not empty");
    }
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.,:~$".contains(&b)) {
        return Ok(Segment::Literal);
    }
    Err("letters, digits and `_ - . , :` only")
}

impl Tree {
    /// A tree of the root alone.
    pub(super) fn new(at: Position, findings: &Findings) -> Self {
        let root = Resource {
            id: short_hash("/", ROOT_ID_LENGTH, 0),
            path: "/".to_owned(),
            path_part: String::new(),
            parent: None,
            methods: IndexMap::new(),
            at: findings.location(at),
        };
        Self {
            children: vec![HashMap::new()],
            variable_child: vec![None],
            ids: HashSet::from([root.id.clone()]),
            resources: vec![root],
            declared: HashMap::new(),
            path_bytes: 0,
        }
    }

    /// The resource for a key of `paths`, with its parents; `None` is already reported.
    /// A trailing slash makes no difference.
    pub(super) fn declare(&mut self, path: &str, at: Position, findings: &mut Findings) -> Option<usize> {
        let Some(rest) = path.strip_prefix('/') else {
            findings.error(
                "path-invalid",
                at,
                format!("found the path `{path}`, expected it to begin with `/`"),
            );
            return None;
        };
        if path.len() > PATH_BYTES {
            findings.error(
                "path-invalid",
                at,
                format!("found a path of {} bytes, the limit is {PATH_BYTES}", path.len()),
            );
            return None;
        }
        let rest = rest.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(rest);
        let mut index = 0;
        let mut end = 0;
        for part in rest.split('/').take_while(|_| !rest.is_empty()) {
            end += 1 + part.len();
            index = self.child(index, part, &path[..end], at, findings)?;
        }
        if let Some(first) = self.declared.get(&index) {
            findings.error(
                "path-duplicate",
                at,
                format!("the path `{path}` is the same resource as the one in line {}", first.line),
            );
            return None;
        }
        self.declared.insert(index, at);
        Some(index)
    }

    fn child(
        &mut self,
        parent: usize,
        part: &str,
        path: &str,
        at: Position,
        findings: &mut Findings,
    ) -> Option<usize> {
        if let Some(index) = self.children[parent].get(part) {
            return Some(*index);
        }
        let kind = match segment(part) {
            Ok(kind) => kind,
            Err(expected) => {
                findings.error(
                    "path-invalid",
                    at,
                    format!("found the path segment `{part}` in `{path}`, expected {expected}"),
                );
                return None;
            }
        };
        let parent_part = &self.resources[parent].path_part;
        if parent_part.ends_with("+}") {
            findings.error(
                "path-greedy-child",
                at,
                format!("cannot create a child of a resource with a greedy path variable: {parent_part} (in `{path}`)"),
            );
            return None;
        }
        if let (Segment::Variable(_), Some(sibling)) = (kind, self.variable_child[parent]) {
            let sibling = &self.resources[sibling];
            let message = format!(
                "found the path variable `{part}` in `{path}`, but its sibling `{}` (line {}) is a variable already; only one is allowed",
                sibling.path_part, sibling.at.line
            );
            findings.push(Finding::error("path-variable-sibling", &findings.location(at), message));
            return None;
        }
        self.path_bytes += path.len();
        if self.path_bytes > ALL_PATHS_BYTES {
            findings.error(
                "document-too-large",
                at,
                format!("the paths of all resources together have more than {ALL_PATHS_BYTES} bytes, which is the limit"),
            );
            return None;
        }
        let index = self.resources.len();
        let id = self.unused_id(path);
        self.resources.push(Resource {
            id,
            path: path.to_owned(),
            path_part: part.to_owned(),
            parent: Some(parent),
            methods: IndexMap::new(),
            at: findings.location(at),
        });
        self.variable_child.push(None);
        self.children.push(HashMap::new());
        self.children[parent].insert(part.to_owned(), index);
        if matches!(kind, Segment::Variable(_)) {
            self.variable_child[parent] = Some(index);
        }
        Some(index)
    }

    fn unused_id(&mut self, path: &str) -> String {
        let mut attempt = 0;
        loop {
            let id = short_hash(path, ID_LENGTH, attempt);
            if self.ids.insert(id.clone()) {
                return id;
            }
            attempt += 1;
        }
    }

    pub(super) fn resource_mut(&mut self, index: usize) -> Option<&mut Resource> {
        self.resources.get_mut(index)
    }

    pub(super) fn into_resources(self) -> Vec<Resource> {
        self.resources
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn segments_are_literals_or_whole_variables() {
        let variable = |name, greedy| Ok(Segment::Variable(Variable { name, greedy }));
        assert_eq!(segment("pets"), Ok(Segment::Literal));
        assert_eq!(segment("a_-.,:Z9"), Ok(Segment::Literal));
        assert_eq!(segment("{id}"), variable("id", false));
        assert_eq!(segment("{job-id}"), variable("job-id", false));
        assert_eq!(segment("{proxy+}"), variable("proxy", true));
        for bad in ["", "a{id}", "{id}.json", "{a}{b}", "{}", "{+}", "a b", "ä", "{a+b}", "a%20b"] {
            assert!(segment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn trees_follow_the_rules() {
        let mut findings = Findings::new("f");
        let at = |line| Position { line, column: 1 };
        let mut tree = Tree::new(at(1), &findings);
        assert_eq!(tree.declare("/", at(2), &mut findings), Some(0));
        let deep = tree.declare("/a/b/{c}", at(3), &mut findings).unwrap();
        assert_eq!(tree.resources[deep].path, "/a/b/{c}");
        assert_eq!(tree.resources.len(), 4);
        assert!(tree.declare("/a", at(4), &mut findings).is_some());
        for (path, code) in [
            ("/a/", "path-duplicate"),
            ("/a/b/{d}", "path-variable-sibling"),
            ("/a/b/{d+}", "path-variable-sibling"),
            ("a", "path-invalid"),
            ("", "path-invalid"),
            ("//", "path-invalid"),
            ("/a//b", "path-invalid"),
            ("/x{y}", "path-invalid"),
            ("/{g+}/child", "path-greedy-child"),
        ] {
            let mut findings = Findings::new("f");
            assert_eq!(tree.declare(path, at(9), &mut findings), None, "{path}");
            let found = findings.finish(10);
            assert_eq!(found[0].code, code, "{path}");
        }
    }
}
