//! How the engine is set up that all plugins of a node share, and what it lets them import.

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings;
use crate::call::{Call, TABLE_ELEMENTS};
use crate::host::HostOptions;
use crate::limits::PluginSettings;

/// Core instances and tables that one component instance may be made of, on average over the pool. Components of Python
/// and Go consist of several modules; Rust and C need one module of their own and two of glue.
const PARTS_PER_INSTANCE: u32 = 32;
/// Instances kept back for trials, so that a plugin can be loaded while requests use all the others.
const TRIAL_INSTANCES: u32 = 1;
/// Bytes at the start of a used memory that are cleaned and kept for the next instance instead of being returned to
/// the operating system, which would cost page faults and a lock that all threads share.
const MEMORY_KEEP_RESIDENT_BYTES: usize = 2 << 20;
/// The same for tables.
const TABLE_KEEP_RESIDENT_BYTES: usize = 64 << 10;

/// Everything that plugins may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Call>> {
    let mut linker = Linker::<Call>::new(engine);
    bindings::Everything::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call)?;
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Ok(linker)
}

/// No more than there are for requests: who wants a small pool wants little address space.
pub(crate) fn stock(options: &HostOptions) -> u32 {
    PluginSettings::MOST_PREPARED.min(options.instances)
}

pub(crate) fn config(options: &HostOptions) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    let instances = options.instances.saturating_add(TRIAL_INSTANCES).saturating_add(stock(options));
    let parts = instances.saturating_mul(PARTS_PER_INSTANCE);
    pool.total_component_instances(instances)
        .total_stacks(instances)
        .total_memories(instances)
        .total_core_instances(parts)
        .total_tables(parts)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(options.max_memory_bytes)
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT_BYTES)
        .table_keep_resident(TABLE_KEEP_RESIDENT_BYTES)
        // Finds the pages a guest wrote to, where the kernel can tell (Linux 6.7 and later).
        .pagemap_scan(Enabled::Auto);

    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .wasm_component_model(true)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .parallel_compilation(true)
        // The node's log carries function names; source lines would need debug information in every plugin.
        .wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config
}
