//! Targets of VPC links that come and go.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use edgewit_tests::case::Answer;
use edgewit_tests::client;
use edgewit_tests::fixture::{document, get};
use edgewit_tests::folder::Folder;
use edgewit_tests::http1::Reader;
use edgewit_tests::metrics::Exposition;
use edgewit_tests::node::Node;
use edgewit_tests::origin::{Listener, Origin, read_request};
use edgewit_tests::wait_until;
use serde_json::json;

/// One route through the link `link`, HTTP_PROXY and streamed.
fn api() -> String {
    let integration = json!({
        "type": "http_proxy", "httpMethod": "GET", "uri": "http://shop.internal/",
        "connectionType": "VPC_LINK", "connectionId": "link",
    });
    document(
        "shop",
        &json!({"/": {"get": {"responses": {}, "x-amazon-apigateway-integration": integration}}}),
    )
}

fn node(link: &str) -> (Folder, Node) {
    let folder = Folder::with_api(&api());
    folder.write("edgewit.yaml", format!("access_log: {{format: 'off'}}\nvpc_links:\n  link: {link}\n"));
    let node = Node::start(folder.path());
    (folder, node)
}

fn up(node: &Node, target: &str) -> Option<f64> {
    let text = client::get(node.admin(), "localhost", "/metrics").unwrap().text();
    let found = Exposition::parse(&text).unwrap();
    let labels = [("link", "link"), ("target", target)];
    found.find("edgewit_vpc_link_target_up", &labels).next().map(|sample| sample.value)
}

/// A target whose `/health` answers with a status that can be changed; everything else is 200.
fn checked() -> (Listener, Arc<AtomicU16>) {
    let health = Arc::new(AtomicU16::new(200));
    let status = Arc::clone(&health);
    let listener = Listener::start(move |stream, _| {
        let mut reader = Reader::new(stream);
        while let Ok(received) = read_request(&mut reader) {
            let status = if received.target() == "/health" { status.load(Ordering::SeqCst) } else { 200 };
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 4\r\n\r\nsick");
            if reader.stream().write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    (listener.unwrap(), health)
}

#[test]
fn a_target_that_fails_its_checks_gets_no_requests_until_it_is_well_again() {
    let (sick, health) = checked();
    let well = Origin::saying("well").unwrap();
    let (sick_at, well_at) = (sick.addr().to_string(), well.authority());
    let check = "{path: /health, interval_ms: 20, healthy: 2, unhealthy: 2}";
    let (_folder, node) = node(&format!(
        "{{targets: [{{address: '{sick_at}'}}, {{address: '{well_at}'}}], health_check: {check}}}"
    ));
    let answers = |node: &Node| -> Vec<String> { (0..6).map(|_| get(node.listen(), "/").text()).collect() };
    assert_eq!(answers(&node).iter().filter(|body| *body == "well").count(), 3);
    health.store(500, Ordering::SeqCst);
    wait_until(|| (up(&node, &sick_at) == Some(0.0)).then_some(()))
        .expect("the target is noticed to be unhealthy");
    assert_eq!(up(&node, &well_at), Some(1.0));
    assert_eq!(answers(&node), ["well"; 6]);
    health.store(399, Ordering::SeqCst);
    wait_until(|| (up(&node, &sick_at) == Some(1.0)).then_some(()))
        .expect("the target is noticed to be well");
    assert_eq!(answers(&node).iter().filter(|body| *body == "well").count(), 3);
}

#[test]
fn a_target_that_keeps_failing_is_left_out_for_a_while() {
    let broken = Origin::start(vec![Answer { status: Some(503), ..Answer::default() }]).unwrap();
    let well = Origin::saying("well").unwrap();
    let (broken_at, well_at) = (broken.authority(), well.authority());
    let outlier = "{failures: 2, ejection_ms: 600000}";
    let (_folder, node) = node(&format!(
        "{{targets: [{{address: '{broken_at}'}}, {{address: '{well_at}'}}], outlier: {outlier}}}"
    ));
    let statuses: Vec<u16> = (0..10).map(|_| get(node.listen(), "/").status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 2, "{statuses:?}");
    assert_eq!((up(&node, &broken_at), up(&node, &well_at)), (Some(0.0), Some(1.0)));
    assert_eq!(broken.received().len(), 2);
}

#[test]
fn what_is_known_of_targets_outlives_a_reload() {
    let broken = Origin::start(vec![Answer { status: Some(503), ..Answer::default() }]).unwrap();
    let well = Origin::saying("well").unwrap();
    let broken_at = broken.authority();
    let targets = format!("[{{address: '{broken_at}'}}, {{address: '{}'}}]", well.authority());
    let (folder, node) =
        node(&format!("{{targets: {targets}, outlier: {{failures: 1, ejection_ms: 600000}}}}"));
    let statuses: Vec<u16> = (0..4).map(|_| get(node.listen(), "/").status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 1, "{statuses:?}");
    folder.replace("apis/api.yaml", api().replace("\"httpMethod\":\"GET\"", "\"httpMethod\":\"POST\""));
    node.signal("HUP");
    let changed = || {
        get(node.listen(), "/");
        well.received().last().filter(|last| last.method() == "POST").map(drop)
    };
    wait_until(changed).expect("the changed document serves");
    assert_eq!((broken.received().len(), up(&node, &broken_at)), (1, Some(0.0)));
}
