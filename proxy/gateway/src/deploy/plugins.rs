//! Loading plugins: what has not changed since the last generation is used again.

use super::Named;
use super::apis::located;
use crate::config::{Folder, PluginFile, files};
use edgewit_model::Finding;
use edgewit_plugin::{Authorizer, PluginHost, PluginLimits, PluginSettings};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Loads plugins and remembers those in use.
pub(super) struct PluginStore {
    host: PluginHost,
    /// By name, digest of the component, configuration and limits.
    known: Mutex<HashMap<[u8; 32], Weak<Authorizer>>>,
}

/// The plugins of one generation, by name.
#[derive(Default)]
pub(super) struct LoadedPlugins {
    by_name: Named<Arc<Authorizer>>,
    /// Names in `plugins.yaml`, also of those that could not be loaded.
    declared: Vec<String>,
}

impl LoadedPlugins {
    pub(super) fn get(&self, name: &str) -> Option<Arc<Authorizer>> {
        self.by_name.get(name).map(Arc::clone)
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        self.declared.iter().any(|declared| declared == name)
    }
}

impl PluginStore {
    pub(super) fn new(host: PluginHost) -> Self {
        Self { host, known: Mutex::default() }
    }

    pub(super) fn load(&self, folder: &Folder, findings: &mut Vec<Finding>) -> LoadedPlugins {
        let mut loaded = LoadedPlugins::default();
        let node_instances = folder.node.limits.plugin_instances.unwrap_or(crate::node::PLUGIN_INSTANCES);
        for (name, spanned) in &folder.plugins.plugins {
            loaded.declared.push(name.clone());
            let at = located(files::PLUGINS, spanned);
            let plugin = &spanned.value;
            let path = plugin.component.display();
            let bytes = match folder.components.get(&plugin.component) {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => {
                    let message = format!("plugin `{name}`: component {path} cannot be read: {error}");
                    findings.push(Finding::error("component-missing", &at, message));
                    continue;
                }
                None => continue,
            };
            match self.one(name, plugin, bytes, node_instances) {
                Ok(authorizer) => {
                    loaded.by_name.insert(name.clone(), authorizer);
                }
                Err(error) => {
                    let message = format!("plugin `{name}`: component {path}: {error}");
                    findings.push(Finding::error("component-invalid", &at, message));
                }
            }
        }
        self.known.lock().retain(|_, plugin| plugin.strong_count() > 0);
        loaded
    }

    fn one(
        &self,
        name: &str,
        plugin: &PluginFile,
        bytes: &[u8],
        node_instances: u32,
    ) -> Result<Arc<Authorizer>, String> {
        let settings = settings(plugin, node_instances)?;
        let key = fingerprint(name, &settings, bytes);
        if let Some(known) = self.known.lock().get(&key).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let authorizer = self.host.load(name, bytes, settings).map_err(|error| error.to_string())?;
        self.known.lock().insert(key, Arc::downgrade(&authorizer));
        Ok(authorizer)
    }
}

/// Milliseconds that a call may be given at most: an hour.
const LONGEST_CALL_MS: u64 = 3_600_000;

fn settings(plugin: &PluginFile, node_instances: u32) -> Result<PluginSettings, String> {
    let mut limits = PluginLimits::default();
    limits.instances = limits.instances.min(node_instances);
    let file = &plugin.limits;
    limits.wall_ms = file.wall_ms.unwrap_or(limits.wall_ms);
    limits.cpu_ms = file.cpu_ms.unwrap_or(limits.cpu_ms);
    for (name, found) in [("wall_ms", limits.wall_ms), ("cpu_ms", limits.cpu_ms)] {
        if found == 0 || found > LONGEST_CALL_MS {
            return Err(format!("found {found} as `{name}`, expected 1 to {LONGEST_CALL_MS}"));
        }
    }
    if let Some(megabytes) = file.memory_mb {
        let bytes = megabytes.checked_mul(1 << 20).and_then(|bytes| usize::try_from(bytes).ok());
        limits.memory_bytes =
            bytes.ok_or_else(|| format!("`memory_mb` {megabytes} is more than there can be"))?;
    }
    Ok(PluginSettings { config: plugin.config.clone(), limits })
}

fn fingerprint(name: &str, settings: &PluginSettings, bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(bytes));
    hash.update(format!("{name:?} {:?} {:?}", settings.config, settings.limits));
    hash.finalize().into()
}
