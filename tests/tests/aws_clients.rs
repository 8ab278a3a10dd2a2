//! Clients of AWS against the control plane of a node: boto3 and the AWS CLI with every operation, and the tests that
//! moto, which imitates API Gateway, has for itself.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::binary::workspace;
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Launch, Node};
use std::net::SocketAddr;
use std::process::Command;

/// The node that the clients find.
const NODE: &str = "account: \"123456789012\"\ncontrol_plane: true\n";

fn start(file: &str) -> (Node, Folder, Folder) {
    let (conf, data) = (Folder::new(), Folder::new());
    conf.write("edgewit.yaml", file);
    let node = Node::launch(conf.path(), &Launch::with_data(data.path().join("state"), &[]));
    (node.unwrap_or_else(|finished| panic!("{finished}")), conf, data)
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Runs a script of `tests/control`; what it says is told where it fails.
fn run(script: &str, args: &[&str]) {
    let output = Command::new("python3")
        .arg(workspace().join("tests/control").join(script))
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("python3: {error}; see bin/setup tests"));
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tests/control/{script} {}: {}\n{said}", args.join(" "), output.status);
}

#[test]
fn boto3_drives_every_operation() {
    let (node, _conf, _data) = start(NODE);
    run("run", &[&url(node.admin()), &url(node.listen()), "--", "-q"]);
}

#[test]
fn the_tests_of_moto_pass_but_for_those_listed() {
    let (node, _conf, _data) = start(NODE);
    run("moto/run", &[&url(node.admin())]);
}

#[test]
fn access_keys_and_their_policies_decide_who_may_do_what() {
    let (node, _conf, _data) = start(include_str!("../control/access.yaml"));
    run("access", &[&url(node.admin())]);
}
