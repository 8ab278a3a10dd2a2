//! Deployments and stages.

use crate::api::RestApi;
use crate::finding::Location;
use indexmap::IndexMap;
use std::sync::Arc;

/// An immutable snapshot of an API.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Six lower-case alphanumerics.
    pub id: String,
    /// The snapshot.
    pub api: Arc<RestApi>,
}

/// A named, reachable deployment.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Ten lower-case alphanumerics.
    pub rest_api_id: String,
    /// `[A-Za-z0-9_-]{1,128}`.
    pub name: String,
    /// What the stage serves.
    pub deployment: Deployment,
    /// Stage variables.
    pub variables: IndexMap<String, String>,
    /// Access-log format; `None` switches the access log off.
    pub access_log_format: Option<(String, Location)>,
    /// Twelve digits.
    pub account_id: String,
    /// E.g. `us-east-1`.
    pub region: String,
}
