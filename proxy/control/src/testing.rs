//! A control plane for tests: a state that changes at once, a clock that stands still, and ids in order.

use crate::Answer;
use crate::environment::{CertificateAndKey, Environment};
use crate::protocol::error::Error;
use crate::protocol::{Request, handle, render};
use crate::state::{Entity, Slot, State};
use bytes::Bytes;
use serde_json::Value;

/// A control plane for tests.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) state: State,
    pub(crate) world: World,
    /// What the last answer was where it was no JSON.
    pub(crate) last: Option<Answer>,
}

/// The body of an error.
pub(crate) fn message(text: &str) -> Value {
    serde_json::json!({"message": text})
}

/// Time and randomness that tests know.
#[derive(Default)]
pub(crate) struct World {
    drawn: u64,
    pub(crate) now: u64,
}

impl Environment for World {
    fn now(&self) -> u64 {
        1_700_000_000 + self.now
    }

    fn now_ms(&self) -> u64 {
        self.now() * 1000
    }

    fn random(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            // Knuth's multiplier: different for each draw, and the same in each run.
            self.drawn =
                self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.drawn.to_be_bytes()[1];
        }
    }

    fn region(&self) -> &str {
        "us-east-1"
    }

    fn account_id(&self) -> &str {
        "123456789012"
    }

    fn suffix(&self) -> &str {
        "example.com"
    }

    fn client_certificate(&mut self, common_name: &str) -> Result<CertificateAndKey, Error> {
        Ok(CertificateAndKey {
            certificate: format!("-----BEGIN CERTIFICATE-----\n{common_name}\n-----END CERTIFICATE-----\n"),
            private_key: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".into(),
            not_after: self.now() + 365 * 24 * 3600,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "tests write their bodies in place")]
impl Server {
    /// Sends a request: `target` is path and query, `body` null for none. The status, and the body or null.
    pub(crate) fn call(&mut self, method: &str, target: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.send(method, target, body)
    }

    /// The same with a body that need not be JSON.
    pub(crate) fn send(&mut self, method: &str, target: &str, body: Bytes) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request { method, path, query, accept: Some("application/json"), body: &body };
        let handled = handle(&self.state, &request, &mut self.world);
        self.world.now += 1;
        self.state.apply(handled.changes, self.world.now);
        let (status, _, body) = render(handled.operation, &handled.answer);
        self.last = handled.answer.ok();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Sends a request that succeeds; its body.
    pub(crate) fn ok(&mut self, method: &str, target: &str, body: Value) -> Value {
        let (status, body) = self.call(method, target, body);
        assert!(status < 300, "{method} {target}: {status} {body}");
        body
    }

    /// Puts an entity into the state.
    pub(crate) fn put<T: Entity>(&mut self, name: &str, value: T) {
        T::table_mut(&mut self.state)
            .insert(name.to_owned(), Slot { value: value.into(), revision: 1, file: None });
    }

    /// The same, as if it came from a file.
    pub(crate) fn put_from_file<T: Entity>(&mut self, name: &str, value: T, file: &str) {
        let slot = Slot { value: value.into(), revision: 0, file: Some(file.into()) };
        T::table_mut(&mut self.state).insert(name.to_owned(), slot);
    }

    /// Sends PATCH with these operations: `(op, path, value)`.
    pub(crate) fn patch(&mut self, target: &str, operations: &[(&str, &str, &str)]) -> (u16, Value) {
        let operations: Vec<Value> = operations
            .iter()
            .map(|(op, path, value)| serde_json::json!({"op": op, "path": path, "value": value}))
            .collect();
        self.call("PATCH", target, serde_json::json!({"patchOperations": operations}))
    }
}
