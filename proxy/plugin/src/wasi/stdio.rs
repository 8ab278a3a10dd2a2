//! Standard output and error of a plugin: lines in its log.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use crate::bindings::log::Level;
use crate::guest_log::{self, LogBudget};
use crate::load::Loaded;

/// Bytes of a line that are kept until its end comes.
const LINE_BYTES: usize = 4 << 10;

/// Where a plugin's output goes. Clones are the same output.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<State>>);

struct State {
    loaded: Arc<Loaded>,
    request_id: String,
    budget: LogBudget,
    line: Vec<u8>,
}

impl Output {
    pub(crate) fn new(loaded: &Arc<Loaded>, request_id: &str) -> Self {
        let budget = LogBudget::new(&loaded.settings.limits);
        let state =
            State { loaded: Arc::clone(loaded), request_id: request_id.to_owned(), budget, line: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn begin(&self, request_id: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.flush();
        state.request_id = request_id.to_owned();
        state.budget = LogBudget::new(&state.loaded.settings.limits);
    }
}

impl State {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' || self.line.len() >= LINE_BYTES {
                self.flush();
            }
            if *byte != b'\n' {
                self.line.push(*byte);
            }
        }
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if !text.is_empty() && self.budget.take(text.len()) {
            guest_log::write(Level::Info, &self.loaded.name, &self.request_id, text);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.flush();
        self.budget.finish(&self.loaded.name, &self.request_id);
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
