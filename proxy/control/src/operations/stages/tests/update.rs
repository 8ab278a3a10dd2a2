//! Patches of stages, canaries aside.

use super::{dev, not_a_path, patch, refused, server};
use crate::entities::{Account, ClientCertificate, DocumentationVersion};
use crate::testing::Server;
use serde_json::{Value, json};

fn let_log(server: &mut Server) {
    let account = Account { cloudwatch_role_arn: Some("arn:aws:iam::123456789012:role/logs".into()) };
    server.put("account", account);
}

fn setting() -> Value {
    json!({
        "metricsEnabled": false, "dataTraceEnabled": false, "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 10000.0, "cachingEnabled": false, "cacheTtlInSeconds": 300,
        "cacheDataEncrypted": false, "requireAuthorizationForCacheControl": true,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    })
}

#[test]
fn members_are_replaced() {
    let (mut server, _, second) = server();
    server.put("c1", ClientCertificate::default());
    server.put("a1b2c3d4e5/v1", DocumentationVersion::default());
    let stage = patch(
        &mut server,
        &[
            ("replace", "/deploymentId", &second),
            ("replace", "/description", "new"),
            ("replace", "/cacheClusterEnabled", "True"),
            ("replace", "/clientCertificateId", "c1"),
            ("replace", "/documentationVersion", "v1"),
            ("replace", "/tracingEnabled", "true"),
        ],
    );
    assert_eq!(
        stage,
        json!({
            "stageName": "dev", "deploymentId": second, "description": "new", "clientCertificateId": "c1",
            "cacheClusterEnabled": true, "cacheClusterSize": "0.5", "cacheClusterStatus": "AVAILABLE",
            "methodSettings": {}, "documentationVersion": "v1", "tracingEnabled": true,
            "createdDate": 1_700_000_002, "lastUpdatedDate": 1_700_000_003,
        })
    );
    let stage = patch(
        &mut server,
        &[
            ("replace", "/description", ""),
            ("replace", "/cacheClusterSize", "237"),
            ("replace", "/cacheClusterEnabled", "no"),
            ("replace", "/clientCertificateId", ""),
            ("replace", "/documentationVersion", ""),
            ("replace", "/tracingEnabled", ""),
        ],
    );
    assert_eq!(
        stage,
        json!({
            "stageName": "dev", "deploymentId": second, "cacheClusterEnabled": false,
            "cacheClusterSize": "237", "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {},
            "tracingEnabled": false, "createdDate": 1_700_000_002, "lastUpdatedDate": 1_700_000_005,
        })
    );
}

#[test]
fn members_that_lead_nowhere_are_refused() {
    let (mut server, ..) = server();
    assert_eq!(refused(&mut server, "replace", "/deploymentId", "x"), "Deployment id does not exist");
    assert_eq!(
        refused(&mut server, "replace", "/clientCertificateId", "x"),
        "Invalid client certificate identifier specified"
    );
    assert_eq!(
        refused(&mut server, "replace", "/cacheClusterSize", "2"),
        "Invalid cacheClusterSize specified: 2. It must be one of [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237]"
    );
    assert_eq!(
        server.patch(&dev(), &[("replace", "/documentationVersion", "x")]),
        (404, json!({"message": "Invalid Documentation version specified"}))
    );
}

#[test]
fn variables_come_and_go() {
    let (mut server, ..) = server();
    let stage =
        patch(&mut server, &[("replace", "/variables/a", "1"), ("add", "/variables/b", "x-._~:/?#&=, y")]);
    assert_eq!(stage["variables"], json!({"a": "1", "b": "x-._~:/?#&=, y"}));
    let stage = patch(&mut server, &[("remove", "/variables/a", ""), ("remove", "/variables/other", "")]);
    assert_eq!(stage["variables"], json!({"b": "x-._~:/?#&=, y"}));
    let stage = patch(&mut server, &[("remove", "/variables/b", "")]);
    assert_eq!(stage.get("variables"), None);
    let stage = patch(&mut server, &[("replace", "/variables", r#"{"c": "3"}"#)]);
    assert_eq!(stage["variables"], json!({"c": "3"}));
    let stage = patch(&mut server, &[("remove", "/variables", "")]);
    assert_eq!(stage.get("variables"), None);
}

#[test]
fn variables_have_names_and_values_of_some_characters_and_lengths() {
    let (mut server, ..) = server();
    for (path, name) in [("/variables/a:b", "a:b"), ("/variables/a/b", "a/b"), ("/variables/", "")] {
        assert_eq!(
            refused(&mut server, "replace", path, "x"),
            format!("Invalid stage variable name: {name}.  Please use names with only word characters.")
        );
    }
    for value in ["", "a$b", "ä"] {
        assert_eq!(
            refused(&mut server, "replace", "/variables/a", value),
            format!(
                "Invalid stage variable value: {value}.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
            )
        );
    }
    assert_eq!(
        refused(&mut server, "replace", "/variables", "[]"),
        "Invalid value for /variables: expected a JSON object of strings"
    );
    patch(&mut server, &[("replace", &format!("/variables/{}", "n".repeat(64)), &"v".repeat(512))]);
    let name = "n".repeat(65);
    assert_eq!(
        refused(&mut server, "replace", &format!("/variables/{name}"), "x"),
        format!("Invalid stage variable name: {name}.  Please use names with at most 64 characters.")
    );
    let value = "v".repeat(513);
    assert_eq!(
        refused(&mut server, "replace", "/variables/a", &value),
        format!("Invalid stage variable value: {value}.  Please use values with at most 512 characters.")
    );
}

#[test]
fn access_logs_are_set_and_removed() {
    let (mut server, ..) = server();
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:pets";
    let stage = patch(
        &mut server,
        &[
            ("replace", "/accessLogSettings/destinationArn", &format!("{arn}:*")),
            ("add", "/accessLogSettings/format", "$context.requestId\n"),
        ],
    );
    assert_eq!(stage["accessLogSettings"], json!({"format": "$context.requestId\n", "destinationArn": arn}));
    let stage = patch(&mut server, &[("remove", "/accessLogSettings/format", "")]);
    assert_eq!(stage["accessLogSettings"], json!({"destinationArn": arn}));
    let stage = patch(&mut server, &[("remove", "/accessLogSettings/destinationArn", "")]);
    assert_eq!(stage.get("accessLogSettings"), None);
    let stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/amazon-apigateway-pets";
    patch(&mut server, &[("replace", "/accessLogSettings/destinationArn", stream)]);
    let stage = patch(&mut server, &[("remove", "/accessLogSettings", "")]);
    assert_eq!(stage.get("accessLogSettings"), None);
    patch(&mut server, &[("remove", "/accessLogSettings", "")]);
}

#[test]
fn access_logs_that_cannot_be_written_are_refused() {
    let (mut server, ..) = server();
    let no_part = "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]";
    assert_eq!(refused(&mut server, "replace", "/accessLogSettings/x", "y"), no_part);
    assert_eq!(refused(&mut server, "replace", "/accessLogSettings", "y"), no_part);
    assert_eq!(refused(&mut server, "remove", "/accessLogSettings/x", ""), no_part);
    assert_eq!(
        refused(&mut server, "replace", "/accessLogSettings/format", ""),
        "Access Log value must not be empty"
    );
    assert_eq!(
        refused(&mut server, "replace", "/accessLogSettings/destinationArn", "arn:aws:s3:::bucket"),
        "Invalid ARN specified in the request"
    );
    assert_eq!(
        refused(&mut server, "replace", "/accessLogSettings/format", "$context.requestId\n$context.status"),
        "Access Log format must be single line, new line character is allowed only at end of the format"
    );
    let format = "$context.requestId ".to_owned() + &"x".repeat(3 * 1024 - 19);
    patch(&mut server, &[("replace", "/accessLogSettings/format", &format)]);
    for format in ["$context.status", &(format + "x")] {
        let message = refused(&mut server, "replace", "/accessLogSettings/format", format);
        assert!(message.starts_with("Invalid Access Log format: found "), "{message}");
    }
}

#[test]
fn each_setting_of_a_method_is_replaced() {
    let (mut server, ..) = server();
    let_log(&mut server);
    let stage = patch(
        &mut server,
        &[
            ("replace", "/~1pets~1{id}/GET/metrics/enabled", "true"),
            ("replace", "/~1pets~1{id}/GET/logging/loglevel", "INFO"),
            ("replace", "/~1pets~1{id}/GET/logging/dataTrace", "true"),
            ("replace", "/~1pets~1{id}/GET/throttling/burstLimit", "-1"),
            ("replace", "/~1pets~1{id}/GET/throttling/rateLimit", "0.5"),
            ("replace", "/~1pets~1{id}/GET/caching/enabled", "true"),
            ("replace", "/~1pets~1{id}/GET/caching/ttlInSeconds", "3600"),
            ("replace", "/~1pets~1{id}/GET/caching/dataEncrypted", "true"),
            ("replace", "/~1pets~1{id}/GET/caching/requireAuthorizationForCacheControl", "false"),
            ("replace", "/~1pets~1{id}/GET/caching/unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403"),
        ],
    );
    assert_eq!(
        stage["methodSettings"],
        json!({"~1pets~1{id}/GET": {
            "metricsEnabled": true, "loggingLevel": "INFO", "dataTraceEnabled": true,
            "throttlingBurstLimit": -1, "throttlingRateLimit": 0.5, "cachingEnabled": true,
            "cacheTtlInSeconds": 3600, "cacheDataEncrypted": true,
            "requireAuthorizationForCacheControl": false,
            "unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
        }})
    );
}

#[test]
fn a_method_begins_with_the_settings_for_all() {
    let (mut server, ..) = server();
    patch(&mut server, &[("replace", "/*/*/caching/enabled", "true")]);
    patch(&mut server, &[("replace", "/a/b/GET/throttling/burstLimit", "124")]);
    let stage = patch(&mut server, &[("replace", "/*/*/throttling/burstLimit", "123")]);
    let (mut all, mut one) = (setting(), setting());
    all["cachingEnabled"] = true.into();
    all["throttlingBurstLimit"] = 123.into();
    one["cachingEnabled"] = true.into();
    one["throttlingBurstLimit"] = 124.into();
    assert_eq!(stage["methodSettings"], json!({"*/*": all, "a/b/GET": one}));
    let stage = patch(&mut server, &[("remove", "/*/*", "")]);
    assert_eq!(stage["methodSettings"], json!({"a/b/GET": one}));
    assert_eq!(
        refused(&mut server, "remove", "/*/*", ""),
        "Cannot remove method setting */* because there is no method setting for this method "
    );
    assert_eq!(
        refused(&mut server, "remove", "/a/b/GET/throttling/burstLimit", ""),
        "Cannot remove method setting a/b/GET/throttling/burstLimit because there is no method setting for this method "
    );
}

#[test]
fn all_settings_are_replaced_at_once() {
    let (mut server, ..) = server();
    patch(&mut server, &[("replace", "/*/*/caching/enabled", "true")]);
    let value = r#"{"/pets/GET": {"metricsEnabled": true, "throttlingRateLimit": 5}}"#;
    let stage = patch(&mut server, &[("replace", "/methodSettings", value)]);
    let mut pets = setting();
    pets["metricsEnabled"] = true.into();
    pets["throttlingRateLimit"] = 5.0.into();
    assert_eq!(stage["methodSettings"], json!({"pets/GET": pets}));
    for value in ["", "[]", r#"{"*/*": 1}"#, r#"{"*/*": {"x": 1}}"#, r#"{"pets": {}}"#] {
        assert_eq!(
            refused(&mut server, "replace", "/methodSettings", value),
            "Invalid value for /methodSettings: expected a JSON object of settings"
        );
    }
}

#[test]
fn settings_of_other_values_are_refused() {
    let (mut server, ..) = server();
    let_log(&mut server);
    for (suffix, value, message) in [
        ("logging/loglevel", "DEBUG", "loggingLevel specified: DEBUG. It must be one of [OFF, ERROR, INFO]"),
        (
            "throttling/burstLimit",
            "1.5",
            "throttlingBurstLimit specified: 1.5. It must be a whole number from -1",
        ),
        (
            "throttling/burstLimit",
            "-2",
            "throttlingBurstLimit specified: -2. It must be a whole number from -1",
        ),
        ("throttling/rateLimit", "inf", "throttlingRateLimit specified: inf. It must be a number from -1"),
        (
            "caching/ttlInSeconds",
            "3601",
            "cacheTtlInSeconds specified: 3601. It must be a whole number from 0 to 3600",
        ),
        (
            "caching/ttlInSeconds",
            "-1",
            "cacheTtlInSeconds specified: -1. It must be a whole number from 0 to 3600",
        ),
        (
            "caching/unauthorizedCacheControlHeaderStrategy",
            "x",
            "unauthorizedCacheControlHeaderStrategy specified: x. It must be one of [FAIL_WITH_403, SUCCEED_WITH_RESPONSE_HEADER, SUCCEED_WITHOUT_RESPONSE_HEADER]",
        ),
    ] {
        assert_eq!(
            refused(&mut server, "replace", &format!("/*/*/{suffix}"), value),
            format!("Invalid {message}")
        );
    }
}

#[test]
fn logging_needs_a_role() {
    let (mut server, ..) = server();
    patch(&mut server, &[("replace", "/*/*/logging/loglevel", "OFF")]);
    for level in ["ERROR", "INFO"] {
        assert_eq!(
            refused(&mut server, "replace", "/*/*/logging/loglevel", level),
            "CloudWatch Logs role ARN must be set in account settings to enable logging"
        );
    }
    let_log(&mut server);
    patch(&mut server, &[("replace", "/*/*/logging/loglevel", "ERROR")]);
}

#[test]
fn what_is_no_path_is_refused() {
    let (mut server, ..) = server();
    for path in [
        "/tags/tag1",
        "/documentation_version",
        "/webAclArn",
        "/metrics/enabled",
        "/GET/metrics/enabled",
        "//GET/metrics/enabled",
        "/*/*/accessLogSettings/format",
        "/{proxy+}/ANY//throttling/burstLimit",
        "no/slash/at/all",
    ] {
        assert_eq!(refused(&mut server, "replace", path, "true"), not_a_path(path));
    }
    let missing = json!({"patchOperations": [{"op": "replace", "value": "x"}]});
    assert_eq!(server.call("PATCH", &dev(), missing), (400, json!({"message": not_a_path("null")})));
}

#[test]
fn what_cannot_be_done_to_a_path_is_refused() {
    let (mut server, ..) = server();
    for (op, path) in [
        ("add", "/description"),
        ("add", "/variables"),
        ("add", "/accessLogSettings"),
        ("move", "/deploymentId"),
        ("test", "/description"),
    ] {
        assert_eq!(refused(&mut server, op, path, "x"), format!("Invalid {op} operation with path: {path}"));
    }
    assert_eq!(
        refused(&mut server, "remove", "/description", ""),
        "Cannot remove method setting description because there is no method setting for this method "
    );
}

proptest::proptest! {
    #[test]
    fn any_patch_is_done_or_refused(
        op in "add|replace|remove|copy|move|test",
        path in "(/(variables|canarySettings|accessLogSettings|stageVariableOverrides|caching|enabled|GET|~1|[*]|.)?){0,5}",
        value in "true|-1|[{]\"a\": *\"b\"[}]|.{0,8}",
    ) {
        let (mut server, ..) = server();
        let (status, _) = server.patch(&dev(), &[(&op, &path, &value)]);
        proptest::prop_assert!(matches!(status, 200 | 400 | 404));
        server.ok("GET", &dev(), Value::Null);
    }
}
