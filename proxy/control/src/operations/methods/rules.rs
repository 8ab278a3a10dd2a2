//! What a method must be to be saved.

use crate::entities::{Method, RestApi};
use crate::operations::mapping_rules::{check_declared, check_models};
use crate::protocol::error::Error;

/// That what a method says is of the form there is, and what it refers to is there. An authorizer is forgotten where
/// the authorization type has none, as API Gateway does it.
///
/// What is as it was `before` is let be: a validator can be deleted that a method names.
///
/// # Errors
/// Otherwise.
pub(super) fn check(api: &RestApi, before: &Method, method: &mut Method) -> Result<(), Error> {
    if method.request_parameters != before.request_parameters {
        check_declared(method.request_parameters.keys())?;
    }
    if !Method::WITH_AUTHORIZER.contains(&method.authorization_type.as_str()) {
        method.authorizer_id = None;
    } else if (&method.authorization_type, &method.authorizer_id)
        != (&before.authorization_type, &before.authorizer_id)
        && !method.authorizer_id.as_ref().is_some_and(|id| api.authorizers.contains_key(id))
    {
        return Err(Error::bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
        ));
    }
    let validator = method.request_validator_id.as_ref();
    if method.request_validator_id != before.request_validator_id
        && validator.is_some_and(|id| !api.request_validators.contains_key(id))
    {
        return Err(Error::bad_request("Invalid Request Validator identifier specified"));
    }
    check_models(api, method.request_models.values())
}
