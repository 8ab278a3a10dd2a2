//! Documentation of an imported document: its own parts, else what its descriptions say.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html>.

use crate::entities::DocumentationPart;
use edgewit_model::api;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const EXTENSION: &str = "x-amazon-apigateway-documentation";
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const VERBS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];
/// Members of a location with what they mean where they are left out.
const LOCATION: [(&str, &str); 5] =
    [("type", ""), ("path", "/"), ("method", "*"), ("statusCode", "*"), ("name", "")];

/// A location with its defaults written out, to compare.
pub(crate) fn place(location: &Map<String, Value>) -> [&str; 5] {
    LOCATION.map(|(member, default)| location.get(member).and_then(Value::as_str).unwrap_or(default))
}

/// The parts of a document, without ids. Those of its own alone count where there are any, since an exported document
/// says everything twice.
pub(super) fn parts(model: &api::RestApi, document: &Value) -> Vec<DocumentationPart> {
    let has_own = document.get(EXTENSION).is_some_and(|own| own.get("documentationParts").is_some());
    if has_own {
        return own_parts(model);
    }
    let mut described = Described { document, prefix: prefix(model, document), parts: Vec::new() };
    described.api();
    described.security_schemes();
    for (path, item) in entries(document.get("paths")) {
        if path.starts_with('/') {
            described.path(path, item);
        }
    }
    described.parts
}

/// What the import has put before all paths of the document: the shortest text with which all of them are resources.
fn prefix<'m>(model: &'m api::RestApi, document: &Value) -> &'m str {
    let paths: Vec<&str> = entries(document.get("paths"))
        .filter(|(path, _)| path.starts_with('/'))
        .map(|(path, _)| path.trim_end_matches('/'))
        .collect();
    let resources: Vec<&str> = model.resources.iter().map(|it| it.path.trim_end_matches('/')).collect();
    let Some(longest) = paths.iter().max_by_key(|path| path.len()) else { return "" };
    let mut candidates: Vec<&str> = resources.iter().filter_map(|it| it.strip_suffix(longest)).collect();
    candidates.sort_by_key(|candidate| candidate.len());
    let known: BTreeSet<&str> = resources.iter().copied().collect();
    let fits = |prefix: &&str| paths.iter().all(|path| known.contains(format!("{prefix}{path}").as_str()));
    candidates.into_iter().find(fits).unwrap_or("")
}

/// The parts of a model, without ids.
pub(super) fn own_parts(model: &api::RestApi) -> Vec<DocumentationPart> {
    let parts = model.documentation_parts.iter().filter_map(|part| {
        let given = part.location.as_object()?;
        let mut location = Map::new();
        for (member, _) in LOCATION {
            if let Some(Value::String(text)) = given.get(member) {
                location.insert(member.to_owned(), json!(text));
            }
        }
        let properties = match &part.properties {
            Value::String(text) => text.clone(),
            properties => properties.to_string(),
        };
        location.contains_key("type").then(|| DocumentationPart { id: String::new(), location, properties })
    });
    parts.collect()
}

/// What the descriptions of a document say.
struct Described<'d> {
    document: &'d Value,
    prefix: &'d str,
    parts: Vec<DocumentationPart>,
}

impl<'d> Described<'d> {
    fn api(&mut self) {
        let mut info =
            pick(self.document.get("info"), &["description", "termsOfService", "contact", "license"]);
        let mut properties = pick(Some(self.document), &["tags", "externalDocs"]);
        if !info.is_empty() {
            properties.insert("info".to_owned(), Value::Object(std::mem::take(&mut info)));
        }
        self.push(&[("type", "API")], properties);
    }

    fn security_schemes(&mut self) {
        let swagger = self.document.get("securityDefinitions");
        let openapi = self.document.pointer("/components/securitySchemes");
        for (name, scheme) in entries(swagger).chain(entries(openapi)) {
            if scheme.get("x-amazon-apigateway-authorizer").is_some() {
                self.push(&[("type", "AUTHORIZER"), ("name", name)], pick(Some(scheme), &["description"]));
            }
        }
    }

    fn path(&mut self, path: &str, item: &'d Value) {
        let item = self.follow(item);
        let path = format!("{}{path}", self.prefix);
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(&path);
        self.push(&[("type", "RESOURCE"), ("path", path)], pick(Some(item), &["summary", "description"]));
        self.parameters(path, "*", item);
        for (key, operation) in entries(Some(item)) {
            let verb = if key == ANY_METHOD { "any" } else { key };
            if verb == "any" || VERBS.iter().any(|known| known.eq_ignore_ascii_case(verb)) {
                self.operation(path, &verb.to_ascii_uppercase(), operation);
            }
        }
    }

    fn operation(&mut self, path: &str, method: &str, operation: &'d Value) {
        let properties = pick(Some(operation), &["tags", "summary", "description"]);
        self.push(&[("type", "METHOD"), ("path", path), ("method", method)], properties);
        self.parameters(path, method, operation);
        if let Some(body) = operation.get("requestBody") {
            let properties = pick(Some(self.follow(body)), &["description"]);
            self.push(&[("type", "REQUEST_BODY"), ("path", path), ("method", method)], properties);
        }
        for (status, response) in entries(operation.get("responses")) {
            let response = self.follow(response);
            let mut properties = pick(Some(response), &["description"]);
            // What exports say where nothing is documented.
            if properties.get("description").and_then(Value::as_str) == Some(&format!("{status} response")) {
                properties.clear();
            }
            if !status.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let at = [("path", path), ("method", method), ("statusCode", status)];
            self.push(&[[("type", "RESPONSE")].as_slice(), &at].concat(), properties);
            for (name, header) in entries(response.get("headers")) {
                let properties = pick(Some(self.follow(header)), &["description"]);
                let at = [[("type", "RESPONSE_HEADER")].as_slice(), &at, &[("name", name)]].concat();
                self.push(&at, properties);
            }
        }
    }

    fn parameters(&mut self, path: &str, method: &str, owner: &'d Value) {
        for parameter in owner.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let parameter = self.follow(parameter);
            let properties = pick(Some(parameter), &["description"]);
            let kind = match parameter.get("in").and_then(Value::as_str) {
                Some("path") => "PATH_PARAMETER",
                Some("query") => "QUERY_PARAMETER",
                Some("header") => "REQUEST_HEADER",
                Some("body") => {
                    self.push(&[("type", "REQUEST_BODY"), ("path", path), ("method", method)], properties);
                    continue;
                }
                _ => continue,
            };
            if let Some(name) = parameter.get("name").and_then(Value::as_str) {
                let at = [("type", kind), ("path", path), ("method", method), ("name", name)];
                self.push(&at, properties);
            }
        }
    }

    /// What a `$ref` within the document leads to; a single step, as references to references are not used here.
    fn follow(&self, node: &'d Value) -> &'d Value {
        let target =
            node.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(node)
    }

    fn push(&mut self, location: &[(&str, &str)], properties: Map<String, Value>) {
        if properties.is_empty() {
            return;
        }
        let location = location.iter().map(|(member, text)| ((*member).to_owned(), json!(text))).collect();
        let properties = Value::Object(properties).to_string();
        self.parts.push(DocumentationPart { id: String::new(), location, properties });
    }
}

/// The members of `node` that are among `names` and say something.
fn pick(node: Option<&Value>, names: &[&str]) -> Map<String, Value> {
    let says = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    let picked = names.iter().filter_map(|name| {
        let value = node?.get(name).filter(says)?;
        Some(((*name).to_owned(), value.clone()))
    });
    picked.collect()
}

fn entries(node: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let members = node.and_then(Value::as_object);
    members.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
