//! Requests to the control plane, several in a row over one state.

use bytes::Bytes;
use edgewit_control::environment::CertificateAndKey;
use edgewit_control::protocol::{handle, render};
use edgewit_control::{Environment, Error, Request, State};

/// Most requests of one input.
const REQUESTS: usize = 16;

/// Paragraphs of `METHOD TARGET` with the body in the lines behind; `API` stands for the id of the first API there is.
///
/// Whatever comes, there is an answer, a refusal changes nothing, and what is changed can be stored and read again.
pub fn control_request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut state = State::default();
    let mut world = World { drawn: 0, now: 0 };
    for paragraph in text.split("\n\n").take(REQUESTS) {
        let (head, body) = crate::split_first_line(paragraph);
        let api = state.rest_apis.keys().next().cloned().unwrap_or_else(|| "none".to_owned());
        let head = head.replace("API", &api);
        let (method, target) = head.split_once(' ').unwrap_or(("GET", &head));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let body = Bytes::from(body.to_owned());
        let request = Request { method, path, query, accept: None, body: &body };
        let handled = handle(&state, &request, &mut world);
        let (status, headers, answer) = render(handled.operation, &handled.answer);
        assert!((200..600).contains(&status), "{status}");
        if handled.answer.is_err() {
            assert!(handled.changes.is_empty(), "{head} was refused and changes something");
            assert!(headers.iter().any(|(name, _)| *name == "x-amzn-errortype"));
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
            assert!(answer["message"].is_string(), "{answer}");
        }
        let stored: Vec<_> = handled
            .changes
            .writes
            .iter()
            .map(|write| (write.key.clone(), write.after.as_ref().map(ToString::to_string)))
            .collect();
        world.now += 1;
        state.apply(handled.changes, world.now);
        for (key, value) in stored {
            let mut again = State::default();
            let read = again.put_record(key.kind, &key.name, value.as_deref().map(str::as_bytes), 1);
            assert!(read.is_ok(), "{key:?} cannot be read again");
        }
    }
}

/// A clock that counts requests, and ids that follow from it.
struct World {
    drawn: u64,
    now: u64,
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

    fn client_certificate(&mut self, _common_name: &str) -> Result<CertificateAndKey, Error> {
        Ok(CertificateAndKey {
            certificate: String::new(),
            private_key: String::new(),
            not_after: self.now(),
        })
    }
}
