//! Usage plans, their keys and their usage.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod keys;
mod patches;
mod plans;
mod usage;

use crate::entities::{RestApi, Stage};
use crate::testing::{Server, message};
use serde_json::{Value, json};

/// With the stages `prod` and `dev` of an API.
fn server() -> Server {
    let mut server = Server::default();
    server.put("api", RestApi { id: "api".into(), ..RestApi::default() });
    server.put("api/prod", Stage::default());
    server.put("api/dev", Stage::default());
    server
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

fn new_plan(server: &mut Server, plan: Value) -> String {
    id(&server.ok("POST", "/usageplans", plan))
}

fn new_key(server: &mut Server, key: Value) -> String {
    id(&server.ok("POST", "/apikeys", key))
}

fn join(server: &mut Server, plan: &str, key: &str) -> (u16, Value) {
    server.call("POST", &format!("/usageplans/{plan}/keys"), json!({"keyId": key, "keyType": "API_KEY"}))
}
