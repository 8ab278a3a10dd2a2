//! `grants` of a plugin in `plugins.yaml`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// What a plugin may reach outside itself.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrantsFile {
    /// Origins such as `https://example.com` that it may send requests to, at public addresses.
    pub http: Option<Vec<String>>,
    /// Origins that it may also reach at loopback, private and link-local addresses.
    pub http_private: Option<Vec<String>>,
    /// Names of the key-value stores it may open, in the memory of this node.
    pub keyvalue: Option<Vec<String>>,
    /// Names of those it may open in the node's Redis, where all nodes of a fleet see the same.
    #[schemars(with = "Option<Vec<String>>")]
    pub keyvalue_shared: Option<Vec<Spanned<String>>>,
}
