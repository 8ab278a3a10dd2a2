//! Documents become entities.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::super::{BasePathMode, ImportOptions};
use super::{api, codes, import, method, only_finding, with_integration, with_operation, with_root};
use crate::api::*;
use crate::gateway_response::GatewayResponseType;

#[test]
fn paths_become_resources_with_their_parents() {
    let api = api("openapi: 3.0.1
info: {title: t}
paths:
  /pets/{id}: {get: {x-amazon-apigateway-integration: {type: mock}}}
  /pets/: {x-amazon-apigateway-any-method: {x-amazon-apigateway-integration: {type: mock}}, post: {}}
  /files/{proxy+}: {}
");
    let tree: Vec<(&str, &str, Option<usize>)> =
        api.resources.iter().map(|r| (r.path.as_str(), r.path_part.as_str(), r.parent)).collect();
    assert_eq!(
        tree,
        [
            ("/", "", None),
            ("/pets", "pets", Some(0)),
            ("/pets/{id}", "{id}", Some(1)),
            ("/files", "files", Some(0)),
            ("/files/{proxy+}", "{proxy+}", Some(3)),
        ]
    );
    assert_eq!(api.resources[0].id.len(), 10);
    assert!(api.resources[1..].iter().all(|r| r.id.len() == 6));
    assert_eq!(api.resources[1].methods.keys().copied().collect::<Vec<_>>(), [Verb::ANY, Verb::POST]);
    assert_eq!(api.resources[2].at.to_string(), "api.yaml:4:3");
}

#[test]
fn base_paths_follow_the_mode() {
    let swagger = "swagger: '2.0'\ninfo: {title: t}\nbasePath: /a/b/c\npaths: {/e: {}}\n";
    let variable = "openapi: 3.0.1\ninfo: {title: t}\nservers: [{url: 'https://x/', variables: {basePath: {default: a/b/c}}}]\npaths: {/e: {}}\n";
    let url = "openapi: 3.0.1\ninfo: {title: t}\nservers: [{url: 'https://x/a/b/c/'}]\npaths: {/e: {}}\n";
    for text in [swagger, variable, url] {
        for (mode, expected) in [
            (BasePathMode::Ignore, vec!["/", "/e"]),
            (BasePathMode::Prepend, vec!["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e"]),
            (BasePathMode::Split, vec!["/", "/b", "/b/c", "/b/c/e"]),
        ] {
            let options = ImportOptions { base_path_mode: mode, ..ImportOptions::default() };
            let api = super::super::import("f", text, &options).api.unwrap();
            let paths: Vec<&str> = api.resources.iter().map(|r| r.path.as_str()).collect();
            assert_eq!(paths, expected, "{mode:?} {text}");
        }
    }
}

#[test]
fn parameters_are_declared() {
    let text = "openapi: 3.0.1
info: {title: t}
paths:
  /pets/{id}/{rest+}:
    parameters:
      - {in: query, name: shared, required: true}
      - {in: header, name: X-A}
    get:
      parameters:
        - {in: query, name: shared}
        - $ref: '#/components/parameters/limit'
        - {in: path, name: rest, required: true}
      x-amazon-apigateway-integration: {type: mock}
components:
  parameters:
    limit: {$ref: '#/components/parameters/other'}
    other: {in: query, name: limit, required: 'true'}
";
    let api = api(text);
    let declared: Vec<(&str, bool)> = method(&api, "/pets/{id}/{rest+}", Verb::GET)
        .request_parameters
        .iter()
        .map(|(name, required)| (name.as_str(), *required))
        .collect();
    assert_eq!(
        declared,
        [
            ("method.request.header.X-A", false),
            ("method.request.querystring.shared", false),
            ("method.request.querystring.limit", true),
            ("method.request.path.rest", true),
            ("method.request.path.id", true),
        ]
    );
}

#[test]
fn integrations_take_every_key() {
    let api = api(&with_integration(
        "{type: HTTP, httpMethod: any, uri: 'https://${stageVariables.host}:8443/x/{id}?a=b', credentials: 'arn:aws:iam::1:role/r',
        requestParameters: {integration.request.header.X: \"'x'\"}, requestTemplates: {application/json: '{}'},
        passthroughBehavior: When_No_Templates, contentHandling: convert_to_text, timeoutInMillis: '1000',
        cacheNamespace: n, cacheKeyParameters: [integration.request.header.X], connectionType: vpc_link, connectionId: '${stageVariables.link}',
        integrationTarget: t, tlsConfig: {insecureSkipVerification: true}, responseTransferMode: buffered,
        responses: {default: {statusCode: 200, responseParameters: {method.response.header.X-A: \"'a'\"},
          responseTemplates: {application/json: null}, contentHandling: CONVERT_TO_BINARY}}}",
    ));
    let integration = method(&api, "/", Verb::GET).integration.as_ref().unwrap();
    assert_eq!(integration.kind, IntegrationType::Http);
    assert_eq!(integration.http_method, None);
    assert_eq!(integration.uri.as_deref(), Some("https://${stageVariables.host}:8443/x/{id}?a=b"));
    assert_eq!(integration.credentials.as_deref(), Some("arn:aws:iam::1:role/r"));
    assert_eq!(integration.request_parameters["integration.request.header.X"].expression, "'x'");
    assert_eq!(
        integration.request_parameters["integration.request.header.X"].at.to_string(),
        "api.yaml:8:59"
    );
    assert_eq!(integration.request_templates["application/json"].text, "{}");
    assert_eq!(integration.passthrough_behavior, PassthroughBehavior::WhenNoTemplates);
    assert_eq!(integration.content_handling, Some(ContentHandling::ConvertToText));
    assert_eq!(integration.timeout_ms, 1000);
    assert_eq!(integration.cache_namespace.as_deref(), Some("n"));
    assert_eq!(integration.cache_key_parameters, ["integration.request.header.X"]);
    assert_eq!(integration.connection_type, ConnectionType::VpcLink);
    assert_eq!(integration.connection_id.as_deref(), Some("${stageVariables.link}"));
    assert_eq!(integration.integration_target.as_deref(), Some("t"));
    assert!(integration.insecure_skip_verification);
    let response = &integration.responses[0];
    assert_eq!((response.selection_pattern.as_deref(), response.status_code.as_str()), (None, "200"));
    assert_eq!(response.response_templates["application/json"].text, "");
    assert_eq!(response.content_handling, Some(ContentHandling::ConvertToBinary));
}

#[test]
fn integration_defaults() {
    let api = api(&with_integration(
        "{type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f:${stageVariables.alias}/invocations'}",
    ));
    let integration = method(&api, "/", Verb::GET).integration.as_ref().unwrap();
    assert_eq!(integration.kind, IntegrationType::AwsProxy);
    assert_eq!(integration.http_method, Some(Verb::POST));
    assert_eq!(integration.timeout_ms, 29_000);
    assert_eq!(integration.passthrough_behavior, PassthroughBehavior::WhenNoMatch);
    assert!(integration.responses.is_empty());
    let imported = import(&with_integration("{type: http_proxy, uri: 'http://a/'}"));
    assert_eq!(codes(&imported), ["7:40 warning http-method-missing"]);
    let api = imported.api.unwrap();
    assert_eq!(method(&api, "/", Verb::GET).integration.as_ref().unwrap().http_method, Some(Verb::GET));
}

#[test]
fn responses_of_one_status_collapse_to_the_last() {
    let imported = import(&with_integration(
        "{type: mock, responses: {'2..': {statusCode: 200}, default: {statusCode: '200'}}}",
    ));
    assert_eq!(
        only_finding(&imported),
        "api.yaml:7:91: warning[response-collapsed]: this response and the one in line 7 both give status 200; API Gateway keeps the last"
    );
    let api = imported.api.unwrap();
    let responses = &method(&api, "/", Verb::GET).integration.as_ref().unwrap().responses;
    assert_eq!(responses.len(), 1);
    assert_eq!(responses[0].selection_pattern, None);
}

#[test]
fn root_extensions_are_read() {
    let api = api(&with_root(
        "x-amazon-apigateway-api-key-source: authorizer
x-amazon-apigateway-binary-media-types: ['*/*', image/png]
x-amazon-apigateway-minimum-compression-size: 1024
x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true, types: [regional], ipAddressType: dualstack}
x-amazon-apigateway-endpoint-access-mode: strict
x-amazon-apigateway-security-policy: SecurityPolicy_TLS13_1_3_2025_09
x-amazon-apigateway-policy: {Statement: [{Resource: 'execute-api:/*', Account: '${AWS::AccountId}'}]}
x-amazon-apigateway-documentation: {version: 1.0.3, documentationParts: [{location: {type: API}, properties: {info: {}}}]}
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}, none: {}}
x-amazon-apigateway-request-validator: all
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX:
    statusCode: 456
    responseParameters: {gatewayresponse.header.X: \"'x'\"}
    responseTemplates: {application/json: '{}'}
  THROTTLED: {}",
    ));
    assert_eq!(api.api_key_source, ApiKeySource::Authorizer);
    assert_eq!(api.binary_media_types, ["*/*", "image/png"]);
    assert_eq!(api.minimum_compression_size, Some(1024));
    assert_eq!(api.endpoint.kind, EndpointType::Regional);
    assert!(api.endpoint.disable_execute_api_endpoint);
    assert_eq!(api.endpoint.ip_address_type.as_deref(), Some("dualstack"));
    assert_eq!(api.endpoint_access_mode.as_deref(), Some("STRICT"));
    let (policy, at) = api.policy.as_ref().unwrap();
    assert_eq!(policy["Statement"][0]["Account"], "000000000000");
    assert_eq!((at.line, at.column), (13, 29));
    assert_eq!(api.documentation_version.as_deref(), Some("1.0.3"));
    assert_eq!(api.documentation_parts.len(), 1);
    assert!(api.request_validators["all"].validate_request_body);
    assert!(!api.request_validators["none"].validate_request_parameters);
    assert_eq!(method(&api, "/", Verb::GET).request_validator.as_ref().unwrap().0, "all");
    let response = &api.gateway_responses[&GatewayResponseType::DEFAULT_4XX];
    assert_eq!(response.status_code, Some(456));
    assert_eq!(response.response_parameters["gatewayresponse.header.X"], "'x'");
    assert_eq!(response.response_templates["application/json"], "{}");
    assert_eq!(api.gateway_responses[&GatewayResponseType::THROTTLED].status_code, None);
}

#[test]
fn private_endpoints_may_stand_on_a_server() {
    let api = api(&with_root(
        "servers: [{x-amazon-apigateway-endpoint-configuration: {vpcEndpointIds: [vpce-1]}}]",
    ));
    assert_eq!(api.endpoint.kind, EndpointType::Private);
    assert_eq!(api.endpoint.vpc_endpoint_ids, ["vpce-1"]);
}

#[test]
fn operations_override_the_default_validator() {
    let text = with_operation("x-amazon-apigateway-request-validator: b");
    let api = api(&format!(
        "{text}x-amazon-apigateway-request-validators: {{a: {{}}, b: {{}}}}\nx-amazon-apigateway-request-validator: a\n"
    ));
    assert_eq!(method(&api, "/pets/{id}", Verb::GET).request_validator.as_ref().unwrap().0, "b");
}

#[test]
fn a_document_without_title_is_called_after_its_file() {
    let imported =
        super::super::import("conf/pets.api.yaml", "openapi: 3.0.1\npaths: {}", &ImportOptions::default());
    assert_eq!(codes(&imported), ["1:1 warning title-missing"]);
    assert_eq!(imported.api.unwrap().name, "pets.api");
}
