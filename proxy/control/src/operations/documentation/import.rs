//! Documentation parts from an OpenAPI document, in JSON or YAML.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-quick-start-import-export.html>.

use super::location::{self, Location};
use super::parts::{ID_CHARS, check_count};
use crate::entities::DocumentationPart;
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Where documents have their documentation.
const EXTENSION: &str = "x-amazon-apigateway-documentation";

/// Adds the parts of a document to those of an API, or puts them in their place.
pub(super) fn import(call: &mut Call<'_>) -> Result<Answer, Error> {
    call.api()?;
    let document = read(&call.input.payload)?;
    let (mut new, mut warnings) = (Vec::new(), Vec::new());
    for (index, part) in listed(&document).enumerate() {
        match given(part) {
            Ok(part) => new.push(part),
            Err(error) => warnings.push(format!("Documentation part {}: {}", index + 1, error.message)),
        }
    }
    if !warnings.is_empty() && call.input.boolean("failOnWarnings").unwrap_or(false) {
        return Err(Error::bad_request(format!("Warnings found during import: {}", warnings.join("; "))));
    }
    let mut parts = match call.input.text("mode") {
        Some("overwrite") => BTreeMap::new(),
        _ => call.api()?.documentation_parts.clone(),
    };
    let ids = merge(call, &mut parts, new)?;
    call.edit_api()?.documentation_parts = parts;
    Ok(Answer::Json(json!({"ids": ids, "warnings": warnings})))
}

fn read(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let document = serde_json::from_slice(body).ok();
    // JSON is mostly YAML, but not in tabs and escapes; so each is read as what it is.
    let document = document.or_else(|| serde_saphyr::from_slice::<Value>(body).ok());
    match document {
        Some(Value::Object(document))
            if document.contains_key("swagger") || document.contains_key("openapi") =>
        {
            Ok(document)
        }
        _ => Err(Error::bad_request("Unable to build importer with provided input.")),
    }
}

fn listed(document: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let parts = document.get(EXTENSION).and_then(|documentation| documentation.get("documentationParts"));
    parts.and_then(Value::as_array).into_iter().flatten()
}

fn given(part: &Value) -> Result<(Location, Map<String, Value>), Error> {
    let location = part.get("location").and_then(Value::as_object).cloned();
    let location = location.ok_or_else(|| Error::bad_request("there is no location"))?;
    // In YAML, a status is a number unless it is quoted.
    let location: Location = location
        .into_iter()
        .map(|(name, value)| (name, if value.is_number() { value.to_string().into() } else { value }))
        .collect();
    location::check(&location)?;
    match part.get("properties").and_then(Value::as_object) {
        Some(properties) if !properties.is_empty() => Ok((location::complete(&location), properties.clone())),
        _ => Err(Error::bad_request("properties must be a non-empty object")),
    }
}

/// Adds new parts to `parts`; where there is one for the same location, the new properties go over the old.
fn merge(
    call: &mut Call<'_>,
    parts: &mut BTreeMap<String, DocumentationPart>,
    new: Vec<(Location, Map<String, Value>)>,
) -> Result<Vec<String>, Error> {
    let mut there: HashMap<[String; 5], String> =
        parts.iter().map(|(id, part)| (location::identity(&part.location), id.clone())).collect();
    let mut ids = Vec::new();
    for (location, properties) in new {
        let id = there
            .entry(location::identity(&location))
            .or_insert_with(|| environment::id(call.environment, ID_CHARS))
            .clone();
        let part = parts.entry(id.clone()).or_insert_with(|| DocumentationPart {
            id: id.clone(),
            location,
            properties: String::new(),
        });
        let mut all: Map<String, Value> = serde_json::from_str(&part.properties).unwrap_or_default();
        all.extend(properties);
        part.properties = Value::Object(all).to_string();
        ids.push(id);
    }
    check_count(parts)?;
    Ok(ids)
}
