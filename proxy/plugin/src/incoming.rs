//! Requests answered by components of the world `wasi:http/proxy`: what `wasmtime serve` and Spin's HTTP trigger run.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;

use crate::call::Call;
use crate::error::PluginError;
use crate::meter::{Meter, Metered};
use crate::plugin::{FIRST_SLICE_TICKS, Plugin};
use crate::request::PluginRequest;
use crate::text;

type Served = Result<Response<Bytes>, String>;

impl Plugin {
    /// Has the component answer a whole request, on a fresh instance. `request` is what its log lines are about.
    ///
    /// # Errors
    /// As [`Plugin::authorize`]. The answer's headers are as the component gave them: hop-by-hop headers are the
    /// caller's to remove.
    pub async fn serve(
        &self,
        request: Arc<dyn PluginRequest>,
        message: Request<Bytes>,
    ) -> Result<Response<Bytes>, PluginError> {
        let (_slot, _running) = self.claim()?;
        self.fresh.fetch_add(1, Ordering::Relaxed);
        let limits = self.limits();
        let meter = Meter::new();
        let mut store = self.store(request, Arc::clone(&meter));
        store.set_epoch_deadline(FIRST_SLICE_TICKS);
        store.set_hostcall_fuel(self.hostcall_bytes());
        let served = {
            let future = pin!(self.run_handler(&mut store, message));
            tokio::time::timeout(limits.wall(), Metered { future, meter }).await
        };
        match served {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(failure))) => Err(PluginError::InvalidResult(text::printable_line(&failure))),
            Ok(Err(error)) => Err(self.classify(&error, store.data().stopped)),
            Err(_elapsed) => Err(PluginError::WallTime { limit_ms: limits.wall_ms }),
        }
    }

    async fn run_handler(
        &self,
        store: &mut Store<Call>,
        message: Request<Bytes>,
    ) -> wasmtime::Result<Served> {
        let missing = || wasmtime::format_err!("the component does not export wasi:http/incoming-handler");
        let found = self.exports.http.as_ref().ok_or_else(missing)?;
        let instance = self.instance(store).await?;
        let guest = found.load(&mut *store, &instance)?;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let message = message
            .map(|body| Full::new(body).map_err(|never| -> wasmtime_wasi_http::Error { match never {} }));
        let mut http = store.data_mut().http();
        let incoming = http.new_incoming_request(Scheme::Http, message)?;
        let outparam = http.new_response_outparam(sender)?;
        let most = self.limits().body_bytes;
        // The handler writes the body while it is read here.
        let answer = async move {
            let response = match receiver.await {
                Ok(Ok(response)) => response,
                Ok(Err(code)) => return Err(format!("it answered with the error {code:?}")),
                Err(_dropped) => return Err("it gave no answer".to_owned()),
            };
            let (parts, body) = response.into_parts();
            // Anything else is no final answer, and would be one to another request.
            if !(200..=599).contains(&parts.status.as_u16()) {
                return Err(format!(
                    "it answered with status {}, expected 200 to 599",
                    parts.status.as_u16()
                ));
            }
            let body = Limited::new(body, most).collect().await;
            let body = body.map_err(|error| format!("its body cannot be read: {error}"))?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        let (called, answer) = tokio::join!(guest.call_handle(&mut *store, incoming, outparam), answer);
        called?;
        Ok(answer)
    }
}
