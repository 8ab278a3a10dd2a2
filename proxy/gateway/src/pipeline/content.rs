//! Bodies between text and bytes, where `contentHandling` or binary media types ask for it.

use crate::exchange::{Exchange, Refusal};
use bytes::Bytes;
use edgewit_mapping::content::{self, Conversion};
use edgewit_mapping::media_type::{bare, first_accepted};
use edgewit_model::api::ContentHandling;
use edgewit_plan::plan::IntegrationPlan;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use std::borrow::Cow;

/// The request's body as the integration gets it.
///
/// # Errors
/// 500 when it was to be decoded and is no base64.
pub(super) fn request(
    integration: &IntegrationPlan,
    exchange: &Exchange,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Bytes, Refusal> {
    let handling = match integration {
        IntegrationPlan::Http(plan) => plan.content_handling,
        IntegrationPlan::Mock(plan) => plan.content_handling,
        IntegrationPlan::Invoke(plan) => plan.content_handling,
        // A proxy passes bytes unless it is told otherwise.
        IntegrationPlan::HttpProxy(plan) => match plan.content_handling {
            None => return Ok(body.clone()),
            handling => handling,
        },
        IntegrationPlan::Function(_) | IntegrationPlan::Unavailable(_) => return Ok(body.clone()),
    };
    let converted = content::request(body, is_binary(exchange, headers), handling.map(conversion));
    owned(converted, body)
}

/// An answer's body as templates and the client get it.
///
/// # Errors
/// 500 when it was to be decoded and is no base64.
pub(super) fn response(
    handling: Option<ContentHandling>,
    exchange: &Exchange,
    request: &HeaderMap,
    answer: &HeaderMap,
    body: &Bytes,
) -> Result<Bytes, Refusal> {
    let types = exchange.stage().map(|stage| &stage.plan.binary_media_types);
    let accepts = request.get(ACCEPT).and_then(|value| value.to_str().ok()).map(first_accepted);
    let accepted = types.is_some_and(|types| types.matches(accepts));
    let converted = content::response(body, is_binary(exchange, answer), accepted, handling.map(conversion));
    owned(converted, body)
}

/// Whether the `Content-Type` is among the binary media types of the API.
pub(super) fn is_binary(exchange: &Exchange, headers: &HeaderMap) -> bool {
    let Some(stage) = exchange.stage() else { return false };
    let types = &stage.plan.binary_media_types;
    !types.is_empty() && types.matches(content_type(headers).map(bare))
}

/// The `Content-Type`, with its parameters.
pub(super) fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}

fn conversion(handling: ContentHandling) -> Conversion {
    match handling {
        ContentHandling::ConvertToBinary => Conversion::ToBinary,
        ContentHandling::ConvertToText => Conversion::ToText,
    }
}

fn owned(converted: Result<Cow<'_, [u8]>, content::NoBase64>, body: &Bytes) -> Result<Bytes, Refusal> {
    match converted {
        Ok(Cow::Borrowed(_)) => Ok(body.clone()),
        Ok(Cow::Owned(converted)) => Ok(Bytes::from(converted)),
        Err(error) => {
            tracing::warn!(%error, "a body cannot be converted");
            Err(Refusal::internal())
        }
    }
}
