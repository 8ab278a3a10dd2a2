//! What a custom domain name may be.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html>.

use super::is_private;
use crate::entities::{DomainName, EndpointConfiguration};
use crate::protocol::error::Error;

/// Longest name, in bytes (RFC 1035).
const MAX_NAME_BYTES: usize = 255;
/// Longest label of a name, in bytes (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;
/// What the newer security policies begin with, which need an access mode.
const NEWER_POLICY: &str = "SecurityPolicy_";

/// Checks the name itself, which never changes.
pub(super) fn check_name(domain: &DomainName) -> Result<(), Error> {
    let name = domain.domain_name.as_str();
    if name.is_empty() {
        return Err(Error::bad_request("No Domain Name specified"));
    }
    // A wildcard stands for the whole of the first label.
    let labels = name.strip_prefix("*.").filter(|_| !is_private(domain)).unwrap_or(name);
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty()
            && label.len() <= MAX_LABEL_BYTES
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > MAX_NAME_BYTES || !labels.split('.').all(is_label) {
        return Err(Error::bad_request(format!("Invalid domain name '{name}' specified")));
    }
    Ok(())
}

/// Checks what members say together.
pub(super) fn check(domain: &DomainName) -> Result<(), Error> {
    check_endpoints(domain)?;
    check_certificates(domain)?;
    if !is_private(domain) && (domain.policy.is_some() || domain.management_policy.is_some()) {
        return Err(Error::bad_request("Policies are only supported for private custom domain names."));
    }
    let newer = domain.security_policy.as_deref().is_some_and(|policy| policy.starts_with(NEWER_POLICY));
    if newer && domain.endpoint_access_mode.is_none() {
        return Err(Error::bad_request(format!(
            "An endpointAccessMode is required for security policies that begin with {NEWER_POLICY}"
        )));
    }
    let only_regional = domain.endpoint_configuration.types == [EndpointConfiguration::REGIONAL];
    let tls_1_2 = domain.security_policy.as_deref() == Some("TLS_1_2");
    if domain.mutual_tls_authentication.is_some() && !(only_regional && tls_1_2) {
        return Err(Error::bad_request(
            "Mutual TLS is only supported for REGIONAL custom domain names with the security policy TLS_1_2.",
        ));
    }
    Ok(())
}

fn check_endpoints(domain: &DomainName) -> Result<(), Error> {
    let endpoints = &domain.endpoint_configuration;
    let kinds: Vec<&str> = endpoints.types.iter().map(String::as_str).collect();
    let problem = match kinds.as_slice() {
        ["EDGE"] | ["REGIONAL"] | ["EDGE", "REGIONAL"] | ["REGIONAL", "EDGE"] => return Ok(()),
        ["PRIVATE"] if endpoints.ip_address_type.as_deref() == Some("dualstack") => return Ok(()),
        ["PRIVATE"] => "Only dualstack ipAddressType is supported for private custom domain names.",
        [] => "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        _ => "Invalid EndpointTypes specified. Only EDGE and REGIONAL can be together, each once.",
    };
    Err(Error::bad_request(problem))
}

/// Certificates may be left out: the node can have its own. They must fit to the endpoint, though.
fn check_certificates(domain: &DomainName) -> Result<(), Error> {
    let edge = domain.certificate_name.is_some() || domain.certificate_arn.is_some();
    let regional = domain.regional_certificate_name.is_some() || domain.regional_certificate_arn.is_some();
    let endpoints = &domain.endpoint_configuration;
    let (has_edge, has_regional) =
        (endpoints.has(EndpointConfiguration::EDGE), endpoints.has(EndpointConfiguration::REGIONAL));
    let problem = if edge && !has_edge && has_regional {
        "Cannot import certificates for EDGE while REGIONAL is active."
    } else if regional && !has_regional && has_edge {
        "Cannot import certificates for REGIONAL while EDGE is active."
    } else {
        return Ok(());
    };
    Err(Error::bad_request(problem))
}

/// What cannot change, given what it was.
pub(super) fn check_change(before: &DomainName, after: &DomainName) -> Result<(), Error> {
    let problem = if is_private(before) != is_private(after) {
        "A custom domain name cannot become private or public."
    } else if before.security_policy != after.security_policy && before.endpoint_configuration.types.len() > 1
    {
        "The security policy cannot change while a custom domain name has two endpoint types."
    } else {
        return Ok(());
    };
    Err(Error::bad_request(problem))
}
