//! Three ways for a Pingora proxy to answer a request without a network upstream.
//!
//! Each answers every request with the same small JSON document; the difference in CPU time per request is the
//! price of the way. A fourth, a `custom` connector of Pingora's service builder, is not here: its proxy cannot be
//! moved out of its service, so it cannot stand behind a listener of our own.

use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use pingora_core::connectors::L4Connect;
use pingora_core::protocols::l4::socket::SocketAddr as L4Address;
use pingora_core::protocols::l4::stream::Stream;
use pingora_core::protocols::l4::virt::{VirtualSockOpt, VirtualSocket, VirtualSocketStream};
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::ResponseHeader;
use pingora_proxy::subrequest::Ctx;
use pingora_proxy::subrequest::pipe::{InputBody, InputBodyType, pipe_subrequest};
use pingora_proxy::{ProxyHttp, Session};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};

const BODY: &str = r#"{"message":"hello from the node itself"}"#;

/// Bytes each direction of the in-process connection holds: a request head and a small answer fit.
const PIPE_BYTES: usize = 16 * 1024;

/// Longest request head the in-process server reads before it hangs up.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Way 1: the answer is written in `request_filter`; nothing of the upstream half of Pingora runs.
pub(crate) struct Answer;

#[async_trait]
impl ProxyHttp for Answer {
    type CTX = ();

    fn new_ctx(&self) -> Self::CTX {}

    async fn request_filter(&self, session: &mut Session, _ctx: &mut Self::CTX) -> Result<bool> {
        write_answer(session).await?;
        Ok(true)
    }

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut Self::CTX) -> Result<Box<HttpPeer>> {
        Error::e_explain(ErrorType::InternalError, "every request is answered before it needs an upstream")
    }
}

/// Way 2: the request is piped through a subrequest of Pingora, which answers in its own `request_filter`.
pub(crate) struct Subrequest;

#[async_trait]
impl ProxyHttp for Subrequest {
    type CTX = ();

    fn new_ctx(&self) -> Self::CTX {}

    fn allow_spawning_subrequest(&self, session: &Session, _ctx: &Self::CTX) -> bool {
        session.subrequest_ctx.is_none()
    }

    async fn request_filter(&self, session: &mut Session, _ctx: &mut Self::CTX) -> Result<bool> {
        // Only a request of a client may spawn; the subrequest arrives here again without a spawner.
        let Some(spawner) = session.subrequest_spawner.take() else {
            write_answer(session).await?;
            return Ok(true);
        };
        let (subrequest, handle) = spawner.create_subrequest(session.as_downstream(), Ctx::builder().build());
        let no_body = InputBodyType::Preset(InputBody::NoBody);
        match pipe_subrequest(session, subrequest, handle, |task| Ok(Some(task)), no_body).await {
            Ok(_) => Ok(true),
            Err(failed) => Err(failed.error),
        }
    }

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut Self::CTX) -> Result<Box<HttpPeer>> {
        Error::e_explain(ErrorType::InternalError, "every request is answered before it needs an upstream")
    }
}

async fn write_answer(session: &mut Session) -> Result<()> {
    let mut head = ResponseHeader::build(200, Some(2))?;
    head.insert_header("content-type", "application/json")?;
    head.insert_header("content-length", BODY.len())?;
    session.write_response_header(Box::new(head), false).await?;
    session.write_response_body(Some(Bytes::from_static(BODY.as_bytes())), true).await
}

/// Way 3: an ordinary upstream whose connections end in this process, at a small HTTP/1 server.
pub(crate) struct Virtual {
    connector: Arc<dyn L4Connect + Send + Sync>,
}

impl Virtual {
    pub(crate) fn new() -> Self {
        Self { connector: Arc::new(InProcess) }
    }
}

#[async_trait]
impl ProxyHttp for Virtual {
    type CTX = ();

    fn new_ctx(&self) -> Self::CTX {}

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut Self::CTX) -> Result<Box<HttpPeer>> {
        // The address only names the peer; `InProcess` never connects to it.
        let mut peer = HttpPeer::new((Ipv4Addr::LOCALHOST, 1), false, String::new());
        peer.options.custom_l4 = Some(Arc::clone(&self.connector));
        Ok(Box::new(peer))
    }
}

#[derive(Debug)]
struct InProcess;

#[async_trait]
impl L4Connect for InProcess {
    async fn connect(&self, _address: &L4Address) -> Result<Stream> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        tokio::spawn(async move {
            // A client that went away ends the connection; there is nobody to tell.
            drop(answer_one(far).await);
        });
        Ok(Stream::from(VirtualSocketStream::new(Box::new(Near(near)))))
    }
}

/// Reads one request head (a GET: no body) and answers it.
///
/// Pingora keeps no connection without a file descriptor (it checks the peer of the descriptor before it uses a
/// pooled one), so a connection serves one request and says so.
async fn answer_one(mut far: DuplexStream) -> io::Result<()> {
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > MAX_HEAD_BYTES || far.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{BODY}",
        BODY.len()
    );
    far.write_all(answer.as_bytes()).await?;
    far.shutdown().await
}

/// Our end of the in-process connection, as Pingora wants it.
#[derive(Debug)]
struct Near(DuplexStream);

impl VirtualSocket for Near {
    fn set_socket_option(&self, _option: VirtualSockOpt) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Near {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Near {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
