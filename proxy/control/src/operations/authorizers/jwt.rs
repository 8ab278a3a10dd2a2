//! Issuers of JSON Web Tokens.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer.html>.

use crate::entities::Authorizer;
use crate::protocol::error::Error;
use serde_json::Value;
use std::collections::BTreeSet;

/// Claims that are always checked, and not by a rule of one's own.
const RESERVED_CLAIMS: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"];

/// That an authorizer of this type has issuers and nothing that belongs to other types.
pub(super) fn check(authorizer: &Authorizer) -> Result<(), Error> {
    let foreign = [
        ("providerARNs", !authorizer.provider_arns.is_empty()),
        ("authorizerUri", authorizer.authorizer_uri.is_some()),
        ("authorizerCredentials", authorizer.authorizer_credentials.is_some()),
        ("identityValidationExpression", authorizer.identity_validation_expression.is_some()),
        ("authorizerResultTtlInSeconds", authorizer.authorizer_result_ttl_in_seconds.is_some()),
    ];
    if let Some((member, _)) = foreign.iter().find(|(_, is_there)| *is_there) {
        return Err(Error::bad_request(format!("{member} is not supported for JWT authorizers")));
    }
    let configuration = authorizer.jwt_configuration.as_ref();
    let issuers = elements(configuration.and_then(|configuration| configuration.get("issuers")));
    if issuers.is_empty() {
        return Err(invalid("at least one issuer is required"));
    }
    let mut seen = BTreeSet::new();
    for issuer in issuers {
        let url = text(issuer, "issuer");
        check_url(url)?;
        if !seen.insert(url) {
            return Err(invalid(&format!("issuer {url} is there twice")));
        }
        check_audiences(issuer, url)?;
        check_claims(issuer, url)?;
    }
    Ok(())
}

fn check_url(url: &str) -> Result<(), Error> {
    let host = url.strip_prefix("https://").map(|rest| rest.split('/').next().unwrap_or_default());
    if host.is_none_or(|host| host.is_empty() || host.contains('@')) || url.contains(['?', '#', ' ']) {
        return Err(invalid(&format!("issuer {url} is no https URL without user, query and fragment")));
    }
    Ok(())
}

fn check_audiences(issuer: &Value, url: &str) -> Result<(), Error> {
    let audiences = elements(issuer.get("audiences"));
    if audiences.is_empty() || audiences.iter().any(|audience| audience.as_str().is_none_or(str::is_empty)) {
        return Err(invalid(&format!("issuer {url} needs audiences")));
    }
    Ok(())
}

fn check_claims(issuer: &Value, url: &str) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for claim in elements(issuer.get("additionalClaims")) {
        let name = text(claim, "claimName");
        if name.is_empty() || RESERVED_CLAIMS.contains(&name) || !seen.insert(name) {
            return Err(invalid(&format!("issuer {url} cannot have a rule for the claim '{name}'")));
        }
        if elements(claim.get("expectedValues")).len() > 1 {
            return Err(invalid(&format!(
                "the claim '{name}' of issuer {url} has more than one expected value"
            )));
        }
    }
    Ok(())
}

fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn invalid(what: &str) -> Error {
    Error::bad_request(format!("Invalid JWT configuration specified: {what}"))
}
