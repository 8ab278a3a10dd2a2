//! Methods: what clients may ask of a resource.

mod rules;
#[cfg(test)]
mod tests;
mod update;

use super::{Handler, resources};
use crate::entities::{Method, Resource, RestApi};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;

/// The verbs of methods and of integrations, as messages list them.
pub(super) const VERBS: &[&str] = &["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "DeleteMethod" => delete,
        "GetMethod" => get,
        "PutMethod" => put,
        "UpdateMethod" => update::update,
        _ => return None,
    })
}

fn put(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, resource) = resource(call)?;
    let input = &call.input;
    let http_method = input.required("httpMethod");
    if !VERBS.contains(&http_method) {
        return Err(super::patch_map::invalid_choice("HttpMethod", VERBS));
    }
    if resource.methods.contains_key(http_method) {
        return Err(Error::conflict("Method already exists for this resource"));
    }
    let mut method = Method {
        http_method: http_method.to_owned(),
        authorization_type: input.required("authorizationType").to_owned(),
        authorizer_id: input.non_empty("authorizerId"),
        api_key_required: input.boolean("apiKeyRequired").unwrap_or_default(),
        request_validator_id: input.non_empty("requestValidatorId"),
        operation_name: input.non_empty("operationName"),
        request_parameters: input.value("requestParameters").unwrap_or_default(),
        request_models: input.map("requestModels").unwrap_or_default(),
        authorization_scopes: input.texts("authorizationScopes").unwrap_or_default(),
        ..Method::default()
    };
    rules::check(api, &Method::default(), &mut method)?;
    let answer = view(&method)?;
    replace(call, method)?;
    Ok(Answer::Json(answer))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    view(method).map(Answer::Json)
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, found) = method(call)?;
    let verb = found.http_method.clone();
    let resource_id = call.input.required("resourceId").to_owned();
    let resource = call.edit_api()?.resources.get_mut(&resource_id).ok_or_else(resources::unknown)?;
    resource.edit().methods.remove(&verb);
    Ok(Answer::Empty)
}

/// The resource that the path names, with its API; where there is no such API there is no such resource.
///
/// # Errors
/// When there is none.
pub(super) fn resource<'c>(call: &'c Call<'_>) -> Result<(&'c RestApi, &'c Resource), Error> {
    let api = call.api().map_err(|_| resources::unknown())?;
    let resource = api.resources.get(call.input.required("resourceId"));
    Ok((api, resource.ok_or_else(resources::unknown)?))
}

/// The method that the path names, with its API.
///
/// # Errors
/// When there is none, with what of its path there is not.
pub(super) fn method<'c>(call: &'c Call<'_>) -> Result<(&'c RestApi, &'c Method), Error> {
    let (api, resource) = resource(call)?;
    let method = resource.methods.get(call.input.required("httpMethod")).ok_or_else(unknown)?;
    Ok((api, method))
}

/// Puts `method` in place of what its resource has for its verb.
///
/// # Errors
/// When there is no such resource, or its API comes from a file.
pub(super) fn replace(call: &mut Call<'_>, method: Method) -> Result<(), Error> {
    let resource_id = call.input.required("resourceId").to_owned();
    let resource = call.edit_api()?.resources.get_mut(&resource_id).ok_or_else(resources::unknown)?;
    resource.edit().methods.insert(method.http_method.clone(), Box::new(method));
    Ok(())
}

/// No such method.
pub(super) fn unknown() -> Error {
    Error::not_found("Invalid Method identifier specified")
}

/// A method, or a part of one, as answers show it: as it is stored.
///
/// # Errors
/// Never for what is in the state.
pub(super) fn view(part: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(part).map_err(|error| Error::new(ErrorKind::InternalFailure, error.to_string()))
}
