//! Patches of integrations.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateIntegration-Patch>.

use super::{integration, of_method, rules};
use crate::entities::{Integration, Method};
use crate::operations::mapping_rules::check_templates;
use crate::operations::methods::{replace, view};
use crate::operations::patch_map::{
    NO_CONTENT_TYPE, NO_PARAMETER, choice, expect_op, invalid_path, non_empty, patch_element,
    patch_optional_entry,
};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

/// What may be done to bodies on the way.
pub(in crate::operations) const CONTENT_HANDLING: &[&str] = &["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];
const CONNECTION_TYPES: &[&str] = &[rules::INTERNET, "VPC_LINK"];
const TRANSFER_MODES: &[&str] = &["BUFFERED", "STREAM"];

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let method = of_method(call)?;
    let before = integration(method)?;
    let mut changed = before.clone();
    for operation in call.input.patch_operations() {
        apply(&mut changed, &operation)?;
    }
    if let Some(templates) = &mut changed.request_templates {
        check_templates(templates)?;
    }
    rules::check(&changed, call.environment.account_id())?;
    rules::check_parameters(&changed, before, method)?;
    let answer = view(&changed)?;
    let method = Method { method_integration: Some(Box::new(changed)), ..method.clone() };
    replace(call, method)?;
    Ok(Answer::Json(answer))
}

fn apply(integration: &mut Integration, operation: &PatchOperation) -> Result<(), Error> {
    let segments = operation.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["requestParameters", name] if !name.is_empty() => {
            let (mappings, source) = (&mut integration.request_parameters, operation.text().to_owned());
            patch_optional_entry(mappings, name, operation, NO_PARAMETER, source)
        }
        ["requestTemplates", content_type] if !content_type.is_empty() => {
            let (templates, template) = (&mut integration.request_templates, operation.value.clone());
            patch_optional_entry(templates, content_type, operation, NO_CONTENT_TYPE, template)
        }
        ["cacheKeyParameters", name] if !name.is_empty() => {
            patch_element(&mut integration.cache_key_parameters, name, operation, NO_PARAMETER)
        }
        ["tlsConfig", "insecureSkipVerification"] => {
            expect_op(operation, &[Op::Replace])?;
            let tls = integration.tls_config.get_or_insert_default();
            tls.insecure_skip_verification = operation.boolean();
            Ok(())
        }
        [member] => replace_member(integration, member, operation),
        _ => Err(invalid_path(operation)),
    }
}

/// The members that are only ever replaced.
fn replace_member(
    integration: &mut Integration,
    member: &str,
    operation: &PatchOperation,
) -> Result<(), Error> {
    const MEMBERS: [&str; 11] = [
        "cacheNamespace",
        "connectionId",
        "connectionType",
        "contentHandling",
        "credentials",
        "httpMethod",
        "integrationTarget",
        "passthroughBehavior",
        "responseTransferMode",
        "timeoutInMillis",
        "uri",
    ];
    let only_with_backend = matches!(member, "httpMethod" | "uri");
    if !MEMBERS.contains(&member) || only_with_backend && integration.kind == "MOCK" {
        return Err(invalid_path(operation));
    }
    expect_op(operation, &[Op::Replace])?;
    match member {
        "cacheNamespace" => integration.cache_namespace = non_empty(operation),
        "connectionId" => integration.connection_id = non_empty(operation),
        "connectionType" => {
            integration.connection_type = choice(operation, "ConnectionType", CONNECTION_TYPES)?;
        }
        "contentHandling" => {
            integration.content_handling = choice(operation, "ContentHandling", CONTENT_HANDLING)?;
        }
        "credentials" => integration.credentials = non_empty(operation),
        "httpMethod" => integration.http_method = non_empty(operation),
        "integrationTarget" => integration.integration_target = non_empty(operation),
        "passthroughBehavior" => {
            integration.passthrough_behavior = choice(operation, "PassthroughBehavior", rules::PASSTHROUGH)?;
        }
        "responseTransferMode" => {
            integration.response_transfer_mode = choice(operation, "ResponseTransferMode", TRANSFER_MODES)?;
        }
        "timeoutInMillis" => {
            let milliseconds = operation.text().parse();
            let milliseconds = milliseconds.map_err(|_| rules::invalid_timeout(&rules::TIMEOUT_MS))?;
            integration.timeout_in_millis = rules::timeout(milliseconds)?;
        }
        _ => integration.uri = non_empty(operation),
    }
    Ok(())
}
