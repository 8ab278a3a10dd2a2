#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use crate::lambda::event::AuthorizedBy;
use crate::lambda::event::tests::Request;
use proptest::prelude::*;
use serde_json::json;

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/dev/GET/pets";

fn request(change: impl FnOnce(&mut Request)) -> Value {
    serde_json::from_slice(&request_event(&Request::with(change), ARN)).unwrap()
}

fn reason(payload: &Value) -> String {
    match parse(payload.to_string().as_bytes()) {
        Err(AuthorizerError::Malformed(reason)) => reason,
        other => panic!("{payload}: {other:?}"),
    }
}

fn result() -> Value {
    let statement = json!({"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN});
    json!({"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
}

fn with(member: &str, value: Value) -> Value {
    let mut result = result();
    result[member] = value;
    result
}

#[test]
fn the_event_of_a_token() {
    let event: Value = serde_json::from_slice(&token_event(b"Bearer \"\xff\"", ARN)).unwrap();
    let expected = json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": "Bearer \"\u{fffd}\""});
    assert_eq!(event, expected);
}

#[test]
fn the_event_of_a_request() {
    let event = request(|request| {
        request.header("Authorization", "AWS4-HMAC-SHA256 Credential=…");
        request.header("x-Custom", "1");
        request.query = "a=1&a=2".to_owned();
        request.path_parameters.push(("id".to_owned(), "7%20".to_owned()));
        request.body = b"body".to_vec();
        request.authorized_by = AuthorizedBy::Lambda;
        request.set("identity.apiKey", "key");
        request.set("identity.apiKeyId", "id");
        request.set("identity.clientCert.clientCertPem", "pem");
    });
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], ARN);
    assert_eq!([&event["resource"], &event["path"], &event["httpMethod"]], ["/pets", "/pets", "GET"]);
    assert_eq!(event["headers"]["x-Custom"], "1");
    assert_eq!(event["headers"]["Authorization"], "AWS4-HMAC-SHA256 Credential=…");
    assert_eq!(event["multiValueHeaders"]["x-Custom"], json!(["1"]));
    assert_eq!(event["queryStringParameters"], json!({"a": "2"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
    assert_eq!(event["pathParameters"], json!({"id": "7%20"}));
    assert_eq!(event["stageVariables"], Value::Null);
    for absent in ["body", "isBase64Encoded", "authorizationToken"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
    let context = event["requestContext"].as_object().unwrap();
    let mut names: Vec<_> = context.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "accountId",
        "apiId",
        "domainName",
        "domainPrefix",
        "extendedRequestId",
        "httpMethod",
        "identity",
        "path",
        "protocol",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "stage",
    ];
    assert_eq!(names, expected);
    let identity = &context["identity"];
    assert_eq!(
        [&identity["apiKey"], &identity["apiKeyId"], &identity["sourceIp"]],
        ["key", "id", "203.0.113.7"]
    );
    assert_eq!(identity["clientCert"]["clientCertPem"], "pem");
}

#[test]
fn a_result() {
    let context = json!({"text": "a", "number": 1, "fraction": 1.5, "flag": true, "": ""});
    let mut payload = with("context", context);
    payload["usageIdentifierKey"] = json!("key");
    payload["else"] = json!([1]);
    let got = parse(payload.to_string().as_bytes()).unwrap();
    assert_eq!(got.principal_id, "ann");
    assert_eq!(got.policy_document, payload["policyDocument"]);
    assert_eq!(got.usage_identifier_key.as_deref(), Some("key"));
    let shown: Vec<_> = got.context.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(shown, ["text=a", "number=1", "fraction=1.5", "flag=true", "="]);

    for payload in [result(), with("context", Value::Null), with("usageIdentifierKey", Value::Null)] {
        let got = parse(payload.to_string().as_bytes()).unwrap();
        assert_eq!((got.context, got.usage_identifier_key), (Vec::new(), None), "{payload}");
    }
}

#[test]
fn malformed_results() {
    for (payload, expected) in [
        (json!("Allow"), "the result: found a string, expected an object"),
        (json!({}), "principalId: found nothing, expected a string"),
        (with("principalId", Value::Null), "principalId: found null, expected a string"),
        (with("principalId", json!(1)), "principalId: found a number, expected a string"),
        (json!({"principalId": "a"}), "policyDocument: found nothing, expected an object"),
        (with("policyDocument", json!("{}")), "policyDocument: found a string, expected an object"),
        (with("context", json!([])), "context: found a list, expected an object"),
        (
            with("context", json!({"a": {}})),
            "context.a: found an object, expected a string, number or boolean",
        ),
        (with("context", json!({"a": [1]})), "context.a: found a list, expected a string, number or boolean"),
        (with("context", json!({"a": null})), "context.a: found null, expected a string, number or boolean"),
        (with("usageIdentifierKey", json!(1)), "usageIdentifierKey: found a number, expected a string"),
    ] {
        assert_eq!(reason(&payload), expected);
    }
    for payload in ["", "{", "undefined"] {
        assert!(matches!(parse(payload.as_bytes()), Err(AuthorizerError::Malformed(_))), "{payload}");
    }
}

#[test]
fn a_result_is_bounded() {
    let padded = |bytes: usize| {
        let text = result().to_string();
        text.clone() + &" ".repeat(bytes - text.len())
    };
    assert!(parse(padded(MAX_RESULT_BYTES).as_bytes()).is_ok());
    assert_eq!(
        parse(padded(MAX_RESULT_BYTES + 1).as_bytes()),
        Err(AuthorizerError::Malformed("the result: found 8193 bytes, expected at most 8192".to_owned()))
    );
    for member in ["Resource", "NotResource"] {
        let policy = |chars| json!({"Statement": {member: ["*", "é".repeat(chars)]}});
        let payload = with("policyDocument", policy(MAX_RESOURCE_CHARS));
        assert!(parse(payload.to_string().as_bytes()).is_ok());
        assert_eq!(
            reason(&with("policyDocument", policy(MAX_RESOURCE_CHARS + 1))),
            "a resource of policyDocument: found 513 characters, expected at most 512"
        );
    }
}

#[test]
fn failed_functions() {
    let thrown = |message: &str| {
        function_error(json!({"errorMessage": message, "errorType": "E"}).to_string().as_bytes())
    };
    assert_eq!(thrown("Unauthorized"), AuthorizerError::Unauthorized);
    assert_eq!(thrown("unauthorized"), AuthorizerError::Function("unauthorized".to_owned()));
    assert_eq!(thrown("Unauthorized\n"), AuthorizerError::Function("Unauthorized ".to_owned()));
    assert_eq!(function_error(b""), AuthorizerError::Function("it gave no errorMessage".to_owned()));
}

proptest! {
    #[test]
    fn tokens_read_back(token in any::<String>(), arn in any::<String>()) {
        let event: Value = serde_json::from_slice(&token_event(token.as_bytes(), &arn)).unwrap();
        prop_assert_eq!(event, json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": token}));
    }

    #[test]
    fn context_values_read_back(
        text in any::<String>(), number in any::<i64>(), flag in any::<bool>(), principal in any::<String>(),
    ) {
        let mut payload = with("context", json!({"t": text, "n": number, "f": flag}));
        payload["principalId"] = json!(principal);
        prop_assume!(payload.to_string().len() <= MAX_RESULT_BYTES);
        let got = parse(payload.to_string().as_bytes()).unwrap();
        prop_assert_eq!(got.principal_id, principal);
        let shown: Vec<_> = got.context.iter().map(|(_, value)| value.to_string()).collect();
        prop_assert_eq!(shown, [text, number.to_string(), flag.to_string()]);
    }
}
