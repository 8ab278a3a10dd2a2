//! The entities of a REST API, named as in the API Gateway V1 reference.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html>.
//! Every entity that a later step may complain about carries the [`Location`] it came from.

use crate::finding::Location;
use crate::gateway_response::{GatewayResponse, GatewayResponseType};
use indexmap::IndexMap;
use serde_json::Value;

/// A REST API: what one OpenAPI document defines.
#[derive(Clone, Debug, Default)]
pub struct RestApi {
    /// `info.title`.
    pub name: String,
    /// `info.description`.
    pub description: Option<String>,
    /// `info.version`.
    pub version: Option<String>,
    /// Where API keys are taken from.
    pub api_key_source: ApiKeySource,
    /// MIME types handled as bytes, possibly with wildcards.
    pub binary_media_types: Vec<String>,
    /// Bytes from which responses are compressed; `None` switches compression off.
    pub minimum_compression_size: Option<u32>,
    /// Endpoint type and the switch for the default endpoint.
    pub endpoint: EndpointConfiguration,
    /// `BASIC` or `STRICT`.
    pub endpoint_access_mode: Option<String>,
    /// Name of a TLS security policy.
    pub security_policy: Option<String>,
    /// The resource policy, an IAM policy document, with where it stands.
    pub policy: Option<(Value, Location)>,
    /// All resources; the root `/` is always the first.
    pub resources: Vec<Resource>,
    /// Models by name.
    pub models: IndexMap<String, Model>,
    /// Request validators by name.
    pub request_validators: IndexMap<String, RequestValidator>,
    /// Authorizers by name.
    pub authorizers: IndexMap<String, Authorizer>,
    /// The gateway responses that the document configures.
    pub gateway_responses: IndexMap<GatewayResponseType, GatewayResponse>,
    /// Documentation parts, kept for export.
    pub documentation_parts: Vec<DocumentationPart>,
    /// Version of the documentation snapshot.
    pub documentation_version: Option<String>,
    /// Where the document begins.
    pub at: Location,
}

/// Where the API key of a request is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKeySource {
    /// The `x-api-key` header.
    #[default]
    Header,
    /// `usageIdentifierKey` of the authorizer's result.
    Authorizer,
}

/// `endpointConfiguration` with `disableExecuteApiEndpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointConfiguration {
    /// Endpoint type.
    pub kind: EndpointType,
    /// VPC endpoints of a private API.
    pub vpc_endpoint_ids: Vec<String>,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: Option<String>,
    /// Whether the default host answers 403.
    pub disable_execute_api_endpoint: bool,
}

/// Endpoint type of a REST API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointType {
    /// Behind a CDN; the default of API Gateway.
    #[default]
    Edge,
    /// Reached straight in its region.
    Regional,
    /// Reached through VPC endpoints only.
    Private,
}

/// One node of the resource tree.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Six lower-case alphanumerics (ten for the root), derived from the path.
    pub id: String,
    /// Full path, e.g. `/pets/{id}`.
    pub path: String,
    /// Last segment; empty for the root.
    pub path_part: String,
    /// Index of the parent in [`RestApi::resources`].
    pub parent: Option<usize>,
    /// Methods by verb.
    pub methods: IndexMap<Verb, Method>,
    /// Where the path stands.
    pub at: Location,
}

/// The verbs a method can have. `ANY` catches the other seven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, clippy::upper_case_acronyms, reason = "the names are the wire names")]
pub enum Verb {
    GET,
    HEAD,
    POST,
    PUT,
    PATCH,
    DELETE,
    OPTIONS,
    ANY,
}

impl Verb {
    /// All verbs, in a fixed order; [`Verb::ANY`] last.
    pub const ALL: [Verb; 8] =
        [Verb::GET, Verb::HEAD, Verb::POST, Verb::PUT, Verb::PATCH, Verb::DELETE, Verb::OPTIONS, Verb::ANY];

    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::GET => "GET",
            Verb::HEAD => "HEAD",
            Verb::POST => "POST",
            Verb::PUT => "PUT",
            Verb::PATCH => "PATCH",
            Verb::DELETE => "DELETE",
            Verb::OPTIONS => "OPTIONS",
            Verb::ANY => "ANY",
        }
    }

    /// The verb with this upper-case name; `ANY` is not a request method and needs [`Verb::from_name`].
    pub fn from_request(method: &str) -> Option<Verb> {
        match method {
            "GET" => Some(Verb::GET),
            "HEAD" => Some(Verb::HEAD),
            "POST" => Some(Verb::POST),
            "PUT" => Some(Verb::PUT),
            "PATCH" => Some(Verb::PATCH),
            "DELETE" => Some(Verb::DELETE),
            "OPTIONS" => Some(Verb::OPTIONS),
            _ => None,
        }
    }

    /// The verb with this name in any case, `ANY` included.
    pub fn from_name(name: &str) -> Option<Verb> {
        let upper = name.to_ascii_uppercase();
        if upper == "ANY" { Some(Verb::ANY) } else { Verb::from_request(&upper) }
    }
}

/// A method request with its integration and responses.
#[derive(Clone, Debug, Default)]
pub struct Method {
    /// How callers are authorized.
    pub authorization: Authorization,
    /// Whether an API key is needed.
    pub api_key_required: bool,
    /// `operationId`.
    pub operation_name: Option<String>,
    /// Name of a request validator.
    pub request_validator: Option<(String, Location)>,
    /// `method.request.{path,querystring,header}.NAME` to whether it is required.
    pub request_parameters: IndexMap<String, bool>,
    /// Content type to model name.
    pub request_models: IndexMap<String, String>,
    /// Method responses by status code.
    pub responses: IndexMap<String, MethodResponse>,
    /// The integration; a method without one cannot be deployed.
    pub integration: Option<Integration>,
    /// The document has an integration that could not be understood, which has its finding already.
    pub integration_refused: bool,
    /// Where the operation stands.
    pub at: Location,
}

/// `authorizationType` of a method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authorization {
    /// Everybody may call.
    #[default]
    None,
    /// SigV4 signed requests.
    AwsIam,
    /// An authorizer by name (Lambda, component or Cognito), with the scopes it asks for.
    Authorizer {
        /// Key in [`RestApi::authorizers`].
        name: String,
        /// `authorizationScopes`.
        scopes: Vec<String>,
    },
}

/// A declared response of a method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodResponse {
    /// `method.response.header.NAME` to the (meaningless) required flag.
    pub response_parameters: IndexMap<String, bool>,
    /// Content type to model name.
    pub response_models: IndexMap<String, String>,
}

/// What answers a method.
#[derive(Clone, Debug)]
pub struct Integration {
    /// One of the five types.
    pub kind: IntegrationType,
    /// Verb sent to the backend; `None` means the client's.
    pub http_method: Option<Verb>,
    /// Target, with `{placeholders}` and `${stageVariables.x}` still in it.
    pub uri: Option<String>,
    /// Role ARN used for the call.
    pub credentials: Option<String>,
    /// `integration.request.…` to expression.
    pub request_parameters: IndexMap<String, Mapping>,
    /// MIME type to template text.
    pub request_templates: IndexMap<String, Template>,
    /// What happens to bodies that no template matches.
    pub passthrough_behavior: PassthroughBehavior,
    /// Conversion of the request body.
    pub content_handling: Option<ContentHandling>,
    /// Milliseconds the backend has, 50 to 29,000 by default.
    pub timeout_ms: u32,
    /// Cache namespace; the resource id by default.
    pub cache_namespace: Option<String>,
    /// Parameters that make the cache key.
    pub cache_key_parameters: Vec<String>,
    /// `INTERNET` or `VPC_LINK`.
    pub connection_type: ConnectionType,
    /// VPC link id, or a stage variable that holds it.
    pub connection_id: Option<String>,
    /// Load balancer ARN for a VPC link of the second kind.
    pub integration_target: Option<String>,
    /// `tlsConfig.insecureSkipVerification`.
    pub insecure_skip_verification: bool,
    /// `BUFFERED` or `STREAM`.
    pub response_transfer_mode: ResponseTransferMode,
    /// Integration responses in document order.
    pub responses: Vec<IntegrationResponse>,
    /// Where the integration stands.
    pub at: Location,
}

/// The right-hand side of a parameter mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The expression, e.g. `method.request.path.id` or `'static'`.
    pub expression: String,
    /// Where it stands.
    pub at: Location,
}

/// A mapping template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The VTL text.
    pub text: String,
    /// Where it stands.
    pub at: Location,
}

/// `type` of an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegrationType {
    /// An AWS action, mapped.
    Aws,
    /// A Lambda function, proxied.
    AwsProxy,
    /// An HTTP endpoint, mapped.
    Http,
    /// An HTTP endpoint, proxied.
    HttpProxy,
    /// No backend.
    Mock,
}

impl IntegrationType {
    /// The upper-case wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            IntegrationType::Aws => "AWS",
            IntegrationType::AwsProxy => "AWS_PROXY",
            IntegrationType::Http => "HTTP",
            IntegrationType::HttpProxy => "HTTP_PROXY",
            IntegrationType::Mock => "MOCK",
        }
    }

    /// Whether the response passes without mapping.
    pub fn is_proxy(self) -> bool {
        matches!(self, IntegrationType::AwsProxy | IntegrationType::HttpProxy)
    }
}

/// `passthroughBehavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PassthroughBehavior {
    /// Pass when no template matches the content type.
    #[default]
    WhenNoMatch,
    /// Pass only when there are no templates at all.
    WhenNoTemplates,
    /// Never pass: 415.
    Never,
}

/// `contentHandling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentHandling {
    /// Text to bytes.
    ConvertToBinary,
    /// Bytes to text.
    ConvertToText,
}

/// `connectionType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionType {
    /// Over the network as it is.
    #[default]
    Internet,
    /// Through a VPC link.
    VpcLink,
}

/// `responseTransferMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseTransferMode {
    /// Whole response, then delivery.
    #[default]
    Buffered,
    /// Delivered as it arrives.
    Stream,
}

/// One entry of an integration's `responses`.
#[derive(Clone, Debug)]
pub struct IntegrationResponse {
    /// Regular expression matched whole; `None` is the default response.
    pub selection_pattern: Option<String>,
    /// Status sent to the client.
    pub status_code: String,
    /// `method.response.header.NAME` to expression.
    pub response_parameters: IndexMap<String, Mapping>,
    /// MIME type to template text.
    pub response_templates: IndexMap<String, Template>,
    /// Conversion of the response body.
    pub content_handling: Option<ContentHandling>,
    /// Where it stands.
    pub at: Location,
}

/// A JSON-schema model.
#[derive(Clone, Debug)]
pub struct Model {
    /// `application/json` for imported ones.
    pub content_type: String,
    /// The schema (draft 4). References to other models of this API have the form
    /// `#/definitions/NAME`, resolved against all models of the API.
    pub schema: Value,
    /// Free text.
    pub description: Option<String>,
    /// Where it stands.
    pub at: Location,
}

/// What a request validator checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestValidator {
    /// Check the body against the model of its content type.
    pub validate_request_body: bool,
    /// Check that required parameters are there.
    pub validate_request_parameters: bool,
}

/// An authorizer.
#[derive(Clone, Debug)]
pub struct Authorizer {
    /// TOKEN, REQUEST or COGNITO_USER_POOLS.
    pub kind: AuthorizerType,
    /// `x-amazon-apigateway-authtype`.
    pub auth_type: Option<String>,
    /// Function that decides, a Lambda URI in path form.
    pub authorizer_uri: Option<String>,
    /// Role ARN for the call.
    pub authorizer_credentials: Option<String>,
    /// Identity sources in order, e.g. `method.request.header.Authorization`.
    pub identity_sources: Vec<String>,
    /// Regular expression on the token.
    pub identity_validation_expression: Option<String>,
    /// Seconds that a result is kept, 0 to 3600; `None` is 300.
    pub result_ttl_seconds: Option<u32>,
    /// User pools of a Cognito authorizer.
    pub provider_arns: Vec<String>,
    /// Where it stands.
    pub at: Location,
}

/// `type` of an authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerType {
    /// A function that sees one token.
    Token,
    /// A function that sees the request.
    Request,
    /// Cognito user pools.
    CognitoUserPools,
    /// Issuers of JSON Web Tokens.
    Jwt,
}

/// A piece of documentation, kept for export.
#[derive(Clone, Debug)]
pub struct DocumentationPart {
    /// `{type, path, method, statusCode, name}`.
    pub location: Value,
    /// Free-form object.
    pub properties: Value,
}
