//! Models: JSON schemas of bodies.

mod flatten;
mod references;
mod sample;
#[cfg(test)]
mod sample_tests;
mod schema;
#[cfg(test)]
mod tests;

use super::patch_map::non_empty;
use super::patching::Paths;
use super::{Handler, set};
use crate::entities::{Method, Model, RestApi, Shared};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use serde_json::{Value, json};

const PATHS: Paths = Paths::replace(&["/description", "/schema"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateModel" => create,
        "DeleteModel" => delete,
        "GetModel" => get,
        "GetModels" => list,
        "GetModelTemplate" => template,
        "UpdateModel" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?;
    let input = &call.input;
    let (name, content_type) = (input.required("name"), input.required("contentType"));
    let schema = input.string("schema").filter(|schema| !schema.trim().is_empty());
    check_name(name)?;
    if api.models.contains_key(name) {
        return Err(Error::conflict("Model name already exists for this REST API"));
    }
    schema::check(api, name, content_type, schema.as_deref())?;
    let model = Model {
        id: crate::environment::id(call.environment, 6),
        name: name.to_owned(),
        description: input.non_empty("description"),
        schema,
        content_type: content_type.to_owned(),
    };
    let answer = view(&model);
    call.edit_api()?.models.insert(model.name.clone(), Shared::new(model));
    Ok(Answer::Json(answer))
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::bad_request("Model name must be non-empty"));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Error::bad_request(format!("Model name must be alphanumeric: {name}")));
    }
    Ok(())
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, model) = existing(call)?;
    let mut answer = view(model);
    if call.input.boolean("flatten") == Some(true) {
        set(&mut answer, "schema", flatten::flatten(api, model));
    }
    Ok(Answer::Json(answer))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let models = &call.api()?.models;
    Ok(Answer::Json(page(&call.input, models.iter().map(|(name, model)| (name, || view(model))))))
}

fn template(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, model) = existing(call)?;
    Ok(Answer::Json(json!({"value": sample::template(api, model)})))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, model) = existing(call)?;
    let operations = call.input.patch_operations();
    PATHS.check_all(&operations)?;
    let mut model = model.clone();
    for operation in &operations {
        if operation.path() == "/description" {
            model.description = non_empty(operation);
        } else {
            let schema = non_empty(operation).filter(|schema| !schema.trim().is_empty());
            schema::check(api, &model.name, &model.content_type, schema.as_deref())?;
            model.schema = schema;
        }
    }
    let answer = view(&model);
    call.edit_api()?.models.insert(model.name.clone(), Shared::new(model));
    Ok(Answer::Json(answer))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, model) = existing(call)?;
    if let Some(place) = referenced(api, &model.name) {
        return Err(Error::conflict(format!(
            "Cannot delete model '{}', is referenced in {place}",
            model.name
        )));
    }
    let name = model.name.clone();
    call.edit_api()?.models.remove(&name);
    Ok(Answer::Empty)
}

/// The first place that needs a model.
fn referenced(api: &RestApi, name: &str) -> Option<String> {
    let requests = |method: &Method| method.request_models.values().any(|model| model == name);
    let responses = |method: &Method| {
        let models =
            method.method_responses.values().filter_map(|response| response.response_models.as_ref());
        models.flat_map(|models| models.values()).any(|model| model == name)
    };
    for resource in api.resources.values() {
        for (verb, method) in &resource.methods {
            let kind = match (requests(method), responses(method)) {
                (true, _) => "request",
                (false, true) => "response",
                (false, false) => continue,
            };
            return Some(format!("method {kind}: {}/{verb}", resource.path));
        }
    }
    let others = api.models.values().filter(|other| other.name != name);
    let mut referring = others.filter(|other| references::of(other, &api.id).any(|model| model == name));
    referring.next().map(|other| format!("model: {}", other.name))
}

fn existing<'c>(call: &'c Call<'_>) -> Result<(&'c RestApi, &'c Model), Error> {
    let api = call.api()?;
    let name = call.input.required("modelName");
    match api.models.get(name) {
        Some(model) => Ok((api, model)),
        None => Err(Error::not_found(format!("Invalid model name specified: {name}"))),
    }
}

/// A model as answers show it: as it is stored.
fn view(model: &Model) -> Value {
    serde_json::to_value(model).unwrap_or_default()
}
