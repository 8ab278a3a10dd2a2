//! Gateway responses through the wire protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use crate::operations::sample::{API, FROZEN, freeze, server};
use crate::testing::Server;
use serde_json::{Value, json};

const TEMPLATE: &str = "{\"message\":$context.error.messageString}";

fn path(kind: &str) -> String {
    format!("{API}/gatewayresponses/{kind}")
}

fn get(server: &mut Server, kind: &str) -> Value {
    server.ok("GET", &path(kind), Value::Null)
}

fn default(kind: &str, status: Option<&str>) -> Value {
    let mut response = json!({
        "responseType": kind, "responseParameters": {},
        "responseTemplates": {"application/json": TEMPLATE}, "defaultResponse": true,
    });
    if let Some(status) = status {
        response["statusCode"] = status.into();
    }
    response
}

#[test]
fn all_types_are_there_from_the_beginning() {
    let mut server = server();
    let defaults = [
        ("ACCESS_DENIED", Some("403")),
        ("API_CONFIGURATION_ERROR", Some("500")),
        ("AUTHORIZER_CONFIGURATION_ERROR", Some("500")),
        ("AUTHORIZER_FAILURE", Some("500")),
        ("BAD_REQUEST_BODY", Some("400")),
        ("BAD_REQUEST_PARAMETERS", Some("400")),
        ("DEFAULT_4XX", None),
        ("DEFAULT_5XX", None),
        ("EXPIRED_TOKEN", Some("403")),
        ("INTEGRATION_FAILURE", Some("504")),
        ("INTEGRATION_TIMEOUT", Some("504")),
        ("INVALID_API_KEY", Some("403")),
        ("INVALID_SIGNATURE", Some("403")),
        ("MISSING_AUTHENTICATION_TOKEN", Some("403")),
        ("QUOTA_EXCEEDED", Some("429")),
        ("REQUEST_TOO_LARGE", Some("413")),
        ("RESOURCE_NOT_FOUND", Some("404")),
        ("THROTTLED", Some("429")),
        ("UNAUTHORIZED", Some("401")),
        ("UNSUPPORTED_MEDIA_TYPE", Some("415")),
        ("WAF_FILTERED", Some("403")),
    ];
    let all: Vec<Value> = defaults.iter().map(|(kind, status)| default(kind, *status)).collect();
    let path = format!("{API}/gatewayresponses");
    assert_eq!(server.ok("GET", &path, Value::Null), json!({"item": all}));
    for (kind, status) in defaults {
        assert_eq!(get(&mut server, kind), default(kind, status));
    }
}

#[test]
fn a_response_is_put_whole() {
    let mut server = server();
    let body = json!({
        "statusCode": "404",
        "responseParameters": {"gatewayresponse.header.X": "'y'"},
        "responseTemplates": {"application/xml": "<m>$context.error.message</m>"},
    });
    let (status, put) = server.call("PUT", &path("UNAUTHORIZED"), body);
    assert_eq!(status, 201);
    assert_eq!(
        put,
        json!({
            "responseType": "UNAUTHORIZED", "statusCode": "404", "defaultResponse": false,
            "responseParameters": {"gatewayresponse.header.X": "'y'"},
            "responseTemplates": {"application/xml": "<m>$context.error.message</m>"},
        })
    );
    assert_eq!(get(&mut server, "UNAUTHORIZED"), put);
    let again = server.ok("PUT", &path("UNAUTHORIZED"), json!({}));
    let mut built_in = default("UNAUTHORIZED", Some("401"));
    built_in["defaultResponse"] = false.into();
    assert_eq!(again, built_in);
}

#[test]
fn what_is_not_put_is_built_in_and_not_inherited() {
    let mut server = server();
    let inherited = json!({
        "statusCode": "599",
        "responseParameters": {"gatewayresponse.header.X": "'y'"},
        "responseTemplates": {"application/json": "{}"},
    });
    server.ok("PUT", &path("DEFAULT_5XX"), inherited);
    let own = json!({"responseParameters": {"gatewayresponse.header.Z": "context.requestId"}});
    assert_eq!(
        server.ok("PUT", &path("AUTHORIZER_FAILURE"), own),
        json!({
            "responseType": "AUTHORIZER_FAILURE", "statusCode": "500", "defaultResponse": false,
            "responseParameters": {"gatewayresponse.header.Z": "context.requestId"},
            "responseTemplates": {"application/json": TEMPLATE},
        })
    );
    assert_eq!(
        get(&mut server, "INTEGRATION_FAILURE"),
        json!({
            "responseType": "INTEGRATION_FAILURE", "statusCode": "599", "defaultResponse": true,
            "responseParameters": {"gatewayresponse.header.X": "'y'"},
            "responseTemplates": {"application/json": "{}"},
        })
    );
    assert_eq!(get(&mut server, "THROTTLED"), default("THROTTLED", Some("429")));
    server.ok("DELETE", &path("DEFAULT_5XX"), Value::Null);
    assert_eq!(get(&mut server, "INTEGRATION_FAILURE"), default("INTEGRATION_FAILURE", Some("504")));
}

#[test]
fn a_default_without_status_leaves_others_theirs() {
    let mut server = server();
    let put = server.ok("PUT", &path("DEFAULT_4XX"), json!({"responseTemplates": {"text/plain": "no"}}));
    assert_eq!(
        put,
        json!({
            "responseType": "DEFAULT_4XX", "defaultResponse": false, "responseParameters": {},
            "responseTemplates": {"text/plain": "no"},
        })
    );
    let mut throttled = default("THROTTLED", Some("429"));
    throttled["responseTemplates"] = json!({"text/plain": "no"});
    assert_eq!(get(&mut server, "THROTTLED"), throttled);
}

#[test]
fn each_part_is_patched() {
    let mut server = server();
    let operations = [
        ("replace", "/statusCode", "444"),
        ("add", "/responseParameters/gatewayresponse.header.A", "'a'"),
        ("add", "/responseParameters/gatewayresponse.querystring.B", "method.request.header.B"),
        ("replace", "/responseParameters/gatewayresponse.header.A", "'b'"),
        ("remove", "/responseParameters/gatewayresponse.querystring.B", ""),
        ("add", "/responseTemplates/application~1xml", "<a/>"),
        ("replace", "/responseTemplates/application~1xml", "<b/>"),
        ("remove", "/responseTemplates/application~1json", ""),
    ];
    let (status, patched) = server.patch(&path("THROTTLED"), &operations);
    assert_eq!(status, 200);
    assert_eq!(
        patched,
        json!({
            "responseType": "THROTTLED", "statusCode": "444", "defaultResponse": false,
            "responseParameters": {"gatewayresponse.header.A": "'b'"},
            "responseTemplates": {"application/xml": "<b/>"},
        })
    );
    assert_eq!(get(&mut server, "THROTTLED"), patched);
}

#[test]
fn other_patches_are_refused() {
    let mut server = server();
    let parameter = "/responseParameters/gatewayresponse.header.A";
    let json = "/responseTemplates/application~1json";
    let cases = [
        ("add", "/statusCode", "400", 400, "Invalid patch path /statusCode"),
        ("remove", "/statusCode", "", 400, "Invalid patch path /statusCode"),
        ("replace", "/wrongPath", "x", 400, "Invalid patch path /wrongPath"),
        ("replace", "/responseParameters", "x", 400, "Invalid patch path /responseParameters"),
        ("copy", parameter, "'a'", 400, "Invalid patch path /responseParameters/gatewayresponse.header.A"),
        ("replace", "/statusCode", "", 400, "Invalid null or empty value in statusCode"),
        ("replace", "/statusCode", "600", 400, "Invalid statusCode specified: 600"),
        ("replace", parameter, "", 400, "Invalid null or empty value in responseParameters"),
        ("replace", json, "", 400, "Invalid null or empty value in responseTemplates"),
        ("add", json, "", 400, "Invalid null or empty value in responseTemplates"),
        ("replace", parameter, "'a'", 404, "Invalid parameter name specified"),
        ("remove", parameter, "", 404, "Invalid parameter name specified"),
        ("replace", "/responseTemplates/a~1b", "x", 404, "Content-Type specified was not found"),
    ];
    for (op, at, value, status, message) in cases {
        assert_eq!(
            server.patch(&path("THROTTLED"), &[("replace", "/statusCode", "444"), (op, at, value)]),
            (status, json!({"message": message})),
            "{op} {at}"
        );
    }
    let null = json!({"patchOperations": [{"op": "replace", "value": "x"}]});
    assert_eq!(
        server.call("PATCH", &path("THROTTLED"), null),
        (400, json!({"message": "Invalid patch path null"}))
    );
    assert_eq!(get(&mut server, "THROTTLED"), default("THROTTLED", Some("429")));
}

#[test]
fn parameters_and_templates_are_checked() {
    let mut server = server();
    let mapping = "Invalid mapping expression specified: Validation Result: warnings : [], errors : ";
    let cases = [
        (
            json!({"responseParameters": {"gatewayresponse.body": "'x'"}}),
            format!("{mapping}[Invalid mapping expression parameter specified: gatewayresponse.body]"),
        ),
        (
            json!({"responseParameters": {"gatewayresponse.header.X": "true"}}),
            format!("{mapping}[Invalid mapping expression specified: true]"),
        ),
        (
            json!({"responseTemplates": {"123": "x"}}),
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]".into(),
        ),
    ];
    for (body, message) in cases {
        assert_eq!(server.call("PUT", &path("THROTTLED"), body), (400, json!({"message": message})));
    }
    let template = |bytes: usize| json!({"responseTemplates": {"text/plain": "x".repeat(bytes)}});
    let (status, _) = server.call("PUT", &path("THROTTLED"), template(300 * 1024 + 1));
    assert_eq!(status, 400);
    server.ok("PUT", &path("THROTTLED"), template(300 * 1024));
}

#[test]
fn what_is_not_configured_cannot_be_deleted() {
    let mut server = server();
    let undefined = (404, json!({"message": "Gateway response type not defined on api"}));
    assert_eq!(server.call("DELETE", &path("THROTTLED"), Value::Null), undefined);
    server.ok("PUT", &path("THROTTLED"), json!({}));
    assert_eq!(server.call("DELETE", &path("THROTTLED"), Value::Null), (202, Value::Null));
    assert_eq!(server.call("DELETE", &path("THROTTLED"), Value::Null), undefined);
}

#[test]
fn unknown_types_and_apis_are_refused() {
    let mut server = server();
    let message = "1 validation error detected: Value 'X' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]";
    let unknown_api = (404, json!({"message": "Invalid API identifier specified 123456789012:nothere"}));
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        assert_eq!(server.call(method, &path("X"), Value::Null), (400, json!({"message": message})));
        let path = "/restapis/nothere/gatewayresponses/THROTTLED";
        assert_eq!(server.call(method, path, Value::Null), unknown_api);
    }
    assert_eq!(server.call("GET", "/restapis/nothere/gatewayresponses", Value::Null), unknown_api);
    freeze(&mut server);
    assert_eq!(server.call("PUT", &path("THROTTLED"), json!({})), (400, json!({"message": FROZEN})));
}
