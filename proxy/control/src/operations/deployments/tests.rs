//! Deployments through the wire protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use crate::operations::sample::{API, FROZEN, edit, edit_post, freeze, server};
use crate::testing::Server;
use serde_json::{Value, json};

fn deployments() -> String {
    format!("{API}/deployments")
}

fn deploy(server: &mut Server, body: Value) -> String {
    server.ok("POST", &deployments(), body)["id"].as_str().unwrap().to_owned()
}

fn stage(server: &mut Server, name: &str) -> Value {
    server.ok("GET", &format!("{API}/stages/{name}"), Value::Null)
}

fn refused(server: &mut Server, body: Value) -> (u16, String) {
    let (status, body) = server.call("POST", &deployments(), body);
    (status, body["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_deployment_is_made_and_read() {
    let mut server = server();
    let (status, made) = server.call("POST", &deployments(), json!({"description": "first"}));
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((status, id.len()), (201, 6));
    assert_eq!(made, json!({"id": id, "createdDate": 1_700_000_000, "description": "first"}));
    assert_eq!(server.ok("GET", &format!("{API}/deployments/{id}"), Value::Null), made);
    assert_eq!(server.ok("GET", &deployments(), Value::Null), json!({"item": [made]}));
    assert_eq!(server.ok("GET", &format!("{API}/stages"), Value::Null), json!({"item": []}));
}

#[test]
fn an_empty_description_and_an_empty_stage_name_are_none() {
    let mut server = server();
    let made = server.ok("POST", &deployments(), json!({"description": "", "stageName": ""}));
    assert_eq!(made, json!({"id": made["id"], "createdDate": 1_700_000_000}));
    assert_eq!(server.ok("GET", &format!("{API}/stages"), Value::Null), json!({"item": []}));
}

#[test]
fn the_summary_shows_the_methods_as_they_were() {
    let mut server = server();
    let id = deploy(&mut server, json!({}));
    edit_post(&mut server, |method| method.api_key_required = true);
    let path = format!("{API}/deployments/{id}?embed=apisummary");
    let read = server.ok("GET", &path, Value::Null);
    assert_eq!(
        read,
        json!({"id": id, "createdDate": 1_700_000_000, "apiSummary": {
            "/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": false}},
            "/pets": {"POST": {"authorizationType": "NONE", "apiKeyRequired": false}},
        }})
    );
}

#[test]
fn what_cannot_be_deployed_is_refused() {
    let mut server = server();
    assert_eq!(
        server.call("POST", "/restapis/nothere/deployments", json!({})),
        (404, json!({"message": "Invalid API identifier specified 123456789012:nothere"}))
    );
    edit_post(&mut server, |method| method.method_integration = None);
    assert_eq!(refused(&mut server, json!({})), (400, "No integration defined for method".into()));
    edit(&mut server, |api| {
        api.resources.values_mut().for_each(|resource| resource.edit().methods.clear());
    });
    assert_eq!(refused(&mut server, json!({})), (400, "The REST API doesn't contain any methods".into()));
    freeze(&mut server);
    assert_eq!(refused(&mut server, json!({})), (400, FROZEN.into()));
}

#[test]
fn a_stage_is_made_with_a_deployment() {
    let mut server = server();
    let body = json!({
        "stageName": "prod", "stageDescription": "all of them", "cacheClusterEnabled": true,
        "variables": {"a": "b"}, "tracingEnabled": true,
    });
    let id = deploy(&mut server, body);
    assert_eq!(
        stage(&mut server, "prod"),
        json!({
            "stageName": "prod", "deploymentId": id, "description": "all of them",
            "cacheClusterEnabled": true, "cacheClusterSize": "0.5", "cacheClusterStatus": "AVAILABLE",
            "methodSettings": {}, "variables": {"a": "b"}, "tracingEnabled": true,
            "createdDate": 1_700_000_000, "lastUpdatedDate": 1_700_000_000,
        })
    );
}

#[test]
fn a_stage_moves_to_a_new_deployment() {
    let mut server = server();
    deploy(&mut server, json!({"stageName": "prod", "variables": {"a": "b"}}));
    let second = deploy(&mut server, json!({"stageName": "prod", "stageDescription": "again"}));
    let stage = stage(&mut server, "prod");
    assert_eq!(
        (&stage["deploymentId"], &stage["description"], &stage["variables"], &stage["lastUpdatedDate"]),
        (&json!(second), &json!("again"), &json!({"a": "b"}), &json!(1_700_000_001))
    );
}

#[test]
fn a_stage_that_cannot_be_made_undoes_its_deployment() {
    let mut server = server();
    let answer = refused(&mut server, json!({"stageName": "a b"}));
    assert_eq!(answer, (400, "Stage name only allows a-zA-Z0-9_-".into()));
    assert_eq!(server.ok("GET", &deployments(), Value::Null), json!({"item": []}));
}

#[test]
fn a_canary_leaves_production_where_it_is() {
    let mut server = server();
    let first = deploy(&mut server, json!({"stageName": "prod"}));
    let canary = json!({"percentTraffic": 50, "stageVariableOverrides": {"a": "b"}});
    let second =
        deploy(&mut server, json!({"stageName": "prod", "canarySettings": canary, "stageDescription": "x"}));
    let read = stage(&mut server, "prod");
    assert_eq!(read["deploymentId"], first);
    assert_eq!(read.get("description"), None);
    assert_eq!(
        read["canarySettings"],
        json!({
            "percentTraffic": 50.0, "deploymentId": second,
            "stageVariableOverrides": {"a": "b"}, "useStageCache": false,
        })
    );
    let third = deploy(&mut server, json!({"stageName": "prod"}));
    let read = stage(&mut server, "prod");
    assert_eq!(read["deploymentId"], first);
    assert_eq!(read["canarySettings"]["deploymentId"], third);
    assert_eq!(read["canarySettings"]["percentTraffic"], 50.0);
}

#[test]
fn a_canary_needs_a_stage_that_is_there() {
    let mut server = server();
    let canary = json!({"percentTraffic": 50.0});
    let none = "Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null";
    assert_eq!(refused(&mut server, json!({"canarySettings": canary})), (400, none.into()));
    let empty = "Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is ";
    assert_eq!(refused(&mut server, json!({"canarySettings": canary, "stageName": ""})), (400, empty.into()));
    let unknown = "Invalid deployment content specified.Stage new must already be created before making a canary release deployment";
    assert_eq!(
        refused(&mut server, json!({"canarySettings": canary, "stageName": "new"})),
        (400, unknown.into())
    );
}

#[test]
fn only_the_description_can_be_changed() {
    let mut server = server();
    let id = deploy(&mut server, json!({"description": "first"}));
    let path = format!("{API}/deployments/{id}");
    let changed = json!({"id": id, "createdDate": 1_700_000_000, "description": "new"});
    assert_eq!(server.patch(&path, &[("replace", "/description", "new")]), (200, changed.clone()));
    assert_eq!(
        server.patch(&path, &[("replace", "/id", "x")]),
        (
            400,
            json!({"message": "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description]"})
        )
    );
    assert_eq!(
        server.patch(&path, &[("replace", "/description", "x"), ("remove", "/description", "")]),
        (
            400,
            json!({"message": "Invalid patch path  '/description' specified for op 'remove'. Please choose supported operations"})
        )
    );
    assert_eq!(server.ok("GET", &path, Value::Null), changed);
}

#[test]
fn a_deployment_is_deleted_when_no_stage_needs_it() {
    let mut server = server();
    let first = deploy(&mut server, json!({"stageName": "prod"}));
    let second = deploy(&mut server, json!({"stageName": "prod", "canarySettings": {}}));
    let in_use =
        (400, json!({"message": "Active stages pointing to this deployment must be moved or deleted"}));
    for id in [&first, &second] {
        assert_eq!(server.call("DELETE", &format!("{API}/deployments/{id}"), Value::Null), in_use);
    }
    server.ok("DELETE", &format!("{API}/stages/prod"), Value::Null);
    for id in [&first, &second] {
        assert_eq!(
            server.call("DELETE", &format!("{API}/deployments/{id}"), Value::Null),
            (202, Value::Null)
        );
    }
    assert_eq!(server.ok("GET", &deployments(), Value::Null), json!({"item": []}));
}

#[test]
fn an_unknown_deployment_is_not_found() {
    let mut server = server();
    let path = format!("{API}/deployments/nothere");
    let unknown = (404, json!({"message": "Invalid Deployment identifier specified"}));
    for method in ["GET", "DELETE"] {
        assert_eq!(server.call(method, &path, Value::Null), unknown);
    }
    assert_eq!(server.patch(&path, &[]), unknown);
}
