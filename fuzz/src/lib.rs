//! What is fuzzed: one function for each parser of what a stranger wrote, a document's author, a client or a function.
//!
//! Each takes any bytes, feeds them to the real code and asserts what must hold for every input. They are called by
//! libFuzzer (`fuzz_targets`) and by the bounded smoke test (`tests/smoke.rs`) that runs on stable Rust.

mod control;
mod document;
mod expressions;
mod functions;
mod policies;
mod routes;
mod signatures;
mod templates;
mod velocity;
mod views;
mod wire;

pub use control::control_request;
pub use document::import;
pub use expressions::{
    json_path, mapping_expression, mock_status, query, selection_pattern, static_template,
};
pub use functions::{lambda_authorizer_result, lambda_result};
pub use policies::policy;
pub use routes::route_match;
pub use signatures::sigv4;
pub use templates::{access_log_format, gateway_response_template};
pub use velocity::{velocity, velocity_json_path};
pub use wire::framing;

/// A fuzz target: must return, in time that follows from the limits, on any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also the name of its folder in `seeds`.
pub const TARGETS: [(&str, Target); 18] = [
    ("access_log_format", access_log_format),
    ("control_request", control_request),
    ("framing", framing),
    ("gateway_response_template", gateway_response_template),
    ("import", import),
    ("json_path", json_path),
    ("lambda_authorizer_result", lambda_authorizer_result),
    ("lambda_result", lambda_result),
    ("mapping_expression", mapping_expression),
    ("mock_status", mock_status),
    ("policy", policy),
    ("query", query),
    ("route_match", route_match),
    ("selection_pattern", selection_pattern),
    ("sigv4", sigv4),
    ("static_template", static_template),
    ("velocity", velocity),
    ("velocity_json_path", velocity_json_path),
];

/// The first line and everything after it; targets with two inputs take them so.
fn split_first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
