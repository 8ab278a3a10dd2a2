//! Patches of custom domain names.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html>.

use super::super::patching::Paths;
use crate::entities::DomainName;
use crate::protocol::error::Error;
use crate::protocol::operation::{OPERATIONS, Shape};
use crate::protocol::patch::{Op, PatchOperation};

const TYPES: &str = "/endpointConfiguration/types";
const PATHS: Paths = Paths {
    add: &[
        "/certificateName",
        "/certificateArn",
        TYPES,
        "/mutualTlsAuthentication/truststoreUri",
        "/mutualTlsAuthentication/truststoreVersion",
        "/regionalCertificateName",
        "/regionalCertificateArn",
        "/ownershipVerificationCertificateArn",
    ],
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
    remove: &[
        "/certificateName",
        "/certificateArn",
        TYPES,
        "/mutualTlsAuthentication/truststoreUri",
        "/mutualTlsAuthentication/truststoreVersion",
        "/regionalCertificateName",
        "/regionalCertificateArn",
        "/ownershipVerificationCertificateArn",
    ],
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
        domain.endpoint_configuration.types = vec![endpoint_type(operation)?];
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
            domain.endpoint_access_mode = one_of(operation, &allowed("endpointAccessMode"))?;
        }
        "/routingMode" => domain.routing_mode = one_of(operation, &allowed("routingMode"))?,
        "/securityPolicy" => domain.security_policy = one_of(operation, &allowed("securityPolicy"))?,
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
    types.retain(|other| *other != kind);
    if operation.op == Op::Add {
        types.push(kind);
    }
    Ok(())
}

fn endpoint_type(operation: &PatchOperation) -> Result<String, Error> {
    let kind = operation.text();
    if !matches!(kind, "REGIONAL" | "EDGE" | "PRIVATE") {
        let message = "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE";
        return Err(Error::bad_request(message));
    }
    Ok(kind.to_owned())
}

fn ip_address_type(operation: &PatchOperation) -> Result<String, Error> {
    let kind = operation.text();
    if !matches!(kind, "ipv4" | "dualstack") {
        return Err(Error::bad_request("ipAddressType must be either ipv4 or dualstack."));
    }
    Ok(kind.to_owned())
}

/// `None` for the empty text, which takes the member away.
fn one_of(operation: &PatchOperation, values: &[&str]) -> Result<Option<String>, Error> {
    let (value, path) = (operation.text(), operation.path());
    if value.is_empty() {
        return Ok(None);
    }
    if !values.contains(&value) {
        let values = values.join(", ");
        let message = format!("Invalid value '{value}' specified for '{path}'. Must be one of: [{values}]");
        return Err(Error::bad_request(message));
    }
    Ok(Some(value.to_owned()))
}

/// The values that the member may have when a domain is made.
fn allowed(member: &str) -> Vec<&'static str> {
    let create = OPERATIONS.operations.iter().find(|operation| operation.name == "CreateDomainName");
    let members = create.map_or(&[][..], |operation| &operation.members);
    match members.iter().find(|other| other.name == member).map(|member| &member.shape) {
        Some(Shape::Enum(values)) => values.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
