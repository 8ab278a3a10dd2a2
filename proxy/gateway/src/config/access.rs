//! `access_keys` of `edgewit.yaml`: who may use the control plane.

use super::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// An access key that requests to the control plane are signed with.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessKeyFile {
    /// Who has it, for the audit log; default its id.
    pub name: Option<String>,
    /// Access key id, 16 to 128 letters and digits.
    pub access_key_id: String,
    /// Secret access key, at least 16 characters.
    #[schemars(with = "String")]
    pub secret_access_key: Secret,
    /// IAM policy document on `apigateway:*` actions; default everything is allowed.
    pub policy: Option<Value>,
}
