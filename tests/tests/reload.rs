//! Changes of the configuration take effect, whole or not at all, without a failed request.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use edgewit_tests::binary::workspace;
use edgewit_tests::client::{self, exchange};
use edgewit_tests::fixture::{HOST, document, get, mock_api, mock_operation, proxy_api, serve};
use edgewit_tests::folder::Folder;
use edgewit_tests::metrics::Exposition;
use edgewit_tests::node::Node;
use edgewit_tests::origin::Origin;
use edgewit_tests::traffic::{Tally, Traffic};
use edgewit_tests::wait_until;
use serde_json::json;

const CLIENTS: usize = 4;

fn hello() -> String {
    format!("GET /dev/hello HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
}

fn wait_for_body(node: &Node, path: &str, body: &str) {
    let found = wait_until(|| (get(node.listen(), path).text() == body).then_some(()));
    assert!(
        found.is_some(),
        "{path} never answered {body:?}\n{}{}",
        node.stdout().text(),
        node.stderr().text()
    );
}

fn metrics(node: &Node) -> Exposition {
    Exposition::parse(&client::get(node.admin(), "localhost", "/metrics").unwrap().text()).unwrap()
}

/// Nothing failed, and every answer was one of `bodies`, each of which was seen.
fn assert_unharmed(tally: &Tally, bodies: &[&str]) {
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    let expected: Vec<_> = bodies.iter().map(|body| (200, (*body).to_owned())).collect();
    let seen: Vec<_> = tally.answers.keys().cloned().collect();
    assert_eq!(seen, expected, "{:?}", tally.answers);
}

#[test]
fn a_saved_document_takes_effect_under_traffic() {
    let (node, folder) = serve(&mock_api("a"));
    let traffic = Traffic::start(node.listen(), &hello(), CLIENTS);
    traffic.flow(100);
    // Written in place, then renamed over: both ways of saving.
    folder.write("apis/api.yaml", mock_api("b"));
    wait_for_body(&node, "/hello", "b");
    folder.replace("apis/api.yaml", mock_api("c"));
    wait_for_body(&node, "/hello", "c");
    traffic.flow(100);
    assert_unharmed(&traffic.stop(), &["a", "b", "c"]);
}

/// A folder with `real.yaml`, and a configuration folder whose document is a link to it: a change behind the link does
/// not touch the configuration folder.
fn linked() -> (Folder, Folder) {
    let elsewhere = Folder::new();
    elsewhere.write("real.yaml", mock_api("a"));
    let folder = Folder::new();
    fs::create_dir(folder.path().join("apis")).unwrap();
    symlink(elsewhere.path().join("real.yaml"), folder.path().join("apis/api.yaml")).unwrap();
    (elsewhere, folder)
}

#[test]
fn sighup_takes_up_what_has_changed_behind_a_link() {
    let (elsewhere, folder) = linked();
    let node = Node::start(folder.path());
    let traffic = Traffic::start(node.listen(), &hello(), CLIENTS);
    traffic.flow(100);
    elsewhere.write("real.yaml", mock_api("b"));
    node.signal("HUP");
    wait_for_body(&node, "/hello", "b");
    traffic.flow(100);
    assert_unharmed(&traffic.stop(), &["a", "b"]);
}

#[test]
fn a_folder_that_is_replaced_by_another_is_noticed() {
    let (node, folder) = serve(&mock_api("a"));
    let traffic = Traffic::start(node.listen(), &hello(), CLIENTS);
    traffic.flow(100);
    for (round, body) in ["b", "c"].into_iter().enumerate() {
        let old = folder.path().join(format!("apis.{round}"));
        folder.write("next/api.yaml", mock_api(body));
        fs::rename(folder.path().join("apis"), &old).unwrap();
        fs::rename(folder.path().join("next"), folder.path().join("apis")).unwrap();
        wait_for_body(&node, "/hello", body);
        traffic.flow(50);
        // What was moved away is watched no more, what has come is.
        fs::write(old.join("api.yaml"), mock_api("moved away")).unwrap();
        let edited = format!("{body} edited");
        folder.write("apis/api.yaml", mock_api(&edited));
        wait_for_body(&node, "/hello", &edited);
        traffic.flow(50);
    }
    assert_unharmed(&traffic.stop(), &["a", "b", "b edited", "c", "c edited"]);
}

/// Points a link at another target in one step, as Kubernetes and deployment tools do.
fn relink(link: &Path, target: &str) {
    let new = link.with_file_name("new~");
    symlink(target, &new).unwrap_or_else(|error| panic!("{}: {error}", new.display()));
    fs::rename(new, link).unwrap();
}

#[test]
fn a_link_that_is_pointed_elsewhere_is_noticed_wherever_it_is_on_the_way() {
    // A mounted ConfigMap: files are links through `..data`, which is swapped.
    let mounted = Folder::new();
    for (version, body) in [("..1", "a"), ("..2", "b"), ("..3", "c")] {
        mounted.write(&format!("apis/{version}/api.yaml"), mock_api(body));
    }
    relink(&mounted.path().join("apis/..data"), "..1");
    symlink("..data/api.yaml", mounted.path().join("apis/api.yaml")).unwrap();
    // A release: the configuration itself is a link.
    let released = Folder::new();
    for (version, body) in [("1", "a"), ("2", "b"), ("3", "c")] {
        released.write(&format!("{version}/apis/api.yaml"), mock_api(body));
    }
    relink(&released.path().join("current"), "1");
    for (conf, link, versions) in [
        (mounted.path().to_owned(), mounted.path().join("apis/..data"), ["..2", "..3"]),
        (released.path().join("current"), released.path().join("current"), ["2", "3"]),
    ] {
        let node = Node::start(&conf);
        let traffic = Traffic::start(node.listen(), &hello(), CLIENTS);
        wait_for_body(&node, "/hello", "a");
        for (version, body) in versions.into_iter().zip(["b", "c"]) {
            traffic.flow(50);
            relink(&link, version);
            wait_for_body(&node, "/hello", body);
        }
        traffic.flow(100);
        assert_unharmed(&traffic.stop(), &["a", "b", "c"]);
    }
}

#[test]
fn a_change_behind_a_link_is_noticed_without_a_signal() {
    let (elsewhere, folder) = linked();
    let node = Node::start(folder.path());
    for body in ["b", "c"] {
        elsewhere.write("real.yaml", mock_api(body));
        wait_for_body(&node, "/hello", body);
    }
}

#[test]
fn a_new_document_is_served_and_a_removed_one_is_not() {
    let (node, folder) = serve(&mock_api("a"));
    let other = "other.execute-api.us-east-1.localhost";
    let status = || client::get(node.listen(), other, "/dev/hello").unwrap().status;
    assert_eq!(status(), 403);
    folder.write("apis/other.yaml", mock_api("o"));
    assert!(wait_until(|| (status() == 200).then_some(())).is_some());
    fs::remove_file(folder.path().join("apis/other.yaml")).unwrap();
    assert!(wait_until(|| (status() == 403).then_some(())).is_some());
    assert_eq!(get(node.listen(), "/hello").text(), "a");
}

#[test]
fn changed_settings_take_effect() {
    let folder = Folder::with_api(&mock_api("a"));
    folder.write("edgewit.yaml", "stage: blue\n");
    let node = Node::start(folder.path());
    let status = |stage: &str| client::get(node.listen(), HOST, &format!("/{stage}/hello")).unwrap().status;
    assert_eq!((status("blue"), status("green")), (200, 403));
    folder.replace("edgewit.yaml", "stage: green\n");
    assert!(wait_until(|| (status("green") == 200).then_some(())).is_some());
    assert_eq!(status("blue"), 403);
}

#[test]
fn a_broken_change_is_refused_with_its_findings_and_the_old_generation_serves_on() {
    let (node, folder) = serve(&mock_api("a"));
    let before = metrics(&node);
    let traffic = Traffic::start(node.listen(), &hello(), CLIENTS);
    let generation = before.sum("edgewit_generation", &[]);
    for (round, (broken, place)) in [
        ("openapi: [\n", "apis/api.yaml:"),
        (mock_api("x").replace("\"mock\"", "\"no such type\"").as_str(), "apis/api.yaml:"),
    ]
    .into_iter()
    .enumerate()
    {
        let lines = (node.stdout().count(), node.stderr().count());
        folder.replace("apis/api.yaml", broken);
        let refused =
            |exposition: &Exposition| exposition.sum("edgewit_reloads_total", &[("result", "refused")]);
        wait_until(|| (refused(&metrics(&node)) > refused(&before) + round as f64).then_some(())).unwrap();
        let finding = || {
            let new = [node.stdout().since(lines.0), node.stderr().since(lines.1)].concat();
            new.into_iter().find(|line| line.contains(place) && line.contains("error["))
        };
        assert!(
            wait_until(finding).is_some(),
            "no finding\n{}{}",
            node.stdout().text(),
            node.stderr().text()
        );
        traffic.flow(50);
    }
    assert_eq!(metrics(&node).sum("edgewit_generation", &[]), generation);
    folder.replace("apis/api.yaml", mock_api("b"));
    wait_for_body(&node, "/hello", "b");
    assert!(metrics(&node).sum("edgewit_generation", &[]) > generation);
    assert_unharmed(&traffic.stop(), &["a", "b"]);
}

#[test]
fn half_of_a_change_is_never_seen() {
    let (node, folder) = serve(&mock_api("a"));
    let api = |body: &str| {
        document(
            "two",
            &json!({"/hello": {"get": mock_operation(body)}, "/there": {"get": mock_operation(body)}}),
        )
    };
    for round in 0..10 {
        let body = format!("round {round}");
        folder.replace("apis/api.yaml", api(&body));
        wait_for_body(&node, "/hello", &body);
        assert_eq!(get(node.listen(), "/there").text(), body);
    }
}

#[test]
fn a_request_in_flight_is_served_by_the_generation_it_began_with() {
    let slow =
        edgewit_tests::case::Answer { body: Some("old".to_owned()), delay_ms: 2_000, ..Default::default() };
    let origin = Origin::start(vec![slow]).unwrap();
    let (node, folder) = serve(&proxy_api(&origin.url()));
    let addr = node.listen();
    let in_flight = std::thread::spawn(move || get(addr, "/a"));
    wait_until(|| (!origin.received().is_empty()).then_some(())).unwrap();
    folder.write("apis/api.yaml", mock_api("new"));
    wait_for_body(&node, "/hello", "new");
    let response = in_flight.join().unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "old"));
}

/// A route behind an authorizer whose component is `plugins/authorizer.wasm`.
fn guarded() -> Folder {
    let mut operation = mock_operation("in");
    operation["security"] = json!([{"guard": []}]);
    let function = "arn:aws:lambda:us-east-1:000000000000:function:guard";
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
    let mut api: serde_json::Value =
        serde_json::from_str(&document("guarded", &json!({"/hello": {"get": operation}}))).unwrap();
    api["components"] = json!({"securitySchemes": {"guard": {
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": uri, "authorizerResultTtlInSeconds": 0},
    }}});
    let folder = Folder::with_api(&api.to_string());
    // `tokens` is read by one component, `behave` by the other.
    folder.write(
        "plugins.yaml",
        r#"{"plugins": {"guard": {"component": "plugins/authorizer.wasm",
            "config": {"tokens": "key allow alice", "behave": "deny"}}}}"#,
    );
    folder.write("functions.yaml", r#"{"functions": {"guard": {"plugin": "guard"}}}"#);
    folder.write("plugins/authorizer.wasm", component("token_authorizer"));
    folder
}

fn component(name: &str) -> Vec<u8> {
    let path = workspace().join(format!("plugins/prebuilt/{name}.wasm"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_changed_component_swaps_under_traffic_and_a_broken_one_does_not() {
    let folder = guarded();
    let node = Node::start(folder.path());
    let request = format!("GET /dev/hello HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: key\r\n\r\n");
    let status = || exchange(node.listen(), "GET", request.as_bytes()).unwrap().status;
    assert_eq!(status(), 200);
    let traffic = Traffic::start(node.listen(), &request, CLIENTS);
    traffic.flow(50);
    folder.replace("plugins/authorizer.wasm", component("misbehave"));
    wait_until(|| (status() == 403).then_some(())).expect("the new component denies");
    traffic.flow(50);
    for broken in [b"no component".to_vec(), component("wrong_world")] {
        let refused = || metrics(&node).sum("edgewit_reloads_total", &[("result", "refused")]);
        let before = refused();
        folder.replace("plugins/authorizer.wasm", broken);
        wait_until(|| (refused() > before).then_some(())).expect("the broken component is refused");
        node.wait_for_line("plugins.yaml:");
        assert_eq!(status(), 403);
    }
    folder.replace("plugins/authorizer.wasm", component("token_authorizer"));
    wait_until(|| (status() == 200).then_some(())).expect("the first component serves again");
    traffic.flow(50);
    let tally = traffic.stop();
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    let statuses: Vec<_> = tally.answers.keys().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 403], "{:?}", tally.answers);
}

#[test]
fn two_hundred_reloads_under_load_leave_memory_flat() {
    const ALLOWED_FACTOR: f64 = 1.3;
    const ALLOWED_KILOBYTES: f64 = 20.0 * 1024.0;
    let folder = guarded();
    // A second document of some size that changes each time; the guarded one goes through every reload with it.
    let api = |round: usize| {
        let paths =
            (0..200).map(|index| (format!("/hello{index}/{{id}}"), json!({"get": mock_operation("x")})));
        let mut paths: serde_json::Map<_, _> = paths.collect();
        paths.insert("/hello".to_owned(), json!({"get": mock_operation(&format!("round {round}"))}));
        document("many", &paths.into())
    };
    folder.write("apis/many.yaml", api(0));
    let node = Node::start(folder.path());
    let host = "many.execute-api.us-east-1.localhost";
    let request = format!("GET /dev/hello HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let traffic = Traffic::start(node.listen(), &request, CLIENTS);
    let mut after_20 = 0;
    for round in 1..=200 {
        folder.replace("apis/many.yaml", api(round));
        node.signal("HUP");
        let body = format!("round {round}");
        let taken = || (client::get(node.listen(), host, "/dev/hello").unwrap().text() == body).then_some(());
        wait_until(taken).unwrap_or_else(|| panic!("{body} never took effect\n{}", node.stderr().text()));
        if round == 20 {
            after_20 = node.resident_kilobytes();
        }
    }
    let after_200 = node.resident_kilobytes();
    let tally = traffic.stop();
    assert!(tally.failures.is_empty(), "{:?}", tally.failures);
    assert!(tally.answers.keys().all(|(status, _)| *status == 200), "{:?}", tally.answers);
    assert!(metrics(&node).sum("edgewit_reloads_total", &[("result", "applied")]) >= 200.0);
    let allowed = after_20 as f64 * ALLOWED_FACTOR + ALLOWED_KILOBYTES;
    assert!(after_200 as f64 <= allowed, "{after_20} kB after 20 reloads, {after_200} kB after 200");
}
