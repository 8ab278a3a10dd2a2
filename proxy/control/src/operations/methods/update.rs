//! Patches of methods.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateMethod-Patch>.

use super::{method, replace, rules, view};
use crate::entities::Method;
use crate::operations::patch_map::{
    NO_CONTENT_TYPE, NO_PARAMETER, expect_op, invalid_path, non_empty, patch_element, patch_entry,
};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, found) = method(call)?;
    let mut changed = found.clone();
    for operation in call.input.patch_operations() {
        apply(&mut changed, &operation)?;
    }
    rules::check(api, found, &mut changed)?;
    let answer = view(&changed)?;
    replace(call, changed)?;
    Ok(Answer::Json(answer))
}

fn apply(method: &mut Method, operation: &PatchOperation) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["requestParameters", name] if !name.is_empty() => {
            let required = operation.boolean();
            patch_entry(&mut method.request_parameters, name, operation, NO_PARAMETER, required)
        }
        ["requestModels", content_type] if !content_type.is_empty() => {
            let model = operation.text().to_owned();
            patch_entry(&mut method.request_models, content_type, operation, NO_CONTENT_TYPE, model)
        }
        ["authorizationScopes"] => {
            expect_op(operation, &[Op::Add, Op::Remove])?;
            match operation.text() {
                "" => Err(Error::bad_request("Invalid authorization scope specified")),
                scope => patch_element(&mut method.authorization_scopes, scope, operation, NO_PARAMETER),
            }
        }
        [member] => replace_member(method, member, operation),
        _ => Err(invalid_path(operation)),
    }
}

/// The members that are only ever replaced.
fn replace_member(method: &mut Method, member: &str, operation: &PatchOperation) -> Result<(), Error> {
    const MEMBERS: [&str; 5] =
        ["apiKeyRequired", "authorizationType", "authorizerId", "operationName", "requestValidatorId"];
    if !MEMBERS.contains(&member) {
        return Err(invalid_path(operation));
    }
    expect_op(operation, &[Op::Replace])?;
    match member {
        "apiKeyRequired" => method.api_key_required = operation.boolean(),
        "authorizationType" => {
            let kind = non_empty(operation);
            method.authorization_type =
                kind.ok_or_else(|| Error::bad_request("Invalid authorization type specified"))?;
        }
        "authorizerId" => method.authorizer_id = non_empty(operation),
        "operationName" => method.operation_name = non_empty(operation),
        _ => method.request_validator_id = non_empty(operation),
    }
    Ok(())
}
