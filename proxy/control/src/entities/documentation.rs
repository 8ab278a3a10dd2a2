//! Documentation parts and their versions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A piece of documentation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DocumentationPart {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// `{type, path, method, statusCode, name}`.
    pub location: Map<String, Value>,
    /// A JSON text.
    pub properties: String,
}

/// A snapshot of an API's documentation. The key of its record is `{api id}/{version}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DocumentationVersion {
    /// Its name.
    pub version: String,
    /// Seconds since 1970.
    pub created_date: u64,
    /// Free text.
    pub description: Option<String>,
    /// The parts as they were.
    pub parts: BTreeMap<String, DocumentationPart>,
}
