//! Runs every case of `tests/cases` against the real binary.
//!
//! `CASE=part` runs only the cases whose path contains `part`.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests fail by panicking and report by printing"
)]

use std::io::Write;
use std::path::PathBuf;
use std::{env, fs};

use edgewit_tests::binary::workspace;
use edgewit_tests::suite;

fn folder() -> PathBuf {
    workspace().join("tests/cases")
}

#[test]
fn case_files_are_well_formed() {
    let files = suite::load(&folder());
    assert!(!files.is_empty(), "no cases in {}", folder().display());
    let problems = suite::problems(&folder(), &files);
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_case_passes() {
    judged(suite::run, "tests/expected-failures.txt");
}

/// Only a control plane that loses nothing on the way gives the same answers.
#[test]
fn cases_pass_with_their_apis_made_through_the_control_plane() {
    judged(suite::run_published, "tests/expected-differences.txt");
}

fn judged(run: fn(&[suite::CaseFile], &str) -> suite::Outcome, list: &str) {
    let files = suite::load(&folder());
    let filter = env::var("CASE").unwrap_or_default();
    let outcome = run(&files, &filter);
    let chosen = outcome.passed.len() + outcome.failed.len();
    assert!(chosen > 0 || !filter.is_empty(), "no case has {filter:?} in its path");
    let expected = fs::read_to_string(workspace().join(list)).unwrap_or_default();
    let (report, verdict) = match suite::judge(&outcome, &files, &expected) {
        Ok(report) => (report, true),
        Err(report) => (report, false),
    };
    // Written past the capture of the test runner: the totals are of interest when everything passes, too.
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("\n{report}").as_bytes()).unwrap();
    stdout.flush().unwrap();
    drop(stdout);
    assert!(verdict, "cases are not as {list} says; see the report above");
}
