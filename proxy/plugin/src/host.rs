//! The engine that all plugins of a node share.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::call::Call;
use crate::configure;
use crate::engine;
use crate::error::{HostError, LoadError};
use crate::limits::PluginSettings;
use crate::load::{self, Loaded};
use crate::no_request::NoRequest;
use crate::plugin::{Admission, Plugin};
use crate::request::PluginRequest;
use crate::shared_stores::SharedStores;
use crate::slots::Slots;
use crate::stock::Stock;
use crate::ticker::Ticker;
use crate::tools::{Recipe, Toolbox};
use crate::warm::Warm;
use crate::wasi::KeyValueStores;
use crate::world::{CONFIGURE, Exports, World};

/// How much room a node has for plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Instances of all plugins at once. Each reserves 4 GiB of address space, not of memory, and so do up to 256 more that
    /// are prepared for requests to come.
    pub instances: u32,
    /// The most that the limit `memory_bytes` of a plugin can be set to.
    pub max_memory_bytes: usize,
}

impl HostOptions {
    /// More than the requests a node decides about at the same moment.
    pub const DEFAULT_INSTANCES: u32 = 1000;
    /// 1 GiB.
    pub const DEFAULT_MAX_MEMORY_BYTES: usize = 1 << 30;
}

impl Default for HostOptions {
    fn default() -> Self {
        Self { instances: Self::DEFAULT_INSTANCES, max_memory_bytes: Self::DEFAULT_MAX_MEMORY_BYTES }
    }
}

/// Loads plugins and runs them. One for each node.
#[derive(Clone)]
pub struct PluginHost {
    shared: Arc<Shared>,
    options: HostOptions,
    artifacts: Option<Arc<dyn Artifacts>>,
}

impl std::fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginHost").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What plugins need of their host as long as they live.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
    linker: Linker<Call>,
    /// Held while a plugin is tried out: there is room for one.
    trial: Mutex<()>,
    /// [`HostOptions::instances`].
    pub(crate) instances: u32,
    /// The most instances that all plugins together may have prepared, and how many there are.
    pub(crate) stock: u32,
    pub(crate) stocked: AtomicU32,
    /// Stands in an instance that waits.
    pub(crate) nothing: Arc<dyn PluginRequest>,
    stores: Arc<KeyValueStores>,
    tls: OnceLock<Arc<rustls::ClientConfig>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("instances", &self.instances).finish_non_exhaustive()
    }
}

/// Names in a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Imports, as the component names them.
    pub imports: Vec<String>,
    /// Exports, as the component names them.
    pub exports: Vec<String>,
    /// What its exports make it.
    pub worlds: Vec<World>,
}

/// Where compiled components are kept between two starts of a node. What is read back must be what was written, bit by
/// bit, by this node: it is native code.
pub trait Artifacts: Send + Sync {
    /// What was put under `key`; none when there is nothing, or nothing that can be trusted.
    fn get(&self, key: &str) -> Option<Vec<u8>>;
    /// Keeps `bytes`. Failing to is not the plugin's problem, so nobody is told but the log.
    fn put(&self, key: &str, bytes: &[u8]);
}

impl PluginHost {
    /// Sets the pool up and starts the thread that interrupts plugins.
    ///
    /// # Errors
    /// When the address space for the pool or the thread cannot be had.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let engine_error = |error: wasmtime::Error| HostError::Engine {
            instances: options.instances,
            detail: format!("{error:#}"),
        };
        let engine = Engine::new(&engine::config(&options)).map_err(engine_error)?;
        let linker = engine::linker(&engine).map_err(engine_error)?;
        let ticked = engine.weak();
        let ticker = Ticker::start(move || {
            if let Some(engine) = ticked.upgrade() {
                engine.increment_epoch();
            }
        })
        .map_err(|error| HostError::Ticker(error.to_string()))?;
        let shared = Shared {
            engine,
            ticker,
            linker,
            trial: Mutex::new(()),
            instances: options.instances,
            stock: engine::stock(&options),
            stocked: AtomicU32::new(0),
            nothing: Arc::new(NoRequest::default()),
            stores: Arc::default(),
            tls: OnceLock::new(),
        };
        Ok(Self { shared: Arc::new(shared), options, artifacts: None })
    }

    /// Keeps compiled components in `artifacts`.
    #[must_use]
    pub fn with_artifacts(mut self, artifacts: Arc<dyn Artifacts>) -> Self {
        self.artifacts = Some(artifacts);
        self
    }

    /// Whom plugins trust when they call `https` origins. Plugins loaded before cannot call any.
    pub fn trust(&self, config: Arc<rustls::ClientConfig>) {
        // A node has one set of authorities for plugins; the first stays.
        let _first = self.shared.tls.set(config);
    }

    /// Where key-value stores are that plugins share with those of other nodes. Without this they are in memory.
    pub fn share_stores(&self, stores: Arc<dyn SharedStores>) {
        self.shared.stores.share(stores);
    }

    /// Takes a component from bytes to a plugin that can serve: checks, `configure`, picture, machine code, a first
    /// instance. `name` is what logs call it.
    ///
    /// Compiling takes about 20 ms for a small component and seconds for one that carries a language engine, on all
    /// processors: not to be called on a worker.
    ///
    /// # Errors
    /// The step that failed, and why; see [`LoadError`].
    pub fn load(&self, name: &str, bytes: &[u8], settings: PluginSettings) -> Result<Arc<Plugin>, LoadError> {
        self.load_with(name, bytes, settings, self.artifacts.as_ref())
    }

    /// The same without the store of compiled plugins, for what is soon replaced by another.
    ///
    /// # Errors
    /// As [`PluginHost::load`].
    pub fn load_unkept(
        &self,
        name: &str,
        bytes: &[u8],
        settings: PluginSettings,
    ) -> Result<Arc<Plugin>, LoadError> {
        self.load_with(name, bytes, settings, None)
    }

    fn load_with(
        &self,
        name: &str,
        bytes: &[u8],
        settings: PluginSettings,
        artifacts: Option<&Arc<dyn Artifacts>>,
    ) -> Result<Arc<Plugin>, LoadError> {
        settings.limits.check(&self.options)?;
        load::check_bytes(bytes, &settings.limits)?;
        let digest: String = hex(&Sha256::digest(bytes));
        let key = self.key(&digest, &settings);
        let (image, from_cache) =
            match artifacts.and_then(|kept| Image::from_bytes(&self.shared.engine, &kept.get(&key)?)) {
                Some(image) => (image, true),
                None => (self.admit(name, bytes, &settings)?, false),
            };
        if !from_cache && let Some(artifacts) = artifacts {
            match image.to_bytes() {
                Ok(bytes) => artifacts.put(&key, &bytes),
                Err(error) => tracing::warn!(plugin = name, error, "a compiled plugin could not be kept"),
            }
        }
        let (imports, exports) = load::names(&image.component, &self.shared.engine);
        load::check_imports(&imports, &settings.grants)?;
        let ready = self.pre(&image.component)?;
        let found = Exports::find(&ready, &exports)?;
        // Paid here and not by the first request.
        image
            .component
            .initialize_copy_on_write_image()
            .map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        let toolbox = Toolbox::from_recipe(&image.about.recipe).map_err(LoadError::Configure)?;
        let admission = Admission {
            imports,
            exports,
            configured: found.configure.is_some(),
            no_picture: image.about.no_picture.clone(),
            from_cache,
        };
        let plugin = Arc::new_cyclic(|me| Plugin {
            me: Weak::clone(me),
            host: Arc::clone(&self.shared),
            slots: Arc::new(Slots::new(settings.limits.instances)),
            warm: Warm::new(settings.warm),
            stock: Stock::new(settings.prepared),
            loaded: self.loaded(name, settings, toolbox),
            configures_instances: found.configure.is_some() && image.about.no_picture.is_some(),
            exports: Arc::new(found),
            ready,
            digest,
            fresh: AtomicU64::default(),
            reused: AtomicU64::default(),
            admission,
        });
        // Nothing is behind the lock that a panic could have left half done.
        let _only_one = self.shared.trial.lock().unwrap_or_else(PoisonError::into_inner);
        let _running = self.shared.ticker.enter();
        aside(plugin.try_out())??;
        Ok(plugin)
    }

    /// What a component asks for and offers, without running any of it.
    ///
    /// # Errors
    /// When it is no component, or does not fit the contract.
    pub fn outline(&self, bytes: &[u8]) -> Result<Outline, LoadError> {
        load::check_bytes(bytes, &PluginSettings::default().limits)?;
        let component = load::component(&self.shared.engine, bytes)?;
        let (imports, exports) = load::names(&component, &self.shared.engine);
        let worlds = World::ALL.into_iter().filter(|world| world.is_exported(&exports)).collect();
        Ok(Outline { imports, exports, worlds })
    }

    /// Calls in progress, of all plugins.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.ticker.calls()
    }

    fn loaded(&self, name: &str, settings: PluginSettings, toolbox: Toolbox) -> Arc<Loaded> {
        Arc::new(Loaded {
            name: name.to_owned(),
            settings,
            toolbox,
            stores: Arc::clone(&self.shared.stores),
            tls: self.shared.tls.get().map(Arc::clone),
            pace: self.shared.ticker.pace(),
        })
    }

    fn pre(&self, component: &Component) -> Result<InstancePre<Call>, LoadError> {
        self.shared
            .linker
            .instantiate_pre(component)
            .map_err(|error| LoadError::Contract { detail: format!("{error:#}") })
    }

    /// Checks, configures and compiles.
    fn admit(&self, name: &str, bytes: &[u8], settings: &PluginSettings) -> Result<Image, LoadError> {
        // Compiling is what takes long, so what will be configured is compiled in the form for that only. The name is
        // in the binary as it is; where it is there by chance, the exports below tell.
        let instrumented = memchr::memmem::find(bytes, CONFIGURE.as_bytes())
            .filter(|_| !settings.configure_each)
            .map(|_| configure::instrument(&self.shared, bytes));
        let component = match &instrumented {
            Some(Ok(instrumented)) => instrumented.component.clone(),
            _ => load::component(&self.shared.engine, bytes)?,
        };
        let (imports, exports) = load::names(&component, &self.shared.engine);
        load::check_imports(&imports, &settings.grants)?;
        let pre = self.pre(&component)?;
        let found = Exports::find(&pre, &exports)?;
        if found.worlds().is_empty() {
            return Err(LoadError::NoWorld { exports });
        }
        load::check_start(&component, &settings.limits)?;
        let instrumented = match instrumented {
            None if found.configure.is_some() => {
                let about = About { no_picture: Some("none is asked for".to_owned()), ..About::default() };
                return Ok(Image { component, about });
            }
            None => return Ok(Image { component, about: About::default() }),
            Some(_) if found.configure.is_none() => {
                let component = load::component(&self.shared.engine, bytes)?;
                return Ok(Image { component, about: About::default() });
            }
            Some(instrumented) => instrumented,
        };
        let _only_one = self.shared.trial.lock().unwrap_or_else(PoisonError::into_inner);
        let _running = self.shared.ticker.enter();
        let loaded = self.loaded(name, settings.clone(), Toolbox::of_plugin());
        let configured = aside(configure::run(&self.shared, &pre, &found, &loaded, &instrumented))??;
        let about = About { recipe: configured.recipe, no_picture: configured.no_picture };
        let bytes = configured.component.as_deref().unwrap_or(bytes);
        Ok(Image { component: load::component(&self.shared.engine, bytes)?, about })
    }

    /// What a compiled form depends on: the component, what it was configured with, the engine and its settings.
    fn key(&self, digest: &str, settings: &PluginSettings) -> String {
        let mut engine = DefaultHasher::new();
        self.shared.engine.precompile_compatibility_hash().hash(&mut engine);
        let mut hash = Sha256::new();
        let limits = &settings.limits;
        hash.update(format!(
            "2 {digest} {:x} {} {:?} {:?} {} {}",
            engine.finish(),
            settings.configure_each,
            // Without a picture the machine code is the same for all configurations.
            (!settings.configure_each).then_some(&settings.config),
            settings.grants,
            limits.memory_bytes,
            limits.configure_ms
        ));
        hex(&hash.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs `work`, which waits on a runtime, from a thread that may or may not be in one.
fn aside<R: Send>(work: impl Future<Output = R> + Send) -> Result<R, LoadError> {
    let here = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map(|runtime| runtime.block_on(work))
            })
            .join()
    });
    match here {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(LoadError::Trial(error.to_string())),
        Err(_panicked) => Err(LoadError::Trial("the node failed on it; please report this".to_owned())),
    }
}

/// A component as it runs, and what cannot be told from it.
struct Image {
    component: Component,
    about: About,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct About {
    recipe: Recipe,
    no_picture: Option<String>,
}

impl Image {
    /// Length of what follows, `about` as JSON, machine code.
    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let about = serde_json::to_vec(&self.about).map_err(|error| error.to_string())?;
        let code = self.component.serialize().map_err(|error| format!("{error:#}"))?;
        let length = u32::try_from(about.len()).map_err(|error| error.to_string())?;
        Ok([&length.to_le_bytes()[..], &about, &code].concat())
    }

    fn from_bytes(engine: &Engine, bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (about, code) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let about = serde_json::from_slice(about).ok()?;
        #[expect(unsafe_code, reason = "machine code; `Artifacts` promises that this node wrote it")]
        // SAFETY: an implementation of `Artifacts` returns only bytes that it was given by this node, unchanged, and
        // the key names engine and settings.
        let component = unsafe { Component::deserialize(engine, code) };
        match component {
            Ok(component) => Some(Self { component, about }),
            Err(error) => {
                tracing::debug!(%error, "a kept compiled plugin does not fit this engine");
                None
            }
        }
    }
}
