//! The wire protocol: REST-JSON over HTTP.

pub mod answer;
mod decode;
pub mod error;
pub(crate) mod input;
pub mod operation;
pub(crate) mod page;
pub(crate) mod patch;

use crate::environment::Environment;
use crate::operations;
use crate::state::{Changes, State, Transaction};
use answer::Answer;
use bytes::Bytes;
use error::{Error, ErrorKind};
use input::Input;
use operation::Operation;
use serde_json::Value;

/// Largest body of a request, in bytes; what API Gateway takes as a definition of an API.
pub const BODY_BYTES: usize = 6 * 1024 * 1024;

/// A request to the control plane, its authenticity already known.
///
/// Has no `Debug`: bodies hold keys.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// E.g. `GET`.
    pub method: &'r str,
    /// The path with its escapes, without query.
    pub path: &'r str,
    /// What follows the `?`, with its escapes; empty when there is none.
    pub query: &'r str,
    /// The first value of `Accept`, if any.
    pub accept: Option<&'r str>,
    /// The body.
    pub body: &'r Bytes,
}

/// What a request comes to.
pub struct Handled {
    /// Which operation it was, where it was one.
    pub operation: Option<&'static Operation>,
    /// The answer, to be sent when the changes are durable.
    pub answer: Result<Answer, Error>,
    /// What changes; nothing where the answer is an error or the operation only reads.
    pub changes: Changes,
}

/// One operation at work.
pub(crate) struct Call<'c> {
    pub(crate) input: Input,
    pub(crate) state: Transaction<'c>,
    pub(crate) environment: &'c mut dyn Environment,
}

/// Carries a request out over `state`, which stays as it is.
pub fn handle(state: &State, request: &Request<'_>, environment: &mut dyn Environment) -> Handled {
    let (operation, input) = match decode::decode(request) {
        Ok(decoded) => decoded,
        Err((operation, error)) => {
            return Handled { operation, answer: Err(error), changes: Changes::default() };
        }
    };
    let mut call = Call { input, state: Transaction::new(state), environment };
    let answer = match operations::handler(&operation.name) {
        Some(handler) => handler(&mut call),
        None => Err(Error::new(
            ErrorKind::UnknownOperation,
            "Unable to determine service/operation name to be authorized",
        )),
    };
    let state = call.state;
    let (answer, changes) = match answer {
        Ok(answer) => match state.finish() {
            Ok(changes) => (Ok(answer), changes),
            Err(error) => (Err(error), Changes::default()),
        },
        Err(error) => (Err(error), Changes::default()),
    };
    Handled { operation: Some(operation), answer, changes }
}

/// An answer or error as HTTP: status, headers, body.
pub fn render(
    operation: Option<&Operation>,
    answer: &Result<Answer, Error>,
) -> (u16, Vec<(&'static str, String)>, Bytes) {
    let status = operation.map_or(200, |operation| operation.status);
    let json = |value: &Value| Bytes::from(value.to_string());
    match answer {
        Ok(Answer::Json(value)) => (status, vec![("content-type", "application/json".into())], json(value)),
        Ok(Answer::Empty | Answer::Trial(_)) => (status, Vec::new(), Bytes::new()),
        Ok(Answer::File { content_type, disposition, body }) => (
            status,
            vec![("content-type", content_type.clone()), ("content-disposition", disposition.clone())],
            body.clone(),
        ),
        Err(error) => {
            let mut headers = vec![
                ("content-type", "application/json".to_owned()),
                ("x-amzn-errortype", error.kind.name().to_owned()),
            ];
            if let Some(seconds) = error.kind.retry_after_seconds() {
                headers.push(("retry-after", seconds.to_string()));
            }
            (error.kind.status(), headers, json(&serde_json::json!({"message": error.message})))
        }
    }
}
