//! `vpc_links` of `edgewit.yaml`: named sets of targets for private integrations.

use super::positive;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::path::PathBuf;

/// Most targets of one link.
pub(crate) const MAX_TARGETS: usize = 256;
/// Greatest weight of a target.
pub(crate) const MAX_WEIGHT: u16 = 100;

/// Where a VPC link leads.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcLinkFile {
    /// Targets, 1 to 256.
    #[schemars(with = "Vec<VpcTargetFile>", length(min = 1, max = 256))]
    pub targets: Vec<Spanned<VpcTargetFile>>,
    /// How a target is chosen; default round-robin.
    #[serde(default)]
    pub balance: Balance,
    /// With `consistent-hash`, what is hashed: `client-address`, `path` or `header:NAME`; default client-address.
    #[serde(default)]
    pub hash_on: Option<String>,
    /// How targets are checked; default not at all.
    #[serde(default)]
    pub health_check: Option<HealthCheckFile>,
    /// When a target that keeps failing is left out for a while.
    #[serde(default)]
    pub outlier: OutlierFile,
}

/// One target of a VPC link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcTargetFile {
    /// IP address or host name, with a port or without; without one it is that of the integration's URI.
    pub address: String,
    /// Share among the targets, 1 to 100; default 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub weight: Option<u16>,
    /// TLS toward it, where the integration's URI says `https`.
    #[serde(default)]
    pub tls: VpcTlsFile,
}

/// TLS toward one target.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VpcTlsFile {
    /// Name that the certificate must have; default the host of the integration's URI.
    pub server_name: Option<String>,
    /// PEM bundle of authorities, relative to the configuration folder; default `ca_file` of the node.
    pub ca_file: Option<PathBuf>,
    /// Whether the certificate goes unchecked; default false.
    pub insecure_skip_verification: bool,
}

/// How a target is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// In turn, by weight.
    #[default]
    RoundRobin,
    /// The one with the fewest calls under way, by weight.
    LeastConnections,
    /// By a hash of something in the request; a target more or less moves few requests.
    ConsistentHash,
}

/// How targets are checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheckFile {
    /// Path whose `GET` must answer 200 to 399; without it a connection that can be made is enough.
    pub path: Option<String>,
    /// Milliseconds between two checks of a target; default 10000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub interval_ms: Option<u64>,
    /// Milliseconds for one check; default 2000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    /// Checks in a row until a target is used again; default 2.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub healthy: Option<u32>,
    /// Failed checks in a row until a target is not used; default 3.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub unhealthy: Option<u32>,
}

/// When a target that keeps failing is left out for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutlierFile {
    /// Failures in a row, 0 for never; default 5.
    pub failures: Option<u32>,
    /// Milliseconds that it is left out; default 30000.
    #[serde(deserialize_with = "positive")]
    #[schemars(range(min = 1))]
    pub ejection_ms: Option<u64>,
    /// Percent of the targets that may be left out so, 0 to 100; default 50.
    #[schemars(range(min = 0, max = 100))]
    pub max_ejected_percent: Option<u8>,
}
