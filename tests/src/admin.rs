//! The control plane of a node, as a client of the AWS protocol sees it.

use crate::client::{Response, exchange};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The control plane at an address.
#[derive(Clone, Copy, Debug)]
pub struct Admin(pub SocketAddr);

impl Admin {
    /// Sends a request as anybody; a body of null is none.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn send(self, method: &str, target: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send_text(method, target, &body)
    }

    /// The same with a body that need not be JSON.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn send_text(self, method: &str, target: &str, body: &str) -> Response {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.0,
            body.len()
        );
        exchange(self.0, method, request.as_bytes())
            .unwrap_or_else(|error| panic!("{method} {target}: {error}"))
    }

    /// Sends a request that succeeds; its body, or null for none.
    ///
    /// # Panics
    /// When it is refused.
    pub fn ok(self, method: &str, target: &str, body: &Value) -> Value {
        let response = self.send(method, target, body);
        assert!(response.status < 300, "{method} {target}: {} {}", response.status, response.text());
        serde_json::from_str(&response.text()).unwrap_or(Value::Null)
    }

    /// Makes an API whose `GET /` answers `text`, with a template; its id. Nothing is deployed.
    ///
    /// # Panics
    /// When it is refused.
    pub fn api(self, name: &str, text: &str) -> String {
        let made = self.ok("POST", "/restapis?mode=import", &document(name, text));
        made["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Has `GET /` of an API answer another text. Nothing is deployed.
    ///
    /// # Panics
    /// When it is refused.
    pub fn answer(self, api: &str, name: &str, text: &str) {
        self.ok("PUT", &format!("/restapis/{api}?mode=overwrite"), &document(name, text));
    }

    /// Deploys an API to a stage; the id of the deployment.
    ///
    /// # Panics
    /// When it is refused.
    pub fn deploy(self, api: &str, stage: &str) -> String {
        let made = self.ok("POST", &format!("/restapis/{api}/deployments"), &json!({"stageName": stage}));
        made["id"].as_str().unwrap_or_default().to_owned()
    }
}

/// An API whose `GET /` answers `text` with the stage variable `v` behind it.
pub fn document(name: &str, text: &str) -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": name, "version": "1"},
        "paths": {"/": {"get": {
            "responses": {"200": {"description": "ok"}},
            "x-amazon-apigateway-integration": {
                "type": "MOCK",
                "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "responses": {"default": {
                    "statusCode": "200",
                    "responseTemplates": {"application/json": format!("{text}$!stageVariables.v")},
                }},
            },
        }}},
    })
}
