//! Request validators through the wire protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use crate::operations::sample::{API, FROZEN, edit_post, freeze, server};
use serde_json::{Value, json};

fn validators() -> String {
    format!("{API}/requestvalidators")
}

#[test]
fn a_validator_is_made_read_listed_and_deleted() {
    let mut server = server();
    let body = json!({"name": "both", "validateRequestBody": true, "validateRequestParameters": true});
    let (status, made) = server.call("POST", &validators(), body);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((status, id.len()), (201, 6));
    assert_eq!(
        made,
        json!({"id": id, "name": "both", "validateRequestBody": true, "validateRequestParameters": true})
    );
    let path = format!("{}/{id}", validators());
    assert_eq!(server.ok("GET", &path, Value::Null), made);
    assert_eq!(server.ok("GET", &validators(), Value::Null), json!({"item": [made]}));
    edit_post(&mut server, |method| method.request_validator_id = Some(id.clone()));
    assert_eq!(server.call("DELETE", &path, Value::Null), (202, Value::Null));
    assert_eq!(server.ok("GET", &validators(), Value::Null), json!({"item": []}));
}

#[test]
fn a_validator_checks_nothing_unless_told() {
    let mut server = server();
    let made = server.ok("POST", &validators(), json!({"name": "none"}));
    assert_eq!(
        made,
        json!({
            "id": made["id"], "name": "none",
            "validateRequestBody": false, "validateRequestParameters": false,
        })
    );
    let unnamed = server.call("POST", &validators(), json!({}));
    assert_eq!(unnamed, (400, json!({"message": "Request Validator name cannot be blank"})));
}

#[test]
fn validators_come_in_pages() {
    let mut server = server();
    for name in ["a", "b", "c"] {
        server.ok("POST", &validators(), json!({"name": name}));
    }
    let first = server.ok("GET", &format!("{}?limit=2", validators()), Value::Null);
    let position = first["position"].as_str().unwrap();
    let second = server.ok("GET", &format!("{}?limit=2&position={position}", validators()), Value::Null);
    assert_eq!(first["item"].as_array().unwrap().len(), 2);
    assert_eq!(second["item"].as_array().unwrap().len(), 1);
    assert_eq!(second.get("position"), None);
}

#[test]
fn each_member_is_replaced() {
    let mut server = server();
    let made = server.ok("POST", &validators(), json!({"name": "old", "validateRequestBody": true}));
    let path = format!("{}/{}", validators(), made["id"].as_str().unwrap());
    let operations = [
        ("replace", "/name", "new"),
        ("replace", "/validateRequestBody", "abc"),
        ("replace", "/validateRequestParameters", "True"),
    ];
    let changed = json!({
        "id": made["id"], "name": "new", "validateRequestBody": false, "validateRequestParameters": true,
    });
    assert_eq!(server.patch(&path, &operations), (200, changed.clone()));
    assert_eq!(server.ok("GET", &path, Value::Null), changed);
}

#[test]
fn other_changes_are_refused() {
    let mut server = server();
    let made = server.ok("POST", &validators(), json!({"name": "old"}));
    let path = format!("{}/{}", validators(), made["id"].as_str().unwrap());
    let cases = [
        ("replace", "/name", "", "Request Validator name cannot be blank"),
        (
            "replace",
            "/x",
            "y",
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]",
        ),
        (
            "add",
            "/name",
            "y",
            "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations",
        ),
    ];
    for (op, at, value, message) in cases {
        assert_eq!(server.patch(&path, &[(op, at, value)]), (400, json!({"message": message})));
    }
    assert_eq!(server.ok("GET", &path, Value::Null), made);
    assert_eq!(
        server.call("POST", &validators(), json!({"name": " "})),
        (400, json!({"message": "Request Validator name cannot be blank"}))
    );
    freeze(&mut server);
    assert_eq!(server.call("POST", &validators(), json!({"name": "x"})), (400, json!({"message": FROZEN})));
}

#[test]
fn unknown_validators_and_apis_are_told_in_different_words() {
    let mut server = server();
    let unknown = (404, json!({"message": "Invalid Request Validator identifier specified"}));
    for api in [API, "/restapis/nothere"] {
        let path = format!("{api}/requestvalidators/nothere");
        for method in ["GET", "DELETE", "PATCH"] {
            assert_eq!(server.call(method, &path, Value::Null), unknown);
        }
    }
    assert_eq!(
        server.call("POST", "/restapis/nothere/requestvalidators", json!({"name": "x"})),
        (400, json!({"message": "Invalid REST API identifier specified"}))
    );
    assert_eq!(
        server.call("GET", "/restapis/nothere/requestvalidators", Value::Null),
        (404, json!({"message": "Invalid API identifier specified 123456789012:nothere"}))
    );
}
