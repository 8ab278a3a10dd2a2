//! Canaries by patches of stages.

use super::{not_a_path, patch, refused, server};
use crate::operations::sample::API;
use serde_json::{Value, json};

#[test]
fn the_percentage_makes_a_canary_of_the_same_deployment() {
    let (mut server, first, _) = server();
    let stage = patch(&mut server, &[("replace", "/canarySettings/percentTraffic", "50")]);
    assert_eq!(
        stage["canarySettings"],
        json!({"percentTraffic": 50.0, "deploymentId": first, "useStageCache": false})
    );
}

#[test]
fn the_deployment_makes_a_canary_without_traffic() {
    let (mut server, _, second) = server();
    let stage = patch(&mut server, &[("replace", "/canarySettings/deploymentId", &second)]);
    assert_eq!(
        stage["canarySettings"],
        json!({"percentTraffic": 0.0, "deploymentId": second, "useStageCache": false})
    );
    let stage = patch(&mut server, &[("remove", "/canarySettings", "")]);
    assert_eq!(stage.get("canarySettings"), None);
}

#[test]
fn each_part_of_a_canary_is_replaced() {
    let (mut server, first, _) = server();
    let stage = patch(
        &mut server,
        &[
            ("replace", "/canarySettings/stageVariableOverrides/a", "1"),
            ("replace", "/canarySettings/useStageCache", "true"),
            ("replace", "/canarySettings/percentTraffic", "0.5"),
        ],
    );
    let canary = |overrides: Value| {
        json!({
            "percentTraffic": 0.5, "deploymentId": first, "useStageCache": true,
            "stageVariableOverrides": overrides,
        })
    };
    assert_eq!(stage["canarySettings"], canary(json!({"a": "1"})));
    let stage = patch(
        &mut server,
        &[("replace", "/canarySettings/stageVariableOverrides", r#"{"b": "2", "c": "3"}"#)],
    );
    assert_eq!(stage["canarySettings"], canary(json!({"b": "2", "c": "3"})));
    let stage = patch(&mut server, &[("replace", "/canarySettings/stageVariableOverrides", "")]);
    assert_eq!(stage["canarySettings"].get("stageVariableOverrides"), None);
}

#[test]
fn a_canary_is_promoted() {
    let (mut server, _, second) = server();
    patch(
        &mut server,
        &[
            ("replace", "/variables/a", "production"),
            ("replace", "/variables/b", "production"),
            ("replace", "/canarySettings/deploymentId", &second),
            ("replace", "/canarySettings/stageVariableOverrides/a", "canary"),
            ("replace", "/canarySettings/stageVariableOverrides/c", "canary"),
        ],
    );
    let operations = json!({"patchOperations": [
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
    ]});
    let stage = server.ok("PATCH", &format!("{API}/stages/dev"), operations);
    assert_eq!(stage["deploymentId"], json!(second));
    assert_eq!(stage["variables"], json!({"a": "canary", "b": "production", "c": "canary"}));
    assert_eq!(
        stage["canarySettings"],
        json!({
            "percentTraffic": 0.0, "deploymentId": second, "useStageCache": false,
            "stageVariableOverrides": {"a": "canary", "c": "canary"},
        })
    );
}

#[test]
fn other_copies_are_refused() {
    let (mut server, ..) = server();
    let mut copy = |from: Option<&str>, path: &str| {
        let mut operation = json!({"op": "copy", "path": path});
        if let Some(from) = from {
            operation["from"] = from.into();
        }
        server.call("PATCH", &format!("{API}/stages/dev"), json!({"patchOperations": [operation]}))
    };
    let invalid = |path: &str, from: &str| {
        json!({"message": format!(
            "Invalid copy operation with path: {path} and from {from}. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
        )})
    };
    let cases = [
        (Some("/deploymentId"), "/canarySettings/deploymentId", "/deploymentId"),
        (Some("/canarySettings/deploymentId"), "/variables", "/canarySettings/deploymentId"),
        (None, "/deploymentId", "null"),
    ];
    for (from, path, shown) in cases {
        assert_eq!(copy(from, path), (400, invalid(path, shown)));
    }
    assert_eq!(
        copy(Some("/canarySettings/deploymentId"), "/deploymentId"),
        (400, json!({"message": "Promotion not available. Canary does not exist."}))
    );
}

#[test]
fn what_is_no_part_of_a_canary_is_refused() {
    let (mut server, ..) = server();
    patch(&mut server, &[("replace", "/canarySettings/stageVariableOverrides/a", "1")]);
    for part in ["stageVariableOverrides", "badPath"] {
        assert_eq!(
            refused(&mut server, "remove", &format!("/canarySettings/{part}"), ""),
            format!(
                "Cannot remove method setting canarySettings/{part} because there is no method setting for this method "
            )
        );
    }
    for path in ["/canarySettings", "/canarySettings/badPath"] {
        assert_eq!(refused(&mut server, "replace", path, "test"), not_a_path(path));
    }
    assert_eq!(
        refused(&mut server, "add", "/canarySettings/deploymentId", "x"),
        "Invalid add operation with path: /canarySettings/deploymentId"
    );
    assert_eq!(
        refused(&mut server, "replace", "/canarySettings/deploymentId", "x"),
        "Deployment id does not exist"
    );
}

#[test]
fn percentages_have_limits() {
    let (mut server, ..) = server();
    for percent in ["0", "100", "100.0"] {
        patch(&mut server, &[("replace", "/canarySettings/percentTraffic", percent)]);
    }
    for percent in ["-0.1", "100.1", "NaN", "many", ""] {
        assert_eq!(
            refused(&mut server, "replace", "/canarySettings/percentTraffic", percent),
            format!("Invalid canary percentTraffic specified: {percent}. It must be between 0.0 and 100.0")
        );
    }
}
