//! Method responses: the statuses, headers and models that a method declares to answer with.

#[cfg(test)]
mod tests;

use super::Handler;
use super::mapping_rules::{check_declared_headers, check_models};
use super::methods::{method, replace, view};
use super::patch_map::{NO_CONTENT_TYPE, NO_PARAMETER, invalid_path, patch_optional_entry};
use crate::entities::{Method, MethodResponse, RestApi};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::patch::PatchOperation;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "DeleteMethodResponse" => delete,
        "GetMethodResponse" => get,
        "PutMethodResponse" => put,
        "UpdateMethodResponse" => update,
        _ => return None,
    })
}

fn put(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, method) = method(call)?;
    let status_code = call.input.required("statusCode").to_owned();
    if method.method_responses.contains_key(&status_code) {
        return Err(Error::conflict("Response already exists for this resource"));
    }
    let response = MethodResponse {
        status_code,
        response_parameters: call.input.value("responseParameters"),
        response_models: call.input.map("responseModels"),
    };
    check(api, &response)?;
    let method = method.clone();
    save(call, method, response)
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    view(response(call, method)?).map(Answer::Json)
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, method) = method(call)?;
    let mut response = response(call, method)?.clone();
    for operation in call.input.patch_operations() {
        apply(&mut response, &operation)?;
    }
    check(api, &response)?;
    let method = method.clone();
    save(call, method, response)
}

fn apply(response: &mut MethodResponse, operation: &PatchOperation) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["responseParameters", name] if !name.is_empty() => {
            let required = operation.boolean();
            patch_optional_entry(&mut response.response_parameters, name, operation, NO_PARAMETER, required)
        }
        ["responseModels", content_type] if !content_type.is_empty() => {
            let (models, model) = (&mut response.response_models, operation.text().to_owned());
            patch_optional_entry(models, content_type, operation, NO_CONTENT_TYPE, model)
        }
        _ => Err(invalid_path(operation)),
    }
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, found) = method(call)?;
    let status_code = &response(call, found)?.status_code;
    let mut changed = found.clone();
    changed.method_responses.remove(status_code);
    replace(call, changed)?;
    Ok(Answer::Empty)
}

fn check(api: &RestApi, response: &MethodResponse) -> Result<(), Error> {
    check_declared_headers(response.response_parameters.iter().flatten().map(|(name, _)| name))?;
    check_models(api, response.response_models.iter().flatten().map(|(_, model)| model))
}

fn response<'m>(call: &Call<'_>, method: &'m Method) -> Result<&'m MethodResponse, Error> {
    let found = method.method_responses.get(call.input.required("statusCode"));
    found.map(|response| &**response).ok_or_else(unknown_status)
}

/// No response of such a status.
pub(super) fn unknown_status() -> Error {
    Error::not_found("Invalid Response status code specified")
}

fn save(call: &mut Call<'_>, mut method: Method, response: MethodResponse) -> Result<Answer, Error> {
    let answer = view(&response)?;
    method.method_responses.insert(response.status_code.clone(), Box::new(response));
    replace(call, method)?;
    Ok(Answer::Json(answer))
}
