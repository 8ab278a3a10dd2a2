//! Canonical requests and the string to sign.

use crate::headers::{self, Entry};
use crate::path::PathForm;
use crate::payload::{PayloadText, sha256};
use crate::{ALGORITHM, Request, Scope, TERMINATOR, Timestamp, encode, query};
use std::ops::Range;

/// A canonical request.
pub(crate) struct Canonical {
    pub(crate) text: Vec<u8>,
    /// Where in the text the names of the signed headers are.
    names: Range<usize>,
}

/// How much longer than its parts a canonical request usually is, in bytes: escapes, line ends, the payload's hash.
const ROOM_BYTES: usize = 256;

impl Canonical {
    /// Writes the canonical form of a request; `entries` are the headers to sign, sorted.
    pub(crate) fn of(
        request: &Request<'_>,
        path: PathForm,
        without_parameter: Option<&str>,
        entries: &[Entry<'_>],
        payload: &PayloadText,
    ) -> Self {
        // Names are there twice.
        let headers: usize = entries.iter().map(|(name, value)| 2 * name.len() + value.len() + 3).sum();
        let target = request.method.len() + request.path.len() + request.query.len();
        let mut text = Vec::with_capacity(headers + target + ROOM_BYTES);
        text.extend_from_slice(request.method.as_bytes());
        text.push(b'\n');
        path.write(request.path, &mut text);
        text.push(b'\n');
        query::write(request.query, without_parameter, &mut text);
        text.push(b'\n');
        headers::write(entries, &mut text);
        text.push(b'\n');
        let start = text.len();
        headers::write_names(entries, &mut text);
        let names = start..text.len();
        text.push(b'\n');
        text.extend_from_slice(payload.as_str().as_bytes());
        Self { text, names }
    }

    /// E.g. `host;x-amz-date`.
    pub(crate) fn signed_names(&self) -> &str {
        str::from_utf8(&self.text[self.names.clone()]).unwrap_or_default()
    }

    /// What the signing key is applied to.
    pub(crate) fn string_to_sign(&self, time: &Timestamp, scope: &Scope<'_>) -> String {
        let hash = encode::hex(&sha256(&self.text));
        let mut text = String::with_capacity(160 + scope.region.len() + scope.service.len());
        for part in [ALGORITHM, "\n", time.as_str(), "\n"] {
            text.push_str(part);
        }
        push_scope(&mut text, time.day(), scope);
        text.push('\n');
        text.push_str(str::from_utf8(&hash).unwrap_or_default());
        text
    }
}

/// Appends e.g. `20130524/us-east-1/s3/aws4_request`.
pub(crate) fn push_scope(text: &mut String, day: &str, scope: &Scope<'_>) {
    for part in [day, "/", scope.region, "/", scope.service, "/", TERMINATOR] {
        text.push_str(part);
    }
}
