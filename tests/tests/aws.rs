//! Integrations with services of AWS, against servers that speak like them and check every signature.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use edgewit_tests::binary::workspace;
use edgewit_tests::example;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// `services.py serve`, which ends when its standard input does.
struct Services {
    process: Child,
    url: String,
    port: u64,
}

fn folder() -> PathBuf {
    workspace().join("tests/aws")
}

impl Services {
    fn start() -> Self {
        let mut command = Command::new("python3");
        command.arg(folder().join("services.py")).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("python3 must be there");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).expect("services.py says where it serves");
        let (url, port) = (said["url"].as_str().unwrap().to_owned(), said["port"].as_u64().unwrap());
        Self { process, url, port }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}

#[test]
fn calls_of_services_are_signed_and_have_their_effects() {
    let services = Services::start();
    let steps = fs::read_to_string(folder().join("steps.yaml")).unwrap();
    let mut tried = example::parse(&steps).unwrap_or_else(|error| panic!("steps.yaml: {error}"));
    tried.replace = BTreeMap::from([("${services}".to_owned(), services.url.clone())]);
    if let Some(report) = example::serve(&folder().join("conf"), &tried) {
        panic!("{report}");
    }
    let mut verify = Command::new("python3");
    verify.arg(folder().join("services.py")).args(["verify", &services.port.to_string()]);
    let output = verify.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
