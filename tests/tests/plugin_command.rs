//! `edgewit plugin`: what it says about components, cases and folders, against the committed components.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;

use edgewit_tests::binary::workspace;
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Finished, run};
use serde_json::Value;

fn prebuilt(name: &str) -> String {
    workspace().join(format!("plugins/prebuilt/{name}.wasm")).to_str().unwrap().to_owned()
}

fn plugin(folder: &Folder, arguments: &[&str]) -> Finished {
    let finished = run(folder.path(), &[&["plugin"], arguments].concat());
    assert!(!finished.stderr.contains("panicked"), "{finished}");
    finished
}

fn inspected(name: &str, options: &[&str]) -> Value {
    let file = prebuilt(name);
    let finished = plugin(&Folder::new(), &[&["inspect", &file, "--json"], options].concat());
    assert_eq!(finished.code, Some(0), "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn inspect_tells_what_a_component_is_and_what_its_calls_cost() {
    let key = ["--config", "key=test-key"];
    for (name, options, world) in [
        ("bearer_rust", &key[..], "authorizer"),
        ("uppercase_transform_rust", &[], "transform"),
        ("greeting_function_rust", &[], "function"),
        ("hello_wasi_http", &[], "wasi:http/proxy"),
    ] {
        let found = inspected(name, options);
        assert_eq!(found["worlds"], serde_json::json!([world]), "{found}");
        assert_eq!(found["bytes"], fs::metadata(prebuilt(name)).unwrap().len(), "{found}");
        assert_eq!(found["digest"].as_str().unwrap().len(), "sha256:".len() + 64, "{found}");
        let costs = found["costs"].as_array().unwrap();
        assert_eq!((costs.len(), &costs[0]["world"]), (1, &world.into()), "{found}");
        assert!(costs[0]["fresh"]["medianNs"].as_u64().unwrap() > 0, "{found}");
        assert!(costs[0]["prepared"]["medianNs"].as_u64().unwrap() > 0, "{found}");
        assert!(costs[0]["warm"]["medianNs"].as_u64().unwrap() > 0, "{found}");
        assert_eq!(found["pictured"], name == "bearer_rust", "{found}");
    }
    let file = prebuilt("bearer_rust");
    let finished = plugin(&Folder::new(), &[&["inspect", &file], &key[..]].concat());
    for line in [
        "  world       authorizer\n",
        "  imports     edgewit:plugin/request@0.1.0\n              edgewit:plugin/config@0.1.0\n",
        "  configured  once, and requests start from the picture of it\n",
        "  answered    unauthorized\n",
        "  fresh call  ",
        "  prepared    ",
        "  warm call   ",
    ] {
        assert!(finished.stdout.contains(line), "{line}\n{finished}");
    }
}

#[test]
fn a_component_that_cannot_be_loaded_is_one_finding_with_its_step_and_a_remedy() {
    let folder = Folder::new();
    folder.write("text.wasm", "no component");
    folder.write("module.wasm", b"\0asm\x01\0\0\0");
    for (file, step, remedy) in [
        (prebuilt("bearer_rust"), "running its `configure`: refuses its configuration", "--config KEY=VALUE"),
        (prebuilt("foreign_import"), "checking its imports: imports example:foreign/clock", "wit/"),
        (prebuilt("wrong_world"), "checking its exports: exports greet", "wit/worlds.wit"),
        (prebuilt("other_contract"), "checking its exports: does not fit edgewit:plugin@0.1", "wit/"),
        ("text.wasm".to_owned(), "reading it: not WebAssembly", "edgewit plugin build"),
        ("module.wasm".to_owned(), "reading it: a core WebAssembly module", ""),
        ("nothing.wasm".to_owned(), "cannot be read: ", ".wasm"),
    ] {
        let finished = plugin(&folder, &["inspect", &file]);
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stdout.starts_with(&format!("{file}: error[component-")), "{finished}");
        assert!(finished.stdout.contains(step) && finished.stdout.contains(remedy), "{step}\n{finished}");
        assert_eq!(finished.stdout.matches("error[").count(), 1, "{finished}");
        let finished = plugin(&folder, &["inspect", &file, "--json"]);
        let found: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert!(found["error"]["message"].as_str().unwrap().starts_with(step), "{finished}");
    }
}

#[test]
fn flags_that_cannot_be_are_usage() {
    let file = prebuilt("token_authorizer");
    for flags in [["--config", "key"], ["--config", "=value"], ["--grant-http", "example.com"]] {
        let finished = plugin(&Folder::new(), &["inspect", &file, flags[0], flags[1]]);
        assert_eq!(finished.code, Some(2), "{flags:?} {finished}");
    }
}

/// The examples in Rust pass the cases that are shared with those in other languages.
#[test]
fn the_examples_pass_their_cases() {
    for (component, cases, least) in [
        ("bearer_rust", "bearer.cases.yaml", 51),
        ("uppercase_transform_rust", "uppercase-transform.cases.yaml", 5),
        ("greeting_function_rust", "greeting-function.cases.yaml", 2),
        ("hello_wasi_http", "hello-wasi-http/cases.yaml", 2),
    ] {
        let cases = workspace().join("plugins").join(cases);
        let finished = plugin(&Folder::new(), &["test", &prebuilt(component), cases.to_str().unwrap()]);
        assert_eq!(finished.code, Some(0), "{finished}");
        let passed = finished.stdout.lines().filter(|line| line.starts_with("ok    ")).count();
        assert!(passed >= least, "{finished}");
        assert_eq!(finished.stderr, format!("{passed} cases passed\n"), "{finished}");
    }
}

/// The cases for people and those for machines are the same ones, in the same order.
#[test]
fn bearer_cases_are_all_of_them() {
    let read = |name: &str| fs::read_to_string(workspace().join("plugins").join(name)).unwrap();
    let (prose, data) = (read("bearer.cases.md"), read("bearer.cases.yaml"));
    let (_, prose) = prose.split_once("\n## Cases\n").unwrap();
    let titles: Vec<&str> = prose.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let names = data.lines().filter_map(|line| line.strip_prefix("  - name: "));
    let names: Vec<&str> = names.map(|name| name.trim_matches('"')).take(titles.len()).collect();
    assert!(titles.len() > 50);
    assert_eq!(names, titles);
    for token in prose.lines().filter(|line| line.starts_with("Bearer ")) {
        assert!(data.contains(&format!("token: \"{token}\"")), "{token}");
    }
}

const CASES: &str = r#"config: {tokens: "t allow ann role=admin plan=3"}
cases:
  - name: in
    request: {token: t}
    expect: {allow: {principal: ann, context: {role: admin, plan: 3, beta: false}}}
  - name: in as somebody else
    request: {token: t}
    expect: {allow: {principal: bob, context: {role: admin, plan: "3", beta: true}}}
  - expect: {deny: unknown}
  - name: without tokens
    config: {tokens: null}
    request: {token: t}
    expect: {error: "<any> no `tokens`<any>"}
"#;

#[test]
fn a_case_that_fails_says_where_it_stands_and_what_differs() {
    let folder = Folder::new();
    folder.write("cases.yaml", CASES);
    let finished = plugin(&folder, &["test", &prebuilt("token_authorizer"), "cases.yaml"]);
    let expected = r#"ok    cases.yaml:3  in
FAIL  cases.yaml:6  in as somebody else
      allow.principal: expected "bob", found "ann"
      allow.context.beta: expected true, found false
      allow.context.plan: expected "3", found 3
FAIL  cases.yaml:9  case 3
      expected  deny "unknown"
      found     unauthorized
ok    cases.yaml:10  without tokens
"#;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), expected), "{finished}");
    assert_eq!(finished.stderr, "2 of 4 cases failed\n");
    let quiet = plugin(&folder, &["test", &prebuilt("token_authorizer"), "cases.yaml", "--quiet"]);
    assert_eq!(quiet.stdout.matches("ok  ").count(), 0, "{quiet}");
    assert_eq!(quiet.stdout.matches("FAIL").count(), 2, "{quiet}");
}

#[test]
fn cases_that_say_nothing_or_nonsense_are_refused_at_their_line() {
    let folder = Folder::new();
    for (cases, expected) in [
        (
            "request: {tokn: t}\nexpect: unauthorized\n",
            "cases.yaml:1:11: error[cases-invalid]: unknown field `tokn`",
        ),
        ("expect: {alow: x}\n", "cases.yaml:1:10: error[cases-invalid]: unknown variant `alow`"),
        ("cases:\n  - name: a\n", "cases.yaml:2: error[cases-invalid]: a case without `expect`"),
        ("cases: []\n", "error[cases-invalid]: found an empty list of cases"),
        (
            "event: {}\nexpect: {result: 1}\n",
            "asks for the world `function`, and the component is of authorizer",
        ),
        ("request: {path: pets}\nexpect: unauthorized\n", "`path`: found `pets`, expected /STAGE/"),
        ("expect: [\n", "error[cases-invalid]: "),
    ] {
        folder.write("cases.yaml", cases);
        let finished = plugin(&folder, &["test", &prebuilt("token_authorizer"), "cases.yaml"]);
        assert_eq!(finished.code, Some(1), "{cases} {finished}");
        assert!(finished.stdout.contains(expected), "{expected}\n{finished}");
    }
}

#[cfg(unix)]
#[test]
fn build_runs_the_script_of_a_folder_and_says_what_came_out() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let script = |text: &str, mode: u32| {
        folder.write("my-plugin/build", format!("#!/bin/sh\n{text}\n"));
        let path = folder.path().join("my-plugin/build");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let copy = format!("cp '{}' \"$1\"", prebuilt("greeting_function_rust"));
    script(&copy, 0o755);
    let finished = plugin(&folder, &["build", "my-plugin"]);
    assert_eq!(finished.code, Some(0), "{finished}");
    let made = folder.path().join("my-plugin/my_plugin.wasm");
    let size = fs::metadata(&made).unwrap().len();
    assert!(
        finished.stdout.contains(": function, ") && finished.stdout.contains(&size.to_string()),
        "{finished}"
    );
    let finished = plugin(&folder, &["build", "my-plugin", "--output", "out.wasm"]);
    assert_eq!(finished.code, Some(0), "{finished}");
    assert!(folder.path().join("out.wasm").is_file());
    for (text, mode, code, expected) in [
        ("exit 7", 0o755, 1, "its `build` ended with exit status: 7"),
        ("true", 0o755, 1, "wrote no "),
        ("exit 3", 0o755, 3, "this machine lacks something"),
        ("echo text > \"$1\"", 0o755, 1, "not WebAssembly"),
        ("true", 0o644, 1, "help: chmod +x my-plugin/build"),
    ] {
        script(text, mode);
        let finished = plugin(&folder, &["build", "my-plugin", "--output", "new.wasm"]);
        assert_eq!(finished.code, Some(code), "{text} {finished}");
        assert!(finished.stderr.contains(expected), "{expected}\n{finished}");
    }
}

#[test]
fn build_names_the_command_for_what_it_cannot_build() {
    let folder = Folder::new();
    folder.write("none/README.md", "");
    folder.write("rust/Cargo.toml", "[package]\nname = \"p\"\nedition = \"2024\"\n[workspace]\n");
    folder.write("rust/src/lib.rs", "");
    for (file, expected) in [
        ("js/package.json", "plugins/tools/componentize-qjs js/wit WORLD"),
        ("python/bearer.py", "componentize-py --wit-path python/wit"),
        ("go/go.mod", "plugins/bearer-go/build"),
        ("c/plugin.c", "plugins/bearer-c/build"),
        ("none/README.md", "expected an executable `build`"),
        ("rust/src/lib.rs", "crate-type = [\"cdylib\"]"),
    ] {
        if !folder.path().join(file).exists() {
            folder.write(file, "");
        }
        let name = file.split('/').next().unwrap();
        let finished = plugin(&folder, &["build", name]);
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stderr.contains(expected), "{expected}\n{finished}");
    }
}
