//! The admin address: health, metrics, plugins.

use crate::buffers::Buffers;
use crate::control::http::Admission;
use crate::control::{self, Access, ControlPlane};
use crate::deploy::RolledBack;
use crate::shared::Shared;
use async_trait::async_trait;
use http::Response;
use pingora_core::apps::http_app::ServeHttp;
use pingora_core::protocols::http::ServerSession;
use pingora_http::RequestHeader;
use std::sync::Arc;

/// What those who operate a node reach it by.
#[derive(Clone)]
pub(crate) struct Operators {
    /// Who they may be.
    pub(crate) access: Arc<Access>,
    /// The control plane, where the node has one.
    pub(crate) plane: Option<Arc<ControlPlane>>,
}

/// Answers requests on the admin address.
pub(crate) struct Admin {
    shared: Arc<Shared>,
    operators: Operators,
    /// Bodies of requests to it, which take no room from those of the data plane.
    buffers: Arc<Buffers>,
}

/// Bytes of the bodies that the admin address holds at once.
const BUFFERED_BYTES: usize = 64 << 20;

#[async_trait]
impl ServeHttp for Admin {
    async fn response(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        let header = session.req_header();
        let get = header.method == http::Method::GET || header.method == http::Method::HEAD;
        let path = header.uri.path();
        match path {
            "/edgewit/health" if get => return self.health(),
            "/metrics" if get => {
                return answer(
                    200,
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                    self.shared.telemetry.encode().into_bytes(),
                );
            }
            "/edgewit/health" | "/metrics" => return not_allowed(),
            _ => {}
        }
        let admission =
            Admission { access: &self.operators.access, limits: &self.shared.limits, buffers: &self.buffers };
        let (body, who) = match control::http::admit(&admission, session).await {
            Ok(admitted) => admitted,
            Err(error) => return control::http::refused(error),
        };
        let path = session.req_header().uri.path();
        match &self.operators.plane {
            Some(plane) if path == "/edgewit/audit" && get => {
                return control::http::audit(plane, session.req_header()).await;
            }
            Some(plane) if !path.starts_with("/edgewit/") => {
                return control::http::answer(plane, session.req_header(), body, who).await;
            }
            None if !path.starts_with("/edgewit/") => return control::http::refused(control::http::without()),
            _ => {}
        }
        let header = session.req_header();
        match header.uri.path() {
            "/edgewit/plugins" if get => self.plugins(),
            "/edgewit/plugins" | "/edgewit/audit" => not_allowed(),
            path => match rolled_back(path) {
                Some(name) => self.roll_back(header, name).await,
                None => json(404, &serde_json::json!({"message": "Not Found"})),
            },
        }
    }
}

/// The plugin in `/edgewit/plugins/NAME/rollback`. A name has no slash: policies are held against the path.
fn rolled_back(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/edgewit/plugins/")?.strip_suffix("/rollback")?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

fn not_allowed() -> Response<Vec<u8>> {
    json(405, &serde_json::json!({"message": "Method Not Allowed"}))
}

impl Admin {
    /// The admin address of a node.
    pub(crate) fn new(shared: &Arc<Shared>, operators: &Operators) -> Self {
        Self {
            shared: Arc::clone(shared),
            operators: operators.clone(),
            buffers: Arc::new(Buffers::new(BUFFERED_BYTES)),
        }
    }

    fn plugins(&self) -> Response<Vec<u8>> {
        let generation = self.shared.generation();
        let plugins: Vec<serde_json::Value> = generation
            .plugins
            .iter()
            .map(|(name, entry)| {
                let (calls, failures, opened) = entry.metrics.read();
                let (fresh, reused) = entry.plugin.calls();
                let worlds: Vec<&str> = entry.plugin.worlds().iter().map(|world| world.name()).collect();
                let failures: serde_json::Map<String, serde_json::Value> = failures
                    .into_iter()
                    .filter(|(_, count)| *count > 0)
                    .map(|(kind, count)| (kind.to_owned(), count.into()))
                    .collect();
                serde_json::json!({
                    "name": name,
                    "digest": format!("sha256:{}", entry.plugin.digest()),
                    "previousDigest": entry.previous.as_ref().map(|plugin| format!("sha256:{}", plugin.digest())),
                    "worlds": worlds,
                    "configured": entry.plugin.admission().configured,
                    "admission": {"fromCache": entry.plugin.admission().from_cache},
                    "calls": calls,
                    "failures": failures,
                    "breakerOpenings": opened,
                    "instances": {
                        "fresh": fresh,
                        "reused": reused,
                        "waiting": entry.plugin.waiting(),
                        "prepared": entry.plugin.prepared(),
                    },
                })
            })
            .collect();
        json(200, &serde_json::json!({"plugins": plugins}))
    }

    async fn roll_back(&self, header: &RequestHeader, plugin: &str) -> Response<Vec<u8>> {
        if header.method != http::Method::POST {
            return not_allowed();
        }
        match self.shared.roll_back(plugin).await {
            Ok(RolledBack { left, serves }) => json(
                200,
                &serde_json::json!({
                    "plugin": plugin,
                    "left": format!("sha256:{left}"),
                    "serves": format!("sha256:{serves}"),
                }),
            ),
            Err(message) => json(409, &serde_json::json!({ "message": message })),
        }
    }

    fn health(&self) -> Response<Vec<u8>> {
        let generation = self.shared.generation();
        let stages = generation.stages().len();
        json(
            200,
            &serde_json::json!({
                "status": "ok",
                "version": env!("CARGO_PKG_VERSION"),
                "generation": generation.number,
                "apis": generation.apis.len(),
                "stages": stages,
                "controlPlane": self.operators.plane.is_some(),
                "uptimeSeconds": self.shared.telemetry.uptime().as_secs(),
            }),
        )
    }
}

fn json(status: u16, body: &serde_json::Value) -> Response<Vec<u8>> {
    answer(status, "application/json", body.to_string().into_bytes())
}

fn answer(status: u16, content_type: &str, body: Vec<u8>) -> Response<Vec<u8>> {
    let built = Response::builder()
        .status(status)
        .header(http::header::CONTENT_TYPE, content_type)
        .header(http::header::CONTENT_LENGTH, body.len())
        .header(http::header::CACHE_CONTROL, "no-store")
        .body(body);
    built.unwrap_or_default()
}
