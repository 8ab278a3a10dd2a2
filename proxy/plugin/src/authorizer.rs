//! A loaded authorizer and how it is called.

use std::pin::pin;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::Resource;
use wasmtime::{PoolConcurrencyLimitError, Store, Trap, WasmBacktrace};

use crate::bindings::{AuthorizerPre, authorize as wit};
use crate::call::{self, Call, HOSTCALL_BYTES, Stopped};
use crate::decision::Decision;
use crate::error::PluginError;
use crate::host::Shared;
use crate::limits::PluginLimits;
use crate::load::Loaded;
use crate::meter::{Meter, Metered};
use crate::request::AuthorizerRequest;
use crate::slots::Slots;
use crate::text;

/// Ticks until a guest has to let others have the worker for the first time. Two, because a call that begins just
/// before a tick would otherwise be set back behind everybody else after a few microseconds.
const FIRST_SLICE_TICKS: u64 = 2;
/// Functions of a trap's backtrace that its message names.
const TRAP_FRAMES: usize = 8;

/// A component of the world `authorizer`, ready to be called. Immutable; shared by all workers.
pub struct Authorizer {
    host: Arc<Shared>,
    loaded: Arc<Loaded>,
    ready: AuthorizerPre<Call>,
    slots: Slots,
    digest: String,
}

impl std::fmt::Debug for Authorizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorizer").field("name", &self.loaded.name).field("digest", &self.digest).finish()
    }
}

impl Authorizer {
    pub(crate) fn new(
        host: Arc<Shared>,
        loaded: Arc<Loaded>,
        bytes: &[u8],
        ready: AuthorizerPre<Call>,
    ) -> Self {
        let slots = Slots::new(loaded.settings.limits.instances);
        let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { host, loaded, ready, slots, digest }
    }

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

    /// Asks the plugin about one request, on a fresh instance.
    ///
    /// Must run on a tokio runtime with time enabled. The future gives the worker back at least every two
    /// milliseconds, and dropping it ends the call and frees its instance.
    ///
    /// # Errors
    /// When the plugin could not decide; see [`PluginError`].
    pub async fn authorize(&self, request: Arc<dyn AuthorizerRequest>) -> Result<Decision, PluginError> {
        let limits = self.limits();
        // Declared before the store so that they are given back after it: a free slot means a free instance.
        let Some(_slot) = self.slots.claim() else {
            return Err(PluginError::PoolExhausted { instances: self.slots.count(), whose: "the plugin" });
        };
        let running = self.host.ticker.enter();
        if running.others >= self.host.instances as usize {
            return Err(PluginError::PoolExhausted { instances: self.host.instances, whose: "the node" });
        }

        let meter = Meter::new();
        let mut store =
            Store::new(&self.host.engine, Call::new(Arc::clone(&self.loaded), request, Arc::clone(&meter)));
        store.limiter(|call| call);
        store.epoch_deadline_callback(call::on_tick);
        store.set_epoch_deadline(FIRST_SLICE_TICKS);
        store.set_hostcall_fuel(HOSTCALL_BYTES);

        let called = {
            let future = pin!(self.call(&mut store));
            tokio::time::timeout(limits.wall(), Metered { future, meter }).await
        };
        match called {
            Ok(Ok(Ok(decision))) => {
                Decision::check(decision, limits.result_bytes).map_err(PluginError::InvalidResult)
            }
            Ok(Ok(Err(failure))) => Err(PluginError::Failed(text::printable_line(&failure))),
            Ok(Err(error)) => Err(self.classify(&error, store.data().stopped)),
            Err(_elapsed) => Err(PluginError::WallTime { limit_ms: limits.wall_ms }),
        }
    }

    async fn call(&self, store: &mut Store<Call>) -> wasmtime::Result<Result<wit::Decision, String>> {
        let instance = self.ready.instantiate_async(&mut *store).await?;
        instance.edgewit_plugin_authorize().call_authorize(store, Resource::new_borrow(0)).await
    }

    fn classify(&self, error: &wasmtime::Error, stopped: Option<Stopped>) -> PluginError {
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
}

/// Cause and functions of a trap in one line: `unreachable instruction executed, in m!inner < m!outer`.
pub(crate) fn describe(error: &wasmtime::Error) -> String {
    let cause = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let mut message = text::printable_line(cause.strip_prefix("wasm trap: ").unwrap_or(&cause));
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        // Each line of the backtrace reads `0: 0x1f4 - module!function`, already demangled.
        let backtrace = backtrace.to_string();
        let functions =
            backtrace.lines().filter_map(|line| line.split_once(" - ")).map(|(_, name)| name.trim());
        for (index, function) in functions.take(TRAP_FRAMES).enumerate() {
            message.push_str(if index == 0 { ", in " } else { " < " });
            message.push_str(&text::printable_line(function));
        }
    }
    message
}
