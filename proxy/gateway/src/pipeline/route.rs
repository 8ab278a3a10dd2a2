//! Stage 4: method and path pick the plan's route.

use crate::exchange::{Exchange, Refusal};
use base64::Engine;
use edgewit_model::api::Verb;
use edgewit_model::gateway_response::GatewayResponseType::{DEFAULT_4XX, MISSING_AUTHENTICATION_TOKEN};
use pingora_http::RequestHeader;
use sha2::{Digest, Sha256};

/// Finds the route.
///
/// # Errors
/// 403: an unknown route looks like an unsigned call to API Gateway's front, which says so.
pub(super) fn run(header: &mut RequestHeader, exchange: &mut Exchange) -> Result<(), Refusal> {
    if exchange.found.is_some() {
        // A test invocation names its method.
        exchange.verb = Verb::from_request(header.method.as_str());
        return Ok(());
    }
    exchange.verb = verb(header);
    let Some(place) = &exchange.place else { return Err(Refusal::forbidden()) };
    exchange.found = place.stage.plan.router.find(&place.path[place.resource_start..], exchange.verb);
    if exchange.found.is_some() { Ok(()) } else { Err(unknown(header)) }
}

/// The method that routing uses: `X-HTTP-Method-Override` on a POST replaces it, and is consumed.
fn verb(header: &mut RequestHeader) -> Option<Verb> {
    let sent = Verb::from_request(header.method.as_str());
    if sent != Some(Verb::POST) {
        return sent;
    }
    match header.remove_header("x-http-method-override") {
        Some(value) => value.to_str().ok().and_then(|name| Verb::from_request(name.trim())),
        None => sent,
    }
}

fn unknown(header: &RequestHeader) -> Refusal {
    let authorization = header.headers.get("authorization").map(|value| value.as_bytes());
    match authorization.and_then(|value| incomplete_signature(value, header)) {
        Some(message) => Refusal::new(DEFAULT_4XX, message, "IncompleteSignatureException").with_status(403),
        None => Refusal::new(
            MISSING_AUTHENTICATION_TOKEN,
            "Missing Authentication Token",
            "MissingAuthenticationTokenException",
        ),
    }
}

/// What the signature check of API Gateway's front says about an `Authorization` that is no SigV4.
fn incomplete_signature(value: &[u8], header: &RequestHeader) -> Option<String> {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(value));
    let text = String::from_utf8_lossy(value);
    let (algorithm, parameters) = match text.trim().split_once(' ') {
        Some((algorithm, parameters)) => (algorithm, parameters),
        None => (text.trim(), ""),
    };
    if algorithm.contains('=') {
        return Some(format!(
            "Authorization header must begin with the algorithm name, which cannot include an equal-sign (hashed \
             with SHA-256 and encoded with Base64): '{hash}'."
        ));
    }
    let parts = parameters.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    if parts.clone().any(|part| !part.contains('=')) {
        return Some(format!(
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded \
             with Base64): '{hash}'."
        ));
    }
    let mut missing = String::new();
    for name in ["Credential", "Signature", "SignedHeaders"] {
        if !parts.clone().any(|part| part.split_once('=').is_some_and(|(key, _)| key == name)) {
            missing.push_str(&format!("Authorization header requires '{name}' parameter. "));
        }
    }
    if !header.headers.contains_key("x-amz-date") && !header.headers.contains_key("date") {
        missing.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    (!missing.is_empty())
        .then(|| format!("{missing}(Hashed with SHA-256 and encoded with Base64) Authorization={hash}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn an_unknown_route_with_a_bearer_token_is_an_incomplete_signature() {
        let header = RequestHeader::build("GET", b"/x", None).unwrap();
        let message = incomplete_signature(b"Bearer abc", &header).unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(b"Bearer abc"));
        assert_eq!(
            message,
            format!(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and \
                 encoded with Base64): '{hash}'."
            )
        );
        let whole = b"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0";
        assert!(
            incomplete_signature(whole, &header)
                .unwrap()
                .starts_with("Authorization header requires existence")
        );
    }
}
