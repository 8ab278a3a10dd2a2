//! Lambda functions behind integrations.

use super::authorizers::function_arn;
use super::{Binding, Compiler, partition, uri};
use crate::integration::{HttpPlan, RequestMappings, RequestTemplates, Responses, ServicePlan, SignerPlan};
use crate::plan::{FunctionPlan, FunctionTarget, IntegrationPlan, InvokePlan, Unavailable};
use edgewit_mapping::forwarding::MappedHeader;
use edgewit_model::api::{Integration, Method, ResponseTransferMode, Verb};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;
use std::time::Duration;

/// What stands as it is in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b':').remove(b'_').remove(b'~');

/// The longest function name, ARN included, that Lambda takes, in bytes.
const MAX_NAME_BYTES: usize = 170;

impl Compiler<'_> {
    /// A Lambda proxy integration.
    pub(super) fn function(
        &mut self,
        integration: &Integration,
        mut mappings: RequestMappings,
        source_arn: &str,
    ) -> Option<IntegrationPlan> {
        let at = &integration.at;
        // Mappings have no effect on the call of a proxy, but for those that make it fail.
        mappings.headers.retain(|header| header.rule == MappedHeader::Refuse);
        mappings = RequestMappings { headers: mappings.headers, ..RequestMappings::default() };
        let function = match self.function_plan(integration, mappings, source_arn) {
            Ok((function, _)) => function,
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
    pub(super) fn invoke(
        &mut self,
        integration: &Integration,
        method: &Method,
        mappings: RequestMappings,
        source_arn: &str,
    ) -> Option<IntegrationPlan> {
        let before = self.findings.len();
        let function = self.function_plan(integration, mappings, source_arn);
        let templates = self.request_templates(integration);
        let responses = self.responses(integration, method);
        let (function, mappings) = match function {
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

    /// The function that an integration's URI names, and what stands for it; the mappings come back where they are not
    /// the endpoint's.
    fn function_plan(
        &mut self,
        integration: &Integration,
        mappings: RequestMappings,
        source_arn: &str,
    ) -> Result<(FunctionPlan, RequestMappings), Unavailable> {
        let at = &integration.at;
        if integration.uri.is_none() {
            // Whoever reads documents has said so.
            return Err(Unavailable { code: "uri-missing", message: "the integration has no `uri`".into() });
        }
        let filled = self.filled_uri(integration);
        let Some(arn) = function_arn(&filled) else {
            let message = format!(
                "the integration of type {} calls `{filled}`; only Lambda functions can be called so by this version",
                integration.kind.as_str()
            );
            return Err(self.unavailable("unavailable-integration", at, message));
        };
        let name = arn.splitn(7, ':').nth(6).unwrap_or(arn);
        let Some(binding) = (self.options.resolve_function)(arn) else {
            let message = format!("the function `{arn}` of the integration is not in functions.yaml");
            let remedy = format!(
                "say in functions.yaml what stands for it: `{name}: {{plugin: NAME}}` or `{name}: {{endpoint: aws}}` under `functions:`"
            );
            return Err(self.unavailable_until("unavailable-function", at, message, Some(&remedy)));
        };
        let streams = integration.response_transfer_mode == ResponseTransferMode::Stream;
        let timeout = Duration::from_millis(u64::from(integration.timeout_ms));
        let (target, mappings) = match binding {
            Binding::Plugin(plugin) => (FunctionTarget::Plugin(plugin), mappings),
            Binding::Endpoint { origin, name: called, sign } => {
                let endpoint = Endpoint { origin, called, sign, streams, timeout, source_arn };
                let plan = self.invoke_endpoint(arn, &endpoint, integration, mappings)?;
                (FunctionTarget::Endpoint(Arc::new(plan)), RequestMappings::default())
            }
        };
        let function = FunctionPlan {
            function_arn: self.shared.text(arn),
            function_name: self.shared.text(name.split(':').next().unwrap_or(name)),
            target,
            timeout,
            streams,
        };
        Ok((function, mappings))
    }

    /// The call of the Lambda Invoke API.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
    fn invoke_endpoint(
        &mut self,
        arn: &str,
        endpoint: &Endpoint<'_>,
        integration: &Integration,
        mappings: RequestMappings,
    ) -> Result<HttpPlan, Unavailable> {
        let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(&self.stage.region);
        if !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            let message = format!(
                "found the region `{region}` in the function's ARN, expected letters, digits and `-`"
            );
            return Err(self.unavailable("unavailable-function", &integration.at, message));
        }
        let at_aws = endpoint.origin.is_none();
        let origin = endpoint.origin.clone().or_else(|| (self.options.service_endpoint)("lambda"));
        let origin = origin.unwrap_or_else(|| {
            let suffix = if partition(region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("https://lambda.{region}.{suffix}")
        });
        let name = arn.splitn(7, ':').nth(6).unwrap_or(arn);
        let called = match &endpoint.called {
            Some(called) => called.as_str(),
            None if at_aws => arn,
            None => name,
        };
        if called.is_empty() || called.len() > MAX_NAME_BYTES {
            let message = format!("found the function name `{called}`, expected 1 to {MAX_NAME_BYTES} bytes");
            return Err(self.unavailable("unavailable-function", &integration.at, message));
        }
        let called = utf8_percent_encode(called, SEGMENT);
        let text = if endpoint.streams {
            format!("{origin}/2021-11-15/functions/{called}/response-streaming-invocations")
        } else {
            format!("{origin}/2015-03-31/functions/{called}/invocations")
        };
        let target = uri::parse(&text, &|_| None, &mut self.shared).map_err(|expected| {
            let message = format!("found the endpoint `{origin}` of a function, expected {expected}");
            self.unavailable("unavailable-function", &integration.at, message)
        })?;
        let signer = endpoint.sign.then(|| SignerPlan {
            service: self.shared.text("lambda"),
            region: self.shared.text(region),
            role: self.role(integration),
        });
        let headers = vec![
            ("Content-Type", self.shared.text("application/json")),
            ("X-Amz-Source-Arn", self.shared.text(endpoint.source_arn)),
        ];
        Ok(HttpPlan {
            method: Some(Verb::POST),
            target,
            mappings,
            templates: RequestTemplates::default(),
            content_handling: None,
            timeout: endpoint.timeout,
            insecure_skip_verification: false,
            response_transfer_mode: integration.response_transfer_mode,
            responses: Arc::new(Responses::default()),
            service: Some(ServicePlan { signer, headers, accepts_json: true }),
            vpc_link: None,
        })
    }
}

/// A function that is elsewhere.
struct Endpoint<'a> {
    origin: Option<String>,
    called: Option<String>,
    sign: bool,
    streams: bool,
    timeout: Duration,
    source_arn: &'a str,
}
