//! Methods and their responses.

use super::{Integration, Map};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A method request with its integration and responses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Method {
    /// E.g. `GET`, or `ANY`.
    pub http_method: String,
    /// `NONE`, `AWS_IAM`, `CUSTOM`, `COGNITO_USER_POOLS` or another text.
    pub authorization_type: String,
    /// Id of an authorizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_id: Option<String>,
    /// Whether an API key is needed.
    pub api_key_required: bool,
    /// Id of a request validator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_validator_id: Option<String>,
    /// `operationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_name: Option<String>,
    /// `method.request.{path,querystring,header}.NAME` to whether it is required.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub request_parameters: Map<bool>,
    /// Content type to model name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub request_models: Map<String>,
    /// By status code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub method_responses: BTreeMap<String, Box<MethodResponse>>,
    /// The integration; a method without one cannot be deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method_integration: Option<Box<Integration>>,
    /// Scopes that tokens must have one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_scopes: Vec<String>,
}

impl Method {
    /// Authorization types that come with an authorizer.
    pub const WITH_AUTHORIZER: [&str; 3] = ["CUSTOM", "COGNITO_USER_POOLS", "JWT"];

    /// Whether its authorization type is one of these, in whatever letter case.
    pub(crate) fn is_with_authorizer(&self) -> bool {
        Self::WITH_AUTHORIZER.iter().any(|kind| kind.eq_ignore_ascii_case(&self.authorization_type))
    }
}

/// A declared response of a method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MethodResponse {
    /// Three digits.
    pub status_code: String,
    /// `method.response.header.NAME` to the required flag; `None` where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_parameters: Option<Map<bool>>,
    /// Content type to model name; `None` where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_models: Option<Map<String>>,
}
