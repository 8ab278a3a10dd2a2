//! Integrations.

use super::Compiler;
use super::authorizers::function_arn;
use super::mappings::RequestDeclarations;
use super::uri;
use crate::integration::{
    HttpPlan, MappingTemplate, MockPlan, Piece, RequestMappings, RequestTemplates, Responses,
};
use crate::plan::{FunctionPlan, IntegrationPlan, InvokePlan, Unavailable};
use edgewit_mapping::forwarding::IntegrationKind;
use edgewit_model::api::{
    ConnectionType, ContentHandling, Integration, IntegrationType, Method, ResponseTransferMode, Template,
    Verb,
};
use edgewit_model::finding::Location;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

impl Compiler<'_> {
    /// `None` when the integration is broken, which is reported.
    pub(super) fn integration(
        &mut self,
        integration: &Integration,
        method: &Method,
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
        self.check_timeout(integration.timeout_ms, at);
        if integration.kind == IntegrationType::AwsProxy {
            return self.function(integration);
        }
        if integration.kind == IntegrationType::Aws {
            return self.invoke(integration, method, mappings);
        }
        let mut unavailable = None;
        if integration.connection_type == ConnectionType::VpcLink {
            let message = "VPC links are not available in this version";
            unavailable = Some(self.unavailable("unavailable-vpc-link", at, message));
        }
        if integration.response_transfer_mode == ResponseTransferMode::Stream
            && integration.kind != IntegrationType::HttpProxy
        {
            let message = format!(
                "`responseTransferMode: STREAM` needs an integration of type HTTP_PROXY or AWS_PROXY, found {}",
                integration.kind.as_str()
            );
            unavailable = Some(self.unavailable("unavailable-response-transfer-mode", at, message));
        }
        // A proxy passes bodies and responses as they are.
        let (templates, responses) = if integration.kind.is_proxy() {
            (RequestTemplates::default(), Arc::new(Responses::default()))
        } else {
            (self.request_templates(integration), self.responses(integration, method))
        };
        let target = match integration.kind {
            IntegrationType::Mock => None,
            _ => Some(self.target(integration, &mappings)?),
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
        });
        Some(match integration.kind {
            IntegrationType::HttpProxy => IntegrationPlan::HttpProxy(plan),
            _ => IntegrationPlan::Http(plan),
        })
    }

    /// A Lambda proxy integration: a component stands for the function.
    fn function(&mut self, integration: &Integration) -> Option<IntegrationPlan> {
        let at = &integration.at;
        if integration.response_transfer_mode == ResponseTransferMode::Stream {
            let message = "`responseTransferMode: STREAM` of functions is not available in this version";
            let reason = self.unavailable("unavailable-response-transfer-mode", at, message);
            return Some(IntegrationPlan::Unavailable(reason));
        }
        let function = match self.function_plan(integration) {
            Ok(function) => function,
            Err(reason) => return Some(IntegrationPlan::Unavailable(reason)),
        };
        if integration.http_method != Some(Verb::POST) {
            let message =
                "a function is invoked with POST; API Gateway answers 500 for any other `httpMethod`";
            self.warning("function-method", at, message);
            let reason = Unavailable { code: "function-method", message: Arc::from(message) };
            return Some(IntegrationPlan::Unavailable(reason));
        }
        Some(IntegrationPlan::Function(Arc::new(function)))
    }

    /// A Lambda function whose event a template makes, and whose result passes an integration response.
    fn invoke(
        &mut self,
        integration: &Integration,
        method: &Method,
        mappings: RequestMappings,
    ) -> Option<IntegrationPlan> {
        let before = self.findings.len();
        let function = self.function_plan(integration);
        let templates = self.request_templates(integration);
        let responses = self.responses(integration, method);
        let function = match function {
            Ok(function) => function,
            Err(reason) => return Some(IntegrationPlan::Unavailable(reason)),
        };
        if self.findings.iter().skip(before).any(|finding| finding.is_error()) {
            return None;
        }
        let content_handling = integration.content_handling;
        let plan = InvokePlan { function, mappings, templates, responses, content_handling };
        Some(IntegrationPlan::Invoke(Arc::new(plan)))
    }

    /// The function that an integration's URI names, and what stands for it.
    fn function_plan(&mut self, integration: &Integration) -> Result<FunctionPlan, Unavailable> {
        let at = &integration.at;
        let filled = self.filled_uri(integration);
        let Some(arn) = function_arn(&filled) else {
            let message = format!(
                "the integration of type {} calls `{filled}`; only Lambda functions can be called by this version",
                integration.kind.as_str()
            );
            return Err(self.unavailable("unavailable-integration", at, message));
        };
        let name = arn.splitn(7, ':').nth(6).unwrap_or(arn);
        let Some(plugin) = (self.options.resolve_function)(arn) else {
            let message = format!("the function `{arn}` of the integration is not in functions.yaml");
            let remedy = format!(
                "say in functions.yaml which plugin stands for it: `{name}: {{plugin: NAME}}` under `functions:`"
            );
            return Err(self.unavailable_until("unavailable-function", at, message, Some(&remedy)));
        };
        Ok(FunctionPlan {
            function_arn: self.shared.text(arn),
            function_name: self.shared.text(name.split(':').next().unwrap_or(name)),
            plugin,
            timeout: Duration::from_millis(u64::from(integration.timeout_ms)),
        })
    }

    /// The integration's URI with the stage's variables in it.
    fn filled_uri(&mut self, integration: &Integration) -> String {
        let text = integration.uri.as_deref().unwrap_or_default();
        let (filled, unknown) = uri::with_stage_variables(text, &self.stage.variables);
        for variable in unknown {
            let message = format!(
                "found the stage variable `{variable}` in `uri`, which stage `{}` does not set; it counts as empty",
                self.stage.name
            );
            self.warning("stage-variable-unknown", &integration.at, message);
        }
        filled
    }

    fn check_timeout(&mut self, timeout_ms: u32, at: &Location) {
        let limits = self.options.limits;
        if !(limits.timeout_ms_min..=limits.timeout_ms_max).contains(&timeout_ms) {
            let message = format!(
                "Timeout should be between {} ms and {} ms, found {timeout_ms} ms",
                limits.timeout_ms_min, limits.timeout_ms_max
            );
            self.error("timeout-range", at, message);
        }
    }

    fn target(
        &mut self,
        integration: &Integration,
        mappings: &RequestMappings,
    ) -> Option<crate::integration::Target> {
        let at = &integration.at;
        let text = integration.uri.as_deref().unwrap_or_default();
        let filled = self.filled_uri(integration);
        let placeholder = |name: &str| mappings.path.iter().position(|(mapped, _)| **mapped == *name);
        let target = match uri::parse(&filled, &placeholder, &mut self.shared) {
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
        if filled != text && !matches!(target.port, 80 | 443 | 1024..) {
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

    fn request_templates(&mut self, integration: &Integration) -> RequestTemplates {
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
