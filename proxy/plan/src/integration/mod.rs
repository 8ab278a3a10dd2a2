//! What an integration is compiled into: addresses, mappings, templates, responses.

mod mock;
mod responses;
mod template;
mod templates;

pub use mock::{MockAnswer, MockPlan};
pub(crate) use responses::Selector;
pub use responses::{ResponseHeader, ResponsePlan, ResponseTemplates, Responses};
pub use template::MappingTemplate;
pub use templates::{RequestBody, RequestTemplates};

use edgewit_mapping::expression::RequestSource;
use edgewit_mapping::forwarding::{IntegrationKind, MappedHeader};
use edgewit_model::api::{ContentHandling, ResponseTransferMode, Verb};
use std::sync::Arc;
use std::time::Duration;

/// An HTTP or HTTP_PROXY integration.
#[derive(Debug)]
pub struct HttpPlan {
    /// Verb sent to the backend; `None` means the client's.
    pub method: Option<Verb>,
    /// Where the backend is.
    pub target: Target,
    /// Parameter mappings of the request.
    pub mappings: RequestMappings,
    /// Request templates; HTTP only, proxies pass bodies as they are.
    pub templates: RequestTemplates,
    /// Conversion of the request body.
    pub content_handling: Option<ContentHandling>,
    /// Time the backend has.
    pub timeout: Duration,
    /// Whether the chain of the backend's certificate goes unchecked.
    pub insecure_skip_verification: bool,
    /// Whether the response is delivered as it arrives.
    pub response_transfer_mode: ResponseTransferMode,
    /// Integration responses; HTTP only.
    pub responses: Arc<Responses>,
    /// Present when the target is a service of AWS, or speaks like one.
    pub service: Option<ServicePlan>,
    /// Id of the VPC link whose targets are called instead of the URI's host.
    pub vpc_link: Option<Arc<str>>,
}

impl HttpPlan {
    /// The kind of a mapped integration with this plan.
    pub fn mapped_kind(&self) -> IntegrationKind {
        if self.service.is_some() { IntegrationKind::Aws } else { IntegrationKind::Http }
    }
}

/// What calls of a service of AWS have besides those of an HTTP endpoint.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html>.
#[derive(Debug)]
pub struct ServicePlan {
    /// Who signs; `None` leaves calls unsigned.
    pub signer: Option<SignerPlan>,
    /// Headers that the gateway adds, unless a mapping sets them.
    pub headers: Vec<(&'static str, Arc<str>)>,
    /// Whether `Accept: application/json` is sent where no mapping sets `Accept`.
    pub accepts_json: bool,
}

/// With what calls of a service are signed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignerPlan {
    /// Service in the credential scope, such as `sqs`.
    pub service: Arc<str>,
    /// Region in the credential scope.
    pub region: Arc<str>,
    /// ARN of the role that signs; `None` is the node itself.
    pub role: Option<Arc<str>>,
}

/// The parsed URI of an HTTP integration, stage variables filled in.
#[derive(Debug)]
pub struct Target {
    /// `https`.
    pub tls: bool,
    /// Host name or address, lower-case, IPv6 without brackets.
    pub host: Arc<str>,
    /// 80 and 443 by default.
    pub port: u16,
    /// The `Host` header: as in the URI, the scheme's own port left out.
    pub authority: Arc<str>,
    /// Path, begins with `/`; placeholders not yet filled in.
    pub path: Vec<Piece>,
    /// Query without `?`; empty when the URI has none.
    pub query: Vec<Piece>,
    /// Path and query in one, when there are no placeholders.
    pub fixed: Option<Arc<str>>,
}

/// A piece of a path or query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is in the URI, percent-encoded.
    Literal(Arc<str>),
    /// `{name}`.
    Placeholder {
        /// The name between the braces.
        name: Arc<str>,
        /// Index into [`RequestMappings::path`]; without one, or without a value, the braces stay in the path.
        mapping: Option<usize>,
    },
}

/// `integration.request.*` mappings, by target.
#[derive(Debug, Default)]
pub struct RequestMappings {
    /// Header targets.
    pub headers: Vec<HeaderMapping>,
    /// Query targets, by name.
    pub query: Vec<(Arc<str>, RequestSource)>,
    /// Path placeholders, by name.
    pub path: Vec<(Arc<str>, RequestSource)>,
    /// Whether any mapping reads the body, which must then be collected first.
    pub reads_body: bool,
}

/// A mapping to a header of the backend request.
#[derive(Debug)]
pub struct HeaderMapping {
    /// As spelled in the document.
    pub name: Arc<str>,
    /// Lower-case.
    pub lower: Arc<str>,
    /// What API Gateway does with a mapping to this name.
    pub rule: MappedHeader,
    /// Where the value comes from.
    pub source: RequestSource,
}
