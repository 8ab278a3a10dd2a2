//! The one call before all others, and the picture of the instance that it leaves behind.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre, Lift, WasmList};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

use crate::call::{self, Call, HOSTCALL_BYTES, Stopped};
use crate::error::LoadError;
use crate::host::Shared;
use crate::load::{self, Loaded};
use crate::meter::{Meter, Metered};
use crate::no_request::NoRequest;
use crate::plugin;
use crate::text;
use crate::tools::Recipe;
use crate::trap;
use crate::world::Exports;

/// What `configure` left behind.
pub(crate) struct Configured {
    /// The component with its memory as `configure` left it; `None` when no picture could be taken of it, and then
    /// every instance is configured when it is made.
    pub(crate) component: Option<Vec<u8>>,
    /// Sets and keys it made.
    pub(crate) recipe: Recipe,
    /// Why there is no picture.
    pub(crate) no_picture: Option<String>,
}

const HOLDS_HANDLES: &str = "it keeps streams or other handles of WASI open";

/// A component that a picture can be taken of once it was run.
pub(crate) struct Instrumented<'b> {
    context: ComponentContext<'b>,
    pub(crate) component: Component,
}

/// Makes a component's memory readable from outside, and compiles it.
///
/// # Errors
/// Why no picture can be taken of this component, in one line.
pub(crate) fn instrument<'b>(shared: &Shared, bytes: &'b [u8]) -> Result<Instrumented<'b>, String> {
    let (context, instrumented) = Wizer::new()
        .instrument_component(bytes)
        .map_err(|error| text::printable_line(&format!("{error:#}")))?;
    let component = load::component(&shared.engine, &instrumented).map_err(|error| error.to_string())?;
    Ok(Instrumented { context, component })
}

/// Runs `configure` on an instance of its own and takes a picture of it where it can.
///
/// # Errors
/// When the plugin refuses its configuration, traps or passes its limits.
pub(crate) async fn run(
    shared: &Shared,
    pre: &InstancePre<Call>,
    exports: &Exports,
    loaded: &Arc<Loaded>,
    instrumented: &Result<Instrumented<'_>, String>,
) -> Result<Configured, LoadError> {
    let mut store = store(shared, loaded);
    let instance = once(&mut store, pre, exports, loaded).await?;
    let recipe = store.data().tools.recipe().clone();
    // A picture holds the numbers of handles and not what they stand for.
    let call = store.data();
    let holds = call.wasi.as_ref().is_some_and(|wasi| wasi.holds_handles())
        || call.buckets.iter().any(Option::is_some);
    let without = |reason: &str| Configured {
        component: None,
        recipe: recipe.clone(),
        no_picture: Some(reason.to_owned()),
    };
    match instrumented {
        Err(reason) => Ok(without(reason)),
        Ok(_) if holds => Ok(without(HOLDS_HANDLES)),
        Ok(instrumented) => {
            store.set_epoch_deadline(u64::MAX / 2);
            store.set_hostcall_fuel(usize::MAX);
            let mut state = State { store: &mut store, instance };
            let taken = Wizer::new().snapshot_component(&instrumented.context, &mut state).await;
            let taken = taken.map_err(|error| LoadError::Configure(format!("no picture: {error:#}")))?;
            Ok(Configured { component: Some(taken), recipe, no_picture: None })
        }
    }
}

fn store(shared: &Shared, loaded: &Arc<Loaded>) -> Store<Call> {
    let call = Call::new(Arc::clone(loaded), Arc::new(NoRequest::default()), Meter::new()).configuring();
    let mut store = Store::new(&shared.engine, call);
    store.limiter(|call| call);
    store.epoch_deadline_callback(call::on_tick);
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(HOSTCALL_BYTES);
    store
}

/// Makes an instance and configures it.
async fn once(
    store: &mut Store<Call>,
    pre: &InstancePre<Call>,
    exports: &Exports,
    loaded: &Loaded,
) -> Result<Instance, LoadError> {
    let meter = store.data().meter();
    let work = async {
        let instance = pre.instantiate_async(&mut *store).await?;
        let configured = plugin::configure(store, &instance, exports).await?;
        Ok::<_, wasmtime::Error>((instance, configured))
    };
    let wall = loaded.settings.limits.configure().saturating_mul(2);
    let limit_ms = loaded.settings.limits.configure_ms;
    let called = {
        let future = std::pin::pin!(work);
        tokio::time::timeout(wall, Metered::new(future, meter)).await
    };
    match called {
        Ok(Ok((instance, Ok(())))) => Ok(instance),
        Ok(Ok((_, Err(message)))) => Err(LoadError::Refused(text::printable_line(&message))),
        Ok(Err(error)) => Err(LoadError::Configure(match store.data().stopped {
            Some(Stopped::CpuTime) => format!("ran for {limit_ms} ms (limit `configure_ms`)"),
            Some(Stopped::Memory { asked_bytes }) => {
                format!("asked for {asked_bytes} bytes of memory (limit `memory_mb`)")
            }
            None => trap::describe(&error),
        })),
        Err(_late) => {
            Err(LoadError::Configure(format!("not done after {limit_ms} ms (limit `configure_ms`)")))
        }
    }
}

/// Lets the picture be taken through the engine that runs all plugins.
struct State<'a> {
    store: &'a mut Store<Call>,
    instance: Instance,
}

impl State<'_> {
    async fn ask<R, R2>(
        &mut self,
        instance: &str,
        func: &str,
        read: impl FnOnce(&mut Store<Call>, R) -> R2,
    ) -> Option<R2>
    where
        R: Lift + Send + Sync + 'static,
    {
        let (_, interface) = self.instance.get_export(&mut *self.store, None, instance)?;
        let (_, export) = self.instance.get_export(&mut *self.store, Some(&interface), func)?;
        let func = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, export).ok()?;
        let (answer,) = func.call_async(&mut *self.store, ()).await.ok()?;
        Some(read(self.store, answer))
    }
}

/// The accessors are the instrumentation's own and take nothing: they cannot fail unless the instrumentation is wrong,
/// and then zeros make a component that the trial afterwards refuses.
impl ComponentInstanceState for State<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        self.ask(instance, func, |store, list: WasmList<u8>| contents(list.as_le_slice(&*store))).await;
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.ask(instance, func, |_, value| value).await.unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.ask(instance, func, |_, value| value).await.unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.ask(instance, func, |_, value: f32| value.to_bits()).await.unwrap_or_default()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.ask(instance, func, |_, value: f64| value.to_bits()).await.unwrap_or_default()
    }
}
