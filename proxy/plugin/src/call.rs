//! One call of a plugin: what its instance may reach on the host's side.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

use crate::guest_log::LogBudget;
use crate::handles::Handles;
use crate::limits::StoreGrant;
use crate::load::Loaded;
use crate::meter::Meter;
use crate::request::{PluginRequest, PluginResponse};
use crate::tools::Toolbox;
use crate::wasi::Wasi;

/// Bytes a guest may hand to the host at once, as an argument or a result. The host holds them until it has looked at
/// them, so this bounds the memory that guests can take up outside their own.
pub(crate) const HOSTCALL_BYTES: usize = 256 << 10;
/// Elements of one table: function pointers, of which a language engine has some thousands.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;

/// Everything that belongs to one call; the data of its store.
pub(crate) struct Call {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) request: Arc<dyn PluginRequest>,
    pub(crate) response: Option<Arc<dyn PluginResponse>>,
    /// By which the guest asks about these two.
    pub(crate) handles: Handles,
    pub(crate) log: LogBudget,
    /// Sets and keys that this instance made.
    pub(crate) tools: Toolbox,
    /// The key-value stores it has opened, by their handles.
    pub(crate) buckets: Vec<Option<StoreGrant>>,
    /// Made when the guest first asks WASI for anything: most never do.
    pub(crate) wasi: Option<Box<Wasi>>,
    meter: Arc<Meter>,
    /// Milliseconds that the guest may run.
    cpu: Duration,
    /// Bytes of all linear memories of the instance.
    memory_bytes: usize,
    /// Why the host stopped the guest, where it did.
    pub(crate) stopped: Option<Stopped>,
}

/// A limit that the guest passed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stopped {
    CpuTime,
    Memory { asked_bytes: usize },
}

impl Call {
    pub(crate) fn new(loaded: Arc<Loaded>, request: Arc<dyn PluginRequest>, meter: Arc<Meter>) -> Self {
        let log = LogBudget::new(&loaded.settings.limits);
        let cpu = loaded.settings.limits.cpu();
        Self {
            loaded,
            request,
            response: None,
            handles: Handles::default(),
            log,
            tools: Toolbox::of_instance(),
            buckets: Vec::new(),
            wasi: None,
            meter,
            cpu,
            memory_bytes: 0,
            stopped: None,
        }
    }

    pub(crate) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// For the one call before all others, which may take longer.
    pub(crate) fn configuring(mut self) -> Self {
        self.cpu = self.loaded.settings.limits.configure();
        self.tools = Toolbox::of_plugin();
        self
    }

    /// The next call of an instance that is kept.
    pub(crate) fn begin(&mut self, request: Arc<dyn PluginRequest>, meter: Arc<Meter>) {
        if let Some(wasi) = &mut self.wasi {
            wasi.begin(&request.request_id());
        }
        self.request = request;
        self.handles.begin();
        self.meter = meter;
        self.log = LogBudget::new(&self.loaded.settings.limits);
    }

    /// After a call of an instance that is kept: nothing of the request stays.
    pub(crate) fn end(&mut self, nothing: Arc<dyn PluginRequest>) {
        self.log.finish(&self.loaded.name, &self.request.request_id());
        self.log = LogBudget::spent();
        self.request = nothing;
        self.response = None;
    }
}

impl Drop for Call {
    /// The last word about dropped log lines, said also when the call was cut off.
    fn drop(&mut self) {
        self.log.finish(&self.loaded.name, &self.request.request_id());
    }
}

/// Runs at each tick of the clock while the guest runs: lets others have the worker, or ends the call.
pub(crate) fn on_tick(mut store: StoreContextMut<'_, Call>) -> wasmtime::Result<UpdateDeadline> {
    let call = store.data_mut();
    if call.meter.running() >= call.cpu {
        call.stopped = Some(Stopped::CpuTime);
        return Ok(UpdateDeadline::Interrupt);
    }
    call.loaded.pace.hurry();
    call.meter.rest();
    // Tokio's own yield, and not the engine's: that one wakes its task at once, and a runtime that always has a task to
    // run looks at its sockets and timers only every 61 tasks, which would be 61 ms here.
    Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
}

impl ResourceLimiter for Call {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let all = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if all > self.loaded.settings.limits.memory_bytes {
            self.stopped = Some(Stopped::Memory { asked_bytes: all });
            // An error ends the call here and now; `false` would leave it to the guest to go on without.
            return Err(wasmtime::format_err!("limit memory_bytes"));
        }
        self.memory_bytes = all;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
