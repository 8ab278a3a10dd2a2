//! From a file to a loaded plugin, or to one finding that says which step failed and what to do.

use edgewit_model::{Finding, Location};
use edgewit_plugin::{Artifacts, HostError, HostOptions, LoadError, Plugin, PluginHost, PluginSettings};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Bytes of a file that are read at most; one more than a component may have shows that it has too many.
const FILE_BYTES: u64 = (64 << 20) + 1;
/// Instances of the host: a few, so that the address space suffices anywhere.
const INSTANCES: u32 = 16;

/// What plugins run on.
pub(crate) struct Bench {
    pub(crate) host: PluginHost,
    pub(crate) runtime: Runtime,
}

impl Bench {
    /// # Errors
    /// When this machine cannot run plugins.
    pub(crate) fn new() -> Result<Self, String> {
        let options = HostOptions { instances: INSTANCES, ..HostOptions::default() };
        let host = PluginHost::new(options).map_err(|error: HostError| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        Ok(Self { host: host.with_artifacts(Arc::new(Kept::default())), runtime })
    }

    /// Loads a component as a node would. `path` is what findings name.
    ///
    /// # Errors
    /// What kept it from being loaded.
    pub(crate) fn load(
        &self,
        path: &Path,
        bytes: &[u8],
        settings: PluginSettings,
    ) -> Result<Arc<Plugin>, LoadError> {
        if settings.grants.http.iter().flatten().any(|origin| origin.tls) {
            self.host.trust(edgewit_gateway::deploy::plugin_trust());
        }
        let name = path.file_stem().map_or_else(|| "plugin".into(), |stem| stem.to_string_lossy());
        self.host.load(&name, bytes, settings)
    }
}

/// Compiled components, so that one is compiled once however often it is loaded.
#[derive(Default)]
struct Kept(Mutex<HashMap<String, Vec<u8>>>);

impl Artifacts for Kept {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().get(key).cloned()
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        self.0.lock().insert(key.to_owned(), bytes.to_vec());
    }
}

/// The bytes of a component.
///
/// # Errors
/// A finding when the file cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Finding> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let message = format!("cannot be read: {error}");
            let help = "give the path of a component, a file that ends in .wasm";
            Err(Finding::error("component-missing", &whole(path), message).with_help(help))
        }
    }
}

/// What a load error means to who has the file.
pub(crate) fn explain(path: &Path, error: &LoadError) -> Finding {
    let message = format!("{}: {error}", step(error));
    let finding = Finding::error("component-invalid", &whole(path), message);
    match help(error) {
        Some(help) => finding.with_help(help),
        None => finding,
    }
}

/// What was being done when it failed.
pub(crate) fn step(error: &LoadError) -> &'static str {
    match error {
        LoadError::TooLarge { .. } | LoadError::NotWasm { .. } | LoadError::CoreModule => "reading it",
        LoadError::Compile(_) => "compiling it",
        LoadError::ImportsNotGranted { .. } | LoadError::GrantMissing { .. } => "checking its imports",
        LoadError::NoWorld { .. } | LoadError::Contract { .. } => "checking its exports",
        LoadError::Refused(_) | LoadError::Configure(_) => "running its `configure`",
        LoadError::Start { .. } | LoadError::Trial(_) => "making a first instance",
        LoadError::Limit(_) => "checking its limits",
        _ => "loading it",
    }
}

fn help(error: &LoadError) -> Option<String> {
    Some(match error {
        LoadError::TooLarge { .. } => "build it for size, and strip what only debuggers read".to_owned(),
        LoadError::NotWasm { .. } => {
            "give a WebAssembly component; `edgewit plugin build FOLDER` makes one from source".to_owned()
        }
        LoadError::Compile(_) => {
            "the file is damaged or newer than this node: fetch or build it again".to_owned()
        }
        LoadError::ImportsNotGranted { .. } => {
            "build it without what it imports, or against the interfaces in wit/: nobody can grant these"
                .to_owned()
        }
        LoadError::GrantMissing { grant: "http", .. } => {
            "here, `--grant-http ORIGIN` or `--grant-http none`".to_owned()
        }
        LoadError::GrantMissing { .. } => {
            "here, `--grant-keyvalue NAME` or `--grant-keyvalue none`".to_owned()
        }
        LoadError::NoWorld { .. } => {
            "export the interface of a world in wit/worlds.wit; docs/plugins.md says which is for what"
                .to_owned()
        }
        LoadError::Contract { .. } => "build it against wit/ of this version".to_owned(),
        LoadError::Refused(_) => {
            "the plugin says what it needs: give it with `--config KEY=VALUE`".to_owned()
        }
        LoadError::Configure(_) | LoadError::Trial(_) => {
            "the fault is the plugin's: mend it and build it again".to_owned()
        }
        LoadError::Start { .. } => {
            "build it with less memory from the start, or raise `limits.memory_mb`".to_owned()
        }
        _ => return None,
    })
}

/// A file as a whole.
pub(crate) fn whole(path: &Path) -> Location {
    Location { file: path.display().to_string().into(), line: 0, column: 0 }
}
