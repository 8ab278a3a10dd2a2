//! A running `edgewit serve`, on free ports, that never outlives the test.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::folder::Folder;
use crate::{PATIENCE, binary, wait_until};

/// How long a node may take from its start to serving. An unoptimised build compiles components slowly.
const START: Duration = Duration::from_secs(120);

/// How long a node may drain when a test is done with it, before it is killed.
const DRAIN: Duration = Duration::from_secs(10);

/// How to start a node.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Value of `--listen`; default a free port.
    pub listen: Option<String>,
    /// Further arguments of `serve`.
    pub args: Vec<String>,
    /// Environment variables beside those of the test.
    pub env: Vec<(String, String)>,
}

impl Launch {
    /// Of a node that keeps its data in this folder, which outlives it, with further arguments.
    pub fn with_data(data: impl AsRef<Path>, more: &[&str]) -> Self {
        let data = data.as_ref().display().to_string();
        let args = [&["--data", &*data], more].concat().into_iter().map(str::to_owned).collect();
        Self { args, ..Self::default() }
    }
}

/// A node that serves.
#[derive(Debug)]
pub struct Node {
    child: Child,
    /// A shell that kills the node when this process dies without having stopped it.
    watchdog: Option<Child>,
    listen: SocketAddr,
    admin: SocketAddr,
    stdout: Lines,
    stderr: Lines,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The lines of an output stream so far.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

#[derive(Deserialize)]
struct Ready {
    listen: SocketAddr,
    admin: SocketAddr,
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
        write!(f, "ended with {code}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}

impl Node {
    /// Starts a node that serves `conf`.
    ///
    /// # Panics
    /// When the node does not come to serve.
    pub fn start(conf: &Path) -> Self {
        Self::launch(conf, &Launch::default()).unwrap_or_else(|finished| panic!("edgewit serve {finished}"))
    }

    /// Starts a node as told.
    ///
    /// # Errors
    /// What the node left behind, when it ended instead of serving.
    pub fn launch(conf: &Path, launch: &Launch) -> Result<Self, Finished> {
        let scratch = Folder::new();
        let ready_file = scratch.path().join("ready.json");
        let mut command = command();
        let listen = launch.listen.as_deref().unwrap_or("127.0.0.1:0");
        command.arg("serve").arg(conf).args(["--listen", listen, "--admin", "127.0.0.1:0"]);
        command.args(&launch.args).envs(launch.env.iter().cloned()).env("EDGEWIT_READY_FILE", &ready_file);
        // After the caller's own arguments and environment: a node in a test leaves nothing behind.
        if !launch.args.iter().any(|arg| arg == "--data") {
            command.arg("--data").arg(scratch.path().join("data"));
        }
        // Relative paths of the configuration, such as a log file's, then stay inside the folder.
        command.current_dir(if conf.is_dir() { conf } else { conf.parent().unwrap_or(conf) });
        let mut child = spawn(&mut command);
        let watchdog = Some(watchdog(&child));
        let (stdout, out) = Lines::follow(child.stdout.take());
        let (stderr, err) = Lines::follow(child.stderr.take());
        let started = Instant::now();
        loop {
            if let Some(Ready { listen, admin }) =
                fs::read(&ready_file).ok().and_then(|text| serde_json::from_slice(&text).ok())
            {
                return Ok(Self { child, watchdog, listen, admin, stdout, stderr });
            }
            let ended = child.try_wait().ok().flatten();
            if ended.is_none() && started.elapsed() < START {
                thread::sleep(Duration::from_millis(5));
                continue;
            }
            if ended.is_none() {
                stderr.push(format!("(killed by the test: not serving after {} s)", START.as_secs()));
            }
            drop(child.kill());
            let code = child.wait().ok().and_then(|status| status.code());
            release(watchdog);
            drop((out.join(), err.join()));
            return Err(Finished { code, stdout: stdout.text(), stderr: stderr.text() });
        }
    }

    /// The address of the data plane.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The address of health and metrics.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Standard output so far.
    pub fn stdout(&self) -> &Lines {
        &self.stdout
    }

    /// Standard error so far.
    pub fn stderr(&self) -> &Lines {
        &self.stderr
    }

    /// Waits for a line with `text` on either stream and returns it.
    ///
    /// # Panics
    /// When none came.
    pub fn wait_for_line(&self, text: &str) -> String {
        let found = wait_until(|| {
            let lines = [self.stdout.all(), self.stderr.all()].concat();
            lines.into_iter().find(|line| line.contains(text))
        });
        found.unwrap_or_else(|| {
            panic!(
                "no line with {text:?}\n--- stdout\n{}--- stderr\n{}",
                self.stdout.text(),
                self.stderr.text()
            )
        })
    }

    /// Sends a signal, for example `HUP`.
    ///
    /// # Panics
    /// When there is no such process.
    pub fn signal(&self, name: &str) {
        // The shell's own `kill` is there on every machine; the command of that name is not.
        let status = Command::new("sh")
            .args(["-c", r#"kill -s "$0" "$1""#, name, &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill -s {name}");
    }

    /// Waits for the node to end by itself.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait(mut self) -> ExitStatus {
        let status = wait_until(|| self.child.try_wait().ok().flatten());
        status.unwrap_or_else(|| panic!("the node did not end within {} s", PATIENCE.as_secs()))
    }

    /// Resident memory in kilobytes.
    ///
    /// # Panics
    /// When the node is gone.
    pub fn resident_kilobytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_else(|error| panic!("memory of the node: {error}"));
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or_else(|_| panic!("VmRSS {line:?}"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal("TERM");
            let asked = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < DRAIN {
                thread::sleep(Duration::from_millis(5));
            }
            drop(self.child.kill());
            drop(self.child.wait());
        }
        release(self.watchdog.take());
    }
}

impl Lines {
    /// All lines so far.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().map(|lines| lines.clone()).unwrap_or_default()
    }

    /// The lines from number `from` on.
    pub fn since(&self, from: usize) -> Vec<String> {
        self.all().split_off(from.min(self.count()))
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.0.lock().map(|lines| lines.len()).unwrap_or_default()
    }

    /// All lines as one text.
    pub fn text(&self) -> String {
        self.all().iter().map(|line| format!("{line}\n")).collect()
    }

    fn push(&self, line: String) {
        if let Ok(mut lines) = self.0.lock() {
            lines.push(line);
        }
    }

    fn follow(stream: Option<impl Read + Send + 'static>) -> (Self, JoinHandle<()>) {
        let lines = Self::default();
        let shared = lines.clone();
        let thread = thread::spawn(move || {
            let Some(stream) = stream else { return };
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                shared.push(String::from_utf8_lossy(&line).into_owned());
            }
        });
        (lines, thread)
    }
}

/// Runs `edgewit` with these arguments in a folder, to its end.
///
/// # Panics
/// When it cannot be started or does not end.
pub fn run(folder: &Path, args: &[&str]) -> Finished {
    run_with(folder, args, &[])
}

/// The same with environment variables.
///
/// # Panics
/// When it cannot be started or does not end.
pub fn run_with(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Finished {
    let mut command = command();
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.args(args).current_dir(folder).envs(env.iter().copied());
    let mut child = spawn(&mut command);
    let watchdog = watchdog(&child);
    let (stdout, out) = Lines::follow(child.stdout.take());
    let (stderr, err) = Lines::follow(child.stderr.take());
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            _ if started.elapsed() > START => {
                drop(child.kill());
                drop(child.wait());
                panic!(
                    "edgewit {} did not end within {} s\n{}",
                    args.join(" "),
                    START.as_secs(),
                    stderr.text()
                );
            }
            _ => thread::sleep(Duration::from_millis(2)),
        }
    };
    release(Some(watchdog));
    drop((out.join(), err.join()));
    Finished { code: status.code(), stdout: stdout.text(), stderr: stderr.text() }
}

/// The binary with an environment that does not depend on who runs the tests.
fn command() -> Command {
    let mut command = Command::new(binary::edgewit());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EDGEWIT_")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("RUST_BACKTRACE", "1").env_remove("RUST_LOG");
    command
}

fn spawn(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", binary::edgewit().display()))
}

/// Waits for the end of its input, which comes when this process ends in whatever way, and kills the node then.
fn watchdog(child: &Child) -> Child {
    Command::new("sh")
        .args([
            "-c",
            r#"while read -r _; do :; done; kill -s KILL "$0" 2>/dev/null"#,
            &child.id().to_string(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("sh: {error}"))
}

fn release(watchdog: Option<Child>) {
    if let Some(mut watchdog) = watchdog {
        drop(watchdog.kill());
        drop(watchdog.wait());
    }
}
