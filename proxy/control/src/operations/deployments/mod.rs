//! Deployments: immutable snapshots of an API.

#[cfg(test)]
mod tests;

use super::patch_map::non_empty;
use super::patching::Paths;
use super::stages::{self, canary::CanaryInput};
use super::{Handler, set};
use crate::entities::{Deployment, RestApi, Shared, Stage};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use crate::state::below;
use serde_json::{Map, Value, json};

const PATHS: Paths = Paths::replace(&["/description"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateDeployment" => create,
        "DeleteDeployment" => delete,
        "GetDeployment" => get,
        "GetDeployments" => list,
        "UpdateDeployment" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?.id.clone();
    call.state.writable::<RestApi>(&api)?;
    let canary = call.input.value::<CanaryInput>("canarySettings");
    if canary.is_some() {
        stage_for_canary(call, &api)?;
    }
    let snapshot = call.state.shared::<RestApi>(&api).map(Shared::from).unwrap_or_default();
    deployable(&snapshot)?;
    let deployment = Deployment {
        id: crate::environment::id(call.environment, 6),
        description: call.input.non_empty("description"),
        created_date: call.environment.now(),
        snapshot,
    };
    let answer = view(&deployment);
    let id = deployment.id.clone();
    call.state.put(&below(&api, &id), deployment)?;
    if let Some(name) = call.input.non_empty("stageName") {
        deploy(call, &api, &name, id, canary)?;
    }
    Ok(Answer::Json(answer))
}

/// That the stage is there which a canary is to be released on.
fn stage_for_canary(call: &Call<'_>, api: &str) -> Result<(), Error> {
    const INVALID: &str = "Invalid deployment content specified.";
    let name = call.input.text("stageName");
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(Error::bad_request(format!(
            "{INVALID}Non null and non empty stageName must be provided for canary deployment. Provided value is {}",
            name.unwrap_or("null")
        )));
    };
    match call.state.get::<Stage>(&below(api, name)) {
        Some(_) => Ok(()),
        None => Err(Error::bad_request(format!(
            "{INVALID}Stage {name} must already be created before making a canary release deployment"
        ))),
    }
}

/// That an API has methods, and each of them an integration.
fn deployable(api: &RestApi) -> Result<(), Error> {
    let mut methods = api.resources.values().flat_map(|resource| resource.methods.values()).peekable();
    if methods.peek().is_none() {
        return Err(Error::bad_request("The REST API doesn't contain any methods"));
    }
    if methods.any(|method| method.method_integration.is_none()) {
        return Err(Error::bad_request("No integration defined for method"));
    }
    Ok(())
}

/// Makes a stage serve the deployment: as its canary, if it has one or gets one, and else to everybody.
fn deploy(
    call: &mut Call<'_>,
    api: &str,
    name: &str,
    deployment: String,
    canary: Option<CanaryInput>,
) -> Result<(), Error> {
    let now = call.environment.now();
    let key = below(api, name);
    if call.state.get::<Stage>(&key).is_none() {
        let mut stage = stages::new(name, deployment, now)?;
        stages::apply(&call.input, "stageDescription", &mut stage)?;
        return call.state.put(&key, stage);
    }
    let Some(stage) = call.state.edit::<Stage>(&key)? else { return Ok(()) };
    stage.last_updated_date = now;
    if let Some(canary) = canary {
        // What the request says besides is not for the production of the stage, which stays as it is.
        stage.canary_settings = Some(canary.settings(deployment)?);
        return Ok(());
    }
    match &mut stage.canary_settings {
        // Production moves to another deployment only when the canary is promoted or removed:
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/create-canary-deployment.html
        Some(canary) => canary.deployment_id = deployment,
        None => stage.deployment_id = deployment,
    }
    stages::apply(&call.input, "stageDescription", stage)
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = existing(call)?;
    let embed = call.input.texts("embed").unwrap_or_default();
    let summary = embed.iter().flat_map(|names| names.split(',')).any(|name| name == "apisummary");
    let deployment = call.state.get::<Deployment>(&key).ok_or_else(unknown)?;
    let mut answer = view(deployment);
    if summary {
        set(&mut answer, "apiSummary", Some(api_summary(&deployment.snapshot)));
    }
    Ok(Answer::Json(answer))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let below = below(&call.api()?.id, "");
    let deployments = call.state.list::<Deployment>(&below);
    let entries = deployments.into_iter().map(|(key, deployment)| (key, || view(deployment)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = existing(call)?;
    let operations = call.input.patch_operations();
    PATHS.check_all(&operations)?;
    let deployment = call.state.edit::<Deployment>(&key)?.ok_or_else(unknown)?;
    for operation in &operations {
        deployment.description = non_empty(operation);
    }
    Ok(Answer::Json(view(deployment)))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = existing(call)?;
    let id = call.input.required("deploymentId");
    let below = below(call.input.required("restApiId"), "");
    let serves = |stage: &Stage| {
        stage.deployment_id == id
            || stage.canary_settings.as_ref().is_some_and(|canary| canary.deployment_id == id)
    };
    if call.state.list::<Stage>(&below).into_iter().any(|(_, stage)| serves(stage)) {
        return Err(Error::bad_request("Active stages pointing to this deployment must be moved or deleted"));
    }
    call.state.remove::<Deployment>(&key)?;
    Ok(Answer::Empty)
}

/// Key of the deployment that the path names.
fn existing(call: &Call<'_>) -> Result<String, Error> {
    let key = below(&call.api()?.id, call.input.required("deploymentId"));
    call.state.get::<Deployment>(&key).map(|_| key).ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::not_found("Invalid Deployment identifier specified")
}

/// A deployment as answers show it.
fn view(deployment: &Deployment) -> Value {
    let mut view = json!({"id": deployment.id, "createdDate": deployment.created_date});
    set(&mut view, "description", deployment.description.clone());
    view
}

/// Paths to verbs to how their callers are known.
fn api_summary(api: &RestApi) -> Value {
    let mut summary = Map::new();
    for resource in api.resources.values().filter(|resource| !resource.methods.is_empty()) {
        let methods = resource.methods.iter().map(|(verb, method)| {
            let snapshot = json!({
                "authorizationType": method.authorization_type,
                "apiKeyRequired": method.api_key_required,
            });
            (verb.clone(), snapshot)
        });
        summary.insert(resource.path.clone(), Value::Object(methods.collect()));
    }
    Value::Object(summary)
}
