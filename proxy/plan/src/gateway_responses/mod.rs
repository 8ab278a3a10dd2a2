//! The 21 gateway responses, compiled with inheritance.
//!
//! A type that the document configures has its own values, and API Gateway's built-in ones for what is not given.
//! A type that it does not configure takes over `DEFAULT_4XX` or `DEFAULT_5XX` as a whole if that is configured.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>.

#[cfg(test)]
mod tests;

use crate::limits::Limits;
use edgewit_mapping::expression::{GatewayResponseTarget, RequestSource};
use edgewit_mapping::media_type;
use edgewit_mapping::template::{Dialect, SubstitutionTemplate};
use edgewit_model::api::RestApi;
use edgewit_model::finding::Finding;
use edgewit_model::gateway_response::{GatewayResponse, GatewayResponseType};
use indexmap::IndexMap;
use std::sync::Arc;

/// The body of an unmodified gateway response.
const BUILTIN: &str = r#"{"message":$context.error.messageString}"#;

/// The same for `ACCESS_DENIED`, which spells its key with a capital letter.
const BUILTIN_ACCESS_DENIED: &str = r#"{"Message":$context.error.messageString}"#;

/// All gateway responses of an API.
#[derive(Debug)]
pub struct GatewayResponses {
    /// In the order of [`GatewayResponseType::ALL`].
    by_type: Vec<Arc<CompiledGatewayResponse>>,
}

/// One gateway response as it is sent.
#[derive(Clone, Debug)]
pub struct CompiledGatewayResponse {
    /// The status that the document sets, of its own or inherited.
    pub configured_status: Option<u16>,
    /// Whether the document configures this very type.
    pub configured: bool,
    /// Header mappings.
    pub headers: Vec<GatewayResponseHeader>,
    /// Templates by MIME type; never empty.
    pub templates: Vec<(Arc<str>, Arc<SubstitutionTemplate>)>,
    /// Whether the template is API Gateway's own.
    pub is_builtin_template: bool,
}

/// A mapping to a header.
#[derive(Clone, Debug)]
pub struct GatewayResponseHeader {
    /// As spelled in the document.
    pub name: Arc<str>,
    /// Where the value comes from; without a value the header is left out.
    pub source: RequestSource,
}

impl CompiledGatewayResponse {
    /// The status to send: the configured one, else the failure's own, else the type's.
    pub fn status(&self, kind: GatewayResponseType, failure: Option<u16>) -> u16 {
        self.configured_status.or(failure).or(kind.default_status()).unwrap_or(500)
    }

    /// MIME type and template for the first entry of the request's `Accept`: exact, else `application/json`, else the
    /// first.
    pub fn template(&self, accept: Option<&str>) -> Option<(&Arc<str>, &Arc<SubstitutionTemplate>)> {
        let find = |key: &str| self.templates.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        let (content_type, template) = accept
            .and_then(|accept| find(media_type::first_accepted(accept)))
            .or_else(|| find(media_type::DEFAULT))
            .or_else(|| self.templates.first())?;
        Some((content_type, template))
    }
}

impl GatewayResponses {
    /// The response of a type.
    pub fn get(&self, kind: GatewayResponseType) -> Option<&CompiledGatewayResponse> {
        self.by_type.get(kind as usize).map(|response| &**response)
    }

    pub(crate) fn compile(
        api: &RestApi,
        variables: &IndexMap<String, String>,
        limits: &Limits,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let configured: IndexMap<GatewayResponseType, CompiledGatewayResponse> = api
            .gateway_responses
            .iter()
            .map(|(kind, response)| (*kind, own(*kind, response, variables, limits, findings)))
            .collect();
        let by_type = GatewayResponseType::ALL
            .into_iter()
            .map(|kind| {
                Arc::new(match (configured.get(&kind), configured.get(&kind.family())) {
                    (Some(own), _) => own.clone(),
                    (None, Some(family)) => inherited(kind, family),
                    (None, None) => builtin(kind),
                })
            })
            .collect();
        Self { by_type }
    }
}

fn builtin(kind: GatewayResponseType) -> CompiledGatewayResponse {
    CompiledGatewayResponse {
        configured_status: None,
        configured: false,
        headers: Vec::new(),
        templates: builtin_templates(kind),
        is_builtin_template: true,
    }
}

fn builtin_templates(kind: GatewayResponseType) -> Vec<(Arc<str>, Arc<SubstitutionTemplate>)> {
    let text = if kind == GatewayResponseType::ACCESS_DENIED { BUILTIN_ACCESS_DENIED } else { BUILTIN };
    SubstitutionTemplate::parse(text, Dialect::GatewayResponse)
        .map(|template| (Arc::from(media_type::DEFAULT), Arc::new(template)))
        .into_iter()
        .collect()
}

fn inherited(kind: GatewayResponseType, family: &CompiledGatewayResponse) -> CompiledGatewayResponse {
    let templates =
        if family.is_builtin_template { builtin_templates(kind) } else { family.templates.clone() };
    CompiledGatewayResponse { configured: false, templates, ..family.clone() }
}

fn own(
    kind: GatewayResponseType,
    response: &GatewayResponse,
    variables: &IndexMap<String, String>,
    limits: &Limits,
    findings: &mut Vec<Finding>,
) -> CompiledGatewayResponse {
    let at = &response.at;
    let name = kind.as_str();
    let mut error = |code, message: String| findings.push(Finding::error(code, at, message));
    if let Some(status) = response.status_code.filter(|status| !(100..600).contains(status)) {
        error(
            "gateway-response-invalid",
            format!("found the status {status} in {name}, expected 100 to 599"),
        );
    }
    let mut headers = Vec::with_capacity(response.response_parameters.len());
    for (target, expression) in &response.response_parameters {
        let header = match GatewayResponseTarget::parse(target) {
            Ok(GatewayResponseTarget::Header(header)) => header,
            Ok(GatewayResponseTarget::WithoutEffect) => continue,
            Err(reason) => {
                error(
                    "mapping-invalid",
                    format!("Invalid mapping expression specified: `{target}` in {name}: {reason}"),
                );
                continue;
            }
        };
        match RequestSource::parse_for_gateway_response(expression) {
            Ok(source) => {
                headers.push(GatewayResponseHeader { name: header.into(), source: source.bind(variables) });
            }
            Err(reason) => {
                error(
                    "mapping-invalid",
                    format!("Invalid mapping expression specified: `{expression}` in {name}: {reason}"),
                );
            }
        }
    }
    let mut templates = Vec::with_capacity(response.response_templates.len());
    for (content_type, text) in &response.response_templates {
        if text.len() > limits.template_bytes {
            let (limit, found) = (limits.template_bytes, text.len());
            error(
                "template-too-large",
                format!("found a template of {found} bytes in {name}, the limit is {limit}"),
            );
            continue;
        }
        match SubstitutionTemplate::parse(text, Dialect::GatewayResponse) {
            Ok(template) => templates.push((content_type.as_str().into(), Arc::new(template))),
            Err(reason) => error("template-invalid", format!("in a template of {name}: {reason}")),
        }
    }
    let is_builtin_template = templates.is_empty();
    CompiledGatewayResponse {
        configured_status: response.status_code,
        configured: true,
        headers,
        templates: if is_builtin_template { builtin_templates(kind) } else { templates },
        is_builtin_template,
    }
}
