//! The front: everything that happens to a connection before Pingora sees a request.
//!
//! Accepts plain TCP, bounds connections in number and in time, tells HTTP/1.1 from HTTP/2 with
//! prior knowledge by a bounded look at the first bytes, refuses what breaks the framing rules,
//! and hands the rest to Pingora's proxy. TLS belongs at this same place.

mod chunked;
pub mod framing;
mod http1;
mod idle;
mod listener;
mod stream;

pub use http1::{BODY_READ_TIMEOUT, HEADER_TIMEOUT, IDLE_TIMEOUT, WRITE_TIMEOUT};
pub use listener::{Listener, Workers};

use crate::telemetry::Telemetry;
use bytes::BytesMut;
use http1::First;
use idle::Idle;
use pingora_core::apps::{HttpServerApp, ServerApp};
use pingora_core::server::ShutdownWatch;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stream::EdgeStream;
use tokio::net::TcpStream;

/// RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Default number of client connections of a node.
pub const CONNECTIONS: usize = 65_536;

/// Limits of connections and their headers.
#[derive(Clone, Debug)]
pub struct FrontLimits {
    /// Connections of the whole node; one more is closed at once. Default [`CONNECTIONS`].
    pub connections: usize,
    /// Connections of one client address; 0 is no limit, the default.
    pub connections_per_ip: usize,
    /// Time between two requests. Default [`IDLE_TIMEOUT`].
    pub idle_timeout: Duration,
    /// Time from the first byte of a header to its end. Default [`HEADER_TIMEOUT`].
    pub header_timeout: Duration,
    /// Time between two reads of a body. Default [`BODY_READ_TIMEOUT`].
    pub body_read_timeout: Duration,
    /// Time that a client may take nothing of its answer. Default [`WRITE_TIMEOUT`].
    pub write_timeout: Duration,
    /// Sizes of a header.
    pub header: framing::Limits,
}

impl Default for FrontLimits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            connections_per_ip: 0,
            idle_timeout: IDLE_TIMEOUT,
            header_timeout: HEADER_TIMEOUT,
            body_read_timeout: BODY_READ_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            header: framing::Limits::default(),
        }
    }
}

/// Connections that are open now, over all fronts of a node.
#[derive(Debug, Default)]
pub struct Connections {
    open: AtomicUsize,
    per_ip: parking_lot::Mutex<HashMap<IpAddr, usize>>,
}

impl Connections {
    /// How many are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// A place for a connection of `ip`, or `None` when there is none left.
    fn take(self: &Arc<Self>, ip: IpAddr, limits: &FrontLimits) -> Option<Place> {
        let mut place = Place { connections: Arc::clone(self), counted: None };
        if self.open.fetch_add(1, Ordering::Relaxed) >= limits.connections {
            return None;
        }
        if limits.connections_per_ip > 0 {
            let mut per_ip = self.per_ip.lock();
            let open = per_ip.entry(ip).or_insert(0);
            if *open >= limits.connections_per_ip {
                return None;
            }
            *open += 1;
            place.counted = Some(ip);
        }
        Some(place)
    }
}

/// One connection's place among those that are allowed, given back when dropped.
struct Place {
    connections: Arc<Connections>,
    counted: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(ip) = self.counted {
            let mut per_ip = self.connections.per_ip.lock();
            if let Some(open) = per_ip.get_mut(&ip) {
                *open -= 1;
                if *open == 0 {
                    per_ip.remove(&ip);
                }
            }
        }
    }
}

/// Serves connections with `app`.
pub struct Front<A> {
    app: Arc<A>,
    limits: FrontLimits,
    telemetry: Arc<Telemetry>,
    /// Turns true when the node begins to drain.
    shutdown: ShutdownWatch,
    connections: Arc<Connections>,
}

impl<A: HttpServerApp + Send + Sync + 'static> Front<A> {
    /// A front before `app`. `shutdown` turns true when the node begins to drain.
    pub fn new(
        app: Arc<A>,
        limits: FrontLimits,
        telemetry: Arc<Telemetry>,
        shutdown: ShutdownWatch,
        connections: Arc<Connections>,
    ) -> Self {
        Self { app, limits, telemetry, shutdown, connections }
    }

    /// Serves one connection to its end.
    pub async fn serve(self: Arc<Self>, tcp: TcpStream, peer: SocketAddr) {
        let Some(_place) = self.connections.take(peer.ip(), &self.limits) else {
            self.telemetry.refused("connections");
            return;
        };
        // Answers are written whole, so there is nothing for Nagle's algorithm to wait for.
        if tcp.set_nodelay(true).is_err() {
            return;
        }
        let mut stream = Box::new(EdgeStream::new(tcp, peer, self.limits.write_timeout));
        let mut idle = Idle::new(self.limits.idle_timeout, self.shutdown.clone());
        match self.read_header(&mut stream, BytesMut::new(), &mut idle, true).await {
            First::Http1(buf, end) => self.serve_http1(stream, buf, end, idle).await,
            First::Http2(preface) => {
                stream.begin_message(preface, None);
                self.app.process_new(stream, &self.shutdown).await;
            }
            First::Nothing => {}
        }
    }

    fn draining(&self) -> bool {
        *self.shutdown.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_bounded_in_all_and_for_one_address() {
        let connections = Arc::new(Connections::default());
        let limits = FrontLimits { connections: 3, connections_per_ip: 2, ..FrontLimits::default() };
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = connections.take(a, &limits);
        let second = connections.take(a, &limits);
        assert!(first.is_some() && second.is_some());
        assert!(connections.take(a, &limits).is_none(), "one past the limit of an address");
        let third = connections.take(b, &limits);
        assert!(third.is_some());
        assert!(connections.take(b, &limits).is_none(), "one past the limit of the node");
        drop(first);
        assert!(connections.take(a, &limits).is_some());
        drop((second, third));
        assert_eq!(connections.open(), 0);
        assert!(connections.per_ip.lock().is_empty());
    }
}
