//! Integrations and their responses.

use super::Map;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What answers a method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Integration {
    /// `HTTP`, `AWS`, `MOCK`, `HTTP_PROXY` or `AWS_PROXY`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Verb sent to the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_method: Option<String>,
    /// Target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// `INTERNET` or `VPC_LINK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_type: Option<String>,
    /// Id of a VPC link, or a stage variable that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// ARN of a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// `integration.request.…` to expression; `None` where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_parameters: Option<Map<String>>,
    /// MIME type to template, which may be null; `None` where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_templates: Option<Map<Option<String>>>,
    /// `WHEN_NO_MATCH`, `WHEN_NO_TEMPLATES` or `NEVER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passthrough_behavior: Option<String>,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<String>,
    /// Milliseconds that the backend has.
    pub timeout_in_millis: u32,
    /// The resource's id by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_namespace: Option<String>,
    /// Parameters that make the cache key.
    pub cache_key_parameters: Vec<String>,
    /// By status code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub integration_responses: BTreeMap<String, Box<IntegrationResponse>>,
    /// Verification of the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TlsConfig>,
    /// `BUFFERED` or `STREAM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_transfer_mode: Option<String>,
    /// ARN of a load balancer behind a VPC link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_target: Option<String>,
}

/// Verification of the backend.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsConfig {
    /// Whether certificates of unknown issuers are taken.
    pub insecure_skip_verification: bool,
}

/// How one answer of the backend becomes one of the method's responses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IntegrationResponse {
    /// Three digits.
    pub status_code: String,
    /// Regular expression matched whole; `None` where none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_pattern: Option<String>,
    /// `method.response.header.NAME` to expression; `None` where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_parameters: Option<Map<String>>,
    /// MIME type to template, which may be null; `None` where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_templates: Option<Map<Option<String>>>,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<String>,
}
