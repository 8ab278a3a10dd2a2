//! From a configuration folder to a generation: everything is compiled, or nothing is served.

mod apis;
pub(crate) mod artifacts;
pub(crate) mod assemble;
mod aws;
mod functions;
mod live;
mod plugins;
mod stores;
mod templates;
mod trust;
mod vpc_links;
mod worlds;

pub use apis::is_stage_name;
pub(crate) use live::{LiveCanary, LiveStage, Prepared, StageKey, picture_templates};
pub use trust::system as plugin_trust;

use crate::config::{Folder, load};
use crate::generation::{Api, Generation, RouteRuntime, StageRuntime, Templates};
use crate::guard::Breaker;
use crate::resolve::Resolver;
use crate::shared::Shared;
use crate::targets::Targets;
use crate::telemetry::Telemetry;
use crate::telemetry::access_log::AccessLog;
use crate::telemetry::metrics::RouteKey;
use crate::upstream::{CONNECT_TIMEOUT, Upstream, UpstreamSettings};
use arc_swap::ArcSwap;
use edgewit_model::stage::Stage;
use edgewit_model::{Finding, Location};
use edgewit_plan::integration::HttpPlan;
use edgewit_plan::{Plan, Route, UnavailableRoutes};
use edgewit_plugin::PluginHost;
use parking_lot::Mutex;
pub(crate) use plugins::RolledBack;
use plugins::{LoadedPlugins, PluginStore, Undo};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stores::SharedPlace;
use worlds::{component, firewall, transform};

/// Compiles generations, and keeps what they share: plugins that have not changed, targets, logs.
pub struct Deployer {
    conf: PathBuf,
    overrides: Overrides,
    telemetry: Arc<Telemetry>,
    resolver: Resolver,
    plugins: PluginStore,
    signing: aws::Signing,
    links: vpc_links::Links,
    logs: Mutex<HashMap<PathBuf, std::sync::Weak<AccessLog>>>,
    live: live::Live,
}

/// What the command line says over the configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--stage`.
    pub stage: Option<String>,
    /// `--unavailable-routes`.
    pub unavailable_routes: Option<UnavailableRoutes>,
    /// Variables of all stages, over those that they have.
    pub stage_variables: BTreeMap<String, String>,
    /// Whether no access log is opened.
    pub no_access_log: bool,
    /// Whether to compile only: no access log is opened.
    pub check_only: bool,
}

/// What a configuration came to.
pub struct Deployed {
    /// The generation; `None` exactly when a finding is an error.
    pub generation: Option<Generation>,
    /// All findings, file by file.
    pub findings: Vec<Finding>,
    /// Files whose change asks for another round.
    pub watched: Vec<PathBuf>,
    /// What was read.
    pub folder: Arc<Folder>,
    /// What more stages can be made with.
    parts: Option<Arc<Parts>>,
}

/// What stages are made with.
struct Parts {
    folder: Arc<Folder>,
    plugins: LoadedPlugins,
    settings: UpstreamSettings,
    links: vpc_links::Configured,
    log: Option<Arc<AccessLog>>,
    /// The stages of the folder: file, stage, and since when it is served, in seconds since 1970.
    stages: Vec<(Arc<str>, Stage, u64)>,
}

impl Deployer {
    /// A deployer for `conf`, a configuration folder or one OpenAPI file. `shared` is where `host` has the stores that
    /// plugins of several nodes share.
    pub(crate) fn new(
        conf: &Path,
        host: PluginHost,
        telemetry: Arc<Telemetry>,
        resolve_ttl: Duration,
        overrides: Overrides,
        shared: SharedPlace,
    ) -> Self {
        Self {
            conf: conf.to_path_buf(),
            overrides,
            plugins: PluginStore::new(host, shared, Arc::clone(&telemetry)),
            telemetry,
            signing: aws::Signing::default(),
            links: vpc_links::Links::default(),
            resolver: Resolver::new(resolve_ttl),
            logs: Mutex::default(),
            live: live::Live::default(),
        }
    }

    /// The configuration folder or file.
    pub fn conf(&self) -> &Path {
        &self.conf
    }

    /// Hashes of the configuration's files as they are now.
    pub fn read_hashes(&self) -> BTreeMap<String, u64> {
        load(&self.conf).0.hashes
    }

    /// Reads and compiles the configuration as it is now.
    pub fn deploy(&self) -> Deployed {
        let (folder, mut findings) = load(&self.conf);
        let plugins = self.plugins.load(&folder, &mut findings);
        let stages = apis::import(&folder, &self.overrides, &mut findings);
        let unavailable = self.overrides.unavailable_routes.unwrap_or(match folder.node.unavailable_routes {
            crate::config::UnavailableRoutes::Refuse => UnavailableRoutes::Refuse,
            crate::config::UnavailableRoutes::Answer500 => UnavailableRoutes::Answer500,
        });
        let plans = apis::compile(&stages, &folder, &plugins, unavailable, &mut findings);
        let live = self.live.stages();
        let of_live = live.iter().map(|stage| &stage.plan);
        worlds::check(plans.iter().flatten(), of_live, &folder, &plugins, &mut findings);
        let settings = self.upstream_settings(&folder, &mut findings);
        let links = settings.as_ref().map(|settings| {
            self.links.configured(&folder, base(&self.conf), settings, &self.telemetry, &mut findings)
        });
        let log = self.access_log(&folder, &mut findings);
        let failed = findings.iter().any(Finding::is_error);
        // The templates themselves were looked at with their plans.
        let renderer = match failed || self.overrides.check_only {
            true => None,
            false => self.renderer(&plans, &folder, &mut findings),
        };
        let failed = findings.iter().any(Finding::is_error);
        let folder = Arc::new(folder);
        let watched = folder.watched.clone();
        let (generation, parts) = match settings {
            Some(settings) if !failed && plans.iter().all(Option::is_some) => {
                self.plugins.commit(&plugins);
                let links = links.unwrap_or_default();
                let folder = Arc::clone(&folder);
                let stages = apis::shown(stages, &folder);
                let parts = Parts { folder, plugins, settings, links, log, stages };
                let generation = self.generation(plans.into_iter().flatten(), &parts, renderer.as_ref());
                (Some(generation), Some(Arc::new(parts)))
            }
            _ => (None, None),
        };
        Deployed { generation, findings, watched, folder, parts }
    }

    /// Has the configuration serve, with the stages that the control plane has made. The number of the generation;
    /// `None` where the configuration was refused.
    pub fn publish(&self, shared: &Shared, deployed: &mut Deployed) -> Option<u64> {
        let (generation, parts) = deployed.generation.take().zip(deployed.parts.take())?;
        Some(self.publish_folder(shared, generation, parts))
    }

    fn generation(
        &self,
        plans: impl Iterator<Item = Plan>,
        parts: &Parts,
        renderer: Option<&templates::Renderer>,
    ) -> Generation {
        let mut apis: HashMap<Box<str>, Api> = HashMap::new();
        for plan in plans {
            let (api, stage): (Box<str>, Box<str>) = ((&*plan.api_id).into(), (&*plan.stage).into());
            let templates = renderer.and_then(|renderer| renderer.of(&plan));
            let runtime = self.stage(plan, parts, templates, None);
            apis.entry(api).or_default().stages.insert(stage, Arc::new(runtime));
        }
        let only = if apis.len() == 1 { apis.keys().next().cloned() } else { None };
        let apis = apis.into_iter().map(|(id, api)| (id, Arc::new(api))).collect();
        let generation = Generation { number: 0, apis, plugins: parts.plugins.all(), only };
        if !self.overrides.check_only {
            self.check_links(&generation, parts);
        }
        generation
    }

    /// Looks after the targets of all VPC links that routes of `generation` go through.
    fn check_links(&self, generation: &Generation, parts: &Parts) {
        let stages = generation.apis.values().flat_map(|api| api.stages.values());
        let routes = stages.flat_map(|stage| stage.with_canary()).flat_map(|stage| &stage.routes);
        self.links.check(routes.filter_map(|route| route.targets.as_ref()), &parts.folder);
    }

    /// `is_canary` where the stage has a canary, or is one.
    fn stage(
        &self,
        plan: Plan,
        parts: &Parts,
        templates: Option<Templates>,
        is_canary: Option<bool>,
    ) -> StageRuntime {
        let Parts { folder, plugins, log, .. } = parts;
        let name: String = plan.api_name.chars().filter(char::is_ascii).collect();
        let name = name.trim();
        let api: Arc<str> = if name.is_empty() { Arc::clone(&plan.api_id) } else { name.into() };
        let shown = match is_canary {
            Some(true) => format!("{}/Canary", plan.stage).into(),
            _ => Arc::clone(&plan.stage),
        };
        let key = |resource: &Arc<str>, method| RouteKey {
            api: Arc::clone(&api),
            stage: Arc::clone(&shown),
            resource: Arc::clone(resource),
            method,
        };
        // Nobody looks at the counters of a stage that is there for one request.
        let trial = &*plan.stage == crate::control::TRIAL_STAGE;
        let counters = |key: &RouteKey| if trial { Arc::default() } else { self.telemetry.route(key) };
        let signer =
            |route: &Route| Some(route.integration.http()?.service.as_ref()?.signer.as_ref()?.clone());
        let routes = plan.routes.iter().map(|route| RouteRuntime {
            authorizer_breaker: Breaker::default(),
            metrics: counters(&key(&route.resource_path, route.verb.as_str())),
            component: component(route, folder, plugins),
            transform: transform(&plan, route, folder, plugins),
            targets: route.integration.http().and_then(|http| self.targets(http, &plan.api_id, parts)),
            signer: signer(route).map(|signer| self.signing.signer(&signer, folder)),
        });
        let entries = folder.node.limits.authorizer_cache_entries.unwrap_or(crate::authorizer::CACHE_ENTRIES);
        let authorizers = plan.authorizers.iter().map(|authorizer| {
            let plugin = plugins.get(&authorizer.plugin.0)?;
            Some(crate::authorizer::AuthorizerRuntime::new(authorizer, plugin, entries))
        });
        StageRuntime {
            routes: routes.collect(),
            unrouted: counters(&key(&"-".into(), "-")),
            authorizers: authorizers.collect(),
            firewall: firewall(&plan, folder, plugins),
            templates: templates.map(ArcSwap::from_pointee),
            access_log: log.clone(),
            canary: None,
            is_canary,
            plan,
        }
    }

    /// Where the calls of a route go.
    fn targets(&self, http: &HttpPlan, api_id: &str, parts: &Parts) -> Option<Targets> {
        let Parts { folder, settings, links, .. } = parts;
        match http.vpc_link {
            Some(_) => self.links.targets(http, api_id, folder, links, &self.resolver),
            None => Some(Targets::Host(Arc::new(Upstream::new(http, api_id, &self.resolver, settings)))),
        }
    }

    fn upstream_settings(&self, folder: &Folder, findings: &mut Vec<Finding>) -> Option<UpstreamSettings> {
        let connect_timeout =
            folder.node.limits.connect_timeout_ms.map_or(CONNECT_TIMEOUT, Duration::from_millis);
        let Some(ca_file) = &folder.node.ca_file else {
            return Some(UpstreamSettings { ca: None, ca_version: 0, connect_timeout });
        };
        match trust::read(&self.conf.join(ca_file)) {
            Ok((ca, ca_version)) => Some(UpstreamSettings { ca: Some(ca), ca_version, connect_timeout }),
            Err(error) => {
                let at = Location { file: crate::config::files::NODE.into(), line: 0, column: 0 };
                let message = format!("`ca_file` {}: {error}", ca_file.display());
                findings.push(
                    Finding::error("ca-file-invalid", &at, message)
                        .with_help("give a PEM file with CERTIFICATE blocks"),
                );
                None
            }
        }
    }

    /// Goes back to the version of a plugin that served before; see [`PluginStore::roll_back`].
    ///
    /// # Errors
    /// When there is no such plugin or no version before.
    pub(crate) fn roll_back(&self, plugin: &str) -> Result<(RolledBack, Undo), String> {
        self.plugins.roll_back(plugin)
    }

    /// As if a rollback had never been asked for.
    pub(crate) fn undo(&self, undo: Undo) {
        self.plugins.undo(undo);
    }

    /// Throws away plugin instances that have waited for too long.
    pub fn reap(&self) {
        self.plugins.reap();
    }

    /// Opens the access logs anew, so that a file that was moved away is let go.
    pub fn reopen_logs(&self) {
        for log in self.logs.lock().values().filter_map(std::sync::Weak::upgrade) {
            log.reopen();
        }
    }

    /// Writes out and closes the access logs, at the end of the node.
    pub fn close_logs(&self) {
        for log in self.logs.lock().values().filter_map(std::sync::Weak::upgrade) {
            log.close();
        }
    }

    /// The log that all stages share, opened once and kept while a generation uses it.
    fn access_log(&self, folder: &Folder, findings: &mut Vec<Finding>) -> Option<Arc<AccessLog>> {
        if self.overrides.check_only || self.overrides.no_access_log {
            return None;
        }
        let path = folder.node.access_log.path.clone().unwrap_or_else(|| "stdout".into());
        let path = if path == Path::new("stdout") { path } else { base(&self.conf).join(path) };
        let mut logs = self.logs.lock();
        if let Some(log) = logs.get(&path).and_then(std::sync::Weak::upgrade) {
            return Some(log);
        }
        match AccessLog::open(&path, Arc::clone(&self.telemetry)) {
            Ok(log) => {
                let log = Arc::new(log);
                logs.insert(path, Arc::downgrade(&log));
                Some(log)
            }
            Err(error) => {
                let at = Location { file: crate::config::files::NODE.into(), line: 0, column: 0 };
                let message = format!("`access_log.path` {}: {error}", path.display());
                findings.push(Finding::error("access-log-unwritable", &at, message));
                None
            }
        }
    }
}

/// The folder that relative paths are relative to.
fn base(conf: &Path) -> &Path {
    if conf.is_dir() { conf } else { conf.parent().unwrap_or(conf) }
}

/// Plugins by name; a `BTreeMap` so that findings come in a stable order.
type Named<T> = BTreeMap<String, T>;
