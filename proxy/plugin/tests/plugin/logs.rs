//! What plugins write reaches the log, within limits and on one line each.

use std::io::Write;
use std::sync::{Arc, Mutex};

use edgewit_plugin::PluginLimits;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{ask, misbehave_with, small_limits};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Log lines of one call.
async fn logged(limits: PluginLimits, behaviour: &str) -> Vec<String> {
    let plugin = misbehave_with(limits, &[]);
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(lines.clone()).without_time().with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    ask(&plugin, behaviour).await.unwrap();
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

const WHO: &str = r#"plugin="misbehave" request_id="11111111-2222-3333-4444-555555555555""#;

#[tokio::test(flavor = "current_thread")]
async fn lines_end_at_the_limit() {
    let limits = PluginLimits { log_lines: 2, ..small_limits() };
    let line = |index| format!("INFO edgewit::plugin: line {index} {WHO}");
    assert_eq!(logged(limits, "log 2").await, [line(0), line(1)]);
    let dropped = format!(
        "WARN edgewit::plugin: log lines dropped (limits `log_lines` and `log_bytes`) {WHO} dropped=1"
    );
    assert_eq!(logged(limits, "log 3").await, [line(0), line(1), dropped]);
}

#[tokio::test(flavor = "current_thread")]
async fn bytes_end_at_the_limit() {
    let limits = PluginLimits { log_bytes: 30, ..small_limits() };
    let line = format!("WARN edgewit::plugin: {} {WHO}", "x".repeat(30));
    assert_eq!(logged(limits, "log-bytes 30").await, [line]);
    let lines = logged(limits, "log-bytes 31").await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("dropped=1"), "{lines:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_message_cannot_break_out_of_its_line() {
    let lines = logged(small_limits(), "log-controls").await;
    let line = format!("ERROR edgewit::plugin: one\\r\\ntwo\\u{{1b}}[31mred\\u{{2028}}three {WHO}");
    assert_eq!(lines, [line]);
}
