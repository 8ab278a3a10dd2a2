//! What one plugin may use, and how it is configured.

use std::collections::BTreeMap;
use std::time::Duration;

/// What a plugin is run with, besides its bytes.
#[derive(Clone, Debug, Default)]
pub struct PluginSettings {
    /// What the plugin reads through `edgewit:plugin/config`.
    pub config: BTreeMap<String, String>,
    /// What it may use.
    pub limits: PluginLimits,
}

/// Limits of one plugin. [`Default`] gives the values of the `DEFAULT_…` constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginLimits {
    /// Milliseconds from the call to the decision, waiting included.
    pub wall_ms: u64,
    /// Milliseconds that the plugin runs for one request, waiting for its turn on the worker excluded.
    pub cpu_ms: u64,
    /// Bytes of linear memory of one instance.
    pub memory_bytes: usize,
    /// Bytes of all texts in one decision. A number or boolean counts eight.
    pub result_bytes: usize,
    /// Lines one request may write to the log.
    pub log_lines: u32,
    /// Bytes that all log lines of one request may have together.
    pub log_bytes: usize,
    /// Bytes of the component.
    pub component_bytes: usize,
    /// Instances at once, so that one plugin cannot take the whole pool of the node.
    pub instances: u32,
}

impl PluginLimits {
    /// One second: clients wait no longer for a decision.
    pub const DEFAULT_WALL_MS: u64 = 1000;
    /// A thousand times what a small authorizer needs.
    pub const DEFAULT_CPU_MS: u64 = 100;
    /// 64 MiB.
    pub const DEFAULT_MEMORY_BYTES: usize = 64 << 20;
    /// 8 KiB, as much as a Lambda authorizer may answer.
    pub const DEFAULT_RESULT_BYTES: usize = 8 << 10;
    /// A hundred lines.
    pub const DEFAULT_LOG_LINES: u32 = 100;
    /// 16 KiB.
    pub const DEFAULT_LOG_BYTES: usize = 16 << 10;
    /// 64 MiB: room for a JavaScript or Python engine.
    pub const DEFAULT_COMPONENT_BYTES: usize = 64 << 20;
    /// A quarter of the default pool.
    pub const DEFAULT_INSTANCES: u32 = 250;

    pub(crate) fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms)
    }

    pub(crate) fn cpu(&self) -> Duration {
        Duration::from_millis(self.cpu_ms)
    }

    /// Refuses what cannot be: zeros, and more than the host has.
    pub(crate) fn check(&self, host: &crate::HostOptions) -> Result<(), LimitError> {
        let within = |name, found: u64, most: u64| {
            if found == 0 || found > most { Err(LimitError { name, found, most }) } else { Ok(()) }
        };
        within("wall_ms", self.wall_ms, u64::MAX)?;
        within("cpu_ms", self.cpu_ms, u64::MAX)?;
        within("memory_bytes", self.memory_bytes as u64, host.max_memory_bytes as u64)?;
        within("result_bytes", self.result_bytes as u64, crate::call::HOSTCALL_BYTES as u64)?;
        within("component_bytes", self.component_bytes as u64, u64::MAX)?;
        within("instances", self.instances.into(), host.instances.into())
        // No log at all is a choice, so log_lines and log_bytes may be 0.
    }
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            wall_ms: Self::DEFAULT_WALL_MS,
            cpu_ms: Self::DEFAULT_CPU_MS,
            memory_bytes: Self::DEFAULT_MEMORY_BYTES,
            result_bytes: Self::DEFAULT_RESULT_BYTES,
            log_lines: Self::DEFAULT_LOG_LINES,
            log_bytes: Self::DEFAULT_LOG_BYTES,
            component_bytes: Self::DEFAULT_COMPONENT_BYTES,
            instances: Self::DEFAULT_INSTANCES,
        }
    }
}

/// A limit that cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limit {name}: found {found}, expected 1 to {most}")]
pub struct LimitError {
    /// Its name in [`PluginLimits`].
    pub name: &'static str,
    /// What was asked for, in the limit's unit.
    pub found: u64,
    /// The most that this host grants.
    pub most: u64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::HostOptions;

    #[test]
    fn limits_end_where_the_host_ends() {
        let host = HostOptions { instances: 10, max_memory_bytes: 1 << 20 };
        let fits = PluginLimits { instances: 10, memory_bytes: 1 << 20, ..PluginLimits::default() };
        assert_eq!(fits.check(&host), Ok(()));
        let error = PluginLimits { instances: 11, ..fits }.check(&host).unwrap_err();
        assert_eq!(error.to_string(), "limit instances: found 11, expected 1 to 10");
        let error = PluginLimits { memory_bytes: (1 << 20) + 1, ..fits }.check(&host).unwrap_err();
        assert_eq!(error.to_string(), "limit memory_bytes: found 1048577, expected 1 to 1048576");
        let error = PluginLimits { cpu_ms: 0, ..fits }.check(&host).unwrap_err();
        assert_eq!(error.name, "cpu_ms");
    }
}
