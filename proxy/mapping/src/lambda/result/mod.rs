//! The result of a Lambda proxy integration.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>,
//! "output format of a Lambda function for proxy integration". What is accepted beyond it, and what is refused, is what
//! a regional API was seen to do.

mod headers;
pub mod stream;
#[cfg(test)]
mod tests;

use super::loose::{Items, Loose, Members, Scalar};
use super::{MAX_PAYLOAD_BYTES, into_bytes, one_line};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Most header lines of a result.
pub const MAX_HEADER_LINES: usize = 250;

/// All header lines of a result together, in bytes, with `: ` and line ends; as for requests.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>, "total combined size of request
/// line and header values".
pub const MAX_HEADER_BYTES: usize = 10_240;

/// An answer as a function gave it. What becomes of its headers is [`crate::forwarding::response_header`]'s to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyResult<'a> {
    /// 200 to 599.
    pub status: u16,
    /// Header lines: a name, spelled as the function did, and one value. Lines of one name follow each other in order.
    ///
    /// Names are tokens and values have no control characters but tabs. Lines of one name may be joined, but for
    /// `Set-Cookie`.
    pub headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The body, decoded where it had to be.
    pub body: Cow<'a, [u8]>,
}

/// Why a function's result is no answer. The client sees `Internal server error` in any case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// The function failed; its `errorMessage`, as one line.
    #[error("Lambda execution failed with status 200 due to customer function error: {0}")]
    Function(String),
    /// The result is not of the format; what was found and what was expected, as one line.
    #[error("Execution failed due to configuration error: Malformed Lambda proxy response: {0}")]
    Malformed(String),
    /// The body is not base64, although `isBase64Encoded` says so.
    #[error("Execution failed due to configuration error: Unable to base64 decode the body.")]
    Body,
}

impl ResultError {
    /// The status that the client gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Function(_) | Self::Malformed(_) => 502,
            Self::Body => 500,
        }
    }

    /// The line of the execution log; `request_id` is that of the call.
    pub fn log_line(&self, request_id: &str) -> String {
        match self {
            Self::Function(_) => format!("{self}. Lambda request id: {request_id}"),
            _ => self.to_string(),
        }
    }
}

/// A list where one value is meant is seen, its items are not.
type Single<'a> = Loose<'a, IgnoredAny, Members<'a, Scalar<'a>>>;
type Multiple<'a> = Loose<'a, IgnoredAny, Members<'a, Loose<'a, Items<Scalar<'a>>, IgnoredAny>>>;

/// Nothing else may stand in a result. `null` is as good as nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    status_code: Option<Scalar<'a>>,
    #[serde(borrow)]
    headers: Option<Single<'a>>,
    #[serde(borrow)]
    multi_value_headers: Option<Multiple<'a>>,
    #[serde(borrow)]
    body: Option<Scalar<'a>>,
    #[serde(borrow)]
    is_base64_encoded: Option<Scalar<'a>>,
}

/// Reads what a function returned, at most [`MAX_PAYLOAD_BYTES`].
///
/// `accepts_binary` says whether the first type of the client's `Accept` is one of the API's `binaryMediaTypes`: only
/// then is a body with `isBase64Encoded` decoded, otherwise its text goes out as it is.
///
/// # Errors
/// When it is not of the format, or is the error of a function; see [`ResultError`].
pub fn parse(payload: &[u8], accepts_binary: bool) -> Result<ProxyResult<'_>, ResultError> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        let (found, expected) = (payload.len(), MAX_PAYLOAD_BYTES);
        return Err(ResultError::Malformed(format!("found {found} bytes, expected at most {expected}")));
    }
    let raw = match serde_json::from_slice::<Loose<'_, IgnoredAny, Raw<'_>>>(payload) {
        Ok(Loose::Object(raw)) => raw,
        Ok(other) => return Err(malformed("the result", other.kind(), "an object")),
        Err(error) => {
            // `errorMessage` is one of the members that a result may not have, so a failed function ends up here.
            return Err(error_message(payload).map_or_else(
                || ResultError::Malformed(one_line(&error.to_string())),
                |message| ResultError::Function(one_line(&message)),
            ));
        }
    };
    let status = status(raw.status_code)?;
    let headers = headers::merge(raw.headers, raw.multi_value_headers)?;
    let body = match raw.body {
        None | Some(Loose::Null) => Cow::Borrowed(""),
        Some(Loose::Text(text)) => text,
        Some(other) => return Err(malformed("body", other.kind(), "a string")),
    };
    let encoded = match raw.is_base64_encoded {
        None | Some(Loose::Null) => false,
        Some(Loose::Boolean(encoded)) => encoded,
        Some(other) => return Err(malformed("isBase64Encoded", other.kind(), "a boolean")),
    };
    let body = if encoded && accepts_binary {
        Cow::Owned(BASE64.decode(body.as_bytes()).map_err(|_| ResultError::Body)?)
    } else {
        into_bytes(body)
    };
    Ok(ProxyResult { status, headers, body })
}

/// The error of a call that the Lambda service says has failed (`X-Amz-Function-Error`), whatever its payload.
pub fn function_error(payload: &[u8]) -> ResultError {
    let message = error_message(payload);
    ResultError::Function(one_line(message.as_deref().unwrap_or("the function gave no errorMessage")))
}

/// The `errorMessage` of a failed function.
pub(super) fn error_message(payload: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Thrown<'a> {
        #[serde(borrow)]
        error_message: Option<Scalar<'a>>,
    }
    if payload.len() > MAX_PAYLOAD_BYTES {
        return None;
    }
    match serde_json::from_slice::<Loose<'_, IgnoredAny, Thrown<'_>>>(payload) {
        Ok(Loose::Object(Thrown { error_message: Some(Loose::Text(message)) })) => Some(message),
        _ => None,
    }
}

/// Padding may be missing, as for Java's decoder; anything else that is not RFC 4648, section 4 is an error.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A whole number, or a text of digits. Final answers are from 200 on, and no status is beyond 599 (RFC 9110,
/// section 15).
fn status(given: Option<Scalar<'_>>) -> Result<u16, ResultError> {
    const EXPECTED: &str = "a whole number from 200 to 599";
    let status = match given {
        None | Some(Loose::Null) => return Ok(200),
        Some(Loose::Number(number)) => whole(&number),
        Some(Loose::Text(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Some(other) => return Err(malformed("statusCode", other.kind(), EXPECTED)),
    };
    status
        .filter(|status| (200..=599).contains(status))
        .ok_or_else(|| malformed("statusCode", "another number", EXPECTED))
}

/// The number, also where it was written with a fraction of zero, as languages without integers do.
fn whole(number: &serde_json::Number) -> Option<u16> {
    match number.as_u64() {
        Some(number) => u16::try_from(number).ok(),
        None => (200_u16..=599).find(|status| number.as_f64() == Some(f64::from(*status))),
    }
}

fn malformed(what: &str, found: &str, expected: &str) -> ResultError {
    ResultError::Malformed(one_line(&format!("{what}: found {found}, expected {expected}")))
}
