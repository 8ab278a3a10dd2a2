//! Integrations.

use super::Compiler;
use super::authorizers::function_arn;
use super::mappings::RequestDeclarations;
use super::services::ServiceUri;
use super::uri;
use crate::integration::{
    HttpPlan, MappingTemplate, MockPlan, Piece, RequestMappings, RequestTemplates, Responses, ServicePlan,
    SignerPlan,
};
use crate::plan::{IntegrationPlan, Unavailable};
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_model::api::{
    ConnectionType, ContentHandling, Integration, IntegrationType, Method, ResponseTransferMode, Template,
    Verb,
};
use edgewit_model::finding::Location;
use edgewit_model::stage::Stage;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

impl Compiler<'_> {
    /// `None` when the integration is broken, which is reported. `route` is verb and path of the method.
    pub(super) fn integration(
        &mut self,
        integration: &Integration,
        method: &Method,
        route: (Verb, &str),
        path_parameters: &[Arc<str>],
    ) -> Option<IntegrationPlan> {
        let at = &integration.at;
        let before = self.findings.len();
        let kind = match integration.kind {
            IntegrationType::Aws => IntegrationKind::Aws,
            IntegrationType::AwsProxy => IntegrationKind::AwsProxy,
            IntegrationType::Http => IntegrationKind::Http,
            IntegrationType::HttpProxy => IntegrationKind::HttpProxy,
            IntegrationType::Mock => IntegrationKind::Mock,
        };
        let declared = RequestDeclarations::new(method, path_parameters);
        let mappings = self.request_mappings(&integration.request_parameters, kind, &declared);
        self.check_timeout(integration, at);
        let source_arn = self.source_arn(route);
        let filled = self.filled_uri(integration);
        let mut unavailable = None;
        if self.role(integration).is_some_and(|role| role.ends_with(":iam::*:user/*")) {
            let message = "`credentials` asks to call as the caller, which needs IAM authorization";
            unavailable = Some(self.unavailable("unavailable-credentials", at, message));
        }
        if integration.kind == IntegrationType::AwsProxy {
            let plan = self.function(integration, mappings, &source_arn);
            return unavailable.map(IntegrationPlan::Unavailable).or(plan);
        }
        if integration.kind == IntegrationType::Aws && function_arn(&filled).is_some() {
            let plan = self.invoke(integration, method, mappings, &source_arn);
            return unavailable.map(IntegrationPlan::Unavailable).or(plan);
        }
        let vpc_link = match integration.connection_type {
            ConnectionType::Internet => None,
            ConnectionType::VpcLink => match self.vpc_link(integration) {
                Ok(link) => Some(link),
                Err(reason) => {
                    unavailable = Some(reason);
                    None
                }
            },
        };
        if integration.response_transfer_mode == ResponseTransferMode::Stream
            && integration.kind != IntegrationType::HttpProxy
        {
            let message = format!(
                "`responseTransferMode: STREAM` needs an integration of type HTTP_PROXY or AWS_PROXY, found {}",
                integration.kind.as_str()
            );
            self.error("response-transfer-mode", at, message);
        }
        // A proxy passes bodies and responses as they are.
        let (templates, responses) = if integration.kind.is_proxy() {
            (RequestTemplates::default(), Arc::new(Responses::default()))
        } else {
            (self.request_templates(integration), self.responses(integration, method))
        };
        let (target, service) = match integration.kind {
            IntegrationType::Mock => (None, None),
            IntegrationType::Aws => {
                let Some(service) = ServiceUri::parse(&filled) else {
                    let message = format!(
                        "AWS ARN for integration must contain path or action: found `{filled}`, expected `arn:aws:apigateway:REGION:SERVICE:path/…`"
                    );
                    self.error("uri-invalid", at, message);
                    return None;
                };
                let origin = (self.options.service_endpoint)(service.service);
                let called = service.http_uri(origin.as_deref());
                let plan = self.service(&service, integration, &source_arn);
                (Some(self.target(integration, &called, &mappings)?), Some(plan))
            }
            _ => (Some(self.target(integration, &filled, &mappings)?), None),
        };
        // Mistakes in responses and templates are errors, so the plan is not served.
        if self.findings.iter().skip(before).any(|finding| finding.is_error()) {
            return None;
        }
        if let Some(reason) = unavailable {
            return Some(IntegrationPlan::Unavailable(reason));
        }
        let Some(target) = target else {
            return Some(IntegrationPlan::Mock(self.mock(
                templates,
                responses,
                integration.content_handling,
            )));
        };
        let plan = Arc::new(HttpPlan {
            method: integration.http_method.filter(|verb| *verb != Verb::ANY),
            target,
            mappings,
            templates,
            content_handling: integration.content_handling,
            timeout: Duration::from_millis(u64::from(integration.timeout_ms)),
            insecure_skip_verification: integration.insecure_skip_verification,
            response_transfer_mode: integration.response_transfer_mode,
            responses,
            service,
            vpc_link,
        });
        Some(match integration.kind {
            IntegrationType::HttpProxy => IntegrationPlan::HttpProxy(plan),
            _ => IntegrationPlan::Http(plan),
        })
    }

    /// What a call of a service of AWS has besides those of an HTTP endpoint.
    fn service(
        &mut self,
        service: &ServiceUri<'_>,
        integration: &Integration,
        source_arn: &str,
    ) -> ServicePlan {
        let mut headers = vec![("X-Amz-Source-Arn", self.shared.text(source_arn))];
        if let Some((target, content_type)) = service.json_action() {
            headers.push(("X-Amz-Target", self.shared.text(&target)));
            headers.push(("Content-Type", self.shared.text(&content_type)));
        }
        let signer = SignerPlan {
            service: self.shared.text(service.signing_name()),
            region: self.shared.text(service.signing_region()),
            role: self.role(integration),
        };
        ServicePlan { signer: Some(signer), headers, accepts_json: service.accepts_json() }
    }

    /// The integration's URI with the stage's variables in it.
    pub(super) fn filled_uri(&mut self, integration: &Integration) -> String {
        let text = integration.uri.as_deref().unwrap_or_default();
        self.filled(text, "uri", integration)
    }

    fn filled(&mut self, text: &str, key: &str, integration: &Integration) -> String {
        let (filled, unknown) = uri::with_stage_variables(text, &self.stage.variables);
        for variable in unknown {
            let message = format!(
                "found the stage variable `{variable}` in `{key}`, which stage `{}` does not set; it counts as empty",
                self.stage.name
            );
            self.warning_once("stage-variable-unknown", &integration.at, message);
        }
        filled
    }

    /// The role that calls of an integration are signed with.
    pub(super) fn role(&mut self, integration: &Integration) -> Option<Arc<str>> {
        let role = self.filled(integration.credentials.as_deref()?, "credentials", integration);
        if !role.starts_with("arn:") {
            let message = format!(
                "found `{role}` as `credentials`, expected the ARN of a role; the node's own are used, unless `aws.roles` has an entry for it"
            );
            self.warning_once("credentials-invalid", &integration.at, message);
        }
        Some(self.shared.text(&role))
    }

    /// The VPC link that an integration names.
    fn vpc_link(&mut self, integration: &Integration) -> Result<Arc<str>, Unavailable> {
        let id = integration.connection_id.as_deref().unwrap_or_default();
        let id = self.filled(id, "connectionId", integration);
        if (self.options.has_vpc_link)(&id) {
            return Ok(self.shared.text(&id));
        }
        let message = format!("the VPC link `{id}` of the integration is not in edgewit.yaml");
        let remedy = format!(
            "say in edgewit.yaml where it leads: `{id}: {{targets: [{{address: HOST:PORT}}]}}` under `vpc_links:`"
        );
        Err(self.unavailable_until("unavailable-vpc-link", &integration.at, message, Some(&remedy)))
    }

    /// What a called service is told to be called by.
    fn source_arn(&self, (verb, path): (Verb, &str)) -> String {
        let Stage { region, account_id, rest_api_id, name, .. } = self.stage;
        let partition = super::partition(region);
        format!(
            "arn:{partition}:execute-api:{region}:{account_id}:{rest_api_id}/{name}/{}{path}",
            verb.as_str()
        )
    }

    fn check_timeout(&mut self, integration: &Integration, at: &Location) {
        let limits = self.options.limits;
        let (timeout_ms, min) = (integration.timeout_ms, limits.timeout_ms_min);
        let max = match integration.response_transfer_mode {
            ResponseTransferMode::Buffered => limits.timeout_ms_max,
            ResponseTransferMode::Stream => limits.timeout_ms_max.max(limits.stream_timeout_ms_max),
        };
        if !(min..=max).contains(&timeout_ms) {
            let message = format!("Timeout should be between {min} ms and {max} ms, found {timeout_ms} ms");
            self.error("timeout-range", at, message);
        }
    }

    fn target(
        &mut self,
        integration: &Integration,
        filled: &str,
        mappings: &RequestMappings,
    ) -> Option<crate::integration::Target> {
        let at = &integration.at;
        let text = integration.uri.as_deref().unwrap_or_default();
        let placeholder = |name: &str| mappings.path.iter().position(|(mapped, _)| **mapped == *name);
        let target = match uri::parse(filled, &placeholder, &mut self.shared) {
            Ok(target) => target,
            Err(expected) => {
                self.error(
                    "uri-invalid",
                    at,
                    format!("Invalid HTTP endpoint specified for URI: found `{filled}`, expected {expected}"),
                );
                return None;
            }
        };
        if integration.kind != IntegrationType::Aws
            && filled != text
            && !matches!(target.port, 80 | 443 | 1024..)
        {
            let message = format!("API Gateway reaches ports 80, 443 and 1024 to 65535, not {}", target.port);
            self.warning("uri-port", at, message);
        }
        let pieces = || target.path.iter().chain(&target.query);
        for piece in pieces() {
            if let Piece::Placeholder { name, mapping: None } = piece {
                let message = format!(
                    "found `{{{name}}}` in `uri`, but no mapping to `integration.request.path.{name}`; the braces stay in the URI"
                );
                self.warning("uri-placeholder-unmapped", at, message);
            }
        }
        for (name, _) in &mappings.path {
            let used =
                pieces().any(|piece| matches!(piece, Piece::Placeholder { name: used, .. } if used == name));
            if !used {
                let message = format!(
                    "found a mapping to `integration.request.path.{name}`, but no `{{{name}}}` in `uri`; it has no effect"
                );
                self.warning("mapping-no-effect", at, message);
            }
        }
        Some(target)
    }

    pub(super) fn request_templates(&mut self, integration: &Integration) -> RequestTemplates {
        let mut list = Vec::with_capacity(integration.request_templates.len());
        for (content_type, template) in &integration.request_templates {
            let template = self.template(template);
            list.push((self.shared.text(content_type), template));
        }
        RequestTemplates::new(list, integration.passthrough_behavior)
    }

    /// A mapping template; one that is none is reported.
    pub(super) fn template(&mut self, template: &Template) -> MappingTemplate {
        let (limit, found) = (self.options.limits.template_bytes, template.text.len());
        if found > limit {
            let message = format!("found a template of {found} bytes, the limit is {limit}");
            self.error("template-too-large", &template.at, message);
            return MappingTemplate::Broken;
        }
        match self.shared.template(&template.text) {
            Ok(template) => template,
            Err(error) => {
                // API Gateway takes such a document too, and answers 500 where the template is used.
                let message = format!("in this mapping template, {error}; requests that need it get 500");
                self.warning("template-invalid", &template.at, message);
                MappingTemplate::Broken
            }
        }
    }

    /// Many methods, such as CORS preflights, have the same answer; it is kept once.
    fn mock(
        &mut self,
        templates: RequestTemplates,
        responses: Arc<Responses>,
        content_handling: Option<ContentHandling>,
    ) -> Arc<MockPlan> {
        let mut key = format!("{:?}{content_handling:?}", templates.passthrough());
        for (content_type, template) in templates.iter() {
            let _written = write!(key, "\0{content_type}\0{}", template.key());
        }
        let _written = write!(key, "\0{:p}", Arc::as_ptr(&responses));
        if let Some(known) = self.shared.mocks.get(&key) {
            return Arc::clone(known);
        }
        let plan = Arc::new(MockPlan::new(templates, responses, content_handling));
        self.shared.mocks.insert(key, Arc::clone(&plan));
        plan
    }
}
