//! Tests of the operations on integrations.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

mod updating;

use super::rules::{STREAM_TIMEOUT_MS, TIMEOUT_MS};
use crate::operations::fixture::Fixture;
use serde_json::{Value, json};

const LAMBDA: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations";
const S3: &str = "arn:aws:apigateway:us-east-1:s3:path/b/k";

/// A method that declares a path and a header parameter, and the path of its integration.
fn fixture() -> (Fixture, String) {
    let parameters = json!({"method.request.path.id": true, "method.request.header.h": false});
    let fixture = Fixture::with_method(json!({"requestParameters": parameters}));
    let target = format!("{}/integration", fixture.method("GET"));
    (fixture, target)
}

/// `base` with the members of `more`.
fn with(base: &Value, more: Value) -> Value {
    let mut all = base.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

#[test]
fn each_type_is_stored_with_its_defaults() {
    let (mut fixture, target) = fixture();
    let defaults = json!({
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "cacheNamespace": fixture.root,
        "cacheKeyParameters": [],
    });
    let http = json!({"httpMethod": "GET", "uri": "https://example.com"});
    let role = json!({"credentials": "arn:aws:iam::123456789012:role/r"});
    for (given, more) in [
        (json!({"type": "MOCK"}), json!({})),
        (json!({"type": "MOCK", "httpMethod": "GET"}), json!({})),
        (with(&http, json!({"type": "HTTP"})), json!({"connectionType": "INTERNET"})),
        (with(&http, json!({"type": "HTTP_PROXY"})), json!({"connectionType": "INTERNET"})),
        (json!({"type": "AWS", "httpMethod": "POST", "uri": LAMBDA}), json!({})),
        (json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": LAMBDA}), json!({})),
        (with(&role, json!({"type": "AWS", "httpMethod": "ANY", "uri": S3})), json!({})),
    ] {
        let expected = with(&with(&defaults, given.clone()), more);
        assert_eq!(fixture.server.call("PUT", &target, given), (201, expected.clone()));
        assert_eq!(fixture.get(&target), expected);
    }
}

#[test]
fn an_integration_is_put_with_all_that_it_can_have() {
    let (mut fixture, target) = fixture();
    let body = json!({
        "type": "HTTP_PROXY",
        "httpMethod": "POST",
        "uri": "http://${stageVariables.host}/{id}",
        "connectionType": "VPC_LINK",
        "connectionId": "${stageVariables.link}",
        "credentials": "arn:aws:iam::*:user/*",
        "requestParameters": {
            "integration.request.path.id": "method.request.path.id",
            "integration.request.header.h": "method.request.multivalueheader.h",
            "integration.request.querystring.s": "'static'",
        },
        "requestTemplates": {"application/json": "{}", "$default": null},
        "passthroughBehavior": "NEVER",
        "cacheNamespace": "shared",
        "cacheKeyParameters": ["method.request.path.id", "integration.request.querystring.s"],
        "contentHandling": "CONVERT_TO_TEXT",
        "timeoutInMillis": 50,
        "tlsConfig": {"insecureSkipVerification": true},
        "responseTransferMode": "STREAM",
        "integrationTarget": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/x/1",
    });
    assert_eq!(fixture.server.call("PUT", &target, body.clone()), (201, body.clone()));
    assert_eq!(fixture.get(&target), body);
}

#[test]
fn an_integration_put_again_is_without_the_old_responses() {
    let (mut fixture, target) = fixture();
    fixture.server.ok("PUT", &target, json!({"type": "MOCK"}));
    fixture.server.ok("PUT", &target.replace("/integration", "/responses/200"), json!({}));
    fixture.server.ok("PUT", &format!("{target}/responses/200"), json!({}));
    fixture.server.ok("PUT", &target, json!({"type": "MOCK", "requestTemplates": {"a/b": "", "c/d": "x"}}));
    let integration = fixture.get(&target);
    assert_eq!(integration.get("integrationResponses"), None);
    assert_eq!(integration["requestTemplates"], json!({"a/b": null, "c/d": "x"}));
}

#[test]
fn what_an_integration_cannot_be_is_told() {
    let (mut fixture, target) = fixture();
    let http = json!({"type": "HTTP", "httpMethod": "GET", "uri": "https://example.com"});
    let aws = json!({"type": "AWS", "httpMethod": "POST", "uri": LAMBDA});
    let proxy = json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": LAMBDA});
    let mock = json!({"type": "MOCK"});
    let mapping = |target: &str, source: &str| json!({"requestParameters": {target: source}});
    let empty_method = "Enumeration value for HttpMethod must be non-empty";
    let bad_endpoint = "Invalid HTTP endpoint specified for URI";
    let bad_arn = "Invalid ARN specified in the request";
    let bad_mapping = "Invalid mapping expression specified: Validation Result: warnings : [], errors : ";
    for (body, message) in [
        (
            json!({"type": "HTTPS_PROXY"}),
            "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]".to_owned(),
        ),
        (with(&http, json!({"httpMethod": ""})), empty_method.into()),
        (json!({"type": "AWS_PROXY", "uri": LAMBDA}), empty_method.into()),
        (
            with(&mock, json!({"httpMethod": "FETCH"})),
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY".into(),
        ),
        (json!({"type": "HTTP", "httpMethod": "GET"}), bad_endpoint.into()),
        (with(&http, json!({"uri": "non-valid-http"})), bad_endpoint.into()),
        (with(&http, json!({"uri": "ftp://example.com"})), bad_endpoint.into()),
        (with(&http, json!({"uri": "https:///x"})), bad_endpoint.into()),
        (with(&aws, json!({"uri": "https://example.com"})), bad_arn.into()),
        (with(&aws, json!({"uri": "arn:aws"})), bad_arn.into()),
        (
            with(&aws, json!({"uri": "arn:aws:iam::0000000000:role/service-role/asdf"})),
            "AWS ARN for integration must contain path or action".into(),
        ),
        (
            with(&proxy, json!({"uri": S3})),
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.".into(),
        ),
        (with(&aws, json!({"uri": S3})), "Role ARN must be specified for AWS integrations".into()),
        (with(&aws, json!({"credentials": "role"})), bad_arn.into()),
        (
            with(&mock, json!({"passthroughBehavior": "x"})),
            "Invalid PassthroughBehavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER".into(),
        ),
        (
            with(&http, json!({"connectionType": "VPC_LINK"})),
            "Connection ID must be specified for VPC_LINK connections".into(),
        ),
        (
            with(&http, json!({"responseTransferMode": "STREAM"})),
            "Response streaming is only supported for HTTP_PROXY and AWS_PROXY integrations".into(),
        ),
        (
            with(&mock, mapping("integration.request.header.x", "method.request.header.x")),
            format!("{bad_mapping}[Invalid mapping expression parameter specified: method.request.header.x]"),
        ),
        (
            with(&mock, mapping("integration.request.body.x", "x")),
            format!(
                "{bad_mapping}[Invalid mapping expression specified: integration.request.body.x, Invalid mapping expression specified: x]"
            ),
        ),
        (
            with(&mock, json!({"requestTemplates": {"json": "{}"}})),
            "Validation Result: warnings : [], errors : [Invalid content type specified: json]".into(),
        ),
        (
            with(&mock, json!({"cacheKeyParameters": ["method.request.querystring.q"]})),
            "Invalid cache key parameter specified".into(),
        ),
    ] {
        assert_eq!(fixture.refused("PUT", &target, body), (400, message));
    }
    let foreign = with(&aws, json!({"credentials": "arn:aws:iam::999999999999:role/r"}));
    assert_eq!(
        fixture.refused("PUT", &target, foreign),
        (403, "Cross-account pass role is not allowed.".into())
    );
    assert_eq!(fixture.refused("GET", &target, Value::Null).0, 404);
}

#[test]
fn times_hold_at_their_limits_and_not_past_them() {
    let (mut fixture, target) = fixture();
    let put = |fixture: &mut Fixture, more: Value| {
        let http = json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "https://example.com"});
        let (status, answer) = fixture.server.call("PUT", &target, with(&http, more));
        (status, answer["message"].clone())
    };
    let stream = |timeout: u32| json!({"timeoutInMillis": timeout, "responseTransferMode": "STREAM"});
    for right in [*TIMEOUT_MS.start(), *TIMEOUT_MS.end()] {
        assert_eq!(put(&mut fixture, json!({"timeoutInMillis": right})).0, 201);
    }
    assert_eq!(put(&mut fixture, stream(*STREAM_TIMEOUT_MS.end())).0, 201);
    let message = json!("Timeout should be between 50 ms and 29000 ms");
    for wrong in [-1, 49, 29_001] {
        assert_eq!(put(&mut fixture, json!({"timeoutInMillis": wrong})), (400, message.clone()));
    }
    assert_eq!(
        put(&mut fixture, stream(*STREAM_TIMEOUT_MS.end() + 1)),
        (400, json!("Timeout should be between 50 ms and 900000 ms"))
    );
}

#[test]
fn an_integration_is_deleted_and_what_is_not_there_is_told() {
    let (mut fixture, target) = fixture();
    fixture.server.ok("PUT", &target, json!({"type": "MOCK"}));
    assert_eq!(fixture.server.call("DELETE", &target, Value::Null), (204, Value::Null));
    let (resources, root, other) = (fixture.resources(), fixture.root.clone(), fixture.method("POST"));
    let (no_method, no_integration) =
        ("Invalid Method identifier specified", "Invalid Integration identifier specified");
    for (verb, without_method) in
        [("PUT", no_method), ("GET", no_method), ("PATCH", no_integration), ("DELETE", no_integration)]
    {
        for (target, message) in [
            (
                format!("/restapis/x/resources/{root}/methods/GET/integration"),
                "Invalid Resource identifier specified",
            ),
            (format!("{resources}/x/methods/GET/integration"), "Invalid Resource identifier specified"),
            (format!("{other}/integration"), without_method),
        ] {
            assert_eq!(fixture.refused(verb, &target, json!({"type": "MOCK"})), (404, message.into()));
        }
        if verb != "PUT" {
            assert_eq!(fixture.refused(verb, &target, Value::Null), (404, no_integration.into()));
        }
    }
}
