//! What the base paths of custom domains lead to.

#[cfg(test)]
mod tests;

use super::patching::Paths;
use super::{Handler, domain_names};
use crate::entities::{BasePathMapping, DomainName, RestApi, Stage};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use crate::protocol::patch::PatchOperation;
use crate::state::{Transaction, below};
use serde_json::json;

/// Longest base path, in characters.
const MAX_CHARS: usize = 300;
/// The root, and no stage.
const NONE: &str = "(none)";
const PATHS: Paths = Paths::replace(&["/basepath", "/restapiId", "/stage"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateBasePathMapping" => create,
        "DeleteBasePathMapping" => delete,
        "GetBasePathMapping" => get,
        "GetBasePathMappings" => list,
        "UpdateBasePathMapping" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let domain = domain_names::find(call)?;
    let mapping = BasePathMapping {
        base_path: base_path(call.input.text("basePath").unwrap_or_default())?,
        rest_api_id: call.input.required("restApiId").to_owned(),
        stage: stage(call.input.text("stage").unwrap_or_default()),
    };
    check(&call.state, &mapping)?;
    if domain.base_path_mappings.contains_key(&mapping.base_path) {
        return Err(conflict());
    }
    let view = json!(mapping);
    edit(call)?.base_path_mappings.insert(mapping.base_path.clone(), mapping);
    Ok(Answer::Json(view))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(json!(find(call)?)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mappings = domain_names::find(call)?.base_path_mappings.iter();
    Ok(Answer::Json(page(&call.input, mappings.map(|(path, mapping)| (path, move || json!(mapping))))))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let before = find(call)?.base_path.clone();
    let mut mapping = find(call)?.clone();
    for operation in call.input.patch_operations() {
        apply(&mut mapping, &operation)?;
    }
    check(&call.state, &mapping)?;
    let view = json!(mapping);
    let mappings = &mut edit(call)?.base_path_mappings;
    mappings.remove(&before);
    if mappings.contains_key(&mapping.base_path) {
        return Err(conflict());
    }
    mappings.insert(mapping.base_path.clone(), mapping);
    Ok(Answer::Json(view))
}

fn apply(mapping: &mut BasePathMapping, operation: &PatchOperation) -> Result<(), Error> {
    // The table of patch operations spells members as nothing else does; clients use either spelling.
    let path = operation.path.as_deref().map(|path| match path {
        "/basePath" => "/basepath".to_owned(),
        "/restApiId" => "/restapiId".to_owned(),
        path => path.to_owned(),
    });
    PATHS.check(&PatchOperation { path: path.clone(), ..operation.clone() })?;
    match path.as_deref() {
        Some("/basepath") => mapping.base_path = base_path(operation.text())?,
        Some("/restapiId") => mapping.rest_api_id = operation.text().to_owned(),
        _ => mapping.stage = stage(operation.text()),
    }
    Ok(())
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let path = find(call)?.base_path.clone();
    edit(call)?.base_path_mappings.remove(&path);
    Ok(Answer::Empty)
}

fn find<'c>(call: &'c Call<'_>) -> Result<&'c BasePathMapping, Error> {
    let mappings = &domain_names::find(call)?.base_path_mappings;
    let unknown = || Error::not_found("Invalid base path mapping identifier specified");
    mappings.get(call.input.required("basePath")).ok_or_else(unknown)
}

fn edit<'c>(call: &'c mut Call<'_>) -> Result<&'c mut DomainName, Error> {
    let key = domain_names::key(call);
    call.state.edit::<DomainName>(&key)?.ok_or_else(domain_names::unknown)
}

/// A base path as it is kept: `(none)` for the root.
fn base_path(text: &str) -> Result<String, Error> {
    if text.is_empty() || text == NONE {
        return Ok(NONE.to_owned());
    }
    if text.contains('/') {
        return Err(Error::bad_request(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. \
             To create a multi-level base path mapping, use API Gateway V2.",
        ));
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || "$-_.+!*'()".contains(character);
    if text.chars().count() > MAX_CHARS || !text.chars().all(allowed) {
        return Err(Error::bad_request(format!(
            "Invalid base path specified: at most {MAX_CHARS} letters, digits and any of $-_.+!*'() are allowed"
        )));
    }
    Ok(text.to_owned())
}

/// Without a stage, the next segment of the path names it.
fn stage(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|stage| !stage.is_empty() && stage != NONE)
}

fn check(state: &Transaction<'_>, mapping: &BasePathMapping) -> Result<(), Error> {
    let BasePathMapping { rest_api_id, stage, .. } = mapping;
    if state.get::<RestApi>(rest_api_id).is_none() {
        return Err(Error::bad_request("Invalid REST API identifier specified"));
    }
    match stage {
        Some(stage) if state.get::<Stage>(&below(rest_api_id, stage)).is_none() => {
            Err(Error::bad_request("Invalid stage identifier specified"))
        }
        _ => Ok(()),
    }
}

fn conflict() -> Error {
    Error::conflict("Base path already exists for this domain name")
}
