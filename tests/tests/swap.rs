//! Plugins change under traffic: every answer is of one version that served just then, a broken one changes nothing,
//! and an operator can go back.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use edgewit_tests::binary::workspace;
use edgewit_tests::client::{self, Connection, Response, exchange};
use edgewit_tests::fixture::{HOST, assert_headers, document, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::Node;
use edgewit_tests::wait_until;
use serde_json::{Value, json};

const COMPONENT: &str = "plugins/guard.wasm";
const CLIENTS: usize = 4;
const SWAPS: usize = 200;
/// Far more than a request may take on a busy machine while plugins are compiled beside it.
const LATE: Duration = edgewit_tests::PATIENCE;
/// How often a report is waited for with that patience: a busy machine takes its time to compile.
const WAITS: usize = 6;

fn prebuilt(name: &str) -> Vec<u8> {
    let path = workspace().join(format!("plugins/prebuilt/{name}.wasm"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The guest `versioned` with these sixteen bytes as its version.
fn versioned(version: &str) -> Vec<u8> {
    const MARK: &[u8] = b"version:00000000";
    let mut bytes = prebuilt("versioned");
    let places: Vec<usize> =
        (0..bytes.len() - MARK.len()).filter(|at| &bytes[*at..*at + MARK.len()] == MARK).collect();
    assert_eq!((places.len(), version.len()), (1, MARK.len()), "{version}");
    bytes[places[0]..places[0] + MARK.len()].copy_from_slice(version.as_bytes());
    bytes
}

fn number(number: usize) -> String {
    format!("version:{number:08}")
}

/// What a version answers: its own name and its configuration, each as it is now and as `configure` saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    version: String,
    configuration: String,
}

impl State {
    fn new(version: usize, configuration: usize) -> Self {
        Self { version: number(version), configuration: format!("configuration {configuration}") }
    }

    /// The whole answer of this state, and of no other.
    fn assert(&self, response: &Response) {
        assert_eq!((response.status, response.text().as_str()), (200, "in"));
        assert_headers(
            response,
            &[
                ("content-type", "application/json"),
                ("content-length", "2"),
                ("date", "<date>"),
                ("x-amzn-requestid", "<uuid>"),
                ("x-amz-apigw-id", "<extended-id>"),
                ("x-version", &self.version),
                ("x-at-deployment", &self.version),
                ("x-configuration", &self.configuration),
                ("x-configured", &self.configuration),
            ],
        );
    }
}

/// A folder whose route `/hello` answers with what its authorizer says.
fn folder(component: &[u8]) -> Folder {
    let headers = [
        ("X-Version", "version"),
        ("X-At-Deployment", "atDeployment"),
        ("X-Configuration", "configuration"),
        ("X-Configured", "configured"),
    ];
    let mut operation = mock_operation("in");
    operation["security"] = json!([{"guard": []}]);
    for (name, key) in headers {
        operation["responses"]["200"]["headers"][name] = json!({"schema": {"type": "string"}});
        operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
            [format!("method.response.header.{name}")] = json!(format!("context.authorizer.{key}"));
    }
    let function = "arn:aws:lambda:us-east-1:000000000000:function:guard";
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
    let paths = json!({"/hello": {"get": operation}});
    let mut api: Value = serde_json::from_str(&document("swapped", &paths)).unwrap();
    api["components"] = json!({"securitySchemes": {"guard": {
        "type": "apiKey", "name": "Unused", "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request", "authorizerUri": uri, "authorizerResultTtlInSeconds": 0,
        },
    }}});
    let folder = Folder::with_api(&api.to_string());
    folder.write("edgewit.yaml", r#"{"access_log": {"format": "off"}, "threads": 2}"#);
    folder.write("plugins.yaml", plugins(0));
    folder.write("functions.yaml", r#"{"functions": {"guard": {"plugin": "guard"}}}"#);
    folder.write(COMPONENT, component);
    folder
}

fn plugins(configuration: usize) -> String {
    let config = json!({"configuration": format!("configuration {configuration}")});
    json!({"plugins": {"guard": {"component": COMPONENT, "config": config, "limits": {"wall_ms": 30000}}}})
        .to_string()
}

/// What clients and the swapping test know of each other.
#[derive(Default)]
struct Shared {
    /// Every state that was deployed, in order.
    states: Mutex<Vec<State>>,
    /// Index of the last state whose files were begun to be written.
    begun: AtomicUsize,
    /// Index of the last state that the node said it serves.
    serves: AtomicUsize,
    stop: AtomicBool,
}

/// What one client saw.
#[derive(Debug, Default)]
struct Seen {
    answers: BTreeMap<usize, u64>,
    longest: Duration,
    wrong: Vec<String>,
}

fn client(addr: SocketAddr, shared: Arc<Shared>) -> JoinHandle<Seen> {
    thread::spawn(move || {
        let request = format!("GET /dev/hello HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
        let mut seen = Seen::default();
        let mut connection = None;
        let mut last = 0;
        while !shared.stop.load(Ordering::SeqCst) && seen.wrong.len() < 5 {
            let at_least = shared.serves.load(Ordering::SeqCst).max(last);
            let began = Instant::now();
            let mut open: Connection = match connection.take() {
                Some(open) => open,
                None => Connection::open(addr).unwrap(),
            };
            let answer = open.send(request.as_bytes()).map_err(|error| error.to_string());
            let answer = answer.and_then(|()| open.read("GET").map_err(|error| error.to_string()));
            seen.longest = seen.longest.max(began.elapsed());
            let at_most = shared.begun.load(Ordering::SeqCst);
            match answer.and_then(|response| state(&response, &shared)) {
                Ok(index) if (at_least..=at_most).contains(&index) => {
                    *seen.answers.entry(index).or_default() += 1;
                    last = index;
                    connection = Some(open);
                }
                Ok(index) => seen.wrong.push(format!("state {index}, expected {at_least} to {at_most}")),
                Err(error) => seen.wrong.push(error),
            }
            thread::sleep(Duration::from_millis(2));
        }
        seen
    })
}

/// Which state answered; an error when it is none, or a mixture.
fn state(response: &Response, shared: &Shared) -> Result<usize, String> {
    let header = |name| response.header(name).unwrap_or("-");
    let all =
        [header("x-version"), header("x-at-deployment"), header("x-configuration"), header("x-configured")];
    let states = shared.states.lock().unwrap();
    let whole = |state: &State| {
        all == [&*state.version, &*state.version, &*state.configuration, &*state.configuration]
    };
    let found = states.iter().rposition(whole);
    let right =
        response.status == 200 && response.text() == "in" && response.header("connection") != Some("close");
    found.filter(|_| right).ok_or_else(|| format!("{} {all:?} {}", response.head.start_line, response.text()))
}

/// Lines that tell about reloads, with the findings behind them.
fn reports(node: &Node) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    for line in node.stderr().all() {
        if line.starts_with("reloaded: ") || line.starts_with("refused: ") {
            all.push(vec![line]);
        } else if let Some(last) = all.last_mut() {
            last.push(line);
        }
    }
    all
}

/// Waits for report number `count`, whole.
fn report(node: &Node, count: usize) -> Vec<String> {
    let look = || {
        let found = reports(node).get(count - 1).cloned()?;
        // The finding of a refusal is a line of its own, and comes right behind it.
        (found[0].starts_with("reloaded: ") || found.len() > 1).then_some(found)
    };
    let found = (0..WAITS).find_map(|_| wait_until(look));
    found.unwrap_or_else(|| panic!("no report {count}\n{}", node.stderr().text()))
}

fn broken(round: usize) -> (Vec<u8>, String) {
    let text = |message: &str| format!("plugin `guard`: component {COMPONENT}: {message}");
    match round % 4 {
        0 => (
            format!("#!/bin/sh {round}").into_bytes(),
            text(r"not WebAssembly: the file begins with `#!/b`, expected `\0asm`"),
        ),
        1 => {
            let mut bytes = prebuilt("wrong_world");
            // An empty custom section with a name of its own: other bytes each time.
            let name = format!("{round:06}");
            bytes.extend([0, 7, 6]);
            bytes.extend(name.as_bytes());
            let expected = "exports greet, expected one of edgewit:plugin/authorize@0.1.0, rewrite, inspect, handle, \
                            or wasi:http/incoming-handler@0.2";
            (bytes, text(expected))
        }
        2 => {
            let version = format!("refuse:{round:09}");
            let message = text(&format!("refuses its configuration: told to: {version}"));
            (versioned(&version), message)
        }
        _ => {
            let mut bytes = versioned(&number(round));
            bytes.truncate(bytes.len() / 2 + round);
            (bytes, text("the component does not compile: "))
        }
    }
}

#[test]
fn two_hundred_swaps_under_traffic_fail_mix_and_delay_nothing() {
    const ALLOWED_FACTOR: f64 = 1.3;
    const ALLOWED_KILOBYTES: f64 = 20.0 * 1024.0;
    let shared = Arc::new(Shared::default());
    shared.states.lock().unwrap().push(State::new(0, 0));
    let folder = folder(&versioned(&number(0)));
    let node = Node::start(folder.path());
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| client(node.listen(), Arc::clone(&shared))).collect();
    let (mut version, mut configuration, mut generation, mut count) = (0, 0, 1, 0);
    let mut after_40 = 0;
    for round in 1..=SWAPS {
        if round % 2 == 0 {
            let (bytes, finding) = broken(round / 2);
            folder.replace(COMPONENT, bytes);
            count += 1;
            let report = report(&node, count);
            let refused = format!("refused: {COMPONENT}; 1 error, generation {generation} serves on");
            let expected = format!("  plugins.yaml:1:21: error[component-invalid]: {finding}");
            assert_eq!((report.len(), &*report[0]), (2, &*refused), "{report:?}");
            assert!(report[1].starts_with(&expected), "{report:?}");
            continue;
        }
        let component = (COMPONENT, versioned(&number(round)));
        let configured = ("plugins.yaml", plugins(round).into_bytes());
        // A good component, and now and then another configuration for it.
        for (file, bytes) in if round % 20 == 19 { vec![component, configured] } else { vec![component] } {
            if file == COMPONENT {
                version = round;
            } else {
                configuration = round;
            }
            shared.states.lock().unwrap().push(State::new(version, configuration));
            shared.begun.fetch_add(1, Ordering::SeqCst);
            folder.replace(file, bytes);
            (generation, count) = (generation + 1, count + 1);
            let report = report(&node, count);
            let reloaded = format!("reloaded: {file}; generation {generation} in ");
            assert!(report.len() == 1 && report[0].starts_with(&reloaded), "{report:?}");
            shared.serves.fetch_add(1, Ordering::SeqCst);
        }
        if round == 41 {
            after_40 = node.resident_kilobytes();
        }
    }
    let took = began.elapsed();
    let after_all = node.resident_kilobytes();
    shared.stop.store(true, Ordering::SeqCst);
    let mut seen: BTreeMap<usize, u64> = BTreeMap::new();
    let mut longest = Duration::ZERO;
    for client in clients {
        let one = client.join().unwrap();
        assert!(one.wrong.is_empty(), "{:?}", one.wrong);
        longest = longest.max(one.longest);
        one.answers.into_iter().for_each(|(state, count)| *seen.entry(state).or_default() += count);
    }
    let (all, states) = (seen.values().sum::<u64>(), shared.states.lock().unwrap().len());
    println!(
        "{SWAPS} swaps in {took:?}, {all} requests, the longest {longest:?}, {after_40} kB after 40, {after_all} kB \
         after all"
    );
    assert_eq!(seen.len(), states, "every version served: {seen:?}");
    assert!(longest < LATE, "a request took {longest:?}");
    let last = shared.states.lock().unwrap().last().cloned().unwrap();
    last.assert(&client::get(node.listen(), HOST, "/dev/hello").unwrap());
    let allowed = after_40 as f64 * ALLOWED_FACTOR + ALLOWED_KILOBYTES;
    assert!(after_all as f64 <= allowed, "{after_40} kB after 40 swaps, {after_all} kB after {SWAPS}");
}

fn admin(node: &Node, request: &str) -> (u16, Value) {
    let request = format!("{request}\r\n\r\n");
    let method = request.split(' ').next().unwrap();
    let response = exchange(node.admin(), method, request.as_bytes()).unwrap();
    let length = response.body.len().to_string();
    assert_headers(
        &response,
        &[
            ("content-type", "application/json"),
            ("content-length", &length),
            ("cache-control", "no-store"),
            ("date", "<date>"),
        ],
    );
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

fn roll_back(node: &Node, plugin: &str) -> (u16, Value) {
    admin(
        node,
        &format!("POST /edgewit/plugins/{plugin}/rollback HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0"),
    )
}

fn digests(node: &Node) -> (Value, Value) {
    let (status, body) = admin(node, "GET /edgewit/plugins HTTP/1.1\r\nHost: localhost");
    assert_eq!(status, 200, "{body}");
    (body["plugins"][0]["digest"].clone(), body["plugins"][0]["previousDigest"].clone())
}

fn wait_for(node: &Node, version: usize) {
    let version = number(version);
    let get = || client::get(node.listen(), HOST, "/dev/hello").unwrap();
    let found = wait_until(|| (get().header("x-version") == Some(&*version)).then_some(()));
    assert!(found.is_some(), "{version} never served\n{}", node.stderr().text());
}

#[test]
fn an_operator_goes_back_to_the_version_before_until_the_file_changes() {
    let folder = folder(&versioned(&number(1)));
    let node = Node::start(folder.path());
    wait_for(&node, 1);
    let one = digests(&node).0;
    assert_eq!(digests(&node), (one.clone(), Value::Null));
    let (status, body) = roll_back(&node, "guard");
    assert_eq!((status, body), (409, json!({"message": "plugin `guard` has served in one version only"})));
    folder.replace(COMPONENT, versioned(&number(2)));
    wait_for(&node, 2);
    let two = digests(&node).0;
    assert_eq!(digests(&node), (two.clone(), one.clone()));

    let (status, body) = roll_back(&node, "guard");
    assert_eq!((status, body), (200, json!({"plugin": "guard", "left": two, "serves": one})));
    State::new(1, 0).assert(&client::get(node.listen(), HOST, "/dev/hello").unwrap());
    assert_eq!(digests(&node), (one.clone(), two.clone()));
    // What has nothing to do with the plugin leaves it alone, and so does a look at the files.
    folder.replace("apis/other.yaml", edgewit_tests::fixture::mock_api("other"));
    node.wait_for_line("reloaded: apis/other.yaml (new); ");
    node.signal("HUP");
    node.wait_for_line("reloaded: nothing changed; generation 5 ");
    State::new(1, 0).assert(&client::get(node.listen(), HOST, "/dev/hello").unwrap());
    assert_eq!(digests(&node), (one.clone(), two));

    // A broken file does not end it, another good one does.
    folder.replace(COMPONENT, b"no component");
    node.wait_for_line("error[component-invalid]");
    State::new(1, 0).assert(&client::get(node.listen(), HOST, "/dev/hello").unwrap());
    folder.replace(COMPONENT, versioned(&number(3)));
    wait_for(&node, 3);
    let three = digests(&node).0;
    assert_eq!(digests(&node), (three.clone(), one.clone()));
    // Back, and forth again.
    assert_eq!(roll_back(&node, "guard").1, json!({"plugin": "guard", "left": three, "serves": one}));
    wait_for(&node, 1);
    assert_eq!(roll_back(&node, "guard").1, json!({"plugin": "guard", "left": one, "serves": three}));
    wait_for(&node, 3);
}

#[test]
fn going_back_is_for_the_operator_and_for_plugins_there_are() {
    let folder = folder(&versioned(&number(1)));
    let node = Node::start(folder.path());
    folder.replace(COMPONENT, versioned(&number(2)));
    wait_for(&node, 2);
    let unknown = json!({"message": "there is no plugin `other`"});
    assert_eq!(roll_back(&node, "other"), (409, unknown));
    let before = digests(&node);
    let path = "/edgewit/plugins/guard/rollback HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0";
    for origin in ["http://localhost", "null", ""] {
        let request = format!("POST {path}\r\nOrigin: {origin}\r\n\r\n");
        let refused = exchange(node.admin(), "POST", request.as_bytes()).unwrap();
        let message = r#"{"message":"Requests of browsers are not taken."}"#;
        assert_eq!((refused.status, refused.text().as_str()), (403, message), "{origin:?}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let refused = admin(&node, &format!("{method} {path}"));
        assert_eq!(refused, (405, json!({"message": "Method Not Allowed"})), "{method}");
    }
    // A broken file elsewhere keeps everything from being deployed, so nothing is rolled back.
    folder.replace("apis/other.yaml", "openapi: 3.0.1\ninfo: [");
    node.wait_for_line("refused: apis/other.yaml");
    let (status, body) = roll_back(&node, "guard");
    let message = body["message"].as_str().unwrap_or_default();
    assert_eq!(status, 409, "{body}");
    assert!(message.starts_with("nothing can be deployed before the configuration is mended"), "{message}");
    assert!(message.contains("apis/other.yaml"), "{message}");
    assert_eq!(digests(&node), before);
    let refused = admin(&node, "POST /edgewit/plugins HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0");
    assert_eq!(refused, (405, json!({"message": "Method Not Allowed"})));
    State::new(2, 0).assert(&client::get(node.listen(), HOST, "/dev/hello").unwrap());
}
