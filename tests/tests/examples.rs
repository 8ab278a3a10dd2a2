//! Every configuration in `conf/` is sound, is served, and does what its try.yaml says.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::PathBuf;

use edgewit_tests::binary::workspace;
use edgewit_tests::{example, report};

fn configurations() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace().join("conf")).unwrap();
    // conf/schema describes configurations and is none; tidy.rs compares it.
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("schema"))
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_configuration_is_checked_served_and_tried() {
    let failures: Vec<_> = configurations()
        .iter()
        .filter_map(|conf| {
            let report = example::run(conf)?;
            Some(format!("FAIL {}\n{}", conf.display(), report::indented(&report, 4)))
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn there_is_a_quickstart_and_six_patterns_beside_it() {
    let names: Vec<_> = configurations()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().any(|name| name == "quickstart"), "{names:?}");
    assert!(names.len() >= 7, "{names:?}");
}
