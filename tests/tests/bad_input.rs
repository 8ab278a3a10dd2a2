//! Input that is wrong in ways a case file cannot hold: components, bombs, oversize files.
//!
//! `edgewit check` and `edgewit serve` refuse it with findings that name the place, exit with 1, and never panic.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::time::{Duration, Instant};

use edgewit_tests::binary::workspace;
use edgewit_tests::client::exchange;
use edgewit_tests::fixture::{HOST, document, mock_api, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::matcher::{Names, matches};
use edgewit_tests::node::{Node, run};
use edgewit_tests::run::findings;
use serde_json::{Value, json};

/// No input may keep the node busy for long; a debug build on a loaded machine is slow, a bomb is far slower.
const PROMPT: Duration = Duration::from_secs(60);

/// Asserts that the folder is refused and that one finding has this form, in which placeholders may stand.
fn assert_refused(what: &str, folder: &Folder, expected: &str) {
    const FREE: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    for (command, options) in [("check", &[][..]), ("serve", &FREE)] {
        let started = Instant::now();
        let finished = run(folder.path(), &[&[command, "."], options].concat());
        assert!(started.elapsed() < PROMPT, "{what}: took {:?}", started.elapsed());
        assert_eq!(finished.code, Some(1), "{what}: edgewit {command} {finished}");
        let output = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!output.contains("panicked"), "{what}: {output}");
        let found = findings(&output, &folder.path().to_string_lossy());
        let fits = found.iter().any(|finding| matches(expected, finding, &Names::default()));
        assert!(fits, "{what}: no finding like {expected}\nedgewit {command} {finished}");
    }
}

/// A folder with an authorizer whose component has these bytes; none leaves the file out.
fn with_component(component: Option<&[u8]>) -> Folder {
    let mut operation = mock_operation("in");
    operation["security"] = json!([{"guard": []}]);
    let mut api: Value =
        serde_json::from_str(&document("guarded", &json!({"/a": {"get": operation}}))).unwrap();
    let function = "arn:aws:lambda:us-east-1:000000000000:function:guard";
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
    api["components"] = json!({"securitySchemes": {"guard": {
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": uri},
    }}});
    let folder = Folder::with_api(&api.to_string());
    folder.write("plugins.yaml", "plugins:\n  guard:\n    component: plugins/guard.wasm\n");
    folder.write("functions.yaml", "functions:\n  guard: {plugin: guard}\n");
    if let Some(bytes) = component {
        folder.write("plugins/guard.wasm", bytes);
    }
    folder
}

fn prebuilt(name: &str) -> Vec<u8> {
    let path = workspace().join(format!("plugins/prebuilt/{name}.wasm"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn components_that_cannot_be_an_authorizer_are_refused_where_they_are_named() {
    let sound = prebuilt("token_authorizer");
    let at_plugin = "plugins.yaml:<int>:<int>: error[<any>]: <any>";
    let half = &sound[..sound.len() / 2];
    // The eight bytes that begin a core module, which is no component.
    let module = b"\0asm\x01\0\0\0";
    for (what, component) in [
        ("a missing file", None),
        ("an empty file", Some(&b""[..])),
        ("a text", Some(b"no component")),
        ("a core module", Some(module)),
        ("half a component", Some(half)),
        ("a component of another world", Some(&prebuilt("wrong_world"))),
        ("a component that imports what it was not granted", Some(&prebuilt("foreign_import"))),
    ] {
        assert_refused(what, &with_component(component), at_plugin);
    }
    let finished = run(with_component(Some(&sound)).path(), &["check", "."]);
    assert_eq!(finished.code, Some(0), "{finished}");
}

#[test]
fn names_that_lead_nowhere_are_refused_where_they_stand() {
    let sound = prebuilt("token_authorizer");
    let folder = with_component(Some(&sound));
    folder.write("functions.yaml", "functions:\n  guard: {plugin: nobody}\n");
    assert_refused(
        "a function of an unknown plugin",
        &folder,
        "functions.yaml:2:<int>: error[<any>]: <any>nobody<any>",
    );
    let folder = with_component(Some(&sound));
    folder.write("functions.yaml", "functions: {}\n");
    assert_refused(
        "an authorizer of an unknown function",
        &folder,
        "apis/api.yaml:<any>: error[unavailable-function]: <any>guard` is not in functions.yaml",
    );
    let finished = run(folder.path(), &["check", "."]);
    let help =
        "help: say in functions.yaml which plugin stands for it: `guard: {plugin: NAME}` under `functions:`";
    assert!(finished.stdout.contains(help), "{finished}");
}

#[test]
fn settings_that_do_not_exist_are_refused_with_their_line() {
    for (file, text, expected) in [
        (
            "edgewit.yaml",
            "region: eu-west-1\nlissten: x\n",
            "edgewit.yaml:2:<int>: error[<any>]: <any>lissten<any>",
        ),
        (
            "edgewit.yaml",
            "limits:\n  headder_bytes: 1\n",
            "edgewit.yaml:2:<int>: error[<any>]: <any>headder_bytes<any>",
        ),
        ("edgewit.yaml", "limits: [\n", "edgewit.yaml:<any>: error[<any>]: <any>"),
        ("plugins.yaml", "plugins:\n  a: {komponent: x}\n", "plugins.yaml:<int>:<int>: error[<any>]: <any>"),
        ("functions.yaml", "functions: 7\n", "functions.yaml:<int>:<int>: error[<any>]: <any>"),
    ] {
        let folder = Folder::with_api(&mock_api("x"));
        folder.write(file, text);
        assert_refused(&format!("{file} {text:?}"), &folder, expected);
    }
}

#[test]
fn limits_of_nothing_are_refused_with_their_line() {
    // Every limit that the schema knows; of these 0 has a meaning.
    const MEANINGFUL: [&str; 3] = ["authorizer_cache_entries", "connections_per_ip", "drain_seconds"];
    let printed = run(&std::env::temp_dir(), &["schema", "edgewit.yaml"]);
    let schema: Value = serde_json::from_str(&printed.stdout).unwrap();
    let keys = schema["$defs"]["LimitsFile"]["properties"].as_object().unwrap().keys();
    let mut refused = 0;
    for key in keys {
        let folder = Folder::with_api(&mock_api("x"));
        folder.write("edgewit.yaml", format!("limits:\n  {key}: 0\n"));
        let finished = run(folder.path(), &["check", "."]);
        let found = findings(&finished.stdout, "");
        if MEANINGFUL.contains(&key.as_str()) {
            assert_eq!((finished.code, found.len()), (Some(0), 0), "{key}: {finished}");
            continue;
        }
        let column = key.len() + 5;
        let expected =
            format!("edgewit.yaml:2:{column}: error[config-invalid]: found 0, expected at least 1");
        assert_eq!((finished.code, found), (Some(1), vec![expected]), "{key}: {finished}");
        refused += 1;
    }
    assert!(refused > 10, "{refused}");
    let folder = Folder::with_api(&mock_api("x"));
    for (text, expected) in [
        (
            "limits: {payload_bytes: 0}",
            "edgewit.yaml:1:<int>: error[config-invalid]: found 0, expected at least 1",
        ),
        ("threads: 0", "edgewit.yaml:1:<int>: error[config-invalid]: found 0, expected 1 to 1024"),
        ("threads: 1025", "edgewit.yaml:1:<int>: error[config-invalid]: found 1025, expected 1 to 1024"),
    ] {
        folder.write("edgewit.yaml", text);
        assert_refused(text, &folder, expected);
    }
    for limit in ["wall_ms", "cpu_ms", "memory_mb"] {
        let folder = with_component(Some(&prebuilt("token_authorizer")));
        let plugin =
            format!("plugins:\n  guard:\n    component: plugins/guard.wasm\n    limits: {{{limit}: 0}}\n");
        folder.write("plugins.yaml", plugin);
        assert_refused(limit, &folder, "plugins.yaml:<int>:<int>: error[<any>]: <any>");
    }
}

#[test]
fn an_admin_address_that_others_reach_is_refused_where_it_stands() {
    for (admin, expected) in [
        ("0.0.0.0:9080", "found `0.0.0.0:9080`, expected a loopback address <any>"),
        ("'[::]:9080'", "found `[::]:9080`, expected a loopback address <any>"),
        ("localhost:9080", "found `localhost:9080`, expected ADDRESS:PORT <any>"),
        ("'9080'", "found `9080`, expected ADDRESS:PORT <any>"),
    ] {
        let folder = Folder::with_api(&mock_api("x"));
        folder.write("edgewit.yaml", format!("stage: dev\nadmin: {admin}\n"));
        assert_refused(
            admin,
            &folder,
            &format!("edgewit.yaml:2:8: error[admin-invalid]: `admin`: {expected}"),
        );
    }
    for admin in ["127.0.0.1:0", "127.9.9.9:9080", "'[::1]:9080'", "none"] {
        let folder = Folder::with_api(&mock_api("x"));
        folder.write("edgewit.yaml", format!("admin: {admin}\n"));
        let finished = run(folder.path(), &["check", "."]);
        assert_eq!(finished.code, Some(0), "{admin}: {finished}");
    }
}

#[test]
fn files_that_are_no_documents_are_refused() {
    let text = mock_api("x");
    for (what, content) in [
        ("an empty file", Vec::new()),
        ("a scalar", b"7".to_vec()),
        ("a list", b"[1, 2]".to_vec()),
        ("half a document", text.as_bytes()[..text.len() / 2].to_vec()),
        ("bytes that are no UTF-8", b"openapi: \"3.0.1\xff\"".to_vec()),
        ("a component", prebuilt("token_authorizer")),
        ("deep nesting", "[".repeat(100_000).into_bytes()),
        (
            "another version",
            br#"{"openapi": "9.9", "info": {"title": "t", "version": "1"}, "paths": {}}"#.to_vec(),
        ),
    ] {
        let folder = Folder::new();
        folder.write("apis/api.yaml", content);
        assert_refused(what, &folder, "apis/api.yaml<any>: error[<any>]: <any>");
    }
    let folder = Folder::new();
    folder.write("edgewit.yaml", "");
    assert_refused("no documents at all", &folder, "apis<any>: error[<any>]: <any>");
}

/// A folder with `POST /a` whose body is validated against the model `M0`.
fn validated(schemas: &Value) -> Folder {
    let mut operation = mock_operation("x");
    operation["x-amazon-apigateway-request-validator"] = json!("all");
    operation["requestBody"] =
        json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/M0"}}}});
    let mut api: Value =
        serde_json::from_str(&document("bomb", &json!({"/a": {"post": operation}}))).unwrap();
    api["x-amazon-apigateway-request-validators"] =
        json!({"all": {"validateRequestBody": true, "validateRequestParameters": true}});
    api["components"] = json!({"schemas": schemas});
    Folder::with_api(&api.to_string())
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    // Ten levels of ten aliases: ten thousand million nodes when expanded.
    let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        aliases.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    let folder = Folder::with_api(&format!(
        "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\nx-bomb:\n{}",
        indent(&aliases)
    ));
    assert_refused("a bomb of aliases", &folder, "apis/api.yaml<any>: error[<any>]: <any>");

    let pattern = json!({"M0": {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a{1000}){1000}{1000}"}}}});
    assert_refused(
        "a pattern that explodes",
        &validated(&pattern),
        "apis/api.yaml<any>: error[<any>]: <any>",
    );
}

#[test]
fn models_in_a_circle_are_sound_and_do_no_harm() {
    // A tree; and references that never arrive anywhere, which constrain nothing.
    let tree = json!({"M0": {"type": "object", "properties": {
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/M0"}},
    }}});
    let circle =
        json!({"M0": {"$ref": "#/components/schemas/M1"}, "M1": {"$ref": "#/components/schemas/M0"}});
    let all_of = json!({
        "M0": {"type": "object", "allOf": [{"$ref": "#/components/schemas/M1"}]},
        "M1": {"type": "object", "allOf": [{"$ref": "#/components/schemas/M0"}]},
    });
    for schemas in [tree, circle, all_of] {
        let folder = validated(&schemas);
        let node = Node::start(folder.path());
        for body in [r#"{"children": [{"children": []}]}"#, "{}"] {
            let length = body.len();
            let head = format!("POST /dev/a HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n");
            let request = format!("{head}Content-Length: {length}\r\n\r\n{body}");
            let response = exchange(node.listen(), "POST", request.as_bytes()).unwrap();
            assert_eq!((response.status, response.text().as_str()), (200, "x"), "{schemas}");
        }
    }
}

#[test]
fn a_document_may_have_6_mib_and_not_one_byte_more() {
    const DOCUMENT_BYTES: usize = 6 * 1024 * 1024;
    let text = mock_api("x");
    let padded = |bytes: usize| format!("{text}\n#{}", "x".repeat(bytes - text.len() - 2));
    let folder = Folder::with_api(&padded(DOCUMENT_BYTES));
    let finished = run(folder.path(), &["check", "."]);
    assert_eq!(finished.code, Some(0), "{finished}");
    folder.write("apis/api.yaml", padded(DOCUMENT_BYTES + 1));
    assert_refused("one byte past", &folder, "apis/api.yaml<any>: error[<any>]: <any>");
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
