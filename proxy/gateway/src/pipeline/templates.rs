//! Stages 9 and 11, first half: the mapping templates of the document, rendered by the component that every node has.

use super::body::Collected;
use super::content::content_type;
use super::integrate::mock::unsupported_media_type;
use super::map_response::Mapped;
use super::transform;
use crate::exchange::{Exchange, Refusal};
use crate::generation::{StageRuntime, Templates};
use bytes::Bytes;
use edgewit_plan::integration::{MappingTemplate, RequestBody, RequestTemplates};
use edgewit_plan::plan::IntegrationPlan;
use pingora_http::{RequestHeader, ResponseHeader};
use std::sync::Arc;

/// What the execution log says of a template that failed, but for whose it is.
const UNABLE: &str = "Execution failed due to configuration error: Unable to transform";

/// The request's body as the integration gets it.
///
/// # Errors
/// 500 when the template fails.
pub(super) async fn request(
    integration: &IntegrationPlan,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
    body: Bytes,
) -> Result<Bytes, Refusal> {
    let templates = match integration {
        IntegrationPlan::Mock(plan) => &plan.templates,
        IntegrationPlan::Http(plan) => &plan.templates,
        IntegrationPlan::Invoke(plan) => &plan.templates,
        _ => return Ok(body),
    };
    let Some(template) = selected(templates, header) else { return Ok(body) };
    let stage = stage(exchange)?;
    let Some((templates, number)) = renderer(&stage, template) else { return Err(broken(exchange)) };
    exchange.template = Some(number);
    let at_once = matches!(integration, IntegrationPlan::Mock(_));
    let whole = Collected::from(body.clone());
    let rendered = transform::request(&templates.attached, header, exchange, &whole, at_once).await;
    drop(whole);
    exchange.template = None;
    match rendered.map_err(|refusal| refusal.because(format!("{UNABLE} request")))? {
        transform::Outcome::Forward(mut changes) => {
            let body = changes.body.take().map_or(body, Bytes::from);
            exchange.changes = Some(Box::new(changes));
            Ok(body)
        }
        // The component never answers itself.
        transform::Outcome::Answer(..) => Err(Refusal::internal()),
    }
}

/// What is sent for a body that has passed [`request`]: a template that always renders to the same takes its place only
/// here.
///
/// # Errors
/// 415 where no template takes it and it may not pass without one.
pub(super) fn body(
    templates: &RequestTemplates,
    header: &RequestHeader,
    body: Bytes,
) -> Result<Bytes, Refusal> {
    match templates.select(content_type(&header.headers)) {
        RequestBody::Template(MappingTemplate::Fixed(text)) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        RequestBody::Template(_) | RequestBody::PassThrough => Ok(body),
        RequestBody::Unsupported => Err(unsupported_media_type()),
    }
}

/// The answer with its body rendered, and with what templates have overridden.
///
/// # Errors
/// 500 when the template fails.
pub(super) async fn response(
    mapped: Mapped<'_>,
    header: &mut RequestHeader,
    exchange: &mut Exchange,
) -> Result<(Box<ResponseHeader>, Bytes), Refusal> {
    let Mapped { header: answer, body, template } = mapped;
    let by_hand = exchange.route_runtime().is_some_and(|route| route.transform.is_some());
    // A transform that was attached to the route stands in the template's place, and has its own turn.
    if by_hand || template.is_none() && exchange.handed_on.is_none() {
        return Ok((answer, body));
    }
    let stage = stage(exchange)?;
    let (templates, number) = match template {
        Some(template) => match renderer(&stage, template) {
            Some((templates, number)) => (templates, Some(number)),
            None => return Err(broken(exchange)),
        },
        None => (stage.templates.as_ref().ok_or_else(Refusal::internal)?.load_full(), None),
    };
    exchange.template = number;
    let answered = transform::response(&templates.attached, header, exchange, answer, body).await;
    exchange.template = None;
    answered.map_err(|refusal| refusal.because(format!("{UNABLE} response")))
}

/// The template that is to be rendered for this request.
fn selected<'t>(templates: &'t RequestTemplates, header: &RequestHeader) -> Option<&'t MappingTemplate> {
    match templates.select(content_type(&header.headers)) {
        RequestBody::Template(template @ (MappingTemplate::Rendered(_) | MappingTemplate::Broken)) => {
            Some(template)
        }
        _ => None,
    }
}

fn renderer(stage: &StageRuntime, template: &MappingTemplate) -> Option<(Arc<Templates>, u32)> {
    let MappingTemplate::Rendered(index) = template else { return None };
    let templates = stage.templates.as_ref()?.load_full();
    let number = *templates.numbers.get(*index)?;
    Some((templates, number))
}

fn stage(exchange: &Exchange) -> Result<Arc<StageRuntime>, Refusal> {
    exchange.stage().map(Arc::clone).ok_or_else(Refusal::internal)
}

/// `check` has said what is wrong with it.
fn broken(exchange: &mut Exchange) -> Refusal {
    exchange.integration.error = Some("the mapping template is not valid".into());
    Refusal::internal().because(format!("{UNABLE} request"))
}
