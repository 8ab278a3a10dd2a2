//! `$context` variables: their names, where each may be used, and how a value is asked for.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
//! and <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>.

use std::borrow::Cow;

/// Knows the values of the `$context` variables of one request.
pub trait Context {
    /// Appends the variable's text to `out` and returns `true`, or leaves `out` alone and returns `false` when
    /// the variable has no value.
    ///
    /// An empty value counts as no value, except for [`ContextVariable::CustomDomainBasePathMatched`], where it
    /// is the root mapping.
    fn write(&self, variable: &ContextVariable, out: &mut Vec<u8>) -> bool;
}

/// Where a variable stands. Not every variable has a value everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Parameter mapping and mapping templates.
    Mapping,
    /// Headers and templates of gateway responses.
    GatewayResponse,
    /// Access-log formats.
    AccessLog,
}

macro_rules! variables {
    ($($(#[$doc:meta])* $variant:ident = $name:literal in $places:tt;)*) => {
        /// A `$context` variable, parsed from the name that follows `context.`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ContextVariable {
            $(#[doc = concat!("`$context.", $name, "`.")] $(#[$doc])* $variant,)*
            /// `$context.authorizer.KEY`: an entry of the `context` an authorizer returned, as text.
            AuthorizerValue(String),
            /// `$context.authorizer.claims.NAME`: a claim of a Cognito or JWT authorizer.
            AuthorizerClaim(String),
            /// `$context.requestOverride.header.NAME`.
            RequestOverrideHeader(String),
            /// `$context.requestOverride.path.NAME`.
            RequestOverridePath(String),
            /// `$context.requestOverride.querystring.NAME`.
            RequestOverrideQuerystring(String),
            /// `$context.responseOverride.header.NAME`.
            ResponseOverrideHeader(String),
            /// Any other name; it never has a value.
            Unknown(String),
        }

        fn fixed(name: &str) -> Option<(ContextVariable, Places)> {
            Some(match name {
                $($name => (ContextVariable::$variant, variables!(@places $places)),)*
                _ => return None,
            })
        }

        fn fixed_name(variable: &ContextVariable) -> Option<&'static str> {
            Some(match variable {
                $(ContextVariable::$variant => $name,)*
                _ => return None,
            })
        }

        #[cfg(test)]
        const FIXED_NAMES: &[&str] = &[$($name),*];
    };
    (@places TGA) => { Places { mapping: true, gateway_response: true } };
    (@places GA) => { Places { mapping: false, gateway_response: true } };
    (@places TA) => { Places { mapping: true, gateway_response: false } };
    (@places A) => { Places { mapping: false, gateway_response: false } };
}

/// Where a variable has a value besides access logs, where all of them do.
struct Places {
    mapping: bool,
    gateway_response: bool,
}

// T: mapping and templates, G: gateway responses, A: access logs.
variables! {
    AccountId = "accountId" in TGA;
    ApiId = "apiId" in TGA;
    AuthenticateError = "authenticate.error" in A;
    /// Milliseconds.
    AuthenticateLatency = "authenticate.latency" in A;
    AuthenticateStatus = "authenticate.status" in A;
    AuthorizeError = "authorize.error" in A;
    /// Milliseconds.
    AuthorizeLatency = "authorize.latency" in A;
    AuthorizeStatus = "authorize.status" in A;
    AuthorizerError = "authorizer.error" in A;
    /// Milliseconds.
    AuthorizerIntegrationLatency = "authorizer.integrationLatency" in A;
    AuthorizerIntegrationStatus = "authorizer.integrationStatus" in A;
    /// Milliseconds.
    AuthorizerLatency = "authorizer.latency" in A;
    AuthorizerPrincipalId = "authorizer.principalId" in TGA;
    AuthorizerRequestId = "authorizer.requestId" in A;
    AuthorizerStatus = "authorizer.status" in A;
    AwsEndpointRequestId = "awsEndpointRequestId" in TGA;
    CipherSuite = "cipherSuite" in A;
    /// An empty value is the root mapping and is logged as `(none)`.
    CustomDomainBasePathMatched = "customDomain.basePathMatched" in A;
    CustomDomainRoutingRuleIdMatched = "customDomain.routingRuleIdMatched" in A;
    DeploymentId = "deploymentId" in TGA;
    DomainName = "domainName" in TGA;
    DomainPrefix = "domainPrefix" in TGA;
    /// `EDGE`, `REGIONAL` or `PRIVATE`.
    EndpointType = "endpointType" in A;
    /// Plain text, not escaped.
    ErrorMessage = "error.message" in GA;
    /// A JSON string with its quotes; see [`write_message_string`].
    ErrorMessageString = "error.messageString" in GA;
    ErrorResponseType = "error.responseType" in GA;
    ErrorValidationErrorString = "error.validationErrorString" in GA;
    ExtendedRequestId = "extendedRequestId" in TGA;
    HttpMethod = "httpMethod" in TGA;
    IdentityAccessKey = "identity.accessKey" in TGA;
    IdentityAccountId = "identity.accountId" in TGA;
    IdentityApiKey = "identity.apiKey" in TGA;
    IdentityApiKeyId = "identity.apiKeyId" in TGA;
    IdentityCaller = "identity.caller" in TGA;
    IdentityClientCertPem = "identity.clientCert.clientCertPem" in TGA;
    IdentityClientCertSubjectDn = "identity.clientCert.subjectDN" in TGA;
    IdentityClientCertIssuerDn = "identity.clientCert.issuerDN" in TGA;
    IdentityClientCertSerialNumber = "identity.clientCert.serialNumber" in TGA;
    IdentityClientCertNotBefore = "identity.clientCert.validity.notBefore" in TGA;
    IdentityClientCertNotAfter = "identity.clientCert.validity.notAfter" in TGA;
    IdentityCognitoAuthenticationProvider = "identity.cognitoAuthenticationProvider" in TGA;
    IdentityCognitoAuthenticationType = "identity.cognitoAuthenticationType" in TGA;
    IdentityCognitoIdentityId = "identity.cognitoIdentityId" in TGA;
    IdentityCognitoIdentityPoolId = "identity.cognitoIdentityPoolId" in TGA;
    IdentityPrincipalOrgId = "identity.principalOrgId" in TGA;
    IdentitySourceIp = "identity.sourceIp" in TGA;
    IdentityUser = "identity.user" in TGA;
    IdentityUserAgent = "identity.userAgent" in TGA;
    IdentityUserArn = "identity.userArn" in TGA;
    IdentityVpcId = "identity.vpcId" in TGA;
    IdentityVpceId = "identity.vpceId" in TGA;
    IntegrationError = "integration.error" in A;
    /// The status of the Invoke call of a Lambda proxy integration, otherwise the backend's status.
    IntegrationIntegrationStatus = "integration.integrationStatus" in A;
    /// Milliseconds.
    IntegrationLatency = "integration.latency" in A;
    IntegrationRequestId = "integration.requestId" in A;
    /// The status a Lambda proxy function returned, otherwise the backend's status.
    IntegrationStatus = "integration.status" in A;
    /// `BUFFERED` or `STREAMED`.
    IntegrationResponseTransferMode = "integration.responseTransferMode" in A;
    /// Milliseconds.
    IntegrationTimeToAllHeaders = "integration.timeToAllHeaders" in A;
    /// Milliseconds.
    IntegrationTimeToFirstContent = "integration.timeToFirstContent" in A;
    /// `true` or `false`; no value on a stage without canary.
    IsCanaryRequest = "isCanaryRequest" in TGA;
    OperationName = "operationName" in TGA;
    /// With the stage.
    Path = "path" in TGA;
    /// Always `HTTP/1.1`.
    Protocol = "protocol" in TGA;
    RequestId = "requestId" in TGA;
    /// `dd/MMM/yyyy:HH:mm:ss +0000`.
    RequestTime = "requestTime" in TGA;
    /// Milliseconds since 1970.
    RequestTimeEpoch = "requestTimeEpoch" in TGA;
    ResourceId = "resourceId" in TGA;
    ResourcePath = "resourcePath" in TGA;
    /// Milliseconds.
    ResponseLatency = "responseLatency" in A;
    /// Bytes of the response body.
    ResponseLength = "responseLength" in A;
    ResponseOverrideStatus = "responseOverride.status" in TA;
    Stage = "stage" in TGA;
    /// The status the client received.
    Status = "status" in A;
    TlsVersion = "tlsVersion" in A;
    WafError = "waf.error" in A;
    /// Milliseconds.
    WafLatency = "waf.latency" in A;
    WafStatus = "waf.status" in A;
    /// `WAF_ALLOW` or `WAF_BLOCK`.
    WafResponseCode = "wafResponseCode" in TGA;
    WebaclArn = "webaclArn" in TGA;
    XrayTraceId = "xrayTraceId" in A;
}

impl ContextVariable {
    /// The variable with this name (without `context.`), wherever it may be used.
    pub fn parse(name: &str) -> Self {
        Self::parse_in(name, Place::AccessLog)
    }

    /// The variable that this name stands for in `place`; [`Self::Unknown`] where it has no value there.
    pub fn parse_in(name: &str, place: Place) -> Self {
        // Names with one documented alias.
        let name = match name {
            "integrationErrorMessage" => "integration.error",
            "integrationLatency" => "integration.latency",
            "integrationStatus" => "integration.integrationStatus",
            other => other,
        };
        if let Some((variable, places)) = fixed(name) {
            let available = match place {
                Place::Mapping => places.mapping,
                Place::GatewayResponse => places.gateway_response,
                Place::AccessLog => true,
            };
            if available {
                return variable;
            }
        }
        let overrides = place != Place::GatewayResponse;
        let with_prefix = [
            ("authorizer.claims.", Self::AuthorizerClaim as fn(String) -> Self, true),
            ("authorizer.", Self::AuthorizerValue, true),
            ("requestOverride.header.", Self::RequestOverrideHeader, overrides),
            ("requestOverride.path.", Self::RequestOverridePath, overrides),
            ("requestOverride.querystring.", Self::RequestOverrideQuerystring, overrides),
            ("responseOverride.header.", Self::ResponseOverrideHeader, overrides),
        ];
        for (prefix, make, available) in with_prefix {
            if let Some(rest) = name.strip_prefix(prefix).filter(|rest| available && !rest.is_empty()) {
                return make(rest.to_owned());
            }
        }
        Self::Unknown(name.to_owned())
    }

    /// The name without `context.`; the first documented one where there are aliases.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::AuthorizerValue(key) => Cow::Owned(format!("authorizer.{key}")),
            Self::AuthorizerClaim(key) => Cow::Owned(format!("authorizer.claims.{key}")),
            Self::RequestOverrideHeader(name) => Cow::Owned(format!("requestOverride.header.{name}")),
            Self::RequestOverridePath(name) => Cow::Owned(format!("requestOverride.path.{name}")),
            Self::RequestOverrideQuerystring(name) => {
                Cow::Owned(format!("requestOverride.querystring.{name}"))
            }
            Self::ResponseOverrideHeader(name) => Cow::Owned(format!("responseOverride.header.{name}")),
            Self::Unknown(name) => Cow::Borrowed(name),
            fixed => Cow::Borrowed(fixed_name(fixed).unwrap_or_default()),
        }
    }

    /// Whether this is a name that never has a value.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// Appends `$context.error.messageString`: the message as a JSON string with its quotes, `null` without one.
pub fn write_message_string(message: Option<&str>, out: &mut Vec<u8>) {
    match message {
        None => out.extend_from_slice(b"null"),
        Some(text) => {
            out.push(b'"');
            let start = out.len();
            out.extend_from_slice(text.as_bytes());
            crate::escape::Escaping::Json.apply_from(start, out);
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn every_fixed_name_is_found_again() {
        for name in FIXED_NAMES {
            let variable = ContextVariable::parse(name);
            assert_eq!(variable.name(), *name);
            assert!(fixed(name).is_some_and(|(v, _)| v == variable));
        }
    }

    #[test]
    fn names_with_a_free_part() {
        use ContextVariable as C;
        let table = [
            ("authorizer.principalId", C::AuthorizerPrincipalId),
            ("authorizer.tenant", C::AuthorizerValue("tenant".into())),
            ("authorizer.claims", C::AuthorizerValue("claims".into())),
            ("authorizer.claims.sub", C::AuthorizerClaim("sub".into())),
            ("authorizer.claims.custom:x", C::AuthorizerClaim("custom:x".into())),
            ("authorizer.", C::Unknown("authorizer.".into())),
            ("requestOverride.header.X-Y", C::RequestOverrideHeader("X-Y".into())),
            ("requestOverride.path.p", C::RequestOverridePath("p".into())),
            ("requestOverride.querystring.q", C::RequestOverrideQuerystring("q".into())),
            ("responseOverride.header.h", C::ResponseOverrideHeader("h".into())),
            ("integrationLatency", C::IntegrationLatency),
            ("integrationStatus", C::IntegrationIntegrationStatus),
            ("integrationErrorMessage", C::IntegrationError),
            ("requestid", C::Unknown("requestid".into())),
            ("", C::Unknown(String::new())),
        ];
        for (name, expected) in table {
            assert_eq!(ContextVariable::parse(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_has_a_value_only_where_it_is_documented() {
        use ContextVariable as C;
        let unknown = |name: &str| C::Unknown(name.into());
        assert_eq!(C::parse_in("error.message", Place::GatewayResponse), C::ErrorMessage);
        assert_eq!(C::parse_in("error.message", Place::Mapping), unknown("error.message"));
        assert_eq!(C::parse_in("status", Place::GatewayResponse), unknown("status"));
        assert_eq!(
            C::parse_in("requestOverride.path.x", Place::GatewayResponse),
            unknown("requestOverride.path.x")
        );
        // Outside access logs the names of authorizer measurements are ordinary authorizer values.
        assert_eq!(C::parse_in("authorizer.status", Place::Mapping), C::AuthorizerValue("status".into()));
        assert_eq!(C::parse_in("authorizer.status", Place::AccessLog), C::AuthorizerStatus);
    }

    #[test]
    fn message_strings_are_json() {
        for (message, expected) in [
            (None, "null"),
            (Some("Forbidden"), r#""Forbidden""#),
            (Some("a \"b\" \\ \n\t\u{1} é /"), r#""a \"b\" \\ \n\t\u0001 é /""#),
        ] {
            let mut out = Vec::new();
            write_message_string(message, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
