//! Health checks of the targets of VPC links.
//!
//! They run on a thread of their own, which the first link that asks for them starts: no worker waits for one.

use crate::backends::Backends;
use crate::config::HealthCheckFile;
use crate::targets::Link;
use crate::upstream::Upstream;
use pingora_http::RequestHeader;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::runtime::Handle;

const USER_AGENT: &str = "Edgewit-HealthCheck";
const INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(2);

/// How a target is checked.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// What must answer 200 to 399; without it a connection is enough.
    path: Option<String>,
    interval: Duration,
    timeout: Duration,
}

impl Check {
    pub(crate) fn new(file: &HealthCheckFile) -> Self {
        Self {
            path: file.path.clone(),
            interval: file.interval_ms.map_or(INTERVAL, Duration::from_millis),
            timeout: file.timeout_ms.map_or(TIMEOUT, Duration::from_millis),
        }
    }
}

/// Checks under way.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    runtime: OnceLock<Option<Handle>>,
    started: AtomicU64,
}

impl Checks {
    /// Checks the targets of `link`, reached as `upstreams`, until these are dropped or checked anew.
    pub(crate) fn run(&self, link: &Arc<Link>, upstreams: &Arc<[Arc<Upstream>]>, check: &Check) {
        let Some(handle) = self.runtime.get_or_init(start) else { return };
        let number = 1 + self.started.fetch_add(1, Ordering::Relaxed);
        link.checker.store(number, Ordering::Relaxed);
        for index in 0..upstreams.len() {
            let (link, upstreams) = (Arc::clone(link), Arc::downgrade(upstreams));
            handle.spawn(watch(link, upstreams, index, number, check.clone()));
        }
    }
}

fn start() -> Option<Handle> {
    let (send, receive) = std::sync::mpsc::channel();
    let began = std::thread::Builder::new().name("health-checks".to_owned()).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _started = send.send(Some(runtime.handle().clone()));
                runtime.block_on(std::future::pending::<()>());
            }
            Err(error) => {
                tracing::error!(%error, "targets of VPC links cannot be checked; all count as healthy");
                let _failed = send.send(None);
            }
        }
    });
    if let Err(error) = began {
        tracing::error!(%error, "targets of VPC links cannot be checked; all count as healthy");
        return None;
    }
    receive.recv().ok().flatten()
}

/// One target's checks.
async fn watch(link: Arc<Link>, upstreams: Weak<[Arc<Upstream>]>, index: usize, number: u64, check: Check) {
    let backends = Backends::new();
    let mut ticks = tokio::time::interval(check.interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let upstream = upstreams.upgrade().and_then(|all| all.get(index).cloned());
        let current = link.checker.load(Ordering::Relaxed) == number;
        let (Some(upstream), true) = (upstream, current) else { return };
        let checked = tokio::time::timeout(check.timeout, ask(&backends, &upstream, &check)).await;
        let well = checked.unwrap_or_else(|_late| Err("no answer in time".to_owned()));
        let target = link.addresses.get(index).map_or("", |address| address);
        match link.pool.checked(index, well.is_ok()) {
            Some(true) => tracing::info!(link = &*link.id, target, "a target of a VPC link is healthy again"),
            Some(false) => {
                let why = well.err().unwrap_or_default();
                tracing::warn!(link = &*link.id, target, why, "a target of a VPC link is unhealthy");
            }
            None => {}
        }
    }
}

async fn ask(backends: &Backends, upstream: &Upstream, check: &Check) -> Result<(), String> {
    let Some(path) = &check.path else {
        return backends.probe(upstream).await.map_err(|error| error.to_string());
    };
    let request = request(upstream, path).map_err(|error| error.to_string())?;
    let called = backends.call(upstream, check.timeout, request, &[]).await;
    let backend = called.map_err(|failed| failed.into_error().to_string())?;
    match backend.session.get_status().map_or(0, |status| status.as_u16()) {
        200..=399 => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}

fn request(upstream: &Upstream, path: &str) -> pingora_error::Result<Box<RequestHeader>> {
    let mut request = RequestHeader::build("GET", path.as_bytes(), Some(3))?;
    request.insert_header("Host", upstream.host.clone())?;
    request.insert_header("User-Agent", USER_AGENT)?;
    request.insert_header("Connection", "close")?;
    Ok(Box::new(request))
}
