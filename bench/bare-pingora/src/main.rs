//! The smallest proxy that Pingora makes, and three ways for a Pingora proxy to answer by itself.
//!
//! ```text
//! bare-pingora MODE LISTEN THREADS [UPSTREAM]
//! ```
//!
//! `MODE` is `proxy` (needs `UPSTREAM`), `answer`, `virtual` or `subrequest`; `LISTEN` and `UPSTREAM` are
//! `IP:PORT`; `THREADS` is the number of worker threads.
//! `bench/run` starts it with the same allocator, build profile and worker count as Edgewit, so that the
//! difference between the two is what Edgewit adds.

mod proxy;
mod ways;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use pingora_core::server::configuration::ServerConf;
use pingora_core::server::{RunArgs, Server};
use pingora_proxy::{ProxyHttp, http_proxy_service};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: bare-pingora proxy|answer|virtual|subrequest LISTEN THREADS [UPSTREAM]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let mode = args.next().ok_or(USAGE)?;
    let listen: SocketAddr = args.next().ok_or(USAGE)?.parse()?;
    let threads: usize = args.next().ok_or(USAGE)?.parse()?;
    match mode.as_str() {
        "proxy" => serve(listen, threads, proxy::Proxy { upstream: args.next().ok_or(USAGE)?.parse()? }),
        "answer" => serve(listen, threads, ways::Answer),
        "virtual" => serve(listen, threads, ways::Virtual::new()),
        "subrequest" => serve(listen, threads, ways::Subrequest),
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

/// Serves `app` on `listen` until a signal ends the process; everything else is Pingora's default.
fn serve<A>(listen: SocketAddr, threads: usize, app: A)
where
    A: ProxyHttp + Send + Sync + 'static,
    A::CTX: Send + Sync,
{
    let conf = ServerConf { threads, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&Arc::clone(&server.configuration), app);
    service.add_tcp(&listen.to_string());
    server.add_service(service);
    server.run(RunArgs::default());
}
