//! What API Gateway does to requests and responses between client and backend, as data in and data out:
//! parameter mapping, header forwarding, gateway-response templates, access-log formats, and the events and results
//! of Lambda functions.
//!
//! Everything is compiled once, when a stage is deployed, and evaluated against views of a request.
//! No sockets, clocks, files or randomness in this crate, and no input makes it panic.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>.

pub mod coding;
pub mod content;
pub mod context;
mod escape;
pub mod expression;
pub mod forwarding;
pub mod json_path;
pub mod lambda;
pub mod media_type;
pub mod mock;
pub mod query;
pub mod selection;
pub mod source;
pub mod static_template;
pub mod template;

pub use context::{Context, ContextVariable, Place};
pub use source::{RequestParameters, ResponseParameters, StageVariables};
