#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!` makes values, and tests read better without borrowing them"
)]

use crate::{Diff, Mark, Older, contents, diff};
use edgewit_model::api::RestApi;
use edgewit_model::{ImportOptions, import};
use serde_json::{Value, json};

const EXPORT: Older<'static> = Older::Export { api_id: "a1b2c3d4e5" };

fn api(document: &Value) -> RestApi {
    let imported = import("api.json", &document.to_string(), &ImportOptions::default());
    imported.api.unwrap_or_else(|| panic!("{:?}", imported.findings))
}

fn mock(template: &str) -> Value {
    json!({
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": template}}},
        },
    })
}

fn http(uri: &str) -> Value {
    json!({
        "responses": {},
        "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": uri},
    })
}

fn document(paths: Value) -> Value {
    json!({"openapi": "3.0.1", "info": {"title": "shop", "version": "1"}, "paths": paths})
}

fn compared(old: &Value, new: &Value) -> Diff {
    diff(&api(old), &api(new), Older::Document)
}

#[track_caller]
fn assert_diff(old: &Value, new: &Value, expected: &str) {
    assert_eq!(compared(old, new).to_string(), expected);
}

/// Sets a member of the only operation, `GET /a`.
fn with(pointer: &str, value: Value) -> Value {
    let mut document = document(json!({"/a": {"get": http("http://one.example")}}));
    set(&mut document, &format!("/paths/~1a/get{pointer}"), value);
    document
}

fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name, value);
}

#[test]
fn the_same_document_is_no_difference() {
    let document = document(json!({"/a": {"get": mock("x")}, "/b/{id}": {"post": mock("y")}}));
    for older in [Older::Document, EXPORT] {
        let diff = diff(&api(&document), &api(&document), older);
        assert!(diff.is_empty(), "{diff}");
        assert_eq!((diff.to_string().as_str(), diff.counts()), ("", [0, 0, 0]));
    }
}

#[test]
fn methods_come_and_go_and_their_resources_with_them() {
    let old = document(json!({"/a": {"get": http("http://one.example")}, "/b/c": {"get": mock("x")}}));
    let new =
        document(json!({"/a": {"get": http("http://one.example"), "post": http("http://two.example")}}));
    assert_diff(
        &old,
        &new,
        "+ POST /a\n  + integration type: HTTP_PROXY\n  + integration httpMethod: GET\n  + integration uri: http://two.example\n\
         - GET /b/c\n",
    );
    assert_eq!(compared(&old, &new).counts(), [1, 0, 1]);
}

#[test]
fn a_resource_without_methods_is_told_where_nothing_else_tells_it() {
    let old = document(json!({"/a": {"get": mock("x")}}));
    let new = document(json!({"/a": {"get": mock("x")}, "/b/c": {}}));
    assert_diff(&old, &new, "+ /b/c (no methods)\n");
    assert_diff(&new, &old, "- /b/c (no methods)\n");
}

#[test]
fn sections_come_in_the_order_of_a_document() {
    let mut new =
        document(json!({"/b": {"post": mock("x"), "get": mock("x")}, "/a": {"any": {}, "get": mock("x")}}));
    new["paths"]["/a"] = json!({"get": mock("x")});
    new["components"] = json!({"schemas": {"Pet": {"type": "object"}}});
    new["x-amazon-apigateway-request-validators"] = json!({"all": {"validateRequestBody": true}});
    new["x-amazon-apigateway-gateway-responses"] = json!({"UNAUTHORIZED": {"statusCode": 401}});
    let titles: Vec<String> = contents(&api(&new)).sections.into_iter().map(|it| it.title).collect();
    let expected = [
        "API",
        "model Pet",
        "request validator all",
        "gateway response UNAUTHORIZED",
        "GET /a",
        "GET /b",
        "POST /b",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn short_values_stand_on_one_line_and_long_ones_on_two() {
    let uri = "/x-amazon-apigateway-integration/uri";
    let long = "http://three.example/with/a/long/path/to/it";
    assert_diff(
        &with(uri, json!("http://one.example")),
        &with(uri, json!("http://two.example")),
        "~ GET /a\n  ~ integration uri: http://one.example -> http://two.example\n",
    );
    assert_diff(
        &with(uri, json!("http://one.example")),
        &with(uri, json!(long)),
        &format!("~ GET /a\n  ~ integration uri\n    - http://one.example\n    + {long}\n"),
    );
}

#[test]
fn everything_about_a_method_is_compared() {
    let plain = with("/operationId", json!("a"));
    for (pointer, value, expected) in [
        ("/operationId", json!("b"), "  ~ operationName: a -> b\n"),
        ("/security", json!([{"key": []}]), "  ~ apiKeyRequired: false -> true\n"),
        ("/security", json!([{"iam": []}]), "  ~ authorization: NONE -> AWS_IAM\n"),
        (
            "/security",
            json!([{"pool": ["read"]}]),
            "  ~ authorization: NONE -> authorizer pool\n  + authorizationScopes read\n",
        ),
        ("/x-amazon-apigateway-request-validator", json!("all"), "  + requestValidator: all\n"),
        (
            "/parameters",
            json!([{"name": "q", "in": "query", "required": true, "schema": {"type": "string"}}]),
            "  + method.request.querystring.q: required\n",
        ),
        (
            "/requestBody",
            json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}),
            "  + requestModels application/json: Pet\n",
        ),
        (
            "/responses",
            json!({"200": {"description": "", "headers": {"X-A": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}),
            "  + response 200\n  + response 200 method.response.header.X-A\n  + response 200 responseModels application/json: Pet\n",
        ),
        (
            "/x-amazon-apigateway-integration/type",
            json!("http"),
            "  ~ integration type: HTTP_PROXY -> HTTP\n",
        ),
        (
            "/x-amazon-apigateway-integration/httpMethod",
            json!("PUT"),
            "  ~ integration httpMethod: GET -> PUT\n",
        ),
        (
            "/x-amazon-apigateway-integration/passthroughBehavior",
            json!("never"),
            "  ~ integration passthroughBehavior: WHEN_NO_MATCH -> NEVER\n",
        ),
        (
            "/x-amazon-apigateway-integration/timeoutInMillis",
            json!(5000),
            "  ~ integration timeoutInMillis: 29000 -> 5000\n",
        ),
        (
            "/x-amazon-apigateway-integration/tlsConfig",
            json!({"insecureSkipVerification": true}),
            "  ~ integration tlsConfig insecureSkipVerification: false -> true\n",
        ),
        (
            "/x-amazon-apigateway-integration/responseTransferMode",
            json!("STREAM"),
            "  ~ integration responseTransferMode: BUFFERED -> STREAM\n",
        ),
        (
            "/x-amazon-apigateway-integration/requestParameters",
            json!({"integration.request.header.X-B": "'b'"}),
            "  + integration requestParameters integration.request.header.X-B: 'b'\n",
        ),
        (
            "/x-amazon-apigateway-integration/contentHandling",
            json!("CONVERT_TO_TEXT"),
            "  + integration contentHandling: CONVERT_TO_TEXT\n",
        ),
    ] {
        let [old, new] = [plain.clone(), plain.clone()].map(definitions);
        let mut new = new;
        set(&mut new, &format!("/paths/~1a/get{pointer}"), value);
        let found = compared(&old, &new).to_string();
        assert_eq!(found, format!("~ GET /a\n{expected}"), "{pointer}");
    }
}

#[test]
fn cache_keys_are_compared_whatever_their_order() {
    let keys = |keys: Value| {
        let parameter = |name| json!({"name": name, "in": "query", "schema": {"type": "string"}});
        let mut document = with("/parameters", json!([parameter("p"), parameter("q")]));
        set(&mut document, "/paths/~1a/get/x-amazon-apigateway-integration/cacheKeyParameters", keys);
        document
    };
    let both = json!(["method.request.querystring.p", "method.request.querystring.q"]);
    let turned = json!(["method.request.querystring.q", "method.request.querystring.p"]);
    assert_diff(&keys(both.clone()), &keys(turned), "");
    let expected = "~ GET /a\n  - integration cacheKeyParameters method.request.querystring.q\n";
    assert_diff(&keys(both), &keys(json!(["method.request.querystring.p"])), expected);
}

/// Adds what methods refer to.
fn definitions(mut document: Value) -> Value {
    document["components"] = json!({
        "schemas": {"Pet": {"type": "object"}},
        "securitySchemes": {
            "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "iam": {"type": "apiKey", "name": "Authorization", "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4"},
            "pool": {"type": "apiKey", "name": "Authorization", "in": "header",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools",
                    "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_x"]}},
        },
    });
    document["x-amazon-apigateway-request-validators"] = json!({"all": {"validateRequestBody": true}});
    document
}

#[test]
fn settings_and_definitions_are_compared() {
    let old = definitions(document(json!({"/a": {"get": mock("x")}})));
    for (pointer, value, expected) in [
        ("/info/title", json!("store"), "~ API\n  ~ name: shop -> store\n"),
        ("/info/version", json!("2"), "~ API\n  ~ version: 1 -> 2\n"),
        ("/info/description", json!("text"), "~ API\n  + description: text\n"),
        (
            "/x-amazon-apigateway-api-key-source",
            json!("AUTHORIZER"),
            "~ API\n  ~ apiKeySource: HEADER -> AUTHORIZER\n",
        ),
        (
            "/x-amazon-apigateway-binary-media-types",
            json!(["image/png"]),
            "~ API\n  + binaryMediaTypes image/png\n",
        ),
        (
            "/x-amazon-apigateway-minimum-compression-size",
            json!(10),
            "~ API\n  + minimumCompressionSize: 10\n",
        ),
        (
            "/x-amazon-apigateway-endpoint-configuration",
            json!({"disableExecuteApiEndpoint": true}),
            "~ API\n  ~ disableExecuteApiEndpoint: false -> true\n",
        ),
        (
            "/components/schemas/Pet",
            json!({"type": "array", "items": {}}),
            "~ model Pet\n  ~ schema\n      {\n    -   \"type\": \"object\"\n    +   \"items\": {},\n    +   \"type\": \"array\"\n      }\n",
        ),
        (
            "/x-amazon-apigateway-request-validators/all",
            json!({"validateRequestParameters": true}),
            "~ request validator all\n  ~ validateRequestBody: true -> false\n  ~ validateRequestParameters: false -> true\n",
        ),
        (
            "/components/securitySchemes/pool/x-amazon-apigateway-authorizer/authorizerResultTtlInSeconds",
            json!(0),
            "~ authorizer pool\n  ~ authorizerResultTtlInSeconds: 300 -> 0\n",
        ),
        (
            "/x-amazon-apigateway-gateway-responses",
            json!({"THROTTLED": {"responseParameters": {"gatewayresponse.header.X-A": "'a'"}}}),
            "+ gateway response THROTTLED\n  + responseParameters gatewayresponse.header.X-A: 'a'\n",
        ),
    ] {
        let mut new = old.clone();
        set(&mut new, pointer, value);
        assert_diff(&old, &new, expected);
    }
}

#[test]
fn templates_are_compared_line_by_line_with_what_is_beside() {
    let lines = |middle: &str, end: &str| {
        let text = ["one", "two", "three", middle, "five", "six", "seven", "eight", "nine", "ten", end];
        document(json!({"/a": {"get": mock(&text.join("\n"))}}))
    };
    assert_diff(
        &lines("four", "eleven"),
        &lines("4", "11"),
        "~ GET /a\n  ~ integration response default responseTemplates application/json\n      two\n      three\n    - four\n    + 4\n      \
         five\n      six\n      …\n      nine\n      ten\n    - eleven\n    + 11\n",
    );
    let [old, new] = ["a\nb", "a\r\nb"].map(|text| document(json!({"/a": {"get": mock(text)}})));
    let heading = "~ GET /a\n  ~ integration response default responseTemplates application/json\n";
    assert_diff(&old, &new, &format!("{heading}    ~ only line ends differ\n"));
}

#[test]
fn long_texts_are_not_shown_whole() {
    let text = |count: usize| (0..count).map(|line| format!("{line}\n")).collect::<String>();
    let old = document(json!({"/a": {"get": http("http://one.example")}}));
    for (count, more) in [(20, None), (21, Some("… and 1 more lines"))] {
        let mut new = old.clone();
        let templates = json!({"application/json": text(count)});
        set(&mut new, "/paths/~1a/get/x-amazon-apigateway-integration/requestTemplates", templates);
        let found = compared(&old, &new);
        let last = found.sections[0].lines.last().unwrap();
        assert_eq!(last.mark == Mark::Same, more.is_some(), "{found}");
        assert_eq!(last.text, more.unwrap_or("19"));
    }
    for (count, last) in [(10_000, "- 9999"), (10_001, "~ 10001 lines -> 10001 lines, too many to compare")] {
        let changed = format!("{}x\n", text(count - 1));
        let [old, new] = [text(count), changed].map(|text| document(json!({"/a": {"get": mock(&text)}})));
        let found = compared(&old, &new).to_string();
        assert!(found.contains(&format!("    {last}\n")), "{found}");
    }
}

#[test]
fn what_a_terminal_would_act_on_is_written_out() {
    let old = document(json!({"/a": {"get": mock("x")}}));
    let mut new = document(json!({"/a": {"get": mock("\u{1b}[2J\ty")}}));
    new["info"]["title"] = json!("\u{1b}]0;x\u{7}");
    let found = compared(&old, &new).to_string();
    assert!(!found.contains('\u{1b}') && !found.contains('\u{7}'), "{found:?}");
    assert!(found.contains("    + \\u{1b}[2J    y\n"), "{found}");
    assert!(found.contains("  ~ name: shop -> \\u{1b}]0;x\\u{7}\n"), "{found}");
}

#[test]
fn the_order_of_members_means_nothing() {
    let policy = |text: &str| {
        let mut document = document(json!({"/a": {"get": mock("x")}}));
        document["x-amazon-apigateway-policy"] = serde_json::from_str(text).unwrap();
        document["x-amazon-apigateway-binary-media-types"] = json!(["image/png", "image/gif"]);
        document
    };
    let one = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}"#;
    let two = r#"{"Statement": [{"Resource": "*", "Action": "execute-api:Invoke", "Principal": "*", "Effect": "Allow"}], "Version": "2012-10-17"}"#;
    let mut turned = policy(two);
    turned["x-amazon-apigateway-binary-media-types"] = json!(["image/gif", "image/png"]);
    assert_diff(&policy(one), &turned, "");
}

#[test]
fn an_export_is_compared_for_what_it_says() {
    let policy = |resource: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
            "Action": "execute-api:Invoke", "Resource": resource}]})
    };
    let mut written = definitions(document(json!({"/a": {"get": mock("")}})));
    written["info"].as_object_mut().unwrap().remove("version");
    written["x-amazon-apigateway-endpoint-configuration"] = json!({"types": ["REGIONAL"]});
    written["x-amazon-apigateway-policy"] = policy("execute-api:/prod/*");
    let mut exported = written.clone();
    exported["info"]["version"] = json!("2023-11-14T22:13:20Z");
    for gone in ["/components/schemas", "/x-amazon-apigateway-endpoint-configuration"] {
        let (parent, name) = gone.rsplit_once('/').unwrap();
        exported.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    }
    let templates = "/paths/~1a/get/x-amazon-apigateway-integration/responses/default/responseTemplates";
    exported.pointer_mut(templates).unwrap().as_object_mut().unwrap().remove("application/json");
    let arn = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/*";
    exported["x-amazon-apigateway-policy"] = policy(arn);
    let found = diff(&api(&exported), &api(&written), EXPORT);
    assert!(found.is_empty(), "{found}");
    let other = diff(&api(&exported), &api(&written), Older::Export { api_id: "other" }).to_string();
    assert!(other.contains("~ policy") && other.contains(arn), "{other}");
    assert!(!diff(&api(&exported), &api(&written), Older::Document).is_empty());
}

#[test]
fn models_that_others_refer_to_are_used() {
    let schemas = |tag: Value| {
        let mut document = with(
            "/requestBody",
            json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}),
        );
        let pet = json!({"type": "object", "properties": {"tag": {"$ref": "#/components/schemas/Tag"}}});
        document["components"] = json!({"schemas": {"Pet": pet, "Tag": tag, "Unused": {"type": "string"}}});
        document
    };
    let found =
        diff(&api(&schemas(json!({"type": "object"}))), &api(&schemas(json!({"type": "array"}))), EXPORT);
    let titles: Vec<&str> = found.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles, ["model Tag"], "{found}");
    let all: Vec<String> =
        contents(&api(&schemas(json!({"type": "object"})))).sections.into_iter().map(|it| it.title).collect();
    assert!(all.contains(&"model Unused".to_owned()), "{all:?}");
}
