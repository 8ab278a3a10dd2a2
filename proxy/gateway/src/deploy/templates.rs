//! The component that renders mapping templates: part of every node, loaded with all templates of a generation.

use super::Deployer;
use super::plugins::PluginStore;
use crate::config::{BodyAccess, Folder, OnFailure, files};
use crate::generation::{Attached, StageRuntime, Templates};
use crate::guard::{Breaker, BreakerSettings, PluginEntry};
use arc_swap::ArcSwapOption;
use edgewit_model::{Finding, Location};
use edgewit_plan::Plan;
use edgewit_plugin::{Plugin, PluginLimits, PluginSettings};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Built from `plugins/mapping-templates`.
const COMPONENT: &[u8] = include_bytes!("../../../../plugins/prebuilt/mapping_templates.wasm");
/// What logs and metrics call it. Names of plugins in files have no blank where this one has.
const NAME: &str = "mapping templates";
/// Milliseconds that one rendering may run: some times what the largest ones need.
const CPU_MS: u64 = 2_000;
/// Milliseconds that one rendering may take, waiting for its turn included.
const WALL_MS: u64 = 10_000;
/// Milliseconds that reading all templates may take, at deployment.
const CONFIGURE_MS: u64 = 60_000;
/// Bytes of memory of one rendering: a body, what it is read into, and the output.
const MEMORY_BYTES: usize = 256 << 20;
/// Renderings at once for each processor. One gives its worker back every two milliseconds, so that there are rarely
/// two; the number bounds what all of them can take together.
const RENDERINGS_PER_CORE: u32 = 4;

/// The component with the templates it knows.
pub(super) struct Renderer {
    entry: Arc<PluginEntry>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Deployer {
    /// Loads the component for the templates of all stages; `None` where there are none.
    pub(super) fn renderer(
        &self,
        plans: &[Option<Plan>],
        folder: &Folder,
        findings: &mut Vec<Finding>,
    ) -> Option<Renderer> {
        let mut numbers = HashMap::new();
        let mut config = BTreeMap::new();
        for text in plans.iter().flatten().flat_map(|plan| &plan.templates) {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            numbers.entry(Arc::clone(text)).or_insert_with(|| {
                config.insert(next.to_string(), text.to_string());
                next
            });
        }
        if numbers.is_empty() {
            return None;
        }
        match load(&self.plugins, folder, config) {
            Ok(entry) => Some(Renderer { entry, numbers }),
            Err(error) => {
                let at = Location { file: files::NODE.into(), line: 0, column: 0 };
                let message = format!("the component that renders mapping templates: {error}");
                findings.push(Finding::error("templates-unloadable", &at, message));
                None
            }
        }
    }
}

impl Renderer {
    /// What renders the templates of one stage.
    pub(super) fn of(&self, plan: &Plan) -> Option<Templates> {
        if plan.templates.is_empty() {
            return None;
        }
        let numbers = plan.templates.iter().filter_map(|text| self.numbers.get(text).copied()).collect();
        let attached = Attached { entry: Arc::clone(&self.entry), breaker: Breaker::default() };
        Some(Templates { attached, numbers })
    }
}

/// What renders the templates of stages that are published one by one: at once with a component that reads a stage's
/// templates for each request, and faster once a picture was made that has them read.
#[derive(Default)]
pub(super) struct LiveRenderer {
    /// Without templates, and without a picture. `None` before it was needed.
    base: Mutex<Option<Arc<Plugin>>>,
    /// Knows the templates of all stages that there were when it was made.
    pictured: ArcSwapOption<Renderer>,
    /// Counts stages that it did not know.
    wanted: AtomicU64,
    done: AtomicU64,
}

impl LiveRenderer {
    /// What renders the templates of a stage, now.
    ///
    /// # Errors
    /// When the component cannot read them, which compiling the plan would have found.
    pub(super) fn of(
        &self,
        plan: &Plan,
        plugins: &PluginStore,
        folder: &Folder,
    ) -> Result<Option<Templates>, Finding> {
        if plan.templates.is_empty() {
            return Ok(None);
        }
        if let Some(fast) = self.fast(plan) {
            return Ok(Some(fast));
        }
        let failed = |error: String| {
            let at = Location { file: format!("restapis/{}", plan.api_id).into(), line: 0, column: 0 };
            let message = format!("the component that renders mapping templates: {error}");
            Finding::error("templates-unloadable", &at, message)
        };
        let config = plan.templates.iter().enumerate();
        let config = config.map(|(number, text)| (number.to_string(), text.to_string())).collect();
        let base = self.base(plugins, folder).map_err(failed)?;
        let plugin = base.with_config(config).map_err(|error| failed(error.to_string()))?;
        let attached = Attached { entry: entry(plugin, plugins, folder), breaker: Breaker::default() };
        let numbers = (0..u32::try_from(plan.templates.len()).unwrap_or(u32::MAX)).collect();
        Ok(Some(Templates { attached, numbers }))
    }

    /// A stage is served from here on: its templates are to be fast, now or soon.
    pub(super) fn publish(&self, stage: &StageRuntime) {
        for stage in stage.with_canary() {
            let Some(templates) = &stage.templates else { continue };
            match self.fast(&stage.plan) {
                // The picture may have been made since the stage was compiled.
                Some(fast) => templates.store(Arc::new(fast)),
                None => {
                    self.wanted.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// The fast one, where it knows all templates of the stage.
    pub(super) fn fast(&self, plan: &Plan) -> Option<Templates> {
        let pictured = self.pictured.load();
        let pictured = pictured.as_ref()?;
        let known = plan.templates.iter().all(|text| pictured.numbers.contains_key(text));
        if known { pictured.of(plan) } else { None }
    }

    /// A picture with these templates; `None` where there are none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn picture(
        &self,
        texts: BTreeSet<Arc<str>>,
        plugins: &PluginStore,
        folder: &Folder,
    ) -> Result<Option<Renderer>, String> {
        if texts.is_empty() {
            return Ok(None);
        }
        let numbers: HashMap<Arc<str>, u32> = texts.into_iter().zip(0..).collect();
        let config = numbers.iter().map(|(text, number)| (number.to_string(), text.to_string())).collect();
        let settings = settings(folder, config);
        // One thread, so that requests have the others.
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| error.to_string())?;
        let plugin = pool.install(|| plugins.unkept(NAME, COMPONENT, settings))?;
        Ok(Some(Renderer { entry: entry(plugin, plugins, folder), numbers }))
    }

    /// How many stages have asked for a picture that was not there.
    pub(super) fn wanted(&self) -> u64 {
        self.wanted.load(Ordering::Relaxed)
    }

    /// For how many of them there is one, or cannot be.
    pub(super) fn pictured(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The picture for the first `wanted` of them.
    pub(super) fn done(&self, wanted: u64, renderer: Option<Renderer>) {
        if let Some(renderer) = renderer {
            self.pictured.store(Some(Arc::new(renderer)));
        }
        self.done.store(wanted, Ordering::Relaxed);
    }

    /// The component without a picture; the first call loads it.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub(super) fn base(&self, plugins: &PluginStore, folder: &Folder) -> Result<Arc<Plugin>, String> {
        let mut base = self.base.lock();
        if let Some(base) = &*base {
            return Ok(Arc::clone(base));
        }
        let settings =
            PluginSettings { configure_each: true, prepared: 0, ..settings(folder, BTreeMap::new()) };
        let loaded = plugins.unshared(NAME, COMPONENT, settings)?;
        *base = Some(Arc::clone(&loaded));
        Ok(loaded)
    }
}

fn renderings() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX).saturating_mul(RENDERINGS_PER_CORE)
}

fn load(
    plugins: &PluginStore,
    folder: &Folder,
    config: BTreeMap<String, String>,
) -> Result<Arc<PluginEntry>, String> {
    let plugin = plugins.built_in(NAME, COMPONENT, settings(folder, config))?;
    Ok(entry(plugin, plugins, folder))
}

fn settings(folder: &Folder, config: BTreeMap<String, String>) -> PluginSettings {
    let node_instances = folder.node.limits.plugin_instances.unwrap_or(crate::node::PLUGIN_INSTANCES);
    let limits = PluginLimits {
        cpu_ms: CPU_MS,
        wall_ms: WALL_MS,
        configure_ms: CONFIGURE_MS,
        memory_bytes: MEMORY_BYTES,
        // A body in, and the same or another out.
        body_bytes: payload(folder).saturating_mul(4),
        instances: renderings().min(node_instances),
        queue_ms: WALL_MS,
        ..PluginLimits::default()
    };
    let prepared = PluginSettings::DEFAULT_PREPARED;
    PluginSettings { config, limits, prepared, ..PluginSettings::default() }
}

fn entry(plugin: Arc<Plugin>, plugins: &PluginStore, folder: &Folder) -> Arc<PluginEntry> {
    Arc::new(PluginEntry {
        plugin,
        previous: None,
        rolled_back: false,
        on_failure: OnFailure::Deny,
        // A template that fails on some bodies works on others.
        breaker: BreakerSettings { failures: 0, open: Duration::ZERO },
        // Base64 and replaced bytes make a body larger than what was received.
        request_body: BodyAccess::Whole(payload(folder).saturating_mul(3)),
        response_body: BodyAccess::Whole(payload(folder).saturating_mul(3)),
        metrics: plugins.metrics(NAME),
    })
}

fn payload(folder: &Folder) -> usize {
    let default = usize::try_from(crate::pipeline::body::PAYLOAD_BYTES).unwrap_or(usize::MAX);
    folder.node.limits.payload_bytes.unwrap_or(default)
}
