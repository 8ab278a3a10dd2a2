//! AWS Signature Version 4: signs the calls that go to AWS services, and verifies those that come signed.
//!
//! Pure: no clock, no sockets, no randomness; the time is an argument. [`Signer::sign`] gives the headers to set on a
//! request. [`Claim::read`] takes in what a request claims and refuses what cannot hold, [`Claim::verify`] holds the
//! rest to the caller's credentials, which lie between the two because looking them up may take time.
//! Keys are derived once for a day, region and service and kept in a [`KeyCache`].
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>; where it
//! leaves something open, botocore, whose signatures AWS takes.

mod canonical;
mod credentials;
mod encode;
mod error;
mod headers;
mod keys;
mod path;
mod payload;
mod query;
mod sign;
#[cfg(test)]
mod tests;
mod time;
mod verify;

pub use credentials::Credentials;
pub use error::{AuthError, ErrorKind, Mismatch, MissingParts};
pub use headers::Selection;
pub use keys::{DEFAULT_KEYS, KeyCache};
pub use payload::Payload;
pub use sign::{REPLACED, Signed, Signer};
pub use time::Timestamp;
pub use verify::{Claim, MAX_EXPIRES_SECONDS, MAX_SKEW_SECONDS};

/// The only algorithm there is so far.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How every credential scope ends.
const TERMINATOR: &str = "aws4_request";

/// A request as it is, or will be, on the wire.
///
/// Has no `Debug`: headers and query hold session tokens.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// E.g. `GET`; letter case counts.
    pub method: &'r str,
    /// The value of `Host` or `:authority`, without the default port of the scheme; always signed. A `host` in
    /// `headers` is not looked at.
    pub host: &'r str,
    /// The path with its escapes, without query; an empty one is `/`.
    pub path: &'r str,
    /// What follows the `?`, with its escapes; empty when there is none. A `+` is a space.
    pub query: &'r str,
    /// Names in any letter case with their values, in the order of the wire; a name may be there several times.
    pub headers: &'r [(&'r str, &'r [u8])],
}

impl<'r> Request<'r> {
    /// The first value of a header; the name is in lower case.
    fn header(&self, name: &str) -> Option<&'r [u8]> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// What a signature is good for, besides its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'s> {
    /// E.g. `eu-central-1`.
    pub region: &'s str,
    /// The signing name of the service, e.g. `sqs`, `execute-api`, `s3`.
    pub service: &'s str,
}

impl Scope<'_> {
    /// Whether the service takes paths as they are sent, and bodies unsigned: S3 in all its forms.
    fn is_s3(&self) -> bool {
        matches!(self.service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts")
    }
}
