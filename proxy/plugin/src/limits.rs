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
    /// What it may reach outside.
    pub grants: Grants,
    /// Instances that are kept from one request to the next; none by default.
    pub warm: Option<WarmPool>,
    /// New instances that may wait for a request, made after other requests were answered; none by default.
    pub prepared: u32,
    /// No picture is taken: each instance runs `configure` when it is made. For configurations that change faster than
    /// machine code can be made of a picture; see [`crate::Plugin::with_config`].
    pub configure_each: bool,
}

impl PluginSettings {
    /// What a node prepares where nobody says otherwise: as many requests as may come together and find one each.
    pub const DEFAULT_PREPARED: u32 = 4;
    /// What all plugins of a node together may have prepared, and so the most for one. They have places of their own in the
    /// node's pool, so that no request finds it full because of them.
    pub const MOST_PREPARED: u32 = 256;
}

/// What a plugin may reach outside itself. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Origins it may send HTTP requests to; `None` without a grant, which refuses the import.
    pub http: Option<Vec<Origin>>,
    /// Key-value stores it may open; `None` without a grant, which refuses the import.
    pub keyvalue: Option<Vec<StoreGrant>>,
}

/// A key-value store that a plugin may open. The same name is another store for another plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreGrant {
    /// What the plugin opens it by.
    pub name: String,
    /// It is where [`crate::PluginHost::share_stores`] says, for all nodes that say the same; where nothing was said,
    /// and without this, it is in the memory of this process.
    pub shared: bool,
}

impl StoreGrant {
    /// A store in the memory of this process.
    #[must_use]
    pub fn here(name: impl Into<String>) -> Self {
        Self { name: name.into(), shared: false }
    }

    /// One that nodes share.
    #[must_use]
    pub fn shared(name: impl Into<String>) -> Self {
        Self { name: name.into(), shared: true }
    }
}

/// Scheme, host and port (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `https`, or `http`.
    pub tls: bool,
    /// Lower case; an IPv6 address in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Addresses of loopback, private and link-local networks may be called too. Without it a public name that comes to
    /// mean an internal address is refused.
    pub private: bool,
}

impl Origin {
    /// Reads `https://host[:port]`.
    ///
    /// # Errors
    /// What was found that is no origin.
    pub fn parse(text: &str, private: bool) -> Result<Self, String> {
        let wrong = || {
            format!("found `{text}`, expected an origin such as https://example.com or http://10.0.0.1:8080")
        };
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(wrong()),
        };
        let authority: http::uri::Authority = rest.parse().map_err(|_| wrong())?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(wrong());
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host: authority.host().to_ascii_lowercase(), port, private })
    }
}

/// Instances that live longer than one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmPool {
    /// Instances that may wait for their next request.
    pub size: u32,
    /// Requests that one instance serves before it is thrown away.
    pub uses: u32,
    /// Milliseconds that an instance may wait.
    pub idle_ms: u64,
}

impl WarmPool {
    /// A hundred requests.
    pub const DEFAULT_USES: u32 = 100;
    /// A minute.
    pub const DEFAULT_IDLE_MS: u64 = 60_000;
}

/// Limits of one plugin. [`Default`] gives the values of the `DEFAULT_…` constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginLimits {
    /// Milliseconds from the call to the decision, waiting included.
    pub wall_ms: u64,
    /// Milliseconds that the plugin runs for one request, waiting for its turn on the worker excluded. Counted from the first
    /// look at the clock, which comes one or two milliseconds after the call.
    pub cpu_ms: u64,
    /// Milliseconds that `configure` may run, at deployment.
    pub configure_ms: u64,
    /// Bytes of linear memory of one instance.
    pub memory_bytes: usize,
    /// Bytes of all texts in one decision. A number or boolean counts eight.
    pub result_bytes: usize,
    /// Bytes of a body or JSON document that goes in or comes out.
    pub body_bytes: usize,
    /// Lines one request may write to the log.
    pub log_lines: u32,
    /// Bytes that all log lines of one request may have together.
    pub log_bytes: usize,
    /// Requests to other origins that one call may send.
    pub outgoing_requests: u32,
    /// Bytes of the body of each answer to these.
    pub outgoing_bytes: usize,
    /// Bytes of all keys and values that the plugin keeps on this node, and as many again in shared stores.
    pub keyvalue_bytes: usize,
    /// Bytes of one value in a shared store.
    pub keyvalue_value_bytes: usize,
    /// Milliseconds for one operation on a shared store.
    pub keyvalue_ms: u64,
    /// Bytes of the component.
    pub component_bytes: usize,
    /// Instances at once, so that one plugin cannot take the whole pool of the node.
    pub instances: u32,
    /// Milliseconds that a call waits for one of these. None for plugins of users: a queue would only hide that the
    /// node is too busy.
    pub queue_ms: u64,
}

impl PluginLimits {
    /// One second: clients wait no longer for a decision.
    pub const DEFAULT_WALL_MS: u64 = 1000;
    /// A thousand times what a small authorizer needs.
    pub const DEFAULT_CPU_MS: u64 = 100;
    /// Ten seconds.
    pub const DEFAULT_CONFIGURE_MS: u64 = 10_000;
    /// 64 MiB.
    pub const DEFAULT_MEMORY_BYTES: usize = 64 << 20;
    /// 8 KiB, as much as a Lambda authorizer may answer.
    pub const DEFAULT_RESULT_BYTES: usize = 8 << 10;
    /// 6 MiB, as much as a Lambda function may answer.
    pub const DEFAULT_BODY_BYTES: usize = 6 << 20;
    /// A hundred lines.
    pub const DEFAULT_LOG_LINES: u32 = 100;
    /// 16 KiB.
    pub const DEFAULT_LOG_BYTES: usize = 16 << 10;
    /// Ten requests.
    pub const DEFAULT_OUTGOING_REQUESTS: u32 = 10;
    /// 1 MiB.
    pub const DEFAULT_OUTGOING_BYTES: usize = 1 << 20;
    /// 16 MiB.
    pub const DEFAULT_KEYVALUE_BYTES: usize = 16 << 20;
    /// 1 MiB.
    pub const DEFAULT_KEYVALUE_VALUE_BYTES: usize = 1 << 20;
    /// A quarter of the time that a call has, so that a plugin can still decide without the store.
    pub const DEFAULT_KEYVALUE_MS: u64 = 250;
    /// 64 MiB: room for a JavaScript or Python engine.
    pub const DEFAULT_COMPONENT_BYTES: usize = 64 << 20;
    /// A quarter of the default pool.
    pub const DEFAULT_INSTANCES: u32 = 250;

    pub(crate) fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms)
    }

    pub(crate) fn queue(&self) -> Duration {
        Duration::from_millis(self.queue_ms)
    }

    pub(crate) fn configure(&self) -> Duration {
        Duration::from_millis(self.configure_ms)
    }

    pub(crate) fn keyvalue(&self) -> Duration {
        Duration::from_millis(self.keyvalue_ms)
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
        within("configure_ms", self.configure_ms, u64::MAX)?;
        within("keyvalue_ms", self.keyvalue_ms, u64::MAX)?;
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
            configure_ms: Self::DEFAULT_CONFIGURE_MS,
            memory_bytes: Self::DEFAULT_MEMORY_BYTES,
            result_bytes: Self::DEFAULT_RESULT_BYTES,
            body_bytes: Self::DEFAULT_BODY_BYTES,
            log_lines: Self::DEFAULT_LOG_LINES,
            log_bytes: Self::DEFAULT_LOG_BYTES,
            outgoing_requests: Self::DEFAULT_OUTGOING_REQUESTS,
            outgoing_bytes: Self::DEFAULT_OUTGOING_BYTES,
            keyvalue_bytes: Self::DEFAULT_KEYVALUE_BYTES,
            keyvalue_value_bytes: Self::DEFAULT_KEYVALUE_VALUE_BYTES,
            keyvalue_ms: Self::DEFAULT_KEYVALUE_MS,
            component_bytes: Self::DEFAULT_COMPONENT_BYTES,
            instances: Self::DEFAULT_INSTANCES,
            queue_ms: 0,
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
