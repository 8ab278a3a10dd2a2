//! Gateway responses: what the gateway itself answers when a stage refuses a request.

use super::content::content_type;
use super::{deliver, names};
use crate::exchange::{Exchange, Refusal};
use crate::view::View;
use bytes::Bytes;
use edgewit_mapping::expression::RequestScope;
use edgewit_mapping::forwarding::{Forward, IntegrationKind, response_header};
use edgewit_mapping::media_type;
use edgewit_model::gateway_response::GatewayResponseType;
use edgewit_plan::gateway_responses::CompiledGatewayResponse;
use http::HeaderValue;
use http::header::HeaderName;
use pingora_core::protocols::http::ServerSession;
use pingora_error::Result;
use pingora_http::ResponseHeader;

/// Answers with the gateway response for `refusal`.
///
/// # Errors
/// When the client is gone.
pub(super) async fn run(
    session: &mut ServerSession,
    exchange: &mut Exchange,
    refusal: Refusal,
) -> Result<()> {
    exchange.refusal = Some(refusal);
    let (response, body) = render(session, exchange)?;
    if let (Some(log), Some(refusal)) = (&exchange.log, &exchange.refusal) {
        let content_type = content_type(&session.req_header().headers);
        let error = exchange.integration.error.as_deref();
        log.refused(refusal, content_type, error, &response, &body);
    }
    deliver::respond(session, exchange, response, body).await
}

fn render(session: &ServerSession, exchange: &Exchange) -> Result<(Box<ResponseHeader>, Bytes)> {
    let header = session.req_header();
    let view = View::new(header, exchange);
    let Some(refusal) = &exchange.refusal else {
        return Ok((Box::new(ResponseHeader::build(500, None)?), Bytes::new()));
    };
    let stage = exchange.stage();
    // The size of a body is refused before a stage's own responses are looked at.
    let customisable = refusal.kind != GatewayResponseType::REQUEST_TOO_LARGE;
    let configured = stage.filter(|_| customisable);
    let configured = configured.and_then(|stage| stage.plan.gateway_responses.get(refusal.kind));
    let status = configured
        .and_then(|response| response.configured_status)
        .or(refusal.status)
        .or_else(|| refusal.kind.default_status())
        .unwrap_or(500);

    let mut out = Box::new(ResponseHeader::build_no_case(status, Some(8))?);
    names::edit(&mut out, |headers| {
        headers.insert(names::ERROR_TYPE.clone(), HeaderValue::from_static(refusal.error_type));
    });
    let accept = header.headers.get("accept").and_then(|value| value.to_str().ok());
    match configured.filter(|response| !response.is_builtin_template) {
        Some(response) => {
            let (mime, body) = render_body(response, accept, &view);
            out.insert_header("Content-Type", mime)?;
            add_headers(response, &view, &mut out)?;
            Ok((out, body))
        }
        None => {
            out.insert_header("Content-Type", "application/json")?;
            if let Some(response) = configured {
                add_headers(response, &view, &mut out)?;
            }
            Ok((out, default_body(refusal)))
        }
    }
}

fn render_body<'a>(
    response: &'a CompiledGatewayResponse,
    accept: Option<&str>,
    view: &View<'_>,
) -> (&'a str, Bytes) {
    let accepted = accept.map(media_type::first_accepted);
    let find = |mime: &str| response.templates.iter().find(|(key, _)| **key == *mime);
    let chosen =
        accepted.and_then(find).or_else(|| find(media_type::DEFAULT)).or_else(|| response.templates.first());
    let Some((mime, template)) = chosen else { return (media_type::DEFAULT, Bytes::new()) };
    let mut body = Vec::new();
    let variables = view.exchange.stage().map(|stage| &stage.plan.stage_variables);
    match variables {
        Some(variables) => template.render(view, view, variables, &mut body),
        None => template.render(view, view, &(), &mut body),
    }
    (mime, body.into())
}

fn add_headers(response: &CompiledGatewayResponse, view: &View<'_>, out: &mut ResponseHeader) -> Result<()> {
    let Some(stage) = view.exchange.stage() else { return Ok(()) };
    let scope = RequestScope::new(view, view, &stage.plan.stage_variables);
    for mapping in &response.headers {
        let Ok(values) = mapping.source.evaluate(&scope) else { continue };
        let Some(value) = values.joined() else { continue };
        // A value that no header can hold is left out, like one that is missing.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(mapping.name.as_bytes()), HeaderValue::from_bytes(&value))
            && response_header(IntegrationKind::Mock, name.as_str()) != Forward::Drop
        {
            out.insert_header(name, value)?;
        }
    }
    Ok(())
}

/// The body of an unmodified gateway response. `ACCESS_DENIED` spells its key with a capital letter.
fn default_body(refusal: &Refusal) -> Bytes {
    let key = if refusal.kind == GatewayResponseType::ACCESS_DENIED { "Message" } else { "message" };
    let mut body = format!("{{\"{key}\":").into_bytes();
    edgewit_mapping::context::write_message_string(refusal.message.as_deref(), &mut body);
    body.push(b'}');
    body.into()
}
