//! Stage 9: what the backend is asked: path, query and headers out of the request.

use super::names;
use crate::exchange::{Exchange, Refusal};
use crate::upstream::Upstream;
use crate::view::View;
use edgewit_mapping::expression::{RequestScope, RequestSource, Values};
use edgewit_mapping::forwarding::{IntegrationKind, MappedHeader, request_header};
use edgewit_mapping::query;
use edgewit_model::gateway_response::GatewayResponseType::DEFAULT_4XX;
use edgewit_plan::integration::{HttpPlan, Piece};
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode;
use pingora_http::RequestHeader;
use std::borrow::Cow;

/// Headers that the gateway writes itself.
const API_ID: &str = "X-Amzn-Apigateway-Api-Id";
const TRACE_ID: &str = "X-Amzn-Trace-Id";

/// What is sent to the backend besides method and body.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    /// Path and query; `None` where they are the same for every request.
    pub target: Option<String>,
    /// Headers that mappings set: they replace the client's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Evaluates all mappings of `plan`.
///
/// # Errors
/// 400 when a body expression meets a broken JSON body; 500 for a header that may not be mapped.
pub(super) fn run(plan: &HttpPlan, kind: IntegrationKind, view: &View<'_>) -> Result<Mapped, Refusal> {
    let mappings = &plan.mappings;
    let forwards_query = kind == IntegrationKind::HttpProxy && !view.raw_query().is_empty();
    if plan.target.fixed.is_some()
        && mappings.headers.is_empty()
        && mappings.query.is_empty()
        && !forwards_query
    {
        return Ok(Mapped::default());
    }
    let Some(stage) = view.exchange.stage() else { return Err(Refusal::internal()) };
    let scope = RequestScope::new(view, view, &stage.plan.stage_variables);
    Ok(Mapped { target: Some(target(plan, kind, view, &scope)?), headers: headers(plan, &scope)? })
}

pub(super) fn evaluate<'s>(
    source: &'s RequestSource,
    scope: &'s RequestScope<'_>,
) -> Result<Values<'s>, Refusal> {
    source.evaluate(scope).map_err(|_| {
        Refusal::new(DEFAULT_4XX, "Invalid JSON in request body", "BadRequestException").with_status(400)
    })
}

fn target(
    plan: &HttpPlan,
    kind: IntegrationKind,
    view: &View<'_>,
    scope: &RequestScope<'_>,
) -> Result<String, Refusal> {
    let mut out = Vec::with_capacity(128);
    pieces(&plan.target.path, plan, scope, view.exchange, false, &mut out)?;
    // A signature is for the path without dot segments, which would be another resource than the document names. What S3
    // keeps may have any name.
    let signer = plan.service.as_ref().and_then(|service| service.signer.as_ref());
    if signer.is_some_and(|signer| &*signer.service != "s3") && has_dot_segments(&out) {
        return Err(Refusal::new(DEFAULT_4XX, "Bad Request", "BadRequestException").with_status(400));
    }
    let mut query = Vec::new();
    pieces(&plan.target.query, plan, scope, view.exchange, true, &mut query)?;
    // The client's own come before mapped ones of the same name.
    if kind == IntegrationKind::HttpProxy && !view.raw_query().is_empty() {
        query::recode_pairs(view.raw_query(), &mut query);
    }
    for (name, source) in &plan.mappings.query {
        for value in evaluate(source, scope)?.iter() {
            query::push_pair(name.as_bytes(), value, &mut query);
        }
    }
    if !query.is_empty() {
        out.push(b'?');
        out.extend_from_slice(&query);
    }
    // Everything pushed is percent-encoded or was part of a parsed URI.
    String::from_utf8(out).map_err(|_| Refusal::configuration())
}

/// Whether a segment of the path is `.` or `..`, also where that is encoded (RFC 3986, section 5.2.4).
fn has_dot_segments(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|segment| {
        // Three bytes for each dot at most.
        segment.len() <= 6 && matches!(&*Cow::from(percent_decode(segment)), b"." | b"..")
    })
}

fn pieces(
    pieces: &[Piece],
    plan: &HttpPlan,
    scope: &RequestScope<'_>,
    exchange: &Exchange,
    in_query: bool,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Placeholder { name, mapping } => {
                let source = mapping.and_then(|index| plan.mappings.path.get(index));
                let value = match (overridden(exchange, name), source) {
                    (Some(value), _) => Some(Cow::Borrowed(value.as_bytes())),
                    (None, Some((_, source))) => evaluate(source, scope)?.joined(),
                    (None, None) => None,
                };
                match value {
                    Some(value) if in_query => query::encode(&value, out),
                    Some(value) => query::encode_path(&value, out),
                    // What has no value keeps its braces, which a URI must have encoded.
                    None => {
                        out.extend_from_slice(b"%7B");
                        query::encode(name.as_bytes(), out);
                        out.extend_from_slice(b"%7D");
                    }
                }
            }
        }
    }
    Ok(())
}

/// What a transform says that a placeholder stands for.
fn overridden<'e>(exchange: &'e Exchange, name: &str) -> Option<&'e str> {
    let parameters = &exchange.changes.as_ref()?.path_parameters;
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn headers(plan: &HttpPlan, scope: &RequestScope<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let mut out = Vec::with_capacity(plan.mappings.headers.len());
    for mapping in &plan.mappings.headers {
        let Some(value) = evaluate(&mapping.source, scope)?.joined() else { continue };
        match mapping.rule {
            MappedHeader::Refuse => return Err(already_present(&mapping.name)),
            MappedHeader::Drop => continue,
            MappedHeader::Deliver => {}
        }
        let name = HeaderName::from_bytes(mapping.lower.as_bytes()).map_err(|_| Refusal::internal())?;
        let value = HeaderValue::from_bytes(&value).map_err(|_| Refusal::internal())?;
        out.push((name, value));
    }
    Ok(out)
}

/// 500 for a mapping to a header that the gateway writes itself.
pub(super) fn already_present(name: &str) -> Refusal {
    Refusal::internal()
        .because(format!("Execution failed due to configuration error: {name} header already present"))
}

/// Makes the header that is sent to the backend out of the client's, in place.
///
/// # Errors
/// When a value is not a legal header value.
pub(super) fn rewrite_header(
    request: &mut RequestHeader,
    upstream: &Upstream,
    mapped: &Mapped,
    exchange: &mut Exchange,
    upgrade: bool,
    grpc: bool,
) -> pingora_error::Result<()> {
    let client_trace = request.headers.get(&names::TRACE_ID).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let keeps = |name: &HeaderName| {
        // Both are written over below.
        let replaced = name == HOST || name == names::TRACE_ID;
        replaced || request_header(IntegrationKind::HttpProxy, name.as_str()) || framing(name, upgrade, grpc)
    };
    // Most requests have nothing to drop, and then nothing is collected.
    let drop: Vec<HeaderName> = request.headers.keys().filter(|name| !keeps(name)).cloned().collect();
    for name in drop {
        request.remove_header(&name);
    }
    join_repeated(request)?;
    set_gateway_headers(request, upstream, mapped, exchange, client_trace.as_deref(), true)
}

/// Headers that frame the message to the backend: Pingora has set them already.
fn framing(name: &HeaderName, upgrade: bool, grpc: bool) -> bool {
    let name = name.as_str();
    matches!(name, "content-length" | "transfer-encoding")
        || upgrade && matches!(name, "connection" | "upgrade")
        || grpc && matches!(name, "te")
}

/// Joins the values of a repeated header with `,`, as the backend of an HTTP_PROXY integration sees them.
pub(super) fn join_repeated(request: &mut RequestHeader) -> pingora_error::Result<()> {
    if request.headers.len() == request.headers.keys_len() {
        return Ok(());
    }
    let repeated: Vec<HeaderName> = request
        .headers
        .keys()
        .filter(|name| request.headers.get_all(*name).iter().nth(1).is_some())
        .cloned()
        .collect();
    for name in repeated {
        // Cookies are split over HTTP/2 and have a separator of their own (RFC 9113, section 8.2.3).
        let separator: &[u8] = if name == http::header::COOKIE { b"; " } else { b"," };
        let values: Vec<&[u8]> = request.headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        let joined = values.join(separator);
        request.insert_header(name, joined)?;
    }
    Ok(())
}

/// Adds what the gateway adds, and what mappings set.
pub(super) fn set_gateway_headers(
    request: &mut RequestHeader,
    upstream: &Upstream,
    mapped: &Mapped,
    exchange: &mut Exchange,
    client_trace: Option<&str>,
    accepts_json: bool,
) -> pingora_error::Result<()> {
    request.insert_header(HOST, upstream.host.clone())?;
    if accepts_json && !request.headers.contains_key(ACCEPT) {
        request.insert_header("Accept", HeaderValue::from_static("application/json"))?;
    }
    if !request.headers.contains_key(USER_AGENT) {
        request.insert_header("User-Agent", upstream.user_agent.clone())?;
    }
    for (name, value) in &mapped.headers {
        request.insert_header(name.clone(), value.clone())?;
    }
    request.insert_header(API_ID, upstream.api_id.clone())?;
    request.insert_header(TRACE_ID, exchange.trace_id(client_trace))?;
    Ok(())
}
