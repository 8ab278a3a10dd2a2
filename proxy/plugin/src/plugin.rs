//! A plugin generation: loaded, ready to be called.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{PoolConcurrencyLimitError, Store};

use crate::answers::{Event, FunctionFailure, InspectFinding};
use crate::bindings::body::BodyPart;
use crate::bindings::handle;
use crate::call::{Call, Stopped};
use crate::calling::{Answer, Ask};
use crate::decision::Decision;
use crate::error::{LoadError, PluginError};
use crate::host::Shared;
use crate::limits::{PluginLimits, PluginSettings};
use crate::load::Loaded;
use crate::request::PluginRequest;
use crate::slots::Slots;
use crate::stock::{NotMade, Stock};
use crate::text;
use crate::trap::describe;
use crate::warm::Warm;
use crate::world::{Exports, World};

/// One loaded version of a plugin. Immutable; shared by all workers.
pub struct Plugin {
    pub(crate) host: Arc<Shared>,
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) ready: InstancePre<Call>,
    pub(crate) exports: Arc<Exports>,
    /// Shared with those that differ in their configuration only.
    pub(crate) slots: Arc<Slots>,
    pub(crate) warm: Warm,
    pub(crate) stock: Stock,
    /// Itself, for what goes on when a call is over.
    pub(crate) me: Weak<Self>,
    /// Every instance has to be configured when it is made, because no picture could be taken.
    pub(crate) configures_instances: bool,
    pub(crate) digest: String,
    pub(crate) fresh: AtomicU64,
    pub(crate) reused: AtomicU64,
    pub(crate) admission: Admission,
}

/// What became of a component on its way to the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Imports, as the component names them.
    pub imports: Vec<String>,
    /// Exports, as the component names them.
    pub exports: Vec<String>,
    /// It has a `configure`, and that was run.
    pub configured: bool,
    /// Why no picture was taken after `configure`, where there is one.
    pub no_picture: Option<String>,
    /// The compiled form came from the cache.
    pub from_cache: bool,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("name", &self.loaded.name).field("digest", &self.digest).finish()
    }
}

impl Plugin {
    /// The name it was loaded under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.loaded.name
    }

    /// SHA-256 of the component, 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The limits it runs under.
    #[must_use]
    pub fn limits(&self) -> &PluginLimits {
        &self.loaded.settings.limits
    }

    /// What it was loaded with.
    #[must_use]
    pub fn settings(&self) -> &PluginSettings {
        &self.loaded.settings
    }

    /// What it can be used for.
    #[must_use]
    pub fn worlds(&self) -> Vec<World> {
        self.exports.worlds()
    }

    /// How it came to be loaded.
    #[must_use]
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Calls on a new instance, and on one that was kept.
    #[must_use]
    pub fn calls(&self) -> (u64, u64) {
        (self.fresh.load(Ordering::Relaxed), self.reused.load(Ordering::Relaxed))
    }

    /// Kept instances that wait for their next request.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.warm.len()
    }

    /// New instances that wait for a request.
    #[must_use]
    pub fn prepared(&self) -> usize {
        self.stock.len()
    }

    /// Throws away instances that have waited for too long.
    pub fn reap(&self) {
        self.warm.reap();
        self.stock.reap();
    }

    /// Asks an authorizer about one request.
    ///
    /// Must run on a tokio runtime with time enabled. The future gives the worker back at least every two
    /// milliseconds, and dropping it ends the call and frees its instance. The same holds for the other calls.
    ///
    /// # Errors
    /// When the plugin could not decide; see [`PluginError`].
    pub async fn authorize(&self, request: Arc<dyn PluginRequest>) -> Result<Decision, PluginError> {
        match self.ask(request, None, Ask::Authorize).await? {
            Answer::Decision(decision) => {
                Decision::check(decision, self.limits().result_bytes).map_err(PluginError::InvalidResult)
            }
            _ => Err(wrong_answer()),
        }
    }

    /// Shows a firewall the head of a request.
    ///
    /// # Errors
    /// As [`Plugin::authorize`].
    pub async fn inspect_head(&self, request: Arc<dyn PluginRequest>) -> Result<InspectFinding, PluginError> {
        match self.ask(request, None, Ask::InspectHead).await? {
            Answer::Finding(finding) => {
                InspectFinding::check(finding, true).map_err(PluginError::InvalidResult)
            }
            _ => Err(wrong_answer()),
        }
    }

    /// Shows a firewall the first bytes of a request's body, and whether they are all.
    ///
    /// # Errors
    /// As [`Plugin::authorize`].
    pub async fn inspect_body(
        &self,
        request: Arc<dyn PluginRequest>,
        bytes: Vec<u8>,
        whole: bool,
    ) -> Result<InspectFinding, PluginError> {
        match self.ask(request, None, Ask::InspectBody(BodyPart { bytes, whole })).await? {
            Answer::Finding(finding) => {
                InspectFinding::check(finding, false).map_err(PluginError::InvalidResult)
            }
            _ => Err(wrong_answer()),
        }
    }

    /// Hands a function an event; the answer is its JSON or what it says went wrong.
    ///
    /// # Errors
    /// As [`Plugin::authorize`]. A function that answers with a failure did its work.
    pub async fn handle(
        &self,
        request: Arc<dyn PluginRequest>,
        event: &Event,
    ) -> Result<Result<String, FunctionFailure>, PluginError> {
        let invocation = handle::Invocation {
            function_name: event.function_name.clone(),
            function_arn: event.function_arn.clone(),
            request_id: request.request_id().into_owned(),
            remaining_ms: self.limits().wall_ms,
        };
        match self.ask(request, None, Ask::Handle(&event.json, invocation)).await? {
            Answer::Json(Ok(json)) => Ok(Ok(json)),
            Answer::Json(Err(failure)) => Ok(Err(FunctionFailure {
                error_type: text::printable_line(&failure.error_type),
                error_message: failure.error_message,
            })),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) fn classify(&self, error: &wasmtime::Error, stopped: Option<Stopped>) -> PluginError {
        let limits = self.limits();
        match stopped {
            Some(Stopped::CpuTime) => PluginError::CpuTime { limit_ms: limits.cpu_ms },
            Some(Stopped::Memory { asked_bytes }) => {
                PluginError::Memory { asked_bytes, limit_bytes: limits.memory_bytes }
            }
            // Components made of many parts can use the pool up before the instances are counted out.
            None if error.is::<PoolConcurrencyLimitError>() => {
                PluginError::PoolExhausted { instances: self.host.instances, whose: "the node" }
            }
            None => PluginError::Trap { message: describe(error) },
        }
    }

    /// A new instance, configured where its picture is not.
    pub(crate) async fn instance(&self, store: &mut Store<Call>) -> wasmtime::Result<Instance> {
        let instance = self.ready.instantiate_async(&mut *store).await?;
        if self.configures_instances
            && let Err(message) = configure(store, &instance, &self.exports).await?
        {
            // It accepted the same configuration at deployment.
            return Err(wasmtime::format_err!("configure: {message}"));
        }
        Ok(instance)
    }

    /// Makes an instance as a request would and throws it away. The engine compares the types of exports with those of
    /// the worlds only then, whatever the component runs at its start runs for the first time, and its pages are there
    /// when the first request comes.
    pub(crate) async fn try_out(&self) -> Result<(), LoadError> {
        match self.make(self.limits().configure()).await {
            Ok(_thrown_away) => Ok(()),
            Err(NotMade::Failed(error, stopped)) => Err(self.not_started(&error, stopped)),
            Err(NotMade::Unfit(error)) => Err(LoadError::Contract { detail: format!("{error:#}") }),
            Err(NotMade::Late) => {
                let limit_ms = self.limits().configure_ms;
                Err(LoadError::Trial(format!("not done after {limit_ms} ms (limit `configure_ms`)")))
            }
        }
    }

    fn not_started(&self, error: &wasmtime::Error, stopped: Option<Stopped>) -> LoadError {
        let limits = self.limits();
        match stopped {
            Some(Stopped::Memory { asked_bytes }) => LoadError::Start {
                what: "bytes of memory (limit `memory_bytes`)",
                found: asked_bytes as u64,
                limit: limits.memory_bytes as u64,
            },
            Some(Stopped::CpuTime) => {
                LoadError::Trial(format!("ran for {} ms (limit `cpu_ms`)", limits.cpu_ms))
            }
            None => LoadError::Trial(describe(error)),
        }
    }
}

pub(crate) fn wrong_answer() -> PluginError {
    PluginError::InvalidResult("an answer to another question".to_owned())
}

/// Runs `configure`; nothing where there is none.
pub(crate) async fn configure(
    store: &mut Store<Call>,
    instance: &Instance,
    exports: &Exports,
) -> wasmtime::Result<Result<(), String>> {
    match &exports.configure {
        None => Ok(Ok(())),
        Some(found) => {
            let guest = found.load(&mut *store, instance)?;
            guest.call_configure(store).await
        }
    }
}
