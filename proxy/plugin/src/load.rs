//! Checks on a component before it may serve: everything that can be known without running it.

use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;
use crate::limits::{Grants, PluginLimits, PluginSettings};
use crate::ticker::Pace;
use crate::tools::Toolbox;
use crate::wasi::KeyValueStores;
use crate::world::is_version_of;

/// What any plugin may import of our own package, and of WASI without a grant: `wasi:http/types` is in it because
/// answering requests needs it, sending them is `outgoing-handler`.
const OWN: [&str; 7] = ["config", "log", "crypto", "matching", "request", "response", "body"];
const WASI: [&str; 8] = [
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:config/",
    "wasi:filesystem/",
    "wasi:io/",
    "wasi:logging/",
    "wasi:random/",
    "wasi:sockets/",
];
const GRANTED_TEXT: &str = "edgewit:plugin@0.1, and of WASI 0.2 cli, clocks, config, filesystem, http, io, keyvalue, \
                            logging, random and sockets";

/// Bytes of one WebAssembly page.
const PAGE_BYTES: u64 = 65536;
/// First bytes of every WebAssembly binary.
const MAGIC: &[u8] = b"\0asm";
/// Version and layer that follow in a core module.
const CORE_MODULE: &[u8] = &[1, 0, 0, 0];

/// What calls need to know of their plugin.
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) settings: PluginSettings,
    /// Sets and keys that `configure` made.
    pub(crate) toolbox: Toolbox,
    pub(crate) stores: Arc<KeyValueStores>,
    /// For requests to `https` origins.
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
    /// Of the clock that interrupts them.
    pub(crate) pace: Pace,
}

/// Looks at size and first bytes of `bytes`, so that the usual mix-ups get their own words.
pub(crate) fn check_bytes(bytes: &[u8], limits: &PluginLimits) -> Result<(), LoadError> {
    if bytes.len() > limits.component_bytes {
        return Err(LoadError::TooLarge { found_bytes: bytes.len(), limit_bytes: limits.component_bytes });
    }
    let Some(version) = bytes.strip_prefix(MAGIC) else {
        return Err(LoadError::NotWasm { found: first_bytes(bytes) });
    };
    if version.starts_with(CORE_MODULE) {
        return Err(LoadError::CoreModule);
    }
    Ok(())
}

/// Compiles `bytes`.
pub(crate) fn component(engine: &Engine, bytes: &[u8]) -> Result<Component, LoadError> {
    Component::from_binary(engine, bytes).map_err(|error| LoadError::Compile(format!("{error:#}")))
}

fn first_bytes(bytes: &[u8]) -> String {
    match bytes.get(..bytes.len().min(4)) {
        None | Some([]) => "nothing (it is empty)".to_owned(),
        Some(first) => format!("`{}`", first.escape_ascii()),
    }
}

/// The key under `grants` that an import needs, by the import's name; none where it needs no grant.
#[must_use]
pub fn needed_grant(import: &str) -> Option<&'static str> {
    if import.starts_with("wasi:http/outgoing-handler@") {
        Some("http")
    } else if import.starts_with("wasi:keyvalue/") {
        Some("keyvalue")
    } else {
        None
    }
}

/// Refuses imports that nobody granted: the component gets nothing else, so running it could only fail.
pub(crate) fn check_imports(names: &[String], grants: &Grants) -> Result<(), LoadError> {
    let own = |name: &str| OWN.iter().any(|own| is_version_of(name, &format!("edgewit:plugin/{own}")));
    let offered = |name: &str| own(name) || WASI.iter().any(|wasi| name.starts_with(wasi));
    let mut unknown = Vec::new();
    for name in names {
        let (has_grant, grant) = match needed_grant(name) {
            Some(grant @ "http") => (grants.http.is_some(), grant),
            Some(grant) => (grants.keyvalue.is_some(), grant),
            None if name.starts_with("wasi:http/types@") || offered(name) => continue,
            None => {
                unknown.push(name.clone());
                continue;
            }
        };
        if !has_grant {
            return Err(LoadError::GrantMissing { import: name.clone(), grant });
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    unknown.sort_unstable();
    Err(LoadError::ImportsNotGranted { imports: unknown, granted: GRANTED_TEXT })
}

/// Names of imports, or of exports.
pub(crate) fn names(component: &Component, engine: &Engine) -> (Vec<String>, Vec<String>) {
    let kind = component.component_type();
    let imports = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let exports = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
    (imports, exports)
}

/// Refuses what no instance could start with: better said now than with each request.
pub(crate) fn check_start(component: &Component, limits: &PluginLimits) -> Result<(), LoadError> {
    // None means that the component instantiates modules given from outside, of which we give none.
    let Some(needs) = component.resources_required() else { return Ok(()) };
    let within = |what, found: u64, limit: u64| {
        if found > limit { Err(LoadError::Start { what, found, limit }) } else { Ok(()) }
    };
    let memory_bytes = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(PAGE_BYTES);
    within("bytes of memory (limit `memory_bytes`)", memory_bytes, limits.memory_bytes as u64)?;
    within("table elements", needs.max_initial_table_size.unwrap_or(0), crate::call::TABLE_ELEMENTS as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_printable() {
        assert_eq!(first_bytes(b""), "nothing (it is empty)");
        assert_eq!(first_bytes(b"PK\x03\x04rest"), "`PK\\x03\\x04`");
    }
}
