//! An API for tests of what is below its resources.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests fail by panicking, and give values as they are written"
)]

use crate::testing::Server;
use serde_json::{Value, json};

/// An API without methods.
pub(super) struct Fixture {
    pub(super) server: Server,
    pub(super) api: String,
    pub(super) root: String,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let mut server = Server::default();
        let api = server.ok("POST", "/restapis", json!({"name": "pets"}));
        let text = |name: &str| api[name].as_str().unwrap().to_owned();
        Self { api: text("id"), root: text("rootResourceId"), server }
    }

    /// The same with a `GET` method of the root, of which `body` says what is not usual.
    pub(super) fn with_method(body: Value) -> Self {
        let mut fixture = Self::new();
        let mut method = json!({"authorizationType": "NONE"});
        method.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let target = fixture.method("GET");
        fixture.server.ok("PUT", &target, method);
        fixture
    }

    pub(super) fn resources(&self) -> String {
        format!("/restapis/{}/resources", self.api)
    }

    /// The path of a method of the root.
    pub(super) fn method(&self, verb: &str) -> String {
        format!("{}/{}/methods/{verb}", self.resources(), self.root)
    }

    pub(super) fn get(&mut self, target: &str) -> Value {
        self.server.ok("GET", target, Value::Null)
    }

    /// Status and message of a request that fails.
    pub(super) fn refused(&mut self, method: &str, target: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.server.call(method, target, body);
        assert!(status >= 400, "{method} {target}: {status} {answer}");
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    }

    /// What is at `target` after a patch operation.
    pub(super) fn patched(&mut self, target: &str, op: &str, path: &str, value: &str) -> Value {
        let (status, answer) = self.server.patch(target, &[(op, path, value)]);
        assert!(status < 300, "{op} {path} {value}: {status} {answer}");
        assert_eq!(answer, self.get(target));
        answer
    }

    /// Status and message for a patch operation that changes nothing.
    pub(super) fn patch_refused(&mut self, target: &str, op: &str, path: &str, value: &str) -> (u16, String) {
        let before = self.get(target);
        let (status, answer) = self.server.patch(target, &[(op, path, value)]);
        assert!(status >= 400, "{op} {path} {value}: {status} {answer}");
        assert_eq!(before, self.get(target));
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    }
}
