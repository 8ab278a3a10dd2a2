//! What the control plane answers, as far as it is shown.

use super::client::{Ask, Client};
use super::failure::Failure;
use edgewit_diff::printable;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// A REST API.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RestApi {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) version: Option<String>,
    /// Seconds since 1970, perhaps with a fraction.
    pub(crate) created_date: f64,
    pub(crate) api_key_source: String,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) minimum_compression_size: Option<u64>,
    pub(crate) endpoint_configuration: Endpoint,
    pub(crate) disable_execute_api_endpoint: bool,
    pub(crate) policy: Option<String>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Endpoint {
    pub(crate) types: Vec<String>,
    pub(crate) ip_address_type: Option<String>,
    pub(crate) vpc_endpoint_ids: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Stage {
    pub(crate) stage_name: String,
    pub(crate) deployment_id: String,
    pub(crate) description: Option<String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) canary_settings: Option<Canary>,
    pub(crate) last_updated_date: f64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Canary {
    pub(crate) percent_traffic: f64,
    pub(crate) deployment_id: String,
    pub(crate) stage_variable_overrides: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created_date: f64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Resource {
    pub(crate) path: String,
    pub(crate) resource_methods: BTreeMap<String, ResourceMethod>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceMethod {
    pub(crate) authorization_type: String,
    pub(crate) authorizer_id: Option<String>,
    pub(crate) api_key_required: bool,
    pub(crate) method_integration: Option<Integration>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Integration {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) http_method: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) connection_id: Option<String>,
}

impl RestApi {
    /// `petstore (a1b2c3d4e5)`.
    pub(crate) fn title(&self) -> String {
        format!("{} ({})", printable(&self.name), printable(&self.id))
    }
}

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Failure> {
    T::deserialize(answer).map_err(|error| {
        Failure::Environment(format!("the node answers something else than expected: {error}"))
    })
}

/// Reads a list of answers.
pub(crate) fn read_all<T: DeserializeOwned>(answers: &[Value]) -> Result<Vec<T>, Failure> {
    answers.iter().map(read).collect()
}

/// All APIs.
pub(crate) async fn apis(client: &Client) -> Result<Vec<RestApi>, Failure> {
    read_all(&client.list(&["restapis"], &[]).await?)
}

/// The stages of an API.
pub(crate) async fn stages(client: &Client, api: &str) -> Result<Vec<Stage>, Failure> {
    read_all(&raw_stages(client, api).await?)
}

/// The stages of an API as they are answered.
pub(crate) async fn raw_stages(client: &Client, api: &str) -> Result<Vec<Value>, Failure> {
    let mut answer = client.get(&["restapis", api, "stages"], &[]).await?;
    match answer.get_mut("item").map(Value::take) {
        Some(Value::Array(stages)) => Ok(stages),
        _ => Ok(Vec::new()),
    }
}

/// The deployments of an API.
pub(crate) async fn deployments(client: &Client, api: &str) -> Result<Vec<Deployment>, Failure> {
    read_all(&client.list(&["restapis", api, "deployments"], &[]).await?)
}

/// What a stage serves, as an OpenAPI document in JSON.
pub(crate) async fn export(client: &Client, api: &str, stage: &str) -> Result<String, Failure> {
    let path = ["restapis", api, "stages", stage, "exports", "oas30"];
    let ask = Ask { method: Method::GET, path: &path, query: &[("extensions", "apigateway")], body: None };
    Ok(String::from_utf8_lossy(&client.bytes(ask).await?).into_owned())
}

/// The API with an id, or the only one with a name.
pub(crate) fn find<'a>(apis: &'a [RestApi], wanted: &str) -> Result<&'a RestApi, Failure> {
    if let Some(api) = apis.iter().find(|api| api.id == wanted) {
        return Ok(api);
    }
    let named: Vec<&RestApi> = apis.iter().filter(|api| api.name == wanted).collect();
    match named.as_slice() {
        [api] => Ok(api),
        [] => Err(Failure::Input(format!("there is no API `{}`; {}", printable(wanted), known(apis)))),
        _ => {
            let ids: Vec<String> = named.iter().map(|api| printable(&api.id)).collect();
            let count = named.len();
            let wanted = printable(wanted);
            Err(Failure::Input(format!(
                "{count} APIs are named `{wanted}`; say which by id: {}",
                ids.join(", ")
            )))
        }
    }
}

/// The stage with a name.
pub(crate) fn find_stage<'s>(stages: &'s [Stage], api: &RestApi, wanted: &str) -> Result<&'s Stage, Failure> {
    stages.iter().find(|stage| stage.stage_name == wanted).ok_or_else(|| {
        let names: Vec<String> = stages.iter().map(|stage| printable(&stage.stage_name)).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Failure::Input(format!("{} has no stage `{wanted}`; it has {known}", api.title()))
    })
}

/// APIs that a message names.
const NAMED: usize = 10;

fn known(apis: &[RestApi]) -> String {
    if apis.is_empty() {
        return "the node has none".to_owned();
    }
    let titles: Vec<String> = apis.iter().take(NAMED).map(RestApi::title).collect();
    let more = if apis.len() > NAMED { format!(" and {} more", apis.len() - NAMED) } else { String::new() };
    format!("there is {}{more}", titles.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use serde_json::json;

    fn api(id: &str, name: &str) -> RestApi {
        RestApi { id: id.to_owned(), name: name.to_owned(), ..RestApi::default() }
    }

    #[test]
    fn an_api_is_found_by_id_before_name() {
        let apis = [api("one", "two"), api("two", "shop"), api("three", "twin"), api("four", "twin")];
        assert_eq!(find(&apis, "two").unwrap().name, "shop");
        assert_eq!(find(&apis, "shop").unwrap().id, "two");
        let text = find(&apis, "twin").unwrap_err().text();
        assert_eq!(text, "edgewit: 2 APIs are named `twin`; say which by id: three, four");
        let text = find(&apis, "none").unwrap_err().text();
        assert!(
            text.starts_with("edgewit: there is no API `none`; there is two (one), shop (two), "),
            "{text}"
        );
        assert_eq!(find(&[], "x").unwrap_err().text(), "edgewit: there is no API `x`; the node has none");
    }

    #[test]
    fn answers_may_leave_members_out_and_have_more() {
        let stage: Stage = read(&json!({"stageName": "dev", "deploymentId": "a", "new": 1})).unwrap();
        assert_eq!((stage.stage_name.as_str(), stage.variables.len()), ("dev", 0));
        let failure = read::<Stage>(&json!({"stageName": 1})).unwrap_err();
        assert_eq!(failure.code(), 3);
        let text = find_stage(&[stage], &api("a", "shop"), "prod").unwrap_err().text();
        assert_eq!(text, "edgewit: shop (a) has no stage `prod`; it has dev");
    }
}
