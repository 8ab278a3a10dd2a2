//! Gateway responses: what the gateway itself answers.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.

use crate::finding::Location;
use indexmap::IndexMap;

/// One configured gateway response.
#[derive(Clone, Debug, Default)]
pub struct GatewayResponse {
    /// Status, `None` to keep the type's own.
    pub status_code: Option<u16>,
    /// `gatewayresponse.header.NAME` to expression.
    pub response_parameters: IndexMap<String, String>,
    /// MIME type to template text.
    pub response_templates: IndexMap<String, String>,
    /// Where it stands.
    pub at: Location,
}

/// The 21 types, in alphabetical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(
    missing_docs,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "the names are the wire names"
)]
pub enum GatewayResponseType {
    ACCESS_DENIED,
    API_CONFIGURATION_ERROR,
    AUTHORIZER_CONFIGURATION_ERROR,
    AUTHORIZER_FAILURE,
    BAD_REQUEST_BODY,
    BAD_REQUEST_PARAMETERS,
    DEFAULT_4XX,
    DEFAULT_5XX,
    EXPIRED_TOKEN,
    INTEGRATION_FAILURE,
    INTEGRATION_TIMEOUT,
    INVALID_API_KEY,
    INVALID_SIGNATURE,
    MISSING_AUTHENTICATION_TOKEN,
    QUOTA_EXCEEDED,
    REQUEST_TOO_LARGE,
    RESOURCE_NOT_FOUND,
    THROTTLED,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    WAF_FILTERED,
}

use GatewayResponseType::*;

impl GatewayResponseType {
    /// All types, in alphabetical order.
    pub const ALL: [GatewayResponseType; 21] = [
        ACCESS_DENIED,
        API_CONFIGURATION_ERROR,
        AUTHORIZER_CONFIGURATION_ERROR,
        AUTHORIZER_FAILURE,
        BAD_REQUEST_BODY,
        BAD_REQUEST_PARAMETERS,
        DEFAULT_4XX,
        DEFAULT_5XX,
        EXPIRED_TOKEN,
        INTEGRATION_FAILURE,
        INTEGRATION_TIMEOUT,
        INVALID_API_KEY,
        INVALID_SIGNATURE,
        MISSING_AUTHENTICATION_TOKEN,
        QUOTA_EXCEEDED,
        REQUEST_TOO_LARGE,
        RESOURCE_NOT_FOUND,
        THROTTLED,
        UNAUTHORIZED,
        UNSUPPORTED_MEDIA_TYPE,
        WAF_FILTERED,
    ];

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            ACCESS_DENIED => "ACCESS_DENIED",
            API_CONFIGURATION_ERROR => "API_CONFIGURATION_ERROR",
            AUTHORIZER_CONFIGURATION_ERROR => "AUTHORIZER_CONFIGURATION_ERROR",
            AUTHORIZER_FAILURE => "AUTHORIZER_FAILURE",
            BAD_REQUEST_BODY => "BAD_REQUEST_BODY",
            BAD_REQUEST_PARAMETERS => "BAD_REQUEST_PARAMETERS",
            DEFAULT_4XX => "DEFAULT_4XX",
            DEFAULT_5XX => "DEFAULT_5XX",
            EXPIRED_TOKEN => "EXPIRED_TOKEN",
            INTEGRATION_FAILURE => "INTEGRATION_FAILURE",
            INTEGRATION_TIMEOUT => "INTEGRATION_TIMEOUT",
            INVALID_API_KEY => "INVALID_API_KEY",
            INVALID_SIGNATURE => "INVALID_SIGNATURE",
            MISSING_AUTHENTICATION_TOKEN => "MISSING_AUTHENTICATION_TOKEN",
            QUOTA_EXCEEDED => "QUOTA_EXCEEDED",
            REQUEST_TOO_LARGE => "REQUEST_TOO_LARGE",
            RESOURCE_NOT_FOUND => "RESOURCE_NOT_FOUND",
            THROTTLED => "THROTTLED",
            UNAUTHORIZED => "UNAUTHORIZED",
            UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
            WAF_FILTERED => "WAF_FILTERED",
        }
    }

    /// The type with this wire name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == name)
    }

    /// The status of an unconfigured response; `None` for the two defaults, which have none.
    pub fn default_status(self) -> Option<u16> {
        Some(match self {
            DEFAULT_4XX | DEFAULT_5XX => return None,
            BAD_REQUEST_BODY | BAD_REQUEST_PARAMETERS => 400,
            UNAUTHORIZED => 401,
            ACCESS_DENIED
            | EXPIRED_TOKEN
            | INVALID_API_KEY
            | INVALID_SIGNATURE
            | MISSING_AUTHENTICATION_TOKEN
            | WAF_FILTERED => 403,
            RESOURCE_NOT_FOUND => 404,
            REQUEST_TOO_LARGE => 413,
            UNSUPPORTED_MEDIA_TYPE => 415,
            QUOTA_EXCEEDED | THROTTLED => 429,
            API_CONFIGURATION_ERROR | AUTHORIZER_CONFIGURATION_ERROR | AUTHORIZER_FAILURE => 500,
            INTEGRATION_FAILURE | INTEGRATION_TIMEOUT => 504,
        })
    }

    /// The default that an unconfigured response inherits from.
    pub fn family(self) -> Self {
        match self {
            API_CONFIGURATION_ERROR
            | AUTHORIZER_CONFIGURATION_ERROR
            | AUTHORIZER_FAILURE
            | DEFAULT_5XX
            | INTEGRATION_FAILURE
            | INTEGRATION_TIMEOUT => DEFAULT_5XX,
            _ => DEFAULT_4XX,
        }
    }
}
