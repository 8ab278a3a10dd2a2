//! `edgewit invoke`: one request through the pipeline without a node, with what each stage made of it and the execution
//! log.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::binary::workspace;
use edgewit_tests::case::Answer;
use edgewit_tests::fixture::{document, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::matcher::{Names, matches};
use edgewit_tests::node::{Finished, run};
use edgewit_tests::origin::Origin;
use serde_json::{Value, json};

fn invoke(folder: &Folder, arguments: &[&str]) -> Finished {
    let finished = run(folder.path(), &[&["invoke", ".", "--data", "data"], arguments].concat());
    assert!(!finished.stderr.contains("panicked"), "{finished}");
    finished
}

fn invoked(folder: &Folder, arguments: &[&str]) -> Value {
    let finished = invoke(folder, &[&["--json"], arguments].concat());
    assert_eq!(finished.code, Some(0), "{finished}");
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished}"))
}

fn folder(paths: &Value) -> Folder {
    Folder::with_api(&document("shop", paths))
}

/// Asserts the whole log. Every line but the first begins with its time, which is left out here.
fn assert_log(invoked: &Value, expected: &[&str]) {
    let log = invoked["log"].as_str().unwrap();
    let mut lines = log.lines();
    let id = lines.next().and_then(|line| line.strip_prefix("Execution log for request ")).unwrap();
    let mut found = Vec::new();
    for line in lines {
        let (time, line) = line.split_once(" : ").unwrap_or_else(|| panic!("no time: {line}"));
        let (words, year) = (time.split(' ').count(), time.rsplit(' ').next().unwrap());
        assert!(words == 6 && time.contains(" UTC ") && year.len() == 4, "{time}");
        found.push(line.replace(id, "<id>"));
    }
    let fits = found.len() == expected.len()
        && expected.iter().zip(&found).all(|(expected, found)| matches(expected, found, &Names::default()));
    assert!(fits, "expected\n{}\nfound\n{}", expected.join("\n"), found.join("\n"));
}

fn answer(status: u16, body: &str) -> Answer {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Answer { status: Some(status), headers, body: Some(body.to_owned()), ..Answer::default() }
}

fn http(origin: &str, kind: &str, more: &Value) -> Value {
    let mut integration = json!({"type": kind, "httpMethod": "POST", "uri": format!("{origin}/backend/{{id}}"),
        "requestParameters": {"integration.request.path.id": "method.request.path.id"},
        "responses": {"200": {"statusCode": "200"}}});
    for (key, value) in more.as_object().unwrap() {
        integration[key] = value.clone();
    }
    json!({"/pets/{id}": {"post": {
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "ok", "headers": {"X-Kind": {"schema": {"type": "string"}}}}},
        "x-amazon-apigateway-integration": integration,
    }}})
}

#[test]
fn a_mock_answers_through_its_templates() {
    let template = "$input.params('id') $context.stage $context.identity.sourceIp $context.identity.apiKey \
                    $context.domainName $context.path $stageVariables.colour";
    let mut operation = mock_operation(template);
    operation["parameters"] =
        json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let found = invoked(
        &folder(&json!({"/pets/{id}": {"get": operation}})),
        &[
            "--path",
            "/pets/7?a=1&b=x%20y",
            "--stage-variable",
            "colour=blue",
            "--header",
            "X-Api-Key: 0123456789",
        ],
    );
    let body = "7 test-invoke-stage test-invoke-source-ip test-invoke-api-key testPrefix.testDomainName /pets/7 blue";
    assert_eq!((&found["status"], &found["body"]), (&json!(200), &json!(body)), "{found}");
    assert_eq!(found["headers"], json!({"Content-Type": "application/json"}));
    assert_eq!(found["multiValueHeaders"], json!({"Content-Type": ["application/json"]}));
    assert_eq!((&found["method"], &found["resource"]), (&json!("GET"), &json!("/pets/{id}")));
    assert_eq!((&found["endpointRequest"], &found["gatewayResponse"]), (&Value::Null, &Value::Null));
    assert!(found["latency"].is_u64(), "{found}");
    assert_log(
        &found,
        &[
            "Starting execution for request: <id>",
            "HTTP Method: GET, Resource Path: /pets/7",
            "Method request path: {id=7}",
            "Method request query string: {a=1, b=x y}",
            "Method request headers: {X-Api-Key=********89}",
            "Method request body before transformations: ",
            &format!("Method response body after transformations: {body}"),
            "Method response headers: {Content-Type=application/json}",
            "Successfully completed execution",
            "Method completed with status: 200",
        ],
    );
}

#[test]
fn an_http_integration_is_called_with_what_is_mapped() {
    let origin = Origin::start(vec![answer(200, r#"{"ok":true}"#)]).unwrap();
    let more = json!({
        "requestTemplates": {"application/json": "{\"id\": \"$input.params('id')\"}"},
        "responses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": "{\"was\": $input.json('$.ok')}"},
            "responseParameters": {"method.response.header.X-Kind": "'mapped'"}}},
    });
    let arguments =
        ["--method", "post", "--path", "/pets/7", "--body", "{}", "-H", "Authorization: Bearer 0123456789ab"];
    let folder = folder(&http(&origin.url(), "http", &more));
    let found = invoked(&folder, &arguments);
    assert_eq!((&found["status"], &found["body"]), (&json!(200), &json!(r#"{"was": true}"#)), "{found}");
    assert_eq!(found["headers"]["X-Kind"], "mapped", "{found}");
    let sent = &found["endpointRequest"];
    assert_eq!((&sent["method"], &sent["body"]), (&json!("POST"), &json!(r#"{"id": "7"}"#)), "{found}");
    assert_eq!(found["endpointResponse"]["body"], r#"{"ok":true}"#, "{found}");
    let uri = format!("{}/backend/7", origin.url());
    let headers = format!(
        "Endpoint request headers: {{Host={}, Accept=application/json, User-Agent=AmazonAPIGateway_api, \
         X-Amzn-Apigateway-Api-Id=api, X-Amzn-Trace-Id=<trace-id>, Content-Length=11}}",
        origin.authority()
    );
    assert_log(
        &found,
        &[
            "Starting execution for request: <id>",
            "HTTP Method: POST, Resource Path: /pets/7",
            "Method request path: {id=7}",
            "Method request query string: {}",
            "Method request headers: {Authorization=***************89ab}",
            "Method request body before transformations: {}",
            &format!("Endpoint request URI: {uri}"),
            &headers,
            r#"Endpoint request body after transformations: {"id": "7"}"#,
            &format!("Sending request to {uri}"),
            "Received response. Status: 200, Integration latency: <int> ms",
            "Endpoint response headers: {Content-Type=application/json, Content-Length=11}",
            r#"Endpoint response body before transformations: {"ok":true}"#,
            r#"Method response body after transformations: {"was": true}"#,
            "Method response headers: {X-Kind=mapped, Content-Type=application/json, X-Amzn-Trace-Id=<trace-id>}",
            "Successfully completed execution",
            "Method completed with status: 200",
        ],
    );
    let text = invoke(&folder, &arguments);
    for line in [
        "Method request: POST /pets/{id}, valid\n",
        &format!("Endpoint request: POST {uri}\n"),
        "Endpoint response: 200 in ",
        "Method response: 200 in ",
        "  X-Kind: mapped\n",
        "\nExecution log for request ",
    ] {
        assert!(text.stdout.contains(line), "{line}\n{text}");
    }
    assert!(!text.stdout.contains("Bearer 0123456789ab"), "{text}");
    assert_eq!(origin.received().len(), 2);
}

#[test]
fn a_proxied_request_is_called_with_its_own_headers_and_body() {
    let origin = Origin::start(vec![answer(418, "short and stout")]).unwrap();
    let folder = folder(&http(&origin.url(), "http_proxy", &json!({})));
    folder.write("pot", "water");
    let found =
        invoked(&folder, &["-m", "POST", "-p", "/pets/7?x=1", "--body", "@pot", "--header", "X-Own: 1"]);
    assert_eq!((&found["status"], &found["body"]), (&json!(418), &json!("short and stout")), "{found}");
    assert_eq!(found["endpointRequest"]["body"], "water", "{found}");
    assert_eq!(found["endpointRequest"]["uri"], format!("{}/backend/7?x=1", origin.url()), "{found}");
    assert_eq!(found["endpointResponse"]["status"], 418, "{found}");
    let received = origin.received();
    assert_eq!((received.len(), received[0].body.as_slice()), (1, b"water".as_slice()));
    assert!(
        received[0].head.headers.contains(&("X-Own".to_owned(), "1".to_owned())),
        "{:?}",
        received[0].head
    );
}

fn function_folder() -> Folder {
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:\
               000000000000:function:echo/invocations";
    let folder = folder(&json!({"/f": {"post": {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
    }}}));
    let component = workspace().join("plugins/prebuilt/echo_function.wasm");
    folder.write("plugins.yaml", format!("plugins:\n  echo: {{component: {}}}\n", component.display()));
    folder.write("functions.yaml", "functions:\n  echo: {plugin: echo}\n");
    folder
}

#[test]
fn a_function_gets_the_event_of_a_test_invocation() {
    let folder = function_folder();
    let found = invoked(&folder, &["-m", "POST", "-p", "/f?do=event", "-b", "hello"]);
    assert_eq!(found["status"], 200, "{found}");
    let event: Value = serde_json::from_str(found["body"].as_str().unwrap()).unwrap();
    assert_eq!((&event["path"], &event["body"]), (&json!("/f"), &json!("hello")), "{event}");
    assert_eq!((&event["headers"], &event["multiValueHeaders"]), (&Value::Null, &Value::Null), "{event}");
    let context = &event["requestContext"];
    for (name, expected) in [
        ("stage", "test-invoke-stage"),
        ("path", "/f"),
        ("domainName", "testPrefix.testDomainName"),
        ("domainPrefix", "testPrefix"),
    ] {
        assert_eq!(context[name], expected, "{event}");
    }
    let identity = &context["identity"];
    assert_eq!(identity["sourceIp"], "test-invoke-source-ip", "{event}");
    assert_eq!(identity["apiKey"], "test-invoke-api-key", "{event}");
    assert_eq!(identity["apiKeyId"], "test-invoke-api-key-id", "{event}");
    let log = found["log"].as_str().unwrap();
    let uri = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:\
               function:echo/invocations";
    assert!(log.contains(&format!(" : Sending request to {uri}\n")), "{log}");
    assert!(log.contains(" [TRUNCATED]\n"), "{log}");
}

#[test]
fn a_function_that_fails_is_told_of_in_the_log() {
    let folder = function_folder();
    let failed = invoked(&folder, &["-m", "POST", "-p", "/f?do=fail", "-b", "no more"]);
    assert_eq!(failed["status"], 502, "{failed}");
    let why = failed["gatewayResponse"]["reason"].as_str().unwrap();
    let expected = "Lambda execution failed with status 200 due to customer function error: no more. Lambda request id: \
                    <uuid>";
    assert!(matches(expected, why, &Names::default()), "{why}");
    let malformed = invoked(&folder, &["-m", "POST", "-p", "/f?do=body", "-b", "[]"]);
    assert_eq!(malformed["status"], 502, "{malformed}");
    let log = malformed["log"].as_str().unwrap();
    assert!(
        log.contains(" : Execution failed due to configuration error: Malformed Lambda proxy response"),
        "{log}"
    );
}

#[test]
fn what_validation_refuses_does_not_reach_the_integration() {
    let origin = Origin::saying("never").unwrap();
    let mut paths = http(&origin.url(), "http_proxy", &json!({}));
    let operation = &mut paths["/pets/{id}"]["post"];
    operation["x-amazon-apigateway-request-validator"] = json!("all");
    operation["requestBody"] =
        json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}});
    let mut api: Value = serde_json::from_str(&document("shop", &paths)).unwrap();
    api["x-amazon-apigateway-request-validators"] =
        json!({"all": {"validateRequestBody": true, "validateRequestParameters": true}});
    api["components"] = json!({"schemas": {"Pet": {"type": "object", "required": ["name"]}}});
    let folder = Folder::with_api(&api.to_string());
    let found = invoked(&folder, &["-m", "POST", "-p", "/pets/7", "-b", "{}"]);
    assert_eq!((&found["status"], &found["endpointRequest"]), (&json!(400), &Value::Null), "{found}");
    assert_eq!(found["headers"]["x-amzn-ErrorType"], "BadRequestException", "{found}");
    assert_log(
        &found,
        &[
            "Starting execution for request: <id>",
            "HTTP Method: POST, Resource Path: /pets/7",
            "Method request path: {id=7}",
            "Method request query string: {}",
            "Method request headers: {}",
            "Method request body before transformations: {}",
            r#"Request body does not match model schema for content type application/json: [object has missing required properties (["name"])]"#,
            "Gateway response type: BAD_REQUEST_BODY with status code: 400",
            r#"Gateway response body: {"message":"Invalid request body"}"#,
            "Gateway response headers: {x-amzn-ErrorType=BadRequestException, Content-Type=application/json}",
            "Method completed with status: 400",
        ],
    );
    let text = invoke(&folder, &["-m", "POST", "-p", "/pets/7", "-b", "{}"]);
    assert!(text.stdout.contains("Method request: POST /pets/{id}, refused\n"), "{text}");
    assert!(origin.received().is_empty());
}

#[test]
fn failures_of_the_integration_have_their_words() {
    let origin = Origin::start(vec![answer(500, "broken")]).unwrap();
    let late = Origin::start(vec![Answer { delay_ms: 60_000, ..answer(200, "late") }]).unwrap();
    let cut = Origin::start(vec![Answer { close: true, ..answer(200, "") }]).unwrap();
    let closed = "http://127.0.0.1:1";
    let short = json!({"timeoutInMillis": 50});
    let status = json!({"requestParameters": {
        "integration.request.path.id": "method.request.path.id",
        "integration.request.header.Content-Length": "'1'",
    }});
    let url = origin.url();
    for (url, more, status, words) in [
        (
            &*url,
            &json!({}),
            500,
            "configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 500",
        ),
        (&*url, &status, 500, "configuration error: Content-Length header already present"),
        (closed, &json!({}), 500, "configuration error: Invalid endpoint address"),
        (&*late.url(), &short, 504, "a timeout error"),
        (&*cut.url(), &json!({}), 504, "a network error communicating with endpoint"),
    ] {
        let found = invoked(&folder(&http(url, "http", more)), &["-m", "POST", "-p", "/pets/7"]);
        assert_eq!(found["status"], status, "{words}: {found}");
        let log = found["log"].as_str().unwrap();
        assert!(log.contains(&format!(" : Execution failed due to {words}\n")), "{words}: {log}");
        assert!(log.ends_with(&format!(" : Method completed with status: {status}\n")), "{words}: {log}");
    }
}

#[test]
fn authorizers_are_left_out() {
    let finished = run(workspace(), &["invoke", "conf/quickstart", "--path", "/private"]);
    assert_eq!(finished.code, Some(0), "{finished}");
    assert!(finished.stdout.contains("Method response: 200 in "), "{finished}");
}

#[test]
fn a_method_that_is_not_there_names_what_is_near() {
    let folder = folder(&json!({
        "/pets": {"get": mock_operation("a"), "post": mock_operation("b")},
        "/pets/{id}": {"get": mock_operation("c")},
        "/orders": {"get": mock_operation("d")},
    }));
    let finished = invoke(&folder, &["--method", "DELETE", "--path", "/pets?x=1"]);
    let expected = "edgewit: no method for DELETE /pets\n  nearest:\n    GET /pets\n    POST /pets\n    GET /pets/{id}\n    \
                    GET /orders\n";
    assert_eq!((finished.code, &*finished.stderr), (Some(1), expected), "{finished}");
    let finished = invoke(&folder, &["--path", "/pet", "--json"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    let found: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!((&found["status"], &found["nearest"][0]), (&json!(404), &json!("GET /pets")), "{found}");
}

#[test]
fn mistakes_are_told_apart() {
    let folder = folder(&json!({"/a": {"get": mock_operation("a")}}));
    for (arguments, code, message) in [
        (&["--path", "/a", "--method", "FETCH"][..], 2, "possible values: GET, HEAD, POST"),
        (&["--method", "GET"], 2, "--path <PATH>"),
        (&["--path", "a"], 2, "found the path `a`, expected one that begins with `/`"),
        (&["--path", "/a", "--header", "nothing"], 2, "expected NAME: VALUE"),
        (&["--path", "/a", "--header", "a b: c"], 2, "found the header name `a b`, expected a token"),
        (&["--path", "/a", "--stage-variable", "x"], 2, "expected NAME=VALUE"),
        (&["--path", "/a", "--body", "@missing"], 1, "--body: missing cannot be read: "),
        (&["--path", "/a", "--api", "other"], 1, "--api: found API `other`, expected `api`"),
    ] {
        let finished = invoke(&folder, arguments);
        assert_eq!(finished.code, Some(code), "{finished}");
        assert!(finished.stderr.contains(message), "{message}\n{finished}");
    }
    folder.write("edgewit.yaml", "apis: {api: {stages: {blue: {}, green: {}}}}\n");
    for (arguments, message) in [
        (&["--path", "/a"][..], "--stage: found no stage of API `api` named, expected one of blue, green"),
        (
            &["--path", "/a", "--stage", "red"],
            "--stage: found stage `red` of API `api`, expected one of blue, green",
        ),
    ] {
        let finished = invoke(&folder, arguments);
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stderr.contains(message), "{message}\n{finished}");
    }
    assert_eq!(invoke(&folder, &["--path", "/a", "--stage", "green"]).code, Some(0));
    folder.write("apis/api.yaml", "openapi: 3.0.1\npaths: 3\n");
    let finished = invoke(&folder, &["--path", "/a"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("api.yaml:2:8: error["), "{finished}");
    assert!(finished.stderr.ends_with(", nothing is invoked\n"), "{finished}");
    let finished = run(folder.path(), &["invoke", "missing.yaml", "--path", "/a"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("missing.yaml"), "{finished}");
}
