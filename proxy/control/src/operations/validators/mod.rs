//! Request validators.

#[cfg(test)]
mod tests;

use super::patching::Paths;
use super::{Handler, set};
use crate::entities::{RequestValidator, RestApi};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::{numbered, page};
use serde_json::{Value, json};

const PATHS: Paths = Paths::replace(&["/name", "/validateRequestParameters", "/validateRequestBody"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateRequestValidator" => create,
        "DeleteRequestValidator" => delete,
        "GetRequestValidator" => get,
        "GetRequestValidators" => list,
        "UpdateRequestValidator" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let input = &call.input;
    if call.state.get::<RestApi>(input.required("restApiId")).is_none() {
        // API Gateway answers this here and not found everywhere else.
        return Err(Error::bad_request("Invalid REST API identifier specified"));
    }
    check_name(input.required("name"))?;
    let mut validator = RequestValidator {
        id: crate::environment::id(call.environment, 6),
        name: input.required("name").to_owned(),
        validate_request_body: input.boolean("validateRequestBody").unwrap_or_default(),
        validate_request_parameters: input.boolean("validateRequestParameters").unwrap_or_default(),
        number: 0,
    };
    let answer = view(&validator);
    let validators = &mut call.edit_api()?.request_validators;
    validator.number = 1 + validators.values().map(|other| other.number).max().unwrap_or(0);
    validators.insert(validator.id.clone(), validator);
    Ok(Answer::Json(answer))
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() {
        return Err(Error::bad_request("Request Validator name cannot be blank"));
    }
    Ok(())
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(view(existing(call)?)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let validators = &call.api()?.request_validators;
    let entries = numbered(validators.iter().map(|(id, it)| (it.number, id.as_str(), it)));
    let entries = entries.into_iter().map(|(position, validator)| (position, || view(validator)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut validator = existing(call)?.clone();
    let operations = call.input.patch_operations();
    PATHS.check_all(&operations)?;
    for operation in &operations {
        match operation.path() {
            "/name" => {
                check_name(operation.text())?;
                operation.text().clone_into(&mut validator.name);
            }
            "/validateRequestParameters" => validator.validate_request_parameters = operation.boolean(),
            _ => validator.validate_request_body = operation.boolean(),
        }
    }
    let answer = view(&validator);
    call.edit_api()?.request_validators.insert(validator.id.clone(), validator);
    Ok(Answer::Json(answer))
}

/// Methods that name the validator keep its id, and are validated by nothing.
fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = existing(call)?.id.clone();
    call.edit_api()?.request_validators.remove(&id);
    Ok(Answer::Empty)
}

/// The validator that the path names; an API that is not there has none.
fn existing<'c>(call: &'c Call<'_>) -> Result<&'c RequestValidator, Error> {
    let api = call.state.get::<RestApi>(call.input.required("restApiId"));
    let validator = api.and_then(|api| api.request_validators.get(call.input.required("requestValidatorId")));
    validator.ok_or_else(|| Error::not_found("Invalid Request Validator identifier specified"))
}

/// A validator as answers show it.
fn view(validator: &RequestValidator) -> Value {
    let mut view = json!({
        "id": validator.id,
        "validateRequestBody": validator.validate_request_body,
        "validateRequestParameters": validator.validate_request_parameters,
    });
    set(&mut view, "name", Some(validator.name.clone()).filter(|name| !name.is_empty()));
    view
}
