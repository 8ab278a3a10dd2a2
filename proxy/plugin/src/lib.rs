//! Hosts plugins: WebAssembly components, run by wasmtime under limits.
//!
//! One [`PluginHost`] serves a node. It loads components into [`Authorizer`]s, and an authorizer decides about one
//! request after the other, each on an instance of its own that is thrown away afterwards. A plugin may trap, loop,
//! exhaust its memory or return nonsense: the worst that happens is a [`PluginError`] for that one request.
//!
//! What plugins may ask for and must answer is written down in the WIT package `edgewit:plugin`, folder `wit/`.
//!
//! Life of a plugin: bytes are checked and compiled by [`PluginHost::load`], which finds out everything that can be
//! known without running the plugin. Verifying a digest or signature comes before it, configuring and snapshotting
//! will come after it; neither is here yet.

mod authorizer;
mod bindings;
mod call;
mod decision;
mod error;
mod guest_log;
mod host;
mod limits;
mod load;
mod meter;
mod no_request;
mod request;
mod slots;
mod text;
mod ticker;

pub use authorizer::Authorizer;
pub use decision::{Caller, ContextValue, Decision};
pub use error::{HostError, LoadError, PluginError};
pub use host::{HostOptions, PluginHost};
pub use limits::{LimitError, PluginLimits, PluginSettings};
pub use request::AuthorizerRequest;
