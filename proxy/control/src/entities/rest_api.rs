//! A REST API with everything that belongs to it.

use super::documentation::DocumentationPart;
use super::{Map, Method, Shared};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A REST API with everything that belongs to it.
///
/// Parts are shared between copies, so that a snapshot costs little until one of the two changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestApi {
    /// Ten lower-case alphanumerics.
    pub id: String,
    /// Free text.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Seconds since 1970.
    pub created_date: u64,
    /// Free text.
    pub version: Option<String>,
    /// Of the last import.
    pub warnings: Vec<String>,
    /// MIME types handled as bytes.
    pub binary_media_types: Vec<String>,
    /// Bytes from which answers are compressed.
    pub minimum_compression_size: Option<u32>,
    /// `HEADER` or `AUTHORIZER`.
    pub api_key_source: String,
    /// Endpoint type.
    pub endpoint_configuration: EndpointConfiguration,
    /// The resource policy: a JSON text, not escaped.
    pub policy: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether the default host answers 403.
    pub disable_execute_api_endpoint: bool,
    /// Key in `resources`.
    pub root_resource_id: String,
    /// Name of a TLS security policy.
    pub security_policy: Option<String>,
    /// `BASIC` or `STRICT`.
    pub endpoint_access_mode: Option<String>,
    /// By id. The root is one of them.
    pub resources: BTreeMap<String, Shared<Resource>>,
    /// By name.
    pub models: BTreeMap<String, Shared<Model>>,
    /// By id.
    pub request_validators: BTreeMap<String, RequestValidator>,
    /// By id.
    pub authorizers: BTreeMap<String, Shared<Authorizer>>,
    /// By type; those that were put or imported, not the defaults.
    pub gateway_responses: BTreeMap<String, Shared<GatewayResponse>>,
    /// By id.
    pub documentation_parts: BTreeMap<String, DocumentationPart>,
}

/// `endpointConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointConfiguration {
    /// One of `EDGE`, `REGIONAL`, `PRIVATE`.
    pub types: Vec<String>,
    /// `ipv4` or `dualstack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address_type: Option<String>,
    /// VPC endpoints of a private API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vpc_endpoint_ids: Vec<String>,
}

impl EndpointConfiguration {
    /// The edge-optimised type, which is the default.
    pub const EDGE: &str = "EDGE";
    /// The regional type.
    pub const REGIONAL: &str = "REGIONAL";
    /// The private type.
    pub const PRIVATE: &str = "PRIVATE";
    /// All types, as messages list them.
    pub const TYPES: &[&str] = &[Self::REGIONAL, Self::EDGE, Self::PRIVATE];

    /// Whether it is of this type, or has it among others.
    pub fn has(&self, kind: &str) -> bool {
        self.types.iter().any(|other| other == kind)
    }

    /// Takes the address type that goes with its type, unless it has one.
    pub fn fill_in_address_type(&mut self) {
        let default = if self.has(Self::PRIVATE) { "dualstack" } else { "ipv4" };
        self.ip_address_type.get_or_insert_with(|| default.to_owned());
    }
}

/// One node of the resource tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resource {
    /// Six lower-case alphanumerics, ten for the root.
    pub id: String,
    /// `None` for the root.
    pub parent_id: Option<String>,
    /// Last segment; `None` for the root.
    pub path_part: Option<String>,
    /// Full path, `/` for the root.
    pub path: String,
    /// By verb, `ANY` included. On the heap: a tree makes room for eleven of what it holds.
    pub methods: BTreeMap<String, Box<Method>>,
}

/// A JSON-schema model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Model {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// Letters and digits.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The schema as it was given: a JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// E.g. `application/json`.
    pub content_type: String,
}

/// What a request validator checks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestValidator {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// Free text.
    pub name: String,
    /// Check the body against the model of its content type.
    pub validate_request_body: bool,
    /// Check that required parameters are there.
    pub validate_request_parameters: bool,
    /// Counts the validators of an API, for the order of lists.
    pub number: u64,
}

/// An authorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Authorizer {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// Free text, unique in the API.
    pub name: String,
    /// `TOKEN`, `REQUEST`, `COGNITO_USER_POOLS` or `JWT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// User pools.
    #[serde(rename = "providerARNs", skip_serializing_if = "Vec::is_empty")]
    pub provider_arns: Vec<String>,
    /// E.g. `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_type: Option<String>,
    /// Path form of a Lambda function's invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_uri: Option<String>,
    /// ARN of a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_credentials: Option<String>,
    /// Sources, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<String>,
    /// Regular expression on the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_validation_expression: Option<String>,
    /// Seconds that a result is kept, 0 to 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_result_ttl_in_seconds: Option<u32>,
    /// Issuers of JSON Web Tokens, as they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_configuration: Option<Value>,
}

/// An answer of the gateway itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayResponse {
    /// E.g. `UNAUTHORIZED`.
    pub response_type: String,
    /// Status; the default of the type where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<String>,
    /// `gatewayresponse.header.NAME` to expression.
    pub response_parameters: Map<String>,
    /// MIME type to template.
    pub response_templates: Map<String>,
}
