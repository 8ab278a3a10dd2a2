//! The one call before all others, and the picture of the instance that it leaves behind.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre, Lift, Linker, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

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

/// Runs `configure` on an instance of its own and takes a picture of it.
///
/// # Errors
/// When the plugin refuses its configuration, traps or passes its limits.
pub(crate) async fn run(
    shared: &Shared,
    linker: &Linker<Call>,
    loaded: &Arc<Loaded>,
    bytes: &[u8],
    original: &Component,
) -> Result<Configured, LoadError> {
    let wizer = Wizer::new();
    let picture = wizer.instrument_component(bytes).map_err(|error| format!("{error:#}")).and_then(
        |(context, instrumented)| {
            Ok((context, load::component(&shared.engine, &instrumented).map_err(|e| e.to_string())?))
        },
    );
    let (component, no_picture) = match &picture {
        Ok((_, component)) => (component, None),
        Err(reason) => (original, Some(text::printable_line(reason))),
    };
    let (_, names) = load::names(component, &shared.engine);
    let pre = linker
        .instantiate_pre(component)
        .map_err(|error| LoadError::Contract { detail: format!("{error:#}") })?;
    let exports = Exports::find(&pre, &names)?;
    let mut store = store(shared, loaded);
    let instance = once(&mut store, &pre, &exports, loaded).await?;
    let recipe = store.data().tools.recipe().clone();
    let component = match &picture {
        Ok((context, _)) => {
            store.set_epoch_deadline(u64::MAX / 2);
            store.set_hostcall_fuel(usize::MAX);
            let mut state = State { store: &mut store, instance };
            let taken = wizer.snapshot_component(context, &mut state).await;
            Some(taken.map_err(|error| LoadError::Configure(format!("no picture: {error:#}")))?)
        }
        Err(_) => None,
    };
    Ok(Configured { component, recipe, no_picture })
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
        tokio::time::timeout(wall, Metered { future, meter }).await
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
