//! `paths`: resources, methods and their integrations.

use super::BasePathMode;
use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use super::integration::Route;
use super::parameters::Parameter;
use super::tree::{Segment, Tree, Variable, segment};
use crate::api::{Method, Verb};
use indexmap::IndexMap;

const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const PATH_ITEM_KEYS: [&str; 6] = ["$ref", "summary", "description", "servers", "parameters", ANY_METHOD];
/// What an operation may have, of both flavours, and the extensions that act on it.
const OPERATION_KEYS: [&str; 19] = [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
    "consumes",
    "produces",
    "schemes",
    "isDefaultRoute",
    "x-amazon-apigateway-auth",
    "x-amazon-apigateway-integration",
    "x-amazon-apigateway-request-validator",
];

impl<'d> Importer<'d> {
    /// All resources and methods of the document.
    pub(super) fn paths(&mut self) {
        let mut tree = Tree::new(self.root.position(), &self.findings);
        let prefix = self.base_path();
        match self.root.get("paths") {
            None => self.missing(self.root, "paths", "a mapping of paths to operations"),
            Some(paths) => {
                if let Some(paths) = self.mapping(paths, "paths") {
                    for (path, at, item) in paths.entries() {
                        if path.starts_with("x-") {
                            self.misplaced(path, at);
                            continue;
                        }
                        self.path(&mut tree, &prefix, path, at, item);
                    }
                }
            }
        }
        self.api.resources = tree.into_resources();
    }

    fn path(&mut self, tree: &mut Tree, prefix: &str, path: &'d str, at: Position, item: Node<'d>) {
        let full = format!("{prefix}{path}");
        let resource = tree.declare(&full, at, &mut self.findings);
        let Some(item) = self.follow(item, "a path") else { return };
        let Some(item) = self.mapping(item, path) else { return };
        let variables: Vec<Variable<'_>> = full
            .split('/')
            .filter_map(|part| match segment(part) {
                Ok(Segment::Variable(variable)) => Some(variable),
                _ => None,
            })
            .collect();
        let methods = self.methods(item, &full, &variables);
        // The operations of a refused path are read all the same: their mistakes are told too.
        if let Some(resource) = resource.and_then(|index| tree.resource_mut(index)) {
            resource.methods = methods;
        }
    }

    fn methods(&mut self, item: Node<'d>, path: &str, variables: &[Variable<'_>]) -> IndexMap<Verb, Method> {
        let inherited = self.parameter_list(item);
        let mut methods = IndexMap::new();
        for (key, at, operation) in item.entries() {
            let Some(verb) = self.verb(key, at) else { continue };
            let Some(operation) = self.mapping(operation, key) else { continue };
            let route = Route { verb, path };
            let method = self.method(operation, at, &inherited, variables, route);
            if methods.insert(verb, method).is_some() {
                self.findings.error(
                    "method-duplicate",
                    at,
                    format!("the method {} of `{path}` is defined twice", verb.as_str()),
                );
            }
        }
        methods
    }

    /// The verb of a key of a path item; `None` for other keys, of which unknown ones are reported.
    fn verb(&mut self, key: &str, at: Position) -> Option<Verb> {
        if key == ANY_METHOD {
            return Some(Verb::ANY);
        }
        if PATH_ITEM_KEYS.contains(&key) {
            return None;
        }
        if key.starts_with("x-") {
            self.misplaced(key, at);
            return None;
        }
        if let Some(verb) = Verb::from_request(&key.to_ascii_uppercase()) {
            if key.bytes().any(|b| b.is_ascii_uppercase()) {
                self.findings.warning(
                    "method-case",
                    at,
                    format!(
                        "found the method `{key}`, expected it in lower case: `{}`",
                        key.to_ascii_lowercase()
                    ),
                );
            }
            return Some(verb);
        }
        let message = match key.to_ascii_lowercase().as_str() {
            "trace" | "connect" => {
                format!("API Gateway does not support the method `{key}`; it has no effect")
            }
            "any" => format!("found the method `{key}`, expected `{ANY_METHOD}`; it has no effect"),
            _ => format!(
                "found the unknown key `{key}` in a path, expected a method such as `get`; it has no effect"
            ),
        };
        self.findings.warning("key-unknown", at, message);
        None
    }

    fn method(
        &mut self,
        operation: Node<'d>,
        at: Position,
        inherited: &[Parameter<'d>],
        variables: &[Variable<'_>],
        route: Route<'_>,
    ) -> Method {
        let seed = format!("{} {}", route.verb.as_str(), route.path);
        let requirements = self.authorization(operation);
        let mut method = Method {
            authorization: requirements.authorization,
            api_key_required: requirements.api_key,
            operation_name: self.text_at(operation, "operationId", Weight::Cosmetic),
            request_validator: self.validator_of(operation),
            at: self.findings.location(at),
            ..Method::default()
        };
        self.declare_request(&mut method, operation, inherited, variables, &seed);
        self.declare_responses(&mut method, operation, &seed);
        self.unknown_keys(operation, &OPERATION_KEYS, "an operation");
        self.http_api_only(operation, &["isDefaultRoute"]);
        let integration = operation.entries().find(|(key, _, _)| *key == "x-amazon-apigateway-integration");
        if let Some((_, key_at, value)) = integration {
            method.integration = self.integration(value, key_at, &method, route);
            method.integration_refused = method.integration.is_none();
        }
        method
    }

    /// What `basePath` puts before every path; empty or `/a/b`.
    fn base_path(&mut self) -> String {
        let (base, at) = match self.options.base_path_mode {
            BasePathMode::Ignore => return String::new(),
            BasePathMode::Prepend | BasePathMode::Split => match self.declared_base_path() {
                Some(declared) => declared,
                None => return String::new(),
            },
        };
        let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
        if self.options.base_path_mode == BasePathMode::Split && !parts.is_empty() {
            parts.remove(0);
        }
        if let Some(bad) = parts.iter().find(|part| segment(part) != Ok(Segment::Literal)) {
            self.findings.error(
                "path-invalid",
                at,
                format!("found the segment `{bad}` in the base path `{base}`, expected letters, digits and `_ - . , :` only"),
            );
            return String::new();
        }
        parts.iter().flat_map(|part| ["/", part]).collect()
    }

    /// Swagger's `basePath`; in OpenAPI 3 the server variable `basePath`, else the path of the first server.
    fn declared_base_path(&mut self) -> Option<(String, Position)> {
        if let Some(node) = self.root.get("basePath") {
            return Some((self.text(node, "basePath", Weight::Matters)?.into_owned(), node.position()));
        }
        let servers = self.root.get("servers")?;
        let servers = self.list(servers, "servers");
        for server in &servers {
            let default =
                server.get("variables").and_then(|v| v.get("basePath")).and_then(|v| v.get("default"));
            if let Some(node) = default {
                return Some((self.text(node, "basePath", Weight::Matters)?.into_owned(), node.position()));
            }
        }
        let node = servers.first()?.get("url")?;
        let url = self.text(node, "url", Weight::Matters)?;
        let after_host =
            url.split_once("://").map_or(url.as_ref(), |(_, rest)| rest.trim_start_matches(|c| c != '/'));
        Some((after_host.to_owned(), node.position()))
    }
}
