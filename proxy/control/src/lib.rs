//! The control plane of REST APIs: the operations of Amazon API Gateway (service `apigateway`, version 2015-07-09) over
//! a [`State`] in memory.
//!
//! Pure: no sockets, no clock, no randomness, no files; what an operation needs of these is its [`Environment`].
//! [`handle`] takes a request to an answer and to the [`Changes`] that a store makes durable before the answer is sent;
//! an operation that fails has no changes, so nothing is ever half-written.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html>; names and types of members from the
//! public model of botocore (`operations.json`, written by `generate`).

mod days;
pub mod entities;
pub mod environment;
mod export;
mod import;
mod operations;
pub mod protocol;
#[cfg(test)]
mod samples;
pub mod snapshot;
pub mod state;
#[cfg(test)]
mod testing;

pub use environment::Environment;
pub use import::from_model;
pub use protocol::answer::{Answer, Trial};
pub use protocol::error::{Error, ErrorKind};
pub use protocol::{Handled, Request, handle};
pub use state::{Changes, State};
