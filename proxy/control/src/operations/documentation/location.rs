//! What a part of the documentation is about.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_DocumentationPartLocation.html>.

use crate::protocol::error::Error;
use serde_json::{Map, Value};

/// A location as it is given and shown.
pub(super) type Location = Map<String, Value>;

/// All fields, in the order in which messages have them.
const FIELDS: [&str; 5] = ["type", "path", "method", "statusCode", "name"];

/// Kinds of locations, with the fields that they may have beside the type, and whether the name must be there.
const KINDS: [(&str, &[&str], bool); 12] = [
    ("API", &[], false),
    ("AUTHORIZER", &["name"], true),
    ("MODEL", &["name"], true),
    ("RESOURCE", &["path"], false),
    ("METHOD", &["path", "method"], false),
    ("PATH_PARAMETER", &["path", "method", "name"], true),
    ("QUERY_PARAMETER", &["path", "method", "name"], true),
    ("REQUEST_HEADER", &["path", "method", "name"], true),
    ("REQUEST_BODY", &["path", "method"], false),
    ("RESPONSE", &["path", "method", "statusCode"], false),
    ("RESPONSE_HEADER", &["path", "method", "statusCode", "name"], true),
    ("RESPONSE_BODY", &["path", "method", "statusCode"], false),
];

/// Checks that a location has what its type needs, and nothing else.
///
/// # Errors
/// When it has not.
pub(super) fn check(location: &Location) -> Result<(), Error> {
    let kind = text(location, "type");
    let Some((_, fields, named)) = KINDS.iter().find(|(other, _, _)| *other == kind) else {
        return Err(Error::bad_request(format!("Invalid documentation part type '{kind}' specified")));
    };
    let stray = location.keys().find(|field| *field != "type" && !fields.contains(&field.as_str()));
    if let Some(field) = stray {
        let message = format!("Invalid field '{field}' for a documentation part of type {kind}");
        return Err(Error::bad_request(message));
    }
    if let Some((field, _)) = location.iter().find(|(_, value)| !value.is_string()) {
        let message = format!("The field '{field}' of a documentation part's location must be a string");
        return Err(Error::bad_request(message));
    }
    if *named && text(location, "name").is_empty() {
        let message = format!("The name is required for a documentation part of type {kind}");
        return Err(Error::bad_request(message));
    }
    Ok(())
}

/// A location with what was left out of it as it is meant: the root, any method, any status.
pub(super) fn complete(location: &Location) -> Location {
    let kind = text(location, "type");
    let fields = KINDS.iter().find(|(other, _, _)| *other == kind).map_or(&[][..], |(_, fields, _)| fields);
    let mut complete = Location::new();
    complete.insert("type".to_owned(), kind.into());
    for field in fields {
        let given = text(location, field);
        let default = match *field {
            "path" => "/",
            "method" | "statusCode" => "*",
            _ => "",
        };
        let value = if given.trim().is_empty() { default } else { given };
        complete.insert((*field).to_owned(), value.into());
    }
    complete
}

/// What tells complete locations apart.
pub(super) fn identity(location: &Location) -> [String; 5] {
    FIELDS.map(|field| text(location, field).to_owned())
}

/// The location in the words of messages.
pub(super) fn describe(location: &Location) -> String {
    let fields = FIELDS.iter().filter(|name| location.contains_key(**name));
    fields.map(|name| format!("{name} '{}'", text(location, name))).collect::<Vec<String>>().join(", ")
}

pub(super) fn text<'l>(location: &'l Location, field: &str) -> &'l str {
    location.get(field).and_then(Value::as_str).unwrap_or_default()
}
