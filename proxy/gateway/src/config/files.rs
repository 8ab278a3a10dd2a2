//! Names of the files of a configuration folder, and their JSON Schemas.

use super::{FunctionsFile, NodeFile, PluginsFile};

/// The node.
pub const NODE: &str = "edgewit.yaml";
/// Plugins.
pub const PLUGINS: &str = "plugins.yaml";
/// Functions.
pub const FUNCTIONS: &str = "functions.yaml";
/// Folder of the API documents.
pub const APIS: &str = "apis";
/// Files that the design names and this version does not read yet.
pub const LATER: [&str; 3] = ["domains.yaml", "usage.yaml", "firewall.yaml"];

/// The JSON Schema of each file, by the file's name.
pub fn schemas() -> [(&'static str, schemars::Schema); 3] {
    [
        (NODE, schemars::schema_for!(NodeFile)),
        (PLUGINS, schemars::schema_for!(PluginsFile)),
        (FUNCTIONS, schemars::schema_for!(FunctionsFile)),
    ]
}
