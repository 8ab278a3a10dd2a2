//! Authorizers at run time: the plugin behind each, and the results that are kept.

use crate::guard::PluginEntry;
use edgewit_plan::plan::AuthorizerPlan;
use edgewit_plugin::{Caller, Decision};
use edgewit_policy::Policy;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Default results kept per stage and authorizer.
pub(crate) const CACHE_ENTRIES: usize = 10_000;
/// Bytes of the identity values that make a cache key; longer ones are not kept.
pub(crate) const CACHE_KEY_BYTES: usize = 8 * 1024;

/// What an authorizer decided, ready to be applied to one method after the other.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Everything is allowed.
    Allow(Arc<Caller>),
    /// What the policy allows is allowed.
    Policy(Arc<Caller>, Policy),
    /// Nothing is.
    Deny,
    /// 401.
    Unauthorized,
    /// The plugin failed, and its failures are declared to let requests pass.
    PassedOver,
}

impl Outcome {
    /// # Errors
    /// When the policy document is not one.
    pub(crate) fn new(decision: Decision) -> Result<Self, String> {
        Ok(match decision {
            Decision::Allow(caller) => Outcome::Allow(Arc::new(caller)),
            Decision::Deny(reason) => {
                tracing::debug!(reason, "an authorizer denied a request");
                Outcome::Deny
            }
            Decision::Unauthorized => Outcome::Unauthorized,
            Decision::Policy { caller, document } => {
                let policy = Policy::parse_str(&document).map_err(|error| error.to_string())?;
                Outcome::Policy(Arc::new(caller), policy)
            }
        })
    }
}

/// One authorizer of a stage.
pub struct AuthorizerRuntime {
    /// The plugin that decides.
    pub(crate) plugin: Arc<PluginEntry>,
    kept: Option<Kept>,
}

struct Kept {
    results: Cache<Box<str>, (Instant, Arc<Outcome>)>,
    ttl: Duration,
}

impl AuthorizerRuntime {
    /// An authorizer that keeps at most `entries` results for as long as its plan says.
    pub fn new(plan: &AuthorizerPlan, plugin: Arc<PluginEntry>, entries: usize) -> Self {
        let ttl = Duration::from_secs(u64::from(plan.ttl_seconds));
        let kept = (!ttl.is_zero() && entries > 0).then(|| Kept { results: Cache::new(entries), ttl });
        Self { plugin, kept }
    }

    /// Whether results are kept at all.
    pub(crate) fn keeps_results(&self) -> bool {
        self.kept.is_some()
    }

    pub(crate) fn cached(&self, key: &str) -> Option<Arc<Outcome>> {
        let kept = self.kept.as_ref()?;
        let (at, outcome) = kept.results.get(key)?;
        (at.elapsed() < kept.ttl).then_some(outcome)
    }

    /// Keeps a result. A call that asked for a 401 is not a result, nor is one that failed.
    pub(crate) fn keep(&self, key: String, outcome: &Arc<Outcome>) {
        if let Some(kept) = &self.kept
            && !matches!(**outcome, Outcome::Unauthorized | Outcome::PassedOver)
            && key.len() <= CACHE_KEY_BYTES
        {
            kept.results.insert(key.into_boxed_str(), (Instant::now(), Arc::clone(outcome)));
        }
    }
}

impl std::fmt::Debug for AuthorizerRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorizerRuntime")
            .field("plugin", &self.plugin.plugin.name())
            .finish_non_exhaustive()
    }
}
