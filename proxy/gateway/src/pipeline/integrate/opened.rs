//! An answer that streams, once its transform has seen as much of it as it may.

use super::super::shown::Opening;
use super::super::transform;
use crate::exchange::{Exchange, Refusal};
use crate::generation::Attached;
use bytes::Bytes;
use http::Method;
use pingora_http::{RequestHeader, ResponseHeader};

/// What the transform leaves of it.
pub(super) enum Opened {
    /// The head goes out with what was held back, which is all of the body where that is `whole`.
    Passes { response: Box<ResponseHeader>, held: Bytes, whole: bool },
    /// The answer has another body, and nobody waits for the rest of its own.
    Replaced(Box<ResponseHeader>, Bytes),
}

/// Has the transform, where there is one, change the head of an answer.
///
/// # Errors
/// As [`transform::opening`].
pub(super) async fn open(
    attached: Option<&Attached>,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    response: Box<ResponseHeader>,
    opening: Opening,
) -> Result<Opened, Refusal> {
    let (held, whole) = opening.into_parts();
    let Some(attached) = attached else { return Ok(Opened::Passes { response, held, whole }) };
    let (response, replaced) = transform::opening(attached, header, exchange, response, &held, whole).await?;
    Ok(match replaced {
        Some(body) => Opened::Replaced(response, body),
        None => Opened::Passes { response, held, whole },
    })
}

/// Whether an answer has no body, whatever its header says (RFC 9112, section 6.3).
pub(super) fn is_bodyless(response: &ResponseHeader, request: &RequestHeader) -> bool {
    matches!(response.status.as_u16(), 204 | 304) || request.method == Method::HEAD
}
