//! The plan of a stage.

use crate::gateway_responses::GatewayResponses;
use crate::integration::{HttpPlan, MockPlan, RequestMappings, RequestTemplates, Responses};
use crate::router::{Match, Router};
use crate::validation::Validation;
use edgewit_mapping::expression::RequestSource;
use edgewit_mapping::media_type::BinaryMediaTypes;
use edgewit_mapping::selection::SelectionPattern;
use edgewit_mapping::template::SubstitutionTemplate;
use edgewit_model::api::{ApiKeySource, ContentHandling, EndpointType, Verb};
use edgewit_policy::Policy;
use indexmap::IndexMap;
use std::sync::Arc;

/// What a deployed stage is compiled into. Immutable.
#[derive(Debug)]
pub struct Plan {
    /// Id of the API.
    pub api_id: Arc<str>,
    /// Its name.
    pub api_name: Arc<str>,
    /// Name of the stage.
    pub stage: Arc<str>,
    /// E.g. `us-east-1`.
    pub region: Arc<str>,
    /// Twelve digits.
    pub account_id: Arc<str>,
    /// Id of the deployment.
    pub deployment_id: Arc<str>,
    /// Stage variables by name.
    pub stage_variables: IndexMap<String, String>,
    /// All routes; [`Match::route`] is an index into it.
    pub routes: Vec<Route>,
    /// Finds the route of a request.
    pub router: Router,
    /// What the gateway itself answers.
    pub gateway_responses: GatewayResponses,
    /// The authorizers that routes refer to by index.
    pub authorizers: Vec<AuthorizerPlan>,
    /// Format of the access log; `None` writes none.
    pub access_log: Option<SubstitutionTemplate>,
    /// Mapping templates that are rendered for each request, each text once.
    pub templates: Vec<Arc<str>>,
    /// The resource policy, resources in full ARN form.
    pub resource_policy: Option<Policy>,
    /// Endpoint type of the API.
    pub endpoint_type: EndpointType,
    /// MIME types handled as bytes.
    pub binary_media_types: BinaryMediaTypes,
    /// Bytes from which responses are compressed.
    pub minimum_compression_size: Option<u32>,
    /// Whether the default host answers 403.
    pub default_endpoint_disabled: bool,
    /// Where the API key of a request is found.
    pub api_key_source: ApiKeySource,
}

impl Plan {
    /// The route for a path (after the stage, not decoded) and verb, with the positions of its parameters.
    pub fn find(&self, path: &str, verb: Option<Verb>) -> Option<(&Route, Match)> {
        let found = self.router.find(path, verb)?;
        Some((self.routes.get(found.route)?, found))
    }

    /// Bytes that the routes with everything they refer to take, about; what many routes share counts once.
    /// Compiled regular expressions and JSON schemas are not included, because their crates do not tell.
    pub fn memory_estimate(&self) -> usize {
        crate::memory::estimate(self)
    }

    /// The value of a stage variable.
    pub fn stage_variable(&self, name: &str) -> Option<&str> {
        self.stage_variables.get(name).map(String::as_str)
    }
}

/// One method of one resource.
#[derive(Debug)]
pub struct Route {
    /// E.g. `/pets/{id}`.
    pub resource_path: Arc<str>,
    /// Id of the resource.
    pub resource_id: Arc<str>,
    /// The method's verb; `ANY` stays `ANY`.
    pub verb: Verb,
    /// `operationId`.
    pub operation_name: Option<Arc<str>>,
    /// Names of the path parameters, parallel to [`Match::parameters`].
    pub path_parameter_names: Arc<[Arc<str>]>,
    /// Who may call.
    pub authorization: RouteAuthorization,
    /// Whether an API key is needed.
    pub api_key_required: bool,
    /// What is validated; `None` when nothing is.
    pub validation: Option<Arc<Validation>>,
    /// What answers.
    pub integration: IntegrationPlan,
}

/// Who may call a route.
#[derive(Clone, Debug)]
pub enum RouteAuthorization {
    /// Everybody whom the resource policy lets in.
    Open,
    /// Whom this entry of [`Plan::authorizers`] lets in.
    Authorizer(usize),
    /// Nobody: the document asks for something that this version cannot check.
    Unavailable(Unavailable),
}

/// What answers a route.
#[derive(Clone, Debug)]
pub enum IntegrationPlan {
    /// The node itself.
    Mock(Arc<MockPlan>),
    /// An HTTP endpoint or a service of AWS, mapped.
    Http(Arc<HttpPlan>),
    /// An HTTP endpoint, proxied.
    HttpProxy(Arc<HttpPlan>),
    /// A Lambda function (AWS_PROXY).
    Function(Arc<FunctionPlan>),
    /// A Lambda function that is called with what a template makes (AWS).
    Invoke(Arc<InvokePlan>),
    /// Nothing: the document asks for something that this version cannot do; the answer is a 500.
    Unavailable(Unavailable),
}

/// A Lambda function behind an integration.
#[derive(Clone, Debug)]
pub struct FunctionPlan {
    /// ARN in the integration's URI, stage variables filled in.
    pub function_arn: Arc<str>,
    /// The function's name in that.
    pub function_name: Arc<str>,
    /// What stands for the function.
    pub target: FunctionTarget,
    /// Time that the function has.
    pub timeout: std::time::Duration,
    /// Whether the answer is delivered as it is made.
    pub streams: bool,
}

/// What stands for a Lambda function.
#[derive(Clone, Debug)]
pub enum FunctionTarget {
    /// A component of this node.
    Plugin(PluginRef),
    /// Something that speaks the Lambda Invoke API; the plan's target is the function there.
    Endpoint(Arc<HttpPlan>),
}

impl FunctionPlan {
    /// The component that stands for the function.
    pub fn plugin(&self) -> Option<&PluginRef> {
        match &self.target {
            FunctionTarget::Plugin(plugin) => Some(plugin),
            FunctionTarget::Endpoint(_) => None,
        }
    }

    /// How the function is called where it is elsewhere.
    pub fn endpoint(&self) -> Option<&Arc<HttpPlan>> {
        match &self.target {
            FunctionTarget::Plugin(_) => None,
            FunctionTarget::Endpoint(plan) => Some(plan),
        }
    }
}

impl IntegrationPlan {
    /// How what answers is called, where that is over HTTP.
    pub fn http(&self) -> Option<&Arc<HttpPlan>> {
        match self {
            Self::Http(plan) | Self::HttpProxy(plan) => Some(plan),
            Self::Function(function) => function.endpoint(),
            Self::Invoke(invoke) => invoke.function.endpoint(),
            Self::Mock(_) | Self::Unavailable(_) => None,
        }
    }

    /// The function that answers.
    pub fn function(&self) -> Option<&FunctionPlan> {
        match self {
            Self::Function(function) => Some(function),
            Self::Invoke(invoke) => Some(&invoke.function),
            Self::Http(_) | Self::HttpProxy(_) | Self::Mock(_) | Self::Unavailable(_) => None,
        }
    }
}

/// A Lambda function behind an integration that is no proxy.
#[derive(Debug)]
pub struct InvokePlan {
    /// The function.
    pub function: FunctionPlan,
    /// Parameter mappings of the request to a component; of headers only `X-Amz-Invocation-Type` means something to it.
    /// Those for a function elsewhere are in [`FunctionTarget::Endpoint`].
    pub mappings: RequestMappings,
    /// Request templates, which make the event.
    pub templates: RequestTemplates,
    /// Integration responses, selected by the `errorMessage` of a function that failed and by nothing otherwise.
    pub responses: Arc<Responses>,
    /// Conversion of the request body.
    pub content_handling: Option<ContentHandling>,
}

/// Something this version cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The finding's code, e.g. `unavailable-vtl`.
    pub code: &'static str,
    /// The finding's message, for logs.
    pub message: Arc<str>,
}

/// A Lambda authorizer, run by a component.
#[derive(Debug)]
pub struct AuthorizerPlan {
    /// Name in the document.
    pub name: Arc<str>,
    /// TOKEN or REQUEST.
    pub kind: AuthorizerKind,
    /// Seconds that a result is kept; 0 keeps none.
    pub ttl_seconds: u32,
    /// The Lambda function ARN in the authorizer's URI.
    pub function_arn: Arc<str>,
    /// The plugin that the function resolves to.
    pub plugin: PluginRef,
}

/// `type` of an authorizer with what belongs to it.
#[derive(Debug)]
pub enum AuthorizerKind {
    /// Sees one token.
    Token {
        /// The header that carries it.
        header: Arc<str>,
        /// A token that does not match it whole is refused without a call.
        validation: Option<Arc<SelectionPattern>>,
    },
    /// Sees the request.
    Request {
        /// All must have a value when results are kept; their values make the cache key.
        identity_sources: Vec<RequestSource>,
    },
}

/// Name of a plugin in `plugins.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PluginRef(pub Arc<str>);
