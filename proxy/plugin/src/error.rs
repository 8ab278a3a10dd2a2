//! What can go wrong, by whose fault and with which remedy.

use crate::limits::LimitError;

/// Why a plugin could not do its work for one request. Other requests are not touched by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// It did what WebAssembly forbids, or panicked. The text names cause and functions, innermost first.
    #[error("trap: {message}")]
    Trap {
        /// `unreachable instruction executed, in module!inner < module!outer`
        message: String,
    },
    /// It did not decide in time.
    #[error("no decision within {limit_ms} ms (limit `wall_ms`)")]
    WallTime {
        /// The limit.
        limit_ms: u64,
    },
    /// It ran for too long.
    #[error("ran for {limit_ms} ms without a decision (limit `cpu_ms`)")]
    CpuTime {
        /// The limit.
        limit_ms: u64,
    },
    /// It wanted more memory than it may have.
    #[error("asked for {asked_bytes} bytes of memory, expected at most {limit_bytes} (limit `memory_bytes`)")]
    Memory {
        /// All memory it would have had.
        asked_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// All instances are busy: too much is asked of the node or of this plugin, and the plugin was not called.
    #[error("all {instances} instances are busy (limit `instances` of {whose})")]
    PoolExhausted {
        /// How many there are.
        instances: u32,
        /// `the plugin` or `the node`.
        whose: &'static str,
    },
    /// The plugin itself says that it failed. Its text, as one printable line.
    #[error("the plugin says: {0}")]
    Failed(String),
    /// It answered, but not within the rules of the contract.
    #[error("decision refused: {0}")]
    InvalidResult(String),
}

impl PluginError {
    /// A short name for metrics: `trap`, `wall_time`, `cpu_time`, `memory`, `pool_exhausted`, `failed` or
    /// `invalid_result`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Trap { .. } => "trap",
            Self::WallTime { .. } => "wall_time",
            Self::CpuTime { .. } => "cpu_time",
            Self::Memory { .. } => "memory",
            Self::PoolExhausted { .. } => "pool_exhausted",
            Self::Failed(_) => "failed",
            Self::InvalidResult(_) => "invalid_result",
        }
    }
}

/// Why a component cannot be used. The texts go into findings as they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// More bytes than the plugin may have.
    #[error(
        "the component has {found_bytes} bytes, expected at most {limit_bytes} (limit `component_bytes`)"
    )]
    TooLarge {
        /// Its size.
        found_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// Not WebAssembly of any kind.
    #[error("not WebAssembly: the file begins with {found}, expected `\\0asm`")]
    NotWasm {
        /// The first bytes, printable.
        found: String,
    },
    /// WebAssembly of the older kind, without typed imports and exports.
    #[error(
        "a core WebAssembly module, expected a component: link it with wasm-component-ld, or wrap it with \
         `wasm-tools component new`"
    )]
    CoreModule,
    /// Not valid, or it uses what the engine does not offer.
    #[error("the component does not compile: {0}")]
    Compile(String),
    /// It asks for what no plugin gets.
    #[error("imports {}, which are not granted; expected only {granted}", .imports.join(", "))]
    ImportsNotGranted {
        /// Names of the imports that are not granted.
        imports: Vec<String>,
        /// What is.
        granted: &'static str,
    },
    /// It asks for what has to be granted first.
    #[error(
        "imports {import}, which needs a grant: write `grants: {{{grant}: [...]}}` beside `component`, with an empty \
         list to let it start and reach nothing"
    )]
    GrantMissing {
        /// The import.
        import: String,
        /// The key under `grants`.
        grant: &'static str,
    },
    /// It does not export anything that a node calls.
    #[error(
        "exports {}, expected one of edgewit:plugin/authorize@0.1.0, rewrite, inspect, handle, or \
         wasi:http/incoming-handler@0.2",
        if .exports.is_empty() { "nothing".to_owned() } else { .exports.join(", ") }
    )]
    NoWorld {
        /// The exports that are there.
        exports: Vec<String>,
    },
    /// Its `configure` said no. The text is the plugin's.
    #[error("refuses its configuration: {0}")]
    Refused(String),
    /// Its `configure` failed.
    #[error("configure failed: {0}")]
    Configure(String),
    /// Names fit but types do not.
    #[error("does not fit edgewit:plugin@0.1: {detail}")]
    Contract {
        /// Which import or export differs, and how.
        detail: String,
    },
    /// A memory, a table or the number of either is more than an instance can have from the start.
    #[error("needs {found} {what} to start, expected at most {limit}")]
    Start {
        /// `bytes of memory (limit memory_bytes)` and the like.
        what: &'static str,
        /// What it needs.
        found: u64,
        /// What it can have.
        limit: u64,
    },
    /// An instance was made to try it, and what the component runs at its start failed.
    #[error("does not start: {0}")]
    Trial(String),
    /// The plugin's limits cannot be granted.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// Why this machine cannot host plugins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The engine could not reserve what its pool needs.
    #[error(
        "a pool of {instances} plugin instances cannot be set up: {detail}; each reserves 4 GiB of address space \
         (not of memory), so check `ulimit -v` or configure fewer instances"
    )]
    Engine {
        /// How many were asked for.
        instances: u32,
        /// The engine's words.
        detail: String,
    },
    /// No thread for the clock of the plugins.
    #[error("the thread that interrupts plugins cannot be started: {0}")]
    Ticker(String),
}
