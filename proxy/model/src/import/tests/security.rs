//! Security schemes, authorizers and authorization.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::{api, codes, import, method};
use crate::api::{Authorization, AuthorizerType, Verb};

const FUNCTION: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations";

/// A document whose `GET /` has these keys, with one scheme of each kind.
fn document(root: &str, operation: &str) -> String {
    format!(
        "openapi: 3.0.1
info: {{title: t}}
{root}
paths:
  /:
    get:
      {operation}
      x-amazon-apigateway-integration: {{type: mock}}
components:
  securitySchemes:
    token:
      type: apiKey
      in: header
      name: X-Token
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer: {{type: Token, authorizerUri: '{FUNCTION}', identityValidationExpression: '[a-z]+', authorizerResultTtlInSeconds: 60}}
    request:
      type: apiKey
      in: header
      name: Unused
      x-amazon-apigateway-authorizer: {{type: request, authorizerUri: '{FUNCTION}', authorizerCredentials: r, identitySource: 'method.request.header.A, context.identity.sourceIp'}}
    pool:
      type: apiKey
      in: header
      name: Authorization
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer: {{type: cognito_user_pools, providerARNs: ['arn:aws:cognito-idp:us-east-1:1:userpool/p']}}
    key: {{type: apiKey, in: header, name: X-API-Key}}
    sigv4: {{type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: awsSigv4}}
    bearer: {{type: http, scheme: bearer}}
"
    )
}

#[test]
fn authorizers_are_read_even_when_unused() {
    let api = api(&document("", "summary: x"));
    assert_eq!(api.authorizers.keys().collect::<Vec<_>>(), ["token", "request", "pool"]);
    let token = &api.authorizers["token"];
    assert_eq!(token.kind, AuthorizerType::Token);
    assert_eq!(token.identity_sources, ["method.request.header.X-Token"]);
    assert_eq!(token.authorizer_uri.as_deref(), Some(FUNCTION));
    assert_eq!(token.auth_type.as_deref(), Some("custom"));
    assert_eq!(token.identity_validation_expression.as_deref(), Some("[a-z]+"));
    assert_eq!(token.result_ttl_seconds, Some(60));
    let request = &api.authorizers["request"];
    assert_eq!(request.identity_sources, ["method.request.header.A", "context.identity.sourceIp"]);
    assert_eq!(request.authorizer_credentials.as_deref(), Some("r"));
    assert_eq!(api.authorizers["pool"].provider_arns, ["arn:aws:cognito-idp:us-east-1:1:userpool/p"]);
    assert_eq!(api.authorizers["pool"].result_ttl_seconds, None);
}

#[test]
fn security_decides_authorization() {
    let authorizer = |name: &str, scopes: &[&str]| Authorization::Authorizer {
        name: name.to_owned(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
    };
    let cases = [
        ("", "summary: x", Authorization::None, false),
        ("", "security: [{token: []}]", authorizer("token", &[]), false),
        ("", "security: [{pool: [a, b]}]", authorizer("pool", &["a", "b"]), false),
        ("", "security: [{token: [], key: []}]", authorizer("token", &[]), true),
        ("", "security: [{key: []}, {token: []}]", authorizer("token", &[]), true),
        ("", "security: [{sigv4: []}]", Authorization::AwsIam, false),
        ("", "x-amazon-apigateway-auth: {type: aws_iam}", Authorization::AwsIam, false),
        ("security: [{pool: [a]}, {key: []}]", "summary: x", authorizer("pool", &["a"]), true),
        ("security: [{pool: [a]}]", "security: []", Authorization::None, false),
        ("security: [{pool: [a]}]", "security: [{key: []}]", Authorization::None, true),
        ("security: [{pool: [a]}]", "x-amazon-apigateway-auth: {type: none}", Authorization::None, false),
    ];
    for (root, operation, authorization, api_key) in cases {
        let api = api(&document(root, operation));
        let method = method(&api, "/", Verb::GET);
        assert_eq!(method.authorization, authorization, "{root} {operation}");
        assert_eq!(method.api_key_required, api_key, "{root} {operation}");
    }
}

#[test]
fn mistakes_in_security_are_told() {
    for (operation, expected) in [
        ("security: [{tokem: []}]", "7:19 error security-unknown"),
        ("security: [{bearer: []}]", "7:19 warning security-no-effect"),
        ("security: [{token: []}, {pool: []}]", "7:32 warning security-combined"),
        ("security: token", "7:17 error value-invalid"),
        ("x-amazon-apigateway-auth: {type: custom}", "7:40 error value-invalid"),
        ("x-amazon-apigateway-auth: {}", "7:33 error value-missing"),
    ] {
        assert_eq!(codes(&import(&document("", operation))), [expected], "{operation}");
    }
}

#[test]
fn mistakes_in_authorizers_are_told() {
    let uri = format!("authorizerUri: '{FUNCTION}'");
    for (scheme, extension, expected) in [
        ("in: header, name: A", "{}".to_owned(), vec!["value-missing"]),
        ("in: header, name: A", "{type: custom}".to_owned(), vec!["value-invalid"]),
        ("in: header, name: A", "{type: token}".to_owned(), vec!["value-missing"]),
        ("in: header, name: A", "{type: token, authorizerUri: 'http://x/'}".to_owned(), vec!["uri-invalid"]),
        ("in: header", format!("{{type: token, {uri}}}"), vec!["value-missing"]),
        ("in: query, name: A", format!("{{type: token, {uri}}}"), vec!["value-invalid"]),
        ("in: header, name: A", format!("{{type: request, {uri}}}"), vec!["value-missing"]),
        ("in: header, name: A", format!("{{type: request, {uri}, authorizerResultTtlInSeconds: 0}}"), vec![]),
        (
            "in: header, name: A",
            format!("{{type: request, {uri}, identitySource: header.A}}"),
            vec!["value-invalid"],
        ),
        (
            "in: header, name: A",
            format!("{{type: token, {uri}, authorizerResultTtlInSeconds: 3600}}"),
            vec![],
        ),
        (
            "in: header, name: A",
            format!("{{type: token, {uri}, authorizerResultTtlInSeconds: 3601}}"),
            vec!["value-invalid"],
        ),
        (
            "in: header, name: A",
            format!("{{type: token, {uri}, enableSimpleResponses: true}}"),
            vec!["extension-http-api"],
        ),
        ("in: header, name: A", format!("{{type: token, {uri}, authorizerURI: x}}"), vec!["key-unknown"]),
        (
            "in: header, name: A",
            "{type: cognito_user_pools, providerARNs: []}".to_owned(),
            vec!["value-missing"],
        ),
        ("in: header, name: A, x-amazon-apigateway-authtype: awsMine", "null".to_owned(), vec![]),
    ] {
        let text = format!(
            "openapi: 3.0.1\ninfo: {{title: t}}\npaths: {{}}\ncomponents:\n  securitySchemes:\n    a: {{type: apiKey, {scheme}, x-amazon-apigateway-authorizer: {extension}}}\n"
        );
        let imported = import(&text);
        let found: Vec<&str> = imported.findings.iter().map(|f| f.code).collect();
        assert_eq!(found, expected, "{scheme} {extension}: {:?}", imported.findings);
    }
}
