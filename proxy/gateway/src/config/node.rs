//! What `edgewit.yaml` comes to where it says nothing.

use super::NodeFile;

/// Default region in host names and ARNs.
pub const REGION: &str = "us-east-1";
/// Default account in ARNs.
pub const ACCOUNT: &str = "000000000000";

impl NodeFile {
    /// The region in host names and ARNs.
    pub fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(REGION)
    }

    /// The account id in ARNs.
    pub fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(ACCOUNT)
    }
}
