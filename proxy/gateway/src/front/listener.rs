//! Listening sockets and the worker threads that serve their connections.

use super::Front;
use pingora_core::apps::HttpServerApp;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Pause after an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Threads that each run one single-threaded runtime.
///
/// A connection stays on the thread that took it, with all its timers and upstream connections:
/// nothing is stolen, so the hot path needs no cross-thread wake-up. Connections are dealt out in
/// turn, which keeps the threads as even as stealing would for traffic of many connections.
pub struct Workers {
    handles: Vec<Handle>,
    threads: Vec<JoinHandle<()>>,
    next: AtomicUsize,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts `count` threads (at least one).
    ///
    /// # Errors
    /// When a thread or its runtime cannot be made.
    pub fn start(count: usize) -> io::Result<Self> {
        let (stop, _) = watch::channel(false);
        let mut workers = Self { handles: Vec::new(), threads: Vec::new(), next: AtomicUsize::new(0), stop };
        for n in 0..count.max(1) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            workers.handles.push(runtime.handle().clone());
            let mut stopped = workers.stop.subscribe();
            let thread = std::thread::Builder::new().name(format!("worker-{n}")).spawn(move || {
                runtime.block_on(async {
                    // An error means that the sender is gone, which stops the thread all the same.
                    let _stopped = stopped.wait_for(|stop| *stop).await;
                });
                runtime.shutdown_timeout(Duration::from_millis(100));
            })?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.handles.len()
    }

    /// Number and runtime of the worker whose turn it is.
    fn next(&self) -> (usize, &Handle) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len();
        (turn, &self.handles[turn])
    }

    /// Ends the threads, with whatever still runs on them.
    pub fn stop(self) {
        self.stop.send_replace(true);
        for thread in self.threads {
            // A worker that panicked has said so already; there is nobody to pass it on to.
            let _panicked = thread.join();
        }
    }
}

/// A bound listening socket.
pub struct Listener {
    socket: std::net::TcpListener,
}

impl Listener {
    /// Binds `addr`. Port 0 takes a free one, see [`Listener::local_addr`].
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        let socket = std::net::TcpListener::bind(addr)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket })
    }

    /// The bound address, with its real port.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts until `stop` turns true, and deals the connections out to `workers`, each with the
    /// front of its number.
    ///
    /// # Errors
    /// When the socket cannot be used at all; a failed accept is only paused after.
    pub async fn run<A: HttpServerApp + Send + Sync + 'static>(
        self,
        fronts: Vec<Arc<Front<A>>>,
        workers: Arc<Workers>,
        mut stop: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let listener = TcpListener::from_std(self.socket)?;
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                accepted = listener.accept() => accepted,
            };
            match accepted.and_then(|(tcp, peer)| Ok((tcp.into_std()?, peer))) {
                Ok((tcp, peer)) => {
                    let (number, worker) = workers.next();
                    let Some(front) = fronts.get(number).map(Arc::clone) else { continue };
                    worker.spawn(async move {
                        // The socket moves to the reactor of the thread that serves it.
                        if let Ok(tcp) = TcpStream::from_std(tcp) {
                            front.serve(tcp, peer).await;
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}
