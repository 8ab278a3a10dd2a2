//! Stage 7: parameters, then the body against its model.

use super::body::Collected;
use crate::exchange::{Exchange, Refusal};
use crate::view::View;
use edgewit_model::gateway_response::GatewayResponseType::{BAD_REQUEST_BODY, BAD_REQUEST_PARAMETERS};
use pingora_http::RequestHeader;

/// Checks that required parameters are there.
///
/// # Errors
/// 400 with the names that are missing.
pub(super) fn parameters(header: &RequestHeader, exchange: &Exchange) -> Result<(), Refusal> {
    let Some(validation) = exchange.route().and_then(|route| route.validation.as_ref()) else {
        return Ok(());
    };
    validation
        .check_parameters(&View::new(header, exchange))
        .map_err(|message| Refusal::new(BAD_REQUEST_PARAMETERS, message, "BadRequestException"))
}

/// Whether [`body`] needs the body.
pub(super) fn wants_body(exchange: &Exchange) -> bool {
    exchange
        .route()
        .and_then(|route| route.validation.as_ref())
        .is_some_and(|validation| validation.wants_body())
}

/// Checks the body against the model of its content type.
///
/// # Errors
/// 400 `Invalid request body`, with the details for `$context.error.validationErrorString`.
pub(super) fn body(header: &RequestHeader, exchange: &Exchange, body: &Collected) -> Result<(), Refusal> {
    let Some(validation) = exchange.route().and_then(|route| route.validation.as_ref()) else {
        return Ok(());
    };
    let content_type = header.headers.get("content-type").and_then(|value| value.to_str().ok());
    validation.check_body(content_type, body.bytes()).map_err(|details| {
        let mut refusal = Refusal::new(BAD_REQUEST_BODY, "Invalid request body", "BadRequestException");
        refusal.validation = Some(details);
        refusal
    })
}
