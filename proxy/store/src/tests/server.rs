//! A real Redis for tests, on a port of its own.

use super::Folder;
use crate::RedisSettings;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

const BINARY: &str = "redis-server";
/// Set where tests with Redis are to fail rather than to be left out.
const REQUIRED: &str = "EDGEWIT_TEST_REDIS_REQUIRED";

pub(crate) struct Server {
    port: u16,
    folder: Folder,
    child: Option<Child>,
    more: Vec<String>,
}

impl Server {
    /// Starts one; `None`, said on standard error, where there is none on this machine.
    pub(crate) fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// The same with more of its options.
    pub(crate) fn with(more: &[&str]) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|folder| folder.join(BINARY).exists()) {
            assert!(std::env::var_os(REQUIRED).is_none(), "there is no {BINARY}");
            static SAID: Once = Once::new();
            let message = format!("SKIPPED with Redis: there is no {BINARY} (Debian package redis-server)\n");
            // Past the capture of test output: that nothing was tried should be seen.
            SAID.call_once(|| std::io::stderr().write_all(message.as_bytes()).unwrap());
            return None;
        }
        let port = free_port();
        let more = more.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self { port, folder: Folder::new(), child: None, more };
        server.run();
        Some(server)
    }

    pub(crate) fn run(&mut self) {
        let port = self.port.to_string();
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let child = Command::new(BINARY)
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--dir"])
            .arg(self.folder.path())
            .args(&self.more)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let end = Instant::now() + Duration::from_secs(20);
        while !self.ready() {
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "Redis does not start: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ready(&self) -> bool {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.contains("Ready to accept connections")
    }

    /// Kills it, as a failing machine would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Its process, for signals.
    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn settings(&self) -> RedisSettings {
        at_port(self.port)
    }

    /// Runs a command on it.
    pub(crate) fn command(&self, words: &[&str]) -> redis::Value {
        let client = redis::Client::open(self.settings().url).unwrap();
        let mut command = redis::cmd(words[0]);
        words[1..].iter().for_each(|word| _ = command.arg(*word));
        command.query(&mut client.get_connection().unwrap()).unwrap()
    }

    /// What it keeps on disk, to a folder beside.
    pub(crate) fn saved(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn at_port(port: u16) -> RedisSettings {
    RedisSettings { url: format!("redis://127.0.0.1:{port}"), prefix: "test".into(), ca: None }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
