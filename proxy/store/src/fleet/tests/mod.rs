//! Redis that goes away, comes back with less, or is something else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests may sleep")]

mod lost;
mod replicas;
mod state;
