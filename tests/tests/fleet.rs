//! Nodes that share their control plane in a Redis: each serves what any of them has published, also while it is away.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

use edgewit_tests::admin::Admin;
use edgewit_tests::client::get;
use edgewit_tests::folder::Folder;
use edgewit_tests::node::{Launch, Node};
use edgewit_tests::redis::Redis;
use edgewit_tests::wait_until;
use serde_json::{Value, json};
use std::thread;

struct Member {
    conf: Folder,
    data: Folder,
}

impl Member {
    fn new() -> Self {
        let conf = Folder::new();
        conf.write("edgewit.yaml", "control_plane: true\n");
        Self { conf, data: Folder::new() }
    }

    fn start(&self, redis: &Redis) -> Node {
        let launch = Launch::with_data(self.data.path().join("state"), &["--redis", &redis.url()]);
        Node::launch(self.conf.path(), &launch).unwrap_or_else(|finished| panic!("{finished}"))
    }
}

fn answer(node: &Node, api: &str) -> String {
    let target = format!("/restapis/{api}/dev/_user_request_/");
    get(node.listen(), "localhost", &target).map_or_else(|error| error.to_string(), |answer| answer.text())
}

fn answers(node: &Node, api: &str, text: &str) {
    let reached = wait_until(|| (answer(node, api) == text).then_some(()));
    assert!(reached.is_some(), "{api} answers {}, expected {text}", answer(node, api));
}

#[test]
fn every_node_serves_what_one_of_them_has_published() {
    let redis = Redis::start();
    let (one, two) = (Member::new(), Member::new());
    let (first, second) = (one.start(&redis), two.start(&redis));
    let api = Admin(first.admin()).api("pets", "one");
    Admin(first.admin()).deploy(&api, "dev");
    answers(&second, &api, "one");
    // The other way round too, and to a node that comes later.
    let there = wait_until(|| {
        let found = Admin(second.admin()).send("GET", &format!("/restapis/{api}"), &Value::Null);
        (found.status == 200).then_some(())
    });
    assert!(there.is_some());
    Admin(second.admin()).answer(&api, "pets", "two");
    Admin(second.admin()).deploy(&api, "dev");
    answers(&first, &api, "two");
    let three = Member::new();
    let third = three.start(&redis);
    assert_eq!(answer(&third, &api), "two");
    Admin(third.admin()).ok("DELETE", &format!("/restapis/{api}/stages/dev"), &Value::Null);
    answers(&first, &api, r#"{"message":"Forbidden"}"#);
    answers(&second, &api, r#"{"message":"Forbidden"}"#);
}

#[test]
fn the_last_known_state_is_served_while_redis_is_away() {
    let mut redis = Redis::start();
    let member = Member::new();
    let node = member.start(&redis);
    let api = Admin(node.admin()).api("pets", "one");
    Admin(node.admin()).deploy(&api, "dev");
    assert_eq!(answer(&node, &api), "one");
    redis.stop();
    assert_eq!(answer(&node, &api), "one");
    let refused = Admin(node.admin()).send("POST", "/restapis", &json!({"name": "x"}));
    assert_eq!(
        (refused.status, refused.header("x-amzn-errortype")),
        (503, Some("ServiceUnavailableException"))
    );
    assert!(refused.header("retry-after").is_some());
    drop(node);
    // A start without Redis.
    let node = member.start(&redis);
    assert_eq!(answer(&node, &api), "one");
    assert_eq!(Admin(node.admin()).ok("GET", "/restapis", &Value::Null)["item"][0]["id"], json!(api));
    redis.again();
    let changed = wait_until(|| {
        let made = Admin(node.admin()).send("POST", "/restapis", &json!({"name": "back"}));
        (made.status == 201).then_some(())
    });
    assert!(changed.is_some(), "the node does not find its Redis again");
}

#[test]
fn of_two_nodes_that_change_the_same_thing_one_wins() {
    const WRITES: usize = 30;
    let redis = Redis::start();
    let (one, two) = (Member::new(), Member::new());
    let (first, second) = (one.start(&redis), two.start(&redis));
    let api = Admin(first.admin()).api("pets", "one");
    let target = format!("/restapis/{api}");
    assert!(
        wait_until(|| {
            (Admin(second.admin()).send("GET", &target, &Value::Null).status == 200).then_some(())
        })
        .is_some()
    );
    let root = Admin(first.admin()).ok("GET", &target, &Value::Null)["rootResourceId"].clone();
    let root = root.as_str().unwrap().to_owned();
    let write = |address, who: &'static str| {
        let target = format!("{target}/resources/{root}");
        thread::spawn(move || {
            let mut made = Vec::new();
            for number in 0..WRITES {
                let part = format!("{who}{number}");
                let answer = Admin(address).send("POST", &target, &json!({"pathPart": part}));
                match answer.status {
                    201 => made.push(part),
                    409 => assert_eq!(answer.header("x-amzn-errortype"), Some("ConflictException")),
                    other => panic!("{other} {}", answer.text()),
                }
            }
            made
        })
    };
    let writers = [write(first.admin(), "a"), write(second.admin(), "b")];
    let mut made: Vec<String> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    made.sort();
    assert!(!made.is_empty());
    for node in [&first, &second] {
        let parts = || {
            let listed =
                Admin(node.admin()).ok("GET", &format!("{target}/resources?limit=500"), &Value::Null);
            let parts = listed["item"].as_array().unwrap().iter();
            let mut parts: Vec<String> =
                parts.filter_map(|it| it["pathPart"].as_str().map(str::to_owned)).collect();
            parts.sort();
            parts
        };
        let same = wait_until(|| (parts() == made).then_some(()));
        assert!(same.is_some(), "{:?} is not {made:?}", parts());
    }
}
