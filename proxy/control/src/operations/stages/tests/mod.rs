//! Stages through the wire protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod canary;
mod life;
mod update;

use crate::operations::sample::API;
use crate::testing::Server;
use serde_json::{Value, json};

/// A server with two deployments and the stage `dev` of the first.
fn server() -> (Server, String, String) {
    let mut server = crate::operations::sample::server();
    let mut deploy = || {
        let made = server.ok("POST", &format!("{API}/deployments"), json!({}));
        made["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (deploy(), deploy());
    create(&mut server, json!({"stageName": "dev", "deploymentId": first}));
    (server, first, second)
}

fn create(server: &mut Server, body: Value) -> Value {
    server.ok("POST", &format!("{API}/stages"), body)
}

fn dev() -> String {
    format!("{API}/stages/dev")
}

/// Sends a patch of `dev` that succeeds; the stage as it is then.
fn patch(server: &mut Server, operations: &[(&str, &str, &str)]) -> Value {
    let (status, body) = server.patch(&dev(), operations);
    assert_eq!(status, 200, "{operations:?}: {body}");
    assert_eq!(server.ok("GET", &dev(), Value::Null), body);
    body
}

/// The message that one operation on `dev` is refused with; the stage stays as it is.
fn refused(server: &mut Server, op: &str, path: &str, value: &str) -> String {
    let before = server.ok("GET", &dev(), Value::Null);
    let (status, body) = server.patch(&dev(), &[("replace", "/description", "lost"), (op, path, value)]);
    assert_eq!(status, 400, "{op} {path}: {body}");
    assert_eq!(server.ok("GET", &dev(), Value::Null), before);
    body["message"].as_str().unwrap().to_owned()
}

const PATHS: &str = "Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]";

fn not_a_path(path: &str) -> String {
    format!("Invalid method setting path: {path}. {PATHS}")
}
