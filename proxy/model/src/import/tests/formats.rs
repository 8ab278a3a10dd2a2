//! JSON and YAML, well-formed and not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::{api, codes, import, only_finding, with_root};
use crate::api::Verb;

const JSON: &str =
    "{\"openapi\": \"3.0.1\",\t\"info\": {\"title\": \"a\\/b \\ud83d\\ude00 \\u00e9\", \"version\": 1.0},
\t\"paths\": {\"/\": {\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"MOCK\"}}}}}";

#[test]
fn json_may_have_tabs_escapes_and_a_byte_order_mark() {
    let api = api(&format!("\u{feff}{JSON}"));
    assert_eq!(api.name, "a/b \u{1f600} \u{e9}");
    assert_eq!(api.version.as_deref(), Some("1.0"));
    assert!(api.resources[0].methods.contains_key(&Verb::GET));
}

#[test]
fn yaml_may_be_in_flow_style() {
    let text = "{openapi: 3.0.1, info: {title: t}, paths: {/: {get: {x-amazon-apigateway-integration: {type: mock}}}}}";
    assert_eq!(api(text).name, "t");
    // A file that is named JSON is held to it.
    let imported = super::super::import("api.json", text, &super::ImportOptions::default());
    assert_eq!(
        only_finding(&imported),
        "api.json:1:2: error[document-malformed]: found `o`, expected a key in double quotes or `}`"
    );
}

#[test]
fn malformed_json_is_told_with_place_and_expectation() {
    for (text, message) in [
        ("{\"a\": }", "1:7: error[document-malformed]: found `}`, expected a value"),
        ("{\"é\": 1,}", "1:9: error[document-malformed]: found `}`, expected a key in double quotes"),
        ("{\"a\" 1}", "1:6: error[document-malformed]: found `1`, expected `:`"),
        ("{\"a\": 1", "1:8: error[document-malformed]: found the end of the document, expected `,` or `}`"),
        ("[1, 2", "1:6: error[document-malformed]: found the end of the document, expected `,` or `]`"),
        ("[1 2]", "1:4: error[document-malformed]: found `2`, expected `,` or `]`"),
        ("{} x", "1:4: error[document-malformed]: found `x`, expected the end of the document"),
        (
            "{\"a\": \"\n\"}",
            "1:8: error[document-malformed]: found the control character U+000A in a string, expected it as an escape such as `\\n`",
        ),
        (
            "{\"a\": 01}",
            "1:7: error[document-malformed]: found the malformed number `01`, expected a JSON number",
        ),
        ("{\"a\": tru}", "1:7: error[document-malformed]: found `t`, expected a value"),
        (
            "{\"a\": \"\\x\"}",
            "1:9: error[document-malformed]: found `x`, expected one of `\" \\ / b f n r t u` after the backslash",
        ),
        (
            "{\"a\": \"\\ud83d\"}",
            "1:14: error[document-malformed]: found `\"`, expected the second half of a surrogate pair, `\\uDC00` to `\\uDFFF`",
        ),
        (
            "{\"a\": \"\\u12\"}",
            "1:10: error[document-malformed]: found `1`, expected four hexadecimal digits after `\\u`",
        ),
        (
            "{\n  \"a\": \"x",
            "2:10: error[document-malformed]: found the end of the document, expected `\"` at the end of the string",
        ),
        ("{\"a\": [}", "1:8: error[document-malformed]: found `}`, expected a value or `]`"),
        ("[{]", "1:3: error[document-malformed]: found `]`, expected a key in double quotes or `}`"),
    ] {
        let imported = super::super::import("x", text, &super::ImportOptions::default());
        assert_eq!(only_finding(&imported), format!("x:{message}"), "{text}");
        assert!(imported.api.is_none());
    }
}

#[test]
fn malformed_yaml_is_told_with_place() {
    for (text, start) in [
        (
            "openapi: 3.0.1\ninfo: {title: t",
            "api.yaml:3:1: error[document-malformed]: found the end of the document",
        ),
        ("a: b\n c: d: e\n", "api.yaml:2:"),
        ("a: [1, 2\nb: c\n", "api.yaml:2:"),
        ("a: *b\n", "api.yaml:1:"),
        (
            "--- 1\n--- 2\n",
            "api.yaml:2:1: error[document-malformed]: found a second YAML document, expected one",
        ),
        ("[a]: b", "api.yaml:1:"),
        ("? [a]\n: b", "api.yaml:1:3: error[document-malformed]: found a list as a key, expected a string"),
        (
            "a: &x [*x]",
            "api.yaml:1:8: error[document-malformed]: found an alias inside the node it refers to",
        ),
        (
            "<<: text\na: b",
            "api.yaml:1:5: error[document-malformed]: found a merge key `<<` without a mapping",
        ),
        (
            "a: b\nc: \0",
            "api.yaml:2:4: error[document-malformed]: found a NUL character, expected JSON or YAML text",
        ),
        (
            "",
            "api.yaml:1:1: error[document-malformed]: found an empty document, expected an OpenAPI document",
        ),
        ("# only a comment", "api.yaml:1:1: error[document-malformed]: found an empty document"),
    ] {
        let imported = import(text);
        let message = only_finding(&imported);
        assert!(message.starts_with(start), "{text:?}: {message}");
        assert!(imported.api.is_none());
    }
}

#[test]
fn documents_of_other_kinds_are_refused() {
    for (text, message) in [
        (
            "just text",
            "1:1: error[document-not-openapi]: found a string, expected an OpenAPI document: a mapping with `openapi` or `swagger`",
        ),
        (
            "- a",
            "1:1: error[document-not-openapi]: found a list, expected an OpenAPI document: a mapping with `openapi` or `swagger`",
        ),
        (
            "a: b",
            "1:1: error[document-not-openapi]: found a document without `openapi` or `swagger`, expected one of them with the version",
        ),
        (
            "Resources: {}",
            "1:1: error[document-not-openapi]: found a document without `openapi` or `swagger`, expected one of them with the version\n    help: this is a CloudFormation template; put the `Body` or `DefinitionBody` of the API in a file of its own",
        ),
        (
            "openapi: 3.1.0",
            "1:10: error[version-unsupported]: found `openapi: 3.1.0`, expected `3.0.x`; API Gateway reads OpenAPI 3.0 and Swagger 2.0",
        ),
        (
            "openapi: 3.01",
            "1:10: error[version-unsupported]: found `openapi: 3.01`, expected `3.0.x`; API Gateway reads OpenAPI 3.0 and Swagger 2.0",
        ),
        (
            "swagger: '1.2'",
            "1:10: error[version-unsupported]: found `swagger: 1.2`, expected `2.0`; API Gateway reads OpenAPI 3.0 and Swagger 2.0",
        ),
        (
            "openapi: 3.0.0\nswagger: 2.0",
            "2:10: error[version-unsupported]: found both `openapi` and `swagger`, expected one of them",
        ),
        ("openapi:", "1:1: error[value-missing]: `openapi` is missing, expected the version of the document"),
    ] {
        assert_eq!(only_finding(&import(text)), format!("api.yaml:{message}"), "{text}");
    }
}

#[test]
fn versions_may_be_numbers_and_short() {
    for version in ["openapi: 3.0", "openapi: '3.0'", "openapi: 3.0.3", "swagger: 2.0", "swagger: '2.0'"] {
        api(&format!("{version}\ninfo: {{title: t}}\npaths: {{}}"));
    }
}

#[test]
fn a_key_may_stand_once() {
    let imported = import("openapi: 3.0.1\ninfo: {title: t}\npaths:\n  /a: {}\n  /b: {}\n  '/a': {}\n");
    assert_eq!(
        only_finding(&imported),
        "api.yaml:6:3: error[key-duplicate]: found the key `/a` twice in one mapping, first in line 4"
    );
}

#[test]
fn status_keys_are_the_same_as_numbers_and_as_text() {
    let imported =
        import(&super::with_operation("responses:\n  200: {description: a}\n  '200': {description: b}"));
    assert_eq!(codes(&imported), ["9:9 error key-duplicate"]);
}

#[test]
fn words_of_yaml_1_1_are_text() {
    let api = api(&with_root(
        "x-amazon-apigateway-binary-media-types: [yes, no, on, off, 1.0, 0x1F, 0o17, 'true']",
    ));
    assert_eq!(api.binary_media_types, ["yes", "no", "on", "off", "1.0", "31", "15", "true"]);
}

#[test]
fn anchors_and_merge_keys_share_parts() {
    let api = api("openapi: 3.0.1
info: {title: t}
x-base: &base
  type: http
  httpMethod: GET
  uri: http://one.example/
x-other: &other {timeoutInMillis: 50, uri: http://other.example/}
paths:
  /a:
    get: &get
      x-amazon-apigateway-integration:
        <<: [*base, *other]
        httpMethod: PUT
  /b:
    get: *get
");
    let integration = super::method(&api, "/b", Verb::GET).integration.as_ref().unwrap();
    assert_eq!(integration.uri.as_deref(), Some("http://one.example/"));
    assert_eq!(integration.http_method, Some(Verb::PUT));
    assert_eq!(integration.timeout_ms, 50);
}

#[test]
fn unknown_tags_are_told() {
    let imported = import("openapi: 3.0.1\ninfo: {title: !Upper t}\npaths: {}\n");
    assert_eq!(codes(&imported), ["2:15 warning tag-unknown"]);
    assert_eq!(imported.api.unwrap().name, "t");
}
