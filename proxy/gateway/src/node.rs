//! A node: listeners, workers, signals, and the end of it all.

use crate::admin::{Admin, Operators};
use crate::buffers::BUFFERED_BYTES;
use crate::config::{NodeFile, load};
use crate::control;
use crate::deploy::Overrides;
pub use crate::deploy::assemble::deployer;
use crate::deploy::assemble::serving_deployer;
use crate::front::{Connections, Front, FrontLimits, Listener, Workers, framing};
use crate::generation::Generation;
use crate::pipeline::Pipeline;
use crate::pipeline::body::PAYLOAD_BYTES;
use crate::reload::{Reload, Reloader};
pub use crate::shared::Shared;
use crate::shared::{RequestLimits, UPGRADE_IDLE};
use crate::telemetry::Telemetry;
use edgewit_model::Finding;
use pingora_core::apps::HttpServerOptions;
use pingora_core::apps::http_app::HttpServer;
use pingora_core::protocols::http::v2::server::{H2Options, default_h2_options};
use pingora_core::server::configuration::ServerConf;
use pingora_proxy::HttpProxy;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Default address for plain HTTP.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Default admin address.
pub const ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9080);
/// Default time that requests in flight are given at shutdown.
pub const DRAIN: Duration = Duration::from_secs(30);
/// What the names of the control plane's keys in Redis begin with.
pub const REDIS_PREFIX: &str = "edgewit";
/// Default plugin instances that run at once.
pub const PLUGIN_INSTANCES: u32 = 256;

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
    /// Configuration folder or one OpenAPI file.
    pub conf: PathBuf,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--admin`: an address or `none`.
    pub admin: Option<String>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--redis`.
    pub redis: Option<String>,
    /// What else it says over the configuration.
    pub overrides: Overrides,
}

/// What a node tells while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// It serves.
    Serving {
        /// Address for plain HTTP.
        listen: SocketAddr,
        /// Admin address.
        admin: Option<SocketAddr>,
        /// What it serves.
        generation: &'a Generation,
        /// Warnings and notes of the first load.
        findings: &'a [Finding],
        /// Time that compiling took.
        took: Duration,
    },
    /// A changed configuration was compiled and serves, or was refused.
    Reloaded(&'a Reload),
    /// It takes no more connections and waits for requests in flight.
    Draining {
        /// Connections that are open.
        connections: usize,
    },
    /// It has ended.
    Stopped {
        /// Connections that were cut.
        cut: usize,
    },
}

/// Why a node cannot run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration is wrong: exit code 1.
    #[error("the configuration has mistakes")]
    Configuration(Vec<Finding>),
    /// A flag or key has a value that cannot be: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The machine does not give what is needed: exit code 3.
    #[error("{what}: {error}")]
    Environment {
        /// What was tried.
        what: String,
        /// What the system said.
        error: io::Error,
    },
}

fn environment(what: impl Into<String>) -> impl FnOnce(io::Error) -> NodeError {
    move |error| NodeError::Environment { what: what.into(), error }
}

/// The Redis that flags or the configuration name. The URL may hold a password.
pub(crate) fn redis_url(options: &NodeOptions, node: &NodeFile) -> Option<String> {
    options.redis.clone().or_else(|| node.redis.as_ref().map(|url| url.0.clone()))
}

/// The data folder that flags or the configuration name.
pub(crate) fn data_folder(options: &NodeOptions, node: &NodeFile) -> Option<PathBuf> {
    let base = if options.conf.is_dir() { &*options.conf } else { Path::new(".") };
    options.data.clone().or_else(|| node.data.as_ref().map(|data| base.join(data)))
}

/// Where a node keeps its data unless told otherwise: `edgewit` in the user's state folder (XDG Base Directory
/// Specification).
pub fn default_data() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
    state.map(|state| state.join("edgewit"))
}

/// How a node tells what happens.
pub type Reporter = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// Runs a node until it is told to stop.
///
/// # Errors
/// When it cannot start; see [`NodeError`].
pub fn run(options: &NodeOptions, report: &Reporter) -> Result<(), NodeError> {
    // Only for what must be known before anything is compiled; mistakes are found again below.
    let node = load(&options.conf).0.node;
    let (listen, admin) = addresses(options, &node)?;
    let telemetry = Arc::new(Telemetry::default());
    let deployer = Arc::new(serving_deployer(options, &telemetry, &node)?);

    let began = Instant::now();
    let mut deployed = deployer.deploy();
    if deployed.generation.is_none() {
        return Err(NodeError::Configuration(deployed.findings));
    }
    let took = began.elapsed();

    let listener = Listener::bind(listen).map_err(environment(format!("cannot listen on {listen}")))?;
    let listen = listener.local_addr().map_err(environment("cannot tell the address listened on"))?;
    let admin = match admin {
        Some(addr) => {
            Some(Listener::bind(addr).map_err(environment(format!("cannot listen on {addr} (admin)")))?)
        }
        None => None,
    };
    let admin_addr = admin.as_ref().and_then(|admin| admin.local_addr().ok());
    let shared = share(Generation::default(), telemetry, &node);
    let number = deployer.publish(&shared, &mut deployed).unwrap_or_default();
    shared.telemetry.reloaded(true, number, took);
    let access = control::access(&node)?;
    let plane = match admin {
        Some(_) => control::start(options, &node, &deployer, &shared)?,
        None => None,
    };
    let operators = Operators { access, plane: plane.clone() };
    let threads = options.threads.or(node.threads).unwrap_or_else(default_threads);
    let workers = Arc::new(Workers::start(threads).map_err(environment("cannot start the workers"))?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(environment("cannot start the runtime"))?;

    let cut = runtime.block_on(async {
        let running = Running::start(&node, &shared, &workers, listener, admin, &operators);
        let mut signals = Signals::listen().map_err(environment("cannot listen for signals"))?;
        let generation = Arc::clone(&shared.generation());
        report(Event::Serving {
            listen,
            admin: admin_addr,
            generation: &generation,
            findings: &deployed.findings,
            took,
        });
        drop(generation);
        let reloader = Reloader::start(
            Arc::clone(&deployer),
            Arc::clone(&shared),
            &deployed.folder,
            deployed.watched,
            Arc::clone(report),
            plane,
        )
        .map_err(environment("cannot watch the configuration"))?;
        shared.control_by(reloader.control());
        signals.until_stop(&reloader).await;
        shared.drain();
        report(Event::Draining { connections: running.connections.open() });
        let drain = node.limits.drain_seconds.map_or(DRAIN, Duration::from_secs);
        Ok(running.drain(drain).await)
    })?;
    drop(runtime);
    if let Ok(workers) = Arc::try_unwrap(workers) {
        workers.stop();
    }
    deployer.close_logs();
    report(Event::Stopped { cut });
    Ok(())
}

/// What serves `generation` within the limits of the node.
pub fn share(generation: Generation, telemetry: Arc<Telemetry>, node: &NodeFile) -> Arc<Shared> {
    Arc::new(Shared::new(generation, telemetry, request_limits(node)))
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The listeners at work.
struct Running {
    stop: watch::Sender<bool>,
    connections: Arc<Connections>,
    tasks: Vec<tokio::task::JoinHandle<io::Result<()>>>,
}

impl Running {
    fn start(
        node: &NodeFile,
        shared: &Arc<Shared>,
        workers: &Arc<Workers>,
        listener: Listener,
        admin: Option<Listener>,
        operators: &Operators,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let connections = Arc::new(Connections::default());
        let limits = front_limits(node);
        let fronts = (0..workers.count())
            .map(|_| {
                let app = Arc::new(proxy(shared, node, &limits));
                let telemetry = Arc::clone(&shared.telemetry);
                Arc::new(Front::new(
                    app,
                    limits.clone(),
                    telemetry,
                    stopped.clone(),
                    Arc::clone(&connections),
                ))
            })
            .collect();
        let mut tasks = vec![tokio::spawn(listener.run(fronts, Arc::clone(workers), stopped.clone()))];
        if let Some(admin) = admin {
            let app = Arc::new(HttpServer::new_app(Admin::new(shared, operators)));
            let telemetry = Arc::clone(&shared.telemetry);
            let front = Front::new(app, FrontLimits::default(), telemetry, stopped.clone(), Arc::default());
            let front = Arc::new(front);
            let fronts = (0..workers.count()).map(|_| Arc::clone(&front)).collect();
            tasks.push(tokio::spawn(admin.run(fronts, Arc::clone(workers), stopped)));
        }
        Self { stop, connections, tasks }
    }

    /// Takes no more connections, and waits for those that are open. Returns how many were cut.
    async fn drain(self, limit: Duration) -> usize {
        self.stop.send_replace(true);
        let deadline = Instant::now() + limit;
        while self.connections.open() > 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for task in self.tasks {
            task.abort();
        }
        self.connections.open()
    }
}

/// Signals that a node listens to.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Returns at SIGTERM or SIGINT; SIGHUP reloads.
    async fn until_stop(&mut self, reloader: &Reloader) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reloader.reload_now(),
            }
        }
    }
}

/// One worker's proxy.
fn proxy(shared: &Arc<Shared>, node: &NodeFile, limits: &FrontLimits) -> HttpProxy<Pipeline> {
    let conf = ServerConf { threads: 1, ..ServerConf::default() };
    let mut proxy = HttpProxy::new(Pipeline::new(Arc::clone(shared)), Arc::new(conf));
    let mut options = HttpServerOptions::default();
    // The front has looked at the first bytes already, so Pingora's own look finds them there.
    options.h2c = true;
    options.h2_idle_timeout = Some(limits.idle_timeout);
    proxy.server_options = Some(options);
    proxy.h2_options = Some(h2_options(node, limits));
    proxy.handle_init_modules();
    proxy
}

/// Streams that one HTTP/2 connection may have open by default.
pub const H2_STREAMS: u32 = 100;

fn h2_options(node: &NodeFile, limits: &FrontLimits) -> H2Options {
    let mut options = default_h2_options();
    options.max_concurrent_streams(node.limits.h2_streams.unwrap_or(H2_STREAMS));
    // A header list counts 32 bytes more for each line (RFC 9113, section 6.5.2).
    let list = limits.header.target_bytes + limits.header.header_bytes + 32 * limits.header.header_lines;
    options.max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX));
    options
}

fn addresses(options: &NodeOptions, node: &NodeFile) -> Result<(SocketAddr, Option<SocketAddr>), NodeError> {
    let listen = options.listen.or(node.listen).unwrap_or(LISTEN);
    let admin = match (&options.admin, &node.admin) {
        (Some(flag), _) => {
            admin_address(flag, node).map_err(|wrong| NodeError::Usage(format!("--admin: {wrong}")))?
        }
        // A mistake in the file is among the findings, with which nothing is served.
        (None, Some(key)) => admin_address(&key.value, node).unwrap_or(None),
        (None, None) => Some(ADMIN),
    };
    Ok((listen, admin))
}

/// Reads an admin address; `none` is none. Only one that access keys guard may be others than a loopback address.
///
/// # Errors
/// What was found and what was expected.
pub(crate) fn admin_address(text: &str, node: &NodeFile) -> Result<Option<SocketAddr>, String> {
    let guarded = !node.access_keys.is_empty();
    match text.parse::<SocketAddr>() {
        _ if text == "none" => Ok(None),
        Ok(address) if guarded || address.ip().is_loopback() => Ok(Some(address)),
        Ok(_) => Err(format!(
            "found `{text}`, expected a loopback address such as {ADMIN}, or `none`: without `access_keys` nobody else may reach it"
        )),
        Err(_) => Err(format!("found `{text}`, expected ADDRESS:PORT such as {ADMIN}, or `none`")),
    }
}

fn front_limits(node: &NodeFile) -> FrontLimits {
    let file = &node.limits;
    let default = FrontLimits::default();
    let seconds = |value: Option<u64>, default| value.map_or(default, Duration::from_secs);
    FrontLimits {
        connections: file.connections.unwrap_or(default.connections),
        connections_per_ip: file.connections_per_ip.unwrap_or(default.connections_per_ip),
        idle_timeout: seconds(file.idle_timeout_seconds, default.idle_timeout),
        header_timeout: seconds(file.header_timeout_seconds, default.header_timeout),
        body_read_timeout: seconds(file.body_read_timeout_seconds, default.body_read_timeout),
        write_timeout: seconds(file.write_timeout_seconds, default.write_timeout),
        header: framing::Limits {
            target_bytes: file.target_bytes.unwrap_or(framing::TARGET_BYTES),
            header_bytes: file.header_bytes.unwrap_or(framing::HEADER_BYTES),
            header_lines: file.header_lines.unwrap_or(framing::HEADER_LINES).min(250),
        },
    }
}

fn request_limits(node: &NodeFile) -> RequestLimits {
    let front = front_limits(node);
    RequestLimits {
        payload_bytes: node.limits.payload_bytes.map_or(PAYLOAD_BYTES, |bytes| bytes as u64),
        body_read_timeout: front.body_read_timeout,
        write_timeout: front.write_timeout,
        target_bytes: front.header.target_bytes,
        buffered_bytes: node.limits.buffered_bytes.unwrap_or(BUFFERED_BYTES),
        upgrade_idle: node.limits.upgrade_idle_seconds.map_or(UPGRADE_IDLE, Duration::from_secs),
    }
}
