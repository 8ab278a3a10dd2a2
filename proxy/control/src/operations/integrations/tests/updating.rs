//! Tests of patches of integrations.

use super::{LAMBDA, fixture};
use serde_json::json;

const ONLY_REPLACE: &str = "Invalid patch operation specified. Must be one of: [replace]";

#[test]
fn members_are_replaced() {
    let (mut fixture, target) = fixture();
    let body = json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "https://a.example.com"});
    fixture.server.ok("PUT", &target, body);
    for (member, value, expected) in [
        ("cacheNamespace", "shared", json!("shared")),
        ("connectionId", "link1", json!("link1")),
        ("connectionType", "VPC_LINK", json!("VPC_LINK")),
        ("contentHandling", "CONVERT_TO_BINARY", json!("CONVERT_TO_BINARY")),
        ("credentials", "arn:aws:iam::123456789012:role/r", json!("arn:aws:iam::123456789012:role/r")),
        ("httpMethod", "POST", json!("POST")),
        ("integrationTarget", "arn:x", json!("arn:x")),
        ("passthroughBehavior", "NEVER", json!("NEVER")),
        ("responseTransferMode", "BUFFERED", json!("BUFFERED")),
        ("timeoutInMillis", "100", json!(100)),
        ("uri", "http://b.example.com", json!("http://b.example.com")),
    ] {
        let path = format!("/{member}");
        assert_eq!(fixture.patched(&target, "replace", &path, value)[member], expected);
        for op in ["add", "remove", "copy"] {
            assert_eq!(fixture.patch_refused(&target, op, &path, value), (400, ONLY_REPLACE.into()));
        }
    }
    let tls = "/tlsConfig/insecureSkipVerification";
    assert_eq!(
        fixture.patched(&target, "replace", tls, "true")["tlsConfig"],
        json!({"insecureSkipVerification": true})
    );
    assert_eq!(fixture.patch_refused(&target, "add", tls, "true"), (400, ONLY_REPLACE.into()));
    assert_eq!(fixture.patched(&target, "replace", "/contentHandling", "").get("contentHandling"), None);
}

#[test]
fn values_and_paths_that_cannot_be_are_told() {
    let (mut fixture, target) = fixture();
    let body = json!({"type": "HTTP", "httpMethod": "GET", "uri": "https://a.example.com"});
    fixture.server.ok("PUT", &target, body);
    for (path, value, message) in [
        ("/timeoutInMillis", "long", "Timeout should be between 50 ms and 29000 ms"),
        ("/timeoutInMillis", "49", "Timeout should be between 50 ms and 29000 ms"),
        ("/uri", LAMBDA, "Invalid HTTP endpoint specified for URI"),
        ("/httpMethod", "", "Enumeration value for HttpMethod must be non-empty"),
        ("/connectionType", "WIRE", "Invalid ConnectionType specified. Valid options are INTERNET,VPC_LINK"),
        ("/connectionType", "VPC_LINK", "Connection ID must be specified for VPC_LINK connections"),
        ("/credentials", "x", "Invalid ARN specified in the request"),
        ("/type", "MOCK", "Invalid patch path /type"),
        ("/tlsConfig", "true", "Invalid patch path /tlsConfig"),
        ("/cacheKeyParameters", "x", "Invalid patch path /cacheKeyParameters"),
        ("/requestTemplates/application/json", "x", "Invalid patch path /requestTemplates/application/json"),
    ] {
        assert_eq!(fixture.patch_refused(&target, "replace", path, value), (400, message.into()));
    }
    fixture.server.ok("PUT", &target, json!({"type": "MOCK"}));
    for path in ["/uri", "/httpMethod"] {
        let message = format!("Invalid patch path {path}");
        assert_eq!(fixture.patch_refused(&target, "replace", path, "GET"), (400, message));
    }
}

#[test]
fn entries_are_added_replaced_and_removed() {
    let (mut fixture, target) = fixture();
    fixture.server.ok("PUT", &target, json!({"type": "MOCK"}));
    let header = "/requestParameters/integration.request.header.x";
    let template = "/requestTemplates/application~1json";
    let cache_key = "/cacheKeyParameters/method.request.path.id";
    for (path, absent) in [
        (header, "Invalid parameter name specified"),
        (template, "Content-Type specified was not found"),
        (cache_key, "Invalid parameter name specified"),
    ] {
        for op in ["replace", "remove"] {
            assert_eq!(fixture.patch_refused(&target, op, path, "'x'"), (404, absent.into()));
        }
    }
    for (op, path, value, member, expected) in [
        ("add", header, "'a'", "requestParameters", json!({"integration.request.header.x": "'a'"})),
        (
            "replace",
            header,
            "method.request.header.h",
            "requestParameters",
            json!({"integration.request.header.x": "method.request.header.h"}),
        ),
        ("add", template, "", "requestTemplates", json!({"application/json": null})),
        ("replace", template, "{}", "requestTemplates", json!({"application/json": "{}"})),
        ("add", cache_key, "", "cacheKeyParameters", json!(["method.request.path.id"])),
        (
            "replace",
            cache_key,
            "method.request.header.h",
            "cacheKeyParameters",
            json!(["method.request.header.h"]),
        ),
        ("remove", "/cacheKeyParameters/method.request.header.h", "", "cacheKeyParameters", json!([])),
    ] {
        assert_eq!(fixture.patched(&target, op, path, value)[member], expected);
    }
    assert_eq!(
        fixture.patch_refused(&target, "replace", header, "method.request.header.y"),
        (
            400,
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.header.y]".into()
        )
    );
    assert_eq!(
        fixture.patch_refused(&target, "add", "/cacheKeyParameters/method.request.header.y", ""),
        (400, "Invalid cache key parameter specified".into())
    );
    for (path, member) in [(header, "requestParameters"), (template, "requestTemplates")] {
        assert_eq!(fixture.patched(&target, "remove", path, "").get(member), None);
    }
}

#[test]
fn a_parameter_that_is_no_longer_declared_does_not_hinder_other_changes() {
    let (mut fixture, target) = fixture();
    let mappings = json!({"integration.request.path.id": "method.request.path.id"});
    let body = json!({
        "type": "MOCK",
        "requestParameters": mappings,
        "cacheKeyParameters": ["method.request.path.id"],
    });
    fixture.server.ok("PUT", &target, body);
    let method = fixture.method("GET");
    fixture.patched(&method, "remove", "/requestParameters/method.request.path.id", "");
    let integration = fixture.patched(&target, "replace", "/timeoutInMillis", "50");
    assert_eq!(integration["requestParameters"], mappings);
    let removed = fixture.patched(&target, "remove", "/requestParameters/integration.request.path.id", "");
    assert_eq!(removed.get("requestParameters"), None);
}
