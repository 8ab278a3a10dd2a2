//! Makes what compiles configurations, for a node and for commands that serve nothing.

use super::Deployer;
use super::artifacts::CompiledPlugins;
use super::stores::SharedPlace;
use crate::config::NodeFile;
use crate::node::{NodeError, NodeOptions, PLUGIN_INSTANCES, data_folder, default_data, redis_url};
use crate::shared_stores::RedisStores;
use crate::telemetry::Telemetry;
use edgewit_plugin::{HostOptions, PluginHost};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Makes what compiles configurations without a node: stores that nodes share are in memory.
///
/// # Errors
/// When the plugin host cannot be made.
pub fn deployer(
    options: &NodeOptions,
    telemetry: &Arc<Telemetry>,
    node: &NodeFile,
) -> Result<Deployer, NodeError> {
    Ok(deployer_with(plugin_host(options, node)?, SharedPlace::Memory, options, telemetry, node))
}

/// The same for a node: such stores are in its Redis, and cannot be had where it has none.
pub(crate) fn serving_deployer(
    options: &NodeOptions,
    telemetry: &Arc<Telemetry>,
    node: &NodeFile,
) -> Result<Deployer, NodeError> {
    let host = plugin_host(options, node)?;
    let shared = match redis_url(options, node) {
        Some(url) => {
            let stores = RedisStores::new(&url).map_err(|error| NodeError::Usage(error.to_string()))?;
            host.share_stores(Arc::new(stores));
            SharedPlace::Redis
        }
        None => SharedPlace::Nowhere,
    };
    Ok(deployer_with(host, shared, options, telemetry, node))
}

fn deployer_with(
    host: PluginHost,
    shared: SharedPlace,
    options: &NodeOptions,
    telemetry: &Arc<Telemetry>,
    node: &NodeFile,
) -> Deployer {
    let ttl = node.limits.resolve_ttl_seconds.map_or(crate::resolve::TTL, Duration::from_secs);
    Deployer::new(&options.conf, host, Arc::clone(telemetry), ttl, options.overrides.clone(), shared)
}

fn plugin_host(options: &NodeOptions, node: &NodeFile) -> Result<PluginHost, NodeError> {
    let instances = node.limits.plugin_instances.unwrap_or(PLUGIN_INSTANCES);
    let host = PluginHost::new(HostOptions { instances, ..HostOptions::default() }).map_err(|error| {
        NodeError::Environment {
            what: "the plugin host cannot be made".to_owned(),
            error: io::Error::other(error),
        }
    })?;
    Ok(match compiled_plugins(options, node) {
        Some(kept) => host.with_artifacts(Arc::new(kept)),
        None => host,
    })
}

/// Where compiled plugins are kept. A node can do without, so what is wrong is only logged.
fn compiled_plugins(options: &NodeOptions, node: &NodeFile) -> Option<CompiledPlugins> {
    if options.overrides.check_only {
        return None;
    }
    let data = data_folder(options, node).or_else(default_data)?;
    match CompiledPlugins::open(&data) {
        Ok(kept) => Some(kept),
        Err(error) => {
            let data = data.display();
            tracing::warn!(%data, %error, "compiled plugins cannot be kept; each start compiles them");
            None
        }
    }
}
