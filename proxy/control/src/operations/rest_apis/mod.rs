//! REST APIs.

mod copy;
mod settings;
#[cfg(test)]
mod tests;
mod update;

use super::{Handler, set, unknown_api};
use crate::entities::{
    Deployment, DocumentationVersion, DomainName, Model, Resource, RestApi, Shared, Stage, UsagePlan,
};
use crate::environment::{self, Environment};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use crate::state::below;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of the id of an API, and of its root resource.
const API_ID_CHARS: usize = 10;
/// Characters of the id of what belongs to an API.
const PART_ID_CHARS: usize = 6;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateRestApi" => create,
        "DeleteRestApi" => delete,
        "GetRestApi" => get,
        "GetRestApis" => list,
        "UpdateRestApi" => update::update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut api = new_api(call);
    match call.input.text("cloneFrom").filter(|id| !id.is_empty()) {
        Some(source) => {
            let unknown = || unknown_api(call.environment.account_id(), source);
            let source = call.state.get::<RestApi>(source).ok_or_else(unknown)?;
            copy::copy(call.environment, source, &mut api);
        }
        None => api.models = default_models(call.environment),
    }
    settings::take(call, &mut api)?;
    let answer = listed(&api);
    let id = api.id.clone();
    call.state.put(&id, api)?;
    Ok(Answer::Json(answer))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(view(call.api()?)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let apis = call.state.list::<RestApi>("");
    Ok(Answer::Json(page(&call.input, apis.into_iter().map(|(id, api)| (id, || listed(api))))))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.api()?.id.clone();
    let domains =
        call.state.list::<DomainName>("").into_iter().filter(|(_, domain)| {
            domain.base_path_mappings.values().any(|mapping| mapping.rest_api_id == id)
        });
    let domains: Vec<&str> = domains.map(|(_, domain)| domain.domain_name.as_str()).collect();
    if !domains.is_empty() {
        return Err(Error::bad_request(format!(
            "Deleting RestApi failed. Please remove all base path mappings related to the RestApi in your domains: {}",
            domains.join(", ")
        )));
    }
    call.state.remove::<RestApi>(&id)?;
    let below = below(&id, "");
    call.state.remove_all(&below, |_: &Deployment| true)?;
    call.state.remove_all(&below, |_: &Stage| true)?;
    call.state.remove_all(&below, |_: &DocumentationVersion| true)?;
    leave_usage_plans(call, &id)?;
    Ok(Answer::Empty)
}

fn leave_usage_plans(call: &mut Call<'_>, api_id: &str) -> Result<(), Error> {
    let has_it = |plan: &UsagePlan| plan.api_stages.iter().any(|stage| stage.api_id == api_id);
    for name in call.state.keys("", has_it) {
        // What a file says of an API that is gone does no harm.
        if call.state.writable::<UsagePlan>(&name).is_ok()
            && let Some(plan) = call.state.edit::<UsagePlan>(&name)?
        {
            plan.api_stages.retain(|stage| stage.api_id != api_id);
        }
    }
    Ok(())
}

/// An API with a root resource and nothing else, for what creates and imports APIs.
pub(super) fn new_api(call: &mut Call<'_>) -> RestApi {
    let mut id = environment::id(call.environment, API_ID_CHARS);
    while call.state.get::<RestApi>(&id).is_some() {
        id = environment::id(call.environment, API_ID_CHARS);
    }
    let root_resource_id = environment::id(call.environment, API_ID_CHARS);
    let root = Resource { id: root_resource_id.clone(), path: "/".into(), ..Resource::default() };
    RestApi {
        id,
        created_date: call.environment.now(),
        api_key_source: "HEADER".into(),
        endpoint_configuration: settings::default_endpoint(),
        resources: BTreeMap::from([(root_resource_id.clone(), Shared::new(root))]),
        root_resource_id,
        ..RestApi::default()
    }
}

/// An id for a part of an API that none of its kind has.
pub(super) fn part_id<T>(environment: &mut dyn Environment, taken: &BTreeMap<String, T>) -> String {
    loop {
        let id = environment::id(environment, PART_ID_CHARS);
        if !taken.contains_key(&id) {
            return id;
        }
    }
}

/// The models that every API begins with, unless it is imported.
fn default_models(environment: &mut dyn Environment) -> BTreeMap<String, Shared<Model>> {
    const EMPTY: &str = r#"{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
}"#;
    const ERROR: &str = r#"{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
}"#;
    [("Empty", "empty", EMPTY), ("Error", "error", ERROR)]
        .into_iter()
        .map(|(name, what, schema)| {
            let model = Model {
                id: environment::id(environment, PART_ID_CHARS),
                name: name.into(),
                description: Some(format!("This is a default {what} schema model")),
                schema: Some(schema.into()),
                content_type: "application/json".into(),
            };
            (name.to_owned(), Shared::new(model))
        })
        .collect()
}

/// An API as answers show it that do not show tags where there are none: when it is created, and in lists.
pub(super) fn listed(api: &RestApi) -> Value {
    let mut view = view(api);
    if api.tags.is_empty()
        && let Some(members) = view.as_object_mut()
    {
        members.remove("tags");
    }
    view
}

/// An API as answers show it.
pub(super) fn view(api: &RestApi) -> Value {
    let mut view = json!({
        "id": api.id,
        "name": api.name,
        "createdDate": api.created_date,
        "apiKeySource": api.api_key_source,
        "endpointConfiguration": api.endpoint_configuration,
        "tags": api.tags,
        "disableExecuteApiEndpoint": api.disable_execute_api_endpoint,
        "rootResourceId": api.root_resource_id,
    });
    set(&mut view, "description", api.description.clone());
    set(&mut view, "version", api.version.clone());
    set(&mut view, "minimumCompressionSize", api.minimum_compression_size);
    set(&mut view, "securityPolicy", api.security_policy.clone());
    set(&mut view, "endpointAccessMode", api.endpoint_access_mode.clone());
    if !api.binary_media_types.is_empty() {
        set(&mut view, "binaryMediaTypes", Some(api.binary_media_types.clone()));
    }
    if !api.warnings.is_empty() {
        set(&mut view, "warnings", Some(api.warnings.clone()));
    }
    // API Gateway answers the policy with its quotes escaped, and clients expect it so.
    set(
        &mut view,
        "policy",
        api.policy.as_ref().map(|policy| policy.replace('\\', "\\\\").replace('"', "\\\"")),
    );
    view
}
