//! `edgewit api show`.

use super::answers::{
    Canary, Deployment, Resource, RestApi, Stage, apis, deployments, export, find, find_stage, raw_stages,
    read, read_all,
};
use super::args::Show;
use super::client::Client;
use super::document;
use super::failure::Failure;
use super::text::time;
use super::tree::Tree;
use crate::show::{self, Line};
use edgewit_diff::printable;
use edgewit_model::ImportOptions;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) async fn run(args: &Show) -> Result<u8, Failure> {
    let client = Client::new(&args.asked)?;
    let id = find(&apis(&client).await?, &args.api)?.id.clone();
    let raw_api = client.get(&["restapis", &id], &[]).await?;
    let api: RestApi = read(&raw_api)?;
    let mut raw_stages = raw_stages(&client, &id).await?;
    let mut stages: Vec<Stage> = read_all(&raw_stages)?;
    if let Some(wanted) = &args.stage {
        let stage = find_stage(&stages, &api, wanted)?.clone();
        raw_stages.retain(|raw| raw.get("stageName").and_then(Value::as_str) == Some(wanted));
        stages = vec![stage];
    }
    let resources = match &args.stage {
        Some(stage) => Resources::Served(export(&client, &id, stage).await?),
        None => Resources::Next(client.list(&["restapis", &id, "resources"], &[("embed", "methods")]).await?),
    };
    if args.json {
        show::out(&json(&raw_api, &raw_stages, &resources).to_string());
        return Ok(0);
    }
    let deployments = deployments(&client, &id).await?;
    let mut lines = api_lines(&api);
    lines.extend(stage_lines(&stages, &deployments));
    lines.extend(resource_lines(&client, &id, &resources).await?);
    lines.iter().for_each(|line| show::out(line));
    Ok(0)
}

enum Resources {
    /// A document: what a stage serves.
    Served(String),
    /// Resources with their methods: what would be deployed.
    Next(Vec<Value>),
}

fn json(api: &Value, stages: &[Value], resources: &Resources) -> Value {
    match resources {
        Resources::Served(document) => {
            let document: Value = serde_json::from_str(document).unwrap_or_default();
            json!({"api": api, "stages": stages, "document": document})
        }
        Resources::Next(resources) => json!({"api": api, "stages": stages, "resources": resources}),
    }
}

fn api_lines(api: &RestApi) -> Vec<String> {
    let endpoint = &api.endpoint_configuration;
    let endpoint = endpoint.types.iter().chain(&endpoint.ip_address_type).chain(&endpoint.vpc_endpoint_ids);
    let endpoint: Vec<&str> = endpoint.map(String::as_str).collect();
    let mut lines = vec![api.title()];
    let mut row = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("  {name:<14}{}", printable(&value))));
    };
    row("created", Some(time(api.created_date)));
    row("version", api.version.clone());
    row("description", api.description.clone());
    row("endpoint", (!endpoint.is_empty()).then(|| endpoint.join(", ")));
    row("default host", api.disable_execute_api_endpoint.then(|| "disabled".to_owned()));
    row("API keys", (api.api_key_source == "AUTHORIZER").then(|| "from the authorizer".to_owned()));
    row("binary types", (!api.binary_media_types.is_empty()).then(|| api.binary_media_types.join(", ")));
    row("compression", api.minimum_compression_size.map(|size| format!("from {size} bytes")));
    row("policy", api.policy.as_ref().map(|_| "yes; --json shows it".to_owned()));
    lines
}

fn stage_lines(stages: &[Stage], deployments: &[Deployment]) -> Vec<String> {
    let mut lines = vec![String::new()];
    if stages.is_empty() {
        lines.push("no stages: nothing of it is served".to_owned());
    }
    for stage in stages {
        lines.push(format!("stage {}", printable(&stage.stage_name)));
        let mut row = |name: &str, value: String| lines.push(format!("  {name:<14}{}", printable(&value)));
        row("deployment", told(&stage.deployment_id, deployments));
        row("changed", time(stage.last_updated_date));
        if let Some(description) = &stage.description {
            row("description", description.clone());
        }
        if !stage.variables.is_empty() {
            row("variables", variables(&stage.variables));
        }
        if let Some(canary) = &stage.canary_settings {
            row("canary", canary_text(canary, deployments));
        }
    }
    lines
}

fn canary_text(canary: &Canary, deployments: &[Deployment]) -> String {
    let Canary { percent_traffic, deployment_id, stage_variable_overrides } = canary;
    let text = format!("{percent_traffic} % of requests to {}", told(deployment_id, deployments));
    if stage_variable_overrides.is_empty() {
        return text;
    }
    format!("{text}, with {}", variables(stage_variable_overrides))
}

/// `a1b2c3, 2026-11-23 22:13:20 UTC, first`.
pub(super) fn told(id: &str, deployments: &[Deployment]) -> String {
    let Some(deployment) = deployments.iter().find(|deployment| deployment.id == id) else {
        return printable(id);
    };
    let text = format!("{}, {}", printable(id), time(deployment.created_date));
    match &deployment.description {
        Some(description) => format!("{text}, {}", printable(description)),
        None => text,
    }
}

fn variables(variables: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}

async fn resource_lines(client: &Client, id: &str, resources: &Resources) -> Result<Vec<String>, Failure> {
    let (tree, which) = match resources {
        Resources::Served(export) => {
            let api = document::exported(export, &ImportOptions::default())?;
            (Tree::of_model(&api), "served")
        }
        Resources::Next(resources) => {
            let resources: Vec<Resource> = read_all(resources)?;
            (
                Tree::of_resources(&resources, &authorizers(client, id).await?),
                "as the next deployment has them",
            )
        }
    };
    let count = tree.methods();
    let mut lines = vec![String::new(), format!("{count} {}, {which}", Line::plural(count, "method"))];
    lines.extend(tree.lines().into_iter().map(|line| format!("  {line}")));
    Ok(lines)
}

/// Names of authorizers by id.
async fn authorizers(client: &Client, id: &str) -> Result<BTreeMap<String, String>, Failure> {
    let authorizers = client.list(&["restapis", id, "authorizers"], &[]).await?;
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    Ok(authorizers.iter().filter_map(|it| Some((text(it, "id")?, text(it, "name")?))).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn settings_that_say_nothing_are_left_out() {
        let api: RestApi = read(&json!({"id": "a1", "name": "shop", "createdDate": 1_700_000_000,
            "apiKeySource": "HEADER", "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"}}))
        .unwrap();
        let expected =
            ["shop (a1)", "  created       2023-11-14 22:13:20 UTC", "  endpoint      REGIONAL, ipv4"];
        assert_eq!(api_lines(&api), expected);
        let api: RestApi = read(&json!({"id": "a1", "name": "shop", "version": "2", "policy": "{}",
            "disableExecuteApiEndpoint": true, "binaryMediaTypes": ["image/png"], "minimumCompressionSize": 10}))
        .unwrap();
        let lines = api_lines(&api);
        for line in [
            "  version       2",
            "  default host  disabled",
            "  binary types  image/png",
            "  compression   from 10 bytes",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
        }
    }

    #[test]
    fn stages_say_what_they_serve() {
        let stages: Vec<Stage> = read_all(&[json!({"stageName": "prod", "deploymentId": "d1",
            "lastUpdatedDate": 1_700_000_060, "variables": {"b": "2", "a": "1"},
            "canarySettings": {"percentTraffic": 12.5, "deploymentId": "d2", "stageVariableOverrides": {"a": "3"}}})])
        .unwrap();
        let deployments: Vec<Deployment> =
            read_all(&[json!({"id": "d1", "createdDate": 1_700_000_000.0, "description": "first"})]).unwrap();
        assert_eq!(
            stage_lines(&stages, &deployments),
            [
                "",
                "stage prod",
                "  deployment    d1, 2023-11-14 22:13:20 UTC, first",
                "  changed       2023-11-14 22:14:20 UTC",
                "  variables     a=1 b=2",
                "  canary        12.5 % of requests to d2, with a=3",
            ]
        );
        assert_eq!(stage_lines(&[], &[]), ["", "no stages: nothing of it is served"]);
    }
}
