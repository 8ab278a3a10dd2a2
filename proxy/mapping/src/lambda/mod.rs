//! What passes between API Gateway and Lambda functions: the events of proxy integrations and authorizers, and the
//! results of both.
//!
//! Events are written straight into a buffer from views of the request; results are read without copying what has no
//! escapes. No calls are made here.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>, refined by
//! what a regional API was seen to do.

pub mod authorizer;
pub mod event;
mod json;
mod loose;
pub mod result;
mod values;

use std::borrow::Cow;

/// Longest payload of a synchronous call, in bytes, either way.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "invocation payload".
pub const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// Longest text of a function that is repeated in a log, in bytes.
const MAX_LOGGED_BYTES: usize = 1024;

/// A text of a function as one bounded line for a log.
fn one_line(text: &str) -> String {
    let mut end = text.len().min(MAX_LOGGED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_text_is_one_bounded_line() {
        assert_eq!(one_line("a\r\nb\u{85}c"), "a  b c");
        let long = "é".repeat(MAX_LOGGED_BYTES / 2);
        assert_eq!(one_line(&long), long);
        assert_eq!(one_line(&format!("x{long}")).len(), MAX_LOGGED_BYTES - 1);
    }
}
