//! The Amazon API Gateway REST API model, and its import from OpenAPI documents.
//!
//! Pure: text in, an [`api::RestApi`] and [`finding::Finding`]s out.
//! No sockets, clocks, files or randomness in this crate.

pub mod api;
pub mod finding;
pub mod gateway_response;
pub mod import;
mod names;
pub mod stage;

pub use finding::{Finding, Location, Severity};
pub use import::{BasePathMode, ImportLimits, ImportOptions, Imported, import};
