//! The harness of the black-box tests: it writes configuration folders, starts the real `edgewit` binary,
//! plays a client on one side of it and an origin on the other, and compares what passed with what a case says.
//!
//! Everything here speaks bytes: client and origin have their own small HTTP/1.1 reader ([`http1`]), because an
//! HTTP library would repair exactly the malformed messages the tests are about.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "this crate only serves tests, which fail by panicking and report by printing"
)]

pub mod admin;
pub mod binary;
pub mod case;
pub mod client;
pub mod example;
pub mod fixture;
pub mod folder;
pub mod http1;
pub mod matcher;
pub mod metrics;
pub mod node;
pub mod origin;
pub mod redis;
pub mod report;
pub mod run;
pub mod suite;
pub mod traffic;

use std::time::Duration;

/// How long anything that must happen may take before a test gives up. No test passes or fails by being faster
/// or slower than this within reason: it is two orders of magnitude above what a debug build needs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Polls `ready` until it gives a value; `None` when [`PATIENCE`] ran out.
pub fn wait_until<T>(mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let started = std::time::Instant::now();
    loop {
        if let Some(value) = ready() {
            return Some(value);
        }
        if started.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
