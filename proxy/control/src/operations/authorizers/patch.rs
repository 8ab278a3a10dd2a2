//! `UpdateAuthorizer`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateAuthorizer-Patch>.

use super::check;
use crate::entities::Authorizer;
use crate::operations::patch_map::{expect_op, invalid_path, non_empty};
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
        _ => return Err(invalid_path(operation)),
    };
    expect_op(operation, only)?;
    change(authorizer, path, operation)
}

fn change(authorizer: &mut Authorizer, path: &str, operation: &PatchOperation) -> Result<(), Error> {
    let value = operation.text();
    match path {
        "/identitySource" if operation.op == Op::Remove => authorizer.identity_source = None,
        "/identitySource" => authorizer.identity_source = non_empty(operation),
        "/providerARNs" => {
            authorizer.provider_arns.retain(|arn| arn != value);
            if operation.op == Op::Add {
                authorizer.provider_arns.push(value.to_owned());
            }
        }
        "/authType" => authorizer.auth_type = non_empty(operation),
        "/authorizerCredentials" => authorizer.authorizer_credentials = non_empty(operation),
        "/authorizerResultTtlInSeconds" => {
            let seconds = value.trim().parse().unwrap_or(-1);
            authorizer.authorizer_result_ttl_in_seconds = Some(check::ttl(seconds)?);
        }
        "/authorizerUri" => authorizer.authorizer_uri = non_empty(operation),
        "/identityValidationExpression" => authorizer.identity_validation_expression = non_empty(operation),
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
