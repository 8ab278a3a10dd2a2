//! Addresses of integration targets: looked up off the request path's threads, kept for a while.

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Default time that an address is kept.
pub(crate) const TTL: Duration = Duration::from_secs(10);
/// Time that an old address is still used while a new look-up runs or fails.
pub(crate) const STALE: Duration = Duration::from_secs(300);
/// Time that a look-up may take.
pub(crate) const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

type HostPort = (Arc<str>, u16);

/// All targets of a node.
#[derive(Debug)]
pub struct Resolver {
    targets: Mutex<HashMap<HostPort, Weak<ResolvedTarget>>>,
    ttl: Duration,
}

/// One host and port with what is known of its addresses.
#[derive(Debug)]
pub struct ResolvedTarget {
    host: Arc<str>,
    port: u16,
    ttl: Duration,
    known: ArcSwapOption<Known>,
    refreshing: AtomicBool,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<SocketAddr>,
    /// `None` for a literal address, which never changes.
    looked_up: Option<Instant>,
}

impl Resolver {
    /// A resolver that keeps addresses for `ttl`.
    pub fn new(ttl: Duration) -> Self {
        Self { targets: Mutex::default(), ttl }
    }

    /// The target for a host name or literal address. Targets are shared between generations, so a
    /// reload does not forget addresses.
    pub fn target(&self, host: &Arc<str>, port: u16) -> Arc<ResolvedTarget> {
        let mut targets = self.targets.lock();
        let key = (Arc::clone(host), port);
        if let Some(target) = targets.get(&key).and_then(Weak::upgrade) {
            return target;
        }
        targets.retain(|_, target| target.strong_count() > 0);
        let literal = host.parse::<IpAddr>().ok();
        let known = literal.map(|ip| Arc::new(Known { addresses: vec![(ip, port).into()], looked_up: None }));
        let target = Arc::new(ResolvedTarget {
            host: Arc::clone(host),
            port,
            ttl: self.ttl,
            known: ArcSwapOption::new(known),
            refreshing: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
        });
        targets.insert(key, Arc::downgrade(&target));
        target
    }
}

impl ResolvedTarget {
    /// The next address in turn. Waits only when none is known.
    ///
    /// # Errors
    /// When the name has no address, or the look-up failed or took longer than [`LOOKUP_TIMEOUT`].
    /// May be tried again.
    pub async fn address(self: &Arc<Self>) -> io::Result<SocketAddr> {
        let known = self.known.load();
        if let Some(known) = &*known {
            match known.looked_up.map(|at| at.elapsed()) {
                None => return Ok(self.pick(known)),
                Some(age) if age < self.ttl => return Ok(self.pick(known)),
                Some(age) if age < STALE => {
                    self.refresh_in_background();
                    return Ok(self.pick(known));
                }
                Some(_) => {}
            }
        }
        drop(known);
        self.look_up().await?;
        match &*self.known.load() {
            Some(known) => Ok(self.pick(known)),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// How many addresses are known.
    pub fn count(&self) -> usize {
        self.known.load().as_ref().map_or(0, |known| known.addresses.len())
    }

    fn pick(&self, known: &Known) -> SocketAddr {
        match known.addresses.as_slice() {
            [only] => *only,
            several => several[self.turn.fetch_add(1, Ordering::Relaxed) % several.len()],
        }
    }

    fn refresh_in_background(self: &Arc<Self>) {
        if self.refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let target = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = target.look_up().await {
                tracing::warn!(host = %target.host, %error, "host name cannot be looked up; its last addresses serve on");
            }
            target.refreshing.store(false, Ordering::Release);
        });
    }

    async fn look_up(&self) -> io::Result<()> {
        let lookup = tokio::net::lookup_host((&*self.host, self.port));
        let found = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await.map_err(io::Error::from)??;
        let addresses: Vec<SocketAddr> = found.collect();
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the host name has no address"));
        }
        self.known.store(Some(Arc::new(Known { addresses, looked_up: Some(Instant::now()) })));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[tokio::test]
    async fn a_literal_address_is_never_looked_up() {
        let resolver = Resolver::new(Duration::ZERO);
        let v4 = resolver.target(&"192.0.2.1".into(), 80);
        assert_eq!(v4.address().await.unwrap(), "192.0.2.1:80".parse().unwrap());
        let v6 = resolver.target(&"2001:db8::1".into(), 443);
        assert_eq!(v6.address().await.unwrap(), "[2001:db8::1]:443".parse().unwrap());
    }

    #[tokio::test]
    async fn a_name_is_looked_up_and_shared() {
        let resolver = Resolver::new(TTL);
        let target = resolver.target(&"localhost".into(), 8000);
        assert!(target.address().await.unwrap().ip().is_loopback());
        assert!(Arc::ptr_eq(&target, &resolver.target(&"localhost".into(), 8000)));
        assert!(!Arc::ptr_eq(&target, &resolver.target(&"localhost".into(), 8001)));
    }

    #[tokio::test]
    async fn an_unknown_name_is_an_error() {
        let resolver = Resolver::new(TTL);
        assert!(resolver.target(&"no-such-host.invalid".into(), 80).address().await.is_err());
    }
}
