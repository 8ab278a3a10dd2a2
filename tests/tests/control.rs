//! The control plane and the data plane together: what is published is served, what is acknowledged stays.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::admin::Admin;
use edgewit_tests::client::{Response, exchange, get};
use edgewit_tests::fixture::{document, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Finished, Launch, Node};
use edgewit_tests::traffic::Traffic;
use edgewit_tests::wait_until;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A configuration folder whose APIs are made through the control plane.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("edgewit.yaml", "control_plane: true\n");
    folder
}

fn launch(folder: &Folder, data: &Folder, more: &[&str]) -> Result<Node, Finished> {
    Node::launch(folder.path(), &Launch::with_data(data.path().join("state"), more))
}

fn start(folder: &Folder, data: &Folder) -> Node {
    launch(folder, data, &[]).unwrap_or_else(|finished| panic!("{finished}"))
}

fn called(node: &Node, api: &str, stage: &str) -> Response {
    let target = format!("/restapis/{api}/{stage}/_user_request_/");
    get(node.listen(), "localhost", &target).unwrap_or_else(|error| panic!("{target}: {error}"))
}

#[test]
fn what_is_published_answers_the_next_request() {
    let (folder, data) = (folder(), Folder::new());
    let node = start(&folder, &data);
    let admin = Admin(node.admin());
    let api = admin.api("pets", "one");
    assert_eq!(called(&node, &api, "dev").status, 403);
    let first = admin.deploy(&api, "dev");
    assert_eq!(called(&node, &api, "dev").text(), "one");

    // A definition is not served before it is deployed.
    admin.answer(&api, "pets", "two");
    assert_eq!(called(&node, &api, "dev").text(), "one");
    admin.deploy(&api, "dev");
    assert_eq!(called(&node, &api, "dev").text(), "two");

    // Settings of a stage take effect without a deployment; back is a change of the stage too.
    let stage = format!("/restapis/{api}/stages/dev");
    let patch = |operations: Value| admin.ok("PATCH", &stage, &json!({"patchOperations": operations}));
    patch(json!([{"op": "replace", "path": "/variables/v", "value": "-v"}]));
    assert_eq!(called(&node, &api, "dev").text(), "two-v");
    patch(json!([{"op": "replace", "path": "/deploymentId", "value": first}]));
    assert_eq!(called(&node, &api, "dev").text(), "one-v");

    // On its own host as well, and no longer once the stage is gone.
    let host = format!("{api}.execute-api.us-east-1.localhost");
    assert_eq!(get(node.listen(), &host, "/dev/").unwrap().text(), "one-v");
    admin.ok("DELETE", &stage, &Value::Null);
    assert_eq!(get(node.listen(), &host, "/dev/").unwrap().status, 403);
}

#[test]
fn a_canary_takes_its_part_of_the_traffic() {
    let (folder, data) = (folder(), Folder::new());
    let node = start(&folder, &data);
    let admin = Admin(node.admin());
    let api = admin.api("pets", "stable");
    admin.deploy(&api, "prod");
    admin.answer(&api, "pets", "canary");
    let canary = json!({"percentTraffic": 50.0, "stageVariableOverrides": {"v": "-c"}});
    admin.ok(
        "POST",
        &format!("/restapis/{api}/deployments"),
        &json!({"stageName": "prod", "canarySettings": canary}),
    );
    let answers =
        |count| (0..count).map(|_| called(&node, &api, "prod").text()).collect::<BTreeSet<String>>();
    // One of the two is missed by two hundred draws about once in 10^60 runs.
    assert_eq!(answers(200), BTreeSet::from(["stable".to_owned(), "canary-c".to_owned()]));
    let stage = format!("/restapis/{api}/stages/prod");
    let percent = |percent: &str| {
        let operation = json!({"op": "replace", "path": "/canarySettings/percentTraffic", "value": percent});
        admin.ok("PATCH", &stage, &json!({"patchOperations": [operation]}));
    };
    percent("100.0");
    assert_eq!(answers(50), BTreeSet::from(["canary-c".to_owned()]));
    percent("0.0");
    assert_eq!(answers(50), BTreeSet::from(["stable".to_owned()]));
    let promoted = json!([
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "remove", "path": "/canarySettings"},
    ]);
    admin.ok("PATCH", &stage, &json!({"patchOperations": promoted}));
    assert_eq!(answers(50), BTreeSet::from(["canary-c".to_owned()]));
}

#[test]
fn deployments_disturb_no_request() {
    const DEPLOYMENTS: usize = 40;
    let (folder, data) = (folder(), Folder::new());
    let node = start(&folder, &data);
    let admin = Admin(node.admin());
    let api = admin.api("pets", "answer-0");
    admin.deploy(&api, "dev");
    let request = format!("GET /restapis/{api}/dev/_user_request_/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let traffic = Traffic::start(node.listen(), &request, 4);
    for number in 1..=DEPLOYMENTS {
        traffic.flow(4);
        admin.answer(&api, "pets", &format!("answer-{number}"));
        admin.deploy(&api, "dev");
        let answer = called(&node, &api, "dev");
        assert_eq!((answer.status, answer.text()), (200, format!("answer-{number}")));
    }
    let tally = traffic.stop();
    assert_eq!(tally.failures, Vec::<String>::new());
    let known: BTreeSet<String> = (0..=DEPLOYMENTS).map(|number| format!("answer-{number}")).collect();
    for (status, body) in tally.answers.keys() {
        assert!(*status == 200 && known.contains(body), "{status} {body}");
    }
}

#[test]
fn what_was_acknowledged_survives_the_end_of_the_process() {
    let (folder, data) = (folder(), Folder::new());
    let mut known: Vec<(String, String)> = Vec::new();
    for round in 0..3 {
        let node = start(&folder, &data);
        let admin = Admin(node.admin());
        let listed = admin.ok("GET", "/restapis?limit=500", &Value::Null);
        let listed: BTreeSet<&str> =
            listed["item"].as_array().unwrap().iter().filter_map(|api| api["id"].as_str()).collect();
        assert_eq!(listed, known.iter().map(|(api, _)| api.as_str()).collect());
        for (api, text) in &known {
            assert_eq!(called(&node, api, "dev").text(), *text);
        }
        let address = node.admin();
        let made = Arc::new(Mutex::new(Vec::new()));
        let acknowledged = Arc::clone(&made);
        let writer = thread::spawn(move || {
            // Until the node is gone.
            for number in 0.. {
                let text = format!("{round}-{number}");
                let one = std::panic::catch_unwind(|| {
                    let admin = Admin(address);
                    let api = admin.api(&text, &text);
                    admin.deploy(&api, "dev");
                    (api, text.clone())
                });
                match one {
                    Ok(one) => acknowledged.lock().unwrap().push(one),
                    Err(_gone) => return,
                }
            }
        });
        let some = wait_until(|| (made.lock().unwrap().len() >= 3 + round).then_some(()));
        assert!(some.is_some(), "nothing is acknowledged");
        node.signal("KILL");
        writer.join().unwrap();
        let made = std::mem::take(&mut *made.lock().unwrap());
        known.extend(made);
        drop(node);
        // An API whose deployment was not acknowledged may be there, or not.
        let node = start(&folder, &data);
        let admin = Admin(node.admin());
        let listed = admin.ok("GET", "/restapis?limit=500", &Value::Null);
        for api in listed["item"].as_array().unwrap() {
            let id = api["id"].as_str().unwrap();
            if !known.iter().any(|(known, _)| known == id) {
                admin.ok("DELETE", &format!("/restapis/{id}"), &Value::Null);
            }
        }
    }
}

#[test]
fn apis_of_files_are_shown_and_cannot_be_changed() {
    let (folder, data) =
        (Folder::with_api(&document("files", &json!({"/": {"get": mock_operation("in")}}))), Folder::new());
    let node = start(&folder, &data);
    let admin = Admin(node.admin());
    let listed = admin.ok("GET", "/restapis", &Value::Null);
    let id = listed["item"][0]["id"].as_str().unwrap().to_owned();
    let stages = admin.ok("GET", &format!("/restapis/{id}/stages"), &Value::Null);
    let stage = stages["item"][0]["stageName"].as_str().unwrap().to_owned();
    let resources = admin.ok("GET", &format!("/restapis/{id}/resources?embed=methods"), &Value::Null);
    assert!(resources["item"].as_array().unwrap().iter().any(|it| it.get("resourceMethods").is_some()));
    for (method, target, body) in [
        ("DELETE", format!("/restapis/{id}"), Value::Null),
        (
            "PATCH",
            format!("/restapis/{id}"),
            json!({"patchOperations": [{"op": "replace", "path": "/name", "value": "x"}]}),
        ),
        ("PUT", format!("/restapis/{id}?mode=overwrite"), edgewit_tests::admin::document("x", "x")),
        ("POST", format!("/restapis/{id}/deployments"), json!({"stageName": "other"})),
        (
            "POST",
            format!("/restapis/{id}/models"),
            json!({"name": "Pet", "contentType": "application/json", "schema": "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}"}),
        ),
        ("DELETE", format!("/restapis/{id}/stages/{stage}"), Value::Null),
    ] {
        let refused = admin.send(method, &target, &body);
        let said: Value = serde_json::from_str(&refused.text()).unwrap();
        assert_eq!(
            (refused.status, refused.header("x-amzn-errortype")),
            (400, Some("BadRequestException")),
            "{method} {target} {said}"
        );
        let said = said["message"].as_str().unwrap();
        assert!(said.starts_with("This is defined by apis/"), "{method} {target}: {said}");
    }
    assert_eq!(admin.ok("GET", "/restapis", &Value::Null), listed);
}

#[test]
fn two_nodes_do_not_share_a_data_folder() {
    let (folder, data) = (folder(), Folder::new());
    let _node = start(&folder, &data);
    let finished = launch(&folder, &data, &[]).err().unwrap();
    assert_eq!(finished.code, Some(3), "{finished}");
    assert!(finished.stderr.contains("state.redb is in use by another process"), "{finished}");
}

#[test]
fn pages_of_browsers_are_refused() {
    let (folder, data) = (folder(), Folder::new());
    let node = start(&folder, &data);
    for more in ["Origin: https://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n", ""] {
        let host = if more.is_empty() { "evil.example" } else { "localhost" };
        let request = format!(
            "POST /restapis HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 12\r\n\r\n{{\"name\":\"x\"}}"
        );
        let refused = exchange(node.admin(), "POST", request.as_bytes()).unwrap();
        assert_eq!(refused.status, 403, "{more}{}", refused.text());
    }
    let listed = Admin(node.admin()).ok("GET", "/restapis", &Value::Null);
    assert_eq!(listed, json!({"item": []}));
}

#[test]
fn every_change_is_in_the_audit_log() {
    let (folder, data) = (folder(), Folder::new());
    let node = start(&folder, &data);
    let admin = Admin(node.admin());
    let api = admin.api("pets", "one");
    admin.ok(
        "PATCH",
        &format!("/restapis/{api}"),
        &json!({"patchOperations": [{"op": "replace", "path": "/name", "value": "dogs"}]}),
    );
    admin.send("DELETE", "/restapis/unknown", &Value::Null);
    let key = admin.ok("POST", "/apikeys", &json!({"name": "k", "value": "a-secret-that-nobody-sees"}));
    let log = admin.ok("GET", "/edgewit/audit", &Value::Null);
    let lines = log["lines"].as_array().unwrap();
    let told: Vec<&str> = lines.iter().filter_map(|line| line["entry"]["operation"].as_str()).collect();
    assert_eq!(told, ["ImportRestApi", "UpdateRestApi", "CreateApiKey"]);
    assert_eq!(
        lines[1]["entry"]["records"],
        json!([{"record": format!("restapis/{api}"), "changes": [{"path": "/name", "before": "pets", "after": "dogs"}]}])
    );
    assert_eq!(lines[1]["entry"]["who"], json!({"name": null, "accessKeyId": null, "address": "127.0.0.1"}));
    assert!(key["value"].as_str().is_some() && !log.to_string().contains("a-secret-that-nobody-sees"));
    let rest = admin.ok("GET", &format!("/edgewit/audit?after={}", lines[1]["line"]), &Value::Null);
    assert_eq!(rest["lines"], json!([lines[2]]));
}

#[test]
fn templates_are_rendered_the_same_once_they_are_fast() {
    let (folder, data) = (folder(), Folder::new());
    let node = start(&folder, &data);
    let admin = Admin(node.admin());
    let api = admin.api("pets", "#set($a = 3)${a}-$context.httpMethod");
    admin.deploy(&api, "dev");
    for _ in 0..60 {
        assert_eq!(called(&node, &api, "dev").text(), "3-GET");
        thread::sleep(Duration::from_millis(100));
    }
}
