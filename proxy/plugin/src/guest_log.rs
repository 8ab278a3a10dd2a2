//! Log lines of plugins.

use crate::bindings::log::Level;
use crate::limits::PluginLimits;
use crate::text;

/// What one request may still write to the log.
#[derive(Debug)]
pub(crate) struct LogBudget {
    lines: u32,
    bytes: usize,
    dropped_lines: u64,
}

impl LogBudget {
    pub(crate) fn new(limits: &PluginLimits) -> Self {
        Self { lines: limits.log_lines, bytes: limits.log_bytes, dropped_lines: 0 }
    }

    /// Of a call that is over.
    pub(crate) fn spent() -> Self {
        Self { lines: 0, bytes: 0, dropped_lines: 0 }
    }

    /// Whether a message of this size still fits; if so it is taken off.
    pub(crate) fn take(&mut self, message_bytes: usize) -> bool {
        if self.lines == 0 || message_bytes > self.bytes {
            self.dropped_lines = self.dropped_lines.saturating_add(1);
            return false;
        }
        self.lines -= 1;
        self.bytes -= message_bytes;
        true
    }

    /// Says in one line how many were dropped, if any were.
    pub(crate) fn finish(&self, plugin: &str, request_id: &str) {
        if self.dropped_lines > 0 {
            let dropped = self.dropped_lines;
            tracing::warn!(
                target: TARGET, plugin, request_id, dropped,
                "log lines dropped (limits `log_lines` and `log_bytes`)"
            );
        }
    }
}

/// Target of all lines that plugins wrote, so that they can be filtered apart from the node's own.
const TARGET: &str = "edgewit::plugin";

/// Writes one line of a plugin.
pub(crate) fn write(level: Level, plugin: &str, request_id: &str, message: &str) {
    let message = text::printable(message);
    let message = message.as_ref();
    // The level of an event is part of its static description, hence one call for each.
    match level {
        Level::Trace => tracing::trace!(target: TARGET, plugin, request_id, "{message}"),
        Level::Debug => tracing::debug!(target: TARGET, plugin, request_id, "{message}"),
        Level::Info => tracing::info!(target: TARGET, plugin, request_id, "{message}"),
        Level::Warn => tracing::warn!(target: TARGET, plugin, request_id, "{message}"),
        Level::Error => tracing::error!(target: TARGET, plugin, request_id, "{message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_bytes_end_at_their_limits() {
        let mut budget =
            LogBudget::new(&PluginLimits { log_lines: 2, log_bytes: 10, ..PluginLimits::default() });
        assert!(budget.take(4));
        assert!(!budget.take(7));
        assert!(budget.take(6));
        assert!(!budget.take(0));
        assert_eq!(budget.dropped_lines, 2);
    }
}
