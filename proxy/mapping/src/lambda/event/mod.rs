//! The event of a Lambda proxy integration: payload format 1.0 as REST APIs write it, without a `version`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>,
//! "input format of a Lambda function for proxy integration".

mod headers;
mod request_context;
mod source;
#[cfg(test)]
pub(super) mod tests;

pub use source::{AuthorizedBy, EventSource, Forwarded};

use super::into_bytes;
use super::json::{self, Object};
use super::values::Values;
use crate::{ContextVariable, query};
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;

/// Who receives an event. Authorizers see credentials and no body; functions the other way round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    Integration,
    Authorizer,
}

/// An event that is longer than a call may be; the client gets 413.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found an event of {found} bytes or more, expected at most {expected}")]
pub struct EventTooLong {
    /// Bytes of the event, or of its body where that alone is too long.
    pub found: usize,
    /// Bytes that were allowed.
    pub expected: usize,
}

/// The event for a request, as JSON of at most `max_bytes`, usually [`super::MAX_PAYLOAD_BYTES`].
///
/// # Errors
/// When it would be longer. Before that is known, at most six times `max_bytes` are written.
pub fn proxy_event(source: &impl EventSource, max_bytes: usize) -> Result<Vec<u8>, EventTooLong> {
    let check = |found| {
        if found > max_bytes { Err(EventTooLong { found, expected: max_bytes }) } else { Ok(()) }
    };
    let body = source.body().filter(|body| !body.is_empty());
    let body_bytes = body.map_or(0, <[u8]>::len);
    check(body_bytes)?;
    // What an ordinary request has besides its body, and a body with quotes in it.
    let mut out = Vec::with_capacity(3072 + body_bytes + body_bytes / 8);
    let mut event = Object::open(&mut out);
    request_members(source, Receiver::Integration, &mut event);
    let binary = source.body_is_binary();
    let field = event.member("body");
    match body {
        None => json::null(field),
        Some(body) if binary => {
            // Writing to a vector cannot fail.
            let _written = write!(field, "\"{}\"", Base64Display::new(body, &STANDARD));
        }
        Some(body) => json::bytes(body, field),
    }
    // Nothing is encoded in an empty body, whatever its type.
    json::boolean(binary && body.is_some(), event.member("isBase64Encoded"));
    event.close();
    check(out.len())?;
    Ok(out)
}

/// The members that integrations and authorizers of type REQUEST have in common.
pub(super) fn request_members(source: &impl EventSource, receiver: Receiver, event: &mut Object<'_>) {
    event.variable("resource", source, &ContextVariable::ResourcePath);
    json::text(source.path(), event.member("path"));
    event.variable("httpMethod", source, &ContextVariable::HttpMethod);

    let headers = headers::collect(source, receiver);
    headers.write_last(event.member("headers"));
    headers.write_all(event.member("multiValueHeaders"));

    let query = query_values(source.raw_query());
    query.write_last(event.member("queryStringParameters"));
    query.write_all(event.member("multiValueQueryStringParameters"));

    let mut parameters = Object::open(event.member("pathParameters"));
    source.path_parameters(&mut |name, value| json::text(value, parameters.member(name)));
    parameters.close_or_null();

    let mut variables = Object::open(event.member("stageVariables"));
    source.stage_variables(&mut |name, value| json::text(value, variables.member(name)));
    variables.close_or_null();

    request_context::write(source, receiver, event.member("requestContext"));
}

/// Query parameters, form-decoded. Their names compare with regard to case.
fn query_values(raw: &str) -> Values<'_> {
    let mut values = Values::default();
    for (name, value) in query::pairs(raw) {
        values.push(into_bytes(query::decode(name)), into_bytes(query::decode(value)));
    }
    values.link(<[u8]>::cmp);
    values
}
