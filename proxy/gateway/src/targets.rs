//! Where the calls of a route go: one host, or the targets of a VPC link.

use crate::upstream::Upstream;
use edgewit_balance::Pool;
use pingora_http::RequestHeader;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Targets of a link that one call may try.
const TRIES: usize = 3;

/// Where the calls of a route go.
#[derive(Debug)]
pub enum Targets {
    /// The host of the integration's URI.
    Host(Arc<Upstream>),
    /// The targets of a VPC link.
    Link {
        /// What is known of them, for all routes.
        link: Arc<Link>,
        /// How this route reaches each.
        upstreams: Arc<[Arc<Upstream>]>,
    },
}

/// A VPC link.
#[derive(Debug)]
pub struct Link {
    /// Its id.
    pub id: Arc<str>,
    /// What is known of its targets.
    pub pool: Pool,
    /// Addresses of the targets as configured.
    pub addresses: Vec<Arc<str>>,
    /// Requests by target.
    pub requests: Vec<AtomicU64>,
    /// What a consistent hash goes by.
    pub hash_on: HashOn,
    /// Number of the checks that count; others end.
    pub(crate) checker: AtomicU64,
    /// What [`Pool`] counts milliseconds from.
    pub(crate) since: Instant,
}

/// What of a request is hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HashOn {
    /// The client's address.
    #[default]
    ClientAddress,
    /// The path.
    Path,
    /// The first value of a header, by its lower-case name.
    Header(Arc<str>),
}

/// The target of one call, and those that were tried before it.
#[derive(Debug)]
pub(crate) struct Chosen {
    upstream: Arc<Upstream>,
    on: Option<Box<OnLink>>,
}

#[derive(Debug)]
struct OnLink {
    link: Arc<Link>,
    upstreams: Arc<[Arc<Upstream>]>,
    index: usize,
    tried: Vec<usize>,
    key: u64,
    /// An answer is waited for, so that giving up says something about the target.
    awaited: bool,
    reported: bool,
}

impl Targets {
    /// One of the targets, for what they have in common.
    pub(crate) fn any(&self) -> Option<&Arc<Upstream>> {
        match self {
            Self::Host(upstream) => Some(upstream),
            Self::Link { upstreams, .. } => upstreams.first(),
        }
    }

    /// What a consistent hash of the client's request is, where one is asked for.
    pub(crate) fn key(&self, request: &RequestHeader, client: IpAddr) -> u64 {
        match self {
            Self::Link { link, .. } if link.pool.hashes() => link.hash_on.key(request, client),
            Self::Host(_) | Self::Link { .. } => 0,
        }
    }

    /// The target for a call with this [`key`](Self::key).
    pub(crate) fn choose_by(&self, key: u64) -> Option<Chosen> {
        match self {
            Self::Host(upstream) => Some(Chosen { upstream: Arc::clone(upstream), on: None }),
            Self::Link { link, upstreams } => {
                let (index, upstream) = link.begin(key, &[], upstreams)?;
                let on = OnLink {
                    link: Arc::clone(link),
                    upstreams: Arc::clone(upstreams),
                    index,
                    tried: Vec::new(),
                    key,
                    awaited: true,
                    reported: false,
                };
                Some(Chosen { upstream, on: Some(Box::new(on)) })
            }
        }
    }
}

impl Link {
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A call of the target that is chosen begins.
    fn begin(
        &self,
        key: u64,
        tried: &[usize],
        upstreams: &[Arc<Upstream>],
    ) -> Option<(usize, Arc<Upstream>)> {
        let index = self.pool.choose(key, tried, self.now_ms())?;
        let upstream = Arc::clone(upstreams.get(index)?);
        self.pool.begin(index);
        if let Some(requests) = self.requests.get(index) {
            requests.fetch_add(1, Ordering::Relaxed);
        }
        Some((index, upstream))
    }
}

impl HashOn {
    fn key(&self, request: &RequestHeader, client: IpAddr) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::ClientAddress => client.hash(&mut hasher),
            Self::Path => request.uri.path().hash(&mut hasher),
            Self::Header(name) => {
                request.headers.get(&**name).map(http::HeaderValue::as_bytes).hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}

impl Chosen {
    pub(crate) fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    /// Goes on to the next target, where nothing could be sent to this one. Returns whether there is one to try.
    pub(crate) fn next(&mut self) -> bool {
        self.failed();
        let Some(on) = &mut self.on else { return false };
        on.tried.push(on.index);
        if on.tried.len() >= TRIES {
            return false;
        }
        let Some((index, upstream)) = on.link.begin(on.key, &on.tried, &on.upstreams) else { return false };
        on.link.pool.end(on.index);
        (on.index, on.reported) = (index, false);
        self.upstream = upstream;
        true
    }

    /// That nobody waits for its answer any more says nothing about the target.
    pub(crate) fn abandon(&mut self) {
        if let Some(on) = &mut self.on {
            on.awaited = false;
        }
    }

    /// The target has answered.
    pub(crate) fn answered(&mut self, status: u16) {
        if matches!(status, 502..=504) {
            return self.failed();
        }
        if let Some(on) = &mut self.on
            && !on.reported
        {
            on.reported = true;
            on.link.pool.succeeded(on.index);
        }
    }

    /// The target broke off in the middle of an answer that had begun well.
    pub(crate) fn broke(&mut self) {
        if let Some(on) = &mut self.on {
            on.reported = false;
        }
        self.failed();
    }

    /// The target could not be reached, broke off, was late, or says that it cannot.
    pub(crate) fn failed(&mut self) {
        let Some(on) = &mut self.on else { return };
        if on.reported {
            return;
        }
        on.reported = true;
        if on.link.pool.failed(on.index, on.link.now_ms()) {
            let target = on.link.addresses.get(on.index).map_or("", |address| address);
            tracing::warn!(
                link = &*on.link.id,
                target,
                "a target of a VPC link keeps failing and is left out"
            );
        }
    }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        if self.on.as_ref().is_some_and(|on| on.awaited) {
            // Its time was over.
            self.failed();
        }
        if let Some(on) = &self.on {
            on.link.pool.end(on.index);
        }
    }
}
