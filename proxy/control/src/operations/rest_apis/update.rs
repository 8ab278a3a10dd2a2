//! Patches of APIs.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateRestApi-Patch>.

use super::settings::{self, Owner};
use super::view;
use crate::entities::{EndpointConfiguration, RestApi};
use crate::operations::patch_map::{
    ENTRY_OPS, NO_CONTENT_TYPE, choice, endpoint_type, expect_op, invalid_path, ip_address_type, non_empty,
    patch_element,
};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::operation::OPERATIONS;
use crate::protocol::patch::{Op, PatchOperation};

const ACCESS_MODES: &[&str] = &["BASIC", "STRICT"];

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let operations = call.input.patch_operations();
    let owner = Owner::of(call);
    let api = call.edit_api()?;
    for operation in &operations {
        apply(api, operation, &owner)?;
    }
    settings::check_endpoint(&api.endpoint_configuration)?;
    settings::check_security(api)?;
    Ok(Answer::Json(view(api)))
}

fn apply(api: &mut RestApi, operation: &PatchOperation, owner: &Owner) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["description"] => {
            expect_op(operation, ENTRY_OPS)?;
            api.description = non_empty(operation).filter(|_| operation.op != Op::Remove);
        }
        ["binaryMediaTypes", element] if !element.is_empty() => {
            patch_element(&mut api.binary_media_types, element, operation, NO_CONTENT_TYPE)?;
        }
        ["endpointConfiguration", "types", old] => change_type(api, old, operation)?,
        ["endpointConfiguration", "vpcEndpointIds"] => {
            patch_vpc_endpoints(&mut api.endpoint_configuration, operation)?;
        }
        ["endpointConfiguration", "ipAddressType"] => {
            expect_op(operation, &[Op::Replace])?;
            api.endpoint_configuration.ip_address_type = Some(ip_address_type(operation)?);
        }
        [member] => replace_member(api, member, operation, owner)?,
        _ => return Err(invalid_path(operation)),
    }
    Ok(())
}

/// The members that are only ever replaced.
fn replace_member(
    api: &mut RestApi,
    member: &str,
    operation: &PatchOperation,
    owner: &Owner,
) -> Result<(), Error> {
    const MEMBERS: [&str; 7] = [
        "apiKeySource",
        "disableExecuteApiEndpoint",
        "endpointAccessMode",
        "minimumCompressionSize",
        "name",
        "policy",
        "securityPolicy",
    ];
    if !MEMBERS.contains(&member) {
        return Err(invalid_path(operation));
    }
    expect_op(operation, &[Op::Replace])?;
    match member {
        "apiKeySource" => api.api_key_source = api_key_source(operation.text())?,
        "disableExecuteApiEndpoint" => api.disable_execute_api_endpoint = operation.boolean(),
        "endpointAccessMode" => {
            api.endpoint_access_mode = choice(operation, "EndpointAccessMode", ACCESS_MODES)?;
        }
        "minimumCompressionSize" => {
            api.minimum_compression_size = match operation.text() {
                // Some clients say what others leave out.
                "" | "null" => None,
                text => {
                    let size = text.parse().map_err(|_| settings::invalid_compression_size())?;
                    Some(settings::compression_size(size)?)
                }
            };
        }
        "name" => api.name = settings::name(operation.text())?,
        "policy" => api.policy = owner.policy(&api.id, operation.text())?,
        _ => {
            api.security_policy =
                choice(operation, "SecurityPolicy", &OPERATIONS.values("CreateRestApi", "securityPolicy"))?;
        }
    }
    Ok(())
}

fn api_key_source(text: &str) -> Result<String, Error> {
    if matches!(text, "HEADER" | "AUTHORIZER") {
        return Ok(text.to_owned());
    }
    let message = format!(
        "1 validation error detected: Value '{text}' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]"
    );
    Err(Error::new(ErrorKind::Validation, message))
}

/// `/endpointConfiguration/types/EDGE`, where the end of the path names what the type is, or is its index.
fn change_type(api: &mut RestApi, old: &str, operation: &PatchOperation) -> Result<(), Error> {
    if operation.op != Op::Replace {
        let message = "Invalid patch operation specified. Must be 'add'|'remove'|'replace'";
        return Err(Error::bad_request(message));
    }
    let new = endpoint_type(operation)?;
    let configuration = &mut api.endpoint_configuration;
    let current = configuration.types.first().cloned().unwrap_or_default();
    if old != current && old != "0" {
        return Err(invalid_path(operation));
    }
    if new == current {
        return Ok(());
    }
    if api.endpoint_access_mode.as_deref() == Some("STRICT") {
        let message = "Cannot update the endpoint type while endpointAccessMode is STRICT.";
        return Err(Error::bad_request(message));
    }
    if current == EndpointConfiguration::PRIVATE && new == EndpointConfiguration::EDGE {
        return Err(Error::bad_request("Cannot update endpoint type from PRIVATE to EDGE."));
    }
    configuration.types = vec![new.to_owned()];
    if new == EndpointConfiguration::PRIVATE {
        configuration.ip_address_type = Some("dualstack".into());
    } else {
        configuration.vpc_endpoint_ids.clear();
    }
    Ok(())
}

fn patch_vpc_endpoints(
    configuration: &mut EndpointConfiguration,
    operation: &PatchOperation,
) -> Result<(), Error> {
    expect_op(operation, &[Op::Add, Op::Remove])?;
    let no_endpoint = "Invalid VPC endpoint identifier specified";
    match operation.text() {
        "" => Err(Error::bad_request(no_endpoint)),
        id => patch_element(&mut configuration.vpc_endpoint_ids, id, operation, no_endpoint),
    }
}
