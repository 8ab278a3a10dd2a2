//! Mistakes and what is said about them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::{codes, import, only_finding, with_integration, with_operation, with_root};

#[test]
fn twenty_mistakes_give_twenty_findings_by_place() {
    let imported = import(
        "openapi: 3.0.1
info: {titel: t, title: t}
bogus: 1
x-amazon-apigateway-policies: {}
x-amazon-apigateway-cors: {}
x-amazon-apigateway-integration: {}
x-amazon-apigateway-request-validator: missing
x-amazon-apigateway-gateway-responses: {DEFAULT_4XY: {}}
x-amazon-apigateway-minimum-compression-size: -1
paths:
  no-slash: {}
  /a/{b}: {}
  /a/{c}: {}
  /{g+}/x: {}
  /y{z}: {}
  /ok:
    GET: {}
    trace: {}
    post:
      parameters: [{in: query}, {in: cookie, name: c}, {in: query, name: 'a b'}]
      security: [{nobody: []}]
      responses: {2XX: {}, 200: {$ref: '#/nowhere'}}
      x-amazon-apigateway-integration: {type: htttp, timeoutInMillis: 1, requestParamters: {}}
",
    );
    assert!(imported.api.is_none());
    assert_eq!(
        codes(&imported),
        [
            "3:1 warning key-unknown",
            "4:1 warning extension-unknown",
            "5:1 warning extension-http-api",
            "6:1 warning extension-misplaced",
            "7:40 error validator-unknown",
            "8:41 error gateway-response-unknown",
            "9:47 error value-invalid",
            "11:3 error path-invalid",
            "13:3 error path-variable-sibling",
            "14:3 error path-greedy-child",
            "15:3 error path-invalid",
            "17:5 warning method-case",
            "18:5 warning key-unknown",
            "20:20 error value-missing",
            "20:33 warning parameter-unsupported",
            "20:56 error parameter-name",
            "21:19 error security-unknown",
            "22:19 warning response-status",
            "22:40 error reference-broken",
            "23:47 error value-invalid",
            "23:71 error value-invalid",
            "23:74 warning key-unknown",
        ]
    );
}

#[test]
fn suggestions_name_the_nearest() {
    let imported = import(&with_integration("{type: mock, requestTemplate: {}}"));
    assert_eq!(
        only_finding(&imported),
        "api.yaml:7:53: warning[key-unknown]: found the unknown key `requestTemplate` in `x-amazon-apigateway-integration`; it has no effect\n    help: did you mean `requestTemplates`?"
    );
    let imported = import(&with_integration("{type: moc}"));
    assert_eq!(
        only_finding(&imported),
        "api.yaml:7:47: error[value-invalid]: found `moc` as `x-amazon-apigateway-integration.type`, expected `http`, `http_proxy`, `aws`, `aws_proxy` or `mock`"
    );
}

#[test]
fn integration_uris_are_checked() {
    let cases = [
        ("http", "http://a.example/x", None),
        ("http", "HTTPS://a:8080/{p}?x={y}", None),
        ("http", "http://[::1]:8080/", None),
        ("http", "http://${stageVariables.h}:${stageVariables.p}/", None),
        ("http", "${stageVariables.url}/x", None),
        ("http_proxy", "ftp://a/", Some("uri-invalid")),
        ("http", "a.example/x", Some("uri-invalid")),
        ("http", "http:///x", Some("uri-invalid")),
        ("http", "http://a b/", Some("uri-invalid")),
        ("http", "http://a:99999/", Some("uri-invalid")),
        ("http", "http://a:81/", Some("uri-port")),
        ("aws", "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem", None),
        ("aws", "arn:aws:apigateway:us-east-1:b.s3:path/{key}", None),
        ("aws", "arn:aws:apigateway:us-east-1:sns:path//", None),
        ("aws", "http://a/", Some("uri-invalid")),
        ("aws", "arn:aws:apigateway:us-east-1:dynamodb:GetItem", Some("uri-invalid")),
        ("aws_proxy", "arn:aws:lambda:us-east-1:1:function:f", Some("uri-invalid")),
        ("aws_proxy", "arn:aws:apigateway:us-east-1:sqs:path/q", Some("uri-invalid")),
        ("aws_proxy", "arn:aws:apigateway:us-east-1:firehose:action/PutRecord", None),
        ("aws_proxy", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f", Some("uri-invalid")),
        ("aws_proxy", "MessagesHandler", Some("uri-invalid")),
    ];
    for (kind, uri, expected) in cases {
        let imported =
            import(&with_integration(&format!("{{type: {kind}, httpMethod: POST, uri: '{uri}'}}")));
        let found: Vec<&str> = imported.findings.iter().map(|f| f.code).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{kind} {uri}: {:?}", imported.findings);
    }
}

#[test]
fn integrations_are_checked() {
    let lambda = "uri: 'arn:aws:apigateway:r:lambda:path/2015-03-31/functions/arn:aws:lambda:r:1:function:f/invocations'";
    for (integration, expected) in [
        ("{}".to_owned(), vec!["value-missing"]),
        ("text".to_owned(), vec!["value-invalid"]),
        ("{$ref: '#/components/x-amazon-apigateway-integrations/a'}".to_owned(), vec!["integration-reference"]),
        ("{type: http, httpMethod: GET}".to_owned(), vec!["uri-missing"]),
        ("{type: http, httpMethod: FETCH, uri: 'http://a/'}".to_owned(), vec!["value-invalid"]),
        (format!("{{type: aws_proxy, httpMethod: GET, {lambda}}}"), vec!["http-method-lambda"]),
        ("{type: mock, connectionType: VPC_LINK}".to_owned(), vec!["value-missing"]),
        ("{type: mock, responseTransferMode: STREAM}".to_owned(), vec!["value-invalid"]),
        ("{type: mock, payloadFormatVersion: '2.0', integrationSubtype: x}".to_owned(), vec!["extension-http-api", "extension-http-api"]),
        ("{type: mock, tlsConfig: {insecureSkipVerification: maybe}}".to_owned(), vec!["value-invalid"]),
        ("{type: mock, requestTemplates: {a/b: {c: d}}}".to_owned(), vec!["value-invalid"]),
        ("{type: mock, cacheKeyParameters: [method.request.path.id]}".to_owned(), vec!["parameter-undeclared"]),
        ("{type: mock, requestParameters: {integration.request.header.x: method.request.header.y}}".to_owned(), vec!["parameter-undeclared"]),
        ("{type: mock, requestParameters: {integration.request.header.x: method.request.multivaluequerystring.y}}".to_owned(), vec!["parameter-undeclared"]),
        ("{type: mock, responses: {default: {statusCode: 200}}}".to_owned(), vec![]),
        ("{type: mock, responses: {default: {statusCode: 201}}}".to_owned(), vec!["response-undeclared"]),
        ("{type: mock, responses: {default: {statusCode: abc}}}".to_owned(), vec!["value-invalid"]),
        ("{type: mock, responses: {default: {}}}".to_owned(), vec!["value-missing"]),
        ("{type: mock, responses: {default: {statusCode: 200, responseParameters: {method.response.header.X-B: \"'b'\"}}}}".to_owned(), vec!["parameter-undeclared"]),
        ("{type: http_proxy, httpMethod: GET, uri: 'http://a/', responses: {default: {statusCode: 201}}}".to_owned(), vec![]),
    ] {
        let imported = import(&with_integration(&integration));
        let found: Vec<&str> = imported.findings.iter().map(|f| f.code).collect();
        assert_eq!(found, expected, "{integration}: {:?}", imported.findings);
    }
}

#[test]
fn mapping_values_must_be_text() {
    let imported =
        import(&with_integration("{type: mock, requestParameters: {integration.request.header.x: true}}"));
    assert_eq!(
        only_finding(&imported),
        "api.yaml:7:103: warning[mapping-not-text]: Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.x' of resource '/' and method 'GET' but got 'true'"
    );
    assert!(imported.api.is_some());
}

#[test]
fn parameters_are_checked() {
    for (lines, expected) in [
        ("parameters: [{in: header, name: a}, {in: query, name: a}]", vec!["7:43 error parameter-name"]),
        (
            "parameters: [{in: header, name: a}, {in: header, name: a}]",
            vec!["7:43 warning parameter-duplicate"],
        ),
        ("parameters: [{in: path, name: id, required: false}]", vec!["7:20 warning parameter-path-optional"]),
        ("parameters: [{in: path, name: other}]", vec!["7:20 warning parameter-path-unknown"]),
        ("parameters: [{name: a}]", vec!["7:20 error value-missing"]),
        ("parameters: {}", vec!["7:19 error value-invalid"]),
        ("parameters: [{in: formData, name: a}]", vec!["7:20 warning parameter-unsupported"]),
        ("parameters: [{in: header, name: a, required: maybe}]", vec!["7:52 error value-invalid"]),
        ("parameters: [{$ref: '#/components/parameters/a'}]", vec!["7:27 error reference-broken"]),
        ("parameters: [{$ref: 'other.yaml#/a'}]", vec!["7:27 error reference-broken"]),
    ] {
        assert_eq!(codes(&import(&with_operation(lines))), expected, "{lines}");
    }
}

#[test]
fn references_are_checked() {
    let cyclic =
        with_operation("parameters: [{$ref: '#/x-a'}]") + "x-a: {$ref: '#/x-b'}\nx-b: {$ref: '#/x-a'}\n";
    assert_eq!(codes(&import(&cyclic)), ["8:13 error reference-cyclic"]);
    let body =
        |schema: &str| with_operation(&format!("requestBody: {{content: {{a/b: {{schema: {schema}}}}}}}"));
    for (schema, expected) in [
        ("{$ref: '#/components/schemas/Pat'}", "7:52 error model-unknown"),
        ("{$ref: '#/components/schemas/Empty/x'}", "7:52 error model-unknown"),
        ("{$ref: 'pets.yaml'}", "7:52 error reference-broken"),
        ("{$ref: '#/paths/~1'}", "7:52 error reference-broken"),
        ("{$ref: [a]}", "7:52 error value-invalid"),
        ("{items: {$ref: '#/definitions/Pat'}}", "7:60 error model-unknown"),
        ("{properties: [a]}", "7:58 error value-invalid"),
        ("{allOf: {}}", "7:53 error value-invalid"),
        ("text", "7:45 error value-invalid"),
    ] {
        assert_eq!(codes(&import(&body(schema))), [expected], "{schema}");
    }
}

#[test]
fn paths_are_checked() {
    let paths = |paths: &str| import(&format!("openapi: 3.0.1\ninfo: {{title: t}}\npaths:\n{paths}"));
    for (text, expected) in [
        ("  /a: {}\n  /a/: {}\n", vec!["5:3 error path-duplicate"]),
        ("  /a: {get: {}, GET: {}}\n", vec!["4:17 error method-duplicate", "4:17 warning method-case"]),
        ("  /a: {any: {}}\n", vec!["4:8 warning key-unknown"]),
        ("  /a: {get: 1}\n", vec!["4:13 error value-invalid"]),
        ("  /a: null\n", vec![]),
        ("  x-other: 1\n", vec![]),
        ("  x-amazon-apigateway-cors: 1\n", vec!["4:3 warning extension-http-api"]),
        ("  /a: {get: {responces: {}}}\n", vec!["4:14 warning key-unknown"]),
        (
            "  /a: {x-amazon-apigateway-any-method: {isDefaultRoute: true}}\n",
            vec!["4:41 warning extension-http-api"],
        ),
    ] {
        assert_eq!(codes(&paths(text)), expected, "{text}");
    }
    assert_eq!(codes(&import("openapi: 3.0.1\ninfo: {title: t}\n")), ["1:1 error value-missing"]);
}

#[test]
fn foreign_keys_are_told() {
    let imported = import(&with_root("basePath: /a\ndefinitions: {A: {type: object}}\nhost: h"));
    assert_eq!(
        codes(&imported),
        ["7:1 warning key-foreign", "8:1 warning key-foreign", "9:1 warning key-foreign"]
    );
    assert!(imported.api.unwrap().models.contains_key("A"));
}
