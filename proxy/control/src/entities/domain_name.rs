//! Custom domains.

use super::EndpointConfiguration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A custom domain with its base path mappings.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainName {
    /// The host, possibly with a wildcard.
    pub domain_name: String,
    /// Of a private domain.
    pub domain_name_id: Option<String>,
    /// Name of the certificate of an edge endpoint.
    pub certificate_name: Option<String>,
    /// ARN of it.
    pub certificate_arn: Option<String>,
    /// PEM.
    pub certificate_body: Option<String>,
    /// PEM; a secret.
    pub certificate_private_key: Option<String>,
    /// PEM.
    pub certificate_chain: Option<String>,
    /// Seconds since 1970.
    pub certificate_upload_date: Option<u64>,
    /// Name of the certificate of a regional endpoint.
    pub regional_certificate_name: Option<String>,
    /// ARN of it.
    pub regional_certificate_arn: Option<String>,
    /// Host that DNS points the domain to, for an edge endpoint.
    pub distribution_domain_name: Option<String>,
    /// The same, for a regional endpoint.
    pub regional_domain_name: Option<String>,
    /// Endpoint type.
    pub endpoint_configuration: EndpointConfiguration,
    /// Name of a TLS security policy.
    pub security_policy: Option<String>,
    /// `BASIC` or `STRICT`.
    pub endpoint_access_mode: Option<String>,
    /// Client certificates that are asked for.
    pub mutual_tls_authentication: Option<MutualTls>,
    /// ARN of a certificate.
    pub ownership_verification_certificate_arn: Option<String>,
    /// Of a private domain: who may manage it.
    pub management_policy: Option<String>,
    /// Of a private domain: who may call it.
    pub policy: Option<String>,
    /// E.g. `BASE_PATH_MAPPING_ONLY`.
    pub routing_mode: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// By base path, `(none)` for the root.
    pub base_path_mappings: BTreeMap<String, BasePathMapping>,
}

/// Client certificates that a domain asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutualTls {
    /// Where the truststore is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truststore_uri: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truststore_version: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub truststore_warnings: Vec<String>,
}

/// What a base path of a domain leads to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BasePathMapping {
    /// `(none)` for the root.
    pub base_path: String,
    /// Id of the API.
    pub rest_api_id: String,
    /// Name of the stage; where there is none, the next segment of the path names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

impl std::fmt::Debug for DomainName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DomainName").field("domain_name", &self.domain_name).finish_non_exhaustive()
    }
}
