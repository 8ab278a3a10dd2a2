//! Versions are made, changed and deleted.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{VERSIONS, message, new_part, no_api, server};
use crate::entities::{DocumentationVersion, Stage};
use serde_json::{Value, json};

#[test]
fn a_version_has_the_parts_as_they_were() {
    let mut server = server();
    let part = new_part(&mut server, &json!({"type": "API"}));
    let given = json!({"documentationVersion": "v1", "description": "d"});
    let expected = json!({"version": "v1", "createdDate": 1_700_000_001, "description": "d"});
    assert_eq!(server.call("POST", VERSIONS, given), (201, expected.clone()));
    new_part(&mut server, &json!({"type": "RESOURCE"}));
    let version = server.state.get::<DocumentationVersion>("api/v1").unwrap();
    assert_eq!(version.parts.keys().collect::<Vec<_>>(), [&part]);
    let target = format!("{VERSIONS}/v1");
    assert_eq!(server.call("GET", &target, Value::Null), (200, expected.clone()));
    assert_eq!(server.call("GET", VERSIONS, Value::Null), (200, json!({"item": [expected]})));
    assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", VERSIONS, Value::Null), json!({"item": []}));
}

#[test]
fn a_version_may_become_that_of_a_stage_which_keeps_it() {
    let mut server = server();
    let given = json!({"documentationVersion": "v1", "stageName": "prod"});
    let expected = json!({"version": "v1", "createdDate": 1_700_000_000});
    assert_eq!(server.call("POST", VERSIONS, given), (201, expected));
    let stage = server.state.get::<Stage>("api/prod").unwrap();
    let shown = (stage.documentation_version.as_deref(), stage.last_updated_date);
    assert_eq!(shown, (Some("v1"), 1_700_000_000));
    let target = format!("{VERSIONS}/v1");
    let text = "Cannot delete documentation version because there are API Stages associated with it.";
    assert_eq!(server.call("DELETE", &target, Value::Null), (400, message(text)));
    server.put("api/prod", Stage::default());
    assert_eq!(server.call("DELETE", &target, Value::Null).0, 202);
}

#[test]
fn versions_are_listed_in_pages_without_those_of_others() {
    let mut server = server();
    for name in ["b", "a"] {
        server.ok("POST", VERSIONS, json!({"documentationVersion": name}));
    }
    server.put("api2/c", DocumentationVersion::default());
    let first = server.ok("GET", &format!("{VERSIONS}?limit=1"), Value::Null);
    assert_eq!(first["item"][0]["version"], "a");
    let position = first["position"].as_str().unwrap();
    let second = server.ok("GET", &format!("{VERSIONS}?limit=1&position={position}"), Value::Null);
    assert_eq!((&second["item"][0]["version"], second.get("position")), (&json!("b"), None));
}

#[test]
fn a_version_is_patched() {
    let mut server = server();
    server.ok("POST", VERSIONS, json!({"documentationVersion": "v1"}));
    let target = format!("{VERSIONS}/v1");
    let mut expected = json!({"version": "v1", "createdDate": 1_700_000_000, "description": "d"});
    assert_eq!(server.patch(&target, &[("replace", "/description", "d")]), (200, expected.clone()));
    for (operation, text) in [
        (
            ("replace", "/version", "v2"),
            "Invalid patch path  '/version' specified for op 'replace'. Must be one of: [/description]",
        ),
        (
            ("remove", "/description", ""),
            "Invalid patch path  '/description' specified for op 'remove'. Please choose supported operations",
        ),
    ] {
        let operations = [("replace", "/description", "e"), operation];
        assert_eq!(server.patch(&target, &operations), (400, message(text)));
        assert_eq!(server.ok("GET", &target, Value::Null), expected);
    }
    expected.as_object_mut().unwrap().remove("description");
    assert_eq!(server.patch(&target, &[("replace", "/description", "")]), (200, expected));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut server = server();
    server.ok("POST", VERSIONS, json!({"documentationVersion": "v1"}));
    for (given, status, text) in [
        (json!({"documentationVersion": "v1"}), 409, "Documentation version already exists"),
        (json!({"documentationVersion": " "}), 400, "Documentation version must be non-empty"),
        (
            json!({"documentationVersion": "v2", "stageName": "dev"}),
            404,
            "Invalid stage identifier specified",
        ),
    ] {
        assert_eq!(server.call("POST", VERSIONS, given), (status, message(text)));
    }
    assert_eq!(server.state.documentation_versions.len(), 1);
}

#[test]
fn what_is_not_there_is_told() {
    let unknown = (404, message("Invalid Documentation version specified"));
    let elsewhere = "/restapis/none/documentation/versions";
    assert_eq!(server().call("POST", elsewhere, json!({"documentationVersion": "v1"})), no_api());
    assert_eq!(server().call("GET", elsewhere, Value::Null), no_api());
    for (base, expected) in [(elsewhere, no_api()), (VERSIONS, unknown)] {
        let target = format!("{base}/none");
        assert_eq!(server().call("GET", &target, Value::Null), expected);
        assert_eq!(server().call("DELETE", &target, Value::Null), expected);
        assert_eq!(server().patch(&target, &[]), expected);
    }
}
