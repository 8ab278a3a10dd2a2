//! Integration responses: how answers of a backend become those of the method.

#[cfg(test)]
mod tests;

use super::Handler;
use super::integrations::{CONTENT_HANDLING, integration, of_method};
use super::mapping_rules::{check_response_mappings, check_templates};
use super::method_responses::unknown_status;
use super::methods::{method, replace, view};
use super::patch_map::{
    NO_CONTENT_TYPE, NO_PARAMETER, choice, expect_op, invalid_path, patch_optional_entry,
};
use crate::entities::{IntegrationResponse, Map, Method};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};
use edgewit_mapping::selection::SelectionPattern;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "DeleteIntegrationResponse" => delete,
        "GetIntegrationResponse" => get,
        "PutIntegrationResponse" => put,
        "UpdateIntegrationResponse" => update,
        _ => return None,
    })
}

fn put(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    integration(method)?;
    let input = &call.input;
    if !method.method_responses.contains_key(input.required("statusCode")) {
        return Err(unknown_status());
    }
    let response = IntegrationResponse {
        status_code: input.required("statusCode").to_owned(),
        selection_pattern: input.string("selectionPattern"),
        response_parameters: input.map("responseParameters"),
        response_templates: input.value("responseTemplates"),
        content_handling: input.string("contentHandling"),
    };
    let method = method.clone();
    save(call, method, response, None)
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    view(response(call, method)?).map(Answer::Json)
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (_, method) = method(call)?;
    let before = response(call, method)?.response_parameters.clone();
    let mut changed = response(call, method)?.clone();
    for operation in call.input.patch_operations() {
        apply(&mut changed, &operation)?;
    }
    let method = method.clone();
    save(call, method, changed, before.as_ref())
}

fn apply(response: &mut IntegrationResponse, operation: &PatchOperation) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["responseParameters", name] if !name.is_empty() => {
            let (mappings, source) = (&mut response.response_parameters, operation.text().to_owned());
            patch_optional_entry(mappings, name, operation, NO_PARAMETER, source)
        }
        ["responseTemplates", content_type] if !content_type.is_empty() => {
            let (templates, template) = (&mut response.response_templates, operation.value.clone());
            patch_optional_entry(templates, content_type, operation, NO_CONTENT_TYPE, template)
        }
        ["selectionPattern"] => {
            expect_op(operation, &[Op::Replace])?;
            response.selection_pattern.clone_from(&operation.value);
            Ok(())
        }
        ["contentHandling"] => {
            expect_op(operation, &[Op::Replace])?;
            response.content_handling = choice(operation, "ContentHandling", CONTENT_HANDLING)?;
            Ok(())
        }
        _ => Err(invalid_path(operation)),
    }
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let found = of_method(call)?;
    let status_code = &response(call, found)?.status_code;
    let mut changed = found.clone();
    if let Some(integration) = &mut changed.method_integration {
        integration.integration_responses.remove(status_code);
    }
    replace(call, changed)?;
    Ok(Answer::Empty)
}

fn response<'m>(call: &Call<'_>, method: &'m Method) -> Result<&'m IntegrationResponse, Error> {
    let responses = &integration(method)?.integration_responses;
    responses.get(call.input.required("statusCode")).map(|response| &**response).ok_or_else(unknown_status)
}

/// Puts `response` into the method; mappings that are as they were `before` are not looked at again, as the headers
/// that they make may since have been removed from the method response.
fn save(
    call: &mut Call<'_>,
    mut method: Method,
    mut response: IntegrationResponse,
    before: Option<&Map<String>>,
) -> Result<Answer, Error> {
    let old = |target: &str| before.and_then(|mappings| mappings.get(target));
    let mappings = response.response_parameters.iter().flatten();
    let new = mappings.filter(|(target, source)| old(target) != Some(*source));
    check_response_mappings(new, &method, &response.status_code)?;
    if let Some(templates) = &mut response.response_templates {
        check_templates(templates)?;
    }
    let pattern = response.selection_pattern.as_deref().unwrap_or_default();
    if SelectionPattern::parse(pattern).is_err() {
        return Err(Error::bad_request(format!("Invalid selection pattern specified: {pattern}")));
    }
    let answer = view(&response)?;
    if let Some(integration) = &mut method.method_integration {
        integration.integration_responses.insert(response.status_code.clone(), Box::new(response));
    }
    replace(call, method)?;
    Ok(Answer::Json(answer))
}
