//! A trap in the words of a log.

use wasmtime::{Trap, WasmBacktrace};

use crate::text;

/// Functions of a trap's backtrace that its message names.
const TRAP_FRAMES: usize = 8;

/// Cause and functions of a trap in one line: `unreachable instruction executed, in m!inner < m!outer`.
pub(crate) fn describe(error: &wasmtime::Error) -> String {
    let cause = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let mut message = text::printable_line(cause.strip_prefix("wasm trap: ").unwrap_or(&cause));
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        // Each line of the backtrace reads `0: 0x1f4 - module!function`, already demangled.
        let backtrace = backtrace.to_string();
        let functions =
            backtrace.lines().filter_map(|line| line.split_once(" - ")).map(|(_, name)| name.trim());
        for (index, function) in functions.take(TRAP_FRAMES).enumerate() {
            message.push_str(if index == 0 { ", in " } else { " < " });
            message.push_str(&text::printable_line(function));
        }
    }
    message
}
