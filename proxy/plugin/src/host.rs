//! The engine that all plugins of a node share.

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

use crate::authorizer::{self, Authorizer};
use crate::bindings::{self, AuthorizerPre};
use crate::call::{Call, Stopped, TABLE_ELEMENTS};
use crate::error::{HostError, LoadError};
use crate::limits::PluginSettings;
use crate::load::{self, Loaded};
use crate::meter::Meter;
use crate::no_request::NoRequest;
use crate::ticker::Ticker;

/// How much room a node has for plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Instances of all plugins at once. Each reserves 4 GiB of address space, not of memory.
    pub instances: u32,
    /// The most that the limit `memory_bytes` of a plugin can be set to.
    pub max_memory_bytes: usize,
}

impl HostOptions {
    /// More than the requests a node decides about at the same moment.
    pub const DEFAULT_INSTANCES: u32 = 1000;
    /// 1 GiB.
    pub const DEFAULT_MAX_MEMORY_BYTES: usize = 1 << 30;
}

impl Default for HostOptions {
    fn default() -> Self {
        Self { instances: Self::DEFAULT_INSTANCES, max_memory_bytes: Self::DEFAULT_MAX_MEMORY_BYTES }
    }
}

/// Core instances and tables that one component instance may be made of, on average over the pool. Components of Python
/// and Go consist of several modules; Rust and C need one module of their own and two of glue.
const PARTS_PER_INSTANCE: u32 = 4;
/// Instances kept back for trials, so that a plugin can be loaded while requests use all the others.
const TRIAL_INSTANCES: u32 = 1;
/// Bytes at the start of a used memory that are cleaned and kept for the next instance instead of being returned to
/// the operating system, which would cost page faults and a lock that all threads share.
const MEMORY_KEEP_RESIDENT_BYTES: usize = 2 << 20;
/// The same for tables.
const TABLE_KEEP_RESIDENT_BYTES: usize = 64 << 10;

/// Loads plugins and runs them. One for each node.
#[derive(Clone, Debug)]
pub struct PluginHost {
    shared: Arc<Shared>,
    options: HostOptions,
}

/// What authorizers need of their host as long as they live.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
    /// Held while a plugin is tried out: see [`TRIAL_INSTANCES`].
    trial: Mutex<()>,
    /// [`HostOptions::instances`].
    pub(crate) instances: u32,
}

impl PluginHost {
    /// Sets the pool up and starts the thread that interrupts plugins.
    ///
    /// # Errors
    /// When the address space for the pool or the thread cannot be had.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let engine = Engine::new(&config(&options)).map_err(|error| HostError::Engine {
            instances: options.instances,
            detail: format!("{error:#}"),
        })?;
        let ticked = engine.weak();
        let ticker = Ticker::start(move || {
            if let Some(engine) = ticked.upgrade() {
                engine.increment_epoch();
            }
        })
        .map_err(|error| HostError::Ticker(error.to_string()))?;
        let shared = Shared { engine, ticker, trial: Mutex::new(()), instances: options.instances };
        Ok(Self { shared: Arc::new(shared), options })
    }

    /// Checks and compiles a component of the world `authorizer`. `name` is what logs call it.
    ///
    /// Compiling takes about 20 ms for a small component and seconds for one that carries a language engine, on all
    /// processors: not to be called on a worker.
    ///
    /// # Errors
    /// Everything that can be known without running the plugin; see [`LoadError`].
    pub fn load(
        &self,
        name: &str,
        bytes: &[u8],
        settings: PluginSettings,
    ) -> Result<Arc<Authorizer>, LoadError> {
        settings.limits.check(&self.options)?;
        let component = load::component(&self.shared.engine, bytes, &settings.limits)?;
        load::check_imports(&self.shared.engine, &component)?;
        load::check_exports(&self.shared.engine, &component)?;
        load::check_start(&component, &settings.limits)?;

        let mut linker = Linker::<Call>::new(&self.shared.engine);
        bindings::Authorizer::add_to_linker::<_, HasSelf<_>>(&mut linker, |call| call).map_err(contract)?;
        let instance = linker.instantiate_pre(&component).map_err(contract)?;
        let ready = AuthorizerPre::new(instance).map_err(contract)?;
        // Paid here and not by the first request.
        component
            .initialize_copy_on_write_image()
            .map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        let loaded = Arc::new(Loaded { name: name.to_owned(), settings });
        self.try_out(&loaded, &ready)?;
        Ok(Arc::new(Authorizer::new(Arc::clone(&self.shared), loaded, bytes, ready)))
    }

    /// Makes one instance and throws it away. The engine compares the types of exports with those of the world only
    /// then, and whatever the component runs at its start runs for the first time.
    fn try_out(&self, loaded: &Arc<Loaded>, ready: &AuthorizerPre<Call>) -> Result<(), LoadError> {
        // Nothing is behind the lock that a panic could have left half done.
        let _only_one = self.shared.trial.lock().unwrap_or_else(PoisonError::into_inner);
        let _running = self.shared.ticker.enter();
        let limits = &loaded.settings.limits;
        let call = Call::new(Arc::clone(loaded), Arc::new(NoRequest), Meter::new());
        let mut store = Store::new(&self.shared.engine, call);
        store.limiter(|call| call);
        store.set_epoch_deadline(limits.cpu_ms);
        let instance =
            ready.instance_pre().instantiate(&mut store).map_err(|error| match store.data().stopped {
                Some(Stopped::Memory { asked_bytes }) => LoadError::Start {
                    what: "bytes of memory (limit `memory_bytes`)",
                    found: asked_bytes as u64,
                    limit: limits.memory_bytes as u64,
                },
                _ => LoadError::Trial(authorizer::describe(&error)),
            })?;
        bindings::Authorizer::new(&mut store, &instance).map_err(contract)?;
        Ok(())
    }

    /// Calls in progress, over all plugins.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.ticker.calls()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err, which passes a value")]
fn contract(error: wasmtime::Error) -> LoadError {
    LoadError::Contract { world: load::AUTHORIZER_WORLD, detail: format!("{error:#}") }
}

fn config(options: &HostOptions) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    let instances = options.instances.saturating_add(TRIAL_INSTANCES);
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
