//! A plugin generation: loaded, ready to be called.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::{Instance, InstancePre, Resource};
use wasmtime::{PoolConcurrencyLimitError, Store};

use crate::answers::{Event, FunctionFailure, InspectFinding};
use crate::bindings::body::BodyPart;
use crate::bindings::{authorize, handle, inspect, rewrite};
use crate::call::{self, Call, HOSTCALL_BYTES, Stopped};
use crate::decision::Decision;
use crate::error::{LoadError, PluginError};
use crate::host::Shared;
use crate::limits::{PluginLimits, PluginSettings};
use crate::load::Loaded;
use crate::meter::{Meter, Metered};
use crate::no_request::NoRequest;
use crate::request::{PluginRequest, PluginResponse};
use crate::slots::{Slot, Slots};
use crate::text;
use crate::ticker::Running;
use crate::trap::describe;
use crate::warm::{Kept, Warm};
use crate::world::{Exports, World};

/// Ticks until a guest has to let others have the worker for the first time. Two, because a call that begins just
/// before a tick would otherwise be set back behind everybody else after a few microseconds.
pub(crate) const FIRST_SLICE_TICKS: u64 = 2;

/// One loaded version of a plugin. Immutable; shared by all workers.
pub struct Plugin {
    pub(crate) host: Arc<Shared>,
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) ready: InstancePre<Call>,
    pub(crate) exports: Arc<Exports>,
    /// Shared with those that differ in their configuration only.
    pub(crate) slots: Arc<Slots>,
    pub(crate) warm: Warm,
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

/// What an instance is asked.
pub(crate) enum Ask<'a> {
    Authorize,
    RewriteRequest,
    RewriteResponse,
    InspectHead,
    InspectBody(BodyPart),
    Handle(&'a str, handle::Invocation),
}

/// What it answers.
pub(crate) enum Answer {
    Decision(authorize::Decision),
    Request(rewrite::RequestOutcome),
    Response(rewrite::ResponseChanges),
    Finding(inspect::Finding),
    Json(Result<String, handle::Failure>),
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

    /// Instances that wait for their next request.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.warm.len()
    }

    /// Throws away kept instances that have waited for too long.
    pub fn reap(&self) {
        self.warm.reap();
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

    pub(crate) async fn ask(
        &self,
        request: Arc<dyn PluginRequest>,
        response: Option<Arc<dyn PluginResponse>>,
        ask: Ask<'_>,
    ) -> Result<Answer, PluginError> {
        let (answer, kept) = self.ask_on(None, request, response, ask).await?;
        if self.warm.keeps() {
            self.warm.put(kept);
        }
        Ok(answer)
    }

    /// The same on a certain instance, which comes back with the answer and knows nothing more of the request.
    pub(crate) async fn ask_on(
        &self,
        on: Option<Kept>,
        request: Arc<dyn PluginRequest>,
        response: Option<Arc<dyn PluginResponse>>,
        ask: Ask<'_>,
    ) -> Result<(Answer, Kept), PluginError> {
        let limits = self.limits();
        // Declared before the store so that they are given back after it: a free slot means a free instance.
        let (_slot, _running) = self.claim().await?;
        let meter = Meter::new();
        let (mut store, instance, uses) = match on.or_else(|| self.warm.take()) {
            Some(mut kept) => {
                self.reused.fetch_add(1, Ordering::Relaxed);
                kept.store.data_mut().begin(request, Arc::clone(&meter));
                (kept.store, Some(kept.instance), kept.uses)
            }
            None => {
                self.fresh.fetch_add(1, Ordering::Relaxed);
                (self.store(request, Arc::clone(&meter)), None, 0)
            }
        };
        store.data_mut().response = response;
        store.set_epoch_deadline(FIRST_SLICE_TICKS);
        store.set_hostcall_fuel(if matches!(ask, Ask::Authorize) {
            HOSTCALL_BYTES
        } else {
            self.hostcall_bytes()
        });
        let called = {
            let future = pin!(self.call(&mut store, instance, ask));
            tokio::time::timeout(limits.wall(), Metered { future, meter }).await
        };
        match called {
            Ok(Ok((instance, Ok(answer)))) => {
                store.data_mut().end(Arc::clone(&self.host.nothing));
                Ok((answer, Kept::new(store, instance, uses + 1)))
            }
            Ok(Ok((_, Err(failure)))) => Err(PluginError::Failed(text::printable_line(&failure))),
            Ok(Err(error)) => Err(self.classify(&error, store.data().stopped)),
            Err(_elapsed) => Err(PluginError::WallTime { limit_ms: limits.wall_ms }),
        }
    }

    /// Room for one call: of the plugin's own instances, and of the node's.
    pub(crate) async fn claim(&self) -> Result<(Slot<'_>, Running<'_>), PluginError> {
        let exhausted = |instances, whose| PluginError::PoolExhausted { instances, whose };
        let slot = self.slots.claim_within(self.limits().queue()).await;
        let slot = slot.ok_or_else(|| exhausted(self.slots.count(), "the plugin"))?;
        let running = self.host.ticker.enter();
        if running.others >= self.host.instances as usize {
            return Err(exhausted(self.host.instances, "the node"));
        }
        Ok((slot, running))
    }

    /// Everything that one new instance lives in.
    pub(crate) fn store(&self, request: Arc<dyn PluginRequest>, meter: Arc<Meter>) -> Store<Call> {
        let mut store = Store::new(&self.host.engine, Call::new(Arc::clone(&self.loaded), request, meter));
        store.limiter(|call| call);
        store.epoch_deadline_callback(call::on_tick);
        store
    }

    pub(crate) fn hostcall_bytes(&self) -> usize {
        // Bodies and JSON documents are larger than what an authorizer says.
        HOSTCALL_BYTES.max(self.limits().body_bytes.saturating_add(HOSTCALL_BYTES))
    }

    async fn call(
        &self,
        store: &mut Store<Call>,
        instance: Option<Instance>,
        ask: Ask<'_>,
    ) -> wasmtime::Result<(Instance, Result<Answer, String>)> {
        let instance = match instance {
            Some(instance) => instance,
            None => self.instance(store).await?,
        };
        let answer = self.perform(store, &instance, ask).await?;
        Ok((instance, answer))
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

    async fn perform(
        &self,
        store: &mut Store<Call>,
        instance: &Instance,
        ask: Ask<'_>,
    ) -> wasmtime::Result<Result<Answer, String>> {
        let missing = || wasmtime::format_err!("the component does not export what it is asked");
        Ok(match ask {
            Ask::Authorize => {
                let guest =
                    self.exports.authorize.as_ref().ok_or_else(missing)?.load(&mut *store, instance)?;
                guest.call_authorize(store, Resource::new_borrow(0)).await?.map(Answer::Decision)
            }
            Ask::RewriteRequest => {
                let guest = self.exports.rewrite.as_ref().ok_or_else(missing)?.load(&mut *store, instance)?;
                guest.call_rewrite_request(store, Resource::new_borrow(0)).await?.map(Answer::Request)
            }
            Ask::RewriteResponse => {
                let guest = self.exports.rewrite.as_ref().ok_or_else(missing)?.load(&mut *store, instance)?;
                let (request, response) = (Resource::new_borrow(0), Resource::new_borrow(1));
                guest.call_rewrite_response(store, request, response).await?.map(Answer::Response)
            }
            Ask::InspectHead => {
                let guest = self.exports.inspect.as_ref().ok_or_else(missing)?.load(&mut *store, instance)?;
                guest.call_inspect_head(store, Resource::new_borrow(0)).await?.map(Answer::Finding)
            }
            Ask::InspectBody(body) => {
                let guest = self.exports.inspect.as_ref().ok_or_else(missing)?.load(&mut *store, instance)?;
                guest.call_inspect_body(store, Resource::new_borrow(0), &body).await?.map(Answer::Finding)
            }
            Ask::Handle(event, invocation) => {
                let guest = self.exports.handle.as_ref().ok_or_else(missing)?.load(&mut *store, instance)?;
                Ok(Answer::Json(guest.call_handle(store, event, &invocation).await?))
            }
        })
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

    /// Makes an instance as a request would and throws it away. The engine compares the types of exports with those of
    /// the worlds only then, whatever the component runs at its start runs for the first time, and its pages are there
    /// when the first request comes.
    pub(crate) async fn try_out(&self) -> Result<(), LoadError> {
        let meter = Meter::new();
        let mut store = self.store(Arc::new(NoRequest::default()), Arc::clone(&meter));
        store.set_epoch_deadline(1);
        store.set_hostcall_fuel(HOSTCALL_BYTES);
        let made = {
            let future = pin!(self.instance(&mut store));
            tokio::time::timeout(self.limits().configure(), Metered { future, meter }).await
        };
        let instance = match made {
            Ok(Ok(instance)) => instance,
            Ok(Err(error)) => return Err(self.not_started(&error, store.data().stopped)),
            Err(_late) => {
                let limit_ms = self.limits().configure_ms;
                return Err(LoadError::Trial(format!("not done after {limit_ms} ms (limit `configure_ms`)")));
            }
        };
        let unfit = |error: wasmtime::Error| LoadError::Contract { detail: format!("{error:#}") };
        self.exports.load_all(&mut store, &instance).map_err(unfit)
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
