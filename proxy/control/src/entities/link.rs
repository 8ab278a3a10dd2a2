//! VPC links and client certificates.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A VPC link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VpcLink {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// Free text.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Load balancers.
    pub target_arns: Vec<String>,
    /// `AVAILABLE`, `PENDING`, `DELETING` or `FAILED`.
    pub status: String,
    /// What it says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A certificate that the node shows to backends.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCertificate {
    /// Six lower-case alphanumerics.
    pub client_certificate_id: String,
    /// Free text.
    pub description: Option<String>,
    /// PEM.
    pub pem_encoded_certificate: String,
    /// PEM; a secret, and in no answer.
    pub private_key: String,
    /// Seconds since 1970.
    pub created_date: u64,
    /// Seconds since 1970.
    pub expiration_date: u64,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").field("id", &self.client_certificate_id).finish_non_exhaustive()
    }
}
