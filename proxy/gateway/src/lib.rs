//! The gateway: the front, the pipeline on Pingora, configuration and its reload, telemetry.
//!
//! The thin shell around the pure crates: sockets, clocks, files and threads live here.

mod admin;
mod authorizer;
pub mod aws;
mod backends;
pub mod buffers;
pub mod config;
mod control;
pub mod deploy;
mod digest;
mod exchange;
mod execution_log;
pub mod front;
pub mod generation;
pub mod guard;
mod health;
mod identity;
pub mod invoke;
pub mod node;
pub mod pipeline;
pub mod reload;
mod resolve;
mod shared;
mod shared_stores;
pub mod targets;
pub mod telemetry;
mod time;
mod upstream;
mod view;
