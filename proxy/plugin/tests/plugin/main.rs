//! The plugin host, driven by the components of `plugins/prebuilt`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod contract;
mod generation;
mod handles;
mod isolation;
mod limits;
mod load;
mod logs;
mod shared_stores;
mod support;
mod token_authorizer;
