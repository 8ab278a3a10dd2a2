//! The resources of an API as a tree.

use super::answers::{Resource, ResourceMethod};
use super::text::columns;
use edgewit_diff::printable;
use edgewit_model::api::{Authorization, Integration, Method, RestApi, Verb};
use std::collections::BTreeMap;

/// Spaces that each level is further to the right.
const INDENT: usize = 2;

/// Paths, with the methods of each.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<Vec<String>, Vec<Leaf>>);

/// A method.
#[derive(Debug, PartialEq, Eq)]
struct Leaf {
    verb: String,
    /// How callers are known.
    callers: String,
    /// What answers.
    integration: String,
}

impl Tree {
    /// From the resources of an API and the names of its authorizers by id.
    pub(crate) fn of_resources(resources: &[Resource], authorizers: &BTreeMap<String, String>) -> Self {
        let mut tree = Self::default();
        for resource in resources {
            let methods = resource.resource_methods.iter();
            let leaves = methods.map(|(verb, method)| leaf(verb, method, authorizers)).collect();
            tree.0.insert(segments(&resource.path), leaves);
        }
        tree
    }

    /// From an imported document.
    pub(crate) fn of_model(api: &RestApi) -> Self {
        let mut tree = Self::default();
        for resource in &api.resources {
            let mut leaves: Vec<Leaf> =
                resource.methods.iter().map(|(verb, method)| model_leaf(verb.as_str(), method)).collect();
            leaves.sort_by(|one, other| one.verb.cmp(&other.verb));
            tree.0.insert(segments(&resource.path), leaves);
        }
        tree
    }

    /// How many methods there are.
    pub(crate) fn methods(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// A line for each resource and method.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for (segments, leaves) in &self.0 {
            let indent = " ".repeat(INDENT * segments.len());
            let name = segments.last().map_or_else(String::new, |segment| printable(segment));
            rows.push(vec![format!("{indent}/{name}")]);
            for leaf in leaves {
                let cells = [&leaf.verb, &leaf.callers, &leaf.integration].map(|cell| printable(cell));
                let [verb, callers, integration] = cells;
                rows.push(vec![format!("{indent}  {verb}"), callers, integration]);
            }
        }
        columns(&rows)
    }
}

/// Sorted as lists, so that children come right below their parents.
fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

fn leaf(verb: &str, method: &ResourceMethod, authorizers: &BTreeMap<String, String>) -> Leaf {
    let callers = match &method.authorizer_id {
        Some(id) => format!("authorizer {}", authorizers.get(id).unwrap_or(id)),
        None => caller_kind(&method.authorization_type),
    };
    let integration = method.method_integration.as_ref().map_or_else(
        || "no integration".to_owned(),
        |it| {
            let link = it.connection_id.as_deref();
            integration(&it.kind, it.http_method.as_deref(), it.uri.as_deref(), link)
        },
    );
    Leaf { verb: verb.to_owned(), callers: with_key(callers, method.api_key_required), integration }
}

fn model_leaf(verb: &str, method: &Method) -> Leaf {
    let callers = match &method.authorization {
        Authorization::None => caller_kind("NONE"),
        Authorization::AwsIam => caller_kind("AWS_IAM"),
        Authorization::Authorizer { name, .. } => format!("authorizer {name}"),
    };
    let integration =
        method.integration.as_ref().map_or_else(|| "no integration".to_owned(), model_integration);
    Leaf { verb: verb.to_owned(), callers: with_key(callers, method.api_key_required), integration }
}

fn model_integration(it: &Integration) -> String {
    // `ANY` calls with the client's verb, as no verb does.
    let verb = it.http_method.unwrap_or(Verb::ANY).as_str();
    integration(it.kind.as_str(), Some(verb), it.uri.as_deref(), it.connection_id.as_deref())
}

fn caller_kind(kind: &str) -> String {
    match kind {
        "NONE" | "" => "open".to_owned(),
        kind => kind.to_owned(),
    }
}

fn with_key(callers: String, needs_key: bool) -> String {
    match (callers.as_str(), needs_key) {
        ("open", true) => "API key".to_owned(),
        (_, true) => format!("{callers}, API key"),
        (_, false) => callers,
    }
}

/// `HTTP_PROXY GET http://example.com, link a1b2c3`.
fn integration(kind: &str, verb: Option<&str>, uri: Option<&str>, link: Option<&str>) -> String {
    if kind == "MOCK" {
        return kind.to_owned();
    }
    let words: Vec<&str> = [Some(kind), verb, uri].into_iter().flatten().collect();
    match link {
        Some(link) => format!("{}, link {link}", words.join(" ")),
        None => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::super::answers::read_all;
    use super::*;
    use serde_json::json;

    #[test]
    fn resources_are_a_tree_with_what_answers_them() {
        let proxy = json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://one.example", "connectionId": "l1"});
        let resources = [
            json!({"path": "/pets/{id}", "resourceMethods": {"GET": {"authorizationType": "CUSTOM",
                "authorizerId": "au1", "apiKeyRequired": true, "methodIntegration": proxy}}}),
            json!({"path": "/pets-old"}),
            json!({"path": "/"}),
            json!({"path": "/pets", "resourceMethods": {
                "POST": {"authorizationType": "AWS_IAM"},
                "ANY": {"authorizationType": "NONE", "methodIntegration": {"type": "MOCK"}}}}),
        ];
        let authorizers = BTreeMap::from([("au1".to_owned(), "bearer".to_owned())]);
        let tree = Tree::of_resources(&read_all(&resources).unwrap(), &authorizers);
        assert_eq!(tree.methods(), 3);
        assert_eq!(
            tree.lines(),
            [
                "/",
                "  /pets",
                "    ANY      open                        MOCK",
                "    POST     AWS_IAM                     no integration",
                "    /{id}",
                "      GET    authorizer bearer, API key  HTTP_PROXY GET http://one.example, link l1",
                "  /pets-old",
            ]
        );
    }

    #[test]
    fn a_document_is_the_same_tree() {
        let document = json!({"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"get": {
            "responses": {}, "security": [{"key": []}],
            "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://one.example"},
        }}}, "components": {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}});
        let imported =
            edgewit_model::import("a.json", &document.to_string(), &edgewit_model::ImportOptions::default());
        let lines = Tree::of_model(&imported.api.unwrap()).lines();
        assert_eq!(lines, ["/", "  /a", "    GET  API key  HTTP_PROXY GET http://one.example"]);
    }
}
