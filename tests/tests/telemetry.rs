//! What an operator sees: metrics, health, access logs.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::Path;

use edgewit_tests::case::Answer;
use edgewit_tests::client::{self, exchange};
use edgewit_tests::fixture::{HOST, document, get, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::matcher::{Names, json_difference, matches};
use edgewit_tests::metrics::Exposition;
use edgewit_tests::node::Node;
use edgewit_tests::origin::Origin;
use edgewit_tests::wait_until;
use serde_json::{Value, json};

/// `/pets` is answered by the origin, `/hello` by the node.
fn api(origin: &str) -> String {
    let pets = json!({
        "responses": {},
        "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": format!("{origin}/pets")},
    });
    let hello = mock_operation("hello");
    document("shop", &json!({"/pets": {"get": pets}, "/hello": {"x-amazon-apigateway-any-method": hello}}))
}

fn admin(node: &Node, path: &str) -> client::Response {
    client::get(node.admin(), "localhost", path).unwrap()
}

fn metrics(node: &Node) -> Exposition {
    Exposition::parse(&admin(node, "/metrics").text()).unwrap()
}

fn status(status: u16) -> Answer {
    Answer { status: Some(status), body: Some("body".to_owned()), ..Answer::default() }
}

#[test]
fn requests_are_counted_by_api_stage_resource_method_and_status() {
    let origin = Origin::start(vec![status(200), status(200), status(404), status(500)]).unwrap();
    let folder = Folder::with_api(&api(&origin.url()));
    let node = Node::start(folder.path());
    for expected in [200, 200, 404, 500] {
        assert_eq!(get(node.listen(), "/pets").status, expected);
    }
    assert_eq!((get(node.listen(), "/hello").status, get(node.listen(), "/nowhere").status), (200, 403));
    let labels =
        |resource, method| [("api", "shop"), ("stage", "dev"), ("resource", resource), ("method", method)];
    let pets = labels("/pets", "GET");
    let hello = labels("/hello", "ANY");
    let nowhere = labels("-", "-");
    let total = |exposition: &Exposition, labels: &[(&str, &str)], status: &str| {
        exposition.sum("edgewit_requests_total", &[labels, &[("status", status)]].concat())
    };
    // A request is counted after its answer has left, so the last ones may take a moment.
    let done = || Some(metrics(&node)).filter(|found| found.sum("edgewit_requests_total", &[]) >= 6.0);
    let found = wait_until(done).unwrap_or_else(|| panic!("{}", admin(&node, "/metrics").text()));
    let counts = ["2xx", "4xx", "5xx"].map(|status| total(&found, &pets, status));
    assert_eq!(counts, [2.0, 1.0, 1.0], "{:?}", found.samples);
    assert_eq!(
        (total(&found, &hello, "2xx"), total(&found, &nowhere, "4xx")),
        (1.0, 1.0),
        "{:?}",
        found.samples
    );
    assert_eq!(found.sum("edgewit_requests_total", &[]), 6.0);
    assert_eq!(
        (found.sum("edgewit_errors_4xx_total", &pets), found.sum("edgewit_errors_5xx_total", &pets)),
        (1.0, 1.0)
    );
    assert_eq!(found.sum("edgewit_errors_4xx_total", &nowhere), 1.0);
    assert_eq!(
        (found.sum("edgewit_errors_4xx_total", &hello), found.sum("edgewit_errors_5xx_total", &hello)),
        (0.0, 0.0)
    );
}

#[test]
fn latencies_are_histograms_of_the_request_and_of_its_integration() {
    const DELAY_SECONDS: f64 = 0.2;
    let slow = Answer { delay_ms: 200, ..status(200) };
    let origin = Origin::start(vec![slow]).unwrap();
    let folder = Folder::with_api(&api(&origin.url()));
    let node = Node::start(folder.path());
    assert_eq!((get(node.listen(), "/pets").status, get(node.listen(), "/hello").status), (200, 200));
    let pets = [("api", "shop"), ("stage", "dev"), ("resource", "/pets"), ("method", "GET")];
    let hello = [("resource", "/hello")];
    let done = || {
        Some(metrics(&node)).filter(|found| found.sum("edgewit_request_duration_seconds_count", &[]) >= 2.0)
    };
    let found = wait_until(done).unwrap_or_else(|| panic!("{}", admin(&node, "/metrics").text()));
    for name in ["edgewit_request_duration_seconds", "edgewit_integration_duration_seconds"] {
        assert_eq!(found.types.get(name).map(String::as_str), Some("histogram"), "{name}");
        assert_eq!(found.sum(&format!("{name}_count"), &pets), 1.0, "{name}");
        let sum = found.sum(&format!("{name}_sum"), &pets);
        assert!((DELAY_SECONDS..DELAY_SECONDS * 100.0).contains(&sum), "{name} {sum}");
        let bucket =
            |bound: &str| found.sum(&format!("{name}_bucket"), &[&pets[..], &[("le", bound)]].concat());
        assert_eq!(bucket("+Inf"), 1.0, "{name}");
        let mut bounds: Vec<f64> = Vec::new();
        for sample in found.find(&format!("{name}_bucket"), &pets) {
            let bound = &sample.labels["le"];
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
            assert_eq!(sample.value, if bound >= sum { 1.0 } else { 0.0 }, "{name} le {bound}");
            bounds.push(bound);
        }
        assert!(bounds.is_sorted() && bounds.len() > 5, "{bounds:?}");
    }
    assert_eq!(found.sum("edgewit_request_duration_seconds_count", &hello), 1.0);
    // A MOCK calls nobody.
    assert_eq!(found.sum("edgewit_integration_duration_seconds_count", &hello), 0.0);
}

#[test]
fn every_named_series_is_exposed_with_its_type() {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    let node = Node::start(folder.path());
    assert_eq!(get(node.listen(), "/hello").status, 200);
    let done = || Some(metrics(&node)).filter(|found| found.sum("edgewit_requests_total", &[]) >= 1.0);
    let found = wait_until(done).unwrap();
    for (name, kind) in [
        ("edgewit_requests", "counter"),
        ("edgewit_errors_4xx", "counter"),
        ("edgewit_errors_5xx", "counter"),
        ("edgewit_request_duration_seconds", "histogram"),
        ("edgewit_integration_duration_seconds", "histogram"),
        ("edgewit_plugin_duration_seconds", "histogram"),
        ("edgewit_refused", "counter"),
        ("edgewit_reloads", "counter"),
        ("edgewit_generation", "gauge"),
    ] {
        assert_eq!(found.types.get(name).map(String::as_str), Some(kind), "{name}\n{:?}", found.types);
    }
    assert!(found.sum("edgewit_generation", &[]) >= 1.0);
    let reloads = |result| {
        found.find("edgewit_reloads_total", &[("result", result)]).map(|s| s.value).collect::<Vec<_>>()
    };
    assert_eq!((reloads("applied"), reloads("refused")), (vec![1.0], vec![0.0]));
    let response = admin(&node, "/metrics");
    assert_eq!(response.status, 200);
    let content_type = response.header("content-type").unwrap();
    assert!(
        content_type.starts_with("application/openmetrics-text") || content_type.starts_with("text/plain"),
        "{content_type}"
    );
}

#[test]
fn refused_requests_are_counted_by_reason() {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    let node = Node::start(folder.path());
    assert_eq!(exchange(node.listen(), "GET", b"GET / HTTP/1.1\r\n\r\n").unwrap().status, 400);
    let counted =
        || (metrics(&node).sum("edgewit_refused_total", &[("reason", "malformed")]) == 1.0).then_some(());
    assert!(wait_until(counted).is_some(), "{}", admin(&node, "/metrics").text());
}

#[test]
fn health_is_200_with_json() {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    let node = Node::start(folder.path());
    let response = admin(&node, "/edgewit/health");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    let health: Value = serde_json::from_str(&response.text()).unwrap();
    assert!(health.as_object().is_some_and(|members| !members.is_empty()), "{health}");
    assert_eq!(admin(&node, "/nowhere").status, 404);
    // Neither is reachable where clients are.
    for path in ["/metrics", "/edgewit/health"] {
        assert_eq!(client::get(node.listen(), HOST, path).unwrap().status, 403, "{path}");
    }
}

/// The access-log line of one request for `/hello?x=1`, written in `format`.
fn line_in(format: &str) -> String {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    folder.write("edgewit.yaml", json!({"access_log": {"format": format, "path": "access.log"}}).to_string());
    let node = Node::start(folder.path());
    let request = format!("GET /dev/hello?x=1 HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: test/1 \"q\"\r\n\r\n");
    assert_eq!(exchange(node.listen(), "GET", request.as_bytes()).unwrap().status, 200);
    let log = folder.path().join("access.log");
    let written = || fs::read_to_string(&log).ok().filter(|text| text.ends_with('\n'));
    let text = wait_until(written).unwrap_or_else(|| panic!("no line in {}", log.display()));
    text.strip_suffix('\n').unwrap().to_owned()
}

#[test]
fn the_named_formats_have_the_fields_of_the_console() {
    let names = Names::default();
    for (format, expected) in [
        ("clf", r#"127.0.0.1 - - [<clf-date>]"GET /hello HTTP/1.1" 200 5 <uuid> <extended-id>"#),
        ("csv", "127.0.0.1,-,-,<clf-date>,GET,/hello,HTTP/1.1,200,5,<uuid>,<extended-id>"),
        (
            "xml",
            "<request id=\"<uuid>\"><ip>127.0.0.1</ip><caller>-</caller><user>-</user>\
             <requestTime><clf-date></requestTime><httpMethod>GET</httpMethod><resourcePath>/hello</resourcePath>\
             <status>200</status><protocol>HTTP/1.1</protocol><responseLength>5</responseLength>\
             <extendedRequestId><extended-id></extendedRequestId></request>",
        ),
    ] {
        let line = line_in(format);
        assert!(matches(expected, &line, &names), "{format}: {line}");
    }
    let line = line_in("json");
    let expected = json!({
        "requestId": "<uuid>", "extendedRequestId": "<extended-id>", "ip": "127.0.0.1", "caller": "-", "user": "-",
        "requestTime": "<clf-date>", "httpMethod": "GET", "resourcePath": "/hello", "status": "200",
        "protocol": "HTTP/1.1", "responseLength": "5",
    });
    let found = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(json_difference(&expected, &found, &names), None, "{line}");
}

#[test]
fn a_format_of_ones_own_is_filled_in() {
    let format = "$context.requestId $context.stage $context.path $context.apiId $context.resourcePath \
                  $context.status $context.responseLatency $context.integrationLatency $context.error.message \
                  $context.identity.userAgent $context.requestTimeEpoch $context.accountId $context.domainName end";
    let expected = format!(
        "<uuid> dev /dev/hello api /hello 200 <int> - - test/1 <any>q<any> <int> 000000000000 {HOST} end"
    );
    let line = line_in(format);
    assert!(matches(&expected, &line, &Names::default()), "{line}");
}

#[test]
fn a_refusal_is_logged_with_its_type() {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    let format = "$context.requestId|$context.status|$context.error.message|$context.error.messageString|$context.error.responseType|$context.resourcePath";
    folder.write("edgewit.yaml", json!({"access_log": {"format": format}}).to_string());
    let node = Node::start(folder.path());
    assert_eq!(get(node.listen(), "/nowhere").status, 403);
    let expected = "<uuid>|403|Missing Authentication Token|\"Missing Authentication Token\"|MISSING_AUTHENTICATION_TOKEN|<any>";
    // Without a path the log goes to standard output.
    let written =
        || node.stdout().all().iter().any(|line| matches(expected, line, &Names::default())).then_some(());
    assert!(wait_until(written).is_some(), "{}", node.stdout().text());
}

#[test]
fn an_access_log_that_is_off_writes_nothing() {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    folder.write("edgewit.yaml", json!({"access_log": {"format": "off", "path": "access.log"}}).to_string());
    let node = Node::start(folder.path());
    assert_eq!(get(node.listen(), "/hello").status, 200);
    // The log is complete once the node has ended.
    node.signal("TERM");
    assert_eq!(node.wait().code(), Some(0));
    let text = fs::read_to_string(folder.path().join("access.log")).unwrap_or_default();
    assert_eq!(text, "");
}

#[test]
fn every_request_has_its_line_when_the_node_has_ended() {
    const REQUESTS: usize = 200;
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    folder.write("edgewit.yaml", json!({"access_log": {"format": "clf", "path": "access.log"}}).to_string());
    let node = Node::start(folder.path());
    for _ in 0..REQUESTS {
        assert_eq!(get(node.listen(), "/hello").status, 200);
    }
    node.signal("TERM");
    assert_eq!(node.wait().code(), Some(0));
    let text = fs::read_to_string(folder.path().join("access.log")).unwrap();
    assert_eq!(text.lines().count(), REQUESTS);
}

#[test]
fn a_log_that_was_moved_away_is_opened_anew_at_sighup_and_no_line_is_lost() {
    let folder = Folder::with_api(&api("http://127.0.0.1:1"));
    let format = "$context.requestId $context.identity.userAgent";
    folder.write("edgewit.yaml", json!({"access_log": {"format": format, "path": "access.log"}}).to_string());
    let node = Node::start(folder.path());
    let (log, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let agents = |log: &Path| -> Vec<usize> {
        let text = fs::read_to_string(log).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        whole.map(|line| line.split_once(' ').unwrap().1.parse().unwrap()).collect()
    };
    let mut sent = 0;
    let mut request = || {
        let request = format!("GET /dev/hello HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {sent}\r\n\r\n");
        assert_eq!(exchange(node.listen(), "GET", request.as_bytes()).unwrap().status, 200);
        sent += 1;
        sent
    };
    for _ in 0..10 {
        request();
    }
    assert!(wait_until(|| (agents(&log).len() == 10).then_some(())).is_some());
    fs::rename(&log, &moved).unwrap();
    // Until it is told, the node writes where it did.
    request();
    assert!(wait_until(|| (agents(&moved).len() == 11).then_some(())).is_some());
    assert!(!log.exists());
    node.signal("HUP");
    let sent = wait_until(|| Some(request()).filter(|_| !agents(&log).is_empty())).unwrap();
    let all = || [agents(&moved), agents(&log)].concat();
    assert!(wait_until(|| (all().len() == sent).then_some(())).is_some(), "{:?} of {sent}", all());
    // Two workers may finish two requests in either order, but each line is there once.
    let mut lines = all();
    lines.sort_unstable();
    assert_eq!(lines, (0..sent).collect::<Vec<_>>());
    let kept = agents(&moved);
    node.signal("TERM");
    assert_eq!(node.wait().code(), Some(0));
    assert_eq!(agents(&moved), kept);
}
