//! MOCK: the answer comes out of the API's definition.

use super::super::content::{self, content_type};
use super::super::map_response::{self, Mapped};
use crate::exchange::{Exchange, Refusal};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_model::api::ContentHandling;
use edgewit_model::gateway_response::GatewayResponseType::UNSUPPORTED_MEDIA_TYPE;
use edgewit_plan::integration::{MockAnswer, MockPlan};
use pingora_http::RequestHeader;

const NO_MATCH: &str = "Execution failed due to configuration error: No match for output mapping and no default output \
                        mapping configured.";
const NO_STATUS: &str = "Execution failed due to configuration error: Unable to parse statusCode. It should be an \
                         integer that is defined in the request template.";

/// Whether the client's body decides, because no template applies.
pub(crate) fn wants_body(plan: &MockPlan, header: &RequestHeader) -> bool {
    matches!(plan.answer(content_type(&header.headers)), MockAnswer::ReadBody)
}

/// The answer of a MOCK integration.
///
/// # Errors
/// 415 where bodies without a template may not pass, 500 where no status can be found or nothing matches it.
pub(in crate::pipeline) fn run<'p>(
    plan: &'p MockPlan,
    header: &RequestHeader,
    exchange: &Exchange,
    body: &[u8],
) -> Result<Mapped<'p>, Refusal> {
    let mut answer = plan.answer(content_type(&header.headers));
    // A template reads text. Where everything is bytes, that needs to be said.
    let template = !matches!(answer, MockAnswer::ReadBody | MockAnswer::Unsupported);
    if template
        && plan.content_handling != Some(ContentHandling::ConvertToText)
        && content::is_binary(exchange, &header.headers)
    {
        return Err(Refusal::internal());
    }
    let text;
    // Where a template has to be rendered, `body` is what it has rendered to.
    if matches!(answer, MockAnswer::ReadBody | MockAnswer::Render(_)) {
        text = String::from_utf8_lossy(body);
        answer = plan.answer_body(&text);
    }
    match answer {
        MockAnswer::Response(response) => {
            let view = View::new(header, exchange);
            map_response::run(response, IntegrationKind::Mock, &view, None, Bytes::new())
        }
        MockAnswer::Unsupported => Err(unsupported_media_type()),
        MockAnswer::NoResponse => Err(Refusal::configuration().because(NO_MATCH)),
        MockAnswer::InvalidStatus => Err(Refusal::internal().because(NO_STATUS)),
        MockAnswer::ReadBody | MockAnswer::Render(_) => Err(Refusal::internal()),
    }
}

/// 415 for a body that no template takes.
pub(crate) fn unsupported_media_type() -> Refusal {
    Refusal::new(UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", "BadRequestException")
}
