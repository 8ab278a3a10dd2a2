//! One request through the pipeline of a generation, without a node and without a connection: what `TestInvokeMethod`
//! does.
//!
//! The stages are those that requests of clients pass, but for authorizers and the firewall, which are left out, and
//! metrics and access logs, which do not count it. The request crosses an in-memory stream, so that Pingora parses and
//! serves it like any other.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html>.

mod authorizer;
mod find;

pub use crate::execution_log::{HeaderLines, Received, Refused, Sent};
pub(crate) use authorizer::{authorize, unauthorized};

use crate::exchange::{Exchange, Place};
use crate::execution_log::ExecutionLog;
use crate::generation::{Generation, StageRuntime};
use crate::pipeline::Pipeline;
use crate::shared::Shared;
use bytes::Bytes;
use edgewit_plan::router::Match;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use pingora_core::apps::HttpServerApp;
use pingora_core::protocols::http::ServerSession;
use pingora_core::server::configuration::ServerConf;
use pingora_proxy::HttpProxy;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::watch;

/// Bytes that either side of the in-memory stream may be ahead of the other.
const STREAM_BYTES: usize = 64 * 1024;

/// What is asked of which stage.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// Id or name of the API; may be left out where there is one only.
    pub api: Option<String>,
    /// The stage; may be left out where the API has one only.
    pub stage: Option<String>,
    /// Path of the resource as in the document, to call its method also where [`Invocation::path`] is none of its
    /// paths: its path parameters are empty then. Routes as a client's request would when left out.
    pub resource: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// Path after the stage, with the query.
    pub path: String,
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// The method that was called, such as `GET`, or `ANY`.
    pub method: &'static str,
    /// Path of its resource, as in the document.
    pub resource: String,
    /// Status of the answer.
    pub status: u16,
    /// The last value of each header.
    pub headers: BTreeMap<String, String>,
    /// All of them.
    pub multi_value_headers: BTreeMap<String, Vec<String>>,
    /// The body.
    pub body: Bytes,
    /// The execution log.
    pub log: String,
    /// Milliseconds from the request to the answer.
    pub latency_ms: u64,
    /// What the integration was sent, where it was asked.
    pub sent: Option<Sent>,
    /// What it answered, where it did.
    pub received: Option<Received>,
    /// Why the gateway answered itself, where it did.
    pub refused: Option<Refused>,
}

/// Why nothing was invoked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// No API of this name or id, or none was named and there are several.
    #[error("{found}, expected {}", listed(.known))]
    Api {
        /// What was found.
        found: String,
        /// Ids that there are.
        known: Vec<String>,
    },
    /// No such stage, or none was named and there are several.
    #[error("{found}, expected {}", listed(.known))]
    Stage {
        /// What was found.
        found: String,
        /// Names that there are.
        known: Vec<String>,
    },
    /// Nothing answers this method and path.
    #[error("no method for {method} {path}")]
    NoRoute {
        /// The method asked for.
        method: String,
        /// The path asked for, without the query.
        path: String,
        /// Methods and resources that are like it, nearest first.
        nearest: Vec<String>,
    },
    /// The request cannot be one: what was found, and what was expected.
    #[error("{0}")]
    Request(String),
    /// The pipeline ended without an answer.
    #[error("the pipeline gave no answer; the node log says more")]
    NoAnswer,
}

fn listed(known: &[String]) -> String {
    match known {
        [] => "none, for nothing is deployed".to_owned(),
        [one] => format!("`{one}`"),
        many => format!("one of {}", many.join(", ")),
    }
}

/// One test invocation as the pipeline sees it.
pub(crate) struct Trial {
    stage: Arc<StageRuntime>,
    path: String,
    found: Match,
    log: Arc<ExecutionLog>,
    begun: OnceLock<(Instant, String)>,
}

impl Trial {
    /// The exchange of its request.
    pub(crate) fn exchange(&self) -> Exchange {
        let mut exchange = Exchange::new();
        let _once = self.begun.set((exchange.started, exchange.ids.request_id().to_owned()));
        exchange.trial = true;
        exchange.log = Some(Arc::clone(&self.log));
        exchange.found = Some(self.found);
        let (stage, path) = (Arc::clone(&self.stage), self.path.clone());
        exchange.place = Some(Place { stage, path, resource_start: 0 });
        exchange
    }
}

/// Runs one request through the pipeline. `shared` has the limits, `generation` what is deployed; it may be the one
/// that serves, or one that was compiled for this.
///
/// # Errors
/// When there is no such API, stage or method, or when the request cannot be one. Whatever fails later is an answer.
pub async fn invoke(
    shared: &Arc<Shared>,
    generation: &Generation,
    invocation: &Invocation,
) -> Result<Invoked, InvokeError> {
    let (target, query_start) = target(&invocation.path)?;
    let stage = find::stage(generation, invocation)?;
    let path = &target.as_str()[..query_start];
    let found = find::method(&stage.plan, invocation, path)?;
    let request = request(invocation, &target)?;
    let (method, resource) = match stage.plan.routes.get(found.route) {
        Some(route) => (route.verb.as_str(), route.resource_path.to_string()),
        None => return Err(InvokeError::NoAnswer),
    };
    let log = Arc::new(ExecutionLog::default());
    let trial = Arc::new(Trial {
        stage: Arc::clone(stage),
        path: path.to_owned(),
        found,
        log: Arc::clone(&log),
        begun: OnceLock::new(),
    });
    serve(Pipeline::of_trial(Arc::clone(shared), Arc::clone(&trial)), &request).await;
    // Making a proxy for one request is no part of serving it.
    let (started, request_id) = trial.begun.get().ok_or(InvokeError::NoAnswer)?;
    let latency = started.elapsed();
    let (told, log) = log.finish(request_id);
    let answered = told.answered.ok_or(InvokeError::NoAnswer)?;
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in answered.headers {
        all.entry(name).or_default().push(value);
    }
    let last = all.iter().filter_map(|(name, values)| Some((name.clone(), values.last()?.clone())));
    Ok(Invoked {
        method,
        resource,
        status: answered.status,
        headers: last.collect(),
        multi_value_headers: all,
        body: answered.body,
        log,
        latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
        sent: told.sent,
        received: told.received,
        refused: told.refused,
    })
}

/// Has Pingora serve the request from memory. What it writes is thrown away: the log has the answer before it is framed.
async fn serve(pipeline: Pipeline, request: &[u8]) {
    let conf = ServerConf { threads: 1, ..ServerConf::default() };
    let mut proxy = HttpProxy::new(pipeline, Arc::new(conf));
    proxy.handle_init_modules();
    let proxy = Arc::new(proxy);
    let (mut client, node) = tokio::io::duplex(STREAM_BYTES);
    let (_never, shutdown) = watch::channel(false);
    let mut session = ServerSession::new_http1(Box::new(node));
    session.set_keepalive(None);
    let served = proxy.process_new_http(session, &shutdown);
    tokio::select! {
        _connection = served => {}
        never = converse(&mut client, request) => match never {},
    }
}

/// Never ends: a client that has gone would end the call.
async fn converse(client: &mut DuplexStream, request: &[u8]) -> Infallible {
    let (mut answer, mut asking) = tokio::io::split(client);
    // Either fails only where the node has closed its half, and then there is nothing more to say.
    let write = async { drop(asking.write_all(request).await) };
    let mut sink = tokio::io::sink();
    let read = async { drop(tokio::io::copy(&mut answer, &mut sink).await) };
    tokio::join!(write, read);
    std::future::pending().await
}

/// The request target, and where its path ends.
fn target(path: &str) -> Result<(PathAndQuery, usize), InvokeError> {
    let wrong = || {
        InvokeError::Request(format!(
            "found the path `{path}`, expected one that begins with `/`, percent-encoded, without the stage"
        ))
    };
    let visible = path.bytes().all(|b| b.is_ascii_graphic()) && !path.contains('#');
    if !path.starts_with('/') || !visible {
        return Err(wrong());
    }
    let target: PathAndQuery = path.parse().map_err(|_| wrong())?;
    let end = target.path().len();
    Ok((target, end))
}

/// The request as bytes.
fn request(invocation: &Invocation, target: &PathAndQuery) -> Result<Vec<u8>, InvokeError> {
    let mut out = format!("{} {target} HTTP/1.1\r\n", invocation.method).into_bytes();
    for (name, value) in &invocation.headers {
        let legal_name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| InvokeError::Request(format!("found the header name `{name}`, expected a token")))?;
        if matches!(legal_name.as_str(), "content-length" | "transfer-encoding") {
            // The body says how long it is.
            continue;
        }
        let value = HeaderValue::from_str(value).map_err(|_| {
            InvokeError::Request(format!(
                "header `{name}`: found control characters in its value, expected visible ones"
            ))
        })?;
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if !invocation.body.is_empty() {
        out.extend_from_slice(format!("Content-Length: {}\r\n", invocation.body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&invocation.body);
    Ok(out)
}
