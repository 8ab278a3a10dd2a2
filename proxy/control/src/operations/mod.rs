//! The operations, one file for each family.

mod access_associations;
mod account;
mod api_keys;
mod arn;
mod authorizers;
mod base_path_mappings;
mod client_certificates;
mod definitions;
mod deployments;
mod documentation;
mod domain_names;
#[cfg(test)]
mod fixture;
mod gateway_responses;
mod integration_responses;
mod integrations;
mod mapping_rules;
mod method_responses;
mod methods;
mod models;
mod patch_map;
mod patching;
mod resources;
mod rest_apis;
#[cfg(test)]
mod sample;
mod sdks;
mod stages;
mod tags;
mod trials;
mod usage_plans;
mod validators;
mod vpc_links;

use crate::entities::RestApi;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use serde_json::Value;

/// Carries one operation out.
pub(crate) type Handler = fn(&mut Call<'_>) -> Result<Answer, Error>;

/// What carries the operation of this name out.
pub(crate) fn handler(operation: &str) -> Option<Handler> {
    let families = [
        access_associations::handler,
        account::handler,
        api_keys::handler,
        authorizers::handler,
        base_path_mappings::handler,
        client_certificates::handler,
        definitions::handler,
        deployments::handler,
        documentation::handler,
        domain_names::handler,
        gateway_responses::handler,
        integration_responses::handler,
        integrations::handler,
        method_responses::handler,
        methods::handler,
        models::handler,
        resources::handler,
        rest_apis::handler,
        sdks::handler,
        stages::handler,
        tags::handler,
        trials::handler,
        usage_plans::handler,
        validators::handler,
        vpc_links::handler,
    ];
    families.into_iter().find_map(|family| family(operation))
}

/// Puts `value` under `name` unless there is none: members without a value are left out of answers, not null.
pub(crate) fn set(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), value.into());
    }
}

impl Call<'_> {
    /// The API that the path names.
    fn api(&self) -> Result<&RestApi, Error> {
        let id = self.input.required("restApiId");
        self.state.get::<RestApi>(id).ok_or_else(|| unknown_api(self.environment.account_id(), id))
    }

    /// The same, to change.
    fn edit_api(&mut self) -> Result<&mut RestApi, Error> {
        let unknown = unknown_api(self.environment.account_id(), self.input.required("restApiId"));
        self.state.edit::<RestApi>(self.input.required("restApiId"))?.ok_or(unknown)
    }
}

fn unknown_api(account: &str, id: &str) -> Error {
    Error::not_found(format!("Invalid API identifier specified {account}:{id}"))
}
