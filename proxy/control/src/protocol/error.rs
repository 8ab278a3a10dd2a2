//! Errors as API Gateway's control plane answers them.

use std::borrow::Cow;

/// What a request failed with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .kind.name())]
pub struct Error {
    /// Which of the documented exceptions.
    pub kind: ErrorKind,
    /// What the client reads.
    pub message: Cow<'static, str>,
}

/// The exceptions of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the wire names without `Exception`")]
pub enum ErrorKind {
    BadRequest,
    Conflict,
    LimitExceeded,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
    Validation,
    Serialization,
    AccessDenied,
    MissingAuthenticationToken,
    UnrecognizedClient,
    InvalidSignature,
    IncompleteSignature,
    ExpiredToken,
    UnknownOperation,
    RequestTooLarge,
    InternalFailure,
}

impl ErrorKind {
    /// The value of `x-amzn-ErrorType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestException",
            Self::Conflict => "ConflictException",
            Self::LimitExceeded => "LimitExceededException",
            Self::NotFound => "NotFoundException",
            Self::ServiceUnavailable => "ServiceUnavailableException",
            Self::TooManyRequests => "TooManyRequestsException",
            Self::Unauthorized => "UnauthorizedException",
            Self::Validation => "ValidationException",
            Self::Serialization => "SerializationException",
            Self::AccessDenied => "AccessDeniedException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::RequestTooLarge => "RequestEntityTooLargeException",
            Self::InternalFailure => "InternalFailure",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::Validation | Self::Serialization => 400,
            Self::Unauthorized => 401,
            Self::AccessDenied
            | Self::MissingAuthenticationToken
            | Self::UnrecognizedClient
            | Self::InvalidSignature
            | Self::IncompleteSignature
            | Self::ExpiredToken => 403,
            Self::NotFound | Self::UnknownOperation => 404,
            Self::Conflict => 409,
            Self::RequestTooLarge => 413,
            Self::LimitExceeded | Self::TooManyRequests => 429,
            Self::InternalFailure => 500,
            Self::ServiceUnavailable => 503,
        }
    }

    /// Whether the same request may succeed later.
    pub fn retry_after_seconds(self) -> Option<u32> {
        matches!(self, Self::ServiceUnavailable | Self::TooManyRequests | Self::LimitExceeded).then_some(1)
    }
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// 400.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    /// 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// 409.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// 409, when two writers met.
    pub fn concurrent_modification() -> Self {
        Self::conflict("Unable to complete operation due to concurrent modification. Please try again later.")
    }
}
