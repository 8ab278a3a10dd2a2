//! Tests of the operations on methods.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

use crate::entities::{Authorizer, RequestValidator, Shared};
use crate::operations::fixture::Fixture;
use serde_json::{Value, json};
use std::sync::Arc;

const NO_AUTHORIZER: &str = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.";
const NO_VALIDATOR: &str = "Invalid Request Validator identifier specified";

/// Adds an authorizer `auth` and a validator `check` to the API.
fn add_parts(fixture: &mut Fixture) {
    let slot = fixture.server.state.rest_apis.get_mut(&fixture.api).unwrap();
    let api = Arc::make_mut(&mut slot.value);
    api.authorizers.insert("auth".into(), Shared::new(Authorizer::default()));
    api.request_validators.insert("check".into(), RequestValidator::default());
}

#[test]
fn a_method_is_put_shown_and_deleted() {
    let mut fixture = Fixture::new();
    let target = fixture.method("ANY");
    let expected = json!({"httpMethod": "ANY", "authorizationType": "NONE", "apiKeyRequired": false});
    let empty = json!({
        "authorizationType": "NONE",
        "requestParameters": {},
        "requestModels": {},
        "requestValidatorId": "",
        "authorizerId": "ignored",
    });
    assert_eq!(fixture.server.call("PUT", &target, empty.clone()), (201, expected.clone()));
    assert_eq!(fixture.get(&target), expected);
    assert_eq!(
        fixture.refused("PUT", &target, empty),
        (409, "Method already exists for this resource".into())
    );
    assert_eq!(fixture.server.call("DELETE", &target, Value::Null), (204, Value::Null));
    for method in ["GET", "DELETE", "PATCH"] {
        assert_eq!(
            fixture.refused(method, &target, Value::Null),
            (404, "Invalid Method identifier specified".into())
        );
    }
}

#[test]
fn a_method_is_put_with_all_that_it_can_have() {
    let mut fixture = Fixture::new();
    add_parts(&mut fixture);
    let target = fixture.method("POST");
    let mut body = json!({
        "authorizationType": "COGNITO_USER_POOLS",
        "authorizerId": "auth",
        "apiKeyRequired": true,
        "operationName": "addPet",
        "requestParameters": {"method.request.header.h": true, "method.request.querystring.q": false},
        "requestModels": {"application/json": "Empty", "$default": "Error"},
        "requestValidatorId": "check",
        "authorizationScopes": ["pets/write"],
    });
    let answer = fixture.server.ok("PUT", &target, body.clone());
    body["httpMethod"] = json!("POST");
    assert_eq!(answer, body);
    assert_eq!(fixture.get(&target), body);
}

#[test]
fn what_a_method_cannot_be_is_told() {
    let mut fixture = Fixture::new();
    let (resources, root) = (fixture.resources(), fixture.root.clone());
    let no_resource = "Invalid Resource identifier specified";
    let target = fixture.method("GET");
    for (target, body, status, message) in [
        (format!("/restapis/x/resources/{root}/methods/WRONG"), json!({}), 404, no_resource),
        (format!("{resources}/x/methods/WRONG"), json!({}), 404, no_resource),
        (
            fixture.method("get"),
            json!({}),
            400,
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
        ),
        (
            target.clone(),
            json!({"requestParameters": {"method.request.header.x": true, "method.request.querystring.x": true}}),
            400,
            "Parameter names must be unique across querystring, header and path",
        ),
        (
            target.clone(),
            json!({"requestParameters": {"method.request.path.p": true, "true": true}}),
            400,
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]",
        ),
        (target.clone(), json!({"authorizationType": "CUSTOM"}), 400, NO_AUTHORIZER),
        (target.clone(), json!({"authorizationType": "CUSTOM", "authorizerId": "x"}), 400, NO_AUTHORIZER),
        (target.clone(), json!({"requestValidatorId": "x"}), 400, NO_VALIDATOR),
        (
            target.clone(),
            json!({"requestModels": {"application/json": "Pet"}}),
            400,
            "Invalid model identifier specified: Pet",
        ),
    ] {
        let mut body = body;
        if body.get("authorizationType").is_none() {
            body["authorizationType"] = json!("NONE");
        }
        assert_eq!(fixture.refused("PUT", &target, body), (status, message.into()));
    }
    assert_eq!(
        fixture.refused("PUT", &target, json!({})),
        (
            400,
            "1 validation error detected: Value null at 'putMethodInput.authorizationType' failed to satisfy constraint: Member must not be null".into()
        )
    );
}

#[test]
fn a_method_shows_its_integration_and_responses() {
    let mut fixture = Fixture::with_method(json!({}));
    let target = fixture.method("GET");
    fixture.server.ok("PUT", &format!("{target}/responses/200"), json!({}));
    fixture.server.ok("PUT", &format!("{target}/integration"), json!({"type": "MOCK"}));
    fixture.server.ok("PUT", &format!("{target}/integration/responses/200"), json!({"selectionPattern": ""}));
    assert_eq!(
        fixture.get(&target),
        json!({
            "httpMethod": "GET",
            "authorizationType": "NONE",
            "apiKeyRequired": false,
            "methodResponses": {"200": {"statusCode": "200"}},
            "methodIntegration": {
                "type": "MOCK",
                "passthroughBehavior": "WHEN_NO_MATCH",
                "timeoutInMillis": 29000,
                "cacheNamespace": fixture.root,
                "cacheKeyParameters": [],
                "integrationResponses": {"200": {"statusCode": "200", "selectionPattern": ""}},
            },
        })
    );
}

#[test]
fn members_are_replaced() {
    let mut fixture = Fixture::with_method(json!({}));
    add_parts(&mut fixture);
    let target = fixture.method("GET");
    for (member, value, expected) in [
        ("apiKeyRequired", "true", json!(true)),
        ("apiKeyRequired", "whatever", json!(false)),
        ("operationName", "listPets", json!("listPets")),
        ("requestValidatorId", "check", json!("check")),
        ("authorizationType", "AWS_IAM", json!("AWS_IAM")),
    ] {
        let path = format!("/{member}");
        assert_eq!(fixture.patched(&target, "replace", &path, value)[member], expected);
        assert_eq!(
            fixture.patch_refused(&target, "add", &path, value),
            (400, "Invalid patch operation specified. Must be one of: [replace]".into())
        );
    }
    for member in ["operationName", "requestValidatorId"] {
        assert_eq!(fixture.patched(&target, "replace", &format!("/{member}"), "").get(member), None);
    }
    for (path, value, message) in [
        ("/requestValidatorId", "x", NO_VALIDATOR),
        ("/authorizationType", "", "Invalid authorization type specified"),
        ("/httpMethod", "PUT", "Invalid patch path /httpMethod"),
        ("/requestParameters", "x", "Invalid patch path /requestParameters"),
        ("/requestParameters/", "x", "Invalid patch path /requestParameters/"),
        ("/requestModels/application/json", "Empty", "Invalid patch path /requestModels/application/json"),
    ] {
        assert_eq!(fixture.patch_refused(&target, "replace", path, value), (400, message.into()));
    }
}

#[test]
fn an_authorizer_comes_with_its_type_and_goes_with_it() {
    let mut fixture = Fixture::with_method(json!({}));
    add_parts(&mut fixture);
    let target = fixture.method("GET");
    let custom = ("replace", "/authorizationType", "CUSTOM");
    assert_eq!(fixture.patched(&target, "replace", "/authorizerId", "auth").get("authorizerId"), None);
    assert_eq!(
        fixture.patch_refused(&target, "replace", "/authorizationType", "CUSTOM"),
        (400, NO_AUTHORIZER.into())
    );
    let (status, _) = fixture.server.patch(&target, &[custom, ("replace", "/authorizerId", "x")]);
    assert_eq!(status, 400);
    let (status, method) = fixture.server.patch(&target, &[("replace", "/authorizerId", "auth"), custom]);
    assert_eq!((status, &method["authorizerId"]), (200, &json!("auth")));
    assert_eq!(fixture.patch_refused(&target, "replace", "/authorizerId", ""), (400, NO_AUTHORIZER.into()));
    let method = fixture.patched(&target, "replace", "/authorizationType", "NONE");
    assert_eq!(method.get("authorizerId"), None);
}

#[test]
fn parameters_models_and_scopes_are_added_replaced_and_removed() {
    let mut fixture = Fixture::with_method(json!({}));
    let target = fixture.method("GET");
    let parameter = "/requestParameters/method.request.querystring.q";
    let model = "/requestModels/application~1json";
    for (path, member, key, absent, values) in [
        (
            parameter,
            "requestParameters",
            "method.request.querystring.q",
            "Invalid parameter name specified",
            [("true", json!(true)), ("x", json!(false))],
        ),
        (
            model,
            "requestModels",
            "application/json",
            "Content-Type specified was not found",
            [("Empty", json!("Empty")), ("Error", json!("Error"))],
        ),
    ] {
        for op in ["replace", "remove"] {
            assert_eq!(fixture.patch_refused(&target, op, path, values[0].0), (404, absent.into()));
        }
        for (op, (value, expected)) in ["add", "replace"].into_iter().zip(values) {
            assert_eq!(fixture.patched(&target, op, path, value)[member], json!({key: expected}));
        }
        assert_eq!(fixture.patched(&target, "remove", path, "").get(member), None);
        assert_eq!(
            fixture.patch_refused(&target, "test", path, ""),
            (400, "Invalid patch operation specified. Must be one of: [add, remove, replace]".into())
        );
    }
    assert_eq!(
        fixture.patch_refused(&target, "add", model, "Pet"),
        (400, "Invalid model identifier specified: Pet".into())
    );
    let scopes = "/authorizationScopes";
    assert_eq!(fixture.patched(&target, "add", scopes, "a/b")["authorizationScopes"], json!(["a/b"]));
    assert_eq!(
        fixture.patch_refused(&target, "remove", scopes, "x"),
        (404, "Invalid parameter name specified".into())
    );
    assert_eq!(
        fixture.patch_refused(&target, "replace", scopes, "x"),
        (400, "Invalid patch operation specified. Must be one of: [add, remove]".into())
    );
    assert_eq!(
        fixture.patch_refused(&target, "add", scopes, ""),
        (400, "Invalid authorization scope specified".into())
    );
    assert_eq!(fixture.patched(&target, "remove", scopes, "a/b").get("authorizationScopes"), None);
}

#[test]
fn a_validator_that_was_deleted_does_not_hinder_other_changes() {
    let mut fixture = Fixture::new();
    add_parts(&mut fixture);
    let target = fixture.method("GET");
    fixture.server.ok("PUT", &target, json!({"authorizationType": "NONE", "requestValidatorId": "check"}));
    let slot = fixture.server.state.rest_apis.get_mut(&fixture.api).unwrap();
    Arc::make_mut(&mut slot.value).request_validators.clear();
    let method = fixture.patched(&target, "replace", "/operationName", "x");
    assert_eq!(method["requestValidatorId"], "check");
}
