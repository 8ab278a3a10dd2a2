//! The component that renders mapping templates: part of every node, loaded with all templates of a generation.

use super::Deployer;
use super::plugins::PluginStore;
use crate::config::{BodyAccess, Folder, OnFailure, files};
use crate::generation::{Attached, Templates};
use crate::guard::{Breaker, BreakerSettings, PluginEntry};
use edgewit_model::{Finding, Location};
use edgewit_plan::Plan;
use edgewit_plugin::{PluginLimits, PluginSettings};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
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

fn renderings() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX).saturating_mul(RENDERINGS_PER_CORE)
}

fn load(
    plugins: &PluginStore,
    folder: &Folder,
    config: BTreeMap<String, String>,
) -> Result<Arc<PluginEntry>, String> {
    let node_instances = folder.node.limits.plugin_instances.unwrap_or(crate::node::PLUGIN_INSTANCES);
    let default = usize::try_from(crate::pipeline::body::PAYLOAD_BYTES).unwrap_or(usize::MAX);
    let payload = folder.node.limits.payload_bytes.unwrap_or(default);
    let limits = PluginLimits {
        cpu_ms: CPU_MS,
        wall_ms: WALL_MS,
        configure_ms: CONFIGURE_MS,
        memory_bytes: MEMORY_BYTES,
        // A body in, and the same or another out.
        body_bytes: payload.saturating_mul(4),
        instances: renderings().min(node_instances),
        ..PluginLimits::default()
    };
    let plugin =
        plugins.built_in(NAME, COMPONENT, PluginSettings { config, limits, ..PluginSettings::default() })?;
    Ok(Arc::new(PluginEntry {
        plugin,
        previous: None,
        rolled_back: false,
        on_failure: OnFailure::Deny,
        // A template that fails on some bodies works on others.
        breaker: BreakerSettings { failures: 0, open: Duration::ZERO },
        // Base64 and replaced bytes make a body larger than what was received.
        request_body: BodyAccess::Whole(payload.saturating_mul(3)),
        response_body: BodyAccess::Whole(payload.saturating_mul(3)),
        metrics: plugins.metrics(NAME),
    }))
}
