//! WASI for plugins that were built with it: clocks and random numbers are real, everything else is empty.
//!
//! No environment, arguments, folders or sockets; standard output and error go to the plugin's log. What reaches
//! further (HTTP requests, key-value stores) needs a grant.

mod config;
mod keyvalue;
mod outgoing;
mod stdio;
mod stores;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::call::Call;
use outgoing::Outgoing;
use stdio::Output;
pub(crate) use stores::KeyValueStores;

/// Handles that one instance may hold: streams, requests, timers.
const HANDLES: usize = 1000;
/// Bytes of random numbers in one call.
const RANDOM_BYTES: u64 = 64 << 10;

/// One instance's share of WASI.
pub(crate) struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
    http_ctx: WasiHttpCtx,
    outgoing: Outgoing,
    output: Output,
}

impl Wasi {
    fn new(call: &Call) -> Self {
        let output = Output::new(&call.loaded, &call.request.request_id());
        let ctx = WasiCtx::builder()
            .stdout(output.clone())
            .stderr(output.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .max_random_size(RANDOM_BYTES)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self { ctx, table, http_ctx: WasiHttpCtx::new(), outgoing: Outgoing::new(&call.loaded), output }
    }

    /// Streams, timers and the like that the guest has handles of.
    pub(crate) fn holds_handles(&self) -> bool {
        !self.table.is_empty()
    }

    /// The next request of an instance that is kept: budgets begin anew.
    pub(crate) fn begin(&mut self, request_id: &str) {
        self.output.begin(request_id);
        self.outgoing.begin();
    }
}

impl Call {
    pub(crate) fn wasi(&mut self) -> &mut Wasi {
        if self.wasi.is_none() {
            self.wasi = Some(Box::new(Wasi::new(self)));
        }
        match &mut self.wasi {
            Some(wasi) => wasi,
            None => unreachable!("made above"),
        }
    }
}

impl WasiView for Call {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut wasi.table }
    }
}

impl WasiHttpView for Call {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let wasi = self.wasi();
        WasiHttpCtxView { hooks: &mut wasi.outgoing, table: &mut wasi.table, ctx: &mut wasi.http_ctx }
    }
}
