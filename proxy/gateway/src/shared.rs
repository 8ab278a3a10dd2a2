//! What all workers of a node share.

use crate::buffers::Buffers;
use crate::deploy::RolledBack;
use crate::generation::Generation;
use crate::telemetry::Telemetry;
use arc_swap::ArcSwap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::oneshot;

/// Default idle time of an upgraded connection.
pub(crate) const UPGRADE_IDLE: Duration = Duration::from_secs(600);

/// Limits that apply to requests rather than to connections.
#[derive(Clone, Debug)]
pub struct RequestLimits {
    /// Bytes of a body.
    pub payload_bytes: u64,
    /// Time between two reads of a request body.
    pub body_read_timeout: Duration,
    /// Time that a client may take nothing of its answer.
    pub write_timeout: Duration,
    /// Bytes of a request target.
    pub target_bytes: usize,
    /// Time that an upgraded connection may be silent.
    pub upgrade_idle: Duration,
    /// Bytes of all bodies together.
    pub buffered_bytes: usize,
}

/// Goes back to the previous version of the named plugin, and says what came of it.
pub(crate) type Control = Box<dyn Fn(String) -> oneshot::Receiver<Result<RolledBack, String>> + Send + Sync>;

/// Shared state of a node's workers.
pub struct Shared {
    generation: ArcSwap<Generation>,
    /// Metrics.
    pub telemetry: Arc<Telemetry>,
    /// Limits of requests; they take effect with a restart.
    pub limits: RequestLimits,
    /// Bodies that are held.
    pub buffers: Arc<Buffers>,
    draining: AtomicBool,
    control: OnceLock<Control>,
}

impl Shared {
    /// Serves `generation` first.
    pub fn new(generation: Generation, telemetry: Arc<Telemetry>, limits: RequestLimits) -> Self {
        Self {
            generation: ArcSwap::from_pointee(generation),
            telemetry,
            buffers: Arc::new(Buffers::new(limits.buffered_bytes)),
            limits,
            draining: AtomicBool::new(false),
            control: OnceLock::new(),
        }
    }

    /// Says who carries out commands, once there is somebody.
    pub(crate) fn control_by(&self, control: Control) {
        // A node has one.
        let _second = self.control.set(control);
    }

    /// Goes back to the previous version of a plugin. It serves when this returns.
    ///
    /// # Errors
    /// When there is none, or when nothing can be deployed.
    pub(crate) async fn roll_back(&self, plugin: &str) -> Result<RolledBack, String> {
        let control = self.control.get().ok_or("the node is still starting")?;
        control(plugin.to_owned()).await.map_err(|_| "the node failed on it; its log says more".to_owned())?
    }

    /// Whether connections end with the answer they are waiting for.
    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The node is about to end.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The generation that serves now.
    pub fn generation(&self) -> arc_swap::Guard<Arc<Generation>> {
        self.generation.load()
    }

    /// Swaps in a new generation; requests in flight keep theirs.
    pub fn publish(&self, generation: Generation) {
        self.generation.store(Arc::new(generation));
    }
}
