//! Deployments and stages.

use super::{Map, RestApi, Shared};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An immutable snapshot of an API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// Seconds since 1970.
    pub created_date: u64,
    /// The API as it was.
    pub snapshot: Shared<RestApi>,
}

/// A named, reachable deployment. The key of its record is `{api id}/{stage name}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stage {
    /// `[A-Za-z0-9_-]{1,128}`.
    pub stage_name: String,
    /// What it serves.
    pub deployment_id: String,
    /// Client certificate toward backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_id: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether there is a cache.
    pub cache_cluster_enabled: bool,
    /// Gigabytes of the cache, e.g. `0.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_cluster_size: Option<String>,
    /// `AVAILABLE` or `NOT_AVAILABLE`.
    pub cache_cluster_status: String,
    /// Settings by key: `*/*`, or path and verb as they were addressed, e.g. `~1pets/GET`.
    pub method_settings: BTreeMap<String, MethodSetting>,
    /// Stage variables; `None` where none were ever given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Map<String>>,
    /// Version of the documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation_version: Option<String>,
    /// Access log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_log_settings: Option<AccessLogSettings>,
    /// A second deployment that takes part of the traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_settings: Option<CanarySettings>,
    /// X-Ray.
    pub tracing_enabled: bool,
    /// Counts how often the kept results of its authorizers were thrown away, which all nodes of a fleet then do.
    pub authorizers_flushed: u64,
    /// The same for its cache.
    pub cache_flushed: u64,
    /// Web ACL, which WAF sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_acl_arn: Option<String>,
    /// Tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Seconds since 1970.
    pub created_date: u64,
    /// Seconds since 1970.
    pub last_updated_date: u64,
}

/// Where access-log lines go and what they say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessLogSettings {
    /// A line with `$context` variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// ARN of a log group or delivery stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_arn: Option<String>,
}

/// A second deployment that takes part of a stage's traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanarySettings {
    /// 0 to 100.
    pub percent_traffic: f64,
    /// The deployment.
    pub deployment_id: String,
    /// Variables over those of the stage; `None` where none were ever given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_variable_overrides: Option<Map<String>>,
    /// Whether it shares the stage's cache.
    pub use_stage_cache: bool,
}

/// Settings of one method, or of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MethodSetting {
    /// Detailed metrics.
    pub metrics_enabled: bool,
    /// `OFF`, `ERROR` or `INFO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging_level: Option<String>,
    /// Whether the execution log has bodies.
    pub data_trace_enabled: bool,
    /// Requests at once.
    pub throttling_burst_limit: i64,
    /// Requests a second.
    pub throttling_rate_limit: f64,
    /// Whether answers are cached.
    pub caching_enabled: bool,
    /// Seconds that answers are kept.
    pub cache_ttl_in_seconds: i64,
    /// Whether the cache is encrypted.
    pub cache_data_encrypted: bool,
    /// Whether invalidation needs a permission.
    pub require_authorization_for_cache_control: bool,
    /// What becomes of an invalidation without permission.
    pub unauthorized_cache_control_header_strategy: UnauthorizedCacheControl,
}

impl Default for MethodSetting {
    fn default() -> Self {
        Self {
            metrics_enabled: false,
            logging_level: None,
            data_trace_enabled: false,
            throttling_burst_limit: 5000,
            throttling_rate_limit: 10_000.0,
            caching_enabled: false,
            cache_ttl_in_seconds: 300,
            cache_data_encrypted: false,
            require_authorization_for_cache_control: true,
            unauthorized_cache_control_header_strategy: UnauthorizedCacheControl::default(),
        }
    }
}

/// `unauthorizedCacheControlHeaderStrategy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnauthorizedCacheControl {
    /// Refuse the request.
    #[serde(rename = "FAIL_WITH_403")]
    FailWith403,
    /// Serve it with a warning.
    #[default]
    SucceedWithResponseHeader,
    /// Serve it.
    SucceedWithoutResponseHeader,
}
