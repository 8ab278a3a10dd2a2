//! Checks on a component before it may serve: everything that can be known without running it.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;
use crate::limits::{PluginLimits, PluginSettings};

/// The world of authorizers.
pub(crate) const AUTHORIZER_WORLD: &str = "authorizer";
/// What that world exports.
const AUTHORIZE_EXPORT: &str = "edgewit:plugin/authorize@0.1.0";
/// What any plugin may import, and how a finding names it.
const GRANTED: [&str; 3] = ["edgewit:plugin/config", "edgewit:plugin/log", "edgewit:plugin/request"];
const GRANTED_TEXT: &str = "edgewit:plugin/config@0.1, edgewit:plugin/log@0.1 and edgewit:plugin/request@0.1";
/// Versions that fit: 0.1.x is compatible with 0.1.0 by semantic versioning.
const VERSION_PREFIX: &str = "0.1.";

/// Bytes of one WebAssembly page.
const PAGE_BYTES: u64 = 65536;
/// First bytes of every WebAssembly binary.
const MAGIC: &[u8] = b"\0asm";
/// Version and layer that follow in a core module.
const CORE_MODULE: &[u8] = &[1, 0, 0, 0];

/// What calls need to know of their plugin.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) settings: PluginSettings,
}

/// Compiles `bytes` after a look at their size and first bytes, so that the usual mix-ups get their own words.
pub(crate) fn component(
    engine: &Engine,
    bytes: &[u8],
    limits: &PluginLimits,
) -> Result<Component, LoadError> {
    if bytes.len() > limits.component_bytes {
        return Err(LoadError::TooLarge { found_bytes: bytes.len(), limit_bytes: limits.component_bytes });
    }
    let Some(version) = bytes.strip_prefix(MAGIC) else {
        return Err(LoadError::NotWasm { found: first_bytes(bytes) });
    };
    if version.starts_with(CORE_MODULE) {
        return Err(LoadError::CoreModule);
    }
    Component::from_binary(engine, bytes).map_err(|error| LoadError::Compile(format!("{error:#}")))
}

fn first_bytes(bytes: &[u8]) -> String {
    match bytes.get(..bytes.len().min(4)) {
        None | Some([]) => "nothing (it is empty)".to_owned(),
        Some(first) => format!("`{}`", first.escape_ascii()),
    }
}

/// Refuses imports beyond our own interfaces. A component gets nothing else, so running it could only fail.
pub(crate) fn check_imports(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let mut imports: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name)
        .filter(|name| !GRANTED.iter().any(|granted| is_version_of(name, granted)))
        .map(str::to_owned)
        .collect();
    if imports.is_empty() {
        return Ok(());
    }
    imports.sort_unstable();
    Err(LoadError::ImportsNotGranted { imports, granted: GRANTED_TEXT })
}

/// Refuses a component without the export that authorizers are called by.
pub(crate) fn check_exports(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let exports: Vec<String> =
        component.component_type().exports(engine).map(|(name, _)| name.to_owned()).collect();
    if exports.iter().any(|name| is_version_of(name, "edgewit:plugin/authorize")) {
        return Ok(());
    }
    Err(LoadError::WrongWorld { world: AUTHORIZER_WORLD, missing: AUTHORIZE_EXPORT, exports })
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

/// Whether `name` is `interface` in a version that fits.
fn is_version_of(name: &str, interface: &str) -> bool {
    name.strip_prefix(interface)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|version| version.starts_with(VERSION_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_within_the_same_minor() {
        let log = "edgewit:plugin/log";
        assert!(is_version_of("edgewit:plugin/log@0.1.0", log));
        assert!(is_version_of("edgewit:plugin/log@0.1.9", log));
        assert!(!is_version_of("edgewit:plugin/log@0.2.0", log));
        assert!(!is_version_of("edgewit:plugin/logs@0.1.0", log));
        assert!(!is_version_of("edgewit:plugin/log", log));
    }

    #[test]
    fn first_bytes_are_printable() {
        assert_eq!(first_bytes(b""), "nothing (it is empty)");
        assert_eq!(first_bytes(b"PK\x03\x04rest"), "`PK\\x03\\x04`");
    }
}
