//! Where access-log lines go: collected in memory, written by a thread of their own.
//!
//! A slow disk or a full pipe must never slow a request down, so a line that finds no room is
//! dropped and counted.

use super::Telemetry;
use parking_lot::{Condvar, Mutex};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Bytes of lines that may wait to be written.
pub const BUFFER_BYTES: usize = 8 * 1024 * 1024;
/// Bytes after which waiting lines are written without further delay.
const WRITE_AT_BYTES: usize = 64 * 1024;
/// Longest time that a line waits.
const WRITE_AFTER: Duration = Duration::from_millis(50);

/// An open access log.
#[derive(Debug)]
pub struct AccessLog {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    telemetry: Arc<Telemetry>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    closed: bool,
    reopen: bool,
}

fn append_to(path: &Path) -> io::Result<std::fs::File> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)
}

impl AccessLog {
    /// Opens `path` for appending; `stdout` is the standard output.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread not be started.
    pub fn open(path: &Path, telemetry: Arc<Telemetry>) -> io::Result<Self> {
        let file = (path != Path::new("stdout")).then(|| path.to_path_buf());
        let sink: Box<dyn Write + Send> = match &file {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(append_to(path)?),
        };
        Self::to(sink, file, telemetry, BUFFER_BYTES)
    }

    /// Has the file opened anew before the next line is written, as after it was moved away.
    pub fn reopen(&self) {
        self.shared.waiting.lock().reopen = true;
    }

    fn to(
        mut sink: Box<dyn Write + Send>,
        file: Option<PathBuf>,
        telemetry: Arc<Telemetry>,
        limit: usize,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared { waiting: Mutex::default(), wake: Condvar::new(), telemetry, limit });
        let of_thread = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || of_thread.run(&mut sink, file.as_deref()))?;
        Ok(Self { shared, writer: Mutex::new(Some(writer)) })
    }

    /// Takes one line, with its line feed.
    pub fn write(&self, line: &[u8]) {
        let mut waiting = self.shared.waiting.lock();
        if waiting.lines.len() + line.len() > self.shared.limit {
            drop(waiting);
            self.shared.telemetry.log_lines_dropped(1);
            return;
        }
        let before = waiting.lines.len();
        waiting.lines.extend_from_slice(line);
        if before < WRITE_AT_BYTES && waiting.lines.len() >= WRITE_AT_BYTES {
            self.shared.wake.notify_one();
        }
    }
}

impl AccessLog {
    /// Writes everything that waits and ends the writer; lines that come later are dropped.
    pub fn close(&self) {
        self.shared.waiting.lock().closed = true;
        self.shared.wake.notify_one();
        if let Some(writer) = self.writer.lock().take() {
            // A writer that panicked has said so already.
            let _panicked = writer.join();
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn run(&self, sink: &mut Box<dyn Write + Send>, file: Option<&Path>) {
        let mut taken = Vec::new();
        loop {
            let (closed, reopen) = {
                let mut waiting = self.waiting.lock();
                if waiting.lines.len() < WRITE_AT_BYTES && !waiting.closed {
                    self.wake.wait_for(&mut waiting, WRITE_AFTER);
                }
                std::mem::swap(&mut taken, &mut waiting.lines);
                (waiting.closed, std::mem::take(&mut waiting.reopen))
            };
            if let (true, Some(path)) = (reopen, file) {
                match append_to(path) {
                    Ok(opened) => *sink = Box::new(opened),
                    Err(error) => {
                        tracing::warn!(%error, path = %path.display(), "access log cannot be opened anew");
                    }
                }
            }
            if !taken.is_empty() {
                if let Err(error) = sink.write_all(&taken).and_then(|()| sink.flush()) {
                    let lines = memchr::memchr_iter(b'\n', &taken).count() as u64;
                    self.telemetry.log_lines_dropped(lines);
                    tracing::warn!(%error, lines, "access log cannot be written");
                }
                taken.clear();
            } else if closed {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl Write for Sink {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(data);
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_before_the_log_closes() {
        let sink = Sink::default();
        let log = AccessLog::to(Box::new(sink.clone()), None, Arc::default(), BUFFER_BYTES).unwrap();
        for n in 0..10_000 {
            log.write(format!("line {n}\n").as_bytes());
        }
        drop(log);
        assert_eq!(memchr::memchr_iter(b'\n', &sink.0.lock()).count(), 10_000);
    }

    #[test]
    fn a_line_past_the_buffer_is_dropped_and_counted() {
        let telemetry = Arc::new(Telemetry::default());
        let sink = Sink::default();
        // The lock keeps the writer from emptying the buffer in between.
        let hold = sink.0.lock();
        let log = AccessLog::to(Box::new(sink.clone()), None, Arc::clone(&telemetry), 10).unwrap();
        log.write(b"123456789\n");
        assert!(!telemetry.encode().contains("dropped_total 1"));
        log.write(b"1234567890\n");
        drop(hold);
        drop(log);
        assert!(telemetry.encode().contains("edgewit_access_log_lines_dropped_total 1"));
        assert_eq!(&*sink.0.lock(), b"123456789\n");
    }
}
