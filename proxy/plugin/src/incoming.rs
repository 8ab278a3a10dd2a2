//! Requests answered by components of the world `wasi:http/proxy`: what `wasmtime serve` and Spin's HTTP trigger run.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::call::Call;
use crate::error::PluginError;
use crate::meter::Metered;
use crate::plugin::Plugin;
use crate::request::PluginRequest;
use crate::text;
use crate::world::Guests;

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
    /// Has the component answer a whole request. `request` is what its log lines are about.
    ///
    /// # Errors
    /// As [`Plugin::authorize`]. The answer's headers are as the component gave them: hop-by-hop headers are the
    /// caller's to remove.
    pub async fn serve(
        &self,
        request: Arc<dyn PluginRequest>,
        message: Request<Bytes>,
    ) -> Result<Response<Bytes>, PluginError> {
        let most = self.limits().body_bytes;
        let whole = async |response: Response<HyperOutgoingBody>| {
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, most).collect().await;
            let body = body.map_err(|error| format!("its body cannot be read: {error}"))?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        self.run(request, message, whole).await
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
            if let Err(error) = self.run(request, message, async |response| reader.read(response).await).await
            {
                reader.fail(error).await;
            }
        });
        let lost = || PluginError::InvalidResult("it gave no answer".to_owned());
        let head = begun.await.map_err(|_dropped| lost())??;
        Ok(AnswerStream { head, parts: received })
    }

    /// One call of the handler, with `read` on what it answers meanwhile.
    async fn run<T>(
        &self,
        request: Arc<dyn PluginRequest>,
        message: Request<Bytes>,
        read: impl AsyncFnOnce(Response<HyperOutgoingBody>) -> Result<T, String>,
    ) -> Result<T, PluginError> {
        let mut begun = self.begin(None, request, self.hostcall_bytes()).await?;
        let guests = begun.guests.take();
        let called = {
            let future = pin!(self.run_handler(&mut begun.store, guests, message, read));
            timeout(self.limits().wall(), Metered::new(future, Arc::clone(&begun.meter))).await
        };
        let (answer, kept) = self.conclude(begun, called)?;
        if kept.store.data().wasi.as_ref().is_some_and(|wasi| wasi.holds_handles()) {
            // It would keep parts of this exchange, and more with every other.
            self.replace(kept);
        } else {
            self.put_back(kept);
        }
        Ok(answer)
    }

    async fn run_handler<T>(
        &self,
        store: &mut Store<Call>,
        guests: Option<Guests>,
        message: Request<Bytes>,
        read: impl AsyncFnOnce(Response<HyperOutgoingBody>) -> Result<T, String>,
    ) -> wasmtime::Result<(Guests, Result<T, PluginError>)> {
        let missing = || wasmtime::format_err!("the component does not export wasi:http/incoming-handler");
        let guests = self.guests(store, guests).await?;
        let guest = guests.http.as_ref().ok_or_else(missing)?;
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
        let refused = |failure: String| PluginError::InvalidResult(text::printable_line(&failure));
        Ok((guests, answer.map_err(refused)))
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
