//! Stages: named deployments that clients reach.

mod access_log;
pub(super) mod canary;
mod method_settings;
#[cfg(test)]
mod tests;
mod update;
mod variables;

use super::tags::{MAX_TAGS, RESERVED, Tags};
use super::{Handler, documentation};
use crate::entities::{Deployment, DocumentationVersion, RestApi, Stage, UsagePlan};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::input::Input;
use crate::state::{Transaction, below};
use canary::CanaryInput;
use serde_json::{Value, json};

/// Longest name of a stage, in characters.
const NAME_CHARACTERS: usize = 128;
/// Gigabytes of a cache where nobody says how many.
const CACHE_SIZE: &str = "0.5";
/// Gigabytes that a cache can have.
const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateStage" => create,
        "DeleteStage" => delete,
        "FlushStageAuthorizersCache" => flush_authorizers,
        "FlushStageCache" => flush_cache,
        "GetStage" => get,
        "GetStages" => list,
        "UpdateStage" => update::update,
        _ => return None,
    })
}

/// A stage that serves a deployment and of which nothing else is said yet.
pub(super) fn new(name: &str, deployment: String, now: u64) -> Result<Stage, Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(Error::bad_request("Stage name only allows a-zA-Z0-9_-"));
    }
    if name.len() > NAME_CHARACTERS {
        return Err(Error::bad_request(format!("Stage name can be at most {NAME_CHARACTERS} characters")));
    }
    Ok(Stage {
        stage_name: name.to_owned(),
        deployment_id: deployment,
        cache_cluster_status: cache_status(false).to_owned(),
        created_date: now,
        last_updated_date: now,
        ..Stage::default()
    })
}

/// What the inputs of `CreateStage` and of `CreateDeployment` both say of a stage; only the name of the description
/// differs.
pub(super) fn apply(input: &Input, description: &str, stage: &mut Stage) -> Result<(), Error> {
    if let Some(text) = input.string(description) {
        stage.description = Some(text).filter(|text| !text.is_empty());
    }
    if let Some(variables) = input.map("variables") {
        variables::check(&variables)?;
        stage.variables = Some(variables).filter(|variables| !variables.is_empty());
    }
    if let Some(size) = input.string("cacheClusterSize") {
        stage.cache_cluster_size = Some(size);
    }
    if let Some(enabled) = input.boolean("cacheClusterEnabled") {
        enable_cache(stage, enabled);
    }
    if let Some(enabled) = input.boolean("tracingEnabled") {
        stage.tracing_enabled = enabled;
    }
    Ok(())
}

fn enable_cache(stage: &mut Stage, enabled: bool) {
    stage.cache_cluster_enabled = enabled;
    stage.cache_cluster_status = cache_status(enabled).to_owned();
    if enabled {
        stage.cache_cluster_size.get_or_insert_with(|| CACHE_SIZE.to_owned());
    }
}

/// A cache is there at once: there is no cluster to wait for.
fn cache_status(enabled: bool) -> &'static str {
    if enabled { "AVAILABLE" } else { "NOT_AVAILABLE" }
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = call.api()?.id.clone();
    call.state.writable::<RestApi>(&api)?;
    let input = &call.input;
    let name = input.required("stageName");
    let key = below(&api, name);
    if call.state.get::<Stage>(&key).is_some() {
        return Err(Error::conflict("Stage already exists"));
    }
    let deployment = input.required("deploymentId");
    check_deployment(&call.state, &api, deployment)?;
    let mut stage = new(name, deployment.to_owned(), call.environment.now())?;
    apply(input, "description", &mut stage)?;
    if let Some(version) = input.non_empty("documentationVersion") {
        check_documentation(&call.state, &api, &version)?;
        stage.documentation_version = Some(version);
    }
    if let Some(canary) = input.value::<CanaryInput>("canarySettings") {
        let settings = canary.settings(stage.deployment_id.clone())?;
        check_deployment(&call.state, &api, &settings.deployment_id)?;
        stage.canary_settings = Some(settings);
    }
    stage.tags = input.map("tags").unwrap_or_default().into_iter().collect();
    check_tags(&stage.tags)?;
    let answer = view(&stage);
    call.state.put(&key, stage)?;
    Ok(Answer::Json(answer))
}

fn check_deployment(state: &Transaction<'_>, api: &str, deployment: &str) -> Result<(), Error> {
    match state.get::<Deployment>(&below(api, deployment)) {
        Some(_) => Ok(()),
        None => Err(Error::bad_request("Deployment id does not exist")),
    }
}

fn check_documentation(state: &Transaction<'_>, api: &str, version: &str) -> Result<(), Error> {
    match state.get::<DocumentationVersion>(&below(api, version)) {
        Some(_) => Ok(()),
        None => Err(documentation::unknown_version()),
    }
}

fn check_tags(tags: &Tags) -> Result<(), Error> {
    if tags.len() > MAX_TAGS {
        return Err(Error::bad_request(format!("A stage can have at most {MAX_TAGS} tags")));
    }
    match tags.keys().find(|name| name.starts_with(RESERVED)) {
        Some(name) => Err(Error::bad_request(format!(
            "Invalid tag key specified: {name}. Keys must not begin with {RESERVED}"
        ))),
        None => Ok(()),
    }
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = existing(call)?;
    let stage = call.state.get::<Stage>(&key).ok_or_else(unknown)?;
    Ok(Answer::Json(view(stage)))
}

/// All stages: this list has no pages.
fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let below = below(&call.api()?.id, "");
    let deployment = call.input.text("deploymentId");
    let stages = call.state.list::<Stage>(&below).into_iter().map(|(_, stage)| stage);
    let stages = stages.filter(|stage| deployment.is_none_or(|id| stage.deployment_id == id));
    Ok(Answer::Json(json!({"item": stages.map(view).collect::<Vec<_>>()})))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = existing(call)?;
    let (api, stage) = (call.input.required("restApiId"), call.input.required("stageName"));
    let in_plan = |plan: &UsagePlan| plan.api_stages.iter().any(|it| it.api_id == api && it.stage == stage);
    if let Some((id, _)) = call.state.list::<UsagePlan>("").into_iter().find(|(_, plan)| in_plan(plan)) {
        let message = format!("Cannot delete stage '{stage}', is associated with usage plan: {id}");
        return Err(Error::bad_request(message));
    }
    call.state.remove::<Stage>(&key)?;
    Ok(Answer::Empty)
}

fn flush_authorizers(call: &mut Call<'_>) -> Result<Answer, Error> {
    flush(call, |stage| stage.authorizers_flushed += 1)
}

fn flush_cache(call: &mut Call<'_>) -> Result<Answer, Error> {
    flush(call, |stage| stage.cache_flushed += 1)
}

/// A count in the stage has all nodes forget: what a stage keeps in memory goes with the stage before.
fn flush(call: &mut Call<'_>, count: fn(&mut Stage)) -> Result<Answer, Error> {
    let key = existing(call)?;
    if let Some(stage) = call.state.edit::<Stage>(&key)? {
        count(stage);
    }
    Ok(Answer::Empty)
}

/// Key of the stage that the path names.
fn existing(call: &Call<'_>) -> Result<String, Error> {
    let key = below(&call.api()?.id, call.input.required("stageName"));
    call.state.get::<Stage>(&key).map(|_| key).ok_or_else(unknown)
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid stage identifier specified")
}

/// A stage as answers show it: as it is stored.
fn view(stage: &Stage) -> Value {
    let mut view = serde_json::to_value(stage).unwrap_or_default();
    if let Some(members) = view.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "authorizersFlushed" | "cacheFlushed"));
    }
    view
}
