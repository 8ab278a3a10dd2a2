//! Hosts plugins: WebAssembly components, run by wasmtime under limits.
//!
//! One [`PluginHost`] serves a node. It loads components into [`Plugin`]s, and a plugin answers one request after the
//! other, each on an instance of its own that is thrown away afterwards unless a pool is declared. A plugin may trap, loop,
//! exhaust its memory or return nonsense: the worst that happens is a [`PluginError`] for that one request.
//!
//! What plugins may ask for and must answer is written down in the WIT package `edgewit:plugin`, folder `wit/`.
//!
//! Life of a plugin generation: whoever calls [`PluginHost::load`] has fetched the bytes and compared their digest; a
//! signature is to be verified there too, once there are any. `load` checks imports, exports and limits, runs
//! `configure` and takes a picture of the instance it leaves (`configure.rs`), compiles the picture or takes it from
//! [`Artifacts`], and makes a first instance. The caller swaps it in.

mod answers;
mod bindings;
mod call;
mod calling;
mod configure;
mod decision;
mod engine;
mod error;
mod guest_log;
mod handles;
mod host;
mod host_calls;
mod incoming;
mod limits;
mod load;
mod meter;
mod no_request;
mod plugin;
mod reconfigure;
mod request;
mod rewrite;
mod shared_stores;
mod slots;
mod stock;
mod text;
mod ticker;
mod tools;
mod trap;
mod turn;
mod warm;
mod wasi;
mod world;

pub use answers::{
    Change, Event, FunctionFailure, InspectFinding, InspectVerdict, PluginAnswer, RequestChanges,
    RequestOutcome, ResponseChanges,
};
pub use decision::{Caller, ContextValue, Decision};
pub use error::{HostError, LoadError, PluginError};
pub use host::{Artifacts, HostOptions, Outline, PluginHost};
pub use incoming::AnswerStream;
pub use limits::{Grants, LimitError, Origin, PluginLimits, PluginSettings, StoreGrant, WarmPool};
pub use load::needed_grant;
pub use no_request::NoRequest;
pub use plugin::{Admission, Plugin};
pub use request::{PluginRequest, PluginResponse};
pub use rewrite::Waiting;
pub use shared_stores::{KeyPage, SharedFuture, SharedStores, StoreName};
pub use text::printable_line;
pub use world::World;
