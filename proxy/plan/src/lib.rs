//! Compiles a deployed stage into the plan a request is served by.
//!
//! Pure: a [`Stage`](edgewit_model::stage::Stage) in, a [`Plan`] and findings out.
//! Everything that can be decided before the first request is decided here: the route table, validators,
//! mapping expressions, templates, gateway responses, addresses of HTTP integrations.
//! No sockets, clocks, files or randomness in this crate, and no panics on any input.

mod compile;
pub mod gateway_responses;
pub mod integration;
pub mod limits;
mod memory;
pub mod plan;
pub mod router;
pub mod validation;

pub use compile::{Binding, Options, UnavailableRoutes, compile};
pub use limits::Limits;
pub use plan::{
    AuthorizerKind, AuthorizerPlan, FunctionPlan, FunctionTarget, IntegrationPlan, InvokePlan, Plan,
    PluginRef, Route, RouteAuthorization, Unavailable,
};
pub use router::{Match, Router};
