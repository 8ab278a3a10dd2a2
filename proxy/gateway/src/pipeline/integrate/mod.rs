//! Stage 10: calling the integration.

pub(super) mod direct;
pub(super) mod duplex;
pub(super) mod function;
pub(super) mod http;
pub(super) mod invoke;
pub(super) mod lambda;
mod messages;
pub(super) mod mock;
mod opened;
pub(super) mod relay;
pub(super) mod streamed;

pub use relay::Relay;

use crate::exchange::Refusal;
use edgewit_model::api::Verb;
use edgewit_model::gateway_response::GatewayResponseType::{INTEGRATION_FAILURE, INTEGRATION_TIMEOUT};
use edgewit_plan::integration::HttpPlan;
use pingora_error::{Error, ErrorType};
use std::fmt;

/// What the gateway answers when a call to a backend failed, and what the access log says about it.
pub(super) fn failure(error: &Error) -> Refusal {
    use ErrorType as E;
    match error.etype() {
        E::ConnectTimedout | E::TLSHandshakeTimedout | E::ReadTimedout | E::WriteTimedout => timeout(),
        // Nothing listens there, or the name has no address: the endpoint is configured wrongly.
        E::ConnectRefused | E::ConnectNoRoute | E::BindError | E::SocketError => Refusal::configuration()
            .because("Execution failed due to configuration error: Invalid endpoint address"),
        E::HTTPStatus(_) | E::InternalError => Refusal::internal(),
        _ => network(),
    }
}

/// 500 where no integration response takes the answer of a backend.
pub(super) fn unmatched(status: impl fmt::Display) -> Refusal {
    Refusal::configuration().because(format!(
        "Execution failed due to configuration error: No match for output mapping and no default output mapping \
         configured. Endpoint Response Status Code: {status}"
    ))
}

/// Whether a backend called with this method is sent a body.
fn sends_body(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Whether a body has to be kept from a backend that is called with a method that sends none.
pub(super) fn withholds_body(plan: &HttpPlan, verb: Option<Verb>) -> bool {
    plan.method.or(verb).is_some_and(|verb| !sends_body(verb.as_str()))
}

/// 504 for a backend that did not answer in time.
pub(super) fn timeout() -> Refusal {
    Refusal::new(INTEGRATION_TIMEOUT, "Endpoint request timed out", "InternalServerErrorException")
        .because("Execution failed due to a timeout error")
}

/// 504 for a connection that broke or could not be secured.
pub(super) fn network() -> Refusal {
    Refusal::new(
        INTEGRATION_FAILURE,
        "Network error communicating with endpoint",
        "InternalServerErrorException",
    )
    .because("Execution failed due to a network error communicating with endpoint")
}
