//! Authorizers.

mod check;
mod jwt;
mod patch;
#[cfg(test)]
mod tests;

use super::Handler;
use crate::entities::{Authorizer, RestApi, Shared};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::input::Input;
use crate::protocol::page::page;
use serde_json::Value;

/// Seconds that a result is kept where nobody says how many.
const DEFAULT_TTL_SECONDS: u32 = 300;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateAuthorizer" => create,
        "DeleteAuthorizer" => delete,
        "GetAuthorizer" => get,
        "GetAuthorizers" => list,
        "UpdateAuthorizer" => update,
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = call.input.required("restApiId");
    let Some(api) = call.state.get::<RestApi>(id) else {
        // What API Gateway answers here, though nobody else modifies anything.
        return Err(Error::concurrent_modification());
    };
    let mut authorizer = from_input(&call.input)?;
    check::name(api, &authorizer)?;
    check::new(&authorizer)?;
    check::consistent(&authorizer)?;
    authorizer.id = crate::environment::id(call.environment, 6);
    let answer = view(&authorizer);
    call.edit_api()?.authorizers.insert(authorizer.id.clone(), Shared::new(authorizer));
    Ok(Answer::Json(answer))
}

fn from_input(input: &Input) -> Result<Authorizer, Error> {
    let kind = input.required("type").to_owned();
    let (auth_type, ttl) = match kind.as_str() {
        "JWT" => (None, None),
        "COGNITO_USER_POOLS" => (Some("cognito_user_pools"), Some(DEFAULT_TTL_SECONDS)),
        _ => (Some("custom"), Some(DEFAULT_TTL_SECONDS)),
    };
    let given_ttl = input.integer("authorizerResultTtlInSeconds").map(check::ttl).transpose()?;
    Ok(Authorizer {
        id: String::new(),
        name: input.required("name").to_owned(),
        kind,
        provider_arns: input.texts("providerARNs").unwrap_or_default(),
        auth_type: input.non_empty("authType").or(auth_type.map(str::to_owned)),
        authorizer_uri: input.non_empty("authorizerUri"),
        authorizer_credentials: input.non_empty("authorizerCredentials"),
        identity_source: input.non_empty("identitySource"),
        identity_validation_expression: input.non_empty("identityValidationExpression"),
        authorizer_result_ttl_in_seconds: given_ttl.or(ttl),
        jwt_configuration: input.value("jwtConfiguration"),
    })
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(view(existing(call)?.1)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let authorizers = &call.api()?.authorizers;
    let entries = authorizers.iter().map(|(id, authorizer)| (id, || view(authorizer)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, authorizer) = existing(call)?;
    let mut authorizer = authorizer.clone();
    for operation in &call.input.patch_operations() {
        patch::apply(&mut authorizer, operation)?;
    }
    check::name(api, &authorizer)?;
    check::consistent(&authorizer)?;
    let answer = view(&authorizer);
    call.edit_api()?.authorizers.insert(authorizer.id.clone(), Shared::new(authorizer));
    Ok(Answer::Json(answer))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let (api, authorizer) = existing(call)?;
    for resource in api.resources.values() {
        let mut methods = resource.methods.iter();
        if let Some((verb, _)) = methods.find(|(_, m)| m.authorizer_id.as_deref() == Some(&authorizer.id)) {
            return Err(Error::conflict(format!(
                "Cannot delete authorizer '{}', is referenced in method: {verb}/{}",
                authorizer.name, resource.path
            )));
        }
    }
    let id = authorizer.id.clone();
    call.edit_api()?.authorizers.remove(&id);
    Ok(Answer::Empty)
}

fn existing<'c>(call: &'c Call<'_>) -> Result<(&'c RestApi, &'c Authorizer), Error> {
    let api = call.api()?;
    match api.authorizers.get(call.input.required("authorizerId")) {
        Some(authorizer) => Ok((api, authorizer)),
        None => Err(unknown()),
    }
}

/// No such authorizer.
pub(super) fn unknown() -> Error {
    Error::not_found("Invalid Authorizer identifier specified")
}

/// An authorizer as answers show it: as it is stored.
fn view(authorizer: &Authorizer) -> Value {
    serde_json::to_value(authorizer).unwrap_or_default()
}
