//! Loading plugins: what has not changed since the last generation is used again, and the version before stays at hand.

use super::apis::located;
use super::stores::SharedPlace;
use super::{Named, stores};
use crate::config::{Folder, OnFailure, PluginFile, files};
use crate::digest::sha256;
use crate::guard::{BREAKER_FAILURES, BREAKER_OPEN, BreakerSettings, PluginEntry};
use crate::telemetry::Telemetry;
use edgewit_model::Finding;
use edgewit_plugin::{Grants, Origin, Plugin, PluginHost, PluginLimits, PluginSettings, WarmPool, World};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Loads plugins and remembers those in use.
pub(super) struct PluginStore {
    host: PluginHost,
    shared: SharedPlace,
    telemetry: Arc<Telemetry>,
    versions: Mutex<HashMap<String, Versions>>,
    /// The node's own component as it was loaded last.
    built_in: Mutex<Option<(Fingerprint, Arc<Plugin>)>>,
}

/// A plugin that was loaded before.
struct Known {
    plugin: Arc<Plugin>,
    previous: Option<Arc<Plugin>>,
    /// An operator went back from what the files say.
    rolled_back: bool,
}

/// Name, digest of the component, configuration, grants and limits in one.
type Fingerprint = [u8; 32];

/// What serves under one name, and what did before.
#[derive(Clone)]
struct Versions {
    current: (Fingerprint, Arc<Plugin>),
    previous: Option<(Fingerprint, Arc<Plugin>)>,
    /// What the files say and an operator went back from: not to be used until the files say something else.
    refused: Option<Fingerprint>,
}

/// An operator went back from one version of a plugin to another. Digests of the components in hexadecimal.
#[derive(Debug)]
pub(crate) struct RolledBack {
    /// The version that is left.
    pub(crate) left: String,
    /// The one that serves.
    pub(crate) serves: String,
}

/// What a rollback takes back when nothing can be deployed with it.
pub(crate) struct Undo {
    plugin: String,
    versions: Versions,
}

/// The plugins of one generation, by name.
#[derive(Default)]
pub(super) struct LoadedPlugins {
    by_name: Named<Arc<PluginEntry>>,
    fingerprints: Named<Fingerprint>,
    /// Names in `plugins.yaml`, also of those that could not be loaded.
    declared: Vec<String>,
    /// The file itself could not be read, so it is not known what it declares.
    unreadable: bool,
}

impl LoadedPlugins {
    pub(super) fn get(&self, name: &str) -> Option<Arc<PluginEntry>> {
        self.by_name.get(name).map(Arc::clone)
    }

    pub(super) fn all(&self) -> Named<Arc<PluginEntry>> {
        self.by_name.clone()
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        self.unreadable || self.declared.iter().any(|declared| declared == name)
    }

    /// Whether the plugin was loaded and is not one of `world`.
    pub(super) fn unfit(&self, name: &str, world: World) -> Option<Vec<World>> {
        let worlds = self.by_name.get(name)?.plugin.worlds();
        (!worlds.contains(&world)).then_some(worlds)
    }
}

impl PluginStore {
    pub(super) fn new(host: PluginHost, shared: SharedPlace, telemetry: Arc<Telemetry>) -> Self {
        Self { host, shared, telemetry, versions: Mutex::default(), built_in: Mutex::default() }
    }

    /// A component that is part of the node. Operators neither see it among theirs nor go back from it.
    pub(super) fn built_in(
        &self,
        name: &str,
        bytes: &[u8],
        settings: PluginSettings,
    ) -> Result<Arc<Plugin>, String> {
        let wanted = fingerprint(name, &settings, bytes);
        let mut known = self.built_in.lock();
        if let Some((fingerprint, plugin)) = &*known
            && *fingerprint == wanted
        {
            return Ok(Arc::clone(plugin));
        }
        let plugin = self.host.load(name, bytes, settings).map_err(|error| error.to_string())?;
        *known = Some((wanted, Arc::clone(&plugin)));
        Ok(plugin)
    }

    /// The same, not kept for the next time.
    pub(super) fn unshared(
        &self,
        name: &str,
        bytes: &[u8],
        settings: PluginSettings,
    ) -> Result<Arc<Plugin>, String> {
        self.host.load(name, bytes, settings).map_err(|error| error.to_string())
    }

    /// The same, of which nothing is kept on disk either: it is soon replaced by another.
    pub(super) fn unkept(
        &self,
        name: &str,
        bytes: &[u8],
        settings: PluginSettings,
    ) -> Result<Arc<Plugin>, String> {
        self.host.load_unkept(name, bytes, settings).map_err(|error| error.to_string())
    }

    pub(super) fn metrics(&self, name: &str) -> Arc<crate::telemetry::metrics::PluginMetrics> {
        self.telemetry.plugin(name)
    }

    /// Loads what `plugins.yaml` names. Nothing that was loaded before changes by it: see [`PluginStore::commit`].
    pub(super) fn load(&self, folder: &Folder, findings: &mut Vec<Finding>) -> LoadedPlugins {
        let unreadable = findings.iter().any(|f| f.is_error() && &*f.at.file == files::PLUGINS);
        let mut loaded = LoadedPlugins { unreadable, ..LoadedPlugins::default() };
        let node_instances = folder.node.limits.plugin_instances.unwrap_or(crate::node::PLUGIN_INSTANCES);
        let mut kept = 0;
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
            kept += plugin.instances.warm;
            if !stores::check(name, &plugin.grants, self.shared, &folder.node, findings) {
                continue;
            }
            match self.one(name, plugin, bytes, node_instances) {
                Ok((fingerprint, entry)) => {
                    if let Some(reason) = &entry.plugin.admission().no_picture {
                        let message = format!(
                            "plugin `{name}`: no picture could be taken after `configure`, so every instance runs it: \
                             {reason}"
                        );
                        let finding = Finding::warning("plugin-configured-late", &at, message);
                        findings.push(finding.with_help("keep instances with `instances: {warm: N}`"));
                    }
                    loaded.by_name.insert(name.clone(), entry);
                    loaded.fingerprints.insert(name.clone(), fingerprint);
                }
                Err(Unloaded { code, message }) => {
                    let message = format!("plugin `{name}`: component {path}: {message}");
                    findings.push(Finding::error(code, &at, message));
                }
            }
        }
        if kept > node_instances / 2 {
            let at = edgewit_model::Location { file: files::PLUGINS.into(), line: 0, column: 0 };
            let message = format!(
                "`instances.warm` of all plugins come to {kept}, expected at most half of `limits.plugin_instances`, \
                 {}",
                node_instances / 2
            );
            findings.push(Finding::error("plugin-warm-instances", &at, message));
        }
        loaded
    }

    fn one(
        &self,
        name: &str,
        plugin: &PluginFile,
        bytes: &[u8],
        node_instances: u32,
    ) -> Result<(Fingerprint, Arc<PluginEntry>), Unloaded> {
        check_digest(plugin.digest.as_deref(), bytes)?;
        let settings = settings(plugin, node_instances)?;
        let fingerprint = fingerprint(name, &settings, bytes);
        if settings.grants.http.iter().flatten().any(|origin| origin.tls) {
            self.host.trust(super::trust::system());
        }
        let known = self.known(name, &fingerprint);
        let known = match known {
            Some(known) => known,
            None => {
                let loaded = self.host.load(name, bytes, settings);
                let plugin = loaded.map_err(|error| Unloaded::component(error.to_string()))?;
                let previous = self.versions.lock().get(name).map(|versions| Arc::clone(&versions.current.1));
                Known { plugin, previous, rolled_back: false }
            }
        };
        let entry = PluginEntry {
            plugin: known.plugin,
            previous: known.previous,
            rolled_back: known.rolled_back,
            on_failure: plugin.on_failure,
            breaker: BreakerSettings {
                failures: plugin.breaker.failures.unwrap_or(BREAKER_FAILURES),
                open: plugin.breaker.open_ms.map_or(BREAKER_OPEN, Duration::from_millis),
            },
            request_body: plugin.request_body,
            response_body: plugin.response_body,
            metrics: self.telemetry.plugin(name),
        };
        if entry.on_failure == OnFailure::Allow && entry.plugin.worlds().contains(&World::Authorizer) {
            tracing::warn!(
                plugin = name,
                "an authorizer with `on_failure: allow` lets everybody in when it fails"
            );
        }
        Ok((fingerprint, Arc::new(entry)))
    }

    /// The loaded plugin for what the files say.
    fn known(&self, name: &str, wanted: &Fingerprint) -> Option<Known> {
        let versions = self.versions.lock();
        let found = versions.get(name)?;
        let rolled_back = found.refused.as_ref() == Some(wanted);
        if found.current.0 == *wanted || rolled_back {
            let previous = found.previous.as_ref().map(|(_, plugin)| Arc::clone(plugin));
            return Some(Known { plugin: Arc::clone(&found.current.1), previous, rolled_back });
        }
        // Back to what served before, without compiling it again.
        let (_, plugin) = found.previous.as_ref().filter(|(fingerprint, _)| fingerprint == wanted)?;
        let previous = Some(Arc::clone(&found.current.1));
        Some(Known { plugin: Arc::clone(plugin), previous, rolled_back: false })
    }

    /// The generation with these plugins is about to serve.
    pub(super) fn commit(&self, loaded: &LoadedPlugins) {
        let mut versions = self.versions.lock();
        versions.retain(|name, _| loaded.by_name.contains_key(name));
        for (name, entry) in &loaded.by_name {
            let Some(wanted) = loaded.fingerprints.get(name) else { continue };
            let current = (*wanted, Arc::clone(&entry.plugin));
            match versions.get_mut(name) {
                None => {
                    versions.insert(name.clone(), Versions { current, previous: None, refused: None });
                }
                Some(found) if found.refused.as_ref() == Some(wanted) => {}
                // The files say what serves: nothing is refused any more.
                Some(found) if found.current.0 == *wanted => found.refused = None,
                Some(found) => {
                    found.previous = Some(std::mem::replace(&mut found.current, current));
                    found.refused = None;
                }
            }
        }
    }

    /// Goes back to the version of a plugin that served before, until its files change again. The next generation has
    /// it.
    ///
    /// # Errors
    /// When there is no such plugin or no version before.
    pub(super) fn roll_back(&self, name: &str) -> Result<(RolledBack, Undo), String> {
        let mut versions = self.versions.lock();
        let found = versions.get_mut(name).ok_or_else(|| format!("there is no plugin `{name}`"))?;
        let undo = Undo { plugin: name.to_owned(), versions: found.clone() };
        let previous =
            found.previous.take().ok_or_else(|| format!("plugin `{name}` has served in one version only"))?;
        let left = std::mem::replace(&mut found.current, previous);
        let rolled_back =
            RolledBack { left: left.1.digest().to_owned(), serves: found.current.1.digest().to_owned() };
        found.refused = Some(left.0);
        found.previous = Some(left);
        Ok((rolled_back, undo))
    }

    /// As if a rollback had never been asked for.
    pub(super) fn undo(&self, undo: Undo) {
        self.versions.lock().insert(undo.plugin, undo.versions);
    }

    /// Throws away instances that have waited for too long.
    pub(super) fn reap(&self) {
        let plugins: Vec<Arc<Plugin>> = {
            let versions = self.versions.lock();
            let all = versions.values().flat_map(|found| [Some(&found.current), found.previous.as_ref()]);
            all.flatten().map(|(_, plugin)| Arc::clone(plugin)).collect()
        };
        plugins.iter().for_each(|plugin| plugin.reap());
    }
}

/// Why a plugin could not be loaded.
struct Unloaded {
    code: &'static str,
    message: String,
}

impl Unloaded {
    fn component(message: String) -> Self {
        Self { code: "component-invalid", message }
    }
}

impl From<String> for Unloaded {
    fn from(message: String) -> Self {
        Self { code: "plugin-invalid", message }
    }
}

fn check_digest(expected: Option<&str>, bytes: &[u8]) -> Result<(), Unloaded> {
    let Some(expected) = expected else { return Ok(()) };
    let found = sha256(bytes);
    let wanted = expected.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
    let wanted = wanted.ok_or_else(|| {
        format!("`digest`: found `{expected}`, expected `sha256:` and 64 hexadecimal digits")
    })?;
    if wanted.eq_ignore_ascii_case(&found) {
        return Ok(());
    }
    let message = format!(
        "has the digest sha256:{found}, expected sha256:{wanted}: fetch the component again, or correct `digest` if \
         this is the one you mean"
    );
    Err(Unloaded { code: "component-digest", message })
}

/// Milliseconds that a call may be given at most: an hour.
const LONGEST_CALL_MS: u64 = 3_600_000;

fn settings(plugin: &PluginFile, node_instances: u32) -> Result<PluginSettings, String> {
    Ok(PluginSettings {
        config: plugin.config.clone(),
        limits: limits(plugin, node_instances)?,
        grants: grants(plugin)?,
        warm: (plugin.instances.warm > 0).then(|| WarmPool {
            size: plugin.instances.warm,
            uses: plugin.instances.uses.unwrap_or(WarmPool::DEFAULT_USES),
            idle_ms: plugin.instances.idle_ms.unwrap_or(WarmPool::DEFAULT_IDLE_MS),
        }),
        prepared: prepared(plugin)?,
        configure_each: false,
    })
}

fn prepared(plugin: &PluginFile) -> Result<u32, String> {
    let count = plugin.instances.prepared.unwrap_or(PluginSettings::DEFAULT_PREPARED);
    if count > PluginSettings::MOST_PREPARED {
        let most = PluginSettings::MOST_PREPARED;
        return Err(format!("`instances.prepared`: found {count}, expected at most {most}"));
    }
    Ok(count)
}

fn grants(plugin: &PluginFile) -> Result<Grants, String> {
    let grants = &plugin.grants;
    let origins = |texts: &Option<Vec<String>>, key: &str, private: bool| {
        let texts = texts.iter().flatten();
        texts
            .map(|text| Origin::parse(text, private).map_err(|wrong| format!("`grants.{key}`: {wrong}")))
            .collect::<Result<Vec<_>, _>>()
    };
    let mut http = origins(&grants.http_private, "http_private", true)?;
    http.extend(origins(&grants.http, "http", false)?);
    let granted = grants.http.is_some() || grants.http_private.is_some();
    Ok(Grants { http: granted.then_some(http), keyvalue: stores::granted(grants) })
}

fn limits(plugin: &PluginFile, node_instances: u32) -> Result<PluginLimits, String> {
    let mut limits = PluginLimits::default();
    let file = &plugin.limits;
    limits.instances = file.instances.unwrap_or(limits.instances.min(node_instances));
    limits.wall_ms = file.wall_ms.unwrap_or(limits.wall_ms);
    limits.cpu_ms = file.cpu_ms.unwrap_or(limits.cpu_ms);
    limits.configure_ms = file.configure_ms.unwrap_or(limits.configure_ms);
    let times =
        [("wall_ms", limits.wall_ms), ("cpu_ms", limits.cpu_ms), ("configure_ms", limits.configure_ms)];
    for (name, found) in times {
        if found == 0 || found > LONGEST_CALL_MS {
            return Err(format!("found {found} as `{name}`, expected 1 to {LONGEST_CALL_MS}"));
        }
    }
    if let Some(megabytes) = file.memory_mb {
        let bytes = megabytes.checked_mul(1 << 20).and_then(|bytes| usize::try_from(bytes).ok());
        limits.memory_bytes =
            bytes.ok_or_else(|| format!("`memory_mb` {megabytes} is more than there can be"))?;
    }
    limits.outgoing_requests = file.outgoing_requests.unwrap_or(limits.outgoing_requests);
    limits.outgoing_bytes = file.outgoing_bytes.unwrap_or(limits.outgoing_bytes);
    if let Some(megabytes) = file.keyvalue_mb {
        limits.keyvalue_bytes = megabytes.saturating_mul(1 << 20);
    }
    limits.keyvalue_value_bytes = file.keyvalue_value_bytes.unwrap_or(limits.keyvalue_value_bytes);
    limits.keyvalue_ms = file.keyvalue_ms.unwrap_or(limits.keyvalue_ms);
    let longest = stores::LONGEST_MS;
    if limits.keyvalue_ms == 0 || limits.keyvalue_ms > longest {
        return Err(format!("found {} as `keyvalue_ms`, expected 1 to {longest}", limits.keyvalue_ms));
    }
    limits.body_bytes = file.body_bytes.unwrap_or(limits.body_bytes);
    limits.log_lines = file.log_lines.unwrap_or(limits.log_lines);
    limits.log_bytes = file.log_bytes.unwrap_or(limits.log_bytes);
    Ok(limits)
}

fn fingerprint(name: &str, settings: &PluginSettings, bytes: &[u8]) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(bytes));
    hash.update(format!("{name:?} {settings:?}"));
    hash.finalize().into()
}
