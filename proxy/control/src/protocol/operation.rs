//! The operations: their paths, statuses and inputs, as the public model has them.

use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Written by `generate` from the model of botocore.
const MODEL: &str = include_str!("../../operations.json");

/// All 124 operations and the structures of their inputs.
pub(crate) static OPERATIONS: LazyLock<Model> = LazyLock::new(|| {
    // The text is part of this crate and a test reads it.
    serde_json::from_str(MODEL).unwrap_or_default()
});

/// The operations and the structures of their inputs.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Model {
    pub(crate) operations: Vec<Operation>,
    pub(crate) structures: HashMap<String, Structure>,
}

impl Model {
    /// The values that a member of an operation may have; none where it may be any text.
    pub(crate) fn values(&self, operation: &str, member: &str) -> Vec<&str> {
        let operation = self.operations.iter().find(|other| other.name == operation);
        let mut members = operation.into_iter().flat_map(|operation| &operation.members);
        match members.find(|other| other.name == member).map(|member| &member.shape) {
            Some(Shape::Enum(values)) => values.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// One operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// E.g. `CreateRestApi`.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// E.g. `/restapis/{restapi_id}`.
    pub path: String,
    /// A query that tells it from others of the same method and path, e.g. `mode=import`; mostly empty.
    pub query: String,
    /// Status of success.
    pub status: u16,
    /// What it takes in.
    pub members: Vec<Member>,
}

/// One input of an operation.
#[derive(Debug, Deserialize)]
pub struct Member {
    /// What clients call it, e.g. `restApiId`.
    pub name: String,
    /// What it is called on the wire, e.g. `restapi_id`.
    pub wire: String,
    /// Where it stands.
    #[serde(rename = "in")]
    pub place: Place,
    /// Whether the operation cannot do without.
    pub required: bool,
    /// Its type.
    pub shape: Shape,
}

/// Where an input stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A segment of the path.
    Uri,
    /// A query parameter; a map is spread as one for each entry.
    Querystring,
    /// A header.
    Header,
    /// A member of the JSON body.
    Body,
    /// The whole body.
    Payload,
}

/// Type of an input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// 32 bits.
    Integer,
    /// 64 bits.
    Long,
    /// A number.
    Double,
    /// Seconds since 1970.
    Timestamp,
    /// Bytes.
    Blob,
    /// One of these texts.
    Enum(Vec<String>),
    /// Text that matches a regular expression.
    Pattern(String),
    /// A list of one type.
    List(Box<Shape>),
    /// Texts to values of one type.
    Map(Box<Shape>),
    /// Named members.
    Structure(String),
}

/// Members of a structure by wire name.
#[derive(Debug, Deserialize)]
pub(crate) struct Structure {
    pub(crate) required: Vec<String>,
    pub(crate) members: HashMap<String, Shape>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_has_all_operations_and_each_has_a_handler() {
        assert_eq!(OPERATIONS.operations.len(), 124);
        let without: Vec<&str> = OPERATIONS
            .operations
            .iter()
            .map(|operation| operation.name.as_str())
            .filter(|name| crate::operations::handler(name).is_none())
            .collect();
        assert_eq!(without, Vec::<&str>::new());
    }
}
