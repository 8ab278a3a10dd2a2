//! Documents for tests, and how APIs are compared in them.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::testing::Server;
use bytes::Bytes;
use edgewit_model::Location;
use edgewit_model::api::{AuthorizerType, RestApi};
use edgewit_model::import::{ImportOptions, import};
use serde_json::{Value, json};

pub(crate) const PETS: &str = include_str!("pets.yaml");
pub(crate) const ORDERS: &str = include_str!("orders.json");

/// What the data plane makes of a document itself.
pub(crate) fn model(text: &str) -> RestApi {
    let options = ImportOptions { account_id: "123456789012".into(), ..ImportOptions::default() };
    let imported = import("openapi", text, &options);
    assert!(imported.api.is_some(), "{:#?}", imported.findings);
    imported.api.unwrap()
}

/// Imports a document; the whole answer.
pub(crate) fn imported(server: &mut Server, query: &str, text: &str) -> Value {
    let target = format!("/restapis?mode=import{query}");
    let (status, body) = server.send("POST", &target, Bytes::from(text.to_owned()));
    assert_eq!(status, 201, "{body}");
    body
}

/// The API as the data plane would compile it.
pub(crate) fn stored(server: &Server, id: &str) -> RestApi {
    let (model, findings) = crate::snapshot::model(server.state.get(id).unwrap());
    assert_eq!(findings, []);
    model
}

/// All of an API that requests can tell, as text: no places, no ids, names in order, defaults written out.
pub(crate) fn canonical(api: &RestApi) -> String {
    let mut api = api.clone();
    let none = Location::default();
    api.at = none.clone();
    api.documentation_version = None;
    api.endpoint.ip_address_type = None;
    if let Some((_, at)) = &mut api.policy {
        *at = none.clone();
    }
    let paths: Vec<String> = api.resources.iter().map(|resource| resource.path.clone()).collect();
    let mut parents: Vec<String> = api
        .resources
        .iter()
        .map(|resource| format!("{} in {:?}", resource.path, resource.parent.map(|index| &paths[index])))
        .collect();
    parents.sort();
    api.resources.sort_by(|one, other| one.path.cmp(&other.path));
    for resource in &mut api.resources {
        (resource.at, resource.parent) = (none.clone(), None);
        resource.id.clear();
        resource.methods.sort_keys();
        for method in resource.methods.values_mut() {
            method.at = none.clone();
            if let Some((_, at)) = &mut method.request_validator {
                *at = none.clone();
            }
            method.request_parameters.sort_keys();
            method.request_models.sort_keys();
            method.responses.sort_keys();
            let Some(integration) = &mut method.integration else { continue };
            integration.at = none.clone();
            integration.request_parameters.values_mut().for_each(|mapping| mapping.at = none.clone());
            integration.request_templates.values_mut().for_each(|template| template.at = none.clone());
            integration.responses.sort_by(|one, other| one.status_code.cmp(&other.status_code));
            for response in &mut integration.responses {
                response.at = none.clone();
                response.response_parameters.values_mut().for_each(|mapping| mapping.at = none.clone());
                response.response_templates.values_mut().for_each(|template| template.at = none.clone());
            }
        }
    }
    api.models.sort_keys();
    for model in api.models.values_mut() {
        model.at = none.clone();
        model.schema.sort_all_objects();
        if let Some(members) = model.schema.as_object_mut() {
            members.shift_remove("$schema");
        }
    }
    api.request_validators.sort_keys();
    api.authorizers.sort_keys();
    for authorizer in api.authorizers.values_mut() {
        authorizer.at = none.clone();
        if matches!(authorizer.kind, AuthorizerType::Token | AuthorizerType::Request) {
            authorizer.result_ttl_seconds.get_or_insert(300);
            authorizer.auth_type.get_or_insert_with(|| "custom".to_owned());
        } else {
            authorizer.auth_type.get_or_insert_with(|| "cognito_user_pools".to_owned());
        }
    }
    api.gateway_responses.sort_keys();
    api.gateway_responses.values_mut().for_each(|response| response.at = none.clone());
    let mut parts: Vec<String> = std::mem::take(&mut api.documentation_parts)
        .into_iter()
        .map(|part| json!([part.location, part.properties]).to_string())
        .collect();
    parts.sort();
    format!("{api:#?}\n{parents:#?}\n{parts:#?}")
}
