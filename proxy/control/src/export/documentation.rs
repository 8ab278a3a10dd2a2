//! Documentation in exported documents: each entity gets what the part says that fits it best.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html>.

use crate::entities::DocumentationVersion;
use crate::import::documentation::place;
use serde_json::{Map, Value, json};

/// What documentation can say in a document; the rest is there for other tools.
const MEMBERS: [&str; 7] =
    ["tags", "summary", "description", "externalDocs", "deprecated", "example", "examples"];

/// The parts of a version, understood.
#[derive(Default)]
pub(super) struct Documentation {
    version: Option<String>,
    parts: Vec<Part>,
}

struct Part {
    kind: String,
    path: String,
    method: String,
    status: String,
    name: String,
    location: Map<String, Value>,
    properties: Value,
}

impl Documentation {
    pub(super) fn new(version: Option<&DocumentationVersion>) -> Self {
        let Some(version) = version else { return Self::default() };
        let parts = version.parts.values().map(|part| {
            let [kind, path, method, status, name] = place(&part.location).map(str::to_owned);
            let text = &part.properties;
            let properties = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            Part { kind, path, method, status, name, location: part.location.clone(), properties }
        });
        Self { version: Some(version.version.clone()), parts: parts.collect() }
    }

    /// Puts into `object` what is known about the entity of this type at path, method, status code and name.
    pub(super) fn describe(&self, object: &mut Value, kind: &str, at: [&str; 4]) {
        let Some(part) = self.best(kind, at) else { return };
        for member in MEMBERS {
            if let Some(value) = part.properties.get(member) {
                object[member] = value.clone();
            }
        }
    }

    /// What the API's own part says about `info` and the root.
    pub(super) fn describe_api(&self, root: &mut Value, info: &mut Value) {
        self.describe(root, "API", ["/", "*", "*", ""]);
        let said = self.best("API", ["/", "*", "*", ""]).and_then(|part| part.properties.get("info"));
        for member in ["description", "termsOfService", "contact", "license"] {
            // The description of the API itself is newer than any version.
            let missing = info.get(member).is_none();
            if let Some(value) = said.and_then(|said| said.get(member)).filter(|_| missing) {
                info[member] = value.clone();
            }
        }
    }

    /// `x-amazon-apigateway-documentation`.
    pub(super) fn extension(&self) -> Option<Value> {
        let version = self.version.as_ref()?;
        let parts: Vec<Value> = self
            .parts
            .iter()
            .map(|part| json!({"location": part.location, "properties": part.properties}))
            .collect();
        let mut extension = json!({"version": version});
        if !parts.is_empty() {
            extension["documentationParts"] = json!(parts);
        }
        Some(extension)
    }

    /// The part that fits with the longest path, then with a method and a status code of its own.
    fn best(&self, kind: &str, [path, method, status, name]: [&str; 4]) -> Option<&Part> {
        let is_above = |above: &str| {
            let above = above.trim_end_matches('/');
            path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fits = |own: &str, asked: &str| own == "*" || own.eq_ignore_ascii_case(asked);
        let fitting = self.parts.iter().filter(|part| {
            part.kind == kind
                && part.name == name
                && is_above(&part.path)
                && fits(&part.method, method)
                && fits(&part.status, status)
        });
        fitting.max_by_key(|part| (part.path.len(), part.method != "*", part.status != "*"))
    }
}
