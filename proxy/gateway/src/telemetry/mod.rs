//! What a node tells about itself: metrics and access logs.

pub mod access_log;
mod histogram;
mod links;
pub mod metrics;

pub use metrics::{RouteMetrics, Telemetry};
