//! Tests of the operations on method responses.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

use crate::operations::fixture::Fixture;
use serde_json::{Value, json};

const HEADER: &str = "method.response.header.my-header";

fn fixture() -> (Fixture, String) {
    let fixture = Fixture::with_method(json!({}));
    let target = format!("{}/responses/200", fixture.method("GET"));
    (fixture, target)
}

#[test]
fn a_method_response_is_put_as_it_is_sent_and_deleted() {
    for body in [
        json!({}),
        json!({"responseParameters": {}, "responseModels": {}}),
        json!({"responseParameters": {HEADER: false}, "responseModels": {"application/json": "Empty"}}),
    ] {
        let (mut fixture, target) = fixture();
        let mut expected = body.clone();
        expected["statusCode"] = json!("200");
        assert_eq!(fixture.server.call("PUT", &target, body.clone()), (201, expected.clone()));
        assert_eq!(fixture.get(&target), expected);
        assert_eq!(
            fixture.refused("PUT", &target, body),
            (409, "Response already exists for this resource".into())
        );
        assert_eq!(fixture.server.call("DELETE", &target, Value::Null), (204, Value::Null));
        assert_eq!(
            fixture.refused("GET", &target, Value::Null),
            (404, "Invalid Response status code specified".into())
        );
        let method = fixture.method("GET");
        assert_eq!(fixture.get(&method).get("methodResponses"), None);
    }
}

#[test]
fn what_a_method_response_cannot_be_is_told() {
    let (mut fixture, target) = fixture();
    for (body, message) in [
        (
            json!({"responseParameters": {"method.response.body.x": true}}),
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: method.response.body.x]",
        ),
        (json!({"responseModels": {"application/json": "Pet"}}), "Invalid model identifier specified: Pet"),
    ] {
        assert_eq!(fixture.refused("PUT", &target, body), (400, message.into()));
    }
}

#[test]
fn what_is_not_there_is_told_from_the_outside_in() {
    let (mut fixture, target) = fixture();
    let (resources, root) = (fixture.resources(), fixture.root.clone());
    let method = fixture.method("POST");
    for verb in ["GET", "DELETE", "PATCH"] {
        for (target, message) in [
            (
                format!("/restapis/x/resources/{root}/methods/GET/responses/200"),
                "Invalid Resource identifier specified",
            ),
            (format!("{resources}/x/methods/GET/responses/200"), "Invalid Resource identifier specified"),
            (format!("{method}/responses/200"), "Invalid Method identifier specified"),
            (target.clone(), "Invalid Response status code specified"),
        ] {
            assert_eq!(fixture.refused(verb, &target, Value::Null), (404, message.into()));
        }
        let wrong = target.replace("/200", "/wrong");
        assert_eq!(
            fixture.refused(verb, &wrong, Value::Null),
            (
                400,
                r"1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d".into()
            )
        );
    }
}

#[test]
fn parameters_and_models_are_added_replaced_and_removed() {
    let (mut fixture, target) = fixture();
    fixture.server.ok("PUT", &target, json!({"responseParameters": {}, "responseModels": {}}));
    let header = format!("/responseParameters/{HEADER}");
    let model = "/responseModels/application~1json";
    for (path, absent) in [
        (header.as_str(), "Invalid parameter name specified"),
        (model, "Content-Type specified was not found"),
    ] {
        for op in ["replace", "remove"] {
            assert_eq!(fixture.patch_refused(&target, op, path, "Empty"), (404, absent.into()));
        }
    }
    let operations = [("add", header.as_str(), "true"), ("add", model, "Empty")];
    let full = json!({
        "statusCode": "200",
        "responseParameters": {HEADER: true},
        "responseModels": {"application/json": "Empty"},
    });
    assert_eq!(fixture.server.patch(&target, &operations), (201, full));
    assert_eq!(
        fixture.patched(&target, "replace", &header, "false")["responseParameters"],
        json!({HEADER: false})
    );
    assert_eq!(
        fixture.patched(&target, "replace", model, "Error")["responseModels"],
        json!({"application/json": "Error"})
    );
    fixture.patched(&target, "remove", &header, "true");
    assert_eq!(fixture.patched(&target, "remove", model, "Error"), json!({"statusCode": "200"}));
    for (op, path, message) in [
        ("remove", "/wrong/x", "Invalid patch path /wrong/x"),
        ("add", "/responseModels", "Invalid patch path /responseModels"),
        ("copy", model, "Invalid patch operation specified. Must be one of: [add, remove, replace]"),
    ] {
        assert_eq!(fixture.patch_refused(&target, op, path, "Empty"), (400, message.into()));
    }
}
