//! One call: room for it, an instance, the limits around it, and what becomes of the instance afterwards.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::error::Elapsed;
use tokio::time::timeout;
use wasmtime::Store;

use crate::bindings::body::BodyPart;
use crate::bindings::{authorize, handle, inspect, rewrite};
use crate::call::{self, Call, HOSTCALL_BYTES};
use crate::error::PluginError;
use crate::meter::{Meter, Metered};
use crate::plugin::Plugin;
use crate::request::{PluginRequest, PluginResponse};
use crate::slots::Slot;
use crate::text;
use crate::ticker::Running;
use crate::warm::Kept;
use crate::world::Guests;

/// Ticks until a guest has to let others have the worker for the first time. Two, because a call that begins just
/// before a tick would otherwise be set back behind everybody else after a few microseconds.
pub(crate) const FIRST_SLICE_TICKS: u64 = 2;

/// What an instance is asked.
pub(crate) enum Ask<'a> {
    Authorize,
    RewriteRequest,
    RewriteResponse,
    InspectHead,
    InspectBody(BodyPart),
    Handle(&'a str, handle::Invocation),
}

/// What it answers.
pub(crate) enum Answer {
    Decision(authorize::Decision),
    Request(rewrite::RequestOutcome),
    Response(rewrite::ResponseChanges),
    Finding(inspect::Finding),
    Json(Result<String, handle::Failure>),
}

/// A call that has its room, and an instance where one was waiting for it. Fields are given back in their order: a free
/// slot means a free instance.
pub(crate) struct Begun<'p> {
    pub(crate) store: Store<Call>,
    /// None where the instance is still to be made.
    pub(crate) guests: Option<Guests>,
    pub(crate) meter: Arc<Meter>,
    uses: u32,
    _slot: Slot<'p>,
    _running: Running<'p>,
}

/// How a call ended: in time or not, as WebAssembly or by a trap, and with what.
pub(crate) type Called<T> = Result<wasmtime::Result<(Guests, Result<T, PluginError>)>, Elapsed>;

impl Plugin {
    pub(crate) async fn ask(
        &self,
        request: Arc<dyn PluginRequest>,
        response: Option<Arc<dyn PluginResponse>>,
        ask: Ask<'_>,
    ) -> Result<Answer, PluginError> {
        let (answer, kept) = self.ask_on(None, request, response, ask).await?;
        self.put_back(kept);
        Ok(answer)
    }

    /// The same on a certain instance, which comes back with the answer and knows nothing more of the request.
    pub(crate) async fn ask_on(
        &self,
        on: Option<Kept>,
        request: Arc<dyn PluginRequest>,
        response: Option<Arc<dyn PluginResponse>>,
        ask: Ask<'_>,
    ) -> Result<(Answer, Kept), PluginError> {
        let hostcall_bytes =
            if matches!(ask, Ask::Authorize) { HOSTCALL_BYTES } else { self.hostcall_bytes() };
        let mut begun = self.begin(on, request, hostcall_bytes).await?;
        begun.store.data_mut().response = response;
        let guests = begun.guests.take();
        let called = {
            let future = pin!(self.call(&mut begun.store, guests, ask));
            timeout(self.limits().wall(), Metered::new(future, Arc::clone(&begun.meter))).await
        };
        self.conclude(begun, called)
    }

    /// Finds room for a call, and an instance: `on` where it is given, else one that was kept, else one that was made
    /// before.
    pub(crate) async fn begin(
        &self,
        on: Option<Kept>,
        request: Arc<dyn PluginRequest>,
        hostcall_bytes: usize,
    ) -> Result<Begun<'_>, PluginError> {
        let (slot, running) = self.claim().await?;
        let meter = Meter::new();
        let waiting = on.or_else(|| self.warm.take()).or_else(|| self.stock.take());
        let (mut store, guests, uses) = match waiting {
            Some(mut kept) => {
                kept.store.data_mut().begin(request, Arc::clone(&meter));
                (kept.store, Some(kept.guests), kept.uses)
            }
            None => (self.store(request, Arc::clone(&meter)), None, 0),
        };
        let counter = if uses == 0 { &self.fresh } else { &self.reused };
        counter.fetch_add(1, Ordering::Relaxed);
        store.set_epoch_deadline(FIRST_SLICE_TICKS);
        store.set_hostcall_fuel(hostcall_bytes);
        Ok(Begun { store, guests, meter, uses, _slot: slot, _running: running })
    }

    /// What the call came to. The instance is given back where it can serve again.
    pub(crate) fn conclude<T>(&self, begun: Begun<'_>, called: Called<T>) -> Result<(T, Kept), PluginError> {
        let Begun { mut store, uses, .. } = begun;
        match called {
            Ok(Ok((guests, Ok(answer)))) => {
                store.data_mut().end(Arc::clone(&self.host.nothing));
                Ok((answer, Kept::new(store, guests, uses + 1)))
            }
            Ok(Ok((_, Err(failure)))) => Err(failure),
            Ok(Err(error)) => Err(self.classify(&error, store.data().stopped)),
            Err(_elapsed) => Err(PluginError::WallTime { limit_ms: self.limits().wall_ms }),
        }
    }

    /// After a call that went well: the instance serves again, or another is made in its place.
    pub(crate) fn put_back(&self, kept: Kept) {
        if let Some(spent) = self.warm.put(kept) {
            self.replace(spent);
        }
    }

    /// Room for one call: of the plugin's own instances, and of the node's.
    async fn claim(&self) -> Result<(Slot<'_>, Running<'_>), PluginError> {
        let exhausted = |instances, whose| PluginError::PoolExhausted { instances, whose };
        let slot = self.slots.claim_within(self.limits().queue()).await;
        let slot = slot.ok_or_else(|| exhausted(self.slots.count(), "the plugin"))?;
        let running = self.host.ticker.enter();
        if running.others >= self.host.instances as usize {
            return Err(exhausted(self.host.instances, "the node"));
        }
        Ok((slot, running))
    }

    /// Everything that one new instance lives in.
    pub(crate) fn store(&self, request: Arc<dyn PluginRequest>, meter: Arc<Meter>) -> Store<Call> {
        let mut store = Store::new(&self.host.engine, Call::new(Arc::clone(&self.loaded), request, meter));
        store.limiter(|call| call);
        store.epoch_deadline_callback(call::on_tick);
        store
    }

    pub(crate) fn hostcall_bytes(&self) -> usize {
        // Bodies and JSON documents are larger than what an authorizer says.
        HOSTCALL_BYTES.max(self.limits().body_bytes.saturating_add(HOSTCALL_BYTES))
    }

    async fn call(
        &self,
        store: &mut Store<Call>,
        guests: Option<Guests>,
        ask: Ask<'_>,
    ) -> wasmtime::Result<(Guests, Result<Answer, PluginError>)> {
        let guests = self.guests(store, guests).await?;
        let answer = perform(store, &guests, ask).await?;
        Ok((guests, answer.map_err(|failure| PluginError::Failed(text::printable_line(&failure)))))
    }

    /// `guests`, or those of a new instance in `store`.
    pub(crate) async fn guests(
        &self,
        store: &mut Store<Call>,
        guests: Option<Guests>,
    ) -> wasmtime::Result<Guests> {
        match guests {
            Some(guests) => Ok(guests),
            None => {
                let instance = self.instance(store).await?;
                self.exports.load(store, &instance)
            }
        }
    }
}

async fn perform(
    store: &mut Store<Call>,
    guests: &Guests,
    ask: Ask<'_>,
) -> wasmtime::Result<Result<Answer, String>> {
    let missing = || wasmtime::format_err!("the component does not export what it is asked");
    let handles = &mut store.data_mut().handles;
    Ok(match ask {
        Ask::Authorize => {
            let (guest, request) = (guests.authorize.as_ref().ok_or_else(missing)?, handles.give());
            guest.call_authorize(store, request).await?.map(Answer::Decision)
        }
        Ask::RewriteRequest => {
            let (guest, request) = (guests.rewrite.as_ref().ok_or_else(missing)?, handles.give());
            guest.call_rewrite_request(store, request).await?.map(Answer::Request)
        }
        Ask::RewriteResponse => {
            let guest = guests.rewrite.as_ref().ok_or_else(missing)?;
            let (request, response) = (handles.give(), handles.give());
            guest.call_rewrite_response(store, request, response).await?.map(Answer::Response)
        }
        Ask::InspectHead => {
            let (guest, request) = (guests.inspect.as_ref().ok_or_else(missing)?, handles.give());
            guest.call_inspect_head(store, request).await?.map(Answer::Finding)
        }
        Ask::InspectBody(body) => {
            let (guest, request) = (guests.inspect.as_ref().ok_or_else(missing)?, handles.give());
            guest.call_inspect_body(store, request, &body).await?.map(Answer::Finding)
        }
        Ask::Handle(event, invocation) => {
            let guest = guests.handle.as_ref().ok_or_else(missing)?;
            Ok(Answer::Json(guest.call_handle(store, event, &invocation).await?))
        }
    })
}
