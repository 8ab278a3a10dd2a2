//! The far end of an HTTP integration: where it is and how a connection to it is made.

use crate::resolve::{ResolvedTarget, Resolver};
use edgewit_plan::integration::HttpPlan;
use http::{HeaderValue, Uri};
use pingora_core::protocols::ALPN;
use pingora_core::upstreams::peer::{HttpPeer, Peer, PeerOptions};
use pingora_core::utils::tls::WrappedX509;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Default time to connect.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that a connection to a target may stay idle before it is closed.
pub(crate) const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Streams that share one HTTP/2 connection to a target; Pingora's default is 1.
pub(crate) const H2_STREAMS: usize = 100;

/// What all targets of a node have in common.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// Certificate authorities to verify targets with; `None` is the system's.
    pub ca: Option<Arc<[WrappedX509]>>,
    /// Changes with the authorities, so that a connection made under old ones is never used again.
    pub ca_version: u64,
    /// Time to connect.
    pub connect_timeout: Duration,
}

/// One integration target.
#[derive(Debug)]
pub struct Upstream {
    target: Arc<ResolvedTarget>,
    template: HttpPeer,
    /// Connections of targets with the same key, to the same address, may serve each other's requests.
    pub(crate) pool_key: u64,
    /// Path and query of requests to it, where they are always the same.
    pub(crate) fixed_uri: Uri,
    /// `Host` of requests to it.
    pub(crate) host: HeaderValue,
    /// `X-Amzn-Apigateway-Api-Id` of requests to it.
    pub(crate) api_id: HeaderValue,
    /// `User-Agent` of requests whose client sent none.
    pub(crate) user_agent: HeaderValue,
}

impl Upstream {
    /// The target of an integration of the API `api_id`.
    pub fn new(plan: &HttpPlan, api_id: &str, resolver: &Resolver, settings: &UpstreamSettings) -> Self {
        let target = &plan.target;
        let place = Place { host: &target.host, port: target.port, server_name: &target.host };
        Self::at(&place, plan, api_id, resolver, settings, plan.insecure_skip_verification)
    }

    /// Another place that stands for the target of an integration.
    pub(crate) fn at(
        place: &Place<'_>,
        plan: &HttpPlan,
        api_id: &str,
        resolver: &Resolver,
        settings: &UpstreamSettings,
        skip_verification: bool,
    ) -> Self {
        let target = resolver.target(place.host, place.port);
        let placeholder = SocketAddr::from((Ipv4Addr::UNSPECIFIED, place.port));
        // Verification is by the host name; an address has none, and rustls takes it as it is.
        let sni = if plan.target.tls { place.server_name.to_string() } else { String::new() };
        let mut template = HttpPeer::new(placeholder, plan.target.tls, sni);
        // Pingora's pool key knows neither the authorities nor the owner: without this, a
        // connection that one API verified laxly would serve another that verifies strictly.
        let mut group = DefaultHasher::new();
        (api_id, place.host, place.server_name, skip_verification, settings.ca_version).hash(&mut group);
        template.group_key = group.finish();
        set_options(&mut template.options, plan, settings, skip_verification);
        // A host name and an API id are legal header values; both were checked when they were read.
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"));
        Self {
            target,
            pool_key: template.reuse_hash(),
            template,
            fixed_uri: plan.target.fixed.as_deref().and_then(|fixed| fixed.parse().ok()).unwrap_or_default(),
            host: value(&plan.target.authority),
            api_id: value(api_id),
            user_agent: value(&format!("AmazonAPIGateway_{api_id}")),
        }
    }

    /// The next address in turn.
    ///
    /// # Errors
    /// When the host name has no address. May be tried again.
    pub async fn address(&self) -> io::Result<SocketAddr> {
        self.target.address().await
    }

    /// A peer for Pingora at one of the addresses; over HTTP/2 where `h2` asks for it (gRPC).
    pub fn peer_at(&self, address: SocketAddr, h2: bool) -> Box<HttpPeer> {
        let mut peer = Box::new(self.template.clone());
        peer._address = address.into();
        if h2 {
            peer.options.set_http_version(2, 2);
        }
        peer
    }

    /// How many addresses the target is known to have.
    pub fn addresses(&self) -> usize {
        self.target.count()
    }
}

/// Where a target is, and the name that its certificate must have.
pub(crate) struct Place<'a> {
    pub(crate) host: &'a Arc<str>,
    pub(crate) port: u16,
    pub(crate) server_name: &'a str,
}

fn set_options(
    options: &mut PeerOptions,
    plan: &HttpPlan,
    settings: &UpstreamSettings,
    skip_verification: bool,
) {
    let connect = settings.connect_timeout.min(plan.timeout);
    options.connection_timeout = Some(connect);
    options.total_connection_timeout = Some(connect);
    options.read_timeout = Some(plan.timeout);
    options.write_timeout = Some(plan.timeout);
    options.idle_timeout = Some(POOL_IDLE_TIMEOUT);
    options.alpn = ALPN::H1;
    options.max_h2_streams = H2_STREAMS;
    options.ca.clone_from(&settings.ca);
    options.verify_cert = !skip_verification;
    // AWS still checks the host name when the chain goes unchecked; rustls offers the two only together.
    options.verify_hostname = !skip_verification;
}
