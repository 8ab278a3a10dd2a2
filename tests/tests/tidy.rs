//! What no compiler and no linter sees: the rules of this repository, as tests over its files.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use edgewit_tests::binary::{edgewit, workspace};

/// Lines that a file of the gateway may have; a longer one holds more than one idea.
const MAX_LINES: usize = 450;

/// Files that are longer, with the most lines they may have and why. The list may only shrink.
const LONG_FILES: [(&str, usize, &str); 1] =
    [("proxy/plan/src/compile/tests.rs", 760, "one table of findings, which belongs together")];

/// Crates that take everything they know as arguments.
const PURE_CRATES: [&str; 5] = ["diff", "mapping", "model", "plan", "policy"];

/// Folders that hold what a build or a run made.
const MADE: [&str; 6] = [".git", ".cache", "artifacts", "corpus", "coverage", "target"];

/// Every file of the repository, by its path from the root.
fn files() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    walk(workspace(), &mut found);
    let named = |path: PathBuf| {
        let name = path.strip_prefix(workspace()).unwrap().to_str().unwrap().to_owned();
        (name, path)
    };
    let mut files: Vec<_> = found.into_iter().map(named).collect();
    files.sort();
    assert!(files.len() > 300, "found only {} files", files.len());
    files
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            found.push(path);
        } else if !path.file_name().is_some_and(|name| MADE.iter().any(|made| name == *made)) {
            walk(&path, found);
        }
    }
}

/// The text files whose name ends so, below a folder (`""` for all).
fn texts(folder: &str, end: &str) -> Vec<(String, String)> {
    let matching = files().into_iter().filter(|(name, _)| name.starts_with(folder) && name.ends_with(end));
    let texts: Vec<_> = matching.map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect();
    assert!(!texts.is_empty(), "no {folder}*{end}");
    texts
}

fn read(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn assert_none(offenders: &[String], rule: &str) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

#[test]
fn nothing_names_a_machine_or_a_package_registry() {
    // In halves, so that this file does not name them either.
    let needles: Vec<String> = [
        ("/wo", "rk/"),
        ("shared/", "reference"),
        ("crates", ".io"),
        ("registry.", "npmjs"),
        ("py", "pi.org"),
        ("python", "hosted"),
        ("deb.", "debian"),
        ("security.", "debian.org"),
        ("proxy.", "golang"),
    ]
    .iter()
    .map(|(one, two)| format!("{one}{two}"))
    .collect();
    let mut offenders = Vec::new();
    // Cargo writes the name of its index into every lock file.
    for (name, path) in files().into_iter().filter(|(name, _)| !name.ends_with("Cargo.lock")) {
        let bytes = fs::read(&path).unwrap();
        for needle in &needles {
            if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
                offenders.push(format!("{name}: {needle}"));
            }
        }
    }
    assert_none(&offenders, "a path of one machine or the host of a package registry");
}

#[test]
fn texts_end_in_one_line_end_and_no_line_in_white_space() {
    let mut offenders = Vec::new();
    for end in [".md", ".toml", ".sh", ".py", ".rs", ".wit"] {
        for (name, text) in texts("", end) {
            let trailing = text.lines().position(|line| line.ends_with([' ', '\t', '\r']));
            offenders.extend(trailing.map(|at| format!("{name}:{}: trailing white space", at + 1)));
            if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
                offenders.push(format!("{name}: does not end in exactly one line end"));
            }
        }
    }
    assert_none(&offenders, "white space");
}

#[test]
fn every_module_says_what_it_is_for_and_is_short() {
    let mut offenders = Vec::new();
    for (name, text) in texts("proxy/", ".rs") {
        // `tests.rs` is about the module it stands beside.
        if !name.ends_with("/tests.rs") && !text.starts_with("//!") {
            offenders.push(format!("{name}: does not begin with a doc comment `//!`"));
        }
        let lines = text.lines().count();
        match LONG_FILES.iter().find(|(long, _, _)| *long == name) {
            None if lines > MAX_LINES => {
                offenders.push(format!("{name}: {lines} lines"));
            }
            Some((_, most, _)) if lines > *most => {
                offenders.push(format!("{name}: {lines} lines, above its own {most}"));
            }
            Some(_) if lines <= MAX_LINES => {
                offenders.push(format!("{name}: short again, remove it from LONG_FILES"));
            }
            _ => {}
        }
    }
    for (name, _, reason) in LONG_FILES {
        if !workspace().join(name).is_file() || reason.is_empty() {
            offenders.push(format!("{name}: in LONG_FILES without a file or a reason"));
        }
    }
    assert_none(&offenders, "modules");
}

#[test]
fn every_exception_from_a_lint_gives_its_reason() {
    let mut offenders = Vec::new();
    for (name, text) in texts("", ".rs") {
        for (at, opening) in text.match_indices("[allow(").chain(text.match_indices("[expect(")) {
            if !text[..at].ends_with(['#', '!']) {
                continue;
            }
            let attribute = &text[at + opening.len()..];
            let attribute = &attribute[..attribute.find(")]").unwrap_or(attribute.len())];
            if !attribute.contains("reason = \"") {
                let line = text[..at].lines().count();
                offenders
                    .push(format!("{name}:{line}: {}", attribute.split_whitespace().collect::<String>()));
            }
        }
    }
    assert_none(&offenders, "exceptions without `reason = \"…\"`");
}

#[test]
fn scripts_stop_at_the_first_failure() {
    let mut offenders = Vec::new();
    for (name, path) in files() {
        let bytes = fs::read(path).unwrap();
        if bytes.starts_with(b"#!/usr/bin/env bash\n") {
            let text = String::from_utf8(bytes).unwrap();
            if !text.contains("\nset -euo pipefail\n") {
                offenders.push(name);
            }
        }
    }
    assert_none(&offenders, "bash scripts without `set -euo pipefail`");
}

#[test]
fn pure_crates_know_no_clock_no_files_and_no_sockets() {
    let forbidden = [
        "std::fs",
        "std::env",
        "std::process",
        "std::thread",
        "Tcp",
        "Udp",
        "SystemTime",
        "Instant",
        "tokio",
    ];
    let mut offenders = Vec::new();
    for krate in PURE_CRATES {
        let is_test = |name: &str| name.ends_with("/tests.rs") || name.contains("/tests/");
        for (name, text) in texts(&format!("proxy/{krate}/src/"), ".rs") {
            // What comes after this line in a file is test code.
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code = if is_test(&name) { "" } else { code };
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            offenders.extend(
                forbidden.iter().filter(|w| code.contains(**w)).map(|word| format!("{name}: {word}")),
            );
        }
        let manifest = format!("proxy/{krate}/Cargo.toml");
        let heavy = ["tokio", "wasmtime", "notify", "fastrand", "rand", "chrono", "reqwest"];
        let named = dependencies(&read(&manifest));
        let impure =
            named.iter().filter(|name| heavy.contains(&name.as_str()) || name.starts_with("pingora"));
        offenders.extend(impure.map(|name| format!("{manifest}: {name}")));
    }
    assert_none(&offenders, "crates without I/O, clocks and randomness");
}

#[test]
fn architecture_names_every_crate_and_every_dependency() {
    let architecture = read("ARCHITECTURE.md");
    let (_, table) = architecture.split_once("| crate | why").expect("a table of dependencies");
    let words: BTreeSet<&str> =
        table.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).collect();
    let mut offenders = Vec::new();
    for entry in fs::read_dir(workspace().join("proxy")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let name = format!("proxy/{}", folder.file_name().unwrap().to_str().unwrap());
        if !architecture.contains(&format!("- `{name}`")) {
            offenders.push(format!("{name} is not in the code map"));
        }
        for dependency in dependencies(&manifest) {
            // `pingora-core, -proxy` names both.
            let short = dependency.strip_prefix("pingora").unwrap_or(&dependency);
            let known = words.contains(dependency.as_str()) || (short != dependency && words.contains(short));
            if !dependency.starts_with("edgewit-") && !known {
                offenders.push(format!("{dependency} of {name} is not in the table of dependencies"));
            }
        }
    }
    assert_none(&offenders, "ARCHITECTURE.md");
}

/// Names in the section `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_limit_is_documented() {
    let documentation = read("docs/configuration.md");
    let source = read("proxy/gateway/src/config/mod.rs");
    let mut offenders = Vec::new();
    for structure in ["LimitsFile", "PluginLimitsFile"] {
        let (_, fields) = source.split_once(&format!("pub struct {structure} {{")).unwrap();
        let fields = fields.split("\n}").next().unwrap();
        let keys: Vec<&str> = fields
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':').map(|(key, _)| key))
            .collect();
        assert!(!keys.is_empty(), "no fields in {structure}");
        offenders.extend(
            keys.iter()
                .filter(|key| !documentation.contains(&format!("`{key}`")))
                .map(|key| (*key).to_owned()),
        );
    }
    assert_none(&offenders, "limits that docs/configuration.md does not list");
}

#[test]
fn published_schemas_are_those_of_the_binary() {
    for file in ["edgewit", "plugins", "functions"] {
        let printed = Command::new(edgewit()).args(["schema", &format!("{file}.yaml")]).output().unwrap();
        assert!(printed.status.success(), "edgewit schema {file}.yaml: {}", printed.status);
        let published = read(&format!("conf/schema/{file}.json"));
        assert_eq!(
            published,
            String::from_utf8(printed.stdout).unwrap(),
            "run: edgewit schema {file}.yaml > conf/schema/{file}.json"
        );
    }
}
