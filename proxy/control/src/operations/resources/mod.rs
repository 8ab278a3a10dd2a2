//! Resources: the tree of paths.

#[cfg(test)]
mod tests;
mod tree;

use super::patching::Paths;
use super::rest_apis::part_id;
use super::{Handler, set, unknown_api};
use crate::entities::{Resource, RestApi, Shared};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use crate::protocol::patch::PatchOperation;
use serde_json::{Map, Value, json};

/// Most resources of an API, besides the root.
const MAX_RESOURCES: usize = 300;
const PATHS: Paths = Paths::replace(&["/parentId", "/pathPart"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateResource" => create,
        "DeleteResource" => delete,
        "GetResource" => get,
        "GetResources" => list,
        "UpdateResource" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api_id = call.input.required("restApiId");
    let no_api = || unknown_api(call.environment.account_id(), api_id);
    let api = call.state.get::<RestApi>(api_id).ok_or_else(no_api)?;
    let parent = api.resources.get(call.input.required("parentId")).ok_or_else(unknown)?;
    let path_part = call.input.required("pathPart").to_owned();
    let resource = Resource {
        id: part_id(call.environment, &api.resources),
        parent_id: Some(parent.id.clone()),
        path: tree::path_below(parent, &path_part),
        path_part: Some(path_part),
        ..Resource::default()
    };
    tree::check_place(api, &resource)?;
    if api.resources.len() > MAX_RESOURCES {
        let message = "Maximum number of Resources for this API has been reached.";
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    let answer = view(&resource, false);
    call.edit_api()?.resources.insert(resource.id.clone(), Shared::new(resource));
    answer.map(Answer::Json)
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let resource = call.api()?.resources.get(call.input.required("resourceId")).ok_or_else(unknown)?;
    view(resource, embeds_methods(call)).map(Answer::Json)
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let embed = embeds_methods(call);
    let resources = call.api()?.resources.iter();
    let views = resources.map(|(id, resource)| Ok((id, view(resource, embed)?)));
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    Ok(Answer::Json(page(&call.input, views.into_iter().map(|(id, view)| (id, || view)))))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let operations = call.input.patch_operations();
    let id = call.input.required("resourceId").to_owned();
    let api = call.edit_api()?;
    if !api.resources.contains_key(&id) {
        return Err(unknown());
    }
    for operation in &operations {
        apply(api, &id, operation)?;
    }
    let resource = api.resources.get(&id).ok_or_else(unknown)?;
    if resource.parent_id.is_some() {
        tree::check_place(api, resource)?;
    }
    tree::refresh_paths(api, &id);
    let resource = api.resources.get(&id).ok_or_else(unknown)?;
    view(resource, false).map(Answer::Json)
}

fn apply(api: &mut RestApi, id: &str, operation: &PatchOperation) -> Result<(), Error> {
    PATHS.check(operation)?;
    let moves = operation.path() == "/parentId";
    if id == api.root_resource_id {
        let member = if moves { "parentId" } else { "pathPart" };
        return Err(Error::bad_request(format!("Root resource cannot update its {member}.")));
    }
    let value = operation.text();
    if moves {
        if !api.resources.contains_key(value) {
            return Err(unknown());
        }
        if tree::is_below(api, value, id) {
            return Err(Error::bad_request("Resources cannot be cyclical."));
        }
    }
    let Some(resource) = api.resources.get_mut(id) else { return Err(unknown()) };
    let resource = resource.edit();
    if moves {
        resource.parent_id = Some(value.to_owned());
    } else {
        resource.path_part = Some(value.to_owned());
    }
    Ok(())
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.input.required("resourceId").to_owned();
    let api = call.edit_api()?;
    if !api.resources.contains_key(&id) {
        return Err(unknown());
    }
    if id == api.root_resource_id {
        return Err(Error::bad_request("Root resource cannot be deleted."));
    }
    for gone in tree::subtree(api, &id) {
        api.resources.remove(&gone);
    }
    Ok(Answer::Empty)
}

fn embeds_methods(call: &Call<'_>) -> bool {
    call.input.texts("embed").is_some_and(|parts| parts.iter().any(|part| part == "methods"))
}

/// No such resource.
pub(super) fn unknown() -> Error {
    Error::not_found("Invalid Resource identifier specified")
}

/// A resource as answers show it; `embed` shows its methods and not only their verbs.
fn view(resource: &Resource, embed: bool) -> Result<Value, Error> {
    let mut view = json!({"id": resource.id, "path": resource.path});
    set(&mut view, "parentId", resource.parent_id.clone());
    set(&mut view, "pathPart", resource.path_part.clone());
    let mut methods = Map::new();
    for (verb, method) in &resource.methods {
        let shown = if embed { super::methods::view(method)? } else { json!({}) };
        methods.insert(verb.clone(), shown);
    }
    set(&mut view, "resourceMethods", (!methods.is_empty()).then_some(methods));
    Ok(view)
}
