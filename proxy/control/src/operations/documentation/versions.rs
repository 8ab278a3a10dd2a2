//! Versions of the documentation of an API: all its parts as they once were.

use super::super::patch_map::non_empty;
use super::super::patching::Paths;
use super::super::{set, stages};
use crate::entities::{DocumentationVersion, RestApi, Stage};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use crate::state::below;
use serde_json::{Value, json};

const PATHS: Paths = Paths::replace(&["/description"]);

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?;
    let (id, parts) = (api.id.clone(), api.documentation_parts.clone());
    call.state.writable::<RestApi>(&id)?;
    let name = call.input.required("documentationVersion").to_owned();
    if name.trim().is_empty() {
        return Err(Error::bad_request("Documentation version must be non-empty"));
    }
    let key = below(&id, &name);
    if call.state.get::<DocumentationVersion>(&key).is_some() {
        return Err(Error::conflict("Documentation version already exists"));
    }
    let now = call.environment.now();
    if let Some(stage) = call.input.non_empty("stageName") {
        let stage = call.state.edit::<Stage>(&below(&id, &stage))?.ok_or_else(stages::unknown)?;
        stage.documentation_version = Some(name.clone());
        stage.last_updated_date = now;
    }
    let description = call.input.non_empty("description");
    let version = DocumentationVersion { version: name, created_date: now, description, parts };
    let view = view(&version);
    call.state.put(&key, version)?;
    Ok(Answer::Json(view))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(view(find(call)?)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let below = below(&call.api()?.id, "");
    let versions = call.state.list::<DocumentationVersion>(&below).into_iter();
    Ok(Answer::Json(page(&call.input, versions.map(|(key, version)| (key, || view(version))))))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut version = find(call)?.clone();
    for operation in call.input.patch_operations() {
        PATHS.check(&operation)?;
        version.description = non_empty(&operation);
    }
    let view = view(&version);
    let key = key(call)?;
    call.state.put(&key, version)?;
    Ok(Answer::Json(view))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let name = find(call)?.version.clone();
    let below = below(&call.api()?.id, "");
    let stages = call.state.list::<Stage>(&below);
    if stages.iter().any(|(_, stage)| stage.documentation_version.as_deref() == Some(&*name)) {
        return Err(Error::bad_request(
            "Cannot delete documentation version because there are API Stages associated with it.",
        ));
    }
    drop(stages);
    let key = key(call)?;
    call.state.remove::<DocumentationVersion>(&key)?;
    Ok(Answer::Empty)
}

fn key(call: &Call<'_>) -> Result<String, Error> {
    Ok(below(&call.api()?.id, call.input.required("documentationVersion")))
}

fn find<'c>(call: &'c Call<'_>) -> Result<&'c DocumentationVersion, Error> {
    call.state.get::<DocumentationVersion>(&key(call)?).ok_or_else(unknown)
}

pub(in super::super) fn unknown() -> Error {
    Error::not_found("Invalid Documentation version specified")
}

fn view(version: &DocumentationVersion) -> Value {
    let mut view = json!({"version": version.version, "createdDate": version.created_date});
    set(&mut view, "description", version.description.clone());
    view
}
