//! Patches of custom domain names.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html>.

use super::super::patch_map::{endpoint_type, ip_address_type, non_empty};
use super::super::patching::Paths;
use crate::entities::DomainName;
use crate::protocol::error::Error;
use crate::protocol::operation::OPERATIONS;
use crate::protocol::patch::{Op, PatchOperation};

const TYPES: &str = "/endpointConfiguration/types";
/// What a domain can have and lose.
const OPTIONAL: &[&str] = &[
    "/certificateName",
    "/certificateArn",
    TYPES,
    "/mutualTlsAuthentication/truststoreUri",
    "/mutualTlsAuthentication/truststoreVersion",
    "/regionalCertificateName",
    "/regionalCertificateArn",
    "/ownershipVerificationCertificateArn",
];
const PATHS: Paths = Paths {
    add: OPTIONAL,
    replace: &[
        "/certificateName",
        "/certificateArn",
        "/endpointConfiguration/ipAddressType",
        "/endpointAccessMode",
        "/managementPolicy",
        "/mutualTlsAuthentication/truststoreUri",
        "/mutualTlsAuthentication/truststoreVersion",
        "/policy",
        "/regionalCertificateName",
        "/regionalCertificateArn",
        "/routingMode",
        "/securityPolicy",
        "/ownershipVerificationCertificateArn",
    ],
    remove: OPTIONAL,
};

pub(super) fn apply(domain: &mut DomainName, operations: &[PatchOperation], now: u64) -> Result<(), Error> {
    check_together(operations)?;
    for operation in operations {
        apply_one(domain, operation, now)?;
    }
    // A truststore without a place is none.
    domain.mutual_tls_authentication =
        domain.mutual_tls_authentication.take().filter(|tls| tls.truststore_uri.is_some());
    Ok(())
}

/// Endpoint types come in one request and go in another, so that DNS can change in between.
fn check_together(operations: &[PatchOperation]) -> Result<(), Error> {
    let migrates = |op: Op| {
        operations.iter().any(|operation| {
            let path = operation.path();
            operation.op == op && (path == TYPES || path.to_ascii_lowercase().contains("certificate"))
        })
    };
    if migrates(Op::Add) && migrates(Op::Remove) {
        return Err(Error::bad_request(
            "Endpoint types and certificates cannot be added and removed in one request.",
        ));
    }
    Ok(())
}

fn apply_one(domain: &mut DomainName, operation: &PatchOperation, now: u64) -> Result<(), Error> {
    let path = operation.path();
    // Clients also replace a type by its place or its name.
    if operation.op == Op::Replace && path.strip_prefix(TYPES).is_some_and(|rest| rest.starts_with('/')) {
        domain.endpoint_configuration.types = vec![endpoint_type(operation)?.to_owned()];
        return Ok(());
    }
    PATHS.check(operation)?;
    let value = non_empty(operation).filter(|_| operation.op != Op::Remove);
    match path {
        TYPES => return change_types(domain, operation),
        "/endpointConfiguration/ipAddressType" => {
            domain.endpoint_configuration.ip_address_type = Some(ip_address_type(operation)?);
        }
        "/certificateName" => domain.certificate_name = value,
        "/certificateArn" => domain.certificate_arn = value,
        "/regionalCertificateName" => domain.regional_certificate_name = value,
        "/regionalCertificateArn" => domain.regional_certificate_arn = value,
        "/ownershipVerificationCertificateArn" => domain.ownership_verification_certificate_arn = value,
        "/mutualTlsAuthentication/truststoreUri" => {
            domain.mutual_tls_authentication.get_or_insert_default().truststore_uri = value;
        }
        "/mutualTlsAuthentication/truststoreVersion" => {
            domain.mutual_tls_authentication.get_or_insert_default().truststore_version = value;
        }
        "/endpointAccessMode" => {
            domain.endpoint_access_mode = one_of(operation, "endpointAccessMode")?;
        }
        "/routingMode" => domain.routing_mode = one_of(operation, "routingMode")?,
        "/securityPolicy" => domain.security_policy = one_of(operation, "securityPolicy")?,
        "/managementPolicy" => domain.management_policy = value,
        _ => domain.policy = value,
    }
    if path.starts_with("/certificate") || path.starts_with("/regionalCertificate") {
        domain.certificate_upload_date = Some(now);
    }
    Ok(())
}

fn change_types(domain: &mut DomainName, operation: &PatchOperation) -> Result<(), Error> {
    let kind = endpoint_type(operation)?;
    let types = &mut domain.endpoint_configuration.types;
    types.retain(|other| other != kind);
    if operation.op == Op::Add {
        types.push(kind.to_owned());
    }
    Ok(())
}

/// A value that the member may have when a domain is made; `None` for the empty text, which takes the member away.
fn one_of(operation: &PatchOperation, member: &str) -> Result<Option<String>, Error> {
    let (value, path) = (operation.text(), operation.path());
    if value.is_empty() {
        return Ok(None);
    }
    let values = OPERATIONS.values("CreateDomainName", member);
    if !values.contains(&value) {
        let values = values.join(", ");
        let message = format!("Invalid value '{value}' specified for '{path}'. Must be one of: [{values}]");
        return Err(Error::bad_request(message));
    }
    Ok(Some(value.to_owned()))
}
