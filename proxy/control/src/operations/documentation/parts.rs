//! Parts of the documentation of an API.

use super::super::patching::Paths;
use super::location::{self, Location};
use super::undocumented;
use crate::entities::{DocumentationPart, RestApi};
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most parts of an API.
const MAX_PARTS: usize = 2000;
/// Characters of an id.
pub(super) const ID_CHARS: usize = 6;
const PATHS: Paths = Paths::replace(&["/properties"]);

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    call.api()?;
    let location: Location = call.input.value("location").unwrap_or_default();
    location::check(&location)?;
    let part = DocumentationPart {
        id: environment::id(call.environment, ID_CHARS),
        location: location::complete(&location),
        properties: call.input.required("properties").to_owned(),
    };
    check_properties(&part.properties)?;
    let parts = &mut call.edit_api()?.documentation_parts;
    if find_by_location(parts, &part.location).is_some() {
        let location = location::describe(&part.location);
        let message = format!("Documentation part already exists for the specified location: {location}.");
        return Err(Error::conflict(message));
    }
    let view = json!(part);
    parts.insert(part.id.clone(), part);
    check_count(parts)?;
    Ok(Answer::Json(view))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(json!(find(call)?)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?;
    let fits = |location: &Location| {
        [("type", "type"), ("nameQuery", "name"), ("path", "path")].iter().all(|(member, field)| {
            call.input.text(member).is_none_or(|wanted| wanted == location::text(location, field))
        })
    };
    if call.input.text("locationStatus") == Some("UNDOCUMENTED") {
        let locations = undocumented::locations(api).into_iter().filter(|(_, location)| fits(location));
        let entries = locations.map(|(key, location)| (key, move || json!({"location": location})));
        return Ok(Answer::Json(page(&call.input, entries)));
    }
    let parts = api.documentation_parts.iter().filter(|(_, part)| fits(&part.location));
    Ok(Answer::Json(page(&call.input, parts.map(|(id, part)| (id, move || json!(part))))))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut part = find(call)?.clone();
    for operation in call.input.patch_operations() {
        PATHS.check(&operation)?;
        part.properties = operation.text().to_owned();
        check_properties(&part.properties)?;
    }
    let view = json!(part);
    call.edit_api()?.documentation_parts.insert(part.id.clone(), part);
    Ok(Answer::Json(view))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    call.api()?;
    let id = find(call)?.id.clone();
    call.edit_api()?.documentation_parts.remove(&id);
    Ok(Answer::Empty)
}

/// An API that is not there has no parts, and that is what is said.
fn find<'c>(call: &'c Call<'_>) -> Result<&'c DocumentationPart, Error> {
    let api = call.state.get::<RestApi>(call.input.required("restApiId"));
    let part = api.and_then(|api| api.documentation_parts.get(call.input.required("documentationPartId")));
    part.ok_or_else(|| Error::not_found("Invalid Documentation part identifier specified"))
}

/// Id of the part that a location has.
pub(super) fn find_by_location(
    parts: &BTreeMap<String, DocumentationPart>,
    location: &Location,
) -> Option<String> {
    let wanted = location::identity(location);
    let part = parts.values().find(|part| location::identity(&part.location) == wanted);
    part.map(|part| part.id.clone())
}

pub(super) fn check_count(parts: &BTreeMap<String, DocumentationPart>) -> Result<(), Error> {
    if parts.len() > MAX_PARTS {
        let message = format!("An API can have at most {MAX_PARTS} documentation parts.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    Ok(())
}

fn check_properties(properties: &str) -> Result<(), Error> {
    if properties.trim().is_empty() {
        return Err(Error::bad_request("Documentation part properties must be non-empty"));
    }
    match serde_json::from_str::<Map<String, Value>>(properties) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::bad_request("Documentation part properties must be a JSON object")),
    }
}
