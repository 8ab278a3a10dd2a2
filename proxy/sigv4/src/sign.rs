//! Signing.

use crate::canonical::{Canonical, push_scope};
use crate::headers::{self, Entry, is_one_of};
use crate::path::PathForm;
use crate::payload::PayloadText;
use crate::{ALGORITHM, Credentials, KeyCache, Payload, Request, Scope, Selection, Timestamp, encode};
use ring::hmac;
use std::fmt;

/// The headers that a signature is in, in lower case: whoever sends the request removes what it had of these and sets
/// those of [`Signed::headers`]. Their values in a request that is to be signed are not looked at.
pub const REPLACED: [&str; 4] =
    ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

/// Signs requests to one service.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// Where the requests go.
    pub scope: Scope<'a>,
    /// Where derived keys are kept.
    pub keys: &'a KeyCache,
    /// Which headers are signed.
    pub selection: Selection<'a>,
    /// Whether `x-amz-content-sha256` is added. It is in any case for S3, for a body that is not covered, and when
    /// the request had one, whose value need not be right any more.
    pub content_sha256: bool,
}

/// The headers of a signature.
///
/// `Debug` shows neither the token nor the signature.
#[derive(Clone)]
pub struct Signed<'c> {
    authorization: String,
    time: Timestamp,
    token: Option<&'c str>,
    content_sha256: Option<PayloadText>,
}

impl<'a> Signer<'a> {
    /// Signs all headers and adds no more than is needed.
    pub fn new(credentials: &'a Credentials, scope: Scope<'a>, keys: &'a KeyCache) -> Self {
        Self { credentials, scope, keys, selection: Selection::All, content_sha256: false }
    }

    /// Signs a request for `time`, when it must be sent within five minutes.
    pub fn sign(&self, request: &Request<'_>, payload: &Payload<'_>, time: Timestamp) -> Signed<'a> {
        let payload_text = payload.text();
        let token = self.credentials.session_token();
        let with_hash = self.content_sha256
            || self.scope.is_s3()
            || matches!(payload, Payload::Unsigned)
            || request.header("x-amz-content-sha256").is_some();

        let mut entries: Vec<Entry<'_>> = Vec::with_capacity(request.headers.len() + 4);
        let ours = |name: &str| name.eq_ignore_ascii_case("host") || is_one_of(name, &REPLACED);
        entries.extend(
            request.headers.iter().filter(|(name, _)| self.selection.takes(name) && !ours(name)).copied(),
        );
        entries.push(("host", request.host.as_bytes()));
        entries.push(("x-amz-date", time.as_str().as_bytes()));
        entries.extend(token.map(|token| ("x-amz-security-token", token.as_bytes())));
        entries.extend(with_hash.then(|| ("x-amz-content-sha256", payload_text.as_str().as_bytes())));
        headers::sort(&mut entries);

        let path = if self.scope.is_s3() { PathForm::AsSent } else { PathForm::NormalisedAndEncoded };
        let canonical = Canonical::of(request, path, None, &entries, &payload_text);
        let to_sign = canonical.string_to_sign(&time, &self.scope);
        let mac = self
            .keys
            .with(self.credentials, time.day(), &self.scope, |key| hmac::sign(key, to_sign.as_bytes()));
        Signed {
            authorization: self.authorization(&time, canonical.signed_names(), &mac),
            time,
            token,
            content_sha256: with_hash.then_some(payload_text),
        }
    }

    fn authorization(&self, time: &Timestamp, names: &str, mac: &hmac::Tag) -> String {
        let mut signature = [0; 32];
        signature.copy_from_slice(mac.as_ref());
        let id = self.credentials.access_key_id();
        let scope_len = self.scope.region.len() + self.scope.service.len();
        let mut text = String::with_capacity(170 + id.len() + scope_len + names.len());
        for part in [ALGORITHM, " Credential=", id, "/"] {
            text.push_str(part);
        }
        push_scope(&mut text, time.day(), &self.scope);
        for part in [", SignedHeaders=", names, ", Signature="] {
            text.push_str(part);
        }
        text.push_str(str::from_utf8(&encode::hex(&signature)).unwrap_or_default());
        text
    }
}

impl Signed<'_> {
    /// The headers to set, with names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let added = [
            Some(("x-amz-date", self.time.as_str())),
            self.token.map(|token| ("x-amz-security-token", token)),
            self.content_sha256.as_ref().map(|text| ("x-amz-content-sha256", text.as_str())),
            Some(("authorization", self.authorization.as_str())),
        ];
        added.into_iter().flatten()
    }

    /// The value of `authorization`.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("time", &self.time).finish_non_exhaustive()
    }
}
