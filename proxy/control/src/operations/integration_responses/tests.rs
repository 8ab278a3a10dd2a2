//! Tests of the operations on integration responses.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

use crate::operations::fixture::Fixture;
use crate::operations::mapping_rules::TEMPLATE_BYTES;
use serde_json::{Value, json};

const HEADER: &str = "method.response.header.h";

fn fixture() -> (Fixture, String) {
    let mut fixture = Fixture::with_method(json!({}));
    let method = fixture.method("GET");
    fixture.server.ok(
        "PUT",
        &format!("{method}/responses/200"),
        json!({"responseParameters": {HEADER: true}}),
    );
    fixture.server.ok("PUT", &format!("{method}/integration"), json!({"type": "MOCK"}));
    (fixture, format!("{method}/integration/responses/200"))
}

#[test]
fn an_integration_response_is_put_as_it_is_sent_again_and_deleted() {
    let (mut fixture, target) = fixture();
    for (body, expected) in [
        (json!({}), json!({})),
        (
            json!({"selectionPattern": "", "responseTemplates": {}, "responseParameters": {}}),
            json!({"selectionPattern": "", "responseTemplates": {}, "responseParameters": {}}),
        ),
        (
            json!({"responseTemplates": {"application/json": null, "text/plain": ""}}),
            json!({"responseTemplates": {"application/json": null, "text/plain": null}}),
        ),
        (
            json!({
                "selectionPattern": r"4\d{2}",
                "responseParameters": {HEADER: "integration.response.header.x"},
                "responseTemplates": {"application/json": "{}"},
                "contentHandling": "CONVERT_TO_TEXT",
            }),
            json!({
                "selectionPattern": r"4\d{2}",
                "responseParameters": {HEADER: "integration.response.header.x"},
                "responseTemplates": {"application/json": "{}"},
                "contentHandling": "CONVERT_TO_TEXT",
            }),
        ),
    ] {
        let mut expected = expected;
        expected["statusCode"] = json!("200");
        assert_eq!(fixture.server.call("PUT", &target, body), (201, expected.clone()));
        assert_eq!(fixture.get(&target), expected);
    }
    assert_eq!(fixture.server.call("DELETE", &target, Value::Null), (204, Value::Null));
    let integration = format!("{}/integration", fixture.method("GET"));
    assert_eq!(fixture.get(&integration).get("integrationResponses"), None);
}

#[test]
fn a_status_without_method_response_is_not_found() {
    let (mut fixture, target) = fixture();
    let target = target.replace("/200", "/404");
    assert_eq!(
        fixture.refused("PUT", &target, json!({"selectionPattern": "404"})),
        (404, "Invalid Response status code specified".into())
    );
}

#[test]
fn what_an_integration_response_cannot_be_is_told() {
    let (mut fixture, target) = fixture();
    let template = |bytes: usize| json!({"responseTemplates": {"application/json": "x".repeat(bytes)}});
    fixture.server.ok("PUT", &target, template(TEMPLATE_BYTES));
    for (body, message) in [
        (
            template(TEMPLATE_BYTES + 1),
            "Validation Result: warnings : [], errors : [Mapping template for application/json exceeds 307200 bytes]",
        ),
        (
            json!({"responseTemplates": {"123": "{}"}}),
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        ),
        (
            json!({"responseParameters": {"method.response.body.x": "'x'", HEADER: "true"}}),
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: method.response.body.x, Invalid mapping expression specified: true]",
        ),
        (json!({"selectionPattern": "("}), "Invalid selection pattern specified: ("),
    ] {
        assert_eq!(fixture.refused("PUT", &target, body), (400, message.into()));
    }
}

#[test]
fn what_is_not_there_is_told_from_the_outside_in() {
    let (mut fixture, target) = fixture();
    let (resources, root, other) = (fixture.resources(), fixture.root.clone(), fixture.method("POST"));
    let (no_method, no_integration) =
        ("Invalid Method identifier specified", "Invalid Integration identifier specified");
    for (verb, without_method) in
        [("PUT", no_method), ("GET", no_method), ("PATCH", no_method), ("DELETE", no_integration)]
    {
        for (target, message) in [
            (
                format!("/restapis/x/resources/{root}/methods/GET/integration/responses/200"),
                "Invalid Resource identifier specified",
            ),
            (
                format!("{resources}/x/methods/GET/integration/responses/200"),
                "Invalid Resource identifier specified",
            ),
            (format!("{other}/integration/responses/200"), without_method),
        ] {
            assert_eq!(fixture.refused(verb, &target, Value::Null), (404, message.into()));
        }
        if verb != "PUT" {
            let message = "Invalid Response status code specified";
            assert_eq!(fixture.refused(verb, &target, Value::Null), (404, message.into()));
        }
    }
    let integration = format!("{}/integration", fixture.method("GET"));
    fixture.server.ok("DELETE", &integration, Value::Null);
    for verb in ["PUT", "GET", "PATCH", "DELETE"] {
        assert_eq!(fixture.refused(verb, &target, Value::Null), (404, no_integration.into()));
    }
}

#[test]
fn members_and_entries_are_patched() {
    let (mut fixture, target) = fixture();
    fixture.server.ok("PUT", &target, json!({"selectionPattern": ""}));
    let template = "/responseTemplates/application~1json";
    let header = format!("/responseParameters/{HEADER}");
    for (op, path, value, member, expected) in [
        ("replace", "/selectionPattern", "5..", "selectionPattern", json!("5..")),
        ("replace", "/contentHandling", "CONVERT_TO_TEXT", "contentHandling", json!("CONVERT_TO_TEXT")),
        ("add", template, "{}", "responseTemplates", json!({"application/json": "{}"})),
        ("replace", template, "", "responseTemplates", json!({"application/json": null})),
        ("add", &header, "'a'", "responseParameters", json!({HEADER: "'a'"})),
        ("replace", &header, "'b'", "responseParameters", json!({HEADER: "'b'"})),
    ] {
        assert_eq!(fixture.patched(&target, op, path, value)[member], expected);
    }
    for (path, member) in [(template, "responseTemplates"), (&header, "responseParameters")] {
        assert_eq!(fixture.patched(&target, "remove", path, "").get(member), None);
    }
    assert_eq!(fixture.patched(&target, "replace", "/contentHandling", "").get("contentHandling"), None);
    let only_replace = "Invalid patch operation specified. Must be one of: [replace]";
    for (op, path, value, status, message) in [
        ("add", "/selectionPattern", "x", 400, only_replace),
        ("remove", "/contentHandling", "x", 400, only_replace),
        (
            "replace",
            "/contentHandling",
            "x",
            400,
            "Invalid ContentHandling specified. Valid options are CONVERT_TO_BINARY,CONVERT_TO_TEXT",
        ),
        ("replace", template, "x", 404, "Content-Type specified was not found"),
        ("remove", &header, "x", 404, "Invalid parameter name specified"),
        ("replace", "/statusCode", "x", 400, "Invalid patch path /statusCode"),
        ("replace", "/responseTemplates", "x", 400, "Invalid patch path /responseTemplates"),
    ] {
        assert_eq!(fixture.patch_refused(&target, op, path, value), (status, message.into()));
    }
}

#[test]
fn a_header_that_is_no_longer_declared_does_not_hinder_other_changes() {
    let (mut fixture, target) = fixture();
    fixture.server.ok("PUT", &target, json!({"responseParameters": {HEADER: "'x'"}}));
    let declared = format!("{}/responses/200", fixture.method("GET"));
    fixture.patched(&declared, "remove", &format!("/responseParameters/{HEADER}"), "");
    let response = fixture.patched(&target, "replace", "/selectionPattern", "x");
    assert_eq!(response["responseParameters"], json!({HEADER: "'x'"}));
}
