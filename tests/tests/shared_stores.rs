//! Key-value stores that plugins of several nodes share in Redis, also while it is away.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::binary::workspace;
use edgewit_tests::client::{self, exchange};
use edgewit_tests::fixture::{HOST, document, mock_operation};
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{self, Launch, Node};
use edgewit_tests::redis::Redis;
use edgewit_tests::wait_until;
use serde_json::{Value, json};
use std::thread;

const AWAY: &str = "the shared store is away";

/// A folder with the routes `/one` and `/two`, each behind a plugin of that name, and `/open` behind none. What the
/// plugin did is in the header `x-answer`.
fn folder(edgewit: &Value, grants: &Value, limits: &Value) -> Folder {
    let mut paths = json!({"/open": {"get": mock_operation("open")}});
    let (mut plugins, mut functions, mut schemes) = (json!({}), json!({}), json!({}));
    for name in ["one", "two"] {
        let mut operation = mock_operation("in");
        operation["security"] = json!([{name: []}]);
        operation["responses"]["200"]["headers"]["X-Answer"] = json!({"schema": {"type": "string"}});
        operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"] =
            json!({"method.response.header.X-Answer": "context.authorizer.answer"});
        paths[format!("/{name}")] = json!({"get": operation});
        let function = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
        schemes[name] = json!({
            "type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "authorizerResultTtlInSeconds": 0, "authorizerUri":
                format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"),
            },
        });
        functions[name] = json!({"plugin": name});
        plugins[name] = json!({
            "component": workspace().join("plugins/prebuilt/reach.wasm"), "grants": grants, "limits": limits,
        });
    }
    let mut api: Value = serde_json::from_str(&document("stores", &paths)).unwrap();
    api["components"]["securitySchemes"] = schemes;
    let folder = Folder::with_api(&api.to_string());
    folder.write("edgewit.yaml", edgewit.to_string());
    folder.write("plugins.yaml", json!({"plugins": plugins}).to_string());
    folder.write("functions.yaml", json!({"functions": functions}).to_string());
    folder
}

/// No control plane: stores do without.
fn quiet(redis: &str) -> Value {
    json!({"access_log": {"format": "off"}, "threads": 2, "control_plane": false, "redis": redis})
}

fn shared() -> Value {
    json!({"http": [], "keyvalue": ["own"], "keyvalue_shared": ["all"]})
}

/// As long as a machine may be busy.
fn patient() -> Value {
    json!({"wall_ms": 60_000, "cpu_ms": 10_000, "keyvalue_ms": 5000})
}

fn ask(node: &Node, path: &str, behave: &str) -> String {
    let request = format!("GET /dev{path} HTTP/1.1\r\nHost: {HOST}\r\nbehave: {behave}\r\n\r\n");
    let answer = exchange(node.listen(), "GET", request.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "in"), "{behave}");
    // A header is not sent for an empty text.
    answer.header("x-answer").unwrap_or_default().to_owned()
}

fn says(node: &Node, path: &str, behave: &str, expected: &str) {
    assert_eq!(ask(node, path, behave), expected, "{path}: {behave}");
}

fn becomes(node: &Node, behave: &str, expected: &str) {
    let reached = wait_until(|| (ask(node, "/one", behave) == expected).then_some(()));
    assert!(reached.is_some(), "{behave} answers {}, expected {expected}", ask(node, "/one", behave));
}

fn open(node: &Node) {
    assert_eq!(client::get(node.listen(), HOST, "/dev/open").unwrap().text(), "open");
}

#[test]
fn nodes_share_what_a_plugin_keeps_and_no_other_plugin_sees_it() {
    let redis = Redis::start();
    let one = folder(&quiet(&redis.url()), &shared(), &patient());
    // This one hears of Redis from its command line, and keeps its control plane there too.
    let two = folder(&json!({"access_log": {"format": "off"}, "threads": 2}), &shared(), &patient());
    let data = Folder::new();
    let data_path = data.path().join("state").display().to_string();
    let args = ["--redis".to_owned(), redis.url(), "--data".to_owned(), data_path];
    let launch = Launch { args: args.to_vec(), ..Launch::default() };
    let first = Node::start(one.path());
    let second = Node::launch(two.path(), &launch).unwrap_or_else(|finished| panic!("{finished}"));

    says(&first, "/one", "write all k 42", "written");
    says(&second, "/one", "read all k", "42");
    says(&second, "/one", "has all k", "true");
    // The same name is another store for another plugin, and one in memory is not shared.
    says(&second, "/two", "read all k", "nothing");
    says(&second, "/two", "keys all", "");
    says(&first, "/one", "write own k 1", "written");
    says(&second, "/one", "read own k", "nothing");
    says(&second, "/one", "read k all", "access denied");
    says(&second, "/one", "remove all k", "removed");
    says(&first, "/one", "has all k", "false");

    for key in ["a:b", "*", "[k]", "a%00b", "a%0d%0ab", "%c3%bc", "{edgewit}:meta"] {
        says(&first, "/one", &format!("write all {key} %00%ff%0d%0a{key}"), "written");
        says(&second, "/one", &format!("has all {key}"), "true");
        says(&second, "/two", &format!("has all {key}"), "false");
    }
    says(&second, "/one", "read all a%00b", r"\x00\xff\r\na\x00b");
    says(&second, "/one", "keys all", r"*,[k],a\x00b,a\r\nb,a:b,{edgewit}:meta,\xc3\xbc");

    const TIMES: usize = 40;
    thread::scope(|scope| {
        for node in [&first, &second] {
            scope.spawn(move || {
                for _ in 0..TIMES {
                    ask(node, "/one", "add all visits 3");
                }
            });
        }
    });
    says(&first, "/one", "read all visits", &(2 * 3 * TIMES).to_string());
    says(&first, "/one", "add all a:b 1", "the value is no number");
    says(
        &second,
        "/one",
        "add all visits 9223372036854775807",
        "the number would be above 9223372036854775807, the most that a shared store counts to",
    );
}

#[test]
fn stores_of_all_nodes_together_hold_what_a_plugin_may() {
    let redis = Redis::start();
    let limits = json!({
        "wall_ms": 60_000, "cpu_ms": 10_000, "keyvalue_ms": 5000, "keyvalue_mb": 1, "keyvalue_value_bytes": 200_000,
    });
    let folders = [(); 2].map(|()| folder(&quiet(&redis.url()), &shared(), &limits));
    let [first, second] = folders.each_ref().map(|folder| Node::start(folder.path()));
    for key in ["a", "b", "c"] {
        says(&first, "/one", &format!("fill all {key} 200000"), "filled");
    }
    let too_large = "a value of 200001 bytes, expected at most 200000 (limit `keyvalue_value_bytes`)";
    says(&first, "/one", "fill all a 200001", too_large);
    for key in ["d", "e"] {
        says(&second, "/one", &format!("fill all {key} 200000"), "filled");
    }
    // Six keys have a byte each.
    let too_many = "1048577 bytes, expected at most 1048576 (limit `keyvalue_mb`)";
    says(&first, "/one", "fill all f 48571", too_many);
    says(&first, "/one", "has all f", "false");
    says(&first, "/one", "fill all f 48570", "filled");
    // Another plugin, and memory, have as much again; and there only the sum counts.
    says(&second, "/two", "fill all a 200000", "filled");
    says(&second, "/one", "fill own a 200001", "filled");
}

#[test]
fn a_plugin_hears_at_once_that_redis_is_away_and_finds_it_again() {
    let mut redis = Redis::start();
    let conf = folder(&quiet(&redis.url()), &shared(), &patient());
    redis.stop();
    // A start without it.
    let env = vec![("EDGEWIT_LOG".to_owned(), "info".to_owned())];
    let node = Node::launch(conf.path(), &Launch { env, ..Launch::default() });
    let node = node.unwrap_or_else(|finished| panic!("{finished}"));
    says(&node, "/one", "read all k", AWAY);
    says(&node, "/one", "write own k 1", "written");
    open(&node);
    redis.again();
    becomes(&node, "write all k 42", "written");
    redis.stop();
    becomes(&node, "read all k", AWAY);
    for behave in ["write all k 1", "add all n 1", "keys all", "remove all k", "has all k"] {
        says(&node, "/one", behave, AWAY);
    }
    says(&node, "/one", "read own k", "1");
    open(&node);
    node.wait_for_line("Redis is away; shared stores of plugins answer with errors");
    redis.again();
    becomes(&node, "read all k", "42");
    node.wait_for_line("Redis is back; plugins have their shared stores");
}

#[test]
fn a_plugin_waits_for_a_redis_that_stands_still_as_long_as_declared() {
    let redis = Redis::start();
    let limits = json!({"wall_ms": 60_000, "cpu_ms": 10_000, "keyvalue_ms": 300});
    let conf = folder(&quiet(&redis.url()), &shared(), &limits);
    let node = Node::start(conf.path());
    becomes(&node, "write all k 42", "written");
    redis.halt();
    says(
        &node,
        "/one",
        "read all k",
        "no answer within 300 ms (limit `keyvalue_ms`); a change may still be made",
    );
    says(&node, "/one", "write own k 1", "written");
    open(&node);
    redis.go_on();
    becomes(&node, "read all k", "42");
}

#[test]
fn a_password_that_redis_refuses_is_in_no_line() {
    let redis = Redis::start();
    let url = redis.url().replace("redis://", "redis://:hunter2@");
    let conf = folder(&quiet(&url), &shared(), &patient());
    let node = Node::start(conf.path());
    becomes(&node, "read all k", AWAY);
    let line = node.wait_for_line("Redis is away; shared stores of plugins answer with errors");
    assert!(!node.stderr().text().contains("hunter2"), "{line}");
}

#[test]
fn a_shared_store_without_redis_and_one_that_is_two_things_are_findings() {
    let nothing = json!({"access_log": {"format": "off"}});
    let yaml = |grants: &str, limits: &str| {
        let component = workspace().join("plugins/prebuilt/reach.wasm");
        let component = component.display();
        format!("plugins:\n  one:\n    component: {component}\n{limits}    grants:\n      http: []\n{grants}")
    };
    let written = |edgewit: &Value, grants: &str, limits: &str| {
        let folder = folder(edgewit, &shared(), &patient());
        folder.write("plugins.yaml", yaml(grants, limits));
        let one = json!({"/one": {"get": mock_operation("in")}});
        folder.write("apis/api.yaml", document("stores", &one));
        folder.write("functions.yaml", "");
        folder
    };
    let shared = "      keyvalue: [own]\n      keyvalue_shared:\n        - all\n";
    let place = "plugins.yaml:8:11";
    let of_store = "plugin `one`: the store `all` is under `grants.keyvalue_shared`";
    let conf = written(&nothing, shared, "");
    // A command knows of no `--redis`.
    let checked = node::run(conf.path(), &["check", "."]);
    assert_eq!(checked.code, Some(0), "{checked}");
    let warning = format!(
        "{place}: warning[plugin-store-without-redis]: {of_store}, and edgewit.yaml names no `redis`; here it is in memory"
    );
    assert!(checked.stdout.contains(&warning), "{checked}");
    let served = node::run(conf.path(), &["serve", ".", "--listen", "127.0.0.1:0", "--admin", "none"]);
    assert_eq!(served.code, Some(1), "{served}");
    let error = format!("{place}: error[plugin-store-without-redis]: {of_store}, and this node has no Redis");
    assert!(served.stderr.contains(&error) && served.stderr.contains("`--redis URL`"), "{served}");
    // With one in the folder there is nothing to say.
    let conf = written(&quiet("redis://127.0.0.1:1"), shared, "");
    let checked = node::run(conf.path(), &["check", "."]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), ""), "{checked}");

    let twice = "      keyvalue: [own, all]\n      keyvalue_shared: [other, all]\n";
    for (grants, limits, finding) in [
        (
            twice,
            "",
            "plugins.yaml:7:32: error[plugin-store-twice]: plugin `one`: the store `all` is under `grants.keyvalue` \
             and under `grants.keyvalue_shared`, expected one of them",
        ),
        (shared, "    limits: {keyvalue_ms: 0}\n", "found 0 as `keyvalue_ms`, expected 1 to 5000"),
        (shared, "    limits: {keyvalue_ms: 5001}\n", "found 5001 as `keyvalue_ms`, expected 1 to 5000"),
    ] {
        let conf = written(&quiet("redis://127.0.0.1:1"), grants, limits);
        let checked = node::run(conf.path(), &["check", "."]);
        assert_eq!(checked.code, Some(1), "{checked}");
        assert!(checked.stdout.contains(finding), "{checked}\n{finding}");
    }
    let conf = written(&quiet("redis://127.0.0.1:1"), shared, "    limits: {keyvalue_ms: 5000}\n");
    let checked = node::run(conf.path(), &["check", "."]);
    assert_eq!(checked.code, Some(0), "{checked}");
}
