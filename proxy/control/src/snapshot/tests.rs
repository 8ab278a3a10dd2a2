//! What becomes of stored APIs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use super::*;
use crate::entities::Shared;
use edgewit_model::api::Authorization;

fn api(parts: Value) -> entities::RestApi {
    let mut api: entities::RestApi = serde_json::from_value(parts).unwrap();
    api.id = "a1b2c3d4e5".into();
    api
}

fn codes(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings.iter().map(|finding| (finding.code, &*finding.at.file)).collect()
}

#[test]
fn names_take_the_place_of_ids() {
    let api = api(json!({
        "authorizers": {"aut123": {"id": "aut123", "name": "pool", "type": "TOKEN", "identitySource": "a, b ,"}},
        "requestValidators": {
            "val1": {"id": "val1", "name": "same", "validateRequestBody": true},
            "val2": {"id": "val2", "name": "same"},
            "val3": {"id": "val3", "name": ""},
            "val4": {"id": "val4", "name": "val3"},
        },
        "resources": {"root": {"id": "root", "path": "/", "methods": {"GET": {
            "httpMethod": "GET", "authorizationType": "CUSTOM", "authorizerId": "aut123",
            "authorizationScopes": ["read"], "requestValidatorId": "val1"}}}},
    }));
    let (model, findings) = model(&api);
    assert_eq!(findings, []);
    assert_eq!(model.authorizers["pool"].identity_sources, ["a", "b"]);
    assert_eq!(model.request_validators.keys().collect::<Vec<_>>(), ["val1", "val2", "val3", "val4"]);
    let method = &model.resources[0].methods[&Verb::GET];
    let scopes = vec!["read".to_owned()];
    assert_eq!(method.authorization, Authorization::Authorizer { name: "pool".into(), scopes });
    assert_eq!(method.request_validator.as_ref().unwrap().0, "val1");
}

#[test]
fn parents_come_before_children_and_the_root_first() {
    let resource =
        |id: &str, parent: Option<&str>, path: &str| json!({"id": id, "parentId": parent, "path": path});
    let api = api(json!({"resources": {
        "a": resource("a", Some("c"), "/pets/{id}"), "b": resource("b", Some("z"), "/!"),
        "c": resource("c", Some("z"), "/pets"), "z": resource("z", None, "/"),
    }}));
    let (model, _) = model(&api);
    let paths: Vec<_> = model.resources.iter().map(|it| (it.path.as_str(), it.parent)).collect();
    assert_eq!(paths, [("/", None), ("/!", Some(0)), ("/pets", Some(0)), ("/pets/{id}", Some(2))]);
}

#[test]
fn what_cannot_be_understood_has_a_finding_that_names_the_entity() {
    let api = api(json!({
        "policy": "{", "models": {"Pet": {"name": "Pet", "contentType": "application/json", "schema": "no"}},
        "gatewayResponses": {"NONE": {}, "THROTTLED": {"statusCode": "4xx"}},
        "authorizers": {"x": {"type": "OTHER"}},
        "resources": {"root": {"id": "root", "path": "/", "methods": {
            "FETCH": {}, "GET": {"authorizationType": "CUSTOM", "authorizerId": "gone",
                "requestValidatorId": "gone", "methodIntegration": {"type": "GOPHER"}},
            "PUT": {"authorizationType": "WHOEVER", "methodIntegration": {
                "type": "HTTP", "httpMethod": "X", "passthroughBehavior": "X", "contentHandling": "X"}},
        }}},
    }));
    let (model, findings) = model(&api);
    let get = &model.resources[0].methods[&Verb::GET];
    assert!(get.integration_refused && get.integration.is_none());
    assert_ne!(get.authorization, Authorization::None);
    assert_ne!(model.resources[0].methods[&Verb::PUT].authorization, Authorization::None);
    let at = |rest: &str| format!("restapis/a1b2c3d4e5 {rest}");
    let expected = [
        ("policy-invalid", at("policy")),
        ("value-invalid", at("FETCH /")),
        ("value-invalid", at("GET / integration")),
        ("authorizer-unknown", at("GET /")),
        ("validator-unknown", at("GET /")),
        ("value-invalid", at("PUT / integration")),
        ("value-invalid", at("PUT / integration")),
        ("value-invalid", at("PUT / integration")),
        ("value-invalid", at("PUT /")),
        ("model-invalid", at("models/Pet")),
        ("value-invalid", at("authorizers/x")),
        ("gateway-response-unknown", at("gatewayresponses/NONE")),
        ("value-invalid", at("gatewayresponses/THROTTLED")),
    ];
    assert_eq!(codes(&findings), expected.iter().map(|(code, at)| (*code, at.as_str())).collect::<Vec<_>>());
}

#[test]
fn references_to_models_lose_their_addresses_unless_something_else_has_the_name() {
    let address = |name: &str| format!("https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/{name}");
    let schema = json!({
        "properties": {
            "pet": {"$ref": address("Pet")}, "own": {"$ref": address("Own")}, "list": [{"$ref": address("Pet")}],
            "local": {"$ref": "#/definitions/Own"}, "data": {"enum": [{"$ref": address("Pet")}]},
        },
        "definitions": {"Own": {"type": "integer"}},
    });
    let mut definitions = schema.clone();
    schema::to_definitions(&mut definitions);
    let properties = &definitions["properties"];
    assert_eq!(properties["pet"]["$ref"], "#/definitions/Pet");
    assert_eq!(properties["list"][0]["$ref"], "#/definitions/Pet");
    assert_eq!(properties["own"]["$ref"], address("Own"));
    assert_eq!(properties["data"], schema["properties"]["data"]);
    let mut addresses = definitions.clone();
    schema::to_addresses(&mut addresses, "a1b2c3d4e5");
    assert_eq!(addresses, schema);
    assert_eq!(schema::referred(&schema), ["Pet", "Pet"]);
}

#[test]
fn defaults_that_are_stored_say_nothing_in_the_model() {
    let api = api(json!({"resources": {"root1": {"id": "root1", "path": "/", "methods": {"GET": {
        "authorizationType": "NONE", "methodIntegration": {
            "type": "HTTP", "httpMethod": "ANY", "uri": "https://example.com", "cacheNamespace": "root1",
            "requestTemplates": {"application/json": null}, "timeoutInMillis": 29000,
            "integrationResponses": {"200": {"statusCode": "200", "selectionPattern": ""}},
    }}}}}}));
    let (model, findings) = model(&api);
    assert_eq!(findings, []);
    let integration = model.resources[0].methods[&Verb::GET].integration.as_ref().unwrap();
    assert_eq!((integration.http_method, &integration.cache_namespace), (None, &None));
    assert_eq!(integration.request_templates["application/json"].text, "");
    assert_eq!(integration.responses[0].selection_pattern, None);
}

#[test]
fn copies_of_an_api_are_independent() {
    let mut one = api(json!({"resources": {"r": {"id": "r", "path": "/"}}}));
    let other = one.clone();
    one.resources.get_mut("r").map(Shared::edit).unwrap().methods.insert("GET".into(), Box::default());
    assert!(model(&other).0.resources[0].methods.is_empty());
    assert_eq!(model(&one).0.resources[0].methods.len(), 1);
}
