//! One call of a plugin: what its instance may reach on the host's side.

use std::borrow::Cow;
use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

use crate::PluginLimits;
use crate::bindings::request::Request as RequestHandle;
use crate::bindings::{config, log, request};
use crate::guest_log::{self, LogBudget};
use crate::load::Loaded;
use crate::meter::Meter;
use crate::request::AuthorizerRequest;

/// Bytes a guest may hand to the host at once, as an argument or a result. The host holds them until it has looked at
/// them, so this bounds the memory that guests can take up outside their own.
pub(crate) const HOSTCALL_BYTES: usize = 256 << 10;
/// Elements of one table: function pointers, of which a language engine has some thousands.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;

/// Everything that belongs to one call; the data of its store.
pub(crate) struct Call {
    plugin: Arc<Loaded>,
    request: Arc<dyn AuthorizerRequest>,
    meter: Arc<Meter>,
    log: LogBudget,
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
    pub(crate) fn new(plugin: Arc<Loaded>, request: Arc<dyn AuthorizerRequest>, meter: Arc<Meter>) -> Self {
        let log = LogBudget::new(&plugin.settings.limits);
        Self { plugin, request, meter, log, memory_bytes: 0, stopped: None }
    }

    fn limits(&self) -> &PluginLimits {
        &self.plugin.settings.limits
    }
}

impl Drop for Call {
    /// The last word about dropped log lines, said also when the call was cut off.
    fn drop(&mut self) {
        self.log.finish(&self.plugin.name, &self.request.request_id());
    }
}

/// Runs at each tick of the clock while the guest runs: lets others have the worker, or ends the call.
pub(crate) fn on_tick(mut store: StoreContextMut<'_, Call>) -> wasmtime::Result<UpdateDeadline> {
    let call = store.data_mut();
    if call.meter.running() >= call.limits().cpu() {
        call.stopped = Some(Stopped::CpuTime);
        return Ok(UpdateDeadline::Interrupt);
    }
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
        if all > self.limits().memory_bytes {
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

impl request::Host for Call {}

/// A guest holds one borrowed handle, and the request it stands for is the call's own: the handle need not be looked
/// at.
impl request::HostRequest for Call {
    fn method(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.method().into_owned()
    }

    fn path(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.path().into_owned()
    }

    fn resource_path(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.resource_path().into_owned()
    }

    fn stage(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.stage().into_owned()
    }

    fn api_id(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.api_id().into_owned()
    }

    fn request_id(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.request_id().into_owned()
    }

    fn source_ip(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.source_ip().into_owned()
    }

    fn protocol(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.protocol().into_owned()
    }

    fn header(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.header(&name).map(Cow::into_owned)
    }

    fn header_values(&mut self, _: Resource<RequestHandle>, name: String) -> Vec<String> {
        collect(|each| self.request.header_values(&name, each))
    }

    fn header_names(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.header_names(each))
    }

    fn query(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.query(&name).map(Cow::into_owned)
    }

    fn query_values(&mut self, _: Resource<RequestHandle>, name: String) -> Vec<String> {
        collect(|each| self.request.query_values(&name, each))
    }

    fn query_names(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.query_names(each))
    }

    fn path_parameter(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.path_parameter(&name).map(Cow::into_owned)
    }

    fn stage_variable(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.stage_variable(&name).map(Cow::into_owned)
    }

    fn context(&mut self, _: Resource<RequestHandle>, name: String) -> Option<String> {
        self.request.context(&name).map(Cow::into_owned)
    }

    fn method_arn(&mut self, _: Resource<RequestHandle>) -> String {
        self.request.method_arn().into_owned()
    }

    fn authorization_token(&mut self, _: Resource<RequestHandle>) -> Option<String> {
        self.request.authorization_token().map(Cow::into_owned)
    }

    fn identity_sources(&mut self, _: Resource<RequestHandle>) -> Vec<String> {
        collect(|each| self.request.identity_sources(each))
    }

    /// Never called: guests only ever borrow the request.
    fn drop(&mut self, _: Resource<RequestHandle>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl config::Host for Call {
    fn get(&mut self, key: String) -> Option<String> {
        self.plugin.settings.config.get(&key).cloned()
    }
}

impl log::Host for Call {
    fn log(&mut self, level: log::Level, message: String) {
        if self.log.take(message.len()) {
            guest_log::write(level, &self.plugin.name, &self.request.request_id(), &message);
        }
    }
}

fn collect(walk: impl FnOnce(&mut dyn FnMut(&str))) -> Vec<String> {
    let mut values = Vec::new();
    walk(&mut |value| values.push(value.to_owned()));
    values
}
