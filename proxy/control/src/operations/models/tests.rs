//! Models through the wire protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::schema::SCHEMA_BYTES;
use crate::entities::MethodResponse;
use crate::operations::sample::{API, FROZEN, edit_post, freeze, server};
use crate::testing::Server;
use serde_json::{Value, json};

const ADDRESS: &str = "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/";

fn models() -> String {
    format!("{API}/models")
}

fn create(server: &mut Server, name: &str, schema: &Value) -> Value {
    let body = json!({"name": name, "contentType": "application/json", "schema": schema.to_string()});
    server.ok("POST", &models(), body)
}

fn refused(server: &mut Server, body: Value) -> (u16, String) {
    let (status, body) = server.call("POST", &models(), body);
    (status, body["message"].as_str().unwrap().to_owned())
}

fn invalid(what: &str) -> (u16, String) {
    (400, format!("Invalid model specified: Validation Result: warnings : [], errors : [{what}]"))
}

#[test]
fn a_model_is_made_read_and_deleted() {
    let mut server = server();
    let schema = r#"{"type": "object", "properties": {"name": {"type": "string"}}}"#;
    let body = json!({
        "name": "Pet", "description": "a pet", "contentType": "application/json", "schema": schema,
    });
    let (status, made) = server.call("POST", &models(), body);
    let id = made["id"].as_str().unwrap();
    assert_eq!((status, id.len()), (201, 6));
    assert_eq!(
        made,
        json!({
            "id": id, "name": "Pet", "description": "a pet", "schema": schema,
            "contentType": "application/json",
        })
    );
    let path = format!("{}/Pet", models());
    assert_eq!(server.ok("GET", &path, Value::Null), made);
    assert_eq!(server.call("DELETE", &path, Value::Null), (202, Value::Null));
    assert_eq!(
        server.call("GET", &path, Value::Null),
        (404, json!({"message": "Invalid model name specified: Pet"}))
    );
}

#[test]
fn models_are_listed_by_name_in_pages() {
    let mut server = server();
    create(&mut server, "Pet", &json!({"type": "object"}));
    let names = |page: &Value| -> Vec<String> {
        page["item"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = server.ok("GET", &format!("{}?limit=2", models()), Value::Null);
    assert_eq!(names(&first), ["Empty", "Error"]);
    let position = first["position"].as_str().unwrap();
    let second = server.ok("GET", &format!("{}?position={position}", models()), Value::Null);
    assert_eq!(names(&second), ["Pet"]);
    assert_eq!(second.get("position"), None);
}

#[test]
fn names_are_checked() {
    let mut server = server();
    let model = |name: &str| json!({"name": name, "contentType": "application/json", "schema": "{}"});
    assert_eq!(refused(&mut server, model("")), (400, "Model name must be non-empty".into()));
    assert_eq!(refused(&mut server, model("a-b")), (400, "Model name must be alphanumeric: a-b".into()));
    assert_eq!(
        refused(&mut server, model("Empty")),
        (409, "Model name already exists for this REST API".into())
    );
    assert_eq!(
        server.call("POST", "/restapis/nothere/models", model("x")),
        (404, json!({"message": "Invalid API identifier specified 123456789012:nothere"}))
    );
    freeze(&mut server);
    assert_eq!(refused(&mut server, model("x")), (400, FROZEN.into()));
}

#[test]
fn json_and_xml_need_a_schema() {
    let mut server = server();
    let needed = (400, "Model schema must have at least 1 property or array items defined".to_owned());
    for content_type in ["application/json", "application/xml", "application/vnd.pets+json; v=1"] {
        for body in [
            json!({"name": "x", "contentType": content_type}),
            json!({"name": "x", "contentType": content_type, "schema": ""}),
        ] {
            assert_eq!(refused(&mut server, body), needed);
        }
    }
    let made = server.ok("POST", &models(), json!({"name": "x", "contentType": "text/plain"}));
    assert_eq!(made, json!({"id": made["id"], "name": "x", "contentType": "text/plain"}));
}

#[test]
fn schemas_are_checked() {
    let mut server = server();
    let mut model = |schema: &str| {
        refused(&mut server, json!({"name": "x", "contentType": "application/json", "schema": schema}))
    };
    assert_eq!(model("[]"), invalid("Invalid model schema specified. It is no JSON object"));
    for schema in ["{", r#"{"type": "objekt"}"#, r#"{"required": []}"#] {
        let (status, message) = model(schema);
        assert_eq!(status, 400);
        let beginning = invalid("Invalid model schema specified. ").1;
        assert!(message.starts_with(beginning.trim_end_matches(']')), "{message}");
    }
    assert_eq!(
        model(r#"{"$ref": "https://example.com/pet.json"}"#),
        invalid("Invalid model schema specified, Model reference must be in canonical form")
    );
    for reference in ["#/definitions/None", &format!("{ADDRESS}None")] {
        assert_eq!(
            model(&json!({"items": {"$ref": reference}}).to_string()),
            invalid(&format!("Invalid model reference specified: {reference}"))
        );
    }
    let other_api = "https://apigateway.amazonaws.com/restapis/zzzzzzzzzz/models/Empty";
    assert_eq!(
        model(&json!({"$ref": other_api}).to_string()),
        invalid("Invalid model schema specified, Model reference must be in canonical form")
    );
}

#[test]
fn schemas_may_refer_to_themselves_and_have_patterns_of_java() {
    let mut server = server();
    let schema = json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "properties": {
            "next": {"$ref": format!("{ADDRESS}Node")},
            "root": {"$ref": "#"},
            "own": {"$ref": "#/definitions/Own"},
            "error": {"oneOf": [{"$ref": format!("{ADDRESS}Error")}, {"type": "null"}]},
            "code": {"type": "string", "pattern": "^[a-z]++$"},
            "sample": {"enum": [{"$ref": "this is data"}]},
        },
        "definitions": {"Own": {"type": "integer"}},
    });
    create(&mut server, "Node", &schema);
}

#[test]
fn schemas_have_a_largest_size() {
    let mut server = server();
    let model = |size: usize| {
        let schema = format!("{}{}", "{}", " ".repeat(size - 2));
        json!({"name": "x", "contentType": "application/json", "schema": schema})
    };
    assert_eq!(
        refused(&mut server, model(SCHEMA_BYTES + 1)),
        invalid("Invalid model schema specified. It is larger than 409600 bytes")
    );
    server.ok("POST", &models(), model(SCHEMA_BYTES));
}

#[test]
fn description_and_schema_are_replaced() {
    let mut server = server();
    let made = create(&mut server, "Pet", &json!({"type": "object"}));
    let path = format!("{}/Pet", models());
    let operations = [("replace", "/description", "new"), ("replace", "/schema", r#"{"type":"array"}"#)];
    let changed = json!({
        "id": made["id"], "name": "Pet", "description": "new", "schema": r#"{"type":"array"}"#,
        "contentType": "application/json",
    });
    assert_eq!(server.patch(&path, &operations), (200, changed.clone()));
    assert_eq!(server.ok("GET", &path, Value::Null), changed);
    let cases = [
        (
            "replace",
            "/name",
            "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]",
        ),
        (
            "remove",
            "/schema",
            "Invalid patch path  '/schema' specified for op 'remove'. Please choose supported operations",
        ),
        ("replace", "/schema", "Model schema must have at least 1 property or array items defined"),
    ];
    for (op, at, message) in cases {
        assert_eq!(server.patch(&path, &[(op, at, "")]), (400, json!({"message": message})));
    }
    assert_eq!(server.ok("GET", &path, Value::Null), changed);
    assert_eq!(
        server.patch(&format!("{}/None", models()), &[]),
        (404, json!({"message": "Invalid model name specified: None"}))
    );
}

#[test]
fn a_model_that_is_needed_stays() {
    let mut server = server();
    create(&mut server, "Pet", &json!({"type": "object"}));
    let path = format!("{}/Pet", models());
    let needed = |server: &mut Server, place: &str| {
        let message = format!("Cannot delete model 'Pet', is referenced in {place}");
        assert_eq!(server.call("DELETE", &path, Value::Null), (409, json!({"message": message})));
    };
    edit_post(&mut server, |method| {
        method.request_models.insert("application/json".into(), "Pet".into());
    });
    needed(&mut server, "method request: /pets/POST");
    edit_post(&mut server, |method| {
        method.request_models.clear();
        let models = [("application/json".to_owned(), "Pet".to_owned())];
        let response = MethodResponse { response_models: Some(models.into()), ..MethodResponse::default() };
        method.method_responses.insert("200".into(), Box::new(response));
    });
    needed(&mut server, "method response: /pets/POST");
    edit_post(&mut server, |method| method.method_responses.clear());
    create(&mut server, "Pets", &json!({"items": {"$ref": format!("{ADDRESS}Pet")}}));
    needed(&mut server, "model: Pets");
    server.ok("DELETE", &format!("{}/Pets", models()), Value::Null);
    server.ok("DELETE", &path, Value::Null);
}

#[test]
fn flattened_schemas_have_all_that_they_refer_to() {
    let mut server = server();
    let leaf = json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
        "properties": {"own": {"$ref": "#/definitions/Own"}, "self": {"$ref": "#"}},
        "definitions": {"Own": {"type": "integer"}},
    });
    create(&mut server, "Leaf", &leaf);
    create(&mut server, "Branch", &json!({"items": {"$ref": format!("{ADDRESS}Leaf")}}));
    let root = json!({
        "type": "object",
        "properties": {
            "branch": {"$ref": format!("{ADDRESS}Branch")},
            "leaf": {"$ref": format!("{ADDRESS}Leaf")},
            "mine": {"$ref": "#/definitions/Leaf"},
            "root": {"$ref": format!("{ADDRESS}Root")},
        },
        "definitions": {"Leaf": {"type": "string"}},
    });
    let made = create(&mut server, "Root", &root);
    let read = server.ok("GET", &format!("{}/Root?flatten=true", models()), Value::Null);
    let flat: Value = serde_json::from_str(read["schema"].as_str().unwrap()).unwrap();
    assert_eq!(
        flat,
        json!({
            "type": "object",
            "properties": {
                "branch": {"$ref": "#/definitions/Branch"},
                "leaf": {"$ref": "#/definitions/Leaf2"},
                "mine": {"$ref": "#/definitions/Leaf"},
                "root": {"$ref": "#"},
            },
            "definitions": {
                "Leaf": {"type": "string"},
                "Branch": {"items": {"$ref": "#/definitions/Leaf2"}},
                "Leaf2": {
                    "type": "object",
                    "properties": {
                        "own": {"$ref": "#/definitions/Leaf2/definitions/Own"},
                        "self": {"$ref": "#/definitions/Leaf2"},
                    },
                    "definitions": {"Own": {"type": "integer"}},
                },
            },
        })
    );
    assert_eq!(server.ok("GET", &format!("{}/Root?flatten=false", models()), Value::Null), made);
    let empty = server.ok("GET", &format!("{}/Empty", models()), Value::Null);
    assert_eq!(server.ok("GET", &format!("{}/Empty?flatten=true", models()), Value::Null), empty);
}
