//! `UpdateAuthorizer`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateAuthorizer-Patch>.

use super::check;
use crate::entities::Authorizer;
use crate::protocol::error::Error;
use crate::protocol::patch::{Op, PatchOperation};

const TYPES: [&str; 4] = ["TOKEN", "REQUEST", "COGNITO_USER_POOLS", "JWT"];

/// Does what one operation says.
pub(super) fn apply(authorizer: &mut Authorizer, operation: &PatchOperation) -> Result<(), Error> {
    let path = operation.path();
    let only: &[Op] = match path {
        "/identitySource" => &[Op::Add, Op::Replace, Op::Remove],
        "/providerARNs" => &[Op::Add, Op::Remove],
        "/authType"
        | "/authorizerCredentials"
        | "/authorizerResultTtlInSeconds"
        | "/authorizerUri"
        | "/identityValidationExpression"
        | "/name"
        | "/type" => &[Op::Replace],
        _ => return Err(Error::bad_request(format!("Invalid patch path {path}"))),
    };
    if !only.contains(&operation.op) {
        let only: Vec<&str> = only.iter().map(|op| op.as_str()).collect();
        return Err(Error::bad_request(format!(
            "Invalid patch operation specified. Must be one of: [{}]",
            only.join(", ")
        )));
    }
    change(authorizer, path, operation)
}

fn change(authorizer: &mut Authorizer, path: &str, operation: &PatchOperation) -> Result<(), Error> {
    let value = operation.text();
    let text = || Some(value.to_owned()).filter(|text| !text.is_empty());
    match path {
        "/identitySource" if operation.op == Op::Remove => authorizer.identity_source = None,
        "/identitySource" => authorizer.identity_source = text(),
        "/providerARNs" => {
            authorizer.provider_arns.retain(|arn| arn != value);
            if operation.op == Op::Add {
                authorizer.provider_arns.push(value.to_owned());
            }
        }
        "/authType" => authorizer.auth_type = text(),
        "/authorizerCredentials" => authorizer.authorizer_credentials = text(),
        "/authorizerResultTtlInSeconds" => {
            let seconds = value.trim().parse().unwrap_or(-1);
            authorizer.authorizer_result_ttl_in_seconds = Some(check::ttl(seconds)?);
        }
        "/authorizerUri" => authorizer.authorizer_uri = text(),
        "/identityValidationExpression" => authorizer.identity_validation_expression = text(),
        "/name" => value.clone_into(&mut authorizer.name),
        _ if TYPES.contains(&value) => value.clone_into(&mut authorizer.kind),
        _ => {
            return Err(Error::bad_request(format!(
                "Invalid authorizer type specified: {value}. Valid options are {}",
                TYPES.join(",")
            )));
        }
    }
    Ok(())
}
