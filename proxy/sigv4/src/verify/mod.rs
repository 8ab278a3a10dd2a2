//! Verifying: what a request claims, and whether the claim holds.

mod header;
mod presigned;

use crate::canonical::Canonical;
use crate::error::{AuthError, Mismatch};
use crate::headers::{self, Entry};
use crate::path::{PathForm, goes_up, is_normal};
use crate::payload::{self, PayloadText, sha256};
use crate::{ALGORITHM, Credentials, KeyCache, Payload, Request, Scope, TERMINATOR, Timestamp, encode};
use ring::hmac;
use std::borrow::Cow;
use std::fmt;

/// By how much the clock of a caller may differ from ours, in seconds, either way.
///
/// Source: the messages of `execute-api`, which say `5 min.`.
pub const MAX_SKEW_SECONDS: u64 = 300;

/// How long a presigned URL may be good for, in seconds: a week.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>, `X-Amz-Expires`.
pub const MAX_EXPIRES_SECONDS: u64 = 604_800;

/// The parts of a signature as they stand in the request.
struct Parts<'r> {
    algorithm: Cow<'r, str>,
    credential: Cow<'r, str>,
    signed_headers: Cow<'r, str>,
    signature: Cow<'r, str>,
    date: Cow<'r, str>,
    token: Option<Cow<'r, str>>,
    /// Seconds; only in presigned URLs.
    expires: Option<u64>,
}

/// What a request claims about who sent it, with all checked that needs no secret. Nothing of it is proven before
/// [`Self::verify`] says so.
///
/// `Debug` shows neither the token nor the signature.
pub struct Claim<'r> {
    request: Request<'r>,
    scope: Scope<'r>,
    parts: Parts<'r>,
    sent: Timestamp,
    /// In lower case, sorted, each once.
    signed_headers: Vec<String>,
}

impl<'r> Claim<'r> {
    /// Reads a signature from the `Authorization` header or from the query string, and checks in AWS's order what
    /// can be checked without a secret: that it is complete, current, and meant for us.
    ///
    /// # Errors
    /// When there is no signature, or it cannot be read, or it is not for this time, region and service.
    pub fn read(request: &Request<'r>, scope: Scope<'r>, now: Timestamp) -> Result<Self, AuthError> {
        let presigned = presigned::is_presigned(request);
        let parts = match request.header("authorization") {
            Some(_) if presigned => return Err(AuthError::BothForms),
            Some(header) => header::parts(request, header)?,
            None if presigned => presigned::parts(request)?,
            None => return Err(AuthError::MissingAuthenticationToken),
        };
        let sent = Timestamp::parse(&parts.date)
            .ok_or_else(|| AuthError::BadDate(parts.date.clone().into_owned()))?;
        check_time(sent, parts.expires, now)?;
        let signed_headers = names(&parts.signed_headers);
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(AuthError::HostNotSigned);
        }
        if parts.algorithm != ALGORITHM {
            return Err(AuthError::UnsupportedAlgorithm(parts.algorithm.into_owned()));
        }
        check_scope(&parts.credential, &scope, sent, &parts.date)?;
        Ok(Self { request: *request, scope, parts, sent, signed_headers })
    }

    /// The access key that the request is said to be signed with.
    pub fn access_key_id(&self) -> &str {
        self.parts.credential.split('/').next().unwrap_or_default()
    }

    /// The session token that came with the request.
    pub fn session_token(&self) -> Option<&str> {
        self.parts.token.as_deref()
    }

    /// When the request is said to have been signed.
    pub fn sent(&self) -> Timestamp {
        self.sent
    }

    /// Whether the signature is in the query string.
    pub fn is_presigned(&self) -> bool {
        self.parts.expires.is_some()
    }

    /// Whether the header of that name, in lower case, is covered by the signature.
    pub fn covers(&self, name: &str) -> bool {
        self.signed_headers.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// Holds the request and its body to the secret.
    ///
    /// The path may have been signed as it is or normalised: botocore does the one, others do the other. One with a
    /// segment `..` must have been signed as it is: whoever holds a signature for `/b` could else send `/a/../b`,
    /// which is routed and authorized as another path.
    ///
    /// # Errors
    /// When the credentials are not those that the request names, or the signature is not theirs.
    pub fn verify(
        &self,
        payload: &Payload<'_>,
        credentials: &Credentials,
        keys: &KeyCache,
    ) -> Result<(), AuthError> {
        // By their hashes, so that the time that it takes says nothing about the token.
        let hash = |token: &str| sha256(token.as_bytes());
        let same_token = self.session_token().map(hash) == credentials.session_token().map(hash);
        if self.access_key_id() != credentials.access_key_id() || !same_token {
            return Err(AuthError::UnrecognizedClient);
        }
        let payload = self.payload_text(payload);
        let path = self.request.path;
        let forms: &[PathForm] = if self.scope.is_s3() {
            &[PathForm::AsSent]
        } else if is_normal(path) || goes_up(path) {
            &[PathForm::Encoded]
        } else {
            &[PathForm::Encoded, PathForm::NormalisedAndEncoded]
        };
        let entries = self.entries();
        let signature = encode::from_hex(&self.parts.signature);
        let mut mismatch = Mismatch { canonical_request: String::new(), string_to_sign: String::new() };
        for form in forms {
            let without = self.is_presigned().then_some(presigned::SIGNATURE);
            let canonical = Canonical::of(&self.request, *form, without, &entries, &payload);
            let to_sign = canonical.string_to_sign(&self.sent, &self.scope);
            let holds = keys.with(credentials, self.sent.day(), &self.scope, |key| {
                // Compares in constant time.
                signature.is_some_and(|signature| hmac::verify(key, to_sign.as_bytes(), &signature).is_ok())
            });
            if holds {
                return Ok(());
            }
            mismatch.canonical_request = String::from_utf8_lossy(&canonical.text).into_owned();
            mismatch.string_to_sign = to_sign;
        }
        Err(AuthError::SignatureMismatch(Box::new(mismatch)))
    }

    /// Only S3 takes a body that is not covered; elsewhere the hash of the body that is there is what counts,
    /// whatever the request says about it.
    fn payload_text(&self, payload: &Payload<'_>) -> PayloadText {
        let said = self.request.header("x-amz-content-sha256");
        let uncovered = self.is_presigned() || said == Some(payload::UNSIGNED.as_bytes());
        if self.scope.is_s3() && uncovered { PayloadText::Unsigned } else { payload.text() }
    }

    /// The signed headers, sorted; one that the request lacks is signed as empty.
    fn entries(&self) -> Vec<Entry<'_>> {
        let mut entries: Vec<Entry<'_>> = Vec::with_capacity(self.signed_headers.len());
        let mut found = vec![false; self.signed_headers.len()];
        let host = ("host", self.request.host.as_bytes());
        let others = self.request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        for (name, value) in others.copied().chain([host]) {
            let lower = || name.bytes().map(|byte| byte.to_ascii_lowercase());
            let place = self.signed_headers.binary_search_by(|known| known.bytes().cmp(lower()));
            if let Ok(at) = place {
                found[at] = true;
                entries.push((&self.signed_headers[at], value));
            }
        }
        let absent = self.signed_headers.iter().zip(&found).filter(|(_, found)| !**found);
        entries.extend(absent.map(|(name, _)| (name.as_str(), [].as_slice())));
        headers::sort(&mut entries);
        entries
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("credential", &self.parts.credential)
            .field("sent", &self.sent)
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

fn names(signed_headers: &str) -> Vec<String> {
    let mut names: Vec<String> =
        signed_headers.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether this can be a list of header names: nothing that could pass for another line of the canonical request.
fn is_list(signed_headers: &str) -> bool {
    !signed_headers.is_empty() && signed_headers.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
}

/// A header is good for as long as clocks may differ, a presigned URL for as long as it says.
fn check_time(sent: Timestamp, expires: Option<u64>, now: Timestamp) -> Result<(), AuthError> {
    let allowed_seconds = expires.unwrap_or(MAX_SKEW_SECONDS);
    if sent < now.earlier(allowed_seconds) {
        return Err(AuthError::Expired { sent, now, allowed_seconds });
    }
    if sent > now.later(MAX_SKEW_SECONDS) {
        return Err(AuthError::NotYetCurrent { sent, now, allowed_seconds: MAX_SKEW_SECONDS });
    }
    Ok(())
}

fn check_scope(credential: &str, scope: &Scope<'_>, sent: Timestamp, date: &str) -> Result<(), AuthError> {
    let elements: Vec<&str> = credential.splitn(6, '/').collect();
    let [_, day, region, service, terminator] = elements[..] else {
        return Err(AuthError::BadCredential(credential.to_owned()));
    };
    let mut wrong = String::new();
    if region != scope.region {
        wrong += &format!("Credential should be scoped to a valid region, not '{region}'. ");
    }
    if service != scope.service {
        wrong += &format!("Credential should be scoped to correct service: '{}'. ", scope.service);
    }
    if terminator != TERMINATOR {
        wrong += &format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
        );
    }
    if day != sent.day() {
        wrong += &format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{day}' != '{}', from '{date}'. ",
            sent.day()
        );
    }
    if wrong.is_empty() { Ok(()) } else { Err(AuthError::WrongScope(wrong)) }
}
