//! API keys.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An API key.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiKey {
    /// Ten lower-case alphanumerics.
    pub id: String,
    /// The key itself: a secret.
    pub value: String,
    /// Free text.
    pub name: Option<String>,
    /// Of a marketplace.
    pub customer_id: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Whether requests with it are let in.
    pub enabled: bool,
    /// Seconds since 1970.
    pub created_date: u64,
    /// The same in milliseconds, for the order of lists.
    pub created_ms: u64,
    /// Seconds since 1970.
    pub last_updated_date: u64,
    /// Stages that it was made for (deprecated by usage plans).
    pub stage_keys: Vec<StageKey>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A stage that a key was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StageKey {
    /// Id of the API.
    pub rest_api_id: String,
    /// Name of the stage.
    pub stage_name: String,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("enabled", &self.enabled).finish_non_exhaustive()
    }
}
