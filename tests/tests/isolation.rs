//! What a plugin does wrong stays with its request: it is contained, answered as declared, counted and logged.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use edgewit_tests::binary::workspace;
use edgewit_tests::client::{self, Connection, Response, exchange};
use edgewit_tests::fixture::{HOST, assert_headers, assert_own, document, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::metrics::Exposition;
use edgewit_tests::node::{Launch, Node};
use edgewit_tests::origin::Origin;
use edgewit_tests::wait_until;
use serde_json::{Value, json};

const NULL: &str = r#"{"message":null}"#;
const FAILED: Option<&str> = Some("AuthorizerConfigurationException");

fn prebuilt(name: &str) -> String {
    workspace().join(format!("plugins/prebuilt/{name}.wasm")).to_str().unwrap().to_owned()
}

/// A MOCK behind the authorizer `plugin` that shows principal and the context value `answer` as headers.
fn guarded(plugin: &str) -> Value {
    let mut operation = mock_operation("in");
    operation["security"] = json!([{plugin: []}]);
    for (name, key) in [("X-User", "principalId"), ("X-Answer", "answer")] {
        operation["responses"]["200"]["headers"][name] = json!({"schema": {"type": "string"}});
        operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
            [format!("method.response.header.{name}")] = json!(format!("context.authorizer.{key}"));
    }
    operation
}

/// A folder with routes by path, each behind the plugin of that name, an open route `/open`, and `plugins`.
fn folder(routes: &[(&str, Value)], plugins: &Value) -> Folder {
    let mut paths = serde_json::Map::new();
    paths.insert("/open".to_owned(), json!({"get": mock_operation("open")}));
    for (path, operation) in routes {
        paths.insert((*path).to_owned(), json!({"get": operation}));
    }
    let mut api: Value = serde_json::from_str(&document("isolated", &paths.into())).unwrap();
    let mut functions = serde_json::Map::new();
    for name in plugins.as_object().unwrap().keys() {
        let function = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
        let uri =
            format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
        api["components"]["securitySchemes"][name] = json!({
            "type": "apiKey", "name": "Unused", "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "authorizerUri": uri, "authorizerResultTtlInSeconds": 0,
            },
        });
        functions.insert(name.clone(), json!({"plugin": name}));
    }
    let folder = Folder::with_api(&api.to_string());
    folder.write("edgewit.yaml", r#"{"access_log": {"format": "off"}, "threads": 2}"#);
    folder.write("plugins.yaml", json!({ "plugins": plugins }).to_string());
    folder.write("functions.yaml", json!({ "functions": functions }).to_string());
    folder
}

fn ask(node: &Node, path: &str, behave: &str) -> Response {
    let request = format!("GET /dev{path} HTTP/1.1\r\nHost: {HOST}\r\nbehave: {behave}\r\n\r\n");
    exchange(node.listen(), "GET", request.as_bytes()).unwrap()
}

/// The whole answer of a route that was let through, with these headers of the authorizer.
fn assert_in(response: &Response, of_authorizer: &[(&str, &str)]) {
    assert_eq!((response.status, response.text().as_str()), (200, "in"));
    let mut expected = vec![
        ("content-type", "application/json"),
        ("content-length", "2"),
        ("date", "<date>"),
        ("x-amzn-requestid", "<uuid>"),
        ("x-amz-apigw-id", "<extended-id>"),
    ];
    expected.extend(of_authorizer);
    assert_headers(response, &expected);
}

fn metrics(node: &Node) -> Exposition {
    Exposition::parse(&client::get(node.admin(), "localhost", "/metrics").unwrap().text()).unwrap()
}

fn failures(node: &Node, plugin: &str, kind: &str) -> f64 {
    metrics(node).sum("edgewit_plugin_failures_total", &[("plugin", plugin), ("kind", kind)])
}

fn plugins(node: &Node) -> Value {
    let body = client::get(node.admin(), "localhost", "/edgewit/plugins").unwrap();
    assert_eq!(body.status, 200);
    serde_json::from_slice(&body.body).unwrap()
}

/// Log lines that carry the identifier of the request that was answered so.
fn lines_about(node: &Node, response: &Response) -> Vec<String> {
    let id = response.header("x-amzn-requestid").unwrap().to_owned();
    let all = [node.stdout().all(), node.stderr().all()].concat();
    all.into_iter().filter(|line| line.contains(&id)).collect()
}

fn wait_for_lines(node: &Node, response: &Response, count: usize) -> Vec<String> {
    wait_until(|| (lines_about(node, response).len() >= count).then_some(()));
    // What would come too much comes at once with the rest.
    lines_about(node, response)
}

#[test]
fn whatever_an_authorizer_does_fails_its_own_request_is_counted_and_is_logged_in_one_line() {
    let limits = json!({"cpu_ms": 50, "wall_ms": 30000, "memory_mb": 4});
    let plugins = json!({"guard": {
        "component": prebuilt("misbehave"), "limits": limits, "breaker": {"failures": 0},
    }});
    let folder = folder(&[("/hello", guarded("guard"))], &plugins);
    let node = Node::start(folder.path());
    for (behave, kind, parts) in [
        ("trap", "trap", &["trap: wasm `unreachable` instruction executed, in ", "misbehave"][..]),
        ("panic told to", "trap", &["trap: wasm `unreachable` instruction executed, in ", "panic", " < "]),
        ("recurse", "trap", &["trap: ", "out of bounds memory access", "misbehave::recurse"]),
        ("spin", "cpu_time", &["ran for 50 ms without a decision (limit `cpu_ms`)"]),
        ("bomb", "memory", &["asked for ", " expected at most 4194304 (limit `memory_bytes`)"]),
        (
            "principal 9000",
            "invalid_result",
            &["found 9000 bytes, expected at most 8192 (limit `result_bytes`)"],
        ),
        ("key-with-newline", "invalid_result", &["decision refused: "]),
        ("same-key", "invalid_result", &["found the context key `a` twice"]),
        ("nan", "invalid_result", &["expected a finite number"]),
        ("fail no more", "failed", &["the plugin says: no more"]),
        ("no such", "failed", &["the plugin says: unknown behaviour `no`"]),
    ] {
        let before = failures(&node, "guard", kind);
        let answer = ask(&node, "/hello", behave);
        assert_own(&answer, 500, NULL, FAILED, false);
        assert_eq!(failures(&node, "guard", kind), before + 1.0, "{behave}");
        let lines = wait_for_lines(&node, &answer, 1);
        let [line] = &*lines else { panic!("{behave}: {lines:#?}") };
        for part in ["a plugin failed", "plugin=\"guard\"", &format!("kind=\"{kind}\"")].iter().chain(parts) {
            assert!(line.contains(part), "{behave}: no {part:?} in {line}");
        }
        assert_in(&ask(&node, "/hello", "allow"), &[("x-user", "alice")]);
        assert_eq!(client::get(node.listen(), HOST, "/dev/open").unwrap().text(), "open");
    }
    assert_eq!(metrics(&node).sum("edgewit_plugin_calls_total", &[("plugin", "guard")]), 22.0);
    assert_eq!(metrics(&node).sum("edgewit_plugin_failures_total", &[("plugin", "guard")]), 11.0);
    assert_eq!(metrics(&node).sum("edgewit_plugin_breaker_openings_total", &[]), 0.0);
}

#[test]
fn thousands_of_log_lines_become_as_many_as_declared_and_one_that_counts_the_rest() {
    let plugins = json!({"guard": {"component": prebuilt("misbehave"), "limits": {"log_lines": 20, "wall_ms": 30000, "cpu_ms": 5000}}});
    let folder = folder(&[("/hello", guarded("guard"))], &plugins);
    let env = vec![("EDGEWIT_LOG".to_owned(), "info".to_owned())];
    let launch = Launch { env, ..Launch::default() };
    let node = Node::launch(folder.path(), &launch).unwrap_or_else(|finished| panic!("{finished}"));
    let answer = ask(&node, "/hello", "log 5000");
    assert_in(&answer, &[("x-user", "alice")]);
    let lines = wait_for_lines(&node, &answer, 21);
    assert_eq!(lines.len(), 21, "{lines:#?}");
    for (index, line) in lines[..20].iter().enumerate() {
        assert!(line.contains(&format!("line {index}")), "{line}");
    }
    let rest = "log lines dropped (limits `log_lines` and `log_bytes`)";
    assert!(lines[20].contains(rest) && lines[20].contains("dropped=4980"), "{}", lines[20]);
    let answer = ask(&node, "/hello", "log-controls");
    let lines = wait_for_lines(&node, &answer, 1);
    assert!(lines.len() == 1 && !lines[0].contains('\u{1b}') && lines[0].contains("three"), "{lines:#?}");
}

fn reach(more: &Value) -> Value {
    let mut plugin = json!({
        "component": prebuilt("reach"), "grants": {"http": [], "keyvalue": []}, "breaker": {"failures": 0},
        "limits": {"wall_ms": 30000},
    });
    plugin.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    plugin
}

#[test]
fn a_context_value_never_ends_a_header_line_towards_client_or_backend() {
    let origin = Origin::start(Vec::new()).unwrap();
    let mut proxied = json!({
        "security": [{"guard": []}],
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "uri": format!("{}/", origin.url()),
            "requestParameters": {"integration.request.header.x-answer": "context.authorizer.answer"},
        },
    });
    let plugins = json!({"guard": reach(&json!({}))});
    let mapped = [("/hello", guarded("guard")), ("/proxied", proxied.take())];
    let folder = folder(&mapped, &plugins);
    let node = Node::start(folder.path());
    for behave in ["line-break", "nul"] {
        for path in ["/hello", "/proxied"] {
            let answer = ask(&node, path, behave);
            let internal = r#"{"message":"Internal server error"}"#;
            assert_own(&answer, 500, internal, Some("InternalServerErrorException"), false);
        }
    }
    assert_eq!(origin.received().len(), 0, "{:?}", origin.received());
    assert_in(&ask(&node, "/hello", "fine"), &[("x-user", "reach"), ("x-answer", "fine")]);
    assert_eq!(ask(&node, "/proxied", "fine").text(), "ok");
    assert_eq!(origin.received()[0].head.value("x-answer"), Some("fine"));
}

#[test]
fn what_fails_in_configure_is_a_finding_and_the_version_before_serves_on() {
    let plugin = |configure: &str| {
        let more = json!({
            "config": {"configure": configure}, "limits": {"configure_ms": 300, "memory_mb": 8, "wall_ms": 30000},
        });
        json!({"plugins": {"guard": reach(&more)}}).to_string()
    };
    let folder = folder(&[("/hello", guarded("guard"))], &json!({"guard": reach(&json!({}))}));
    folder.write("plugins.yaml", plugin("well"));
    let node = Node::start(folder.path());
    let component = prebuilt("reach");
    for (number, (configure, finding)) in [
        ("trap", "configure failed: wasm `unreachable` instruction executed, in "),
        ("panic", "configure failed: wasm `unreachable` instruction executed, in "),
        ("recurse", "configure failed: "),
        ("spin", "configure failed: "),
        ("bomb", "configure failed: asked for "),
        ("fail", "refuses its configuration: told to"),
    ]
    .into_iter()
    .enumerate()
    {
        let from = node.stderr().count();
        folder.replace("plugins.yaml", plugin(configure));
        let lines = refused(&node, from, 2);
        assert_eq!(lines[0], "refused: plugins.yaml; 1 error, generation 1 serves on", "{number}");
        let expected = format!(
            "  plugins.yaml:1:21: error[component-invalid]: plugin `guard`: component {component}: {finding}"
        );
        assert!(lines[1].starts_with(&expected), "{configure}: {lines:#?}");
        // Twice the time goes by before that counts as well, on a busy machine.
        assert!(configure != "spin" || lines[1].ends_with(" 300 ms (limit `configure_ms`)"), "{lines:#?}");
        if matches!(configure, "trap" | "recurse") {
            assert!(lines[1].contains("reach::"), "no function names: {}", lines[1]);
        }
        assert_in(&ask(&node, "/hello", "fine"), &[("x-user", "reach"), ("x-answer", "fine")]);
    }
    assert_eq!(metrics(&node).sum("edgewit_generation", &[]), 1.0);
}

/// The report of a refused reload after line `from`: `count` lines.
fn refused(node: &Node, from: usize, count: usize) -> Vec<String> {
    let found = wait_until(|| {
        let lines = node.stderr().since(from);
        let at = lines.iter().position(|line| line.starts_with("refused: "))?;
        (lines.len() >= at + count).then(|| lines[at..].to_vec())
    });
    found.unwrap_or_else(|| panic!("nothing was refused\n{}", node.stderr().text()))
}

#[test]
fn a_plugin_reaches_the_origins_it_was_granted_and_no_other() {
    let origin = Origin::saying("from the origin").unwrap();
    let other = Origin::saying("from another").unwrap();
    let port = origin.authority().rsplit(':').next().unwrap().to_owned();
    // This is how C libraries write 127.0.0.1 too: a name to whoever reads the grant, and an internal address to
    // whoever looks it up, as with a name server that answers so.
    let rebound = format!("http://127.1:{port}");
    let granted = [origin.url(), rebound.clone()];
    let plugins = json!({
        "open": reach(&json!({"grants": {"http": granted, "keyvalue": []}})),
        "private": reach(&json!({"grants": {"http_private": [rebound], "keyvalue": []}})),
        "few": reach(&json!({
            "grants": {"http": [origin.url()], "keyvalue": []},
            "limits": {"outgoing_requests": 2, "outgoing_bytes": 8, "wall_ms": 30000},
        })),
        "none": reach(&json!({})),
    });
    let routes = ["open", "private", "few", "none"].map(|name| (format!("/{name}"), guarded(name)));
    let routes: Vec<_> = routes.iter().map(|(path, operation)| (&**path, operation.clone())).collect();
    let folder = folder(&routes, &plugins);
    let node = Node::start(folder.path());
    let send = |path: &str, behave: &str, expected: &str| {
        let answer = ask(&node, path, behave);
        assert_in(&answer, &[("x-user", "reach"), ("x-answer", expected)]);
    };
    let denied = "ErrorCode::HttpRequestDenied";
    send("/open", &format!("send {}/a", origin.url()), "200 from the origin");
    for path in ["/open", "/private", "/none"] {
        send(path, &format!("send {}/a", other.url()), denied);
    }
    send("/none", &format!("send {}/a", origin.url()), denied);
    // The same host by another scheme, port or user.
    send("/open", &format!("send https://{}/a", origin.authority()), denied);
    send("/open", "send http://127.0.0.1/a", denied);
    send("/open", &format!("send http://localhost:{port}/a"), denied);
    assert_eq!(origin.received().len(), 1, "{:?}", origin.received());
    node.wait_for_line("outgoing request refused: no grant for this origin");
    // Granted by name, and the name means this machine.
    send("/open", &format!("send {rebound}/a"), "ErrorCode::DestinationIpProhibited");
    assert_eq!(origin.received().len(), 1);
    send("/private", &format!("send {rebound}/a"), "200 from the origin");
    send(
        "/few",
        &format!("send-often 3 {}/a", origin.url()),
        &format!("{0} | {0} | {denied}", "200  (broken: HTTP response body size exceeds limit: 8 bytes"),
    );
    node.wait_for_line("outgoing request refused: limit `outgoing_requests`");
    assert_eq!(other.received().len(), 0);
}

#[test]
fn a_plugin_sees_the_keys_of_no_other_and_keeps_its_own_over_a_new_version() {
    let granted = |buckets: &[&str]| json!({"grants": {"http": [], "keyvalue": buckets}});
    let plugins = |config: &str| {
        let mut one = granted(&["shared"]);
        one["config"] = json!({"unused": config});
        json!({"one": reach(&one), "two": reach(&granted(&["shared", "own", "one/shared"]))})
    };
    let folder = folder(&[("/one", guarded("one")), ("/two", guarded("two"))], &plugins("a"));
    let node = Node::start(folder.path());
    let says = |path: &str, behave: &str, expected: &str| {
        // A header is not sent for an empty text.
        let headers = [("x-user", "reach"), ("x-answer", expected)];
        assert_in(&ask(&node, path, behave), &headers[..if expected.is_empty() { 1 } else { 2 }]);
    };
    says("/one", "write shared secret 42", "written");
    says("/one", "read shared secret", "42");
    for key in ["secret", "shared/secret", "one/secret", "../one/secret", "*"] {
        says("/two", &format!("read shared {key}"), "nothing");
    }
    says("/two", "read one/shared secret", "nothing");
    says("/two", "keys one/shared", "");
    says("/two", "keys shared", "");
    says("/one", "read own secret", "access denied");
    says("/one", "keys one/shared", "access denied");
    says("/two", "write shared secret 0", "written");
    says("/one", "keys shared", "secret");
    folder.replace("plugins.yaml", json!({"plugins": plugins("b")}).to_string());
    node.wait_for_line("reloaded: plugins.yaml; ");
    says("/one", "read shared secret", "42");
}

#[test]
fn what_happens_to_a_request_whose_plugin_fails_is_declared() {
    let plugin = |on_failure: &str, behave: &str| {
        json!({
            "component": prebuilt("misbehave"), "config": {"behave": behave}, "on_failure": on_failure,
            "limits": {"cpu_ms": 50, "memory_mb": 4, "wall_ms": 30000}, "breaker": {"failures": 0},
        })
    };
    let names = ["deny", "allow", "previous"];
    let routes = names.map(|name| (format!("/{name}"), guarded(name)));
    let routes: Vec<_> = routes.iter().map(|(path, operation)| (&**path, operation.clone())).collect();
    let all = |behave: &str| {
        let plugins = names.map(|name| (name.to_owned(), plugin(name, behave)));
        Value::Object(plugins.into_iter().collect())
    };
    let folder = folder(&routes, &all("fail from the start"));
    let node = Node::start(folder.path());
    let plain = |path: &str| client::get(node.listen(), HOST, &format!("/dev{path}")).unwrap();
    // There is no version before the first.
    assert_own(&plain("/deny"), 500, NULL, FAILED, false);
    assert_in(&plain("/allow"), &[]);
    assert_own(&plain("/previous"), 500, NULL, FAILED, false);
    let mut generation = 1;
    let mut deploy = |behave: &str| {
        generation += 1;
        folder.replace("plugins.yaml", json!({"plugins": all(behave)}).to_string());
        node.wait_for_line(&format!("reloaded: plugins.yaml; generation {generation} "));
    };
    for behave in ["trap", "spin", "bomb", "principal 9000", "fail as told"] {
        deploy("allow");
        for name in names {
            let answer = plain(&format!("/{name}"));
            assert_in(&answer, &[("x-user", "alice")]);
        }
        deploy(behave);
        assert_own(&plain("/deny"), 500, NULL, FAILED, false);
        assert_in(&plain("/allow"), &[]);
        assert_in(&plain("/previous"), &[("x-user", "alice")]);
    }
    // A decision is no failure, whatever it is.
    deploy("deny");
    for name in names {
        assert_eq!(plain(&format!("/{name}")).status, 403, "{name}");
    }
    node.wait_for_line("an authorizer with `on_failure: allow` lets everybody in when it fails");
}

#[test]
fn a_breaker_opens_on_one_route_and_closes_again_by_itself() {
    let plugins = json!({"guard": {
        "component": prebuilt("misbehave"), "limits": {"wall_ms": 30000},
        "breaker": {"failures": 3, "open_ms": 4000},
    }});
    let folder = folder(&[("/one", guarded("guard")), ("/two", guarded("guard"))], &plugins);
    let node = Node::start(folder.path());
    // A good call in between begins the count anew.
    for behave in ["trap", "trap", "allow", "trap", "trap"] {
        ask(&node, "/one", behave);
    }
    assert_in(&ask(&node, "/one", "allow"), &[("x-user", "alice")]);
    assert_eq!(failures(&node, "guard", "breaker_open"), 0.0);
    for _ in 0..3 {
        assert_own(&ask(&node, "/one", "trap"), 500, NULL, FAILED, false);
    }
    // A decision that is no failure would close it, were it asked for.
    let calls = metrics(&node).sum("edgewit_plugin_calls_total", &[("plugin", "guard")]);
    let kept_away = ask(&node, "/one", "allow");
    assert_own(&kept_away, 500, NULL, Some("AuthorizerFailureException"), false);
    assert_eq!(failures(&node, "guard", "breaker_open"), 1.0);
    assert_eq!(metrics(&node).sum("edgewit_plugin_calls_total", &[("plugin", "guard")]), calls);
    let opened = || metrics(&node).sum("edgewit_plugin_breaker_openings_total", &[("plugin", "guard")]);
    assert_eq!(opened(), 1.0);
    node.wait_for_line("a plugin keeps failing and is left alone for a while");
    assert_in(&ask(&node, "/two", "allow"), &[("x-user", "alice")]);
    // One request after the time is up tries; it fails and the breaker stays open.
    let tried = wait_until(|| {
        ask(&node, "/one", "trap");
        (failures(&node, "guard", "trap") > 7.0).then_some(())
    });
    assert!(tried.is_some(), "nobody tried again");
    let still = ask(&node, "/one", "allow");
    assert_own(&still, 500, NULL, Some("AuthorizerFailureException"), false);
    let closed = wait_until(|| (ask(&node, "/one", "allow").status == 200).then_some(()));
    assert!(closed.is_some(), "it never closed");
    for _ in 0..10 {
        assert_in(&ask(&node, "/one", "allow"), &[("x-user", "alice")]);
    }
    assert_eq!(opened(), 1.0);
}

#[test]
fn a_compiled_plugin_is_used_again_and_one_that_was_changed_is_not() {
    let plugins_ = json!({"guard": {"component": prebuilt("misbehave"), "limits": {"wall_ms": 30000}}});
    let folder = folder(&[("/hello", guarded("guard"))], &plugins_);
    let data = Folder::new();
    let launch = Launch::with_data(data.path(), &[]);
    let warning = "a compiled plugin is not what this node wrote; it is compiled anew";
    let start = |from_cache: bool, warned: bool| {
        let node = Node::launch(folder.path(), &launch).unwrap_or_else(|finished| panic!("{finished}"));
        let listed = plugins(&node);
        let digest = listed["plugins"][0]["digest"].clone();
        assert!(digest.as_str().is_some_and(|digest| digest.starts_with("sha256:") && digest.len() == 71));
        let expected = json!({"plugins": [{
            "name": "guard", "digest": digest, "previousDigest": null, "worlds": ["authorizer"],
            "configured": false, "admission": {"fromCache": from_cache}, "calls": 0, "failures": {},
            "breakerOpenings": 0, "instances": {"fresh": 0, "reused": 0, "waiting": 0, "prepared": 0},
        }]});
        assert_eq!(listed, expected);
        assert_in(&ask(&node, "/hello", "allow"), &[("x-user", "alice")]);
        assert_eq!(
            node.stderr().text().matches(warning).count(),
            usize::from(warned),
            "{}",
            node.stderr().text()
        );
    };
    start(false, false);
    start(true, false);
    let compiled = only_compiled(data.path());
    let whole = fs::read(&compiled).unwrap();
    let mut tampered = whole.clone();
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    for broken in [&tampered[..], &whole[..whole.len() / 2], &whole[..10], b""] {
        fs::write(&compiled, broken).unwrap();
        start(false, true);
        assert_eq!(only_compiled(data.path()), compiled);
        start(true, false);
    }
}

fn only_compiled(data: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(data.join("plugins")).unwrap().map(|entry| entry.unwrap().path());
    let compiled: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "compiled")).collect();
    assert_eq!(compiled.len(), 1, "{compiled:?}");
    compiled[0].clone()
}

#[test]
fn a_data_folder_that_cannot_be_written_only_warns() {
    let folder = folder(
        &[("/hello", guarded("guard"))],
        &json!({"guard": {"component": prebuilt("misbehave"), "config": {"behave": "allow"}}}),
    );
    // What a control plane is told must be kept: a node that has one does not start.
    folder.write("edgewit.yaml", "control_plane: false\n");
    // A file where the folder should be stops every user, also one who may write anywhere.
    let data = Folder::new();
    data.write("taken", "");
    let launch = |name: &str| {
        let launch = Launch::with_data(data.path().join(name), &[]);
        Node::launch(folder.path(), &launch).unwrap_or_else(|finished| panic!("{finished}"))
    };
    let node = launch("taken");
    node.wait_for_line("compiled plugins cannot be kept; each start compiles them");
    assert_in(&ask(&node, "/hello", "allow"), &[("x-user", "alice")]);
    drop(node);
    // It goes away while the node runs.
    let node = launch("going");
    fs::remove_dir_all(data.path().join("going")).unwrap();
    data.write("going", "");
    let next = json!({"guard": {"component": prebuilt("misbehave"), "config": {"behave": "deny"}}});
    folder.replace("plugins.yaml", json!({"plugins": next}).to_string());
    node.wait_for_line("reloaded: plugins.yaml; generation 2 ");
    node.wait_for_line("a compiled plugin could not be kept; the next start compiles it again");
    assert_eq!(client::get(node.listen(), HOST, "/dev/hello").unwrap().status, 403);
}

#[test]
fn what_cannot_serve_is_refused_with_its_finding_and_nothing_changes() {
    let good = json!({"guard": {"component": prebuilt("misbehave"), "config": {"behave": "allow"}}});
    let folder = folder(&[("/hello", guarded("guard"))], &good);
    let node = Node::start(folder.path());
    let listed = plugins(&node);
    let digest = listed["plugins"][0]["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
    let (misbehave, reach) = (prebuilt("misbehave"), prebuilt("reach"));
    let (wrong, transform) = (prebuilt("wrong_world"), prebuilt("uppercase_transform_rust"));
    let nothing = "0".repeat(64);
    let guard = |more: &str| format!("plugins:\n  guard:\n    {more}\n");
    for (yaml, finding) in [
        (
            guard(&format!("component: {misbehave}\n    digest: sha256:{nothing}")),
            format!(
                "  plugins.yaml:3:5: error[component-digest]: plugin `guard`: component {misbehave}: has the digest \
                 sha256:{digest}, expected sha256:{nothing}: fetch the component again, or correct `digest` if this is \
                 the one you mean"
            ),
        ),
        (
            guard(&format!("component: {misbehave}\n    digest: {digest}")),
            format!(
                "  plugins.yaml:3:5: error[plugin-invalid]: plugin `guard`: component {misbehave}: `digest`: found \
                 `{digest}`, expected `sha256:` and 64 hexadecimal digits"
            ),
        ),
        (
            guard(&format!("component: {reach}")),
            format!(
                "  plugins.yaml:3:5: error[component-invalid]: plugin `guard`: component {reach}: imports \
                 wasi:keyvalue/store@0.2.0-draft, which needs a grant: write `grants: {{keyvalue: [...]}}` beside \
                 `component`, with an empty list to let it start and reach nothing"
            ),
        ),
        (
            guard(&format!("component: {reach}\n    grants: {{keyvalue: []}}")),
            format!(
                "  plugins.yaml:3:5: error[component-invalid]: plugin `guard`: component {reach}: imports \
                 wasi:http/outgoing-handler@0.2.12, which needs a grant: write `grants: {{http: [...]}}` beside \
                 `component`, with an empty list to let it start and reach nothing"
            ),
        ),
        (
            guard(&format!("component: {wrong}")),
            format!(
                "  plugins.yaml:3:5: error[component-invalid]: plugin `guard`: component {wrong}: exports greet, \
                 expected one of edgewit:plugin/authorize@0.1.0, rewrite, inspect, handle, or \
                 wasi:http/incoming-handler@0.2"
            ),
        ),
        (
            guard(&format!("component: {transform}")),
            "  functions.yaml: error[plugin-world]: authorizer `guard` is the plugin `guard`, a component of the \
             world transform, expected authorizer"
                .to_owned(),
        ),
        (
            format!("plugins:\n  guard: {{component: {misbehave}}}\n  guard: {{component: {misbehave}}}\n"),
            "  plugins.yaml:3:3: error[".to_owned(),
        ),
    ] {
        let from = node.stderr().count();
        folder.replace("plugins.yaml", &yaml);
        let lines = refused(&node, from, 2);
        // Before it come components that are named no more or for the first time.
        let first = lines[0].strip_prefix("refused: ").unwrap();
        assert!(first.ends_with("plugins.yaml; 1 error, generation 1 serves on"), "{lines:#?}");
        assert!(lines.len() == 2 && lines[1].starts_with(&finding), "{lines:#?}\n{finding}");
        assert_eq!(plugins(&node), listed);
        assert_eq!(metrics(&node).sum("edgewit_generation", &[]), 1.0);
    }
    // With the right digest, in either case, it serves.
    folder.replace(
        "plugins.yaml",
        guard(&format!("component: {misbehave}\n    digest: sha256:{}", digest.to_uppercase())),
    );
    node.wait_for_line("plugins.yaml; generation 2 in ");
    assert_in(&ask(&node, "/hello", "allow"), &[("x-user", "alice")]);
}

/// Repeats `request` on one connection until `stop`; the time that each took.
fn repeat(node: &Node, request: &str, stop: &AtomicBool, check: impl Fn(&Response)) -> Vec<Duration> {
    let mut connection = Connection::open(node.listen()).unwrap();
    let mut times = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        connection.send(request.as_bytes()).unwrap();
        let response = connection.read("GET").unwrap();
        times.push(began.elapsed());
        check(&response);
        thread::sleep(Duration::from_millis(1));
    }
    times
}

#[test]
fn neighbours_are_answered_rightly_and_soon_while_plugins_misbehave() {
    let plugins = json!({"guard": {
        "component": prebuilt("misbehave"), "limits": {"cpu_ms": 100, "memory_mb": 16, "wall_ms": 30000},
        "breaker": {"failures": 0}, "instances": {"warm": 2},
    }});
    let folder = folder(&[("/hello", guarded("guard"))], &plugins);
    let node = Node::start(folder.path());
    let neighbour = format!("GET /dev/open HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let measure = |node: &Node, span: Duration| {
        let stop = Arc::new(AtomicBool::new(false));
        let stopper = {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                thread::sleep(span);
                stop.store(true, Ordering::SeqCst);
            })
        };
        let mut times = repeat(node, &neighbour, &stop, |response| {
            assert_eq!((response.status, response.text().as_str()), (200, "open"));
        });
        stopper.join().unwrap();
        times.sort();
        (times.len(), times[times.len() * 99 / 100], times[times.len() - 1])
    };
    let before = measure(&node, Duration::from_secs(3));
    let stop = AtomicBool::new(false);
    let during = thread::scope(|scope| {
        for behave in ["spin", "bomb", "recurse", "trap", "log 5000", "principal 100000"] {
            let request = format!("GET /dev/hello HTTP/1.1\r\nHost: {HOST}\r\nbehave: {behave}\r\n\r\n");
            let (node, stop) = (&node, &stop);
            scope.spawn(move || {
                repeat(node, &request, stop, |response| assert!(matches!(response.status, 200 | 500)));
            });
        }
        let during = measure(&node, Duration::from_secs(6));
        stop.store(true, Ordering::SeqCst);
        during
    });
    let ratio = during.1.as_secs_f64() / before.1.as_secs_f64();
    println!(
        "neighbour (requests, p99, longest): before {before:?}, during {during:?}, ratio of p99 {ratio:.1}"
    );
    assert!(during.2 < Duration::from_secs(2), "a neighbour waited for {:?}", during.2);
    assert!(failures(&node, "guard", "cpu_time") > 0.0 && failures(&node, "guard", "memory") > 0.0);
}
