//! `edgewit state`: what the control plane keeps, as a file.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::fixture::{document, mock_api, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Finished, Launch, Node, run};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const RECORD: &str = r#"{"kind":"stages","name":"a1b2c3d4e5/prod","value":{"stageName":"prod"}}"#;

fn state(folder: &Folder, arguments: &[&str]) -> Finished {
    let finished = run(folder.path(), &[&["state"], arguments].concat());
    assert!(!finished.stderr.contains("panicked"), "{finished}");
    finished
}

fn header(records: usize) -> String {
    json!({"edgewit-state": 1, "revision": 7, "records": records}).to_string()
}

#[test]
fn what_was_imported_is_exported() {
    let folder = Folder::new();
    folder.write("in.jsonl", format!("{}\n{RECORD}\n", header(1)));
    let finished = state(&folder, &["import", "in.jsonl", "--data", "data"]);
    assert_eq!((finished.code, &*finished.stdout), (Some(0), ""), "{finished}");
    assert!(finished.stderr.starts_with("imported 1 record; revision "), "{finished}");
    let finished = state(&folder, &["export", "out.jsonl", "--data", "data"]);
    assert_eq!((finished.code, &*finished.stdout), (Some(0), ""), "{finished}");
    assert!(finished.stderr.starts_with("exported 1 record of revision "), "{finished}");
    let out = folder.path().join("out.jsonl");
    let text = fs::read_to_string(&out).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["records"], 1, "{text}");
    assert_eq!(lines[1..], [serde_json::from_str::<Value>(RECORD).unwrap()]);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let finished = state(&folder, &["export", "-", "--data", "data"]);
    assert_eq!((finished.code, finished.stdout), (Some(0), text));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "no temporary file is left: {left:?}");
}

#[test]
fn records_that_are_there_go_only_when_told() {
    let folder = Folder::new();
    folder.write("in.jsonl", format!("{}\n{RECORD}\n", header(1)));
    assert_eq!(state(&folder, &["import", "in.jsonl", "--data", "data"]).code, Some(0));
    let finished = state(&folder, &["import", "in.jsonl", "--data", "data"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("--replace puts those of in.jsonl in their place"), "{finished}");
    folder.write("empty.jsonl", format!("{}\n", header(0)));
    assert_eq!(state(&folder, &["import", "empty.jsonl", "--data", "data", "--replace"]).code, Some(0));
    let finished = state(&folder, &["export", "-", "--data", "data"]);
    assert_eq!(finished.stdout.lines().count(), 1, "{finished}");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let folder = Folder::new();
    let finished = state(&folder, &["export", "out.jsonl", "--data", "nothing"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("there is no store in nothing"), "{finished}");
    assert!(!folder.path().join("nothing").exists() && !folder.path().join("out.jsonl").exists());
    let finished = state(&folder, &["import", "missing.jsonl", "--data", "data"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("missing.jsonl cannot be read"), "{finished}");
    folder.write("bad.jsonl", format!("{}\n{{}}\n", header(1)));
    let finished = state(&folder, &["import", "bad.jsonl", "--data", "data"]);
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("bad.jsonl: line 2: "), "{finished}");
    folder.write("short.jsonl", format!("{}\n", header(1)));
    assert_eq!(state(&folder, &["import", "short.jsonl", "--data", "data"]).code, Some(1));
}

#[test]
fn the_store_of_a_node_goes_to_another_one_when_it_does_not_run() {
    let (conf, folder) = (Folder::with_api(&mock_api("from a file")), Folder::new());
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let start = |data: &str| {
        Node::launch(conf.path(), &Launch::with_data(data, &[])).unwrap_or_else(|it| panic!("{it}"))
    };
    let node = start(&data);
    folder.write("shop.json", document("shop", &json!({"/hello": {"get": mock_operation("shop")}})));
    let admin = node.admin().to_string();
    let finished = run(folder.path(), &["api", "deploy", "shop.json", "--admin", &admin]);
    assert_eq!(finished.code, Some(0), "{finished}");
    for arguments in [["export", "-", "--data", &data], ["import", "shop.json", "--data", &data]] {
        let finished = state(&folder, &arguments);
        assert_eq!(finished.code, Some(3), "{finished}");
        assert!(finished.stderr.contains("is in use: stop the node"), "{finished}");
    }
    drop(node);
    assert_eq!(state(&folder, &["export", "state.jsonl", "--data", &data]).code, Some(0));
    assert_eq!(state(&folder, &["import", "state.jsonl", "--data", "other"]).code, Some(0));
    let node = start(&folder.path().join("other").to_string_lossy());
    let finished = run(folder.path(), &["api", "list", "--admin", &node.admin().to_string()]);
    assert!(finished.stdout.contains("  shop  "), "{finished}");
}
