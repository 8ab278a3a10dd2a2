//! What events say, line by line of the behaviour.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod context;
mod headers;
mod property;
mod request;

pub(in crate::lambda) use request::Request;

use super::*;
use serde_json::{Value, json};

fn event(change: impl FnOnce(&mut Request)) -> Value {
    let event = proxy_event(&Request::with(change), crate::lambda::MAX_PAYLOAD_BYTES).unwrap();
    serde_json::from_slice(&event).unwrap()
}

#[test]
fn a_request_without_anything() {
    let got = event(|_| {});
    let expected = json!({
        "resource": "/pets",
        "path": "/pets",
        "httpMethod": "GET",
        "headers": {
            "X-Amzn-Trace-Id": "Root=1-5f000000-0",
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Port": "443",
            "X-Forwarded-Proto": "https",
        },
        "multiValueHeaders": {
            "X-Amzn-Trace-Id": ["Root=1-5f000000-0"],
            "X-Forwarded-For": ["203.0.113.7"],
            "X-Forwarded-Port": ["443"],
            "X-Forwarded-Proto": ["https"],
        },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "resourceId": "r1",
            "resourcePath": "/pets",
            "httpMethod": "GET",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": "29/Feb/2000:00:00:00 +0000",
            "path": "/dev/pets",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "dev",
            "domainPrefix": "abcdef1234",
            "requestTimeEpoch": 951_782_400_000_u64,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": "203.0.113.7",
                "user": null,
                "userAgent": "curl/8",
                "userArn": null,
            },
            "domainName": "abcdef1234.execute-api.us-east-1.amazonaws.com",
            "deploymentId": "d1",
            "apiId": "abcdef1234",
        },
        "body": null,
        "isBase64Encoded": false,
    });
    // As texts, so that the order counts too.
    assert_eq!(serde_json::to_string_pretty(&got).unwrap(), serde_json::to_string_pretty(&expected).unwrap());
}

#[test]
fn query_parameters_are_form_decoded() {
    let got = event(|request| {
        request.query = "dateTimeOffset=123456+00:00&email=test%2Balias@gmail.com&plus=test+alias@gmail.com\
                         &category=electronics&category=books&a&%63ategory=%22&A=1"
            .to_owned();
    });
    let expected = json!({
        "dateTimeOffset": "123456 00:00",
        "email": "test+alias@gmail.com",
        "plus": "test alias@gmail.com",
        "category": "\"",
        "a": "",
        "A": "1",
    });
    assert_eq!(got["queryStringParameters"], expected);
    assert_eq!(got["multiValueQueryStringParameters"]["category"], json!(["electronics", "books", "\""]));
    assert_eq!(got["multiValueQueryStringParameters"]["a"], json!([""]));
}

#[test]
fn path_and_path_parameters_stay_encoded() {
    let path = "proxy-value/api/user/test%2Balias@gmail.com/plus/test+alias@gmail.com";
    let got = event(|request| {
        request.path = format!("/{path}");
        request.path_parameters.push(("proxy".to_owned(), path.to_owned()));
        request.stage_variables.push(("env".to_owned(), "prod".to_owned()));
    });
    assert_eq!(got["path"], format!("/{path}"));
    assert_eq!(got["pathParameters"], json!({ "proxy": path }));
    assert_eq!(got["stageVariables"], json!({"env": "prod"}));
}

#[test]
fn bodies() {
    for (body, binary, expected, encoded) in [
        (&b""[..], false, Value::Null, false),
        (b"", true, Value::Null, false),
        (b"{\"a\":\"\\n\"}\n", false, json!("{\"a\":\"\\n\"}\n"), false),
        (b"text", true, json!("dGV4dA=="), true),
        (b"\x89PNG\xff", true, json!("iVBOR/8="), true),
        (b"\x89PNG", false, json!("\u{fffd}PNG"), false),
    ] {
        let got = event(|request| {
            request.body = body.to_vec();
            request.binary = binary;
        });
        assert_eq!(
            (&got["body"], &got["isBase64Encoded"]),
            (&expected, &json!(encoded)),
            "{body:?} {binary}"
        );
    }
}

#[test]
fn an_event_may_have_so_many_bytes() {
    let request = Request::with(|request| request.body = b"\n".repeat(100));
    let length = proxy_event(&request, usize::MAX).unwrap().len();
    assert_eq!(proxy_event(&request, length).map(|event| event.len()), Ok(length));
    let expected = length - 1;
    assert_eq!(proxy_event(&request, expected), Err(EventTooLong { found: length, expected }));
    // Too long before it is escaped.
    assert_eq!(proxy_event(&request, 99), Err(EventTooLong { found: 100, expected: 99 }));
}
