//! Calls of HTTP/1.1 backends, over connections that are kept from one call to the next.
//!
//! One worker's connections never leave its thread, so keeping one costs a push and taking one a pop. Pingora's pool is
//! made for many threads: it starts a task for each connection it keeps, and asks the system whose it is before it is
//! used again. What Pingora relays ([`crate::pipeline::integrate::relay`]) goes over its own pool.

use crate::upstream::{POOL_IDLE_TIMEOUT, Upstream};
use http::Method;
use parking_lot::Mutex;
use pingora_core::connectors::TransportConnector;
use pingora_core::protocols::Stream;
use pingora_core::protocols::http::v1::client::HttpSession;
use pingora_error::{Error, ErrorType};
use pingora_http::RequestHeader;
use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, ReadBuf};

/// Connections that one worker keeps; the one that has waited longest makes room.
const KEPT_CONNECTIONS: usize = 512;
/// Time between two looks for connections that have waited too long or were closed.
const SWEEP: Duration = Duration::from_secs(1);
/// Times that a call is tried again because a kept connection turned out to be closed.
const STALE_RETRIES: usize = 2;

/// One worker's connections.
pub(crate) struct Backends {
    transport: TransportConnector,
    kept: Arc<Mutex<Kept>>,
}

/// A backend that has answered: its header is there, its body is to be read.
pub(crate) struct Backend {
    pub(crate) session: HttpSession,
    key: Key,
}

/// Why there is no answer.
pub(crate) enum Failed {
    /// There is no connection; nothing was sent.
    ToConnect(Box<Error>),
    /// On a connection that was kept: the backend may have closed it before the request came.
    OnKept(Box<Error>),
    /// On a connection that was made for this request.
    OnNew(Box<Error>),
}

impl Backends {
    pub(crate) fn new() -> Self {
        Self { transport: TransportConnector::new(None), kept: Arc::default() }
    }

    /// Sends a request with its whole body, and waits for the header of the answer. `timeout` is for each write and
    /// read; interim answers are read over.
    pub(crate) async fn call(
        &self,
        upstream: &Upstream,
        timeout: Duration,
        request: Box<RequestHeader>,
        body: &[u8],
    ) -> Result<Backend, Failed> {
        let (mut backend, kept) = self.begin(upstream, timeout, request, body).await?;
        let failed = Failed::on(kept);
        let session = &mut backend.session;
        session.finish_body().await.map_err(failed)?;
        loop {
            session.read_response().await.map_err(failed)?;
            if session.get_status().is_some_and(|status| !status.is_informational()) {
                return Ok(backend);
            }
        }
    }

    /// Sends the header of a request and the first bytes of its body. Also says whether the connection was kept.
    pub(crate) async fn begin(
        &self,
        upstream: &Upstream,
        timeout: Duration,
        request: Box<RequestHeader>,
        first: &[u8],
    ) -> Result<(Backend, bool), Failed> {
        let unresolved = |error| Error::because(ErrorType::ConnectNoRoute, "resolving the host", error);
        let address = upstream.address().await.map_err(|error| Failed::ToConnect(unresolved(error)))?;
        let key = Key { upstream: upstream.pool_key, address };
        let kept = take(&self.kept, &key);
        let was_kept = kept.is_some();
        let stream = match kept {
            Some(stream) => stream,
            // Connecting takes a future of many kilobytes, which calls on kept connections need not carry along.
            None => Box::pin(self.connect(upstream, address)).await.map_err(Failed::ToConnect)?,
        };
        let failed = Failed::on(was_kept);
        let mut session = HttpSession::new(stream);
        session.read_timeout = Some(timeout);
        session.write_timeout = Some(timeout);
        session.write_request_header(request).await.map_err(failed)?;
        if !first.is_empty() {
            session.write_body(first).await.map_err(failed)?;
        }
        Ok((Backend { session, key }, was_kept))
    }

    /// Whether a connection can be made.
    pub(crate) async fn probe(&self, upstream: &Upstream) -> Result<(), Box<Error>> {
        let unresolved = |error| Error::because(ErrorType::ConnectNoRoute, "resolving the host", error);
        let address = upstream.address().await.map_err(unresolved)?;
        Box::pin(self.connect(upstream, address)).await.map(drop)
    }

    /// Takes a backend's connection back, for another call if it can serve one.
    pub(crate) async fn release(&self, mut backend: Backend) {
        backend.session.respect_keepalive();
        if let Some(stream) = backend.session.reuse().await {
            put(&self.kept, backend.key, stream);
        }
    }

    async fn connect(&self, upstream: &Upstream, address: SocketAddr) -> Result<Stream, Box<Error>> {
        self.transport.new_stream(&*upstream.peer_at(address, false)).await
    }
}

impl Failed {
    /// A failure on a connection, by whether that was kept.
    pub(crate) fn on(kept: bool) -> fn(Box<Error>) -> Self {
        if kept { Self::OnKept } else { Self::OnNew }
    }

    pub(crate) fn into_error(self) -> Box<Error> {
        match self {
            Self::ToConnect(error) | Self::OnKept(error) | Self::OnNew(error) => error,
        }
    }
}

/// How often a call may be tried again.
pub(crate) struct Retries {
    connections: usize,
    stale: usize,
}

impl Retries {
    /// Every address once, three at most.
    pub(crate) fn of(upstream: &Upstream) -> Self {
        Self { connections: upstream.addresses().clamp(1, 3) - 1, stale: STALE_RETRIES }
    }

    /// Whether it is safe to try once more: nothing was sent, or the method is idempotent and a kept connection broke
    /// before an answer came.
    pub(crate) fn again(&mut self, failed: &Failed, method: &Method) -> bool {
        let left = match failed {
            Failed::ToConnect(_) => &mut self.connections,
            Failed::OnKept(error) => {
                let answered =
                    matches!(error.etype(), ErrorType::ReadTimedout | ErrorType::InvalidHTTPHeader);
                if answered || !method.is_idempotent() {
                    return false;
                }
                &mut self.stale
            }
            Failed::OnNew(_) => return false,
        };
        let again = *left > 0;
        *left = left.saturating_sub(1);
        again
    }
}

/// Connections of one key may serve each other's requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// [`Upstream::pool_key`].
    upstream: u64,
    address: SocketAddr,
}

/// Connections that wait for their next call, those that have waited longest first.
#[derive(Default)]
struct Kept {
    by_key: HashMap<Key, VecDeque<Waiting>>,
    count: usize,
    /// A task looks after them.
    swept: bool,
}

struct Waiting {
    stream: Stream,
    until: Instant,
}

/// The connection that served last, if one is there and the backend has not closed it.
fn take(kept: &Mutex<Kept>, key: &Key) -> Option<Stream> {
    let mut kept = kept.lock();
    let kept = &mut *kept;
    let waiting = kept.by_key.get_mut(key)?;
    let now = Instant::now();
    loop {
        let Waiting { mut stream, until } = waiting.pop_back()?;
        kept.count -= 1;
        if until > now && is_silent(&mut stream) {
            return Some(stream);
        }
    }
}

fn put(kept: &Arc<Mutex<Kept>>, key: Key, stream: Stream) {
    let mut state = kept.lock();
    let oldest = (state.count >= KEPT_CONNECTIONS).then(|| state.oldest()).flatten();
    state
        .by_key
        .entry(key)
        .or_default()
        .push_back(Waiting { stream, until: Instant::now() + POOL_IDLE_TIMEOUT });
    state.count += 1;
    if !state.swept {
        state.swept = true;
        tokio::spawn(sweep(Arc::downgrade(kept)));
    }
    drop(state);
    // Closing takes a while, and nobody should wait for it.
    drop(oldest);
}

impl Kept {
    /// Takes out the connection that has waited longest.
    fn oldest(&mut self) -> Option<Waiting> {
        let first = |waiting: &VecDeque<Waiting>| waiting.front().map(|waiting| waiting.until);
        let key = self.by_key.iter().filter(|(_, waiting)| !waiting.is_empty());
        let key = key.min_by_key(|(_, waiting)| first(waiting)).map(|(key, _)| key.clone())?;
        self.count -= 1;
        self.by_key.get_mut(&key)?.pop_front()
    }

    /// Takes out what cannot serve any more.
    fn ended(&mut self, now: Instant) -> Vec<Waiting> {
        let mut ended = Vec::new();
        for waiting in self.by_key.values_mut() {
            for _ in 0..waiting.len() {
                let Some(mut one) = waiting.pop_front() else { break };
                if one.until > now && is_silent(&mut one.stream) {
                    waiting.push_back(one);
                } else {
                    ended.push(one);
                }
            }
        }
        self.by_key.retain(|_, waiting| !waiting.is_empty());
        self.count -= ended.len();
        ended
    }
}

/// Looks after the connections until there are none.
async fn sweep(kept: Weak<Mutex<Kept>>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(kept) = kept.upgrade() else { return };
        let mut state = kept.lock();
        let ended = state.ended(Instant::now());
        state.swept = state.count > 0;
        let goes_on = state.swept;
        drop(state);
        drop(ended);
        if !goes_on {
            return;
        }
    }
}

/// Whether the backend has said nothing since its last answer. What has ended or says something unasked is of no use.
fn is_silent(stream: &mut Stream) -> bool {
    let mut byte = [0];
    // The task's budget must not make silence of what is there to be read.
    let read = tokio::task::unconstrained(poll_fn(|context| {
        Pin::new(&mut *stream).poll_read(context, &mut ReadBuf::new(&mut byte))
    }));
    pin!(read).poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use pingora_core::protocols::l4::stream::Stream as TcpStream;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    fn key(upstream: u64) -> Key {
        Key { upstream, address: SocketAddr::from(([127, 0, 0, 1], 80)) }
    }

    async fn pair(listener: &TcpListener) -> (Stream, tokio::net::TcpStream) {
        let ours = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (theirs, _) = listener.accept().await.unwrap();
        (Box::new(TcpStream::from(ours)), theirs)
    }

    /// Lets the reactor hear of what the other end did.
    async fn settle() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    #[tokio::test]
    async fn a_connection_serves_its_own_target_until_the_backend_ends_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept = Arc::default();
        let (ours, theirs) = pair(&listener).await;
        put(&kept, key(1), ours);
        assert!(take(&kept, &key(2)).is_none(), "another target's");
        let ours = take(&kept, &key(1)).unwrap();
        put(&kept, key(1), ours);
        drop(theirs);
        settle().await;
        assert!(take(&kept, &key(1)).is_none(), "closed");
        let (ours, mut theirs) = pair(&listener).await;
        put(&kept, key(1), ours);
        theirs.write_all(b"unasked").await.unwrap();
        settle().await;
        assert!(take(&kept, &key(1)).is_none(), "an answer to nothing would be taken for the next one's");
        assert_eq!(kept.lock().count, 0);
    }

    #[tokio::test]
    async fn the_one_that_waited_longest_makes_room() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept = Arc::default();
        let mut theirs = Vec::new();
        for number in 0..=KEPT_CONNECTIONS {
            let (ours, other) = pair(&listener).await;
            theirs.push(other);
            put(&kept, key(number as u64), ours);
        }
        assert_eq!(kept.lock().count, KEPT_CONNECTIONS);
        assert!(take(&kept, &key(0)).is_none());
        assert!(take(&kept, &key(1)).is_some());
    }

    #[tokio::test]
    async fn what_has_waited_too_long_is_closed_and_the_task_ends_with_the_last() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let (ours, _theirs) = pair(&listener).await;
        put(&kept, key(1), ours);
        assert!(kept.lock().ended(Instant::now()).is_empty());
        assert_eq!(kept.lock().ended(Instant::now() + POOL_IDLE_TIMEOUT).len(), 1);
        assert!(kept.lock().swept);
        tokio::time::sleep(SWEEP + Duration::from_millis(200)).await;
        assert!(!kept.lock().swept);
    }
}
