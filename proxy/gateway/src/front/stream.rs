//! The connection as Pingora sees it: a TCP stream that knows where the current message ends.
//!
//! Pingora's own stream buffers 64 KiB per connection and reads as far as the socket gives.
//! This one keeps no read buffer (the front reads the header into the buffer that Pingora then
//! parses in place), hands out no byte past the body of the current request, and joins header and
//! body of a response into one system call.

use super::chunked::Chunked;
use super::framing::Body;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use pingora_core::protocols::raw_connect::ProxyDigest;
use pingora_core::protocols::{
    GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, TimingDigest,
    UniqueID, UniqueIDType,
};
use std::future::Future;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// Bytes of a response that are held back to leave in one system call.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// Bytes of a following request that are taken from the socket while the current one is served.
/// They are only read to notice that the client has gone.
const AHEAD_BYTES: usize = 4 * 1024;

/// How far the current message may be read.
enum Extent {
    /// So many bytes.
    Length(u64),
    /// To the end that its chunks say.
    Chunked(Chunked),
    /// As far as the connection goes: HTTP/2, or whatever an upgrade leads to.
    Open,
}

/// A client's connection.
pub(crate) struct EdgeStream {
    tcp: TcpStream,
    /// Read from the socket, not yet handed out.
    unread: BytesMut,
    /// Written by Pingora, not yet sent.
    unsent: BytesMut,
    extent: Extent,
    /// Time that the client may take nothing of an answer.
    write_timeout: Duration,
    /// Runs while the client takes nothing of what is to be sent.
    stuck: Option<Pin<Box<Sleep>>>,
    socket: Arc<SocketDigest>,
}

impl EdgeStream {
    pub(crate) fn new(tcp: TcpStream, peer: SocketAddr, write_timeout: Duration) -> Self {
        let socket = SocketDigest::from_raw_fd(tcp.as_raw_fd());
        // Known already; asking the kernel again would cost a system call per connection.
        let _already_set = socket.peer_addr.set(Some(peer.into()));
        Self {
            tcp,
            unread: BytesMut::new(),
            unsent: BytesMut::new(),
            extent: Extent::Open,
            write_timeout,
            stuck: None,
            socket: Arc::new(socket),
        }
    }

    /// Gives `ahead` back to be read first, and bounds what may be read by the message's framing;
    /// without a body to be read, everything that the socket has.
    pub(crate) fn begin_message(&mut self, ahead: BytesMut, body: Option<Body>) {
        self.unread = ahead;
        self.extent = match body {
            Some(Body::Length(n)) => Extent::Length(n),
            Some(Body::Chunked) => Extent::Chunked(Chunked::new()),
            Some(Body::Upgrade) | None => Extent::Open,
        };
    }

    /// What was read past the message that has ended.
    pub(crate) fn end_message(&mut self) -> BytesMut {
        self.extent = Extent::Open;
        std::mem::take(&mut self.unread)
    }

    /// The socket, for the time between two messages.
    pub(crate) fn tcp(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }

    /// Reads ahead so that a client that closes is noticed while its request is served.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.unread.len() >= AHEAD_BYTES {
            return Poll::Pending;
        }
        // Nearly always there is nothing, and asking for readiness is all it takes.
        ready!(self.tcp.poll_read_ready(cx))?;
        let mut chunk = [MaybeUninit::uninit(); AHEAD_BYTES];
        let mut buf = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.unread.extend_from_slice(buf.filled());
        // More may follow; only an end is reported, so poll again to have the waker registered.
        self.poll_end(cx)
    }

    /// Passes on what a write came to; one that waits too long for the client to take anything fails.
    fn progress<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let limit = self.write_timeout;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let written = Pin::new(&mut self.tcp).poll_write(cx, &self.unsent);
            let n = ready!(self.progress(cx, written))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(n);
        }
        if self.unsent.capacity() > WRITE_BUFFER_BYTES {
            self.unsent = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for EdgeStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let allowed = match &this.extent {
            // The message is over. Bytes of the next one stay here; only an end gets through.
            Extent::Length(0) => return this.poll_end(cx),
            Extent::Chunked(chunked) if chunked.is_done() => return this.poll_end(cx),
            Extent::Length(n) => usize::try_from(*n).unwrap_or(usize::MAX).min(buf.remaining()),
            Extent::Chunked(_) | Extent::Open => buf.remaining(),
        };
        let filled_before = buf.filled().len();
        if !this.unread.is_empty() {
            let n = allowed.min(this.unread.len());
            buf.put_slice(&this.unread[..n]);
            this.unread.advance(n);
        } else if allowed == buf.remaining() {
            ready!(Pin::new(&mut this.tcp).poll_read(cx, buf))?;
        } else {
            let mut part = ReadBuf::new(buf.initialize_unfilled_to(allowed));
            ready!(Pin::new(&mut this.tcp).poll_read(cx, &mut part))?;
            let n = part.filled().len();
            buf.advance(n);
        }
        let taken = buf.filled().len() - filled_before;
        match &mut this.extent {
            Extent::Open => {}
            Extent::Length(remaining) => *remaining -= taken as u64,
            Extent::Chunked(chunked) => {
                let own = match chunked.follow(&buf.filled()[filled_before..]) {
                    Ok(own) => own,
                    Err(_broken) => {
                        buf.set_filled(filled_before);
                        let error = io::Error::new(io::ErrorKind::InvalidData, "broken chunked framing");
                        return Poll::Ready(Err(error));
                    }
                };
                if own < taken {
                    // What follows belongs to the next request, before anything that is unread already.
                    let mut ahead = BytesMut::from(&buf.filled()[filled_before + own..]);
                    ahead.extend_from_slice(&this.unread);
                    this.unread = ahead;
                    buf.set_filled(filled_before + own);
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for EdgeStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.unsent.len() + data.len() <= WRITE_BUFFER_BYTES {
            this.unsent.put_slice(data);
            return Poll::Ready(Ok(data.len()));
        }
        if this.unsent.is_empty() {
            let written = Pin::new(&mut this.tcp).poll_write(cx, data);
            return this.progress(cx, written);
        }
        let parts = [IoSlice::new(&this.unsent), IoSlice::new(data)];
        let written = Pin::new(&mut this.tcp).poll_write_vectored(cx, &parts);
        let sent = ready!(this.progress(cx, written))?;
        let held = this.unsent.len().min(sent);
        this.unsent.advance(held);
        if sent > held {
            return Poll::Ready(Ok(sent - held));
        }
        ready!(this.poll_send(cx))?;
        let written = Pin::new(&mut this.tcp).poll_write(cx, data);
        this.progress(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl std::fmt::Debug for EdgeStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EdgeStream").field("peer", &self.socket.peer_addr()).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl Shutdown for EdgeStream {
    async fn shutdown(&mut self) {
        // The client may be gone already: nothing is left to tell it.
        let _gone = AsyncWriteExt::shutdown(self).await;
    }
}

impl UniqueID for EdgeStream {
    fn id(&self) -> UniqueIDType {
        self.tcp.as_raw_fd()
    }
}

impl Ssl for EdgeStream {}

impl GetTimingDigest for EdgeStream {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        // Per-request work for a figure that nothing here asks for.
        Vec::new()
    }
}

impl GetProxyDigest for EdgeStream {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        None
    }
}

impl GetSocketDigest for EdgeStream {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        Some(Arc::clone(&self.socket))
    }
}

#[async_trait::async_trait]
impl Peek for EdgeStream {
    /// Only what the front has read already can be peeked; so this never waits.
    async fn try_peek(&mut self, buf: &mut [u8]) -> io::Result<bool> {
        if self.unread.len() < buf.len() {
            return Ok(false);
        }
        buf.copy_from_slice(&self.unread[..buf.len()]);
        Ok(true)
    }
}

/// A fixed answer for a request that never reaches the pipeline, sent as it is.
pub(crate) async fn send_and_close(stream: &mut EdgeStream, answer: Bytes) {
    if AsyncWriteExt::write_all(stream, &answer).await.is_ok() {
        Shutdown::shutdown(stream).await;
        // A close with unread bytes would reset the connection and lose the answer on its way.
        let mut sink = [0_u8; 1024];
        for _ in 0..16 {
            let read = tokio::io::AsyncReadExt::read(stream.tcp(), &mut sink);
            match tokio::time::timeout(Duration::from_millis(200), read).await {
                Ok(Ok(n)) if n > 0 => {}
                _ => break,
            }
        }
    }
}
