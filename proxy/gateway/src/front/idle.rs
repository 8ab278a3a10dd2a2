//! Waiting between two requests, without setting a timer for each wait.

use bytes::BytesMut;
use pingora_core::server::ShutdownWatch;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// One connection's patience.
///
/// The timer runs on over requests. When it fires, the connection is closed only if it has been
/// idle for the whole time; otherwise the timer is set to when that would be.
pub(super) struct Idle {
    timeout: Duration,
    timer: Pin<Box<Sleep>>,
    drain: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Idle {
    /// Patience for `timeout`, until `shutdown` turns true.
    pub(super) fn new(timeout: Duration, mut shutdown: ShutdownWatch) -> Self {
        Self {
            timeout,
            timer: Box::pin(tokio::time::sleep(timeout)),
            drain: Box::pin(async move {
                // An error means that the node is gone, which ends the wait all the same.
                let _stopped = shutdown.wait_for(|stop| *stop).await;
            }),
        }
    }

    /// Reads the first bytes of a request; `false` when the time is over, the node drains or the
    /// client is gone. Not to be called again after that.
    ///
    /// A read, not a wait for readiness: readiness stays set after a read that took everything, and
    /// would have to be cleared by another one that takes nothing.
    pub(super) async fn first_bytes(&mut self, tcp: &mut TcpStream, buf: &mut BytesMut) -> bool {
        let since = Instant::now();
        loop {
            tokio::select! {
                biased;
                read = tcp.read_buf(buf) => return matches!(read, Ok(n) if n > 0),
                () = self.timer.as_mut() => {
                    let left = self.timeout.saturating_sub(since.elapsed());
                    if left.is_zero() {
                        return false;
                    }
                    self.timer.as_mut().reset(tokio::time::Instant::now() + left);
                }
                () = self.drain.as_mut() => return false,
            }
        }
    }
}
