//! Requests answered by components of the world `wasi:http/proxy`: what `wasmtime serve` and Spin's HTTP trigger run.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use tokio::sync::{mpsc, oneshot};
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::call::Call;
use crate::error::PluginError;
use crate::meter::{Meter, Metered};
use crate::plugin::{FIRST_SLICE_TICKS, Plugin};
use crate::request::PluginRequest;
use crate::text;

type Served = Result<Response<Bytes>, String>;

/// Parts of an answer that wait for whoever reads them; the component waits where there are more.
const WAITING_PARTS: usize = 4;

/// An answer whose body is read while the component writes it. A component whose answer is dropped is stopped.
#[derive(Debug)]
pub struct AnswerStream {
    /// Status and headers.
    pub head: Parts,
    parts: mpsc::Receiver<Result<Bytes, PluginError>>,
}

impl AnswerStream {
    /// The next part of the body; `None` at its end. An error is the last.
    pub async fn next(&mut self) -> Option<Result<Bytes, PluginError>> {
        self.parts.recv().await
    }
}

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
        let (_slot, _running) = self.claim().await?;
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

    /// The same, with an answer that is read as it comes. The time of the whole call is bounded as that of any other.
    ///
    /// # Errors
    /// As [`Plugin::serve`], before the head is there.
    pub async fn serve_streamed(
        self: Arc<Self>,
        request: Arc<dyn PluginRequest>,
        message: Request<Bytes>,
    ) -> Result<AnswerStream, PluginError> {
        let (head, begun) = oneshot::channel();
        let (parts, received) = mpsc::channel(WAITING_PARTS);
        tokio::spawn(async move {
            let mut reader = Reader { head: Some(head), parts };
            if let Err(error) = self.stream(request, message, &mut reader).await {
                reader.fail(error).await;
            }
        });
        let lost = || PluginError::InvalidResult("it gave no answer".to_owned());
        let head = begun.await.map_err(|_dropped| lost())??;
        Ok(AnswerStream { head, parts: received })
    }

    async fn stream(
        &self,
        request: Arc<dyn PluginRequest>,
        message: Request<Bytes>,
        reader: &mut Reader,
    ) -> Result<(), PluginError> {
        let (_slot, _running) = self.claim().await?;
        self.fresh.fetch_add(1, Ordering::Relaxed);
        let limits = self.limits();
        let meter = Meter::new();
        let mut store = self.store(request, Arc::clone(&meter));
        store.set_epoch_deadline(FIRST_SLICE_TICKS);
        store.set_hostcall_fuel(self.hostcall_bytes());
        let streamed = {
            let future =
                pin!(self.run_with(&mut store, message, async |response| reader.read(response).await));
            tokio::time::timeout(limits.wall(), Metered { future, meter }).await
        };
        match streamed {
            Ok(Ok(Ok(()))) => Ok(()),
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
        let most = self.limits().body_bytes;
        let whole = async |response: Response<HyperOutgoingBody>| {
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, most).collect().await;
            let body = body.map_err(|error| format!("its body cannot be read: {error}"))?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        self.run_with(store, message, whole).await
    }

    /// Runs the handler, and `read` on what it answers meanwhile.
    async fn run_with<T>(
        &self,
        store: &mut Store<Call>,
        message: Request<Bytes>,
        read: impl AsyncFnOnce(Response<HyperOutgoingBody>) -> Result<T, String>,
    ) -> wasmtime::Result<Result<T, String>> {
        let missing = || wasmtime::format_err!("the component does not export wasi:http/incoming-handler");
        let found = self.exports.http.as_ref().ok_or_else(missing)?;
        let instance = self.instance(store).await?;
        let guest = found.load(&mut *store, &instance)?;
        let (sender, receiver) = oneshot::channel();
        let message = message
            .map(|body| Full::new(body).map_err(|never| -> wasmtime_wasi_http::Error { match never {} }));
        let mut http = store.data_mut().http();
        let incoming = http.new_incoming_request(Scheme::Http, message)?;
        let outparam = http.new_response_outparam(sender)?;
        // The handler writes the body while it is read here.
        let answer = async move {
            let response = match receiver.await {
                Ok(Ok(response)) => response,
                Ok(Err(code)) => return Err(format!("it answered with the error {code:?}")),
                Err(_dropped) => return Err("it gave no answer".to_owned()),
            };
            // Anything else is no final answer, and would be one to another request.
            let status = response.status().as_u16();
            if !(200..=599).contains(&status) {
                return Err(format!("it answered with status {status}, expected 200 to 599"));
            }
            read(response).await
        };
        let (called, answer) = tokio::join!(guest.call_handle(&mut *store, incoming, outparam), answer);
        called?;
        Ok(answer)
    }
}

/// Whoever reads a streamed answer.
struct Reader {
    head: Option<oneshot::Sender<Result<Parts, PluginError>>>,
    parts: mpsc::Sender<Result<Bytes, PluginError>>,
}

impl Reader {
    async fn read(&mut self, response: Response<HyperOutgoingBody>) -> Result<(), String> {
        const GONE: &str = "nobody waits for its answer any more";
        let (head, mut body) = response.into_parts();
        let reader = self.head.take().ok_or(GONE)?;
        reader.send(Ok(head)).map_err(|_dropped| GONE)?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| format!("its body cannot be read: {error}"))?;
            // Trailers are not passed on.
            if let Ok(part) = frame.into_data() {
                self.parts.send(Ok(part)).await.map_err(|_dropped| GONE)?;
            }
        }
        Ok(())
    }

    async fn fail(self, error: PluginError) {
        // Where nobody waits, nobody has to know.
        match self.head {
            Some(head) => drop(head.send(Err(error))),
            None => drop(self.parts.send(Err(error)).await),
        }
    }
}
