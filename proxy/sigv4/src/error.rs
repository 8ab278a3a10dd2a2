//! Why a request is not let in, in AWS's words.
//!
//! The wordings are those of AWS's JSON services, `execute-api` and `apigateway` among them, as clients have reported
//! them; where a text is our own, its comment says so.

use crate::{MAX_EXPIRES_SECONDS, Timestamp};
use std::fmt;

/// What is wrong with the authentication of a request.
///
/// `Display` is the message for the client. Texts of the request are in it as they came, so that whoever writes it
/// into JSON or XML must escape it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Neither a header nor parameters.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// A header and parameters.
    #[error("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    BothForms,
    /// A part of the header after the algorithm is no `key=value`, as in `Bearer abc`.
    #[error(
        "Invalid key=value pair (missing equal-sign) in Authorization header \
         (hashed with SHA-256 and encoded with Base64): '{header_hash}'."
    )]
    NotKeyValue {
        /// The hash of the header's value: the value itself may be somebody's token.
        header_hash: String,
    },
    /// The header begins with a `key=value`.
    #[error("Authorization header must begin with the algorithm name, which cannot include an equal-sign.")]
    NoAlgorithm,
    /// The header lacks something.
    #[error("{missing}(Hashed with SHA-256 and encoded with Base64) Authorization={header_hash}")]
    MissingInHeader {
        /// What.
        missing: MissingParts,
        /// The hash of the header's value.
        header_hash: String,
    },
    /// The query string lacks something.
    #[error("{0}Re-examine the query-string parameters.")]
    MissingInQuery(MissingParts),
    /// The date is of no format.
    #[error("Date must be in ISO-8601 'basic format'. Got '{0}'. See http://en.wikipedia.org/wiki/ISO_8601")]
    BadDate(String),
    /// `X-Amz-Expires` is no number of seconds from 1 to a week. Our own text, after those of S3.
    #[error(
        "X-Amz-Expires must be a number from 1 to a week (in seconds) that is {MAX_EXPIRES_SECONDS}; got '{0}'"
    )]
    BadExpires(String),
    /// Signed too long ago.
    #[error(
        "Signature expired: {sent} is now earlier than {} ({now} - {})",
        now.earlier(*allowed_seconds),
        Allowance(*allowed_seconds)
    )]
    Expired {
        /// When it was signed.
        sent: Timestamp,
        /// When it arrived.
        now: Timestamp,
        /// How old it might have been.
        allowed_seconds: u64,
    },
    /// Signed in the future.
    #[error(
        "Signature not yet current: {sent} is still later than {} ({now} + {})",
        now.later(*allowed_seconds),
        Allowance(*allowed_seconds)
    )]
    NotYetCurrent {
        /// When it was signed.
        sent: Timestamp,
        /// When it arrived.
        now: Timestamp,
        /// By how much clocks may differ.
        allowed_seconds: u64,
    },
    /// The signature would be good for every host.
    #[error("'Host' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// An algorithm that AWS does not know either.
    #[error("Unsupported AWS 'algorithm': '{0}' (only AWS4-HMAC-SHA256 for now). ")]
    UnsupportedAlgorithm(String),
    /// The credential is not `id/day/region/service/aws4_request`.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{0}'"
    )]
    BadCredential(String),
    /// Signed for another region, service or day; all that is wrong, one sentence each.
    #[error("{0}")]
    WrongScope(String),
    /// No such access key, or a session token that does not belong to it. Also for whoever looks access keys up.
    #[error("The security token included in the request is invalid.")]
    UnrecognizedClient,
    /// The request is not the one that was signed, or the secret is another one.
    #[error(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    SignatureMismatch(Box<Mismatch>),
    /// Temporary credentials that have ended. For whoever looks access keys up: nothing in a request says so.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
}

/// The five answers that AWS has, by its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no signature.
    MissingAuthenticationToken,
    /// The signature cannot be read.
    IncompleteSignature,
    /// The signature does not hold.
    InvalidSignature,
    /// Nobody has that access key.
    UnrecognizedClient,
    /// The credentials have ended.
    ExpiredToken,
}

impl ErrorKind {
    /// The name in services that speak JSON, which is also the value of `x-amzn-ErrorType`.
    pub fn json_name(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
        }
    }

    /// The code in services of the query protocol, which answer XML.
    pub fn query_name(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::IncompleteSignature => "IncompleteSignature",
            Self::InvalidSignature => "SignatureDoesNotMatch",
            Self::UnrecognizedClient => "InvalidClientTokenId",
            Self::ExpiredToken => "ExpiredToken",
        }
    }
}

impl AuthError {
    /// Under which name AWS answers this.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingAuthenticationToken => ErrorKind::MissingAuthenticationToken,
            Self::NotKeyValue { .. }
            | Self::NoAlgorithm
            | Self::MissingInHeader { .. }
            | Self::MissingInQuery(_)
            | Self::BadDate(_)
            | Self::BadExpires(_)
            | Self::UnsupportedAlgorithm(_)
            | Self::BadCredential(_) => ErrorKind::IncompleteSignature,
            Self::BothForms
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::HostNotSigned
            | Self::WrongScope(_)
            | Self::SignatureMismatch(_) => ErrorKind::InvalidSignature,
            Self::UnrecognizedClient => ErrorKind::UnrecognizedClient,
            Self::ExpiredToken => ErrorKind::ExpiredToken,
        }
    }

    /// The message as REST APIs have it: with what should have been signed, where that is the matter.
    pub fn long_message(&self) -> String {
        match self {
            Self::SignatureMismatch(mismatch) => format!(
                "{self}\n\nThe Canonical String for this request should have been\n'{}'\n\n\
                 The String-to-Sign should have been\n'{}'\n",
                mismatch.canonical_request, mismatch.string_to_sign
            ),
            _ => self.to_string(),
        }
    }
}

/// What should have been signed.
///
/// `Debug` shows nothing of it: the request may carry a session token.
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The canonical request; bytes that are no UTF-8 are replaced.
    pub canonical_request: String,
    /// What the key is applied to.
    pub string_to_sign: String,
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mismatch").finish_non_exhaustive()
    }
}

/// Sentences about what is missing, each followed by a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingParts(pub(crate) Vec<&'static str>);

impl fmt::Display for MissingParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|sentence| write!(f, "{sentence} "))
    }
}

/// A time in minutes, as AWS writes it, or in seconds where minutes do not come out even, which is our own.
struct Allowance(u64);

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(60) {
            write!(f, "{} min.", self.0 / 60)
        } else {
            write!(f, "{} sec.", self.0)
        }
    }
}
