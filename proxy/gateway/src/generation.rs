//! A gateway generation: the immutable whole that serves requests.
//!
//! A request takes one reference at its start and is served by it to its end.

use crate::aws::Signer;
use crate::guard::{Breaker, PluginEntry};
use crate::targets::Targets;
use crate::telemetry::RouteMetrics;
use crate::telemetry::access_log::AccessLog;
use arc_swap::ArcSwap;
use edgewit_plan::plan::Plan;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that one configuration compiles to.
#[derive(Debug, Default)]
pub struct Generation {
    /// Counts from 1.
    pub number: u64,
    /// Stages by API id and stage name.
    pub apis: HashMap<Box<str>, Arc<Api>>,
    /// Plugins by name.
    pub plugins: std::collections::BTreeMap<String, Arc<PluginEntry>>,
    /// The API that hosts without a name of their own reach, where there is only one.
    pub only: Option<Box<str>>,
}

/// The stages of one API.
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// Stages by name.
    pub stages: HashMap<Box<str>, Arc<StageRuntime>>,
}

impl Generation {
    /// All stages, sorted by API id and stage name.
    pub fn stages(&self) -> Vec<&Arc<StageRuntime>> {
        let mut stages: Vec<_> = self.apis.values().flat_map(|api| api.stages.values()).collect();
        stages.sort_by(|a, b| (&a.plan.api_id, &a.plan.stage).cmp(&(&b.plan.api_id, &b.plan.stage)));
        stages
    }
}

/// A deployed stage with what its plan needs at run time.
#[derive(Debug)]
pub struct StageRuntime {
    /// What the stage was compiled into.
    pub plan: Plan,
    /// Parallel to [`Plan::routes`].
    pub routes: Vec<RouteRuntime>,
    /// Counters of requests that no route was found for.
    pub unrouted: Arc<RouteMetrics>,
    /// Parallel to [`Plan::authorizers`]; one without its plugin lets nobody in.
    pub authorizers: Vec<Option<crate::authorizer::AuthorizerRuntime>>,
    /// The component that looks at every request first.
    pub firewall: Option<Attached>,
    /// What renders its mapping templates; none where it has none.
    pub templates: Option<ArcSwap<Templates>>,
    /// Where access-log lines go.
    pub access_log: Option<Arc<AccessLog>>,
    /// Another deployment that takes part of its traffic.
    pub canary: Option<Canary>,
    /// Whether it is the canary of a stage; `None` where there is no canary.
    pub is_canary: Option<bool>,
}

impl StageRuntime {
    /// The stage, and its canary where it has one.
    pub(crate) fn with_canary(&self) -> impl Iterator<Item = &StageRuntime> {
        std::iter::once(self).chain(self.canary.iter().map(|canary| &*canary.stage))
    }

    /// Draws who serves a request: the stage itself, or its canary.
    pub(crate) fn draw(self: &Arc<Self>) -> &Arc<StageRuntime> {
        match &self.canary {
            Some(canary) if fastrand::f64() * 100.0 < canary.percent => &canary.stage,
            _ => self,
        }
    }
}

/// A deployment that takes part of a stage's traffic.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html>.
#[derive(Debug)]
pub struct Canary {
    /// 0 to 100.
    pub percent: f64,
    /// What serves these requests.
    pub stage: Arc<StageRuntime>,
}

/// The component that renders the mapping templates of a stage.
#[derive(Debug)]
pub struct Templates {
    /// The component.
    pub attached: Attached,
    /// What it knows each template as, parallel to [`Plan::templates`].
    pub numbers: Vec<u32>,
}

/// A plugin at work on one route.
#[derive(Debug)]
pub struct Attached {
    /// The plugin.
    pub entry: Arc<PluginEntry>,
    /// Counts its failures here.
    pub breaker: Breaker,
}

/// What one route needs at run time.
#[derive(Debug)]
pub struct RouteRuntime {
    /// Its counters.
    pub metrics: Arc<RouteMetrics>,
    /// Counts failures of its authorizer.
    pub authorizer_breaker: Breaker,
    /// The component that answers instead of a backend: a function, or one that stands for the target's origin.
    pub component: Option<Attached>,
    /// The component that changes its requests and answers.
    pub transform: Option<Attached>,
    /// Where its calls go, for integrations that are called over HTTP.
    pub targets: Option<Targets>,
    /// Who signs them.
    pub signer: Option<Signer>,
}
