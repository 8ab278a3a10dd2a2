//! The parameters of a presigned URL.

use super::{MAX_EXPIRES_SECONDS, Parts, is_list};
use crate::Request;
use crate::error::{AuthError, MissingParts};
use crate::query::find;
use std::borrow::Cow;

/// The one parameter that its signature cannot cover.
pub(super) const SIGNATURE: &str = "X-Amz-Signature";
const ALGORITHM: &str = "X-Amz-Algorithm";

/// Whether the query string is meant to hold a signature.
pub(super) fn is_presigned(request: &Request<'_>) -> bool {
    [ALGORITHM, SIGNATURE].iter().any(|name| find(request.query, name).is_some())
}

/// Reads `X-Amz-Algorithm`, `X-Amz-Credential` and the others.
pub(super) fn parts<'r>(request: &Request<'r>) -> Result<Parts<'r>, AuthError> {
    let mut missing = MissingParts::default();
    let mut required = |name: &str, sentence: &'static str| {
        let value = find(request.query, name).filter(|value| !value.is_empty());
        value.unwrap_or_else(|| {
            missing.0.push(sentence);
            Cow::Borrowed("")
        })
    };
    let algorithm = required(ALGORITHM, "AWS query-string parameters must include 'X-Amz-Algorithm'.");
    let credential =
        required("X-Amz-Credential", "AWS query-string parameters must include 'X-Amz-Credential'.");
    let signature = required(SIGNATURE, "AWS query-string parameters must include 'X-Amz-Signature'.");
    let signed_headers =
        required("X-Amz-SignedHeaders", "AWS query-string parameters must include 'X-Amz-SignedHeaders'.");
    let date = required("X-Amz-Date", "AWS query-string parameters must include 'X-Amz-Date'.");
    let expires = required("X-Amz-Expires", "AWS query-string parameters must include 'X-Amz-Expires'.");
    if !signed_headers.is_empty() && !is_list(&signed_headers) {
        missing.0.push("AWS query-string parameters must include 'X-Amz-SignedHeaders'.");
    }
    if !missing.0.is_empty() {
        return Err(AuthError::MissingInQuery(missing));
    }
    let seconds = expires.parse().ok().filter(|seconds| (1..=MAX_EXPIRES_SECONDS).contains(seconds));
    let seconds = seconds.ok_or_else(|| AuthError::BadExpires(expires.into_owned()))?;
    let token = find(request.query, "X-Amz-Security-Token");
    Ok(Parts { algorithm, credential, signed_headers, signature, date, token, expires: Some(seconds) })
}
