//! Stages that the control plane has made: compiled one by one, and served beside those of the configuration folder.
//!
//! Only what changes is compiled; all else of the generation before is shared with the next.

use super::apis::{self, Lenience, one};
use super::{Deployer, Parts, templates};
use crate::generation::{Api, Canary, Generation, StageRuntime};
use crate::shared::Shared;
use edgewit_model::Finding;
use edgewit_model::stage::{Deployment, Stage};
use edgewit_plan::Plan;
use indexmap::IndexMap;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Quiet time after which the component that renders mapping templates is made fast for the stages there are.
const QUIET: Duration = Duration::from_secs(3);
/// Bytes of template texts that it is made fast for; each instance maps what they are parsed into.
const PICTURED_BYTES: usize = 16 << 20;

/// A stage that the control plane has made.
#[derive(Clone, Debug)]
pub(crate) struct LiveStage {
    /// Ten lower-case alphanumerics.
    pub(crate) rest_api_id: String,
    /// Its name.
    pub(crate) name: String,
    /// What it serves.
    pub(crate) deployment: Deployment,
    /// Stage variables.
    pub(crate) variables: IndexMap<String, String>,
    /// Format of its access log, over that of the node.
    pub(crate) access_log_format: Option<String>,
    /// What takes part of its traffic.
    pub(crate) canary: Option<LiveCanary>,
}

impl LiveStage {
    /// Id of the API and name.
    pub(crate) fn key(&self) -> StageKey {
        (self.rest_api_id.clone(), self.name.clone())
    }
}

/// Which stage: id of the API, and name.
pub(crate) type StageKey = (String, String);

/// A deployment that takes part of a stage's traffic.
#[derive(Clone, Debug)]
pub(crate) struct LiveCanary {
    /// 0 to 100.
    pub(crate) percent: f64,
    /// What it serves.
    pub(crate) deployment: Deployment,
    /// All its stage variables.
    pub(crate) variables: IndexMap<String, String>,
}

/// A stage that can be published.
pub(crate) struct Prepared {
    source: Arc<LiveStage>,
    runtime: Arc<StageRuntime>,
    /// What it was compiled with.
    parts: Arc<Parts>,
}

/// The stages that the control plane has made.
#[derive(Default)]
pub(super) struct Live {
    numbers: AtomicU64,
    published: Mutex<Published>,
    renderer: templates::LiveRenderer,
}

#[derive(Default)]
struct Published {
    /// What the configuration folder has come to; `None` before it serves.
    folder: Option<(Generation, Arc<Parts>)>,
    stages: BTreeMap<StageKey, Entry>,
    /// The APIs of the generation that serves.
    apis: HashMap<Box<str>, Arc<Api>>,
}

/// A stage with what compiling it has come to.
type Compiled = (Arc<LiveStage>, Result<Arc<StageRuntime>, Vec<Finding>>);

struct Entry {
    source: Arc<LiveStage>,
    runtime: Arc<StageRuntime>,
}

impl Live {
    /// The number of the next generation, from 1.
    pub(super) fn next_number(&self) -> u64 {
        1 + self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// What the control plane has made, as it serves now.
    pub(super) fn stages(&self) -> Vec<Arc<StageRuntime>> {
        self.published.lock().stages.values().map(|entry| Arc::clone(&entry.runtime)).collect()
    }
}

impl Deployer {
    /// Compiles a stage of the control plane with the configuration that serves.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn prepare(&self, stage: LiveStage) -> Result<Prepared, Vec<Finding>> {
        let Some(parts) = self.live.published.lock().parts() else { return Err(Vec::new()) };
        let source = Arc::new(stage);
        let runtime = self.compile_live(&source, &parts)?;
        Ok(Prepared { source, runtime, parts })
    }

    /// The stages of the control plane that serve.
    pub(crate) fn live_keys(&self) -> Vec<StageKey> {
        self.live.published.lock().stages.keys().cloned().collect()
    }

    /// The stages of the configuration folder that serves: their file, they themselves, and since when, in seconds
    /// since 1970.
    pub(crate) fn file_stages(&self) -> Vec<(Arc<str>, Stage, u64)> {
        let published = self.live.published.lock();
        published.folder.as_ref().map_or_else(Vec::new, |(_, parts)| parts.stages.clone())
    }

    /// Has these stages serve from the next request on, and those no more.
    pub(crate) fn publish_stages(&self, shared: &Shared, stages: Vec<Prepared>, gone: &[StageKey]) {
        if stages.is_empty() && gone.is_empty() {
            return;
        }
        let mut published = self.live.published.lock();
        let Some(parts) = published.parts() else { return };
        let mut touched = BTreeSet::new();
        let mut links = false;
        for Prepared { source, runtime, parts: used } in stages {
            let runtime = match Arc::ptr_eq(&used, &parts) {
                true => runtime,
                // The configuration has changed meanwhile.
                false => self.compile_live(&source, &parts).unwrap_or_else(|findings| {
                    tell(&source, &findings);
                    runtime
                }),
            };
            self.live.renderer.publish(&runtime);
            links |= has_links(&runtime);
            touched.insert(source.rest_api_id.clone());
            published.stages.insert(source.key(), Entry { source, runtime });
        }
        for key in gone {
            touched.insert(key.0.clone());
            published.stages.remove(key);
        }
        published.renew(&touched);
        self.serve(shared, &published, self.live.next_number(), links);
    }

    /// Has a changed configuration serve, the stages of the control plane compiled anew with it.
    pub(super) fn publish_folder(&self, shared: &Shared, generation: Generation, parts: Arc<Parts>) -> u64 {
        let sources: Vec<Arc<LiveStage>> = {
            let published = self.live.published.lock();
            published.stages.values().map(|entry| Arc::clone(&entry.source)).collect()
        };
        // Without the lock, so that the control plane goes on publishing meanwhile.
        let compiled = self.compile_many(sources, &parts);
        let mut published = self.live.published.lock();
        for (key, entry) in &mut published.stages {
            let ready = compiled.get(key).filter(|(source, _)| Arc::ptr_eq(source, &entry.source));
            let made = match ready {
                Some((_, made)) => made.clone(),
                None => self.compile_live(&entry.source, &parts),
            };
            match made {
                Ok(runtime) => entry.runtime = runtime,
                Err(findings) => tell(&entry.source, &findings),
            }
        }
        let number = self.live.next_number();
        published.apis.clone_from(&generation.apis);
        published.folder = Some((generation, parts));
        let all = published.stages.keys().map(|(api, _)| api.clone()).collect();
        published.renew(&all);
        self.serve(shared, &published, number, true);
        number
    }

    fn compile_many(&self, sources: Vec<Arc<LiveStage>>, parts: &Parts) -> HashMap<StageKey, Compiled> {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        if sources.iter().any(|source| has_templates(source)) {
            self.prepare_templates_of(parts);
        }
        let one = |source: Arc<LiveStage>| {
            let made = self.compile_live(&source, parts);
            (source.key(), (source, made))
        };
        sources.into_par_iter().map(one).collect()
    }

    fn serve(&self, shared: &Shared, published: &Published, number: u64, links: bool) {
        let Some((folder, parts)) = &published.folder else { return };
        let generation = Generation {
            number,
            apis: published.apis.clone(),
            plugins: folder.plugins.clone(),
            only: folder.only.clone(),
        };
        if links {
            self.check_links(&generation, parts);
        }
        shared.publish(generation);
    }

    /// A stage that nobody is served, for a test invocation.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn trial(&self, stage: LiveStage) -> Result<Generation, Vec<Finding>> {
        let prepared = self.prepare(stage)?;
        let mut api = Api::default();
        api.stages.insert(prepared.source.name.as_str().into(), prepared.runtime);
        let apis = HashMap::from([(prepared.source.rest_api_id.as_str().into(), Arc::new(api))]);
        Ok(Generation { apis, plugins: prepared.parts.plugins.all(), ..Generation::default() })
    }

    fn compile_live(&self, live: &LiveStage, parts: &Parts) -> Result<Arc<StageRuntime>, Vec<Finding>> {
        let canary = match &live.canary {
            Some(canary) => {
                let plan = plan(live, &canary.deployment, &canary.variables, parts)?;
                let stage = Arc::new(self.live_runtime(plan, parts, Some(true))?);
                Some(Canary { percent: canary.percent, stage })
            }
            None => None,
        };
        let plan = plan(live, &live.deployment, &live.variables, parts)?;
        let mut runtime = self.live_runtime(plan, parts, canary.is_some().then_some(false))?;
        runtime.canary = canary;
        Ok(Arc::new(runtime))
    }

    fn live_runtime(
        &self,
        plan: Plan,
        parts: &Parts,
        is_canary: Option<bool>,
    ) -> Result<StageRuntime, Vec<Finding>> {
        let mut findings = Vec::new();
        super::worlds::check_plan(&plan, &parts.plugins, &mut findings);
        if findings.iter().any(Finding::is_error) {
            return Err(findings);
        }
        let templates =
            self.live.renderer.of(&plan, &self.plugins, &parts.folder).map_err(|finding| vec![finding])?;
        Ok(self.stage(plan, parts, templates, is_canary))
    }

    /// Loads what renders templates at once, before a stage needs it.
    pub(crate) fn prepare_templates(&self) {
        let parts = self.live.published.lock().parts();
        if let Some(parts) = parts {
            self.prepare_templates_of(&parts);
        }
    }

    fn prepare_templates_of(&self, parts: &Parts) {
        if let Err(error) = self.live.renderer.base(&self.plugins, &parts.folder) {
            tracing::error!(error, "the component that renders mapping templates cannot be loaded");
        }
    }

    fn picture(&self, wanted: u64) {
        if self.live.renderer.pictured() == wanted {
            return;
        }
        let Some(parts) = self.live.published.lock().parts() else { return };
        let stages = self.live.stages();
        let stages = stages.iter().flat_map(|stage| stage.with_canary());
        let texts: BTreeSet<Arc<str>> = stages.flat_map(|stage| stage.plan.templates.clone()).collect();
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        if bytes > PICTURED_BYTES {
            tracing::info!(
                bytes,
                limit = PICTURED_BYTES,
                "too many mapping templates to make all of them fast"
            );
            self.live.renderer.done(wanted, None);
            return;
        }
        match self.live.renderer.picture(texts, &self.plugins, &parts.folder) {
            Ok(renderer) => {
                // Those published from here on find it by themselves.
                self.live.renderer.done(wanted, renderer);
                for stage in self.live.stages().iter().flat_map(|stage| stage.with_canary()) {
                    if let (Some(templates), Some(fast)) =
                        (&stage.templates, self.live.renderer.fast(&stage.plan))
                    {
                        templates.store(Arc::new(fast));
                    }
                }
            }
            Err(error) => {
                tracing::warn!(
                    error,
                    "mapping templates could not be made fast; they are rendered all the same"
                );
                self.live.renderer.done(wanted, None);
            }
        }
    }
}

impl Published {
    /// What stages are made with; `None` before the configuration folder serves.
    fn parts(&self) -> Option<Arc<Parts>> {
        self.folder.as_ref().map(|(_, parts)| Arc::clone(parts))
    }

    /// Puts the APIs named by `touched` together again: what files and the control plane say of them.
    fn renew(&mut self, touched: &BTreeSet<String>) {
        for id in touched {
            let of_files = self.folder.as_ref().and_then(|(folder, _)| folder.apis.get(id.as_str()));
            let mut api = of_files.map_or_else(Api::default, |api| Api::clone(api));
            let stages =
                self.stages.range((id.clone(), String::new())..).take_while(|((api, _), _)| api == id);
            for ((_, stage), entry) in stages {
                // Of two with one name the file's is served: the control plane cannot change that one.
                let there = api.stages.entry(stage.as_str().into());
                there.or_insert_with(|| Arc::clone(&entry.runtime));
            }
            if api.stages.is_empty() {
                self.apis.remove(id.as_str());
            } else {
                self.apis.insert(id.as_str().into(), Arc::new(api));
            }
        }
    }
}

/// Makes the rendering of templates fast once nothing has been published for a while, as long as there is a deployer.
/// For a thread of its own.
pub(crate) fn picture_templates(deployer: &std::sync::Weak<Deployer>) {
    let mut seen = 0;
    if let Some(deployer) = deployer.upgrade() {
        deployer.prepare_templates();
    }
    loop {
        std::thread::park_timeout(QUIET);
        let Some(deployer) = deployer.upgrade() else { return };
        let wanted = deployer.live.renderer.wanted();
        // Two looks that find the same: nothing has been published between them.
        if wanted == seen {
            deployer.picture(wanted);
        }
        seen = wanted;
    }
}

/// What a stage may be called with, roughly: those without templates need no component.
fn has_templates(stage: &LiveStage) -> bool {
    let of = |deployment: &Deployment| {
        let methods = deployment.api.resources.iter().flat_map(|resource| resource.methods.values());
        methods.filter_map(|method| method.integration.as_ref()).any(|integration| {
            let responses =
                integration.responses.iter().any(|response| !response.response_templates.is_empty());
            responses || !integration.request_templates.is_empty()
        })
    };
    of(&stage.deployment) || stage.canary.as_ref().is_some_and(|canary| of(&canary.deployment))
}

/// A stage that cannot be served with the configuration that there is now.
fn tell(stage: &LiveStage, findings: &[Finding]) {
    let (api, stage) = (&stage.rest_api_id, &stage.name);
    for finding in findings.iter().filter(|finding| finding.is_error()) {
        tracing::error!(api, stage, %finding, "a stage cannot be served with this configuration; what it was before serves on");
    }
}

fn plan(
    live: &LiveStage,
    deployment: &Deployment,
    variables: &IndexMap<String, String>,
    parts: &Parts,
) -> Result<Plan, Vec<Finding>> {
    let node = &parts.folder.node;
    let at = || edgewit_model::Location {
        file: format!("restapis/{}/stages/{} accessLogSettings", live.rest_api_id, live.name).into(),
        line: 0,
        column: 0,
    };
    let stage = Stage {
        rest_api_id: live.rest_api_id.clone(),
        name: live.name.clone(),
        deployment: deployment.clone(),
        variables: variables.clone(),
        access_log_format: match &live.access_log_format {
            Some(format) => Some((format.clone(), at())),
            None => apis::access_log_format(node.access_log.format.as_ref()),
        },
        account_id: node.account().to_owned(),
        region: node.region().to_owned(),
    };
    let (plan, findings) = one(&stage, &parts.folder, Lenience::DEPLOYED);
    for finding in &findings {
        tracing::info!(api = live.rest_api_id, stage = live.name, %finding);
    }
    plan.ok_or(findings)
}

fn has_links(stage: &StageRuntime) -> bool {
    let through = |route: &crate::generation::RouteRuntime| {
        matches!(route.targets, Some(crate::targets::Targets::Link { .. }))
    };
    stage.with_canary().flat_map(|stage| &stage.routes).any(through)
}
