//! The account.

use serde::{Deserialize, Serialize};

/// What can be changed of the account; its limits are fixed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Account {
    /// Role that logs are written with.
    pub cloudwatch_role_arn: Option<String>,
}
