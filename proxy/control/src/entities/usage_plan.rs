//! Usage plans.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A usage plan with the keys in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UsagePlan {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// Free text.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Stages that it is for.
    pub api_stages: Vec<ApiStage>,
    /// Limits of each key.
    pub throttle: Option<Throttle>,
    /// Requests of each key in a period.
    pub quota: Option<Quota>,
    /// Of a marketplace.
    pub product_code: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Keys in the order in which they were added.
    pub keys: Vec<UsagePlanKey>,
}

/// A stage of a usage plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiStage {
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage.
    pub stage: String,
    /// `/path/VERB` to limits.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub throttle: BTreeMap<String, Throttle>,
}

/// A token bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Throttle {
    /// Requests at once.
    pub burst_limit: i64,
    /// Requests a second.
    pub rate_limit: f64,
}

/// Requests in a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quota {
    /// Requests.
    pub limit: i64,
    /// Day that a period begins on: 0 to 6 from Sunday in a week, 0 to 27 from the first in a month.
    pub offset: i64,
    /// `DAY`, `WEEK` or `MONTH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
}

/// A key in a usage plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UsagePlanKey {
    /// Id of the API key.
    pub id: String,
    /// `API_KEY`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Requests that `UpdateUsage` has granted beyond the limit of the quota, or taken from it where negative; in the
    /// period of the quota that `granted_at` is in, and in no other.
    pub granted: i64,
    /// When, in seconds since 1970; 0 where nothing ever was.
    pub granted_at: u64,
}
