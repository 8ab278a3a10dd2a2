//! The admin address: health and metrics.

use crate::shared::Shared;
use async_trait::async_trait;
use http::Response;
use pingora_core::apps::http_app::ServeHttp;
use pingora_core::protocols::http::ServerSession;
use std::sync::Arc;

/// Answers requests on the admin address.
pub(crate) struct Admin {
    pub(crate) shared: Arc<Shared>,
}

#[async_trait]
impl ServeHttp for Admin {
    async fn response(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        let header = session.req_header();
        let get = header.method == http::Method::GET || header.method == http::Method::HEAD;
        match header.uri.path() {
            "/edgewit/health" if get => self.health(),
            "/metrics" if get => answer(
                200,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
                self.shared.telemetry.encode().into_bytes(),
            ),
            "/edgewit/health" | "/metrics" => {
                json(405, &serde_json::json!({"message": "Method Not Allowed"}))
            }
            _ => json(404, &serde_json::json!({"message": "Not Found"})),
        }
    }
}

impl Admin {
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
