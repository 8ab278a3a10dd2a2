//! Stages are made, read, listed, flushed and deleted.

use super::{create, dev, server};
use crate::entities::DocumentationVersion;
use crate::operations::sample::{API, FROZEN, freeze};
use crate::state::Slot;
use crate::testing::Server;
use serde_json::{Map, Value, json};
use std::sync::Arc;

fn refused(server: &mut Server, body: Value) -> (u16, String) {
    let (status, body) = server.call("POST", &format!("{API}/stages"), body);
    (status, body["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_stage_has_defaults() {
    let (mut server, first, _) = server();
    let (status, made) =
        server.call("POST", &format!("{API}/stages"), json!({"stageName": "s-1_X", "deploymentId": first}));
    assert_eq!(status, 201);
    assert_eq!(
        made,
        json!({
            "stageName": "s-1_X", "deploymentId": first, "cacheClusterEnabled": false,
            "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}, "tracingEnabled": false,
            "createdDate": 1_700_000_003, "lastUpdatedDate": 1_700_000_003,
        })
    );
    assert_eq!(server.ok("GET", &format!("{API}/stages/s-1_X"), Value::Null), made);
}

#[test]
fn a_stage_has_all_that_it_is_made_with() {
    let (mut server, first, second) = server();
    let version = DocumentationVersion { version: "v1".into(), ..DocumentationVersion::default() };
    let slot = Slot { value: Arc::new(version), revision: 0, file: None };
    server.state.documentation_versions.insert("a1b2c3d4e5/v1".into(), slot);
    let canary = json!({
        "percentTraffic": 12.5, "deploymentId": second,
        "stageVariableOverrides": {"c": "d", "gone": null}, "useStageCache": true,
    });
    let made = create(
        &mut server,
        json!({
            "stageName": "all", "deploymentId": first, "description": "text", "cacheClusterEnabled": true,
            "cacheClusterSize": "1.6", "variables": {"a": "b"}, "documentationVersion": "v1",
            "canarySettings": canary, "tracingEnabled": true, "tags": {"team": "pets"},
        }),
    );
    assert_eq!(
        made,
        json!({
            "stageName": "all", "deploymentId": first, "description": "text", "cacheClusterEnabled": true,
            "cacheClusterSize": "1.6", "cacheClusterStatus": "AVAILABLE", "methodSettings": {},
            "variables": {"a": "b"}, "documentationVersion": "v1",
            "canarySettings": {
                "percentTraffic": 12.5, "deploymentId": second,
                "stageVariableOverrides": {"c": "d"}, "useStageCache": true,
            },
            "tracingEnabled": true, "tags": {"team": "pets"},
            "createdDate": 1_700_000_003, "lastUpdatedDate": 1_700_000_003,
        })
    );
}

#[test]
fn what_cannot_be_a_stage_is_refused() {
    let (mut server, first, _) = server();
    let stage = |name: &str| json!({"stageName": name, "deploymentId": first});
    let with = |member: &str, value: Value| {
        let mut body = stage("new");
        body[member] = value;
        body
    };
    assert_eq!(refused(&mut server, stage("dev")), (409, "Stage already exists".into()));
    assert_eq!(refused(&mut server, stage("a.b")), (400, "Stage name only allows a-zA-Z0-9_-".into()));
    assert_eq!(refused(&mut server, stage("")), (400, "Stage name only allows a-zA-Z0-9_-".into()));
    let unknown = (400, "Deployment id does not exist".to_owned());
    assert_eq!(refused(&mut server, with("deploymentId", json!("deploy"))), unknown);
    assert_eq!(refused(&mut server, with("canarySettings", json!({"deploymentId": "deploy"}))), unknown);
    assert_eq!(
        refused(&mut server, with("canarySettings", json!({"percentTraffic": 100.5}))),
        (400, "Invalid canary percentTraffic specified: 100.5. It must be between 0.0 and 100.0".into())
    );
    assert_eq!(
        refused(&mut server, with("documentationVersion", json!("v1"))),
        (404, "Invalid Documentation version specified".into())
    );
    assert_eq!(
        refused(&mut server, with("tags", json!({"aws:x": "y"}))),
        (400, "Invalid tag key specified: aws:x. Keys must not begin with aws:".into())
    );
    freeze(&mut server);
    assert_eq!(refused(&mut server, stage("new")), (400, FROZEN.into()));
}

#[test]
fn names_and_tags_have_limits() {
    let (mut server, first, _) = server();
    let stage = |name: String| json!({"stageName": name, "deploymentId": first});
    create(&mut server, stage("n".repeat(128)));
    assert_eq!(
        refused(&mut server, stage("n".repeat(129))),
        (400, "Stage name can be at most 128 characters".into())
    );
    let tags = |count: usize| {
        let tags: Map<String, Value> = (0..count).map(|n| (n.to_string(), json!("x"))).collect();
        json!({"stageName": "tagged", "deploymentId": first, "tags": tags})
    };
    assert_eq!(refused(&mut server, tags(51)), (400, "A stage can have at most 50 tags".into()));
    create(&mut server, tags(50));
}

#[test]
fn stages_are_listed_by_deployment() {
    let (mut server, _, second) = server();
    let other = create(&mut server, json!({"stageName": "other", "deploymentId": second}));
    let dev = server.ok("GET", &dev(), Value::Null);
    assert_eq!(server.ok("GET", &format!("{API}/stages"), Value::Null), json!({"item": [dev, other]}));
    assert_eq!(
        server.ok("GET", &format!("{API}/stages?deploymentId={second}"), Value::Null),
        json!({"item": [other]})
    );
}

#[test]
fn a_stage_is_deleted_and_its_deployment_stays() {
    let (mut server, first, _) = server();
    assert_eq!(server.call("DELETE", &dev(), Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", &format!("{API}/stages"), Value::Null), json!({"item": []}));
    server.ok("GET", &format!("{API}/deployments/{first}"), Value::Null);
}

#[test]
fn caches_are_flushed() {
    let (mut server, ..) = server();
    assert_eq!(server.call("DELETE", &format!("{}/cache/data", dev()), Value::Null), (202, Value::Null));
    assert_eq!(
        server.call("DELETE", &format!("{}/cache/authorizers", dev()), Value::Null),
        (202, Value::Null)
    );
    let stage = server.state.stages["a1b2c3d4e5/dev"].value.as_ref();
    assert_eq!((stage.cache_flushed, stage.authorizers_flushed), (1, 1));
}

#[test]
fn an_unknown_stage_is_not_found() {
    let (mut server, ..) = server();
    let unknown = (404, json!({"message": "Invalid stage identifier specified"}));
    let path = format!("{API}/stages/nothere");
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", format!("{path}/cache/data")),
        ("DELETE", format!("{path}/cache/authorizers")),
    ] {
        assert_eq!(server.call(method, &path, Value::Null), unknown, "{method} {path}");
    }
    assert_eq!(
        server.call("GET", "/restapis/nothere/stages", Value::Null),
        (404, json!({"message": "Invalid API identifier specified 123456789012:nothere"}))
    );
}
