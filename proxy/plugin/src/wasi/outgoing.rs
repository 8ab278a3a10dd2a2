//! `wasi:http` requests of plugins: to granted origins only, over HTTP/1.1, on a connection of their own.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, io::TokioIo};

use crate::limits::Origin;
use crate::load::Loaded;

type Failure = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(Response<WasiBody>, Failure), Error>;

/// What one instance may still send.
pub(crate) struct Outgoing {
    loaded: Arc<Loaded>,
    left: u32,
}

impl Outgoing {
    pub(crate) fn new(loaded: &Arc<Loaded>) -> Self {
        Self { loaded: Arc::clone(loaded), left: loaded.settings.limits.outgoing_requests }
    }

    pub(crate) fn begin(&mut self) {
        self.left = self.loaded.settings.limits.outgoing_requests;
    }

    fn granted(&mut self, uri: &Uri) -> Result<Origin, Error> {
        let refused = |loaded: &Loaded, why: &str| {
            let origin = uri.authority().map_or("", |authority| authority.as_str());
            tracing::warn!(target: "edgewit::plugin", plugin = loaded.name, origin, "outgoing request refused: {why}");
            Error::HttpRequestDenied
        };
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let granted = self.loaded.settings.grants.http.as_deref().unwrap_or_default();
        let found =
            granted.iter().find(|origin| origin.tls == tls && origin.host == host && origin.port == port);
        let found = found.cloned().ok_or_else(|| refused(&self.loaded, "no grant for this origin"))?;
        let Some(left) = self.left.checked_sub(1) else {
            return Err(refused(&self.loaded, "limit `outgoing_requests`"));
        };
        self.left = left;
        Ok(found)
    }
}

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Failure,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let origin = self.granted(request.uri());
        let loaded = Arc::clone(&self.loaded);
        Box::new(async move { send(request, options.unwrap_or_default(), origin?, &loaded).await })
    }
}

async fn send(
    mut request: Request<WasiBody>,
    options: RequestOptions,
    origin: Origin,
    loaded: &Loaded,
) -> Sent {
    let limits = &loaded.settings.limits;
    // Whatever the plugin says, its own wall time is the most.
    let most = limits.wall();
    let time = |wanted: Option<Duration>| wanted.map_or(most, |wanted| wanted.min(most));
    let connect = async {
        let address = resolve(&origin).await?;
        let stream = TcpStream::connect(address).await.map_err(Error::Connect)?;
        secure(stream, &origin, loaded).await
    };
    let stream = tokio::time::timeout(time(options.connect_timeout), connect)
        .await
        .map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let target = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(target);
    let mut connection = Box::pin(connection);
    let answer = {
        let mut answer =
            pin!(tokio::time::timeout(time(options.first_byte_timeout), sender.send_request(request)));
        let mut over = false;
        // The connection moves only while somebody polls it.
        std::future::poll_fn(|context| {
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            if !over && connection.as_mut().poll(context).is_ready() {
                over = true;
                return answer.as_mut().poll(context);
            }
            Poll::Pending
        })
        .await
        .map_err(|_| Error::ConnectionReadTimeout)??
    };
    let cap = limits.outgoing_bytes;
    let answer = answer.map(|body| {
        Limited::new(body, cap)
            .map_err(move |error| match error.downcast::<hyper::Error>() {
                Ok(error) => Error::Hyper(*error),
                Err(_) => Error::HttpResponseBodySize(Some(cap as u64)),
            })
            .boxed_unsync()
    });
    let rest: Failure = Box::new(async move { connection.await.map_err(Error::Hyper) });
    Ok((answer, rest))
}

/// The address to call: one that the grant covers.
///
/// The name is looked up once and the address that was checked is the address that is called, so a name server cannot
/// answer the check with one address and the connection with another.
async fn resolve(origin: &Origin) -> Result<SocketAddr, Error> {
    let literal = origin.host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if let Ok(address) = literal {
        // An address in a grant means that address.
        return Ok(SocketAddr::new(address, origin.port));
    }
    let unresolved = || Error::DnsError { rcode: None, info_code: None };
    let mut found =
        tokio::net::lookup_host((&*origin.host, origin.port)).await.map_err(|_| unresolved())?.peekable();
    if found.peek().is_none() {
        return Err(unresolved());
    }
    let named_locally = origin.private || origin.host == "localhost";
    found.find(|address| named_locally || is_public(address.ip())).ok_or(Error::DestinationIpProhibited)
}

/// Whether an address belongs to the public network.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                // Shared address space (RFC 6598).
                || (a == 100 && (64..128).contains(&b)))
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry any IPv4 address.
                || v6.segments()[..2] == [0x64, 0xff9b]
                || v6.segments()[0] == 0x2002)
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn secure(stream: TcpStream, origin: &Origin, loaded: &Loaded) -> Result<Pin<Box<dyn Stream>>, Error> {
    if !origin.tls {
        return Ok(Box::pin(stream));
    }
    let config = loaded.tls.clone().ok_or(Error::TlsProtocolError)?;
    let host = origin.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|_| Error::HttpRequestUriInvalid)?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(Error::Tls)?;
    Ok(Box::pin(stream))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn internal_addresses_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "100.128.0.1", "2001:4860:4860::8888", "172.32.0.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_that_means_this_machine_is_refused_unless_granted() {
        let origin = |private| Origin { tls: false, host: "localhost.localdomain".into(), port: 1, private };
        // Where the name is unknown there is nothing to refuse.
        if let Ok(address) = resolve(&origin(true)).await {
            assert!(address.ip().is_loopback());
            assert!(matches!(resolve(&origin(false)).await, Err(Error::DestinationIpProhibited)));
        }
    }
}
