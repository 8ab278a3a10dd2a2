//! Who may reach private custom domains.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// That a VPC endpoint may reach a private custom domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainNameAccessAssociation {
    /// Names it.
    pub domain_name_access_association_arn: String,
    /// The domain.
    pub domain_name_arn: String,
    /// Kind of the source.
    pub access_association_source_type: AccessAssociationSource,
    /// Id of a VPC endpoint.
    pub access_association_source: String,
    /// Tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Kinds of sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AccessAssociationSource {
    /// A VPC endpoint.
    #[default]
    Vpce,
}
