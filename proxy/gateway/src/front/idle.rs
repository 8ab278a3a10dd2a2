//! Waiting between two requests, without setting a timer for each wait.

use pingora_core::server::ShutdownWatch;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};
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

    /// Whether there is something to read before the time is over or the node drains. Not to be
    /// called again after it was not.
    pub(super) async fn until_readable(&mut self, tcp: &TcpStream) -> bool {
        let since = Instant::now();
        loop {
            tokio::select! {
                biased;
                ready = tcp.readable() => return ready.is_ok(),
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
