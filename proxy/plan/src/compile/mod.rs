//! From a stage to its plan.

mod authorizers;
mod functions;
mod integrations;
mod mappings;
mod responses;
mod routes;
mod services;
mod shared;
#[cfg(test)]
mod tests;
mod uri;

use crate::gateway_responses::GatewayResponses;
use crate::limits::Limits;
use crate::plan::{Plan, PluginRef, Unavailable};
use crate::validation;
use edgewit_mapping::media_type::BinaryMediaTypes;
use edgewit_mapping::template::{Dialect, SubstitutionTemplate, named};
use edgewit_model::api::RestApi;
use edgewit_model::finding::{Finding, Location};
use edgewit_model::stage::Stage;
use edgewit_policy::{ApiArn, Policy};
use shared::Shared;
use std::sync::Arc;

/// How to compile.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// What to do with routes that this version cannot serve.
    pub unavailable_routes: UnavailableRoutes,
    /// Whether a method with a mistake answers 500 and the others are served, as API Gateway has it, which finds
    /// mistakes when a method is called; otherwise one mistake refuses the whole.
    pub serve_mistakes: bool,
    /// What stands for the Lambda function with this ARN.
    pub resolve_function: &'a dyn Fn(&str) -> Option<Binding>,
    /// The origin, such as `http://127.0.0.1:4566`, that is called instead of the service of AWS with this name.
    pub service_endpoint: &'a dyn Fn(&str) -> Option<String>,
    /// Whether there is a VPC link with this id.
    pub has_vpc_link: &'a dyn Fn(&str) -> bool,
    /// Limits.
    pub limits: Limits,
}

impl Default for Options<'_> {
    /// Refuses what cannot be served and knows no function.
    fn default() -> Self {
        Self {
            unavailable_routes: UnavailableRoutes::default(),
            serve_mistakes: false,
            resolve_function: &|_| None,
            service_endpoint: &|_| None,
            has_vpc_link: &|_| false,
            limits: Limits::default(),
        }
    }
}

/// What stands for a Lambda function.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A component of this node.
    Plugin(PluginRef),
    /// Something that speaks the Lambda Invoke API.
    Endpoint {
        /// Its origin; `None` is Lambda at AWS, in the function's region.
        origin: Option<String>,
        /// The function's name there; `None` is its ARN at AWS, its name and alias elsewhere.
        name: Option<String>,
        /// Whether calls are signed.
        sign: bool,
    },
}

/// What happens to routes that need what this version cannot do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnavailableRoutes {
    /// The document is refused.
    #[default]
    Refuse,
    /// The route answers 500, everything else is served.
    Answer500,
}

/// Compiles a stage. There is a plan unless a finding is an error; all findings are reported, in document order.
pub fn compile(stage: &Stage, options: &Options<'_>) -> (Option<Plan>, Vec<Finding>) {
    let mut compiler = Compiler {
        stage,
        api: &stage.deployment.api,
        options,
        findings: Vec::new(),
        shared: Shared::default(),
    };
    let plan = compiler.plan();
    let mut findings = compiler.findings;
    findings.sort_by(|a, b| a.at.cmp(&b.at));
    let refused = findings.iter().any(Finding::is_error);
    ((!refused).then_some(plan), findings)
}

struct Compiler<'a> {
    stage: &'a Stage,
    api: &'a RestApi,
    options: &'a Options<'a>,
    findings: Vec<Finding>,
    shared: Shared,
}

impl Compiler<'_> {
    fn plan(&mut self) -> Plan {
        let stage = self.stage;
        let api = self.api;
        let gateway_responses =
            GatewayResponses::compile(api, &stage.variables, &self.options.limits, &mut self.findings);
        let authorizers = self.authorizers();
        let (routes, router) = self.routes(&authorizers);
        self.unused_models();
        Plan {
            api_id: self.shared.text(&stage.rest_api_id),
            api_name: self.shared.text(&api.name),
            stage: self.shared.text(&stage.name),
            region: self.shared.text(&stage.region),
            account_id: self.shared.text(&stage.account_id),
            deployment_id: self.shared.text(&stage.deployment.id),
            stage_variables: stage.variables.clone(),
            routes,
            router,
            gateway_responses,
            authorizers: authorizers.plans,
            access_log: self.access_log(),
            resource_policy: self.resource_policy(),
            templates: std::mem::take(&mut self.shared.rendered),
            endpoint_type: api.endpoint.kind,
            binary_media_types: BinaryMediaTypes::new(&api.binary_media_types),
            minimum_compression_size: api.minimum_compression_size,
            default_endpoint_disabled: api.endpoint.disable_execute_api_endpoint,
            api_key_source: api.api_key_source,
        }
    }

    /// Models that no route validates with are compiled by nobody, but must be schemas all the same.
    fn unused_models(&mut self) {
        for (name, model) in &self.api.models {
            if self.shared.models.contains_key(name.as_str()) {
                continue;
            }
            let mut schema = model.schema.clone();
            validation::rewrite_patterns(&mut schema);
            if let Err(error) = jsonschema::draft4::meta::validate(&schema) {
                let message = format!("Invalid model schema specified: in `{name}`: {error}");
                self.findings.push(Finding::error("model-invalid", &model.at, message));
            }
        }
    }

    fn access_log(&mut self) -> Option<SubstitutionTemplate> {
        let (format, at) = self.stage.access_log_format.as_ref()?;
        let text = named(format).unwrap_or(format);
        if text.len() > self.options.limits.access_log_format_bytes {
            let limit = self.options.limits.access_log_format_bytes;
            self.error(
                "access-log-invalid",
                at,
                format!("found a format of {} bytes, the limit is {limit}", text.len()),
            );
            return None;
        }
        match SubstitutionTemplate::parse(text, Dialect::AccessLog) {
            Ok(template) => Some(template),
            Err(error) => {
                self.error("access-log-invalid", at, format!("in the access-log format: {error}"));
                None
            }
        }
    }

    fn resource_policy(&mut self) -> Option<Policy> {
        let (document, at) = self.api.policy.as_ref()?;
        let arn = ApiArn {
            partition: partition(&self.stage.region),
            region: &self.stage.region,
            account: &self.stage.account_id,
            api: &self.stage.rest_api_id,
        };
        match Policy::parse_resource_policy(document, &arn) {
            Ok(policy) => Some(policy),
            Err(error) => {
                self.error("policy-invalid", at, format!("in the resource policy: {error}"));
                None
            }
        }
    }

    fn error(&mut self, code: &'static str, at: &Location, message: impl Into<String>) {
        self.findings.push(Finding::error(code, at, message));
    }

    fn warning(&mut self, code: &'static str, at: &Location, message: impl Into<String>) {
        self.findings.push(Finding::warning(code, at, message));
    }

    /// The same, unless it has been said of this place.
    fn warning_once(&mut self, code: &'static str, at: &Location, message: String) {
        let known = |finding: &Finding| finding.at == *at && finding.message == message;
        if !self.findings.iter().rev().take(8).any(known) {
            self.warning(code, at, message);
        }
    }

    /// Reports something that this version cannot do: an error, or a warning where such routes answer 500.
    fn unavailable(&mut self, code: &'static str, at: &Location, message: impl Into<String>) -> Unavailable {
        self.unavailable_until(code, at, message, None)
    }

    /// The same for what its author can make available: `remedy` says how.
    fn unavailable_until(
        &mut self,
        code: &'static str,
        at: &Location,
        message: impl Into<String>,
        remedy: Option<&str>,
    ) -> Unavailable {
        const REST: &str =
            "`unavailable_routes: answer-500` serves the rest of the document and answers 500 on such routes";
        let message = message.into();
        let finding = match (self.options.unavailable_routes, remedy) {
            (UnavailableRoutes::Refuse, None) => Finding::error(code, at, message.clone()).with_help(REST),
            (UnavailableRoutes::Refuse, Some(remedy)) => {
                Finding::error(code, at, message.clone()).with_help(format!("{remedy}; or {REST}"))
            }
            (UnavailableRoutes::Answer500, remedy) => {
                let finding = Finding::warning(code, at, format!("{message}; the route answers 500"));
                match remedy {
                    Some(remedy) => finding.with_help(remedy),
                    None => finding,
                }
            }
        };
        self.findings.push(finding);
        Unavailable { code, message: Arc::from(message) }
    }
}

/// The AWS partition of a region.
fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
